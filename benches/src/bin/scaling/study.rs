//! What is measured, and how.

use std::time::{Duration, Instant};

use floodnet_benches::workload::{self, FloodSize};
use floodnet_sim::spec::Transport;

use crate::table::{Row, Varied};

/// How many nodes the other two are varied at: more than the caches of a processor hold.
const NODES: u32 = 10_000;
/// How many messages degrees are varied at.
const MESSAGES: u32 = 20;
/// How many messages nodes are varied at: fewer, so that a million nodes take seconds.
const FEW_MESSAGES: u32 = 5;
/// A point is measured at least this often, if it can be done in [`MOST`].
const LEAST_RUNS: usize = 3;
/// A point is measured for at least this long.
const LEAST: Duration = Duration::from_millis(1_000);
/// No further run of a point begins after this time.
const MOST: Duration = Duration::from_secs(15);

/// One run of the study.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    varied: Varied,
    transport: Transport,
    size: FloodSize,
}

/// Everything that is measured, the quickest first.
pub(crate) fn points() -> Vec<Point> {
    let messages =
        [1, 3, 10, 30, 100, 300].map(|messages| (Varied::Messages, FloodSize::new(NODES, messages)));
    let degrees = [2, 3, 4, 6, 8, 10]
        .map(|links| (Varied::Degree, FloodSize { nodes: NODES, links, messages: MESSAGES }));
    let nodes = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
        .map(|nodes| (Varied::Nodes, FloodSize::new(nodes, FEW_MESSAGES)));
    let sizes = messages.into_iter().chain(degrees).chain(nodes);
    let both = |(varied, size)| {
        [Transport::Datagram, Transport::Stream].map(|transport| Point { varied, transport, size })
    };
    sizes.flat_map(both).collect()
}

/// Runs it some times. Setting up and dropping do not count; making the nodes and, over streams, opening the
/// connections do.
pub(crate) fn measure(point: Point) -> Row {
    let workload = workload::flood(point.size, point.transport);
    let (begin, mut times, mut packets) = (Instant::now(), Vec::new(), 0);
    while times.len() < LEAST_RUNS || begin.elapsed() < LEAST {
        let start = Instant::now();
        let outcome = workload.run();
        times.push(start.elapsed());
        packets = outcome.packets;
        drop(outcome);
        if begin.elapsed() > MOST {
            break;
        }
    }
    times.sort_unstable();
    let per_packet = |time: Duration| time.as_secs_f64() * 1e9 / packets.max(1) as f64;
    Row {
        varied: point.varied,
        stream: point.transport == Transport::Stream,
        nodes: point.size.nodes,
        degree: 2 * point.size.links,
        messages: point.size.messages,
        packets,
        runs: times.len() as u32,
        least_ns: per_packet(times[0]),
        median_ns: per_packet(times[times.len() / 2]),
    }
}
