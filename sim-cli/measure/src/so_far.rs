//! What is known of a run that goes on: its tables until now, and what some of its metrics can still become.

use floodnet_core::time::Time;

use super::collector::Measures;
use super::delivery::{Deliveries, Totals};
use super::expect::{Expectation, Op};
use super::number::{DIGITS, round_to};
use super::part::{Part, Sums};
use super::results::{MessageRow, message_rows};
use super::series::{Averages, Row};

/// A run at a sample, as far as it has come.
#[derive(Clone, Copy, Debug)]
pub struct SoFar<'a> {
    measures: &'a Measures,
    parts: &'a [Part],
    at: Time,
}

/// The values that a metric of the whole run can still have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prospect {
    /// Dotted path of the metric.
    pub metric: &'static str,
    /// The least of them.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Prospect {
    /// At least what was counted already.
    const fn counted(metric: &'static str, count: u64) -> Self {
        Self { metric, low: count as f64, high: f64::INFINITY }
    }

    /// A share of which `yes` of `whole` are sure, and `open` are not known yet. As every share it is rounded.
    fn share(metric: &'static str, yes: u64, open: u64, whole: u64) -> Self {
        let of = |part: u64| round_to(part as f64 / whole.max(1) as f64, DIGITS);
        Self { metric, low: of(yes), high: of(yes + open) }
    }
}

impl Expectation {
    /// Whether a metric that can still have these values can come to meet it.
    #[must_use]
    pub fn can_hold(&self, prospect: &Prospect) -> bool {
        let Prospect { low, high, .. } = *prospect;
        match self.op {
            Op::Less | Op::AtMost => self.op.holds(low, self.value),
            Op::More | Op::AtLeast => self.op.holds(high, self.value),
            Op::Equal => low <= self.value && self.value <= high,
            Op::Different => self.op.holds(low, self.value) || self.op.holds(high, self.value),
        }
    }
}

impl<'a> SoFar<'a> {
    /// What `measures`, with its `parts`, say at the sample at `at`.
    #[must_use]
    pub const fn new(measures: &'a Measures, parts: &'a [Part], at: Time) -> Self {
        Self { measures, parts, at }
    }

    /// Simulated time of the sample.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// The samples until now, in order.
    #[must_use]
    pub fn timeseries(&self) -> &'a [Row] {
        self.measures.rows()
    }

    /// What became of each message until now, as if the run ended here.
    #[must_use]
    pub fn messages(&self) -> Vec<MessageRow> {
        message_rows(self.measures.plan(), &self.deliveries().messages, self.at)
    }

    fn deliveries(&self) -> Deliveries {
        self.measures.deliveries(self.parts)
    }

    /// What some metrics can still become: those that only grow or fall, and shares of which the whole is known
    /// from the plan. Of the others nothing is known before the end.
    #[must_use]
    pub fn prospects(&self) -> Vec<Prospect> {
        let deliveries = self.deliveries();
        let end = self.measures.plan().duration;
        // Until now, and with all that is planned.
        let [decided, whole] = [self.at, end].map(|end| Totals::of(&deliveries.messages, end));
        let Sums { census, counts, traffic } = Sums::over(self.parts);
        let mut prospects = vec![
            Prospect::counted("publishes", counts.publishes),
            Prospect::counted("deliveries", counts.deliveries),
            Prospect::counted("double_deliveries", counts.double),
            // A slot may get a message at any time until the end: the sums over all messages only grow.
            Prospect::counted("deliveries_late", whole.late),
            Prospect::counted("deliveries_other", whole.other),
            Prospect::counted("duplicates", traffic.payloads.duplicates),
            Prospect::counted("packets_sent", traffic.sent()),
            Prospect::counted("packets_received", traffic.received()),
            Prospect::counted("lost.packets", traffic.lost),
            Prospect::counted("joins", census.joins),
            Prospect::counted("leaves", census.leaves),
            Prospect::counted("crashes", census.crashes),
            Prospect::counted("repairs", census.repairs),
        ];
        if whole.receivers > 0 {
            // Nobody who was reached in time is lost again; the others have until the deadline.
            let missed = decided.receivers - decided.on_time;
            let open = whole.receivers - whole.on_time - missed;
            prospects.push(Prospect::share("delivery_ratio", whole.on_time, open, whole.receivers));
        }
        if let Some(worst) = decided.ratios.min() {
            prospects.push(Prospect { metric: "delivery_worst", low: 0.0, high: worst });
        }
        self.add_window(&mut prospects);
        prospects
    }

    /// Adds what the samples of the window say.
    fn add_window(&self, prospects: &mut Vec<Prospect>) {
        let (rows, all) = (self.measures.window(), self.measures.samples_in_window());
        if all == 0 {
            return;
        }
        let share = |metric, of: fn(&Row) -> bool| {
            let yes = rows.0.iter().filter(|row| of(row)).count() as u64;
            Prospect::share(metric, yes, all - rows.0.len() as u64, all)
        };
        prospects.push(share("partition_rate", |row| row.partitioned));
        prospects.push(share("split_rate", |row| row.parts >= 2));
        if let Some(most) = most(&rows, |row| row.components) {
            prospects.push(Prospect::counted("components.max", most));
        }
        if let Some(most) = most(&rows, |row| row.degree_max.unwrap_or(0)) {
            prospects.push(Prospect::counted("degree.max", most));
        }
    }
}

fn most(rows: &Averages<'_>, of: fn(&Row) -> u32) -> Option<u64> {
    rows.0.iter().map(|row| u64::from(of(row))).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_can_hold_as_long_as_a_value_is_left_that_meets_it() {
        let prospect = Prospect { metric: "delivery_ratio", low: 0.2, high: 0.9 };
        for (bound, can) in [
            ("> 0.9", false),
            (">= 0.9", true),
            (">= 0.91", false),
            ("< 0.2", false),
            ("<= 0.2", true),
            ("< 0.5", true),
            ("== 0.5", true),
            ("== 0.95", false),
            ("== 0.1", false),
            ("!= 0.5", true),
        ] {
            let bound = Expectation::parse("delivery_ratio", bound).unwrap();
            assert_eq!(bound.can_hold(&prospect), can, "{bound}");
        }
        let sure = Prospect { low: 0.5, high: 0.5, ..prospect };
        assert!(!Expectation::parse("delivery_ratio", "!= 0.5").unwrap().can_hold(&sure));
    }
}
