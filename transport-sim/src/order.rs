//! The order in which the slots of a block take the events of a window: slot by slot, each slot's by time,
//! rank and source, and what one source sent in the order in which it came.
//!
//! What is sorted is a number of 64 bits per event, not the event. Many events are first counted into
//! place by slot, which touches every slot of the block; few are sorted by comparison, since in a sparse
//! run (a million nodes that join one by one) most slots of a block have nothing to do.

use floodnet_core::planted::{self, Bug};
use floodnet_core::protocol::Types;

use crate::pages::{Page, for_each, peek, room};
use crate::queue::Stored;

/// Fewer than one event in so many slots: sort by comparison.
const SPARSE: usize = 8;

/// Events of one slot: up to this position in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Slot within the block.
    pub(crate) local: u32,
    pub(crate) end: u32,
}

/// Places of events among pages, in order. Keeps its memory from block to block.
#[derive(Default)]
pub(crate) struct Order {
    /// Upper half: nanoseconds after the start of the window. Lower half: the place.
    entries: Vec<u64>,
    /// The slots that have events, in order.
    groups: Vec<Group>,
    counts: Vec<u32>,
    /// Slot and entry of each event as it came.
    came: Vec<(u32, u64)>,
}

const fn entry(offset: u32, place: u32) -> u64 {
    (offset as u64) << 32 | place as u64
}

const fn offset_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

const fn place_of(entry: u64) -> u32 {
    entry as u32
}

impl Order {
    /// Orders the events on `pages` that come before `cut` (nanoseconds after the start of the window), in
    /// a block of so many slots.
    pub(crate) fn sort<P: Types>(&mut self, pages: &[Page<Stored<P>>], slots: usize, cut: u32) {
        let events: usize = pages.iter().map(Vec::len).sum();
        self.entries.clear();
        self.groups.clear();
        if events * SPARSE < slots && room(pages) <= 1 << 16 {
            self.compare(pages, cut);
        } else {
            self.count_into_place(pages, slots, cut);
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

    /// The events, which are large and far apart, are read once.
    fn count_into_place<P: Types>(&mut self, pages: &[Page<Stored<P>>], slots: usize, cut: u32) {
        let Self { entries, groups, counts, came } = self;
        counts.clear();
        counts.resize(slots, 0);
        came.clear();
        for_each(pages, |place, event| {
            if event.offset <= cut {
                counts[usize::from(event.local)] += 1;
                came.push((u32::from(event.local), entry(event.offset, place)));
            }
        });
        let mut sum = 0;
        for (local, count) in (0u32..).zip(counts.iter_mut()) {
            let begin = sum;
            sum += *count;
            if *count > 0 {
                groups.push(Group { local, end: sum });
            }
            *count = begin;
        }
        entries.resize(came.len(), 0);
        for &(local, entry) in came.iter() {
            let next = &mut counts[local as usize];
            entries[*next as usize] = entry;
            *next += 1;
        }
        let mut begin = 0;
        for group in groups.iter() {
            let end = group.end as usize;
            if end - begin > 1 {
                sort_few(&mut entries[begin..end]);
                settle_ties(&mut entries[begin..end], pages);
            }
            begin = end;
        }
    }

    /// With slot, time and place in one number: at most 2^16 places.
    fn compare<P: Types>(&mut self, pages: &[Page<Stored<P>>], cut: u32) {
        for_each(pages, |place, event| {
            if event.offset <= cut {
                let (local, offset) = (u64::from(event.local), u64::from(event.offset));
                self.entries.push(local << 48 | offset << 16 | u64::from(place));
            }
        });
        self.entries.sort_unstable();
        let same_slot = |a: &u64, b: &u64| a >> 48 == b >> 48;
        let mut end = 0;
        for group in self.entries.chunk_by_mut(same_slot) {
            end += group.len() as u32;
            self.groups.push(Group { local: (group[0] >> 48) as u32, end });
            for number in group.iter_mut() {
                *number = entry((*number >> 16) as u32, (*number & 0xffff) as u32);
            }
            settle_ties(group, pages);
        }
    }
}

/// Sorts the events of one slot, which are mostly two to five: by insertion.
#[inline]
fn sort_few(entries: &mut [u64]) {
    if entries.len() > 16 {
        return entries.sort_unstable();
    }
    for next in 1..entries.len() {
        let entry = entries[next];
        let mut place = next;
        while place > 0 && entries[place - 1] > entry {
            entries[place] = entries[place - 1];
            place -= 1;
        }
        entries[place] = entry;
    }
}

/// Puts those of the same time in order: by rank and source. Those of one source stay as they came, which is
/// the order of its sequence.
#[inline]
fn settle_ties<P: Types>(entries: &mut [u64], pages: &[Page<Stored<P>>]) {
    if entries.windows(2).all(|pair| offset_of(pair[0]) != offset_of(pair[1])) {
        return;
    }
    for tied in entries.chunk_by_mut(|a, b| offset_of(*a) == offset_of(*b)) {
        tied.sort_by_key(|&entry| peek(pages, place_of(entry)).map(Stored::tie));
        if planted::has(Bug::TieOrder) {
            tied.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use floodnet_core::protocol::Types;
    use proptest::prelude::*;

    use super::*;
    use crate::pages::Buckets;

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
            let mut order = Order::default();
            for slots in [512 * usize::from(spread), 1 << 16] {
                order.sort(&pages, slots, cut);
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
