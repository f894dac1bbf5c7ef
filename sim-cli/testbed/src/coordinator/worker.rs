//! One worker: its channel, and its process if the coordinator started it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration as Span;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::control_server::WorkerChannel;
use crate::control::TOKEN;
use crate::control::messages::{ToCoordinator, ToWorker};
use crate::netns::{Hub, NodeNetwork};
use crate::worker::ON_STDIN;

/// Bytes that are shown of what a failed process wrote last.
const MAX_LAST_WORDS: u64 = 2_048;

/// A slot's worker.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) slot: u32,
    pub(super) channel: WorkerChannel,
    pub(super) process: Option<Process>,
    /// Where its node may be dialed.
    pub(super) address: SocketAddr,
}

impl Worker {
    /// Sends a message. Whether it arrives shows in the worker's reports.
    pub(super) fn send(&self, message: ToWorker) {
        let _ = self.channel.commands.send(message);
    }

    /// The next report; none if the worker is gone.
    pub(super) async fn report(&mut self) -> Option<ToCoordinator> {
        self.channel.reports.recv().await
    }

    /// What went wrong with a worker that reported `report`, or nothing any more.
    pub(super) async fn unexpected(&mut self, report: Option<ToCoordinator>) -> String {
        unexpected(self.slot, &self.channel, self.process.as_mut(), report).await
    }

    /// Whether its process is in a network namespace of its own.
    pub(super) fn has_network(&self) -> bool {
        self.process.as_ref().is_some_and(|process| process.network.is_some())
    }

    /// Asks it to exit, and waits until it is gone. After `patience` it is killed. Gives its network namespace.
    pub(super) async fn shut_down(mut self, patience: Span) -> Option<NodeNetwork> {
        self.send(ToWorker::Exit);
        let gone = async {
            while self.channel.reports.recv().await.is_some() {}
            if let Some(process) = &mut self.process {
                let _ = process.child.wait().await;
            }
        };
        match timeout(patience, gone).await {
            Ok(()) => self.process.as_mut()?.network.take(),
            Err(_) => self.kill().await,
        }
    }

    /// Kills its process. Gives its network namespace.
    pub(super) async fn kill(mut self) -> Option<NodeNetwork> {
        let process = self.process.as_mut()?;
        // The only error is that it is gone.
        let _ = process.child.kill().await;
        process.network.take()
    }
}

/// As [`Worker::unexpected`].
pub(super) async fn unexpected(
    slot: u32,
    channel: &WorkerChannel,
    process: Option<&mut Process>,
    report: Option<ToCoordinator>,
) -> String {
    let place = channel.from;
    match (report, process) {
        (Some(ToCoordinator::Failed(why)), _) => why,
        (Some(other), _) => format!("unexpected message {other:?} from the node of slot {slot} at {place}"),
        (None, Some(process)) => {
            format!("the process of slot {slot} exited: {}", process.last_words().await)
        }
        (None, None) => format!("the node of slot {slot} at {place} is gone"),
    }
}

/// How many processes run, and ran at once.
#[derive(Debug, Default)]
pub(super) struct ProcessCount {
    alive: AtomicU32,
    most_alive: AtomicU32,
}

impl ProcessCount {
    /// Processes that ran at once, at most.
    pub(super) fn most_alive(&self) -> u32 {
        self.most_alive.load(Relaxed)
    }
}

/// A process that the coordinator has started.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: Child,
    count: Arc<ProcessCount>,
    /// Its network namespace, if it has one. It goes after the process.
    network: Option<NodeNetwork>,
}

impl Process {
    fn new(child: Child, network: Option<NodeNetwork>, count: &Arc<ProcessCount>) -> Self {
        count.most_alive.fetch_max(count.alive.fetch_add(1, Relaxed) + 1, Relaxed);
        Self { child, count: Arc::clone(count), network }
    }

    /// Why it did not come up.
    pub(super) async fn why_missing(&mut self, slot: u32, within: Span) -> String {
        match self.child.try_wait() {
            Ok(None) => {
                let _ = self.child.kill().await;
                format!(
                    "the process of slot {slot} did not start within {} s: use fewer nodes or a longer --up-within",
                    within.as_secs_f64()
                )
            }
            _ => format!("the process of slot {slot} did not start: {}", self.last_words().await),
        }
    }

    /// How it ended, and what it wrote last.
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

impl Drop for Process {
    fn drop(&mut self) {
        self.count.alive.fetch_sub(1, Relaxed);
    }
}

/// Starts the processes of workers.
#[derive(Debug)]
pub(super) struct Spawner {
    /// The program, which is this one.
    pub(super) program: PathBuf,
    /// The text of the run's token.
    pub(super) secret: String,
    pub(super) count: Arc<ProcessCount>,
}

impl Spawner {
    /// Starts a process that dials the coordinator.
    pub(super) fn spawn(&self, slot: u32, coordinator: SocketAddr) -> io::Result<Process> {
        let child = self.command(slot, &coordinator.to_string()).spawn()?;
        Ok(Process::new(child, None, &self.count))
    }

    /// The same in a network namespace of its own. From there no route leads to the coordinator, so the process is
    /// given a connection as standard input.
    pub(super) async fn spawn_in_netns(
        &self,
        slot: u32,
        coordinator: SocketAddr,
        hub: &Arc<Hub>,
    ) -> io::Result<Process> {
        let connection = TcpStream::connect(coordinator).await?.into_std()?;
        let command = self.command(slot, ON_STDIN);
        let hub = Arc::clone(hub);
        let spawn = move || {
            let network = NodeNetwork::create(&hub, slot)?;
            let child = network.spawn(command, connection)?;
            io::Result::Ok((child, network))
        };
        let (child, network) = tokio::task::spawn_blocking(spawn).await.map_err(io::Error::other)??;
        Ok(Process::new(child, Some(network), &self.count))
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
        // Ctrl-C is for the coordinator, which ends its workers when it has their last reports.
        #[cfg(unix)]
        command.process_group(0);
        command
    }
}
