//! What was said before: which messages a node keeps for those who were away, and what is checked of those that it
//! gets that way.
//!
//! A message that is caught up is as old as it is, so it cannot pass the [`Gate`](crate::gate::Gate)'s time window and
//! rates, which are about what comes now. Instead:
//! - **Signature and network**, before anything else is done with it; who sends a forged one is cut off.
//! - **Time**: not older than what is kept, not further ahead than a new message may be.
//! - **Each once**: the store takes no message twice, and no second message under one count of an author.
//! - **Rates**: within [`SPAN_MS`] around its time there are no more messages, of its author and in all, than the rates
//!   for new messages would have let in ([`Rates`]).
//! - **Asked for**: a node takes only what it has asked for ([`floodnet_core::reconcile`]).
//!
//! Nothing that is caught up changes what the gate remembers, and nothing of it is flooded.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use floodnet_core::reconcile::{Dated, Key as Place, Message as Comparison};
use floodnet_core::time::Duration;
use floodnet_core::wire::{DecodeError, Wire, take};

use crate::keys::Verify;
use crate::quota::Limits;
use crate::replay::MAX_AHEAD_MS;
use crate::signed_message::{Envelope, Kind, NetworkId};

/// What neighbors send each other about what was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryMessage {
    /// Part of a comparison of what they hold.
    Comparison(Box<Comparison>),
    /// A message that the receiver asked for; its signature is not checked yet.
    CaughtUp(Envelope),
}

const COMPARISON: u8 = 0;
const CAUGHT_UP: u8 = 1;

impl Wire for HistoryMessage {
    fn size(&self) -> u32 {
        let inside = match self {
            Self::Comparison(message) => message.size(),
            Self::CaughtUp(envelope) => envelope.size(),
        };
        inside.saturating_add(1)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Comparison(message) => {
                out.push(COMPARISON);
                message.encode(out);
            }
            Self::CaughtUp(envelope) => {
                out.push(CAUGHT_UP);
                envelope.encode(out);
            }
        }
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match take(input)? {
            [COMPARISON] => Comparison::decode(input).map(Box::new).map(Self::Comparison),
            [CAUGHT_UP] => Envelope::decode(input).map(Self::CaughtUp),
            [kind] => Err(DecodeError::Kind(kind)),
        }
    }
}

/// By the time of its author, then by the front of its name.
impl Dated for Envelope {
    fn key(&self) -> Place {
        Place { at: self.unix_ms(), id: self.short_id() }
    }
}

/// Whether messages of this kind are kept: what was said, to all or to one; not who was there.
#[must_use]
pub const fn is_kept(kind: Kind) -> bool {
    match kind {
        Kind::Say | Kind::Direct => true,
        Kind::Presence => false,
    }
}

/// Whether a message belongs into the history of a room: it was said there, and its kind is kept.
///
/// # Errors
/// `other_network` or `not_kept`.
pub fn belongs(envelope: &Envelope, network: NetworkId) -> Result<(), &'static str> {
    if envelope.network() != network {
        Err("other_network")
    } else if is_kept(envelope.kind()) {
        Ok(())
    } else {
        Err("not_kept")
    }
}

/// The message in `bytes` that somebody has kept, if it has this key, belongs to this room and its author has signed it.
#[must_use]
pub fn sound(bytes: Bytes, key: Place, network: NetworkId, verify: &impl Verify) -> Option<Envelope> {
    let envelope = Envelope::parse(bytes).ok()?;
    let is_sound =
        envelope.key() == key && belongs(&envelope, network).is_ok() && envelope.is_authentic(verify);
    is_sound.then_some(envelope)
}

/// Whether a message from this time may be kept: it is at most `keep_ms` old, and not too far ahead.
///
/// # Errors
/// `too_old` or `too_far_ahead`.
pub const fn in_time(at_ms: u64, now_ms: u64, keep_ms: u64) -> Result<(), &'static str> {
    if at_ms > now_ms.saturating_add(MAX_AHEAD_MS) {
        Err("too_far_ahead")
    } else if at_ms < now_ms.saturating_sub(keep_ms) {
        Err("too_old")
    } else {
        Ok(())
    }
}

/// Half of this long before and behind a message, others are counted: 20 seconds in all.
pub const SPAN_MS: u64 = 20_000;

/// How many messages may have been said within [`SPAN_MS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// By one author.
    pub author: u64,
    /// By all together.
    pub all: u64,
}

impl Rates {
    /// What `limits` would have let in, twice: clocks were set, and bursts met.
    #[must_use]
    pub fn of(limits: Limits) -> Self {
        let most = |rate: floodnet_core::token_bucket::Rate| {
            rate.most_within(Duration::from_millis(SPAN_MS)).saturating_mul(2)
        };
        Self { author: most(limits.author), all: most(limits.all) }
    }

    /// Whether one more may be taken beside so many that were said about the same time.
    ///
    /// # Errors
    /// The rate is exceeded; the text is its name.
    pub const fn admit(self, of_author: u64, in_all: u64) -> Result<(), &'static str> {
        if of_author >= self.author {
            Err("too_much_of_author")
        } else if in_all >= self.all {
            Err("too_much_in_all")
        } else {
            Ok(())
        }
    }
}
