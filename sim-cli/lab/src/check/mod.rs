//! One scenario, held against the invariants: each node is watched after each of its inputs, and what lies between
//! nodes is looked at after a quiet period and at the end.
//!
//! | module | subject |
//! |---|---|
//! | [`violation`] | the invariants, and a breach of one |
//! | `watched` | a node, watched after each input |
//! | `rules` | what must hold between nodes |
//! | `graph` | who holds whom, as the observations tell |

mod graph;
mod rules;
pub mod violation;
mod watched;

use std::any::Any;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

use floodnet_core::invariants::{Promises, Stored};
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Divisible, Observer};
use floodnet_sim::plan::DisturbanceKind;
use floodnet_sim::spec::Transport;
use floodnet_sim::{Outcome, Simulation};

use crate::run;
use floodnet_scenario::build::{Setup, set_up};
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::{Complaint, Scenario, unread};
use rules::{Quiet, Rules};
use violation::broken;
pub use violation::{Invariant, Violation};
use watched::{Known, StatesMet, Watched};

pub use rules::{HEAL, REACH};

/// More inputs than this mean that packets go round for ever: a hundred times what scenarios here take.
const MOST_INPUTS: u64 = 20_000_000;

/// How the scenario is run once more; the digest must be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is not run once more.
    Not,
    /// By the plain engine: one heap in global order.
    ByHeap,
    /// On three threads that are woken for every window.
    Divided,
    /// As `sim-cli run` does it, with all measures.
    Measured,
}

impl Again {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Not, Self::ByHeap, Self::Divided, Self::Measured];

    /// The way for the scenario of a seed: of sixteen, four by heap, four measured and one, which takes
    /// longest, divided.
    #[must_use]
    pub const fn for_seed(seed: u64) -> Self {
        match seed % 16 {
            0 => Self::Divided,
            1..=4 => Self::ByHeap,
            5..=8 => Self::Measured,
            _ => Self::Not,
        }
    }
}

/// What came of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseResult {
    /// The first invariant that broke.
    pub violation: Option<Violation>,
    /// Whether the nodes were one component [`HEAL`] after the last trouble; none where that is not
    /// promised, or the run ends before.
    pub healed: Option<bool>,
    /// Simulated time.
    pub simulated: Duration,
    /// Inputs handled in the watched run.
    pub inputs: u64,
    /// The states that the protocol names.
    pub states: &'static [&'static str],
    /// Kinds of faults, each with a state in which some node was when one began.
    pub met: BTreeSet<(&'static str, &'static str)>,
}

/// A check to do, for the protocol's [`Checker`].
pub(crate) struct CheckJob<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) again: Again,
}

/// Runs a scenario with the protocol `P`, watches every node, and once more as the job says.
pub(crate) fn check_protocol<P: Runnable>(job: &CheckJob<'_>) -> Result<CaseResult, Complaint> {
    let scenario = job.scenario;
    let setup = set_up::<P>(scenario)?;
    let overlay = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
    let broadcast = scenario.broadcast.read().map_err(|error| unread("broadcast", &error))?;
    let config = P::config(overlay, broadcast, &setup.setting)?;
    let mut promises = Promises::default();
    P::promise(&config, &mut promises);
    let bench = Bench::<P> { job, setup: &setup, promises: &promises, config: &config };
    // Nothing of a run that broke off is looked at again.
    let caught = catch_unwind(AssertUnwindSafe(|| bench.run()));
    Ok(caught.unwrap_or_else(|thrown| CaseResult {
        violation: Some(caught_violation(thrown)),
        healed: None,
        simulated: scenario.duration.0,
        ..CaseResult::default()
    }))
}

/// What was thrown: a violation, or the message of a panic.
fn caught_violation(thrown: Box<dyn Any + Send>) -> Violation {
    match thrown.downcast::<Violation>() {
        Ok(violation) => *violation,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            let what = format!("panic: {text}");
            Violation { invariant: Invariant::Ends, at: Time::ZERO, slot: None, what }
        }
    }
}

/// One scenario, ready to run.
struct Bench<'a, P: Runnable> {
    job: &'a CheckJob<'a>,
    setup: &'a Setup,
    promises: &'a Promises,
    config: &'a P::Config,
}

impl<P: Runnable> Bench<'_, P> {
    fn run(&self) -> CaseResult {
        let Setup { plan, links, .. } = self.setup;
        let met = StatesMet::new(plan.faults.iter().map(|fault| (fault.from, fault.name)));
        let make = |slot| {
            let stands_still = |kind: &DisturbanceKind| matches!(kind, DisturbanceKind::Pause(slots) if slots.contains(slot));
            let known = Known {
                slot,
                promises: self.promises,
                steady: !plan.disturbances.iter().any(|fault| stands_still(&fault.kind)),
                unlimited: links.class(slot).down.bits_per_second().is_none(),
                met: &met,
            };
            Watched::new(P::node(slot, self.config), known)
        };
        let mut rules = Rules::new(plan, links, self.promises);
        // One sample, at the time at which the network must have healed.
        let judged = Quiet::of(plan).judged;
        let simulation =
            Simulation::new(plan, links, self.config, &make).sample_at(judged.into_iter().collect());
        let outcome = simulation
            .run_watched(&mut rules, &mut |progress| progress.inputs < MOST_INPUTS)
            .unwrap_or_else(|error| broken(Invariant::Ends, Time::ZERO, None, error.to_string()));
        if !outcome.complete {
            let what = format!("{} inputs, and packets do not stop", outcome.inputs);
            broken(Invariant::Ends, outcome.ended_at, None, what);
        }
        rules.finish(outcome.packets, (outcome.in_flight_packets, outcome.in_flight_payloads));
        if judged.is_some() {
            self.drained(&outcome);
        }
        self.once_more(&outcome);
        CaseResult {
            violation: None,
            healed: self.healed(&rules),
            simulated: self.job.scenario.duration.0,
            inputs: outcome.inputs,
            states: P::states(self.config),
            met: met.all(),
        }
    }

    /// Nobody's application is busy any more, so nothing waits for it.
    fn drained(&self, outcome: &Outcome<Watched<'_, P>>) {
        for (slot, node) in (0..).zip(outcome.nodes()) {
            let Some(node) = node else { continue };
            node.inner.stored(self.config, &mut |Stored { what, count, .. }| {
                if what == "deliveries waiting" && count > 0 {
                    let what = format!("{count} deliveries wait for the application");
                    broken(Invariant::Drains, outcome.ended_at, Some(slot), what);
                }
            });
        }
    }

    fn healed(&self, rules: &Rules<'_>) -> Option<bool> {
        let links = &self.setup.links;
        let one_piece = rules.one_piece?;
        if links.spec.transport != Transport::Stream {
            return None;
        }
        if P::static_neighbors(self.config, 0).is_some() {
            let neighbors = |slot| P::static_neighbors(self.config, slot).unwrap_or_default();
            return Some(rules.missing(neighbors).is_none());
        }
        let all_reachable = links.classes.iter().all(|class| class.reachable);
        let Setup { plan, setting, .. } = self.setup;
        // Nodes that found different entry nodes up, or none, have no way to each other.
        let is_up = |&slot: &_| plan.life_at(slot, plan.duration).is_some();
        let common = !setting.entry.is_empty() && setting.entry.iter().all(is_up);
        (self.promises.heals && all_reachable && common).then_some(one_piece)
    }

    /// Another engine must come to the same.
    fn once_more(&self, outcome: &Outcome<Watched<'_, P>>) {
        let Setup { plan, links, .. } = self.setup;
        let make = |slot| P::node(slot, self.config);
        let simulation = Simulation::new(plan, links, self.config, &make);
        let sums = |other: Outcome<P>| (other.digest, other.inputs, other.in_flight_packets);
        let found = match self.job.again {
            Again::Not => return,
            Again::ByHeap => simulation.run_by_heap(&mut ()).map(sums),
            Again::Divided => {
                let jobs = const { NonZeroUsize::new(3).unwrap() };
                simulation.always_wake().run_divided(jobs, &mut Nobody, &mut |_| true).map(sums)
            }
            Again::Measured => return self.measured(outcome),
        };
        let expected = (outcome.digest, outcome.inputs, outcome.in_flight_packets);
        match found {
            Ok(found) if found == expected => {}
            Ok(found) => {
                let what = format!("{:?}: {found:x?} instead of {expected:x?}", self.job.again);
                broken(Invariant::SameDigest, plan.duration, None, what)
            }
            Err(error) => broken(Invariant::Ends, Time::ZERO, None, error.to_string()),
        }
    }

    fn measured(&self, outcome: &Outcome<Watched<'_, P>>) {
        let ran = run::simulate_alone::<P>(self.job.scenario);
        let digest = match &ran {
            Ok(ran) => ran.finished.as_ref().map(|finished| finished.results.summary.digest.clone()),
            Err(complaint) => broken(Invariant::Ends, Time::ZERO, None, complaint.to_string()),
        };
        let expected = format!("{:016x}", outcome.digest);
        if digest.as_ref() != Some(&expected) {
            let what = format!("measured: {digest:?} instead of {expected}");
            broken(Invariant::SameDigest, self.setup.plan.duration, None, what);
        }
    }
}

/// Observes nothing, in parts.
struct Nobody;

/// A part of it.
struct NobodyHere;

impl Observer for NobodyHere {
    fn observe(&mut self, _: Time, _: u32, _: floodnet_sim::observer::Observed) {}
}

impl Divisible for Nobody {
    type Part = NobodyHere;

    fn divide(&mut self, shards: &[std::ops::Range<u32>]) -> Vec<NobodyHere> {
        shards.iter().map(|_| NobodyHere).collect()
    }

    fn sample(&mut self, _: &mut [NobodyHere], _: Time) {}

    fn unite(&mut self, _: Vec<NobodyHere>) {}
}
