//! A line with a rate: what is given to it passes one thing after the other.

use floodnet_core::time::{Duration, Time};

/// A line that passes so many bits per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLine {
    /// When it has passed all that it took.
    free: Time,
}

impl RateLine {
    /// When `bytes` that are given to it at `now` have passed at `rate` bits per second.
    pub fn pass(&mut self, now: Time, bytes: u64, rate: u64) -> Time {
        self.free = now.max(self.free) + transfer_time(bytes, rate);
        self.free
    }

    /// When no more than `queue` bytes wait: now, or later.
    #[must_use]
    pub fn room_at(&self, now: Time, queue: u64, rate: u64) -> Time {
        let room = transfer_time(queue, rate).as_nanos();
        now.max(Time::from_nanos(self.free.as_nanos().saturating_sub(room)))
    }
}

/// Time that `bytes` take at `rate` bits per second.
fn transfer_time(bytes: u64, rate: u64) -> Duration {
    let nanos = (u128::from(bytes) * 8_000_000_000).div_ceil(u128::from(rate.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_passes_in_turn() {
        let (mut line, at) = (RateLine::default(), Time::from_millis);
        // A byte per millisecond.
        assert_eq!(line.pass(at(10), 5, 8_000), at(15));
        assert_eq!(line.pass(at(12), 5, 8_000), at(20));
        assert_eq!(line.pass(at(40), 1, 8_000), at(41));
        assert_eq!(line.room_at(at(40), 1, 8_000), at(40));
        assert_eq!(line.pass(at(40), 9, 8_000), at(50));
        assert_eq!(line.room_at(at(40), 4, 8_000), at(46));
    }
}
