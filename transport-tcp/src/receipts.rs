//! Which of the application's messages some peer has read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

/// Numbers kept at most; beyond it the least is forgotten.
const MAX_KEPT: usize = 65_536;

/// The numbers of the messages that no peer is known to have read.
#[derive(Debug)]
pub(crate) struct Unconfirmed {
    /// Whether anybody wants to know.
    is_wanted: bool,
    published: AtomicU64,
    numbers: watch::Sender<BTreeSet<u64>>,
}

impl Unconfirmed {
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_wanted, published: AtomicU64::new(0), numbers: watch::Sender::default() }
    }

    /// The application publishes one more message. Its number; 0 if nobody wants to know about it.
    pub(crate) fn publishes(&self) -> u64 {
        if !self.is_wanted {
            return 0;
        }
        let number = self.published.fetch_add(1, Relaxed) + 1;
        self.numbers.send_modify(|numbers| {
            numbers.insert(number);
            if numbers.len() > MAX_KEPT {
                numbers.pop_first();
            }
        });
        number
    }

    /// A peer has read these messages.
    pub(crate) fn read(&self, numbers: &[u64]) {
        self.numbers.send_if_modified(|unconfirmed| {
            let before = unconfirmed.len();
            numbers.iter().for_each(|number| _ = unconfirmed.remove(number));
            unconfirmed.len() < before
        });
    }

    pub(crate) fn watch(&self) -> watch::Receiver<BTreeSet<u64>> {
        self.numbers.subscribe()
    }
}
