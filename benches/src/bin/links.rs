//! What a secure link costs on this machine: memory, handshakes, relayed messages, duplicates.
//!
//! ```sh
//! cargo run --release --bin links            # everything, about a minute
//! cargo run --release --bin links -- memory --links 4000
//! ```
//!
//! The node runs in this process and its peers in another on the same machine, so that memory is the node's
//! own; they share the processor, so rates are those of both ends together. Files open at once bound the number
//! of links (`ulimit -n`).

use std::collections::HashSet;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::{Parser, Subcommand};
use floodnet_core::broadcast::flood;
use floodnet_core::content::{Content, ContentId};
use floodnet_core::node::{Config, Layer};
use floodnet_core::observe::Payload;
use floodnet_core::overlay::random_walk;
use floodnet_core::protocol::Types;
use floodnet_core::wire;
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::identity::{Identity, KEY_BYTES, Keypair, SIGNATURE_BYTES};
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::{Network, Options};
use floodnet_tcp::validator::{Acceptance, LinkInfo, Validator};
use floodnet_tcp::{FloodNode, flood_node};
use floodnet_tcp_testing::{RawDialer, RawLink};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
type Message = <FloodNode as Types>::Message;

/// What a secure link costs on this machine.
#[derive(Debug, Parser)]
struct Args {
    /// The peers of the node there, in a process of their own.
    #[arg(long, hide = true)]
    peers_of: Option<SocketAddr>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Memory of a link at rest.
    Memory {
        /// How many links.
        #[arg(long, default_value_t = 1_000)]
        links: usize,
    },
    /// Handshakes in a second.
    Handshakes,
    /// New messages, verified and passed on to so many neighbors.
    Relay {
        /// How many neighbors.
        #[arg(long, default_value_t = 1)]
        sinks: usize,
    },
    /// Time that a message takes through the node, at 1,000 in a second.
    Delay,
    /// Copies of a message, dropped.
    Duplicates,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let args = Args::parse();
    match (args.what, args.peers_of) {
        (Some(what), Some(to)) => peers(to, what).await,
        (Some(what), None) => measure(what).await,
        (None, _) => {
            for links in [1_000, 4_000] {
                measure(What::Memory { links }).await?;
            }
            measure(What::Handshakes).await?;
            for sinks in [1, 7] {
                measure(What::Relay { sinks }).await?;
            }
            measure(What::Delay).await?;
            measure(What::Duplicates).await
        }
    }
}

/// Says what was measured.
#[expect(clippy::print_stdout, reason = "a program's results")]
fn say(text: &str) {
    println!("{text}");
}

/// A gate as a chat has: copies are dropped, what is new must be signed by its author.
#[derive(Debug, Default)]
struct Verify(Mutex<HashSet<ContentId>>);

impl Validator<Message> for Verify {
    fn validate(&self, message: &Message, _: &LinkInfo) -> Acceptance {
        let Layer::Broadcast(message) = message else { return Acceptance::Accept };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&message.payload.id()) {
            return Acceptance::Ignore("duplicate");
        }
        drop(seen);
        if !is_signed(message.payload.bytes()) {
            return Acceptance::Reject("forged");
        }
        seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(message.payload.id());
        Acceptance::Accept
    }
}

fn is_signed(bytes: &[u8]) -> bool {
    let Some((author, rest)) = bytes.split_first_chunk::<KEY_BYTES>() else { return false };
    let Some((signature, body)) = rest.split_first_chunk::<SIGNATURE_BYTES>() else { return false };
    Identity::from_bytes(*author).verify(body, signature)
}

/// Signed messages of 346 bytes, as packets.
fn signed(count: u32) -> Vec<Bytes> {
    let author = Keypair::from_secret(&[1; 32]);
    let packet = |number: u32| {
        let mut body = vec![b'x'; 250];
        body[..4].copy_from_slice(&number.to_be_bytes());
        let bytes = [&author.identity().as_bytes()[..], &author.sign(&body), &body].concat();
        let message = flood::Message { hops: 1, payload: Content::new(bytes.into()) };
        Bytes::from(wire::encode::<Message>(&Layer::Broadcast(message)))
    };
    (0..count).map(packet).collect()
}

async fn node() -> Result<Handle<FloodNode>> {
    let overlay = random_walk::Config { max_degree: Some(64), ..random_walk::Config::new(Vec::new()) };
    let config = Config { overlay, broadcast: flood::Config::default() };
    let limits = Limits { idle: Duration::from_secs(3_600), events: 1, ..Limits::of(Profile::Lab) };
    Ok(spawn_with_validator(
        flood_node,
        config,
        Options { limits, ..Options::default() },
        Arc::new(Verify::default()),
    )
    .await?)
}

/// The peers' process. Ended when it is dropped.
struct Peers {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Peers {
    fn start(to: SocketAddr, what: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--peers-of", &to.to_string()])
            .args(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        Ok(Self { child, lines: BufReader::new(out).lines() })
    }

    /// What they say next. Blocks; the node's own threads go on.
    fn next(&mut self) -> Result<String> {
        tokio::task::block_in_place(|| Ok(self.lines.next().ok_or("the peers have ended")??))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // Ended already, at the latest now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of this process in bytes.
fn resident() -> Result<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize = pages.split_whitespace().nth(1).ok_or("no such figure")?.parse()?;
    Ok(pages * 4_096)
}

/// Processor time of this process so far.
fn processor() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no such figure")?.1.split_whitespace().collect();
    // User and system time, in hundredths of a second.
    let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(10 * ticks))
}

/// The node's processor time for each of so many things.
fn each(since: Duration, count: u64) -> Result<String> {
    let micros = processor()?.saturating_sub(since).as_micros();
    Ok(format!("{:.1} us of the node's processor each", micros as f64 / count.max(1) as f64))
}

async fn measure(what: What) -> Result<()> {
    let node = node().await?;
    let to = node.me().address();
    let used = processor()?;
    match what {
        What::Memory { links } => {
            let before = resident()?;
            let mut peers = Peers::start(to, &["memory", "--links", &links.to_string()])?;
            peers.next()?;
            let taken = resident()?.saturating_sub(before);
            if node.links() != links {
                return Err(format!("{} links stand", node.links()).into());
            }
            say(&format!(
                "memory of a link, {links} links   {:.1} KiB",
                taken as f64 / links as f64 / 1_024.0
            ));
        }
        What::Handshakes => {
            let mut peers = Peers::start(to, &["handshakes"])?;
            let rate = peers.next()?;
            say(&format!("handshakes, both ends        {rate}/s   {}", each(used, node.stats().welcomed)?));
        }
        What::Relay { sinks } => {
            let mut peers = Peers::start(to, &["relay", "--sinks", &sinks.to_string()])?;
            let rate = peers.next()?;
            let (each, dropped) = (each(used, MESSAGES.into())?, node.stats().outbox_full);
            say(&format!("relayed to {sinks}, verified       {rate}/s   {each}, {dropped} dropped"));
        }
        What::Delay => {
            let mut peers = Peers::start(to, &["delay"])?;
            say(&format!("delay at 1,000/s, 8 links    {}", peers.next()?));
        }
        What::Duplicates => {
            let mut peers = Peers::start(to, &["duplicates"])?;
            peers.next()?;
            let (before, started, used) = (node.stats().validator_dropped, Instant::now(), processor()?);
            tokio::time::sleep(Duration::from_secs(5)).await;
            let count = node.stats().validator_dropped - before;
            let rate = count as f64 / started.elapsed().as_secs_f64();
            say(&format!("duplicates dropped           {rate:.0}/s   {}", each(used, count)?));
        }
    }
    Ok(())
}

fn caller(number: u32) -> Result<RawDialer> {
    let mut secret = [3; 32];
    secret[..4].copy_from_slice(&number.to_be_bytes());
    Ok(RawDialer::new(Keypair::from_secret(&secret), &Network::default())?)
}

async fn peers(to: SocketAddr, what: What) -> Result<()> {
    match what {
        What::Memory { links } => hold(to, links).await,
        What::Handshakes => shake(to).await,
        What::Relay { sinks } => relay(to, sinks).await,
        What::Delay => delay(to).await,
        What::Duplicates => repeat(to).await,
    }
}

fn tell(text: &str) -> Result<()> {
    say(text);
    Ok(std::io::stdout().flush()?)
}

/// Opens links, uses each once, and holds them.
async fn hold(to: SocketAddr, links: usize) -> Result<()> {
    let mut held = Vec::new();
    let text = &signed(1)[0];
    for number in 0..u32::try_from(links)? {
        let mut link = caller(number)?.dial(to).await?;
        link.queue(text)?;
        link.flush().await?;
        held.push(link);
    }
    for link in &mut held {
        link.ping().await?;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    tell("ready")?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(())
}

async fn shake(to: SocketAddr) -> Result<()> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..32 {
        let caller = caller(number)?;
        tasks.spawn(async move {
            let mut count = 0u32;
            while started.elapsed() < Duration::from_secs(5) {
                caller.dial(to).await?;
                count += 1;
            }
            Ok::<u32, std::io::Error>(count)
        });
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += done??;
    }
    tell(&format!("{:.0}", f64::from(count) / started.elapsed().as_secs_f64()))
}

/// A link that the node holds as a neighbor's.
async fn neighbor(to: SocketAddr, number: u32) -> Result<RawLink> {
    let mut link = caller(number)?.dial(to).await?;
    link.queue(&wire::encode::<Message>(&Layer::Overlay(random_walk::Message::JoinAck {
        in_place_of: None,
        ticket: 0,
        dialed: true,
    })))?;
    link.flush().await?;
    Ok(link)
}

/// Reads messages, and tells how many there were.
async fn count(mut link: RawLink, least: usize, got: tokio::sync::watch::Sender<u32>) -> std::io::Result<()> {
    loop {
        if link.next().await?.len() >= least {
            got.send_modify(|count| *count += 1);
        }
    }
}

const MESSAGES: u32 = 40_000;
/// Messages under way at once: fewer than wait for one peer, so that none is dropped.
const WINDOW: u32 = 200;

async fn relay(to: SocketAddr, sinks: usize) -> Result<()> {
    let packets = signed(MESSAGES);
    let mut tasks = JoinSet::new();
    let mut counts = Vec::new();
    for number in 0..u32::try_from(sinks)? {
        let (got, seen) = tokio::sync::watch::channel(0);
        tasks.spawn(count(neighbor(to, number).await?, 100, got));
        counts.push(seen);
    }
    let mut source = caller(99)?.dial(to).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    for (sent, packet) in (0..).zip(&packets) {
        source.queue(packet)?;
        if source.queued() > 8_000 {
            source.flush().await?;
            for seen in &mut counts {
                seen.wait_for(|got| got + WINDOW > sent).await?;
            }
        }
    }
    source.flush().await?;
    for seen in &mut counts {
        tokio::time::timeout(Duration::from_secs(60), seen.wait_for(|got| *got >= MESSAGES)).await??;
    }
    tell(&format!("{:.0}", f64::from(MESSAGES) / started.elapsed().as_secs_f64()))
}

async fn delay(to: SocketAddr) -> Result<()> {
    let packets = signed(5_000);
    let mut tasks = JoinSet::new();
    for number in 1..7 {
        let (got, _) = tokio::sync::watch::channel(0);
        tasks.spawn(count(neighbor(to, number).await?, 100, got));
    }
    let mut sink = neighbor(to, 0).await?;
    let mut source = caller(99)?.dial(to).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    let times = tokio::spawn(async move {
        let mut times = Vec::new();
        while times.len() < 5_000 {
            if sink.next().await?.len() >= 100 {
                times.push(started.elapsed());
            }
        }
        Ok::<_, std::io::Error>(times)
    });
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut sent = Vec::new();
    for packet in &packets {
        ticks.tick().await;
        sent.push(started.elapsed());
        source.queue(packet)?;
        source.flush().await?;
    }
    let times = times.await??;
    let mut delays: Vec<Duration> =
        times.iter().zip(&sent).map(|(got, sent)| got.saturating_sub(*sent)).collect();
    delays.sort_unstable();
    let at = |share: usize| delays[delays.len() * share / 100 - 1];
    tell(&format!("p50 {:.2?}, p99 {:.2?}, max {:.2?}", at(50), at(99), at(100)))
}

async fn repeat(to: SocketAddr) -> Result<()> {
    let text = &signed(1)[0];
    let mut links = Vec::new();
    for number in 0..2 {
        links.push(caller(number)?.dial(to).await?);
    }
    tell("ready")?;
    let mut tasks = JoinSet::new();
    for mut link in links {
        let text = text.clone();
        tasks.spawn(async move {
            loop {
                while link.queued() < 16_000 {
                    link.queue(&text)?;
                }
                link.flush().await?;
            }
            #[expect(unreachable_code, reason = "names the type")]
            Ok::<(), std::io::Error>(())
        });
    }
    // Until the other process has measured enough.
    tokio::time::sleep(Duration::from_secs(20)).await;
    tasks.abort_all();
    Ok(())
}
