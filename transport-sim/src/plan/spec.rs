//! What a plan is drawn from: the part of a scenario that happens to the nodes from outside.

use floodnet_core::time::{Duration, Time};

use super::Known;
use crate::spec::{Adversary, Churn, Fault, Nodes, Traffic};

/// Everything that decides a plan, besides the seed. [`PlanSpec::draw`] says what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSpec {
    /// Length of the run. What would happen at its end or later does not happen.
    pub duration: Duration,
    /// How many slots, which must be said, and when they first arrive.
    pub nodes: Nodes,
    /// Coming and going; none when everybody stays.
    ///
    /// By chance, a slot's first session begins when it first arrives, or at `start` if it is up by then; it ends
    /// after a time drawn from `session`, and the next begins after a time drawn from `downtime`. From `stop` on
    /// nobody goes and nobody comes back: who is up then stays, who is down stays away. First arrivals are not churn:
    /// they happen in any case.
    pub churn: Option<Churn>,
    /// What the file of a trace holds, if the session of the churn is one. It takes the place of arrivals too: a slot
    /// is up in its sessions and at no other time. Only entry slots that do not churn are up throughout, and must not
    /// be in it.
    pub trace: Vec<Session>,
    /// Who publishes what and when.
    pub traffic: Vec<Traffic>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Who breaks the rules. The nodes that they bring are beside those of `nodes`: neither churn nor faults nor
    /// traffic strike them, but for partitions, in which each is on the side of a random other.
    pub adversaries: Vec<Adversary>,
    /// What adversaries are named by.
    pub known: Known,
}

impl PlanSpec {
    /// How many slots there are.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.nodes.count.unwrap_or(0)
    }
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
