//! The protocols that can be run. Each entry stands for an engine that was compiled for one protocol.
//!
//! The engines of the built-in protocols are compiled with this crate, so that a change of the command line or of a
//! picture does not compile them again.

use std::marker::PhantomData;

use floodnet_scenario::build::unread;
use floodnet_scenario::protocol::{PerProtocol, ProtocolTable, Runnable, Visitor};
use floodnet_scenario::{CheckedTable, Complaint, Scenario, Tables};
use floodnet_sim::Memory;
use floodnet_sim::hostile::Hostile;

use crate::run::need::Outline;
use crate::run::{Job, Ran, simulate_job};
use crate::swarm::check::{CaseResult, CheckJob, check_protocol};
use crate::trace::{Followed, Following, follow_protocol};

/// What can be done with one protocol, with and without adversaries among its nodes.
pub(crate) trait Runs: Sync {
    /// Runs a scenario, or only prepares it.
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint>;

    /// Runs a scenario and hands over every step.
    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint>;

    /// What is known of a run with so many slots before it is prepared.
    fn outline(&self, scenario: &Scenario, slots: u32) -> Result<Outline, Complaint>;
}

/// What can be done with one protocol whose nodes all keep the rules.
pub(crate) trait Engine: Runs {
    /// Runs a scenario and watches every node.
    fn check(&self, job: &CheckJob<'_>) -> Result<CaseResult, Complaint>;
}

/// The engine of the protocol `P`.
struct EngineOf<P>(PhantomData<fn() -> P>);

impl<P: Runnable> Runs for EngineOf<P> {
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint> {
        simulate_job::<P>(job)
    }

    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint> {
        follow_protocol::<P>(task)
    }

    fn outline(&self, scenario: &Scenario, slots: u32) -> Result<Outline, Complaint> {
        let overlay = scenario.overlay.read().map_err(|error| unread("overlay", &error))?;
        let broadcast = scenario.broadcast.read().map_err(|error| unread("broadcast", &error))?;
        Ok(Outline {
            slot: Memory::of_slot::<P>(),
            links: P::links(&overlay, slots),
            is_given: scenario.overlay.key == "static",
            remembers: P::remembers(broadcast),
        })
    }
}

impl<P: Runnable> Engine for EngineOf<P> {
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
trait Attacked: Runs {}

impl<P: Runnable> Attacked for EngineOf<Hostile<P>> {}

impl PerProtocol for dyn Attacked {
    fn of<P: Runnable>() -> &'static Self {
        const { &EngineOf::<Hostile<P>>(PhantomData) }
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

    /// What runs the protocol that `scenario` names, with the adversaries that it has.
    pub(crate) fn runs(&self, scenario: &Scenario) -> Result<&'static dyn Runs, Complaint> {
        if scenario.adversaries.is_empty() {
            return self.honest.get(scenario).map(|engine| engine as &dyn Runs);
        }
        self.attacked.get(scenario).map(|engine| engine as &dyn Runs)
    }
}
