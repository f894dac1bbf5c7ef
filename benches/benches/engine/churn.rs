//! Nodes that come and go for two simulated minutes, by random walks over streams, without messages: what
//! joining, leaving, crashing and repairing cost. Elements are inputs that nodes and their connections handle.

use criterion::{BenchmarkId, Criterion};
use floodnet_benches::{sizes, workload};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "churn");
    for &nodes in sizes(&SIZES) {
        let workload = workload::churn(nodes);
        let id = BenchmarkId::from_parameter(nodes);
        super::measure(&mut group, id, &workload, |workload| workload.run(), |ran| ran.inputs);
    }
    group.finish();
}
