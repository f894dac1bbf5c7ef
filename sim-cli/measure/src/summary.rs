//! The numbers of one run, in the order in which they are written.
//!
//! Counts are integers, ratios and means have 6 significant digits, quantiles are true to 0.1 % and maxima of
//! times to 6 digits. What was not measured is `null`; what never happened is `"never"`. No clock, no path:
//! same run, same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attachment::Attachment;
use super::expect::Verdict;
use super::latency::{Latencies, Ms, Quantiles};
use super::load::{ByKind, Conservation, Losses, Packets};
use super::phases::Phase;
use super::topology::TopologyMeasures;

/// Mean and maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMax {
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

/// Redundancy over messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redundancy {
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// Counted messages that reached nobody, and have no redundancy.
    pub left_out: u64,
}

/// Last delivery hops over messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LastHop {
    /// The mean.
    pub mean: Option<f64>,
    /// The greatest.
    pub max: Option<u16>,
}

/// A count per node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerNode {
    /// The mean.
    pub mean: Option<f64>,
    /// The busiest.
    pub max: u64,
}

/// A count over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMaxEnd {
    /// The mean over the window.
    pub mean: Option<f64>,
    /// The greatest in the window.
    pub max: Option<u64>,
    /// At the end of the run.
    pub end: u64,
}

/// A count over samples, with both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMinMax {
    /// The mean over the window.
    pub mean: Option<f64>,
    /// The least in the window.
    pub min: Option<u64>,
    /// The greatest in the window.
    pub max: Option<u64>,
}

/// Share of joined nodes in the largest component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LargestComponent {
    /// The mean over the window.
    pub mean: Option<f64>,
    /// The least in the window.
    pub min: Option<f64>,
    /// At the end of the run.
    pub end: Option<f64>,
}

/// Time from the start of a life to its first link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JoinTimes {
    /// Half of the joins took no longer.
    pub p50: Option<Ms>,
    /// 99 of 100 took no longer.
    pub p99: Option<Ms>,
}

impl JoinTimes {
    /// Over the lives that joined.
    pub(super) fn of(times: &Latencies) -> Self {
        let joins = times.count();
        Self { p50: times.percentile(50, joins), p99: times.percentile(99, joins) }
    }
}

/// Everything that one run says in numbers. The modules of [`crate`] define each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Slots.
    pub nodes: u32,
    /// Simulated time, in seconds.
    pub duration_s: f64,
    /// Fold of every input of every node, as 16 hexadecimal digits. Not written where there is none: sockets do
    /// not run the same way twice.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// What it ran on, such as `tcp`. Not written by the simulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Only written when the run was interrupted.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub complete: bool,
    /// What a reader should know. Only written when there is something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Messages published.
    pub publishes: u64,
    /// Messages not published because their origin was down.
    pub skipped: u32,
    /// Messages due after the end of the run, which do not count below.
    pub late_publishes: u64,
    /// First deliveries at slots other than the origin, of all messages.
    pub deliveries: u64,
    /// Deliveries on time / receivers.
    pub delivery_ratio: Option<f64>,
    /// The same of the worst message.
    pub delivery_worst: Option<f64>,
    /// The same over receivers that had joined at the publication.
    pub delivery_joined: Option<f64>,
    /// Deliveries of counted messages at receivers after the deadline.
    pub deliveries_late: u64,
    /// Deliveries of counted messages at slots that were no receivers.
    pub deliveries_other: u64,
    /// Counted messages with receivers that reached nobody.
    pub undelivered_messages: u64,
    /// Deliveries repeated within one life: errors of the protocol.
    pub double_deliveries: u64,
    /// Publish to delivery over all pairs of message and receiver.
    pub latency_ms: Quantiles,
    /// The same over the pairs on time.
    pub latency_delivered_ms: Quantiles,
    /// Relative message redundancy, by payloads received.
    pub rmr: Redundancy,
    /// The same by payloads sent.
    pub rmr_sent: Redundancy,
    /// Last delivery hop.
    pub ldh: LastHop,
    /// Packets handed to the network.
    pub packets_sent: u64,
    /// Packets taken in.
    pub packets_received: u64,
    /// Packets sent per node.
    pub packets_per_node: PerNode,
    /// Packets with a message handed to the network.
    pub payloads_sent: u64,
    /// Packets with a message taken in.
    pub payloads_received: u64,
    /// Suppressed copies.
    pub duplicates: u64,
    /// Bytes handed to the network.
    pub bytes_sent: ByKind,
    /// Losses of the network and drops of protocols, by reason.
    pub drops: BTreeMap<String, u64>,
    /// Lost by the network, by reason too.
    pub lost: Losses,
    /// On the way at the end of the run.
    pub in_flight: Packets,
    /// Share of samples at which the network was not in one piece.
    pub partition_rate: Option<f64>,
    /// Share of samples with two or more components of at least 2 nodes.
    pub split_rate: Option<f64>,
    /// Connected components.
    pub components: MeanMaxEnd,
    /// Share of joined nodes in the largest.
    pub largest_component: LargestComponent,
    /// Joined nodes without an edge.
    pub isolated: MeanMaxEnd,
    /// Longest time that a joined node has been outside of the largest component, up to the last sample and
    /// without a fault; in milliseconds.
    pub cut_off_ms: Option<f64>,
    /// Nodes up that have not joined.
    pub unjoined: MeanMaxEnd,
    /// Lives that never joined.
    pub never_joined: u64,
    /// Share of held pairs that only one end holds.
    pub asymmetry: MeanMax,
    /// Edges at a joined node.
    pub degree: MeanMinMax,
    /// Edges at the end of the run.
    pub links_end: u64,
    /// Slots up.
    pub nodes_up: MeanMinMax,
    /// Time to the first link.
    pub join_ms: JoinTimes,
    /// Lives that joined.
    pub joins: u64,
    /// Announced departures.
    pub leaves: u64,
    /// Unannounced ones.
    pub crashes: u64,
    /// Links asked for in place of lost ones.
    pub repairs: u64,
    /// To whom newcomers linked.
    #[serde(default)]
    pub attachment: Attachment,
    /// The graph at the end of the run.
    pub topology: TopologyMeasures,
    /// What each fault did.
    pub phases: Vec<Phase>,
    /// What the scenario expected.
    pub expect: Vec<Verdict>,
}

/// Default of [`Summary::complete`].
const fn yes() -> bool {
    true
}

/// Whether [`Summary::complete`] goes without saying. Takes a reference because serde gives one.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_true(complete: &bool) -> bool {
    *complete
}

impl Summary {
    /// Where all packets ended.
    #[must_use]
    pub const fn packets(&self) -> Conservation {
        Conservation {
            sent: self.packets_sent,
            received: self.packets_received,
            lost: self.lost.packets,
            in_flight: self.in_flight.packets,
        }
    }

    /// Where the packets with a message ended.
    #[must_use]
    pub const fn payloads(&self) -> Conservation {
        Conservation {
            sent: self.payloads_sent,
            received: self.payloads_received,
            lost: self.lost.payloads,
            in_flight: self.in_flight.payloads,
        }
    }

    /// The text of `summary.json`, newline at the end.
    ///
    /// # Panics
    ///
    /// Never: every value in a summary can be written as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers, words and lists are valid JSON");
        text.push('\n');
        text
    }
}
