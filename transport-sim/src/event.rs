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

/// A connection, named by the end that dialed it: the dialer's count of its dials over all its lives
/// (modulo 2^31), and whether this end is the one. Four bytes, since every packet holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Connection(u32);

impl Connection {
    /// Stands in where there are no connections.
    pub(crate) const NONE: Self = Self(0);
    /// The least and the greatest name.
    pub(crate) const ALL: (Self, Self) = (Self(0), Self(u32::MAX));

    /// This end's dial of this number.
    pub(crate) const fn dialed_as(number: u32) -> Self {
        Self(number << 1 | 1)
    }

    /// The dialer's count of its dials.
    pub(crate) const fn number(self) -> u32 {
        self.0 >> 1
    }

    /// Whether this end dialed.
    pub(crate) const fn is_own_dial(self) -> bool {
        self.0 & 1 == 1
    }

    /// The same connection seen from the other end.
    pub(crate) const fn other_end(self) -> Self {
        Self(self.0 ^ 1)
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
    /// Named as the receiver of the SYN does.
    pub(crate) connection: Connection,
}

/// What reaches a slot. Sixteen bytes where messages are small: what is large and rare is in a box.
pub(crate) enum EventKind<P: Types> {
    /// The slot comes up.
    Start,
    /// The slot goes down.
    Stop(End),
    /// The application publishes the plan's message of this number.
    Publish(u32),
    /// The slot stands still from now on, until then.
    Pause(Time),
    /// A cut begins that pings will find.
    Cut,
    /// The node with this incarnation has taken all that waited for the end of its pause.
    Awake { incarnation: u32 },
    /// A timer of the node with this incarnation.
    Timer { incarnation: u32, timer: P::Timer },
    /// The head of the uplink's queue has left, if the queue is still the one with this number.
    Departed { epoch: u32 },
    /// The sender's SYN is here.
    Opened(Box<Dial>),
    /// The event's connection with this peer is gone.
    Closed(u32),
    /// A packet on the event's connection.
    Packet(P::Message),
}

/// What the network has done to a packet or a goodbye: a set of flags in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed(u8);

impl Passed {
    pub(crate) const NOTHING: Self = Self(0);
    /// It has come through the receiver's limited downlink.
    pub(crate) const DOWNLINK: Self = Self(1);
    /// It was sent to a former life of the slot.
    pub(crate) const STALE: Self = Self(2);

    /// With the flags of `other` as well.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has the flags of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// An input on its way.
pub(crate) struct Event<P: Types> {
    pub(crate) time: Time,
    pub(crate) to: u32,
    pub(crate) from: u32,
    /// Number in the source's own sequence, modulo 2^32: it orders what one source sends for one instant. (A
    /// bucket does without: it keeps what one source puts into it in order.)
    pub(crate) seq: u32,
    /// Of a packet or the end of a connection, named as the receiver does.
    pub(crate) connection: Connection,
    pub(crate) rank: Rank,
    pub(crate) passed: Passed,
    pub(crate) what: EventKind<P>,
}

/// The order of one slot's inputs, but for those of one source for one instant.
pub(crate) type Key = (Time, Rank, u32);

impl<P: Types> Event<P> {
    /// An input of any kind but packets and ends of connections.
    pub(crate) const fn plain(time: Time, to: u32, from: u32, seq: u32, what: EventKind<P>) -> Self {
        let (connection, passed) = (Connection::NONE, Passed::NOTHING);
        let rank = what.rank(from == to, passed);
        Self { time, to, from, seq, connection, rank, passed, what }
    }

    pub(crate) const fn key(&self) -> Key {
        (self.time, self.rank, self.from)
    }
}

impl<P: Types> EventKind<P> {
    /// The message of a packet.
    pub(crate) const fn message(&self) -> Option<&P::Message> {
        match self {
            Self::Packet(message) => Some(message),
            _ => None,
        }
    }

    /// Its rank, if it is from the slot itself or not.
    pub(crate) const fn rank(&self, own: bool, passed: Passed) -> Rank {
        match self {
            Self::Start | Self::Stop(_) | Self::Publish(_) | Self::Pause(_) | Self::Cut => Rank::Plan,
            Self::Timer { .. } | Self::Departed { .. } => Rank::Timer,
            Self::Closed(_) if own => Rank::Link,
            Self::Closed(_) | Self::Packet(_) if passed.has(Passed::DOWNLINK) => Rank::TakenIn,
            Self::Opened(_) | Self::Closed(_) | Self::Packet(_) => Rank::Arrival,
            Self::Awake { .. } => Rank::Awake,
        }
    }
}

/// Reversed, so that the largest of a `BinaryHeap` is the first input.
impl<P: Types> Ord for Event<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.key(), other.seq, other.to).cmp(&(self.key(), self.seq, self.to))
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
