//! Real nodes on loopback sockets, and strangers that do not keep to the protocol. Every test is bounded in
//! time.

mod stranger;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use floodnet_core::broadcast::{BroadcastEvent, flood};
use floodnet_core::content::Content;
use floodnet_core::node::{Config, Layer};
use floodnet_core::overlay::random_walk;
use floodnet_tcp::driver::spawn;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, MAX_PACKET, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use floodnet_tcp::stats::Stats;
use floodnet_tcp::{FloodNode, flood_node};
use stranger::Stranger;

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

#[tokio::test]
async fn five_nodes_join_through_the_first_and_a_message_reaches_all() {
    let mut nodes = start_all(5, 2).await;
    settled(&nodes, 2).await;
    let hello = content("hello");
    nodes[3].publish(hello.clone()).await.expect("it runs");
    for at in [0, 1, 2, 4] {
        delivers(&mut nodes[at], &hello).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_nodes_become_one_network() {
    let mut nodes = start_all(30, 4).await;
    settled(&nodes, 4).await;
    let hello = content("to thirty");
    nodes[7].publish(hello.clone()).await.expect("it runs");
    for (at, node) in nodes.iter_mut().enumerate() {
        if at != 7 {
            delivers(node, &hello).await;
        }
    }
}

#[tokio::test]
async fn a_killed_node_is_noticed_and_replaced() {
    let mut nodes = start_all(6, 2).await;
    settled(&nodes, 2).await;
    let victim = nodes.remove(3);
    let gone = victim.me();
    assert!(nodes.iter().any(|node| node.neighbors().borrow().contains(&gone)), "somebody held it");
    victim.kill().await;
    for node in &nodes {
        holds(node, "the victim gone", |held| !held.contains(&gone)).await;
    }
    settled(&nodes, 2).await;
    let after = content("after the crash");
    nodes[0].publish(after.clone()).await.expect("it runs");
    for node in &mut nodes[1..] {
        delivers(node, &after).await;
    }
}

#[tokio::test]
async fn what_was_published_before_leaving_still_arrives() {
    let mut nodes = start_all(2, 2).await;
    holds(&nodes[0], "a neighbor", |neighbors| !neighbors.is_empty()).await;
    let leaver = nodes.pop().expect("two nodes");
    holds(&leaver, "a neighbor", |neighbors| !neighbors.is_empty()).await;
    let last_words: Vec<Content> =
        (0u32..100).map(|number| Content::new(number.to_be_bytes().to_vec().into())).collect();
    for words in &last_words {
        leaver.publish(words.clone()).await.expect("it runs");
    }
    in_time("to leave", leaver.leave()).await.expect("no panic");
    for words in &last_words {
        delivers(&mut nodes[0], words).await;
    }
    holds(&nodes[0], "nobody", Vec::is_empty).await;
}

#[tokio::test]
async fn an_entry_node_that_comes_up_later_is_found() {
    let place = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = place.local_addr().expect("bound");
    drop(place);
    let early = start(2, &[Peer::at(address)], options(quick())).await;
    counted(&early, "a dial", |stats| stats.dialed > 0).await;
    let late = start(2, &[], Options { listen: address, ..options(quick()) }).await;
    holds(&early, "the entry node", |held| held.as_slice() == [late.me()]).await;
    holds(&late, "the newcomer", |held| held.as_slice() == [early.me()]).await;
}

#[tokio::test]
async fn bad_frames_close_their_connection_and_nothing_else() {
    let limits = Limits { packet: 1_000, ..quick() };
    let mut good = start(2, &[], options(limits.clone())).await;
    let friend = start(2, &[good.me()], options(limits)).await;
    holds(&good, "a friend", |neighbors| neighbors.len() == 1).await;
    holds(&friend, "a friend", |neighbors| neighbors.len() == 1).await;

    let bad: [(&str, &[u8]); 5] = [
        ("a frame that is too long", &[0x03, 0xe9]),
        ("another version", &[0, 3, 9, 0, 1]),
        ("no message", &[0, 3, 1, 7, 7]),
        ("bytes too many", &[0, 4, 1, 0, 1, 0]),
        ("a message cut short", &[0, 4, 1, 0, 0, 4]),
    ];
    for (count, (what, bytes)) in (1..).zip(bad) {
        let mut stranger = Stranger::greeting(good.me(), 1).await;
        stranger.write(bytes).await;
        in_time(what, stranger.is_closed()).await;
        counted(&good, what, |stats| stats.bad_frames == count).await;
    }
    let mut stranger = Stranger::greeting(good.me(), 1).await;
    stranger.write(&[0, 9, 1, 0]).await;
    drop(stranger);
    counted(&good, "the end inside a frame", |stats| stats.bad_frames == 6).await;

    assert_eq!(good.neighbors().borrow().as_slice(), [friend.me()], "undisturbed");
    let still = content("still here");
    friend.publish(still.clone()).await.expect("it runs");
    delivers(&mut good, &still).await;
    assert_eq!((good.stats().bad_greetings, friend.stats().bad_frames), (0, 0));
}

#[tokio::test]
async fn who_does_not_greet_is_shown_the_door() {
    let limits = Limits { handshake: Duration::from_millis(300), ..quick() };
    let node = start(2, &[], options(limits)).await;
    let mut http = Stranger::dial(node.me()).await;
    http.write(b"GET / HTTP/1.1\r\n\r\n").await;
    let mut mute = Stranger::dial(node.me()).await;
    let mut mirror = Stranger::dial(node.me()).await;
    mirror.greet_as(node.me(), 1).await;
    for (stranger, what) in [(&mut http, "garbage"), (&mut mute, "silence"), (&mut mirror, "its own name")] {
        in_time(what, stranger.is_closed()).await;
    }
    counted(&node, "three bad greetings", |stats| stats.bad_greetings == 3).await;
    assert_eq!(node.stats().bad_frames, 0);
}

#[tokio::test]
async fn too_many_connections_are_refused() {
    let node = start(2, &[], options(Limits { incoming: 2, ..quick() })).await;
    let first = Stranger::greeting(node.me(), 1).await;
    let _second = Stranger::greeting(node.me(), 1).await;
    let mut third = Stranger::dial(node.me()).await;
    in_time("the third is closed", third.is_closed()).await;
    assert_eq!((node.stats().accepted, node.stats().refused), (2, 1));
    drop(first);
    // Its end is noticed a moment later; then there is room again.
    let room = async {
        while node.stats().accepted < 3 {
            drop(Stranger::dial(node.me()).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("room for another", room).await;
}

#[tokio::test]
async fn a_silent_neighbor_is_given_up() {
    let limits = Limits { dead: Duration::from_millis(600), ..quick() };
    let node = start(2, &[], options(limits)).await;
    let mut stranger = Stranger::greeting(node.me(), 1).await;
    stranger.accept_as_neighbor().await;
    holds(&node, "the stranger", |held| held.as_slice() == [stranger.me()]).await;
    // It says nothing any more, though its connection stands.
    holds(&node, "nobody", Vec::is_empty).await;
    in_time("the end of the connection", stranger.is_closed()).await;
    assert_eq!(node.stats().dead, 1);
}

#[tokio::test]
async fn an_idle_contact_is_let_go() {
    let limits = Limits { idle: Duration::from_millis(300), ..quick() };
    let node = start(2, &[], options(limits)).await;
    let mut stranger = Stranger::greeting(node.me(), 1).await;
    in_time("the end of the connection", stranger.is_closed()).await;
    assert_eq!((node.stats().idle, node.stats().dead), (1, 0));
}

#[tokio::test]
async fn a_second_connection_of_a_peer_replaces_the_first() {
    let node = start(2, &[], options(quick())).await;
    let mut first = Stranger::greeting(node.me(), 1).await;
    first.accept_as_neighbor().await;
    holds(&node, "the stranger", |held| held.len() == 1).await;
    let mut second = first.again(node.me(), 2).await;
    in_time("the first is closed", first.is_closed()).await;
    holds(&node, "nobody: the link is a new one", Vec::is_empty).await;
    second.accept_as_neighbor().await;
    holds(&node, "the stranger again", |held| held.len() == 1).await;
    let mut late = second.again(node.me(), 1).await;
    in_time("an older one is refused", late.is_closed()).await;
    assert_eq!(node.neighbors().borrow().len(), 1);
}

/// The node must neither wait for it nor keep everything for it, and the others must not notice.
#[tokio::test]
async fn a_neighbor_that_takes_no_data_is_dropped_and_disturbs_nobody() {
    let limits = Limits { outbox: 8, stall: Duration::from_millis(500), ..quick() };
    let node = start(4, &[], options(limits.clone())).await;
    let mut friend = start(4, &[node.me()], options(limits)).await;
    holds(&node, "a friend", |neighbors| neighbors.len() == 1).await;
    let mut stranger = Stranger::greeting(node.me(), 1).await;
    stranger.accept_as_neighbor().await;
    holds(&node, "both", |neighbors| neighbors.len() == 2).await;
    let sink = in_time("the dial back", stranger.take_dial_and_never_read()).await;
    // 60,000 bytes each: the socket's buffers hold some of them, the outbox eight more.
    let feeding = async {
        for number in 0u32.. {
            let mut bytes = vec![0; 60_000];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let big = Content::new(bytes.into());
            node.publish(big.clone()).await.expect("it runs");
            delivers(&mut friend, &big).await;
            let stats = node.stats();
            if stats.dead > 0 && stats.outbox_full > 0 {
                return;
            }
        }
    };
    in_time("the stranger is given up", feeding).await;
    holds(&node, "the friend only", |held| held.as_slice() == [friend.me()]).await;
    drop(sink);
}

#[tokio::test]
async fn a_message_longer_than_a_frame_is_not_sent() {
    let limits = Limits { packet: 1_000, ..quick() };
    let node = start(2, &[], options(limits.clone())).await;
    let mut friend = start(2, &[node.me()], options(limits)).await;
    holds(&node, "a friend", |neighbors| neighbors.len() == 1).await;
    // A version, a layer and two bytes of hop count go with the content.
    node.publish(Content::new(vec![1; 997].into())).await.expect("it runs");
    let fits = Content::new(vec![1; 996].into());
    node.publish(fits.clone()).await.expect("it runs");
    delivers(&mut friend, &fits).await;
    assert_eq!(node.stats().too_long, 1);
}

#[tokio::test]
async fn senseless_options_are_refused() {
    let refused = async |options| {
        let config =
            Config { overlay: random_walk::Config::new(Vec::new()), broadcast: flood::Config::default() };
        let error = spawn(flood_node, config, options).await.expect_err("senseless");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    };
    refused(options(Limits { outbox: 0, ..Limits::default() })).await;
    refused(options(Limits { packet: MAX_PACKET + 1, ..Limits::default() })).await;
    refused(options(Limits { idle: Duration::ZERO, ..Limits::default() })).await;
}
