//! Measures of a run: what a backend's observations mean in numbers.
//!
//! [`Measures`] are [`Divisible`]: a backend feeds its [`Part`]s with what happens at their slots, and at the
//! [`barriers`] it asks for, the whole with a consistent cut through the network. It never looks into a
//! backend, and nothing it says depends on how many parts there are, nor on the order in which observations
//! of different slots come between two samples.
//!
//! Intervals are half-open, `[start, stop)`; a sample at T sees every input before T. Time averages are over
//! the samples of `[measure.start, measure.stop)`. Each measure is defined, with its formula, where it is
//! computed:
//!
//! | module | measures |
//! |---|---|
//! | [`delivery`] | receivers, delivery ratios, latency, RMR, LDH |
//! | [`latency`] | quantiles over pairs of which some never happened |
//! | [`load`] | packets, bytes, drops, conservation |
//! | [`lifecycle`] | up, joined, joins, leaves, crashes, repairs, time to join |
//! | [`attachment`] | to whom newcomers link |
//! | [`graph`] | edges of the measured graph, components, asymmetry |
//! | [`series`] | samples, partition rate, averages |
//! | [`topology`] | clustering, triangles, paths, assortativity; the graph to draw |
//! | [`phases`] | before, during and after a fault; healing |
//! | [`part`] | (which slots observe them) |
//! | [`summary`] | all of these in one record |
//! | [`metrics`] | its numbers by name, and which way each gets worse |
//! | [`expect`] | bounds on them |
//! | [`stats`] | intervals and comparisons over runs |
//! | [`tables`] | CSV and GraphML |
//!
//! [`barriers`]: Measures::barriers

mod arrivals;
pub mod attachment;
mod changes;
pub mod delivery;
pub mod expect;
pub mod graph;
pub mod latency;
pub mod lifecycle;
pub mod load;
pub mod metrics;
mod neighbors;
mod number;
pub mod part;
mod paths;
pub mod phases;
mod results;
mod schedule;
pub mod series;
pub mod stats;
pub mod summary;
pub mod tables;
#[cfg(test)]
pub(crate) mod testing;
mod text;
pub mod topology;

use std::ops::Range;
use std::sync::Arc;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::Divisible;
use floodnet_sim::plan::Plan;

pub use number::{DIGITS, round_to, seconds};
pub use results::{MessageRow, Results};

use attachment::{Attachments, Look};
use graph::{Cuts, Isolation, Scanner};
use lifecycle::Everybody;
use neighbors::Neighbors;
use part::{Part, Sums};
use schedule::Schedule;
use series::Row;
use topology::{SlotState, Topology};

/// What to measure, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureSettings {
    /// Name of the scenario.
    pub scenario: String,
    /// Time between samples; none takes no samples.
    pub every: Option<Duration>,
    /// First instant of the window of averages.
    pub start: Time,
    /// First instant after it.
    pub stop: Time,
    /// How long a message may take.
    pub deadline: Duration,
    /// How long a joined node may be without an edge before the network counts as not whole.
    pub grace: Duration,
    /// How many neighbors a node wants; none when the overlay has no such number.
    pub target_degree: Option<u32>,
    /// When to keep the whole graph.
    pub topology_times: Vec<Time>,
    /// Whether to keep it at the end of the run.
    pub topology_at_end: bool,
}

/// What only the backend knows when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The digest of the run; none of a backend that does not run the same way twice.
    pub digest: Option<u64>,
    /// Packets with a message still on their way.
    pub in_flight_payloads: u64,
    /// Packets still on their way.
    pub in_flight_packets: u64,
    /// Whether the run reached its end. If not, it counts as having ended at the last sample.
    pub complete: bool,
}

/// Takes the observations of one run and turns them into [`Results`]: what is not done by its [`Part`]s.
#[derive(Debug)]
pub struct Measures {
    plan: Arc<Plan>,
    settings: MeasureSettings,
    schedule: Arc<Schedule>,
    /// Receivers by message.
    receivers: Vec<u32>,
    neighbors: Neighbors,
    scanner: Scanner,
    isolation: Isolation,
    attachments: Attachments,
    /// Nodes outside of the largest component while no fault is active.
    cut_off: Isolation,
    rows: Vec<Row>,
    topologies: Vec<Topology>,
    /// The last barrier.
    seen: Time,
    /// When the run is over.
    parts: Vec<Part>,
}

impl Measures {
    /// Measures a run of `plan`.
    #[must_use]
    pub fn new(plan: Arc<Plan>, mut settings: MeasureSettings) -> Self {
        if settings.topology_at_end {
            settings.topology_times.push(plan.duration);
        }
        settings.topology_times.retain(|&at| at <= plan.duration);
        settings.topology_times.sort_unstable();
        settings.topology_times.dedup();
        settings.every = settings.every.filter(|&every| every > Duration::ZERO);
        let schedule = Schedule::new(&plan, settings.deadline, &settings.topology_times);
        Self {
            receivers: delivery::receivers(&plan, &schedule),
            schedule: Arc::new(schedule),
            neighbors: Neighbors::new(plan.slots()),
            scanner: Scanner::new(settings.target_degree),
            isolation: Isolation::default(),
            attachments: Attachments::default(),
            cut_off: Isolation::default(),
            rows: Vec::new(),
            topologies: Vec::new(),
            seen: Time::ZERO,
            parts: Vec::new(),
            plan,
            settings,
        }
    }

    /// The times at which [`Divisible::sample`] is to be called: ascending, each once. The last one is the
    /// end of the run.
    #[must_use]
    pub fn barriers(&self) -> Vec<Time> {
        let mut times = self.settings.topology_times.clone();
        times.push(self.plan.duration);
        if let Some(every) = self.settings.every {
            let count = self.plan.duration.as_nanos() / every.as_nanos();
            times.extend((1..=count).map(|n| Time::ZERO + every.times(n)));
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// What all that was observed comes to, once the parts are united.
    ///
    /// # Panics
    ///
    /// When the run is complete and the packets sent are not all received, lost or in flight: an error of the
    /// backend, whose numbers mean nothing then.
    #[must_use]
    pub fn finish(mut self, ending: Ending) -> Results {
        let parts = std::mem::take(&mut self.parts);
        results::finish(self, &parts, ending)
    }

    /// Whether a row stands at `at`.
    fn is_row(&self, at: Time) -> bool {
        let multiple = |every: Duration| at.as_nanos().is_multiple_of(every.as_nanos());
        self.settings.every.is_some_and(|every| at > Time::ZERO && multiple(every))
    }

    /// Takes over every change of links.
    fn gather(&mut self, parts: &mut [Part]) {
        parts.iter_mut().for_each(|part| part.hand_over(&mut self.neighbors));
    }

    /// The numbers of the network at `at`.
    fn row(&mut self, parts: &[Part], at: Time) -> Row {
        self.neighbors.complete();
        let cuts = Cuts::at(&self.plan, at);
        let everybody = everybody(parts);
        let Sums { census, counts, traffic } = Sums::over(parts);
        let in_window = (self.settings.start..self.settings.stop).contains(&at);
        let degrees = self.scanner.degrees();
        let look =
            Look { neighbors: &self.neighbors, slots: &everybody, cuts: &cuts, degrees, joins: census.joins };
        self.attachments.sample(at, in_window, &look);
        let shape = self.scanner.scan(&mut self.neighbors, &everybody, &cuts);
        self.isolation.sample(at, &shape.isolated, &everybody);
        let outside = if is_disturbed(&self.plan, at) { &[][..] } else { &shape.outside };
        self.cut_off.sample(at, outside, &everybody);
        let row = Row::of_shape(at, shape, self.settings.target_degree.is_some());
        Row {
            nodes_up: census.up,
            unjoined: census.unjoined(),
            not_whole: row.parts >= 2 || self.isolation.longer_than(self.settings.grace, at),
            joins: census.joins,
            leaves: census.leaves,
            crashes: census.crashes,
            repairs: census.repairs,
            publishes: counts.publishes,
            deliveries: counts.deliveries,
            duplicates: traffic.payloads.duplicates,
            packets_sent: traffic.sent(),
            packets_received: traffic.received(),
            packets_lost: traffic.lost,
            payloads_sent: traffic.payloads.sent,
            payloads_received: traffic.payloads.received,
            bytes_payload: traffic.bytes.payload,
            bytes_control: traffic.bytes.control,
            ..row
        }
    }

    /// Whether the graph at `at` is to be kept.
    fn keeps(&self, at: Time) -> bool {
        self.settings.topology_times.binary_search(&at).is_ok()
    }

    /// Keeps a graph, with how far the messages had come then.
    fn keep(&mut self, parts: &[Part], mut topology: Topology) {
        topology.spread = delivery::spread(&self.schedule, &self.receivers, parts, topology.at);
        self.topologies.push(topology);
    }

    /// The whole graph at `at`.
    fn topology(&mut self, parts: &[Part], at: Time) -> Topology {
        self.neighbors.complete();
        let state = |slot: &lifecycle::Slot| match (slot.is_up(), slot.is_joined()) {
            (false, _) => SlotState::Down,
            (true, false) => SlotState::Unjoined,
            (true, true) => SlotState::Joined,
        };
        let states = everybody(parts).slots().map(state).collect();
        let cuts = Cuts::at(&self.plan, at);
        let mut topology = Topology::new(at, states, self.neighbors.edges(&cuts));
        topology.cut = self.neighbors.cut(&cuts);
        topology.cut.retain(|&(low, high)| {
            [low, high].iter().all(|&slot| topology.states[slot as usize] == SlotState::Joined)
        });
        topology
    }
}

/// Whether a fault of the plan is active at `at`.
fn is_disturbed(plan: &Plan, at: Time) -> bool {
    let faults = plan.faults.iter().map(|fault| (fault.from, fault.until));
    let disturbances = plan.disturbances.iter().map(|fault| (fault.from, fault.until));
    faults.chain(disturbances).any(|(from, until)| from <= at && at < until)
}

/// The slots of all parts.
fn everybody(parts: &[Part]) -> Everybody<'_> {
    Everybody(parts.iter().map(|part| &part.lifecycle).collect())
}

impl Divisible for Measures {
    type Part = Part;

    fn divide(&mut self, shards: &[Range<u32>]) -> Vec<Part> {
        shards.iter().map(|slots| Part::new(&self.plan, &self.schedule, slots.clone())).collect()
    }

    fn settle(&mut self, parts: &mut [Part]) {
        parts.iter_mut().for_each(|part| part.settle(&mut self.neighbors));
    }

    fn sample(&mut self, parts: &mut [Part], at: Time) {
        self.seen = at;
        self.gather(parts);
        if self.is_row(at) {
            let row = self.row(parts, at);
            self.rows.push(row);
        }
        // That of the end is made once the backend has given back its memory, from what has not changed since.
        if self.keeps(at) && at < self.plan.duration {
            let topology = self.topology(parts, at);
            self.keep(parts, topology);
        }
    }

    fn unite(&mut self, mut parts: Vec<Part>) {
        self.gather(&mut parts);
        self.parts = parts;
    }
}

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
