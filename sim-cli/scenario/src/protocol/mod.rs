//! What a protocol must say of itself so that a scenario can name it.
//!
//! The words after `overlay.` and `broadcast.` in a scenario name a [`Runnable`]: a whole protocol with its two
//! tables. A pair of [`NamedOverlay`] and [`NamedBroadcast`], composed by [`Node`], is one.
//! [`visit_builtin`] shows those that are built in, which `core/src/overlay/mod.rs` and
//! `core/src/broadcast/mod.rs` list; whoever keeps something for each protocol keeps it in a
//! [`ProtocolTable`].

mod any;
mod fixed;
mod hostile;
mod per_protocol;

use std::marker::PhantomData;
use std::sync::Arc;

use floodnet_core::broadcast::BroadcastVisitor;
pub use floodnet_core::broadcast::NamedBroadcast;
use floodnet_core::broadcast::{self, Flood};
use floodnet_core::graph::Graph;
use floodnet_core::invariants::{Invariants, Promises};
use floodnet_core::node::{Config, Node};
use floodnet_core::overlay::{self, Fixed, RandomWalk};
use floodnet_core::overlay::{EntryNodes, OverlayVisitor};
pub use floodnet_core::overlay::{Given, NamedOverlay};
use floodnet_core::seen::SeenLimits;
use floodnet_core::wire::Wire;
use floodnet_measure::own;
use floodnet_sim::SimProtocol;
use floodnet_sim::hostile::Scene;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::spec::Transport;

use crate::{CheckedTable, Complaint, TableKind, Tables};

pub use any::{AnyBroadcast, AnyOverlay};
pub use fixed::{StaticTable, Yes};
pub use per_protocol::{PerProtocol, ProtocolTable};

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
    /// The graph in the file that the overlay's table names, if it does.
    pub graph: Option<Arc<Graph>>,
    /// Who breaks the rules. A protocol has no use for it: the wrapper around it has.
    pub scene: Arc<Scene>,
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

    /// How many links a network of so many slots has, about, if that can be told beforehand. Default: half as many for
    /// each slot as it wants neighbors.
    fn links(overlay: &Self::OverlayTable, slots: u32) -> Option<u64> {
        Self::target_degree(overlay).map(|degree| u64::from(slots) * u64::from(degree) / 2)
    }

    /// Which messages a node remembers. Default: as many as the limits of the built-in protocols let it.
    fn remembers(broadcast: Self::BroadcastTable) -> SeenLimits {
        let _ = broadcast;
        SeenLimits::default()
    }

    /// Whether a node can hold a peer that does not hold it, for long: an edge in either direction is a link of the
    /// measured graph then. Default: no, a link takes both ends.
    fn is_directed(overlay: &Self::OverlayTable) -> bool {
        let _ = overlay;
        false
    }

    /// The graph in a file that the overlay's table names, if it does: its nodes are the slots.
    ///
    /// # Errors
    /// The file cannot be read; says why, with the key inside the table.
    fn given(overlay: &Self::OverlayTable) -> Result<Option<Given>, Complaint> {
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

    fn node(slot: u32, config: &Self::Config) -> Self {
        Self::new(O::node(slot, &config.overlay), B::node(slot, &config.broadcast))
    }

    fn target_degree(overlay: &O::Table) -> Option<u32> {
        O::target_degree(overlay)
    }

    fn links(overlay: &O::Table, slots: u32) -> Option<u64> {
        O::links(overlay, slots)
    }

    fn remembers(broadcast: B::Table) -> SeenLimits {
        let mut promises = Promises::default();
        B::promise(&broadcast.into(), &mut promises);
        promises.remembers
    }

    fn is_directed(overlay: &O::Table) -> bool {
        O::is_directed(overlay)
    }

    fn given(overlay: &O::Table) -> Result<Option<Given>, Complaint> {
        O::given(overlay)
    }
}

/// By what a scenario names a protocol.
#[derive(Clone, Debug)]
pub struct Words {
    /// The word after `overlay.`
    pub overlay: &'static str,
    /// The word after `broadcast.`
    pub broadcast: &'static str,
    /// A key of the broadcast's table: where it is set, the protocol runs in place of the one that has the same two words.
    pub key: Option<&'static str>,
}

/// Takes in protocols one by one, each with its words after `overlay.` and `broadcast.`.
pub trait Visitor {
    /// Takes in the protocol `P`, named `[overlay.OVERLAY]` with `[broadcast.BROADCAST]`.
    fn protocol<P: Runnable>(&mut self, overlay: &'static str, broadcast: &'static str) {
        self.pair::<P, P::OverlayTable, P::BroadcastTable>(&Words { overlay, broadcast, key: None });
    }

    /// Takes in the protocol `P` under two of its names, with the tables that scenarios have under these. They are
    /// those of `P`, unless `P` stands for several protocols.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(&mut self, words: &Words);
}

/// Shows `visitor` the built-in protocols, every overlay with every broadcast. They are listed in
/// [`overlay::visit`] and [`broadcast::visit`].
///
/// The first two are compiled each by itself: they are the yardsticks of speed. Each further one would take a program
/// longer to compile, so all others are one protocol, of [`AnyOverlay`] and [`AnyBroadcast`].
pub fn visit_builtin(visitor: &mut impl Visitor) {
    visitor.protocol::<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>("random_walk", "flood");
    visitor.protocol::<Node<Fixed, Flood<u32, SimPayload>>>("static", "flood");
    each_overlay(&mut EachOverlay { visitor, alone: &[("random_walk", "flood"), ("static", "flood")] });
}

/// As [`visit_builtin`], but none is compiled by itself: for what need not be fast.
pub fn visit_builtin_as_any(visitor: &mut impl Visitor) {
    each_overlay(&mut EachOverlay { visitor, alone: &[] });
}

/// Shows `visitor` the broadcast `B` over every built-in overlay.
pub fn visit_broadcast<B: NamedBroadcast<Payload = SimPayload>>(visitor: &mut impl Visitor) {
    each_overlay(&mut OverEach::<_, B>(visitor, PhantomData));
}

/// Shows `visitor` the overlay `O` under every built-in broadcast.
pub fn visit_overlay<O: NamedOverlay<Setting>>(visitor: &mut impl Visitor) {
    broadcast::visit(&mut EachBroadcast::<_, O, O>(visitor, &[], PhantomData));
}

/// The overlays that are built in.
fn each_overlay(each: &mut impl OverlayVisitor<Setting>) {
    overlay::visit(each);
    each.overlay::<Fixed>();
}

/// Shows its visitor each overlay with every broadcast, but for those pairs that stand alone.
struct EachOverlay<'a, V> {
    visitor: &'a mut V,
    alone: &'static [(&'static str, &'static str)],
}

impl<V: Visitor> OverlayVisitor<Setting> for EachOverlay<'_, V> {
    fn overlay<O: NamedOverlay<Setting>>(&mut self) {
        broadcast::visit(&mut EachBroadcast::<V, O, AnyOverlay>(self.visitor, self.alone, PhantomData));
    }
}

/// Shows its visitor the overlay `O` with each broadcast, but for those pairs that stand alone. `Run` is what runs for
/// it: itself, or [`AnyOverlay`].
struct EachBroadcast<'a, V, O, Run>(&'a mut V, &'a [(&'static str, &'static str)], PhantomData<(O, Run)>);

impl<V: Visitor, O: NamedOverlay<Setting>, Run: NamedOverlay<Setting>> BroadcastVisitor<SimPayload>
    for EachBroadcast<'_, V, O, Run>
{
    fn broadcast<B: NamedBroadcast<Payload = SimPayload>>(&mut self) {
        let words = Words { overlay: O::NAME, broadcast: B::NAME, key: B::FOR_KEY };
        // `AnyBroadcast` looks at such a key itself, so it needs a place of its own only beside a pair that stands alone.
        if words.key.is_some() == self.1.contains(&(O::NAME, B::NAME)) {
            self.0.pair::<Node<Run, AnyBroadcast>, O::Table, B::Table>(&words);
        }
    }
}

/// Shows its visitor each overlay with the broadcast `B`.
struct OverEach<'a, V, B>(&'a mut V, PhantomData<B>);

impl<V: Visitor, B: NamedBroadcast<Payload = SimPayload>> OverlayVisitor<Setting> for OverEach<'_, V, B> {
    fn overlay<O: NamedOverlay<Setting>>(&mut self) {
        let words = Words { overlay: O::NAME, broadcast: B::NAME, key: B::FOR_KEY };
        self.0.pair::<Node<AnyOverlay, B>, O::Table, B::Table>(&words);
    }
}

impl Visitor for Tables {
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(
        &mut self,
        &Words { overlay, broadcast, .. }: &Words,
    ) {
        if self.overlays.iter().all(|table| table.key() != overlay) {
            self.overlays.push(TableKind::checked::<O>(overlay));
        }
        if self.broadcasts.iter().all(|table| table.key() != broadcast) {
            self.broadcasts.push(TableKind::checked::<B>(broadcast));
        }
        if !self.pairs.contains(&(overlay, broadcast)) {
            self.pairs.push((overlay, broadcast));
        }
        P::measures(&mut own::declare);
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
