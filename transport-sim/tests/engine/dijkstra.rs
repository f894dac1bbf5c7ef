//! Without loss a flood arrives by the quickest path: every delivery time is the distance that petgraph's
//! `dijkstra` finds over the delays of the links.

use floodnet_core::distributions::Distribution;
use floodnet_core::graph::Graph;
use floodnet_core::rng::{fold, scale};
use floodnet_core::time::Duration;
use floodnet_sim::graph::{k_out, read_edges, read_matrix};
use floodnet_sim::link::Delays;
use floodnet_sim::spec::Transport;
use proptest::prelude::*;

use crate::common::data_file;
use crate::common::field::{Field, Spread};

const MILLISECOND: u64 = 1_000_000;

/// Holds each delivery time of `spread` against the distance.
fn check(field: &Field, origin: u32, spread: &Spread, delay: impl Fn(u32, u32) -> Option<u64>) {
    let mut distances = field.distances(origin, delay);
    distances.remove(&origin);
    let delivered = spread.delivered.iter().map(|(&node, (after, _))| (node, after.as_nanos())).collect();
    assert_eq!(distances, delivered);
}

/// A table of delays for `nodes`, the same both ways, from 0.01 to `longest` ms.
fn table(nodes: u32, longest: u64, seed: u64) -> Delays {
    let pairs =
        (0..nodes).flat_map(|a| (0..nodes).map(move |b| u64::from(a.min(b)) << 32 | u64::from(a.max(b))));
    let least = 10_000;
    let one_way = pairs.map(|pair| least + scale(fold(seed, pair), longest * MILLISECOND - least));
    Delays::Table {
        row: (0..nodes).collect(),
        size: nodes,
        one_way: one_way.map(Duration::from_nanos).collect(),
    }
}

/// Delay of a link in `latency`, after the floor of a millisecond.
fn of_table(delays: &Delays) -> impl Fn(u32, u32) -> Option<u64> {
    let Delays::Table { size, one_way, .. } = delays else { panic!("not a table") };
    move |a, b| Some(one_way[(a * size + b) as usize].as_nanos().max(MILLISECOND))
}

/// Delay of a link as a message met it.
fn observed(spread: &Spread) -> impl Fn(u32, u32) -> Option<u64> {
    |a, b| {
        let delay = |a, b| spread.delays.get(&(a, b)).map(|delay| delay.as_nanos());
        if let (Some(there), Some(back)) = (delay(a, b), delay(b, a)) {
            assert_eq!(there, back, "a delay drawn for a link is the same both ways");
        }
        delay(a, b).or(delay(b, a))
    }
}

fn transports() -> impl Strategy<Value = Transport> {
    prop_oneof![Just(Transport::Stream), Just(Transport::Datagram)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn over_measured_delays(
        nodes in 2u32..60,
        edges in prop::collection::vec((0u32..60, 0u32..60), 1..200),
        longest in 1u64..300,
        transport in transports(),
        seed: u64,
    ) {
        let edges = edges.into_iter().map(|(a, b)| (a % nodes, b % nodes));
        let graph = Graph::from_edges(nodes, edges).expect("all nodes exist");
        let mut field = Field::new(graph, transport, [0, nodes / 2]);
        field.links.delays = table(nodes, longest, seed);
        for (publish, spread) in field.plan.publishes.iter().zip(field.run()) {
            check(&field, publish.slot, &spread, of_table(&field.links.delays));
        }
    }

    #[test]
    fn over_delays_drawn_for_each_link(
        nodes in 5u32..60,
        k in 1u32..4,
        transport in transports(),
        seed: u64,
    ) {
        let mut field = Field::new(k_out(nodes, k, seed).expect("enough nodes"), transport, [0]);
        field.plan.seed = seed;
        let (min, max) = (Duration::from_nanos(200_000), Duration::from_millis(150));
        field.links.delays = Delays::Distribution(Distribution::Uniform { min, max });
        let spread = &field.run()[0];
        check(&field, 0, spread, observed(spread));
        let floor = Duration::from_millis(1);
        prop_assert!(spread.delays.values().all(|delay| (floor..=max).contains(delay)));
    }
}

#[test]
fn over_the_gnutella_overlay() {
    let Some(text) = data_file("gnutella08.edges") else { return };
    let (graph, _) = read_edges(text.as_bytes()).expect("the file is sound");
    for transport in [Transport::Datagram, Transport::Stream] {
        let mut field = Field::new(graph.clone(), transport, [0, 1_234, 6_000]);
        let (min, max) = (Duration::from_millis(10), Duration::from_millis(100));
        field.links.delays = Delays::Distribution(Distribution::Uniform { min, max });
        for (publish, spread) in field.plan.publishes.iter().zip(field.run()) {
            // 2 x 20,776 links - 6,298 in the largest component, to which these three belong.
            assert_eq!((spread.sent, spread.delivered.len()), (35_254, 6_298));
            check(&field, publish.slot, &spread, observed(&spread));
        }
    }
}

#[test]
fn over_round_trips_measured_on_planetlab() {
    let Some(text) = data_file("planetlab-rtt-ms-490.tsv") else { return };
    let matrix = read_matrix(text.as_bytes(), MILLISECOND, true).expect("the file is sound");
    for transport in [Transport::Datagram, Transport::Stream] {
        let mut field = Field::new(k_out(490, 3, 1).expect("enough nodes"), transport, (0..490).step_by(70));
        field.links.delays =
            Delays::Table { row: (0..490).collect(), size: 490, one_way: matrix.one_way.clone() };
        for (publish, spread) in field.plan.publishes.iter().zip(field.run()) {
            assert_eq!(spread.delivered.len(), 489);
            check(&field, publish.slot, &spread, of_table(&field.links.delays));
        }
    }
}
