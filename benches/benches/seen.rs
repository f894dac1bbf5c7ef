//! The memories of messages seen, as a run of many nodes uses them: one insert at a node, then one at
//! another, a million ids held in all. So what is counted is what is fetched from beyond the nearest caches.
//!
//! - `duplicate` asks for one of the latest eight ids, drawn at random.
//! - `new` asks for the next id, for which the oldest makes room.
//! - `fill` begins with empty nodes and asks for so many ids at each, as a run does that forgets nothing.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use floodnet_core::seen::{Seen, SeenCache, SeenLimits, SeenWindow};
use floodnet_core::time::{Duration, Time};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

const HELD_IN_ALL: u32 = 1_000_000;
/// An id that is asked for again is one of so many latest.
const LATEST: u32 = 8;

struct Population<S> {
    nodes: Vec<S>,
    /// In which order the nodes are visited, and how far back the id is that each is asked for again.
    order: Vec<(u32, u32)>,
    limits: SeenLimits,
    next: u32,
}

impl<S: Seen<u32>> Population<S> {
    /// Nodes that hold the same `ids` ids each, which came one after another at all of them.
    fn new(ids: u32) -> Self {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut order: Vec<_> =
            (0..HELD_IN_ALL / ids).map(|node| (node, rng.random_range(0..LATEST))).collect();
        order.shuffle(&mut rng);
        let limits = SeenLimits { capacity: Some(ids), ttl: Some(Duration::from_secs(900)) };
        let mut population = Self { nodes: vec![S::default(); order.len()], order, limits, next: 0 };
        for _ in 0..ids {
            population.pass_new();
        }
        population
    }

    /// Gives each node a message that is new to it. Gives how many were taken for new.
    fn pass_new(&mut self) -> usize {
        let Self { nodes, order, limits, next } = self;
        let id = *next;
        *next += 1;
        order
            .iter()
            .filter(|&&(node, _)| nodes[node as usize].insert(id, Time::from_secs(60), limits))
            .count()
    }

    /// Gives each node a copy of one of the latest messages. Gives how many were taken for new: none.
    fn pass_duplicates(&mut self) -> usize {
        let Self { nodes, order, limits, next } = self;
        let new = |&&(node, back): &&(u32, u32)| {
            nodes[node as usize].insert(*next - 1 - back, Time::from_secs(60), limits)
        };
        order.iter().filter(new).count()
    }
}

fn bench<S: Seen<u32>>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    for ids in [10, 100, 1_000, 10_000] {
        let mut population = Population::<S>::new(ids);
        let nodes = population.nodes.len();
        group.throughput(Throughput::Elements(nodes as u64));
        // A first pass of each, and a check that it is what it is called.
        assert_eq!((population.pass_duplicates(), population.pass_new()), (0, nodes));
        group.bench_function(BenchmarkId::new(format!("{name}/duplicate"), ids), |bencher| {
            bencher.iter(|| population.pass_duplicates());
        });
        group.bench_function(BenchmarkId::new(format!("{name}/new"), ids), |bencher| {
            bencher.iter(|| population.pass_new());
        });
        group.throughput(Throughput::Elements(u64::from(HELD_IN_ALL)));
        group.bench_function(BenchmarkId::new(format!("{name}/fill"), ids), |bencher| {
            bencher.iter(|| Population::<S>::new(ids));
        });
    }
}

fn memories(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("seen");
    group.sample_size(20);
    bench::<SeenWindow>(&mut group, "window");
    bench::<SeenCache<u32>>(&mut group, "cache");
    group.finish();
}

criterion_group!(benches, memories);
criterion_main!(benches);
