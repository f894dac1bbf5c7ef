//! What is known when a run is over. The rows of [the table](super::metrics::table) pick their numbers from it.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use floodnet_sim::plan::{Life, Plan};

use super::delivery::{Deliveries, Totals};
use super::detection;
use super::hostility::Hostility;
use super::latency::{Latencies, Quantiles};
use super::load::{Load, Losses, OfKind, Packets};
use super::newcomer_links::Attachment;
use super::number::{DIGITS, millis, ratio, round_to};
use super::own::{Own, Reported};
use super::part::{Part, Sums, everybody};
use super::phases::{Phase, Sources};
use super::series::{Averages, Row};
use super::settings::{Ending, MeasureSettings};
use super::topology::Topology;
use super::values::{JoinTimes, PerNode, Rates};

/// A run that is over, with all that was observed of it.
pub(super) struct Ended<'a> {
    pub(super) plan: &'a Plan,
    pub(super) settings: &'a MeasureSettings,
    pub(super) ending: Ending,
    /// End of the run, or the last sample of an interrupted one.
    pub(super) at: Time,
    pub(super) parts: &'a [Part],
    /// Sums over the parts.
    pub(super) sums: Sums,
    pub(super) deliveries: &'a Deliveries,
    /// Sums over the counted messages.
    pub(super) totals: &'a Totals,
    /// All samples.
    pub(super) rows: &'a [Row],
    /// Averages over the samples of the window.
    pub(super) window: Averages<'a>,
    /// The shape of the graph at the end.
    pub(super) last: Row,
    /// The graph at the end.
    pub(super) graph: &'a Topology,
    pub(super) attachment: Attachment,
    pub(super) hostility: Hostility,
    /// Milliseconds; see [`graph`](super::graph).
    pub(super) cut_off_ms: Option<f64>,
}

impl Ended<'_> {
    /// Quantiles over all pairs. In an interrupted run the pairs whose deadline was cut off cannot be told
    /// from the others in the histogram, so there are none.
    pub(super) fn latency(&self) -> Quantiles {
        match self.ending.complete {
            true => self.deliveries.latencies.quantiles(self.totals.receivers),
            false => Quantiles::default(),
        }
    }

    /// Quantiles over the pairs on time.
    pub(super) fn latency_delivered(&self) -> Quantiles {
        self.deliveries.latencies.quantiles(self.deliveries.latencies.count())
    }

    /// Packets sent per slot that was ever up.
    pub(super) fn packets_per_node(&self) -> PerNode {
        let nodes = everybody(self.parts).slots().filter(|slot| slot.was_up()).count() as u64;
        let by_strangers: u64 = self.parts.iter().map(|part| part.load.by_strangers()).sum();
        let busiest = self.parts.iter().map(|part| part.load.busiest()).max();
        PerNode { mean: ratio(self.sums.traffic.sent() - by_strangers, nodes), max: busiest.unwrap_or(0) }
    }

    /// What a node that is up hands to the network in a second.
    pub(super) fn rates(&self) -> Rates {
        let up = |life: &Life| life.stop.min(self.at).as_nanos().saturating_sub(life.start.as_nanos());
        let node_s = self.plan.lives.iter().flatten().map(|life| millis(up(life)) / 1e3).sum::<f64>();
        let rate = |count: u64| (node_s > 0.0).then(|| round_to(count as f64 / node_s, DIGITS));
        let traffic = &self.sums.traffic;
        Rates {
            bytes: rate(traffic.bytes.payload + traffic.bytes.control),
            control: rate(traffic.control_sent),
        }
    }

    /// Packets handed to the network, by kind.
    pub(super) fn kinds(&self) -> BTreeMap<String, OfKind> {
        let mut all = BTreeMap::new();
        self.parts.iter().for_each(|part| part.load.add_kinds(&mut all));
        all
    }

    /// What protocols measured themselves.
    pub(super) fn own(&self) -> BTreeMap<String, Own> {
        let told = self.parts.iter().flat_map(|part| part.told.iter().copied());
        let detected = detection::measured(self.plan, told);
        Reported::of(self.parts.iter().map(|part| &part.own).chain([&detected]))
    }

    /// Losses and drops by reason.
    pub(super) fn drops(&self) -> BTreeMap<String, u64> {
        self.by_reason(Load::add_drops)
    }

    /// Losses of the network.
    pub(super) fn lost(&self) -> Losses {
        Losses {
            packets: self.sums.traffic.lost,
            payloads: self.sums.traffic.payloads_lost,
            by_reason: self.by_reason(Load::add_losses),
        }
    }

    /// Packets by reason, as `add` adds them up.
    fn by_reason(&self, add: impl Fn(&Load, &mut BTreeMap<String, u64>)) -> BTreeMap<String, u64> {
        let mut all = BTreeMap::new();
        self.parts.iter().for_each(|part| add(&part.load, &mut all));
        all
    }

    /// What was still on its way.
    pub(super) const fn in_flight(&self) -> Packets {
        Packets { packets: self.ending.in_flight_packets, payloads: self.ending.in_flight_payloads }
    }

    /// Times to join of the lives that did.
    pub(super) fn join_times(&self) -> JoinTimes {
        let times = Latencies::of(self.parts.iter().map(|part| &part.lifecycle.join_times));
        let joins = times.count();
        JoinTimes { p50: times.percentile(50, joins), p99: times.percentile(99, joins) }
    }

    /// What each fault did.
    pub(super) fn phases(&self) -> Vec<Phase> {
        let window = (self.settings.start, self.settings.stop);
        let messages = &self.deliveries.messages;
        Sources { faults: &self.plan.faults, rows: self.rows, messages, window, end: self.at }.phases()
    }
}
