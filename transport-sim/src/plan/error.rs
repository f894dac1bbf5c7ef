//! What can be wrong with a [`PlanSpec`](super::PlanSpec), and the checks that find it.

use std::fmt;

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;

use super::spec::{Churn, PlanSpec, Session, Sessions};
use crate::spec::{Nodes, Origin, Timing, Traffic, Wrong, Wrongs};

/// Why no plan can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanError {
    /// The key of the scenario, list items by index from 0: `traffic.0.every`.
    pub key: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Must be greater than zero.
    Zero,
    /// Names a slot that does not exist.
    NoSuchSlot {
        /// The number given.
        slot: u32,
        /// How many slots there are.
        count: u32,
    },
    /// More entry slots than slots.
    TooManyEntries {
        /// How many entry slots were asked for.
        entry: u32,
        /// How many slots there are.
        count: u32,
    },
    /// Must be from 0 to 1.
    NotAShare(f64),
    /// A value that makes no sense by itself.
    Value(Wrong),
    /// Messages have neither a distance nor a mean distance, or both.
    NoPace,
    /// The parameters of a distribution are invalid, for this reason.
    Distribution(&'static str),
    /// A recorded session ends before it begins.
    Backwards(Session),
    /// A recorded session begins before the slot's former one has ended, or at that very instant.
    Overlap(Session),
    /// A recorded session of an entry slot that does not churn.
    Entry(u32),
    /// More than [`MOST_SLOTS`].
    TooManySlots,
    /// More than [`MOST_MESSAGES`].
    TooManyMessages,
    /// More than [`MOST_DELIVERIES`].
    TooManyDeliveries {
        /// How many messages there are.
        messages: usize,
        /// How many slots there are.
        slots: u32,
    },
    /// More than [`MOST_LIVES`], or than [`MOST_LIVES_OF_ONE`].
    TooManyLives,
}

/// How many slots a plan has at most.
pub const MOST_SLOTS: u32 = 1 << 24;

/// How many messages a plan holds at most, times slots: who has got which message is told by a bit, and so
/// many bits are 8 GiB.
pub const MOST_DELIVERIES: u64 = 1 << 36;

/// How many messages a plan holds at most. A longer list would be a mistake in a scenario.
pub const MOST_MESSAGES: usize = 1 << 24;

/// How many lives a plan holds at most, all slots together.
pub const MOST_LIVES: usize = 1 << 25;

/// How many lives a plan holds at most of one slot.
pub const MOST_LIVES_OF_ONE: usize = 1 << 16;

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl std::error::Error for PlanError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("must be greater than zero"),
            Self::NoSuchSlot { slot, count } => {
                write!(f, "slot {slot} does not exist: there are {count}, numbered from 0")
            }
            Self::TooManyEntries { entry, count } => write!(f, "{entry} entry slots, but only {count} slots"),
            Self::NotAShare(share) => write!(f, "{share} is not a share from 0 to 1"),
            Self::Value(wrong) => f.write_str(&wrong.title),
            Self::NoPace => f.write_str("the traffic does not say how often"),
            Self::Distribution(what) => f.write_str(what),
            Self::Backwards(Session { slot, up, down }) => {
                write!(f, "slot {slot} comes up at {up} and is down at {down} already")
            }
            Self::Overlap(Session { slot, up, .. }) => {
                write!(f, "slot {slot} comes up at {up}, before its former session has ended")
            }
            Self::Entry(slot) => {
                write!(f, "slot {slot} is an entry slot and does not churn (nodes.entry_churns)")
            }
            Self::TooManySlots => write!(f, "more than {MOST_SLOTS} slots"),
            Self::TooManyMessages => write!(f, "more than {MOST_MESSAGES} messages"),
            Self::TooManyDeliveries { messages, slots } => {
                write!(
                    f,
                    "{messages} messages to {slots} slots each are more deliveries than {MOST_DELIVERIES}"
                )
            }
            Self::TooManyLives => {
                write!(
                    f,
                    "slots come and go too often: more than {MOST_LIVES_OF_ONE} lives of one or {MOST_LIVES} of all"
                )
            }
        }
    }
}

/// An error about `key`.
pub(super) fn wrong(key: impl Into<String>, problem: Problem) -> PlanError {
    PlanError { key: key.into(), problem }
}

/// Refuses `bad` values of `key`.
fn refuse(bad: bool, key: &str, problem: Problem) -> Result<(), PlanError> {
    if bad { Err(wrong(key, problem)) } else { Ok(()) }
}

fn positive(span: Duration, key: &str) -> Result<(), PlanError> {
    refuse(span == Duration::ZERO, key, Problem::Zero)
}

fn share(share: f64, key: &str) -> Result<(), PlanError> {
    refuse(!(0.0..=1.0).contains(&share), key, Problem::NotAShare(share))
}

fn distribution(distribution: &Distribution, key: &str) -> Result<(), PlanError> {
    distribution.check().map_err(|problem| wrong(key, Problem::Distribution(problem)))
}

fn slot(slot: u32, nodes: &Nodes, key: &str) -> Result<(), PlanError> {
    let count = nodes.count.unwrap_or(0);
    refuse(slot >= count, key, Problem::NoSuchSlot { slot, count })
}

impl PlanSpec {
    /// Whether a plan can be drawn, as far as that can be told without drawing.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn check(&self) -> Result<(), PlanError> {
        let nodes = &self.nodes;
        positive(self.duration, "duration")?;
        let (entry, count) = (nodes.entry, self.slots());
        refuse(count == 0, "nodes.count", Problem::Zero)?;
        refuse(count > MOST_SLOTS, "nodes.count", Problem::TooManySlots)?;
        refuse(entry > count, "nodes.entry", Problem::TooManyEntries { entry, count })?;
        self.churn.iter().try_for_each(|churn| churn.check(nodes))?;
        self.traffic.iter().enumerate().try_for_each(|(at, traffic)| check_traffic(traffic, at, nodes))?;
        let mut wrongs = Wrongs::default();
        for (at, fault) in self.faults.iter().enumerate() {
            fault.kind.check(&format!("fault.{at}"), nodes.count, &mut wrongs);
        }
        let first = wrongs.0.into_iter().next();
        first.map_or(Ok(()), |first| Err(wrong(first.key.clone(), Problem::Value(first))))
    }
}

impl Churn {
    fn check(&self, nodes: &Nodes) -> Result<(), PlanError> {
        share(self.crash, "churn.crash")?;
        match &self.sessions {
            Sessions::Drawn { session, downtime, .. } => {
                distribution(session, "churn.session")?;
                distribution(downtime, "churn.downtime")
            }
            Sessions::Trace(trace) => check_trace(trace, nodes).map_err(|what| wrong("churn.session", what)),
        }
    }
}

fn check_trace(trace: &[Session], nodes: &Nodes) -> Result<(), Problem> {
    let mut sorted = trace.to_vec();
    sorted.sort_unstable();
    for &session in &sorted {
        let Session { slot, up, down } = session;
        let count = nodes.count.unwrap_or(0);
        if slot >= count {
            return Err(Problem::NoSuchSlot { slot, count });
        }
        if slot < nodes.entry && !nodes.entry_churns {
            return Err(Problem::Entry(slot));
        }
        if up >= down {
            return Err(Problem::Backwards(session));
        }
    }
    overlap(&sorted).map_or(Ok(()), |at| Err(Problem::Overlap(sorted[at])))
}

/// The place of the first session that begins before, or at the instant when, the same slot's former
/// one ends. `sorted` is in ascending order.
pub(super) fn overlap(sorted: &[Session]) -> Option<usize> {
    let meets = |pair: &[Session]| pair[0].slot == pair[1].slot && pair[1].up <= pair[0].down;
    sorted.windows(2).position(meets).map(|at| at + 1)
}

fn check_traffic(traffic: &Traffic, at: usize, nodes: &Nodes) -> Result<(), PlanError> {
    if let Origin::Slot(origin) = traffic.from {
        slot(origin, nodes, &format!("traffic.{at}.from"))?;
    }
    match traffic.timing() {
        Some(Timing::Every(distance)) => positive(distance.0, &format!("traffic.{at}.every")),
        Some(Timing::Poisson(mean)) => positive(mean.0, &format!("traffic.{at}.poisson")),
        None => Err(wrong(format!("traffic.{at}"), Problem::NoPace)),
    }
}
