//! The protocols that can run on sockets. Each entry stands for what was compiled for one protocol.

use std::marker::PhantomData;

use floodnet_lab::protocols::unknown;
use floodnet_lab::run::Ran;
use floodnet_scenario::protocol::{Runnable, Visitor, visit_builtin};
use floodnet_scenario::build::{Setup, set_up_nodes};
use floodnet_scenario::{Complaint, Scenario, Tables};
use tokio::runtime::Runtime;

use crate::run_request::{RunError, RunRequest};
use crate::runner::run_protocol;
use crate::worker::{WorkerSession, run_worker};

/// The operations of the testbed for one protocol.
pub(crate) trait Backend: Sync {
    /// Runs a scenario.
    fn run(&self, request: &mut RunRequest<'_>) -> Result<Ran, RunError>;

    /// Is the worker of one slot, as the coordinator says.
    fn run_worker(&self, runtime: &Runtime, session: WorkerSession) -> Result<(), String>;

    /// Prepares a scenario without running it.
    fn prepare(&self, scenario: &Scenario) -> Result<Setup, Complaint>;
}

struct BackendOf<P>(PhantomData<fn() -> P>);

impl<P: Runnable> Backend for BackendOf<P> {
    fn run(&self, request: &mut RunRequest<'_>) -> Result<Ran, RunError> {
        run_protocol::<P>(request)
    }

    fn run_worker(&self, runtime: &Runtime, session: WorkerSession) -> Result<(), String> {
        run_worker::<P>(runtime, session)
    }

    fn prepare(&self, scenario: &Scenario) -> Result<Setup, Complaint> {
        set_up_nodes::<P>(scenario).map(|(setup, _)| setup)
    }
}

struct Entry {
    overlay: &'static str,
    broadcast: &'static str,
    backend: &'static dyn Backend,
}

/// The protocols that scenarios can name, with their tables and what runs them on sockets.
#[derive(Default)]
pub struct Protocols {
    tables: Tables,
    entries: Vec<Entry>,
}

impl Visitor for Protocols {
    fn protocol<P: Runnable>(&mut self, overlay: &'static str, broadcast: &'static str) {
        self.tables.protocol::<P>(overlay, broadcast);
        self.entries.push(Entry { overlay, broadcast, backend: const { &BackendOf::<P>(PhantomData) } });
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

    /// The operations for the protocol that `scenario` names.
    pub(crate) fn backend(&self, scenario: &Scenario) -> Result<&dyn Backend, Complaint> {
        let (overlay, broadcast) = (&scenario.overlay, &scenario.broadcast);
        let mut entries = self.entries.iter();
        let found = entries.find(|entry| entry.overlay == overlay.key && entry.broadcast == broadcast.key);
        found.map(|entry| entry.backend).ok_or_else(|| unknown(overlay, broadcast))
    }
}
