//! The built-in protocols: overlays `random_walk` and `static`, broadcasts `flood` and `gossip`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use floodnet_core::broadcast::{Flood, Gossip, flood, gossip};
use floodnet_core::graph::Graph;
use floodnet_core::node::Node;
use floodnet_core::overlay::{Fixed, RandomWalk, fixed, random_walk};
use floodnet_core::seen::SeenLimits;
use floodnet_sim::graph;
use floodnet_sim::link::Transport;
use floodnet_sim::payload::SimPayload;

use super::{NamedBroadcast, NamedOverlay, Setting, Visitor};
use crate::setup::{malformed, unreadable};
use crate::{Accept, Complaint, FloodTable, GossipTable, RandomWalkTable, StaticTable};

type SimFlood = Flood<u32, SimPayload>;
type SimGossip = Gossip<u32, SimPayload>;

/// Shows `visitor` the built-in protocols, every overlay with every broadcast.
pub fn visit_builtin(visitor: &mut impl Visitor) {
    visitor.protocol::<Node<RandomWalk<u32>, SimFlood>>("random_walk", "flood");
    visitor.protocol::<Node<RandomWalk<u32>, SimGossip>>("random_walk", "gossip");
    visitor.protocol::<Node<Fixed, SimFlood>>("static", "flood");
    visitor.protocol::<Node<Fixed, SimGossip>>("static", "gossip");
}

impl NamedOverlay for RandomWalk<u32> {
    type Table = RandomWalkTable;

    fn config(table: RandomWalkTable, setting: &Setting) -> Result<Self::Config, Complaint> {
        Ok(random_walk::Config {
            degree: table.degree,
            max_degree: table.max_degree(),
            hop_limit: u8::try_from(table.hop_limit).unwrap_or(u8::MAX),
            retry: table.retry,
            repair: table.repair,
            accept: match table.accept {
                Accept::Inverse => random_walk::Accept::Inverse,
                Accept::Always => random_walk::Accept::Always,
                Accept::Endpoint => random_walk::Accept::Endpoint,
            },
            entry: setting.entry.clone(),
        })
    }

    fn node(slot: u32) -> Self {
        Self::new(slot)
    }

    fn target_degree(table: &RandomWalkTable) -> Option<u32> {
        Some(table.degree)
    }
}

impl NamedOverlay for Fixed {
    type Table = StaticTable;

    fn config(table: StaticTable, setting: &Setting) -> Result<Self::Config, Complaint> {
        let graph = Arc::new(draw(&table, setting)?);
        Ok(fixed::Config { graph, greet: setting.transport == Transport::Stream })
    }

    fn node(slot: u32) -> Self {
        Self::new(slot)
    }

    fn slots(table: &StaticTable) -> Result<Option<u32>, Complaint> {
        match table {
            StaticTable::File(path) => read(path).map(|graph| Some(graph.nodes())),
            _ => Ok(None),
        }
    }
}

/// The graph that the table describes.
fn draw(table: &StaticTable, setting: &Setting) -> Result<Graph, Complaint> {
    let (nodes, seed) = (setting.slots, setting.seed);
    let drawn = match *table {
        StaticTable::File(ref path) => return read(path),
        StaticTable::KOut(k) => graph::k_out(nodes, k, seed),
        StaticTable::Regular(k) => graph::regular(nodes, k, seed),
        StaticTable::Gnp { mean_degree } => graph::gnp(nodes, mean_degree, seed),
        StaticTable::SmallWorld { k, rewire } => graph::small_world(nodes, k, rewire, seed),
        StaticTable::Preferential { links } => graph::preferential(nodes, links, seed),
        StaticTable::Ring(_) => graph::ring(nodes),
        StaticTable::Line(_) => graph::line(nodes),
        StaticTable::Grid(_) => graph::grid(nodes),
        StaticTable::Tree { arity } => graph::tree(nodes, arity),
        StaticTable::Complete(_) => graph::complete(nodes),
    };
    drawn.map_err(|error| Complaint::new("", error.to_string(), "change the graph, or nodes.count"))
}

fn read(path: &Path) -> Result<Graph, Complaint> {
    let text = fs::read_to_string(path).map_err(|error| unreadable("file", path, &error))?;
    let form = "a line holds two labels, which are whole numbers";
    graph::read_edges(&text).map(|(graph, _)| graph).map_err(|error| malformed("file", path, &error, form))
}

impl NamedBroadcast for SimFlood {
    type Table = FloodTable;

    fn config(table: FloodTable, _: &Setting) -> Result<Self::Config, Complaint> {
        let capacity = table.seen.get().map(|ids| u32::try_from(ids).unwrap_or(u32::MAX));
        let ttl = table.seen_for.get().map(|time| time.0);
        Ok(flood::Config { echo: table.echo, seen: SeenLimits { capacity, ttl }, queue: table.queue })
    }
}

impl NamedBroadcast for SimGossip {
    type Table = GossipTable;

    fn config(table: GossipTable, _: &Setting) -> Result<Self::Config, Complaint> {
        Ok(gossip::Config { fanout: table.fanout, ..gossip::Config::default() })
    }
}
