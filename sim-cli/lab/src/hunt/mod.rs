//! Hunting: a run of a scenario, or of one like it, in which something goes wrong; then the smallest such
//! scenario.
//!
//! The search goes over seeds and over changes of the scenario: how many nodes, which faults, how much churn
//! ([`mutate`]). What is found is made smaller step by step, as long as it still goes wrong for the same reason
//! ([`shrink`], [`cause`]), and written with the keys that are needed and no others ([`mod@file`]). Where the search gets within its budget
//! depends on the machine; what a scenario does that it has found does not.
//!
//! | module | subject |
//! |---|---|
//! | [`wish`] | what is looked for |
//! | [`cause`] | what a failure needs, and how it is kept |
//! | [`mutate`] | scenarios like a given one |
//! | [`shrink`] | smaller scenarios that still go wrong |
//! | [`mod@file`] | a scenario as a short file |

pub mod cause;
pub mod file;
pub mod mutate;
pub mod shrink;
pub mod wish;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use cause::{Cause, Causes, Ingredient};
pub use mutate::Variation;
pub use wish::Wish;

use crate::Protocols;
use crate::check::{Again, Invariant};
use crate::simulate::{check, simulate};
use crate::swarm::in_order::in_order;
use floodnet_scenario::Scenario;

/// What a hunt is after, where, and for how long.
pub struct Hunt<'a> {
    protocols: &'a Protocols,
    judge: &'a Judge<'a>,
    jobs: NonZeroUsize,
    end: Instant,
    runs: AtomicU64,
    /// Whether the user wants it to stop.
    stopped: &'a (dyn Fn() -> bool + Sync),
}

/// Runs a scenario, as long as the function that it is given says to go on, and looks whether it goes wrong.
pub type Judge<'a> = dyn Fn(&Scenario, &dyn Fn() -> bool) -> Verdict + Sync + 'a;

/// What a [`Judge`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It went wrong: how.
    Wrong(String),
    /// It did not, or cannot be run.
    Fine,
    /// It was not run to its end.
    Over,
}

/// Judges by a wish: wrong is a run that fulfills it.
pub fn by_wish<'a>(
    wish: &'a Wish,
    protocols: &'a Protocols,
) -> impl Fn(&Scenario, &dyn Fn() -> bool) -> Verdict + Sync + 'a {
    move |scenario, go_on| {
        let ran = simulate(scenario, protocols, NonZeroUsize::MIN, &mut |_| go_on());
        let finished = ran.ok().and_then(|ran| ran.finished);
        let Some(summary) = finished.map(|finished| finished.results.summary) else { return Verdict::Fine };
        if !summary.complete {
            return Verdict::Over;
        }
        let value = wish.is_met(&summary);
        value.map_or(Verdict::Fine, |value| Verdict::Wrong(format!("{} is {value}", wish.metric())))
    }
}

/// Judges by an invariant of the swarm test: wrong is a run that breaks it.
pub fn by_invariant(
    invariant: Invariant,
    protocols: &Protocols,
) -> impl Fn(&Scenario, &dyn Fn() -> bool) -> Verdict + Sync + '_ {
    // Other engines show what they do otherwise, and nothing else.
    let again = if invariant == Invariant::SameDigest { &Again::ALL[..] } else { &[Again::Not] };
    move |scenario, _| {
        let checked = again.iter().filter_map(|&again| check(scenario, protocols, again).ok());
        let mut violations = checked.filter_map(|checked| checked.violation);
        let found = violations.find(|violation| violation.invariant == invariant);
        found.map_or(Verdict::Fine, |violation| Verdict::Wrong(violation.to_string()))
    }
}

/// A scenario in which it went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The scenario that goes wrong.
    pub scenario: Scenario,
    /// What went wrong, such as `cut_off_ms is 34000`.
    pub what: String,
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
    /// A hunt for what `judge` calls wrong that takes `budget` at most, on `jobs` threads.
    #[must_use]
    pub fn new(
        protocols: &'a Protocols,
        judge: &'a Judge<'a>,
        jobs: NonZeroUsize,
        budget: Duration,
        stopped: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        Self { protocols, judge, jobs, end: clock() + budget, runs: AtomicU64::new(0), stopped }
    }

    /// How many scenarios have been run.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    fn is_over(&self) -> bool {
        clock() >= self.end || (self.stopped)()
    }

    /// Looks for a scenario like `scenario` in which it goes wrong: itself first, then with other seeds and
    /// changes, if `change` says so. All of them have `keep`.
    pub fn search(
        &self,
        scenario: &Scenario,
        change: Variation,
        keep: &[Ingredient],
        mut tell: impl FnMut(Stage<'_>),
    ) -> Option<Found> {
        self.first(
            &Filter { known: None, cause: Some(&Cause::kept(keep)) },
            u64::MAX,
            |number| mutate::like(scenario, number, change),
            |tried| tell(Stage::Tried(tried)),
        )
    }

    /// The first of `count` candidates in which it goes wrong, whichever is done first.
    fn first(
        &self,
        filter: &Filter<'_>,
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
            let tried = self.try_out(&candidate(number), filter, &go_on);
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

    /// Runs `candidate`, if it makes sense and `filter` lets it pass, and looks whether it goes wrong.
    fn try_out(&self, candidate: &Scenario, filter: &Filter<'_>, go_on: &dyn Fn() -> bool) -> Tried {
        // Reading it back checks it as a file is checked.
        let Some(scenario) = self.read(candidate).filter(|read| Some(read) != filter.known) else {
            return Tried::Fine;
        };
        if filter.cause.is_some_and(|cause| !cause.allows(&scenario)) {
            return Tried::Fine;
        }
        let what = match self.judge(&scenario, go_on) {
            Verdict::Wrong(what) => what,
            Verdict::Fine => return Tried::Fine,
            Verdict::Over => return Tried::Over,
        };
        // It is the same failure only if it needs the same.
        for control in filter.cause.iter().flat_map(|cause| cause.controls(&scenario)) {
            let Some(control) = self.read(&control) else { return Tried::Fine };
            match self.judge(&control, go_on) {
                Verdict::Fine => {}
                Verdict::Wrong(_) => return Tried::Fine,
                Verdict::Over => return Tried::Over,
            }
        }
        Tried::Wrong(Box::new(Found { scenario, what }))
    }

    /// The scenario as it reads from a file; none if it is not valid.
    fn read(&self, scenario: &Scenario) -> Option<Scenario> {
        let text = scenario.to_resolved_toml();
        Scenario::parse("hunt", &text, Path::new(""), &[], self.protocols.tables()).ok()
    }

    fn judge(&self, scenario: &Scenario, go_on: &dyn Fn() -> bool) -> Verdict {
        self.runs.fetch_add(1, Ordering::Relaxed);
        (self.judge)(scenario, go_on)
    }
}

/// Which candidates count.
#[derive(Clone, Copy, Debug, Default)]
struct Filter<'a> {
    /// One that reads as this does not.
    known: Option<&'a Scenario>,
    /// What goes wrong must go wrong for this cause.
    cause: Option<&'a Cause>,
}

/// What came of one candidate.
enum Tried {
    /// The run went wrong.
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
