//! Undirected graphs, frozen: what a static overlay follows.

use alloc::vec::Vec;
use core::fmt;

/// A simple undirected graph: no loops, no parallel links. Each node's neighbors stand together in
/// memory, in ascending order: 4 bytes per node and 8 per link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Where the neighbors of each node begin; one more entry marks the end of the last node's.
    offsets: Vec<u32>,
    neighbors: Vec<u32>,
}

/// Why a list of edges is not a valid graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// An edge names a node that does not exist.
    NoSuchNode {
        /// The number in the edge.
        node: u32,
        /// How many nodes there are.
        nodes: u32,
    },
    /// More links than the numbering holds: 2^31 - 1.
    TooManyLinks,
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNode { node, nodes } => write!(f, "an edge names node {node} of {nodes}"),
            Self::TooManyLinks => f.write_str("more than 2147483647 links"),
        }
    }
}

impl core::error::Error for GraphError {}

impl Graph {
    /// The graph on nodes `0..nodes` with these links. Self loops are dropped, and an edge that is repeated, in
    /// either direction, counts once.
    ///
    /// # Errors
    /// When an edge names a node that does not exist, or there are too many edges.
    pub fn from_edges(nodes: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> Result<Self, GraphError> {
        let edges: Vec<(u32, u32)> = edges.into_iter().filter(|(a, b)| a != b).collect();
        if let Some(node) = edges.iter().map(|&(a, b)| a.max(b)).find(|&node| node >= nodes) {
            return Err(GraphError::NoSuchNode { node, nodes });
        }
        if edges.len() > (u32::MAX / 2) as usize {
            return Err(GraphError::TooManyLinks);
        }
        // A counting sort by node; `ends` is where each node's list has grown to.
        let mut ends = alloc::vec![0u32; nodes as usize + 1];
        for &(a, b) in &edges {
            ends[a as usize + 1] += 1;
            ends[b as usize + 1] += 1;
        }
        for node in 0..nodes as usize {
            ends[node + 1] += ends[node];
        }
        let mut lists = alloc::vec![0u32; edges.len() * 2];
        for &(a, b) in &edges {
            for (from, to) in [(a, b), (b, a)] {
                lists[ends[from as usize] as usize] = to;
                ends[from as usize] += 1;
            }
        }
        Ok(Self::without_repeats(&ends[..nodes as usize], lists))
    }

    /// Sorts each list, `ends` saying where it ends, and closes the gaps that repeats leave.
    fn without_repeats(ends: &[u32], mut lists: Vec<u32>) -> Self {
        let mut offsets = Vec::with_capacity(ends.len() + 1);
        offsets.push(0);
        let (mut from, mut kept) = (0, 0);
        for &end in ends {
            let start = kept;
            lists[from..end as usize].sort_unstable();
            for at in from..end as usize {
                if kept == start || lists[kept - 1] != lists[at] {
                    lists[kept] = lists[at];
                    kept += 1;
                }
            }
            from = end as usize;
            offsets.push(kept as u32);
        }
        lists.truncate(kept);
        lists.shrink_to_fit();
        Self { offsets, neighbors: lists }
    }

    /// How many nodes there are: they are numbered from 0.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        self.offsets.len() as u32 - 1
    }

    /// How many links there are.
    #[must_use]
    pub fn links(&self) -> u32 {
        self.neighbors.len() as u32 / 2
    }

    /// The neighbors of `node` in ascending order; none for a node that does not exist.
    #[must_use]
    #[inline]
    pub fn neighbors(&self, node: u32) -> &[u32] {
        let node = node as usize;
        match (self.offsets.get(node), self.offsets.get(node + 1)) {
            (Some(&from), Some(&to)) => &self.neighbors[from as usize..to as usize],
            _ => &[],
        }
    }

    /// Whether `a` and `b` are neighbors.
    #[must_use]
    pub fn has_link(&self, a: u32, b: u32) -> bool {
        self.neighbors(a).binary_search(&b).is_ok()
    }

    /// Every link once, the lower node first, in ascending order.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.nodes()).flat_map(move |node| {
            let list = self.neighbors(node);
            let above = list.partition_point(|&other| other < node);
            list[above..].iter().map(move |&other| (node, other))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    #[test]
    fn loops_and_repeats_are_merged() {
        let edges = [(3, 1), (1, 3), (1, 1), (0, 3), (3, 1)];
        let graph = Graph::from_edges(5, edges).expect("all nodes exist");
        assert_eq!((graph.nodes(), graph.links()), (5, 2));
        assert_eq!(graph.neighbors(3), [0, 1]);
        assert!(graph.neighbors(2).is_empty());
        assert!(graph.neighbors(5).is_empty());
        assert!(graph.neighbors(u32::MAX).is_empty());
        assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 3), (1, 3)]);
        assert!(graph.has_link(1, 3) && graph.has_link(3, 1) && !graph.has_link(0, 1));
    }

    #[test]
    fn a_graph_may_be_empty() {
        let graph = Graph::from_edges(0, []).expect("no edges at all");
        assert_eq!((graph.nodes(), graph.links(), graph.edges().count()), (0, 0, 0));
    }

    #[test]
    fn an_edge_out_of_range_is_refused() {
        let error = Graph::from_edges(3, [(0, 1), (3, 2)]).expect_err("node 3 does not exist");
        assert_eq!(error, GraphError::NoSuchNode { node: 3, nodes: 3 });
    }

    proptest! {
        #[test]
        fn holds_exactly_the_edges_given(edges in proptest::collection::vec((0u32..20, 0u32..20), 0..120)) {
            let graph = Graph::from_edges(20, edges.iter().copied()).expect("all nodes exist");
            let given: BTreeSet<(u32, u32)> =
                edges.iter().filter(|(a, b)| a != b).map(|&(a, b)| (a.min(b), a.max(b))).collect();
            let held: Vec<(u32, u32)> = graph.edges().collect();
            prop_assert_eq!(&held, &given.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(graph.links() as usize, given.len());
            for node in 0..20 {
                let list = graph.neighbors(node);
                prop_assert!(list.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(list.iter().all(|&other| graph.has_link(other, node)));
            }
        }
    }
}
