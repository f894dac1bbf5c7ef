//! Work on several threads whose results come in order.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What came of one number: the result, or the panic that the work ended with.
type Outcome<T> = std::thread::Result<T>;

/// The numbers that threads work on, and what came of those that are done but not handed out.
struct State<T> {
    /// The next number to be worked on.
    next: u64,
    done: VecDeque<Option<Outcome<T>>>,
    /// The number of the first of `done`.
    first_done: u64,
    stopped: bool,
}

/// The state with both its events.
struct Queue<T> {
    /// How many numbers there are.
    count: u64,
    /// How many numbers threads may be ahead of the slowest.
    ahead: u64,
    state: Mutex<State<T>>,
    /// A result was handed out, so that there is room for more; or all is over.
    room: Condvar,
    /// A number is done.
    ready: Condvar,
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number to work on, once there is room for its result; none when all is over.
    fn next(&self) -> Option<u64> {
        let mut at = self.lock();
        while !at.stopped && at.next < self.count && at.next >= at.first_done + self.ahead {
            at = self.room.wait(at).unwrap_or_else(PoisonError::into_inner);
        }
        if at.stopped || at.next >= self.count {
            return None;
        }
        at.next += 1;
        Some(at.next - 1)
    }

    /// Keeps what came of `number` until it is its turn.
    fn put(&self, number: u64, outcome: Outcome<T>) {
        let mut at = self.lock();
        let place = (number - at.first_done) as usize;
        if at.done.len() <= place {
            at.done.resize_with(place + 1, || None);
        }
        at.done[place] = Some(outcome);
        self.ready.notify_one();
    }

    /// Waits for what came of the first number that was not taken yet.
    fn take(&self) -> Option<Outcome<T>> {
        let mut at = self.lock();
        while at.done.front().is_none_or(Option::is_none) {
            at = self.ready.wait(at).unwrap_or_else(PoisonError::into_inner);
        }
        let outcome = at.done.pop_front().flatten();
        at.first_done += 1;
        self.room.notify_all();
        outcome
    }

    /// Lets the threads end after what they are at.
    fn stop(&self) {
        self.lock().stopped = true;
        self.room.notify_all();
    }
}

/// Does `work` on the numbers from 0 to `count` on `jobs` threads and hands the results to `take` in order,
/// on this thread. `take` says whether to go on.
///
/// # Panics
/// When `work` does.
pub(crate) fn in_order<T: Send>(
    jobs: NonZeroUsize,
    count: u64,
    work: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> bool,
) {
    let queue = Queue {
        count,
        ahead: 64 * jobs.get() as u64,
        state: Mutex::new(State { next: 0, done: VecDeque::new(), first_done: 0, stopped: false }),
        room: Condvar::new(),
        ready: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.get() {
            scope.spawn(|| {
                while let Some(number) = queue.next() {
                    // A panic is handed over like a result: whoever waits for this number must learn of it.
                    queue.put(number, catch_unwind(AssertUnwindSafe(|| work(number))));
                }
            });
        }
        for number in 0..count {
            let go_on = match queue.take() {
                Some(Ok(result)) => take(number, result),
                Some(Err(panic)) => {
                    queue.stop();
                    resume_unwind(panic);
                }
                None => false,
            };
            if !go_on {
                queue.stop();
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_is_first() {
        let slow = |number: u64| {
            let mut x = number;
            (0..(number % 7) * 1_000).for_each(|n| x = x.wrapping_mul(31) ^ n);
            (number, x)
        };
        for jobs in [1, 2, 5] {
            let mut found = Vec::new();
            in_order(NonZeroUsize::new(jobs).unwrap(), 500, slow, |number, (same, _)| {
                assert_eq!(number, same);
                found.push(number);
                number < 400
            });
            assert_eq!(found, (0..=400).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "at three")]
    fn a_panic_of_the_work_comes_out_here() {
        in_order(NonZeroUsize::new(2).unwrap(), 500, |number| assert!(number != 3, "at three"), |_, ()| true);
    }
}
