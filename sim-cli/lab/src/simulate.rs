//! A scenario on the engine of the protocol that it names: run, only prepared, followed step by step, or checked.

use std::num::NonZeroUsize;

use floodnet_scenario::build::Setup;
use floodnet_scenario::{Complaint, Scenario};
use floodnet_sim::Progress;

use crate::Protocols;
use crate::check::{Again, CaseResult, CheckJob};
use crate::run::need::Need;
use crate::run::{Job, Look, Ran};
use crate::trace::{Follow, Followed, Following, Sink};

/// Simulates `scenario` with the protocol that its tables name, on up to `jobs` threads: the results are the same
/// for any number of them. `watch` is asked after each window whether to go on.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn simulate(
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Ran, Complaint> {
    dispatch(protocols, Job { scenario, dry: false, jobs, divide: false, watch, look: None })
}

/// As [`simulate`], and shows the run to `look` at each sample.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_shown(
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    watch: &mut dyn FnMut(Progress) -> bool,
    look: Look<'_>,
) -> Result<Ran, Complaint> {
    dispatch(protocols, Job { scenario, dry: false, jobs, divide: false, watch, look: Some(look) })
}

/// As [`simulate`], but divides even a small run over `jobs` threads. It takes longer and must come to the same.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_divided(
    scenario: &Scenario,
    protocols: &Protocols,
    jobs: NonZeroUsize,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Ran, Complaint> {
    dispatch(protocols, Job { scenario, dry: false, jobs, divide: true, watch, look: None })
}

/// Prepares `scenario` without running it.
///
/// # Errors
/// As [`simulate`].
pub fn prepare(scenario: &Scenario, protocols: &Protocols) -> Result<Setup, Complaint> {
    dispatch(
        protocols,
        Job { scenario, dry: true, jobs: NonZeroUsize::MIN, divide: false, watch: &mut |_| true, look: None },
    )
    .map(|ran| ran.setup)
}

fn dispatch(protocols: &Protocols, mut job: Job<'_>) -> Result<Ran, Complaint> {
    protocols.engine(job.scenario)?.run(&mut job)
}

/// What a run of `scenario` will need; none if only a file says how many slots there are.
///
/// # Errors
/// No protocol is named so, or it cannot read its tables.
pub fn need(scenario: &Scenario, protocols: &Protocols) -> Result<Option<Need>, Complaint> {
    let Some(count) = scenario.nodes.count else { return Ok(None) };
    need_of(scenario, count, protocols).map(Some)
}

/// As [`need`], of a run with so many slots.
///
/// # Errors
/// As [`need`].
pub fn need_of(scenario: &Scenario, slots: u32, protocols: &Protocols) -> Result<Need, Complaint> {
    let outline = protocols.engine(scenario)?.outline(scenario, slots)?;
    Ok(outline.need(scenario, slots))
}

/// Runs `scenario` and hands its steps to `sink`.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn follow(
    scenario: &Scenario,
    protocols: &Protocols,
    follow: &Follow,
    sink: Sink<'_>,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Followed, Complaint> {
    protocols.inspector(scenario)?.follow(Following { scenario, follow, sink, watch })
}

/// Runs `scenario`, watches every node, and once more as `again` says.
///
/// # Errors
/// The scenario cannot be set up; says why.
pub fn check(scenario: &Scenario, protocols: &Protocols, again: Again) -> Result<CaseResult, Complaint> {
    protocols.inspector(scenario)?.check(&CheckJob { scenario, again })
}
