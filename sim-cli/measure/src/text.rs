//! A summary as text for people: aligned columns, no color, the same bytes for the same run.

use std::fmt::Write as _;

use super::latency::Ms;
use super::metrics::{Layout, Metric, Summary, metric};
use super::outcome::Outcome;
use super::own::Own;
use super::phases::Phase;
use floodnet_text::format;

/// Words and value.
type Line = (String, String);

/// A metric of a block: how its words stand there, and how its value is written.
struct Item {
    layout: Layout,
    metric: &'static Metric<Summary>,
    /// Another metric, shown in parentheses behind the value.
    max: Option<&'static Metric<Summary>>,
    write: fn(f64) -> String,
    /// Whether the line is left out when nothing was counted.
    if_any: bool,
    /// Whether it is left out when it was not measured.
    if_known: bool,
}

/// A line for the metric called `path`, written as `write` does.
const fn item(path: &str, write: fn(f64) -> String) -> Item {
    Item { layout: Layout::Full, metric: metric(path), max: None, write, if_any: false, if_known: false }
}

impl Item {
    const fn below(self) -> Self {
        Self { layout: Layout::Below, ..self }
    }

    const fn ditto(self) -> Self {
        Self { layout: Layout::Ditto, ..self }
    }

    const fn with_max(self, path: &str) -> Self {
        Self { max: Some(metric(path)), ..self }
    }

    const fn if_any(self) -> Self {
        Self { if_any: true, ..self }
    }

    const fn if_known(self) -> Self {
        Self { if_known: true, ..self }
    }

    fn line(&self, summary: &Summary) -> Option<Line> {
        let value = (self.metric.get)(summary);
        if (self.if_any && value.unwrap_or(0.0) == 0.0) || (self.if_known && value.is_none()) {
            return None;
        }
        let max = self.max.map(|max| (max.get)(summary));
        let text = match (value, max) {
            (None, _) | (_, Some(None)) => "-".to_owned(),
            (Some(value), None) => (self.write)(value),
            (Some(mean), Some(Some(max))) => format!("{} (max {})", (self.write)(mean), (self.write)(max)),
        };
        Some((self.layout.words(self.metric.label), text))
    }
}

const DELIVERY: &[Item] = &[
    item("publishes", count),
    item("late_publishes", count).below().if_any(),
    item("skipped", count).below().if_any(),
    item("undelivered_messages", count).below().if_any(),
    item("delivery_ratio", percent),
    item("delivery_worst", percent).below(),
    item("delivery_joined", percent).below(),
    item("deliveries", count),
    item("deliveries_late", count).below(),
    item("deliveries_other", count).below(),
    item("latency_ms.p50", time),
    item("latency_ms.p99", time).ditto(),
    item("latency_ms.max", time).ditto(),
    item("rmr.mean", number),
    item("ldh.mean", number).with_max("ldh.max"),
    item("double_deliveries", count).if_any(),
];

const LOAD: &[Item] = &[
    item("packets_sent", count),
    item("packets_per_node.mean", number).below().with_max("packets_per_node.max"),
    item("payloads_sent", count).below(),
    item("duplicates", count),
    item("bytes_sent.payload", count),
    item("bytes_sent.control", count),
];

const NETWORK: &[Item] = &[
    item("partition_rate", percent),
    item("components.mean", number).with_max("components.max"),
    item("largest_component.mean", percent),
    item("degree.mean", number).with_max("degree.max"),
    item("nodes_up.mean", number),
];

/// What stands below the line of incarnations.
const LIVES: &[Item] = &[
    item("never_joined", count).below(),
    item("join_ms.p50", time),
    item("join_ms.p99", time).ditto(),
    item("links_end", count),
    item("topology.asp", number),
    item("topology.diameter", number),
    item("topology.clustering", number),
    item("cut_off_ms", time).if_any(),
];

/// Only shown where there are adversaries.
const HOSTILE: &[Item] = &[
    item("adversary.delivery_honest", percent),
    item("adversary.delivery_to_victims", percent).below().if_known(),
    item("adversary.delivery_from_victims", percent).below().if_known(),
    item("adversary.latency_p50_ms", time),
    item("adversary.latency_p99_ms", time).ditto(),
    item("adversary.cut_off_ms", time),
    item("adversary.view_mean", percent).with_max("adversary.view_max"),
    item("adversary.majority_mean", percent).with_max("adversary.majority_max"),
    item("adversary.links", number),
    item("adversary.packets", count),
    item("adversary.identities", count),
    item("adversary.packets_dropped", count).if_any(),
    item("adversary.payloads_dropped", count).if_any(),
    item("adversary.packets_delayed", count).if_any(),
    item("adversary.delay_ms", time).if_any(),
    item("adversary.packets_repeated", count).if_any(),
    item("adversary.packets_forged", count).if_any(),
    item("adversary.packets_altered", count).if_any(),
    item("adversary.packets_ignored", count).if_any(),
    item("adversary.spy_recall", percent).if_known(),
    item("adversary.spy_precision", percent).if_known(),
];

impl Summary {
    /// The run on one screen. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{}  {} nodes · {} s {} · seed {}{}\n",
            self.scenario,
            format::count(u64::from(self.nodes)),
            self.duration_s,
            self.backend.as_ref().map_or_else(|| "simulated".to_owned(), |backend| format!("on {backend}")),
            self.seed,
            if self.complete { "" } else { " · interrupted" }
        );
        // All blocks share one column of values.
        let blocks = [
            self.delivery(),
            self.load(),
            self.own_measures(),
            self.network(),
            self.hostility(),
            self.faults(),
        ];
        let width = blocks.iter().flatten().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        for block in blocks.iter().filter(|block| !block.is_empty()) {
            text.push('\n');
            for (label, value) in block {
                let _ = writeln!(text, "  {label:width$}  {value}");
            }
        }
        self.write_expectations(&mut text);
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "  note: {note}");
        }
        let _ = match &self.backend {
            Some(backend) => {
                writeln!(text, "\n  backend {backend}   (real time: no two runs are the same)")
            }
            None if !self.complete => {
                writeln!(text, "\n  digest none   (not run to its end, which is at another place every time)")
            }
            None => writeln!(
                text,
                "\n  digest {}   (identical for the same seed, scenario and version)",
                self.digest
            ),
        };
        text
    }

    fn block<'a>(&'a self, items: &'a [Item]) -> impl Iterator<Item = Line> + 'a {
        items.iter().filter_map(|item| item.line(self))
    }

    /// Of a run without messages, such as that of a membership protocol, only what it has.
    fn delivery(&self) -> Vec<Line> {
        let has_messages = self.publishes > 0 || self.skipped > 0;
        self.block(DELIVERY)
            .filter(|(_, value)| has_messages || !["-", "0"].contains(&value.as_str()))
            .collect()
    }

    /// What the protocol measures itself.
    fn own_measures(&self) -> Vec<Line> {
        let line = |(name, own): (&String, &Own)| {
            let text = match own {
                Own::Counter(count) => format::count(*count),
                Own::Histogram(spread) => {
                    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
                    let [mean, p99, max] = [spread.mean, spread.p99, spread.max].map(number);
                    format!("{mean} (p99 {p99}, max {max}; {} times)", format::count(spread.count))
                }
            };
            (name.clone(), text)
        };
        self.own.iter().map(line).collect()
    }

    fn load(&self) -> Vec<Line> {
        let drops = self.drops.iter();
        let drops = drops.map(|(reason, &dropped)| (format!("dropped: {reason}"), format::count(dropped)));
        self.block(LOAD).chain(drops).collect()
    }

    fn network(&self) -> Vec<Line> {
        let [joins, crashes] = [self.joins, self.crashes].map(format::count);
        let lives = format!("{joins} joined, {} left, {crashes} crashed", self.leaves);
        let lives = ("incarnations".to_owned(), lives);
        // Nobody ever held a neighbor: there is no graph to say anything of.
        let has_graph = self.joins > 0;
        let lines = self.block(NETWORK).chain([lives]).chain(self.block(LIVES));
        lines.filter(|(_, value)| has_graph || value != "-").collect()
    }

    fn hostility(&self) -> Vec<Line> {
        if self.adversary.is_nothing() { Vec::new() } else { self.block(HOSTILE).collect() }
    }

    fn faults(&self) -> Vec<Line> {
        let line = |phase: &Phase| {
            let stretches = [phase.delivery.before, phase.delivery.during, phase.delivery.after];
            let [before, during, after] =
                stretches.map(|share| share.map_or_else(|| "-".to_owned(), percent));
            let label = format!("{} at {} s", phase.name, phase.from_s);
            (label, format!("delivery {before}, {during}, {after}; {}", healed(phase)))
        };
        self.phases.iter().map(line).collect()
    }

    fn write_expectations(&self, text: &mut String) {
        if self.expect.is_empty() {
            return;
        }
        text.push_str("\n  expectations\n");
        let columns =
            |of: fn(&super::outcome::Checked) -> usize| self.expect.iter().map(of).max().unwrap_or(0);
        let key = columns(|checked| checked.key.len());
        let bound = columns(|checked| checked.bound.len());
        for checked in &self.expect {
            let mark = match checked.verdict {
                Outcome::Holds => "holds",
                Outcome::Fails => "FAILS",
            };
            let value = checked.measured();
            let _ = writeln!(text, "    {mark}  {:key$}  {:bound$}  {value}", checked.key, checked.bound);
        }
    }
}

/// A count, its digits grouped by three.
fn count(count: f64) -> String {
    format::count(count as u64)
}

/// A share in percent with two digits. What is not all is never shown as 100 %.
fn percent(share: f64) -> String {
    let text = format!("{:.2} %", share * 100.0);
    if text == "100.00 %" && share < 1.0 { "> 99.99 %".to_owned() } else { text }
}

fn number(value: f64) -> String {
    value.to_string()
}

fn time(ms: f64) -> String {
    Ms::from_value(ms).to_string()
}

/// When the network had healed, and since when that is counted.
fn healed(phase: &Phase) -> String {
    let since = match phase.name.as_str() {
        "crash" if phase.until_s > phase.from_s => "the return",
        "crash" => "the crash",
        _ => "its end",
    };
    match phase.heal_ms {
        Some(Ms::After(ms)) => format!("healed {} after {since}", format::clock(ms / 1e3)),
        Some(Ms::Never) => "never healed".to_owned(),
        None => "heal time not measured".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_messages_has_no_page_of_dashes() {
        let mut summary = crate::testing::small_summary();
        assert!(summary.to_text().contains("delivery ratio"));
        summary.own = [("asked".to_owned(), Own::Counter(1_234))].into();
        summary.publishes = 0;
        let (delivery, latency, rmr) =
            (None, crate::latency::Quantiles::default(), crate::values::Redundancy::default());
        (summary.delivery_ratio, summary.delivery_worst, summary.delivery_joined) =
            (delivery, delivery, delivery);
        (summary.latency_ms, summary.rmr, summary.ldh) = (latency, rmr, crate::values::LastHop::default());
        (summary.deliveries, summary.undelivered_messages, summary.deliveries_late) = (0, 0, 0);
        let text = summary.to_text();
        let lines = text.lines().filter(|line| line.ends_with(" -")).collect::<Vec<_>>();
        assert_eq!(lines, [""; 0]);
        assert!(
            !text.contains("delivery ratio") && text.contains("asked") && text.contains("1,234"),
            "{text}"
        );
    }

    #[test]
    fn almost_all_is_not_all() {
        assert_eq!(percent(0.999_999), "> 99.99 %");
        assert_eq!(percent(1.0), "100.00 %");
        assert_eq!(percent(0.123_45), "12.35 %");
    }
}
