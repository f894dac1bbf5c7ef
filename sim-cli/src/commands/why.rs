//! `sim-cli why`: who missed a message, and where it stopped on its way there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Parser;
use serde_json::json;

use super::args::Format;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::progress::Watcher;
use super::stored::{open, same_digest, with};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::why::explain::{Explained, Explainer};
use floodnet_lab::why::{Traced, receivers, text, trace_copies};
use floodnet_text::format::{count, plural};

/// As many of the messages that went worst are told when none is named.
const WORST: usize = 5;

/// Say why a message did not reach everybody: where each copy ended
#[derive(Parser, Debug)]
pub(super) struct WhyArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Number of the message, as in messages.csv (may be repeated) [default: all messages]
    #[arg(short, long, value_name = "N")]
    pub(super) message: Vec<u32>,
    /// What became of the message at this node (may be repeated)
    #[arg(short, long, value_name = "N", requires = "message")]
    pub(super) node: Vec<u32>,
    /// Name every node, copy and reason
    #[arg(long)]
    pub(super) full: bool,
    /// Write a table with a row for each message and receiver to this file
    #[arg(long, value_name = "FILE")]
    pub(super) receivers: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

impl Command for WhyArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let (manifest, loaded) = open(&self.run, cx.registry)?;
        with(&loaded, &self.message, &self.node, cx.registry)?;
        let mut messages = self.message.clone();
        messages.sort_unstable();
        messages.dedup();
        let traced = traced(&loaded, (!messages.is_empty()).then_some(&messages[..]), cx)?;
        let found = &traced.followed.digest;
        same_digest(&manifest, found)?;
        let explainer = Explainer::new(&traced);
        if messages.is_empty() {
            messages = (0..explainer.messages()).collect();
        }
        if let Some(path) = &self.receivers {
            let written = write_whole(path, receivers::table(&explainer, &messages));
            written.map_err(|error| Failure::unwritable(path, &error))?;
            cx.console.note(&format!("  wrote {}", path.display()));
        }
        let mut all: Vec<Explained> =
            messages.iter().filter_map(|&message| explainer.message(message)).collect();
        let is_overview = self.message.is_empty();
        let said = match self.format {
            Format::Json => {
                // A program that asked for nothing in particular wants what went wrong, as a person does.
                all.retain(|explained| {
                    !is_overview || (explained.is_counted && !explained.missed.is_empty())
                });
                let all: Vec<_> = all.iter().map(|it| text::to_json(&explainer, it)).collect();
                format!("{:#}\n", json!({ "digest": found, "messages": all }))
            }
            Format::Text if is_overview => overview(all, self.full),
            Format::Text => self.told(&explainer, &all),
        };
        cx.console.result(&said);
        Ok(())
    }
}

impl WhyArgs {
    fn told(&self, explainer: &Explainer<'_>, all: &[Explained]) -> String {
        let mut said = String::new();
        for explained in all {
            said.push_str(&text::message(explained, self.full));
            for &node in &self.node {
                said.push('\n');
                said.push_str(&text::node(explainer, explained, node, self.full));
            }
        }
        said
    }
}

/// Runs the scenario again and follows its overlay, and the copies of these messages (none: of all).
pub(super) fn traced(loaded: &Loaded, messages: Option<&[u32]>, cx: &Context<'_>) -> Result<Traced, Failure> {
    let scenario = &loaded.scenario;
    let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
    let watch = &mut |progress| watcher.watch(progress);
    let traced = trace_copies(scenario, cx.registry.lab(), messages, watch);
    watcher.finish();
    let traced = traced.map_err(|error| loaded.complain(&error))?;
    if !traced.followed.complete {
        cx.console.note("  interrupted: nothing is said of a part");
        return Err(Failure::Interrupted);
    }
    Ok(traced)
}

/// All messages that count: how many pairs were missed for which reason, and the messages that went worst.
fn overview(mut all: Vec<Explained>, full: bool) -> String {
    all.retain(|explained| explained.is_counted);
    let pairs: u64 = all.iter().map(|explained| u64::from(explained.receivers)).sum();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for missed in all.iter().flat_map(|explained| &explained.missed) {
        *kinds.entry(missed.place.kind()).or_default() += 1;
    }
    let messages = all.len();
    all.retain(|explained| !explained.missed.is_empty());
    let missed: usize = kinds.values().sum();
    if missed == 0 {
        return format!("all receivers of {} got it in time\n", plural(messages, "message"));
    }
    let mut said = format!(
        "{} of {} of message and receiver missed the deadline, of {} of {}\n",
        count(missed as u64),
        plural(usize::try_from(pairs).unwrap_or(usize::MAX), "pair"),
        count(all.len() as u64),
        plural(messages, "message")
    );
    let mut kinds: Vec<(&str, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, pairs)| std::cmp::Reverse(*pairs));
    for (kind, pairs) in kinds {
        let _ = writeln!(said, "  {:>9}  {}", count(pairs as u64), text::about_kind(kind));
    }
    // Reasons first, of all pairs; then the messages themselves, as far as there is room.
    all.sort_by_key(|explained| std::cmp::Reverse(explained.missed.len()));
    let shown = if full { all.len() } else { all.len().min(WORST) };
    for explained in &all[..shown] {
        said.push('\n');
        said.push_str(&text::message(explained, full));
    }
    if shown < all.len() {
        let _ = writeln!(
            said,
            "\n{} more had receivers that missed them (--full tells of each, --message N of one)",
            plural(all.len() - shown, "message")
        );
    }
    said
}
