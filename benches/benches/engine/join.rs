//! A storm of joins: all nodes come within 60 simulated seconds through one entry node, by random walks over
//! streams. Elements are nodes. `tutorial` is the protocol as it was: the entry node ends with a neighbor list
//! of hundreds to thousands.

use criterion::{BenchmarkId, Criterion};
use floodnet_benches::sizes;
use floodnet_benches::workload::{self, Walk};

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = super::group(criterion, "join");
    for (name, walk) in [("default", Walk::Default), ("tutorial", Walk::Tutorial)] {
        for &nodes in sizes(&SIZES) {
            let workload = workload::join(nodes, walk);
            let id = BenchmarkId::new(name, nodes);
            super::measure(
                &mut group,
                id,
                &workload,
                |workload| workload.run(),
                |ran| ran.nodes().count() as u64,
            );
        }
    }
    group.finish();
}
