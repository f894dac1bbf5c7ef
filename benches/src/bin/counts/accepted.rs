//! The counts that were accepted last, and how others differ from them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Where the accepted counts are kept.
pub(crate) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/counts.toml");

/// What compiled this program, and for which machine.
pub(crate) const BUILT: &str = env!("FLOODNET_BUILT");

/// The head of the file.
const HEAD: &str = "\
# How many instructions fixed runs take, for the gate of src/bin/counts. Do not edit the counts:
#   cargo run --release --bin counts -- --accept
";

/// What one run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    /// Instructions between making the nodes and the digest.
    pub(crate) instructions: u64,
    /// Inputs that were handled: when these differ, the run does other work than it did.
    pub(crate) inputs: u64,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    /// The compiler and the machine that the counts are of.
    pub(crate) built: String,
    /// How far a count may be off, up or down, in percent.
    pub(crate) tolerance_percent: f64,
    /// By name of the run.
    pub(crate) counts: BTreeMap<String, Count>,
}

impl Accepted {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or holds something else.
    pub(crate) fn read() -> Result<Self, String> {
        let text = std::fs::read_to_string(FILE).map_err(|error| format!("cannot read {FILE}: {error}"))?;
        toml::from_str(&text).map_err(|error| format!("{FILE}: {error}"))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self) -> Result<(), String> {
        let body = toml::to_string(self).map_err(|error| error.to_string())?;
        std::fs::write(FILE, format!("{HEAD}\n{body}"))
            .map_err(|error| format!("cannot write {FILE}: {error}"))
    }

    /// By how many percent the instructions of a run changed; none for a run that was never accepted.
    fn change(&self, name: &str, now: Count) -> Option<f64> {
        let before = self.counts.get(name)?.instructions.max(1);
        Some((now.instructions as f64 / before as f64 - 1.0) * 100.0)
    }

    /// The runs whose change is beyond the tolerance, or that are only here or only there.
    pub(crate) fn beyond(&self, now: &BTreeMap<String, Count>) -> Vec<String> {
        let within = |change: f64| change.abs() <= self.tolerance_percent;
        let changed = now.iter().filter(|(name, count)| !self.change(name, **count).is_some_and(within));
        let gone = self.counts.keys().filter(|name| !now.contains_key(*name));
        changed.map(|(name, _)| name).chain(gone).cloned().collect()
    }

    /// What is counted now beside what was accepted.
    pub(crate) fn table(&self, now: &BTreeMap<String, Count>) -> String {
        let mut table =
            format!("{:<14}{:>16}{:>16}{:>10}{:>12}\n", "run", "now", "accepted", "change", "per input");
        for (name, &count) in now {
            let before = self.counts.get(name);
            let accepted = before.map_or_else(|| "-".to_owned(), |count| count.instructions.to_string());
            let change =
                self.change(name, count).map_or_else(|| "new".to_owned(), |by| format!("{by:+.2} %"));
            let per_input = count.instructions / count.inputs.max(1);
            let line =
                format!("{name:<14}{:>16}{accepted:>16}{change:>10}{per_input:>12}", count.instructions);
            // Writing to a string cannot fail.
            let _ = match before.filter(|before| before.inputs != count.inputs) {
                Some(before) => {
                    writeln!(table, "{line}  other work: {} inputs, {} then", count.inputs, before.inputs)
                }
                None => writeln!(table, "{line}"),
            };
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> BTreeMap<String, Count> {
        let count = |instructions| Count { instructions, inputs: 10 };
        all.iter().map(|&(name, instructions)| (name.to_owned(), count(instructions))).collect()
    }

    fn accepted(all: &[(&str, u64)]) -> Accepted {
        Accepted { built: BUILT.to_owned(), tolerance_percent: 2.0, counts: counts(all) }
    }

    #[test]
    fn what_changes_more_than_tolerated_is_named() {
        let accepted = accepted(&[("flood", 1_000), ("join", 1_000)]);
        let beyond = |flood, join| accepted.beyond(&counts(&[("flood", flood), ("join", join)]));
        assert!(beyond(1_019, 981).is_empty());
        assert_eq!(beyond(1_021, 1_000), ["flood"]);
        assert_eq!(beyond(1_000, 979), ["join"]);
    }

    #[test]
    fn runs_that_come_or_go_are_named() {
        let accepted = accepted(&[("flood", 1_000), ("gone", 5)]);
        assert_eq!(accepted.beyond(&counts(&[("flood", 1_000), ("new", 7)])), ["new", "gone"]);
    }

    #[test]
    fn the_table_says_when_the_work_is_another() {
        let mut now = counts(&[("flood", 1_010)]);
        let accepted = accepted(&[("flood", 1_000)]);
        let same = accepted.table(&now);
        assert!(same.contains("+1.00 %") && !same.contains("other work"), "{same}");
        now.values_mut().for_each(|count| count.inputs = 11);
        assert!(accepted.table(&now).contains("other work: 11 inputs, 10 then"));
    }

    #[test]
    fn the_file_is_whole() {
        let accepted = Accepted::read().expect("the committed file can be read");
        assert!(crate::RUNS.iter().all(|run| accepted.counts.contains_key(*run)));
        assert_eq!(accepted.counts.len(), crate::RUNS.len());
    }
}
