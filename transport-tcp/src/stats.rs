//! What a node on sockets did, and what it dropped.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
        }

        impl Counters {
            pub(crate) fn read(&self) -> Stats {
                Stats { $($name: self.$name.0.load(Relaxed),)* }
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
}
