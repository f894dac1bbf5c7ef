//! The engine: runs every slot through its inputs, window by window.

use floodnet_core::time::Time;

use crate::SimProtocol;
use crate::event::Event;
use crate::link::LinkModel;
use crate::network::Network;
use crate::observer::Observer;
use crate::plan::Plan;
use crate::shard::Shard;
use crate::slot::{NOBODY, Slot, World, plan_inputs};

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
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome<P> {
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
    /// The nodes that are up at the end, by slot.
    pub nodes: Vec<Option<P>>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Simulated time.
    pub now: Time,
    /// Inputs handled so far.
    pub inputs: u64,
}

/// Says after each window whether the run goes on.
pub type Watch<'w> = &'w mut dyn FnMut(Progress) -> bool;

impl<'a, P: SimProtocol> Simulation<'a, P> {
    /// The nodes that `make` makes (a fresh one for each life of a slot), with this config.
    pub fn new(
        plan: &'a Plan,
        links: &'a LinkModel,
        config: &'a P::Config,
        make: &'a (dyn Fn(u32) -> P + Sync),
    ) -> Self {
        Self { plan, links, config, make, barriers: Vec::new() }
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

    /// Runs to the end of the plan.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run<Ob: Observer>(&self, observer: &mut Ob) -> Result<Outcome<P>, String> {
        self.run_watched(observer, &mut |_| true)
    }

    /// Runs until the plan ends or `watch` says stop, which it is asked after each window.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run_watched<Ob: Observer>(
        &self,
        observer: &mut Ob,
        watch: Watch<'_>,
    ) -> Result<Outcome<P>, String> {
        self.links.check(self.plan.slots())?;
        let world = self.world();
        Ok(Engine::new(&world).run(&self.barriers, observer, watch))
    }

    pub(crate) fn world(&self) -> World<'_, P> {
        World { network: Network::new(self.plan, self.links), config: self.config, make: self.make }
    }

    pub(crate) fn barriers(&self) -> &[Time] {
        &self.barriers
    }
}

struct Engine<'a, P: SimProtocol> {
    world: &'a World<'a, P>,
    shard: Shard<P>,
}

impl<'a, P: SimProtocol> Engine<'a, P> {
    fn new(world: &'a World<'a, P>) -> Self {
        Self { world, shard: Shard::new(0..world.network.slots, &world.network) }
    }

    fn run<Ob: Observer>(mut self, barriers: &[Time], observer: &mut Ob, watch: Watch<'_>) -> Outcome<P> {
        let end = self.world.network.plan.duration;
        let mut planned = plan_inputs::<P>(&self.world.network).into_iter().zip(0u32..).peekable();
        let mut barriers = barriers.iter().copied().peekable();
        let mut complete = true;
        let mut now = Time::ZERO;
        loop {
            let queue = &mut self.shard.queue;
            let next_planned = planned.peek().map(|((time, ..), _)| queue.window_of(*time));
            let next = queue.next_window().into_iter().chain(next_planned).min();
            let Some(window) = next.filter(|window| *window <= queue.window_of(end)) else { break };
            queue.advance(window);
            while let Some(((time, to, what), seq)) =
                planned.next_if(|((time, ..), _)| queue.window_of(*time) == window)
            {
                queue.place(Event::plain(time, to, NOBODY, seq, what));
            }
            let window_end = queue.window_end().min(end);
            while let Some(barrier) = barriers.next_if(|barrier| *barrier < window_end) {
                self.shard.run_until(barrier, self.world, observer);
                observer.sample(barrier);
            }
            self.shard.run_until(window_end, self.world, observer);
            now = window_end;
            if now >= end {
                break;
            }
            if !watch(Progress { now, inputs: self.shard.inputs }) {
                complete = false;
                break;
            }
        }
        if complete {
            now = end;
            barriers.for_each(|barrier| observer.sample(barrier));
        }
        observer.sample(now);
        self.finish(now, complete)
    }

    fn finish(self, ended_at: Time, complete: bool) -> Outcome<P> {
        let Shard { inputs, packets, .. } = self.shard;
        let in_flight = self.shard.in_flight();
        outcome(self.shard.slots.into_slots(), in_flight, (inputs, packets), ended_at, complete)
    }
}

/// Sums up a run from its slots and what had not happened when it ended: packets and how many of them carry
/// a message of the application.
pub(crate) fn outcome<P: SimProtocol>(
    slots: Vec<Slot<P>>,
    (mut in_flight_packets, mut in_flight_payloads): (u64, u64),
    (inputs, packets): (u64, u64),
    ended_at: Time,
    complete: bool,
) -> Outcome<P> {
    let mut digest = 0u64;
    let mut nodes = Vec::with_capacity(slots.len());
    for slot in slots {
        let (waiting, waiting_payloads) = slot.waiting();
        in_flight_packets += waiting;
        in_flight_payloads += waiting_payloads;
        digest = digest.wrapping_add(slot.digest());
        nodes.push(slot.node);
    }
    Outcome { digest, inputs, packets, in_flight_packets, in_flight_payloads, complete, ended_at, nodes }
}
