//! `sim-cli explain`: what the words of scenarios and results mean, from the places that declare them.

mod keys;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Parser;

use self::keys::keys;
use crate::commands::command_trait::{Command, Context};
use crate::commands::failure::{EXIT_CODES, Failure};
use floodnet_measure::about::{about, meaning};
use floodnet_measure::metrics::{METRICS, PHASE_METRICS, find};
use floodnet_measure::own;
use floodnet_plot::{PICTURES, RunPicture};
use floodnet_scenario::{LOSSES, Tables};
use floodnet_text::spelling::nearest;

/// Explain a key, a metric, a file of a run, a reason of a loss or an exit code
#[derive(Parser, Debug)]
pub(super) struct ExplainArgs {
    /// Such as link.loss, latency_ms.p99, messages.csv, queue_full or 3; without it, all words are listed
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

/// The files of a run and what is in them; pictures are in [`PICTURES`].
pub(super) const FILES: &[(&str, &str)] = &[
    ("summary.json", "Every number of the run; the same bytes on every machine. Null: not measured."),
    (
        "timeseries.csv",
        "A line for each sample of the network. Counts of events are since the start of the run.",
    ),
    (
        "messages.csv",
        "A line for each message: who should have got it, who did, how late, with how many packets.",
    ),
    ("latency.csv", "The share of receivers reached, by time since the publication."),
    (
        "labels.csv",
        "The label of each slot in the file of the overlay, where it has others than 0, 1, 2 and so on.",
    ),
    ("topology.graphml", "The graph at the end of the run, or at another time if its name has one."),
    ("scenario.resolved.toml", "The scenario with every default filled in; running it repeats the run."),
    ("manifest.json", "Version, command line, and what the run cost: differs from machine to machine."),
    ("report.html", "A page about the run with a player of the overlay."),
    ("overlay.gexf", "The whole run as a graph in time, for Gephi; export writes it."),
    ("lives.csv", "A line for each life of a slot; export --format csv writes it."),
    ("links.csv", "A line for each time for which a link was open; export --format csv writes it."),
    (
        "arrivals.csv",
        "A line for the first arrival of each message at each slot; export --format csv writes it.",
    ),
    ("receivers.csv", "A line for each message and receiver; why --receivers writes it."),
    ("runs.json", "Each metric over many runs, with its 95 % confidence interval."),
    ("runs.csv", "A line for each of many runs with every metric."),
    ("sweep.json", "What a sweep varies, or who takes part in a bake-off and under which conditions."),
    (
        "table.csv",
        "A line for each cell of a sweep; of a bake-off for each condition, contestant and metric.",
    ),
    ("table.md", "The tables of a bake-off as Markdown, one for each condition."),
    (
        "results.json",
        "Every cell of a sweep or bake-off with all metrics; of a bake-off also each difference.",
    ),
    (
        "cost-delivery.png",
        "A picture of a bake-off: delivery against cost, and who is beaten in both by nobody.",
    ),
    (
        "cost-latency.png",
        "A picture of a bake-off: latency against cost, and who is beaten in both by nobody.",
    ),
];

/// A word and what it means.
struct Entry {
    /// Such as `key`.
    kind: &'static str,
    name: String,
    text: String,
    /// Unit, or the values that can stand there.
    form: String,
}

impl Command for ExplainArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let all = entries(cx.registry.tables());
        let Some(word) = &self.word else {
            cx.console.result(&list(&all));
            return Ok(());
        };
        let wanted = without_places(word.trim().trim_matches('`'));
        let found = matching(&all, &wanted);
        if found.is_empty() {
            let near = nearest(&wanted, all.iter().map(|entry| entry.name.as_str()));
            let help = near.map_or_else(
                || "`sim-cli explain` lists all words".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Failure::Usage(format!("nothing is called `{word}`: {help}")));
        }
        cx.console.result(&found.iter().map(|entry| entry.to_text()).collect::<Vec<_>>().join("\n"));
        Ok(())
    }
}

impl Entry {
    fn to_text(&self) -> String {
        let mut text = format!("{} ({})\n", self.name, self.kind);
        for line in [&self.text, &self.form].into_iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}

/// What has the name; else what ends with it, or lies within it.
fn matching<'a>(all: &'a [Entry], wanted: &str) -> Vec<&'a Entry> {
    let [exact, ends, within] = [
        all.iter().filter(|entry| entry.name == wanted).collect::<Vec<_>>(),
        all.iter().filter(|entry| entry.name.ends_with(&format!(".{wanted}"))).collect(),
        all.iter().filter(|entry| entry.name.starts_with(&format!("{wanted}."))).collect(),
    ];
    let is_key = exact.iter().any(|entry| entry.kind == "key");
    if is_key {
        [exact, within].concat()
    } else if exact.is_empty() {
        [ends, within].concat()
    } else {
        exact
    }
}

/// A key without the places of items in lists: `fault.0.at` as `fault.at`. Metrics name their faults.
fn without_places(word: &str) -> String {
    if let Some((_, field)) = word.strip_prefix("phases.").and_then(|rest| rest.split_once('.')) {
        return format!("phases.FAULT.{field}");
    }
    let word = word.strip_prefix("expect.").unwrap_or(word);
    let parts: Vec<&str> = word.split('.').filter(|part| part.parse::<u32>().is_err()).collect();
    if parts.is_empty() { word.to_owned() } else { parts.join(".") }
}

/// All words, by kind.
fn entries(tables: &Tables) -> Vec<Entry> {
    let mut all = keys(tables);
    let metric = |name: String, path: &str| {
        let form = find(path).map(|of| meaning(&of)).unwrap_or_default();
        Entry { kind: "metric", name, text: about(path).unwrap_or_default(), form }
    };
    all.extend(METRICS.iter().map(|of| metric(of.path.to_owned(), of.path)));
    all.extend(
        PHASE_METRICS
            .iter()
            .map(|of| metric(format!("phases.FAULT.{}", of.path), &format!("phases.0.{}", of.path))),
    );
    all.extend(own::names().into_iter().map(|name| metric(name.clone(), &name)));
    let of_kind = |number: &str| metric(format!("kinds.KIND.{number}"), &format!("kinds.KIND.{number}"));
    all.extend(["packets", "bytes"].map(of_kind));
    let plain = |kind, name: &str, text: &str| Entry {
        kind,
        name: name.to_owned(),
        text: text.to_owned(),
        form: String::new(),
    };
    all.extend(FILES.iter().map(|(name, text)| plain("file", name, text)));
    let of_picture = |picture: &RunPicture| {
        plain("file", &format!("{}.png", picture.name), &format!("A picture. {}.", picture.about))
    };
    all.extend(PICTURES.iter().map(of_picture));
    let counted = |reason: &str| format!("counted as drops.{reason} and lost.by_reason.{reason}");
    all.extend(
        LOSSES.iter().map(|(name, text)| Entry { form: counted(name), ..plain("reason", name, text) }),
    );
    // Several protocols may drop for the same reason; it is listed once.
    let mut dropped: Vec<&str> = tables
        .overlays
        .iter()
        .chain(&tables.broadcasts)
        .filter_map(|kind| kind.drops())
        .flatten()
        .copied()
        .collect();
    dropped.sort_unstable();
    dropped.dedup();
    all.extend(dropped.into_iter().map(|name| Entry {
        form: format!("counted as drops.{name}"),
        ..plain("reason", name, "Input that a protocol ignored.")
    }));
    all.extend(EXIT_CODES.iter().map(|(code, text)| plain("exit code", &code.to_string(), text)));
    all
}

/// What each key of a scenario means, by its path without the places of items in lists.
pub(super) fn meanings(tables: &Tables) -> BTreeMap<String, String> {
    keys(tables).into_iter().map(|entry| (entry.name, entry.text)).collect()
}

/// The names, by kind.
fn list(all: &[Entry]) -> String {
    let mut text = String::new();
    let mut kind = "";
    for entry in all {
        if entry.kind != kind {
            kind = entry.kind;
            let _ = writeln!(text, "{}{kind}s", if text.is_empty() { "" } else { "\n" });
        }
        let _ = writeln!(text, "  {}", entry.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn all() -> Vec<Entry> {
        entries(Registry::builtin().tables())
    }

    #[test]
    fn every_word_has_a_text() {
        let all = all();
        for kind in ["key", "metric", "file", "reason", "exit code"] {
            assert!(all.iter().filter(|entry| entry.kind == kind).count() >= 6, "{kind}");
        }
        let silent: Vec<&str> =
            all.iter().filter(|entry| entry.text.is_empty()).map(|entry| entry.name.as_str()).collect();
        assert_eq!(silent, [] as [&str; 0]);
    }

    #[test]
    fn words_are_found_as_people_write_them() {
        let all = all();
        for (word, first, form) in [
            ("link.loss", "link.loss (key)", "a number or a percentage"),
            ("fault.0.at", "fault.at (key)", "a duration"),
            ("fault.crash.fraction", "fault.crash.fraction (key)", "a number or a percentage"),
            ("max_degree", "overlay.random_walk.max_degree (key)", "unlimited"),
            ("latency_ms.p99", "latency_ms.p99 (metric)", "milliseconds, or \"never\"; higher is worse"),
            ("expect.delivery_ratio", "delivery_ratio (metric)", "a share in [0, 1]"),
            ("phases.cut.heal_ms", "phases.FAULT.heal_ms (metric)", "milliseconds"),
            ("messages.csv", "messages.csv (file)", "A line for each message"),
            ("queue_full", "queue_full (reason)", "drops.queue_full"),
            ("3", "3 (exit code)", "expect"),
        ] {
            let found: Vec<String> =
                matching(&all, &without_places(word)).iter().map(|entry| entry.to_text()).collect();
            let found = found.join("\n");
            assert!(found.starts_with(first) && found.contains(form), "{word}:\n{found}");
        }
        assert!(matching(&all, "link.los").is_empty());
    }
}
