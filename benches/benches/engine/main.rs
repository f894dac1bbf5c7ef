//! How fast the engine and the protocols are, subject by subject: see the head of the library.

mod churn;
mod flood;
mod heap;
mod join;
mod wire;

use std::time::Duration;

use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, measurement};
use floodnet_benches::workload::Workload;
use floodnet_sim::{Outcome, SimProtocol};

type Group<'c> = BenchmarkGroup<'c, measurement::WallTime>;

/// A group for runs of some 10 ms to some seconds: the fewest samples, and each of as many runs as the others.
fn group<'c>(criterion: &'c mut Criterion, subject: &str) -> Group<'c> {
    let mut group = criterion.benchmark_group(subject);
    group.sample_size(10).sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_secs(1));
    group
}

/// Measures whole runs, from making the nodes to the digest. What a run leaves behind is dropped outside of
/// the time. `count` says how much of what is counted a run does.
fn measure<P: SimProtocol>(
    group: &mut Group<'_>,
    id: BenchmarkId,
    workload: &Workload<P>,
    run: fn(&Workload<P>) -> Outcome<P>,
    count: fn(&Outcome<P>) -> u64,
) {
    let first = run(workload);
    group.throughput(Throughput::Elements(count(&first)));
    drop(first);
    group.bench_function(id, |bencher| {
        bencher.iter_batched(|| (), |()| run(workload), BatchSize::PerIteration)
    });
}

criterion::criterion_group!(subjects, flood::bench, join::bench, churn::bench, heap::bench, wire::bench);
criterion::criterion_main!(subjects);
