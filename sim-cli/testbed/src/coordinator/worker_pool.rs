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

use super::control_server::{Brief, ControlServer, WorkerChannel};
use super::supervise::supervise;
use crate::clock::Clock;
use crate::control::messages::{Bounds, ToCoordinator, ToWorker};
use crate::control::{TOKEN, Token};
use crate::directory::{Directory, keypair};
use crate::netns::{Hub, NodeNetwork, apply_faults};
use crate::network_path::NetworkPath;
use crate::node_runner::{HERE, RunContext};
use crate::runner::{START_DELAY, StartedRun, no_ports, open_path};
use crate::schedule::schedules;
use crate::sink::Sink;
use crate::worker::ON_STDIN;
use crate::{Nodes, RunError, RunRequest};
use floodnet_lab::run::Kernels;
use floodnet_scenario::setup::Setup;

/// Bytes that are shown of a failed process's last words.
const MAX_LAST_WORDS: u64 = 2_048;
/// Time between two looks at whether to go on waiting for nodes.
const POLL: Span = Span::from_millis(100);

/// All nodes of a run, and what they need.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    pub(super) server: Arc<ControlServer>,
    /// What is between nodes that have networks of their own.
    hub: Option<Arc<Hub>>,
    /// How processes are started; none where nodes come by themselves.
    spawner: Option<Spawner>,
    /// How long a node may take to come up.
    within: Span,
    /// What every node is told before it lives.
    brief: OnceLock<[ToWorker; 2]>,
    alive: AtomicU32,
    most_alive: AtomicU32,
    clock_error: AtomicU64,
}

/// Starts processes.
#[derive(Debug)]
struct Spawner {
    program: PathBuf,
    secret: String,
    /// So many come up at once.
    permits: Semaphore,
}

/// A slot's node.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) slot: u32,
    pub(super) link: WorkerChannel,
    pub(super) process: Option<Process>,
    /// Where it may be dialed.
    address: SocketAddr,
}

/// A process that this one has started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pool: Arc<WorkerPool>,
    /// The network that it is in, if it has its own. It goes after the process.
    wire: Option<NodeNetwork>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.pool.alive.fetch_sub(1, Relaxed);
    }
}

/// Brings all nodes up and tells them about each other. The plan starts when all are ready.
pub(crate) async fn start(
    request: &mut RunRequest<'_>,
    setup: &Setup,
    links: &Arc<LinkModel>,
    sink: &Sink,
) -> Result<StartedRun, RunError> {
    let plan = &setup.plan;
    let slots = plan.slots();
    let is_here = request.settings.nodes == Nodes::Processes;
    let (directory, reserved) = match request.settings.nodes {
        Nodes::Processes => {
            Directory::reserve(plan.seed, slots, HERE.into()).map_err(|error| no_ports(&error))?
        }
        Nodes::Netns => (Directory::of_namespaces(plan.seed, slots), Vec::new()),
        Nodes::InProcess | Nodes::Remote { .. } => (Directory::new(Vec::new()), Vec::new()),
    };
    let listens = directory.peers().iter().map(|peer| peer.address()).collect();
    let hub = match request.settings.nodes {
        Nodes::Netns => Some(Hub::open(plan, links).map_err(|error| skipped(&error))?),
        _ => None,
    };
    let pool = WorkerPool::open(request, setup, listens, hub, sink).await?;
    let mut workers = pool.spawn_all(request, slots).await?;
    let directory = match pool.spawner {
        Some(_) => directory,
        None => Directory::new(workers.iter().map(|worker| worker.peer(plan.seed)).collect()),
    };
    let ports = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let directory = Arc::new(directory);
    let peers = directory.peers().iter();
    let peers = peers.filter_map(|peer| Some((*peer.identity()?.as_bytes(), peer.address()))).collect();
    let peers = ToWorker::Peers(peers);
    workers.iter().for_each(|worker| worker.send(peers.clone()));
    for worker in &mut workers {
        pool.wait_until_ready(worker).await.map_err(RunError::Failed)?;
    }
    let clock = Clock::starting_after(START_DELAY, request.settings.speed);
    let path = match &pool.hub {
        Some(hub) => {
            hub.start(clock).map_err(|error| RunError::Failed(format!("cannot carry packets: {error}")))?;
            NetworkPath::Netns(Arc::clone(hub))
        }
        None => open_path(&request.settings, setup, links, &directory, clock).await?,
    };
    let go = ToWorker::Start { epoch: pool.server.nanos(clock.epoch()), shaper: path.shaper() };
    workers.iter().for_each(|worker| worker.send(go.clone()));
    let _ = pool.brief.set([peers, go]);
    let context = RunContext::new(clock, path).map_err(RunError::Failed)?;
    let mut users = JoinSet::new();
    if let Some(hub) = &pool.hub {
        users.spawn(apply_faults(Arc::clone(hub), context.clone()));
    }
    for worker in workers {
        let schedules = schedules(plan, worker.slot);
        users.spawn(supervise(Arc::clone(&pool), context.clone(), schedules, worker));
    }
    let ports = if is_here { ports } else { BTreeSet::new() };
    Ok(StartedRun { context, users, ports, reserved, pool: Some(pool) })
}

impl WorkerPool {
    async fn open(
        request: &RunRequest<'_>,
        setup: &Setup,
        listens: Vec<SocketAddr>,
        hub: Option<Arc<Hub>>,
        sink: &Sink,
    ) -> Result<Arc<Self>, RunError> {
        let failed = |what: &str, error: io::Error| RunError::Failed(format!("{what}: {error}"));
        let (listen, token, spawner) = match request.settings.nodes {
            Nodes::Remote { listen, token } => (listen, token, None),
            _ => {
                let secret = Token::text().map_err(|error| failed("no random token", error))?;
                let token = Token::new(&secret).map_err(RunError::Failed)?;
                let program = std::env::current_exe();
                let program = program.map_err(|error| failed("this program is not found again", error))?;
                let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
                let spawner = Spawner { program, secret, permits: Semaphore::new(4 * cores) };
                (SocketAddr::new(HERE.into(), 0), token, Some(spawner))
            }
        };
        let brief_ = Brief {
            scenario: request.scenario.to_resolved_toml(),
            speed: request.settings.speed,
            killed_on_crash: spawner.is_some(),
            listens,
        };
        let messages = u32::try_from(setup.plan.publishes.len()).unwrap_or(u32::MAX);
        let bounds = Bounds { slots: setup.plan.slots(), messages };
        let opened = ControlServer::open(listen, token, brief_, bounds, sink.clone()).await;
        let server = opened.map_err(|error| failed(&format!("cannot listen on {listen}"), error))?;
        Ok(Arc::new(Self {
            server,
            hub,
            spawner,
            within: request.settings.up_within,
            brief: OnceLock::new(),
            alive: AtomicU32::new(0),
            most_alive: AtomicU32::new(0),
            clock_error: AtomicU64::new(0),
        }))
    }

    /// Waits until the node of every slot is up.
    async fn spawn_all(
        self: &Arc<Self>,
        request: &mut RunRequest<'_>,
        slots: u32,
    ) -> Result<Vec<Worker>, RunError> {
        let mut coming = JoinSet::new();
        for slot in 0..slots {
            let pool = Arc::clone(self);
            coming.spawn(async move { pool.spawn_worker(slot).await });
        }
        let mut workers: Vec<Option<Worker>> = (0..slots).map(|_| None).collect();
        let mut poll = tokio::time::interval(POLL);
        let deadline = Instant::now() + self.within;
        let mut is_late = false;
        loop {
            tokio::select! {
                came = coming.join_next() => match came {
                    None => break,
                    Some(Ok(Ok(worker))) => {
                        let slot = worker.slot as usize;
                        workers[slot] = Some(worker);
                    }
                    Some(Ok(Err(why))) => return Err(RunError::Failed(why)),
                    Some(Err(error)) => return Err(RunError::Failed(error.to_string())),
                },
                _ = poll.tick() => {
                    if !(request.watch)(Progress { now: Time::ZERO, inputs: 0 }) {
                        return Err(RunError::Interrupted);
                    }
                    is_late = self.spawner.is_none() && Instant::now() >= deadline;
                }
            }
            if is_late {
                return Err(RunError::Failed(self.missing(&workers)));
            }
        }
        Ok(workers.into_iter().flatten().collect())
    }

    /// Who did not come, and what may help.
    fn missing(&self, workers: &[Option<Worker>]) -> String {
        let missing: Vec<usize> =
            workers.iter().enumerate().filter(|(_, worker)| worker.is_none()).map(|(slot, _)| slot).collect();
        let shown: Vec<String> = missing.iter().take(10).map(ToString::to_string).collect();
        let more = if missing.len() > shown.len() { ", .." } else { "" };
        let mut text = format!(
            "no node came within {} s for {} of {} slots ({}{more}): start each with `sim-cli testbed node \
             --coordinator HOST:{} --slot {}` and the same {TOKEN}, or wait longer with --up-within",
            self.within.as_secs_f64(),
            missing.len(),
            workers.len(),
            shown.join(", "),
            self.server.address().port(),
            missing.first().unwrap_or(&0),
        );
        if let Some(told) = self.server.last_refusal() {
            text.push_str(&format!("; {told}"));
        }
        text
    }

    /// A new node of `slot`, up.
    pub(super) async fn spawn_worker(self: &Arc<Self>, slot: u32) -> Result<Worker, String> {
        let Some(spawner) = &self.spawner else { return self.receive_remote(slot, None).await };
        let _permit = spawner.permits.acquire().await.map_err(|error| error.to_string())?;
        let failed = |error: io::Error| format!("cannot start a process for slot {slot}: {error}");
        let (child, wire) = match &self.hub {
            Some(hub) => spawner.spawn_in_netns(slot, self.server.address(), hub).await,
            None => spawner.spawn(slot, self.server.address()).map(|child| (child, None)),
        }
        .map_err(failed)?;
        self.most_alive.fetch_max(self.alive.fetch_add(1, Relaxed) + 1, Relaxed);
        let mut process = Process { child, pool: Arc::clone(self), wire };
        let came = tokio::select! {
            link = timeout(self.within, self.server.arrival(slot)) => link.ok().flatten(),
            _ = process.child.wait() => None,
        };
        let Some(link) = came else { return Err(process.why_missing(slot, self.within).await) };
        self.wait_until_listening(slot, link, Some(process)).await
    }

    async fn receive_remote(&self, slot: u32, process: Option<Process>) -> Result<Worker, String> {
        let link = self.server.arrival(slot).await.ok_or("the coordinator has closed")?;
        self.wait_until_listening(slot, link, process).await
    }

    async fn wait_until_listening(
        &self,
        slot: u32,
        mut link: WorkerChannel,
        mut process: Option<Process>,
    ) -> Result<Worker, String> {
        match timeout(self.within, link.reports.recv()).await.ok().flatten() {
            Some(ToCoordinator::Listening { address, clock_error }) => {
                self.note_clock(clock_error);
                Ok(Worker { slot, link, process, address })
            }
            other => Err(unexpected(slot, &link, process.as_mut(), other).await),
        }
    }

    /// Tells `worker` all that it must know to live, and waits until it is ready.
    pub(super) async fn brief(&self, worker: &mut Worker) -> Result<(), String> {
        for message in self.brief.get().into_iter().flatten() {
            worker.send(message.clone());
        }
        self.wait_until_ready(worker).await
    }

    async fn wait_until_ready(&self, worker: &mut Worker) -> Result<(), String> {
        match timeout(self.within, worker.link.reports.recv()).await.ok().flatten() {
            Some(ToCoordinator::Ready) => Ok(()),
            other => Err(worker.unexpected(other).await),
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
        self.server.close().await;
        let Some(hub) = self.hub.clone() else { return Ok(None) };
        let ended =
            tokio::task::spawn_blocking(move || hub.end()).await.map_err(|error| error.to_string())?;
        ended.map(Some).map_err(|error| format!("the network of the run cannot be read: {error}"))
    }
}

/// What went wrong with the node of `slot` that said `reports`, or nothing more.
async fn unexpected(
    slot: u32,
    link: &WorkerChannel,
    process: Option<&mut Process>,
    reports: Option<ToCoordinator>,
) -> String {
    let place = link.from;
    match (reports, process) {
        (Some(ToCoordinator::Failed(why)), _) => why,
        (Some(other), _) => format!("the node of slot {slot} at {place} said {other:?} out of turn"),
        (None, Some(process)) => {
            format!("the process of slot {slot} ended by itself: {}", process.last_words().await)
        }
        (None, None) => format!("the node of slot {slot} at {place} is gone"),
    }
}

impl Worker {
    /// Sends an message. Whether it arrives shows in the reports.
    pub(super) fn send(&self, message: ToWorker) {
        let _ = self.link.commands.send(message);
    }

    pub(super) async fn unexpected(&mut self, reports: Option<ToCoordinator>) -> String {
        unexpected(self.slot, &self.link, self.process.as_mut(), reports).await
    }

    /// Whether its process is in a network of its own.
    pub(super) fn has_network(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.wire.is_some())
    }

    fn peer(&self, seed: u64) -> Peer {
        Peer::new(keypair(seed, self.slot).identity(), self.address)
    }

    /// Sends it home, and waits until it is gone.
    pub(super) async fn shut_down(mut self, patience: Span) {
        self.send(ToWorker::Exit);
        let gone = async {
            while self.link.reports.recv().await.is_some() {}
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
    async fn why_missing(&mut self, slot: u32, within: Span) -> String {
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
            let _ = timeout(Span::from_secs(1), errors.take(MAX_LAST_WORDS).read_to_end(&mut said)).await;
        }
        let said = String::from_utf8_lossy(&said);
        let said = said.trim();
        if said.is_empty() { status.to_string() } else { format!("{status}: {said}") }
    }
}

impl Spawner {
    fn spawn(&self, slot: u32, coordinator: SocketAddr) -> io::Result<Child> {
        self.command(slot, &coordinator.to_string()).spawn()
    }

    /// The same in a network of its own. From there no way leads to the coordinator, so the process is given a
    /// connection.
    async fn spawn_in_netns(
        &self,
        slot: u32,
        coordinator: SocketAddr,
        hub: &Arc<Hub>,
    ) -> io::Result<(Child, Option<NodeNetwork>)> {
        let link = TcpStream::connect(coordinator).await?.into_std()?;
        let command = self.command(slot, ON_STDIN);
        let hub = Arc::clone(hub);
        let apart = move || {
            let wire = NodeNetwork::create(&hub, slot)?;
            let child = wire.spawn(command, link)?;
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
fn skipped(error: &io::Error) -> RunError {
    RunError::Failed(format!("SKIPPED: {error}; it takes Linux, root, ip, nft, tc and /dev/net/tun"))
}

/// Ports that are kept for nodes while a run goes on.
pub(crate) type Reserved = Vec<TcpSocket>;
