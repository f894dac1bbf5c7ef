//! Where a run is, for who watches it.

use floodnet_core::time::Time;

/// Where a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Simulated time.
    pub now: Time,
    /// Inputs handled so far.
    pub inputs: u64,
}

/// Says whether the run goes on: before the first window, when all slots are built, and after each.
pub type Watch<'w> = &'w mut dyn FnMut(Progress) -> bool;
