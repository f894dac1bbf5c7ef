//! The application's decision on peers and messages, before the node sees them.
//!
//! A flood marks a message as seen when it arrives, so whatever must not be spread (a forged author, a replay)
//! has to be stopped before. A validator has two looks at each message:
//!
//! - [`validate`](Validator::validate) in the task of the link, for many links at once: the place for expensive checks
//!   of one message, for example of a signature. What it stops costs no other link anything.
//! - [`validate_in_order`](Validator::validate_in_order) in the task of the node, one message after another, in the
//!   order in which the node gets them: the place for decisions about several messages, for example on sequence
//!   numbers.

use std::net::SocketAddr;

use crate::peer::Peer;

/// The decision on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The message is given to the node.
    Accept,
    /// It is dropped, and counted by this name.
    Ignore(&'static str),
    /// It is dropped and counted, and the link that it came on is closed: an honest peer does not send this.
    Reject(&'static str),
}

/// The link on which a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The peer at the other end. Its identity is proved and present; its address is the one the connection
    /// shows, with the port on which it says it listens.
    pub peer: Peer,
    /// Where the connection comes from or goes to.
    pub remote: SocketAddr,
    /// Whether this node opened the connection.
    pub is_outgoing: bool,
    /// Names this connection among all of this node.
    pub id: u64,
}

/// Decides about messages of type `M`.
///
/// A function from message and link to [`Acceptance`] is a validator that decides in the task of the link.
pub trait Validator<M>: Send + Sync + 'static {
    /// Whether the node wants a link to this peer, whose identity is proved: the place for lists of allowed or banned
    /// peers. The default allows all.
    fn admits(&self, link: &LinkInfo) -> bool {
        let _ = link;
        true
    }

    /// Decides in the task of the link. It must not block.
    fn validate(&self, message: &M, link: &LinkInfo) -> Acceptance;

    /// Decides again in the task of the node, right before the node gets the message. The default accepts all.
    fn validate_in_order(&self, message: &M, link: &LinkInfo) -> Acceptance {
        let _ = (message, link);
        Acceptance::Accept
    }
}

impl<M, F: Fn(&M, &LinkInfo) -> Acceptance + Send + Sync + 'static> Validator<M> for F {
    fn validate(&self, message: &M, link: &LinkInfo) -> Acceptance {
        self(message, link)
    }
}

/// A validator that accepts everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct AcceptAll;

impl<M> Validator<M> for AcceptAll {
    fn validate(&self, _: &M, _: &LinkInfo) -> Acceptance {
        Acceptance::Accept
    }
}
