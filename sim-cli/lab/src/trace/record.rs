//! One step of one slot.

use std::fmt;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::{Arrived, Observed};
use floodnet_sim::plan::{CrashKind, End};

use floodnet_measure::seconds;

/// One step of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Simulated time of the step.
    pub at: Time,
    /// The slot that makes the step.
    pub slot: u32,
    /// What the slot does.
    pub what: What,
    /// The message or the timer in `Debug` form; else empty.
    pub content: Box<str>,
}

/// What happened in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The slot takes an input. What comes of it follows, up to the next of these.
    Takes(Arrived),
    /// Its node sends a packet.
    Sends {
        /// The receiver.
        to: u32,
        /// The message of the application that it carries.
        payload: Option<u32>,
        /// Bytes, frame included.
        bytes: u32,
    },
    /// Its node sets a timer.
    SetsTimer(Duration),
    /// Its node closes its connections with this peer.
    Disconnects(u32),
    /// A packet will never be received: the slot is one of its two ends.
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
    /// What measures see of it; not packets sent, received and lost.
    Reports(Observed),
}

impl What {
    /// Whether this is an input, and not what came of one.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Takes(_))
    }
}

/// `, message 3`, if there is one.
struct Carrying(Option<u32>);

impl fmt::Display for Carrying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |message| write!(f, ", message {message}"))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Takes(what) => arrived(what, f),
            Self::Sends { to, payload, bytes } => {
                write!(f, "sends {bytes} bytes to {to}{}", Carrying(payload))
            }
            Self::SetsTimer(after) => write!(f, "sets a timer for {after} from now"),
            Self::Disconnects(peer) => write!(f, "disconnects from {peer}"),
            Self::Loses { from, to, payload, reason } => {
                write!(f, "loses a packet of {from} to {to}, {reason}{}", Carrying(payload))
            }
            Self::Reports(what) => reported(what, f),
        }
    }
}

fn arrived(what: Arrived, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match what {
        Arrived::Start => f.write_str("receives: start"),
        Arrived::Stop(End::Leave) => f.write_str("receives: leave"),
        Arrived::Stop(End::Crash(CrashKind::Silent)) => f.write_str("receives: crash, silent"),
        Arrived::Stop(End::Crash(CrashKind::Reset)) => f.write_str("receives: crash, with resets"),
        Arrived::Publish(message) => write!(f, "receives: publish message {message}"),
        Arrived::Pause(until) => write!(f, "receives: pause until {} s", seconds(until)),
        Arrived::Cut => f.write_str("receives: beginning of a cut"),
        Arrived::Awake => f.write_str("receives: end of the pause"),
        Arrived::Timer { life } => write!(f, "receives: timer of life {life}"),
        Arrived::Departed => f.write_str("receives: a packet has left the access line"),
        Arrived::Dialed(peer) => write!(f, "receives: dial of {peer}"),
        Arrived::Closed(peer) => write!(f, "receives: end of a connection with {peer}"),
        Arrived::Packet { from, payload: None, .. } => write!(f, "receives: packet of {from}"),
        Arrived::Packet { from, payload, hops } => {
            write!(f, "receives: packet of {from}{} on hop {hops}", Carrying(payload))
        }
    }
}

fn reported(what: Observed, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match what {
        Observed::Up { incarnation } => write!(f, "is up, life {incarnation}"),
        Observed::Down(_) => f.write_str("is down"),
        Observed::Sent { to, .. } => write!(f, "sent to {to}"),
        Observed::Received { from, .. } => write!(f, "received from {from}"),
        Observed::Lost { payload, reason } => write!(f, "loses a packet, {reason}{}", Carrying(payload)),
        Observed::Protocol(said) => match said {
            Observation::Published(message) => write!(f, "publishes message {message}"),
            Observation::Delivered { message, hops } => {
                write!(f, "delivers message {message} after {hops} hops")
            }
            Observation::Duplicate(message) => write!(f, "suppresses a copy of message {message}"),
            Observation::NeighborUp(peer) => write!(f, "gets {peer} as neighbor"),
            Observation::NeighborDown(peer) => write!(f, "loses neighbor {peer}"),
            Observation::Failed(peer) => write!(f, "holds {peer} for failed"),
            Observation::Repair => f.write_str("asks for a link in place of a lost one"),
            Observation::Dropped(reason) => write!(f, "ignores an input, {reason}"),
            Observation::Deed(deed) => write!(f, "is hostile, {}", deed.name()),
            Observation::Count(measure, by) => write!(f, "counts {by} {}", measure.name),
            Observation::Record(measure, value) => write!(f, "notes {value} of {}", measure.name),
            Observation::Other => f.write_str("reports another event"),
        },
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} s  node {}  {}", seconds(self.at), self.slot, self.what)?;
        if self.content.is_empty() { Ok(()) } else { write!(f, "  {}", self.content) }
    }
}
