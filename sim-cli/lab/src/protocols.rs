//! The protocols that can be run. Each entry stands for an engine that was compiled for one protocol.
//!
//! The engines of the built-in protocols are compiled with this crate, so that a change of the command line or of a
//! picture does not compile them again.

use std::marker::PhantomData;

use floodnet_scenario::protocol::{Runnable, Visitor, visit_builtin};
use floodnet_scenario::{Complaint, NamedTable, Scenario, Tables};

use crate::run::{Job, Ran, simulate_job};
use crate::swarm::check::{CheckJob, Checked, check_protocol};
use crate::trace::{Followed, Following, follow_protocol};

/// What can be done with one protocol.
pub(crate) trait Engine: Sync {
    /// Runs a scenario, or only prepares it.
    fn run(&self, job: &mut Job<'_>) -> Result<Ran, Complaint>;

    /// Runs a scenario and hands over every step.
    fn follow(&self, task: Following<'_>) -> Result<Followed, Complaint>;

    /// Runs a scenario and watches every node.
    fn check(&self, job: &CheckJob<'_>) -> Result<Checked, Complaint>;
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

    fn check(&self, job: &CheckJob<'_>) -> Result<Checked, Complaint> {
        check_protocol::<P>(job)
    }
}

struct Entry {
    overlay: &'static str,
    broadcast: &'static str,
    engine: &'static dyn Engine,
}

/// The protocols that scenarios can name, with their tables and engines.
#[derive(Default)]
pub struct Protocols {
    tables: Tables,
    entries: Vec<Entry>,
}

impl Visitor for Protocols {
    /// # Panics
    /// When both words together already name a protocol.
    fn protocol<P: Runnable>(&mut self, overlay: &'static str, broadcast: &'static str) {
        assert!(self.find(overlay, broadcast).is_none(), "{overlay} with {broadcast} is registered twice");
        self.tables.protocol::<P>(overlay, broadcast);
        self.entries.push(Entry { overlay, broadcast, engine: const { &EngineOf::<P>(PhantomData) } });
    }
}

impl Protocols {
    /// The built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        let mut protocols = Self::default();
        visit_builtin(&mut protocols);
        protocols
    }

    /// The words that scenarios can use, and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The engine for the protocol that `scenario` names.
    pub(crate) fn engine(&self, scenario: &Scenario) -> Result<&dyn Engine, Complaint> {
        let (overlay, broadcast) = (&scenario.overlay, &scenario.broadcast);
        self.find(&overlay.key, &broadcast.key).ok_or_else(|| unknown(overlay, broadcast))
    }

    fn find(&self, overlay: &str, broadcast: &str) -> Option<&dyn Engine> {
        let mut entries = self.entries.iter();
        entries
            .find(|entry| entry.overlay == overlay && entry.broadcast == broadcast)
            .map(|entry| entry.engine)
    }
}

/// Nobody registered a protocol under these two words.
#[must_use]
pub fn unknown(overlay: &NamedTable, broadcast: &NamedTable) -> Complaint {
    let title = format!("no protocol is `{}` with `{}`", overlay.key, broadcast.key);
    Complaint::new("broadcast", title, "")
}
