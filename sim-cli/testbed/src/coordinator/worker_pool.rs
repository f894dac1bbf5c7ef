//! A worker for each slot: a process that this one starts, or one that somebody starts elsewhere.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_lab::run::Kernels;
use floodnet_scenario::build::Setup;
use floodnet_sim::Progress;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::control_server::{Brief, ControlServer, WorkerChannel};
use super::worker::{Process, ProcessCount, Spawner, Worker, unexpected};
use crate::control::messages::{Bounds, ToCoordinator, ToWorker};
use crate::control::{TOKEN, Token};
use crate::machine::LOOPBACK;
use crate::netns::{Hub, NodeNetwork};
use crate::run_request::{RunError, RunRequest};
use crate::settings::Nodes;
use crate::sink::Sink;

/// Time between two looks at whether to go on waiting for workers.
const POLL: Span = Span::from_millis(100);

/// All workers of a run, and what they need.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    server: Arc<ControlServer>,
    /// What is between nodes that have network namespaces of their own.
    hub: Option<Arc<Hub>>,
    /// How processes are started; none where workers come by themselves.
    spawner: Option<Spawner>,
    /// So many processes come up at once: each needs the processor while it does.
    starting: Semaphore,
    /// How long a worker may take to come up.
    within: Span,
    /// What every worker is told before its first life.
    introduction: OnceLock<[ToWorker; 2]>,
    /// Networks of slots whose process is gone and whose machine lives: their kernels refuse dials.
    machines: Mutex<BTreeMap<u32, NodeNetwork>>,
    count: Arc<ProcessCount>,
    clock_error: AtomicU64,
}

impl WorkerPool {
    /// A pool without workers, which may dial its control server from now on.
    ///
    /// # Errors
    /// The address cannot be listened on, or this program's own file is gone.
    pub(super) async fn open(
        request: &RunRequest<'_>,
        setup: &Setup,
        listens: Vec<SocketAddr>,
        hub: Option<Arc<Hub>>,
        sink: &Sink,
    ) -> Result<Arc<Self>, RunError> {
        let failed = |what: &str, error: io::Error| RunError::Failed(format!("{what}: {error}"));
        let count = Arc::<ProcessCount>::default();
        // Workers that this process starts get a token of their own, on loopback; others have the user's.
        let (listen, token, spawner) = match request.settings.nodes {
            Nodes::Remote { listen, token } => (listen, token, None),
            _ => {
                let secret = Token::text().map_err(|error| failed("no random token", error))?;
                let token = Token::new(&secret).map_err(RunError::Failed)?;
                let program = std::env::current_exe();
                let program =
                    program.map_err(|error| failed("cannot find this program's own file", error))?;
                let spawner = Spawner { program, secret, count: Arc::clone(&count) };
                (SocketAddr::new(LOOPBACK.into(), 0), token, Some(spawner))
            }
        };
        let brief = Brief {
            scenario: request.scenario.to_resolved_toml(),
            speed: request.settings.speed,
            killed_on_crash: spawner.is_some(),
            listens,
        };
        let messages = u32::try_from(setup.plan.publishes.len()).unwrap_or(u32::MAX);
        let bounds = Bounds { slots: setup.plan.slots(), messages };
        let opened = ControlServer::open(listen, token, brief, bounds, sink.clone()).await;
        let server = opened.map_err(|error| failed(&format!("cannot listen on {listen}"), error))?;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Arc::new(Self {
            server,
            hub,
            spawner,
            starting: Semaphore::new(4 * cores),
            within: request.settings.up_within,
            introduction: OnceLock::new(),
            machines: Mutex::default(),
            count,
            clock_error: AtomicU64::new(0),
        }))
    }

    /// Waits until the worker of every slot is up.
    ///
    /// # Errors
    /// One did not come up in time, or the user does not want to wait.
    pub(super) async fn spawn_all(
        self: &Arc<Self>,
        request: &mut RunRequest<'_>,
        slots: u32,
    ) -> Result<Vec<Worker>, RunError> {
        let mut coming = JoinSet::new();
        for slot in 0..slots {
            let pool = Arc::clone(self);
            coming.spawn(async move { pool.bring_up(slot).await });
        }
        let mut workers: Vec<Option<Worker>> = (0..slots).map(|_| None).collect();
        let mut poll = tokio::time::interval(POLL);
        let deadline = Instant::now() + self.within;
        loop {
            tokio::select! {
                came = coming.join_next() => match came {
                    None => return Ok(workers.into_iter().flatten().collect()),
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
                    // A process has a deadline of its own, from its start on: see `bring_up`.
                    if self.spawner.is_none() && Instant::now() >= deadline {
                        return Err(RunError::Failed(self.missing(&workers)));
                    }
                }
            }
        }
    }

    /// The error that names the slots without a worker, and what may help.
    fn missing(&self, workers: &[Option<Worker>]) -> String {
        let missing: Vec<usize> =
            workers.iter().enumerate().filter(|(_, worker)| worker.is_none()).map(|(slot, _)| slot).collect();
        let shown: Vec<String> = missing.iter().take(10).map(ToString::to_string).collect();
        let more = if missing.len() > shown.len() { ", .." } else { "" };
        let mut text = format!(
            "after {} s, {} of {} slots have no node ({}{more}): start each with `sim-cli testbed node --coordinator \
             HOST:{} --slot {}` and the same {TOKEN}, or wait longer with --up-within",
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

    /// A new worker of `slot`, up.
    async fn bring_up(&self, slot: u32) -> Result<Worker, String> {
        let Some(spawner) = &self.spawner else {
            let channel = self.server.arrival(slot).await.ok_or("the coordinator has closed")?;
            return self.wait_until_listening(slot, channel, None).await;
        };
        let _permit = self.starting.acquire().await.map_err(|error| error.to_string())?;
        let spawned = match &self.hub {
            Some(hub) => spawner.spawn_in_netns(slot, self.server.address(), hub).await,
            None => spawner.spawn(slot, self.server.address()),
        };
        let mut process =
            spawned.map_err(|error| format!("cannot start a process for slot {slot}: {error}"))?;
        let came = tokio::select! {
            channel = timeout(self.within, self.server.arrival(slot)) => channel.ok().flatten(),
            _ = process.child.wait() => None,
        };
        match came {
            Some(channel) => self.wait_until_listening(slot, channel, Some(process)).await,
            None => Err(process.why_missing(slot, self.within).await),
        }
    }

    async fn wait_until_listening(
        &self,
        slot: u32,
        mut channel: WorkerChannel,
        mut process: Option<Process>,
    ) -> Result<Worker, String> {
        match timeout(self.within, channel.reports.recv()).await.ok().flatten() {
            Some(ToCoordinator::Listening { address, clock_error }) => {
                self.note_clock(clock_error);
                Ok(Worker { slot, channel, process, address })
            }
            other => Err(unexpected(slot, &channel, process.as_mut(), other).await),
        }
    }

    /// Waits until `worker` knows its peers.
    pub(super) async fn wait_until_ready(&self, worker: &mut Worker) -> Result<(), String> {
        match timeout(self.within, worker.report()).await.ok().flatten() {
            Some(ToCoordinator::Ready) => Ok(()),
            other => Err(worker.unexpected(other).await),
        }
    }

    /// What workers of later lives are told before they live.
    pub(super) fn set_introduction(&self, messages: [ToWorker; 2]) {
        // It is set once, before anybody has a later life.
        let _ = self.introduction.set(messages);
    }

    /// A worker for a later life of `slot`, up and ready.
    pub(super) async fn replace(&self, slot: u32) -> Result<Worker, String> {
        let mut worker = self.bring_up(slot).await?;
        for message in self.introduction.get().into_iter().flatten() {
            worker.send(message.clone());
        }
        self.wait_until_ready(&mut worker).await?;
        // The slot's address belongs to the new network now.
        drop(self.machines().remove(&slot));
        Ok(worker)
    }

    /// The process of `slot` is gone, but its machine lives on: its kernel refuses dials, until the slot has a new
    /// network or the run ends.
    pub(super) fn keep_machine(&self, slot: u32, network: Option<NodeNetwork>) {
        if let Some(network) = network {
            self.machines().insert(slot, network);
        }
    }

    fn machines(&self) -> MutexGuard<'_, BTreeMap<u32, NodeNetwork>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether workers are processes that this one starts.
    pub(super) const fn starts_processes(&self) -> bool {
        self.spawner.is_some()
    }

    /// The network in the middle, where each node has a network namespace.
    pub(super) const fn hub(&self) -> Option<&Arc<Hub>> {
        self.hub.as_ref()
    }

    /// `at` on the coordinator's clock.
    pub(super) fn nanos(&self, at: std::time::Instant) -> u64 {
        self.server.nanos(at)
    }

    /// A worker's clock may be wrong by so much.
    pub(super) fn note_clock(&self, nanos: u64) {
        self.clock_error.fetch_max(nanos, Relaxed);
    }

    /// How wrong the clock of a worker may have been at worst.
    pub(crate) fn clock_error(&self) -> Duration {
        Duration::from_nanos(self.clock_error.load(Relaxed))
    }

    /// Processes that ran at once, at most.
    pub(crate) fn most_alive(&self) -> u32 {
        self.count.most_alive()
    }

    /// All is over. Gives what the kernel did between nodes with network namespaces of their own.
    ///
    /// # Errors
    /// The hub's rules cannot be read.
    pub(crate) async fn end(&self) -> Result<Option<Kernels>, String> {
        self.server.close().await;
        self.machines().clear();
        let Some(hub) = self.hub.clone() else { return Ok(None) };
        let ended =
            tokio::task::spawn_blocking(move || hub.end()).await.map_err(|error| error.to_string())?;
        ended.map(Some).map_err(|error| format!("the network of the run cannot be read: {error}"))
    }
}
