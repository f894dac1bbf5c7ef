//! A summary as text for people: aligned columns, no color, the same bytes for the same run.

use std::fmt::Write as _;

use super::latency::Ms;
use super::outcome::Outcome;
use super::phases::Phase;
use super::summary::Summary;
use floodnet_text::format;

/// Label and value.
type Line = (String, String);

impl Summary {
    /// The run on one screen. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{}  {} nodes · {} s {} · seed {}{}\n",
            self.scenario,
            grouped(u64::from(self.nodes)),
            self.duration_s,
            self.backend.as_ref().map_or_else(|| "simulated".to_owned(), |backend| format!("on {backend}")),
            self.seed,
            if self.complete { "" } else { " · interrupted" }
        );
        let blocks = [self.delivery(), self.load(), self.network(), self.faults()];
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
                writeln!(text, "\n  backend {backend}   (in real time: no two runs are the same)")
            }
            None => writeln!(
                text,
                "\n  digest {}   (identical for the same seed, scenario and version)",
                self.digest
            ),
        };
        text
    }

    fn delivery(&self) -> Vec<Line> {
        let counts = [
            ("  due after the end", self.late_publishes),
            ("  skipped", u64::from(self.skipped)),
            ("  reached nobody", self.undelivered_messages),
        ];
        let mut lines = vec![line("messages", grouped(self.publishes))];
        lines
            .extend(counts.iter().filter(|(_, count)| *count > 0).map(|&(label, n)| line(label, grouped(n))));
        lines.extend([
            line("delivery ratio", percent(self.delivery_ratio)),
            line("  worst message", percent(self.delivery_worst)),
            line("  joined receivers", percent(self.delivery_joined)),
            line("deliveries", grouped(self.deliveries)),
            line("  late", grouped(self.deliveries_late)),
            line("  to others", grouped(self.deliveries_other)),
            line("delivery latency p50", time(self.latency_ms.p50)),
            line("                 p99", time(self.latency_ms.p99)),
            line("                 max", time(self.latency_ms.max)),
            line("redundancy (RMR)", number(self.rmr.mean)),
            line("last delivery hop", with_max(self.ldh.mean, self.ldh.max.map(f64::from))),
        ]);
        if self.double_deliveries > 0 {
            lines.push(line("DOUBLE DELIVERIES", grouped(self.double_deliveries)));
        }
        lines
    }

    fn load(&self) -> Vec<Line> {
        let mut lines = vec![
            line("packets sent", grouped(self.packets_sent)),
            line("  per node", with_max(self.packets_per_node.mean, Some(self.packets_per_node.max as f64))),
            line("  with a message", grouped(self.payloads_sent)),
            line("duplicates", grouped(self.duplicates)),
            line("bytes with a message", grouped(self.bytes_sent.payload)),
            line("bytes of control", grouped(self.bytes_sent.control)),
        ];
        let drops = self.drops.iter();
        lines.extend(drops.map(|(reason, &count)| (format!("dropped: {reason}"), grouped(count))));
        lines
    }

    fn network(&self) -> Vec<Line> {
        let churn = format!(
            "{} joined, {} left, {} crashed",
            grouped(self.joins),
            self.leaves,
            grouped(self.crashes)
        );
        let mut lines = vec![
            line("not in one piece", percent(self.partition_rate)),
            line("components", with_max(self.components.mean, self.components.max.map(|max| max as f64))),
            line("largest component", percent(self.largest_component.mean)),
            line("degree", with_max(self.degree.mean, self.degree.max.map(|max| max as f64))),
            line("nodes up", number(self.nodes_up.mean)),
            line("lives", churn),
            line("  never joined", grouped(self.never_joined)),
            line("time to join p50", time(self.join_ms.p50)),
            line("             p99", time(self.join_ms.p99)),
            line("links at the end", grouped(self.links_end)),
            line("mean path", number(self.topology.asp)),
            line("diameter", number(self.topology.diameter.map(f64::from))),
            line("clustering", number(self.topology.clustering)),
        ];
        if let Some(cut_off) = self.cut_off_ms.filter(|&span| span > 0.0) {
            lines.push(line("cut off at the end", time(Some(Ms::from_value(cut_off)))));
        }
        lines
    }

    fn faults(&self) -> Vec<Line> {
        let line = |phase: &Phase| {
            let stretches = [phase.delivery.before, phase.delivery.during, phase.delivery.after];
            let [before, during, after] = stretches.map(percent);
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
        let key = columns(|verdict| verdict.key.len());
        let bound = columns(|verdict| verdict.bound.len());
        for verdict in &self.expect {
            let mark = match verdict.verdict {
                Outcome::Holds => "holds",
                Outcome::Fails => "FAILS",
            };
            let value = verdict.measured();
            let _ = writeln!(text, "    {mark}  {:key$}  {:bound$}  {value}", verdict.key, verdict.bound);
        }
    }
}

fn line(label: &str, value: String) -> Line {
    (label.to_owned(), value)
}

/// `12345` as `12,345`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent with two digits. What is not all is never shown as 100 %.
fn percent(share: Option<f64>) -> String {
    let Some(share) = share else { return "-".to_owned() };
    let text = format!("{:.2} %", share * 100.0);
    if text == "100.00 %" && share < 1.0 { "> 99.99 %".to_owned() } else { text }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn with_max(mean: Option<f64>, max: Option<f64>) -> String {
    match (mean, max) {
        (Some(mean), Some(max)) => format!("{mean} (max {max})"),
        _ => "-".to_owned(),
    }
}

/// When one component held again, and since when that is counted.
fn healed(phase: &Phase) -> String {
    let since = match phase.name.as_str() {
        "crash" if phase.until_s > phase.from_s => "the return",
        "crash" => "the crash",
        _ => "its end",
    };
    match phase.heal_ms {
        Some(Ms::After(ms)) => format!("one component again {} after {since}", format::clock(ms / 1e3)),
        Some(Ms::Never) => "never one component again".to_owned(),
        None => "healing not measured".to_owned(),
    }
}

fn time(span: Option<Ms>) -> String {
    span.map_or_else(|| "-".to_owned(), |span| span.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn almost_all_is_not_all() {
        assert_eq!(percent(Some(0.999_999)), "> 99.99 %");
        assert_eq!(percent(Some(1.0)), "100.00 %");
        assert_eq!(percent(Some(0.123_45)), "12.35 %");
        assert_eq!(percent(None), "-");
    }
}
