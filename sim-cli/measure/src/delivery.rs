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

use floodnet_core::time::Time;
use floodnet_sim::plan::Plan;

use super::arrivals::{Counts, NO_HOPS, Tally};
use super::latency::Latencies;
use super::load::Copies;
use super::number::{RunningStats, ratio};
use super::part::Part;
use super::schedule::{Planned, Schedule, sums};
use super::topology::Spread;
use super::values::{LastHop, Redundancy};

/// One message of the plan and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) at: Time,
    pub(super) due: Time,
    pub(super) origin: u32,
    pub(super) receivers: u32,
    /// Receivers that had joined at the publication.
    pub(super) receivers_joined: u32,
    pub(super) copies: Copies,
    /// What became of it at all slots.
    pub(super) tally: Tally,
}

/// All messages, when the run is over.
#[derive(Debug)]
pub(super) struct Deliveries {
    pub(super) messages: Vec<Message>,
    pub(super) counts: Counts,
    pub(super) latencies: Latencies,
}

impl Deliveries {
    /// What the parts have counted of messages with that many receivers.
    pub(super) fn of(schedule: &Schedule, receivers: &[u32], parts: &[Part]) -> Self {
        let mut all = Self {
            messages: schedule.messages.iter().map(Message::new).collect(),
            counts: Counts::default(),
            latencies: Latencies::of(
                parts.iter().flat_map(|part| [&part.arrivals.latencies, &part.arrivals.latencies_hostile]),
            ),
        };
        for (message, receivers) in all.messages.iter_mut().zip(receivers) {
            message.receivers = *receivers;
        }
        let mut steps = schedule.no_steps();
        for part in parts {
            all.counts.add(&part.arrivals.counts());
            part.arrivals.add_joined(&mut steps);
            for ((number, message), copies) in (0..).zip(&mut all.messages).zip(part.load.by_message()) {
                message.tally.add(&part.arrivals.tally(number));
                message.copies.add(copies);
            }
        }
        for (message, joined) in all.messages.iter_mut().zip(sums(&steps)) {
            message.receivers_joined = joined;
        }
        all
    }
}

/// The receivers of every message, in `O(lives log messages)`.
pub(super) fn receivers(plan: &Plan, schedule: &Schedule) -> Vec<u32> {
    let mut steps = schedule.no_steps();
    for (slot, lives) in (0..).zip(&plan.lives) {
        for life in lives {
            schedule.add_receiver(slot, life.start, life.stop, &mut steps);
        }
    }
    sums(&steps).take(schedule.messages.len()).collect()
}

/// The last followed message before `at` that all its receivers, `receivers` by message, have got.
pub(super) fn spread(schedule: &Schedule, receivers: &[u32], parts: &[Part], at: Time) -> Option<Spread> {
    let whole = |&(_, number): &(usize, u32)| {
        let tallies = parts.iter().map(|part| part.arrivals.tally(number));
        let (published, on_time) =
            tallies.fold((false, 0), |(any, sum), tally| (any | tally.published, sum + tally.on_time));
        let receivers = receivers[number as usize];
        let reached = receivers > 0 && on_time == receivers;
        schedule.messages[number as usize].at < at && published && reached
    };
    let (place, message) = schedule.followed.iter().copied().enumerate().rev().find(whole)?;
    let hops = parts.iter().flat_map(|part| part.arrivals.hops(place));
    Some(Spread { message, hops: hops.map(|hops| (hops != NO_HOPS).then_some(hops)).collect() })
}

impl Message {
    fn new(planned: &Planned) -> Self {
        Self {
            at: planned.at,
            due: planned.due,
            origin: planned.origin,
            receivers: 0,
            receivers_joined: 0,
            copies: Copies::default(),
            tally: Tally::default(),
        }
    }

    /// Whether it is counted in a run that ended at `end`.
    pub(super) fn is_counted(&self, end: Time) -> bool {
        self.due <= end
    }

    /// `packets / (n - 1) - 1`; none when it reached nobody, or when the protocol does not say which packets carry it.
    pub(super) fn redundancy(&self, packets: u64) -> Option<f64> {
        let holders = self.tally.holders();
        (holders > 0 && self.copies.sent > 0).then(|| packets as f64 / f64::from(holders) - 1.0)
    }

    /// Greatest hop count; none when it reached nobody.
    pub(super) fn last_hop(&self) -> Option<u16> {
        (self.tally.holders() > 0).then_some(self.tally.greatest_hops)
    }
}

/// Sums over the counted messages.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Published, but due after the end.
    pub(super) late_publishes: u64,
    pub(super) receivers: u64,
    /// Pairs of message and receiver that were on time.
    pub(super) on_time: u64,
    /// Receivers that had joined at the publication.
    pub(super) receivers_joined: u64,
    pub(super) on_time_joined: u64,
    pub(super) late: u64,
    pub(super) other: u64,
    /// Messages with receivers that reached nobody.
    pub(super) undelivered: u64,
    /// Messages that reached nobody.
    pub(super) left_out: u64,
    /// Delivery ratio of each message with receivers.
    pub(super) ratios: RunningStats,
    pub(super) rmr: RunningStats,
    pub(super) rmr_sent: RunningStats,
    /// Last delivery hop of each message that reached somebody.
    pub(super) hops: RunningStats,
    pub(super) greatest_hops: Option<u16>,
}

impl Totals {
    /// Over the counted ones of `messages`, of a run that ended at `end`.
    pub(super) fn of(messages: &[Message], end: Time) -> Self {
        let mut all = Self::default();
        for message in messages {
            // A message that was planned for after an interruption is neither late nor counted.
            if message.is_counted(end) {
                all.add(message);
            } else if message.tally.published {
                all.late_publishes += 1;
            }
        }
        all
    }

    fn add(&mut self, message: &Message) {
        self.receivers += u64::from(message.receivers);
        self.on_time += u64::from(message.tally.on_time);
        self.receivers_joined += u64::from(message.receivers_joined);
        self.on_time_joined += u64::from(message.tally.on_time_joined);
        self.late += u64::from(message.tally.late);
        self.other += u64::from(message.tally.other);
        if message.receivers > 0 {
            self.ratios.add(f64::from(message.tally.on_time) / f64::from(message.receivers));
        }
        match message.last_hop() {
            Some(hops) => {
                self.hops.add(f64::from(hops));
                self.greatest_hops = self.greatest_hops.max(Some(hops));
            }
            None => {
                self.left_out += 1;
                self.undelivered += u64::from(message.receivers > 0);
            }
        }
        let redundancy = |packets| message.redundancy(packets);
        if let (Some(rmr), Some(sent)) =
            (redundancy(message.copies.received), redundancy(message.copies.sent))
        {
            self.rmr.add(rmr);
            self.rmr_sent.add(sent);
        }
    }

    /// The delivery ratio: deliveries on time over receivers, of all counted messages; none without receivers.
    pub(super) fn delivery_ratio(&self) -> Option<f64> {
        ratio(self.on_time, self.receivers)
    }

    /// The delivery ratio over receivers that had joined at the publication.
    pub(super) fn delivery_ratio_joined(&self) -> Option<f64> {
        ratio(self.on_time_joined, self.receivers_joined)
    }

    /// The redundancy of which `of` are the statistics.
    pub(super) fn redundancy(&self, of: &RunningStats) -> Redundancy {
        Redundancy { mean: of.mean(), max: of.max(), left_out: self.left_out }
    }

    /// Last delivery hops.
    pub(super) fn last_hop(&self) -> LastHop {
        LastHop { mean: self.hops.mean(), max: self.greatest_hops }
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
