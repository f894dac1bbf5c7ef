//! Membership: who are my neighbors?
//!
//! | module | overlay |
//! |---|---|
//! | [`random_walk`] | the tutorial's: JOIN requests bounce by random walk until nodes accept them |
//! | [`hyparview`] | `HyParView`: a small active view, and a passive view to replace lost neighbors from |
//! | [`cyclon`] | Cyclon: lists of peers with ages, traded each period; a directed view |
//! | [`swim`] | SWIM, with Lifeguard: every node knows all others, and pings one in each period |
//! | [`fixed`] | a static graph: neighbors do not change |
//! | [`view`] | the peers that a node of these holds |

pub mod cyclon;
pub mod fixed;
pub mod hyparview;
#[cfg(feature = "tables")]
mod named;
pub mod random_walk;
pub mod swim;
pub mod view;

pub use cyclon::Cyclon;
pub use fixed::Fixed;
pub use hyparview::HyParView;
#[cfg(feature = "tables")]
pub use named::{EntryNodes, Given, NamedOverlay, OverlayVisitor, visit};
pub use random_walk::RandomWalk;
pub use swim::Swim;
pub use view::View;

/// Hands the overlays that scenarios can name to a macro, a row for each: its number where several are one type, the word
/// after `overlay.`, its type and its table. [`Fixed`] is not among them: whoever names it must have a graph.
#[cfg(feature = "tables")]
#[macro_export]
macro_rules! builtin_overlays {
    ($with:ident! $($more:tt)*) => {
        $with! {
            RandomWalk = 0 "random_walk" $crate::overlay::RandomWalk<u32>, $crate::overlay::random_walk::Table;
            HyParView = 1 "hyparview" $crate::overlay::HyParView<u32>, $crate::overlay::hyparview::Table;
            Cyclon = 2 "cyclon" $crate::overlay::Cyclon<u32>, $crate::overlay::cyclon::Table;
            Swim = 4 "swim" $crate::overlay::Swim<u32>, $crate::overlay::swim::Table;
            $($more)*
        }
    };
}

use crate::hostile::{Classes, MessageClass, Pretense};
use crate::measure::Measure;
use crate::protocol::{Context, Effects, InputOf, Types};

/// What an overlay tells the broadcast above it, and the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverlayEvent<Peer> {
    /// This peer is a neighbor from now on.
    Up(Peer),
    /// This peer is not a neighbor any more.
    Down(Peer),
    /// A link is asked for in place of a lost one.
    Repair,
    /// This peer is held for failed from now on: not that a link to it is gone, but the node.
    Failed(Peer),
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

    /// How many of the [`neighbors`](Self::neighbors), the first ones, this node has chosen itself. Default: all of
    /// them, where nobody comes uninvited. None where the overlay does not tell them apart.
    fn chosen(&self) -> usize {
        self.neighbors().len()
    }

    /// What `message` is for; see [`Observe::class`](crate::observe::Observe::class). Default: membership.
    #[must_use]
    fn class(message: &Self::Message) -> MessageClass {
        let _ = message;
        MessageClass::Membership
    }

    /// The classes that [`class`](Self::class) tells apart.
    #[must_use]
    fn classes(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::of(&[MessageClass::Membership])
    }

    /// Classes of messages that [`forge`](Self::forge) can invent. Default: none.
    #[must_use]
    fn forges(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::NONE
    }

    /// Invents a message; see [`Observe::forge`](crate::observe::Observe::forge).
    #[must_use]
    fn forge(
        config: &Self::Config,
        class: MessageClass,
        pretense: &Pretense<Self::Peer>,
    ) -> Option<Self::Message> {
        let _ = (config, class, pretense);
        None
    }

    /// Classes of messages that [`lie`](Self::lie) can alter. Default: none.
    #[must_use]
    fn lies(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::NONE
    }

    /// Alters a message; see [`Observe::lie`](crate::observe::Observe::lie).
    fn lie(message: &mut Self::Message, named: Self::Peer) -> bool {
        let _ = (message, named);
        false
    }

    /// Removes bounds from settings; see [`Observe::unbounded`](crate::observe::Observe::unbounded).
    fn unbounded(config: &mut Self::Config) {
        let _ = config;
    }

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
