//! The network side of a slot: its history and sequence, its access line, its counts of packets by link.

use floodnet_core::rng::{fold_spread, mix};
use floodnet_core::time::{Duration, Time};

use smallvec::SmallVec;

use crate::uplink::Uplink;

/// What every input of a slot touches: its history and its sequence.
pub(crate) struct Line {
    pub(crate) digest: u64,
    /// Number of the next thing sent or set, over all lives.
    seq: u32,
    pub(crate) id: u32,
    /// Incarnation of the present or last life; 0 for the first.
    pub(crate) incarnation: u32,
    /// How often the slot came up.
    pub(crate) lives: u32,
}

/// The slot's access to the network.
pub(crate) struct Access<M> {
    /// Number of the next dial.
    pub(crate) dials: u32,
    /// When idle connections were last looked for.
    pub(crate) swept: Time,
    /// Present where the uplink is limited.
    pub(crate) uplink: Option<Box<Uplink<M>>>,
    /// When the limited downlink has taken in all that reached it.
    pub(crate) downlink_free: Time,
}

impl<M> Access<M> {
    /// With an uplink of so many bits per second, if it is limited.
    pub(crate) fn new(up: Option<u64>) -> Self {
        let uplink = up.map(|rate| Box::new(Uplink::new(rate)));
        Self { dials: 0, swept: Time::ZERO, uplink, downlink_free: Time::ZERO }
    }
}

impl Line {
    pub(crate) const fn new(id: u32) -> Self {
        Self { id, incarnation: 0, lives: 0, seq: 0, digest: mix(id as u64) }
    }

    #[inline]
    pub(crate) const fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.seq
    }

    /// Folds one thing that happened into the slot's history.
    #[inline]
    pub(crate) fn note(&mut self, what: u64) {
        self.digest = fold_spread(self.digest, what.wrapping_mul(0xd6e8_feb8_6659_fd93));
    }
}

/// How many packets went to each peer: pairs by peer, ascending. Only where a draw needs the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pairs: SmallVec<[(u32, u32); 8]>,
    /// Where the last one was found. A node that floods asks for its neighbors one after the other.
    last: u32,
}

impl Counts {
    /// The count for `peer`, 0 at first.
    #[inline(always)]
    pub(crate) fn of(&mut self, peer: u32) -> &mut u32 {
        // It skips the one from whom the message came, and begins again at the first.
        let next = self.last as usize + 1;
        let pairs = self.pairs.as_slice();
        let is_at = |place: usize| pairs.get(place).is_some_and(|pair| pair.0 == peer);
        let place = if is_at(next) {
            next
        } else if is_at(next + 1) {
            next + 1
        } else if is_at(0) {
            0
        } else {
            self.place(peer)
        };
        self.last = place as u32;
        &mut self.pairs[place].1
    }

    /// Whether `peer` was ever asked for.
    pub(crate) fn knows(&self, peer: u32) -> bool {
        self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer).is_ok()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.pairs.spilled() { self.pairs.capacity() * size_of::<(u32, u32)>() } else { 0 }
    }

    #[inline(never)]
    fn place(&mut self, peer: u32) -> usize {
        match self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer) {
            Ok(place) => place,
            Err(place) => {
                self.pairs.insert(place, (peer, 0));
                place
            }
        }
    }
}

/// Time that `bytes` take on a line of `rate` bits per second, rounded up to whole nanoseconds.
pub(crate) fn transfer_time(bytes: u32, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
