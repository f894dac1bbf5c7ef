//! The attacks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use floodnet_core::broadcast::{BroadcastEvent, flood};
use floodnet_core::content::Content;
use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk::Message as Walk;
use floodnet_core::protocol::Types;
use floodnet_core::wire;
use floodnet_tcp::FloodNode;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Network;
use floodnet_tcp::peer::Peer;
use floodnet_tcp_testing::{RawDialer, RawLink};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::Result;
use super::namespace::friends_place;
use super::node::{Process, start, start_at};

type Message = <FloodNode as Types>::Message;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(what().into()) }
}

/// The node has no file left for another connection: it waits, goes on talking, and takes connections again
/// when there is room.
pub(crate) async fn files_run_out() -> Result<()> {
    let mut node = Process::start("lab", 40).await?;
    let entry = vec![Peer::at(node.address)];
    let mut friend = start(entry.clone(), Limits::of(Profile::Lab)).await?;
    friend.neighbors().wait_for(|held| !held.is_empty()).await?;
    node.talk(&mut friend, 0).await?;
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(TcpStream::connect(node.address).await?);
    }
    for number in 1..20 {
        node.talk(&mut friend, number).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let figures = node.figures().await?;
    ensure(figures["accept_errors"] > 0, || format!("it never ran out of files: {figures:?}"))?;
    ensure(figures["accept_errors"] < 60, || format!("it span: {figures:?}"))?;
    drop(held);
    let other = start(entry, Limits::of(Profile::Lab)).await?;
    let joined = Instant::now();
    tokio::time::timeout(Duration::from_secs(20), other.neighbors().wait_for(|held| !held.is_empty()))
        .await??;
    println!("joined {:.1?} after files were free again", joined.elapsed());
    drop(other);
    node.end().await
}

/// A process that is stopped for a while, as by a laptop that sleeps: it notices, asks its peers for a sign of
/// life and goes on.
pub(crate) async fn a_stopped_process_goes_on() -> Result<()> {
    let mut node = Process::start("lab", 1_000).await?;
    let mut friend = start(vec![Peer::at(node.address)], Limits::of(Profile::Lab)).await?;
    friend.neighbors().wait_for(|held| !held.is_empty()).await?;
    node.talk(&mut friend, 0).await?;
    node.signal("STOP").await?;
    tokio::time::sleep(Duration::from_millis(6_500)).await;
    node.signal("CONT").await?;
    let took = node.talk(&mut friend, 1).await?;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let figures = node.figures().await?;
    ensure(figures["clock_jumps"] > 0, || format!("it did not notice: {figures:?}"))?;
    ensure(figures["links"] == 1 && friend.links() == 1, || format!("the link is gone: {figures:?}"))?;
    println!("a line there and back {took:.0?} after a pause of 6.5 s");
    node.end().await
}

/// What a whole node may take, whatever its peers do.
const MAX_KIB: u64 = 64 * 1_024;

/// Everything at once, from two hundred source groups of loopback, against the limits of `public`.
pub(crate) async fn memory_is_bounded() -> Result<()> {
    withstand(Process::start("public", 1_000).await?, [127, 1]).await
}

/// A node under attack from two hundred networks, `prefix` and their number, while it talks with a friend.
pub(crate) async fn withstand(mut node: Process, prefix: [u8; 2]) -> Result<()> {
    let listen = if node.address.ip().is_loopback() { node.address.ip() } else { friends_place() };
    let entry = vec![Peer::at(node.address)];
    let mut friend = start_at(listen, entry, Limits::of(Profile::Public)).await?;
    friend.neighbors().wait_for(|held| !held.is_empty()).await?;
    node.talk(&mut friend, 0).await?;
    let quiet = node.figures().await?["peak_kib"];

    let attackers = Attackers { node: node.address, prefix };
    let figures = talk_through(&mut node, &mut friend, attackers.begin()).await?;
    tell(quiet, &figures)?;
    ensure(figures["links"] <= 48 + 16, || format!("{} links", figures["links"]))?;
    for refusal in ["admission_rate", "throttled", "dial_forbidden", "outbox_full"] {
        ensure(figures[refusal] > 0, || format!("nothing was refused as {refusal}"))?;
    }
    node.end().await
}

/// A relay among sixty nodes of this machine, under the limits of `lab`: no rate keeps the attackers away, who are at
/// its door all the time. Its memory is bounded, and the others go on talking.
pub(crate) async fn a_lab_of_sixty_withstands() -> Result<()> {
    let mut relay = Process::start("lab", 8_000).await?;
    let first = start(vec![Peer::at(relay.address)], Limits::of(Profile::Lab)).await?;
    let entry = vec![Peer::at(relay.address), first.me()];
    let mut others = vec![first];
    for _ in 0..57 {
        others.push(start(entry.clone(), Limits::of(Profile::Lab)).await?);
    }
    let mut friend = start(entry, Limits::of(Profile::Lab)).await?;
    for node in others.iter().chain([&friend]) {
        node.neighbors().wait_for(|held| !held.is_empty()).await?;
    }
    relay.meet(&mut friend).await?;
    let quiet = relay.figures().await?["peak_kib"];
    let mut attackers = Attackers { node: relay.address, prefix: [127, 1] }.begin();
    let times = honest_lines(&others[0], &mut friend, Duration::from_secs(12)).await?;
    println!("{} lines between two others meanwhile: {}", times.len(), summary(times));
    let figures = relay.figures().await?;
    attackers.shutdown().await;
    tell(quiet, &figures)?;
    relay.end().await
}

/// What `from` says arrives at `to`, each line within fifteen seconds. Gives how long each took.
async fn honest_lines(
    from: &Handle<FloodNode>,
    to: &mut Handle<FloodNode>,
    during: Duration,
) -> Result<Vec<Duration>> {
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < during {
        let said = Instant::now();
        let line = Content::new(format!("honest line {}", times.len()).into());
        from.publish(line.clone()).await?;
        let arrives = async {
            while let Some(event) = to.next_event().await {
                if matches!(&event, Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) if *payload == line)
                {
                    return true;
                }
            }
            false
        };
        ensure(tokio::time::timeout(Duration::from_secs(15), arrives).await?, || "it stopped".to_owned())?;
        times.push(said.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(times)
}

/// Median and worst.
fn summary(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    format!("median {:.0?}, worst {:.0?}", times[times.len() / 2], times[times.len() - 1])
}

/// Lines go there and back for twelve seconds, then the attackers are called off. Gives the node's figures.
async fn talk_through(
    node: &mut Process,
    friend: &mut Handle<FloodNode>,
    mut attackers: JoinSet<Result<()>>,
) -> Result<BTreeMap<String, u64>> {
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < Duration::from_secs(12) {
        let number = u32::try_from(times.len())? + 1;
        match node.talk(friend, number).await {
            Ok(time) => times.push(time),
            Err(error) => {
                let (held, stats) = (friend.neighbors().borrow().clone(), friend.stats());
                let figures = node.figures().await?;
                return Err(format!("{error}: {figures:?}; the friend holds {held:?}, {stats:?}").into());
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    attackers.abort_all();
    println!("{} lines there and back meanwhile: {}", times.len(), summary(times));
    node.figures().await
}

/// Prints the figures, and holds them against the bounds of every node.
fn tell(quiet: u64, figures: &BTreeMap<String, u64>) -> Result<()> {
    let peak = figures["peak_kib"];
    println!("memory: {quiet} KiB at rest, {peak} KiB at most");
    let counts: Vec<String> = figures
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!("  {}", counts.join(", "));
    ensure(peak <= MAX_KIB, || format!("{peak} KiB"))?;
    ensure(figures["panicked"] == 0, || "a task panicked".to_owned())
}

/// Those who attack: each from a source group of its own.
#[derive(Clone, Copy)]
struct Attackers {
    node: SocketAddr,
    prefix: [u8; 2],
}

impl Attackers {
    fn begin(self) -> JoinSet<Result<()>> {
        let mut attackers = JoinSet::new();
        for group in 1..=40 {
            attackers.spawn(self.misbehave(group));
        }
        for group in 41..=200 {
            attackers.spawn(self.knock(group));
        }
        attackers
    }

    async fn connect(self, group: u8) -> Result<TcpStream> {
        let [a, b] = self.prefix;
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, group, 1)), 0))?;
        Ok(socket.connect(self.node).await?)
    }

    /// Connects and says nothing, over and over.
    async fn knock(self, group: u8) -> Result<()> {
        let mut held = Vec::new();
        loop {
            held.push(self.connect(group).await?);
            if held.len() > 30 {
                held.clear();
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Shakes hands and then does one of several things, over and over.
    async fn misbehave(self, group: u8) -> Result<()> {
        let caller = RawDialer::new(Keypair::from_secret(&[group; 32]), &Network::default())?;
        loop {
            if let Ok(stream) = self.connect(group).await
                && let Ok(link) = caller.shake(stream).await
            {
                // Cut off or throttled: again.
                let _ = attack(link, group).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn attack(mut link: RawLink, group: u8) -> Result<()> {
    let neighbor = wire::encode::<Message>(&Layer::Overlay(Walk::JoinAck {
        in_place_of: None,
        ticket: 0,
        dialed: true,
    }));
    match group % 4 {
        // Nearly a whole frame of the greatest length, which never ends.
        0 => {
            let mut part = vec![7; 16_000];
            part[..2].copy_from_slice(&16_401u16.to_be_bytes());
            link.write_raw(&part).await?;
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        // A neighbor that never reads, so that everything waits for it.
        1 => {
            link.queue(&neighbor)?;
            link.flush().await?;
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                link.ping().await?;
            }
        }
        // Great messages, all new, as fast as it goes.
        2 => {
            link.queue(&neighbor)?;
            for number in 0u32.. {
                let mut body = vec![group; 16_000];
                body[..4].copy_from_slice(&number.to_be_bytes());
                let message = flood::Message { hops: 1, payload: Content::new(body.into()) };
                link.queue(&wire::encode::<Message>(&Layer::Broadcast(message)))?;
                link.flush().await?;
            }
        }
        // Requests that name others.
        _ => {
            for number in (0..=u16::MAX).cycle() {
                let [a, b] = number.to_be_bytes();
                let victim = Keypair::from_secret(&[[b, 0xff]; 16].concat().try_into().unwrap_or([0; 32]));
                let joiner = Peer::new(victim.identity(), SocketAddr::from(([10, 9, a, b], 2_000)));
                link.queue(&wire::encode::<Message>(&Layer::Overlay(Walk::Join {
                    joiner,
                    hop_limit: 0,
                    ticket: 0,
                })))?;
                link.flush().await?;
            }
        }
    }
    Ok(())
}
