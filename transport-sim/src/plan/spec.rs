//! What a plan is drawn from: the part of a scenario that happens to the nodes from outside.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::{Duration, Time};

use super::CrashKind;

/// Everything that decides a plan, besides the seed. [`PlanSpec::draw`] says what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSpec {
    /// Length of the run. What would happen at its end or later does not happen.
    pub duration: Duration,
    /// How many slots, and when they first arrive.
    pub nodes: Nodes,
    /// Coming and going; none when everybody stays.
    pub churn: Option<Churn>,
    /// Who publishes what and when.
    pub traffic: Vec<Traffic>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// Slots and their first arrivals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes {
    /// How many slots there are.
    pub count: u32,
    /// First arrivals are spread over `[0, arrive)`.
    pub arrive: Duration,
    /// How they are spread.
    pub spacing: Spacing,
    /// The slots `0..entry` are known to every newcomer. They start at time 0.
    pub entry: u32,
    /// Whether entry slots churn like the others.
    pub entry_churns: bool,
}

/// How first arrivals are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Each at an independent uniform time.
    #[default]
    Random,
    /// In the order of slots, at equal distances, the first at 0.
    Even,
}

/// Coming and going.
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

/// A series of messages, the first at `start`, all before `stop`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Who publishes.
    pub from: Origin,
    /// How fast.
    pub pace: Pace,
    /// Bytes of content.
    pub size: u32,
    /// When the first message is published.
    pub start: Time,
    /// First instant without messages.
    pub stop: Time,
}

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// For each message one of the slots that are up at that time.
    Random,
    /// Always this slot. A message that falls into a time when it is down is skipped.
    Slot(u32),
}

/// How fast messages follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// At equal distances.
    Every(Duration),
    /// As a Poisson process: at independent exponential distances.
    Poisson {
        /// The mean distance.
        mean: Duration,
    },
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub at: Time,
    /// What it is.
    pub kind: FaultKind,
}

/// The kinds of [`Fault`]. A fraction is that of the slots up when the fault begins, crashes counted,
/// rounded to the nearest number of slots; the Plan draws which.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// Slots crash and stay down for a while, whatever churn says.
    Crash {
        /// Which.
        who: Struck,
        /// What the others see of it.
        kind: CrashKind,
        /// How long they stay down; for ever when none. Who would be up by then starts afresh.
        back: Option<Duration>,
    },
    /// The network falls apart into groups of slots.
    Partition {
        /// Sizes of the groups: only the ratios matter.
        groups: Vec<f64>,
        /// For how long.
        lasts: Duration,
        /// Only the directions from lower groups to higher ones are cut.
        one_way: bool,
    },
    /// These links are cut, in both directions.
    Cut {
        /// Pairs of slots, in any order.
        links: Vec<(u32, u32)>,
        /// For how long.
        lasts: Duration,
    },
    /// Packets are lost everywhere.
    Loss {
        /// With this probability each.
        share: f64,
        /// For how long.
        lasts: Duration,
    },
    /// Some slots' packets take longer.
    Slow {
        /// Which fraction of slots.
        fraction: f64,
        /// How many times as long: 1 or more.
        factor: f64,
        /// For how long.
        lasts: Duration,
    },
    /// Some slots stand still.
    Pause {
        /// Which fraction of slots.
        fraction: f64,
        /// For how long.
        lasts: Duration,
    },
}

impl FaultKind {
    /// The name of the kind, as in a scenario.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Crash { .. } => "crash",
            Self::Partition { .. } => "partition",
            Self::Cut { .. } => "cut",
            Self::Loss { .. } => "loss",
            Self::Slow { .. } => "slow",
            Self::Pause { .. } => "pause",
        }
    }
}

/// Which slots crash.
#[derive(Clone, Debug, PartialEq)]
pub enum Struck {
    /// This fraction of those that are up, drawn at random.
    Fraction(f64),
    /// These. One that is down at the time does not crash, but does not come up either.
    Slots(Vec<u32>),
}
