//! What can be wrong with a [`PlanSpec`](super::PlanSpec), and the checks that find it.

use std::fmt;

use floodnet_core::distributions::{Distribution, apportion};
use floodnet_core::time::{Duration, Time};

use super::spec::{
    Churn, Fault, FaultKind, Nodes, Origin, Pace, PlanSpec, Session, Sessions, Struck, Traffic,
};

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
    /// Must be 1 or more, and finite.
    NotAFactor(f64),
    /// Groups must be two or more numbers that are not negative, and at most 65,536.
    NotGroups,
    /// The parameters of a distribution are invalid, for this reason.
    Distribution(&'static str),
    /// A link from a slot to itself.
    Loop(u32),
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
            Self::NotAFactor(factor) => write!(f, "{factor} is not a factor of 1 or more"),
            Self::NotGroups => f.write_str("needs two or more sizes of groups, none of them negative"),
            Self::Distribution(what) => f.write_str(what),
            Self::Loop(slot) => write!(f, "links slot {slot} to itself"),
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
    refuse(slot >= nodes.count, key, Problem::NoSuchSlot { slot, count: nodes.count })
}

impl PlanSpec {
    /// Whether a plan can be drawn, as far as that can be told without drawing.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn check(&self) -> Result<(), PlanError> {
        let nodes = &self.nodes;
        positive(self.duration, "duration")?;
        refuse(nodes.count == 0, "nodes.count", Problem::Zero)?;
        refuse(nodes.count > MOST_SLOTS, "nodes.count", Problem::TooManySlots)?;
        let (entry, count) = (nodes.entry, nodes.count);
        refuse(entry > count, "nodes.entry", Problem::TooManyEntries { entry, count })?;
        self.churn.iter().try_for_each(|churn| churn.check(nodes))?;
        self.traffic.iter().enumerate().try_for_each(|(at, traffic)| traffic.check(at, nodes))?;
        self.faults.iter().enumerate().try_for_each(|(at, fault)| fault.check(at, nodes))
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
        if slot >= nodes.count {
            return Err(Problem::NoSuchSlot { slot, count: nodes.count });
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

impl Traffic {
    fn check(&self, at: usize, nodes: &Nodes) -> Result<(), PlanError> {
        if let Origin::Slot(origin) = self.from {
            slot(origin, nodes, &format!("traffic.{at}.from"))?;
        }
        match self.pace {
            Pace::Every(distance) => positive(distance, &format!("traffic.{at}.every")),
            Pace::Poisson { mean } => positive(mean, &format!("traffic.{at}.poisson")),
        }
    }
}

impl Fault {
    /// First instant after it; [`Time::MAX`] for a crash without return.
    pub(super) fn until(&self) -> Time {
        match self.kind {
            FaultKind::Crash { back, .. } => back.map_or(Time::MAX, |back| self.at + back),
            FaultKind::Partition { lasts, .. }
            | FaultKind::Cut { lasts, .. }
            | FaultKind::Loss { lasts, .. }
            | FaultKind::Slow { lasts, .. }
            | FaultKind::Pause { lasts, .. } => self.at + lasts,
        }
    }

    fn check(&self, at: usize, nodes: &Nodes) -> Result<(), PlanError> {
        let name = self.kind.name();
        let key = |what: &str| format!("fault.{at}.{name}.{what}");
        let length = if name == "crash" { "back" } else { "for" };
        positive(self.until().since(self.at), &key(length))?;
        match &self.kind {
            FaultKind::Crash { who: Struck::Fraction(fraction), .. } | FaultKind::Pause { fraction, .. } => {
                share(*fraction, &key("fraction"))
            }
            FaultKind::Crash { who: Struck::Slots(slots), .. } => {
                slots.iter().try_for_each(|&struck| slot(struck, nodes, &key("slots")))
            }
            FaultKind::Partition { groups, .. } => {
                let fine = (2..=1 << 16).contains(&groups.len()) && apportion(nodes.count, groups).is_some();
                refuse(!fine, &key("groups"), Problem::NotGroups)
            }
            FaultKind::Cut { links, .. } => links.iter().try_for_each(|&(a, b)| {
                slot(a.max(b), nodes, &key("links"))?;
                refuse(a == b, &key("links"), Problem::Loop(a))
            }),
            FaultKind::Loss { share: lost, .. } => share(*lost, &key("share")),
            FaultKind::Slow { fraction, factor, .. } => {
                share(*fraction, &key("fraction"))?;
                let fine = factor.is_finite() && *factor >= 1.0;
                refuse(!fine, &key("factor"), Problem::NotAFactor(*factor))
            }
        }
    }
}
