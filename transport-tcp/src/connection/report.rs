//! What a connection and the task that owns the node tell each other.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::frame::Reason;
use crate::outbox::Outbox;
use crate::peer::Peer;
use crate::validator::LinkInfo;

/// What a connection tells the task that owns the node.
#[derive(Debug)]
pub(crate) enum Report<M> {
    /// Who was dialed has said who it is. The dial goes on if `go_on` is used, and ends if it is dropped.
    Met { id: u64, peer: Peer, go_on: oneshot::Sender<()> },
    /// Who was dialed welcomes this node: its life, and its number of the link.
    Opened { link: Arc<LinkInfo>, session: u64, number: u64 },
    /// Who dialed has said who it is and waits for the answer.
    Asked(Visitor),
    /// A message came.
    Message { link: Arc<LinkInfo>, message: M },
    /// The connection has ended, or could not be opened. Comes last; not at all when the node itself ended it
    /// at once.
    Closed { id: u64 },
}

/// Somebody who dialed and has shown its identity.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) link: Arc<LinkInfo>,
    pub(crate) session: u64,
    pub(crate) number: u64,
    /// Ends the connection at once.
    pub(crate) token: CancellationToken,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// What a visitor is told.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It may stay. What is put into the outbox is sent to it.
    Welcome { outbox: Arc<Outbox>, number: u64 },
    /// It may not.
    Refuse(Reason),
}
