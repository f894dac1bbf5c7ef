//! The application's word on messages, before the node sees them.
//!
//! A flood marks a message as seen when it arrives, so whatever must not be spread (a forged author, a replay)
//! has to be stopped before. A gate has two looks at each message:
//!
//! - [`check`](Gate::check) in the task of the link, for many links at once: the place for what is dear and
//!   looks at the message alone, such as a signature. What it stops costs no other link anything.
//! - [`admit`](Gate::admit) in the task of the node, one message after another, in the order in which the node
//!   gets them: the place for what must be decided once, such as a sequence number.

use std::net::SocketAddr;

use crate::peer::Peer;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The node gets it.
    Pass,
    /// It is dropped, and counted by this name.
    Drop(&'static str),
    /// It is dropped and counted, and the link that it came on is closed: an honest peer does not send this.
    Cut(&'static str),
}

/// The link on which a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Who is at the other end. Its identity is proved and present; its address is the one the connection
    /// shows, with the port on which it says it listens.
    pub peer: Peer,
    /// Where the connection comes from or goes to.
    pub remote: SocketAddr,
    /// Whether this node dialed.
    pub is_outgoing: bool,
    /// Names this connection among all of this node.
    pub id: u64,
}

/// Decides about messages of type `M`.
///
/// A function from message and link to verdict is a gate that checks and admits all that passes.
pub trait Gate<M>: Send + Sync + 'static {
    /// Whether the node wants a link to this peer, whose identity is proved: the place for lists of who may
    /// come in and who may not. As provided, all may.
    fn meet(&self, link: &LinkInfo) -> bool {
        let _ = link;
        true
    }

    /// A look in the task of the link. It must not block.
    fn check(&self, message: &M, link: &LinkInfo) -> Verdict;

    /// A further look in the task of the node, right before the node gets the message. As provided, all pass.
    fn admit(&self, message: &M, link: &LinkInfo) -> Verdict {
        let _ = (message, link);
        Verdict::Pass
    }
}

impl<M, F: Fn(&M, &LinkInfo) -> Verdict + Send + Sync + 'static> Gate<M> for F {
    fn check(&self, message: &M, link: &LinkInfo) -> Verdict {
        self(message, link)
    }
}

/// Lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open;

impl<M> Gate<M> for Open {
    fn check(&self, _: &M, _: &LinkInfo) -> Verdict {
        Verdict::Pass
    }
}
