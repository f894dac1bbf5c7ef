//! Notices that the machine has slept.

use std::time::{Duration, Instant, SystemTime};

/// Compares the two clocks: one that stands still while the machine sleeps, and one that does not.
pub(crate) struct ClockJumps {
    steady: Instant,
    wall: SystemTime,
}

impl ClockJumps {
    /// Pause between two comparisons of the clocks.
    pub(crate) const LOOK: Duration = Duration::from_secs(1);
    /// A jump by more than this is one.
    const JUMP: Duration = Duration::from_secs(4);

    pub(crate) fn new() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Whether the machine has slept, the process was stopped, or the clock was set, since the last look.
    pub(crate) fn has_jumped(&mut self) -> bool {
        let (steady, wall) = (Instant::now(), SystemTime::now());
        let passed = steady.duration_since(self.steady);
        // A clock that was set back is one that has jumped, too.
        let shown = wall.duration_since(self.wall).unwrap_or(Duration::MAX);
        (self.steady, self.wall) = (steady, wall);
        is_jump(passed, shown)
    }
}

/// Whether so much time between two looks, by the steady clock and by the other, is more than waiting.
fn is_jump(passed: Duration, shown: Duration) -> bool {
    passed > ClockJumps::LOOK + ClockJumps::JUMP || shown.abs_diff(passed) > ClockJumps::JUMP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_of_either_clock_are_noticed_and_slowness_is_not() {
        let seconds = Duration::from_secs;
        assert!(!is_jump(seconds(1), seconds(1)));
        assert!(!is_jump(seconds(4), seconds(2)), "a busy machine");
        assert!(is_jump(seconds(1), seconds(3_600)), "slept");
        assert!(is_jump(seconds(60), seconds(60)), "stopped");
        assert!(is_jump(seconds(1), Duration::MAX), "set back");
        assert!(!ClockJumps::new().has_jumped());
    }
}
