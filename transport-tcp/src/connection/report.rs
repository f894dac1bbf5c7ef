//! What a connection and the task that owns the node tell each other.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::end::End;
use crate::frame::Reason;
use crate::outbox::Outbox;
use crate::peer::Peer;
use crate::validator::LinkInfo;

/// What a connection tells the task that owns the node.
#[derive(Debug)]
pub(crate) enum Report<M> {
    /// A dialed node has shown its identity. The dial goes on if `go_on` is used, and ends if it is dropped.
    Met { id: u64, peer: Peer, go_on: oneshot::Sender<()> },
    /// A dialed node welcomes this one, and tells its session and its number of the link.
    Opened { link: Arc<LinkInfo>, session: u64, number: u64 },
    /// A dialer has shown its identity and waits for the answer.
    Asked(Visitor),
    /// A message came, and the validator has accepted it.
    Message { link: Arc<LinkInfo>, message: M },
    /// The connection has ended, or could not be opened. Comes last; not at all when the node itself ended it
    /// at once.
    Closed { id: u64, end: End },
}

/// A dialer that has shown its identity.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) link: Arc<LinkInfo>,
    pub(crate) session: u64,
    pub(crate) number: u64,
    /// Ends the connection at once.
    pub(crate) token: CancellationToken,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The answer to a visitor.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The link stands. What is put into the outbox is sent to it.
    Welcome { outbox: Arc<Outbox>, number: u64 },
    /// The link is closed, for this reason.
    Refuse(Reason),
}
