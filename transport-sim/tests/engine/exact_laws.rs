//! Laws of the flood that hold exactly, on many graphs, over streams and datagrams.

use floodnet_core::graph::Graph;
use floodnet_core::time::Duration;
use floodnet_sim::graph::{complete, gnp, grid, k_out, line, preferential, regular, ring, small_world, tree};
use floodnet_sim::plan::{Disturbance, DisturbanceKind, Lives};
use floodnet_sim::spec::Transport;

use crate::common::field::{Field, Spread};

const BOTH: [Transport; 2] = [Transport::Stream, Transport::Datagram];
/// Of every link.
const DELAY: Duration = Duration::from_millis(50);

fn graphs() -> Vec<(&'static str, Graph)> {
    let drawn = (1..=3).flat_map(|seed| {
        [
            ("k_out", k_out(60, 3, seed)),
            ("regular", regular(60, 4, seed)),
            ("gnp, not connected", gnp(80, 3.0, seed)),
            ("small world", small_world(60, 4, 0.2, seed)),
            ("preferential", preferential(60, 2, seed)),
        ]
    });
    let plain = [
        ("tree", tree(40, 3)),
        ("ring", ring(21)),
        ("line", line(17)),
        ("grid", grid(25)),
        ("complete", complete(12)),
    ];
    drawn.chain(plain).map(|(name, graph)| (name, graph.expect("these graphs exist"))).collect()
}

/// Messages from every eighth node of the graph.
fn origins(graph: &Graph) -> impl Iterator<Item = u32> + use<> {
    (0..graph.nodes()).step_by(8)
}

/// Nodes and links of the part of the graph that holds these nodes.
fn size_of_part(graph: &Graph, nodes: impl Iterator<Item = u32>) -> (u32, u32) {
    nodes.fold((0, 0), |(count, ends), node| (count + 1, ends + graph.neighbors(node).len() as u32))
}

#[test]
fn a_flood_sends_on_every_link_and_arrives_by_the_shortest_path() {
    for (name, graph) in graphs() {
        for transport in BOTH {
            for echo in [false, true] {
                let mut field = Field::new(graph.clone(), transport, origins(&graph));
                field.echo = echo;
                for (publish, spread) in field.plan.publishes.iter().zip(field.run()) {
                    let case = format!("{name} from {} over {transport:?}, echo {echo}", publish.slot);
                    check_flood(&field, publish.slot, &spread, &case);
                }
            }
        }
    }
}

fn check_flood(field: &Field, origin: u32, spread: &Spread, case: &str) {
    let distances = field.distances(origin, |_, _| Some(1));
    let (nodes, link_ends) = size_of_part(&field.graph, distances.keys().copied());
    let sends = if field.echo { link_ends } else { link_ends - (nodes - 1) };
    assert_eq!(spread.sent, sends, "{case}: 2 E, or 2 E - (N - 1) without echo");
    assert_eq!(spread.copies.values().sum::<u32>(), sends, "{case}: nothing is lost");
    let expected = distances
        .iter()
        .filter(|(node, _)| **node != origin)
        .map(|(&node, &hops)| (node, (DELAY.times(hops), u16::try_from(hops).expect("small graph"))))
        .collect();
    assert_eq!(spread.delivered, expected, "{case}: at distance x delay, hops counted");
}

#[test]
fn a_tree_costs_nothing_more_than_needed() {
    for transport in BOTH {
        for spread in Field::new(tree(40, 3).unwrap(), transport, [0, 17, 39]).run() {
            assert_eq!(spread.sent, 39);
            assert_eq!(spread.copies.len(), 39, "one copy for each: RMR 0");
        }
    }
}

#[test]
fn a_line_from_its_end_is_as_deep_as_it_is_long() {
    for transport in BOTH {
        for spread in Field::new(line(17).unwrap(), transport, [0, 16]).run() {
            assert_eq!(spread.delivered.values().map(|(_, hops)| *hops).max(), Some(16));
            assert_eq!(spread.sent, 16);
        }
    }
}

#[test]
fn a_complete_graph_sends_n_minus_one_copies_to_each() {
    for transport in BOTH {
        for spread in Field::new(complete(12).unwrap(), transport, [0, 7]).run() {
            // Each of the others hears of it from the origin and from ten more. RMR = 121 / 11 - 1 = 10.
            assert_eq!(spread.copies.values().copied().collect::<Vec<_>>(), [11; 11]);
            assert_eq!(spread.sent, 11 * 11);
            assert!(spread.delivered.values().all(|&delivery| delivery == (DELAY, 1)));
        }
    }
}

#[test]
fn a_regular_graph_of_ten_thousand_has_the_published_redundancy() {
    let spread = &Field::new(regular(10_000, 5, 1).unwrap(), Transport::Datagram, [0]).run()[0];
    // RMR = k - 2 + k / (N - 1): 3.0005 for k = 5.
    assert_eq!((spread.sent, spread.delivered.len()), (40_001, 9_999));
}

#[test]
fn a_grid_of_25_has_the_mean_distance_and_cost_of_the_broadcast_challenge() {
    for transport in BOTH {
        let spreads = Field::new(grid(25).unwrap(), transport, 0..25).run();
        assert!(spreads.iter().all(|spread| spread.sent == 56), "2 x 40 - 24");
        let hops: Vec<u32> = spreads
            .iter()
            .flat_map(|spread| spread.delivered.values().map(|(_, hops)| u32::from(*hops)))
            .collect();
        assert_eq!(hops.len(), 600);
        assert_eq!(hops.iter().sum::<u32>(), 2_000, "3.333 on average");
        assert_eq!(hops.iter().max(), Some(&8));
    }
}

#[test]
fn a_partition_confines_the_flood_to_the_origins_part() {
    for (name, graph) in graphs() {
        for transport in BOTH {
            let group: Vec<u16> = (0..graph.nodes()).map(|node| u16::from(node % 3 == 1)).collect();
            let mut field = Field::new(graph.clone(), transport, [1]);
            let at = field.plan.publishes[0].at;
            field.plan.disturbances.push(Disturbance {
                from: at,
                until: field.plan.duration,
                kind: DisturbanceKind::Partition { group: group.clone(), one_way: false },
            });
            // Before the first connection breaks and dials begin.
            field.plan.duration = at + Duration::from_secs(10);
            let spread = &field.run()[0];
            let part = field.distances(1, |a, b| (group[a as usize] == group[b as usize]).then_some(1));
            let reached = spread.delivered.keys().chain([&1]).count();
            assert_eq!(reached, part.len(), "{name} over {transport:?}");
            assert!(spread.delivered.keys().all(|node| part.contains_key(node)));
        }
    }
}

/// Share of the survivors in the giant component when a share `q` of a large random graph of degree `k`
/// survives: `1 - u^k` with `u = 1 - q + q u^(k-1)`.
fn giant(k: i32, q: f64) -> f64 {
    let u = (0..10_000).fold(0.0, |u: f64, _| 1.0 - q + q * u.powi(k - 1));
    1.0 - u.powi(k)
}

#[test]
fn survivors_of_a_random_graph_percolate() {
    // Values of the literature, to its digits.
    for (q, share) in [(0.9, 0.999_99), (0.8, 0.999_7), (0.6, 0.987), (0.5, 0.952), (0.4, 0.842)] {
        assert!((giant(5, q) - share).abs() < 0.000_6, "{q}: {}", giant(5, q));
    }
    let nodes = 12_000;
    for (dead, q) in [(10, 0.9), (40, 0.6), (50, 0.5), (60, 0.4), (80, 0.2)] {
        // The graph is random: which of its nodes never come up is of no matter.
        let survivors = nodes * (100 - dead) / 100;
        let mut field = Field::new(regular(nodes, 5, 3).unwrap(), Transport::Datagram, 0..12);
        field.plan.lives[survivors as usize..].iter_mut().for_each(|lives| *lives = Lives::none());
        let reached = field.run().iter().map(|spread| spread.delivered.len()).max();
        let share = reached.expect("twelve messages") as f64 / f64::from(survivors);
        // Below a quarter there is no giant; fluctuations are of the order of 1 / sqrt(2400).
        assert!((share - giant(5, q)).abs() < 0.03, "{dead} % dead: {share}, not {}", giant(5, q));
    }
}
