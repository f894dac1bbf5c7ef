//! Who is up and who has joined, and how often that changed.
//!
//! A slot is **up** from `Up` to `Down`, and **joined** from the first moment of that life at which it
//! holds a neighbor until the life ends (also while it holds none again). Every life is counted once:
//! under `joins` when it ever joined, else under `never_joined`.
//!
//! `join_ms` is the time from the start of a life to its first link, over the lives that joined.

use std::collections::BTreeMap;
use std::ops::Range;

use floodnet_core::time::Time;
use floodnet_sim::plan::{End, Plan};
use prefetch_index::prefetch_index;

use super::latency::Spans;

/// Where a slot is in its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Has not been up.
    New,
    Down,
    /// Up, without a neighbor so far.
    Unjoined,
    Joined,
}

/// A slot as it is now. There are many: what the plan knows is looked up there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Of a joined slot: when it held its first neighbor. Else when it was last reported up.
    since: Time,
    /// The number of the present or last life.
    pub(super) incarnation: u32,
    state: State,
    /// Whether, by the plan, the present or last life had begun when it was reported, and ends after all
    /// messages are due.
    lasts: bool,
}

impl Slot {
    /// Whether it is up.
    pub(super) const fn is_up(&self) -> bool {
        matches!(self.state, State::Unjoined | State::Joined)
    }

    /// Whether it is up and has held a neighbor in this life.
    #[inline]
    pub(super) const fn is_joined(&self) -> bool {
        matches!(self.state, State::Joined)
    }

    /// Whether it has been up.
    pub(super) const fn was_up(&self) -> bool {
        !matches!(self.state, State::New)
    }

    /// When it held its first neighbor; [`Time::MAX`] when it has not, or is down.
    pub(super) const fn joined(&self) -> Time {
        if self.is_joined() { self.since } else { Time::MAX }
    }

    /// Whether it had joined at `at`, and is in a life that began before and lasts until all messages are
    /// due. True of most slots most of the time, and known without a look into the plan.
    #[inline]
    pub(super) const fn is_settled(&self, at: Time) -> bool {
        self.is_joined() && self.lasts && self.since.as_nanos() <= at.as_nanos()
    }
}

/// Counts over slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) up: u32,
    pub(super) joined: u32,
    pub(super) joins: u64,
    pub(super) leaves: u64,
    pub(super) crashes: u64,
    pub(super) repairs: u64,
    /// Lives that ended without a link.
    ended_unjoined: u64,
}

impl Census {
    /// Slots that are up and have not joined.
    pub(super) const fn unjoined(&self) -> u32 {
        self.up - self.joined
    }

    /// Lives that ended, or are about to end with the run, without ever holding a link.
    pub(super) const fn never_joined(&self) -> u64 {
        self.ended_unjoined + self.unjoined() as u64
    }

    /// Takes in the counts over other slots.
    pub(super) const fn add(&mut self, other: &Self) {
        self.up += other.up;
        self.joined += other.joined;
        self.joins += other.joins;
        self.leaves += other.leaves;
        self.crashes += other.crashes;
        self.repairs += other.repairs;
        self.ended_unjoined += other.ended_unjoined;
    }
}

/// Slots in a row, and what happened to them since the start.
#[derive(Debug)]
pub(super) struct Lifecycle {
    first: u32,
    pub(super) slots: Vec<Slot>,
    /// Slots whose present or last life the plan does not have, with the time when it began: none.
    unplanned: BTreeMap<u32, Time>,
    /// When the last message is due.
    last_due: Time,
    pub(super) census: Census,
    pub(super) join_times: Spans,
}

impl Lifecycle {
    /// Asks the processor to have what is known of a slot in its cache soon.
    #[inline]
    pub(super) fn prefetch(&self, slot: u32) {
        prefetch_index(&self.slots, slot.wrapping_sub(self.first) as usize);
    }

    /// `slots`, all down. Messages are due until `last_due`.
    pub(super) fn new(slots: Range<u32>, last_due: Time) -> Self {
        let down = Slot { since: Time::MAX, incarnation: 0, state: State::New, lasts: false };
        Self {
            first: slots.start,
            slots: vec![down; slots.len()],
            unplanned: BTreeMap::new(),
            last_due,
            census: Census::default(),
            join_times: Spans::default(),
        }
    }

    /// The place of `slot`; past the end for one that is not among these.
    #[inline]
    pub(super) const fn place(&self, slot: u32) -> usize {
        slot.wrapping_sub(self.first) as usize
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> Option<&Slot> {
        self.slots.get(self.place(slot))
    }

    /// `slot` came up.
    pub(super) fn came_up(&mut self, plan: &Plan, at: Time, slot: u32, incarnation: u32) {
        let place = self.place(slot);
        let Some(state) = self.slots.get_mut(place) else { return };
        self.census.up += u32::from(!state.is_up());
        self.census.joined -= u32::from(state.is_joined());
        let life = plan.lives.get(slot as usize).and_then(|lives| lives.get(incarnation as usize));
        if life.is_none() {
            self.unplanned.insert(slot, at);
        } else if !self.unplanned.is_empty() {
            self.unplanned.remove(&slot);
        }
        // Deliveries at slots that are counted apart take the way on which they can be.
        let lasts = life.is_none_or(|life| life.start <= at && life.stop >= self.last_due)
            && !plan.adversaries.concern(slot);
        *state = Slot { since: at, incarnation, state: State::Unjoined, lasts };
    }

    /// `slot` went down.
    pub(super) fn went_down(&mut self, slot: u32, end: End) {
        let place = self.place(slot);
        let Some(state) = self.slots.get_mut(place).filter(|state| state.is_up()) else { return };
        match end {
            End::Leave => self.census.leaves += 1,
            End::Crash(_) => self.census.crashes += 1,
        }
        self.census.up -= 1;
        if state.is_joined() {
            self.census.joined -= 1;
        } else {
            self.census.ended_unjoined += 1;
        }
        state.state = State::Down;
    }

    /// Whether `slot` is joined.
    pub(super) fn is_joined(&self, slot: u32) -> bool {
        self.get(slot).is_some_and(Slot::is_joined)
    }

    /// `slot` holds a neighbor. Whether it is the first of this life.
    pub(super) fn holds(&mut self, at: Time, slot: u32) -> bool {
        let place = self.place(slot);
        let unjoined = |state: &&mut Slot| state.state == State::Unjoined;
        let Some(state) = self.slots.get_mut(place).filter(unjoined) else { return false };
        self.census.joined += 1;
        self.census.joins += 1;
        self.join_times.record(at.since(state.since));
        state.since = at;
        state.state = State::Joined;
        true
    }

    /// Start and stop of the present or last life of `slot`, by the plan; [`Time::MAX`] for both when there
    /// was none. One that the plan does not have begins when it is reported.
    pub(super) fn life(&self, plan: &Plan, slot: u32) -> (Time, Time) {
        let Some(state) = self.get(slot).filter(|state| state.was_up()) else {
            return (Time::MAX, Time::MAX);
        };
        let life = plan.lives.get(slot as usize).and_then(|lives| lives.get(state.incarnation as usize));
        let unplanned = || (self.unplanned.get(&slot).copied().unwrap_or(Time::MAX), Time::MAX);
        life.map_or_else(unplanned, |life| (life.start, life.stop))
    }
}

/// All slots, in rows that follow each other.
#[derive(Debug)]
pub(super) struct Everybody<'a>(pub(super) Vec<&'a Lifecycle>);

impl<'a> Everybody<'a> {
    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|row| row.slots.len()).sum()
    }

    /// All of them, in order.
    pub(super) fn slots(&self) -> impl Iterator<Item = &'a Slot> + '_ {
        self.0.iter().flat_map(|row| &row.slots)
    }

    /// When `slot` held its first neighbor; [`Time::MAX`] when it has not, or is down.
    pub(super) fn joined(&self, slot: u32) -> Time {
        let row = self.0.partition_point(|row| row.first <= slot);
        // Empty rows begin where the next one does: of several the last can have the slot.
        let found = row.checked_sub(1).and_then(|row| self.0[row].get(slot));
        found.map_or(Time::MAX, Slot::joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::{Latencies, Ms};
    use crate::testing::{always_up, secs};
    use floodnet_sim::plan::CrashKind;

    #[test]
    fn every_life_is_counted_once() {
        let plan = always_up(2, 60);
        let mut all = Lifecycle::new(0..2, Time::ZERO);
        all.came_up(&plan, secs(1), 0, 0);
        assert_eq!((all.census.up, all.census.joined, all.census.unjoined()), (1, 0, 1));
        assert!(all.holds(secs(3), 0));
        assert_eq!(all.life(&plan, 0), (Time::ZERO, Time::MAX), "by the plan, whatever was reported");
        assert!(!all.holds(secs(4), 0), "only the first link of a life joins");
        all.went_down(0, End::Crash(CrashKind::Silent));
        all.came_up(&plan, secs(10), 0, 1);
        all.went_down(0, End::Leave);
        all.came_up(&plan, secs(20), 1, 0);
        assert_eq!((all.census.joins, all.census.leaves, all.census.crashes), (1, 1, 1));
        assert_eq!(all.census.never_joined(), 2, "one that left, and one still waiting");
        assert_eq!(
            Latencies::of([&all.join_times]).percentile(100, all.census.joins),
            Some(Ms::After(2000.0))
        );
    }

    #[test]
    fn a_slot_that_is_down_cannot_join() {
        let mut all = Lifecycle::new(0..1, Time::ZERO);
        assert!(!all.holds(secs(1), 0));
        assert!(!all.holds(secs(1), 9), "an unknown slot is ignored");
        assert!(all.get(9).is_none());
        all.went_down(0, End::Leave);
        assert_eq!((all.census.joined, all.census.leaves), (0, 0));
    }

    #[test]
    fn lives_that_the_plan_does_not_have_begin_when_they_are_reported() {
        let plan = always_up(2, 60);
        let mut all = Lifecycle::new(0..2, secs(50));
        all.came_up(&plan, secs(10), 0, 1);
        all.holds(secs(12), 0);
        assert_eq!(all.life(&plan, 0), (secs(10), Time::MAX));
        assert_eq!(all.life(&plan, 1), (Time::MAX, Time::MAX), "it has had no life");
        all.came_up(&plan, secs(20), 0, 0);
        assert_eq!(all.life(&plan, 0), (Time::ZERO, Time::MAX));
    }

    #[test]
    fn a_settled_slot_needs_no_look_into_the_plan() {
        let mut plan = always_up(3, 60);
        plan.lives[1][0].stop = secs(49);
        plan.lives[2][0].start = secs(5);
        let mut all = Lifecycle::new(0..3, secs(50));
        for slot in 0..3 {
            all.came_up(&plan, secs(1), slot, 0);
            all.holds(secs(2), slot);
        }
        let settled = |slot: u32, at| all.get(slot).unwrap().is_settled(at);
        assert!(settled(0, secs(2)) && !settled(0, Time::from_nanos(1_999_999_999)));
        assert!(!settled(1, secs(2)), "it ends before the last message is due");
        assert!(!settled(2, secs(2)), "by the plan it is not there yet");
    }

    #[test]
    fn slots_are_found_in_their_row() {
        let plan = always_up(4, 60);
        let bounds = [0..1, 1..1, 1..3, 3..4];
        let mut rows = bounds.map(|row| Lifecycle::new(row, Time::ZERO));
        for (slot, row) in [(0, 0), (1, 2), (2, 2), (3, 3)] {
            rows[row].came_up(&plan, secs(1), slot, 0);
            rows[row].holds(secs(2 + u64::from(slot)), slot);
        }
        let all = Everybody(rows.iter().collect());
        assert_eq!((all.len(), all.slots().filter(|slot| slot.is_joined()).count()), (4, 4));
        assert_eq!([0, 1, 2, 3].map(|slot| all.joined(slot)), [2, 3, 4, 5].map(secs));
        assert_eq!(all.joined(4), Time::MAX);
    }
}
