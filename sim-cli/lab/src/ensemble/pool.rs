//! Runs side by side, results in order.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use floodnet_sim::Progress;

use crate::Protocols;
use crate::run::Ran;
use crate::simulate::simulate;
use floodnet_measure::Results;
use floodnet_measure::metrics::Numbers;
use floodnet_scenario::{Complaint, Scenario};

/// A run that could not be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// Its place in the list of seeds.
    pub index: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Reason why it cannot be set up.
    pub why: Complaint,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} (seed {}): {}", self.index, self.seed, self.why)
    }
}

impl std::error::Error for Failed {}

/// Looks on while runs go on, and can stop them. Called from several threads.
pub trait Control: Sync {
    /// Asked after each window of the run at `index` whether it goes on.
    fn goes_on(&self, index: usize, progress: Progress) -> bool;
    /// Told when the run at `index` is complete and kept. Default: nobody listens.
    fn finished(&self, index: usize) {
        let _ = index;
    }
}

/// Nobody looks on, and nothing is stopped.
impl Control for () {
    fn goes_on(&self, _: usize, _: Progress) -> bool {
        true
    }
}

/// Runs `scenario` once for each of `seeds`, up to `jobs` runs side by side, and makes of each run what
/// `keep` makes of it, on the thread of that run: a summary, files, whatever need not stay in memory whole.
/// Runs begin in the order of the seeds. The results are in that order; none for a run that `control`
/// stopped or that did not begin after one was stopped.
///
/// `keep` is given the place in the list, the scenario with its seed, and the run, which is complete.
///
/// # Errors
/// A run could not be set up; the one of the lowest place is told. No further runs begin then.
pub fn run_each<T: Send>(
    scenario: &Scenario,
    protocols: &Protocols,
    seeds: &[u64],
    jobs: NonZeroUsize,
    control: &impl Control,
    keep: &(impl Fn(usize, &Scenario, Ran) -> T + Sync),
) -> Result<Vec<Option<T>>, Failed> {
    let work: Vec<(&Scenario, u64)> = seeds.iter().map(|&seed| (scenario, seed)).collect();
    run_list(&work, protocols, jobs, control, keep)
}

/// As [`run_each`], for runs of several scenarios, each with its seed.
///
/// # Errors
/// As [`run_each`].
pub fn run_list<T: Send>(
    work: &[(&Scenario, u64)],
    protocols: &Protocols,
    jobs: NonZeroUsize,
    control: &impl Control,
    keep: &(impl Fn(usize, &Scenario, Ran) -> T + Sync),
) -> Result<Vec<Option<T>>, Failed> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let kept: Mutex<Vec<Option<T>>> = Mutex::new(work.iter().map(|_| None).collect());
    let failed: Mutex<Option<Failed>> = Mutex::new(None);
    let one = |index: usize, scenario: &Scenario, seed: u64| {
        let scenario = Scenario { seed, ..scenario.clone() };
        let watch = &mut |progress| {
            let goes_on = control.goes_on(index, progress);
            stop.fetch_or(!goes_on, Ordering::Relaxed);
            goes_on
        };
        match simulate(&scenario, protocols, NonZeroUsize::MIN, watch) {
            Ok(ran) if ran.finished.as_ref().is_some_and(|of| of.results.summary.complete) => {
                let result = keep(index, &scenario, ran);
                lock(&kept)[index] = Some(result);
                control.finished(index);
            }
            Ok(_) => stop.store(true, Ordering::Relaxed),
            // Several threads may fail; the first in the order of the runs is reported, whichever was faster.
            Err(why) => {
                stop.store(true, Ordering::Relaxed);
                let mut failed = lock(&failed);
                if failed.as_ref().is_none_or(|first| index < first.index) {
                    *failed = Some(Failed { index, seed, why });
                }
            }
        }
    };
    let work_off = || {
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(scenario, seed)) = work.get(index) else { break };
            one(index, scenario, seed);
        }
    };
    match jobs.get().min(work.len()) {
        0 | 1 => work_off(),
        threads => thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work_off)))),
    }
    match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(failed) => Err(failed),
        None => Ok(kept.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
    }
}

/// A thread that panicked ends the whole at the end of its scope, so what it held does not matter.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Everything that came of each run, in the order of `seeds`.
///
/// # Errors
/// As [`run_each`].
pub fn run_all(
    scenario: &Scenario,
    protocols: &Protocols,
    seeds: &[u64],
    jobs: NonZeroUsize,
) -> Result<Vec<Results>, Failed> {
    let keep = |_, _: &Scenario, ran: Ran| ran.finished.map(|finished| finished.results);
    Ok(run_each(scenario, protocols, seeds, jobs, &(), &keep)?.into_iter().flatten().flatten().collect())
}

/// The metrics of each run by name, in the order of `seeds`.
///
/// # Errors
/// As [`run_each`].
pub fn numbers(
    scenario: &Scenario,
    protocols: &Protocols,
    seeds: &[u64],
    jobs: NonZeroUsize,
) -> Result<Vec<Numbers>, Failed> {
    let keep =
        |_, _: &Scenario, ran: Ran| ran.finished.map(|finished| Numbers::of(&finished.results.summary));
    Ok(run_each(scenario, protocols, seeds, jobs, &(), &keep)?.into_iter().flatten().flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ensemble::seeds;
    use floodnet_measure::expect::Expectation;

    fn ring() -> Scenario {
        let text = "name = \"ring\"\nduration = \"6s\"\nnodes.count = 20\noverlay.random_walk = {}\n\
                    broadcast.flood = {}\n[[traffic]]\nfrom = \"random\"\nevery = \"500ms\"\nstart = \"2s\"\n\
                    stop = \"4s\"\n[measure]\nstart = \"1s\"\ndeadline = \"2s\"\n";
        Scenario::parse("ring.toml", text, Path::new("."), &[], Protocols::builtin().tables()).unwrap()
    }

    fn threads(jobs: usize) -> NonZeroUsize {
        NonZeroUsize::new(jobs).unwrap()
    }

    #[test]
    fn results_are_in_order_and_those_of_single_runs_on_any_number_of_threads() {
        let (protocols, scenario) = (Protocols::builtin(), ring());
        let seeds = seeds(scenario.seed, 7);
        let of = |jobs| run_all(&scenario, &protocols, &seeds, threads(jobs)).unwrap();
        let texts =
            |all: Vec<Results>| -> Vec<String> { all.iter().map(|of| of.summary.to_json()).collect() };
        let one = texts(of(1));
        assert_eq!(one, texts(of(3)));
        assert_eq!(one, texts(of(16)));
        for (text, &seed) in one.iter().zip(&seeds) {
            let scenario = Scenario { seed, ..scenario.clone() };
            let ran = simulate(&scenario, &protocols, threads(1), &mut |_| true).unwrap();
            assert_eq!(*text, ran.finished.unwrap().results.summary.to_json());
        }
        let mut distinct = one;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 7);
    }

    #[test]
    fn a_run_that_cannot_be_set_up_is_named() {
        // Only a run can tell that it has no such fault.
        let mut scenario = ring();
        scenario.expect = vec![Expectation::parse("phases.9.heal_ms", "< 1s").unwrap()];
        let failed = run_all(&scenario, &Protocols::builtin(), &[3, 4, 5], threads(2)).unwrap_err();
        assert_eq!((failed.index, failed.seed), (0, 3));
        assert!(failed.to_string().starts_with("run 0 (seed 3): `expect`: "), "{failed}");
    }

    /// Stops the run at this place, and knows which were finished.
    struct StopAt(usize, Mutex<Vec<usize>>);

    impl Control for StopAt {
        fn goes_on(&self, index: usize, _: Progress) -> bool {
            index < self.0
        }

        fn finished(&self, index: usize) {
            lock(&self.1).push(index);
        }
    }

    #[test]
    fn what_was_finished_before_a_stop_is_kept_and_told() {
        let keep = |index, scenario: &Scenario, ran: Ran| {
            (index, scenario.seed, ran.finished.unwrap().results.summary.seed)
        };
        let stop = StopAt(2, Mutex::default());
        let kept = run_each(&ring(), &Protocols::builtin(), &[7, 8, 9, 10], threads(1), &stop, &keep);
        assert_eq!(*lock(&stop.1), [0, 1]);
        assert_eq!(kept.unwrap(), [Some((0, 7, 7)), Some((1, 8, 8)), None, None]);
    }
}
