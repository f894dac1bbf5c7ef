//! Messages to bytes and back, as nodes on sockets do it. Elements are messages, bytes those of their packets.
//! To decode a message of the application takes a hash of its content, which is most of the time.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use floodnet_core::broadcast::flood;
use floodnet_core::content::Content;
use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk;
use floodnet_core::wire;

type Packet = Layer<random_walk::Message<u32>, flood::Message<Content>>;

/// How many messages are coded at a time: one is too short to be timed alone.
const BATCH: u32 = 1_000;

fn flooded(size: u32) -> Vec<Packet> {
    let message = |number: u32| {
        let bytes: Vec<u8> = number.to_be_bytes().into_iter().cycle().take(size as usize).collect();
        Layer::Broadcast(flood::Message { hops: 3, payload: Content::new(bytes.into()) })
    };
    (0..BATCH).map(message).collect()
}

/// One message in five is an answer, the rest are requests.
fn overlay() -> Vec<Packet> {
    let message = |number: u32| match number % 5 {
        4 => random_walk::Message::JoinAck { in_place_of: None, ticket: 7, dialed: true },
        hops => random_walk::Message::Join { joiner: number, hop_limit: hops as u8, ticket: 7 },
    };
    (0..BATCH).map(message).map(Layer::Overlay).collect()
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let cases =
        [("overlay", overlay()), ("flood of 100 B", flooded(100)), ("flood of 1 KiB", flooded(1_024))];
    for (name, messages) in cases {
        let packets: Vec<Vec<u8>> = messages.iter().map(wire::encode).collect();
        let bytes = packets.iter().map(|packet| packet.len() as u64).sum();
        group.throughput(Throughput::ElementsAndBytes { elements: u64::from(BATCH), bytes });
        group.bench_function(BenchmarkId::new("encode", name), |bencher| {
            let encode = || messages.iter().map(wire::encode).collect::<Vec<_>>();
            bencher.iter_with_large_drop(encode);
        });
        group.bench_function(BenchmarkId::new("decode", name), |bencher| {
            let decode = |packet: &Vec<u8>| wire::decode::<Packet>(black_box(packet)).is_ok();
            bencher.iter(|| packets.iter().filter(|packet| decode(packet)).count());
        });
    }
    group.finish();
}
