//! Settings of a protocol as a table in a scenario, and how a scenario names the protocol.
//!
//! A built-in protocol is one file or one folder (the protocol, its settings with their defaults, and what this module
//! asks of it), and a line in `builtin.rs` beside it. One list beside the protocols of its layer, [`broadcast::visit`](crate::broadcast::visit) or
//! [`overlay::visit`](crate::overlay::visit), shows it to everybody who keeps something for each protocol: the
//! scenario language, the schema for editors, the engines, the fuzz campaign.
//!
//! Only with the feature `tables`, since reading and describing tables takes `serde`, `schemars` and `jiff`. Nodes do
//! without.

mod draw;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::complaint::{Complaint, FilePlace};
pub use draw::Draw;

use crate::broadcast::Broadcast;
use crate::graph::Graph;
use crate::invariants::Invariants;
use crate::observe::Payload;
use crate::overlay::Overlay;
use crate::reconcile::Dated;
use crate::wire::Wire;

/// A protocol table with more to say than its types.
pub trait CheckedTable: DeserializeOwned + Serialize + JsonSchema {
    /// Keys whose value is a file: looked up beside the scenario, and made absolute before the table is read.
    const FILES: &'static [&'static str] = &[];

    /// Every reason for which this protocol drops what it has received or should send, as it names them.
    /// None: not told, so any reason can be expected of a run.
    const DROPS: Option<&'static [&'static str]> = None;

    /// Whether the table stands for several protocols, and is read with the name of one around it: as
    /// `{ flood = { .. } }`.
    const IS_NAMED: bool = false;

    /// How often a fuzz campaign draws a built-in protocol, in proportion to the others of its layer.
    const WEIGHT: u32 = 30;

    /// Fills in defaults that depend on other keys. Called once, after reading.
    fn fill_in(&mut self) {}

    /// What is wrong with the values. `slots` is the number of slots, if the scenario says it. Called after
    /// [`CheckedTable::fill_in`].
    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let _ = slots;
        Vec::new()
    }

    /// Settings for one scenario of a fuzz campaign, which must be valid. The default draws none, and the campaign
    /// takes the table's own defaults.
    fn draw(draw: &mut Draw) -> Option<Self> {
        let _ = draw;
        None
    }
}

/// Content that a broadcast can spread in a simulation and between processes.
pub trait PortablePayload:
    Payload<Id: Wire + Send, Seen: Send> + Dated + Wire + Send + Debug + 'static
{
}

impl<P: Payload<Id: Wire + Send, Seen: Send> + Dated + Wire + Send + Debug + 'static> PortablePayload for P {}

/// A broadcast that a scenario can name.
pub trait NamedBroadcast:
    Broadcast<
        Peer = u32,
        Message: Wire + Send + Debug + 'static,
        Timer: Send + Debug + 'static,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send + Sync + 'static,
    > + Invariants
    + Send
    + Debug
    + 'static
{
    /// The word after `broadcast.` in a scenario.
    const NAME: &'static str;

    /// A key of the table: where it is set, this broadcast runs in place of the one that has the same name and table.
    const FOR_KEY: Option<&'static str> = None;

    /// The table `[broadcast.NAME]`; often the settings themselves.
    type Table: CheckedTable + Into<Self::Config>;

    /// The broadcast side of a fresh node for `slot`.
    fn node(slot: u32, config: &Self::Config) -> Self;
}

/// An overlay that a scenario can name, given what it may know of the scenario, its `Setting`.
pub trait NamedOverlay<Setting>:
    Overlay<
        Peer = u32,
        Message: Wire + Send + Debug + 'static,
        Timer: Send + Debug + 'static,
        Command: Send + 'static,
        Config: Send + Sync + 'static,
    > + Invariants
    + Send
    + Debug
    + 'static
{
    /// The word after `overlay.` in a scenario.
    const NAME: &'static str;

    /// The table `[overlay.NAME]`.
    type Table: CheckedTable;

    /// The settings of all nodes.
    ///
    /// # Errors
    /// The table cannot be run in this setting; says why, with the key inside the table.
    fn config(table: Self::Table, setting: &Setting) -> Result<Self::Config, Complaint>;

    /// The overlay side of a fresh node for `slot`.
    fn node(slot: u32, config: &Self::Config) -> Self;

    /// How many neighbors a node wants, if there is such a number.
    fn target_degree(table: &Self::Table) -> Option<u32> {
        let _ = table;
        None
    }

    /// How many links a network of so many slots has, about, if that can be told beforehand: what a run needs follows
    /// from it. Default: half as many for each slot as it wants neighbors.
    fn links(table: &Self::Table, slots: u32) -> Option<u64> {
        Self::target_degree(table).map(|degree| u64::from(slots) * u64::from(degree) / 2)
    }

    /// Whether a node can hold a peer that does not hold it, for long: an edge in either direction is a link of the
    /// measured graph then. Default: no, a link takes both ends.
    fn is_directed(table: &Self::Table) -> bool {
        let _ = table;
        false
    }

    /// The graph in a file that the table names, if it does: its nodes are the slots. It is read once, and the `Setting`
    /// may hold it when [`config`](Self::config) asks for it.
    ///
    /// # Errors
    /// The file cannot be read; says why, with the key inside the table.
    fn given(table: &Self::Table) -> Result<Option<Given>, Complaint> {
        let _ = table;
        Ok(None)
    }
}

/// A graph that a file holds.
#[derive(Clone, Debug)]
pub struct Given {
    /// The links; nodes are numbered as the slots are.
    pub graph: Arc<Graph>,
    /// The labels of the nodes, where the file has others than their numbers.
    pub labels: Option<Vec<u64>>,
}

/// What every overlay may know of a scenario besides its own table.
pub trait EntryNodes {
    /// The slots that every newcomer knows.
    fn entry(&self) -> &[u32];
}

/// Takes in broadcasts one by one.
pub trait BroadcastVisitor<P: PortablePayload> {
    /// Takes in the broadcast `B`.
    fn broadcast<B: NamedBroadcast<Payload = P>>(&mut self);
}

/// Takes in overlays one by one.
pub trait OverlayVisitor<Setting> {
    /// Takes in the overlay `O`.
    fn overlay<O: NamedOverlay<Setting>>(&mut self);
}
