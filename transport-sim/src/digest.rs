//! The digest of a run: the history of each slot in one number, and the sum of these.
//!
//! A slot folds in each input that it takes, each event of its protocol and each packet of its that is lost; at
//! the end, the neighbors that it holds. `engine::simulation` sums up the slots.

use floodnet_core::hostile::Deed;
use floodnet_core::observe::Observation;
use floodnet_core::rng::{chain, fold, mix};

use crate::SimProtocol;
use crate::event::Event;

/// What every input of a slot touches: its digest, and what numbers its lives, dials and packets.
pub(crate) struct SlotHistory {
    digest: u64,
    /// Number of the next thing sent or set, over all lives.
    seq: u32,
    pub(crate) id: u32,
    /// How often the slot came up.
    lives: u32,
    /// Number of the next dial, over all lives.
    dials: u32,
}

impl SlotHistory {
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

    /// Folds in an input that the slot takes.
    #[inline]
    pub(crate) fn note_input<P: SimProtocol>(&mut self, event: &Event<P>) {
        let carried = event.what.message().and_then(P::carried);
        let hops = carried.map_or(0, |carried| u64::from(carried.hops));
        let kind = (event.rank as u64) << 16 | hops;
        // One number of the three, spread by odd factors.
        let time = event.time.as_nanos().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let source = u64::from(event.from) << 32 | u64::from(self.incarnation());
        self.note(time.rotate_left(32) ^ source ^ kind << 17);
    }

    /// Folds in what the protocol tells.
    #[inline]
    pub(crate) fn note_observation(&mut self, observation: &Observation<u32, u32>) {
        self.note(observation_hash(observation));
    }

    /// Folds in that a packet is lost, and why.
    pub(crate) fn note_loss(&mut self, reason: &str) {
        self.note(name_hash(reason));
    }

    #[inline]
    fn note(&mut self, what: u64) {
        self.digest = chain(self.digest, what);
    }

    /// The slot's part of the run's digest, with the neighbors that it holds at the end.
    pub(crate) fn finish(&self, neighbors: &[u32]) -> u64 {
        let held = neighbors.iter().fold(self.digest, |digest, &peer| chain(digest, u64::from(peer)));
        mix(fold(u64::from(self.id), held))
    }

    /// Where the processor may fetch from to have all of this in its cache.
    #[inline(always)]
    pub(crate) const fn first_word(&self) -> &u64 {
        &self.digest
    }
}

/// What the digest knows of an event of the protocol.
#[inline]
fn observation_hash(observation: &Observation<u32, u32>) -> u64 {
    let with = |kind: u64, value: u64| kind << 56 | value;
    match *observation {
        Observation::Published(message) => with(1, u64::from(message)),
        Observation::Delivered { message, hops } => with(2, u64::from(message) << 16 | u64::from(hops)),
        Observation::Duplicate(message) => with(3, u64::from(message)),
        Observation::NeighborUp(peer) => with(4, u64::from(peer)),
        Observation::NeighborDown(peer) => with(5, u64::from(peer)),
        Observation::Repair => with(6, 0),
        Observation::Dropped(reason) => with(7, name_hash(reason) >> 8),
        Observation::Other => with(8, 0),
        Observation::Count(measure, by) => with(9, fold(name_hash(measure.name), by) >> 8),
        Observation::Record(measure, value) => with(10, fold(name_hash(measure.name), value) >> 8),
        Observation::Deed(deed) => with(11, deed_hash(deed)),
        Observation::Failed(peer) => with(12, u64::from(peer)),
    }
}

/// What the digest knows of what an adversary did. Below 2^56.
fn deed_hash(deed: Deed<u32, u32>) -> u64 {
    let with = |kind: u64, value: u64| mix(fold(kind, value)) >> 8;
    match deed {
        Deed::Dropped { payload } => with(1, u64::from(payload)),
        Deed::Delayed(by) => with(2, by.as_nanos()),
        Deed::Ignored => with(3, 0),
        Deed::Repeated => with(4, 0),
        Deed::Forged => with(5, 0),
        Deed::Lied => with(6, 0),
        Deed::Heard { message, from } => with(7, u64::from(message) << 32 | u64::from(from)),
    }
}

/// A hash of a reason's name.
#[inline]
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0, |hash, byte| fold(hash, u64::from(byte)))
}
