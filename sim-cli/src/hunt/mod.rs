//! Hunting: a run of a scenario, or of one like it, in which something goes wrong; then the smallest such
//! scenario.
//!
//! The search goes over seeds and over changes of the scenario: how many nodes, which faults, how much churn
//! ([`mutate`]). What is found is made smaller step by step, as long as it still goes wrong ([`shrink`]), and
//! written with the keys that are needed and no others ([`file`]). Where the search gets within its budget
//! depends on the machine; what a scenario does that it has found does not.
//!
//! | module | subject |
//! |---|---|
//! | [`wish`] | what is looked for |
//! | [`mutate`] | scenarios like a given one |
//! | [`shrink`] | smaller scenarios that still go wrong |
//! | [`times`] | the times of a scenario, cut off or squeezed |
//! | [`file`] | a scenario as a short file |

pub mod file;
pub mod mutate;
pub mod shrink;
pub mod times;
pub mod wish;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use mutate::Change;
pub use wish::Wish;

use crate::registry::Registry;
use crate::run::run;
use crate::scenario::Scenario;
use crate::swarm::campaign::in_order;

/// What a hunt is after, where, and for how long.
pub struct Hunt<'a> {
    registry: &'a Registry,
    wish: &'a Wish,
    jobs: NonZeroUsize,
    end: Instant,
    runs: AtomicU64,
    /// Whether the user wants it to stop.
    stopped: &'a (dyn Fn() -> bool + Sync),
}

/// A scenario in which it went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The scenario.
    pub scenario: Scenario,
    /// What the metric was.
    pub value: f64,
}

/// How a hunt goes on: shown to the user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage<'a> {
    /// So many scenarios have been tried in vain.
    Tried(u64),
    /// This is the smallest so far.
    Smaller(&'a Found),
}

impl<'a> Hunt<'a> {
    /// A hunt for `wish` that takes `budget` at most, on `jobs` threads.
    #[must_use]
    pub fn new(
        registry: &'a Registry,
        wish: &'a Wish,
        jobs: NonZeroUsize,
        budget: Duration,
        stopped: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        Self { registry, wish, jobs, end: clock() + budget, runs: AtomicU64::new(0), stopped }
    }

    /// How many scenarios have been run.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    fn is_over(&self) -> bool {
        clock() >= self.end || (self.stopped)()
    }

    /// Looks for a scenario like `scenario` in which it goes wrong: itself first, then with other seeds and
    /// changes, if `change` says so.
    pub fn search(
        &self,
        scenario: &Scenario,
        change: Change,
        mut tell: impl FnMut(Stage<'_>),
    ) -> Option<Found> {
        self.first(
            u64::MAX,
            |number| mutate::like(scenario, number, change),
            |tried| tell(Stage::Tried(tried)),
        )
    }

    /// The first of `count` candidates in which it goes wrong, whichever is done first.
    fn first(
        &self,
        count: u64,
        candidate: impl Fn(u64) -> Scenario + Sync,
        mut tell: impl FnMut(u64),
    ) -> Option<Found> {
        let mut found = None;
        // Those after one that goes wrong need not be run to their end.
        let wrong = AtomicU64::new(u64::MAX);
        let work = |number| {
            let go_on = || number <= wrong.load(Ordering::Relaxed) && !self.is_over();
            if !go_on() {
                return Tried::Over;
            }
            let tried = self.try_out(&candidate(number), &go_on);
            if matches!(tried, Tried::Wrong(_)) {
                wrong.fetch_min(number, Ordering::Relaxed);
            }
            tried
        };
        in_order(self.jobs, count, work, |number, tried| match tried {
            Tried::Wrong(wrong) => {
                found = Some(*wrong);
                false
            }
            Tried::Over => false,
            Tried::Fine => {
                tell(number + 1);
                true
            }
        });
        found
    }

    /// Runs `candidate`, if it makes sense, and looks whether it goes wrong.
    fn try_out(&self, candidate: &Scenario, go_on: &dyn Fn() -> bool) -> Tried {
        // Reading it back checks it as a file is checked.
        let text = candidate.to_resolved_toml();
        let read = Scenario::parse("hunt", &text, Path::new(""), &[], self.registry.tables());
        let Ok(scenario) = read else { return Tried::Fine };
        self.runs.fetch_add(1, Ordering::Relaxed);
        let ran = run(&scenario, self.registry, NonZeroUsize::MIN, &mut |_| go_on());
        let finished = ran.ok().and_then(|ran| ran.finished);
        let Some(summary) = finished.map(|finished| finished.results.summary) else { return Tried::Fine };
        if !summary.complete {
            return Tried::Over;
        }
        match self.wish.is_met(&summary) {
            Some(value) => Tried::Wrong(Box::new(Found { scenario, value })),
            None => Tried::Fine,
        }
    }
}

/// What came of one candidate.
enum Tried {
    /// It went wrong.
    Wrong(Box<Found>),
    /// It did not, or cannot be run.
    Fine,
    /// There is no time left.
    Over,
}

/// The clock of the machine: how far a hunt gets is all that depends on it.
fn clock() -> Instant {
    Instant::now()
}
