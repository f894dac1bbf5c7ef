//! Who joins, leaves, publishes and fails, and when: drawn from the seed up front, the same for every
//! backend.
//!
//! A slot is one user. Each time it comes up it is a fresh node with a new incarnation: a [`Life`].
//!
//! A [`PlanSpec`] says what shall happen, [`PlanSpec::draw`] draws the [`Plan`].

mod adversaries;
mod check;
mod classes;
mod draw;
mod faults;
mod lives;
mod spec;
#[cfg(test)]
mod tests;
mod trace;
mod traffic;

use floodnet_core::time::Time;

pub use crate::spec::{Churn, CrashKind};
pub use adversaries::{Adversaries, Group, Known, Visit};
pub use check::{MOST_DELIVERIES, MOST_LIVES, MOST_LIVES_OF_ONE, MOST_MESSAGES};
pub use classes::assign_shares;
pub use faults::{Disturbance, DisturbanceKind, SlotSet};
pub use lives::Lives;
pub use spec::{PlanSpec, Session};
pub use trace::read_trace;

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The node says goodbye on every connection.
    Leave,
    /// The node vanishes; see [`CrashKind`].
    Crash(CrashKind),
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

/// A fault as the scenario names it, for pictures and phases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSpan {
    /// Such as `partition` or `crash`.
    pub name: &'static str,
    /// When it begins.
    pub from: Time,
    /// When it ends: for a crash the return; equal to `from` for a crash without return within the run.
    pub until: Time,
    /// How many slots it hits: those that a crash takes down; for other faults, of the slots that are up while it
    /// lasts, those that are kept from some other, slowed down, stopped or that lose packets.
    pub slots: u32,
}

/// Everything that happens to a run from outside.
#[derive(Clone, Debug, PartialEq)]
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
    /// Slots that break the rules. Those that they bring stand behind all others.
    pub adversaries: Adversaries,
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
            adversaries: Adversaries::default(),
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
