//! The messages between coordinator and workers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use floodnet_core::hostile::Deed;
use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_measure::own;
use floodnet_sim::observer::Observed;
use floodnet_sim::plan::{CrashKind, End};
use serde::{Deserialize, Serialize};

use super::token::Nonce;
use crate::schedule::LifeSchedule;
use crate::sink::Record;

/// The coordinator's first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Challenge {
    /// The version of its program. Others may mean something else.
    pub(crate) version: String,
    pub(crate) nonce: Nonce,
}

/// A worker's first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) slot: u32,
    pub(crate) nonce: Nonce,
    pub(crate) proof: [u8; 32],
}

/// The coordinator's second line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Welcome(Box<Welcome>),
    /// Says why.
    Refused(String),
}

/// What a worker is to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Welcome {
    pub(crate) proof: [u8; 32],
    /// The scenario, resolved.
    pub(crate) scenario: String,
    pub(crate) speed: f64,
    /// Where the node listens; none where it may choose.
    pub(crate) listen: Option<SocketAddr>,
    /// Whether its process is killed when it is to crash.
    pub(crate) killed_on_crash: bool,
}

/// What the coordinator says to a worker that is part of the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// The answer to [`ToCoordinator::Ping`].
    Pong { asked: u64, now: u64 },
    /// Everybody's identity and address.
    Peers(Vec<([u8; 32], SocketAddr)>),
    /// The plan starts at `epoch` on the coordinator's clock; peers are dialed at the link emulation, if there is one.
    Start { epoch: u64, emulation: Option<SocketAddr> },
    /// The next life of its node.
    RunLife(LifeSchedule),
    /// The run is over before its end.
    Stop,
    /// The worker is not needed any more.
    Exit,
}

/// What a worker says to its coordinator. Times are nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ToCoordinator {
    /// The question what time it is at the coordinator, sent at `asked` on the worker's clock.
    Ping { asked: u64 },
    /// It is ready to hear of its peers, who may dial it there; its clock may be wrong by so much.
    Listening { address: SocketAddr, clock_error: u64 },
    /// It knows its peers, and is ready to start its node.
    Ready,
    /// What was observed of it, in order.
    Observations(Vec<(u64, Reported)>),
    /// A life is over, and all of it reported. So late was the machine with it, on the plan's clock.
    LifeEnded { latest: u64, clock_error: u64 },
    /// It cannot go on.
    Failed(String),
}

/// An observation, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reported {
    Up(u32),
    Left,
    Crashed { silent: bool },
    Sent(u32, Option<u32>, u32, String),
    Received(u32, Option<u32>),
    Lost(Option<u32>, String),
    Published(u32),
    Delivered(u32, u16),
    Duplicate(u32),
    NeighborUp(u32),
    NeighborDown(u32),
    Repair,
    Failed(u32),
    Dropped(String),
    Deed(ReportedDeed),
    Count(String, u64),
    Record(String, u64),
    Other,
}

/// What an adversary did, as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ReportedDeed {
    Dropped { payload: bool },
    Delayed(u64),
    Ignored,
    Repeated,
    Forged,
    Lied,
    Heard { message: u32, from: u32 },
}

impl ReportedDeed {
    const fn of(deed: Deed<u32, u32>) -> Self {
        match deed {
            Deed::Dropped { payload } => Self::Dropped { payload },
            Deed::Delayed(by) => Self::Delayed(by.as_nanos()),
            Deed::Ignored => Self::Ignored,
            Deed::Repeated => Self::Repeated,
            Deed::Forged => Self::Forged,
            Deed::Lied => Self::Lied,
            Deed::Heard { message, from } => Self::Heard { message, from },
        }
    }

    /// As it was done; none if it names a slot or message that does not exist.
    fn read(self, bounds: Bounds) -> Option<Deed<u32, u32>> {
        Some(match self {
            Self::Dropped { payload } => Deed::Dropped { payload },
            Self::Delayed(by) => Deed::Delayed(Duration::from_nanos(by)),
            Self::Ignored => Deed::Ignored,
            Self::Repeated => Deed::Repeated,
            Self::Forged => Deed::Forged,
            Self::Lied => Deed::Lied,
            Self::Heard { message, from } if message < bounds.messages && from < bounds.slots => {
                Deed::Heard { message, from }
            }
            Self::Heard { .. } => return None,
        })
    }
}

/// How many slots and messages there are. An observation that names others is refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) slots: u32,
    pub(crate) messages: u32,
}

impl Reported {
    /// For the way up.
    pub(crate) fn of(record: &Record) -> (u64, Self) {
        let reported = match record.what {
            Observed::Up { incarnation } => Self::Up(incarnation),
            Observed::Down(End::Leave) => Self::Left,
            Observed::Down(End::Crash(kind)) => Self::Crashed { silent: kind == CrashKind::Silent },
            Observed::Sent { to, payload, bytes, kind } => Self::Sent(to, payload, bytes, kind.to_owned()),
            Observed::Received { from, payload } => Self::Received(from, payload),
            Observed::Lost { payload, reason } => Self::Lost(payload, reason.to_owned()),
            Observed::Protocol(said) => match said {
                Observation::Published(message) => Self::Published(message),
                Observation::Delivered { message, hops } => Self::Delivered(message, hops),
                Observation::Duplicate(message) => Self::Duplicate(message),
                Observation::NeighborUp(peer) => Self::NeighborUp(peer),
                Observation::NeighborDown(peer) => Self::NeighborDown(peer),
                Observation::Repair => Self::Repair,
                Observation::Failed(peer) => Self::Failed(peer),
                Observation::Dropped(reason) => Self::Dropped(reason.to_owned()),
                Observation::Deed(deed) => Self::Deed(ReportedDeed::of(deed)),
                Observation::Count(measure, by) => Self::Count(measure.name.to_owned(), by),
                Observation::Record(measure, value) => Self::Record(measure.name.to_owned(), value),
                Observation::Other => Self::Other,
            },
        };
        (record.at.as_nanos(), reported)
    }

    /// The observation as it was made at `slot`; none if it names a slot or message that does not exist.
    pub(crate) fn read(self, at: u64, slot: u32, bounds: Bounds) -> Option<Record> {
        // A worker that names what there is not would make the measures index out of bounds.
        let message = |id: u32| (id < bounds.messages).then_some(id);
        let peer = |id: u32| (id < bounds.slots).then_some(id);
        let payload = |payload: Option<u32>| match payload {
            Some(id) => message(id).map(Some),
            None => Some(None),
        };
        let what = match self {
            Self::Up(incarnation) => Observed::Up { incarnation },
            Self::Left => Observed::Down(End::Leave),
            Self::Crashed { silent: true } => Observed::Down(End::Crash(CrashKind::Silent)),
            Self::Crashed { silent: false } => Observed::Down(End::Crash(CrashKind::Reset)),
            Self::Sent(to, carried, bytes, kind) => {
                Observed::Sent { to: peer(to)?, payload: payload(carried)?, bytes, kind: known(&kind) }
            }
            Self::Received(from, carried) => {
                Observed::Received { from: peer(from)?, payload: payload(carried)? }
            }
            Self::Lost(carried, reason) => {
                Observed::Lost { payload: payload(carried)?, reason: known(&reason) }
            }
            said => Observed::Protocol(match said {
                Self::Published(id) => Observation::Published(message(id)?),
                Self::Delivered(id, hops) => Observation::Delivered { message: message(id)?, hops },
                Self::Duplicate(id) => Observation::Duplicate(message(id)?),
                Self::NeighborUp(id) => Observation::NeighborUp(peer(id)?),
                Self::NeighborDown(id) => Observation::NeighborDown(peer(id)?),
                Self::Repair => Observation::Repair,
                Self::Failed(id) => Observation::Failed(peer(id)?),
                Self::Dropped(reason) => Observation::Dropped(known(&reason)),
                Self::Deed(deed) => Observation::Deed(deed.read(bounds)?),
                Self::Count(name, by) => Observation::Count(own::declared(&name)?, by),
                Self::Record(name, value) => Observation::Record(own::declared(&name)?, value),
                _ => Observation::Other,
            }),
        };
        Some(Record { at: Time::from_nanos(at), slot, what })
    }
}

/// Names of reasons and kinds that are kept for good; more than any protocol has.
const REASONS: usize = 1_000;

/// The name of a reason or kind, once for the process.
fn known(reason: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(reason) {
        Some(name) => name,
        None if known.len() >= REASONS => "other",
        None => {
            let name: &'static str = reason.to_owned().leak();
            known.insert(name);
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::measure::{Measure, Worse};

    #[test]
    fn observations_come_up_as_they_were_made() {
        static ASKED: Measure = Measure::counter("test_asked", "Questions.", Worse::Higher);
        own::declare(&ASKED);
        let bounds = Bounds { slots: 3, messages: 2 };
        let all = [
            Observed::Up { incarnation: 4 },
            Observed::Down(End::Leave),
            Observed::Down(End::Crash(CrashKind::Silent)),
            Observed::Down(End::Crash(CrashKind::Reset)),
            Observed::Sent { to: 2, payload: Some(1), bytes: 9, kind: "join" },
            Observed::Received { from: 2, payload: None },
            Observed::Lost { payload: Some(0), reason: "too_long" },
            Observed::Protocol(Observation::Published(1)),
            Observed::Protocol(Observation::Delivered { message: 1, hops: 3 }),
            Observed::Protocol(Observation::Duplicate(0)),
            Observed::Protocol(Observation::NeighborUp(2)),
            Observed::Protocol(Observation::NeighborDown(0)),
            Observed::Protocol(Observation::Repair),
            Observed::Protocol(Observation::Failed(2)),
            Observed::Protocol(Observation::Dropped("full")),
            Observed::Protocol(Observation::Count(&ASKED, 3)),
            Observed::Protocol(Observation::Record(&ASKED, 4)),
            Observed::Protocol(Observation::Other),
            Observed::Protocol(Observation::Deed(Deed::Dropped { payload: true })),
            Observed::Protocol(Observation::Deed(Deed::Delayed(Duration::from_millis(20)))),
            Observed::Protocol(Observation::Deed(Deed::Ignored)),
            Observed::Protocol(Observation::Deed(Deed::Repeated)),
            Observed::Protocol(Observation::Deed(Deed::Forged)),
            Observed::Protocol(Observation::Deed(Deed::Lied)),
            Observed::Protocol(Observation::Deed(Deed::Heard { message: 1, from: 2 })),
        ];
        for what in all {
            let record = Record { at: Time::from_millis(7), slot: 1, what };
            let text = serde_json::to_string(&Reported::of(&record)).unwrap();
            let (at, reported): (u64, Reported) = serde_json::from_str(&text).unwrap();
            assert_eq!(reported.read(at, 1, bounds), Some(record), "{text}");
        }
    }

    #[test]
    fn who_names_what_there_is_not_is_not_believed() {
        let bounds = Bounds { slots: 3, messages: 2 };
        for reported in [
            Reported::Sent(3, None, 9, "join".to_owned()),
            Reported::Sent(2, Some(2), 9, "join".to_owned()),
            Reported::Received(3, None),
            Reported::Lost(Some(2), "loss".to_owned()),
            Reported::Delivered(2, 1),
            Reported::NeighborUp(3),
            Reported::Deed(ReportedDeed::Heard { message: 2, from: 0 }),
            Reported::Deed(ReportedDeed::Heard { message: 0, from: 3 }),
            Reported::Count("nothing".to_owned(), 1),
        ] {
            assert_eq!(reported.clone().read(0, 1, bounds), None, "{reported:?}");
        }
    }
}
