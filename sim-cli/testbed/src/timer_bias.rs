//! The mean lateness of timers, taken off: a timer that fires a little too late is set a little earlier, so that the
//! mean is on time.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How much earlier to set timers, learned from how late things were done.
#[derive(Debug, Default)]
pub(super) struct TimerBias(AtomicI64);

/// One part in so many of each lateness is learned: a hundred or so make a mean.
const SHARE: i64 = 128;
/// Lateness beyond this, in nanoseconds, is that of a busy machine, which setting timers earlier does not help.
const USUAL: i64 = 1_000_000;

impl TimerBias {
    /// When to be woken for what is to be done at `due`.
    pub(super) fn before(&self, due: Instant) -> Instant {
        let timer_bias = Duration::from_nanos(u64::try_from(self.0.load(Relaxed)).unwrap_or(0));
        due.checked_sub(timer_bias).unwrap_or(due)
    }

    /// Learns that what was to be done at `due`, and was woken for in time, was done at `done`.
    pub(super) fn learn(&self, due: Instant, done: Instant) {
        let nanos = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX).min(USUAL);
        let late = nanos(done.saturating_duration_since(due)) - nanos(due.saturating_duration_since(done));
        // Two threads that learn at once lose one of both lessons, which is no harm.
        let timer_bias = self.0.load(Relaxed) + late / SHARE;
        self.0.store(timer_bias.clamp(0, USUAL), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_as_long_each_time_is_done_on_time_in_the_end() {
        let (timer_bias, took) = (TimerBias::default(), Duration::from_micros(150));
        let mut due = Instant::now() + Duration::from_secs(1);
        let mut late = Duration::MAX;
        for _ in 0..2_000 {
            due += Duration::from_millis(10);
            let done = timer_bias.before(due) + took;
            timer_bias.learn(due, done);
            late = done.saturating_duration_since(due);
        }
        assert!(late < Duration::from_micros(2), "{late:?}");
        // Once in a while the machine is busy.
        timer_bias.learn(due, due + Duration::from_secs(1));
        let call = due - timer_bias.before(due);
        assert!(call < Duration::from_micros(160), "{call:?}");
        (0..1_000).for_each(|_| timer_bias.learn(due, due - Duration::from_secs(1)));
        assert_eq!(timer_bias.before(due), due, "never after it is due");
    }
}
