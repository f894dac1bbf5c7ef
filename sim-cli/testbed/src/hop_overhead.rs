//! How much longer than its configured delay a hop takes: the machine's own cost.

use std::collections::BTreeMap;

use floodnet_core::time::{Duration, Time};
use floodnet_lab::run::HopOverhead;
use floodnet_sim::between::Between;
use floodnet_sim::observer::Observed;
use floodnet_sim::spec::Per;
use hdrhistogram::Histogram;

use crate::sink::Record;

/// What is under way at most before what never came is forgotten.
const UNDER_WAY: usize = 1 << 16;
/// More nanoseconds than this are counted as these: a minute.
const MOST: u64 = 60_000_000_000;
/// After this time nothing is expected any more.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// Follows messages from the node that sends to the node that receives.
pub(super) struct OverheadMeter {
    between: Between,
    is_shaped: bool,
    /// When a message was sent, by sender, receiver and message.
    sent: BTreeMap<(u32, u32, u32), Time>,
    histogram: Histogram<u64>,
    /// Of all that is in the histogram, in nanoseconds; what came too early counts against it.
    sum: i128,
}

impl OverheadMeter {
    /// For a run whose links are these; none where a delay is not that of its link alone.
    pub(super) fn new(between: Between, is_shaped: bool) -> Option<Self> {
        let links = between.links();
        let is_even = links.spec.per == Per::Link
            && links.spec.jitter.0 == Duration::ZERO
            && links.classes.iter().all(|class| !class.is_limited());
        let is_plain = is_even && !between.plan().disturbances.iter().any(|fault| fault.kind.delays());
        if is_shaped && !is_plain {
            return None;
        }
        let histogram = Histogram::new_with_max(MOST, 3).ok()?;
        Some(Self { between, is_shaped, sent: BTreeMap::new(), histogram, sum: 0 })
    }

    /// Takes what was observed; all of one pair in order of time.
    pub(super) fn take(&mut self, record: &Record) {
        let Record { at, slot, what } = *record;
        match what {
            Observed::Sent { to, payload: Some(message), .. } => {
                if self.sent.len() >= UNDER_WAY {
                    self.sent.retain(|_, sent| at.since(*sent) < FORGOTTEN);
                }
                self.sent.insert((slot, to, message), at);
            }
            Observed::Received { from, payload: Some(message) } => {
                if let Some(sent) = self.sent.remove(&(from, slot, message)) {
                    self.note(at.since(sent), from, slot);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, took: Duration, from: u32, to: u32) {
        let asked = if self.is_shaped { self.between.delay(from, to) } else { Duration::ZERO };
        let more = took - asked;
        // A message that was sent again, or waited for a dial, says nothing about the machine.
        if more < self.between.links().spec.rto.0 {
            self.histogram.saturating_record(more.as_nanos());
            self.sum += i128::from(took.as_nanos()) - i128::from(asked.as_nanos());
        }
    }

    /// The result; none of nothing.
    pub(super) fn result(&self) -> Option<HopOverhead> {
        let count = self.histogram.len();
        let millis = |nanos: f64| (nanos / 1e3).round() / 1e3;
        (count > 0).then(|| HopOverhead {
            mean: millis(self.sum as f64 / count as f64),
            p50: millis(self.histogram.value_at_quantile(0.5) as f64),
            p99: millis(self.histogram.value_at_quantile(0.99) as f64),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_sim::link::LinkModel;
    use floodnet_sim::plan::Plan;
    use floodnet_sim::spec::Link;
    use std::sync::Arc;

    #[test]
    fn what_a_hop_takes_beyond_its_delay_is_the_machines() {
        // 50 ms each.
        let between = |links| Between::new(Arc::new(Plan::still(1, 3, Time::from_secs(9))), Arc::new(links));
        let mut hop_overhead = OverheadMeter::new(between(LinkModel::default()), true).unwrap();
        assert_eq!(hop_overhead.result(), None);
        let record = |ms, slot, what| Record { at: Time::from_millis(ms), slot, what };
        let mut hop = |message: u32, took: u64| {
            let payload = Some(message);
            hop_overhead.take(&record(
                1_000,
                0,
                Observed::Sent { to: 1, payload, bytes: 9, kind: "message" },
            ));
            hop_overhead.take(&record(1_000 + took, 1, Observed::Received { from: 0, payload }));
        };
        hop(0, 51);
        hop(1, 53);
        hop(2, 50 + 400);
        hop_overhead.take(&record(1_000, 2, Observed::Received { from: 0, payload: Some(7) }));
        let found = hop_overhead.result().unwrap();
        assert_eq!((found.mean, found.p50), (2.0, 1.0), "the one that was sent again is left out");
        let uneven = Link { jitter: Duration::from_millis(1).into(), ..Link::default() };
        assert!(OverheadMeter::new(between(LinkModel::new(uneven)), true).is_none());
    }
}
