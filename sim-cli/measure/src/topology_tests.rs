use super::*;
use crate::paths::Graph;

fn joined(nodes: usize, edges: &[(u32, u32)]) -> Topology {
    Topology::new(Time::ZERO, vec![SlotState::Joined; nodes], edges.to_vec())
}

#[test]
fn only_joined_slots_are_nodes() {
    let mut states = vec![SlotState::Joined; 5];
    states[0] = SlotState::Down;
    states[3] = SlotState::Unjoined;
    let topology = Topology::new(Time::ZERO, states, vec![(1, 2)]);
    assert_eq!(topology.nodes(), [1, 2, 4]);
    assert_eq!(topology.component, [None, Some(0), Some(0), None, Some(1)]);
    assert_eq!(topology.degree, [0, 1, 1, 0, 0]);
    assert_eq!(topology.degree_histogram(), [1, 2]);
    let numbers = topology.measure(1, 1);
    assert_eq!((numbers.nodes, numbers.links, numbers.components), (3, 1, 2));
    assert_eq!((numbers.degree_max, numbers.asp, numbers.diameter), (Some(1), Some(1.0), Some(1)));
}

#[test]
fn an_empty_topology_has_no_numbers() {
    let numbers = Topology::new(Time::ZERO, vec![SlotState::Down; 3], Vec::new()).measure(1, 1);
    assert_eq!(numbers, TopologyMeasures::default());
}

#[test]
fn a_grid_of_25_has_the_published_mean_distance() {
    let right = (0..25).filter(|node| node % 5 < 4).map(|node| (node, node + 1));
    let down = (0..20).map(|node| (node, node + 5));
    let numbers = joined(25, &right.chain(down).collect::<Vec<_>>()).measure(1, 1);
    assert_eq!((numbers.links, numbers.asp, numbers.diameter), (40, Some(3.333_33), Some(8)));
    assert_eq!(numbers.asp_sources, 25);
}

/// The Gnutella overlay of 8 August 2002: facts as published with it (SNAP p2p-Gnutella08).
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn the_gnutella_overlay_has_its_published_numbers() {
    let Ok(folder) = std::env::var("FLOODNET_DATA") else {
        eprintln!("SKIPPED: FLOODNET_DATA is not set, the Gnutella overlay was not measured");
        return;
    };
    let file = floodnet_sim::read::open(&std::path::Path::new(&folder).join("gnutella08.edges")).unwrap();
    let (graph, labels) = floodnet_sim::graph::read_edges(file).unwrap();
    assert!(labels.iter().copied().eq(0..6_301));
    let edges: Vec<(u32, u32)> = graph.edges().collect();
    let topology = joined(6_301, &edges);
    let numbers = topology.measure(1, 1);
    assert_eq!((numbers.nodes, numbers.links, numbers.components), (6_301, 20_777, 2));
    assert_eq!((numbers.triangles, numbers.clustering), (2_383, Some(0.010_867_9)));
    assert_eq!(numbers.assortativity, Some(0.035_550_4), "recomputed with exact fractions");
    assert_eq!((numbers.degree_max, numbers.asp_sources), (Some(97), 1_000));
    assert_eq!(topology.component.iter().filter(|rank| **rank == Some(0)).count(), 6_299);
    let everybody: Vec<u32> = (0..6_301).collect();
    let exact = Graph::new(&everybody, &edges).distances(&everybody, 1);
    assert_eq!((exact.greatest, exact.pairs), (9, 6_299 * 6_298 + 2));
    assert_eq!(exact.hops, 184_192_610, "recomputed with networkx");
    let exact = exact.hops as f64 / exact.pairs as f64;
    let sampled = numbers.asp.unwrap();
    assert!((sampled / exact - 1.0).abs() < 0.01, "sampled {sampled}, exact {exact}");
    assert!((8..=9).contains(&numbers.diameter.unwrap()));
}
