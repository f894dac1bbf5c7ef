//! The plan's time on the machine's clock.

use std::time::{Duration as Span, Instant};

use floodnet_core::time::{Duration, Time};

/// Says when it is, by the plan, and when something of the plan will be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    epoch: Instant,
    speed: f64,
}

impl Clock {
    /// The plan starts after `delay`, and its time runs `speed` times as fast as the machine's.
    pub(crate) fn starting_after(delay: Span, speed: f64) -> Self {
        Self::starting_at(now() + delay, speed)
    }

    /// The same at this instant of the machine's clock.
    pub(crate) const fn starting_at(epoch: Instant, speed: f64) -> Self {
        Self { epoch, speed }
    }

    /// When the plan starts.
    pub(crate) const fn epoch(&self) -> Instant {
        self.epoch
    }

    /// The time of the plan; its start while that is to come.
    pub(crate) fn now(&self) -> Time {
        let nanos = self.epoch.elapsed().as_nanos() as f64 * self.speed;
        Time::from_nanos(nanos as u64)
    }

    /// When it will be `at`.
    pub(crate) fn instant(&self, at: Time) -> tokio::time::Instant {
        let span = self.real(at.since(Time::ZERO));
        self.epoch.checked_add(span).map_or_else(far_future, tokio::time::Instant::from_std)
    }

    /// How long the machine takes for `span` of the plan.
    pub(crate) fn real(&self, span: Duration) -> Span {
        Span::from_nanos((span.as_nanos() as f64 / self.speed) as u64)
    }

    /// How long of the plan passes in `span` of the machine.
    pub(crate) fn planned(&self, span: Span) -> Duration {
        Duration::from_nanos((span.as_nanos() as f64 * self.speed) as u64)
    }
}

fn far_future() -> tokio::time::Instant {
    tokio::time::Instant::now() + Span::from_secs(365 * 86_400)
}

/// The clock of the machine: on sockets time is real.
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_at_its_speed() {
        let clock = Clock::starting_after(Span::ZERO, 10.0);
        assert_eq!(clock.real(Duration::from_secs(1)), Span::from_millis(100));
        assert_eq!(clock.planned(Span::from_millis(100)), Duration::from_secs(1));
        let ahead = clock.instant(Time::from_secs(600));
        assert!(ahead.into_std() - clock.epoch == Span::from_secs(60));
        assert_eq!(Clock::starting_after(Span::from_secs(3_600), 1.0).now(), Time::ZERO);
    }
}
