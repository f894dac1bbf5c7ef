//! The application's word on messages, before the node sees them.
//!
//! A flood marks a message as seen when it arrives, so whatever must not be spread (a forged author, a replay)
//! has to be stopped before. A validator has two looks at each message:
//!
//! - [`validate`](Validator::validate) in the task of the link, for many links at once: the place for what is dear and
//!   looks at the message alone, such as a signature. What it stops costs no other link anything.
//! - [`validate_in_order`](Validator::validate_in_order) in the task of the node, one message after another, in the order in which the node
//!   gets them: the place for what must be decided once, such as a sequence number.

use std::net::SocketAddr;

use crate::peer::Peer;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// The node gets it.
    Accept,
    /// It is dropped, and counted by this name.
    Ignore(&'static str),
    /// It is dropped and counted, and the link that it came on is closed: an honest peer does not send this.
    Reject(&'static str),
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
/// A function from message and link to acceptance is a validator that checks and admits all that passes.
pub trait Validator<M>: Send + Sync + 'static {
    /// Whether the node wants a link to this peer, whose identity is proved: the place for lists of who may
    /// come in and who may not. As provided, all may.
    fn admits(&self, link: &LinkInfo) -> bool {
        let _ = link;
        true
    }

    /// A look in the task of the link. It must not block.
    fn validate(&self, message: &M, link: &LinkInfo) -> Acceptance;

    /// A further look in the task of the node, right before the node gets the message. As provided, all pass.
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

/// Lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct AcceptAll;

impl<M> Validator<M> for AcceptAll {
    fn validate(&self, _: &M, _: &LinkInfo) -> Acceptance {
        Acceptance::Accept
    }
}
