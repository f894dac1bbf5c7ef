//! A graph as the pictures need it: neighbors, distances, components.

use std::collections::VecDeque;

/// Neighbors of each node, as one vector with offsets.
pub(super) struct Adjacency {
    offsets: Vec<usize>,
    targets: Vec<u32>,
}

impl Adjacency {
    /// Collects valid, distinct, undirected links.
    pub(super) fn new(nodes: usize, links: &[(u32, u32)]) -> Self {
        let valid = |&&(a, b): &&(u32, u32)| a != b && (a.max(b) as usize) < nodes;
        let mut pairs: Vec<(u32, u32)> =
            links.iter().filter(valid).flat_map(|&(a, b)| [(a, b), (b, a)]).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut offsets = vec![0; nodes + 1];
        for &(a, _) in &pairs {
            offsets[a as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        Self { offsets, targets: pairs.into_iter().map(|(_, b)| b).collect() }
    }

    pub(super) const fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The neighbors of `node` in ascending order.
    pub(super) fn of(&self, node: usize) -> &[u32] {
        &self.targets[self.offsets[node]..self.offsets[node + 1]]
    }

    /// Each link once, lower node first.
    pub(super) fn links(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|a| self.of(a).iter().map(move |&b| (a, b as usize)).filter(|&(a, b)| a < b))
    }

    /// Distances in links from `start`; `u32::MAX` where there is no path.
    pub(super) fn distances(&self, start: usize, queue: &mut VecDeque<usize>) -> Vec<u32> {
        let mut distance = vec![u32::MAX; self.len()];
        distance[start] = 0;
        queue.push_back(start);
        while let Some(node) = queue.pop_front() {
            for &next in self.of(node) {
                if distance[next as usize] == u32::MAX {
                    distance[next as usize] = distance[node] + 1;
                    queue.push_back(next as usize);
                }
            }
        }
        distance
    }

    /// Components of two nodes or more, largest first.
    pub(super) fn components(&self) -> Vec<Vec<u32>> {
        let mut seen = vec![false; self.len()];
        let mut components = Vec::new();
        for start in 0..self.len() {
            if seen[start] || self.of(start).is_empty() {
                continue;
            }
            seen[start] = true;
            let mut members = vec![start as u32];
            let mut next = 0;
            while let Some(&node) = members.get(next) {
                next += 1;
                for &neighbor in self.of(node as usize) {
                    if !std::mem::replace(&mut seen[neighbor as usize], true) {
                        members.push(neighbor);
                    }
                }
            }
            members.sort_unstable();
            components.push(members);
        }
        components.sort_by_key(|members| std::cmp::Reverse(members.len()));
        components
    }

    /// The graph among `members` (ascending, closed under links), renumbered in their order.
    pub(super) fn induced(&self, members: &[u32]) -> Self {
        let mut offsets = vec![0];
        let mut targets = Vec::new();
        for &node in members {
            let neighbors = self.of(node as usize).iter();
            targets.extend(neighbors.filter_map(|b| members.binary_search(b).ok()).map(|b| b as u32));
            offsets.push(targets.len());
        }
        Self { offsets, targets }
    }

    /// Mean number of neighbors, over nodes that have one.
    pub(super) fn mean_degree(&self) -> f32 {
        let linked = (0..self.len()).filter(|&node| !self.of(node).is_empty()).count();
        self.targets.len() as f32 / linked.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_links_are_ignored() {
        let graph = Adjacency::new(4, &[(0, 1), (1, 0), (0, 1), (2, 2), (3, 9), (u32::MAX, 0)]);
        assert_eq!(graph.links().collect::<Vec<_>>(), [(0, 1)]);
        assert_eq!((graph.of(0), graph.of(2)), (&[1][..], &[][..]));
        assert_eq!(graph.mean_degree(), 1.0);
        assert_eq!(Adjacency::new(0, &[(0, 1)]).len(), 0);
    }

    #[test]
    fn components_and_distances() {
        let graph = Adjacency::new(7, &[(5, 6), (0, 2), (2, 4)]);
        assert_eq!(graph.components(), [vec![0, 2, 4], vec![5, 6]]);
        let distance = graph.distances(0, &mut VecDeque::new());
        assert_eq!(distance, [0, u32::MAX, 1, u32::MAX, 2, u32::MAX, u32::MAX]);
        let part = graph.induced(&[0, 2, 4]);
        assert_eq!(part.links().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
    }
}
