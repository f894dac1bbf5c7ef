//! The table of metrics: the numbers of one run, in the order in which they are written to `summary.json`.
//!
//! Each number is declared once, below: its documentation, its name and type, where it comes from, and for a
//! metric which way it gets worse, its unit, the family of metrics that measure the same thing and whether it leads
//! them, and the words to print if they are not its name. A new measure is computed where its kind is measured (see
//! the list in `lib.rs`), and gets a row here; an item in `text.rs` shows it on the screen. Only what is gathered in a new
//! way during the run needs a field in `collector.rs` and in `ended.rs`.
//!
//! Counts are integers, ratios and means have 6 significant digits, quantiles are true to 0.1 % and maxima of
//! times to 6 digits. What was not measured is `null`; what never happened is `"never"`. No clock, no path:
//! same run, same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ended::Ended;
use crate::hostility::Hostility;
use crate::latency::Quantiles;
use crate::load::{ByKind, Conservation, Losses, OfKind, Packets};
use crate::metric_row::{Metric, metrics};
use crate::newcomer_links::Attachment;
use crate::number::seconds;
use crate::outcome::Checked;
use crate::own::Own;
use crate::phases::Phase;
use crate::topology::TopologyMeasures;
use crate::values::{
    JoinTimes, LargestComponent, LastHop, MeanMax, MeanMaxEnd, MeanMinMax, PerNode, Rates, Redundancy,
};

/// Makes the record, its constructor and the table of metrics from one list:
/// `name: type = value of the run, [metric] [metric] ..`, where a metric names a field of `type` (`.max`) unless
/// the number itself is the metric. Attributes of the field stand behind its documentation, as `@[..]`.
macro_rules! summary {
    (
        $(#[$about:meta])*
        $run:ident =>
        $(
            $(#[doc = $doc:literal])+
            $(@[$attribute:meta])?
            $field:ident: $type:ty = $value:expr,
            $([$(.$leaf:ident)? $worse:ident $unit:ident $($role:ident $family:ident)? $($label:literal)?])*
        )*
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct Summary {
            $($(#[doc = $doc])+ $(#[$attribute])? pub $field: $type,)*
        }

        impl Summary {
            /// The record of a run that is over.
            pub(crate) fn of($run: &Ended<'_>) -> Self {
                Self { $($field: $value,)* }
            }
        }

        /// What each field of the summary is, in the words of its documentation.
        pub const FIELDS: &[(&str, &[&str])] = &[$((stringify!($field), &[$($doc),+]),)*];

        /// Every metric with a fixed name, in the order of the summary. Besides these there are `drops.REASON`,
        /// `lost.by_reason.REASON`, `kinds.KIND.packets`, `kinds.KIND.bytes`, `own.MEASURE` and `phases.FAULT.FIELD` with
        /// the fields of
        /// [`PHASE_METRICS`](crate::phases::PHASE_METRICS).
        pub const METRICS: &[Metric<Summary>] =
            metrics!(Summary: $($($field $(.$leaf)?: $worse $unit $($role $family)? $($label)?,)*)*);
    };
}

summary! {
    /// Everything that one run says in numbers. The modules of [`crate`] define each.
    run =>

    /// Name of the scenario.
    scenario: String = run.settings.scenario.clone(),
    /// Seed of the run. Text where it is 2^53 or more.
    @[serde(with = "crate::seed")]
    seed: u64 = run.plan.seed,
    /// Slots of the network.
    nodes: u32 = run.plan.slots(),
        [Neither Plain]
    /// Simulated time, in seconds.
    duration_s: f64 = seconds(run.at),
        [Neither Plain]
    /// Fold of every input of every node, as 16 hexadecimal digits. Not written where there is none: sockets do
    /// not run the same way twice.
    @[serde(default, skip_serializing_if = "String::is_empty")]
    digest: String = run.ending.digest.map(|digest| format!("{digest:016x}")).unwrap_or_default(),
    /// What it ran on, such as `tcp`. Not written by the simulator.
    @[serde(default, skip_serializing_if = "Option::is_none")]
    backend: Option<String> = None,
    /// Whether the run reached its end. Only written when it was interrupted.
    @[serde(default = "yes", skip_serializing_if = "is_true")]
    complete: bool = run.ending.complete,
    /// What a reader should know. Only written when there is something.
    @[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String> = Vec::new(),

    /// Messages published.
    publishes: u64 = run.sums.counts.publishes,
        [Neither Plain "messages"]
    /// Messages not published because their origin was down.
    skipped: u32 = run.plan.skipped,
        [Neither Plain]
    /// Messages due after the end of the run, which do not count below.
    late_publishes: u64 = run.totals.late_publishes,
        [Neither Plain "late publishes"]
    /// First deliveries at slots other than the origin, of all messages.
    deliveries: u64 = run.sums.counts.deliveries,
        [Lower Plain Of Delivery]
    /// Pairs of a counted message and a slot that should get it.
    @[serde(default)]
    receivers: u64 = run.totals.receivers,
        [Neither Plain]
    /// Deliveries on time / receivers.
    delivery_ratio: Option<f64> = run.totals.delivery_ratio(),
        [Lower Share Leads Delivery "delivery ratio"]
    /// The lowest delivery ratio of a single message.
    delivery_worst: Option<f64> = run.totals.ratios.min(),
        [Lower Share Of Delivery "delivery worst"]
    /// The delivery ratio over receivers that had joined at the publication.
    delivery_joined: Option<f64> = run.totals.delivery_ratio_joined(),
        [Lower Share Of Delivery "delivery joined"]
    /// Deliveries of counted messages at receivers after the deadline.
    deliveries_late: u64 = run.totals.late,
        [Higher Plain Of Delivery "deliveries late"]
    /// Deliveries of counted messages at slots that were no receivers.
    deliveries_other: u64 = run.totals.other,
        [Neither Plain "deliveries other"]
    /// Counted messages with receivers that reached nobody.
    undelivered_messages: u64 = run.totals.undelivered,
        [Higher Plain Of Delivery "undelivered messages"]
    /// Deliveries repeated within one life: errors of the protocol.
    double_deliveries: u64 = run.sums.counts.double,
        [Higher Plain Leads Errors "DOUBLE DELIVERIES"]
    /// Publish to delivery over all pairs of message and receiver.
    latency_ms: Quantiles = run.latency(),
        [.p50 Higher Millis Leads Latency "delivery latency p50"]
        [.p90 Higher Millis Of Latency]
        [.p99 Higher Millis Leads LatencyTail "delivery latency p99"]
        [.max Higher Millis Of LatencyTail "delivery latency max"]
    /// Publish to delivery over the pairs on time.
    latency_delivered_ms: Quantiles = run.latency_delivered(),
        [.p50 Higher Millis Of Latency]
        [.p90 Higher Millis Of Latency]
        [.p99 Higher Millis Of LatencyTail]
        [.max Higher Millis Of LatencyTail]
    /// Relative message redundancy, by payloads received.
    rmr: Redundancy = run.totals.redundancy(&run.totals.rmr),
        [.mean Higher Plain Leads Redundancy "redundancy (RMR)"]
        [.max Higher Plain Of Redundancy]
        [.left_out Higher Plain Of Redundancy]
    /// Relative message redundancy, by payloads sent.
    rmr_sent: Redundancy = run.totals.redundancy(&run.totals.rmr_sent),
        [.mean Higher Plain Of Redundancy]
        [.max Higher Plain Of Redundancy]
        [.left_out Higher Plain Of Redundancy]
    /// Last delivery hop.
    ldh: LastHop = run.totals.last_hop(),
        [.mean Higher Plain Leads Hops "last delivery hop"]
        [.max Higher Plain Of Hops]

    /// Packets handed to the network.
    packets_sent: u64 = run.sums.traffic.sent(),
        [Higher Plain Of Traffic "packets sent"]
    /// Packets taken in.
    packets_received: u64 = run.sums.traffic.received(),
        [Neither Plain]
    /// Packets sent per node.
    packets_per_node: PerNode = run.packets_per_node(),
        [.mean Higher Plain Leads Traffic "packets per node"]
        [.max Higher Plain Of Traffic]
    /// What a node that is up hands to the network in a second, in the mean over all nodes and the whole run.
    @[serde(default)]
    per_node_s: Rates = run.rates(),
        [.bytes Higher Plain Of Traffic "bytes per node and s"]
        [.control Higher Plain Of Traffic "control packets per node and s"]
    /// Packets with a message handed to the network.
    payloads_sent: u64 = run.sums.traffic.payloads.sent,
        [Higher Plain Of Redundancy "payloads sent"]
    /// Packets with a message taken in.
    payloads_received: u64 = run.sums.traffic.payloads.received,
        [Neither Plain]
    /// Copies of a message that a protocol had already and suppressed.
    duplicates: u64 = run.sums.traffic.payloads.duplicates,
        [Higher Plain Of Redundancy]
    /// Bytes handed to the network.
    bytes_sent: ByKind = run.sums.traffic.bytes,
        [.payload Higher Plain Of Redundancy "bytes sent, payload"]
        [.control Higher Plain Of Traffic "bytes sent, control"]
    /// What was handed to the network, by the kind of the message.
    @[serde(default)]
    kinds: BTreeMap<String, OfKind> = run.kinds(),
    /// What the protocol measures itself. Only written when there is something.
    @[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    own: BTreeMap<String, Own> = run.own(),
    /// Losses of the network and drops of protocols, by reason.
    drops: BTreeMap<String, u64> = run.drops(),
    /// Losses of the network alone.
    lost: Losses = run.lost(),
        [.packets Higher Plain Leads Loss]
        [.payloads Higher Plain Of Loss]
    /// What was on the way at the end of the run.
    in_flight: Packets = run.in_flight(),
        [.packets Neither Plain]
        [.payloads Neither Plain]

    /// Share of samples at which the network was split. Null if nobody had joined at any of them.
    partition_rate: Option<f64> = run.window.share_of_graphs(|row| row.partitioned),
        [Higher Share Of Connectivity "partition rate"]
    /// Share of samples with two or more components of at least 2 nodes. Null if nobody had joined at any of them.
    split_rate: Option<f64> = run.window.share_of_graphs(|row| row.parts >= 2),
        [Higher Share Of Connectivity]
    /// Connected components.
    components: MeanMaxEnd = run.window.count_of_graphs(|row| row.components, run.last.components),
        [.mean Higher Plain Leads Connectivity "components"]
        [.max Higher Plain Of Connectivity]
        [.end Higher Plain Of Connectivity]
    /// Share of joined nodes in the largest component.
    largest_component: LargestComponent = run.window.largest_component(run.last.largest_component),
        [.mean Lower Share Of Connectivity "largest component"]
        [.min Lower Share Of Connectivity]
        [.end Lower Share Of Connectivity]
    /// Joined nodes without an edge.
    isolated: MeanMaxEnd = run.window.count_of_graphs(|row| row.isolated, run.last.isolated),
        [.mean Higher Plain Of Connectivity]
        [.max Higher Plain Of Connectivity]
        [.end Higher Plain Of Connectivity]
    /// Longest time that a joined node has been outside of the largest component, up to the last sample and
    /// without a fault; in milliseconds.
    cut_off_ms: Option<f64> = run.cut_off_ms,
        [Higher Millis Of Connectivity "cut off (longest time)"]
    /// Nodes up that have not joined.
    unjoined: MeanMaxEnd = run.window.count(|row| row.unjoined, run.sums.census.unjoined()),
        [.mean Higher Plain Of Joining]
        [.max Higher Plain Of Joining]
        [.end Higher Plain Of Joining]
    /// Lives that never joined.
    never_joined: u64 = run.sums.census.never_joined(),
        [Higher Plain Of Joining "never joined"]
    /// Share of held pairs that only one end holds.
    asymmetry: MeanMax = run.window.asymmetry(),
        [.mean Higher Share Of Degree]
        [.max Higher Share Of Degree]
    /// Edges at a joined node.
    degree: MeanMinMax = run.window.degree(),
        [.mean Neither Plain "degree"]
        [.min Lower Plain Leads Degree]
        [.max Higher Plain Of Degree]
    /// Edges at the end of the run.
    links_end: u64 = run.last.links,
        [Neither Plain "links at the end"]
    /// Slots that are up.
    nodes_up: MeanMinMax = run.window.nodes_up(),
        [.mean Neither Plain "nodes up"]
        [.min Neither Plain]
        [.max Neither Plain]

    /// Time from the start of a life to its first link.
    join_ms: JoinTimes = run.join_times(),
        [.p50 Higher Millis Of Joining "time to join p50"]
        [.p99 Higher Millis Leads Joining "time to join p99"]
    /// Lives that joined.
    joins: u64 = run.sums.census.joins,
        [Neither Plain]
    /// Announced departures.
    leaves: u64 = run.sums.census.leaves,
        [Neither Plain]
    /// Unannounced departures.
    crashes: u64 = run.sums.census.crashes,
        [Neither Plain]
    /// Links asked for in place of lost ones.
    repairs: u64 = run.sums.census.repairs,
        [Neither Plain]
    /// To whom newcomers linked.
    @[serde(default)]
    attachment: Attachment = run.attachment,
        [.links Neither Plain]
        [.degree Neither Plain]
        [.by_degree Neither Plain]
        [.uniform Neither Plain]
        [.chi2 Neither Plain]
    /// The graph at the end of the run.
    topology: TopologyMeasures = run.graph.measure(run.plan.seed, run.parts.len()),
        [.nodes Neither Plain]
        [.links Neither Plain]
        [.degree_max Higher Plain Of Degree]
        [.components Higher Plain Of Connectivity]
        [.clustering Neither Share "clustering"]
        [.triangles Neither Plain]
        [.asp Higher Plain Leads Paths "average path (asp)"]
        [.asp_sources Neither Plain]
        [.diameter Higher Plain Of Paths "diameter"]
        [.assortativity Neither Plain]

    /// What adversaries did and what it cost them. Only written when there are any.
    @[serde(default, skip_serializing_if = "Hostility::is_nothing")]
    adversary: Hostility = run.hostility,
        [.delivery_honest Lower Share Leads Hostility "delivery, honest"]
        [.delivery_to_victims Lower Share Of Hostility "delivery to victims"]
        [.delivery_from_victims Lower Share Of Hostility "delivery from victims"]
        [.latency_p50_ms Higher Millis Of Hostility "honest latency p50"]
        [.latency_p99_ms Higher Millis Of Hostility "honest latency p99"]
        [.cut_off_ms Higher Millis Of Hostility "cut off from honest"]
        [.view_mean Higher Share Of Hostility "hostile share of views"]
        [.view_max Higher Share Of Hostility]
        [.majority_mean Higher Share Of Hostility "hostile majority"]
        [.majority_max Higher Share Of Hostility]
        [.links Neither Plain "hostile links"]
        [.packets Neither Plain "hostile packets"]
        [.identities Neither Plain "hostile identities"]
        [.payloads_dropped Neither Plain "hostile drops, payload"]
        [.packets_dropped Neither Plain "hostile drops"]
        [.packets_delayed Neither Plain "hostile delays"]
        [.delay_ms Neither Millis "delay added"]
        [.packets_repeated Neither Plain "hostile copies"]
        [.packets_forged Neither Plain "forged packets"]
        [.packets_altered Neither Plain "altered packets"]
        [.packets_ignored Neither Plain "ignored packets"]
        [.spy_recall Higher Share Of Hostility "origins guessed"]
        [.spy_precision Higher Share Of Hostility "precision of guesses"]

    /// What each fault did.
    phases: Vec<Phase> = run.phases(),
    /// What the scenario expected.
    expect: Vec<Checked> = Vec::new(),
}

/// The metric called `path`.
///
/// # Panics
///
/// When there is none. In a constant that is an error of the compiler, so a misspelt path does not compile.
#[must_use]
pub const fn metric(path: &str) -> &'static Metric<Summary> {
    let mut place = 0;
    while place < METRICS.len() {
        if is_same(METRICS[place].path.as_bytes(), path.as_bytes()) {
            return &METRICS[place];
        }
        place += 1;
    }
    panic!("no summary has a metric of this path");
}

/// Whether two texts are the same; `==` cannot be used in a constant.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
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
