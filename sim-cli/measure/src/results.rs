//! What a run says: its summary, its tables and its graphs.

use floodnet_core::time::Time;
use floodnet_sim::plan::{Plan, Publish};
use serde::Serialize;

use super::delivery::Message;
use super::latency::{CurvePoint, Latencies};
use super::metrics::Summary;
use super::number::{DIGITS, ratio, round_to, span_ms};
use super::phases::Phase;
use super::series::Row;
use super::topology::Topology;

/// Everything that one run says.
#[derive(Clone, Debug)]
pub struct Results {
    /// All numbers of the run.
    pub summary: Summary,
    /// The samples, in order.
    pub timeseries: Vec<Row>,
    /// What became of each message, in order of publication.
    pub messages: Vec<MessageRow>,
    /// The graphs that were asked for, in order.
    pub topologies: Vec<Topology>,
    /// How many joined nodes have 0, 1, 2, .. edges at the end.
    pub degrees: Vec<u64>,
    /// Publish to delivery over counted pairs on time, to merge with other runs.
    pub latencies: Latencies,
    /// Counted pairs of message and receiver, on time or not.
    pub receivers: u64,
    /// How often packets of streams were sent again; 0 where a backend does not tell.
    pub sent_again: u64,
}

impl Results {
    /// The share of receivers reached, by time since the publication.
    #[must_use]
    pub fn latency_curve(&self) -> Vec<CurvePoint> {
        self.latencies.curve(self.receivers)
    }

    /// What each fault did.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.summary.phases
    }
}

/// What became of one message: a line of `messages.csv`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageRow {
    /// Its index in the plan.
    pub message: u32,
    /// When it was published, in seconds.
    #[serde(rename = "at_s", serialize_with = "super::number::as_seconds")]
    pub at: Time,
    /// Slot that published it.
    pub origin: u32,
    /// Size of the content in bytes.
    pub size: u32,
    /// Whether its origin did publish it.
    pub published: bool,
    /// Whether it was due before the end of the run.
    pub counted: bool,
    /// Slots that should have it.
    pub receivers: u32,
    /// Receivers that got it on time.
    pub delivered: u32,
    /// Receivers that got it after the deadline.
    pub late: u32,
    /// Other slots that got it.
    pub other: u32,
    /// On time / receivers.
    pub delivery_ratio: Option<f64>,
    /// Packets with it handed to the network.
    pub payloads_sent: u64,
    /// Packets with it taken in.
    pub payloads_received: u64,
    /// Copies suppressed.
    pub duplicates: u64,
    /// Redundancy by packets received.
    pub rmr: Option<f64>,
    /// Redundancy by packets sent.
    pub rmr_sent: Option<f64>,
    /// Last delivery hop.
    pub ldh: Option<u16>,
    /// Time to the last receiver on time, in milliseconds.
    pub last_ms: Option<f64>,
}

/// Refuses numbers of a backend that lost count of its packets.
///
/// # Panics
///
/// When packets of a complete run are not accounted for: an error of the backend.
pub(super) fn check_conservation(summary: &Summary) {
    for (what, all) in [("packets", summary.packets()), ("payloads", summary.payloads())] {
        assert!(all.holds(), "{what} are not conserved: sent = received + lost + in flight, but {all:?}");
    }
    let by_reason: u64 = summary.lost.by_reason.values().sum();
    assert_eq!(by_reason, summary.lost.packets, "losses by reason sum to all losses");
}

/// One row for each message of `plan`, of a run that ended at `end`.
pub(super) fn message_rows(plan: &Plan, messages: &[Message], end: Time) -> Vec<MessageRow> {
    let both = messages.iter().zip(&plan.publishes);
    let row = |(number, (message, publish)): (u32, (&Message, &Publish))| MessageRow {
        message: number,
        at: message.at,
        origin: message.origin,
        size: publish.size,
        published: message.tally.published,
        counted: message.is_counted(end),
        receivers: message.receivers,
        delivered: message.tally.on_time,
        late: message.tally.late,
        other: message.tally.other,
        delivery_ratio: ratio(u64::from(message.tally.on_time), u64::from(message.receivers)),
        payloads_sent: message.copies.sent,
        payloads_received: message.copies.received,
        duplicates: message.copies.duplicates,
        rmr: message.redundancy(message.copies.received).map(|rmr| round_to(rmr, DIGITS)),
        rmr_sent: message.redundancy(message.copies.sent).map(|rmr| round_to(rmr, DIGITS)),
        ldh: message.last_hop(),
        last_ms: (message.tally.on_time > 0).then(|| span_ms(message.tally.slowest)),
    };
    (0..).zip(both).map(row).collect()
}
