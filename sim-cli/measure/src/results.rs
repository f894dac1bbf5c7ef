//! The end of a run: from counts to a summary, tables and graphs.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use serde::Serialize;

use super::delivery::{Deliveries, Message};
use super::graph::Cuts;
use super::latency::{CurvePoint, Latencies, Quantiles};
use super::load::{Load, Losses, Packets};
use super::number::{DIGITS, Tally, ratio, round_to, seconds, span_ms};
use super::part::{Part, Sums};
use super::phases::{Phase, Sources};
use super::series::{Averages, Row};
use super::summary::{JoinTimes, LastHop, PerNode, Redundancy, Summary};
use super::topology::Topology;
use super::{Ending, Measures, everybody};

/// Everything that one run says.
#[derive(Clone, Debug)]
pub struct Results {
    /// The numbers.
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

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageRow {
    /// Its index in the plan.
    pub message: u32,
    /// When it was published, in seconds.
    #[serde(rename = "at_s", serialize_with = "super::number::as_seconds")]
    pub at: Time,
    /// Who published it.
    pub origin: u32,
    /// Bytes of content.
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

/// The end of [`Measures`].
///
/// # Panics
///
/// When packets of a complete run are not accounted for: an error of the backend.
pub(super) fn finish(mut measures: Measures, parts: &[Part], ending: Ending) -> Results {
    let end = if ending.complete { measures.plan.duration } else { measures.seen };
    let deliveries = Deliveries::of(&measures.schedule, &measures.receivers, parts);
    let totals = Totals::of(&deliveries.messages, end);
    let graph = measures.topology(parts, end);
    let summary = Ended { parts, deliveries: &deliveries, totals: &totals, graph: &graph, ending, end }
        .summarize(&mut measures);
    if ending.complete {
        check_conservation(&summary);
    }
    let degrees = graph.degree_histogram();
    let sampled = measures.seen;
    if sampled == measures.plan.duration && measures.keeps(sampled) {
        measures.keep(parts, graph);
    }
    Results {
        summary,
        messages: message_rows(&measures, &deliveries.messages, end),
        timeseries: measures.rows,
        topologies: measures.topologies,
        degrees,
        latencies: deliveries.latencies,
        receivers: totals.receivers,
    }
}

/// Refuses numbers of a backend that lost count of its packets.
fn check_conservation(summary: &Summary) {
    for (what, all) in [("packets", summary.packets()), ("payloads", summary.payloads())] {
        assert!(all.holds(), "{what} are not conserved: sent = received + lost + in flight, but {all:?}");
    }
    let by_reason: u64 = summary.lost.by_reason.values().sum();
    assert_eq!(by_reason, summary.lost.packets, "losses by reason sum to all losses");
}

/// Sums over the counted messages.
#[derive(Debug, Default)]
struct Totals {
    late_publishes: u64,
    receivers: u64,
    on_time: u64,
    receivers_joined: u64,
    on_time_joined: u64,
    late: u64,
    other: u64,
    undelivered: u64,
    left_out: u64,
    ratios: Tally,
    rmr: Tally,
    rmr_sent: Tally,
    hops: Tally,
    greatest_hops: Option<u16>,
}

impl Totals {
    fn of(messages: &[Message], end: Time) -> Self {
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
        match (message.redundancy(message.copies.received), message.redundancy(message.copies.sent)) {
            (Some(rmr), Some(rmr_sent)) => {
                self.rmr.add(rmr);
                self.rmr_sent.add(rmr_sent);
                self.hops.add(f64::from(message.tally.greatest_hops));
                self.greatest_hops = self.greatest_hops.max(message.last_hop());
            }
            _ => {
                self.left_out += 1;
                self.undelivered += u64::from(message.receivers > 0);
            }
        }
    }

    fn redundancy(&self, of: &Tally) -> Redundancy {
        Redundancy { mean: of.mean(), max: of.max(), left_out: self.left_out }
    }
}

/// A run that ended at `end` with `graph`.
struct Ended<'a> {
    parts: &'a [Part],
    deliveries: &'a Deliveries,
    totals: &'a Totals,
    graph: &'a Topology,
    ending: Ending,
    end: Time,
}

impl Ended<'_> {
    /// The record of the run.
    fn summarize(&self, m: &mut Measures) -> Summary {
        let Self { parts, deliveries, totals, graph, ending, end } = *self;
        let shape = m.scanner.scan(&mut m.neighbors, &everybody(parts), &Cuts::at(&m.plan, end)).clone();
        let last = Row::of_shape(end, &shape, false);
        let window = Averages::over(&m.rows, m.settings.start, m.settings.stop);
        let join_times = parts.iter().map(|part| &part.lifecycle.join_times);
        let Sums { census, counts, traffic } = Sums::over(parts);
        Summary {
            scenario: m.settings.scenario.clone(),
            seed: m.plan.seed,
            nodes: m.plan.slots(),
            duration_s: seconds(end),
            digest: ending.digest.map(|digest| format!("{digest:016x}")).unwrap_or_default(),
            complete: ending.complete,
            backend: None,
            notes: Vec::new(),
            publishes: counts.publishes,
            skipped: m.plan.skipped,
            late_publishes: totals.late_publishes,
            deliveries: counts.deliveries,
            delivery_ratio: ratio(totals.on_time, totals.receivers),
            delivery_worst: totals.ratios.min(),
            delivery_joined: ratio(totals.on_time_joined, totals.receivers_joined),
            deliveries_late: totals.late,
            deliveries_other: totals.other,
            undelivered_messages: totals.undelivered,
            double_deliveries: counts.double,
            latency_ms: self.latency(),
            latency_delivered_ms: deliveries.latencies.quantiles(deliveries.latencies.count()),
            rmr: totals.redundancy(&totals.rmr),
            rmr_sent: totals.redundancy(&totals.rmr_sent),
            ldh: LastHop { mean: totals.hops.mean(), max: totals.greatest_hops },
            packets_sent: traffic.sent(),
            packets_received: traffic.received(),
            packets_per_node: self.per_node(traffic.sent()),
            payloads_sent: traffic.payloads.sent,
            payloads_received: traffic.payloads.received,
            duplicates: traffic.payloads.duplicates,
            bytes_sent: traffic.bytes,
            drops: self.by_reason(Load::add_drops),
            lost: Losses {
                packets: traffic.lost,
                payloads: traffic.payloads_lost,
                by_reason: self.by_reason(Load::add_losses),
            },
            in_flight: Packets { packets: ending.in_flight_packets, payloads: ending.in_flight_payloads },
            partition_rate: window.share(|row| row.not_whole),
            split_rate: window.share(|row| row.parts >= 2),
            components: window.count(|row| row.components, last.components),
            largest_component: window.largest_component(last.largest_component),
            isolated: window.count(|row| row.isolated, last.isolated),
            cut_off_ms: m.rows.last().map(|row| span_ms(m.cut_off.longest(row.at))),
            unjoined: window.count(|row| row.unjoined, census.unjoined()),
            never_joined: census.never_joined(),
            asymmetry: window.asymmetry(),
            degree: window.degree(),
            links_end: last.links,
            nodes_up: window.nodes_up(),
            join_ms: JoinTimes::of(&Latencies::of(join_times)),
            joins: census.joins,
            leaves: census.leaves,
            crashes: census.crashes,
            repairs: census.repairs,
            attachment: m.attachments.finish(),
            topology: graph.measure(m.plan.seed),
            phases: self.phases(m),
            expect: Vec::new(),
        }
    }

    /// Quantiles over all pairs. In an interrupted run the pairs whose deadline was cut off cannot be told
    /// from the others in the histogram, so there are none.
    fn latency(&self) -> Quantiles {
        match self.ending.complete {
            true => self.deliveries.latencies.quantiles(self.totals.receivers),
            false => Quantiles::default(),
        }
    }

    /// Packets per slot that was ever up, of the `sent` packets of all.
    fn per_node(&self, sent: u64) -> PerNode {
        let nodes = everybody(self.parts).slots().filter(|slot| slot.was_up()).count() as u64;
        let by_strangers: u64 = self.parts.iter().map(|part| part.load.by_strangers()).sum();
        let busiest = self.parts.iter().map(|part| part.load.busiest()).max();
        PerNode { mean: ratio(sent - by_strangers, nodes), max: busiest.unwrap_or(0) }
    }

    /// Packets by reason, as `add` adds them up.
    fn by_reason(&self, add: impl Fn(&Load, &mut BTreeMap<String, u64>)) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        self.parts.iter().for_each(|part| add(&part.load, &mut all));
        all
    }

    fn phases(&self, m: &Measures) -> Vec<Phase> {
        let window = (m.settings.start, m.settings.stop);
        let messages = &self.deliveries.messages;
        Sources { faults: &m.plan.faults, rows: &m.rows, messages, window, end: self.end }.phases()
    }
}

fn message_rows(m: &Measures, messages: &[Message], end: Time) -> Vec<MessageRow> {
    let both = messages.iter().zip(&m.plan.publishes);
    let row = |(number, (message, publish)): (u32, (&Message, &floodnet_sim::plan::Publish))| MessageRow {
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
