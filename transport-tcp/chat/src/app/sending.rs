//! How fast messages go out, and which of them a neighbor has read.

use std::collections::BTreeSet;
use std::time::Duration;

use floodnet_core::time::Time;
use floodnet_core::token_bucket::{Rate, TokenBucket};
use tokio::sync::watch;
use tokio::time::Instant;

/// Lines that may be under way to the neighbors: so many fit into what waits for one of them, at their longest.
const WINDOW: usize = 32;
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
    unread: watch::Receiver<BTreeSet<u64>>,
    published: u64,
    /// Of those, the numbers of lines.
    under_way: BTreeSet<u64>,
    given_up: BTreeSet<u64>,
    /// When a line was last read, or the first one sent.
    progress: Instant,
}

impl Sending {
    /// Nothing was said yet; the others take so much from an author.
    pub(super) fn new(author: Rate, unread: watch::Receiver<BTreeSet<u64>>) -> Self {
        Self {
            rate: author.with_burst(author.burst() / 2),
            bucket: TokenBucket::default(),
            unread,
            published: 0,
            under_way: BTreeSet::new(),
            given_up: BTreeSet::new(),
            progress: Instant::now(),
        }
    }

    /// A message goes out, which is a line of the input or the program's own.
    pub(super) fn publishes(&mut self, is_line: bool, now: Time) {
        self.bucket.take(self.rate, 1, now);
        self.published += 1;
        if is_line {
            if self.under_way.is_empty() {
                self.progress = Instant::now();
            }
            self.under_way.insert(self.published);
        }
    }

    /// Time until the next line may go out; none if it may now.
    pub(super) fn wait(&mut self, now: Time) -> Option<Duration> {
        self.look();
        if self.under_way.len() >= WINDOW.min(usize::try_from(self.rate.burst()).unwrap_or(WINDOW)) {
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
        let unread = self.unread.borrow();
        self.given_up.retain(|number| unread.contains(number));
        let before = self.under_way.len();
        self.under_way.retain(|number| unread.contains(number));
        if self.under_way.len() < before {
            self.progress = Instant::now();
        } else if self.progress.elapsed() >= PATIENCE {
            self.given_up.append(&mut self.under_way);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn sending(author: Rate) -> (watch::Sender<BTreeSet<u64>>, Sending) {
        let (unread, numbers) = watch::channel(BTreeSet::new());
        (unread, Sending::new(author, numbers))
    }

    #[test]
    fn lines_go_out_as_fast_as_others_take_them() {
        let (_unread, mut sending) = sending(Rate::per_second(10, 100));
        let (mut now, mut lines) = (Time::ZERO, 0);
        while now < Time::from_secs(20) {
            match sending.wait(now) {
                Some(wait) => now = now + floodnet_core::time::Duration::from_nanos(wait.as_nanos() as u64),
                None => {
                    sending.publishes(true, now);
                    lines += 1;
                }
            }
        }
        assert_eq!(lines, 50 + 199, "half of the burst, and then one each tenth of a second");
    }

    #[tokio::test(start_paused = true)]
    async fn few_lines_are_under_way_and_what_nobody_read_is_counted() {
        let (unread, mut sending) = sending(Rate::UNLIMITED);
        let now = Time::ZERO;
        // One message of the program's own, and lines until they have to wait.
        unread.send_modify(|unread| unread.extend(1..=1_000));
        sending.publishes(false, now);
        let mut lines = 0;
        while sending.wait(now).is_none() {
            sending.publishes(true, now);
            lines += 1;
        }
        assert_eq!((lines, sending.is_settled()), (WINDOW, false));
        advance(PATIENCE - Duration::from_secs(1)).await;
        // Two are read at last: the others are waited for once more.
        unread.send_modify(|unread| unread.retain(|number| ![2, 3].contains(number)));
        assert_eq!((sending.wait(now), sending.unsent()), (None, 30));
        advance(PATIENCE - Duration::from_secs(1)).await;
        assert!(!sending.is_settled());
        advance(Duration::from_secs(2)).await;
        assert!(sending.is_settled(), "nobody answers");
        assert_eq!(sending.unsent(), 30);
        unread.send_modify(|unread| unread.retain(|number| *number > 10));
        assert_eq!(sending.unsent(), 23, "read after all");
    }
}
