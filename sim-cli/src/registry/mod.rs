//! Which protocols scenarios can name, and how each is run.
//!
//! The words after `overlay.` and `broadcast.` in a scenario are looked up here. A program of one's own
//! adds its protocols to the built-in ones and gets the whole command line for them:
//!
//! ```no_run
//! # use sim_cli::registry::Registry;
//! let registry = Registry::builtin(); // .protocol::<Mine>("my_overlay", "my_broadcast")
//! sim_cli::main_with(registry);
//! ```

mod builtin;

use std::fmt::Debug;

use floodnet_core::broadcast::Broadcast;
use floodnet_core::node::{Config, Node};
use floodnet_core::overlay::Overlay;
use floodnet_core::wire::Wire;
use floodnet_sim::SimProtocol;
use floodnet_sim::link::Transport;
use floodnet_sim::payload::SimPayload;

use crate::run::{Job, Ran, run_protocol};
use crate::scenario::{CheckedTable, Complaint, TableKind, Tables};
use crate::swarm::Promises;
use crate::swarm::check::{Checker, check_protocol};
use crate::testbed;
use crate::trace::{Followed, Following, follow_protocol};

/// What a protocol may know of a scenario besides its own tables.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How many slots there are.
    pub slots: u32,
    /// The slots that every newcomer knows.
    pub entry: Vec<u32>,
    /// Seed of the run.
    pub seed: u64,
    /// How packets travel.
    pub transport: Transport,
}

/// A whole protocol that a scenario can name by an overlay and a broadcast. Its messages have an encoding, so that
/// it runs on sockets too.
pub trait Runnable:
    SimProtocol<
        Message: Wire + 'static,
        Timer: 'static,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send + 'static,
    > + 'static
{
    /// The table `[overlay.KEY]`.
    type OverlayTable: CheckedTable;
    /// The table `[broadcast.KEY]`.
    type BroadcastTable: CheckedTable;

    /// The settings of all nodes.
    ///
    /// # Errors
    /// The tables cannot be run in this setting; says why. The key of the complaint is `overlay` or
    /// `broadcast`, followed by the key inside the table.
    fn config(
        overlay: Self::OverlayTable,
        broadcast: Self::BroadcastTable,
        setting: &Setting,
    ) -> Result<Self::Config, Complaint>;

    /// A fresh node for `slot`.
    fn node(slot: u32, config: &Self::Config) -> Self;

    /// How many neighbors a node wants, if there is such a number.
    fn target_degree(overlay: &Self::OverlayTable) -> Option<u32> {
        let _ = overlay;
        None
    }

    /// How many slots the overlay's table asks for, if it does (a graph read from a file).
    ///
    /// # Errors
    /// The table names something that cannot be read; says what, with the key inside the table.
    fn slots(overlay: &Self::OverlayTable) -> Result<Option<u32>, Complaint> {
        let _ = overlay;
        Ok(None)
    }

    /// What the swarm test may hold the protocol to, with these tables.
    #[must_use]
    fn promises(overlay: &Self::OverlayTable, broadcast: &Self::BroadcastTable) -> Promises {
        let _ = (overlay, broadcast);
        Promises::default()
    }

    /// The neighbors that a slot ought to hold while they are up, if they are given beforehand.
    #[must_use]
    fn given(config: &Self::Config) -> Option<impl Fn(u32) -> Vec<u32>> {
        let _ = config;
        None::<fn(u32) -> Vec<u32>>
    }
}

/// An overlay that a scenario can name.
pub trait NamedOverlay:
    Overlay<
        Peer = u32,
        Message: Wire + Send + Debug + 'static,
        Timer: Send + Debug + 'static,
        Command: Send + 'static,
        Config: Send + Sync + 'static,
    > + Send
    + Debug
    + 'static
{
    /// The table `[overlay.KEY]`.
    type Table: CheckedTable;

    /// The settings of all nodes.
    ///
    /// # Errors
    /// The table cannot be run in this setting; says why, with the key inside the table.
    fn config(table: Self::Table, setting: &Setting) -> Result<Self::Config, Complaint>;

    /// The overlay side of a fresh node for `slot`.
    fn node(slot: u32) -> Self;

    /// See [`Runnable::target_degree`].
    fn target_degree(table: &Self::Table) -> Option<u32> {
        let _ = table;
        None
    }

    /// See [`Runnable::slots`].
    ///
    /// # Errors
    /// The table names something that cannot be read; says what, with the key inside the table.
    fn slots(table: &Self::Table) -> Result<Option<u32>, Complaint> {
        let _ = table;
        Ok(None)
    }

    /// Adds what the overlay promises; see [`Runnable::promises`].
    fn promise(table: &Self::Table, promises: &mut Promises) {
        let _ = (table, promises);
    }

    /// See [`Runnable::given`].
    #[must_use]
    fn given(config: &Self::Config) -> Option<impl Fn(u32) -> Vec<u32>> {
        let _ = config;
        None::<fn(u32) -> Vec<u32>>
    }
}

/// A broadcast that a scenario can name.
pub trait NamedBroadcast:
    Broadcast<
        Peer = u32,
        Payload = SimPayload,
        Message: Wire + Send + Debug + 'static,
        Timer: Send + Debug + 'static,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send + Sync + 'static,
    > + Default
    + Send
    + Debug
    + 'static
{
    /// The table `[broadcast.KEY]`.
    type Table: CheckedTable;

    /// The settings of all nodes.
    ///
    /// # Errors
    /// The table cannot be run in this setting; says why, with the key inside the table.
    fn config(table: Self::Table, setting: &Setting) -> Result<Self::Config, Complaint>;

    /// Adds what the broadcast promises; see [`Runnable::promises`].
    fn promise(table: &Self::Table, promises: &mut Promises) {
        let _ = (table, promises);
    }
}

impl<O: NamedOverlay, B: NamedBroadcast> Runnable for Node<O, B> {
    type OverlayTable = O::Table;
    type BroadcastTable = B::Table;

    fn config(overlay: O::Table, broadcast: B::Table, setting: &Setting) -> Result<Self::Config, Complaint> {
        Ok(Config {
            overlay: O::config(overlay, setting).map_err(|complaint| complaint.within("overlay"))?,
            broadcast: B::config(broadcast, setting).map_err(|complaint| complaint.within("broadcast"))?,
        })
    }

    fn node(slot: u32, _: &Self::Config) -> Self {
        Self::new(O::node(slot), B::default())
    }

    fn target_degree(overlay: &O::Table) -> Option<u32> {
        O::target_degree(overlay)
    }

    fn slots(overlay: &O::Table) -> Result<Option<u32>, Complaint> {
        O::slots(overlay)
    }

    fn promises(overlay: &O::Table, broadcast: &B::Table) -> Promises {
        let mut promises = Promises::default();
        O::promise(overlay, &mut promises);
        B::promise(broadcast, &mut promises);
        promises
    }

    fn given(config: &Self::Config) -> Option<impl Fn(u32) -> Vec<u32>> {
        O::given(&config.overlay)
    }
}

/// Runs a job with the protocol it was registered for.
pub(crate) type Runner = fn(&mut Job<'_>) -> Result<Ran, Complaint>;

/// The same for a run that is followed step by step.
pub(crate) type Follower = fn(Following<'_>) -> Result<Followed, Complaint>;

/// What can be done with one protocol.
struct Entry {
    overlay: &'static str,
    broadcast: &'static str,
    runner: Runner,
    follower: Follower,
    checker: Checker,
    on_sockets: testbed::Runner,
    as_node: testbed::Attendant,
}

/// See the module.
#[derive(Default)]
pub struct Registry {
    tables: Tables,
    entries: Vec<Entry>,
}

impl Registry {
    /// Adds the protocol `P` under `[overlay.OVERLAY]` and `[broadcast.BROADCAST]`.
    ///
    /// # Panics
    /// When both words together already name a protocol.
    #[must_use]
    pub fn protocol<P: Runnable>(mut self, overlay: &'static str, broadcast: &'static str) -> Self {
        assert!(self.runner(overlay, broadcast).is_none(), "{overlay} with {broadcast} is registered twice");
        if self.tables.overlays.iter().all(|table| table.key() != overlay) {
            self.tables.overlays.push(TableKind::checked::<P::OverlayTable>(overlay));
        }
        if self.tables.broadcasts.iter().all(|table| table.key() != broadcast) {
            self.tables.broadcasts.push(TableKind::checked::<P::BroadcastTable>(broadcast));
        }
        self.tables.pairs.push((overlay, broadcast));
        self.entries.push(Entry {
            overlay,
            broadcast,
            runner: run_protocol::<P>,
            follower: follow_protocol::<P>,
            checker: check_protocol::<P>,
            on_sockets: testbed::run_protocol::<P>,
            as_node: testbed::attend::<P>,
        });
        self
    }

    /// The words and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn runner(&self, overlay: &str, broadcast: &str) -> Option<Runner> {
        self.entry(overlay, broadcast).map(|entry| entry.runner)
    }

    pub(crate) fn follower(&self, overlay: &str, broadcast: &str) -> Option<Follower> {
        self.entry(overlay, broadcast).map(|entry| entry.follower)
    }

    pub(crate) fn checker(&self, overlay: &str, broadcast: &str) -> Option<Checker> {
        self.entry(overlay, broadcast).map(|entry| entry.checker)
    }

    pub(crate) fn on_sockets(&self, overlay: &str, broadcast: &str) -> Option<testbed::Runner> {
        self.entry(overlay, broadcast).map(|entry| entry.on_sockets)
    }

    pub(crate) fn as_node(&self, overlay: &str, broadcast: &str) -> Option<testbed::Attendant> {
        self.entry(overlay, broadcast).map(|entry| entry.as_node)
    }

    fn entry(&self, overlay: &str, broadcast: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.overlay == overlay && entry.broadcast == broadcast)
    }
}
