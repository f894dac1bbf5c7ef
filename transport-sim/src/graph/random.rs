//! Random graphs whose degrees vary.

use floodnet_core::distributions::{Gaps, share_to_threshold};
use floodnet_core::rng::{Purpose, scale};

use super::{DrawError, Graph, check_degree, check_links, check_sum};
use crate::rng::PlanRng;

/// Every node picks `k` others at random and links to them: degrees are `k` or more, about `2 k` in
/// the mean.
///
/// # Errors
/// When there are no `k` others, or the links are more than [`MOST_LINKS`](super::MOST_LINKS).
pub fn k_out(nodes: u32, k: u32, seed: u64) -> Result<Graph, DrawError> {
    check_sum(nodes, k, 1)?;
    let mut rng = PlanRng::new(seed, Purpose::Graph, 0);
    // Any order of the others will do to draw from, so the pool is never put back.
    let mut pool: Vec<u32> = (0..nodes.saturating_sub(1)).collect();
    let mut edges = Vec::with_capacity(nodes as usize * k as usize);
    for node in 0..nodes {
        for drawn in 0..k {
            let pick = drawn + rng.below(nodes - 1 - drawn);
            pool.swap(drawn as usize, pick as usize);
            // The pool numbers the others: those from `node` on are one further.
            let other = pool[drawn as usize];
            edges.push((node, other + u32::from(other >= node)));
        }
    }
    Ok(Graph::from_edges(nodes, edges)?)
}

/// Every pair is linked with the same probability, independently (Gilbert's G(n, p)), so that the
/// degree is `mean_degree` in the mean. Takes time in proportion to the links (V. Batagelj and
/// U. Brandes, "Efficient generation of large random networks", Phys. Rev. E 71, 2005).
///
/// # Errors
/// When `mean_degree` is negative, not a number or more than `nodes - 1`, or the links are more than
/// [`MOST_LINKS`](super::MOST_LINKS) in the mean.
pub fn gnp(nodes: u32, mean_degree: f64, seed: u64) -> Result<Graph, DrawError> {
    let others = nodes.saturating_sub(1);
    if !(0.0..=f64::from(others)).contains(&mean_degree) {
        return Err(DrawError::OutOfRange("mean_degree"));
    }
    check_links((mean_degree * f64::from(nodes) * 0.5) as u64)?;
    let mut rng = PlanRng::new(seed, Purpose::Graph, 0);
    let gaps = Gaps::new(mean_degree, u64::from(others));
    let mut edges = Vec::new();
    // Pairs in the order (1, 0), (2, 0), (2, 1), (3, 0) ...; `low` may run past its row's end.
    let (mut high, mut low) = (1u64, gaps.sample(rng.bits()));
    while high < u64::from(nodes) {
        if low >= high {
            low -= high;
            high += 1;
            continue;
        }
        edges.push((low as u32, high as u32));
        low = low.saturating_add(1).saturating_add(gaps.sample(rng.bits()));
    }
    Ok(Graph::from_edges(nodes, edges)?)
}

/// A ring in which everybody knows the `k / 2` next on either side, and each link is led to a random
/// node instead with probability `rewire` (D. J. Watts and S. H. Strogatz, Nature 393, 1998). Keeps
/// exactly `nodes * k / 2` links.
///
/// # Errors
/// When `k` is odd, there are no `k` others, `rewire` is not in 0 to 1, or the links are more than
/// [`MOST_LINKS`](super::MOST_LINKS).
pub fn small_world(nodes: u32, k: u32, rewire: f64, seed: u64) -> Result<Graph, DrawError> {
    check_sum(nodes, k, 2)?;
    if k % 2 == 1 {
        return Err(DrawError::OddDegree(k));
    }
    if !(0.0..=1.0).contains(&rewire) {
        return Err(DrawError::OutOfRange("rewire"));
    }
    let threshold = share_to_threshold(rewire);
    let mut rng = PlanRng::new(seed, Purpose::Graph, 0);
    let around = |node: u32, step: u32| ((u64::from(node) + u64::from(step)) % u64::from(nodes)) as u32;
    let mut lists: Vec<Vec<u32>> = (0..nodes)
        .map(|node| (1..=k / 2).flat_map(|step| [around(node, step), around(node, nodes - step)]).collect())
        .collect();
    for step in 1..=k / 2 {
        for node in 0..nodes {
            // A node that is linked to all others has nowhere to lead a link.
            if !rng.chance(threshold) || lists[node as usize].len() as u32 == nodes - 1 {
                continue;
            }
            let new = loop {
                let new = rng.below(nodes);
                if new != node && !lists[node as usize].contains(&new) {
                    break new;
                }
            };
            let old = around(node, step);
            lists[node as usize].retain(|&other| other != old);
            lists[old as usize].retain(|&other| other != node);
            lists[node as usize].push(new);
            lists[new as usize].push(node);
        }
    }
    let edges = (0..nodes).zip(&lists).flat_map(|(node, list)| list.iter().map(move |&other| (node, other)));
    Ok(Graph::from_edges(nodes, edges.filter(|(a, b)| a < b))?)
}

/// Begins with a star of `links + 1` nodes; each further node links to `links` different ones, drawn in
/// proportion to their degrees (A.-L. Barabási and R. Albert, Science 286, 1999). Connected, with
/// exactly `links * (nodes - links)` links and few hubs.
///
/// # Errors
/// When `links` is 0, there are no `links` others, or the links of all are more than
/// [`MOST_LINKS`](super::MOST_LINKS).
pub fn preferential(nodes: u32, links: u32, seed: u64) -> Result<Graph, DrawError> {
    if links == 0 {
        return Err(DrawError::Zero("links"));
    }
    check_degree(links, nodes)?;
    check_links(u64::from(links) * u64::from(nodes.saturating_sub(links)))?;
    let mut rng = PlanRng::new(seed, Purpose::Graph, 0);
    let mut edges: Vec<(u32, u32)> = (1..=links.min(nodes.saturating_sub(1))).map(|leaf| (0, leaf)).collect();
    let mut targets = Vec::with_capacity(links as usize);
    for node in links + 1..nodes {
        targets.clear();
        while targets.len() < links as usize {
            // A random end of a random link is a node in proportion to its degree.
            let (a, b) = edges[scale(rng.bits(), edges.len() as u64) as usize];
            let target = if rng.below(2) == 0 { a } else { b };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        edges.extend(targets.iter().map(|&target| (target, node)));
    }
    Ok(Graph::from_edges(nodes, edges)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{complete, regular, ring};
    use proptest::prelude::*;

    /// How many nodes can be reached from node 0.
    fn reach(graph: &Graph) -> usize {
        let mut seen = vec![false; graph.nodes() as usize];
        let mut next = vec![0];
        seen[0] = true;
        while let Some(node) = next.pop() {
            for &other in graph.neighbors(node) {
                if !std::mem::replace(&mut seen[other as usize], true) {
                    next.push(other);
                }
            }
        }
        seen.into_iter().filter(|&seen| seen).count()
    }

    fn first_edges(graph: &Graph) -> Vec<(u32, u32)> {
        graph.edges().take(4).collect()
    }

    /// A change here changes results of the project: it needs its own heading in CHANGELOG.md.
    #[test]
    fn golden_first_edges() {
        let graphs =
            [k_out(100, 3, 1), gnp(100, 4.0, 1), small_world(100, 4, 0.5, 1), preferential(100, 2, 1)];
        assert_eq!(graphs.map(|graph| first_edges(&graph.unwrap())), GOLDEN);
    }
    const GOLDEN: [[(u32, u32); 4]; 4] = [
        [(0, 69), (0, 75), (0, 96), (1, 5)],
        [(0, 6), (0, 48), (0, 77), (0, 86)],
        [(0, 1), (0, 2), (1, 2), (1, 3)],
        [(0, 1), (0, 2), (0, 3), (0, 4)],
    ];

    #[test]
    fn hardly_any_nodes_are_no_trouble() {
        for nodes in 0..3 {
            let links = nodes.min(2) / 2;
            let some = [k_out(nodes, links, 1), gnp(nodes, 0.0, 1), small_world(nodes, 0, 1.0, 1)];
            let links = some.map(|graph| graph.map(|graph| (graph.nodes(), graph.links())));
            assert_eq!(links, [Ok((nodes, nodes / 2)), Ok((nodes, 0)), Ok((nodes, 0))]);
            assert_eq!(regular(nodes, nodes / 2, 1), k_out(nodes, nodes / 2, 1));
        }
        assert_eq!(preferential(2, 1, 1).unwrap().links(), 1);
        let too_many = |links| Err(DrawError::TooManyLinks { links });
        assert_eq!(k_out(u32::MAX, 5, 1), too_many(5 * u64::from(u32::MAX)));
        assert_eq!(gnp(1 << 24, 17.0, 1), too_many(17 << 23));
        assert_eq!(small_world(1 << 24, 18, 0.1, 1), too_many(9 << 24));
        assert_eq!(preferential(1 << 24, 9, 1), too_many((9 << 24) - 81));
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(k_out(50, 3, 7), k_out(50, 3, 7));
        assert_ne!(k_out(50, 3, 7), k_out(50, 3, 8));
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let too_great = DrawError::DegreeTooGreat { degree: 5, nodes: 5 };
        assert_eq!(k_out(5, 5, 1), Err(too_great.clone()));
        assert_eq!(preferential(5, 5, 1), Err(too_great));
        assert_eq!(preferential(5, 0, 1), Err(DrawError::Zero("links")));
        assert_eq!(small_world(9, 3, 0.1, 1), Err(DrawError::OddDegree(3)));
        assert_eq!(small_world(9, 4, 1.1, 1), Err(DrawError::OutOfRange("rewire")));
        for mean in [-0.1, 4.1, f64::NAN] {
            assert_eq!(gnp(5, mean, 1), Err(DrawError::OutOfRange("mean_degree")), "{mean}");
        }
    }

    #[test]
    fn gnp_has_the_mean_degree_and_poisson_spread() {
        let graph = gnp(20_000, 6.0, 3).unwrap();
        // 60,000 links in the mean, standard deviation 245.
        assert!(graph.links().abs_diff(60_000) < 1_200, "{} links", graph.links());
        let lonely = (0..20_000).filter(|&node| graph.neighbors(node).is_empty()).count();
        // exp(-6) of 20,000 are 49.6.
        assert!(lonely.abs_diff(50) < 35, "{lonely} without a neighbor");
        assert_eq!(gnp(30, 29.0, 1), complete(30));
        assert_eq!(gnp(30, 0.0, 1).unwrap().links(), 0);
        assert_eq!(gnp(1, 0.0, 1).unwrap().nodes(), 1);
    }

    #[test]
    fn k_out_picks_others_without_preference() {
        // Sum over many small graphs: every pair is picked equally often.
        let mut counts = [0u32; 10];
        for seed in 0..4_000 {
            for (at, (a, b)) in complete(5).unwrap().edges().enumerate() {
                counts[at] += u32::from(k_out(5, 2, seed).unwrap().has_link(a, b));
            }
        }
        // A pair is linked unless both leave it: 1 - 1/4 = 3000 of 4000, standard deviation 27.
        assert!(counts.iter().all(|count| count.abs_diff(3_000) < 140), "{counts:?}");
    }

    #[test]
    fn small_worlds_lie_between_a_ring_and_chance() {
        assert_eq!(small_world(40, 2, 0.0, 1), ring(40));
        let graph = small_world(1_000, 6, 0.2, 1).unwrap();
        let kept = graph.edges().filter(|&(a, b)| (b - a).min(1_000 - (b - a)) <= 3).count();
        // 0.8 of 3,000, and a few led back by chance.
        assert!(kept.abs_diff(2_404) < 110, "{kept} links kept");
        assert_eq!(small_world(5, 4, 1.0, 1), complete(5));
    }

    #[test]
    fn preferential_attachment_makes_hubs() {
        let graph = preferential(5_000, 3, 2).unwrap();
        let greatest = (0..5_000).map(|node| graph.neighbors(node).len()).max().unwrap();
        // About 3 * sqrt(5000) = 212 for the first nodes; a random graph of this mean has about 20.
        assert!(greatest > 100, "greatest degree {greatest}");
    }

    proptest! {
        #[test]
        fn each_keeps_what_it_promises(nodes in 1u32..60, half in 0u32..4, seed: u64, rewire in 0.0f64..=1.0) {
            let k = (2 * half).min((nodes - 1) / 2 * 2);
            let out = k_out(nodes, k, seed).unwrap();
            for node in 0..nodes {
                prop_assert!(out.neighbors(node).len() >= k as usize);
            }
            let small = small_world(nodes, k, rewire, seed).unwrap();
            prop_assert_eq!(small.links(), nodes * k / 2);
            if k > 0 {
                let hubs = preferential(nodes, k, seed).unwrap();
                prop_assert_eq!(hubs.links(), k * (nodes - k));
                prop_assert_eq!(reach(&hubs), nodes as usize);
            }
        }
    }
}
