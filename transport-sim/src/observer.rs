//! What a backend reports while it runs: the only source of measures.

use std::fmt::Debug;
use std::ops::Range;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};

use crate::plan::End;

/// One thing that happened at a slot.
///
/// Between two samples the observations of one slot come in order; those of different slots do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The slot came up.
    Up {
        /// 0 for the first life.
        incarnation: u32,
    },
    /// The slot went down. All it held is gone, without a `NeighborDown` for each.
    Down(End),
    /// The slot handed a packet to the network.
    Sent {
        /// The receiver.
        to: u32,
        /// The message it carries; none for control traffic.
        payload: Option<u32>,
        /// Bytes, frame included.
        bytes: u32,
        /// What the message is, in a word.
        kind: &'static str,
    },
    /// The slot's protocol took a packet in.
    Received {
        /// The sender.
        from: u32,
        /// The message it carries.
        payload: Option<u32>,
    },
    /// A packet that was sent will never be received. Reported at the slot where it ended.
    Lost {
        /// The message it carried.
        payload: Option<u32>,
        /// Why: `loss`, `cut`, `stale`, `down`, `broken`, `queue_full`, ...
        reason: &'static str,
    },
    /// The protocol said something.
    Protocol(Observation<u32, u32>),
}

impl Observed {
    /// Whether a message reached the application of a node.
    #[must_use]
    pub const fn is_delivery(&self) -> bool {
        matches!(self, Self::Protocol(Observation::Delivered { .. }))
    }
}

/// What reached a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// The plan: the slot comes up.
    Start,
    /// The plan: it goes down.
    Stop(End),
    /// The plan: it publishes this message.
    Publish(u32),
    /// The plan: it stands still until then.
    Pause(Time),
    /// The plan: a cut begins between it and others, which pings will find.
    Cut,
    /// The pause is over.
    Awake,
    /// A timer that a node set is due: this slot's node in the life of this number.
    Timer {
        /// The life. If it is over, the timer goes nowhere.
        life: u32,
    },
    /// The head of the queue before the limited uplink has left.
    Departed,
    /// This peer dialed.
    Dialed(u32),
    /// A connection with this peer is over, or was not opened.
    Closed(u32),
    /// A packet. It arrives twice where a limited downlink takes it in first.
    Packet {
        /// The sender.
        from: u32,
        /// The message of the application that it carries.
        payload: Option<u32>,
        /// Hops of that message from its origin.
        hops: u16,
    },
}

/// What a slot takes and what its node wants done: what [`Observed`] leaves out, for those who follow nodes
/// step by step. Content shows in its `Debug` form.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The slot takes an input: before all that comes of it.
    Takes {
        /// The input.
        what: Arrived,
        /// The message of a packet, what a timer brings back.
        content: Option<&'a dyn Debug>,
    },
    /// The node sends, just before [`Observed::Sent`].
    Sends {
        /// The receiver.
        to: u32,
        /// The message of the application that it carries.
        payload: Option<u32>,
        /// Bytes, frame included.
        bytes: u32,
        /// The message.
        content: &'a dyn Debug,
    },
    /// The node sets a timer.
    SetsTimer {
        /// How long from now.
        after: Duration,
        /// What comes back.
        content: &'a dyn Debug,
    },
    /// The node closes its connections with this peer.
    Disconnects(u32),
    /// A packet will never be received, just before [`Observed::Lost`] at the slot where it ended: one of these two.
    Loses {
        /// The sender.
        from: u32,
        /// The receiver.
        to: u32,
        /// The message of the application that it carried.
        payload: Option<u32>,
        /// Why.
        reason: &'static str,
    },
}

/// Takes what a backend reports.
pub trait Observer {
    /// Whether [`trace`](Self::trace) is called. Where it is not, it costs nothing.
    const TRACES: bool = false;

    /// `step` happened at `slot` at `at`.
    fn trace(&mut self, at: Time, slot: u32, step: Step<'_>) {
        let _ = (at, slot, step);
    }

    /// `slot` will be observed soon: a chance to have what belongs to it fetched into the processor's cache.
    #[inline]
    fn expect(&self, slot: u32) {
        let _ = slot;
    }

    /// `what` happened at `slot` at `at`.
    fn observe(&mut self, at: Time, slot: u32, what: Observed);

    /// A packet of a stream leaves that will be sent `times` more before it arrives.
    fn sent_again(&mut self, times: u32) {
        let _ = times;
    }

    /// Every input before `at` has been handled and none after: a consistent cut through the network.
    fn sample(&mut self, at: Time) {
        let _ = at;
    }
}

/// An observer whose work is shared out over shards of slots, each of which may run on a thread of its own.
///
/// What comes of it must not depend on how many shards there are: the observations of one slot come in order
/// to the part of its shard, those of different slots in any order. What concerns slots of two shards is put
/// off until no shard runs: to [`Divisible::settle`], or at the latest to [`Divisible::sample`].
pub trait Divisible {
    /// Observes the slots of one shard.
    type Part: Observer + Send;

    /// One part for each shard, in their order; the shards are consecutive ranges of slots that cover all of
    /// them. Called once, before the run.
    fn divide(&mut self, shards: &[Range<u32>]) -> Vec<Self::Part>;

    /// Called between windows, when no shard runs: takes over what the parts have gathered, if that is much.
    /// Must be cheap when there is nothing to do.
    fn settle(&mut self, parts: &mut [Self::Part]) {
        let _ = parts;
    }

    /// Every input before `at` has been handled and none after: a consistent cut through the network.
    fn sample(&mut self, parts: &mut [Self::Part], at: Time);

    /// The run is over, and sampled for the last time; `parts` are all parts, in their order.
    fn unite(&mut self, parts: Vec<Self::Part>);
}

/// Observes for its owner.
impl<Ob: Observer> Observer for &mut Ob {
    const TRACES: bool = Ob::TRACES;

    fn trace(&mut self, at: Time, slot: u32, step: Step<'_>) {
        (**self).trace(at, slot, step);
    }

    #[inline]
    fn expect(&self, slot: u32) {
        (**self).expect(slot);
    }

    #[inline]
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        (**self).observe(at, slot, what);
    }

    fn sent_again(&mut self, times: u32) {
        (**self).sent_again(times);
    }

    fn sample(&mut self, at: Time) {
        (**self).sample(at);
    }
}

/// Observes nothing.
impl Observer for () {
    #[inline]
    fn observe(&mut self, _: Time, _: u32, _: Observed) {}
}

/// Keeps everything, in the order in which it was reported.
impl Observer for Vec<(Time, u32, Observed)> {
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        self.push((at, slot, what));
    }
}
