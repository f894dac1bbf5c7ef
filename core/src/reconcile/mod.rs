//! What two nodes hold, compared and made equal: range-based set reconciliation (Meyer 2023).
//!
//! A history is a set of [`Key`]s, each a time and an id, in that order. Two nodes that hold nearly the same find the
//! difference with few bytes: one sends a [`Sum`](Content::Sum) of all its keys. Where the other's sum of the same range
//! differs, it answers with the sums of [`PARTS`] parts of it, and so on; a range of few keys is listed. What the
//! one lacks and the other holds is then asked for in batches.
//!
//! | module | subject |
//! |---|---|
//! | [`message`] | what nodes send each other |
//! | [`ranges`] | a set of keys, its sums and its parts |
//! | [`exchange`] | which of the neighbors is told, asked and answered, and when |
//!
//! **Hostile neighbors.** A sum depends on a random number of the node that began, so nobody can choose messages whose
//! sums hide others. Each message is answered with at most one packet of ranges and one of keys. What a neighbor may
//! make this node compute is bounded by a [`TokenBucket`](crate::token_bucket::TokenBucket), and whoever goes on beyond
//! it is not listened to any more. Only what was asked for is taken.

pub mod exchange;
pub mod message;
pub mod ranges;

pub use exchange::{Answer, Exchange};
pub use message::{Content, Message, Range};
pub use ranges::KeySet;

use crate::observe::Payload;

/// A range that differs is cut into at most so many parts.
pub const PARTS: usize = 16;
/// A range of at most so many keys is listed instead.
pub const LEAF: usize = 16;
/// Ranges in a message at most.
pub const MAX_RANGES: usize = 256;
/// Keys in the ranges of a message at most, all together.
pub const MAX_LISTED: usize = 192;
/// Keys that a message says its sender has, at most.
pub const MAX_HAVE: usize = 512;
/// Keys that a message asks for at most: what is sent in return must fit into what may wait on a link.
pub const MAX_WANT: usize = 16;

/// Names a message in a history, and where it stands there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// When it was said, or a number that rises with that time. All nodes must agree on it.
    pub at: u64,
    /// Tells messages of one time apart: uniform where others may choose it.
    pub id: [u8; 16],
}

impl Key {
    /// Before all others.
    pub const FIRST: Self = Self::at(0);
    /// Behind all others; no message has this key.
    pub const END: Self = Self { at: u64::MAX, id: [0xff; 16] };

    /// The first key of this time.
    #[must_use]
    pub const fn at(at: u64) -> Self {
        Self { at, id: [0; 16] }
    }

    /// The key right behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match u128::from_be_bytes(self.id).checked_add(1) {
            Some(id) => Self { at: self.at, id: id.to_be_bytes() },
            None if self.at == u64::MAX => Self::END,
            None => Self::at(self.at + 1),
        }
    }
}

/// Content that stands at a place in a history.
pub trait Dated: Payload {
    /// Its place: the same at all nodes, and another for each message.
    fn key(&self) -> Key;
}
