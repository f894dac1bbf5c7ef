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
/// A sweep that moves no node farther than this, in units of the graph's greatest distance, is the last.
const STILL: f32 = 5e-4;
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

/// Terms that are summed side by side.
const LANES: usize = 8;

/// Stress majorization, one node at a time: each pair pulls or pushes a node to its distance in the
/// graph, weighted by one over the square of it. It ends when nothing moves that could be seen.
fn stress(graph: &Adjacency, start: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let nodes = graph.len();
    // Rows are filled up with pairs that weigh nothing, as a node with itself.
    let width = nodes.next_multiple_of(LANES);
    let mut queue = VecDeque::new();
    let mut longest = 1;
    let mut nearness = vec![0.0_f32; nodes * width];
    for (node, row) in nearness.chunks_exact_mut(width).enumerate() {
        for (near, far) in row.iter_mut().zip(graph.distances(node, &mut queue)) {
            longest = longest.max(far);
            *near = if far == 0 { 0.0 } else { 1.0 / far as f32 };
        }
    }
    let weights: Vec<f32> =
        nearness.chunks_exact(width).map(|row| row.iter().map(|near| near * near).sum()).collect();
    let (mut xs, mut ys) = (vec![0.0_f32; width], vec![0.0_f32; width]);
    for (node, &(x, y)) in start.iter().enumerate() {
        (xs[node], ys[node]) = (x * longest as f32 / 2.0, y * longest as f32 / 2.0);
    }
    let sweeps = (STRESS_MOVES / (nodes * nodes)).clamp(STRESS_SWEEPS.0, STRESS_SWEEPS.1);
    for _ in 0..sweeps {
        let mut farthest = 0.0_f32;
        for (node, row) in nearness.chunks_exact(width).enumerate() {
            let at = (xs[node], ys[node]);
            let (x, y) = pulled(at, row, &xs, &ys);
            (xs[node], ys[node]) = (x / weights[node], y / weights[node]);
            farthest = farthest.max((xs[node] - at.0).abs()).max((ys[node] - at.1).abs());
        }
        if farthest < STILL * longest as f32 {
            break;
        }
    }
    xs.into_iter().zip(ys).take(nodes).collect()
}

/// The weighted sum of the places where the others want the node at `at`: each at its distance in the graph,
/// which is one over its nearness, on the line to the node.
fn pulled((x, y): (f32, f32), nearness: &[f32], xs: &[f32], ys: &[f32]) -> (f32, f32) {
    let (mut sum_x, mut sum_y) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let others = xs.chunks_exact(LANES).zip(ys.chunks_exact(LANES));
    for (near, (px, py)) in nearness.chunks_exact(LANES).zip(others) {
        for lane in 0..LANES {
            let (dx, dy) = (x - px[lane], y - py[lane]);
            let weight = near[lane] * near[lane];
            let pull = near[lane] / (dx * dx + dy * dy).max(1e-12).sqrt();
            sum_x[lane] += weight * px[lane] + dx * pull;
            sum_y[lane] += weight * py[lane] + dy * pull;
        }
    }
    (sum_x.iter().sum(), sum_y.iter().sum())
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
