//! The memory for ids that are small numbers, given one after another.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Entry, Seen, SeenCache, SeenLimits, whole_ms};
use crate::time::Time;

/// Ids to a word of bits.
const WORD: u32 = u64::BITS;
/// Up to this many ids are kept inside the node, in the order in which they came, ...
const FEW: usize = 24;
/// ... as long as they lie within this many words.
const FEW_WORDS: usize = 2;
/// With more ids their order moves to the heap, which leaves room for this many words of bits: 640 ids.
const MANY_WORDS: usize = 10;
/// A wider window is allocated, of at least this many words, ...
const WIDE_WORDS: usize = 32;
/// ... as long as it has at most this many words more than there are ids. So it takes 512 bytes and eight for
/// each id, about as much as a hash table.
const SPARE_WORDS: usize = 64;

/// Remembers ids that are numbered one after another, as bits in a sliding window. Ids in any other order work
/// as well, but less compactly: in a hash table if they are far apart.
///
/// The check of a duplicate, the most frequent case, touches the first 32 bytes while there are at most 24 ids,
/// and the first 96 while all ids lie within 640. Up to 24 ids nothing is allocated.
#[derive(Clone, Debug)]
// The order keeps together what the check of a duplicate touches.
#[repr(C)]
pub struct SeenWindow {
    /// Where the window begins: the id of its first bit by [`WORD`].
    first_word: u32,
    /// When the oldest came; meaningless while there is none.
    oldest_ms: u32,
    store: Store,
}

const _: () = assert!(size_of::<SeenWindow>() <= 128, "two cache lines");

#[derive(Clone, Debug)]
enum Store {
    /// `latest` is compared with the next entry.
    Few {
        len: u8,
        latest: Packed,
        few: Few,
    },
    /// `latest` is kept here because the log is on the heap.
    Many {
        latest: Packed,
        many: Many,
    },
    Wide {
        bits: Box<[u64]>,
        log: VecDeque<Entry<u32>>,
    },
    Hashed(Box<SeenCache<u32>>),
}

/// Nothing on the heap. The first [`Store::Few::len`] entries of the log are in use.
#[derive(Clone, Debug)]
#[repr(C)]
struct Few {
    bits: [u64; FEW_WORDS],
    log: [Packed; FEW],
}

/// The window inside the node, the log on the heap.
#[derive(Clone, Debug)]
#[repr(C)]
struct Many {
    bits: [u64; MANY_WORDS],
    log: VecDeque<Packed>,
}

/// An entry in four bytes: the low bits of its id, which are unique within a window, and the low bits of its
/// time, which are unique within 70 minutes.
#[derive(Clone, Copy, Debug, Default)]
struct Packed(u32);

impl Packed {
    const ID_BITS: u32 = 10;
    const IDS: u32 = 1 << Self::ID_BITS;
    const SPAN_MS: u32 = 1 << (u32::BITS - Self::ID_BITS);

    const fn new(entry: Entry<u32>) -> Self {
        Self((entry.since_ms << Self::ID_BITS) | (entry.id % Self::IDS))
    }

    /// The id, of those from `first_word` on the first that it can be.
    const fn id(self, first_word: u32) -> u32 {
        let first = first_word.wrapping_mul(WORD);
        first.wrapping_add(self.0.wrapping_sub(first) % Self::IDS)
    }

    /// How long after the oldest it came.
    const fn after_ms(self, oldest_ms: u32) -> u32 {
        (self.0 >> Self::ID_BITS).wrapping_sub(oldest_ms) % Self::SPAN_MS
    }

    const fn entry(self, first_word: u32, oldest_ms: u32) -> Entry<u32> {
        let since_ms = oldest_ms.wrapping_add(self.after_ms(oldest_ms));
        Entry { id: self.id(first_word), since_ms }
    }

    /// Whether an entry of `now_ms` can be packed beside the others, of which `latest` is the last: it must be
    /// within the span and not earlier than the latest.
    fn reaches(now_ms: u32, oldest_ms: u32, latest: Option<&Self>) -> bool {
        let after_ms = now_ms.wrapping_sub(oldest_ms);
        after_ms < Self::SPAN_MS && latest.is_none_or(|latest| latest.after_ms(oldest_ms) <= after_ms)
    }
}

impl Default for SeenWindow {
    #[inline]
    fn default() -> Self {
        Self::starting_with(Entry { id: 0, since_ms: 0 })
    }
}

impl Seen<u32> for SeenWindow {
    // A packet's most frequent step: a call of its own costs a flood 4 % of all instructions.
    #[inline(always)]
    fn insert(&mut self, id: u32, now: Time, limits: &SeenLimits) -> bool {
        let now_ms = whole_ms(now);
        if limits.forget(self.oldest_ms, now_ms) {
            self.forget_aged(now_ms, limits);
        }
        if self.contains(id) {
            return false;
        }
        self.insert_new(Entry { id, since_ms: now_ms }, limits.capacity);
        true
    }

    #[inline(always)]
    fn contains(&self, id: u32) -> bool {
        let bits: &[u64] = match &self.store {
            Store::Few { few, .. } => &few.bits,
            Store::Many { many, .. } => &many.bits,
            Store::Wide { bits, .. } => bits,
            Store::Hashed(cache) => return cache.contains(id),
        };
        // Below the window the difference wraps to far above it.
        let word = (id / WORD).wrapping_sub(self.first_word) as usize;
        bits.get(word).is_some_and(|bits| bits >> (id % WORD) & 1 != 0)
    }

    #[inline]
    fn len(&self) -> usize {
        match &self.store {
            Store::Few { len, .. } => usize::from(*len),
            Store::Many { many, .. } => many.log.len(),
            Store::Wide { log, .. } => log.len(),
            Store::Hashed(cache) => cache.len(),
        }
    }
}

impl SeenWindow {
    /// Empty, with room for this entry.
    #[inline]
    const fn starting_with(entry: Entry<u32>) -> Self {
        let few = Few { bits: [0; FEW_WORDS], log: [Packed(0); FEW] };
        Self {
            first_word: entry.id / WORD,
            oldest_ms: entry.since_ms,
            store: Store::Few { len: 0, latest: Packed(0), few },
        }
    }

    #[cold]
    fn forget_aged(&mut self, now_ms: u32, limits: &SeenLimits) {
        while !self.is_empty() && limits.forget(self.oldest_ms, now_ms) {
            self.forget_oldest();
        }
    }

    fn insert_new(&mut self, entry: Entry<u32>, capacity: Option<u32>) {
        if self.push_few(entry, capacity) {
            return;
        }
        if capacity.is_some_and(|capacity| self.len() >= capacity as usize) {
            self.forget_oldest();
        }
        if capacity == Some(0) {
            return;
        }
        if self.is_empty() {
            *self = Self::starting_with(entry);
        }
        if !self.push(entry) {
            self.rebuild_with(entry);
        }
    }

    /// Adds `entry` if that takes only a bit and a place in a short log, the usual case. Returns whether it was added.
    #[inline(always)]
    fn push_few(&mut self, entry: Entry<u32>, capacity: Option<u32>) -> bool {
        let Self { first_word, oldest_ms, store } = self;
        let Store::Few { len, latest, few: Few { bits, log } } = store else { return false };
        let used = usize::from(*len);
        if capacity.is_some_and(|capacity| used >= capacity as usize) {
            return false;
        }
        if used == 0 {
            (*first_word, *oldest_ms, *bits) = (entry.id / WORD, entry.since_ms, [0; FEW_WORDS]);
        } else if !Packed::reaches(entry.since_ms, *oldest_ms, Some(latest)) {
            return false;
        }
        let word = (entry.id / WORD).wrapping_sub(*first_word) as usize;
        let (Some(word), Some(place)) = (bits.get_mut(word), log.get_mut(used)) else { return false };
        *word |= 1 << (entry.id % WORD);
        *latest = Packed::new(entry);
        *place = *latest;
        *len += 1;
        true
    }

    /// Adds `entry` if the store can hold it, and returns whether it could. The memory must not be empty unless it
    /// was started for this entry.
    fn push(&mut self, entry: Entry<u32>) -> bool {
        let Self { first_word, oldest_ms, store } = self;
        match store {
            Store::Few { len, latest, few: Few { bits, log } } => {
                let used = usize::from(*len);
                // The latest entry of an empty log is left over from before: nothing to compare with.
                let before = (used > 0).then_some(&*latest);
                if used == FEW
                    || !Packed::reaches(entry.since_ms, *oldest_ms, before)
                    || !set(bits, first_word, entry.id)
                {
                    return false;
                }
                *latest = Packed::new(entry);
                log[used] = *latest;
                *len += 1;
            }
            Store::Many { latest, many: Many { bits, log } } => {
                if !Packed::reaches(entry.since_ms, *oldest_ms, Some(latest))
                    || !set(bits, first_word, entry.id)
                {
                    return false;
                }
                *latest = Packed::new(entry);
                log.push_back(*latest);
            }
            Store::Wide { bits, log } => {
                if !set(bits, first_word, entry.id) {
                    return false;
                }
                log.push_back(entry);
            }
            Store::Hashed(cache) => cache.remember(entry),
        }
        true
    }

    fn forget_oldest(&mut self) {
        let Self { first_word, oldest_ms, store } = self;
        let (from, since) = (*first_word, *oldest_ms);
        // The time of the one that is now the oldest: from it the ages of packed entries are counted on, which is
        // why each store reads it before `oldest_ms` changes. None when nothing is left.
        let next_ms = match store {
            Store::Few { len: 0, .. } => None,
            Store::Few { len, few: Few { bits, log }, .. } => {
                clear(bits, from, log[0].id(from));
                log.copy_within(1..usize::from(*len), 0);
                *len -= 1;
                (*len > 0).then(|| log[0].entry(from, since).since_ms)
            }
            Store::Many { many: Many { bits, log }, .. } => {
                if let Some(oldest) = log.pop_front() {
                    clear(bits, from, oldest.id(from));
                }
                log.front().map(|oldest| oldest.entry(from, since).since_ms)
            }
            Store::Wide { bits, log } => {
                if let Some(oldest) = log.pop_front() {
                    clear(bits, from, oldest.id);
                }
                log.front().map(|oldest| oldest.since_ms)
            }
            Store::Hashed(cache) => {
                cache.forget_oldest();
                Some(cache.oldest_ms())
            }
        };
        if let Some(next_ms) = next_ms {
            *oldest_ms = next_ms;
        }
    }

    /// Adds `entry`, which the store cannot hold, by moving to the smallest store that can.
    #[cold]
    fn rebuild_with(&mut self, entry: Entry<u32>) {
        let Self { first_word, oldest_ms, store } = self;
        let unpack = |packed: &Packed| packed.entry(*first_word, *oldest_ms);
        let mut log: VecDeque<Entry<u32>> = match store {
            Store::Few { len, few, .. } => few.log[..usize::from(*len)].iter().map(unpack).collect(),
            Store::Many { many, .. } => many.log.iter().map(unpack).collect(),
            Store::Wide { log, .. } => core::mem::take(log),
            // A hash table can hold every id, so there is nothing to rebuild.
            Store::Hashed(_) => return,
        };
        let latest = log.back().copied().map(Packed::new);
        let in_reach = Packed::reaches(entry.since_ms, *oldest_ms, latest.as_ref());
        let packed = in_reach && !matches!(store, Store::Wide { .. });
        log.push_back(entry);
        let (low, high) = log.iter().fold((u32::MAX, 0), |(low, high), entry| {
            let word = entry.id / WORD;
            (low.min(word), high.max(word))
        });
        let words = (high - low) as usize + 1;
        *first_word = low;
        *store = if words <= MANY_WORDS && packed {
            let log: VecDeque<Packed> = log.into_iter().map(Packed::new).collect();
            let mut bits = [0; MANY_WORDS];
            log.iter().for_each(|packed| mark(&mut bits, low, packed.id(low)));
            Store::Many { latest: Packed::new(entry), many: Many { bits, log } }
        } else if words <= log.len() + SPARE_WORDS {
            // Twice what is needed, so that the window need not slide soon.
            let mut bits = Vec::from_iter(core::iter::repeat_n(0, WIDE_WORDS.max(2 * words)));
            log.iter().for_each(|entry| mark(&mut bits, low, entry.id));
            Store::Wide { bits: bits.into_boxed_slice(), log }
        } else {
            let mut cache = SeenCache::default();
            log.into_iter().for_each(|entry| cache.remember(entry));
            Store::Hashed(Box::new(cache))
        };
    }
}

/// Sets the bit of `id` in the window that begins at `first_word`, if the window can slide to include it.
#[inline]
fn set(bits: &mut [u64], first_word: &mut u32, id: u32) -> bool {
    let inside = ((id / WORD).wrapping_sub(*first_word) as usize) < bits.len();
    let held = inside || slide(bits, first_word, id / WORD);
    if held {
        mark(bits, *first_word, id);
    }
    held
}

/// Slides the window to include `word`, if the words that it leaves are empty. Returns whether it did.
fn slide(bits: &mut [u64], first_word: &mut u32, word: u32) -> bool {
    let len = bits.len();
    if let Some(up) = word.checked_sub(*first_word) {
        let empty = bits.iter().take_while(|&&bits| bits == 0).count();
        if up as usize >= len + empty {
            return false;
        }
        bits.copy_within(empty.., 0);
        bits[len - empty..].fill(0);
        *first_word += empty as u32;
    } else {
        let down = (*first_word - word) as usize;
        let empty = bits.iter().rev().take_while(|&&bits| bits == 0).count();
        if down > empty {
            return false;
        }
        bits.copy_within(..len - down, down);
        bits[..down].fill(0);
        *first_word = word;
    }
    true
}

/// Sets the bit of an id that the window has.
#[inline]
fn mark(bits: &mut [u64], first_word: u32, id: u32) {
    bits[(id / WORD - first_word) as usize] |= 1 << (id % WORD);
}

/// Clears the bit of an id that the window has.
fn clear(bits: &mut [u64], first_word: u32, id: u32) {
    bits[(id / WORD - first_word) as usize] &= !(1 << (id % WORD));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    /// All of `ids` new, one each millisecond.
    fn holding(ids: impl IntoIterator<Item = u32>) -> SeenWindow {
        let mut seen = SeenWindow::default();
        for (place, id) in ids.into_iter().enumerate() {
            assert!(seen.insert(id, Time::from_millis(place as u64), &SeenLimits::UNLIMITED), "{id} is new");
        }
        seen
    }

    #[test]
    fn few_are_kept_in_place_and_more_with_their_order_apart() {
        let mut seen = holding(1_000..1_024);
        assert!(matches!(seen.store, Store::Few { len: 24, .. }));
        seen = holding(1_000..1_025);
        assert!(matches!(seen.store, Store::Many { .. }));
        assert!((1_000..1_025).all(|id| seen.contains(id)) && !seen.contains(999) && !seen.contains(1_025));
        assert!(matches!(holding(0..640).store, Store::Many { .. }));
        assert!(matches!(holding(0..641).store, Store::Wide { .. }));
    }

    #[test]
    fn the_window_slides_along_with_a_bounded_memory() {
        let limits = SeenLimits { capacity: Some(20), ttl: None };
        let mut seen = SeenWindow::default();
        for id in 0..100_000 {
            assert!(seen.insert(id, Time::ZERO, &limits));
            assert!(matches!(seen.store, Store::Few { .. }), "20 in a row never take more: {id}");
        }
        assert!((99_980..100_000).all(|id| seen.contains(id)));
        assert_eq!(seen.len(), 20);
    }

    #[test]
    fn a_wide_window_slides_as_well() {
        let limits = SeenLimits { capacity: Some(3_000), ttl: None };
        let mut seen = SeenWindow::default();
        for id in 0..100_000 {
            assert!(seen.insert(id, Time::ZERO, &limits));
            assert!(seen.contains(id.saturating_sub(2_999)));
            assert!(id < 3_000 || !seen.contains(id - 3_000));
        }
        let Store::Wide { bits, .. } = &seen.store else { panic!("3,000 take a wide window") };
        assert!(bits.len() <= 200, "{} words for 3,000 ids", bits.len());
    }

    #[test]
    fn a_wide_gap_allocates_no_wide_window() {
        let mut seen = holding([0, u32::MAX, 5, u32::MAX - 1]);
        assert!(matches!(seen.store, Store::Hashed(_)));
        for id in [0, u32::MAX, 5, u32::MAX - 1] {
            assert!(!seen.insert(id, Time::from_secs(1), &SeenLimits::UNLIMITED));
        }
        // Once all is forgotten the memory begins anew, in place.
        let short = SeenLimits { capacity: None, ttl: Some(Duration::from_secs(2)) };
        assert!(seen.insert(7, Time::from_secs(10), &short));
        assert!(matches!(seen.store, Store::Few { len: 1, .. }));
    }

    #[test]
    fn what_came_hours_apart_keeps_its_time() {
        let mut seen = SeenWindow::default();
        let limits = SeenLimits { capacity: None, ttl: Some(Duration::from_secs(10 * 3600)) };
        assert!(seen.insert(1, Time::from_secs(0), &limits));
        assert!(seen.insert(2, Time::from_secs(4_000), &limits));
        assert!(matches!(seen.store, Store::Few { .. }));
        assert!(seen.insert(3, Time::from_secs(9 * 3600), &limits));
        assert!(matches!(seen.store, Store::Wide { .. }));
        assert!(!seen.insert(1, Time::from_secs(36_000), &limits));
        assert!(seen.insert(1, Time::from_millis(36_000_001), &limits), "forgotten");
        assert!(!seen.insert(2, Time::from_secs(40_000), &limits));
        assert!(seen.insert(2, Time::from_millis(40_000_001), &limits), "forgotten");
    }
}
