//! Running tests, several at a time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::find::{Case, Found};
use super::{Tested, Tests, Verdict};
use crate::Protocols;
use crate::ensemble::report::{Judged, Kept, Report};
use crate::ensemble::seed;
use crate::run::early::Early;
use crate::simulate::simulate_shown;
use floodnet_measure::reach::Reached;
use floodnet_measure::so_far::SoFar;
use floodnet_measure::stats::decide::Decision;
use floodnet_scenario::Scenario;

/// How tests are run.
#[derive(Clone, Copy)]
pub struct Executor<'a> {
    /// Which protocols there are.
    pub protocols: &'a Protocols,
    /// How many tests at a time; the results do not depend on it.
    pub jobs: NonZeroUsize,
    /// How often a test that fails is tried again, each time with the next seeds: the same ones go the same way.
    pub retries: u32,
    /// Whether no other test begins after one has failed.
    pub fail_fast: bool,
    /// Whether a run ends as soon as an expectation is lost.
    pub fail_early: bool,
    /// Whether to go on; asked often.
    pub goes_on: &'a (dyn Fn() -> bool + Sync),
}

/// What came of one attempt.
enum Attempt {
    /// What its runs say.
    Judged(Vec<Judged>, Vec<Reached>),
    /// It ended early: why.
    Lost(String),
    /// The scenario cannot be run: why.
    Invalid(String),
    /// It was stopped.
    Stopped,
}

impl Executor<'_> {
    /// Runs every test of `found`, and gives each to `tell` as soon as it is done. Those that were not run because
    /// of a stop are not in the result.
    pub fn run(&self, found: &[Found], mut tell: impl FnMut(&Tested)) -> Tests {
        let began = clock();
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let (done, results) = mpsc::channel();
        let work = |done: mpsc::Sender<(usize, Tested)>| {
            while !stop.load(Ordering::SeqCst) && (self.goes_on)() {
                let index = next.fetch_add(1, Ordering::SeqCst);
                let Some(found) = found.get(index) else { break };
                let Some(tested) = self.one(found) else { break };
                let is_bad = matches!(tested.verdict, Verdict::Failed | Verdict::Invalid);
                stop.fetch_or(self.fail_fast && is_bad, Ordering::SeqCst);
                if done.send((index, tested)).is_err() {
                    break;
                }
            }
        };
        let mut tested = Vec::new();
        thread::scope(|scope| {
            for _ in 0..self.jobs.get().min(found.len()) {
                let done = done.clone();
                scope.spawn(|| work(done));
            }
            drop(done);
            for (index, one) in results {
                tell(&one);
                tested.push((index, one));
            }
        });
        // They were told in the order in which they ended; the result is in the order in which they were found.
        tested.sort_by_key(|(index, _)| *index);
        let tested = tested.into_iter().map(|(_, tested)| tested).collect();
        Tests { tested, seconds: began.elapsed().as_secs_f64() }
    }

    /// What comes of one test; none if it was stopped.
    fn one(&self, found: &Found) -> Option<Tested> {
        let not_run = |name: &str, verdict, why: &str| Tested {
            name: name.to_owned(),
            verdict,
            why: why.trim_end().lines().map(str::to_owned).collect(),
            seconds: 0.0,
            attempts: 0,
            expect: Vec::new(),
            reach: Vec::new(),
            again: String::new(),
        };
        match found {
            Found::Case(case) => self.case(case),
            Found::Skipped(name, why) => Some(not_run(name, Verdict::Skipped, why)),
            Found::Invalid(name, why) => Some(not_run(name, Verdict::Invalid, why)),
        }
    }

    fn case(&self, case: &Case) -> Option<Tested> {
        let began = clock();
        let mut tested = Tested {
            name: case.name.clone(),
            verdict: Verdict::Failed,
            why: Vec::new(),
            seconds: 0.0,
            attempts: 0,
            expect: Vec::new(),
            reach: case.scenario.reach.iter().cloned().map(Reached::new).collect(),
            again: String::new(),
        };
        while tested.attempts <= self.retries {
            let first = tested.attempts * case.runs;
            tested.attempts += 1;
            match self.attempt(case, first) {
                Attempt::Stopped => return None,
                Attempt::Invalid(why) => {
                    tested.verdict = Verdict::Invalid;
                    tested.why = vec![why];
                    break;
                }
                Attempt::Lost(why) => {
                    tested.why.push(why);
                    tested.again = format!("{} --run-index {first}", case.again);
                }
                // Passing a retry is not passing: it is called flaky. Otherwise the last attempt's figures are shown.
                Attempt::Judged(expect, reach) => {
                    tested.reach.iter_mut().zip(reach).for_each(|(all, of)| all.merge(of));
                    let not_held: Vec<&Judged> =
                        expect.iter().filter(|judged| judged.verdict != Decision::Holds).collect();
                    if not_held.is_empty() {
                        let is_first = tested.attempts == 1;
                        tested.verdict = if is_first { Verdict::Passed } else { Verdict::Flaky };
                        tested.expect = expect;
                        break;
                    }
                    tested.why.extend(not_held.iter().map(|judged| judged.complaint()));
                    if let Some(worst) = not_held.iter().find_map(|judged| judged.worst) {
                        tested.again = format!("{} --run-index {}", case.again, worst.run);
                    }
                    tested.expect = expect;
                }
            }
        }
        tested.seconds = began.elapsed().as_secs_f64();
        Some(tested)
    }

    /// The runs of `case` from number `first` on.
    fn attempt(&self, case: &Case, first: u32) -> Attempt {
        let mut kept = Vec::new();
        // Of many runs each may fail while their mean holds.
        let can_end = self.fail_early && case.runs == 1;
        for number in 0..case.runs {
            let scenario =
                Scenario { seed: seed(case.scenario.seed, first + number), ..case.scenario.clone() };
            let early = Early::new(if can_end { &scenario.expect } else { &[] });
            let watch = &mut |_| (self.goes_on)() && early.goes_on();
            let look = &mut |run: &SoFar<'_>| early.look(run);
            let ran = match simulate_shown(&scenario, self.protocols, NonZeroUsize::MIN, watch, look) {
                Ok(ran) => ran,
                Err(why) => return Attempt::Invalid(why.to_string()),
            };
            let Some(finished) = ran.finished else { return Attempt::Stopped };
            if !finished.results.summary.complete {
                return early.lost().map_or(Attempt::Stopped, |lost| Attempt::Lost(lost.to_string()));
            }
            kept.push(Kept::of((first + number) as usize, finished.results));
        }
        let Report { expect, mut reach, .. } = Report::of(&case.scenario, kept.len(), kept);
        for best in reach.iter_mut().filter_map(|of| of.best.as_mut()) {
            best.run.push_str(&format!(" of {}", case.name));
        }
        Attempt::Judged(expect, reach)
    }
}

/// The clock of the machine: how long a test took is all that depends on it.
fn clock() -> Instant {
    Instant::now()
}
