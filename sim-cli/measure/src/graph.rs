//! The measured graph: who holds whom, which links count, and into what they join the nodes.
//!
//! **Edge** at T: both ends are joined, each holds the other as a neighbor, and the plan cuts neither
//! direction at T. A link that only one end holds (in the making, or left over from a silent crash) is no
//! edge.
//!
//! - `components`: connected components of the graph of joined nodes; a node without an edge is one too.
//! - `parts`: those of at least 2 nodes.
//! - `isolated`: joined nodes without an edge.
//! - `largest_component`: nodes of the largest component / joined nodes.
//! - `degree`: edges at a joined node.
//! - `cut_off_ms`: how long, up to the last sample, some joined node has been outside of the largest component
//!   (of several equal ones, that of the least slot) in every sample while no fault was active; the longest
//!   over all nodes. A fault is active from its beginning to its end; a crash that is for ever is not.
//! - `asymmetry`: pairs that exactly one end holds / pairs that at least one end holds. Cuts are of no
//!   matter here; held links to nodes that are down are held by one end.
//!
//! A scan reads each list of neighbors once, in order, and costs one union per edge; when neither the links
//! nor the cuts have changed since the last scan it costs nothing.

use floodnet_core::time::{Duration, Time};
use petgraph::unionfind::UnionFind;

use super::fault_cuts::Cuts;
use super::lifecycle::Everybody;
use super::neighbors::Neighbors;

/// The graph at one time, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Joined nodes.
    pub(super) nodes: u32,
    /// Edges.
    pub(super) edges: u64,
    /// Pairs of which exactly one end holds the other.
    pub(super) one_sided: u64,
    /// Pairs of which at least one end holds the other.
    pub(super) held: u64,
    /// Connected components.
    pub(super) components: u32,
    /// Nodes of the largest one.
    pub(super) largest: u32,
    /// Least and greatest degree of a joined node; none without nodes.
    pub(super) degrees: Option<(u32, u32)>,
    /// Joined nodes with at least the target degree.
    pub(super) at_target: u32,
    /// Joined nodes without an edge, ascending.
    pub(super) isolated: Vec<u32>,
    /// Joined nodes outside of the largest component, ascending.
    pub(super) outside: Vec<u32>,
}

impl Shape {
    /// Components of at least two nodes.
    pub(super) fn parts(&self) -> u32 {
        self.components - u32::try_from(self.isolated.len()).unwrap_or(self.components)
    }
}

/// Looks at the graph again and again, and remembers the last look.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    target_degree: u32,
    cuts: Vec<usize>,
    shape: Shape,
    /// Degrees at the last look, by slot.
    degrees: Vec<u32>,
}

impl Scanner {
    /// For nodes that want `target_degree` neighbors (0: none has a target).
    pub(super) fn new(target_degree: Option<u32>) -> Self {
        Self { target_degree: target_degree.unwrap_or(0), ..Self::default() }
    }

    /// The degrees at the last look, by slot; nothing before the first.
    pub(super) fn degrees(&self) -> &[u32] {
        &self.degrees
    }

    /// The graph as it is now, under `cuts`.
    pub(super) fn scan(
        &mut self,
        neighbors: &mut Neighbors,
        slots: &Everybody<'_>,
        cuts: &Cuts<'_>,
    ) -> &Shape {
        let names = cuts.names();
        if neighbors.take_changed() || names != self.cuts {
            self.cuts = names;
            self.shape = self.look(neighbors, slots, cuts);
        }
        &self.shape
    }

    fn look(&mut self, neighbors: &Neighbors, slots: &Everybody<'_>, cuts: &Cuts<'_>) -> Shape {
        let (one_sided, held) = neighbors.pairs();
        let mut shape = Shape { one_sided, held, ..Shape::default() };
        let mut union = UnionFind::<u32>::new(slots.len());
        let mut joins = 0;
        self.degrees.clear();
        self.degrees.resize(slots.len(), 0);
        for (slot, _) in (0..).zip(slots.slots()).filter(|(_, state)| state.is_joined()) {
            let mut degree = 0;
            for peer in neighbors.edges_at(slot, cuts) {
                degree += 1;
                if slot < peer {
                    shape.edges += 1;
                    joins += u32::from(union.union(slot, peer));
                }
            }
            self.degrees[slot as usize] = degree;
            shape.nodes += 1;
            shape.at_target += u32::from(degree >= self.target_degree);
            let (least, greatest) = shape.degrees.unwrap_or((degree, degree));
            shape.degrees = Some((least.min(degree), greatest.max(degree)));
            if degree == 0 {
                shape.isolated.push(slot);
            }
        }
        // Each edge that joined two components made one of two.
        shape.components = shape.nodes - joins;
        let joined = || (0..).zip(slots.slots()).filter(|(_, slot)| slot.is_joined()).map(|(slot, _)| slot);
        (shape.largest, shape.outside) = largest(&union.into_labeling(), joined);
        shape
    }
}

/// How many of the `nodes` have the most frequent label (of several, that of the first node), and which
/// have another. Labels are places in `labels`.
pub(super) fn largest<I: Iterator<Item = u32>>(labels: &[u32], nodes: impl Fn() -> I) -> (u32, Vec<u32>) {
    let label_of = |node: u32| labels[node as usize];
    let mut sizes = vec![0_u32; labels.len()];
    nodes().for_each(|node| sizes[label_of(node) as usize] += 1);
    let size_at = |node: u32| sizes[label_of(node) as usize];
    let Some(most) = nodes().map(size_at).max() else { return (0, Vec::new()) };
    let chosen = nodes().find(|&node| size_at(node) == most).map(label_of);
    (most, nodes().filter(|&node| Some(label_of(node)) != chosen).collect())
}

/// For each slot the number of its component: 0 for the largest, then by size, then by least slot. None
/// for slots outside of `nodes`.
pub(super) fn ranks(slots: u32, nodes: &[u32], edges: &[(u32, u32)]) -> Vec<Option<u32>> {
    let mut union = UnionFind::<u32>::new(slots as usize);
    for &(low, high) in edges {
        union.union(low, high);
    }
    // By root: how many nodes, and the least of them.
    let mut found: Vec<(u32, u32)> = vec![(0, u32::MAX); slots as usize];
    for &node in nodes {
        let (size, least) = &mut found[union.find_mut(node) as usize];
        *size += 1;
        *least = (*least).min(node);
    }
    let mut order: Vec<u32> = (0..slots).filter(|&root| found[root as usize].0 > 0).collect();
    order.sort_by_key(|&root| {
        let (size, least) = found[root as usize];
        (std::cmp::Reverse(size), least)
    });
    let mut rank = vec![0; slots as usize];
    for (place, root) in (0..).zip(order) {
        rank[root as usize] = place;
    }
    let mut of_slot = vec![None; slots as usize];
    for &node in nodes {
        of_slot[node as usize] = Some(rank[union.find_mut(node) as usize]);
    }
    of_slot
}

/// How long which joined nodes have been in some bad state (without an edge, outside of the largest
/// component), as far as the samples can tell: from the first of the unbroken samples that found them so.
#[derive(Debug, Default)]
pub(super) struct Isolation(Vec<(u32, Time)>);

impl Isolation {
    /// Takes a sample in: `isolated`, ascending, are in that state at `at`.
    pub(super) fn sample(&mut self, at: Time, isolated: &[u32], slots: &Everybody<'_>) {
        let before = std::mem::take(&mut self.0);
        let mut before = before.into_iter().peekable();
        let since = |&slot: &u32| {
            while before.next_if(|&(other, _)| other < slot).is_some() {}
            // What an earlier life suffered does not count for this one.
            let joined = slots.joined(slot);
            let known = before.next_if(|&(other, since)| other == slot && since >= joined);
            (slot, known.map_or(at, |(_, since)| since))
        };
        self.0 = isolated.iter().map(since).collect();
    }

    /// Whether some node has been in it for longer than `grace`.
    pub(super) fn longer_than(&self, grace: Duration, at: Time) -> bool {
        self.longest(at) > grace
    }

    /// How long some node has been in it: the longest.
    pub(super) fn longest(&self, at: Time) -> Duration {
        self.0.iter().map(|&(_, since)| at.since(since)).max().unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
