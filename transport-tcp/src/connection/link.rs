//! What the two directions of a link share.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floodnet_core::token_bucket::TokenBucket;
use tokio::time::Instant;

use crate::clock::span;
use crate::outbox::Outbox;
use crate::secure::Cipher;
use crate::shared::Shared;

/// Buffers that have grown beyond this are given back once they are empty.
pub(super) const KEPT: usize = 4 * 1_024;

/// Keeps one direction of a link to its rates.
#[derive(Default)]
pub(super) struct Pace {
    packets: TokenBucket,
    bytes: TokenBucket,
}

impl Pace {
    /// Time to wait after so many packets of so many bytes.
    pub(super) fn after(&mut self, packets: usize, bytes: usize, shared: &Shared) -> Duration {
        let (limits, now) = (&shared.limits, shared.now());
        let [packets, bytes] = [packets, bytes].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        span(self.packets.take(limits.packets, packets, now).max(self.bytes.take(limits.bytes, bytes, now)))
    }
}

/// The state that both directions of a link share. They are one task, so the lock is never waited for.
pub(super) struct Link<'a> {
    cipher: Mutex<Box<dyn Cipher>>,
    /// When the last good frame came, in nanoseconds of the node's life.
    heard: AtomicU64,
    pub(super) outbox: &'a Outbox,
    pub(super) shared: &'a Shared,
}

impl<'a> Link<'a> {
    pub(super) fn new(cipher: Box<dyn Cipher>, outbox: &'a Outbox, shared: &'a Shared) -> Self {
        let link = Self { cipher: Mutex::new(cipher), heard: AtomicU64::new(0), outbox, shared };
        link.hear();
        link
    }

    pub(super) fn cipher(&self) -> MutexGuard<'_, Box<dyn Cipher>> {
        self.cipher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A good frame has come.
    pub(super) fn hear(&self) {
        self.heard.store(self.shared.now().as_nanos(), Relaxed);
    }

    /// When the last good frame came.
    pub(super) fn heard(&self) -> Instant {
        self.shared.started() + Duration::from_nanos(self.heard.load(Relaxed))
    }
}
