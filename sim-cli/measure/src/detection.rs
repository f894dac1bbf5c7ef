//! What a detector of failures said, against what was so.
//!
//! The measures are those of [`floodnet_core::detection`], and stand under `own`, for protocols that declare them. A
//! failure is the end of a life, until the next one begins, or a pause. What is said of a node while it lasts is a
//! detection. What is said of a node that is up is a **false alarm**, unless a pause has hit it in this life: it may be
//! late news then.

use std::collections::BTreeMap;

use floodnet_core::detection::{EVERYBODY, FALSE_ALARMS, FALSE_ALARMS_BY_WELL, FIRST};
use floodnet_core::time::Time;
use floodnet_sim::plan::{Disturbance, DisturbanceKind, Plan};

use super::own::Reported;

/// A node held another for failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) at: Time,
    pub(super) by: u32,
    pub(super) peer: u32,
}

/// What all that was told comes to; nothing if nothing was told.
pub(super) fn measured(plan: &Plan, told: impl Iterator<Item = Told>) -> Reported {
    let truth = Truth::of(plan);
    let mut reported = Reported::default();
    // By node and begin of its failure: who told it, and when first.
    let mut failures: BTreeMap<(u32, Time), (Time, BTreeMap<u32, Time>)> = BTreeMap::new();
    // Forged news may name nodes that do not exist.
    for Told { at, by, peer } in told.filter(|told| told.peer < plan.slots()) {
        if let Some((from, until)) = truth.failure(peer, at) {
            let (_, tellers) = failures.entry((peer, from)).or_insert_with(|| (until, BTreeMap::new()));
            let first = tellers.entry(by).or_insert(at);
            *first = at.min(*first);
        } else if !truth.was_paused(peer, at) {
            reported.count(&FALSE_ALARMS, 1);
            reported.count(&FALSE_ALARMS_BY_WELL, u64::from(!truth.was_paused(by, at)));
        }
    }
    for ((peer, from), (until, tellers)) in failures {
        if let Some(first) = tellers.values().min() {
            reported.record(&FIRST, first.since(from).as_nanos());
        }
        let well: Vec<u32> = truth.well(from, until).filter(|&slot| slot != peer).collect();
        let last = well.iter().map(|slot| tellers.get(slot)).collect::<Option<Vec<_>>>();
        if let Some(last) = last.and_then(|all| all.into_iter().max()) {
            reported.record(&EVERYBODY, last.since(from).as_nanos());
        }
    }
    reported
}

/// What a plan says of who is there.
struct Truth<'p> {
    plan: &'p Plan,
    pauses: Vec<&'p Disturbance>,
}

impl<'p> Truth<'p> {
    fn of(plan: &'p Plan) -> Self {
        let is_pause = |fault: &&Disturbance| matches!(fault.kind, DisturbanceKind::Pause(_));
        Self { plan, pauses: plan.disturbances.iter().filter(is_pause).collect() }
    }

    /// The pauses of `slot`.
    fn pauses(&self, slot: u32) -> impl Iterator<Item = &'p Disturbance> {
        let hits = move |fault: &&&Disturbance| matches!(&fault.kind, DisturbanceKind::Pause(slots) if slots.contains(slot));
        self.pauses.iter().filter(hits).copied()
    }

    /// Begin and end of the failure of `slot` that lasts at `at`, if one does.
    fn failure(&self, slot: u32, at: Time) -> Option<(Time, Time)> {
        let lives = self.plan.lives.get(slot as usize)?;
        let up = lives.iter().find(|life| life.start <= at && at < life.stop);
        if up.is_none() {
            let from = lives.iter().map(|life| life.stop).filter(|&stop| stop <= at).max()?;
            let until = lives.iter().map(|life| life.start).filter(|&start| start > at).min();
            return Some((from, until.unwrap_or(Time::MAX)));
        }
        // Of pauses that overlap the first counts.
        let lasting = self.pauses(slot).filter(|pause| pause.from <= at && at < pause.until);
        lasting.min_by_key(|pause| pause.from).map(|pause| (pause.from, pause.until))
    }

    /// Whether a pause hit the node that `slot` is at `at`, until then.
    fn was_paused(&self, slot: u32, at: Time) -> bool {
        let since = self.plan.life_at(slot, at).map_or(Time::ZERO, |(_, life)| life.start);
        self.pauses(slot).any(|pause| pause.until > since && pause.from <= at)
    }

    /// Slots that are up and not paused for the whole time.
    fn well(&self, from: Time, until: Time) -> impl Iterator<Item = u32> {
        let until = until.min(self.plan.duration);
        let is_up = move |slot: u32| {
            let mut lives = self.plan.lives[slot as usize].iter();
            lives.any(|life| life.start <= from && life.stop >= until)
        };
        let is_paused = move |slot| self.pauses(slot).any(|pause| pause.from < until && from < pause.until);
        (0..self.plan.slots()).filter(move |&slot| is_up(slot) && !is_paused(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own::{Own, Spread};
    use crate::testing::{always_up, disturbance, life, secs};

    fn told(at: u64, by: u32, peer: u32) -> Told {
        Told { at: secs(at), by, peer }
    }

    fn of(plan: &Plan, told: &[Told]) -> BTreeMap<String, Own> {
        Reported::of([measured(plan, told.iter().copied())].iter())
    }

    fn once(millis: f64) -> Own {
        let value = Some(millis);
        Own::Histogram(Spread { count: 1, mean: value, p50: value, p99: value, max: value })
    }

    #[test]
    fn a_failure_is_detected_by_the_first_and_known_when_the_last_well_node_knows() {
        let mut plan = always_up(5, 60);
        plan.lives[4] = [life(Time::ZERO, secs(10)), life(secs(40), Time::MAX)].into_iter().collect();
        // Slot 3 comes late and need not know.
        plan.lives[3] = [life(secs(12), Time::MAX)].into_iter().collect();
        let told = [told(15, 1, 4), told(13, 0, 4), told(20, 0, 4), told(18, 2, 4)];
        let own = of(&plan, &told);
        assert_eq!((&own["first_detection_ms"], &own["everybody_knows_ms"]), (&once(3e3), &once(8e3)));
        assert!(!own.contains_key("false_alarms"));
        let own = of(&plan, &told[..3]);
        assert!(!own.contains_key("everybody_knows_ms"), "slot 2 has not told it");
    }

    #[test]
    fn who_is_up_and_never_stood_still_is_a_false_alarm() {
        let mut plan = always_up(4, 60);
        let pause = |from, until, slot| {
            disturbance(secs(from), secs(until), DisturbanceKind::Pause([slot].into_iter().collect()))
        };
        plan.disturbances = vec![pause(20, 30, 1), pause(50, 55, 2)];
        let lines = [told(25, 0, 1), told(30, 0, 1), told(5, 3, 1), told(31, 1, 3), told(32, 3, 2)];
        let own = of(&plan, &lines);
        assert_eq!(own["first_detection_ms"], once(5e3), "while it stands still");
        // At 30 it has stood still, before and after it has not; of three, one comes from a node that stood still.
        assert_eq!(
            (&own["false_alarms"], &own["false_alarms_by_well"]),
            (&Own::Counter(3), &Own::Counter(2))
        );
        assert!(of(&plan, &[told(5, 0, 4)]).is_empty(), "there is no slot 4");
    }

    #[test]
    fn a_new_life_begins_without_a_past() {
        let mut plan = always_up(2, 60);
        plan.lives[1] = [life(Time::ZERO, secs(10)), life(secs(20), Time::MAX)].into_iter().collect();
        plan.disturbances =
            vec![disturbance(secs(5), secs(6), DisturbanceKind::Pause([1].into_iter().collect()))];
        let own = of(&plan, &[told(7, 0, 1), told(12, 0, 1), told(21, 0, 1)]);
        assert_eq!(own["first_detection_ms"], once(2e3));
        assert_eq!(own["false_alarms"], Own::Counter(1), "late news of a node that is there again");
    }
}
