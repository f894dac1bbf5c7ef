//! What a protocol promises beyond the rules of the boundary.

use floodnet_core::seen::SeenLimits;

/// What the swarm test may hold a protocol to. The default promises nothing but what all must keep: a
/// message is delivered once per life, degrees are told as they are, timers come back.
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
    /// Timers of one node that may be outstanding at a time. Default: none is known.
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
