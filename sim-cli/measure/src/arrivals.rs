//! Who got which message, over the slots of one part: what is counted at each delivery.
//!
//! A delivery at a slot that has been up and joined since before the publication, and stays up, is what
//! nearly all of them are, and costs a look at one line of memory for the message and one for the slot. All
//! others ask the plan.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::{Life, Plan};

use super::latency::Spans;
use super::lifecycle::Lifecycle;
use super::schedule::{Planned, Schedule};

/// Of a followed message: not reached.
pub(super) const NO_HOPS: u16 = u16::MAX;

/// The slots that have one message: one bit each, from the first that has it until all have it.
#[derive(Clone, Debug)]
struct Holders {
    /// Empty while none has it, and when all have.
    bits: Box<[u64]>,
    /// Slots that do not have it.
    missing: u32,
}

impl Holders {
    /// Nobody of `slots` slots.
    fn new(slots: u32) -> Self {
        Self { bits: Box::default(), missing: slots }
    }

    /// Adds `place`, one of `slots`; whether it had the message already.
    #[inline]
    fn put(&mut self, place: u32, slots: u32) -> bool {
        let Some(word) = self.bits.get_mut((place / 64) as usize) else {
            return self.put_first(place, slots);
        };
        let bit = 1 << (place % 64);
        let known = *word & bit != 0;
        *word |= bit;
        if !known {
            self.one_more();
        }
        known
    }

    /// As [`Holders::put`], when there are no bits.
    #[cold]
    fn put_first(&mut self, place: u32, slots: u32) -> bool {
        if self.missing == 0 {
            return true;
        }
        self.bits = vec![0; slots.div_ceil(64) as usize].into_boxed_slice();
        self.bits[(place / 64) as usize] = 1 << (place % 64);
        self.one_more();
        false
    }

    #[inline]
    fn one_more(&mut self) {
        self.missing -= 1;
        if self.missing == 0 {
            self.bits = Box::default();
        }
    }
}

/// One message at the slots of a part: what a delivery needs, together in one line of memory.
#[derive(Clone, Debug)]
struct Arrived {
    /// When, by the plan.
    published: Time,
    due: Time,
    origin: u32,
    /// Whether it is counted, and not apart from most: as those of hostile origins are.
    is_usual: bool,
    /// Whether its hops are kept.
    is_followed: bool,
    greatest_hops: u16,
    holders: Holders,
    /// The slowest delivery on time.
    slowest: Duration,
    on_time: u32,
    on_time_joined: u32,
}

/// What is less frequent.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    published: bool,
    late: u32,
    other: u32,
    on_time_hostile: u32,
    on_time_victims: u32,
}

/// What became of one message at the slots of a part, or of all parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) published: bool,
    /// Deliveries by which time and to whom; together the slots other than the origin that have it.
    pub(super) on_time: u32,
    pub(super) on_time_joined: u32,
    /// Of those on time, at hostile slots, and at the victims of adversaries.
    pub(super) on_time_hostile: u32,
    pub(super) on_time_victims: u32,
    pub(super) late: u32,
    pub(super) other: u32,
    pub(super) greatest_hops: u16,
    /// The slowest delivery on time.
    pub(super) slowest: Duration,
}

impl Tally {
    /// Slots other than the origin that have it.
    pub(super) const fn holders(&self) -> u32 {
        self.on_time + self.late + self.other
    }

    /// Takes in what became of it at other slots.
    pub(super) fn add(&mut self, other: &Self) {
        self.published |= other.published;
        self.on_time += other.on_time;
        self.on_time_joined += other.on_time_joined;
        self.on_time_hostile += other.on_time_hostile;
        self.on_time_victims += other.on_time_victims;
        self.late += other.late;
        self.other += other.other;
        self.greatest_hops = self.greatest_hops.max(other.greatest_hops);
        self.slowest = self.slowest.max(other.slowest);
    }
}

/// Sums over messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) publishes: u64,
    /// First deliveries at slots other than the origin.
    pub(super) deliveries: u64,
    /// Repeated within one life.
    pub(super) double: u64,
}

impl Counts {
    /// Takes in other sums.
    pub(super) const fn add(&mut self, other: &Self) {
        self.publishes += other.publishes;
        self.deliveries += other.deliveries;
        self.double += other.double;
    }
}

/// All messages at slots in a row.
#[derive(Debug)]
pub(super) struct Arrivals {
    schedule: Arc<Schedule>,
    first: u32,
    slots: u32,
    messages: Vec<Arrived>,
    rest: Vec<Rest>,
    /// (message, slot, incarnation) for deliveries to lives that began after the publication: few.
    later_lives: BTreeSet<(u32, u32, u32)>,
    /// Steps of the count of joined receivers from one message to the next.
    joined_steps: Vec<i64>,
    /// Hop counts by slot of the messages that are followed; empty until the first.
    hops: Vec<Vec<u16>>,
    counts: Counts,
    pub(super) latencies: Spans,
    /// Of pairs of which an end is hostile.
    pub(super) latencies_hostile: Spans,
}

/// One delivery of a message at a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    pub(super) at: Time,
    pub(super) slot: u32,
    pub(super) message: u32,
    pub(super) hops: u16,
}

impl Arrivals {
    /// Nothing yet, at `slots`.
    pub(super) fn new(schedule: Arc<Schedule>, slots: &Range<u32>) -> Self {
        let count = slots.end.saturating_sub(slots.start);
        let arrived = |planned: &Planned| Arrived {
            published: planned.at,
            due: planned.due,
            origin: planned.origin,
            is_usual: schedule.counts(planned.due) && !planned.is_hostile,
            is_followed: false,
            greatest_hops: 0,
            holders: Holders::new(count),
            slowest: Duration::ZERO,
            on_time: 0,
            on_time_joined: 0,
        };
        let mut messages: Vec<Arrived> = schedule.messages.iter().map(arrived).collect();
        // Marked on the message itself, so that a delivery does not look it up in the schedule.
        for &message in &schedule.followed {
            messages[message as usize].is_followed = true;
        }
        Self {
            first: slots.start,
            slots: count,
            rest: vec![Rest::default(); messages.len()],
            messages,
            later_lives: BTreeSet::new(),
            joined_steps: schedule.no_steps(),
            hops: vec![Vec::new(); schedule.followed.len()],
            counts: Counts::default(),
            latencies: Spans::default(),
            latencies_hostile: Spans::default(),
            schedule,
        }
    }

    /// `slot` joined at `at`, in a life that ends at `stop`.
    pub(super) fn joined(&mut self, slot: u32, at: Time, stop: Time) {
        self.schedule.add_receiver(slot, at, stop, &mut self.joined_steps);
    }

    /// `slot` published `message`.
    pub(super) fn published(&mut self, slot: u32, message: u32) {
        let Some(entry) = self.messages.get_mut(message as usize) else { return };
        self.rest[message as usize].published = true;
        self.counts.publishes += 1;
        let place = slot.wrapping_sub(self.first);
        if place < self.slots {
            entry.holders.put(place, self.slots);
        }
        self.keep_hops(message, place, 0);
    }

    /// A message reached the application at a slot, which `lives` has.
    #[inline]
    pub(super) fn delivered(&mut self, plan: &Plan, lives: &Lifecycle, what: Delivery) {
        let (Some(life), Some(entry)) = (lives.get(what.slot), self.messages.get_mut(what.message as usize))
        else {
            return;
        };
        let place = what.slot.wrapping_sub(self.first);
        let known = entry.holders.put(place, self.slots);
        let is_usual = entry.is_usual && life.is_settled(entry.published) && what.at < entry.due;
        if known || !is_usual || what.slot == entry.origin {
            return self.delivered_else(plan, lives, what, known);
        }
        let span = what.at.since(entry.published);
        entry.on_time += 1;
        entry.on_time_joined += 1;
        entry.greatest_hops = entry.greatest_hops.max(what.hops);
        entry.slowest = entry.slowest.max(span);
        self.latencies.record(span);
        if entry.is_followed {
            self.keep_hops(what.message, place, what.hops);
        }
    }

    /// A delivery of any kind; `known`: the slot had the message already.
    #[inline(never)]
    fn delivered_else(&mut self, plan: &Plan, lives: &Lifecycle, what: Delivery, known: bool) {
        let Delivery { at, slot, message, hops } = what;
        let (Some(life), Some(entry)) = (lives.get(slot), self.messages.get_mut(message as usize)) else {
            return;
        };
        let Arrived { published, due, origin, .. } = *entry;
        let (start, stop) = lives.life(plan, slot);
        // The bit of a slot says that one of its lives has the message. A life that began after the publication may
        // get it once more: those are remembered one by one.
        let later_life = start > published;
        let repeated =
            if later_life { !self.later_lives.insert((message, slot, life.incarnation)) } else { known };
        self.counts.double += u64::from(repeated);
        if known || slot == origin {
            return;
        }
        let stop = match later_life {
            true => plan.life_at(slot, published).map_or(Time::ZERO, |(_, Life { stop, .. })| stop),
            false => stop,
        };
        entry.greatest_hops = entry.greatest_hops.max(hops);
        let rest = &mut self.rest[message as usize];
        if stop < due {
            rest.other += 1;
        } else if at >= due {
            rest.late += 1;
        } else {
            let span = at.since(published);
            entry.on_time += 1;
            entry.on_time_joined += u32::from(life.joined() <= published);
            rest.on_time_hostile += u32::from(plan.adversaries.contains(slot));
            rest.on_time_victims += u32::from(plan.adversaries.victims().contains(&slot));
            entry.slowest = entry.slowest.max(span);
            if self.schedule.counts(due) {
                let is_honest = !plan.adversaries.contains(slot) && !plan.adversaries.contains(origin);
                let spans = if is_honest { &mut self.latencies } else { &mut self.latencies_hostile };
                spans.record(span);
            }
        }
        self.keep_hops(message, slot.wrapping_sub(self.first), hops);
    }

    fn keep_hops(&mut self, message: u32, place: u32, hops: u16) {
        let Some(kept) = self.schedule.place_of_hops(message) else { return };
        let kept = &mut self.hops[kept];
        if kept.is_empty() {
            kept.resize(self.slots as usize, NO_HOPS);
        }
        if let Some(kept) = kept.get_mut(place as usize) {
            *kept = hops;
        }
    }

    /// What became of `message`.
    pub(super) fn tally(&self, message: u32) -> Tally {
        let (entry, rest) = (&self.messages[message as usize], self.rest[message as usize]);
        Tally {
            published: rest.published,
            on_time: entry.on_time,
            on_time_joined: entry.on_time_joined,
            on_time_hostile: rest.on_time_hostile,
            on_time_victims: rest.on_time_victims,
            late: rest.late,
            other: rest.other,
            greatest_hops: entry.greatest_hops,
            slowest: entry.slowest,
        }
    }

    /// The sums so far.
    pub(super) fn counts(&self) -> Counts {
        let on_time: u64 = self.messages.iter().map(|entry| u64::from(entry.on_time)).sum();
        let missed = self.rest.iter().map(|rest| u64::from(rest.late) + u64::from(rest.other));
        Counts { deliveries: on_time + missed.sum::<u64>(), ..self.counts }
    }

    /// Adds the steps of the count of joined receivers to `steps`.
    pub(super) fn add_joined(&self, steps: &mut [i64]) {
        steps.iter_mut().zip(&self.joined_steps).for_each(|(sum, step)| *sum += step);
    }

    /// For each slot the hops of its first copy of the followed message at `place`; [`NO_HOPS`] where there
    /// is none.
    pub(super) fn hops(&self, place: usize) -> impl Iterator<Item = u16> + '_ {
        let kept = &self.hops[place];
        (0..self.slots as usize).map(|slot| kept.get(slot).copied().unwrap_or(NO_HOPS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_freed_when_every_slot_has_the_message_and_it_is_still_known() {
        let mut holders = Holders::new(67);
        assert!(!holders.put(0, 67) && !holders.put(66, 67) && holders.put(0, 67));
        assert_eq!((holders.bits.len(), holders.missing), (2, 65));
        assert!((1..66).all(|place| !holders.put(place, 67)));
        assert_eq!((holders.bits.len(), holders.missing), (0, 0));
        assert!((0..67).all(|place| holders.put(place, 67)));
        let mut single = Holders::new(1);
        assert!(!single.put(0, 1) && single.put(0, 1));
        assert!(single.bits.is_empty());
    }

    #[test]
    fn what_a_delivery_needs_fits_one_line_of_memory() {
        assert_eq!(size_of::<Arrived>(), 64);
    }
}
