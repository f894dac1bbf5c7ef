//! The connections of a node, by peer, and the tasks that serve them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use floodnet_core::wire::Wire;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep, timeout};
use tracing::warn;

use crate::connection::{self, Report, Shared};
use crate::gate::Gate;
use crate::greeting::Greeting;
use crate::peer::Peer;

/// Pause after the operating system could not accept a connection: out of files, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection that this node dialed.
struct Outgoing {
    id: u64,
    /// Dropping it closes the connection behind what is queued.
    outbox: mpsc::Sender<Bytes>,
}

/// A connection that the peer dialed.
struct Incoming {
    id: u64,
    session: u64,
    number: u64,
    /// Dropping it closes the connection. Never sent on.
    _keep: oneshot::Sender<()>,
}

/// Both directions between this node and one peer; at least one is there.
struct Link {
    outgoing: Option<Outgoing>,
    incoming: Option<Incoming>,
    /// When a message was last sent or received.
    used: Instant,
}

impl Link {
    fn new() -> Self {
        Self { outgoing: None, incoming: None, used: Instant::now() }
    }
}

pub(crate) struct Links<M> {
    table: BTreeMap<Peer, Link>,
    /// What comes in on links that are being closed, by the number of the outgoing connection. The peer takes
    /// the end of either connection for the end of both, so this one must not end before the other has
    /// carried what was sent.
    closing: BTreeMap<u64, Incoming>,
    /// Peers whose link failed while the node was busy with something else.
    failed: VecDeque<Peer>,
    /// How many connections there have been.
    connections: u64,
    shared: Arc<Shared>,
    gate: Arc<dyn Gate<M>>,
    reports: mpsc::Sender<Report<M>>,
    // The tasks end with these sets.
    outgoing: JoinSet<()>,
    incoming: JoinSet<()>,
    listener: JoinSet<()>,
}

impl<M: Wire + Send + 'static> Links<M> {
    pub(crate) fn new(
        listener: TcpListener,
        shared: Arc<Shared>,
        gate: Arc<dyn Gate<M>>,
        reports: mpsc::Sender<Report<M>>,
    ) -> Self {
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, reports.clone()));
        Self {
            table: BTreeMap::new(),
            closing: BTreeMap::new(),
            failed: VecDeque::new(),
            connections: 0,
            shared,
            gate,
            reports,
            outgoing: JoinSet::new(),
            incoming: JoinSet::new(),
            listener: listening,
        }
    }

    /// Queues `packet` for `to` without waiting, dialing it first if need be.
    pub(crate) fn send(&mut self, to: Peer, packet: Bytes) {
        let counters = &self.shared.counters;
        if packet.len() > self.shared.limits.packet {
            return counters.too_long.add();
        }
        let known = self.table.get(&to).is_some_and(|link| link.outgoing.is_some());
        if !known && !self.dial(to) {
            self.table.remove(&to);
            return self.failed.push_back(to);
        }
        let counters = &self.shared.counters;
        let Some(link) = self.table.get_mut(&to) else { return };
        let Some(outgoing) = &link.outgoing else { return };
        link.used = Instant::now();
        match outgoing.outbox.try_send(packet) {
            Ok(()) => counters.sent.add(),
            Err(TrySendError::Full(_)) => counters.outbox_full.add(),
            // Its end has been reported, and comes next.
            Err(TrySendError::Closed(_)) => counters.stale.add(),
        }
    }

    /// Starts to dial; false when that is not allowed.
    fn dial(&mut self, to: Peer) -> bool {
        reap(&mut self.outgoing);
        if to == self.shared.me || self.outgoing.len() >= self.shared.limits.outgoing {
            self.shared.counters.dial_limit.add();
            return false;
        }
        self.shared.counters.dialed.add();
        let id = self.next_id();
        let (outbox, queued) = mpsc::channel(self.shared.limits.outbox);
        let (shared, reports) = (Arc::clone(&self.shared), self.reports.clone());
        self.outgoing.spawn(connection::outgoing(to, id, queued, shared, reports));
        self.table.entry(to).or_insert_with(Link::new).outgoing = Some(Outgoing { id, outbox });
        true
    }

    /// Serves a connection that somebody dialed.
    pub(crate) fn accept(&mut self, stream: TcpStream) {
        reap(&mut self.incoming);
        if self.incoming.len() >= self.shared.limits.incoming {
            return self.shared.counters.refused.add();
        }
        self.shared.counters.accepted.add();
        let id = self.next_id();
        let (shared, reports) = (Arc::clone(&self.shared), self.reports.clone());
        self.incoming.spawn(connection::incoming(stream, id, shared, Arc::clone(&self.gate), reports));
    }

    /// Takes an incoming connection whose dialer has said who it is. True when the link was closed for it.
    ///
    /// A node dials a peer again only after it has closed its former connection. So a second connection is
    /// the news that the first is gone, whose own end may be reported later or never.
    pub(crate) fn greeted(&mut self, greeting: Greeting, id: u64, keep: oneshot::Sender<()>) -> bool {
        let Greeting { me: peer, session, number } = greeting;
        let former = self.table.get(&peer).and_then(|link| link.incoming.as_ref());
        if former.is_some_and(|former| former.session == session && former.number > number) {
            return false;
        }
        let replaced = former.is_some();
        if replaced {
            self.table.remove(&peer);
        }
        let link = self.table.entry(peer).or_insert_with(Link::new);
        link.incoming = Some(Incoming { id, session, number, _keep: keep });
        replaced
    }

    /// Whether a message on this connection still counts.
    pub(crate) fn is_current(&mut self, from: Peer, id: u64) -> bool {
        let Some(link) = self.table.get_mut(&from) else { return false };
        link.used = Instant::now();
        link.incoming.as_ref().is_some_and(|incoming| incoming.id == id)
    }

    /// A connection has ended. True when it was part of a link, which is closed with it.
    pub(crate) fn closed(&mut self, peer: Peer, id: u64) -> bool {
        self.closing.remove(&id);
        let is_part = self.table.get(&peer).is_some_and(|link| {
            link.outgoing.as_ref().is_some_and(|outgoing| outgoing.id == id)
                || link.incoming.as_ref().is_some_and(|incoming| incoming.id == id)
        });
        is_part && self.table.remove(&peer).is_some()
    }

    /// Closes the link to `peer`, behind what was sent.
    pub(crate) fn disconnect(&mut self, peer: Peer) {
        if let Some(Link { outgoing: Some(outgoing), incoming: Some(incoming), .. }) =
            self.table.remove(&peer)
        {
            self.closing.insert(outgoing.id, incoming);
        }
    }

    /// Closes links that nobody uses and gives their peers.
    pub(crate) fn sweep(&mut self, neighbors: &[Peer]) -> Vec<Peer> {
        let idle = self.shared.limits.idle;
        let mut closed = Vec::new();
        self.table.retain(|peer, link| {
            let stays = link.used.elapsed() < idle || neighbors.contains(peer);
            if !stays {
                closed.push(*peer);
            }
            stays
        });
        closed
    }

    /// A peer whose link failed while the node was busy.
    pub(crate) fn pop_failed(&mut self) -> Option<Peer> {
        self.failed.pop_front()
    }

    /// Closes everything, behind what was sent, within the time that [`Limits`](crate::limits::Limits)
    /// grant. What still comes in is read and ignored, as for a single link.
    pub(crate) async fn leave(mut self, mut reports: mpsc::Receiver<Report<M>>) {
        self.listener.abort_all();
        while let Some((&peer, _)) = self.table.first_key_value() {
            self.disconnect(peer);
        }
        let flushed = async {
            loop {
                tokio::select! {
                    ended = self.outgoing.join_next() => if ended.is_none() { return },
                    Some(_) = reports.recv() => {}
                }
            }
        };
        if timeout(self.shared.limits.linger, flushed).await.is_err() {
            warn!("left before everything was sent");
        }
    }

    const fn next_id(&mut self) -> u64 {
        self.connections += 1;
        self.connections
    }
}

/// Forgets tasks that have ended.
fn reap(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.try_join_next() {
        if let Err(error) = ended {
            warn!(%error, "a connection's task failed");
        }
    }
}

async fn accept<M>(listener: TcpListener, reports: mpsc::Sender<Report<M>>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if reports.send(Report::Accepted(stream)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                warn!(%error, "cannot accept");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
