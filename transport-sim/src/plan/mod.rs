//! Who joins, leaves, publishes and fails, and when: drawn from the seed up front, the same for every
//! backend.
//!
//! A slot is one user. Each time it comes up it is a fresh node with a new incarnation: a [`Life`].
//!
//! A [`PlanSpec`] says what shall happen, [`PlanSpec::draw`] draws the [`Plan`].

mod classes;
mod draw;
mod error;
mod faults;
mod lives;
mod spec;
#[cfg(test)]
mod tests;
mod trace;
mod traffic;

use floodnet_core::time::Time;

pub use classes::assign_shares;
pub use error::{
    MOST_DELIVERIES, MOST_LIVES, MOST_LIVES_OF_ONE, MOST_MESSAGES, MOST_SLOTS, PlanError, Problem,
};
pub use lives::Lives;
pub use spec::{
    Churn, Fault, FaultKind, Nodes, Origin, Pace, PlanSpec, Session, Sessions, Spacing, Struck, Traffic,
};
pub use trace::read_trace;

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The node says goodbye on every connection.
    Leave,
    /// The node vanishes; see [`CrashKind`].
    Crash(CrashKind),
}

/// What the others see of a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashKind {
    /// Nothing is sent: neighbors must find out.
    Silent,
    /// The kernel resets every connection: neighbors know after one delay.
    Reset,
}

/// One stretch of time during which a slot is up: `[start, stop)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// First instant up.
    pub start: Time,
    /// First instant down; [`Time::MAX`] when the plan ends before.
    pub stop: Time,
    /// How it ends (of no meaning when it does not).
    pub end: End,
}

/// One message of the application. Its index in the plan is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish {
    /// When.
    pub at: Time,
    /// The origin.
    pub slot: u32,
    /// Bytes of content.
    pub size: u32,
}

/// A set of slots, as bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotSet(Vec<u64>);

impl SlotSet {
    /// Adds `slot`.
    pub fn insert(&mut self, slot: u32) {
        let word = (slot / 64) as usize;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (slot % 64);
    }

    /// Whether `slot` is in the set.
    #[must_use]
    pub fn contains(&self, slot: u32) -> bool {
        self.0.get((slot / 64) as usize).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// How many slots are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no slot is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }
}

impl FromIterator<u32> for SlotSet {
    fn from_iter<I: IntoIterator<Item = u32>>(slots: I) -> Self {
        let mut set = Self::default();
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

/// A disturbance of the network during `[from, until)`. Crashes are not here: they are ends of lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disturbance {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// What happens meanwhile.
    pub kind: DisturbanceKind,
}

/// The kinds of [`Disturbance`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// Slots are split into groups (one number per slot). Between groups nothing passes; with
    /// `one_way`, only what goes from a lower group to a higher one is cut.
    Partition {
        /// Group of each slot.
        group: Vec<u16>,
        /// Cut from lower to higher only.
        one_way: bool,
    },
    /// These links are cut in both directions: pairs, lower slot first, sorted.
    CutLinks(Vec<(u32, u32)>),
    /// Each packet is lost with this probability, in units of 2^-32, on top of the link's own.
    Loss(u32),
    /// Packets from and to these slots take `factor_permille / 1000` times their delay (1000 or more).
    Slow {
        /// Which.
        slots: SlotSet,
        /// How much slower, in thousandths.
        factor_permille: u32,
    },
    /// These slots stand still: what arrives and what is due waits until the end. Meanwhile a slot still
    /// comes up and goes down as its lives say, and a node that comes up says its first words at once.
    Pause(SlotSet),
}

/// A fault as the scenario names it, for pictures and phases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSpan {
    /// Such as `partition` or `crash`.
    pub name: &'static str,
    /// When it begins.
    pub from: Time,
    /// When it ends: for a crash the return; equal to `from` for a crash without return within the run.
    pub until: Time,
}

/// Everything that happens to a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Seed of the run: nodes and links derive their own random numbers from it.
    pub seed: u64,
    /// End of the run: inputs at this time or later do not happen.
    pub duration: Time,
    /// For each slot its lives, in order, not overlapping.
    pub lives: Vec<Lives>,
    /// Messages in order of time.
    pub publishes: Vec<Publish>,
    /// Publications that did not happen, because their numbered origin was down, or nobody was up.
    pub skipped: u32,
    /// Disturbances of the network.
    pub disturbances: Vec<Disturbance>,
    /// Faults as the scenario lists them, crashes included.
    pub faults: Vec<FaultSpan>,
}

impl Plan {
    /// `slots` nodes that are up from the start to the end, and nothing else.
    #[must_use]
    pub fn still(seed: u64, slots: u32, duration: Time) -> Self {
        let life = Life { start: Time::ZERO, stop: Time::MAX, end: End::Leave };
        Self {
            seed,
            duration,
            lives: vec![Lives::from_iter([life]); slots as usize],
            publishes: Vec::new(),
            skipped: 0,
            disturbances: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds a message of `size` bytes from `slot`; returns its index. Messages are added in order of time.
    pub fn publish(&mut self, at: Time, slot: u32, size: u32) -> u32 {
        self.publishes.push(Publish { at, slot, size });
        u32::try_from(self.publishes.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many slots there are.
    #[must_use]
    pub fn slots(&self) -> u32 {
        u32::try_from(self.lives.len()).unwrap_or(u32::MAX)
    }

    /// The life that `slot` is in at `time`, with its incarnation (0 for the first), or none.
    #[must_use]
    #[inline]
    pub fn life_at(&self, slot: u32, time: Time) -> Option<(u32, Life)> {
        life_in(self.lives.get(slot as usize)?, time)
    }

    /// Whether the plan cuts the direction from `from` to `to` at `time`.
    #[must_use]
    pub fn is_cut(&self, from: u32, to: u32, time: Time) -> bool {
        self.disturbances
            .iter()
            .filter(|fault| fault.from <= time && time < fault.until)
            .any(|fault| fault.kind.cuts(from, to))
    }
}

/// The life that `time` falls into among those of one slot, with its place; none between lives.
fn life_in(lives: &[Life], time: Time) -> Option<(u32, Life)> {
    let after = lives.partition_point(|life| life.start <= time);
    let life = *lives.get(after.checked_sub(1)?)?;
    (time < life.stop).then(|| (u32::try_from(after - 1).unwrap_or(u32::MAX), life))
}

impl DisturbanceKind {
    /// Whether nothing passes from `from` to `to` while this lasts.
    #[must_use]
    pub fn cuts(&self, from: u32, to: u32) -> bool {
        match self {
            Self::Partition { group, one_way } => {
                let (a, b) = (group[from as usize], group[to as usize]);
                if *one_way { a < b } else { a != b }
            }
            Self::CutLinks(pairs) => pairs.binary_search(&(from.min(to), from.max(to))).is_ok(),
            Self::Loss(_) | Self::Slow { .. } | Self::Pause(_) => false,
        }
    }

    /// Whether `slot` may be at an end of what is cut.
    pub(crate) fn may_cut_off(&self, slot: u32) -> bool {
        match self {
            Self::Partition { .. } => true,
            Self::CutLinks(pairs) => pairs.iter().any(|&(a, b)| a == slot || b == slot),
            Self::Loss(_) | Self::Slow { .. } | Self::Pause(_) => false,
        }
    }
}
