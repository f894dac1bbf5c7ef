//! What a fuzz campaign may hold a protocol to, beyond the rules that hold for all.
//!
//! Every protocol is held to the rules of [`crate::protocol`] and [`crate::observe`]: a life begins with one start,
//! a message is delivered once per life, neighbors are told as they are, timers come back. What holds for some
//! protocols only, they say in [`Invariants`]. A protocol that says nothing runs and is measured like any other.

use crate::protocol::Types;
use crate::seen::SeenLimits;

/// A request that is passed on from node to node, a bounded number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk<Peer> {
    /// The node that sent the request out.
    pub origin: Peer,
    /// How many times it may still be passed on.
    pub hop_limit: u8,
}

/// A collection that a node keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it holds, such as `neighbors`.
    pub what: &'static str,
    /// How many entries it holds now.
    pub count: usize,
    /// The largest number of entries allowed; `None` if there is no bound.
    pub max: Option<usize>,
}

/// Rules that a protocol keeps, given its settings. The default promises none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promises {
    /// How many messages a node remembers, and how long: a copy that comes later may be taken for a new
    /// message. Default: all of them, for ever.
    pub remembers: SeenLimits,
    /// A node passes a message on at most once to each neighbor, in the input in which it takes the message
    /// in, and reports every further copy as a duplicate. Default false.
    pub once: bool,
    /// A node may send a message back to who sent it. Default true.
    pub echo: bool,
    /// Steps that a walking request starts with at most. Default: none is known.
    pub hop_limit: Option<u8>,
    /// Timers that may be outstanding at a time: of the layer that promises it, and of a node the sum over its layers
    /// if both know theirs. Default: none is known.
    pub timers: Option<usize>,
    /// On streams, links are held by both ends or, after a while, by neither. Default false.
    pub symmetric: bool,
    /// On streams, a while after the last trouble all nodes that are up are one connected component, with
    /// high probability, if all entry nodes are up. Default false.
    pub heals: bool,
    /// On streams, a message reaches every node of its component while no link is lost. Default false.
    pub reaches_all: bool,
}

impl Default for Promises {
    fn default() -> Self {
        Self {
            remembers: SeenLimits::UNLIMITED,
            once: false,
            echo: true,
            hop_limit: None,
            timers: None,
            symmetric: false,
            heals: false,
            reaches_all: false,
        }
    }
}

/// Lets a fuzz campaign look deeper into a protocol, or into one layer of it: an overlay or a broadcast.
///
/// All methods have a default that says nothing, so `impl Invariants for Mine {}` is enough. Each one that you
/// write lets the campaign find more mistakes in your protocol. Runs and measurements never call them.
pub trait Invariants: Types {
    /// Names of the states that a node with these settings can be in, for the campaign to say which of them never met
    /// a fault. Default: none, and nothing is said.
    #[must_use]
    fn states(config: &Self::Config) -> &'static [&'static str] {
        let _ = config;
        &[]
    }

    /// The state that this node is in, one of [`states`](Self::states); none if it has no name.
    #[must_use]
    fn state(&self, config: &Self::Config) -> Option<&'static str> {
        let _ = config;
        None
    }

    /// Adds the rules that nodes with these settings keep.
    fn promise(config: &Self::Config, promises: &mut Promises) {
        let _ = (config, promises);
    }

    /// The random walk that `message` continues, if any: each step of a walk must cost a hop.
    #[must_use]
    fn walk(message: &Self::Message) -> Option<Walk<Self::Peer>> {
        let _ = message;
        None
    }

    /// Reports the collections that this node keeps: none may grow beyond its bound.
    fn stored(&self, config: &Self::Config, report: &mut dyn FnMut(Stored)) {
        let _ = (config, report);
    }

    /// The neighbors that `peer` must hold while it and they are up, if the settings fix them.
    #[must_use]
    fn static_neighbors(config: &Self::Config, peer: Self::Peer) -> Option<&[Self::Peer]> {
        let _ = (config, peer);
        None
    }
}
