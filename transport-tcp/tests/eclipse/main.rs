//! One member that wants all links of another, so that it decides what that one hears and says. Real nodes on loopback,
//! each at an address of its own, and a member that keeps to no rule: in the profiles `lan` and `public`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use floodnet_core::broadcast::{BroadcastEvent, flood};
use floodnet_core::content::Content;
use floodnet_core::node::{Config, Layer};
use floodnet_core::overlay::random_walk;
use floodnet_tcp::driver::spawn;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, Profile, Reach};
use floodnet_tcp::options::{Connector, Network, Options};
use floodnet_tcp::peer::Peer;
use floodnet_tcp::{FloodNode, flood_node};
use floodnet_tcp_testing::hostile::{Attack, Hostile};
use tokio::net::TcpSocket;
use tokio::time::{Instant, interval, sleep, timeout};

/// Far longer than any test takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Honest nodes, the victim among them.
const HONEST: u8 = 9;
/// Lines that each of two says while the attack lasts.
const LINES: usize = 40;
/// A line each.
const PAUSE: Duration = Duration::from_millis(75);

type Running = Handle<FloodNode>;

/// A node at an address of its own, from which it dials as well.
async fn start(number: u8, entry: &[Peer], limits: &Limits) -> Running {
    let ip = Ipv4Addr::new(127, 30, number, 1);
    let overlay =
        random_walk::Config { degree: 6, max_degree: Some(12), ..random_walk::Config::new(entry.to_vec()) };
    let config = Config { overlay, broadcast: flood::Config::default() };
    let connector = Connector::new(move |peer| {
        Box::pin(async move {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::V4(ip), 0))?;
            socket.connect(peer.address()).await
        })
    });
    let options = Options {
        listen: SocketAddr::new(ip.into(), 0),
        seed: Some(number.into()),
        limits: limits.clone(),
        connector,
        ..Options::default()
    };
    spawn(flood_node, config, options).await.expect("a free port on loopback")
}

/// Links that the victim has before anybody attacks.
async fn is_linked(node: &Running, links: usize) {
    let linked = async {
        let mut neighbors = node.neighbors();
        neighbors.wait_for(|held| held.len() >= links).await.expect("it runs");
    };
    timeout(PATIENCE, linked).await.expect("it joins");
}

fn line(from: &str, when: &str, number: usize) -> Content {
    Content::new(Bytes::from(format!("{from} {when} {number}")))
}

/// The lines of each that have reached the other.
#[derive(Debug, Default)]
struct Heard {
    by_victim: usize,
    by_other: usize,
    /// The most places of the victim's that were not held by honest nodes.
    hostile: usize,
}

/// The victim and another one say so many lines each, and wait a moment for the last ones.
async fn talk(victim: &mut Running, other: &mut Running, honest: &[Peer], when: &str) -> Heard {
    let (mut heard, mut said, mut tick) = (Heard::default(), 0, interval(PAUSE));
    let mut end = None;
    while end.is_none_or(|end| Instant::now() < end) && heard.by_victim + heard.by_other < 2 * LINES {
        tokio::select! {
            _ = tick.tick(), if said < LINES => {
                victim.publish(line("victim", when, said)).await.expect("it runs");
                other.publish(line("other", when, said)).await.expect("it runs");
                said += 1;
                if said == LINES {
                    end = Some(Instant::now() + Duration::from_secs(3));
                }
            }
            event = victim.next_event() => heard.by_victim += is_line(event, &format!("other {when}")),
            event = other.next_event() => heard.by_other += is_line(event, &format!("victim {when}")),
            () = sleep(PAUSE) => {}
        }
        let held = victim.neighbors().borrow().clone();
        heard.hostile = heard.hostile.max(held.iter().filter(|peer| !honest.contains(peer)).count());
    }
    heard
}

fn is_line(event: Option<<FloodNode as floodnet_core::protocol::Types>::Event>, from: &str) -> usize {
    match event.expect("it runs") {
        Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) => {
            usize::from(payload.bytes().starts_with(from.as_bytes()))
        }
        _ => 0,
    }
}

/// A network, an attack on its first node, and what it did.
async fn withstands(profile: Profile, attack: Attack) {
    // Here all addresses are this machine's, which the public profile does not dial on hearsay.
    let limits = Limits { reach: Reach::Any, ..Limits::of(profile) };
    let mut victim = start(1, &[], &limits).await;
    let mut others = Vec::new();
    for number in 2..=HONEST {
        others.push(start(number, &[victim.me()], &limits).await);
    }
    is_linked(&victim, 5).await;
    let honest: Vec<Peer> = others.iter().map(Handle::me).collect();
    let mut other = others.pop().expect("eight");
    is_linked(&other, 1).await;
    let hostile = Hostile::begin(victim.me().address(), &Network::default(), attack);
    hostile.has_begun(PATIENCE).await;
    let heard = talk(&mut victim, &mut other, &honest, "during").await;
    assert_eq!((heard.by_victim, heard.by_other), (LINES, LINES), "{profile} {attack:?}: {heard:?}");
    assert!(heard.hostile <= 6, "{profile} {attack:?}: more than half of the places: {heard:?}");
    if attack == Attack::AskForPlaces {
        assert!(heard.hostile > 0, "the attack did nothing");
    }
    hostile.end();
    let after = talk(&mut victim, &mut other, &honest, "after").await;
    assert_eq!((after.by_victim, after.by_other), (LINES, LINES), "after it: {after:?}");
    assert_eq!(victim.stats().panicked, 0);
}

/// Each attack in each profile.
macro_rules! attacks {
    ($($name:ident: $profile:ident, $attack:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            withstands(Profile::$profile, Attack::$attack).await;
        }
    )*};
}

attacks! {
    twelve_links_ask_for_all_places_in_a_lan: Lan, AskForPlaces;
    twelve_links_ask_for_all_places_in_public: Public, AskForPlaces;
    twelve_links_say_that_they_took_the_victim: Lan, SayTaken;
    one_link_names_people_at_dead_addresses_in_a_lan: Lan, NameTheDead;
    one_link_names_people_at_dead_addresses_in_public: Public, NameTheDead;
    one_link_names_people_where_nobody_answers_in_a_lan: Lan, NameTheSilent;
    one_link_names_people_where_nobody_answers_in_public: Public, NameTheSilent;
}
