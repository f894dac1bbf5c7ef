//! Scenarios as tests: each is run, and its expectations say whether it passes.
//!
//! | module | subject |
//! |---|---|
//! | [`find`] | which scenarios, and which cells of sweep plans, paths and patterns name |
//! | [`execute`] | running them, several at a time |
//! | `text`, `json`, `junit` | what came of them for people, programs and CI |

pub mod execute;
pub mod find;
mod json;
mod junit;
mod text;

use crate::ensemble::report::Judged;
use floodnet_measure::reach::Reached;

/// What came of one test.
#[derive(Clone, Debug)]
pub struct Tested {
    /// Name of the test.
    pub name: String,
    /// Whether it passed.
    pub verdict: Verdict,
    /// Why it did not, or was not run; a line for each reason.
    pub why: Vec<String>,
    /// Real time that it took, in seconds.
    pub seconds: f64,
    /// How often it was tried.
    pub attempts: u32,
    /// What the runs of the last attempt say about each expectation.
    pub expect: Vec<Judged>,
    /// What all its runs say about what some run must show.
    pub reach: Vec<Reached>,
    /// The command that repeats its worst run; empty where there is none.
    pub again: String,
}

/// Whether a test passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every expectation holds.
    Passed,
    /// They did not at first, but did with other seeds.
    Flaky,
    /// An expectation fails, or is undecided.
    Failed,
    /// It is no valid scenario.
    Invalid,
    /// It was not run.
    Skipped,
}

impl Verdict {
    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Flaky => "flaky",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Skipped => "skipped",
        }
    }

    /// Whether it counts as passed.
    #[must_use]
    pub const fn is_passed(self) -> bool {
        matches!(self, Self::Passed | Self::Flaky)
    }
}

/// What came of all tests.
#[derive(Clone, Debug, Default)]
pub struct Tests {
    /// Each test, in the order in which they were found.
    pub tested: Vec<Tested>,
    /// Real time that all took, in seconds.
    pub seconds: f64,
}

impl Tests {
    /// How many have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.tested.iter().filter(|tested| tested.verdict == verdict).count()
    }

    /// What the runs of all tests together say about what some run must show: what several tests ask for in the same
    /// words is asked for once.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        let mut all: Vec<Reached> = Vec::new();
        for of in self.tested.iter().flat_map(|tested| &tested.reach) {
            match all.iter_mut().find(|known| known.reach == of.reach) {
                Some(known) => known.merge(of.clone()),
                None => all.push(of.clone()),
            }
        }
        all
    }

    /// How many were run, or could not be because they are not valid.
    #[must_use]
    pub fn run(&self) -> usize {
        self.tested.len() - self.count(Verdict::Skipped)
    }
}

#[cfg(test)]
mod tests;
