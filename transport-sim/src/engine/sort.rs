//! The order in which the slots of a block take the events of a window: slot by slot, each slot's by time,
//! rank and source, and what one source sent in the order in which it came.
//!
//! What is sorted is a number of 64 bits per event, not the event. Many events are first counted into
//! place by slot, which touches every slot of the block; few are sorted by comparison, since in a sparse
//! run (a million nodes that join one by one) most slots of a block have nothing to do.

use floodnet_core::protocol::Types;

use crate::engine::pages::{Page, numbered, peek, prefetch_next, room};
use crate::engine::stored::Stored;

/// Fewer than one event in so many slots: sort by comparison.
const SPARSE: usize = 8;

/// Events of one slot: up to this position in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Slot within the block.
    pub(crate) local: u32,
    pub(crate) end: u32,
}

/// Bits of a place.
const PLACE_BITS: u32 = 24;
/// Bits of a time within a window.
pub(crate) const TIME_BITS: u32 = 26;
/// Bits of a slot within a block.
pub(crate) const LOCAL_BITS: u32 = 14;

const _: () = assert!(LOCAL_BITS + TIME_BITS + PLACE_BITS == u64::BITS);

/// Places of events among pages, in order. Keeps its memory from block to block.
#[derive(Default)]
pub(crate) struct EventOrder {
    /// An event each: from the upper bits to the lower its slot within the block, nanoseconds after the start
    /// of the window, its place.
    entries: Vec<u64>,
    /// The slots that have events, in order.
    groups: Vec<Group>,
    counts: Vec<u32>,
    /// The entries as the events came.
    came: Vec<u64>,
}

const fn entry(local: u16, offset: u32, place: u32) -> u64 {
    (local as u64) << (TIME_BITS + PLACE_BITS) | (offset as u64) << PLACE_BITS | place as u64
}

const fn local_of(entry: u64) -> u32 {
    (entry >> (TIME_BITS + PLACE_BITS)) as u32
}

/// Slot and time.
const fn instant_of(entry: u64) -> u64 {
    entry >> PLACE_BITS
}

const fn place_of(entry: u64) -> u32 {
    entry as u32 & ((1 << PLACE_BITS) - 1)
}

impl EventOrder {
    /// Orders the events on `pages` in a block of so many slots; only those up to `last` (nanoseconds after
    /// the start of the window), if there is a last.
    ///
    /// # Panics
    /// More events wait for one block in one window than any memory has room for.
    #[inline]
    pub(crate) fn sort<P: Types>(&mut self, pages: &[Page<Stored<P>>], slots: usize, last: Option<u32>) {
        assert!(room(pages) <= 1 << PLACE_BITS, "2^24 events for 2^14 slots at the same time");
        let events: usize = pages.iter().map(Vec::len).sum();
        self.groups.clear();
        let is_sparse = events * SPARSE < slots;
        self.read(pages, if is_sparse { 0 } else { slots }, events, last);
        if is_sparse {
            self.compare(pages);
        } else {
            self.count_into_place(pages);
        }
    }

    /// How many events are in order.
    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Place of the event that is at this position in the order.
    #[inline(always)]
    pub(crate) fn place(&self, position: usize) -> Option<u32> {
        self.entries.get(position).map(|&entry| place_of(entry))
    }

    /// The slots that have events, in order.
    #[inline(always)]
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Notes the entries of all events up to the last, and how many each of the first so many slots has. The
    /// events, which are large and far apart, are read this once.
    #[inline]
    fn read<P: Types>(&mut self, pages: &[Page<Stored<P>>], slots: usize, events: usize, last: Option<u32>) {
        let Self { came, counts, .. } = self;
        counts.clear();
        counts.resize(slots, 0);
        came.clear();
        came.reserve(events);
        let mut note = |place, event: &Stored<P>| {
            if let Some(count) = counts.get_mut(usize::from(event.local)) {
                *count += 1;
            }
            entry(event.local, event.offset, place)
        };
        for (first, page) in numbered(pages) {
            prefetch_next(pages, first);
            let places = first..first + page.len() as u32;
            match last {
                None => came.extend(places.zip(page).map(|(place, event)| note(place, event))),
                Some(last) => came.extend(
                    (places.zip(page).filter(|(_, event)| event.offset <= last))
                        .map(|(place, event)| note(place, event)),
                ),
            }
        }
    }

    #[inline]
    fn count_into_place<P: Types>(&mut self, pages: &[Page<Stored<P>>]) {
        let Self { entries, groups, counts, came } = self;
        let (mut sum, mut found) = (0, 0);
        groups.resize(counts.len() + 1, Group { local: 0, end: 0 });
        for (local, count) in (0u32..).zip(counts.iter_mut()) {
            let begin = sum;
            sum += *count;
            // Written for every slot and kept for those that have events: which ones do, no processor guesses.
            groups[found] = Group { local, end: sum };
            found += usize::from(*count > 0);
            *count = begin;
        }
        groups.truncate(found);
        entries.resize(came.len(), 0);
        for &entry in came.iter() {
            let next = &mut counts[local_of(entry) as usize];
            entries[*next as usize] = entry;
            *next += 1;
        }
        let mut begin = 0;
        for group in groups.iter() {
            let end = group.end as usize;
            if end - begin > 1 {
                let entries = &mut entries[begin..end];
                if sort_few(entries) {
                    settle_ties(entries, pages);
                }
            }
            begin = end;
        }
    }

    fn compare<P: Types>(&mut self, pages: &[Page<Stored<P>>]) {
        std::mem::swap(&mut self.entries, &mut self.came);
        self.entries.sort_unstable();
        let mut end = 0;
        for group in self.entries.chunk_by_mut(|a, b| local_of(*a) == local_of(*b)) {
            end += group.len() as u32;
            self.groups.push(Group { local: local_of(group[0]), end });
            if group.windows(2).any(|pair| is_tie(pair[0], pair[1])) {
                settle_ties(group, pages);
            }
        }
    }
}

/// Sorts the events of one slot, which are mostly two to five, in the order in which they came. Says whether some are of
/// the same time.
#[inline]
fn sort_few(entries: &mut [u64]) -> bool {
    match entries {
        // Without a branch: which is first, no processor guesses.
        [first, second] => {
            exchange(first, second);
            is_tie(*first, *second)
        }
        [first, second, third] => {
            exchange(first, second);
            exchange(second, third);
            exchange(first, second);
            is_tie(*first, *second) || is_tie(*second, *third)
        }
        few if few.len() <= 16 => insert_few(few),
        many => {
            many.sort_unstable();
            many.windows(2).any(|pair| is_tie(pair[0], pair[1]))
        }
    }
}

/// Sorts by insertion. As each comes behind those of its time, it stands behind one of them in the end.
#[inline]
fn insert_few(entries: &mut [u64]) -> bool {
    let mut ties = false;
    for next in 1..entries.len() {
        let entry = entries[next];
        let mut place = next;
        while place > 0 && entries[place - 1] > entry {
            entries[place] = entries[place - 1];
            place -= 1;
        }
        entries[place] = entry;
        ties |= place > 0 && is_tie(entries[place - 1], entry);
    }
    ties
}

/// The lesser first.
#[inline]
fn exchange(first: &mut u64, second: &mut u64) {
    (*first, *second) = ((*first).min(*second), (*first).max(*second));
}

const fn is_tie(one: u64, other: u64) -> bool {
    instant_of(one) == instant_of(other)
}

/// Puts those of the same time in order: by rank and source. Those of one source stay as they came, which is
/// the order of its sequence.
#[inline]
fn settle_ties<P: Types>(entries: &mut [u64], pages: &[Page<Stored<P>>]) {
    for tied in entries.chunk_by_mut(|a, b| is_tie(*a, *b)) {
        tied.sort_by_key(|&entry| peek(pages, place_of(entry)).map(Stored::tie));
    }
}

#[cfg(test)]
mod tests {
    use floodnet_core::protocol::Types;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::pages::Buckets;

    struct Nothing;

    impl Types for Nothing {
        type Peer = u32;
        type Message = ();
        type Timer = ();
        type Command = ();
        type Event = ();
        type Config = ();
    }

    proptest! {
        /// Few events and many, in a small block and a large one, with ties of time and of source: as by a
        /// plain sort that keeps what is equal in the order in which it came.
        #[test]
        fn is_a_stable_sort(
            events in prop::collection::vec((0u16..512, 0u32..300, 0u32..4), 0..600),
            spread in 1u16..32,
            cut in 0u32..320,
        ) {
            let mut buckets = Buckets::new(1);
            for &(local, offset, from) in &events {
                buckets.push(0, Stored::<Nothing>::for_tests(local * spread, offset, from));
            }
            let mut pages = Vec::new();
            buckets.take_into(0, &mut pages);
            let mut expected: Vec<(usize, &(u16, u32, u32))> = events.iter().enumerate().collect();
            expected.retain(|(_, (_, offset, _))| *offset <= cut);
            expected.sort_by_key(|(_, event)| **event);
            let expected: Vec<u32> = expected.into_iter().map(|(place, _)| place as u32).collect();
            let mut order = EventOrder::default();
            for slots in [512 * usize::from(spread), 1 << 14] {
                order.sort(&pages, slots, Some(cut));
                let found: Vec<u32> = (0..order.len()).filter_map(|at| order.place(at)).collect();
                prop_assert_eq!(&found, &expected, "in a block of {} slots", slots);
                let mut begin = 0;
                for group in order.groups() {
                    prop_assert!(group.end > begin, "a slot without events");
                    for &place in &found[begin as usize..group.end as usize] {
                        prop_assert_eq!(u32::from(events[place as usize].0 * spread), group.local);
                    }
                    begin = group.end;
                }
                prop_assert_eq!(begin as usize, order.len());
            }
        }
    }
}
