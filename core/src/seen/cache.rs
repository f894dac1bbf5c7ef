//! The memory for ids of any kind.

use alloc::collections::VecDeque;
use core::fmt;
use core::hash::{BuildHasherDefault, Hash, Hasher};

use arrayvec::ArrayVec;
use hashbrown::HashSet;

use super::{Entry, Seen, SeenLimits, whole_ms};
use crate::rng::fold;
use crate::time::Time;

/// Up to this many ids are kept inside the node, where a scan is quicker than a hash: in a run of a million
/// nodes the memory of each is touched with the node itself.
const INLINE: usize = 16;

/// Remembers ids of any kind: the first few in place, more of them in a hash table.
#[derive(Clone, Debug)]
pub struct SeenCache<Id> {
    /// When the oldest came. Kept beside the ids, so that the check for expired ids does not touch the queue.
    oldest_ms: u32,
    memory: Memory<Id>,
}

/// The variant of many ids is not boxed: so the check of a duplicate goes from the node straight into the hash
/// table.
#[derive(Clone, Debug)]
enum Memory<Id> {
    /// In order, the oldest first.
    Few(ArrayVec<Entry<Id>, INLINE>),
    /// More than [`INLINE`], at least once.
    Many {
        order: VecDeque<Entry<Id>>,
        /// The same ids. Never iterated, so its order decides nothing.
        index: HashSet<Id, FixedState>,
    },
}

impl<Id> Default for SeenCache<Id> {
    fn default() -> Self {
        Self { oldest_ms: 0, memory: Memory::Few(ArrayVec::new_const()) }
    }
}

impl<Id: Copy + Eq + Hash + fmt::Debug> Seen<Id> for SeenCache<Id> {
    #[inline]
    fn insert(&mut self, id: Id, now: Time, limits: &SeenLimits) -> bool {
        let now_ms = whole_ms(now);
        if limits.forget(self.oldest_ms, now_ms) {
            self.forget_aged(now_ms, limits);
        }
        if self.contains(id) {
            return false;
        }
        if limits.capacity.is_some_and(|capacity| self.len() >= capacity as usize) {
            self.forget_oldest();
        }
        if limits.capacity != Some(0) {
            self.remember(Entry { id, since_ms: now_ms });
        }
        true
    }

    #[inline]
    fn contains(&self, id: Id) -> bool {
        match &self.memory {
            // Searched from the back: a recent message is the most likely to come again.
            Memory::Few(few) => few.iter().rev().any(|entry| entry.id == id),
            Memory::Many { index, .. } => index.contains(&id),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        match &self.memory {
            Memory::Few(few) => few.len(),
            Memory::Many { order, .. } => order.len(),
        }
    }
}

impl<Id: Copy + Eq + Hash + fmt::Debug> SeenCache<Id> {
    /// When the oldest came; meaningless while there is none.
    pub(super) const fn oldest_ms(&self) -> u32 {
        self.oldest_ms
    }

    fn oldest(&self) -> Option<&Entry<Id>> {
        match &self.memory {
            Memory::Few(few) => few.first(),
            Memory::Many { order, .. } => order.front(),
        }
    }

    #[cold]
    fn forget_aged(&mut self, now_ms: u32, limits: &SeenLimits) {
        while !self.is_empty() && limits.forget(self.oldest_ms, now_ms) {
            self.forget_oldest();
        }
    }

    /// `entry` is not remembered yet.
    pub(super) fn remember(&mut self, entry: Entry<Id>) {
        if self.is_empty() {
            self.oldest_ms = entry.since_ms;
        }
        match &mut self.memory {
            Memory::Few(few) if !few.is_full() => few.push(entry),
            Memory::Few(few) => {
                let order: VecDeque<_> = few.iter().copied().chain([entry]).collect();
                let index = order.iter().map(|entry| entry.id).collect();
                self.memory = Memory::Many { order, index };
            }
            Memory::Many { order, index } => {
                index.insert(entry.id);
                order.push_back(entry);
            }
        }
    }

    pub(super) fn forget_oldest(&mut self) {
        match &mut self.memory {
            Memory::Few(few) => {
                few.pop_at(0);
            }
            Memory::Many { order, index } => {
                if let Some(oldest) = order.pop_front() {
                    index.remove(&oldest.id);
                }
            }
        }
        if let Some(oldest) = self.oldest() {
            self.oldest_ms = oldest.since_ms;
        }
    }
}

/// Makes a hasher without a secret: the same on every machine and in every run.
pub type FixedState = BuildHasherDefault<FixedHasher>;

/// Hashes an id as [`FixedState`] says.
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedHasher(u64);

impl Hasher for FixedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }
    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.0 = fold(self.0, value);
    }
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
