//! How time is cut into windows.

use floodnet_core::time::{Duration, Time};

use crate::engine::sort::TIME_BITS;

/// A window is at most 67 milliseconds, so that a time within it takes few bits.
const MOST_SHIFT: u32 = TIME_BITS;
/// How time is cut into windows, of 2^shift nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    shift: u32,
    /// The bits of a time within its window.
    within: u32,
}

impl Windows {
    /// No longer than the least delay of a link.
    pub(crate) fn new(least_delay: Duration) -> Self {
        let shift = least_delay.as_nanos().max(1).ilog2().min(MOST_SHIFT);
        Self { shift, within: (1 << shift) - 1 }
    }

    /// The window that a time is in.
    #[inline]
    pub(crate) const fn of(self, time: Time) -> u64 {
        time.as_nanos() >> self.shift
    }

    pub(crate) const fn start_of(self, window: u64) -> Time {
        Time::from_nanos(window << self.shift)
    }

    /// First instant after a window.
    pub(crate) const fn end_of(self, window: u64) -> Time {
        // The last window ends with time itself.
        match window.saturating_add(1).checked_mul(1 << self.shift) {
            Some(end) => Time::from_nanos(end),
            None => Time::MAX,
        }
    }

    /// Nanoseconds from the start of its window to a time.
    #[inline]
    pub(crate) const fn offset_of(self, time: Time) -> u32 {
        time.as_nanos() as u32 & self.within
    }
}
