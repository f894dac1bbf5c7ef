//! Everything that all slots of a run share: the plan's clock, a precise alarm, and the signal that all is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_shaper::Alarm;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;

/// Time before the plan starts: for all nodes to be ready.
pub(crate) const START_DELAY: Span = Span::from_millis(200);
/// Time that a process gets to end, beyond its goodbye.
pub(crate) const TIME_TO_EXIT: Span = Span::from_secs(3);

/// What all slots of a run share, whatever protocol they speak.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) clock: Clock,
    /// Wakes slots: what they do is timed from when the plan has it, and a timer of tokio comes a millisecond
    /// too late.
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) lateness: Arc<Lateness>,
    /// Nodes that are saying goodbye.
    pub(crate) leaving: TaskTracker,
    /// Ends everything.
    pub(crate) over: CancellationToken,
}

/// How late the machine was with what the plan wanted.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    worst: AtomicU64,
}

impl Lateness {
    pub(crate) fn note(&self, late: Duration) {
        self.worst.fetch_max(late.as_nanos(), Relaxed);
    }

    /// The longest, on the plan's clock.
    pub(crate) fn worst(&self) -> Duration {
        Duration::from_nanos(self.worst.load(Relaxed))
    }
}

impl RunContext {
    /// At the start of a run, where the plan's time is that of `clock`.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub(crate) fn new(clock: Clock) -> Result<Self, String> {
        let alarm = Alarm::start().map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self {
            clock,
            alarm: Arc::new(alarm),
            lateness: Arc::default(),
            leaving: TaskTracker::new(),
            over: CancellationToken::new(),
        })
    }

    /// Waits until it is `at` by the plan. False if everything ends before.
    pub(crate) async fn waited_until(&self, at: Time) -> bool {
        let due = self.clock.instant(at).into_std();
        let is_on = tokio::select! {
            () = self.over.cancelled() => false,
            () = self.alarm.until(due) => true,
        };
        self.lateness.note(self.clock.now().since(at));
        is_on
    }

    /// How long a node may take to say goodbye and end.
    pub(crate) fn time_to_leave(&self) -> Span {
        self.clock.real(Duration::from_secs(2)) + TIME_TO_EXIT
    }
}
