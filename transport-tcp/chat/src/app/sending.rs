//! How fast messages go out, and which of them a neighbor has read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use floodnet_core::time::Time;
use floodnet_core::token_bucket::{Rate, TokenBucket};
use tokio::sync::watch;
use tokio::time::Instant;

/// Lines that may be under way to the neighbors.
const WINDOW: usize = 32;
/// Their bytes, after which the next line waits. It bounds what is lost with a link, and fits into what may wait
/// for one neighbor.
const WINDOW_BYTES: usize = 32 * 1_024;
/// A line of which nothing was heard for so long is not waited for any more. Longer than a link lives whose other
/// end is silent.
const PATIENCE: Duration = Duration::from_secs(20);
/// So often it is looked what was read.
const LOOK: Duration = Duration::from_millis(20);

/// Paces what this chat says to what the others take from one author, and to what its neighbors have read.
pub(super) struct Sending {
    /// Half of the burst that the others take is left: what was on its way for long may come in one.
    rate: Rate,
    bucket: TokenBucket,
    /// Numbers of messages that no neighbor is known to have read; always empty on a terminal.
    unconfirmed: watch::Receiver<BTreeSet<u64>>,
    /// How many messages were published: the number of the last.
    published: u64,
    /// Of those, the lines: their numbers and bytes.
    under_way: BTreeMap<u64, usize>,
    given_up: BTreeSet<u64>,
    /// When a line was last read, or the first one sent.
    progress: Instant,
}

impl Sending {
    /// Nothing was said yet; the others take so much from an author.
    pub(super) fn new(author: Rate, unconfirmed: watch::Receiver<BTreeSet<u64>>) -> Self {
        Self {
            rate: author.with_burst(author.burst() / 2),
            bucket: TokenBucket::default(),
            unconfirmed,
            published: 0,
            under_way: BTreeMap::new(),
            given_up: BTreeSet::new(),
            progress: Instant::now(),
        }
    }

    /// A message goes out: a line of so many bytes, or one of the program's own.
    pub(super) fn publishes(&mut self, line: Option<usize>, now: Time) {
        self.bucket.take(self.rate, 1, now);
        self.published += 1;
        if let Some(bytes) = line {
            if self.under_way.is_empty() {
                self.progress = Instant::now();
            }
            self.under_way.insert(self.published, bytes);
        }
    }

    /// Time until the next line may go out; none if it may now.
    pub(super) fn wait(&mut self, now: Time) -> Option<Duration> {
        self.look();
        let lines = WINDOW.min(usize::try_from(self.rate.burst()).unwrap_or(WINDOW));
        if self.under_way.len() >= lines || self.under_way.values().sum::<usize>() >= WINDOW_BYTES {
            return Some(LOOK);
        }
        let wait = { self.bucket }.take(self.rate, 1, now);
        (wait > floodnet_core::time::Duration::ZERO).then(|| Duration::from_nanos(wait.as_nanos()))
    }

    /// Whether nothing is waited for.
    pub(super) fn is_settled(&mut self) -> bool {
        self.look();
        self.under_way.is_empty()
    }

    /// How many lines no neighbor is known to have read.
    pub(super) fn unsent(&mut self) -> u64 {
        self.look();
        (self.under_way.len() + self.given_up.len()) as u64
    }

    fn look(&mut self) {
        let unconfirmed = self.unconfirmed.borrow();
        self.given_up.retain(|number| unconfirmed.contains(number));
        let before = self.under_way.len();
        self.under_way.retain(|number, _| unconfirmed.contains(number));
        if self.under_way.len() < before {
            self.progress = Instant::now();
        } else if self.progress.elapsed() >= PATIENCE {
            self.given_up.extend(std::mem::take(&mut self.under_way).into_keys());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn sending(author: Rate) -> (watch::Sender<BTreeSet<u64>>, Sending) {
        let (unconfirmed, numbers) = watch::channel(BTreeSet::new());
        (unconfirmed, Sending::new(author, numbers))
    }

    #[test]
    fn lines_go_out_as_fast_as_others_take_them() {
        let (_unconfirmed, mut sending) = sending(Rate::per_second(10, 100));
        let (mut now, mut lines) = (Time::ZERO, 0);
        while now < Time::from_secs(20) {
            match sending.wait(now) {
                Some(wait) => now = now + floodnet_core::time::Duration::from_nanos(wait.as_nanos() as u64),
                None => {
                    sending.publishes(Some(100), now);
                    lines += 1;
                }
            }
        }
        assert_eq!(lines, 50 + 199, "half of the burst, and then one each tenth of a second");
    }

    #[test]
    fn few_bytes_are_under_way() {
        let (unconfirmed, mut sending) = sending(Rate::UNLIMITED);
        unconfirmed.send_modify(|unconfirmed| unconfirmed.extend(1..=1_000));
        for _ in 0..8 {
            assert_eq!(sending.wait(Time::ZERO), None);
            sending.publishes(Some(4_096), Time::ZERO);
        }
        assert_eq!(sending.wait(Time::ZERO), Some(LOOK));
        unconfirmed.send_modify(|unconfirmed| _ = unconfirmed.remove(&3));
        assert_eq!(sending.wait(Time::ZERO), None);
    }

    #[tokio::test(start_paused = true)]
    async fn few_lines_are_under_way_and_what_nobody_read_is_counted() {
        let (unconfirmed, mut sending) = sending(Rate::UNLIMITED);
        let now = Time::ZERO;
        // One message of the program's own, and lines until they have to wait.
        unconfirmed.send_modify(|unconfirmed| unconfirmed.extend(1..=1_000));
        sending.publishes(None, now);
        let mut lines = 0;
        while sending.wait(now).is_none() {
            sending.publishes(Some(100), now);
            lines += 1;
        }
        assert_eq!((lines, sending.is_settled()), (WINDOW, false));
        advance(PATIENCE - Duration::from_secs(1)).await;
        // Two are read at last: the others are waited for once more.
        unconfirmed.send_modify(|unconfirmed| unconfirmed.retain(|number| ![2, 3].contains(number)));
        assert_eq!((sending.wait(now), sending.unsent()), (None, 30));
        advance(PATIENCE - Duration::from_secs(1)).await;
        assert!(!sending.is_settled());
        advance(Duration::from_secs(2)).await;
        assert!(sending.is_settled(), "nobody answers");
        assert_eq!(sending.unsent(), 30);
        unconfirmed.send_modify(|unconfirmed| unconfirmed.retain(|number| *number > 10));
        assert_eq!(sending.unsent(), 23, "read after all");
    }
}
