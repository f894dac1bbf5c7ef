//! Membership: who are my neighbors?
//!
//! | module | overlay |
//! |---|---|
//! | [`random_walk`] | the tutorial's: JOIN requests bounce by random walk until nodes accept them |
//! | [`hyparview`] | `HyParView`: a small active view, and a passive view to replace lost neighbors from |
//! | [`cyclon`] | Cyclon: lists of peers with ages, traded each period; a directed view |
//! | [`fixed`] | a static graph: neighbors do not change |
//! | [`view`] | the peers that a node of these holds |

pub mod cyclon;
pub mod fixed;
pub mod hyparview;
pub mod random_walk;
pub mod view;

pub use cyclon::Cyclon;
pub use fixed::Fixed;
pub use hyparview::HyParView;
pub use random_walk::RandomWalk;
pub use view::View;

use crate::measure::Measure;
use crate::protocol::{Context, Effects, InputOf, Types};
#[cfg(feature = "tables")]
use crate::tables::{EntryNodes, OverlayVisitor};

/// Shows `visitor` the overlays that scenarios can name: with their modules above, the one list of them. [`Fixed`] is
/// not among them: whoever names it must have a graph.
#[cfg(feature = "tables")]
pub fn visit<Setting: EntryNodes>(visitor: &mut impl OverlayVisitor<Setting>) {
    visitor.overlay::<RandomWalk<u32>>();
    visitor.overlay::<HyParView<u32>>();
    visitor.overlay::<Cyclon<u32>>();
}

/// What an overlay tells the broadcast above it, and the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverlayEvent<Peer> {
    /// This peer is a neighbor from now on.
    Up(Peer),
    /// This peer is not a neighbor any more.
    Down(Peer),
    /// A link is asked for in place of a lost one.
    Repair,
    /// An input was ignored, for the reason named.
    Dropped(&'static str),
    /// Adds to a counter of its own.
    Count(&'static Measure, u64),
    /// Adds a value to a distribution of its own; of times in nanoseconds.
    Record(&'static Measure, u64),
}

/// Keeps the set of neighbors of a node.
///
/// An overlay emits [`OverlayEvent::Up`] and [`OverlayEvent::Down`] exactly when
/// [`neighbors`](Self::neighbors) changes, in that order of changes.
pub trait Overlay: Types<Event = OverlayEvent<<Self as Types>::Peer>> {
    /// Takes one input and pushes its effects; the rules of [`crate::protocol`] apply.
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>);

    /// The neighbors now, in an order that is part of the node's history.
    fn neighbors(&self) -> &[Self::Peer];

    /// What `message` is, in a word: traffic is counted by it.
    #[inline]
    fn kind(message: &Self::Message) -> &'static str {
        let _ = message;
        "overlay"
    }

    /// Gives `declare` each measure of its own.
    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        let _ = declare;
    }
}
