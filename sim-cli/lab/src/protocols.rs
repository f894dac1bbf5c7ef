//! The protocols that can be run. Each entry stands for an engine that was compiled for one protocol.
//!
//! The engines of the built-in protocols are compiled with this crate, so that a change of the command line or of a
//! picture does not compile them again.

use std::marker::PhantomData;

use floodnet_scenario::protocol::{PerProtocol, ProtocolTable, Runnable, Visitor, Words};
use floodnet_scenario::{CheckedTable, Complaint, Scenario, Tables, unread};
use floodnet_sim::Memory;
use floodnet_sim::hostile::Hostile;

use crate::check::{CaseResult, CheckJob, check_protocol};
use crate::run::need::Outline;
use crate::run::{Job, Ran, simulate_job};
use crate::trace::{Followed, Following, follow_protocol};

/// Runs one protocol.
pub(crate) trait Engine: Sync {
    /// Runs a scenario, or only prepares it.
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint>;

    /// What is known of a run with so many slots before it is prepared.
    fn outline(&self, scenario: &Scenario, slots: u32) -> Result<Outline, Complaint>;
}

/// What else can be done with one protocol. Nobody waits long for it, so that few engines need to be compiled: the
/// built-in protocols share them.
pub(crate) trait Inspector: Sync {
    /// What runs it with adversaries among its nodes.
    fn attacked(&self) -> &'static dyn Engine;

    /// Runs a scenario, with its adversaries if it has any, and hands over every step.
    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint>;

    /// Runs a scenario and watches every node.
    fn check(&self, job: &CheckJob<'_>) -> Result<CaseResult, Complaint>;
}

/// The engines of the protocol `P`.
struct EngineOf<P>(PhantomData<fn() -> P>);

impl<P: Runnable> Engine for EngineOf<P> {
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint> {
        simulate_job::<P>(job)
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

impl<P: Runnable> Inspector for EngineOf<P> {
    fn attacked(&self) -> &'static dyn Engine {
        const { &EngineOf::<Hostile<P>>(PhantomData) }
    }

    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint> {
        // Nodes of which none is hostile go the same way as without the wrapper.
        follow_protocol::<Hostile<P>>(task)
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

impl PerProtocol for dyn Inspector {
    fn of<P: Runnable>() -> &'static Self {
        const { &EngineOf::<P>(PhantomData) }
    }
}

/// The protocols that scenarios can name, with their tables and engines.
///
/// Without adversaries a run is that of the protocol alone, so the wrapper around nodes costs nothing where nobody needs
/// it. With adversaries, and where each step is looked at, the built-in protocols share their engines: those are slower,
/// but few to compile.
#[derive(Default)]
pub struct Protocols {
    engines: ProtocolTable<dyn Engine>,
    inspectors: ProtocolTable<dyn Inspector>,
}

impl Visitor for Protocols {
    /// # Panics
    /// When both words together already name a protocol.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(&mut self, words: &Words) {
        self.engines.pair::<P, O, B>(words);
        self.inspectors.pair::<P, O, B>(words);
    }
}

impl Protocols {
    /// The built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        Self { engines: ProtocolTable::builtin(), inspectors: ProtocolTable::builtin_as_any() }
    }

    /// The words that scenarios can use, and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        self.engines.tables()
    }

    /// What runs the protocol that `scenario` names, with the adversaries that it has.
    pub(crate) fn engine(&self, scenario: &Scenario) -> Result<&'static dyn Engine, Complaint> {
        if scenario.adversaries.is_empty() {
            return self.engines.get(scenario);
        }
        self.inspectors.get(scenario).map(Inspector::attacked)
    }

    /// What looks into the protocol that `scenario` names.
    pub(crate) fn inspector(&self, scenario: &Scenario) -> Result<&'static dyn Inspector, Complaint> {
        self.inspectors.get(scenario)
    }
}
