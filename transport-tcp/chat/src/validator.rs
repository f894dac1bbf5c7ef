//! The checks of `floodnet-chat` at the sockets.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use floodnet_chat::Clock;
use floodnet_chat::gate::{Gate, Refusal};
use floodnet_chat::history::HistoryMessage;
use floodnet_chat::keys::Key;
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::Replay;
use floodnet_chat::signed_message::{Envelope, NetworkId};
use floodnet_core::node::Layer;
use floodnet_core::time::Time;
use floodnet_tcp::limits::Profile;
use floodnet_tcp::validator::{Acceptance, LinkInfo};

use crate::cipher::Verifier;
use crate::node::Message;

/// How much may be said under a profile.
#[must_use]
pub const fn quota_limits(profile: Profile) -> Limits {
    match profile {
        Profile::Public => Limits::PUBLIC,
        Profile::Lan => Limits::LAN,
        Profile::Lab => Limits::LAB,
    }
}

/// Reads the two clocks of a chat.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    started: Instant,
    /// Seconds by which the wall clock is shown ahead: a test has no other way to set it.
    ahead: Option<&'static AtomicI64>,
}

impl Clocks {
    /// Starts the one that never goes back.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now(), ahead: None }
    }

    /// As [`start`](Self::start), with a wall clock that is so many seconds ahead, or behind if that is negative.
    #[must_use]
    pub fn start_ahead(seconds: &'static AtomicI64) -> Self {
        Self { ahead: Some(seconds), ..Self::start() }
    }

    /// Reads both clocks.
    #[must_use]
    pub fn read(&self) -> Clock {
        let nanos = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // A clock set before 1970 stands at 1970.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(wall.as_millis()).unwrap_or(u64::MAX);
        let ahead = self.ahead.map_or(0, |seconds| seconds.load(Relaxed));
        Clock {
            now: Time::from_nanos(nanos),
            unix_ms: unix_ms.saturating_add_signed(ahead.saturating_mul(1_000)),
        }
    }
}

/// The validator of a chat's node: a [`Gate`] behind a lock. Signatures are checked in the tasks of the links, several at once; all else is
/// short and done under a lock.
#[derive(Debug)]
pub struct ChatValidator {
    gate: Mutex<Gate>,
    clocks: Clocks,
    /// The user's key, and when this program was started.
    own: Option<(Key, u64)>,
    /// Somebody else has said something with that key.
    is_twin_heard: AtomicBool,
}

/// A message of the user's that is not of this life may have been under way for so long.
const UNDER_WAY_MS: u64 = 5_000;

impl ChatValidator {
    /// The gate of a network.
    #[must_use]
    pub fn new(network: NetworkId, limits: Limits, replay: Replay, clocks: Clocks) -> Self {
        let gate = Mutex::new(Gate::new(network, limits, replay));
        Self { gate, clocks, own: None, is_twin_heard: AtomicBool::new(false) }
    }

    /// The gate of the user with this key, whose messages are all this program's.
    #[must_use]
    pub fn of(self, own: Key) -> Self {
        let started = self.clocks.read().unix_ms;
        Self { own: Some((own, started)), ..self }
    }

    /// Whether somebody else has said something with the user's key since the last time that this was asked.
    pub fn take_twin(&self) -> bool {
        self.is_twin_heard.swap(false, Relaxed)
    }

    /// The checks, to look at or to tell something. Others wait meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Gate> {
        // Nothing under this lock leaves it in the middle of a change.
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn acceptance(checked: Result<(), Refusal>) -> Acceptance {
    match checked {
        Ok(()) => Acceptance::Accept,
        Err(Refusal::Drop(reason)) => Acceptance::Ignore(reason),
        Err(Refusal::Cut(reason)) => Acceptance::Reject(reason),
    }
}

/// A message that was flooded.
const fn envelope(message: &Message) -> Option<&Envelope> {
    match message {
        Message::Flood(Layer::Broadcast(flooded)) => Some(&flooded.payload),
        Message::Flood(Layer::Overlay(_)) | Message::History(_) => None,
    }
}

impl ChatValidator {
    /// Notes a message that the user's key has signed since this program was started, and that it has not sent.
    fn look_for_twin(&self, envelope: &Envelope) {
        let Some((own, started)) = self.own else { return };
        let is_ours = envelope.origin() != own
            || envelope.unix_ms() < started.saturating_add(UNDER_WAY_MS)
            || self.lock().replay().has(envelope);
        if !is_ours && envelope.is_authentic(&Verifier) {
            self.is_twin_heard.store(true, Relaxed);
        }
    }

    /// A message that is caught up is checked here for all that its sender can check; whether it is wanted, the
    /// history knows, which is asked last.
    fn check_history(&self, envelope: &Envelope) -> Acceptance {
        let before = self.lock().before_signature_of_history(envelope);
        if before.is_err() {
            return acceptance(before);
        }
        let is_authentic = envelope.is_authentic(&Verifier);
        acceptance(self.lock().after_signature_of_history(is_authentic))
    }
}

impl floodnet_tcp::validator::Validator<Message> for ChatValidator {
    fn validate(&self, message: &Message, link: &LinkInfo) -> Acceptance {
        if let Message::History(HistoryMessage::CaughtUp(envelope)) = message {
            return self.check_history(envelope);
        }
        let Some(envelope) = envelope(message) else { return Acceptance::Accept };
        self.look_for_twin(envelope);
        let clock = self.clocks.read();
        let mut gate = self.lock();
        // Whoever proved this identity on the link is the author, and says now what its clock shows.
        if link.peer.identity().is_some_and(|neighbor| *neighbor.as_bytes() == envelope.origin().0) {
            gate.hear_clock(envelope, clock);
        }
        let before = gate.before_signature(envelope, clock);
        drop(gate);
        if before.is_err() {
            return acceptance(before);
        }
        if envelope.is_authentic(&Verifier) {
            return Acceptance::Accept;
        }
        acceptance(self.lock().after_signature(envelope, false, clock))
    }

    /// In the order in which the node gets them, so that what is remembered as taken is what it got.
    fn validate_in_order(&self, message: &Message, _: &LinkInfo) -> Acceptance {
        let Some(envelope) = envelope(message) else { return Acceptance::Accept };
        acceptance(self.lock().after_signature(envelope, true, self.clocks.read()))
    }
}
