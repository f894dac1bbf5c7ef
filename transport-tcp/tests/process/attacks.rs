//! The attacks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use floodnet_core::broadcast::flood;
use floodnet_core::content::Content;
use floodnet_core::node::Layer;
use floodnet_core::overlay::random_walk::Message as Walk;
use floodnet_core::protocol::Types;
use floodnet_core::wire;
use floodnet_tcp::FloodNode;
use floodnet_tcp::bare::{Bare, Caller};
use floodnet_tcp::identity::Keypair;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Network;
use floodnet_tcp::peer::Peer;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::Result;
use super::node::{Process, start};

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
const MOST_KIB: u64 = 64 * 1_024;

/// Everything at once, from two hundred source groups, against the limits of `public`.
pub(crate) async fn memory_is_bounded() -> Result<()> {
    let mut node = Process::start("public", 1_000).await?;
    let address = node.address;
    let mut friend = start(vec![Peer::at(address)], Limits::of(Profile::Public)).await?;
    friend.neighbors().wait_for(|held| !held.is_empty()).await?;
    node.talk(&mut friend, 0).await?;
    let quiet = node.figures().await?["peak_kib"];

    let mut attackers = JoinSet::new();
    for group in 1..=40 {
        attackers.spawn(misbehave(address, group));
    }
    for group in 41..=200 {
        attackers.spawn(knock(address, group));
    }
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < Duration::from_secs(12) {
        let number = u32::try_from(times.len())? + 1;
        match node.talk(&mut friend, number).await {
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
    let figures = node.figures().await?;
    let peak = figures["peak_kib"];
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("memory: {quiet} KiB at rest, {peak} KiB at most");
    println!("{} lines there and back meanwhile: median {median:.0?}, worst {worst:.0?}", times.len());
    let counts: Vec<String> = figures
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!("  {}", counts.join(", "));
    ensure(peak <= MOST_KIB, || format!("{peak} KiB"))?;
    ensure(figures["panicked"] == 0, || "a task panicked".to_owned())?;
    ensure(figures["links"] <= 48 + 16, || format!("{} links", figures["links"]))?;
    for refusal in ["door_rate", "throttled", "dial_forbidden", "outbox_full"] {
        ensure(figures[refusal] > 0, || format!("nothing was refused as {refusal}"))?;
    }
    node.end().await
}

async fn connect(to: SocketAddr, group: u8) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 1, group, 1)), 0))?;
    Ok(socket.connect(to).await?)
}

/// Connects and says nothing, over and over.
async fn knock(to: SocketAddr, group: u8) -> Result<()> {
    let mut held = Vec::new();
    loop {
        held.push(connect(to, group).await?);
        if held.len() > 30 {
            held.clear();
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Shakes hands and then does one of several things, over and over.
async fn misbehave(to: SocketAddr, group: u8) -> Result<()> {
    let caller = Caller::new(Keypair::from_secret(&[group; 32]), &Network::default())?;
    loop {
        if let Ok(link) = caller.shake(connect(to, group).await?).await {
            // Cut off or throttled: again.
            let _ = attack(link, group).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn attack(mut link: Bare, group: u8) -> Result<()> {
    let neighbor = wire::encode::<Message>(&Layer::Overlay(Walk::JoinAck));
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
                link.queue(&wire::encode::<Message>(&Layer::Overlay(Walk::Join { joiner, hop_limit: 0 })))?;
                link.flush().await?;
            }
        }
    }
    Ok(())
}
