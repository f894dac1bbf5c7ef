//! How much later than its announcement a message comes along the tree: learned, to know how long to wait.

use arrayvec::ArrayVec;

use crate::time::{Duration, Time};

/// Until something is known: longer than most networks take from end to end.
const AT_FIRST: Duration = Duration::from_secs(1);
/// The shortest time to wait.
const LEAST: Duration = Duration::from_millis(20);
/// The longest. Where a tree is broken, messages are late because nodes wait. If nodes learned from that without a bound,
/// all would wait longer and longer.
const MOST: Duration = AT_FIRST;
/// Messages that were asked for and came, of which a copy may still come along the tree.
const REMEMBERED: usize = 4;

/// Mean and mean deviation, in microseconds, by the formulas of RFC 6298 (section 2).
#[derive(Clone, Debug)]
pub(super) struct Lag<Id> {
    mean: u32,
    deviation: u32,
    is_known: bool,
    /// Messages that did not come along the tree, and when they were announced.
    asked_for: ArrayVec<(Id, Time), REMEMBERED>,
}

impl<Id> Default for Lag<Id> {
    fn default() -> Self {
        Self { mean: 0, deviation: 0, is_known: false, asked_for: ArrayVec::new_const() }
    }
}

impl<Id: Copy + Eq> Lag<Id> {
    /// How long to wait for a message that was announced.
    pub(super) fn timeout(&self) -> Duration {
        if !self.is_known {
            return AT_FIRST;
        }
        let micros = u64::from(self.mean) + 4 * u64::from(self.deviation);
        Duration::from_nanos(micros.saturating_mul(1_000)).clamp(LEAST, MOST)
    }

    /// A message came along the tree so long after its announcement. Gives `lag` back.
    pub(super) fn note(&mut self, lag: Duration) -> Duration {
        let micros = u32::try_from(lag.min(MOST).as_nanos() / 1_000).unwrap_or(u32::MAX);
        if self.is_known {
            self.deviation = mix(self.deviation, self.mean.abs_diff(micros), 2);
            self.mean = mix(self.mean, micros, 3);
        } else {
            (self.mean, self.deviation, self.is_known) = (micros, micros / 2, true);
        }
        lag
    }

    /// A message that was announced at `since` came because it was asked for.
    pub(super) fn asked_for(&mut self, id: Id, since: Time) {
        if self.asked_for.is_full() {
            self.asked_for.remove(0);
        }
        self.asked_for.push((id, since));
    }

    /// A copy of `id` came. If that had been asked for, this is when it came along the tree.
    pub(super) fn of_copy(&mut self, id: Id, now: Time) -> Option<Duration> {
        let place = self.asked_for.iter().position(|&(asked, _)| asked == id)?;
        let (_, since) = self.asked_for.remove(place);
        Some(self.note(now.since(since)))
    }
}

/// The mean of `old` and `new`, in which the new one weighs `1 / 2^shift`.
fn mix(old: u32, new: u32, shift: u32) -> u32 {
    old - (old >> shift) + (new >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_follows_what_is_seen() {
        let mut lag = Lag::<u32>::default();
        assert_eq!(lag.timeout(), AT_FIRST);
        lag.note(Duration::from_millis(100));
        assert_eq!(lag.timeout(), Duration::from_millis(300), "one sample: the mean and twice as much");
        (0..100).for_each(|_| _ = lag.note(Duration::from_millis(100)));
        let steady = lag.timeout();
        assert!(steady > Duration::from_millis(99) && steady < Duration::from_millis(101), "{steady:?}");
        lag.note(Duration::from_millis(180));
        assert!(lag.timeout() > Duration::from_millis(180), "one late message makes it careful");
        (0..100).for_each(|_| _ = lag.note(Duration::ZERO));
        assert_eq!(lag.timeout(), LEAST);
        (0..100).for_each(|_| _ = lag.note(Duration::from_secs(60)));
        assert_eq!(lag.timeout(), MOST);
    }

    #[test]
    fn a_copy_tells_when_the_tree_would_have_brought_it() {
        let mut lag = Lag::default();
        let at = |ms| Time::ZERO + Duration::from_millis(ms);
        (0..6u32).for_each(|id| lag.asked_for(id, at(id.into())));
        assert_eq!(lag.of_copy(1, at(500)), None, "only the last few are remembered");
        assert_eq!(lag.of_copy(5, at(500)), Some(Duration::from_millis(495)));
        assert_eq!(lag.of_copy(5, at(600)), None, "once");
    }
}
