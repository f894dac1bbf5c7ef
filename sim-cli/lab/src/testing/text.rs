//! Tests for people: a line for each, and a summary.

use std::fmt::Write as _;

use super::{Tested, Tests, Verdict};
use floodnet_text::format::plural;

/// How many of the slowest tests are listed.
const SLOWEST: usize = 3;

impl Tested {
    /// The line of a test, and why it did not pass below it. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let word = match self.verdict {
            Verdict::Passed => "PASS".to_owned(),
            Verdict::Flaky => format!("FLAKY {}/{0}", self.attempts),
            Verdict::Failed => "FAIL".to_owned(),
            Verdict::Invalid => "INVALID".to_owned(),
            Verdict::Skipped => "SKIP".to_owned(),
        };
        let time = match self.verdict {
            Verdict::Skipped | Verdict::Invalid => " ".repeat(11),
            _ => format!("[{:8.3}s]", self.seconds),
        };
        let mut text = format!("{word:>12} {time} {}\n", self.name);
        for line in &self.why {
            let _ = writeln!(text, "{:25}{line}", "");
        }
        if self.verdict == Verdict::Failed && !self.again.is_empty() {
            let _ = writeln!(text, "{:25}again: {}", "", self.again);
        }
        text
    }
}

impl Tests {
    /// How many passed, which did not, and which took longest. Ends with a newline.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", "-".repeat(12));
        let of = |verdict| self.count(verdict);
        let passed = of(Verdict::Passed) + of(Verdict::Flaky);
        let _ = write!(
            text,
            "{:>12} [{:8.3}s] {} run: {passed} passed",
            "Summary",
            self.seconds,
            plural(self.run(), "test")
        );
        if of(Verdict::Flaky) > 0 {
            let _ = write!(text, " ({} flaky)", of(Verdict::Flaky));
        }
        for (verdict, word) in
            [(Verdict::Failed, "failed"), (Verdict::Invalid, "invalid"), (Verdict::Skipped, "skipped")]
        {
            if of(verdict) > 0 || verdict == Verdict::Skipped {
                let _ = write!(text, ", {} {word}", of(verdict));
            }
        }
        text.push('\n');
        for tested in &self.tested {
            if matches!(tested.verdict, Verdict::Failed | Verdict::Invalid) {
                let word = if tested.verdict == Verdict::Failed { "FAIL" } else { "INVALID" };
                let _ = writeln!(text, "{word:>12} {:11} {}", "", tested.name);
            }
        }
        for of in self.reached() {
            let word = if of.is_reached() { "REACHED" } else { "UNREACHED" };
            let _ = writeln!(text, "{word:>12} {:11} {}", "", of.to_text());
        }
        // With few tests, the lines above say already which took long.
        let mut slowest: Vec<&Tested> = self.tested.iter().filter(|tested| tested.attempts > 0).collect();
        if slowest.len() > SLOWEST {
            slowest.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
            for tested in slowest.iter().take(SLOWEST) {
                let _ = writeln!(text, "{:>12} [{:8.3}s] {}", "slowest", tested.seconds, tested.name);
            }
        }
        text
    }
}
