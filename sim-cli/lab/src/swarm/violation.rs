//! The invariants, and a breach of one.

use std::fmt;

use floodnet_core::time::Time;

/// What must hold. Numbered as the catalogue of invariants in `docs/swarm.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// A message is taken in at most once per life, while it is remembered.
    Once,
    /// Nothing is delivered or sent that was not published before.
    Published,
    /// Every collection that a node keeps stays within its bound.
    Bounded,
    /// A message is passed on at most once on each link, and not back unless echo is on.
    PassedOnce,
    /// Each step of a walking request costs a hop; each step of a message is counted.
    Hops,
    /// No link to oneself, none twice; a node tells of its neighbors as they are.
    Links,
    /// Timers come back once, in time; inputs come in the promised order.
    Order,
    /// No panic, and no run without end.
    Ends,
    /// A link is held by both ends, or after a while by neither.
    Symmetric,
    /// When all is quiet, the nodes become one component.
    OnePiece,
    /// When all is quiet, a message reaches everybody.
    Reaches,
    /// When all is quiet, queues drain.
    Drains,
    /// Packets sent = received + lost + in flight.
    Conserved,
    /// Every engine gives the same digest.
    SameDigest,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Once,
        Self::Published,
        Self::Bounded,
        Self::PassedOnce,
        Self::Hops,
        Self::Links,
        Self::Order,
        Self::Ends,
        Self::Symmetric,
        Self::OnePiece,
        Self::Reaches,
        Self::Drains,
        Self::Conserved,
        Self::SameDigest,
    ];

    /// Its number.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Once => "I1",
            Self::Published => "I2",
            Self::Bounded => "I3",
            Self::PassedOnce => "I4",
            Self::Hops => "I5",
            Self::Links => "I6",
            Self::Order => "I7",
            Self::Ends => "I8",
            Self::Symmetric => "I6b",
            Self::OnePiece => "I11",
            Self::Reaches => "I12",
            Self::Drains => "I13",
            Self::Conserved => "I14",
            Self::SameDigest => "D2",
        }
    }

    /// What it says, in a line.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Once => "a message is taken in at most once while it is remembered",
            Self::Published => "nothing is delivered or sent that was not published",
            Self::Bounded => "every collection stays within its bound",
            Self::PassedOnce => "a message is passed on once per link, and not back",
            Self::Hops => "each step costs a hop, or counts one",
            Self::Links => "no link to oneself, none twice, told as they are",
            Self::Order => "inputs and timers come in order and in time",
            Self::Ends => "no panic, no run without end",
            Self::Symmetric => "a link is held by both ends, or soon by neither",
            Self::OnePiece => "when all is quiet the nodes become one component",
            Self::Reaches => "when all is quiet a message reaches everybody",
            Self::Drains => "when all is quiet queues drain",
            Self::Conserved => "packets sent = received + lost + in flight",
            Self::SameDigest => "every engine gives the same digest",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code(), self.says())
    }
}

/// A breach of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Time,
    /// At which slot; none where it concerns all.
    pub slot: Option<u32>,
    /// What happened, in a sentence without its end.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, at, slot, what } = self;
        write!(f, "{} at {:.6} s", invariant.code(), floodnet_measure::seconds(*at))?;
        if let Some(slot) = slot {
            write!(f, ", slot {slot}")?;
        }
        write!(f, ": {what}")
    }
}

/// Ends the run at once: the violation unwinds to [`check`](super::check), past everything between.
/// Unlike a panic it prints nothing on its way.
pub(super) fn broken(invariant: Invariant, at: Time, slot: Option<u32>, what: String) -> ! {
    std::panic::resume_unwind(Box::new(Violation { invariant, at, slot, what }))
}
