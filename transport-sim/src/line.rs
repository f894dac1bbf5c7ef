//! The network side of a slot: its connections, its access line, its sequence and its digest.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use floodnet_core::rng::{fold, mix};
use floodnet_core::time::{Duration, Time};

use crate::event::Connection;
use crate::uplink::Uplink;

/// This end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Nothing leaves before: the handshake is under way until then.
    pub(crate) ready: Time,
    /// Arrival of the last packet in this direction: none arrives earlier.
    pub(crate) last_arrival: Time,
    /// At the end that dialed: when the SYN reached the other node. At the end that accepted: when the other
    /// node dialed.
    pub(crate) far_at: Time,
    /// Incarnation of the node at the other end.
    pub(crate) peer_life: u32,
    /// When a packet was last sent or received.
    pub(crate) last_use: Time,
    /// One-way delay of this direction, where it is the same for each packet.
    pub(crate) delay: Duration,
    pub(crate) state: LinkState,
    /// This end says goodbye: behind data that waits in the uplink, then on the way to the peer.
    pub(crate) is_closing: bool,
}

impl Link {
    /// Whether the connection carried nothing for [`IDLE`], and waits for nothing.
    pub(crate) fn is_idle(&self, now: Time) -> bool {
        self.state == LinkState::Live && !self.is_closing && now.since(self.last_use) >= IDLE
    }
}

/// A connection that nobody keeps as a neighbor closes after this long without a packet.
pub(crate) const IDLE: Duration = Duration::from_secs(30);

/// What a connection is good for, seen from this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    Live,
    /// The dial gets no answer; this will be told when it has waited long enough.
    Failing,
    /// Nothing gets through any more; the end is known and will be told when it comes.
    Broken,
}

/// See the module.
pub(crate) struct Line<M> {
    pub(crate) id: u32,
    /// Incarnation of the present or last life; 0 for the first.
    pub(crate) incarnation: u32,
    /// How often the slot came up.
    pub(crate) lives: u32,
    /// Number of the next dial.
    pub(crate) dials: u32,
    /// Number of the next thing sent or set, over all lives.
    pub(crate) seq: u64,
    pub(crate) digest: u64,
    /// Connections by peer and name. Streams only.
    pub(crate) links: BTreeMap<(u32, Connection), Link>,
    /// When idle connections were last looked for.
    pub(crate) swept: Time,
    /// Packets sent to each peer so far, SYNs and goodbyes among them. Only where a draw needs the count.
    pub(crate) counts: Counts,
    /// Present where the uplink is limited.
    pub(crate) uplink: Option<Box<Uplink<M>>>,
    /// When the limited downlink has taken in all that reached it.
    pub(crate) downlink_free: Time,
}

impl<M> Line<M> {
    pub(crate) fn new(id: u32, up: Option<u64>) -> Self {
        Self {
            id,
            incarnation: 0,
            lives: 0,
            dials: 0,
            seq: 0,
            digest: mix(u64::from(id)),
            links: BTreeMap::new(),
            swept: Time::ZERO,
            counts: Counts::default(),
            uplink: up.map(|rate| Box::new(Uplink::new(rate))),
            downlink_free: Time::ZERO,
        }
    }

    pub(crate) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Folds one thing that happened into the slot's history.
    #[inline]
    pub(crate) fn note(&mut self, what: u64) {
        self.digest = fold(self.digest, what);
    }

    /// The connections with `peer` that this end has not closed.
    pub(crate) fn links_with(&self, peer: u32) -> impl DoubleEndedIterator<Item = (Connection, &Link)> {
        self.links
            .range(all_with(peer))
            .filter(|(_, link)| !link.is_closing)
            .map(|((_, connection), link)| (*connection, link))
    }

    /// A connection, and when all that was sent to the peer has arrived, on this connection or another.
    pub(crate) fn link(&mut self, peer: u32, connection: Connection) -> Option<(&mut Link, Time)> {
        let (mut found, mut last_arrival) = (None, Time::ZERO);
        for ((_, name), link) in self.links.range_mut(all_with(peer)) {
            last_arrival = last_arrival.max(link.last_arrival);
            if *name == connection {
                found = Some(link);
            }
        }
        found.map(|link| (link, last_arrival))
    }
}

/// The names of all connections with `peer`.
fn all_with(peer: u32) -> RangeInclusive<(u32, Connection)> {
    let first = Connection { number: 0, dialed: false };
    let last = Connection { number: u32::MAX, dialed: true };
    (peer, first)..=(peer, last)
}

/// How many packets went to each peer: pairs by peer, ascending. A vector, because there are few peers and
/// each packet asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Vec<(u32, u32)>);

impl Counts {
    /// The count for `peer`, 0 at first.
    #[inline]
    pub(crate) fn of(&mut self, peer: u32) -> &mut u32 {
        let place = match self.0.binary_search_by_key(&peer, |(peer, _)| *peer) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (peer, 0));
                place
            }
        };
        &mut self.0[place].1
    }

    /// Whether `peer` was ever asked for.
    pub(crate) fn knows(&self, peer: u32) -> bool {
        self.0.binary_search_by_key(&peer, |(peer, _)| *peer).is_ok()
    }
}

/// Time that `bytes` take on a line of `rate` bits per second, rounded up to whole nanoseconds.
pub(crate) fn transfer_time(bytes: u32, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
