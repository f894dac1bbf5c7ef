//! A set of keys, its sums and its parts.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{Content, Key, LEAF, MAX_LISTED, MAX_RANGES, Message, PARTS, Range};
use crate::rng::{chain, fold, mix};

/// The keys that a node holds.
///
/// A sum is computed anew from all keys of its range, about 15 ns each: kept sums could not depend on a salt.
#[derive(Clone, Debug, Default)]
pub struct KeySet(BTreeSet<Key>);

/// A range in which two nodes hold different keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) start: Key,
    pub(super) end: Key,
    /// How many keys this node holds there.
    pub(super) count: usize,
}

impl Difference {
    /// Ranges and keys that it takes in an answer, at most.
    const fn weight(&self) -> (usize, usize) {
        // One range more, for a gap before it.
        if self.count <= LEAF { (2, self.count) } else { (PARTS + 1, 0) }
    }
}

impl KeySet {
    /// Adds a key; false if it was there.
    pub fn insert(&mut self, key: Key) -> bool {
        self.0.insert(key)
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    /// Takes a key out; false if it was not there.
    pub fn remove(&mut self, key: &Key) -> bool {
        self.0.remove(key)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out all keys before `floor`.
    pub fn forget_before(&mut self, floor: Key) {
        self.0 = self.0.split_off(&floor);
    }

    /// Adds many keys at once, which is quickest in ascending order.
    pub fn extend(&mut self, keys: impl IntoIterator<Item = Key>) {
        let mut more: BTreeSet<Key> = keys.into_iter().collect();
        self.0.append(&mut more);
    }

    /// The keys from `start` on and before `end`, in order.
    pub fn range(&self, start: Key, end: Key) -> impl Iterator<Item = Key> + '_ {
        // An inverted range would panic.
        self.0.range(start..end.max(start)).copied()
    }

    /// How many keys are in the range, and their sum.
    #[must_use]
    pub fn sum(&self, salt: u64, start: Key, end: Key) -> (usize, u128) {
        self.range(start, end)
            .fold((0, 0), |(count, sum), key| (count + 1, u128::wrapping_add(sum, digest(salt, key))))
    }

    /// The first message of a comparison: all from `floor` on.
    #[must_use]
    pub fn greeting(&self, salt: u64, floor: Key) -> Message {
        let all = Difference { start: floor, end: Key::END, count: self.len() };
        let content = if all.count <= LEAF {
            Content::Keys(self.range(all.start, all.end).collect())
        } else {
            Content::Sum(self.sum(salt, all.start, all.end).1)
        };
        Message::Ranges { salt, from: floor, ranges: Vec::from([Range { end: Key::END, content }]) }
    }

    /// What this node holds where it differs from another, in one message; none without a difference.
    ///
    /// If it is more than a message holds, the salt decides which part of it is told, so that no difference is passed
    /// over every time.
    pub(super) fn answer(&self, salt: u64, differences: &[Difference]) -> Option<Message> {
        let fits = |some: &[Difference]| {
            let weights = some.iter().map(Difference::weight);
            let (ranges, keys) = weights.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            ranges <= MAX_RANGES && keys <= MAX_LISTED
        };
        let chosen = if fits(differences) {
            differences
        } else {
            let first = usize::try_from(salt % differences.len().max(1) as u64).unwrap_or(0);
            let some = &differences[first..];
            let most = (1..=some.len()).take_while(|&most| fits(&some[..most])).last().unwrap_or(0);
            &some[..most]
        };
        let from = chosen.first()?.start;
        let (mut at, mut ranges) = (from, Vec::new());
        for difference in chosen {
            if difference.start > at {
                ranges.push(Range { end: difference.start, content: Content::Equal });
            }
            self.tell(salt, *difference, &mut ranges);
            at = difference.end;
        }
        Some(Message::Ranges { salt, from, ranges })
    }

    /// Adds the keys of a range to `ranges`, or the sums of its parts.
    fn tell(&self, salt: u64, Difference { start, end, count }: Difference, ranges: &mut Vec<Range>) {
        if count <= LEAF {
            let keys = self.range(start, end).collect();
            return ranges.push(Range { end, content: Content::Keys(keys) });
        }
        let each = count.div_ceil(PARTS);
        let mut sum = 0u128;
        for (index, key) in self.range(start, end).enumerate() {
            if index > 0 && index % each == 0 {
                ranges.push(Range { end: key, content: Content::Sum(sum) });
                sum = 0;
            }
            sum = sum.wrapping_add(digest(salt, key));
        }
        ranges.push(Range { end, content: Content::Sum(sum) });
    }
}

/// What a key adds to a sum. Whoever does not know the salt cannot choose keys that add up to the same.
fn digest(salt: u64, key: Key) -> u128 {
    let id = u128::from_be_bytes(key.id);
    let (high, low) = ((id >> 64) as u64, id as u64);
    let start = fold(salt, key.at);
    let one = mix(chain(chain(start, high), low));
    let other = mix(chain(chain(start ^ salt, low), high));
    (u128::from(one) << 64) | u128::from(other)
}
