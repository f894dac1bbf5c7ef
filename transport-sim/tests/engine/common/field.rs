//! Floods over given graphs, and what theory says of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::graph::Graph;
use floodnet_core::node::{self, Node};
use floodnet_core::observe::Observation;
use floodnet_core::overlay::{Fixed, fixed};
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Simulation;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::{Link, Transport};
use petgraph::algo::dijkstra;
use petgraph::graph::UnGraph;

use super::{Log, assert_conserved};

/// A node that floods over a given graph.
pub(crate) type FixedFlood = Node<Fixed, Flood<u32, SimPayload>>;

/// Messages are published this far apart, the first after as long: the greetings and every message
/// before are over by then.
pub(crate) const APART: Duration = Duration::from_secs(20);

/// A graph, the links along it, and messages that flood it one after the other.
pub(crate) struct Field {
    pub(crate) graph: Arc<Graph>,
    pub(crate) plan: Plan,
    pub(crate) links: LinkModel,
    pub(crate) echo: bool,
}

/// What became of one message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) sent: u32,
    /// Copies that each slot received.
    pub(crate) copies: BTreeMap<u32, u32>,
    /// Time since publication, and hops, of the delivery at each slot.
    pub(crate) delivered: BTreeMap<u32, (Duration, u16)>,
    /// Time that each directed link took, as observed.
    pub(crate) delays: BTreeMap<(u32, u32), Duration>,
}

impl Field {
    /// One message from each of `origins`.
    pub(crate) fn new(graph: Graph, transport: Transport, origins: impl IntoIterator<Item = u32>) -> Self {
        let mut plan = Plan::still(1, graph.nodes(), Time::ZERO);
        let mut at = Time::ZERO + APART;
        for origin in origins {
            plan.publish(at, origin, 100);
            at = at + APART;
        }
        plan.duration = at;
        let links = LinkModel::new(Link { transport, ..Link::default() });
        Self { graph: Arc::new(graph), plan, links, echo: false }
    }

    /// Runs the flood and gives what became of each message, after a check that no packet is unaccounted
    /// for.
    pub(crate) fn run(&self) -> Vec<Spread> {
        let greet = self.links.spec.transport == Transport::Stream;
        let config = node::Config {
            overlay: fixed::Config { graph: self.graph.clone(), greet },
            broadcast: flood::Config { echo: self.echo, ..flood::Config::default() },
        };
        let make = |slot| FixedFlood::new(Fixed::new(slot), Flood::default());
        let mut log = Log::new();
        let outcome = Simulation::new(&self.plan, &self.links, &config, &make).run(&mut log);
        assert_conserved(&log, &outcome.expect("the link model is sound"));
        self.spreads(&log)
    }

    fn spreads(&self, log: &Log) -> Vec<Spread> {
        let mut spreads: Vec<Spread> = self.plan.publishes.iter().map(|_| Spread::default()).collect();
        let mut left = BTreeMap::new();
        let mut arrived = Vec::new();
        for &(at, slot, what) in log {
            match what {
                Observed::Sent { to, payload: Some(message), .. } => {
                    spreads[message as usize].sent += 1;
                    left.insert((message, slot, to), at);
                }
                Observed::Received { from, payload: Some(message) } => {
                    *spreads[message as usize].copies.entry(slot).or_default() += 1;
                    arrived.push((message, from, slot, at));
                }
                Observed::Protocol(Observation::Delivered { message, hops }) => {
                    let after = at.since(self.plan.publishes[message as usize].at);
                    let before = spreads[message as usize].delivered.insert(slot, (after, hops));
                    assert_eq!(before, None, "message {message} was delivered twice at slot {slot}");
                }
                _ => {}
            }
        }
        for (message, from, to, at) in arrived {
            let took = at.since(left[&(message, from, to)]);
            spreads[message as usize].delays.insert((from, to), took);
        }
        spreads
    }

    /// Distance from `origin` to each node that it reaches, itself included, where `length` tells how long
    /// each link is: petgraph's answer.
    pub(crate) fn distances(
        &self,
        origin: u32,
        length: impl Fn(u32, u32) -> Option<u64>,
    ) -> BTreeMap<u32, u64> {
        let links = self.graph.edges().filter_map(|(a, b)| Some((a, b, length(a, b)?)));
        let mut graph = UnGraph::<(), u64, u32>::from_edges(links);
        while graph.node_count() < self.graph.nodes() as usize {
            graph.add_node(());
        }
        let found = dijkstra(&graph, origin.into(), None, |link| *link.weight());
        found.into_iter().map(|(node, distance)| (node.index() as u32, distance)).collect()
    }
}
