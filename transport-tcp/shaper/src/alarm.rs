//! Waking at a time to a tenth of a millisecond. Tokio's timers go by whole milliseconds, which on a path of
//! several hops adds up to more than what is compared.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::oneshot;

/// A thread that wakes tasks; ends with its last owner.
#[derive(Debug)]
pub struct Alarm {
    state: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    due: BinaryHeap<Reverse<Due>>,
    is_over: bool,
}

/// A task to be woken at a time.
#[derive(Debug)]
struct Due {
    at: Instant,
    who: oneshot::Sender<()>,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.is_over {
            let now = Instant::now();
            while let Some(Reverse(first)) = state.due.peek() {
                if first.at > now {
                    break;
                }
                if let Some(Reverse(due)) = state.due.pop() {
                    // The only error is that the task does not wait any more.
                    let _ = due.who.send(());
                }
            }
            let wait = state.due.peek().map(|Reverse(first)| first.at.saturating_duration_since(now));
            state = match wait {
                Some(wait) => self
                    .changed
                    .wait_timeout(state, wait)
                    .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state),
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Alarm {
    /// Starts the thread.
    ///
    /// # Errors
    /// There are no more threads.
    pub fn start() -> std::io::Result<Self> {
        let state = Arc::new(Shared::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("alarm".to_owned()).spawn(move || shared.run())?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// Waits until the time `at`, to about a tenth of a millisecond on an idle machine.
    pub async fn until(&self, at: Instant) {
        if at <= Instant::now() {
            return;
        }
        // The only error is that all is over.
        let _ = self.enlist(at).await;
    }

    fn enlist(&self, at: Instant) -> oneshot::Receiver<()> {
        let (who, woken) = oneshot::channel();
        let mut state = self.state.lock();
        let is_first = state.due.peek().is_none_or(|Reverse(first)| at < first.at);
        state.due.push(Reverse(Due { at, who }));
        drop(state);
        if is_first {
            self.state.changed.notify_one();
        }
        woken
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        state.is_over = true;
        state.due.clear();
        drop(state);
        self.state.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn wakes_when_it_is_time_and_not_before() {
        let alarm = Arc::new(Alarm::start().unwrap());
        let start = Instant::now();
        // While the thread waits for the first, the others come before it.
        let _far = alarm.enlist(start + Duration::from_secs(3_600));
        let waits = [7_300, 2_100, 2_100, 400, 12_000].map(|micros| {
            let (alarm, at) = (Arc::clone(&alarm), start + Duration::from_micros(micros));
            tokio::spawn(async move {
                alarm.until(at).await;
                assert!(Instant::now() >= at, "woken before its time");
            })
        });
        for wait in waits {
            // How late it is depends on what else the machine does; only an alarm that never rings takes so long.
            let woken = tokio::time::timeout(Duration::from_secs(30), wait).await;
            woken.expect("woken").unwrap();
        }
    }
}
