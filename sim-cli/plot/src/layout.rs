//! Where to put the nodes of a graph: each component by itself, then all of them packed apart.
//!
//! A component starts from `PivotMDS` (Brandes and Pich 2006): graph distances to a few pivots, projected
//! on the two directions of greatest variance. Up to two thousand nodes it is then refined by stress
//! majorization (Gansner, Koren and North 2004), which makes distances on paper follow distances in the
//! graph; above, by `ForceAtlas2` (Jacomy et al. 2014, crate `fa2`), whose cost is n log n. From a random
//! start both would leave folds; nothing here is random. At last nodes that overlap are pushed apart.

use super::graph::Adjacency;
use super::pack::pack;
use super::place::{jitter, place};

/// Room that a node of usual degree takes: half of the distance that two of them keep, in units of the
/// usual distance.
const ROOM: f32 = 0.29;
/// Most rounds of pushing nodes apart.
const ROUNDS: usize = 30;
/// From this many nodes on they are left where they are: a node is a pixel there.
const CROWD: usize = 200_000;

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
    let aspect = if aspect.is_finite() && aspect > 0.0 { aspect } else { 1.0 };
    let usual = graph.mean_degree();
    let linked: usize = components.iter().map(Vec::len).sum();
    let placed = components.iter().map(|members| {
        let room = |&node: &u32| ROOM * growth(graph.of(node as usize).len(), usual);
        let room: Vec<f32> = members.iter().map(room).collect();
        let part = graph.induced(members);
        // A component that fills the page is turned to fit it, others to lie flat.
        let fills = members.len() > 3 && 2 * members.len() > linked;
        let shape = if fills { aspect } else { f32::INFINITY };
        parted(upright(spaced(place(&part), &part), shape), &room)
    });
    let placed: Vec<Vec<(f32, f32)>> = placed.collect();
    let (placed, spacing) = pack(placed, aspect);
    let mut positions = vec![None; nodes];
    for (members, places) in components.iter().zip(placed) {
        for (&node, place) in members.iter().zip(places) {
            positions[node as usize] = Some(place);
        }
    }
    Layout { positions, components, spacing }
}

/// How much larger than usual a node of this degree is: its area follows the degree, within bounds.
pub(super) fn growth(degree: usize, usual: f32) -> f32 {
    (0.3 + 0.7 * degree as f32 / usual.max(1.0)).sqrt().clamp(0.65, 1.9)
}

/// Centers `places` and scales them so that there is one node per unit of area, the area being that of
/// a disc with the same variance; a line or a ring, which covers no area, so that its links are not
/// shorter than nodes are wide.
fn spaced(mut places: Vec<(f32, f32)>, graph: &Adjacency) -> Vec<(f32, f32)> {
    let nodes = places.len() as f32;
    let mean = |sum: f32| sum / nodes;
    let center = (mean(places.iter().map(|p| p.0).sum()), mean(places.iter().map(|p| p.1).sum()));
    let square = |p: &(f32, f32)| (p.0 - center.0).powi(2) + (p.1 - center.1).powi(2);
    let spread = mean(places.iter().map(square).sum()).sqrt().max(1e-9);
    let length = |(a, b): (usize, usize)| (places[a].0 - places[b].0).hypot(places[a].1 - places[b].1);
    let mut lengths: Vec<f32> = graph.links().map(length).collect();
    let middle = lengths.len() / 2;
    let usual = lengths.select_nth_unstable_by(middle, f32::total_cmp).1.max(1e-3 * spread);
    let scale = ((nodes / std::f32::consts::TAU).sqrt() / spread).max(0.8 / usual);
    for place in &mut places {
        *place = ((place.0 - center.0) * scale, (place.1 - center.1) * scale);
    }
    places
}

/// Turns centered `places` so that they fit a page of this shape at the largest scale.
fn upright(mut places: Vec<(f32, f32)>, aspect: f32) -> Vec<(f32, f32)> {
    let turned =
        |&(x, y): &(f32, f32), (sine, cosine): (f32, f32)| (x * cosine + y * sine, y * cosine - x * sine);
    let height = |degrees: f32| {
        let turn = degrees.to_radians().sin_cos();
        let (width, height) = places.iter().map(|place| turned(place, turn)).fold(
            ((f32::MAX, f32::MIN), (f32::MAX, f32::MIN)),
            |((left, right), (top, bottom)), (x, y)| {
                ((left.min(x), right.max(x)), (top.min(y), bottom.max(y)))
            },
        );
        (height.1 - height.0).max((width.1 - width.0) / aspect)
    };
    let best = |angles: &mut dyn Iterator<Item = f32>| {
        let heights = angles.map(|angle| (height(angle), angle));
        heights.reduce(|a, b| if b.0 < a.0 { b } else { a }).map_or(0.0, |(_, angle)| angle)
    };
    let coarse = best(&mut (0..45).map(|step| 4.0 * step as f32));
    let turn = best(&mut (-15..=15).map(|step| coarse + 0.25 * step as f32)).to_radians().sin_cos();
    for place in &mut places {
        *place = turned(place, turn);
    }
    places
}

/// Pushes nodes apart until each pair keeps the sum of their rooms, or as nearly as a few rounds get.
///
/// In order of x only the next few nodes can be too near: no index is needed.
fn parted(mut places: Vec<(f32, f32)>, room: &[f32]) -> Vec<(f32, f32)> {
    if places.len() > CROWD {
        return places;
    }
    let widest = room.iter().copied().fold(0.0, f32::max);
    let mut order: Vec<usize> = (0..places.len()).collect();
    for _ in 0..ROUNDS {
        order.sort_by(|&a, &b| places[a].0.total_cmp(&places[b].0).then(a.cmp(&b)));
        let mut moved = false;
        for (rank, &a) in order.iter().enumerate() {
            for &b in &order[rank + 1..] {
                let (dx, dy) = (places[b].0 - places[a].0, places[b].1 - places[a].1);
                if dx > room[a] + widest {
                    break;
                }
                let wanted = room[a] + room[b];
                if dy.abs() >= wanted || dx * dx + dy * dy >= wanted * wanted {
                    continue;
                }
                moved = true;
                push(&mut places, (a, b), wanted);
            }
        }
        if !moved {
            break;
        }
    }
    places
}

/// Moves two nodes most of the way to their wanted distance, each half of it.
fn push(places: &mut [(f32, f32)], (a, b): (usize, usize), wanted: f32) {
    let (mut dx, mut dy) = (places[b].0 - places[a].0, places[b].1 - places[a].1);
    if dx.hypot(dy) < 1e-4 {
        let direction = jitter(a ^ (b << 20));
        (dx, dy) = (direction.0 as f32 + 1e-3, direction.1 as f32);
    }
    let distance = dx.hypot(dy);
    let share = 0.4 * (wanted - distance.min(wanted)) / distance;
    places[a].0 -= dx * share;
    places[a].1 -= dy * share;
    places[b].0 += dx * share;
    places[b].1 += dy * share;
}

#[cfg(test)]
mod tests {
    use super::*;

    type Links = Vec<(u32, u32)>;

    fn ring(nodes: u32) -> Links {
        (0..nodes).map(|node| (node, (node + 1) % nodes)).collect()
    }

    fn inside(layout: &Layout) -> bool {
        let fits = |value: f32| value.is_finite() && (0.0..=1.0).contains(&value);
        layout.positions.iter().flatten().all(|&(x, y)| fits(x) && fits(y))
    }

    /// Graphs on which naive layouts divide by zero or diverge.
    fn awkward() -> Vec<(&'static str, usize, Links)> {
        let complete = (0..12).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let star = (1..400).map(|leaf| (0, leaf)).collect();
        let line: Vec<(u32, u32)> = (0..599).map(|node| (node, node + 1)).collect();
        let pairs = (0..500).map(|pair| (2 * pair, 2 * pair + 1)).collect();
        let broken = vec![(0, 0), (1, 7), (9, 1), (0, 1), (1, 0), (u32::MAX, 0)];
        vec![
            ("none", 0, vec![]),
            ("one", 1, vec![]),
            ("pair", 2, vec![(0, 1)]),
            ("complete", 12, complete),
            ("star", 400, star),
            ("large star", 2500, (1..2500).map(|leaf| (0, leaf)).collect()),
            ("line", 600, line),
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
            }
            assert_eq!(layout(nodes, &links, 1.2), layout(nodes, &links, 1.2), "{name}");
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

    #[test]
    fn nodes_do_not_lie_on_each_other() {
        // A tree with bunches of leaves, which forces alone leave in heaps, and a random overlay.
        let tree: Vec<(u32, u32)> = (1..1500).map(|node| (node, (node - 1) / 3)).collect();
        let overlay = crate::samples::overlay(3, 900, 6).links;
        for (nodes, links) in [(1500, tree), (900, overlay)] {
            let result = layout(nodes, &links, 1.0);
            let mut places: Vec<(f32, f32)> = result.positions.into_iter().flatten().collect();
            places.sort_by(|a, b| a.0.total_cmp(&b.0));
            let near = |i: usize| {
                let rest = places[i + 1..].iter().take_while(|p| p.0 - places[i].0 < result.spacing);
                rest.map(|p| (p.0 - places[i].0).hypot(p.1 - places[i].1)).fold(f32::MAX, f32::min)
            };
            let close = (0..nodes).filter(|&i| near(i) < 0.3 * result.spacing).count();
            assert!(close < nodes / 200, "{close} of {nodes} overlap");
        }
    }
}
