//! One link and its limits: what closes it, what is dropped, what the validator decides.

use std::sync::Arc;

use floodnet_core::node::Layer as Of;
use floodnet_core::token_bucket::Rate;
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::limits::MAX_PACKET;
use floodnet_tcp::validator::{Acceptance, LinkInfo, Validator};

use super::stranger::{Face, Stranger};
use super::*;

#[tokio::test]
async fn bad_frames_close_their_connection_and_nothing_else() {
    let limits = Limits { packet: 1_000, ..quick() };
    let mut good = start(2, &[], options(limits.clone())).await;
    let friend = start(2, &[good.me()], options(limits)).await;
    settled_pair(&good, &friend).await;

    let sealed: [(&str, &[u8]); 8] = [
        ("another version", &[0, 9, 0, 1]),
        ("no message", &[0, 1, 7, 7]),
        ("bytes too many", &[0, 1, 0, 1, 0]),
        ("a message cut short", &[0, 1, 0, 0, 4]),
        ("no packet", &[0]),
        ("no kind", &[77]),
        ("a ping with more in it", &[1, 1]),
        ("a second welcome", &[5, 0, 0, 0, 0, 0, 0, 0, 1]),
    ];
    for (count, (what, frame)) in (1..).zip(sealed) {
        let mut stranger = Stranger::welcomed(good.me(), &Face::new(1)).await;
        stranger.send(frame).await;
        in_time(what, stranger.is_closed()).await;
        counted(&good, what, |stats| stats.bad_frames == count).await;
    }
    let raw: [(&str, &[u8]); 3] = [
        ("a frame that is too long", &[0x04, 0x00]),
        ("the longest that can be said", &[0xff, 0xff]),
        ("a frame shorter than its seal", &[0, 16, 0]),
    ];
    for (count, (what, bytes)) in (9..).zip(raw) {
        let mut stranger = Stranger::welcomed(good.me(), &Face::new(1)).await;
        stranger.write(bytes).await;
        in_time(what, stranger.is_closed()).await;
        counted(&good, what, |stats| stats.bad_frames == count).await;
    }
    let mut stranger = Stranger::welcomed(good.me(), &Face::new(1)).await;
    stranger.write(&[0, 90, 1, 0]).await;
    drop(stranger);
    counted(&good, "the end inside a frame", |stats| stats.bad_frames == 12).await;

    assert_eq!(good.neighbors().borrow().as_slice(), [friend.me()], "undisturbed");
    let still = content("still here");
    friend.publish(still.clone()).await.expect("it runs");
    delivers(&mut good, &still).await;
    assert_eq!((good.stats().bad_handshakes, friend.stats().bad_frames), (0, 0));
}

#[tokio::test]
async fn too_many_links_are_refused_unless_one_is_unused() {
    let node = start(4, &[], options(Limits { incoming: 2, ..quick() })).await;
    let mut neighbors = Vec::new();
    for secret in [1, 2] {
        let mut stranger = Stranger::welcomed(node.me(), &Face::new(secret)).await;
        stranger.accept_as_neighbor().await;
        neighbors.push(stranger);
    }
    holds(&node, "both", |held| held.len() == 2).await;
    let mut third = Stranger::dial(node.me()).await;
    assert!(third.shake(&Face::new(3)).await);
    assert_eq!(in_time("a reason", third.goodbye()).await, Some(4), "full");
    assert_eq!((node.stats().refused, node.stats().evicted), (1, 0));
    drop(third);
    // A neighbor that lets go is a contact like others, and makes room once it is a second old.
    neighbors[0].send_packet(&[1, 0, 2]).await;
    holds(&node, "one of them", |held| held.len() == 1).await;
    let room = async {
        loop {
            let mut fourth = Stranger::dial(node.me()).await;
            assert!(fourth.shake(&Face::new(4)).await);
            if fourth.read_frame().await.is_some_and(|frame| frame[0] == 5) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    in_time("room for another", room).await;
    assert_eq!(in_time("a reason", neighbors[0].goodbye()).await, Some(4));
    assert_eq!(node.stats().evicted, 1);
}

#[tokio::test]
async fn a_silent_neighbor_is_given_up() {
    let limits = Limits { dead: Duration::from_secs(2), ..quick() };
    let node = start(2, &[], options(limits)).await;
    let face = Face::new(1);
    let mut stranger = Stranger::welcomed(node.me(), &face).await;
    stranger.accept_as_neighbor().await;
    holds(&node, "the stranger", |held| held.len() == 1).await;
    assert_eq!(node.neighbors().borrow()[0].identity(), Some(face.claims));
    // It says nothing any more, though its connection stands.
    holds(&node, "nobody", Vec::is_empty).await;
    in_time("the end of the connection", stranger.is_closed()).await;
    assert_eq!(node.stats().dead, 1);
}

#[tokio::test]
async fn pings_are_answered() {
    let node = start(2, &[], options(Limits { ping: Duration::from_secs(60), ..quick() })).await;
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    for _ in 0..3 {
        stranger.send(&[1]).await;
        assert_eq!(in_time("a pong", stranger.read_frame()).await, Some(vec![2]));
    }
}

#[tokio::test]
async fn an_idle_contact_is_let_go() {
    let limits = Limits { idle: Duration::from_millis(300), ..quick() };
    let node = start(2, &[], options(limits)).await;
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    assert_eq!(in_time("the goodbye", stranger.goodbye()).await, Some(0), "not needed any more");
    drop(stranger);
    assert_eq!((node.stats().idle, node.stats().dead), (1, 0));
}

#[tokio::test]
async fn keys_are_taken_anew() {
    let limits = Limits { rekey: Duration::from_millis(50), ..quick() };
    let first = start(2, &[], options(limits.clone())).await;
    let mut second = start(2, &[first.me()], options(limits)).await;
    settled_pair(&first, &second).await;
    for number in 0u32..20 {
        let text = Content::new(number.to_be_bytes().to_vec().into());
        first.publish(text.clone()).await.expect("it runs");
        delivers(&mut second, &text).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(first.stats().rekeys >= 4, "{}", first.stats().rekeys);
    assert_eq!(second.stats().tampered, 0);
}

/// The node must neither wait for it nor keep everything for it, and the others must not notice.
#[tokio::test]
async fn a_neighbor_that_takes_no_data_is_dropped_and_disturbs_nobody() {
    let limits = Limits { outbox: 8, stall: Duration::from_secs(2), ..quick() };
    let node = start(4, &[], options(limits.clone())).await;
    let mut friend = start(4, &[node.me()], options(limits)).await;
    settled_pair(&node, &friend).await;
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    stranger.accept_as_neighbor().await;
    holds(&node, "both", |neighbors| neighbors.len() == 2).await;
    let sink = stranger.live_without_reading();
    // 60,000 bytes each: the socket's buffers hold some of them, the outbox eight more.
    let feeding = async {
        for number in 0u32.. {
            let mut bytes = vec![0; 60_000];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let big = Content::new(bytes.into());
            node.publish(big.clone()).await.expect("it runs");
            delivers(&mut friend, &big).await;
            let stats = node.stats();
            if stats.stalled > 0 && stats.outbox_full > 0 {
                return;
            }
        }
    };
    in_time("the stranger is given up", feeding).await;
    holds(&node, "the friend only", |held| held.as_slice() == [friend.me()]).await;
    sink.abort();
}

#[tokio::test]
async fn a_full_outbox_closes_the_link_in_the_end() {
    let limits = Limits { outbox: 4, outbox_patience: Duration::from_millis(300), ..quick() };
    let node = start(4, &[], options(limits)).await;
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    stranger.accept_as_neighbor().await;
    holds(&node, "the stranger", |neighbors| neighbors.len() == 1).await;
    let sink = stranger.live_without_reading();
    let feeding = async {
        for number in 0u32.. {
            let mut bytes = vec![0; 60_000];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            node.publish(Content::new(bytes.into())).await.expect("it runs");
            if node.stats().outbox_stuck > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    in_time("its outbox is stuck", feeding).await;
    holds(&node, "nobody", Vec::is_empty).await;
    assert!(node.stats().outbox_full > 0);
    sink.abort();
}

#[tokio::test]
async fn a_message_longer_than_a_packet_is_not_sent() {
    let limits = Limits { packet: 1_000, ..quick() };
    let node = start(2, &[], options(limits.clone())).await;
    let mut friend = start(2, &[node.me()], options(limits)).await;
    settled_pair(&node, &friend).await;
    // A version, a layer and two bytes of hop count go with the content.
    node.publish(Content::new(vec![1; 997].into())).await.expect("it runs");
    let fits = Content::new(vec![1; 996].into());
    node.publish(fits.clone()).await.expect("it runs");
    delivers(&mut friend, &fits).await;
    assert_eq!(node.stats().too_long, 1);
}

#[tokio::test]
async fn the_longest_packet_arrives() {
    let mut nodes = start_all(2, 2).await;
    settled(&nodes, 1).await;
    let longest = Content::new(vec![7; MAX_PACKET - 4].into());
    nodes[0].publish(longest.clone()).await.expect("it runs");
    delivers(&mut nodes[1], &longest).await;
}

/// What a rate lets through in the time that has really passed, and one more at its end.
const fn allowed(each_second: u128, burst: u128, took: Duration) -> u128 {
    burst + each_second * took.as_millis() / 1_000 + 1
}

/// A link that sends too much waits, for its packets as for its bytes; nothing is lost and nobody else waits with it.
#[tokio::test]
async fn a_link_is_read_no_faster_than_its_rate() {
    // Sealed, each packet has so many bytes.
    const SEALED: u32 = 100;
    for limits in [
        Limits { packets: Rate::per_second(50, 10), ..quick() },
        Limits { bytes: Rate::per_second(50 * SEALED, 10 * SEALED), ..quick() },
    ] {
        let node = start(4, &[], options(limits)).await;
        let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
        let mut frames = Vec::new();
        for number in 0u8..60 {
            let packet = [&[0, 1, 1, 0, 1][..], &[number; SEALED as usize - 5 - 16]].concat();
            frames.extend(stranger.seal(&packet));
        }
        let started = std::time::Instant::now();
        // All at once: however slow this machine is, the node does not wait for the stranger.
        stranger.write(&frames).await;
        counted(&node, "all of them", |stats| {
            let most = allowed(50, 10, started.elapsed());
            assert!(u128::from(stats.received) <= most, "{} of {most}", stats.received);
            stats.received == 60
        })
        .await;
        assert!(node.stats().throttled > 0);
    }
}

/// What waits for a slow link waits in the outbox, not on the way.
#[tokio::test]
async fn a_link_is_written_no_faster_than_its_rate() {
    const BYTES: usize = 1_000;
    // So many are written at once, before the pause for them.
    const BATCH: u128 = 32;
    for limits in [
        Limits { packets: Rate::per_second(50, 10), ..quick() },
        Limits { bytes: Rate::per_second(50_000, 10_000), ..quick() },
    ] {
        let node = start(4, &[], options(limits)).await;
        let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
        stranger.accept_as_neighbor().await;
        holds(&node, "the stranger", |held| held.len() == 1).await;
        let started = std::time::Instant::now();
        let feeding = async {
            for number in 0u8..60 {
                node.publish(Content::new(vec![number; BYTES].into())).await.expect("it runs");
                // One after the other: what waits together is written together.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let reading = async {
            let mut read = 0_u128;
            while read < 60 {
                let frame = stranger.read_frame().await.expect("it is open");
                read += u128::from(frame.len() > BYTES);
                let most = allowed(50, 10, started.elapsed()) + BATCH;
                assert!(read <= most, "{read} of {most}");
            }
        };
        in_time("all of them", async { tokio::join!(feeding, reading) }).await;
    }
}

/// Whom it does not want, cuts messages that begin with a letter, and admits each first letter once.
#[derive(Debug)]
struct Strict {
    unwanted: floodnet_tcp::identity::Identity,
    admitted: std::sync::Mutex<Vec<u8>>,
}

type Message = <FloodNode as floodnet_core::protocol::Types>::Message;

impl Validator<Message> for Strict {
    fn admits(&self, link: &LinkInfo) -> bool {
        link.peer.identity() != Some(self.unwanted)
    }

    fn validate(&self, message: &Message, _: &LinkInfo) -> Acceptance {
        let Of::Broadcast(message) = message else { return Acceptance::Accept };
        match message.payload.bytes().first() {
            Some(b'f') => Acceptance::Reject("forged"),
            Some(b'o') => Acceptance::Ignore("old"),
            _ => Acceptance::Accept,
        }
    }

    fn validate_in_order(&self, message: &Message, _: &LinkInfo) -> Acceptance {
        let Of::Broadcast(message) = message else { return Acceptance::Accept };
        let Some(&letter) = message.payload.bytes().first() else { return Acceptance::Accept };
        let mut admitted = self.admitted.lock().expect("unharmed");
        if letter == b'x' {
            return Acceptance::Reject("late");
        }
        if admitted.contains(&letter) {
            return Acceptance::Ignore("again");
        }
        admitted.push(letter);
        Acceptance::Accept
    }
}

#[tokio::test]
async fn the_gate_decides_before_the_node_sees_a_message() {
    let unwanted = Face::new(66);
    let validator = Arc::new(Strict { unwanted: unwanted.claims, admitted: std::sync::Mutex::default() });
    let config =
        Config { overlay: random_walk::Config::new(Vec::new()), broadcast: flood::Config::default() };
    let mut node = spawn_with_validator::<FloodNode>(flood_node, config, options(quick()), validator)
        .await
        .expect("a free port");

    let mut stranger = Stranger::dial(node.me()).await;
    assert!(stranger.shake(&unwanted).await);
    assert_eq!(in_time("a reason", stranger.goodbye()).await, Some(5), "unwelcome");

    let say = |text: &str| [&[1, 1, 0, 1], text.as_bytes()].concat();
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    for text in ["old news", "a first", "a second"] {
        stranger.send_packet(&say(text)).await;
    }
    delivers(&mut node, &content("a first")).await;
    counted(&node, "two drops", |stats| stats.validator_dropped == 2).await;
    assert_eq!(node.stats().validator_cut, 0);
    stranger.send_packet(&say("forged")).await;
    in_time("the cut", stranger.is_closed()).await;
    let mut stranger = Stranger::welcomed(node.me(), &Face::new(1)).await;
    stranger.send_packet(&say("x")).await;
    in_time("the cut", stranger.is_closed()).await;
    counted(&node, "both cuts", |stats| stats.validator_cut == 2 && node.links() == 0).await;
    let drops: Vec<(&str, u64)> = node.dropped_by_reason().into_iter().collect();
    assert_eq!(drops, [("again", 1), ("forged", 1), ("late", 1), ("old", 1)]);
    assert_eq!(node.stats().unwelcome, 1);
}

/// An error of the application in its validator ends one link.
#[tokio::test]
async fn a_panic_in_the_task_of_a_link_ends_that_link_only() {
    let validator = Arc::new(|message: &Message, _: &LinkInfo| match message {
        Of::Broadcast(message) => {
            assert!(message.payload.bytes().as_ref() != b"boom", "an error of the program, on purpose");
            Acceptance::Accept
        }
        Of::Overlay(_) => Acceptance::Accept,
    });
    let config =
        Config { overlay: random_walk::Config::new(Vec::new()), broadcast: flood::Config::default() };
    let mut node = spawn_with_validator::<FloodNode>(flood_node, config, options(quick()), validator)
        .await
        .expect("a free port");
    let mut victim = Stranger::welcomed(node.me(), &Face::new(1)).await;
    let mut other = Stranger::welcomed(node.me(), &Face::new(2)).await;
    victim.send_packet(b"\x01\x01\0\x01boom").await;
    in_time("the end of the link", victim.is_closed()).await;
    other.send_packet(b"\x01\x01\0\x01fine").await;
    delivers(&mut node, &content("fine")).await;
    counted(&node, "one panic", |stats| stats.panicked == 1 && node.links() == 1).await;
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
    let mut long = Options::default();
    long.network.name = "x".repeat(256);
    refused(long).await;
}

pub(crate) async fn settled_pair(one: &Running, other: &Running) {
    holds(one, "the other", |held| held.as_slice() == [other.me()]).await;
    holds(other, "the one", |held| held.as_slice() == [one.me()]).await;
}
