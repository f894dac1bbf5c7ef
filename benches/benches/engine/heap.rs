//! What windows bring: the same flood by the engine and by one heap in global order, one after the other. Elements are
//! packets taken in.

use criterion::{BenchmarkId, Criterion};
use floodnet_benches::workload::FloodSize;
use floodnet_benches::{sizes, workload};
use floodnet_sim::spec::Transport;

/// Nodes and messages: 0.5, 1 and 0.5 million packets. The heap takes seconds for the last.
const SIZES: [(u32, u32); 3] = [(1_000, 100), (10_000, 20), (100_000, 1)];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "heap");
    for &(nodes, messages) in sizes(&SIZES) {
        let workload = workload::flood(FloodSize::new(nodes, messages), Transport::Datagram);
        let windows = BenchmarkId::new("windows", nodes);
        super::measure(&mut group, windows, &workload, |workload| workload.run(), |ran| ran.packets);
        let heap = BenchmarkId::new("one heap", nodes);
        super::measure(&mut group, heap, &workload, |workload| workload.run_by_heap(), |ran| ran.packets);
    }
    group.finish();
}
