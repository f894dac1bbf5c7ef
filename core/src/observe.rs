//! What the simulator must know about a protocol to run and measure it, and nothing more.
//!
//! Everything in a scenario besides `[overlay]` and `[broadcast]` works for any protocol that implements
//! [`Observe`]: plan, engine, measures, pictures.

use crate::hostile::{Classes, Deed, MessageClass, Pretense};
use crate::measure::Measure;
use crate::protocol::{Protocol, Types};
use crate::seen::Seen;

/// Content that a broadcast spreads: an index in the simulator, bytes on sockets.
pub trait Payload: Clone {
    /// Names one publication, so that duplicates can be recognized.
    type Id: Copy + Eq + core::hash::Hash + core::fmt::Debug;

    /// How a node remembers the messages it has seen: a [`SeenWindow`](crate::seen::SeenWindow)
    /// if ids are numbers given one after another, else a [`SeenCache`](crate::seen::SeenCache).
    type Seen: Seen<Self::Id>;

    /// The name of this publication.
    fn id(&self) -> Self::Id;
}

/// What one event of a protocol means to a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation<Peer, Id> {
    /// The application's message was accepted at its origin.
    Published(Id),
    /// A message reached the application, for the first time at this node.
    Delivered {
        /// The message that was delivered.
        message: Id,
        /// Hops from the origin: 1 at the origin's neighbors.
        hops: u16,
    },
    /// A further copy of a message arrived and was suppressed.
    Duplicate(Id),
    /// From now on this node holds that peer as a neighbor.
    NeighborUp(Peer),
    /// From now on this node no longer holds that peer as a neighbor.
    NeighborDown(Peer),
    /// The overlay asked for a link to replace one that it lost.
    Repair,
    /// From now on this node holds that peer for failed.
    Failed(Peer),
    /// The protocol ignored an input; the text names the reason.
    Dropped(&'static str),
    /// An adversary did something. Said by the wrapper that makes a node one; protocols never say it.
    Deed(Deed<Peer, Id>),
    /// Adds to a counter of the protocol's own.
    Count(&'static Measure, u64),
    /// Adds a value to a distribution of the protocol's own; of times in nanoseconds.
    Record(&'static Measure, u64),
    /// The event does not matter to measurements.
    Other,
}

/// Which message of the application a packet carries, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried<Id> {
    /// The message that the packet carries.
    pub message: Id,
    /// Hops from the origin on arrival: 1 on the first link.
    pub hops: u16,
}

/// A protocol that can be simulated and measured: it says which of its events are publish, deliver, neighbor
/// up, neighbor down and repair, and how large its messages are.
pub trait Observe: Protocol {
    /// The content that the application publishes, as bytes or as an index.
    type Payload: Payload;

    /// The command that publishes `payload`.
    fn publish(payload: Self::Payload) -> Self::Command;

    /// The command that tells the protocol that the application cannot take deliveries (`busy`), or can
    /// again. The default, `None`, is for a protocol whose application is never busy.
    #[must_use]
    fn hold(busy: bool) -> Option<Self::Command> {
        let _ = busy;
        None
    }

    /// What `event` means to a measurement; [`Observation::Other`] if nothing.
    fn observe(event: &Self::Event) -> Observation<Self::Peer, <Self::Payload as Payload>::Id>;

    /// The application's message that `message` carries; `None` for control traffic.
    fn carried(message: &Self::Message) -> Option<Carried<<Self::Payload as Payload>::Id>>;

    /// What `message` is, in a word such as `join`: packets and bytes are counted by it.
    #[must_use]
    #[inline]
    fn kind(message: &Self::Message) -> &'static str {
        let _ = message;
        "message"
    }

    /// Gives `declare` each measure of the protocol's own.
    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        let _ = declare;
    }

    /// Bytes of `message` as a packet on the wire, without the frame around it: equal to the length of
    /// the encoder's output.
    fn wire_size(message: &Self::Message) -> u32;

    /// The peers this node holds as neighbors, in the node's own order.
    fn neighbors(&self) -> &[<Self as Types>::Peer];

    /// How many of the [`neighbors`](Self::neighbors), the first ones, this node has chosen itself; the others have come
    /// to it. Default: all of them.
    fn chosen(&self) -> usize {
        self.neighbors().len()
    }

    /// What `message` is for. The default knows payload, and takes all else for membership.
    #[must_use]
    fn class(message: &Self::Message) -> MessageClass {
        if Self::carried(message).is_some() { MessageClass::Payload } else { MessageClass::Membership }
    }

    /// The classes that [`class`](Self::class) tells apart, so that a scenario names no other.
    #[must_use]
    fn classes(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::of(&[MessageClass::Payload, MessageClass::Membership])
    }

    /// Classes of messages that [`forge`](Self::forge) can invent. Default: none.
    #[must_use]
    fn forges(config: &Self::Config) -> Classes {
        let _ = config;
        Classes::NONE
    }

    /// A message of this class that says what an adversary wants: a join request is such that the receiver takes the
    /// node that it names, if it ever does. `None` for the classes that are not in [`forges`](Self::forges).
    #[must_use]
    fn forge(
        config: &Self::Config,
        class: MessageClass,
        pretense: &Pretense<<Self as Types>::Peer>,
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

    /// Makes `message` name this peer in place of the one that it names, if it names one. Says whether it did.
    fn lie(message: &mut Self::Message, named: <Self as Types>::Peer) -> bool {
        let _ = (message, named);
        false
    }

    /// Makes these settings those of a node that takes as many links as it is offered. The default changes nothing.
    fn unbounded(config: &mut Self::Config) {
        let _ = config;
    }
}
