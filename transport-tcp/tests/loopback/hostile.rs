//! Peers that break the rules, each while an honest pair goes on talking.

use floodnet_core::token_bucket::Rate;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::options::Network;
use tokio::net::{TcpListener, TcpStream};

use super::stranger::{Face, Stranger};
use super::*;

/// Two honest nodes that talk all the time.
pub(crate) struct Pair {
    pub(crate) victim: Running,
    pub(crate) friend: Running,
    said: u32,
    worst: Duration,
}

/// Tells how the pair fared, with `--nocapture`.
#[expect(clippy::print_stdout, reason = "figures for the page on attacks")]
impl Drop for Pair {
    fn drop(&mut self) {
        let thread = std::thread::current();
        let attack = thread.name().unwrap_or("an attack");
        println!("{attack}: {} honest lines, the slowest {:.1?}", self.said, self.worst);
    }
}

impl Pair {
    pub(crate) async fn start(options: Options) -> Self {
        let victim = start(4, &[], options.clone()).await;
        let friend = start(4, &[victim.me()], Options { seed: Some(2), ..options }).await;
        holds(&victim, "the friend", |held| held.contains(&friend.me())).await;
        holds(&friend, "the victim", |held| held.contains(&victim.me())).await;
        Self { victim, friend, said: 0, worst: Duration::ZERO }
    }

    /// Says something in either direction, which must arrive.
    async fn talk(&mut self) {
        for is_reply in [false, true] {
            self.said += 1;
            let text = Content::new(format!("line {}", self.said).into_bytes().into());
            let (from, to) =
                if is_reply { (&self.victim, &mut self.friend) } else { (&self.friend, &mut self.victim) };
            let started = std::time::Instant::now();
            from.publish(text.clone()).await.expect("it runs");
            let arrives = tokio::time::timeout(PATIENCE, next_text(to, &text)).await;
            let held = [&self.victim, &self.friend].map(|node| node.neighbors().borrow().clone());
            let stats = [&self.victim, &self.friend].map(|node| node.stats());
            self.worst = self.worst.max(started.elapsed());
            assert!(arrives.is_ok(), "line {} did not arrive: {held:?} {stats:?}", self.said);
        }
    }

    /// Talks until `attack` is over, at least once.
    pub(crate) async fn talk_through<T>(&mut self, attack: impl Future<Output = T>) -> T {
        let mut attack = std::pin::pin!(attack);
        loop {
            tokio::select! {
                biased;
                result = &mut attack => {
                    self.talk().await;
                    return result;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => self.talk().await,
            }
        }
    }
}

/// Waits for this text; others that strangers have flooded are passed over.
async fn next_text(node: &mut Running, expected: &Content) {
    while let Some(event) = node.next_event().await {
        if let Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) = event
            && payload == *expected
        {
            return;
        }
    }
    panic!("stopped");
}

fn private(key: u8) -> Network {
    Network { name: "room".to_owned(), key: Some([key; 32]) }
}

fn in_network(network: Network, limits: Limits) -> Options {
    Options { network, ..options(limits) }
}

/// A door for many strangers of one address, otherwise as strict as in public.
fn strict() -> Limits {
    Limits {
        half_open_group: usize::MAX,
        group: usize::MAX,
        accepts: Rate::UNLIMITED,
        reach: floodnet_tcp::limits::Reach::Any,
        dials: Rate::UNLIMITED,
        dial_pause: Duration::ZERO,
        ..Limits::of(Profile::Public)
    }
}

#[tokio::test]
async fn a_private_port_answers_strangers_with_nothing_at_all() {
    let mut pair = Pair::start(in_network(private(1), quick())).await;
    let address = pair.victim.me();
    let attack = async {
        // Another key, no key, and what scanners send. Of the right length and of others.
        let mut wrong = Stranger::dial(address).await;
        assert!(!wrong.shake(&Face { network: private(2), ..Face::new(1) }).await);
        let mut keyless = Stranger::dial(address).await;
        assert!(!keyless.shake(&Face::new(1)).await);
        let mut strangers = vec![wrong, keyless];
        for bytes in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], b"SSH-2.0-OpenSSH\r\n", &[0x16, 3, 1, 2], &[0; 50], &[0xff; 99]]
        {
            let mut scanner = Stranger::dial(address).await;
            scanner.write(bytes).await;
            strangers.push(scanner);
        }
        let mut right_length = Stranger::dial(address).await;
        right_length.write(&[&[0, 48][..], &[9; 48]].concat()).await;
        strangers.push(right_length);
        for stranger in &mut strangers {
            assert_eq!(in_time("the end", stranger.is_closed()).await, 0, "not one byte");
        }
        strangers.len()
    };
    let count = pair.talk_through(attack).await;
    counted(&pair.victim, "all of them", |stats| stats.bad_handshakes == count as u64).await;
    assert_eq!(pair.victim.stats().welcomed, 1);
    let member = Stranger::welcomed(address, &Face { network: private(1), ..Face::new(1) }).await;
    drop(member);
}

#[tokio::test]
async fn other_networks_versions_and_forged_identities_do_not_come_in() {
    let mut pair = Pair::start(options(quick())).await;
    let address = pair.victim.me();
    let thief = Face { claims: pair.friend.me().identity().expect("known"), ..Face::new(1) };
    let attack = async {
        let mut foreign = Stranger::dial(address).await;
        let network = Network { name: "elsewhere".to_owned(), key: None };
        assert!(!foreign.shake(&Face { network, ..Face::new(1) }).await, "it cannot read the answer");
        drop(foreign);
        for versions in [[2, 9], [0, 0]] {
            let mut other = Stranger::dial(address).await;
            assert!(other.shake(&Face { versions, ..Face::new(1) }).await);
            assert_eq!(in_time("a reason", other.goodbye()).await, Some(6), "version");
        }
        // The friend's name under one's own signature, and somebody's signature over another channel's key.
        let mut forged = Stranger::dial(address).await;
        assert!(forged.shake(&thief).await);
        in_time("the end", forged.is_closed()).await;
        let mut borrowed = Stranger::dial(address).await;
        assert!(borrowed.shake(&Face { signs: Keypair::from_secret(&[8; 32]), ..Face::new(1) }).await);
        in_time("the end", borrowed.is_closed()).await;
    };
    pair.talk_through(attack).await;
    let counts =
        |stats: Stats| (stats.bad_handshakes + stats.broken, stats.wrong_version, stats.wrong_identity);
    counted(&pair.victim, "each", |stats| counts(stats) == (1, 2, 2)).await;
    assert_eq!(pair.victim.stats().welcomed, 1, "the friend alone");
    assert_eq!(pair.victim.neighbors().borrow().as_slice(), [pair.friend.me()]);
}

#[tokio::test]
async fn a_flipped_bit_ends_the_link() {
    let mut pair = Pair::start(options(quick())).await;
    let address = pair.victim.me();
    let attack = async {
        for place in [2, 3, 10, 22] {
            let mut stranger = Stranger::welcomed(address, &Face::new(1)).await;
            let mut frame = stranger.seal(b"\0\x01\x01\0\x01hello");
            frame[place] ^= 0x10;
            stranger.write(&frame).await;
            in_time("the end", stranger.is_closed()).await;
        }
    };
    pair.talk_through(attack).await;
    counted(&pair.victim, "each", |stats| stats.tampered == 4).await;
}

/// Every byte of a good session, sent again over new connections: the handshake does not even end.
#[tokio::test]
async fn a_recorded_session_is_of_no_use() {
    for network in [Network::default(), private(1)] {
        let mut pair = Pair::start(in_network(network.clone(), quick())).await;
        let address = pair.victim.me();
        let face = Face { network, ..Face::new(1) };
        let attack = async {
            let mut good = Stranger::welcomed(address, &face).await;
            good.send_packet(b"\x01\x01\0\x01replayed").await;
            counted_welcomes(address).await;
            let record = good.written.clone();
            drop(good);
            for _ in 0..3 {
                let mut replay = Stranger::dial(address).await;
                replay.write(&record).await;
                in_time("the end", replay.is_closed()).await;
            }
        };
        pair.talk_through(attack).await;
        counted(&pair.victim, "each", |stats| stats.bad_handshakes == 3).await;
        assert_eq!(pair.victim.stats().welcomed, 2, "the friend, and the stranger once");
    }
}

/// Gives the node a moment to read what was sent.
async fn counted_welcomes(_: Peer) {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn repeated_frames_end_the_link() {
    let mut pair = Pair::start(options(quick())).await;
    let address = pair.victim.me();
    let attack = async {
        let mut stranger = Stranger::welcomed(address, &Face::new(1)).await;
        let frame = stranger.seal(b"\0\x01\x01\0\x01once");
        stranger.write(&frame).await;
        stranger.write(&frame).await;
        in_time("the end", stranger.is_closed()).await;
    };
    pair.talk_through(attack).await;
    counted(&pair.victim, "it", |stats| stats.tampered == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_silent_connections_are_shown_the_door() {
    let limits = Limits { handshake: Duration::from_secs(2), frame: Duration::from_secs(2), ..quick() };
    let mut pair = Pair::start(options(limits)).await;
    let address = pair.victim.me();
    let attack = async {
        let mut mute = Stranger::dial(address).await;
        let drip = |mut stranger: Stranger, bytes: Vec<u8>| async move {
            for byte in bytes {
                stranger.write(&[byte]).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            stranger.is_closed().await
        };
        let slow = drip(Stranger::dial(address).await, [&[0, 32][..], &[9; 30]].concat());
        let mut shaken = Stranger::welcomed(address, &Face::new(1)).await;
        let frame = shaken.seal(&[0; 60]);
        let (muted, ..) =
            in_time("all of them", async { tokio::join!(mute.is_closed(), slow, drip(shaken, frame)) }).await;
        assert_eq!(muted, 0);
    };
    pair.talk_through(attack).await;
    counted(&pair.victim, "each", |stats| (stats.slow_handshakes, stats.slow_frames) == (2, 1)).await;
}

/// Hundreds hold the door: new ones come in all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_do_not_keep_others_out() {
    let limits = strict();
    let room = u64::try_from(limits.half_open).expect("a small number");
    let mut pair = Pair::start(options(limits)).await;
    let address = pair.victim.me().address();
    let started = std::time::Instant::now();
    let attack = async {
        let mut held = Vec::new();
        for _ in 0..400 {
            held.push(TcpStream::connect(address).await.expect("it listens"));
        }
        let joined = async {
            loop {
                let mut honest = Stranger::dial_at(address).await;
                if honest.shake(&Face::new(1)).await && honest.read_frame().await.is_some() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        in_time("an honest one", joined).await;
        (held, started.elapsed())
    };
    let (held, took) = pair.talk_through(attack).await;
    // A place at the door is given to somebody else after a second at the earliest.
    let let_in = room * (1 + took.as_secs());
    let refused = pair.victim.stats().admission_half_open;
    assert!(refused > 0 && refused >= 400u64.saturating_sub(let_in), "{refused} refused in {took:?}");
    drop(held);
}

#[tokio::test]
async fn one_source_may_not_knock_too_often() {
    let limits = Limits { accepts: Rate::per_second(1, 40), ..strict() };
    let mut pair = Pair::start(options(limits)).await;
    let address = pair.victim.me().address();
    let storm = async {
        for _ in 0..300 {
            drop(TcpStream::connect(address).await);
        }
    };
    pair.talk_through(storm).await;
    counted(&pair.victim, "most are turned away", |stats| stats.admission_group > 250).await;
    assert!(pair.victim.stats().accepted < 40, "{}", pair.victim.stats().accepted);
}

/// A second link of an identity: the first is kept while it lives, whoever holds the key.
#[tokio::test]
async fn a_second_link_of_an_identity_is_refused_unless_it_is_later() {
    let mut pair = Pair::start(options(Limits { probe: Duration::from_secs(2), ..quick() })).await;
    let address = pair.victim.me();
    let face = Face { number: 5, ..Face::new(1) };
    let mut first = Stranger::welcomed(address, &face).await;
    let refused = async |face: Face| {
        let mut second = Stranger::dial(address).await;
        assert!(second.shake(&face).await);
        assert_eq!(in_time("a reason", second.goodbye()).await, Some(2), "duplicate");
    };
    let attack = async {
        refused(Face { session: 6, ..face.clone() }).await;
        refused(Face { number: 4, ..face.clone() }).await;
        // The first is asked whether it is still there, and it is.
        for _ in 0..2 {
            first.send(&[1]).await;
        }
        assert_eq!(in_time("a ping", first.read_frame()).await, Some(vec![1]));
        let mut later = Stranger::welcomed(address, &Face { number: 6, ..face.clone() }).await;
        in_time("the first is closed", first.is_closed()).await;
        // This one does not answer.
        refused(Face { session: 6, number: 7, ..face.clone() }).await;
        in_time("it is given up", later.is_closed()).await;
        let mut earlier = Stranger::welcomed(address, &Face { session: 6, number: 8, ..face.clone() }).await;
        // Who comes back need not wait until the link of the life before is given up.
        let back = Stranger::welcomed(address, &Face { session: 8, number: 1, ..face.clone() }).await;
        in_time("the life before is over", earlier.is_closed()).await;
        back
    };
    let last = pair.talk_through(attack).await;
    counted(&pair.victim, "each", |stats| (stats.duplicate_links, stats.dead) == (3, 1)).await;
    drop(last);
}

/// The frame with which `joiner` asks for neighbors.
fn join(joiner: Peer, hop_limit: u8) -> Vec<u8> {
    let mut packet = vec![1, 0, 0];
    floodnet_core::wire::Wire::encode(&joiner, &mut packet);
    packet.push(hop_limit);
    packet
}

/// Requests that name somebody else's address: at most one dial, and not a byte more than was received.
#[tokio::test]
async fn a_join_that_names_a_victim_makes_one_dial_at_most() {
    let target = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = target.local_addr().expect("bound");
    let limits = Limits { dial_pause: Duration::from_secs(60), ..strict() };
    let mut pair = Pair::start(options(limits)).await;
    let address = pair.victim.me();
    let mut stranger = Stranger::welcomed(address, &Face::new(1)).await;
    let mut asked = 0;
    let attack = async {
        for secret in 100u8..150 {
            let packet = join(Peer::new(Face::new(secret).claims, place), 0);
            asked += packet.len();
            stranger.send_packet(&packet).await;
        }
        let (mut dialed, _) = in_time("one dial", target.accept()).await.expect("a connection");
        let mut bytes = [0; 1_024];
        let length = tokio::io::AsyncReadExt::read(&mut dialed, &mut bytes).await.expect("readable");
        let more = tokio::time::timeout(Duration::from_millis(700), target.accept()).await;
        assert!(more.is_err(), "no second dial");
        length
    };
    let sent = pair.talk_through(attack).await;
    assert_eq!(sent, 34, "a length and a key, less than one request");
    assert!(sent < asked / 50);
    counted(&pair.victim, "the others", |stats| stats.dial_rate >= 49 - 16).await;
}

#[tokio::test]
async fn in_public_no_private_address_is_dialed_on_hearsay() {
    let target = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = target.local_addr().expect("bound");
    let limits = Limits { reach: floodnet_tcp::limits::Reach::Global, ..strict() };
    // The friend was typed in by a person, so it may be dialed.
    let victim = start(4, &[], options(limits)).await;
    let mut stranger = Stranger::welcomed(victim.me(), &Face::new(1)).await;
    for secret in 100u8..120 {
        stranger.send_packet(&join(Peer::new(Face::new(secret).claims, place), 0)).await;
    }
    counted(&victim, "all", |stats| stats.dial_forbidden >= 20).await;
    assert!(tokio::time::timeout(Duration::from_millis(100), target.accept()).await.is_err());
    assert_eq!(victim.stats().dialed, 0);
}

/// A packet of the overlay that names a peer.
fn naming(kind: u8, peer: Peer) -> Vec<u8> {
    let mut packet = vec![1, 0, kind];
    floodnet_core::wire::Wire::encode(&peer, &mut packet);
    packet
}

/// Offers for others, referrals that nobody asked for, and the farewells of a stranger that was no neighbor.
#[tokio::test]
async fn nobody_is_dialed_for_answers_to_what_was_not_asked() {
    let target = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let place = target.local_addr().expect("bound");
    let mut pair = Pair::start(options(strict())).await;
    let address = pair.victim.me();
    let dialed = pair.victim.stats().dialed;
    let attack = async {
        let mut stranger = Stranger::welcomed(address, &Face::new(1)).await;
        for secret in 100u8..110 {
            for kind in [4, 5, 0x22, 0x26] {
                stranger.send_packet(&naming(kind, Peer::new(Face::new(secret).claims, place))).await;
            }
        }
        assert!(tokio::time::timeout(Duration::from_millis(500), target.accept()).await.is_err());
        stranger
    };
    let stranger = pair.talk_through(attack).await;
    counted(&pair.victim, "the offers", |stats| stats.no_link == 10).await;
    assert_eq!(pair.victim.stats().dialed, dialed);
    drop(stranger);
}

/// The first hop puts in the address that it sees, so a joiner cannot name another address as its own.
#[tokio::test]
async fn a_joiner_cannot_name_another_address_as_its_own() {
    let node = start(2, &[], options(quick())).await;
    let face = Face { port: 4_321, ..Face::new(1) };
    let mut stranger = Stranger::welcomed(node.me(), &face).await;
    let lie: SocketAddr = "127.0.0.1:9999".parse().expect("an address");
    stranger.send_packet(&join(Peer::new(face.claims, lie), 0)).await;
    holds(&node, "the stranger", |held| held.len() == 1).await;
    assert_eq!(node.neighbors().borrow()[0].address(), "127.0.0.1:4321".parse().expect("an address"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_requests_disturbs_nobody() {
    let limits = Limits { reach: floodnet_tcp::limits::Reach::Any, ..Limits::of(Profile::Public) };
    let limits = Limits { half_open_group: 64, group: 64, ..limits };
    let mut pair = Pair::start(options(limits)).await;
    let address = pair.victim.me();
    let started = std::time::Instant::now();
    let storm = async {
        let mut strangers = Vec::new();
        for secret in 1..=4 {
            strangers.push(Stranger::welcomed(address, &Face::new(secret)).await);
        }
        for number in 0u16..500 {
            for stranger in &mut strangers {
                let [a, b] = number.to_be_bytes();
                let place = SocketAddr::from(([127, 0, a, b], 2_000));
                stranger.send_packet(&join(Peer::new(Face::new(200).claims, place), 5)).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        strangers
    };
    let strangers = pair.talk_through(storm).await;
    let stats = pair.victim.stats();
    assert!(stats.throttled > 0, "each link has its rate");
    // One dial a second, and four at once.
    let allowed = 4 + 1 + started.elapsed().as_secs();
    assert!(stats.dialed <= allowed, "{} dials of {allowed}", stats.dialed);
    assert_eq!(pair.victim.links() - strangers.len(), 1);
}
