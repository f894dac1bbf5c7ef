//! The history of a slot: a digest of all that it took in and did, and what numbers its lives, dials and packets.

use floodnet_core::rng::{chain, mix};

/// What every input of a slot touches: its history and its sequence.
pub(crate) struct SlotHistory {
    pub(crate) digest: u64,
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

    /// Folds one thing that happened into the slot's history.
    #[inline]
    pub(crate) fn note(&mut self, what: u64) {
        self.digest = chain(self.digest, what);
    }
}
