//! What a node on sockets did, and what it dropped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts since the node was started.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Stats {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// The counters behind [`Stats`], shared by the tasks of a node.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
            /// What the gate dropped.
            pub(crate) gate: ByReason,
        }

        impl Stats {
            /// Each count with its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),*].into_iter()
            }
        }

        impl Counters {
            pub(crate) fn read(&self) -> Stats {
                Stats { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters! {
    /// Connections dialed, whether or not anybody answered.
    dialed,
    /// Connections taken from others.
    accepted,
    /// Connections closed at once because there were too many.
    refused,
    /// Dials not tried because there were too many connections.
    dial_limit,
    /// Connections whose greeting did not come, was late, wrong or somebody else's.
    bad_greetings,
    /// Connections closed because of a frame that was too long, cut off, or no packet.
    bad_frames,
    /// Connections closed because they fell silent or did not take data for too long.
    dead,
    /// Links closed because nothing was said on them for long.
    idle,
    /// Messages sent, that is queued for a connection.
    sent,
    /// Messages handed to the node.
    received,
    /// Messages dropped because too many waited for their receiver.
    outbox_full,
    /// Messages dropped because they are longer than a frame.
    too_long,
    /// Messages dropped because their connection was closed meanwhile.
    stale,
    /// Messages that the gate dropped, those for which it cut the link included.
    gate_dropped,
    /// Links cut by the gate.
    gate_cut,
    /// Events dropped because the application did not take them in time.
    events_dropped,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Counts by reasons that the application names. They are literals of its program, so there are few.
#[derive(Debug, Default)]
pub(crate) struct ByReason(Mutex<BTreeMap<&'static str, u64>>);

impl ByReason {
    fn add(&self, reason: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(reason).or_default() += 1;
    }

    pub(crate) fn read(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Counters {
    /// The gate has dropped a message.
    pub(crate) fn gate_dropped(&self, reason: &'static str) {
        self.gate.add(reason);
        self.gate_dropped.add();
    }

    /// The gate has cut a link for a message.
    pub(crate) fn gate_cut(&self, reason: &'static str) {
        self.gate_dropped(reason);
        self.gate_cut.add();
    }
}
