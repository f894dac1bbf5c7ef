//! Where to put the nodes of a graph: each component by itself, then all of them packed apart.
//!
//! A component starts from `PivotMDS` (Brandes and Pich 2006): graph distances to a few pivots, projected
//! on the two directions of greatest variance. Up to a few hundred nodes it is then refined by stress
//! majorization (Gansner, Koren and North 2004), which makes distances on paper follow distances in the
//! graph; above, by `ForceAtlas2` (Jacomy et al. 2014, crate `fa2`), whose cost is n log n. From a random
//! start both would leave folds; nothing here is random.

use super::pack::pack;
use fa2::{FA2Data, FA2Settings};
use floodnet_core::rng::mix;
use std::collections::VecDeque;

/// Up to this many nodes a component is laid out by stress: it costs the square of it.
const STRESS_NODES: usize = 400;
/// Sweeps of stress majorization: further ones move nothing that can be seen.
const STRESS_SWEEPS: usize = 150;
/// Node moves spent on `ForceAtlas2`, whatever the size, within the bounds below.
const FORCE_MOVES: usize = 3_000_000;
/// Fewest and most iterations of `ForceAtlas2`.
const FORCE_ITERATIONS: (usize, usize) = (20, 400);

/// Positions of the nodes of one graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// For each node its place in the unit box, x to the right and y down; `None` for a node without a
    /// link. Distances are true once x is stretched by the `aspect` that was asked for.
    pub positions: Vec<Option<(f32, f32)>>,
    /// Components of two nodes or more, largest first (equal ones by their lowest node), nodes ascending.
    pub components: Vec<Vec<u32>>,
    /// Typical distance of a node to the next one, in heights of the box; 0 without components.
    pub spacing: f32,
}

/// Lays out a graph of `nodes` nodes in a box that is `aspect` times as wide as high. Links that name a
/// node out of range, a node twice or the same pair again are ignored.
///
/// 10,000 nodes with 50,000 links take a few seconds, 100,000 nodes less than a minute. The result is the
/// same for the same build and machine.
#[must_use]
pub fn layout(nodes: usize, links: &[(u32, u32)], aspect: f32) -> Layout {
    let graph = Adjacency::new(nodes, links);
    let components = graph.components();
    let placed: Vec<Vec<(f32, f32)>> =
        components.iter().map(|members| upright(spaced(place(&graph.induced(members))))).collect();
    let (placed, spacing) = pack(placed, if aspect.is_finite() && aspect > 0.0 { aspect } else { 1.0 });
    let mut positions = vec![None; nodes];
    for (members, places) in components.iter().zip(placed) {
        for (&node, place) in members.iter().zip(places) {
            positions[node as usize] = Some(place);
        }
    }
    Layout { positions, components, spacing }
}

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

    /// Neighbors of `node`, ascending.
    pub(super) fn of(&self, node: usize) -> &[u32] {
        &self.targets[self.offsets[node]..self.offsets[node + 1]]
    }

    /// Each link once, lower node first.
    pub(super) fn links(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|a| self.of(a).iter().map(move |&b| (a, b as usize)).filter(|&(a, b)| a < b))
    }

    /// Distances in links from `start`; `u32::MAX` where there is no path.
    fn distances(&self, start: usize, queue: &mut VecDeque<usize>) -> Vec<u32> {
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
    fn induced(&self, members: &[u32]) -> Self {
        let mut offsets = vec![0];
        let mut targets = Vec::new();
        for &node in members {
            let neighbors = self.of(node as usize).iter();
            targets.extend(neighbors.filter_map(|b| members.binary_search(b).ok()).map(|b| b as u32));
            offsets.push(targets.len());
        }
        Self { offsets, targets }
    }
}

/// Positions of a connected graph, in no particular unit.
fn place(graph: &Adjacency) -> Vec<(f32, f32)> {
    let nodes = graph.len();
    if nodes <= 2 {
        return (0..nodes).map(|node| (node as f32, 0.0)).collect();
    }
    let start = pivot_mds(graph);
    let refined = if nodes <= STRESS_NODES { stress(graph, &start) } else { force(graph, &start) };
    if refined.iter().all(|(x, y)| x.is_finite() && y.is_finite()) { refined } else { start }
}

/// A point within half a unit of the origin that depends on `node` alone: parts nodes that would fall
/// on each other.
fn jitter(node: usize) -> (f64, f64) {
    let bits = mix(node as u64 + 1);
    let share = |bits: u32| f64::from(bits) / f64::from(u32::MAX) - 0.5;
    (share(bits as u32), share((bits >> 32) as u32))
}

/// `PivotMDS`: pivots chosen farthest from each other, squared distances centered, and the two leading
/// directions of the product of that matrix with itself.
fn pivot_mds(graph: &Adjacency) -> Vec<(f32, f32)> {
    let nodes = graph.len();
    let pivots = nodes.min(if nodes > 20_000 { 25 } else { 60 });
    let mut queue = VecDeque::new();
    let mut nearest = vec![u32::MAX; nodes];
    let mut pivot = 0;
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(pivots);
    for _ in 0..pivots {
        let distance = graph.distances(pivot, &mut queue);
        for (near, &far) in nearest.iter_mut().zip(&distance) {
            *near = (*near).min(far);
        }
        columns.push(distance.into_iter().map(|d| f64::from(d).powi(2)).collect());
        pivot = (0..nodes).max_by_key(|&node| (nearest[node], std::cmp::Reverse(node))).unwrap_or(0);
    }
    center(&mut columns);
    let product: Vec<Vec<f64>> = columns
        .iter()
        .map(|a| columns.iter().map(|b| a.iter().zip(b).map(|(x, y)| x * y).sum()).collect())
        .collect();
    let first = leading(&product, None);
    let second = leading(&product, Some(&first));
    let project = |node: usize, direction: &[f64]| -> f64 {
        columns.iter().zip(direction).map(|(column, weight)| column[node] * weight).sum()
    };
    let raw: Vec<(f64, f64)> =
        (0..nodes).map(|node| (project(node, &first), project(node, &second))).collect();
    let size = raw.iter().map(|(x, y)| x.abs().max(y.abs())).fold(1e-9, f64::max);
    let finish = |(node, (x, y)): (usize, (f64, f64))| {
        let (dx, dy) = jitter(node);
        ((x / size + 0.02 * dx) as f32, (y / size + 0.02 * dy) as f32)
    };
    raw.into_iter().enumerate().map(finish).collect()
}

/// Subtracts the mean of each column and of each row.
fn center(columns: &mut [Vec<f64>]) {
    let nodes = columns.first().map_or(0, Vec::len);
    let rows: Vec<f64> = (0..nodes)
        .map(|node| columns.iter().map(|column| column[node]).sum::<f64>() / columns.len() as f64)
        .collect();
    let total = rows.iter().sum::<f64>() / nodes.max(1) as f64;
    for column in columns {
        let mean = column.iter().sum::<f64>() / nodes.max(1) as f64;
        for (value, row) in column.iter_mut().zip(&rows) {
            *value = -0.5 * (*value - row - mean + total);
        }
    }
}

/// The unit vector that a symmetric matrix stretches most (power iteration), orthogonal to `other`.
fn leading(matrix: &[Vec<f64>], other: Option<&[f64]>) -> Vec<f64> {
    let mut vector: Vec<f64> = (0..matrix.len()).map(|i| jitter(i).0).collect();
    for _ in 0..100 {
        if let Some(other) = other {
            let along: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let norm = vector.iter().map(|a| a * a).sum::<f64>().sqrt();
        if norm < 1e-12 {
            break;
        }
        vector.iter_mut().for_each(|a| *a /= norm);
        vector = matrix.iter().map(|row| row.iter().zip(&vector).map(|(a, b)| a * b).sum()).collect();
    }
    let norm = vector.iter().map(|a| a * a).sum::<f64>().sqrt();
    if norm > 1e-12 {
        vector.iter_mut().for_each(|a| *a /= norm);
    }
    vector
}

/// Stress majorization, one node at a time: each pair pulls or pushes a node to its distance in the
/// graph, weighted by one over the square of it.
fn stress(graph: &Adjacency, start: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let nodes = graph.len();
    let mut queue = VecDeque::new();
    let distance: Vec<Vec<u32>> = (0..nodes).map(|node| graph.distances(node, &mut queue)).collect();
    let longest = distance.iter().flatten().copied().max().unwrap_or(1) as f32;
    let mut places: Vec<(f32, f32)> =
        start.iter().map(|&(x, y)| (x * longest / 2.0, y * longest / 2.0)).collect();
    for _ in 0..STRESS_SWEEPS {
        for node in 0..nodes {
            let (x, y) = places[node];
            let (mut sum_x, mut sum_y, mut weights) = (0.0, 0.0, 0.0);
            for other in (0..nodes).filter(|&other| other != node) {
                let wanted = distance[node][other] as f32;
                let weight = 1.0 / (wanted * wanted);
                let (px, py) = places[other];
                let (dx, dy) = (x - px, y - py);
                let pull = wanted / (dx * dx + dy * dy).sqrt().max(1e-6);
                sum_x += weight * (px + dx * pull);
                sum_y += weight * (py + dy * pull);
                weights += weight;
            }
            places[node] = (sum_x / weights, sum_y / weights);
        }
    }
    places
}

/// `ForceAtlas2` in its sequential mode (the parallel one gives other positions), pairwise or by quadtree.
fn force(graph: &Adjacency, start: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let nodes = graph.len();
    let mut data = FA2Data::<f32>::with_node_capacity(nodes);
    // Near the size that the forces will settle at, so that iterations are not spent on growing.
    let size = 10.0 * (nodes as f32).sqrt();
    for &(x, y) in start {
        data.add_node_with_position(x * size, y * size);
    }
    for (a, b) in graph.links() {
        data.add_edge(a, b);
    }
    let settings = FA2Settings::from_graph_order(nodes).with_barnes_hut_theta(0.8);
    let mut layout = settings.build(data);
    layout.run((FORCE_MOVES / nodes).clamp(FORCE_ITERATIONS.0, FORCE_ITERATIONS.1));
    layout.data().positions().collect()
}

/// Centers `places` and scales them so that there is one node per unit of area: the area is that of
/// a disc with the same variance.
fn spaced(mut places: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    let nodes = places.len() as f32;
    let mean = |sum: f32| sum / nodes;
    let center = (mean(places.iter().map(|p| p.0).sum()), mean(places.iter().map(|p| p.1).sum()));
    let square = |p: &(f32, f32)| (p.0 - center.0).powi(2) + (p.1 - center.1).powi(2);
    let spread = mean(places.iter().map(square).sum()).sqrt().max(1e-9);
    let scale = (nodes / std::f32::consts::TAU).sqrt() / spread;
    for place in &mut places {
        *place = ((place.0 - center.0) * scale, (place.1 - center.1) * scale);
    }
    places
}

/// Turns centered `places` so that their longest extent lies across the page.
fn upright(mut places: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    let sum = |f: fn(&(f32, f32)) -> f32| places.iter().map(f).sum::<f32>();
    let (xx, yy, xy) = (sum(|p| p.0 * p.0), sum(|p| p.1 * p.1), sum(|p| p.0 * p.1));
    let (sine, cosine) = (0.5 * (2.0 * xy).atan2(xx - yy)).sin_cos();
    for place in &mut places {
        *place = (place.0 * cosine + place.1 * sine, place.1 * cosine - place.0 * sine);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(nodes: u32) -> Vec<(u32, u32)> {
        (0..nodes).map(|node| (node, (node + 1) % nodes)).collect()
    }

    fn inside(layout: &Layout) -> bool {
        let fits = |value: f32| value.is_finite() && (0.0..=1.0).contains(&value);
        layout.positions.iter().flatten().all(|&(x, y)| fits(x) && fits(y))
    }

    /// Graphs on which naive layouts divide by zero or diverge.
    fn awkward() -> Vec<(&'static str, usize, Vec<(u32, u32)>)> {
        let complete = (0..12).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let star = (1..700).map(|leaf| (0, leaf)).collect();
        let line: Vec<(u32, u32)> = (0..999).map(|node| (node, node + 1)).collect();
        let pairs = (0..500).map(|pair| (2 * pair, 2 * pair + 1)).collect();
        let broken = vec![(0, 0), (1, 7), (9, 1), (0, 1), (1, 0), (u32::MAX, 0)];
        vec![
            ("none", 0, vec![]),
            ("one", 1, vec![]),
            ("pair", 2, vec![(0, 1)]),
            ("complete", 12, complete),
            ("star", 700, star),
            ("line", 1000, line),
            ("ring", 50, ring(50)),
            ("pairs", 1000, pairs),
            ("broken", 3, broken),
        ]
    }

    #[test]
    fn positions_are_finite_inside_and_repeatable() {
        for (name, nodes, links) in awkward() {
            for aspect in [1.0, 4.0 / 3.0, 0.0, f32::NAN] {
                let first = layout(nodes, &links, aspect);
                assert_eq!(first.positions.len(), nodes, "{name}");
                assert!(inside(&first), "{name} at {aspect}");
                assert_eq!(first, layout(nodes, &links, aspect), "{name} at {aspect}");
            }
        }
    }

    #[test]
    fn a_node_has_a_place_exactly_if_it_has_a_link() {
        let result = layout(5, &[(0, 1), (1, 2), (3, 3)], 1.0);
        let placed: Vec<bool> = result.positions.iter().map(Option::is_some).collect();
        assert_eq!(placed, [true, true, true, false, false]);
        assert_eq!(result.components, [vec![0, 1, 2]]);
    }

    #[test]
    fn components_come_largest_first_and_ties_by_node() {
        let result = layout(9, &[(0, 1), (2, 3), (4, 5), (5, 6), (6, 7)], 1.0);
        assert_eq!(result.components, [vec![4, 5, 6, 7], vec![0, 1], vec![2, 3]]);
    }

    #[test]
    fn a_ring_becomes_a_circle() {
        let result = layout(40, &ring(40), 1.0);
        let radius = |&(x, y): &(f32, f32)| ((x - 0.5).powi(2) + (y - 0.5).powi(2)).sqrt();
        let radii: Vec<f32> = result.positions.iter().flatten().map(radius).collect();
        let (least, most) = radii.iter().fold((f32::MAX, 0.0f32), |(l, m), &r| (l.min(r), m.max(r)));
        assert!(least > 0.9 * most, "radii between {least} and {most}");
    }

    #[test]
    fn linked_nodes_are_nearer_than_others() {
        let side = 30;
        let at = |x: u32, y: u32| y * side + x;
        let across = (0..side).flat_map(|y| (1..side).map(move |x| (at(x - 1, y), at(x, y))));
        let down = (1..side).flat_map(|y| (0..side).map(move |x| (at(x, y - 1), at(x, y))));
        let links: Vec<(u32, u32)> = across.chain(down).collect();
        let result = layout(900, &links, 1.0);
        let places: Vec<(f32, f32)> = result.positions.iter().flatten().copied().collect();
        let apart = |a: usize, b: usize| (places[a].0 - places[b].0).hypot(places[a].1 - places[b].1);
        let linked =
            links.iter().map(|&(a, b)| apart(a as usize, b as usize)).sum::<f32>() / links.len() as f32;
        let all = (0..900).map(|node| apart(node, (node * 7 + 400) % 900)).sum::<f32>() / 900.0;
        assert!(linked < all / 5.0, "links {linked}, random pairs {all}");
        assert!(result.spacing > 0.01 && result.spacing < 0.1, "{}", result.spacing);
    }
}
