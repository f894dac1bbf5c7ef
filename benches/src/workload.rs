//! Workloads: a plan, links and nodes, ready to be run as often as one likes.

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::distributions::Distribution;
use floodnet_core::node::{self, Node};
use floodnet_core::overlay::{Fixed, RandomWalk, fixed, random_walk};
use floodnet_core::time::Duration;
use floodnet_sim::graph::k_out;
use floodnet_sim::link::LinkModel;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{Churn, CrashKind, Known, Plan, PlanSpec};
use floodnet_sim::spec::units::Size;
use floodnet_sim::spec::{Link, Nodes, Origin, Per, Traffic, Transport};
use floodnet_sim::{Outcome, SimProtocol, Simulation};

/// The flood, as the simulator runs it.
pub type SimFlood = Flood<u32, SimPayload>;
/// A node on a given graph.
pub type OnGraph = Node<Fixed, SimFlood>;
/// A node that finds its neighbors by random walks.
pub type Walker = Node<RandomWalk<u32>, SimFlood>;

/// The seed of all workloads.
const SEED: u64 = 1;
/// The distance between two messages of the same workload.
const GAP: Duration = Duration::from_millis(10);
/// Content of a message, in bytes.
const SIZE: u64 = 100;
/// How long newcomers keep arriving.
const ARRIVE: Duration = Duration::from_secs(60);

/// Everything that a run takes.
#[derive(Debug)]
pub struct Workload<P: SimProtocol> {
    plan: Plan,
    links: LinkModel,
    config: P::Config,
    make: fn(u32) -> P,
}

impl<P: SimProtocol> Workload<P> {
    /// Runs it to its end.
    ///
    /// # Panics
    /// The engine refuses the links: an error in this module.
    pub fn run(&self) -> Outcome<P> {
        self.simulation().run(&mut ()).expect("the links can be run")
    }

    /// As [`run`](Self::run), by one heap in global order.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_by_heap(&self) -> Outcome<P> {
        self.simulation().run_by_heap(&mut ()).expect("the links can be run")
    }

    fn simulation(&self) -> Simulation<'_, P> {
        Simulation::new(&self.plan, &self.links, &self.config, &self.make)
    }
}

/// The size of a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodSize {
    /// How many nodes there are.
    pub nodes: u32,
    /// Links that each node opens: half of the mean degree.
    pub links: u32,
    /// How many messages are flooded.
    pub messages: u32,
}

impl FloodSize {
    /// Three links for each node, as the yardstick has it.
    #[must_use]
    pub const fn new(nodes: u32, messages: u32) -> Self {
        Self { nodes, links: 3, messages }
    }
}

/// Floods over a random graph in which every node opens some links, as `scenarios/large/yardstick.toml` has
/// it: messages of 100 bytes from random nodes, one each 10 ms, the first at 0; each packet takes 10 to
/// 100 ms drawn for it alone. Ends 3 s after the last message, when all is long quiet.
///
/// Over streams the links are opened first, and the messages follow 3 s later.
///
/// # Panics
/// There are no more nodes than links of each.
#[must_use]
pub fn flood(size: FloodSize, transport: Transport) -> Workload<OnGraph> {
    let greet = transport == Transport::Stream;
    let start = Duration::from_secs(if greet { 3 } else { 0 });
    let stop = start + GAP.times(u64::from(size.messages));
    let traffic = Traffic {
        from: Origin::Random,
        every: Some(GAP.into()),
        poisson: None,
        size: Size(SIZE),
        start: start.into(),
        stop: stop.into(),
    };
    let spec = PlanSpec {
        duration: stop + Duration::from_secs(3),
        nodes: nodes(size.nodes, Duration::ZERO),
        churn: None,
        trace: Vec::new(),
        traffic: vec![traffic],
        faults: Vec::new(),
        adversaries: Vec::new(),
        known: Known::default(),
    };
    let graph = k_out(size.nodes, size.links, SEED).expect("more nodes than links of each").into();
    Workload {
        plan: draw(&spec),
        links: LinkModel::new(Link { transport, per: Per::Packet, ..link() }),
        config: node::Config { overlay: fixed::Config { graph, greet }, broadcast: flood::Config::default() },
        make: |slot| Node::new(Fixed::new(slot), SimFlood::default()),
    }
}

/// Which rules a random walk follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// The defaults: degrees are bounded, what fails is repeated.
    Default,
    /// The tutorial's: degree 3, and the entry node's neighbors without bound.
    Tutorial,
}

/// All nodes join within 60 s through one entry node, over streams; 20 s later it ends.
///
/// # Panics
/// There is no node.
#[must_use]
pub fn join(nodes: u32, walk: Walk) -> Workload<Walker> {
    walkers(nodes, walk, Duration::from_secs(80), None)
}

/// After a [`join`] of 60 s the nodes come and go for two minutes, over streams and without messages: sessions
/// of 6 min in the mean by a distribution of the shape measured in `BitTorrent` (Weibull, 0.59: many are short),
/// half of them ended by silent crashes, and a minute between two of them.
///
/// # Panics
/// There is no node.
#[must_use]
pub fn churn(nodes: u32) -> Workload<Walker> {
    let (session, downtime) = (
        // The mean is 1.54 times the scale.
        Distribution::Weibull { shape: 0.59, scale: Duration::from_secs(234) },
        Distribution::Exponential { mean: Duration::from_secs(60) },
    );
    let churn = Churn {
        start: ARRIVE.into(),
        stop: Duration::MAX.into(),
        session: session.into(),
        downtime: Some(downtime.into()),
        crash: 0.5,
        crash_kind: CrashKind::Silent,
    };
    walkers(nodes, Walk::Default, Duration::from_secs(180), Some(churn))
}

fn walkers(count: u32, walk: Walk, duration: Duration, churn: Option<Churn>) -> Workload<Walker> {
    let nodes = nodes(count, ARRIVE);
    let spec = PlanSpec {
        duration,
        nodes,
        churn,
        trace: Vec::new(),
        traffic: Vec::new(),
        faults: Vec::new(),
        adversaries: Vec::new(),
        known: Known::default(),
    };
    let overlay = match walk {
        Walk::Default => random_walk::Config::new(vec![0]),
        Walk::Tutorial => random_walk::Config::tutorial(vec![0]),
    };
    Workload {
        plan: draw(&spec),
        // The tutorial's program has plain TCP.
        links: LinkModel::new(match walk {
            Walk::Default => link(),
            Walk::Tutorial => Link { handshake: 0, ..link() },
        }),
        config: node::Config { overlay, broadcast: flood::Config::default() },
        make: |slot| Node::new(RandomWalk::new(slot), SimFlood::default()),
    }
}

fn nodes(count: u32, arrive: Duration) -> Nodes {
    Nodes { count: Some(count), arrive: arrive.into(), ..Nodes::default() }
}

/// Streams on which a packet takes 10 to 100 ms, the same on each link.
fn link() -> Link {
    let (min, max) = (Duration::from_millis(10), Duration::from_millis(100));
    Link { latency: Distribution::Uniform { min, max }.into(), ..Link::default() }
}

fn draw(spec: &PlanSpec) -> Plan {
    spec.draw(SEED).expect("workloads have nodes, and not too many messages")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every node sends a message once on each of its links but where it came from. Over streams both ends of
    /// a link greet and welcome each other before.
    #[test]
    fn a_flood_is_whole() {
        let size = FloodSize::new(200, 5);
        let graph = k_out(size.nodes, size.links, SEED).expect("a graph");
        let ends = 2 * u64::from(graph.links());
        let flooded = 5 * (ends - 199);
        for (transport, expected) in [(Transport::Datagram, flooded), (Transport::Stream, flooded + 2 * ends)]
        {
            let ran = flood(size, transport).run();
            assert_eq!((ran.packets, ran.in_flight_packets), (expected, 0), "{transport:?}");
        }
    }

    #[test]
    fn both_engines_see_the_same() {
        let workload = churn(100);
        let (by_windows, by_heap) = (workload.run(), workload.run_by_heap());
        assert_eq!(by_windows.digest, by_heap.digest);
        assert!(by_windows.inputs > 5_000, "{} inputs: nobody comes and goes", by_windows.inputs);
    }

    #[test]
    fn who_joins_has_neighbors() {
        for walk in [Walk::Default, Walk::Tutorial] {
            let ran = join(300, walk).run();
            let joined = ran.nodes().flatten().filter(|node| !neighbors(node).is_empty()).count();
            assert!(joined > 290, "{walk:?}: {joined} of 300");
        }
    }

    fn neighbors(node: &Walker) -> &[u32] {
        floodnet_core::observe::Observe::neighbors(node)
    }
}
