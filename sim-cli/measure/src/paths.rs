//! Triangles, distances and correlations of a graph, by algorithms of the literature.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use floodnet_core::rng::{NodeRng, Purpose};

use super::number::{DIGITS, round_to};

/// Up to this many nodes all distances are taken.
pub const EXACT_NODES: usize = 5_000;
/// In a larger graph, distances are taken from this many nodes.
pub const SOURCES: usize = 1_000;

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
            NodeRng::new(Purpose::PathSources.seed(seed)).shuffle(&mut nodes);
            nodes.truncate(SOURCES);
        }
        nodes
    }

    /// Distances from `sources`, by breadth-first searches of which `64 * LANES` share each step
    /// (MS-BFS: Then et al., Proc. VLDB 8(4), 2014), on so many threads.
    pub(super) fn distances(&self, sources: &[u32], threads: usize) -> Distances {
        let batches: Vec<&[u32]> = sources.chunks(64 * LANES).collect();
        let threads = threads.min(batches.len());
        let parts = on_threads(threads, |thread| {
            let mut found = Distances::default();
            let mut search = Search::new(self.len());
            for batch in batches.iter().skip(thread).step_by(threads) {
                search.run(self, batch, &mut found);
            }
            found
        });
        parts.into_iter().fold(Distances::default(), |all, part| Distances {
            pairs: all.pairs + part.pairs,
            hops: all.hops + part.hops,
            greatest: all.greatest.max(part.greatest),
        })
    }

    /// Mean local clustering, and triangles, on so many threads.
    pub(super) fn clustering(&self, threads: usize) -> (Option<f64>, u64) {
        // Everybody with everybody: known without looking at each of n^3 / 6 triangles.
        let nodes = self.len() as u64;
        if nodes > 2 && (0..self.len()).all(|node| self.neighbors(node).len() + 1 == self.len()) {
            return (Some(1.0), nodes * (nodes - 1) * (nodes - 2) / 6);
        }
        let (mut at_node, mut triangles) = (vec![0_u64; self.len()], 0);
        let share = self.len().div_ceil(threads.max(1));
        let parts = on_threads(threads, |thread| {
            self.triangles(share * thread..self.len().min(share * (thread + 1)))
        });
        for (counts, found) in parts {
            at_node.iter_mut().zip(counts).for_each(|(all, part)| *all += part);
            triangles += found;
        }
        let local = |(node, &count): (usize, &u64)| match self.neighbors(node).len() as u64 {
            0 | 1 => 0.0,
            degree => 2.0 * count as f64 / (degree * (degree - 1)) as f64,
        };
        let sum: f64 = at_node.iter().enumerate().map(local).sum();
        let mean = (self.len() > 0).then(|| round_to(sum / self.len() as f64, DIGITS));
        (mean, triangles)
    }

    /// How many of the triangles whose lowest node is among `lowest` each node is in, and how many they are. Each
    /// is found once, at its node of lowest (degree, number), so that hubs cost no more than others: `O(m^1.5)`.
    fn triangles(&self, lowest: Range<usize>) -> (Vec<u64>, u64) {
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
        for a in lowest {
            for b in above(a) {
                marked_by[b] = a;
            }
            for b in above(a) {
                // a < b < c in rank, each adjacent to the others: no other a finds this triangle.
                for c in above(b).filter(|&c| marked_by[c] == a) {
                    triangles += 1;
                    for node in [a, b, c] {
                        at_node[node] += 1;
                    }
                }
            }
        }
        (at_node, triangles)
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

/// What `part` gives for 0, 1, 2 and so on, in this order, each on a thread of its own.
fn on_threads<T: Send>(threads: usize, part: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if threads <= 1 {
        return (0..threads).map(part).collect();
    }
    thread::scope(|scope| {
        let part = &part;
        let all: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(thread))).collect();
        all.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// The memory of one batch of searches. Between two levels, `front` has what each search reached last,
/// `active` the nodes where that is anything, and `next` is empty.
struct Search {
    seen: Vec<Mask>,
    front: Vec<Mask>,
    next: Vec<Mask>,
    active: Vec<u32>,
    touched: Vec<u32>,
}

/// From this share of active nodes on (one of so many), a level is cheaper by looking from every node that
/// is not done at its neighbors, in order, than from the active ones at theirs.
const DENSE: usize = 4;

impl Search {
    fn new(nodes: usize) -> Self {
        let none = || vec![[0; LANES]; nodes];
        Self { seen: none(), front: none(), next: none(), active: Vec::new(), touched: Vec::new() }
    }

    /// Searches from all of `sources` at once and adds what it finds to `found`.
    fn run(&mut self, graph: &Graph, sources: &[u32], found: &mut Distances) {
        self.seen.fill([0; LANES]);
        self.active.clear();
        let mut all = [0; LANES];
        for (lane, &source) in sources.iter().enumerate() {
            let bit = 1 << (lane % 64);
            all[lane / 64] |= bit;
            self.seen[source as usize][lane / 64] |= bit;
            self.front[source as usize] = self.seen[source as usize];
            self.active.push(source);
        }
        for distance in 1.. {
            let dense = self.active.len() * DENSE > graph.len();
            let reached = if dense { self.gather(graph, all) } else { self.scatter(graph) };
            if reached == 0 {
                break;
            }
            found.pairs += reached;
            found.hops += reached * u64::from(distance);
            found.greatest = found.greatest.max(distance);
        }
    }

    /// One level, from the active nodes to their neighbors. Returns how many pairs were reached.
    fn scatter(&mut self, graph: &Graph) -> u64 {
        self.touched.clear();
        for &node in &self.active {
            let front = std::mem::take(&mut self.front[node as usize]);
            for &peer in graph.neighbors(node as usize) {
                let next = &mut self.next[peer as usize];
                if *next == [0; LANES] {
                    self.touched.push(peer);
                }
                unite(next, &front);
            }
        }
        self.active.clear();
        let mut reached = 0;
        for &node in &self.touched {
            let new = std::mem::take(&mut self.next[node as usize]);
            let new = claim(&mut self.seen[node as usize], new, &mut reached);
            if new != [0; LANES] {
                self.front[node as usize] = new;
                self.active.push(node);
            }
        }
        reached
    }

    /// The same level, from the nodes that some search (of `all`) has not seen.
    fn gather(&mut self, graph: &Graph, all: Mask) -> u64 {
        std::mem::swap(&mut self.active, &mut self.touched);
        self.active.clear();
        let mut reached = 0;
        for node in 0..graph.len() {
            let seen = &mut self.seen[node];
            if *seen == all {
                continue;
            }
            let mut next = [0; LANES];
            for &peer in graph.neighbors(node) {
                unite(&mut next, &self.front[peer as usize]);
            }
            let new = claim(seen, next, &mut reached);
            if new != [0; LANES] {
                self.next[node] = new;
                self.active.extend(u32::try_from(node));
            }
        }
        for &node in &self.touched {
            self.front[node as usize] = [0; LANES];
        }
        std::mem::swap(&mut self.front, &mut self.next);
        reached
    }
}

/// Adds the searches of `more` to `mask`.
fn unite(mask: &mut Mask, more: &Mask) {
    for lane in 0..LANES {
        mask[lane] |= more[lane];
    }
}

/// Marks `next` as seen. Returns what was not before, and adds how many that are to `reached`.
fn claim(seen: &mut Mask, mut next: Mask, reached: &mut u64) -> Mask {
    for lane in 0..LANES {
        next[lane] &= !seen[lane];
        seen[lane] |= next[lane];
        *reached += u64::from(next[lane].count_ones());
    }
    next
}

#[cfg(test)]
#[path = "paths_tests.rs"]
mod tests;
