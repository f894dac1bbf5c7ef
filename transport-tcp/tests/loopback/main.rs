//! Real nodes on loopback sockets, and strangers that do not keep to the protocol. Every test is bounded in
//! time.

mod dialed;
mod handshake;
mod hostile;
mod links;
mod malformed;
mod stranger;
mod whole;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use floodnet_core::broadcast::{BroadcastEvent, flood};
use floodnet_core::content::Content;
use floodnet_core::node::{Config, Layer};
use floodnet_core::overlay::random_walk;
use floodnet_tcp::counters::Stats;
use floodnet_tcp::driver::spawn;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::{FloodNode, flood_node};
use tokio::net::TcpSocket;

/// Far longer than any test takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

type Running = Handle<FloodNode>;

async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("never: {what}"))
}

fn options(limits: Limits) -> Options {
    Options { seed: Some(1), limits, ..Options::default() }
}

/// Signs of life often enough for a test to wait for their absence.
fn quick() -> Limits {
    Limits { ping: Duration::from_millis(100), dead: Duration::from_secs(5), ..Limits::of(Profile::Lab) }
}

async fn start(degree: u32, entry: &[Peer], options: Options) -> Running {
    let overlay = random_walk::Config {
        degree,
        max_degree: Some(2 * degree),
        ..random_walk::Config::new(entry.to_vec())
    };
    let config = Config { overlay, broadcast: flood::Config::default() };
    spawn(flood_node, config, options).await.expect("a free port on loopback")
}

/// An address on loopback where nobody listens until the test does. A socket that is bound to it keeps it from all who
/// ask for any free port, and hinders no node that listens there: it does not listen itself.
struct Reserved {
    address: SocketAddr,
    /// Elsewhere than on Linux two sockets cannot share an address.
    _held: Option<TcpSocket>,
}

impl Reserved {
    fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = socket.local_addr().expect("bound");
        Self { address, _held: cfg!(target_os = "linux").then_some(socket) }
    }
}

/// Nodes that join through the first, each with a seed of its own.
async fn start_all(count: u64, degree: u32) -> Vec<Running> {
    let mut nodes = vec![start(degree, &[], options(quick())).await];
    let entry = [nodes[0].me()];
    for seed in 2..=count {
        nodes.push(start(degree, &entry, Options { seed: Some(seed), ..options(quick()) }).await);
    }
    nodes
}

async fn holds(node: &Running, what: &str, condition: impl FnMut(&Vec<Peer>) -> bool) {
    let mut neighbors = node.neighbors();
    in_time(what, neighbors.wait_for(condition)).await.expect("the node runs");
}

/// Waits until the counts are such.
async fn counted(node: &Running, what: &str, condition: impl Fn(Stats) -> bool) {
    let counting = async {
        while !condition(node.stats()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    in_time(what, counting).await;
}

fn content(text: &'static str) -> Content {
    Content::new(Bytes::from_static(text.as_bytes()))
}

/// Waits until `node` delivers exactly this next.
async fn delivers(node: &mut Running, expected: &Content) {
    let delivery = async {
        while let Some(event) = node.next_event().await {
            if let Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) = event {
                return payload;
            }
        }
        panic!("stopped");
    };
    let text = String::from_utf8_lossy(expected.bytes()).into_owned();
    assert_eq!(in_time(&text, delivery).await, *expected);
}

/// Whether every node has so many neighbors, each of whom holds it too, and links lead from the first node
/// to all others.
fn is_whole(nodes: &[Running], degree: usize) -> bool {
    let views: BTreeMap<Peer, Vec<Peer>> =
        nodes.iter().map(|node| (node.me(), node.neighbors().borrow().clone())).collect();
    let is_held = |by: &Peer, peer: &Peer| views.get(by).is_some_and(|view| view.contains(peer));
    let mut reached = vec![nodes[0].me()];
    let mut at = 0;
    while at < reached.len() {
        let view = views.get(&reached[at]);
        let fresh: Vec<Peer> =
            view.into_iter().flatten().filter(|peer| !reached.contains(peer)).copied().collect();
        reached.extend(fresh);
        at += 1;
    }
    reached.len() == nodes.len()
        && views.iter().all(|(me, view)| view.len() >= degree && view.iter().all(|peer| is_held(peer, me)))
}

/// Waits until the network is whole and stays so for a moment: then nobody looks for anything any more.
async fn settled(nodes: &[Running], degree: usize) {
    let settling = async {
        let mut whole = 0;
        while whole < 5 {
            whole = if is_whole(nodes, degree) { whole + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("one network", settling).await;
}
