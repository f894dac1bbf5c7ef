//! The protocols that can run on sockets. Each entry stands for what was compiled for one protocol.

use std::marker::PhantomData;

use floodnet_lab::run::Ran;
use floodnet_scenario::build::{Setup, set_up_nodes};
use floodnet_scenario::protocol::{PerProtocol, ProtocolTable, Runnable, Visitor, Words};
use floodnet_scenario::{CheckedTable, Complaint, Scenario, Tables};
use floodnet_sim::hostile::Hostile;
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

impl PerProtocol for dyn Backend {
    fn of<P: Runnable>() -> &'static Self {
        // A node that is not hostile goes the same way as without the wrapper, whose cost nobody sees beside a socket's.
        const { &BackendOf::<Hostile<P>>(PhantomData) }
    }
}

/// The protocols that scenarios can name, with what runs them on sockets. The built-in ones share what is compiled for
/// them.
#[derive(Default)]
pub struct Protocols(ProtocolTable<dyn Backend>);

impl Visitor for Protocols {
    /// # Panics
    /// When both words together already name a protocol.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(&mut self, words: &Words) {
        self.0.pair::<P, O, B>(words);
    }
}

impl Protocols {
    /// The built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        Self(ProtocolTable::builtin_as_any())
    }

    /// The words that scenarios can use, and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        self.0.tables()
    }

    /// The operations for the protocol that `scenario` names.
    pub(crate) fn backend(&self, scenario: &Scenario) -> Result<&'static dyn Backend, Complaint> {
        self.0.get(scenario)
    }
}
