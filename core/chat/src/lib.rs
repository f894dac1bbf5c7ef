//! A chat: signed messages that a broadcast spreads, and the checks of their authors.
//!
//! All of it is pure: no clock, no socket, no file, no randomness, and the ciphers behind two small
//! traits ([`keys`]), so that tests run without them. Keys cost nothing, so the tables of people and authors
//! are bounded ([`lru::LruCache`]). They are iterated in the order of use or of keys: the order of hashes
//! decides nothing.
//!
//! | module | subject |
//! |---|---|
//! | [`keys`] | keys, signatures, and what a chat asks of ciphers |
//! | [`clocks`] | what the clocks of the neighbors say |
//! | [`signed_message`] | a signed message as it travels |
//! | [`gate`] | what is checked before a node accepts a message, and in which order |
//! | [`history`] | what was said before: kept, and caught up with |
//! | [`replay`] | each message once: time window, ids, sequence windows |
//! | [`quota`] | how much one author, and all together, may say |
//! | [`direct`] | sealed messages for one reader |
//! | [`people`] | names, contacts, and who is who |
//! | [`session`] | one person in one room: says and hears |
//! | [`text`] | names, fingerprints, and text that cannot hurt a terminal |
//! | [`store`] | saved state as lines with checksums |
//!
//! The way of a message: the session of its author makes an [`Envelope`](signed_message::Envelope) and gives it to
//! the node, which floods it. At each other node the [`Gate`](gate::Gate) looks at it first: only what it lets
//! pass reaches the node, is remembered as seen, shown, and forwarded, in the bytes in which it came. A peer that
//! forwards a message with a wrong signature has not checked it, so the link to that peer is cut.

#![no_std]
// Untrusted peers choose the bytes that come here: nothing may panic, wrap or be truncated silently.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

extern crate alloc;

pub mod clocks;
pub mod direct;
pub mod gate;
pub mod history;
pub mod keys;
pub mod people;
pub mod quota;
pub mod replay;
pub mod session;
pub mod signed_message;
pub mod store;
pub mod text;

use floodnet_core::time::Time;

/// The two clocks of a chat, read by the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Since the start of the process; never goes back. Rates and pauses are measured by it.
    pub now: Time,
    /// Milliseconds since 1970, by the wall clock, which may jump. Messages are stamped with it.
    pub unix_ms: u64,
}

impl Clock {
    /// Milliseconds since the start of the process.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.now.as_nanos().checked_div(1_000_000).unwrap_or_default()
    }
}
