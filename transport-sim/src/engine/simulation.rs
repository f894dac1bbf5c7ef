//! The engine from outside: what is to run, and how a run ended.

use std::num::NonZeroUsize;

use floodnet_core::time::Time;

use crate::SimProtocol;
use crate::engine::division::Division;
use crate::engine::node_slot::{Slot, World};
use crate::engine::progress::Watch;
use crate::engine::run_loop::{Divided, RunLoop, Undivided};
use crate::engine::shard::{Shard, Slots};
use crate::engine::worker_pool::{BUSY, Cell, LEAST_SHARD, MOST_JOBS, Serial, cells, with_threads};
use crate::link::LinkModel;
use crate::net::network::Network;
use crate::observer::{Divisible, Observer};
use crate::plan::Plan;
use crate::spec::Complaint;

/// A run to be: which nodes, over which links, through which plan.
///
/// ```
/// use floodnet_core::{broadcast, broadcast::Flood, node, node::Node, overlay::RandomWalk, overlay::random_walk};
/// use floodnet_core::time::Time;
/// use floodnet_sim::link::LinkModel;
/// use floodnet_sim::observer::Observed;
/// use floodnet_sim::payload::SimPayload;
/// use floodnet_sim::plan::Plan;
/// use floodnet_sim::Simulation;
///
/// // 30 nodes join through node 0; node 7 publishes 100 bytes after ten seconds.
/// let mut plan = Plan::still(1, 30, Time::from_secs(20));
/// plan.publish(Time::from_secs(10), 7, 100);
/// let config = node::Config { overlay: random_walk::Config::new(vec![0]), broadcast: broadcast::flood::Config::default() };
/// let make = |slot| Node::new(RandomWalk::new(slot), Flood::<u32, SimPayload>::default());
///
/// let mut log: Vec<(Time, u32, Observed)> = Vec::new();
/// let outcome = Simulation::new(&plan, &LinkModel::default(), &config, &make).run(&mut log).unwrap();
///
/// let reached = log.iter().filter(|(_, _, what)| what.is_delivery()).count();
/// assert_eq!(reached, 29);
/// assert!(outcome.complete);
/// ```
pub struct Simulation<'a, P: SimProtocol> {
    plan: &'a Plan,
    links: &'a LinkModel,
    config: &'a P::Config,
    make: &'a (dyn Fn(u32) -> P + Sync),
    barriers: Vec<Time>,
    busy: u64,
}

/// How a run ended.
pub struct Outcome<P: SimProtocol> {
    /// Of all histories: equal if and only if every slot took the same inputs in the same order and did
    /// the same with them (but for collisions of 64 bits).
    pub digest: u64,
    /// Inputs handled.
    pub inputs: u64,
    /// Packets that nodes took in.
    pub packets: u64,
    /// Packets under way at the end.
    pub in_flight_packets: u64,
    /// Those of them that carry a message of the application.
    pub in_flight_payloads: u64,
    /// False if the watcher stopped the run.
    pub complete: bool,
    /// Where the run ended: the plan's duration, unless it was stopped.
    pub ended_at: Time,
    /// What the engine held.
    pub memory: Memory,
    pub(crate) slots: Vec<Slots<P>>,
}

impl<P: SimProtocol> Outcome<P> {
    /// The nodes at the end, by slot; none where a slot is down.
    pub fn nodes(&self) -> impl Iterator<Item = Option<&P>> {
        self.slots.iter().flat_map(Slots::nodes)
    }
}

/// Bytes that the engine held: at the end of the run, but for events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Of all slots, without what their nodes have on the heap.
    pub slots: u64,
    /// Of all connections, and of the counts of packets by link.
    pub links: u64,
    /// Of events: as much as was ever needed at a time.
    pub events: u64,
}

impl Memory {
    /// Bytes of one slot of nodes of `P`, without what the node has on the heap.
    #[must_use]
    pub const fn of_slot<P: SimProtocol>() -> u64 {
        size_of::<Slot<P>>() as u64
    }
}

impl<'a, P: SimProtocol> Simulation<'a, P> {
    /// The nodes that `make` makes (a fresh one for each life of a slot), with this config.
    pub fn new(
        plan: &'a Plan,
        links: &'a LinkModel,
        config: &'a P::Config,
        make: &'a (dyn Fn(u32) -> P + Sync),
    ) -> Self {
        Self { plan, links, config, make, barriers: Vec::new(), busy: BUSY }
    }

    /// Calls [`Observer::sample`] at these times as well as at the end.
    #[must_use]
    pub fn sample_at(mut self, mut times: Vec<Time>) -> Self {
        times.retain(|time| *time < self.plan.duration);
        times.sort_unstable();
        times.dedup();
        self.barriers = times;
        self
    }

    /// Divides even a small run over threads, and wakes them for every window, however little there is to do
    /// in it: slow, and the way to find out whether the outcome depends on the number of threads.
    #[must_use]
    pub const fn always_wake(mut self) -> Self {
        self.busy = 0;
        self
    }

    /// Runs to the end of the plan.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run<Ob: Observer>(&self, observer: &mut Ob) -> Result<Outcome<P>, Complaint> {
        self.run_watched(observer, &mut |_| true)
    }

    /// Runs until the plan ends or `watch` says stop, which it is asked before the first window
    /// and after each.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run_watched<Ob: Observer>(
        &self,
        observer: &mut Ob,
        watch: Watch<'_>,
    ) -> Result<Outcome<P>, Complaint> {
        self.links.check(self.plan.slots())?;
        let world = self.world();
        let division = Division::new(world.network.slots, 1);
        let cells = cells(&world, division, vec![observer]);
        let serial = Serial { cells: &cells, world: &world };
        let end = RunLoop::new(&world, division, &self.barriers).run(&cells, &serial, &mut Undivided, watch);
        Ok(outcome(cells.into_iter().map(|cell| Cell::into_parts(cell).0), end))
    }

    /// As [`run_watched`](Self::run_watched), on up to `jobs` threads. The outcome is the same to the bit for
    /// any number of them.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run_divided<D: Divisible>(
        &self,
        jobs: NonZeroUsize,
        observer: &mut D,
        watch: Watch<'_>,
    ) -> Result<Outcome<P>, Complaint> {
        self.links.check(self.plan.slots())?;
        let world = self.world();
        let slots = self.plan.slots() as usize;
        let worth = if self.busy == 0 { slots } else { slots / LEAST_SHARD };
        let jobs = jobs.get().min(MOST_JOBS).min(worth).max(1);
        let division = Division::new(world.network.slots, jobs);
        let parts = observer.divide(&division.ranges());
        let cells = cells(&world, division, parts);
        let drive = RunLoop::new(&world, division, &self.barriers);
        let end = if jobs == 1 {
            drive.run(&cells, &Serial { cells: &cells, world: &world }, &mut Divided(observer), watch)
        } else {
            with_threads(&cells, &world, self.busy, |threaded| {
                drive.run(&cells, threaded, &mut Divided(observer), watch)
            })
        };
        let (shards, parts): (Vec<_>, Vec<_>) = cells.into_iter().map(Cell::into_parts).unzip();
        observer.unite(parts.into_iter().flatten().collect());
        Ok(outcome(shards.into_iter(), end))
    }

    pub(crate) fn world(&self) -> World<'_, P> {
        World { network: Network::new(self.plan, self.links), config: self.config, make: self.make }
    }

    #[cfg(feature = "reference")]
    pub(crate) fn barriers(&self) -> &[Time] {
        &self.barriers
    }
}

/// Sums up a run from its shards.
fn outcome<P: SimProtocol>(
    shards: impl Iterator<Item = Shard<P>>,
    (ended_at, complete): (Time, bool),
) -> Outcome<P> {
    let mut all = Outcome { ended_at, complete, ..Outcome::nothing() };
    for shard in shards {
        all.inputs += shard.inputs;
        all.packets += shard.packets;
        all.memory.events += shard.queue.bytes() as u64;
        all.add_in_flight(shard.queue.messages());
        all.add_slots(shard.slots);
    }
    all
}

impl<P: SimProtocol> Outcome<P> {
    pub(crate) const fn nothing() -> Self {
        Self {
            digest: 0,
            inputs: 0,
            packets: 0,
            in_flight_packets: 0,
            in_flight_payloads: 0,
            complete: true,
            ended_at: Time::ZERO,
            memory: Memory { slots: 0, links: 0, events: 0 },
            slots: Vec::new(),
        }
    }

    pub(crate) fn add_in_flight<'m>(&mut self, messages: impl Iterator<Item = &'m P::Message>)
    where
        P::Message: 'm,
    {
        for message in messages {
            self.in_flight_packets += 1;
            self.in_flight_payloads += u64::from(P::carried(message).is_some());
        }
    }

    pub(crate) fn add_slots(&mut self, slots: Slots<P>) {
        for slot in slots.iter() {
            let (waiting, waiting_payloads) = slot.waiting();
            self.in_flight_packets += waiting;
            self.in_flight_payloads += waiting_payloads;
            self.digest = self.digest.wrapping_add(slot.digest());
        }
        let (own, links) = slots.bytes();
        self.memory.slots += own as u64;
        self.memory.links += links as u64;
        self.slots.push(slots);
    }
}
