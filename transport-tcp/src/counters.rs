//! What a node on sockets did, and what it dropped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::dialing::Forbidden;

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
            /// Messages that the validator dropped, by its reasons.
            pub(crate) by_reason: ByReason,
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
    /// Dials not tried because there were too many links, or because the peer is this node.
    dial_limit,
    /// Dials not tried, and requests for them dropped, because nodes do not dial such addresses when only other nodes named them.
    dial_forbidden,
    /// Dials not tried, and requests for them dropped, because there were too many lately.
    dial_rate,
    /// Dials not tried, and requests for them dropped, because the peer has just left or was cut.
    dial_parted,
    /// Messages dropped that were to be passed on to a peer without a link.
    no_link,
    /// Dials for which no connection could be opened.
    unreachable,
    /// Connections of other nodes that were accepted.
    accepted,
    /// Connections that the operating system could not hand over.
    accept_errors,
    /// Connections closed at once: their source group has enough, or connects too often.
    admission_group,
    /// Connections closed at once: they come too often.
    admission_rate,
    /// Connections closed at once: too many are half-open.
    admission_half_open,
    /// Handshakes that failed: another network or key, or no handshake at all.
    bad_handshakes,
    /// Handshakes that did not end in time.
    slow_handshakes,
    /// Handshakes in which the identity was not proved, or not the one that was dialed.
    wrong_identity,
    /// Handshakes with nodes of another version.
    wrong_version,
    /// Connections of this node to itself.
    own_dials,
    /// Links of others that this node welcomed.
    welcomed,
    /// Links of others that this node refused after the handshake.
    refused,
    /// Links refused because there is one to that peer already.
    duplicate_links,
    /// Links that the application did not want.
    unwelcome,
    /// Links closed to make room for others.
    evicted,
    /// Dials that the other side refused after the handshake, for another reason than the next.
    refused_by_peer,
    /// Dials refused because the peer has a later link, which may be of another program with this identity.
    refused_as_earlier,
    /// Links that ended with the peer's goodbye.
    goodbyes,
    /// Links that ended without a word.
    broken,
    /// Links closed because of a frame that was changed, repeated or left out in transit.
    tampered,
    /// Links closed because of a frame that was too long, cut off, or no packet.
    bad_frames,
    /// Links closed because a frame did not become whole in time.
    slow_frames,
    /// Links closed because they fell silent.
    dead,
    /// Links closed because the peer did not take data.
    stalled,
    /// Links closed because what waits for the peer had no room for too long.
    outbox_stuck,
    /// Links closed because nothing was said on them for long.
    idle,
    /// Links whose task failed by an error of the program.
    panicked,
    /// Messages sent, that is queued for a connection.
    sent,
    /// Messages handed to the node.
    received,
    /// Messages dropped because too many waited for their receiver.
    outbox_full,
    /// Messages dropped because they are longer than a packet may be.
    too_long,
    /// Messages dropped because their link was closed meanwhile.
    stale,
    /// Times that a link had to wait because it sent too much.
    throttled,
    /// Messages that the validator dropped, those for which it cut the link included.
    validator_dropped,
    /// Links cut by the validator.
    validator_cut,
    /// Fresh keys that this side took for sealing.
    rekeys,
    /// Times that the machine was found to have slept, or its clock to have been set.
    clock_jumps,
    /// Lines not logged because there were too many.
    log_dropped,
    /// Events that are no messages, not told because the application was slow.
    events_skipped,
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

    pub(crate) fn add_many(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
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
    /// A dial was not tried, or a request for it dropped.
    pub(crate) fn not_dialed(&self, why: Forbidden) {
        match why {
            Forbidden::Address => self.dial_forbidden.add(),
            Forbidden::Rate => self.dial_rate.add(),
            Forbidden::Parted => self.dial_parted.add(),
        }
    }

    /// The validator has dropped a message.
    pub(crate) fn validator_dropped(&self, reason: &'static str) {
        self.by_reason.add(reason);
        self.validator_dropped.add();
    }

    /// The validator has cut a link for a message.
    pub(crate) fn validator_cut(&self, reason: &'static str) {
        self.validator_dropped(reason);
        self.validator_cut.add();
    }
}
