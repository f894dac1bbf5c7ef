//! The connections of a slot, by peer and name.
//!
//! Each packet looks one up, a million times a second and in a million slots. So a table is one piece of memory,
//! asked for ahead, in which the connections of a node of usual degree are found by a scan. A node that
//! thousands dial (an entry node) gets an index.
//!
//! There are as many connections as anything in a large run, so each takes 40 bytes, with room for one to come
//! and none for those that went. With names apart from the rest, eight of them in each table, and every time in
//! full, 100,000 nodes took 170 bytes more each after the tutorial's walk and 250 after the default one, and a
//! flood was slower by 7 %.

use std::collections::BTreeMap;

use floodnet_core::time::{Duration, Time};
use prefetch_index::prefetch_index;

use crate::event::Connection;

/// A connection that nobody keeps as a neighbor closes after this long without a packet.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

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
///
/// Packed, since there are millions: its fields can be copied and set, but not borrowed.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Body {
    pub(crate) departure: Departure,
    /// Arrival of the last packet in this direction: none arrives earlier.
    pub(crate) last_arrival: Time,
    /// At the end that dialed: when the SYN reached the other node. At the end that accepted: when the other
    /// node dialed.
    pub(crate) far_at: Time,
}

/// What decides when a packet leaves, in one word: the [time](Self::not_before) before which nothing does, or
/// the [delay](Self::at_once) of all that leaves at once. The delay could be looked up for each packet instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Departure(u64);

impl Departure {
    /// Set in a delay.
    const AT_ONCE: u64 = 1 << 63;

    /// Nothing leaves before: the handshake is under way until then. Later, where packets may be lost, the time
    /// when the last one leaves or left.
    #[inline]
    pub(crate) fn not_before(time: Time) -> Self {
        Self(time.as_nanos().min(Self::AT_ONCE - 1))
    }

    /// Whatever is sent leaves at once and takes this long, but for jitter and faults.
    pub(crate) fn at_once(delay: Duration) -> Self {
        Self(delay.as_nanos() | Self::AT_ONCE)
    }

    /// The delay, if packets leave at once.
    #[inline]
    pub(crate) const fn delay(self) -> Option<Duration> {
        if self.0 & Self::AT_ONCE == 0 { None } else { Some(Duration::from_nanos(self.0 & !Self::AT_ONCE)) }
    }

    /// The time before which nothing leaves: long ago, if packets leave at once.
    #[inline]
    pub(crate) fn ready(self) -> Time {
        self.delay().map_or(Time::from_nanos(self.0), |_| Time::ZERO)
    }
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

/// A connection: what a receiver touches, and what only a sender needs.
#[derive(Clone, Copy, Debug)]
struct Link {
    head: Head,
    body: Body,
}

/// See the module.
#[derive(Default)]
#[repr(align(32))] // two to a line of the cache, none across two
#[expect(clippy::box_collection, reason = "one word in each of a million tables, nearly always empty")]
pub(crate) struct LinkTable {
    /// Ordered by name as long as there is no index.
    links: Vec<Link>,
    /// Place of each name, where there are many.
    index: Option<Box<BTreeMap<(u32, Connection), u32>>>,
}

impl LinkTable {
    /// Asks the processor to have in its cache soon what the table keeps elsewhere.
    #[inline]
    pub(crate) fn prefetch(&self) {
        (0..self.links.len().min(ORDERED / 4)).for_each(|place| prefetch_index(&self.links, place));
    }

    pub(crate) fn head(&self, place: Place) -> &Head {
        &self.links[place].head
    }

    pub(crate) fn head_mut(&mut self, place: Place) -> &mut Head {
        &mut self.links[place].head
    }

    pub(crate) fn body(&self, place: Place) -> &Body {
        &self.links[place].body
    }

    pub(crate) fn body_mut(&mut self, place: Place) -> &mut Body {
        &mut self.links[place].body
    }

    /// The place of this connection.
    #[inline]
    pub(crate) fn find(&self, peer: u32, connection: Connection) -> Option<Place> {
        match &self.index {
            None => self.links.iter().position(|link| link.name() == (peer, connection)),
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
        self.with(peer).filter(|&place| !self.head(place).is_closing)
    }

    /// The connection that packets to `peer` take: of several the last by name.
    #[inline]
    pub(crate) fn open_to(&self, peer: u32) -> Option<Place> {
        match &self.index {
            None => self.links.iter().rposition(|link| link.head.peer == peer && !link.head.is_closing),
            Some(_) => self.open_with(peer).next_back(),
        }
    }

    /// When all that was sent to the peer of this connection has arrived, on whatever connection.
    #[inline]
    pub(crate) fn last_arrival_beside(&self, place: Place) -> Time {
        let Link { head, body } = &self.links[place];
        if self.index.is_some() {
            return self.last_arrival(head.peer);
        }
        // In order, other connections with the same peer stand beside it. Most often there is none.
        let is_same = |other: &&Link| other.head.peer == head.peer;
        let behind = self.links[place + 1..].iter().take_while(is_same);
        let before = self.links[..place].iter().rev().take_while(is_same);
        behind.chain(before).fold(body.last_arrival, |latest, other| latest.max(other.body.last_arrival))
    }

    /// When all that was sent to `peer` has arrived, on whatever connection.
    #[inline(never)]
    pub(crate) fn last_arrival(&self, peer: u32) -> Time {
        self.with(peer).map(|place| self.body(place).last_arrival).max().unwrap_or(Time::ZERO)
    }

    /// All places, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = Place> + use<'_> {
        let ordered = if self.index.is_none() { 0..self.links.len() } else { 0..0 };
        ordered.chain(self.index.iter().flat_map(|index| index.values().map(|&place| place as usize)))
    }

    /// All who are at the other end of some connection, ascending.
    #[inline]
    pub(crate) fn peers(&self) -> Vec<u32> {
        let mut peers: Vec<u32> = self.all().map(|place| self.head(place).peer).collect();
        peers.dedup();
        peers
    }

    /// Adds a connection under a name that is not in the table.
    pub(crate) fn insert(&mut self, head: Head, body: Body) -> Place {
        if self.links.len() == self.links.capacity() {
            self.links.reserve_exact(room(self.links.len()));
        }
        let link = Link { head, body };
        match &mut self.index {
            None if self.links.len() < ORDERED => {
                let place = self.links.partition_point(|other| other.name() < link.name());
                self.links.insert(place, link);
                place
            }
            None => {
                let names = (0u32..).zip(&self.links).map(|(place, link)| (link.name(), place));
                self.index = Some(Box::new(names.collect()));
                self.insert(head, body)
            }
            Some(index) => {
                let place = self.links.len();
                index.insert(link.name(), u32::try_from(place).unwrap_or(u32::MAX));
                self.links.push(link);
                place
            }
        }
    }

    /// Takes a connection out.
    pub(crate) fn remove(&mut self, place: Place) -> (Head, Body) {
        let taken = if let Some(index) = &mut self.index {
            let taken = self.links.swap_remove(place);
            index.remove(&taken.name());
            if let Some(moved) = self.links.get(place) {
                index.insert(moved.name(), u32::try_from(place).unwrap_or(u32::MAX));
            }
            taken
        } else {
            self.links.remove(place)
        };
        if self.links.capacity() > self.links.len() + room(self.links.len()) {
            self.links.shrink_to_fit();
        }
        (taken.head, taken.body)
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let index =
            self.index.as_ref().map_or(0, |index| index.len() * size_of::<((u32, Connection), u32)>());
        self.links.capacity() * size_of::<Link>() + index
    }

    #[inline]
    fn range(&self, peer: u32) -> std::ops::Range<Place> {
        let first = self.links.iter().position(|link| link.head.peer == peer).unwrap_or(0);
        let count = self.links[first..].iter().take_while(|link| link.head.peer == peer).count();
        first..first + count
    }
}

impl Link {
    const fn name(&self) -> (u32, Connection) {
        self.head.name()
    }
}

/// How much room a table of so many makes for more: a connection at a time, until that is slow.
const fn room(count: usize) -> usize {
    if count < 16 { 1 } else { count / 4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link(peer: u32, number: u32) -> (Head, Body) {
        let connection = Connection::dialed_as(number);
        let (departure, far_at) = (Departure::not_before(Time::ZERO), Time::ZERO);
        let body = Body { departure, last_arrival: far_at, far_at };
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
            let mut links = LinkTable::default();
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
