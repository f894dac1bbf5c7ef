//! Inputs on their way to a slot, and the order in which a slot takes them.
//!
//! A slot's history depends only on the sequence of its own inputs, ordered by time, rank, source and the
//! source's own sequence number. So slots can be run one by one within the least delay of a link, on any
//! number of threads, and the result is the same to the bit.
//!
//! All that one slot sends another has the same rank, be it a packet or the beginning or end of a
//! connection: at one time it comes in the order in which it was sent. So a goodbye stays behind the data.

use std::cmp::Ordering;

use floodnet_core::protocol::Types;
use floodnet_core::time::Time;

use crate::plan::End;

/// Which of two inputs at the same time comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Plan,
    Timer,
    /// What a slot's own side of the network tells it: a dial that failed, a connection that broke.
    Link,
    /// What another slot sent.
    Arrival,
    /// What has come through a limited downlink.
    TakenIn,
    /// The end of a pause: after all that waited for it.
    Awake,
}

/// A connection, named by the end that dialed it: its number there, and whether the sender of the event
/// is that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Connection {
    /// The dialer's count of its dials, over all its lives.
    pub(crate) number: u32,
    /// Whether this end dialed.
    pub(crate) dialed: bool,
}

impl Connection {
    /// Stands in where there are no connections.
    pub(crate) const NONE: Self = Self { number: 0, dialed: false };

    /// The same connection seen from the other end.
    pub(crate) const fn other_end(self) -> Self {
        Self { number: self.number, dialed: !self.dialed }
    }
}

/// Who dialed whom, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dial {
    pub(crate) at: Time,
    /// Incarnation of the dialer.
    pub(crate) from_life: u32,
    /// Incarnation of the node that was up when the SYN came.
    pub(crate) to_life: u32,
}

/// What reaches a slot.
pub(crate) enum What<P: Types> {
    /// The slot comes up.
    Start,
    /// The slot goes down.
    Stop(End),
    /// The application publishes the plan's message of this number.
    Publish(u32),
    /// The slot stands still from now on, until then.
    Pause(Time),
    /// The node with this incarnation has taken all that waited for the end of its pause.
    Awake { incarnation: u32 },
    /// A timer of the node with this incarnation.
    Timer { incarnation: u32, timer: P::Timer },
    /// The head of the uplink's queue has left, if the queue is still the one with this number.
    Departed { epoch: u32 },
    /// The sender's SYN is here.
    Opened { connection: Connection, dial: Dial },
    /// The connection with `peer`, named as this end does, is gone.
    Closed { peer: u32, connection: Connection, through_downlink: bool },
    /// A packet; `connection` is named as the receiver does.
    Packet { connection: Connection, stale: bool, through_downlink: bool, message: P::Message },
}

impl<P: Types> What<P> {
    /// News that the connection is gone, on its way.
    pub(crate) const fn closed(peer: u32, connection: Connection) -> Self {
        Self::Closed { peer, connection, through_downlink: false }
    }
}

/// An input on its way.
pub(crate) struct Event<P: Types> {
    pub(crate) time: Time,
    /// Number in the source's own sequence.
    pub(crate) seq: u64,
    pub(crate) to: u32,
    pub(crate) from: u32,
    pub(crate) what: What<P>,
}

/// The order of one slot's inputs.
pub(crate) type Key = (Time, Rank, u32, u64);

impl<P: Types> Event<P> {
    pub(crate) const fn rank(&self) -> Rank {
        match self.what {
            What::Start | What::Stop(_) | What::Publish(_) | What::Pause(_) => Rank::Plan,
            What::Timer { .. } | What::Departed { .. } => Rank::Timer,
            What::Closed { .. } if self.from == self.to => Rank::Link,
            What::Opened { .. }
            | What::Closed { through_downlink: false, .. }
            | What::Packet { through_downlink: false, .. } => Rank::Arrival,
            What::Closed { through_downlink: true, .. } | What::Packet { through_downlink: true, .. } => {
                Rank::TakenIn
            }
            What::Awake { .. } => Rank::Awake,
        }
    }

    pub(crate) const fn key(&self) -> Key {
        (self.time, self.rank(), self.from, self.seq)
    }
}

/// Reversed, so that the largest of a `BinaryHeap` is the first input.
impl<P: Types> Ord for Event<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.key(), other.to).cmp(&(self.key(), self.to))
    }
}

impl<P: Types> PartialOrd for Event<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Types> PartialEq for Event<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<P: Types> Eq for Event<P> {}
