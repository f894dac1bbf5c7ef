//! Who is up and who has joined, and how often that changed.
//!
//! A slot is **up** from `Up` to `Down`, and **joined** from the first moment of that life at which it
//! holds a neighbor until the life ends (also while it holds none again). Every life is counted once:
//! under `joins` when it ever joined, else under `never_joined`.
//!
//! `join_ms` is the time from the start of a life to its first link, over the lives that joined.

use floodnet_core::time::Time;
use floodnet_sim::plan::{End, Plan};

use super::latency::Latencies;

/// A slot as it is now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// When the present or last life began, by the plan.
    pub(super) start: Time,
    /// When it ends, by the plan.
    pub(super) stop: Time,
    /// When it held its first neighbor; [`Time::MAX`] when it has not, or is down.
    pub(super) joined: Time,
    /// When it was reported up.
    up_since: Time,
    /// The number of the life.
    pub(super) incarnation: u32,
    /// Whether it is up.
    pub(super) up: bool,
}

impl Slot {
    /// Whether it is up and has held a neighbor in this life.
    pub(super) const fn is_joined(&self) -> bool {
        self.joined.as_nanos() != Time::MAX.as_nanos()
    }
}

/// All slots, and what happened to them since the start.
#[derive(Debug)]
pub(super) struct Lifecycle {
    pub(super) slots: Vec<Slot>,
    pub(super) up: u32,
    pub(super) joined: u32,
    pub(super) joins: u64,
    pub(super) leaves: u64,
    pub(super) crashes: u64,
    pub(super) repairs: u64,
    /// Lives that ended without a link.
    ended_unjoined: u64,
    pub(super) join_times: Latencies,
}

impl Lifecycle {
    /// `slots` slots, all down.
    pub(super) fn new(slots: u32) -> Self {
        let down = Slot {
            start: Time::MAX,
            stop: Time::MAX,
            joined: Time::MAX,
            up_since: Time::MAX,
            incarnation: 0,
            up: false,
        };
        Self {
            slots: vec![down; slots as usize],
            up: 0,
            joined: 0,
            joins: 0,
            leaves: 0,
            crashes: 0,
            repairs: 0,
            ended_unjoined: 0,
            join_times: Latencies::default(),
        }
    }

    /// `slot` came up.
    pub(super) fn came_up(&mut self, plan: &Plan, at: Time, slot: u32, incarnation: u32) {
        let life = plan.lives.get(slot as usize).and_then(|lives| lives.get(incarnation as usize));
        let (start, stop) = life.map_or((at, Time::MAX), |life| (life.start, life.stop));
        let Some(state) = self.slots.get_mut(slot as usize) else { return };
        self.up += u32::from(!state.up);
        self.joined -= u32::from(state.is_joined());
        *state = Slot { start, stop, joined: Time::MAX, up_since: at, incarnation, up: true };
    }

    /// `slot` went down.
    pub(super) fn went_down(&mut self, slot: u32, end: End) {
        let Some(state) = self.slots.get_mut(slot as usize).filter(|state| state.up) else { return };
        match end {
            End::Leave => self.leaves += 1,
            End::Crash(_) => self.crashes += 1,
        }
        self.up -= 1;
        if state.is_joined() {
            self.joined -= 1;
        } else {
            self.ended_unjoined += 1;
        }
        state.up = false;
        state.joined = Time::MAX;
    }

    /// Whether `slot` is up.
    pub(super) fn is_up(&self, slot: u32) -> bool {
        self.slots.get(slot as usize).is_some_and(|state| state.up)
    }

    /// `slot` holds a neighbor. When it is the first of this life: the planned end of the life.
    pub(super) fn holds(&mut self, at: Time, slot: u32) -> Option<Time> {
        let state = self.slots.get_mut(slot as usize).filter(|state| state.up && !state.is_joined())?;
        state.joined = at;
        self.joined += 1;
        self.joins += 1;
        self.join_times.record(at.since(state.up_since));
        Some(state.stop)
    }

    /// Slots that are up and have not joined.
    pub(super) const fn unjoined(&self) -> u32 {
        self.up - self.joined
    }

    /// Lives that ended, or are about to end with the run, without ever holding a link.
    pub(super) const fn never_joined(&self) -> u64 {
        self.ended_unjoined + self.unjoined() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::latency::Ms;
    use crate::measure::testing::{always_up, secs};
    use floodnet_sim::plan::CrashKind;

    #[test]
    fn every_life_is_counted_once() {
        let plan = always_up(2, 60);
        let mut all = Lifecycle::new(2);
        all.came_up(&plan, secs(1), 0, 0);
        assert_eq!((all.up, all.joined, all.unjoined()), (1, 0, 1));
        assert_eq!(all.holds(secs(3), 0), Some(Time::MAX));
        assert_eq!(all.holds(secs(4), 0), None, "only the first link of a life joins");
        all.went_down(0, End::Crash(CrashKind::Silent));
        all.came_up(&plan, secs(10), 0, 1);
        all.went_down(0, End::Leave);
        all.came_up(&plan, secs(20), 1, 0);
        assert_eq!((all.joins, all.leaves, all.crashes), (1, 1, 1));
        assert_eq!(all.never_joined(), 2, "one that left, and one still waiting");
        assert_eq!(all.join_times.percentile(100, all.joins), Some(Ms::After(2000.0)));
    }

    #[test]
    fn a_slot_that_is_down_cannot_join() {
        let mut all = Lifecycle::new(1);
        assert_eq!(all.holds(secs(1), 0), None);
        assert_eq!(all.holds(secs(1), 9), None, "an unknown slot is ignored");
        assert!(!all.is_up(9));
        all.went_down(0, End::Leave);
        assert_eq!((all.joined, all.leaves), (0, 0));
    }
}
