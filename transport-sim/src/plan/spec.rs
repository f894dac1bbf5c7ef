//! What a plan is drawn from: the part of a scenario that happens to the nodes from outside.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::{Duration, Time};

use crate::spec::{CrashKind, Fault, Nodes, Traffic};

/// Everything that decides a plan, besides the seed. [`PlanSpec::draw`] says what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSpec {
    /// Length of the run. What would happen at its end or later does not happen.
    pub duration: Duration,
    /// How many slots, which must be said, and when they first arrive.
    pub nodes: Nodes,
    /// Coming and going; none when everybody stays.
    pub churn: Option<Churn>,
    /// Who publishes what and when.
    pub traffic: Vec<Traffic>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

impl PlanSpec {
    /// How many slots there are.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.nodes.count.unwrap_or(0)
    }
}

/// Coming and going: what [`spec::Churn`](crate::spec::Churn) comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Churn {
    /// When slots are up.
    pub sessions: Sessions,
    /// Share of sessions that end by a crash; the rest leave.
    pub crash: f64,
    /// What the others see of such a crash.
    pub crash_kind: CrashKind,
}

/// When slots are up.
#[derive(Clone, Debug, PartialEq)]
pub enum Sessions {
    /// By chance. A slot's first session begins when it first arrives, or at `start` if it is up by
    /// then; it ends after a time drawn from `session`, and the next begins after a time drawn from
    /// `downtime`. From `stop` on nobody goes and nobody comes back: who is up then stays, who is down
    /// stays away. First arrivals are not churn: they happen in any case.
    Drawn {
        /// From when on sessions end.
        start: Time,
        /// From when on nothing changes.
        stop: Time,
        /// Length of a session.
        session: Distribution,
        /// Length of the time between two sessions of a slot.
        downtime: Distribution,
    },
    /// As recorded. The trace takes the place of arrivals too: a slot is up in its sessions and at no
    /// other time. Only entry slots that do not churn are up throughout, and must not be in it.
    Trace(Vec<Session>),
}

/// A recorded session: `slot` is up in `[up, down)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// Which slot.
    pub slot: u32,
    /// First instant up.
    pub up: Time,
    /// First instant down.
    pub down: Time,
}
