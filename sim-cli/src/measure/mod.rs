//! Measures of a run: what a backend's observations mean in numbers.
//!
//! [`Measures`] is an [`Observer`]: a backend feeds it with what happens, and at the [`barriers`] it asks
//! for, with a consistent cut through the network. It never looks into a backend, and nothing it says
//! depends on the order in which observations of different slots come between two samples.
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
//! | [`graph`] | edges of the measured graph, components, asymmetry |
//! | [`series`] | samples, partition rate, averages |
//! | [`topology`] | clustering, triangles, paths, assortativity; the graph to draw |
//! | [`phases`] | before, during and after a fault; healing |
//! | [`summary`] | all of these in one record |
//! | [`metrics`] | its numbers by name, and which way each gets worse |
//! | [`expect`] | bounds on them |
//!
//! [`barriers`]: Measures::barriers

pub mod delivery;
pub mod expect;
pub mod graph;
pub mod latency;
pub mod lifecycle;
pub mod load;
pub mod metrics;
mod number;
mod paths;
pub mod phases;
mod results;
pub mod series;
pub mod summary;
#[cfg(test)]
pub(crate) mod testing;
mod text;
pub mod topology;

use std::sync::Arc;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::plan::Plan;

pub(crate) use number::seconds;
pub use results::{MessageRow, Results};

use delivery::Deliveries;
use graph::{Cuts, Isolation, Neighbors, Scanner};
use lifecycle::Lifecycle;
use load::Load;
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
    /// The digest of the run.
    pub digest: u64,
    /// Packets with a message still on their way.
    pub in_flight_payloads: u64,
    /// Packets still on their way.
    pub in_flight_packets: u64,
    /// Whether the run reached its end. If not, it counts as having ended at the last sample.
    pub complete: bool,
}

/// Takes the observations of one run and turns them into [`Results`].
#[derive(Debug)]
pub struct Measures {
    plan: Arc<Plan>,
    settings: MeasureSettings,
    lifecycle: Lifecycle,
    neighbors: Neighbors,
    deliveries: Deliveries,
    load: Load,
    scanner: Scanner,
    isolation: Isolation,
    rows: Vec<Row>,
    topologies: Vec<Topology>,
    /// The last barrier.
    seen: Time,
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
        let slots = plan.slots();
        Self {
            lifecycle: Lifecycle::new(slots),
            neighbors: Neighbors::new(slots),
            deliveries: Deliveries::new(&plan, settings.deadline, &settings.topology_times),
            load: Load::new(slots),
            scanner: Scanner::new(settings.target_degree),
            isolation: Isolation::default(),
            rows: Vec::new(),
            topologies: Vec::new(),
            seen: Time::ZERO,
            plan,
            settings,
        }
    }

    /// The times at which [`Observer::sample`] is to be called: ascending, each once. The last one is the
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

    /// What all that was observed comes to.
    ///
    /// # Panics
    ///
    /// When the run is complete and the packets sent are not all received, lost or in flight: an error of the
    /// backend, whose numbers mean nothing then.
    #[must_use]
    pub fn finish(self, ending: Ending) -> Results {
        results::finish(self, ending)
    }

    /// Whether a row stands at `at`.
    fn is_row(&self, at: Time) -> bool {
        let multiple = |every: Duration| at.as_nanos().is_multiple_of(every.as_nanos());
        self.settings.every.is_some_and(|every| at > Time::ZERO && multiple(every))
    }

    /// The numbers of the network at `at`.
    fn row(&mut self, at: Time) -> Row {
        let cuts = Cuts::at(&self.plan, at);
        let shape = self.scanner.scan(&mut self.neighbors, &self.lifecycle.slots, &cuts);
        self.isolation.sample(at, &shape.isolated, &self.lifecycle.slots);
        let row = Row::of_shape(at, shape, self.settings.target_degree.is_some());
        Row {
            nodes_up: self.lifecycle.up,
            unjoined: self.lifecycle.unjoined(),
            not_whole: row.parts >= 2 || self.isolation.longer_than(self.settings.grace, at),
            joins: self.lifecycle.joins,
            leaves: self.lifecycle.leaves,
            crashes: self.lifecycle.crashes,
            repairs: self.lifecycle.repairs,
            publishes: self.deliveries.publishes,
            deliveries: self.deliveries.deliveries,
            duplicates: self.load.duplicates,
            packets_sent: self.load.sent,
            packets_received: self.load.received,
            packets_lost: self.load.lost,
            payloads_sent: self.load.payloads_sent,
            payloads_received: self.load.payloads_received,
            bytes_payload: self.load.bytes.payload,
            bytes_control: self.load.bytes.control,
            ..row
        }
    }

    /// The whole graph at `at`.
    fn topology(&self, at: Time) -> Topology {
        let state = |slot: &lifecycle::Slot| match (slot.up, slot.is_joined()) {
            (false, _) => SlotState::Down,
            (true, false) => SlotState::Unjoined,
            (true, true) => SlotState::Joined,
        };
        let states = self.lifecycle.slots.iter().map(state).collect();
        let cuts = Cuts::at(&self.plan, at);
        let mut topology = Topology::new(at, states, self.neighbors.edges(&cuts));
        topology.cut = self.neighbors.cut(&cuts);
        topology.cut.retain(|&(low, high)| {
            [low, high].iter().all(|&slot| topology.states[slot as usize] == SlotState::Joined)
        });
        topology
    }

    /// A further copy of `message` was suppressed.
    #[inline]
    fn duplicate(&mut self, message: u32) {
        self.load.duplicates += 1;
        self.deliveries.duplicate(message);
    }

    /// What a protocol said. Not inlined, so that what comes with each packet stays small where it is
    /// inlined into a backend.
    #[inline(never)]
    fn heard(&mut self, at: Time, slot: u32, what: Observation<u32, u32>) {
        match what {
            Observation::Published(message) => self.deliveries.published(slot, message),
            Observation::Delivered { message, hops } => {
                if let Some(life) = self.lifecycle.slots.get(slot as usize) {
                    self.deliveries.delivered(&self.plan, at, slot, life, message, hops);
                }
            }
            Observation::Duplicate(message) => self.duplicate(message),
            Observation::NeighborUp(peer) => self.neighbor_up(at, slot, peer),
            Observation::NeighborDown(peer) => self.neighbors.release(slot, peer),
            Observation::Repair => self.lifecycle.repairs += 1,
            Observation::Dropped(reason) => self.load.dropped(reason),
            Observation::Other => {}
        }
    }

    fn neighbor_up(&mut self, at: Time, slot: u32, peer: u32) {
        if !self.lifecycle.is_up(slot) || !self.neighbors.hold(slot, peer) {
            return;
        }
        if let Some(stop) = self.lifecycle.holds(at, slot) {
            self.deliveries.joined(slot, at, stop);
        }
    }
}

impl Observer for Measures {
    #[inline]
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        match what {
            Observed::Sent { payload, bytes, .. } => {
                self.load.sent(slot, payload.is_some(), bytes);
                if let Some(message) = payload {
                    self.deliveries.sent(message);
                }
            }
            Observed::Received { payload, .. } => {
                self.load.received(payload.is_some());
                if let Some(message) = payload {
                    self.deliveries.received(message);
                }
            }
            // The most frequent word of a protocol under a flood.
            Observed::Protocol(Observation::Duplicate(message)) => self.duplicate(message),
            Observed::Protocol(what) => self.heard(at, slot, what),
            Observed::Lost { payload, reason } => self.load.lost(payload.is_some(), reason),
            Observed::Up { incarnation } => {
                self.neighbors.release_all(slot);
                self.lifecycle.came_up(&self.plan, at, slot, incarnation);
                self.load.came_up(slot);
            }
            Observed::Down(end) => {
                self.neighbors.release_all(slot);
                self.lifecycle.went_down(slot, end);
            }
        }
    }

    fn sample(&mut self, at: Time) {
        self.seen = at;
        if self.is_row(at) {
            let row = self.row(at);
            self.rows.push(row);
        }
        if self.settings.topology_times.binary_search(&at).is_ok() {
            let mut topology = self.topology(at);
            topology.spread = self.deliveries.spread(at);
            self.topologies.push(topology);
        }
    }
}

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
