//! Triangles, distances and correlations of a graph, by algorithms of the literature.

use floodnet_core::rng::{NodeRng, fold};

use super::number::{DIGITS, round_to};
use super::topology::{EXACT_NODES, SOURCES};

/// Purpose of the random stream that draws the sources of a large graph.
const PURPOSE: u64 = 0x746f_706f_6c6f_6779;

/// Distances over ordered pairs (source, other node).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Distances {
    /// Connected pairs.
    pub(super) pairs: u64,
    /// Sum of their distances.
    pub(super) hops: u64,
    /// The greatest of them.
    pub(super) greatest: u32,
}

/// Searches that run side by side.
const LANES: usize = 4;
/// One bit for each of `64 * LANES` searches.
type Mask = [u64; LANES];

/// Neighbor lists one behind the other; nodes are renumbered 0, 1, 2, ..
pub(super) struct Graph {
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Graph {
    /// `nodes` ascending; each edge once, with both ends in `nodes`.
    pub(super) fn new(nodes: &[u32], edges: &[(u32, u32)]) -> Self {
        let mut number = vec![0; nodes.last().map_or(0, |&last| last as usize + 1)];
        for (new, &slot) in (0_u32..).zip(nodes) {
            number[slot as usize] = new;
        }
        let mut starts = vec![0; nodes.len() + 1];
        for &(a, b) in edges {
            starts[number[a as usize] as usize + 1] += 1;
            starts[number[b as usize] as usize + 1] += 1;
        }
        for node in 0..nodes.len() {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut ends = vec![0; edges.len() * 2];
        for &(a, b) in edges {
            let (a, b) = (number[a as usize], number[b as usize]);
            for (from, to) in [(a, b), (b, a)] {
                ends[next[from as usize] as usize] = to;
                next[from as usize] += 1;
            }
        }
        Self { starts, ends }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn neighbors(&self, node: usize) -> &[u32] {
        &self.ends[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// The nodes from which distances are taken.
    pub(super) fn sources(&self, seed: u64) -> Vec<u32> {
        let mut nodes: Vec<u32> = (0..u32::try_from(self.len()).unwrap_or(u32::MAX)).collect();
        if nodes.len() > EXACT_NODES {
            NodeRng::new(fold(seed, PURPOSE)).shuffle(&mut nodes);
            nodes.truncate(SOURCES);
        }
        nodes
    }

    /// Distances from `sources`, by breadth-first searches of which `64 * LANES` share each step
    /// (MS-BFS: Then et al., Proc. VLDB 8(4), 2014).
    pub(super) fn distances(&self, sources: &[u32]) -> Distances {
        let mut found = Distances::default();
        let mut search = Search::new(self.len());
        for batch in sources.chunks(64 * LANES) {
            search.run(self, batch, &mut found);
        }
        found
    }

    /// Mean local clustering, and triangles. Each triangle is found once, at its node of lowest (degree,
    /// number), so that hubs cost no more than others: `O(m^1.5)`.
    pub(super) fn clustering(&self) -> (Option<f64>, u64) {
        let rank = |node: usize| (self.neighbors(node).len(), node);
        let above = |node: usize| {
            self.neighbors(node)
                .iter()
                .map(|&peer| peer as usize)
                .filter(move |&peer| rank(peer) > rank(node))
        };
        let mut marked_by = vec![usize::MAX; self.len()];
        let mut at_node = vec![0_u64; self.len()];
        let mut triangles = 0;
        for a in 0..self.len() {
            for b in above(a) {
                marked_by[b] = a;
            }
            for b in above(a) {
                for c in above(b).filter(|&c| marked_by[c] == a) {
                    triangles += 1;
                    for node in [a, b, c] {
                        at_node[node] += 1;
                    }
                }
            }
        }
        let local = |(node, &count): (usize, &u64)| match self.neighbors(node).len() as u64 {
            0 | 1 => 0.0,
            degree => 2.0 * count as f64 / (degree * (degree - 1)) as f64,
        };
        let sum: f64 = at_node.iter().enumerate().map(local).sum();
        let mean = (self.len() > 0).then(|| round_to(sum / self.len() as f64, DIGITS));
        (mean, triangles)
    }

    /// Correlation of the degrees at both ends of a link, from exact sums over ordered links.
    pub(super) fn assortativity(&self) -> Option<f64> {
        let (mut ends, mut sum, mut squares, mut products) = (0_i128, 0_i128, 0_i128, 0_i128);
        for node in 0..self.len() {
            let degree = self.neighbors(node).len() as i128;
            ends += degree;
            sum += degree * degree;
            squares += degree * degree * degree;
            let others = self.neighbors(node).iter().map(|&peer| self.neighbors(peer as usize).len() as i128);
            products += degree * others.sum::<i128>();
        }
        let variance = ends * squares - sum * sum;
        let covariance = ends * products - sum * sum;
        (variance > 0).then(|| round_to(covariance as f64 / variance as f64, DIGITS))
    }
}

/// The memory of one batch of searches.
struct Search {
    seen: Vec<Mask>,
    front: Vec<Mask>,
    next: Vec<Mask>,
    active: Vec<u32>,
    touched: Vec<u32>,
}

impl Search {
    fn new(nodes: usize) -> Self {
        let none = || vec![[0; LANES]; nodes];
        Self { seen: none(), front: none(), next: none(), active: Vec::new(), touched: Vec::new() }
    }

    /// Searches from all of `sources` at once and adds what it finds to `found`.
    fn run(&mut self, graph: &Graph, sources: &[u32], found: &mut Distances) {
        self.seen.fill([0; LANES]);
        self.active.clear();
        for (lane, &source) in sources.iter().enumerate() {
            self.seen[source as usize][lane / 64] |= 1 << (lane % 64);
            self.front[source as usize] = self.seen[source as usize];
            self.active.push(source);
        }
        for distance in 1.. {
            self.step(graph);
            let reached = self.advance();
            if reached == 0 {
                break;
            }
            found.pairs += reached;
            found.hops += reached * u64::from(distance);
            found.greatest = found.greatest.max(distance);
        }
    }

    /// Every search moves from its front to all neighbors.
    fn step(&mut self, graph: &Graph) {
        self.touched.clear();
        for &node in &self.active {
            let front = std::mem::take(&mut self.front[node as usize]);
            for &peer in graph.neighbors(node as usize) {
                let next = &mut self.next[peer as usize];
                if *next == [0; LANES] {
                    self.touched.push(peer);
                }
                for lane in 0..LANES {
                    next[lane] |= front[lane];
                }
            }
        }
    }

    /// What was reached for the first time becomes the new front. Returns how many pairs that are.
    fn advance(&mut self) -> u64 {
        self.active.clear();
        let mut reached = 0;
        for &node in &self.touched {
            let mut new = std::mem::take(&mut self.next[node as usize]);
            let seen = &mut self.seen[node as usize];
            for lane in 0..LANES {
                new[lane] &= !seen[lane];
                seen[lane] |= new[lane];
                reached += u64::from(new[lane].count_ones());
            }
            if new != [0; LANES] {
                self.front[node as usize] = new;
                self.active.push(node);
            }
        }
        reached
    }
}

#[cfg(test)]
#[path = "paths_tests.rs"]
mod tests;
