//! The shape of the measured graph at one time: a [`Topology`] to draw, and numbers that name it.
//!
//! For a graph of `n` nodes (the joined ones) and `m` links, `k_i` the degree and `t_i` the triangles of
//! node `i`:
//! - `clustering`: mean over all nodes of `2 t_i / (k_i (k_i - 1))`; a node of degree below 2 counts 0.
//! - `triangles`: each counted once.
//! - `asp`: mean distance in hops over ordered pairs of different, connected nodes. Exact up to
//!   [`EXACT_NODES`] nodes, else from [`SOURCES`] sources drawn by the seed of the run; `asp_sources` says
//!   from how many.
//! - `diameter`: the greatest distance found from those sources: exact, or a lower bound.
//! - `assortativity`: Pearson correlation of the degrees at both ends of a link (Newman, Phys. Rev. Lett.
//!   89, 208701, 2002); none when all links are alike.

use floodnet_core::time::Time;
use serde::{Deserialize, Serialize};

use super::graph::ranks;
use super::number::ratio;
use super::paths::Graph;
pub use super::paths::{EXACT_NODES, SOURCES};

/// What a slot is at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// The slot is down.
    Down,
    /// Up, and has not held a neighbor in this life.
    Unjoined,
    /// Up, and has held one: a node of the measured graph.
    Joined,
}

impl SlotState {
    /// The state in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Unjoined => "unjoined",
            Self::Joined => "joined",
        }
    }
}

/// How one message spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Its index in the plan.
    pub message: u32,
    /// For each slot the hops of its first copy; 0 at the origin.
    pub hops: Vec<Option<u16>>,
}

/// The measured graph at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// When: every input before it was seen.
    pub at: Time,
    /// For each slot what it is.
    pub states: Vec<SlotState>,
    /// For each slot when it held its first neighbor in this life; none where it is not joined.
    pub joined: Vec<Option<Time>>,
    /// Lower slot first, ascending.
    pub edges: Vec<(u32, u32)>,
    /// Pairs of joined slots that carry nothing: only one end holds the other, or a fault cuts between them.
    /// Lower slot first, ascending.
    pub cut: Vec<(u32, u32)>,
    /// For each slot its edges.
    pub degree: Vec<u32>,
    /// For each joined slot the number of its component, the largest being 0.
    pub component: Vec<Option<u32>>,
    /// How the last message spread that had reached all its receivers, among the few that were followed.
    pub spread: Option<Spread>,
}

impl Topology {
    /// Puts a topology together from states and edges.
    pub(super) fn new(at: Time, states: Vec<SlotState>, edges: Vec<(u32, u32)>) -> Self {
        let mut degree = vec![0; states.len()];
        for &(low, high) in &edges {
            degree[low as usize] += 1;
            degree[high as usize] += 1;
        }
        let slots = u32::try_from(states.len()).unwrap_or(u32::MAX);
        let component = ranks(slots, &nodes_of(&states), &edges);
        let joined = vec![None; states.len()];
        Self { at, states, joined, edges, cut: Vec::new(), degree, component, spread: None }
    }

    /// The joined slots, ascending.
    #[must_use]
    pub fn nodes(&self) -> Vec<u32> {
        nodes_of(&self.states)
    }

    /// How many components there are.
    #[must_use]
    pub fn components(&self) -> u32 {
        self.component.iter().flatten().max().map_or(0, |last| last + 1)
    }

    /// How many joined nodes have 0, 1, 2, .. edges.
    #[must_use]
    pub fn degree_histogram(&self) -> Vec<u64> {
        let mut nodes = Vec::new();
        for slot in self.nodes() {
            let degree = self.degree[slot as usize] as usize;
            if nodes.len() <= degree {
                nodes.resize(degree + 1, 0);
            }
            nodes[degree] += 1;
        }
        nodes
    }

    /// The numbers of this graph, found on so many threads, at least 1; `seed` draws the sources of a large one.
    #[must_use]
    pub fn measure(&self, seed: u64, threads: usize) -> TopologyMeasures {
        let graph = Graph::new(&self.nodes(), &self.edges);
        let sources = graph.sources(seed);
        let distances = graph.distances(&sources, threads);
        let (clustering, triangles) = graph.clustering(threads);
        TopologyMeasures {
            nodes: graph.len() as u64,
            links: self.edges.len() as u64,
            degree_max: (0..graph.len()).map(|node| graph.neighbors(node).len() as u64).max(),
            components: self.components(),
            clustering,
            triangles,
            asp: ratio(distances.hops, distances.pairs),
            asp_sources: sources.len() as u64,
            diameter: (!sources.is_empty()).then_some(distances.greatest),
            assortativity: graph.assortativity(),
        }
    }
}

/// The slots of a graph.
fn nodes_of(states: &[SlotState]) -> Vec<u32> {
    let joined = (0..).zip(states).filter(|(_, state)| **state == SlotState::Joined);
    joined.map(|(slot, _)| slot).collect()
}

/// A graph in numbers; see the module for the formulas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopologyMeasures {
    /// Joined nodes of the graph.
    pub nodes: u64,
    /// Edges of the graph.
    pub links: u64,
    /// Greatest degree; none without nodes.
    pub degree_max: Option<u64>,
    /// Connected components.
    pub components: u32,
    /// Mean local clustering; none without nodes.
    pub clustering: Option<f64>,
    /// Triangles.
    pub triangles: u64,
    /// Mean distance in hops; none when no two nodes are connected.
    pub asp: Option<f64>,
    /// From how many nodes distances were taken: all of them, or a sample.
    pub asp_sources: u64,
    /// Greatest distance from those nodes; none without nodes.
    pub diameter: Option<u32>,
    /// Correlation of degrees; none when it is not defined.
    pub assortativity: Option<f64>,
}

#[cfg(test)]
#[path = "topology_tests.rs"]
mod tests;
