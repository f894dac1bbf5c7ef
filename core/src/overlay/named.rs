//! How a scenario names an overlay.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::Overlay;
use crate::graph::Graph;
use crate::invariants::Invariants;
use crate::tables::{CheckedTable, Complaint};
use crate::wire::Wire;

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

/// Takes in overlays one by one.
pub trait OverlayVisitor<Setting> {
    /// Takes in the overlay `O`.
    fn overlay<O: NamedOverlay<Setting>>(&mut self);
}

/// The overlays that scenarios can name, shown to a visitor.
macro_rules! visited {
    ($($variant:ident = $number:literal $word:literal $overlay:ty, $table:ty;)*) => {
        /// Shows `visitor` the overlays that scenarios can name, but for [`Fixed`](super::Fixed), which needs a graph.
        pub fn visit<Setting: EntryNodes>(visitor: &mut impl OverlayVisitor<Setting>) {
            $(visitor.overlay::<$overlay>();)*
        }
    };
}

crate::builtin_overlays!(visited!);
