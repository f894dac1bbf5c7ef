//! The bounded memory of messages seen.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::hash::{BuildHasher, Hash, Hasher};

use arrayvec::ArrayVec;
use hashbrown::HashSet;

use crate::rng::fold;
use crate::time::{Duration, Time};

/// Bounds of a [`SeenCache`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLimits {
    /// How many ids are kept; none for no bound (the tutorial's). Default 65,536.
    pub most: Option<u32>,
    /// How long an id is kept; none for ever (the tutorial's). Default 15 minutes.
    pub keep: Option<Duration>,
}

impl SeenLimits {
    /// No bounds: the memory grows with every message.
    pub const UNLIMITED: Self = Self { most: None, keep: None };
}

impl Default for SeenLimits {
    fn default() -> Self {
        Self { most: Some(65_536), keep: Some(Duration::from_secs(15 * 60)) }
    }
}

/// Up to this many ids are kept inside the node, where a scan is quicker than a hash: in a run of a million
/// nodes the memory of each is touched with the node itself.
const INLINE: usize = 16;

/// An id and when it came, in whole milliseconds.
#[derive(Clone, Copy, Debug)]
struct Entry<Id> {
    id: Id,
    since_ms: u32,
}

/// Remembers ids in the order in which they came; the oldest go first, by number or by age. Ages are
/// counted in whole milliseconds, up to 49 days.
#[derive(Clone, Debug)]
pub struct SeenCache<Id>(Memory<Id>);

#[derive(Clone, Debug)]
enum Memory<Id> {
    /// In order, the oldest first.
    Few(ArrayVec<Entry<Id>, INLINE>),
    Many(Box<Many<Id>>),
}

/// More than [`INLINE`] ids.
#[derive(Clone, Debug)]
struct Many<Id> {
    order: VecDeque<Entry<Id>>,
    /// The same ids. Never iterated, so its order decides nothing.
    index: HashSet<Id, FixedState>,
}

impl<Id> Default for SeenCache<Id> {
    fn default() -> Self {
        Self(Memory::Few(ArrayVec::new_const()))
    }
}

impl<Id: Copy + Eq + Hash> SeenCache<Id> {
    /// Remembers `id` and says whether it is new. What is older than `limits.keep` at `now` is forgotten
    /// first; when `limits.most` ids are kept, the oldest makes room.
    #[inline]
    pub fn insert(&mut self, id: Id, now: Time, limits: &SeenLimits) -> bool {
        let now_ms = (now.as_nanos() / 1_000_000) as u32;
        if let Some(keep) = limits.keep {
            let keep_ms = keep.as_nanos() / 1_000_000;
            while self
                .oldest()
                .is_some_and(|oldest| u64::from(now_ms.wrapping_sub(oldest.since_ms)) > keep_ms)
            {
                self.forget_oldest();
            }
        }
        if self.contains(id) {
            return false;
        }
        if limits.most.is_some_and(|most| self.len() >= most as usize) {
            self.forget_oldest();
        }
        if limits.most != Some(0) {
            self.remember(Entry { id, since_ms: now_ms });
        }
        true
    }

    /// How many ids are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Memory::Few(few) => few.len(),
            Memory::Many(many) => many.order.len(),
        }
    }

    /// Whether no id is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn contains(&self, id: Id) -> bool {
        match &self.0 {
            // The latest are the likeliest to come again.
            Memory::Few(few) => few.iter().rev().any(|entry| entry.id == id),
            Memory::Many(many) => many.index.contains(&id),
        }
    }

    fn oldest(&self) -> Option<&Entry<Id>> {
        match &self.0 {
            Memory::Few(few) => few.first(),
            Memory::Many(many) => many.order.front(),
        }
    }

    fn remember(&mut self, entry: Entry<Id>) {
        match &mut self.0 {
            Memory::Few(few) if !few.is_full() => few.push(entry),
            Memory::Few(few) => {
                let order: VecDeque<_> = few.iter().copied().chain([entry]).collect();
                let index = order.iter().map(|entry| entry.id).collect();
                self.0 = Memory::Many(Box::new(Many { order, index }));
            }
            Memory::Many(many) => {
                many.index.insert(entry.id);
                many.order.push_back(entry);
            }
        }
    }

    fn forget_oldest(&mut self) {
        match &mut self.0 {
            Memory::Few(few) => {
                few.pop_at(0);
            }
            Memory::Many(many) => {
                if let Some(oldest) = many.order.pop_front() {
                    many.index.remove(&oldest.id);
                }
            }
        }
    }
}

/// A hasher without a secret: the same on every machine and in every run.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedState;

impl BuildHasher for FixedState {
    type Hasher = FixedHasher;
    fn build_hasher(&self) -> FixedHasher {
        FixedHasher(0)
    }
}

/// See [`FixedState`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedHasher(u64);

impl Hasher for FixedHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0, value);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const LIMITS: SeenLimits = SeenLimits { most: Some(3), keep: Some(Duration::from_secs(10)) };

    #[test]
    fn the_oldest_makes_room_and_age_forgets() {
        let mut seen = SeenCache::default();
        for id in 1..=3u32 {
            assert!(seen.insert(id, Time::from_secs(u64::from(id)), &LIMITS));
        }
        assert!(!seen.insert(1, Time::from_secs(3), &LIMITS), "still remembered");
        assert!(seen.insert(4, Time::from_secs(3), &LIMITS));
        assert_eq!(seen.len(), 3);
        assert!(seen.insert(1, Time::from_secs(3), &LIMITS), "made room for 4");
        // 3 and 4 came at second 3 and are kept for ten seconds: to the end of second 13.
        assert!(!seen.insert(4, Time::from_secs(13), &LIMITS));
        assert!(seen.insert(4, Time::from_millis(13_001), &LIMITS));
    }

    #[test]
    fn unlimited_keeps_everything() {
        let mut seen = SeenCache::default();
        for id in 0..100_000u32 {
            assert!(seen.insert(id, Time::MAX, &SeenLimits::UNLIMITED));
        }
        assert!(!seen.insert(0, Time::MAX, &SeenLimits::UNLIMITED));
        assert_eq!(seen.len(), 100_000);
    }

    proptest! {
        /// Against a list that is scanned: the same answers, within the bounds, through both regimes.
        #[test]
        fn behaves_as_a_list(ids in prop::collection::vec((0u32..60, 0u64..3), 0..300), most in 0u32..40) {
            let limits = SeenLimits { most: Some(most), keep: Some(Duration::from_secs(20)) };
            let mut seen = SeenCache::default();
            let mut list: Vec<(u32, Time)> = Vec::new();
            let mut now = Time::ZERO;
            for (id, step) in ids {
                now = now + Duration::from_secs(step);
                list.retain(|(_, since)| now.since(*since) <= Duration::from_secs(20));
                let new = list.iter().all(|(known, _)| *known != id);
                if new {
                    if list.len() >= most as usize && !list.is_empty() {
                        list.remove(0);
                    }
                    if most > 0 {
                        list.push((id, now));
                    }
                }
                prop_assert_eq!(seen.insert(id, now, &limits), new);
                prop_assert_eq!(seen.len(), list.len());
            }
        }
    }
}
