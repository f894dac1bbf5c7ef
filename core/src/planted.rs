//! Bugs that are planted on purpose, to see that the swarm test finds them.
//!
//! Only a build with the feature `planted` has them, and does what it should until one is
//! `plant`ed. Every other build asks a constant, so the compiler leaves nothing of them.

/// A bug that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[cfg_attr(feature = "planted", derive(PartialOrd, Ord))]
pub enum Bug {
    /// The flood takes each copy of a message for a new one.
    NoDuplicateCheck = 1,
    /// The flood sends a message back to who sent it, though echo is off.
    Echo,
    /// The flood passes a message on with the hop count that it came with.
    HopsNotCounted,
    /// Messages seen are forgotten after a quarter of the time.
    ExpiryTooEarly,
    /// The flood's memory of messages seen grows without bound.
    SeenUnbounded,
    /// Deliveries that wait for a busy application are not bounded.
    InboxUnbounded,
    /// The first step of a join request costs no hop.
    HopLimitOffByOne,
    /// A join request is passed on to its joiner too, and accepted there.
    SelfLink,
    /// A node accepts a joiner that is its neighbor.
    DoubleLink,
    /// No node is ever full.
    DegreeUnbounded,
    /// Who accepts does not tell the joiner.
    AckNotSent,
    /// A neighbor that is gone is kept.
    DeadNeighborKept,
    /// A neighbor that left is not reported.
    DownNotTold,
    /// Nothing is done about lost neighbors.
    NoRepair,
    /// Who has too few neighbors sets a timer although one is running.
    TimersPileUp,
    /// The engine takes inputs of one time in the order opposite to the promised one.
    TieOrder,
    /// The engine forgets to report packets that reach a slot that is down.
    LossUncounted,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::NoDuplicateCheck,
        Self::Echo,
        Self::HopsNotCounted,
        Self::ExpiryTooEarly,
        Self::SeenUnbounded,
        Self::InboxUnbounded,
        Self::HopLimitOffByOne,
        Self::SelfLink,
        Self::DoubleLink,
        Self::DegreeUnbounded,
        Self::AckNotSent,
        Self::DeadNeighborKept,
        Self::DownNotTold,
        Self::NoRepair,
        Self::TimersPileUp,
        Self::TieOrder,
        Self::LossUncounted,
    ];
}

#[cfg(feature = "planted")]
static PLANTED: core::sync::atomic::AtomicU8 = core::sync::atomic::AtomicU8::new(0);

/// From now on this bug is at work, in the whole process, and no other.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(0, |bug| bug as u8), core::sync::atomic::Ordering::SeqCst);
}

/// Whether this bug is at work.
#[cfg(feature = "planted")]
#[inline]
#[must_use]
pub fn has(bug: Bug) -> bool {
    PLANTED.load(core::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Whether this bug is at work: never in this build.
#[cfg(not(feature = "planted"))]
#[inline(always)]
#[must_use]
pub const fn has(_: Bug) -> bool {
    false
}
