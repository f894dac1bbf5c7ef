//! How slots are divided into shards.

use std::ops::Range;

/// How slots are divided into shards: consecutive, of equal size but for the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Division {
    slots: u32,
    shards: u32,
    size: u32,
}

impl Division {
    /// `slots` slots into `shards` shards, at least one.
    pub(crate) fn new(slots: u32, shards: usize) -> Self {
        let shards = u32::try_from(shards).unwrap_or(u32::MAX).max(1);
        Self { slots, shards, size: slots.div_ceil(shards).max(1) }
    }

    /// The slots of each shard.
    pub(crate) fn ranges(self) -> Vec<Range<u32>> {
        let bound = |shard: u32| shard.saturating_mul(self.size).min(self.slots);
        (0..self.shards).map(|shard| bound(shard)..bound(shard + 1)).collect()
    }

    /// Number of the shard that a slot is in.
    #[inline]
    pub(crate) const fn shard_of(self, slot: u32) -> usize {
        (slot / self.size) as usize
    }
}
