//! The timers of a node, by the time at which they are due.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// Later than any process runs; the clock cannot represent all of a `u64` of nanoseconds everywhere.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Timers that were set and have not come back. Those due at the same time come back in the order in which
/// they were set.
pub(crate) struct Timers<T> {
    due: BTreeMap<(Instant, u64), T>,
    set: u64,
}

impl<T> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { due: BTreeMap::new(), set: 0 }
    }

    pub(crate) fn set(&mut self, now: Instant, after: Duration, timer: T) {
        self.due.insert((now + after.min(FAR), self.set), timer);
        self.set += 1;
    }

    /// When the earliest is due; far away when there is none.
    pub(crate) fn next_due(&self, now: Instant) -> Instant {
        self.due.keys().next().map_or(now + FAR, |&(due, _)| due)
    }

    /// The earliest, if it is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<T> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_back_in_the_order_of_their_times() {
        let now = Instant::now();
        let mut timers = Timers::new();
        timers.set(now, Duration::from_secs(2), 'c');
        timers.set(now, Duration::from_secs(1), 'a');
        timers.set(now, Duration::from_secs(1), 'b');
        timers.set(now, Duration::MAX, 'z');
        assert_eq!(timers.next_due(now), now + Duration::from_secs(1));
        assert_eq!(timers.pop(now), None);
        let later = now + Duration::from_secs(2);
        let popped: Vec<char> = std::iter::from_fn(|| timers.pop(later)).collect();
        assert_eq!(popped, ['a', 'b', 'c']);
        assert_eq!(timers.next_due(now), now + FAR);
    }
}
