//! What a fault did: before, during, after, and how long it took to heal.
//!
//! A fault lasts for `[from, until)`. For a **crash** `until` is the return of those it struck; of a crash
//! from which nobody returns within the run, `until = from`, the crash itself, and there is no "during".
//! - **during** is `[from, until)`.
//! - **before** reaches back from `from` to the end of the last fault that was over by then, or to
//!   `measure.start`.
//! - **after** reaches from `until` to the start of the next fault, or to `measure.stop`.
//! - `delivery`: delivery ratio of the counted messages published in that stretch; none without receivers.
//! - `components`: mean over the samples of that stretch; none without samples.
//! - `heal_ms`: from `until` (the end of the fault, the return, or the crash without one) to the first sample
//!   at or after it from which on every sample finds one component of all joined nodes for [`HOLDS`], the
//!   sample at the end of that time included. "never" when the run shows no such stretch; none when nothing
//!   was sampled.
//! - `degree_ms`: likewise from `until`, to the first sample that finds 99 % of the joined nodes with the
//!   target degree or more; none when the overlay names no target. The sample at `until` itself does not see
//!   what happens at that time, and counts only if the next one finds the same.
//!
//! Both are as fine as `measure.every`.

use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::FaultSpan;
use serde::{Deserialize, Serialize};

use super::delivery::Message;
use super::latency::Ms;
use super::metric_row::{Metric, metrics};
use super::number::{ratio, seconds, span_ms};
use super::series::{Averages, Row};

/// How long one component must hold for the network to count as healed.
pub const HOLDS: Duration = Duration::from_secs(5);

/// A number before, during and after a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stretches {
    /// Until the fault begins.
    pub before: Option<f64>,
    /// While the fault lasts.
    pub during: Option<f64>,
    /// From its end on.
    pub after: Option<f64>,
}

/// One fault of the scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Kind of the fault, such as `partition`.
    pub name: String,
    /// When it began, in seconds.
    pub from_s: f64,
    /// When it was over, in seconds: for a crash the return; equal to `from_s` when there is none.
    pub until_s: f64,
    /// How many slots it hit: those that a crash took down; for other faults, of the slots that were up while it
    /// lasted, those that were kept from some other, slowed down, stopped or that lost packets. At 0 it did nothing.
    #[serde(default)]
    pub slots: u32,
    /// Delivery ratio of the messages published in each stretch.
    pub delivery: Stretches,
    /// Mean number of components.
    pub components: Stretches,
    /// From `until_s` until one component held again.
    pub heal_ms: Option<Ms>,
    /// From `until_s` until the nodes had their degree again.
    pub degree_ms: Option<Ms>,
}

/// The metrics of each fault, below `phases.FAULT.`.
pub const PHASE_METRICS: &[Metric<Phase>] = metrics!(Phase:
    from_s: Neither Plain,
    until_s: Neither Plain,
    slots: Neither Plain,
    delivery.before: Lower Share Of Faults,
    delivery.during: Lower Share Leads Faults,
    delivery.after: Lower Share Of Faults,
    components.before: Higher Plain Of Faults,
    components.during: Higher Plain Of Faults,
    components.after: Higher Plain Of Faults,
    heal_ms: Higher Millis Of Faults,
    degree_ms: Higher Millis Of Faults,
);

/// What phases are made of.
pub(super) struct Sources<'a> {
    pub(super) faults: &'a [FaultSpan],
    pub(super) rows: &'a [Row],
    pub(super) messages: &'a [Message],
    /// `[measure.start, measure.stop)`.
    pub(super) window: (Time, Time),
    /// End of the run.
    pub(super) end: Time,
}

impl Sources<'_> {
    /// One phase for each fault, in the scenario's order.
    pub(super) fn phases(&self) -> Vec<Phase> {
        self.faults.iter().map(|fault| self.phase(fault)).collect()
    }

    fn phase(&self, fault: &FaultSpan) -> Phase {
        let earlier = self.faults.iter().filter(|other| other.until <= fault.from && other.from < fault.from);
        let since = earlier.map(|other| other.until).max().unwrap_or(Time::ZERO).max(self.window.0);
        let later = self.faults.iter().map(|other| other.from).filter(|&from| from >= fault.until);
        let next = later.filter(|&from| from > fault.from).min().unwrap_or(Time::MAX).min(self.window.1);
        let stretches = [(since, fault.from), (fault.from, fault.until), (fault.until, next)];
        let [before, during, after] = stretches.map(|(from, until)| self.delivery(from, until));
        let delivery = Stretches { before, during, after };
        let [before, during, after] =
            stretches.map(|(from, until)| Averages::over(self.rows, from, until).components());
        Phase {
            name: fault.name.to_owned(),
            from_s: seconds(fault.from),
            until_s: seconds(fault.until),
            slots: fault.slots,
            delivery,
            components: Stretches { before, during, after },
            heal_ms: self.heal(fault.until),
            degree_ms: self.degree(fault.until),
        }
    }

    /// Delivery ratio of the counted messages published in `[from, until)`.
    fn delivery(&self, from: Time, until: Time) -> Option<f64> {
        let within = self.messages.iter().filter(|message| from <= message.at && message.at < until);
        let (mut on_time, mut receivers) = (0, 0);
        for message in within.filter(|message| message.is_counted(self.end)) {
            on_time += u64::from(message.tally.on_time);
            receivers += u64::from(message.receivers);
        }
        ratio(on_time, receivers)
    }

    fn heal(&self, until: Time) -> Option<Ms> {
        let mut since = None;
        for row in self.rows.iter().filter(|row| row.at >= until) {
            since = (row.components == 1).then(|| since.unwrap_or(row.at));
            if let Some(since) = since.filter(|&since| row.at.since(since) >= HOLDS) {
                return Some(Ms::After(span_ms(since.since(until))));
            }
        }
        (!self.rows.is_empty()).then_some(Ms::Never)
    }

    fn degree(&self, until: Time) -> Option<Ms> {
        // Without a target no row has the number.
        self.rows.last()?.at_target?;
        let rows = &self.rows[self.rows.partition_point(|row| row.at < until)..];
        let reached = |row: &Row| {
            row.joined > 0 && row.at_target.is_some_and(|n| u64::from(n) * 100 >= u64::from(row.joined) * 99)
        };
        let sees = |place: usize| rows[place].at > until || rows.get(place + 1).is_some_and(reached);
        let found = (0..rows.len()).find(|&place| reached(&rows[place]) && sees(place));
        Some(found.map_or(Ms::Never, |place| Ms::After(span_ms(rows[place].at.since(until)))))
    }
}

#[cfg(test)]
#[path = "phases_tests.rs"]
mod tests;
