//! What is done to all connections of a proxy while it runs, and what it counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

/// The switches of a running proxy.
#[derive(Debug)]
pub struct Control {
    state: watch::Sender<State>,
    pub(crate) counters: Counters,
}

/// The position of each switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Whether nothing passes; by direction: up, down.
    pub(crate) cut: [bool; 2],
    /// Whether everything is taken and nothing passed on.
    pub(crate) is_silent: bool,
    /// How often all connections were reset.
    pub(crate) resets: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) resets: AtomicU64,
    pub(crate) stalls: AtomicU64,
    pub(crate) bytes: [AtomicU64; 2],
}

/// Counts of what a proxy did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that the proxy accepted.
    pub connections: u64,
    /// Those for which the target could not be reached.
    pub refused: u64,
    /// Connections that it reset or that broke.
    pub resets: u64,
    /// Pieces that were held up by a loss.
    pub stalls: u64,
    /// Bytes that arrived at the target.
    pub up: u64,
    /// Bytes that arrived back at the dialer.
    pub down: u64,
}

impl Default for Control {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::default()), counters: Counters::default() }
    }
}

impl Control {
    /// From now on nothing passes up (to the target), down, or either way. What is under way waits, is tried
    /// again after pauses that double, and breaks its connection when that takes too long.
    pub fn cut(&self, up: bool, down: bool) {
        self.state.send_modify(|state| state.cut = [up, down]);
    }

    /// Lets bytes pass again in both directions.
    pub fn heal(&self) {
        self.cut(false, false);
    }

    /// From now on all bytes are taken and dropped, the ends of connections too, and new dials hang: as if the
    /// other machine had lost its power.
    pub fn swallow(&self) {
        self.state.send_modify(|state| state.is_silent = true);
    }

    /// Ends the silence. Connections that lived through it have lost bytes: they are reset.
    pub fn release(&self) {
        self.state.send_modify(|state| {
            if std::mem::take(&mut state.is_silent) {
                state.resets += 1;
            }
        });
    }

    /// Resets all connections at both ends.
    pub fn reset(&self) {
        self.state.send_modify(|state| state.resets += 1);
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Counters { connections, refused, resets, stalls, bytes: [up, down] } = &self.counters;
        let [connections, refused, resets, stalls, up, down] =
            [connections, refused, resets, stalls, up, down].map(|count| count.load(Relaxed));
        Counts { connections, refused, resets, stalls, up, down }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }
}
