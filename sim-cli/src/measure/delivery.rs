//! Who got which message, how fast, and at what price.
//!
//! For a message published at `p` with deadline `d`; `due = p + d`:
//! - It is **counted** when `due <= duration`; else it is a late publish, and only the counts of the whole
//!   run (`publishes`, `deliveries`, `duplicates`, the load) see it. Whether its origin did publish it does
//!   not matter: what a protocol refuses to publish is not delivered.
//! - **Receivers**: slots other than the origin with one life that covers `[p, due)`, by the plan.
//! - A delivery is **on time** at a receiver in `[p, due)`, **late** at a receiver afterwards, **other** at
//!   a slot that is no receiver (`deliveries_late`, `deliveries_other`, over counted messages).
//! - `delivery_ratio` = sum of on-time deliveries / sum of receivers, over counted messages.
//!   `delivery_worst`: the least such ratio of one message with receivers. `delivery_joined`: the ratio over
//!   receivers that had joined when the message was published.
//! - `undelivered_messages`: counted, had receivers, and reached no slot but the origin.
//! - Each pair (message, slot) counts once. A second delivery within one life is an error of the protocol
//!   (`double_deliveries`); a slot that came up again may get an old message again, which counts nowhere.
//! - `latency_ms`: quantiles of publish to delivery over all pairs (counted message, receiver), those not
//!   on time at infinity; `latency_delivered_ms`: over the pairs on time.
//! - **RMR** (relative message redundancy) of a message = `m / (n - 1) - 1`, with `m` its payload packets
//!   received and `n` the slots that have it, origin included; `rmr_sent` with payload packets sent. Mean
//!   and maximum over counted messages with `n > 1`; the others are `left_out`.
//! - **LDH** (last delivery hop) of a message: the greatest hop count among its first deliveries.
//!
//! Memory: one bit per slot for each message that some slots have and others have not, `slots / 8` bytes. A
//! message may reach a slot at any time until the end, and each slot counts once: so bits are kept until every
//! slot has the message, and freed then.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::{Life, Plan};

use super::latency::Latencies;
use super::lifecycle::Slot;
use super::topology::Spread;

/// One message of the plan and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) at: Time,
    pub(super) due: Time,
    pub(super) origin: u32,
    pub(super) published: bool,
    pub(super) receivers: u32,
    /// Receivers that had joined at the publication.
    pub(super) receivers_joined: u32,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) duplicates: u64,
    /// Slots other than the origin that have it.
    pub(super) holders: u32,
    pub(super) on_time: u32,
    pub(super) on_time_joined: u32,
    pub(super) late: u32,
    pub(super) other: u32,
    pub(super) greatest_hops: u16,
    /// The slowest delivery on time.
    pub(super) slowest: Duration,
    /// Where its hops are kept; [`NOT_FOLLOWED`] for most.
    followed: u32,
}

/// Of most messages no hop counts are kept.
const NOT_FOLLOWED: u32 = u32::MAX;
/// Of a followed message: not reached.
const NO_HOPS: u16 = u16::MAX;

/// The slots that have one message.
#[derive(Clone, Debug, Default)]
struct Holders {
    /// Empty until the first slot has it, and when all have.
    bits: FixedBitSet,
    count: usize,
}

impl Holders {
    /// Adds one of `slots` slots; whether it had the message already.
    fn put(&mut self, slot: usize, slots: usize) -> bool {
        if slot >= slots {
            return false;
        }
        if self.count == slots {
            return true;
        }
        if self.count == 0 {
            self.bits.grow(slots);
        }
        let known = self.bits.put(slot);
        self.count += usize::from(!known);
        if self.count == slots {
            self.bits = FixedBitSet::new();
        }
        known
    }
}

/// All messages.
#[derive(Debug)]
pub(super) struct Deliveries {
    pub(super) messages: Vec<Message>,
    /// End of the run: messages due later are not counted.
    duration: Time,
    slots: usize,
    /// For each message the slots that have it.
    holders: Vec<Holders>,
    /// (message, slot, incarnation) for deliveries to lives that began after the publication: few.
    later_lives: BTreeSet<(u32, u32, u32)>,
    /// (origin, message), sorted.
    by_origin: Vec<(u32, u32)>,
    /// Steps of the count of joined receivers from one message to the next.
    joined_steps: Vec<i64>,
    /// The messages whose hop counts are kept, ascending.
    followed: Vec<u32>,
    /// Their hop counts by slot; empty until the first.
    hops: Vec<Vec<u16>>,
    pub(super) publishes: u64,
    pub(super) deliveries: u64,
    pub(super) double: u64,
    pub(super) latencies: Latencies,
}

impl Deliveries {
    /// The messages of `plan`; hops are kept of those that [`follow`] names for `views`.
    pub(super) fn new(plan: &Plan, deadline: Duration, views: &[Time]) -> Self {
        let mut all = Self {
            messages: plan.publishes.iter().map(|p| Message::new(p.at, p.slot, deadline)).collect(),
            duration: plan.duration,
            slots: plan.lives.len(),
            holders: vec![Holders::default(); plan.publishes.len()],
            later_lives: BTreeSet::new(),
            by_origin: (0..).zip(&plan.publishes).map(|(n, publish)| (publish.slot, n)).collect(),
            joined_steps: vec![0; plan.publishes.len() + 1],
            followed: Vec::new(),
            hops: Vec::new(),
            publishes: 0,
            deliveries: 0,
            double: 0,
            latencies: Latencies::default(),
        };
        all.by_origin.sort_unstable();
        all.count_receivers(plan);
        all.followed = follow(&all.messages, deadline, views);
        for (place, &message) in (0..).zip(&all.followed) {
            all.messages[message as usize].followed = place;
        }
        all.hops = vec![Vec::new(); all.followed.len()];
        all
    }

    /// Counts the receivers of every message, in `O(lives log messages)`.
    fn count_receivers(&mut self, plan: &Plan) {
        let mut steps = vec![0_i64; self.messages.len() + 1];
        for (slot, lives) in (0..).zip(&plan.lives) {
            for life in lives {
                let (first, past) = self.covered(life.start, life.stop);
                steps[first] += 1;
                steps[past] -= 1;
                for message in self.published_by(slot, first, past) {
                    // No origin receives its own message.
                    steps[message] -= 1;
                    steps[message + 1] += 1;
                }
            }
        }
        for (message, receivers) in self.messages.iter_mut().zip(sums(&steps)) {
            message.receivers = receivers;
        }
    }

    /// The messages whose time to be delivered lies within `[start, stop)`, as a range `first..past`.
    fn covered(&self, start: Time, stop: Time) -> (usize, usize) {
        let first = self.messages.partition_point(|message| message.at < start);
        let past = self.messages.partition_point(|message| message.due <= stop);
        (first, past.max(first))
    }

    /// Which messages of `first..past` come from `slot`.
    fn published_by(&self, slot: u32, first: usize, past: usize) -> Vec<usize> {
        let place = |message: usize| {
            self.by_origin.partition_point(|&(origin, other)| (origin, other as usize) < (slot, message))
        };
        self.by_origin[place(first)..place(past)].iter().map(|&(_, message)| message as usize).collect()
    }

    /// `slot` joined at `at`, in a life that ends at `stop`.
    pub(super) fn joined(&mut self, slot: u32, at: Time, stop: Time) {
        let (first, past) = self.covered(at, stop);
        self.joined_steps[first] += 1;
        self.joined_steps[past] -= 1;
        for message in self.published_by(slot, first, past) {
            self.joined_steps[message] -= 1;
            self.joined_steps[message + 1] += 1;
        }
    }

    /// A packet with `message` was handed to the network.
    #[inline]
    pub(super) fn sent(&mut self, message: u32) {
        if let Some(message) = self.messages.get_mut(message as usize) {
            message.sent += 1;
        }
    }

    /// A protocol took a packet with `message` in.
    #[inline]
    pub(super) fn received(&mut self, message: u32) {
        if let Some(message) = self.messages.get_mut(message as usize) {
            message.received += 1;
        }
    }

    /// A further copy of `message` was suppressed.
    #[inline]
    pub(super) fn duplicate(&mut self, message: u32) {
        if let Some(message) = self.messages.get_mut(message as usize) {
            message.duplicates += 1;
        }
    }

    /// `slot` published `message`.
    pub(super) fn published(&mut self, slot: u32, message: u32) {
        let Some(entry) = self.messages.get_mut(message as usize) else { return };
        entry.published = true;
        self.publishes += 1;
        self.mark(message, slot);
        self.keep_hops(message, slot, 0);
    }

    /// `message` reached the application at `slot`, which is in the state `life`.
    pub(super) fn delivered(
        &mut self,
        plan: &Plan,
        at: Time,
        slot: u32,
        life: &Slot,
        message: u32,
        hops: u16,
    ) {
        let Some(entry) = self.messages.get(message as usize) else { return };
        let (published, due, origin) = (entry.at, entry.due, entry.origin);
        let known = self.mark(message, slot);
        let later_life = life.start > published;
        let repeated =
            if later_life { !self.later_lives.insert((message, slot, life.incarnation)) } else { known };
        self.double += u64::from(repeated);
        if known || slot == origin {
            return;
        }
        self.deliveries += 1;
        self.keep_hops(message, slot, hops);
        let stop = match later_life {
            true => plan.life_at(slot, published).map_or(Time::ZERO, |(_, Life { stop, .. })| stop),
            false => life.stop,
        };
        let entry = &mut self.messages[message as usize];
        entry.holders += 1;
        entry.greatest_hops = entry.greatest_hops.max(hops);
        if stop < due {
            entry.other += 1;
        } else if at >= due {
            entry.late += 1;
        } else {
            let span = at.since(published);
            entry.on_time += 1;
            entry.on_time_joined += u32::from(life.joined <= published);
            entry.slowest = entry.slowest.max(span);
            if due <= self.duration {
                self.latencies.record(span);
            }
        }
    }

    /// Notes that `slot` has `message`; whether it had it already.
    fn mark(&mut self, message: u32, slot: u32) -> bool {
        self.holders[message as usize].put(slot as usize, self.slots)
    }

    fn keep_hops(&mut self, message: u32, slot: u32, hops: u16) {
        let place = self.messages[message as usize].followed;
        let Some(kept) = self.hops.get_mut(place as usize) else { return };
        if kept.is_empty() {
            kept.resize(self.slots, NO_HOPS);
        }
        if let Some(kept) = kept.get_mut(slot as usize) {
            *kept = hops;
        }
    }

    /// The last followed message before `at` that all its receivers have got.
    pub(super) fn spread(&self, at: Time) -> Option<Spread> {
        let whole = |&number: &u32| {
            let message = &self.messages[number as usize];
            let reached = message.receivers > 0 && message.on_time == message.receivers;
            message.at < at && message.published && reached
        };
        let number = self.followed.iter().copied().rev().find(whole)?;
        let message = &self.messages[number as usize];
        let hops = self.hops.get(message.followed as usize)?;
        let hops = hops.iter().map(|&hops| (hops != NO_HOPS).then_some(hops)).collect();
        Some(Spread { message: number, hops })
    }

    /// Fills in what is only known when the run is over.
    pub(super) fn finish(&mut self) {
        for (message, joined) in self.messages.iter_mut().zip(sums(&self.joined_steps)) {
            message.receivers_joined = joined;
        }
    }
}

impl Message {
    fn new(at: Time, origin: u32, deadline: Duration) -> Self {
        Self {
            at,
            due: at + deadline,
            origin,
            published: false,
            receivers: 0,
            receivers_joined: 0,
            sent: 0,
            received: 0,
            duplicates: 0,
            holders: 0,
            on_time: 0,
            on_time_joined: 0,
            late: 0,
            other: 0,
            greatest_hops: 0,
            slowest: Duration::ZERO,
            followed: NOT_FOLLOWED,
        }
    }

    /// Whether it is counted in a run that ended at `end`.
    pub(super) fn is_counted(&self, end: Time) -> bool {
        self.due <= end
    }

    /// `packets / (n - 1) - 1`; none when it reached nobody.
    pub(super) fn redundancy(&self, packets: u64) -> Option<f64> {
        (self.holders > 0).then(|| packets as f64 / f64::from(self.holders) - 1.0)
    }

    /// Greatest hop count; none when it reached nobody.
    pub(super) fn last_hop(&self) -> Option<u16> {
        (self.holders > 0).then_some(self.greatest_hops)
    }
}

/// The running sums of `steps`, none of which is ever negative.
fn sums(steps: &[i64]) -> impl Iterator<Item = u32> + '_ {
    steps.iter().scan(0_i64, |sum, step| {
        *sum += step;
        Some(u32::try_from(*sum).unwrap_or(0))
    })
}

/// Which messages to keep the hops of, so that each of `views` finds one that has spread by then: the last
/// ones published some time before it. Chosen by the plan alone, so that the order in which a backend
/// reports is of no matter.
fn follow(messages: &[Message], deadline: Duration, views: &[Time]) -> Vec<u32> {
    let ages = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), deadline];
    let pairs = views.iter().flat_map(|&view| ages.map(|age| (view, age)));
    let last = |(view, age)| {
        let past = messages.partition_point(|message| message.at + age <= view);
        u32::try_from(past).ok()?.checked_sub(1)
    };
    let followed: BTreeSet<u32> = pairs.filter_map(last).collect();
    followed.into_iter().collect()
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
