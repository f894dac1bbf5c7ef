//! Who holds whom as a neighbor.

use std::ops::Range;

use prefetch_index::prefetch_index;
use smallvec::SmallVec;

use super::around::Around;
use super::changes::{Change, Changes};
use super::fault_cuts::Cuts;

/// A neighbor that a slot holds: its number, and in the lowest bit whether it holds that slot too. Known
/// beforehand, so that a scan of the graph reads every list in order and looks nothing up.
#[derive(Clone, Copy, Debug)]
struct Held(u32);

impl Held {
    /// Slots that fit: far more than memory does.
    const SLOTS: u32 = Changes::PEERS;

    const fn new(peer: u32, mutual: bool) -> Self {
        Self(peer << 1 | mutual as u32)
    }

    const fn peer(self) -> u32 {
        self.0 >> 1
    }

    const fn is_mutual(self) -> bool {
        self.0 & 1 == 1
    }
}

/// A list of at most so many is read from end to end.
const FEW: usize = 16;

/// Lists are fetched into the cache so many changes ahead ..
const AHEAD: usize = 16;
/// .. or those that a slot's list leads to, so many slots ahead.
const SLOTS_AHEAD: usize = 4;

/// The neighbors of one slot. As many as most have stand in place, in 40 bytes in all.
type List = SmallVec<[Held; 8]>;

/// Whether, among `slots` slots, these two are there, and two: nobody holds itself, nor a slot that does not
/// exist.
pub(super) const fn is_pair(slots: u32, slot: u32, peer: u32) -> bool {
    let past = if slots < Held::SLOTS { slots } else { Held::SLOTS };
    slot != peer && slot < past && peer < past
}

/// Whom each slot holds as neighbors.
///
/// What comes of the changes of several slots does not depend on which slot's come first, if those of each
/// slot come in order: the lists are what each slot made of its own, and the rest follows from the lists.
#[derive(Debug)]
pub(super) struct Neighbors {
    /// Sorted, and empty for a slot that is down.
    held: Vec<List>,
    /// Sum of their lengths.
    holdings: u64,
    /// Pairs that hold each other.
    mutual: u64,
    /// Whether the lists say of all that is mutual that it is; else [`Self::complete`] finds out.
    marked: bool,
    /// Whether anything changed since the last scan.
    changed: bool,
    /// The links, where one end is enough for one; none where it takes both.
    around: Option<Around>,
}

impl Neighbors {
    /// `slots` slots that hold nobody.
    pub(super) fn new(slots: u32) -> Self {
        let held = vec![List::new(); slots as usize];
        Self { held, holdings: 0, mutual: 0, marked: true, changed: true, around: None }
    }

    /// Whether anything has changed since this was last asked.
    pub(super) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    /// Makes up for marks that were left for later. Needed after changes, before anything is asked for.
    pub(super) fn complete(&mut self) {
        if self.marked {
            return;
        }
        self.marked = true;
        self.mutual = 0;
        for low in 0..self.held.len() {
            if let Some(ahead) = self.held.get(low + SLOTS_AHEAD) {
                ahead.iter().for_each(|held| self.prefetch(held.peer()));
            }
            for place in 0..self.held[low].len() {
                let peer = self.held[low][place].peer();
                // Once for each pair that its lower end holds.
                if (low as u32) < peer {
                    let mutual = self.mark(peer, low as u32, true);
                    self.held[low][place] = Held::new(peer, mutual);
                    self.mutual += u64::from(mutual);
                }
            }
        }
    }

    /// As [`complete`](Self::complete), where a pair of joined slots is a link if one of them holds the other.
    pub(super) fn complete_directed(&mut self, is_joined: impl Fn(u32) -> bool) {
        self.complete();
        let held =
            (0..).zip(&self.held).flat_map(|(slot, list)| list.iter().map(move |held| (slot, held.peer())));
        // Whoever holds somebody is joined.
        self.around = Some(Around::of(self.held.len(), held.filter(|&(_, peer)| is_joined(peer))));
    }

    /// Pairs that exactly one end holds, and pairs that at least one end holds.
    pub(super) fn pairs(&self) -> (u64, u64) {
        debug_assert!(self.marked, "not complete");
        let one_sided = self.holdings - 2 * self.mutual;
        (one_sided, one_sided + self.mutual)
    }

    /// Where `slot` holds `peer`, or where that would stand.
    fn place(&self, slot: u32, peer: u32) -> Result<usize, usize> {
        let list = self.held[slot as usize].as_slice();
        // A node with given neighbors holds them one by one in their order, most of whom hold nobody yet.
        if list.last().is_none_or(|last| last.peer() < peer) {
            return Err(list.len());
        }
        if list.len() > FEW {
            return list.binary_search_by_key(&peer, |held| held.peer());
        }
        // All of a short list, without a branch that the processor would guess wrong.
        let place = list.iter().map(|held| usize::from(held.peer() < peer)).sum::<usize>();
        if list.get(place).is_some_and(|held| held.peer() == peer) { Ok(place) } else { Err(place) }
    }

    fn is_pair(&self, slot: u32, peer: u32) -> bool {
        is_pair(u32::try_from(self.held.len()).unwrap_or(u32::MAX), slot, peer)
    }

    /// Asks the processor to have a slot's list in its cache soon.
    #[inline]
    fn prefetch(&self, slot: u32) {
        prefetch_index(&self.held, slot as usize);
        // A list may lie across two lines of the cache.
        prefetch_index(&self.held, slot as usize + 1);
    }

    /// Takes in what slots did, in order for each slot.
    pub(super) fn take_in(&mut self, changes: &Changes) {
        // With as many changes as there are slots, as when all come up at once, it is less work to look through
        // all lists in the end than at the other end of each change.
        self.marked &= changes.len() < self.held.len();
        for (slot, mut places) in changes.runs() {
            if !self.marked {
                self.append(slot, changes, &mut places);
            }
            for place in places {
                // The list of the peer may be anywhere in memory: asked for so far ahead, it is there in time.
                if self.marked
                    && let Some(Change::Held(peer) | Change::Released(peer)) = changes.get(place + AHEAD)
                {
                    self.prefetch(peer);
                }
                if let Some(change) = changes.get(place) {
                    self.apply(slot, change);
                }
            }
        }
    }

    /// Takes from the first of `places` on what `slot` holds behind all that it held, without marks.
    #[inline]
    fn append(&mut self, slot: u32, changes: &Changes, places: &mut Range<usize>) {
        let slots = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let Some(list) = self.held.get_mut(slot as usize) else { return };
        let mut next = list.last().map_or(0, |last| last.peer() + 1);
        let before = places.start;
        while let Some(Change::Held(peer)) = changes.get(places.start)
            && places.start < places.end
            && peer >= next
            && is_pair(slots, slot, peer)
        {
            list.push(Held::new(peer, false));
            next = peer + 1;
            places.start += 1;
        }
        self.holdings += (places.start - before) as u64;
        self.changed |= places.start > before;
    }

    #[inline]
    fn apply(&mut self, slot: u32, change: Change) {
        match change {
            Change::Held(peer) => self.hold(slot, peer),
            Change::Released(peer) => self.release(slot, peer),
            Change::AllReleased => self.release_all(slot),
        }
    }

    /// `slot` holds `peer` from now on, if it can.
    fn hold(&mut self, slot: u32, peer: u32) {
        if !self.is_pair(slot, peer) {
            return;
        }
        if let Err(place) = self.place(slot, peer) {
            let mutual = self.marked && self.mark(peer, slot, true);
            self.held[slot as usize].insert(place, Held::new(peer, mutual));
            self.holdings += 1;
            self.mutual += u64::from(mutual);
            self.changed = true;
        }
    }

    /// `slot` no longer holds `peer`.
    fn release(&mut self, slot: u32, peer: u32) {
        if !self.is_pair(slot, peer) {
            return;
        }
        if let Ok(place) = self.place(slot, peer) {
            let held = self.held[slot as usize].remove(place);
            self.released(slot, held);
        }
    }

    /// `slot` holds nobody any more.
    fn release_all(&mut self, slot: u32) {
        let Some(list) = self.held.get_mut(slot as usize) else { return };
        for held in std::mem::take(list) {
            self.released(slot, held);
        }
        // Even without links it may have been a node of the graph.
        self.changed = true;
    }

    /// Counts that `slot` let go of `held`.
    fn released(&mut self, slot: u32, held: Held) {
        if held.is_mutual() {
            self.mark(held.peer(), slot, false);
            self.mutual -= 1;
        }
        self.holdings -= 1;
        self.changed = true;
    }

    /// Notes with `slot`, if it holds `peer`, whether that is mutual. Returns whether it does.
    fn mark(&mut self, slot: u32, peer: u32, mutual: bool) -> bool {
        let place = self.place(slot, peer);
        if let Ok(place) = place {
            self.held[slot as usize][place] = Held::new(peer, mutual);
        }
        place.is_ok()
    }

    /// The other ends of the edges at `slot`, ascending.
    ///
    /// Whoever holds somebody is joined, so a pair that holds each other has both ends joined.
    pub(super) fn edges_at<'a>(&'a self, slot: u32, cuts: &'a Cuts<'_>) -> impl Iterator<Item = u32> + 'a {
        let (around, list) = match &self.around {
            Some(around) => (around.at(slot), &[][..]),
            None => (&[][..], self.held[slot as usize].as_slice()),
        };
        let mutual = list.iter().filter(|held| held.is_mutual()).map(|held| held.peer());
        around.iter().copied().chain(mutual).filter(move |&peer| !cuts.separate(slot, peer))
    }

    /// Whom `slot` holds, whether or not they hold it; ascending.
    pub(super) fn held_by(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        self.held[slot as usize].iter().map(|held| held.peer())
    }

    /// Held pairs that are no edges: held by one end only, or cut. Lower end first, ascending. The other end
    /// may be down.
    pub(super) fn cut(&self, cuts: &Cuts<'_>) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (slot, held) in (0..).zip(&self.held) {
            for held in held {
                let peer = held.peer();
                let is_link = held.is_mutual() || self.around.is_some();
                // A mutual pair is found at its lower end.
                let is_found = !held.is_mutual() || slot < peer;
                if !is_link || is_found && cuts.separate(slot, peer) {
                    pairs.push((slot.min(peer), slot.max(peer)));
                }
            }
        }
        pairs.sort_unstable();
        pairs
    }

    /// The edges, lower end first, ascending.
    pub(super) fn edges(&self, cuts: &Cuts<'_>) -> Vec<(u32, u32)> {
        let slots = 0..u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        let edges = slots.flat_map(|low| self.edges_at(low, cuts).map(move |high| (low, high)));
        edges.filter(|(low, high)| low < high).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::testing::always_up;
    use floodnet_core::time::Time;

    const SLOTS: u32 = 24;

    fn change() -> impl Strategy<Value = (u32, Change)> {
        let what = prop_oneof![
            8 => (0..SLOTS).prop_map(Change::Held),
            4 => (0..SLOTS).prop_map(Change::Released),
            1 => Just(Change::AllReleased),
        ];
        (0..SLOTS, what)
    }

    proptest! {
        /// Taken in one by one or many at a time, asked in between or not: as sets of pairs.
        #[test]
        fn are_what_the_changes_say(
            batches in prop::collection::vec((prop::collection::vec(change(), 0..80), any::<bool>()), 1..8),
        ) {
            let (mut neighbors, mut pairs) = (Neighbors::new(SLOTS), BTreeSet::new());
            let plan = always_up(SLOTS as usize, 20);
            let cuts = Cuts::at(&plan, Time::ZERO);
            let last = batches.len() - 1;
            for (number, (changes, is_asked)) in batches.into_iter().enumerate() {
                neighbors.take_in(&changes.iter().copied().collect());
                for (slot, change) in changes {
                    match change {
                        Change::Held(peer) if peer == slot => {}
                        Change::Held(peer) => drop(pairs.insert((slot, peer))),
                        Change::Released(peer) => drop(pairs.remove(&(slot, peer))),
                        Change::AllReleased => pairs.retain(|(holder, _)| *holder != slot),
                    }
                }
                if !is_asked && number < last {
                    continue;
                }
                neighbors.complete();
                let is_mutual = |&&(a, b): &&(u32, u32)| pairs.contains(&(b, a));
                let edges: Vec<_> = pairs.iter().filter(is_mutual).filter(|(a, b)| a < b).copied().collect();
                let mut one_sided: Vec<_> = (pairs.iter().filter(|pair| !is_mutual(pair)))
                    .map(|&(a, b)| (a.min(b), a.max(b)))
                    .collect();
                one_sided.sort_unstable();
                let sums = (one_sided.len() as u64, (one_sided.len() + edges.len()) as u64);
                prop_assert_eq!(neighbors.pairs(), sums);
                prop_assert_eq!(neighbors.edges(&cuts), edges);
                prop_assert_eq!(neighbors.cut(&cuts), one_sided);
            }
        }
    }

    #[test]
    fn nobody_holds_itself_or_a_slot_that_does_not_exist() {
        let mut neighbors = Neighbors::new(3);
        for (slot, peer) in [(1, 1), (1, 3), (3, 1)] {
            assert!(!is_pair(3, slot, peer));
            neighbors.take_in(&[(slot, Change::Held(peer))].into_iter().collect());
        }
        assert_eq!(neighbors.holdings, 0);
        neighbors.take_in(&[(1, Change::Held(2))].into_iter().collect());
        neighbors.take_in(&[(1, Change::Held(2))].into_iter().collect());
        assert_eq!(neighbors.holdings, 1, "said twice is held once");
        neighbors.take_in(&[(1, Change::Released(0))].into_iter().collect());
        neighbors.take_in(&[(9, Change::Released(0))].into_iter().collect());
        neighbors.take_in(&[(9, Change::AllReleased)].into_iter().collect());
        assert_eq!(neighbors.holdings, 1, "letting go of a stranger changes nothing");
        assert_eq!(neighbors.pairs(), (1, 1));
    }

    #[test]
    fn a_list_is_small() {
        assert_eq!(size_of::<List>(), 40);
    }
}
