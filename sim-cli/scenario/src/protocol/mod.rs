//! What a protocol must say of itself so that a scenario can name it, and the protocols that are built in.
//!
//! The words after `overlay.` and `broadcast.` in a scenario name a [`Runnable`]: a whole protocol with its two
//! tables. A pair of [`NamedOverlay`] and [`NamedBroadcast`], composed by [`Node`], is one.
//! [`visit_builtin`] shows those that are built in; whoever keeps something for each protocol keeps it in a
//! [`ProtocolTable`].

mod fixed;
mod table;

use std::marker::PhantomData;

use floodnet_core::broadcast;
use floodnet_core::invariants::Invariants;
use floodnet_core::node::{Config, Node};
use floodnet_core::overlay::{self, Fixed};
use floodnet_core::tables::{BroadcastVisitor, EntryNodes, OverlayVisitor};
pub use floodnet_core::tables::{NamedBroadcast, NamedOverlay};
use floodnet_core::wire::Wire;
use floodnet_sim::SimProtocol;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::spec::Transport;

use crate::{CheckedTable, Complaint, TableKind, Tables};

pub use fixed::{StaticTable, Yes};
pub use table::{PerProtocol, ProtocolTable};

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

impl EntryNodes for Setting {
    fn entry(&self) -> &[u32] {
        &self.entry
    }
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
    > + Invariants
    + 'static
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

    /// The labels of the slots, where a file has others than their numbers.
    ///
    /// # Errors
    /// As [`slots`](Self::slots).
    fn labels(overlay: &Self::OverlayTable) -> Result<Option<Vec<u64>>, Complaint> {
        let _ = overlay;
        Ok(None)
    }
}

impl<O: NamedOverlay<Setting>, B: NamedBroadcast<Payload = SimPayload>> Runnable for Node<O, B> {
    type OverlayTable = O::Table;
    type BroadcastTable = B::Table;

    fn config(overlay: O::Table, broadcast: B::Table, setting: &Setting) -> Result<Self::Config, Complaint> {
        Ok(Config {
            overlay: O::config(overlay, setting).map_err(|complaint| complaint.within("overlay"))?,
            broadcast: broadcast.into(),
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

    fn labels(overlay: &O::Table) -> Result<Option<Vec<u64>>, Complaint> {
        O::labels(overlay)
    }
}

/// Takes in protocols one by one, each with its words after `overlay.` and `broadcast.`.
pub trait Visitor {
    /// Takes in the protocol `P`, named `[overlay.OVERLAY]` with `[broadcast.BROADCAST]`.
    fn protocol<P: Runnable>(&mut self, overlay: &'static str, broadcast: &'static str);
}

/// Shows `visitor` the built-in protocols, every overlay with every broadcast. They are listed in
/// [`overlay::visit`] and [`broadcast::visit`].
pub fn visit_builtin(visitor: &mut impl Visitor) {
    let mut each = EachOverlay(visitor);
    overlay::visit(&mut each);
    each.overlay::<Fixed>();
}

/// Shows its visitor each overlay with every broadcast.
struct EachOverlay<'a, V>(&'a mut V);

impl<V: Visitor> OverlayVisitor<Setting> for EachOverlay<'_, V> {
    fn overlay<O: NamedOverlay<Setting>>(&mut self) {
        broadcast::visit(&mut EachBroadcast::<V, O>(self.0, PhantomData));
    }
}

/// Shows its visitor the overlay `O` with each broadcast.
struct EachBroadcast<'a, V, O>(&'a mut V, PhantomData<O>);

impl<V: Visitor, O: NamedOverlay<Setting>> BroadcastVisitor<SimPayload> for EachBroadcast<'_, V, O> {
    fn broadcast<B: NamedBroadcast<Payload = SimPayload>>(&mut self) {
        self.0.protocol::<Node<O, B>>(O::NAME, B::NAME);
    }
}

impl Visitor for Tables {
    fn protocol<P: Runnable>(&mut self, overlay: &'static str, broadcast: &'static str) {
        if self.overlays.iter().all(|table| table.key() != overlay) {
            self.overlays.push(TableKind::checked::<P::OverlayTable>(overlay));
        }
        if self.broadcasts.iter().all(|table| table.key() != broadcast) {
            self.broadcasts.push(TableKind::checked::<P::BroadcastTable>(broadcast));
        }
        self.pairs.push((overlay, broadcast));
    }
}

impl Tables {
    /// The tables of the built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        let mut tables = Self::default();
        visit_builtin(&mut tables);
        tables
    }
}
