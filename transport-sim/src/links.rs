//! The connections of a slot, by peer and name.
//!
//! Each packet looks one up, a million times a second and in a million slots. So what a lookup and a
//! receiver touch ([`Head`]) is apart from what only a sender needs ([`Body`]), and the heads of a node of
//! usual degree lie within the table. A node that thousands dial (an entry node) gets an index.

use std::collections::BTreeMap;

use floodnet_core::time::{Duration, Time};
use prefetch_index::prefetch_index;
use smallvec::SmallVec;

use crate::event::Connection;

/// A connection that nobody keeps as a neighbor closes after this long without a packet.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// Heads within the table.
const INLINE: usize = 8;
/// Up to so many connections are kept in order, more are kept by an index.
const ORDERED: usize = 64;

/// What a connection is good for, seen from this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Live,
    /// The dial gets no answer; this will be told when it has waited long enough.
    Failing,
    /// Nothing gets through any more; the end is known and will be told when it comes.
    Broken,
}

/// This end of a connection: its name, and what both directions need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) peer: u32,
    pub(crate) connection: Connection,
    /// When a packet was last sent or received.
    last_use: Ticks,
    /// Incarnation of the node at the other end; a slot has at most 2^16 lives.
    pub(crate) peer_life: u16,
    pub(crate) state: LinkState,
    /// This end says goodbye: behind data that waits in the uplink, then on the way to the peer.
    pub(crate) is_closing: bool,
}

/// The sender's side of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    /// Nothing leaves before: the handshake is under way until then. Later, where packets may be lost: when the
    /// last one leaves or left.
    pub(crate) ready: Time,
    /// Arrival of the last packet in this direction: none arrives earlier.
    pub(crate) last_arrival: Time,
    /// At the end that dialed: when the SYN reached the other node. At the end that accepted: when the other
    /// node dialed.
    pub(crate) far_at: Time,
    /// One-way delay of this direction, where it is the same for each packet.
    pub(crate) delay: Duration,
}

impl Head {
    pub(crate) fn new(peer: u32, connection: Connection, peer_life: u32, now: Time) -> Self {
        let peer_life = u16::try_from(peer_life).unwrap_or(u16::MAX);
        let last_use = Ticks::of(now);
        Self { peer, connection, last_use, peer_life, state: LinkState::Live, is_closing: false }
    }

    /// A packet was sent or received.
    #[inline]
    pub(crate) const fn used(&mut self, now: Time) {
        self.last_use = Ticks::of(now);
    }

    /// Whether the connection carried nothing for [`IDLE`], and waits for nothing.
    pub(crate) fn is_idle(&self, now: Time) -> bool {
        self.state == LinkState::Live && !self.is_closing && self.last_use.is_over(IDLE, now)
    }

    const fn name(&self) -> (u32, Connection) {
        (self.peer, self.connection)
    }
}

/// A time in units of 2^20 nanoseconds (about a millisecond), modulo 2^32: half the size of [`Time`].
#[derive(Clone, Copy, Debug)]
struct Ticks(u32);

impl Ticks {
    #[inline]
    const fn of(time: Time) -> Self {
        Self((time.as_nanos() >> 20) as u32)
    }

    /// Whether `span` has gone by since, to the unit.
    const fn is_over(self, span: Duration, now: Time) -> bool {
        Self::of(now).0.wrapping_sub(self.0) as u64 >= span.as_nanos() >> 20
    }
}

/// Where a connection is in the table, until the next is added or removed.
pub(crate) type Place = usize;

/// See the module.
#[derive(Default)]
#[expect(clippy::box_collection, reason = "one word in each of a million tables, nearly always empty")]
pub(crate) struct Links {
    /// Ordered by name as long as there is no index.
    heads: SmallVec<[Head; INLINE]>,
    bodies: Vec<Body>,
    /// Place of each name, where there are many.
    index: Option<Box<BTreeMap<(u32, Connection), u32>>>,
}

impl Links {
    /// Asks the processor to have in its cache soon what the table keeps elsewhere.
    #[inline]
    pub(crate) fn prefetch(&self) {
        let count = self.bodies.len().min(ORDERED / 4);
        if self.heads.spilled() {
            (0..count).step_by(4).for_each(|place| prefetch_index(self.heads.as_slice(), place));
        }
        (0..count).step_by(2).for_each(|place| prefetch_index(&self.bodies, place));
    }

    pub(crate) fn head(&self, place: Place) -> &Head {
        &self.heads[place]
    }

    pub(crate) fn head_mut(&mut self, place: Place) -> &mut Head {
        &mut self.heads[place]
    }

    pub(crate) fn body(&self, place: Place) -> &Body {
        &self.bodies[place]
    }

    pub(crate) fn body_mut(&mut self, place: Place) -> &mut Body {
        &mut self.bodies[place]
    }

    /// The place of this connection.
    #[inline]
    pub(crate) fn find(&self, peer: u32, connection: Connection) -> Option<Place> {
        match &self.index {
            None => self.heads.iter().position(|head| head.name() == (peer, connection)),
            Some(index) => index.get(&(peer, connection)).map(|&place| place as usize),
        }
    }

    /// The places of the connections with `peer`, by name.
    #[inline]
    pub(crate) fn with(&self, peer: u32) -> impl DoubleEndedIterator<Item = Place> + use<'_> {
        let (ordered, indexed) = match &self.index {
            None => (self.range(peer), None),
            Some(index) => {
                let (first, last) = Connection::ALL;
                (0..0, Some(index.range((peer, first)..=(peer, last)).map(|(_, &place)| place as usize)))
            }
        };
        ordered.chain(indexed.into_iter().flatten())
    }

    /// As [`with`](Self::with), those that this end has not closed.
    #[inline]
    pub(crate) fn open_with(&self, peer: u32) -> impl DoubleEndedIterator<Item = Place> + use<'_> {
        self.with(peer).filter(|&place| !self.heads[place].is_closing)
    }

    /// When all that was sent to `peer` has arrived, on whatever connection.
    #[inline]
    pub(crate) fn last_arrival(&self, peer: u32) -> Time {
        self.with(peer).map(|place| self.bodies[place].last_arrival).max().unwrap_or(Time::ZERO)
    }

    /// All places, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = Place> + use<'_> {
        let ordered = if self.index.is_none() { 0..self.heads.len() } else { 0..0 };
        ordered.chain(self.index.iter().flat_map(|index| index.values().map(|&place| place as usize)))
    }

    /// All who are at the other end of some connection, ascending.
    pub(crate) fn peers(&self) -> Vec<u32> {
        let mut peers: Vec<u32> = self.all().map(|place| self.heads[place].peer).collect();
        peers.dedup();
        peers
    }

    /// Adds a connection under a name that is not in the table.
    pub(crate) fn insert(&mut self, head: Head, body: Body) -> Place {
        if self.bodies.len() == self.bodies.capacity() {
            // By a quarter: a million tables that are half empty are dear.
            self.bodies.reserve_exact((self.bodies.len() / 4).max(2));
        }
        match &mut self.index {
            None if self.heads.len() < ORDERED => {
                let place = self.heads.partition_point(|other| other.name() < head.name());
                self.heads.insert(place, head);
                self.bodies.insert(place, body);
                place
            }
            None => {
                let names = (0u32..).zip(&self.heads).map(|(place, head)| (head.name(), place));
                self.index = Some(Box::new(names.collect()));
                self.insert(head, body)
            }
            Some(index) => {
                let place = self.heads.len();
                index.insert(head.name(), u32::try_from(place).unwrap_or(u32::MAX));
                self.heads.push(head);
                self.bodies.push(body);
                place
            }
        }
    }

    /// Takes a connection out.
    pub(crate) fn remove(&mut self, place: Place) -> (Head, Body) {
        let Some(index) = &mut self.index else {
            return (self.heads.remove(place), self.bodies.remove(place));
        };
        let taken = (self.heads.swap_remove(place), self.bodies.swap_remove(place));
        index.remove(&taken.0.name());
        if let Some(moved) = self.heads.get(place) {
            index.insert(moved.name(), u32::try_from(place).unwrap_or(u32::MAX));
        }
        taken
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let heads = if self.heads.spilled() { self.heads.capacity() * size_of::<Head>() } else { 0 };
        let index =
            self.index.as_ref().map_or(0, |index| index.len() * size_of::<((u32, Connection), u32)>());
        heads + self.bodies.capacity() * size_of::<Body>() + index
    }

    fn range(&self, peer: u32) -> std::ops::Range<Place> {
        let first = self.heads.iter().position(|head| head.peer == peer).unwrap_or(0);
        let count = self.heads[first..].iter().take_while(|head| head.peer == peer).count();
        first..first + count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(peer: u32, number: u32) -> (Head, Body) {
        let connection = Connection::dialed_as(number);
        let body =
            Body { ready: Time::ZERO, last_arrival: Time::ZERO, far_at: Time::ZERO, delay: Duration::ZERO };
        (Head::new(peer, connection, 0, Time::ZERO), body)
    }

    #[test]
    fn idle_after_thirty_seconds() {
        let mut head = link(1, 1).0;
        assert!(!head.is_idle(Time::from_millis(29_998)));
        assert!(head.is_idle(Time::from_millis(30_001)));
        head.used(Time::from_secs(10));
        assert!(!head.is_idle(Time::from_secs(39)));
    }

    proptest! {
        /// Against an ordered map, through both regimes: same names, same order.
        #[test]
        fn is_an_ordered_map(steps in prop::collection::vec((0u32..40, 0u32..4, 0u8..5), 0..400)) {
            let mut links = Links::default();
            let mut names: BTreeMap<(u32, Connection), ()> = BTreeMap::new();
            for (peer, number, step) in steps {
                let (head, body) = link(peer, number);
                let found = links.find(peer, head.connection);
                prop_assert_eq!(found.is_some(), names.contains_key(&head.name()));
                match found {
                    Some(place) if step == 0 => {
                        prop_assert_eq!(links.remove(place).0.name(), head.name());
                        names.remove(&head.name());
                    }
                    Some(_) => {}
                    None => {
                        let place = links.insert(head, body);
                        prop_assert_eq!(links.head(place).name(), head.name());
                        names.insert(head.name(), ());
                    }
                }
                let all: Vec<_> = links.all().map(|place| links.head(place).name()).collect();
                prop_assert_eq!(&all, &names.keys().copied().collect::<Vec<_>>());
                let with: Vec<_> = links.with(peer).map(|place| links.head(place).name()).collect();
                let expected: Vec<_> = all.into_iter().filter(|(other, _)| *other == peer).collect();
                prop_assert_eq!(with, expected);
            }
        }
    }
}
