//! Flood throughput: packets per second of the real node, digest on, on a k-out overlay over datagrams.
//!
//! Each node opens 3 links (mean degree 6), one message of 100 bytes per 10 ms from random origins, each
//! packet takes 10 to 100 ms drawn for it.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::laws::Law;
use floodnet_core::node::{self, Node};
use floodnet_core::overlay::{Fixed, fixed};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Simulation;
use floodnet_sim::link::{Latency, LinkModel, Per, Transport};
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::Plan;

fn plan(nodes: u32, messages: u64) -> Plan {
    let mut plan = Plan::still(1, nodes, Time::from_secs(10));
    let mut rng = NodeRng::new(1);
    for message in 0..messages {
        plan.publish(Time::from_millis(10 * message), rng.below(nodes), 100);
    }
    plan
}

fn links() -> LinkModel {
    let (min, max) = (Duration::from_millis(10), Duration::from_millis(100));
    LinkModel {
        transport: Transport::Datagram,
        latency: Latency::Law(Law::Uniform { min, max }),
        per: Per::Packet,
        ..LinkModel::default()
    }
}

fn flood_throughput(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flood");
    group.sample_size(10);
    let make = |slot| Node::new(Fixed::new(slot), Flood::<u32, SimPayload>::default());
    for (nodes, messages) in [(1_000, 100), (10_000, 20)] {
        let (plan, links) = (plan(nodes, messages), links());
        let graph = floodnet_sim::graph::k_out(nodes, 3, 1).expect("a graph of more than 3 nodes").into();
        let overlay = fixed::Config { graph, greet: false };
        let config = node::Config { overlay, broadcast: flood::Config::default() };
        let simulation = Simulation::new(&plan, &links, &config, &make);
        let outcome = simulation.run(&mut ()).expect("the links can be run");
        group.throughput(Throughput::Elements(outcome.packets));
        group.bench_function(BenchmarkId::new("windows", nodes), |bencher| {
            bencher.iter(|| simulation.run(&mut ()).map(|outcome| outcome.digest));
        });
        group.bench_function(BenchmarkId::new("one heap", nodes), |bencher| {
            bencher.iter(|| simulation.run_by_heap(&mut ()).map(|outcome| outcome.digest));
        });
    }
    group.finish();
}

criterion_group!(benches, flood_throughput);
criterion_main!(benches);
