//! One node for each slot: processes that this one starts, or nodes that somebody starts elsewhere.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::Progress;
use floodnet_sim::link::LinkModel;
use floodnet_tcp::peer::Peer;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::super::clock::Clock;
use super::super::directory::{Directory, keypair};
use super::super::executor::{Cast, LEAD, no_ports, road_of};
use super::super::namespaces::{Hub, Wire, keep_faults};
use super::super::resident::{HERE, Stage};
use super::super::road::Road;
use super::super::script::scripts;
use super::super::sink::Sink;
use super::super::{Bed, Nodes, Trouble};
use super::escort::escort;
use super::node::ON_STDIN;
use super::office::{Desk, Line, Office};
use super::token::{TOKEN, Token};
use super::words::{Bounds, News, Order};
use floodnet_lab::run::Kernels;
use floodnet_scenario::setup::Setup;

/// Bytes that are shown of a failed process's last words.
const WORDS: u64 = 2_048;
/// Time between two looks at whether to go on waiting for nodes.
const LOOK: Span = Span::from_millis(100);

/// All nodes of a run, and what they need.
#[derive(Debug)]
pub(crate) struct Troop {
    pub(super) office: Arc<Office>,
    /// What is between nodes that have networks of their own.
    hub: Option<Arc<Hub>>,
    /// How processes are started; none where nodes come by themselves.
    forge: Option<Forge>,
    /// How long a node may take to come up.
    within: Span,
    /// What every node is told before it lives.
    brief: OnceLock<[Order; 2]>,
    alive: AtomicU32,
    most_alive: AtomicU32,
    clock_error: AtomicU64,
}

/// Starts processes.
#[derive(Debug)]
struct Forge {
    program: PathBuf,
    secret: String,
    /// So many come up at once.
    turns: Semaphore,
}

/// A slot's node.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) slot: u32,
    pub(super) line: Line,
    pub(super) process: Option<Process>,
    /// Where it may be dialed.
    address: SocketAddr,
}

/// A process that this one has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    troop: Arc<Troop>,
    /// The network that it is in, if it has its own. It goes after the process.
    wire: Option<Wire>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.troop.alive.fetch_sub(1, Relaxed);
    }
}

/// Brings all nodes up and tells them about each other. The plan starts when all are ready.
pub(crate) async fn cast(
    bed: &mut Bed<'_>,
    setup: &Setup,
    links: &Arc<LinkModel>,
    sink: &Sink,
) -> Result<Cast, Trouble> {
    let plan = &setup.plan;
    let slots = plan.slots();
    let is_here = bed.settings.nodes == Nodes::Processes;
    let (directory, reserved) = match bed.settings.nodes {
        Nodes::Processes => {
            Directory::reserve(plan.seed, slots, HERE.into()).map_err(|error| no_ports(&error))?
        }
        Nodes::Namespaces => (Directory::of_namespaces(plan.seed, slots), Vec::new()),
        Nodes::Here | Nodes::Outside { .. } => (Directory::new(Vec::new()), Vec::new()),
    };
    let listens = directory.peers().iter().map(|peer| peer.address()).collect();
    let hub = match bed.settings.nodes {
        Nodes::Namespaces => Some(Hub::open(plan, links).map_err(|error| skipped(&error))?),
        _ => None,
    };
    let troop = Troop::assemble(bed, setup, listens, hub, sink).await?;
    let mut members = troop.muster(bed, slots).await?;
    let directory = match troop.forge {
        Some(_) => directory,
        None => Directory::new(members.iter().map(|member| member.peer(plan.seed)).collect()),
    };
    let ports = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let directory = Arc::new(directory);
    let peers = directory.peers().iter();
    let peers = peers.filter_map(|peer| Some((*peer.identity()?.as_bytes(), peer.address()))).collect();
    let peers = Order::Peers(peers);
    members.iter().for_each(|member| member.order(peers.clone()));
    for member in &mut members {
        troop.hear_ready(member).await.map_err(Trouble::Failed)?;
    }
    let clock = Clock::starting_after(LEAD, bed.settings.speed);
    let road = match &troop.hub {
        Some(hub) => {
            hub.start(clock).map_err(|error| Trouble::Failed(format!("cannot carry packets: {error}")))?;
            Road::Namespaces(Arc::clone(hub))
        }
        None => road_of(&bed.settings, setup, links, &directory, clock).await?,
    };
    let go = Order::Go { epoch: troop.office.nanos(clock.epoch()), shaper: road.shaper() };
    members.iter().for_each(|member| member.order(go.clone()));
    let _ = troop.brief.set([peers, go]);
    let stage = Stage::new(clock, road).map_err(Trouble::Failed)?;
    let mut users = JoinSet::new();
    if let Some(hub) = &troop.hub {
        users.spawn(keep_faults(Arc::clone(hub), stage.clone()));
    }
    for member in members {
        let scripts = scripts(plan, member.slot);
        users.spawn(escort(Arc::clone(&troop), stage.clone(), scripts, member));
    }
    let ports = if is_here { ports } else { BTreeSet::new() };
    Ok(Cast { stage, users, ports, reserved, troop: Some(troop) })
}

impl Troop {
    async fn assemble(
        bed: &Bed<'_>,
        setup: &Setup,
        listens: Vec<SocketAddr>,
        hub: Option<Arc<Hub>>,
        sink: &Sink,
    ) -> Result<Arc<Self>, Trouble> {
        let failed = |what: &str, error: io::Error| Trouble::Failed(format!("{what}: {error}"));
        let (listen, token, forge) = match bed.settings.nodes {
            Nodes::Outside { listen, token } => (listen, token, None),
            _ => {
                let secret = Token::text().map_err(|error| failed("no random token", error))?;
                let token = Token::new(&secret).map_err(Trouble::Failed)?;
                let program = std::env::current_exe();
                let program = program.map_err(|error| failed("this program is not found again", error))?;
                let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
                let forge = Forge { program, secret, turns: Semaphore::new(4 * cores) };
                (SocketAddr::new(HERE.into(), 0), token, Some(forge))
            }
        };
        let desk = Desk {
            scenario: bed.scenario.to_resolved_toml(),
            speed: bed.settings.speed,
            killed: forge.is_some(),
            listens,
        };
        let messages = u32::try_from(setup.plan.publishes.len()).unwrap_or(u32::MAX);
        let bounds = Bounds { slots: setup.plan.slots(), messages };
        let opened = Office::open(listen, token, desk, bounds, sink.clone()).await;
        let office = opened.map_err(|error| failed(&format!("cannot listen on {listen}"), error))?;
        Ok(Arc::new(Self {
            office,
            hub,
            forge,
            within: bed.settings.up_within,
            brief: OnceLock::new(),
            alive: AtomicU32::new(0),
            most_alive: AtomicU32::new(0),
            clock_error: AtomicU64::new(0),
        }))
    }

    /// Waits until the node of every slot is up.
    async fn muster(self: &Arc<Self>, bed: &mut Bed<'_>, slots: u32) -> Result<Vec<Member>, Trouble> {
        let mut coming = JoinSet::new();
        for slot in 0..slots {
            let troop = Arc::clone(self);
            coming.spawn(async move { troop.raise(slot).await });
        }
        let mut members: Vec<Option<Member>> = (0..slots).map(|_| None).collect();
        let mut look = tokio::time::interval(LOOK);
        let deadline = Instant::now() + self.within;
        let mut is_late = false;
        loop {
            tokio::select! {
                came = coming.join_next() => match came {
                    None => break,
                    Some(Ok(Ok(member))) => {
                        let slot = member.slot as usize;
                        members[slot] = Some(member);
                    }
                    Some(Ok(Err(why))) => return Err(Trouble::Failed(why)),
                    Some(Err(error)) => return Err(Trouble::Failed(error.to_string())),
                },
                _ = look.tick() => {
                    if !(bed.watch)(Progress { now: Time::ZERO, inputs: 0 }) {
                        return Err(Trouble::Interrupted);
                    }
                    is_late = self.forge.is_none() && Instant::now() >= deadline;
                }
            }
            if is_late {
                return Err(Trouble::Failed(self.missing(&members)));
            }
        }
        Ok(members.into_iter().flatten().collect())
    }

    /// Who did not come, and what may help.
    fn missing(&self, members: &[Option<Member>]) -> String {
        let missing: Vec<usize> =
            members.iter().enumerate().filter(|(_, member)| member.is_none()).map(|(slot, _)| slot).collect();
        let shown: Vec<String> = missing.iter().take(10).map(ToString::to_string).collect();
        let more = if missing.len() > shown.len() { ", .." } else { "" };
        let mut text = format!(
            "no node came within {} s for {} of {} slots ({}{more}): start each with `sim-cli testbed node \
             --coordinator HOST:{} --slot {}` and the same {TOKEN}, or wait longer with --up-within",
            self.within.as_secs_f64(),
            missing.len(),
            members.len(),
            shown.join(", "),
            self.office.address().port(),
            missing.first().unwrap_or(&0),
        );
        if let Some(told) = self.office.turned_away() {
            text.push_str(&format!("; {told}"));
        }
        text
    }

    /// A new node of `slot`, up.
    pub(super) async fn raise(self: &Arc<Self>, slot: u32) -> Result<Member, String> {
        let Some(forge) = &self.forge else { return self.receive(slot, None).await };
        let _turn = forge.turns.acquire().await.map_err(|error| error.to_string())?;
        let failed = |error: io::Error| format!("cannot start a process for slot {slot}: {error}");
        let (child, wire) = match &self.hub {
            Some(hub) => forge.start_apart(slot, self.office.address(), hub).await,
            None => forge.start(slot, self.office.address()).map(|child| (child, None)),
        }
        .map_err(failed)?;
        self.most_alive.fetch_max(self.alive.fetch_add(1, Relaxed) + 1, Relaxed);
        let mut process = Process { child, troop: Arc::clone(self), wire };
        let came = tokio::select! {
            line = timeout(self.within, self.office.arrival(slot)) => line.ok().flatten(),
            _ = process.child.wait() => None,
        };
        let Some(line) = came else { return Err(process.is_missing(slot, self.within).await) };
        self.hear_up(slot, line, Some(process)).await
    }

    async fn receive(&self, slot: u32, process: Option<Process>) -> Result<Member, String> {
        let line = self.office.arrival(slot).await.ok_or("the coordinator has closed")?;
        self.hear_up(slot, line, process).await
    }

    async fn hear_up(
        &self,
        slot: u32,
        mut line: Line,
        mut process: Option<Process>,
    ) -> Result<Member, String> {
        match timeout(self.within, line.news.recv()).await.ok().flatten() {
            Some(News::Up { address, clock_error }) => {
                self.note_clock(clock_error);
                Ok(Member { slot, line, process, address })
            }
            other => Err(unexpected(slot, &line, process.as_mut(), other).await),
        }
    }

    /// Tells `member` all that it must know to live, and waits until it is ready.
    pub(super) async fn brief(&self, member: &mut Member) -> Result<(), String> {
        for order in self.brief.get().into_iter().flatten() {
            member.order(order.clone());
        }
        self.hear_ready(member).await
    }

    async fn hear_ready(&self, member: &mut Member) -> Result<(), String> {
        match timeout(self.within, member.line.news.recv()).await.ok().flatten() {
            Some(News::Ready) => Ok(()),
            other => Err(member.unexpected(other).await),
        }
    }

    /// A node's clock may be wrong by so much.
    pub(super) fn note_clock(&self, nanos: u64) {
        self.clock_error.fetch_max(nanos, Relaxed);
    }

    /// How wrong the clock of a node may have been at worst.
    pub(crate) fn clock_error(&self) -> Duration {
        Duration::from_nanos(self.clock_error.load(Relaxed))
    }

    /// Processes that ran at once, at most.
    pub(crate) fn most_alive(&self) -> u32 {
        self.most_alive.load(Relaxed)
    }

    /// All is over. Gives what the kernel did between nodes with networks of their own.
    pub(crate) async fn end(&self) -> Result<Option<Kernels>, String> {
        self.office.close().await;
        let Some(hub) = self.hub.clone() else { return Ok(None) };
        let ended =
            tokio::task::spawn_blocking(move || hub.end()).await.map_err(|error| error.to_string())?;
        ended.map(Some).map_err(|error| format!("the network of the run cannot be read: {error}"))
    }
}

/// What went wrong with the node of `slot` that said `news`, or nothing more.
async fn unexpected(slot: u32, line: &Line, process: Option<&mut Process>, news: Option<News>) -> String {
    let place = line.from;
    match (news, process) {
        (Some(News::Failed(why)), _) => why,
        (Some(other), _) => format!("the node of slot {slot} at {place} said {other:?} out of turn"),
        (None, Some(process)) => {
            format!("the process of slot {slot} ended by itself: {}", process.last_words().await)
        }
        (None, None) => format!("the node of slot {slot} at {place} is gone"),
    }
}

impl Member {
    /// Sends an order. Whether it arrives shows in the news.
    pub(super) fn order(&self, order: Order) {
        let _ = self.line.orders.send(order);
    }

    pub(super) async fn unexpected(&mut self, news: Option<News>) -> String {
        unexpected(self.slot, &self.line, self.process.as_mut(), news).await
    }

    /// Whether its process is in a network of its own.
    pub(super) fn has_network(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.wire.is_some())
    }

    fn peer(&self, seed: u64) -> Peer {
        Peer::new(keypair(seed, self.slot).identity(), self.address)
    }

    /// Sends it home, and waits until it is gone.
    pub(super) async fn dismiss(mut self, patience: Span) {
        self.order(Order::Exit);
        let gone = async {
            while self.line.news.recv().await.is_some() {}
            if let Some(process) = &mut self.process {
                let _ = process.child.wait().await;
            }
        };
        if timeout(patience, gone).await.is_err() {
            self.kill().await;
        }
    }

    /// Kills its process where it stands.
    pub(super) async fn kill(self) {
        if let Some(mut process) = self.process {
            // The only error is that it is gone.
            let _ = process.child.kill().await;
        }
    }
}

impl Process {
    /// Why it did not come up.
    async fn is_missing(&mut self, slot: u32, within: Span) -> String {
        match self.child.try_wait() {
            Ok(None) => {
                let _ = self.child.kill().await;
                format!(
                    "the process of slot {slot} did not come up within {} s: fewer nodes, or wait longer with \
                     --up-within",
                    within.as_secs_f64()
                )
            }
            _ => format!("the process of slot {slot} did not come up: {}", self.last_words().await),
        }
    }

    /// How it ended, and what it said last.
    async fn last_words(&mut self) -> String {
        let mut said = Vec::new();
        let status = timeout(Span::from_secs(1), self.child.wait()).await;
        let Ok(Ok(status)) = status else { return "it has closed its connection".to_owned() };
        if let Some(errors) = self.child.stderr.take() {
            let _ = timeout(Span::from_secs(1), errors.take(WORDS).read_to_end(&mut said)).await;
        }
        let said = String::from_utf8_lossy(&said);
        let said = said.trim();
        if said.is_empty() { status.to_string() } else { format!("{status}: {said}") }
    }
}

impl Forge {
    fn start(&self, slot: u32, coordinator: SocketAddr) -> io::Result<Child> {
        self.command(slot, &coordinator.to_string()).spawn()
    }

    /// The same in a network of its own. From there no way leads to the coordinator, so the process is given a
    /// connection.
    async fn start_apart(
        &self,
        slot: u32,
        coordinator: SocketAddr,
        hub: &Arc<Hub>,
    ) -> io::Result<(Child, Option<Wire>)> {
        let line = TcpStream::connect(coordinator).await?.into_std()?;
        let command = self.command(slot, ON_STDIN);
        let hub = Arc::clone(hub);
        let apart = move || {
            let wire = Wire::lay(&hub, slot)?;
            let child = wire.spawn(command, line)?;
            io::Result::Ok((child, Some(wire)))
        };
        tokio::task::spawn_blocking(apart).await.map_err(io::Error::other)?
    }

    fn command(&self, slot: u32, coordinator: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--quiet", "testbed", "node", "--try-for", "0s", "--coordinator"])
            .args([coordinator, "--slot", &slot.to_string()])
            .env(TOKEN, &self.secret)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C is for the coordinator, which ends its nodes when it has heard them out.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}

/// There are no networks of their own to be had.
fn skipped(error: &io::Error) -> Trouble {
    Trouble::Failed(format!("SKIPPED: {error}; it takes Linux, root, ip, nft, tc and /dev/net/tun"))
}

/// Ports that are kept for nodes while a run goes on.
pub(crate) type Reserved = Vec<TcpSocket>;
