//! Takes the observations of one run in: what is not done by its parts.

use std::ops::Range;
use std::sync::Arc;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::Divisible;
use floodnet_sim::plan::Plan;

use super::delivery::{Deliveries, Totals, receivers, spread};
use super::ended::Ended;
use super::fault_cuts::Cuts;
use super::graph::{Isolation, Scanner};
use super::hostility::{Sources, Watch};
use super::lifecycle::Slot;
use super::metrics::Summary;
use super::neighbors::Neighbors;
use super::newcomer_links::{Attachments, Look};
use super::number::span_ms;
use super::part::{Part, Sums, everybody};
use super::results::{Results, check_conservation, message_rows};
use super::schedule::Schedule;
use super::series::{Averages, Row};
use super::settings::{Ending, MeasureSettings};
use super::topology::{SlotState, Topology};

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
    pub(super) attachments: Attachments,
    /// What adversaries did to the graph; none in a run without.
    watch: Option<Watch>,
    /// Nodes outside of the largest component while no fault is active.
    cut_off: Isolation,
    rows: Vec<Row>,
    topologies: Vec<Topology>,
    /// The last barrier.
    pub(super) seen: Time,
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
            receivers: receivers(&plan, &schedule),
            schedule: Arc::new(schedule),
            neighbors: Neighbors::new(plan.slots()),
            scanner: Scanner::new(settings.target_degree),
            isolation: Isolation::default(),
            attachments: Attachments::default(),
            watch: Watch::new(&plan),
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

    /// The plan of the run.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The samples until now.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Those of them that averages are over.
    pub(super) fn window(&self) -> Averages<'_> {
        Averages::over(&self.rows, self.settings.start, self.settings.stop)
    }

    /// How many samples the window has when the run is over.
    pub(super) fn samples_in_window(&self) -> u64 {
        let MeasureSettings { start, stop, every, .. } = self.settings;
        let Some(every) = every.map(Duration::as_nanos) else { return 0 };
        // Samples stand at every, 2 every, .. up to the end of the run.
        let before = |end: Time| end.as_nanos().div_ceil(every).saturating_sub(1);
        let last = self.plan.duration.as_nanos() / every;
        before(stop).min(last).saturating_sub(before(start))
    }

    /// What became of the messages, as `parts` have counted it until now.
    pub(super) fn deliveries(&self, parts: &[Part]) -> Deliveries {
        Deliveries::of(&self.schedule, &self.receivers, parts)
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
        let end = if ending.complete { self.plan.duration } else { self.seen };
        let deliveries = self.deliveries(&parts);
        let totals = Totals::of(&deliveries.messages, end);
        // The summary only reads: whatever still has to look at the network does so before it.
        let graph = self.topology(&parts, end);
        let shape = self.scanner.scan(&mut self.neighbors, &everybody(&parts), &Cuts::at(&self.plan, end));
        let last = Row::of_shape(end, shape, false);
        let window = Averages::over(&self.rows, self.settings.start, self.settings.stop);
        let (plan, schedule) = (&*self.plan, &*self.schedule);
        let complete = ending.complete;
        let sources = Sources {
            plan,
            schedule,
            parts: &parts,
            deliveries: &deliveries,
            window: &window,
            end,
            complete,
        };
        let hostility = self.watch.as_ref().map(|watch| sources.measures(watch)).unwrap_or_default();
        let summary = Summary::of(&Ended {
            plan: &self.plan,
            settings: &self.settings,
            ending,
            at: end,
            parts: &parts,
            sums: Sums::over(&parts),
            deliveries: &deliveries,
            totals: &totals,
            rows: &self.rows,
            window,
            last,
            hostility,
            graph: &graph,
            attachment: self.attachments.finish(),
            cut_off_ms: self.rows.last().map(|row| span_ms(self.cut_off.longest(row.at))),
        });
        if ending.complete {
            check_conservation(&summary);
        }
        let degrees = graph.degree_histogram();
        if self.seen == self.plan.duration && self.keeps(self.seen) {
            self.keep(&parts, graph);
        }
        Results {
            summary,
            messages: message_rows(&self.plan, &deliveries.messages, end),
            timeseries: self.rows,
            topologies: self.topologies,
            degrees,
            latencies: deliveries.latencies,
            receivers: totals.receivers,
            sent_again: parts.iter().map(|part| part.sent_again).sum(),
        }
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

    /// Makes the graph ready to be asked.
    fn complete(&mut self, parts: &[Part]) {
        if self.settings.is_directed {
            let joined: Vec<bool> = everybody(parts).slots().map(Slot::is_joined).collect();
            self.neighbors.complete_directed(|slot| joined.get(slot as usize) == Some(&true));
        } else {
            self.neighbors.complete();
        }
    }

    /// The numbers of the network at `at`.
    fn row(&mut self, parts: &[Part], at: Time) -> Row {
        self.complete(parts);
        let cuts = Cuts::at(&self.plan, at);
        let everybody = everybody(parts);
        let Sums { census, counts, traffic } = Sums::over(parts);
        let in_window = (self.settings.start..self.settings.stop).contains(&at);
        // The scanner still has the degrees of the sample before: newcomers chose by those.
        let degrees = self.scanner.degrees();
        let look =
            Look { neighbors: &self.neighbors, slots: &everybody, cuts: &cuts, degrees, joins: census.joins };
        self.attachments.sample(at, in_window, &look);
        let shape = self.scanner.scan(&mut self.neighbors, &everybody, &cuts);
        self.isolation.sample(at, &shape.isolated, &everybody);
        let outside = if is_disturbed(&self.plan, at) { &[][..] } else { &shape.outside };
        self.cut_off.sample(at, outside, &everybody);
        let row = Row::of_shape(at, shape, self.settings.target_degree.is_some());
        let hostile = self.watch.as_mut();
        let hostile = hostile.map(|watch| watch.sample(at, &self.plan, &self.neighbors, &everybody, &cuts));
        Row {
            hostile,
            nodes_up: census.up,
            unjoined: census.unjoined(),
            partitioned: row.parts >= 2 || self.isolation.longer_than(self.settings.grace, at),
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
        topology.spread = spread(&self.schedule, &self.receivers, parts, topology.at);
        self.topologies.push(topology);
    }

    /// The whole graph at `at`.
    fn topology(&mut self, parts: &[Part], at: Time) -> Topology {
        self.complete(parts);
        let state = |slot: &Slot| match (slot.is_up(), slot.is_joined()) {
            (false, _) => SlotState::Down,
            (true, false) => SlotState::Unjoined,
            (true, true) => SlotState::Joined,
        };
        let states = everybody(parts).slots().map(state).collect();
        let cuts = Cuts::at(&self.plan, at);
        let mut topology = Topology::new(at, states, self.neighbors.edges(&cuts));
        let joined = |slot: &Slot| slot.is_joined().then(|| slot.joined());
        topology.joined = everybody(parts).slots().map(joined).collect();
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
#[path = "measures_tests.rs"]
mod tests;
