//! Where to put the nodes of one connected graph.

use super::graph::Adjacency;
use fa2::{FA2Data, FA2Settings};
use floodnet_core::rng::mix;
use std::collections::VecDeque;

/// Up to this many nodes are laid out by stress: it costs the square of them.
const STRESS_NODES: usize = 2000;
/// Pairs of nodes moved by stress majorization, whatever the size, within the bounds below.
const STRESS_MOVES: usize = 200_000_000;
/// Fewest and most sweeps of stress majorization: more of them move nothing that can be seen.
const STRESS_SWEEPS: (usize, usize) = (50, 150);
/// Node moves spent on `ForceAtlas2`, whatever the size, within the bounds below.
const FORCE_MOVES: usize = 3_000_000;
/// Fewest and most iterations of `ForceAtlas2`.
const FORCE_ITERATIONS: (usize, usize) = (40, 400);

/// Whether a graph of so many nodes gets fewer rounds than it would need to settle.
pub(super) const fn is_coarse(nodes: usize) -> bool {
    FORCE_MOVES / 100 < nodes
}

/// Positions of a connected graph, in no particular unit.
pub(super) fn place(graph: &Adjacency) -> Vec<(f32, f32)> {
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
pub(super) fn jitter(node: usize) -> (f64, f64) {
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
    // The matrix is tall and narrow, so its product with itself is small: pivots by pivots.
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
    // Nodes with the same distances would lie on each other without the jitter.
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
    let sweeps = (STRESS_MOVES / (nodes * nodes)).clamp(STRESS_SWEEPS.0, STRESS_SWEEPS.1);
    for _ in 0..sweeps {
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
    drawn_in(layout.data().positions().collect())
}

/// Draws in the few nodes that are far outside, by the logarithm of their distance: they would make all
/// others small.
fn drawn_in(mut places: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    let nodes = places.len();
    let (x, y) = places.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    let (x, y) = (x / nodes as f32, y / nodes as f32);
    let mut distances: Vec<f32> = places.iter().map(|p| (p.0 - x).hypot(p.1 - y)).collect();
    let far = *distances.select_nth_unstable_by(nodes * 97 / 100, f32::total_cmp).1;
    for place in &mut places {
        let distance = (place.0 - x).hypot(place.1 - y);
        if distance > far && far > 0.0 {
            let share = far * (1.0 + 0.5 * (distance / far).ln()) / distance;
            *place = (x + (place.0 - x) * share, y + (place.1 - y) * share);
        }
    }
    places
}
