//! The share of the measures that observes: slots in a row, on a thread of their own.
//!
//! A part counts what concerns its own slots alone, and counts it once: sums over messages, slots and parts
//! are taken between the windows. Links have two ends, which may be in two parts: their changes are noted
//! here and taken over between the windows too.

use std::ops::Range;
use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::Time;
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::plan::{End, Plan};

use super::arrivals::{Arrivals, Counts, Delivery};
use super::changes::{Change, Changes};
use super::deeds::Deeds;
use super::detection::Told;
use super::lifecycle::{Census, Everybody, Lifecycle};
use super::load::{Load, Traffic};
use super::neighbors::{Neighbors, is_pair};
use super::own::Reported;
use super::schedule::Schedule;

/// As many changes of links are much: see [`Part::settle`].
const MANY_CHANGES: usize = 1 << 16;

/// Observes slots in a row; made by [`Measures`](super::Measures).
#[derive(Debug)]
pub struct Part {
    plan: Arc<Plan>,
    pub(super) lifecycle: Lifecycle,
    pub(super) arrivals: Arrivals,
    pub(super) load: Load,
    /// What hostile slots did.
    pub(super) deeds: Deeds,
    /// What protocols measured themselves.
    pub(super) own: Reported,
    /// Whom nodes held for failed.
    pub(super) told: Vec<Told>,
    /// How often packets of streams were sent again.
    pub(super) sent_again: u64,
    /// What slots did to their lists of neighbors, in order for each slot.
    changes: Changes,
}

impl Part {
    /// Observes `slots`.
    pub(super) fn new(plan: &Arc<Plan>, schedule: &Arc<Schedule>, slots: Range<u32>) -> Self {
        Self {
            plan: plan.clone(),
            arrivals: Arrivals::new(schedule.clone(), &slots),
            load: Load::new(slots.clone(), schedule.messages.len()),
            own: Reported::default(),
            told: Vec::new(),
            lifecycle: Lifecycle::new(slots, schedule.last_due()),
            deeds: Deeds::default(),
            sent_again: 0,
            changes: Changes::default(),
        }
    }

    /// Hands over to `neighbors` what slots did to their lists, if that is much.
    pub(super) fn settle(&mut self, neighbors: &mut Neighbors) {
        if self.changes.len() >= MANY_CHANGES {
            self.hand_over(neighbors);
        }
    }

    /// Hands over to `neighbors` what slots did to their lists.
    pub(super) fn hand_over(&mut self, neighbors: &mut Neighbors) {
        neighbors.take_in(&self.changes);
        self.changes.clear(2 * MANY_CHANGES);
    }

    /// What a protocol said, but for what comes with each packet. As all that follows not inlined, so that
    /// the rest stays small where it is inlined into a backend.
    #[inline(never)]
    fn heard(&mut self, at: Time, slot: u32, what: Observation<u32, u32>) {
        match what {
            Observation::Published(message) => self.arrivals.published(slot, message),
            Observation::Delivered { message, hops } => self.delivered(at, slot, message, hops),
            Observation::Duplicate(message) => self.load.duplicate(message),
            Observation::NeighborUp(peer) => self.neighbor_up(at, slot, peer),
            Observation::NeighborDown(peer) => self.neighbor_down(slot, peer),
            Observation::Repair => self.lifecycle.census.repairs += 1,
            Observation::Failed(peer) => self.told.push(Told { at, by: slot, peer }),
            Observation::Dropped(reason) => self.load.dropped(reason),
            Observation::Deed(deed) => self.deeds.note(at, slot, deed),
            Observation::Count(measure, by) => self.own.count(measure, by),
            Observation::Record(measure, value) => self.own.record(measure, value),
            Observation::Other => {}
        }
    }

    #[inline(never)]
    fn delivered(&mut self, at: Time, slot: u32, message: u32, hops: u16) {
        self.arrivals.delivered(&self.plan, &self.lifecycle, Delivery { at, slot, message, hops });
    }

    /// Who is joined may hold whom it wants: what is no pair is ignored where the lists are.
    #[inline(never)]
    fn neighbor_up(&mut self, at: Time, slot: u32, peer: u32) {
        if self.lifecycle.is_joined(slot) || self.joins(at, slot, peer) {
            self.changes.push(slot, Change::Held(peer));
        }
    }

    /// Whether `slot`, which is not joined, is from now on, for it holds `peer`.
    #[inline(never)]
    fn joins(&mut self, at: Time, slot: u32, peer: u32) -> bool {
        let joins = is_pair(self.plan.slots(), slot, peer) && self.lifecycle.holds(at, slot);
        if joins {
            let (_, stop) = self.lifecycle.life(&self.plan, slot);
            self.arrivals.joined(slot, at, stop);
        }
        joins
    }

    fn neighbor_down(&mut self, slot: u32, peer: u32) {
        if self.lifecycle.is_joined(slot) {
            self.changes.push(slot, Change::Released(peer));
        }
    }

    #[inline(never)]
    fn lost(&mut self, carries: bool, reason: &'static str) {
        self.load.lost(carries, reason);
    }

    #[inline(never)]
    fn came_up(&mut self, at: Time, slot: u32, incarnation: u32) {
        self.release_all(slot);
        self.lifecycle.came_up(&self.plan, at, slot, incarnation);
    }

    #[inline(never)]
    fn went_down(&mut self, slot: u32, end: End) {
        self.release_all(slot);
        self.lifecycle.went_down(slot, end);
    }

    /// A life of `slot` begins or ends.
    fn release_all(&mut self, slot: u32) {
        // Whoever holds somebody is joined.
        if self.lifecycle.is_joined(slot) {
            self.changes.push(slot, Change::AllReleased);
        }
    }
}

impl Observer for Part {
    #[inline]
    fn expect(&self, slot: u32) {
        self.lifecycle.prefetch(slot);
        self.load.prefetch(slot);
    }

    fn sent_again(&mut self, times: u32) {
        self.sent_again += u64::from(times);
    }

    // Always inlined: where a backend reports, what is reported is known, and a few instructions are left.
    #[inline(always)]
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        match what {
            Observed::Sent { payload, bytes, kind, .. } => self.load.sent(slot, payload, bytes, kind),
            Observed::Received { payload, .. } => self.load.received(payload),
            // The most frequent words of a protocol under a flood.
            Observed::Protocol(Observation::Duplicate(message)) => self.load.duplicate(message),
            Observed::Protocol(Observation::Delivered { message, hops }) => {
                self.delivered(at, slot, message, hops);
            }
            // The most frequent at a start.
            Observed::Protocol(Observation::NeighborUp(peer)) => self.neighbor_up(at, slot, peer),
            Observed::Protocol(what) => self.heard(at, slot, what),
            Observed::Lost { payload, reason } => self.lost(payload.is_some(), reason),
            Observed::Up { incarnation } => self.came_up(at, slot, incarnation),
            Observed::Down(end) => self.went_down(slot, end),
        }
    }
}

/// What all parts have counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) census: Census,
    pub(super) counts: Counts,
    pub(super) traffic: Traffic,
}

impl Sums {
    /// Over `parts`.
    pub(super) fn over(parts: &[Part]) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.census.add(&part.lifecycle.census);
            all.counts.add(&part.arrivals.counts());
            all.traffic.add(&part.load.traffic());
        }
        all
    }
}

/// The slots of all parts.
pub(super) fn everybody(parts: &[Part]) -> Everybody<'_> {
    Everybody(parts.iter().map(|part| &part.lifecycle).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{always_up, secs};
    use floodnet_core::time::Duration;

    #[test]
    fn changes_of_links_are_taken_over_when_they_are_many() {
        let plan = Arc::new(always_up(4, 20));
        let schedule = Arc::new(Schedule::new(&plan, Duration::from_secs(1), &[]));
        let mut part = Part::new(&plan, &schedule, 2..4);
        let mut neighbors = Neighbors::new(4);
        part.observe(secs(0), 3, Observed::Protocol(Observation::NeighborUp(1)));
        part.observe(secs(1), 3, Observed::Up { incarnation: 0 });
        part.observe(secs(1), 3, Observed::Protocol(Observation::NeighborDown(1)));
        assert!(
            part.changes.is_empty(),
            "who is down holds nobody, and who has not joined lets go of nobody"
        );
        for peer in [0, 1].into_iter().cycle().take(MANY_CHANGES / 2) {
            part.observe(secs(1), 3, Observed::Protocol(Observation::NeighborUp(peer)));
            part.settle(&mut neighbors);
            part.observe(secs(1), 3, Observed::Protocol(Observation::NeighborDown(1)));
        }
        assert_eq!((part.changes.len(), neighbors.pairs()), (MANY_CHANGES, (0, 0)));
        part.settle(&mut neighbors);
        neighbors.complete();
        assert_eq!((part.changes.len(), neighbors.pairs()), (0, (1, 1)), "3 holds 0");
        part.observe(secs(2), 3, Observed::Down(End::Leave));
        part.settle(&mut neighbors);
        assert_eq!((part.changes.len(), neighbors.pairs()), (1, (1, 1)), "few can wait");
        part.hand_over(&mut neighbors);
        assert_eq!((part.changes.len(), neighbors.pairs()), (0, (0, 0)));
    }
}
