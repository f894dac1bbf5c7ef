//! Many runs on one screen.

use std::fmt::Write as _;

use super::figure::Figure;
use super::report::{Judged, Report};
use super::table::unit;
use floodnet_measure::latency::Ms;
use floodnet_measure::metrics::{Layout, Metric, Summary, Unit, metric};
use floodnet_measure::reach::Reached;
use floodnet_measure::stats::decide::Decision;
use floodnet_measure::stats::interval::Estimate;
use floodnet_text::format;

/// What is shown of every run, and how its words stand.
pub(crate) const SHOWN: [(Layout, &Metric<Summary>); 16] = [
    (Layout::Full, metric("delivery_ratio")),
    (Layout::Below, metric("delivery_worst")),
    (Layout::Below, metric("delivery_joined")),
    (Layout::Full, metric("latency_ms.p50")),
    (Layout::Ditto, metric("latency_ms.p99")),
    (Layout::Full, metric("rmr.mean")),
    (Layout::Full, metric("ldh.mean")),
    (Layout::Full, metric("packets_per_node.mean")),
    (Layout::Full, metric("partition_rate")),
    (Layout::Full, metric("components.mean")),
    (Layout::Full, metric("largest_component.mean")),
    (Layout::Full, metric("degree.mean")),
    (Layout::Full, metric("nodes_up.mean")),
    (Layout::Full, metric("never_joined")),
    (Layout::Full, metric("join_ms.p99")),
    (Layout::Full, metric("topology.asp")),
];

/// Rows of cells as aligned text: the first column to the left, the others to the right.
#[must_use]
pub fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(line, "  {cell:width$}"),
                _ => write!(line, "   {cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Report {
    /// The runs on one screen; `all` shows every metric. Ends with a newline.
    #[must_use]
    pub fn to_text(&self, nodes: u32, duration_s: f64, all: bool) -> String {
        let mut text = format!(
            "{}  {} nodes · {duration_s} s simulated · seed {} · {}{}\n\n",
            self.scenario,
            format::count(u64::from(nodes)),
            self.seed,
            format::plural(self.runs, "run"),
            if self.complete { "" } else { " · interrupted" },
        );
        let head = ["metric", "mean", "95 % interval", "min", "max"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let mut push = |label: &str, metric: &str| {
            if let Some(estimate) = self.metrics.estimate(metric) {
                rows.push(row(label, unit(metric), &estimate));
            }
        };
        if all {
            self.metrics.names().iter().for_each(|name| push(name, name));
        } else {
            SHOWN.iter().for_each(|(layout, metric)| push(&layout.words(metric.label), metric.path));
            // Then what this scenario is about: how it heals, and what it expects.
            let others = self.expect.iter().map(|judged| judged.key.as_str());
            let healing =
                self.metrics.names().iter().map(String::as_str).filter(|name| name.ends_with(".heal_ms"));
            let mut named: Vec<&str> = SHOWN.iter().map(|(_, metric)| metric.path).collect();
            for metric in healing.chain(others) {
                if !named.contains(&metric) {
                    push(metric, metric);
                    named.push(metric);
                }
            }
        }
        text.push_str(&align(&rows));
        self.write_expectations(&mut text);
        text.push_str(&reached(&self.reach));
        let digest = self.digest();
        let _ = match digest.as_str() {
            "" if !self.complete => writeln!(text, "\n  digest none   (runs are missing)"),
            "" => writeln!(text, "\n  digest none   (real time: no two runs are the same)"),
            digest => writeln!(text, "\n  digest {digest}   (of the digests of all runs, in order)"),
        };
        text
    }

    fn write_expectations(&self, text: &mut String) {
        if self.expect.is_empty() {
            return;
        }
        text.push_str("\n  expectations\n");
        let line = |judged: &Judged| {
            let verdict = match judged.verdict {
                Decision::Holds => "holds",
                Decision::Fails => "FAILS",
                Decision::Undecided => "UNDECIDED",
            };
            let worst = judged.worst.map_or_else(String::new, |worst| {
                format!("worst {} in run {}", value(&judged.key, worst.value), worst.run)
            });
            let cells = [&format!("  {verdict}"), &judged.key, &judged.bound, &judged.measured(), &worst];
            cells.map(|cell| cell.trim_end().to_owned()).to_vec()
        };
        let rows: Vec<Vec<String>> = self.expect.iter().map(line).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..5).map(width).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// What some run had to show, in how many it was so; empty where nothing was asked.
pub fn reached(all: &[Reached]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let line = |of: &Reached| {
        let verdict = if of.is_reached() { "reached" } else { "NEVER REACHED" };
        format!("    {verdict}  {}\n", of.to_text())
    };
    format!("\n  reach\n{}", all.iter().map(line).collect::<String>())
}

/// A value of `metric` as the user writes it: shares and counts are plain numbers, times have their unit.
fn value(metric: &str, value: Ms) -> String {
    match (unit(metric), value) {
        (Unit::Millis, value) => value.to_string(),
        (_, Ms::After(value)) => value.to_string(),
        (_, Ms::Never) => "never".to_owned(),
    }
}

impl Judged {
    /// What it came to that does not hold.
    #[must_use]
    pub fn complaint(&self) -> String {
        let (key, bound, measured) = (&self.key, &self.bound, self.measured());
        match self.verdict {
            Decision::Undecided => {
                let more = self.runs_needed.map_or_else(String::new, |runs| format!(", {runs} or so"));
                format!("{key} is {measured}, undecided for {bound}: add runs{more}")
            }
            _ => format!("{key} is {measured}, expected {bound}"),
        }
    }

    /// Mean and interval in words.
    #[must_use]
    pub fn measured(&self) -> String {
        match (self.mean, self.ci95) {
            (None, _) => "not measured".to_owned(),
            (Some(mean), None) => value(&self.key, mean),
            (Some(mean), Some([low, high])) => {
                format!("{} [{}, {}]", value(&self.key, mean), bare(low), bare(high))
            }
        }
    }
}

fn bare(value: Ms) -> String {
    match value {
        Ms::After(value) => value.to_string(),
        Ms::Never => "never".to_owned(),
    }
}

fn row(label: &str, unit: Unit, estimate: &Estimate) -> Vec<String> {
    let figure = Figure::of(unit, estimate);
    vec![
        label.to_owned(),
        figure.value(estimate.mean),
        figure.interval(estimate),
        figure.value(estimate.min),
        figure.value(estimate.max),
    ]
}
