//! The protocols that can be run. Each entry stands for an engine that was compiled for one protocol.
//!
//! The engines of the built-in protocols are compiled with this crate, so that a change of the command line or of a
//! picture does not compile them again.

use std::marker::PhantomData;

use floodnet_scenario::protocol::{PerProtocol, ProtocolTable, Runnable, Visitor};
use floodnet_scenario::{CheckedTable, Complaint, Scenario, Tables};
use floodnet_sim::hostile::Hostile;

use crate::run::{Job, Ran, simulate_job};
use crate::swarm::check::{CaseResult, CheckJob, check_protocol};
use crate::trace::{Followed, Following, follow_protocol};

/// What can be done with one protocol.
pub(crate) trait Engine: Sync {
    /// Runs a scenario, or only prepares it.
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint>;

    /// Runs a scenario and hands over every step.
    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint>;

    /// Runs a scenario and watches every node.
    fn check(&self, job: &CheckJob<'_>) -> Result<CaseResult, Complaint>;
}

/// The engine of the protocol `P`.
struct EngineOf<P>(PhantomData<fn() -> P>);

impl<P: Runnable> Engine for EngineOf<P> {
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint> {
        simulate_job::<P>(job)
    }

    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint> {
        follow_protocol::<P>(task)
    }

    fn check(&self, job: &CheckJob<'_>) -> Result<CaseResult, Complaint> {
        check_protocol::<P>(job)
    }
}

impl PerProtocol for dyn Engine {
    fn of<P: Runnable>() -> &'static Self {
        const { &EngineOf::<P>(PhantomData) }
    }
}

/// What can be done with one protocol that has adversaries among its nodes.
pub(crate) trait Attacked: Sync {
    /// As [`Engine::run`].
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint>;

    /// As [`Engine::follow`].
    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint>;
}

/// The engine of the protocol `P` with adversaries.
struct AttackedOf<P>(PhantomData<fn() -> P>);

impl<P: Runnable> Attacked for AttackedOf<P> {
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint> {
        simulate_job::<Hostile<P>>(job)
    }

    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint> {
        follow_protocol::<Hostile<P>>(task)
    }
}

impl PerProtocol for dyn Attacked {
    fn of<P: Runnable>() -> &'static Self {
        const { &AttackedOf::<P>(PhantomData) }
    }
}

/// The protocols that scenarios can name, with their tables and engines.
///
/// Without adversaries a run is that of the protocol alone, so the wrapper around nodes costs nothing where nobody needs
/// it. With adversaries the built-in protocols share their engines: those are slower, but few to compile.
#[derive(Default)]
pub struct Protocols {
    honest: ProtocolTable<dyn Engine>,
    attacked: ProtocolTable<dyn Attacked>,
}

impl Visitor for Protocols {
    /// # Panics
    /// When both words together already name a protocol.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(
        &mut self,
        overlay: &'static str,
        broadcast: &'static str,
    ) {
        self.honest.pair::<P, O, B>(overlay, broadcast);
        self.attacked.pair::<P, O, B>(overlay, broadcast);
    }
}

impl Protocols {
    /// The built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        Self { honest: ProtocolTable::builtin(), attacked: ProtocolTable::builtin_as_any() }
    }

    /// The words that scenarios can use, and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        self.honest.tables()
    }

    /// The engine for the protocol that `scenario` names.
    pub(crate) fn engine(&self, scenario: &Scenario) -> Result<&'static dyn Engine, Complaint> {
        self.honest.get(scenario)
    }

    /// Runs a scenario, or only prepares it.
    pub(crate) fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint> {
        if job.scenario.adversaries.is_empty() {
            self.honest.get(job.scenario)?.run(job)
        } else {
            self.attacked.get(job.scenario)?.run(job)
        }
    }

    /// Runs a scenario and hands over every step.
    pub(crate) fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint> {
        if task.scenario.adversaries.is_empty() {
            self.honest.get(task.scenario)?.follow(task)
        } else {
            self.attacked.get(task.scenario)?.follow(task)
        }
    }
}
