//! An undirected graph, compactly.

use alloc::vec::Vec;

/// Compressed adjacency, neighbors ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    start: Vec<u32>,
    adjacent: Vec<u32>,
}

impl Graph {
    /// From undirected edges.
    pub fn from_edges(nodes: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut pairs: Vec<(u32, u32)> =
            edges.into_iter().filter(|(a, b)| a != b).flat_map(|(a, b)| [(a, b), (b, a)]).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let start = (0..=nodes).map(|u| pairs.partition_point(|p| p.0 < u) as u32).collect();
        Self { start, adjacent: pairs.iter().map(|p| p.1).collect() }
    }

    /// The neighbors of `u`.
    #[must_use]
    pub fn neighbors(&self, u: u32) -> &[u32] {
        &self.adjacent[self.start[u as usize] as usize..self.start[u as usize + 1] as usize]
    }
}
