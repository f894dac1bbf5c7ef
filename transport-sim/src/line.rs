//! The network side of a slot: its history and sequence, its access line, its counts of packets by link.

use floodnet_core::rng::{chain, mix};
use floodnet_core::time::{Duration, Time};

use smallvec::SmallVec;

use crate::link::Class;
use crate::uplink::Uplink;

/// What every input of a slot touches: its history and its sequence.
pub(crate) struct Line {
    pub(crate) digest: u64,
    /// Number of the next thing sent or set, over all lives.
    seq: u32,
    pub(crate) id: u32,
    /// How often the slot came up.
    lives: u32,
    /// Number of the next dial, over all lives.
    dials: u32,
}

/// The slot's access to the network.
pub(crate) struct Access<M> {
    /// When idle connections were last looked for.
    pub(crate) swept: Time,
    /// Present where a direction is limited.
    limits: Option<Box<Limits<M>>>,
}

const _: () = assert!(size_of::<Access<u32>>() == 16, "in each of a million slots");

/// A limited access line.
struct Limits<M> {
    uplink: Option<Uplink<M>>,
    /// When the downlink has taken in all that reached it.
    downlink_free: Time,
}

impl<M> Access<M> {
    /// Of a slot of this class.
    pub(crate) fn new(class: &Class) -> Self {
        let is_limited = class.up.is_some() || class.down.is_some();
        let limits = || Limits { uplink: class.up.map(Uplink::new), downlink_free: Time::ZERO };
        Self { swept: Time::ZERO, limits: is_limited.then(limits).map(Box::new) }
    }

    /// The limited uplink, if it is limited.
    #[inline]
    pub(crate) fn uplink(&self) -> Option<&Uplink<M>> {
        self.limits.as_ref()?.uplink.as_ref()
    }

    /// As [`uplink`](Self::uplink), to change it.
    pub(crate) fn uplink_mut(&mut self) -> Option<&mut Uplink<M>> {
        self.limits.as_mut()?.uplink.as_mut()
    }

    /// Something takes this long on the limited downlink, behind what is there. When it is through.
    pub(crate) fn take_in(&mut self, now: Time, takes: Duration) -> Time {
        let Some(limits) = &mut self.limits else { return now + takes };
        limits.downlink_free = now.max(limits.downlink_free) + takes;
        limits.downlink_free
    }
}

impl Line {
    pub(crate) const fn new(id: u32) -> Self {
        Self { id, lives: 0, dials: 0, seq: 0, digest: mix(id as u64) }
    }

    /// Incarnation of the present or last life: 0 for the first, and before it.
    #[inline]
    pub(crate) const fn incarnation(&self) -> u32 {
        self.lives.saturating_sub(1)
    }

    /// The next life begins. Returns its incarnation.
    pub(crate) const fn come_up(&mut self) -> u32 {
        self.lives += 1;
        self.incarnation()
    }

    pub(crate) const fn next_dial(&mut self) -> u32 {
        let dial = self.dials;
        self.dials = dial.wrapping_add(1);
        dial
    }

    #[inline]
    pub(crate) const fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.wrapping_add(1);
        self.seq
    }

    /// Folds one thing that happened into the slot's history.
    #[inline]
    pub(crate) fn note(&mut self, what: u64) {
        self.digest = chain(self.digest, what);
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
    /// Counts one more packet to `peer`. Returns its number: 1 for the first, modulo 2^32.
    #[inline(always)]
    pub(crate) fn next(&mut self, peer: u32) -> u32 {
        let Self { pairs, last } = self;
        let pairs = pairs.as_mut_slice();
        let next = *last as usize + 1;
        // It skips the one from whom the message came, and begins again at the first.
        for place in [next, next + 1, 0] {
            if let Some((known, count)) = pairs.get_mut(place)
                && *known == peer
            {
                *last = place as u32;
                *count = count.wrapping_add(1);
                return *count;
            }
        }
        self.next_elsewhere(peer)
    }

    /// As [`next`](Self::next), wherever `peer` stands.
    #[inline(never)]
    fn next_elsewhere(&mut self, peer: u32) -> u32 {
        // The first message goes to one after the other.
        if self.pairs.last().is_none_or(|last| last.0 < peer) {
            self.last = self.pairs.len() as u32;
            self.pairs.push((peer, 1));
            return 1;
        }
        let place = self.place(peer);
        self.last = place as u32;
        let count = &mut self.pairs[place].1;
        *count = count.wrapping_add(1);
        *count
    }

    /// Knows `peer` from now on.
    pub(crate) fn note(&mut self, peer: u32) {
        self.place(peer);
    }

    /// Whether `peer` was ever counted or noted.
    pub(crate) fn knows(&self, peer: u32) -> bool {
        self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer).is_ok()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.pairs.spilled() { self.pairs.capacity() * size_of::<(u32, u32)>() } else { 0 }
    }

    /// Where `peer` stands, from now on if it did not.
    fn place(&mut self, peer: u32) -> usize {
        let found = self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer);
        found.unwrap_or_else(|place| {
            self.pairs.insert(place, (peer, 0));
            place
        })
    }
}

/// Time that `bytes` take on a line of `rate` bits per second, rounded up to whole nanoseconds.
pub(crate) fn transfer_time(bytes: u32, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
