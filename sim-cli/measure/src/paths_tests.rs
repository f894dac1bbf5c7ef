use super::*;
use petgraph::graph::{NodeIndex, UnGraph};

fn graph(nodes: u32, edges: &[(u32, u32)]) -> Graph {
    Graph::new(&(0..nodes).collect::<Vec<_>>(), edges)
}

fn complete(nodes: u32) -> Vec<(u32, u32)> {
    (0..nodes).flat_map(|a| (a + 1..nodes).map(move |b| (a, b))).collect()
}

fn all(graph: &Graph) -> Distances {
    graph.distances(&(0..u32::try_from(graph.len()).unwrap()).collect::<Vec<_>>(), 1)
}

#[test]
fn a_line_has_the_distances_of_the_formula() {
    let edges: Vec<(u32, u32)> = (0..499).map(|node| (node, node + 1)).collect();
    let line = graph(500, &edges);
    // The mean distance of a line of n is (n + 1) / 3.
    let expected = Distances { pairs: 500 * 499, hops: 500 * 499 * 501 / 3, greatest: 499 };
    assert_eq!(all(&line), expected);
    assert_eq!(line.clustering(1), (Some(0.0), 0));
}

#[test]
fn in_a_complete_graph_everybody_is_near() {
    let graph = graph(20, &complete(20));
    assert_eq!(all(&graph), Distances { pairs: 380, hops: 380, greatest: 1 });
    assert_eq!(graph.clustering(1), (Some(1.0), 20 * 19 * 18 / 6));
    assert_eq!(graph.assortativity(), None, "all degrees are alike");
}

#[test]
fn a_star_is_disassortative_and_has_no_triangles() {
    let edges: Vec<(u32, u32)> = (1..10).map(|leaf| (0, leaf)).collect();
    let star = graph(10, &edges);
    assert_eq!(star.assortativity(), Some(-1.0));
    assert_eq!(star.clustering(1), (Some(0.0), 0));
    assert_eq!(all(&star), Distances { pairs: 90, hops: 18 + 72 * 2, greatest: 2 });
}

#[test]
fn a_triangle_with_a_tail() {
    // Local clustering 1, 1, 1/3, 0. Degrees 2, 2, 3, 1: correlation by hand over the 8 ordered ends:
    // (8 * 36 - 18^2) / (8 * 44 - 18^2) with products 36, sum of squares 18, of cubes 44.
    let graph = graph(4, &[(0, 1), (0, 2), (1, 2), (2, 3)]);
    assert_eq!(graph.clustering(1), (Some(round_to(7.0 / 12.0, 6)), 1));
    let products = 2 * (4 + 6 + 6 + 3);
    let expected = f64::from(8 * products - 18 * 18) / f64::from(8 * 44 - 18 * 18);
    assert_eq!(graph.assortativity(), Some(round_to(expected, 6)));
}

#[test]
fn unconnected_pairs_are_left_out() {
    let graph = graph(5, &[(0, 1), (2, 3)]);
    assert_eq!(all(&graph), Distances { pairs: 4, hops: 4, greatest: 1 });
}

#[test]
fn an_empty_graph_has_nothing() {
    let none = graph(0, &[]);
    assert_eq!(all(&none), Distances::default());
    assert_eq!(none.clustering(1), (None, 0));
    assert_eq!(none.assortativity(), None);
    let alone = graph(1, &[]);
    assert_eq!(alone.clustering(1), (Some(0.0), 0));
}

#[test]
fn nodes_are_renumbered() {
    let graph = Graph::new(&[3, 7, 8], &[(3, 8)]);
    assert_eq!(graph.neighbors(0), [2]);
    assert_eq!(graph.neighbors(1), [0; 0]);
    assert_eq!(graph.neighbors(2), [0]);
}

#[test]
fn a_large_graph_is_searched_from_sources_that_the_seed_draws() {
    let size = u32::try_from(EXACT_NODES + 1).unwrap();
    let ring: Vec<(u32, u32)> = (0..size).map(|node| (node, (node + 1) % size)).collect();
    let large = graph(size, &ring);
    let sources = large.sources(7);
    assert_eq!(sources.len(), SOURCES);
    assert_eq!(sources, large.sources(7));
    assert_ne!(sources, large.sources(8));
    let mut unique = sources.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), SOURCES, "each once");
    // Every source of a ring of 2 d + 1 sees two nodes at each distance 1..=d.
    let d = u64::from(size / 2);
    let expected =
        Distances { pairs: 2 * d * SOURCES as u64, hops: d * (d + 1) * SOURCES as u64, greatest: size / 2 };
    assert_eq!(large.distances(&sources, 1), expected);
    assert_eq!(large.distances(&sources, 3), expected, "on any number of threads");
    assert_eq!(graph(size - 1, &[]).sources(7).len(), EXACT_NODES, "exact up to here");
}

#[test]
fn distances_and_triangles_agree_with_petgraph_on_random_graphs() {
    for seed in 0..40 {
        let mut rng = NodeRng::new(seed);
        let nodes = 2 + rng.below(400);
        let mut other = UnGraph::<(), ()>::default();
        for _ in 0..nodes {
            other.add_node(());
        }
        for _ in 0..rng.below(1_200) {
            let (a, b) = (rng.below(nodes), rng.below(nodes));
            if a != b {
                other.update_edge(NodeIndex::new(a as usize), NodeIndex::new(b as usize), ());
            }
        }
        let mut edges: Vec<(u32, u32)> = other
            .edge_indices()
            .map(|edge| other.edge_endpoints(edge).unwrap())
            .map(|(a, b)| (a.index().min(b.index()) as u32, a.index().max(b.index()) as u32))
            .collect();
        edges.sort_unstable();
        let graph = graph(nodes, &edges);
        let mut expected = Distances::default();
        for node in other.node_indices() {
            for (_, distance) in petgraph::algo::dijkstra(&other, node, None, |_| 1_u32) {
                expected.pairs += u64::from(distance > 0);
                expected.hops += u64::from(distance);
                expected.greatest = expected.greatest.max(distance);
            }
        }
        assert_eq!(all(&graph), expected, "seed {seed}");
        let is_edge = |a: u32, b: u32| edges.binary_search(&(a, b)).is_ok();
        let triangles = edges
            .iter()
            .map(|&(a, b)| (b + 1..nodes).filter(|&c| is_edge(a, c) && is_edge(b, c)).count() as u64);
        assert_eq!(graph.clustering(1).1, triangles.sum::<u64>(), "seed {seed}");
        for threads in [2, 5] {
            assert_eq!(graph.clustering(threads), graph.clustering(1), "seed {seed}, {threads} threads");
        }
    }
}
