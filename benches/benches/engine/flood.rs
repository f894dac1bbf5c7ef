//! The yardstick: packets per second of a flood over a random graph (3 links opened by each node) by
//! datagrams of 10 to 100 ms, 100 bytes, one message each 10 ms. Elements are packets taken in.

use criterion::{BenchmarkId, Criterion};
use floodnet_benches::workload::FloodSize;
use floodnet_benches::{sizes, workload};
use floodnet_sim::spec::Transport;

/// Nodes and messages: 0.5, 5, 10 and 15 million packets.
const SIZES: [(u32, u32); 4] = [(1_000, 100), (10_000, 100), (100_000, 20), (1_000_000, 3)];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "flood");
    for &(nodes, messages) in sizes(&SIZES) {
        let workload = workload::flood(FloodSize::new(nodes, messages), Transport::Datagram);
        let id = BenchmarkId::new(nodes.to_string(), messages);
        super::measure(&mut group, id, &workload, |workload| workload.run(), |ran| ran.packets);
    }
    group.finish();
}
