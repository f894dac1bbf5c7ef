//! What a protocol needs to run on sockets.

use floodnet_core::observe::Observe;
use floodnet_core::protocol::Types;
use floodnet_core::wire::Wire;

use crate::peer::{NamesSender, Peer};

/// A protocol that can run on sockets: its peers are addresses, its messages have an encoding, and all of
/// it may move to the task that drives it.
pub trait SocketProtocol:
    Observe
    + Types<
        Peer = Peer,
        Message: Wire + NamesSender + Send + 'static,
        Timer: Send,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send,
    > + Send
    + 'static
{
}

impl<P> SocketProtocol for P where
    P: Observe
        + Types<
            Peer = Peer,
            Message: Wire + NamesSender + Send + 'static,
            Timer: Send,
            Command: Send + 'static,
            Event: Send + 'static,
            Config: Send,
        > + Send
        + 'static
{
}
