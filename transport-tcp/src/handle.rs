//! What an application holds of a running node.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::counters::Stats;
use crate::limits::Limits;
use crate::peer::Peer;
use crate::protocol::SocketProtocol;
use crate::shared::Shared;

/// A running node. Dropping it makes the node leave, in the background.
pub struct Handle<P: SocketProtocol> {
    /// Each with its number if it publishes a message that is to be confirmed, else with 0.
    commands: mpsc::Sender<(P::Command, u64)>,
    events: mpsc::Receiver<P::Event>,
    neighbors: watch::Receiver<Vec<Peer>>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// The error that the node has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the node has stopped")
    }
}

impl std::error::Error for Stopped {}

impl<P: SocketProtocol> fmt::Debug for Handle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("me", &self.me()).finish_non_exhaustive()
    }
}

impl<P: SocketProtocol> Handle<P> {
    pub(crate) const fn new(
        commands: mpsc::Sender<(P::Command, u64)>,
        events: mpsc::Receiver<P::Event>,
        neighbors: watch::Receiver<Vec<Peer>>,
        shared: Arc<Shared>,
        task: JoinHandle<()>,
    ) -> Self {
        Self { commands, events, neighbors, shared, task }
    }

    /// The node's name: its identity, and the address that others dial.
    #[must_use]
    pub fn me(&self) -> Peer {
        self.shared.me
    }

    /// Gives the node a command; waits while too many do.
    ///
    /// # Errors
    /// The node has stopped: its task panicked.
    pub async fn command(&self, command: P::Command) -> Result<(), Stopped> {
        self.commands.send((command, 0)).await.map_err(|_| Stopped)
    }

    /// Publishes `payload`. Which peers have read it is known by [`unconfirmed`](Self::unconfirmed).
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub async fn publish(&self, payload: P::Payload) -> Result<(), Stopped> {
        let number = self.shared.unconfirmed.publishes();
        self.commands.send((P::publish(payload), number)).await.map_err(|_| Stopped)
    }

    /// The next event of the node; none when it has stopped. Events that are not taken in time are dropped
    /// and counted, those that are no messages first.
    pub async fn next_event(&mut self) -> Option<P::Event> {
        self.events.recv().await
    }

    /// The neighbors, and how they change.
    #[must_use]
    pub fn neighbors(&self) -> watch::Receiver<Vec<Peer>> {
        self.neighbors.clone()
    }

    /// The neighbors now: those that the node has chosen itself, and those that have come to it.
    #[must_use]
    pub fn chosen_and_others(&self) -> (Vec<Peer>, Vec<Peer>) {
        let neighbors = self.neighbors.borrow();
        let chosen = self.shared.chosen.load(Relaxed).min(neighbors.len());
        let (chosen, others) = neighbors.split_at(chosen);
        (chosen.to_vec(), others.to_vec())
    }

    /// Which messages no peer is known to have read, by their numbers: the first that was given to
    /// [`publish`](Self::publish) has number 1, and they count in this order. Empty unless
    /// [`Options::receipts`](crate::options::Options::receipts) is set. A message that led to no packet stays here.
    #[must_use]
    pub fn unconfirmed(&self) -> watch::Receiver<BTreeSet<u64>> {
        self.shared.unconfirmed.watch()
    }

    /// How many links stand: to neighbors, and to peers that it only talked to.
    #[must_use]
    pub fn links(&self) -> usize {
        self.shared.links.load(Relaxed)
    }

    /// What the node did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.counters.read()
    }

    /// What the [`validator`](crate::validator) dropped so far, by its reasons.
    #[must_use]
    pub fn dropped_by_reason(&self) -> BTreeMap<&'static str, u64> {
        self.shared.counters.by_reason.read()
    }

    /// What the node allows its peers and itself.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Closes all connections behind what was sent, and waits for that, within
    /// [`Limits::linger`](crate::limits::Limits::linger).
    ///
    /// # Errors
    /// The node had stopped before: its task panicked.
    pub async fn leave(self) -> Result<(), Stopped> {
        let Self { commands, events, task, .. } = self;
        drop((commands, events));
        task.await.map_err(|_| Stopped)
    }

    /// Stops the node where it stands, as a crash would. The operating system closes its connections.
    pub async fn kill(self) {
        self.task.abort();
        // The only error is that it was aborted, or had panicked before.
        let _ = self.task.await;
    }
}
