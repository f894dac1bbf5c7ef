//! Random graphs in which every node has the same degree.

use floodnet_core::rng::{Purpose, scale};

use super::{DrawError, Graph, check_sum, complete};
use crate::rng::PlanRng;

/// A random graph in which every node has exactly `k` neighbors: `k` loose ends per node are paired at
/// random, and pairs that would make a loop or a parallel link are mended by switching ends with random
/// other pairs. Nearly uniform among all such graphs. Connected with high probability from `k = 3` on,
/// not always.
///
/// # Errors
/// When `nodes * k` is odd, there are no `k` others, or the links are more than
/// [`MOST_LINKS`](super::MOST_LINKS).
pub fn regular(nodes: u32, k: u32, seed: u64) -> Result<Graph, DrawError> {
    check_sum(nodes, k, 2)?;
    if nodes % 2 == 1 && k % 2 == 1 {
        return Err(DrawError::OddDegreeSum { degree: k, nodes });
    }
    let mut rng = PlanRng::new(seed, Purpose::Graph, 0);
    let missing = nodes.saturating_sub(1) - k.min(nodes.saturating_sub(1));
    if k <= missing {
        return Ok(Graph::from_edges(nodes, pairing(nodes, k, &mut rng))?);
    }
    // In a dense graph nearly every switch meets a link: draw the links that are missing instead.
    let absent = Graph::from_edges(nodes, pairing(nodes, missing, &mut rng))?;
    let present = complete(nodes)?;
    Ok(Graph::from_edges(nodes, present.edges().filter(|&(a, b)| !absent.has_link(a, b)))?)
}

/// The links of a simple graph in which each of `nodes` has `k` of them, `k` at most half the others.
fn pairing(nodes: u32, k: u32, rng: &mut PlanRng) -> Vec<(u32, u32)> {
    let mut ends: Vec<u32> = (0..nodes).flat_map(|node| (0..k).map(move |_| node)).collect();
    loop {
        rng.shuffle(&mut ends);
        if let Some(links) = mended(nodes, k, &ends, rng) {
            return links;
        }
    }
}

/// The pairs of `ends`, mended until they make a simple graph. None when that does not come about in
/// reasonable time: in tiny graphs a pairing can be stuck.
fn mended(nodes: u32, k: u32, ends: &[u32], rng: &mut PlanRng) -> Option<Vec<(u32, u32)>> {
    let mut draft = Draft {
        pairs: ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        entered: Vec::new(),
        k: k as usize,
        lists: vec![NONE; nodes as usize * k as usize],
    };
    draft.entered = (0..draft.pairs.len()).map(|at| draft.link(draft.pairs[at])).collect();
    let mut bad: Vec<usize> = (0..draft.pairs.len()).filter(|&at| !draft.entered[at]).collect();
    let mut patience = 100 * (bad.len() + 10);
    while let Some(&at) = bad.last() {
        patience = patience.checked_sub(1)?;
        if draft.switch(at, rng) {
            bad.pop();
        }
    }
    // Mending prefers some graphs to others, by about one part in `nodes`. Switching on at random
    // wears that off; it matters, and is done, in small graphs.
    for _ in 0..20 * draft.pairs.len().min(5_000) {
        let at = draft.any_pair(rng);
        draft.switch(at, rng);
    }
    Some(draft.pairs)
}

/// No neighbor.
const NONE: u32 = u32::MAX;

/// A graph in the making. Those pairs that have been entered make a simple graph.
struct Draft {
    pairs: Vec<(u32, u32)>,
    /// Which pairs are entered in `lists`.
    entered: Vec<bool>,
    k: usize,
    /// Neighbors of each node, in a row of `k` places.
    lists: Vec<u32>,
}

impl Draft {
    fn any_pair(&self, rng: &mut PlanRng) -> usize {
        scale(rng.bits(), self.pairs.len() as u64) as usize
    }

    /// Exchanges an end of the pair `at` with an end of a random entered pair, and says whether that
    /// makes two links that can be entered. If not, all stays as it is.
    fn switch(&mut self, at: usize, rng: &mut PlanRng) -> bool {
        let (other, turned) = (self.any_pair(rng), rng.below(2) == 1);
        if other == at || !self.entered[other] {
            return false;
        }
        let ((a, b), (c, d)) = (self.pairs[at], self.pairs[other]);
        // A pair has no direction: either of its ends may come first.
        let (c, d) = if turned { (d, c) } else { (c, d) };
        if self.entered[at] {
            self.unlink((a, b));
        }
        self.unlink((c, d));
        if self.link((a, c)) {
            if self.link((b, d)) {
                (self.pairs[at], self.pairs[other]) = ((a, c), (b, d));
                self.entered[at] = true;
                return true;
            }
            self.unlink((a, c));
        }
        self.link((c, d));
        if self.entered[at] {
            self.link((a, b));
        }
        false
    }

    fn row(&mut self, node: u32) -> &mut [u32] {
        &mut self.lists[node as usize * self.k..][..self.k]
    }

    /// Enters a link and says so, unless it is a loop or there already.
    fn link(&mut self, (a, b): (u32, u32)) -> bool {
        if a == b || self.row(a).contains(&b) {
            return false;
        }
        self.replace(a, NONE, b);
        self.replace(b, NONE, a);
        true
    }

    fn unlink(&mut self, (a, b): (u32, u32)) {
        self.replace(a, b, NONE);
        self.replace(b, a, NONE);
    }

    /// Changes an entry of a node's row. Each node occurs in `k` pairs, so there is always a place.
    fn replace(&mut self, node: u32, old: u32, new: u32) {
        if let Some(place) = self.row(node).iter_mut().find(|place| **place == old) {
            *place = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_regular(graph: &Graph, k: u32) -> bool {
        (0..graph.nodes()).all(|node| graph.neighbors(node).len() == k as usize)
    }

    /// A change here changes results of the project: it needs its own heading in CHANGELOG.md.
    #[test]
    fn golden_first_edges() {
        let graph = regular(100, 5, 1).unwrap();
        assert_eq!(graph.edges().take(6).collect::<Vec<_>>(), GOLDEN);
    }
    const GOLDEN: [(u32, u32); 6] = [(0, 30), (0, 35), (0, 38), (0, 65), (0, 77), (1, 6)];

    #[test]
    fn impossible_degrees_are_refused() {
        assert_eq!(regular(5, 3, 1), Err(DrawError::OddDegreeSum { degree: 3, nodes: 5 }));
        assert_eq!(regular(4, 4, 1), Err(DrawError::DegreeTooGreat { degree: 4, nodes: 4 }));
        assert_eq!(regular(1 << 24, 17, 1), Err(DrawError::TooManyLinks { links: 17 << 23 }));
    }

    /// On 6 nodes there are 70 graphs of degree 2: 60 hexagons and 10 pairs of triangles.
    #[test]
    fn small_graphs_are_equally_likely() {
        let runs = 7_000;
        let triangles = (0..runs)
            .filter(|&seed| {
                let graph = regular(6, 2, seed).unwrap();
                let first = graph.neighbors(0);
                graph.has_link(first[0], first[1])
            })
            .count();
        // 1/7 are 1,000, with a standard deviation of 29.
        assert!(triangles.abs_diff(1_000) < 120, "{triangles} pairs of triangles in {runs}");
    }

    #[test]
    fn large_graphs_are_regular_and_connected() {
        let graph = regular(20_000, 5, 9).unwrap();
        assert!(is_regular(&graph, 5));
        let edges: Vec<(u32, u32)> = graph.edges().collect();
        let check = petgraph::graph::UnGraph::<(), (), u32>::from_edges(&edges);
        assert_eq!(petgraph::algo::connected_components(&check), 1);
    }

    proptest! {
        #[test]
        fn every_possible_degree_comes_out_exactly(nodes in 1u32..24, k in 0u32..24, seed: u64) {
            prop_assume!(k < nodes && nodes * k % 2 == 0);
            let graph = regular(nodes, k, seed).unwrap();
            prop_assert_eq!(graph.nodes(), nodes);
            prop_assert!(is_regular(&graph, k));
        }
    }
}
