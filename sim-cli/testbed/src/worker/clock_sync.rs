//! The coordinator's clock, seen from a worker: it asks for the time, and the answer was given somewhere between
//! question and answer. The shortest round trip is the most precise; half of it is the error.

use std::io;
use std::time::{Duration as Span, Instant};

use crate::clock::Clock;
use crate::control::codec::Channel;
use crate::control::messages::{ToCoordinator, ToWorker};

/// Questions before a run starts.
const PINGS: u32 = 8;

/// The difference between a worker's clock and the coordinator's.
#[derive(Debug)]
pub(crate) struct ClockSync {
    /// Zero of the worker's clock.
    origin: Instant,
    /// The coordinator's time less the worker's, in nanoseconds.
    ahead: i128,
    /// The round trip by which it was found.
    trip: u64,
    /// How wrong it may be at worst, as far as was seen since.
    error: u64,
}

impl ClockSync {
    /// Asks a few times, while the coordinator says nothing else.
    pub(crate) async fn measure(channel: &mut Channel) -> io::Result<Self> {
        let mut sync = Self { origin: Instant::now(), ahead: 0, trip: u64::MAX, error: 0 };
        for _ in 0..PINGS {
            channel.send(&sync.ping()).await?;
            let ToWorker::Pong { asked, now } = channel.expect().await? else {
                return Err(io::ErrorKind::InvalidData.into());
            };
            let trip = sync.elapsed().saturating_sub(asked);
            if trip < sync.trip {
                (sync.trip, sync.ahead) = (trip, ahead(asked, trip, now));
            }
        }
        sync.error = sync.trip / 2;
        Ok(sync)
    }

    /// The question what time it is.
    pub(crate) fn ping(&self) -> ToCoordinator {
        ToCoordinator::Ping { asked: self.elapsed() }
    }

    /// Another answer, which tells how far the clocks have drifted apart. The difference stays as it was measured: the
    /// plan's time never jumps.
    pub(crate) fn on_pong(&mut self, asked: u64, now: u64) {
        let trip = self.elapsed().saturating_sub(asked);
        // A slow one would tell of the way rather than of the clocks.
        if trip <= self.trip.saturating_mul(2) {
            let drift = (ahead(asked, trip, now) - self.ahead).unsigned_abs();
            let drift = u64::try_from(drift).unwrap_or(u64::MAX);
            self.error = self.error.max(drift.saturating_add(trip / 2));
        }
    }

    /// How wrong it may be, in nanoseconds.
    pub(crate) const fn error(&self) -> u64 {
        self.error
    }

    /// The plan's clock, for a plan that starts at `epoch` of the coordinator.
    pub(crate) fn clock(&self, epoch: u64, speed: f64) -> Option<Clock> {
        let here = i128::from(epoch) - self.ahead;
        let span = Span::from_nanos(u64::try_from(here.unsigned_abs()).ok()?);
        let epoch = if here < 0 { self.origin.checked_sub(span) } else { self.origin.checked_add(span) };
        Some(Clock::starting_at(epoch?, speed))
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// How far the coordinator is ahead, which answered `now` half-way.
fn ahead(asked: u64, trip: u64, now: u64) -> i128 {
    i128::from(now) - i128::from(asked) - i128::from(trip / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_middle_of_the_trip() {
        assert_eq!(ahead(1_000, 200, 51_100), 50_000);
        assert_eq!(ahead(51_000, 200, 1_100), -50_000);
    }

    #[test]
    fn drift_is_seen_and_slow_answers_are_not_taken_for_it() {
        let minute = Span::from_secs(60);
        let mut sync = ClockSync {
            origin: Instant::now().checked_sub(minute).unwrap(),
            ahead: 5_000_000,
            trip: 1_000_000_000,
            error: 500_000_000,
        };
        let asked = sync.elapsed() - 1_500_000_000;
        sync.on_pong(asked, asked + 5_000_000 + 1_000_000_000);
        // 0.75 s of the way, and 0.25 s that the answer was off the middle.
        assert!(sync.error() >= 900_000_000, "{}", sync.error());
        let before = sync.error();
        sync.on_pong(sync.elapsed() - 30_000_000_000, 1);
        assert_eq!(sync.error(), before);
    }

    #[test]
    fn an_epoch_of_the_coordinator_is_found_here() {
        let sync = ClockSync { origin: Instant::now(), ahead: 7_000_000_000, trip: 0, error: 0 };
        let clock = sync.clock(3_607_000_000_000, 1.0).unwrap();
        // In an hour.
        assert_eq!(clock.now(), floodnet_core::time::Time::ZERO);
        let past = sync.clock(1_000_000_000, 1.0).unwrap();
        assert!(past.now() >= floodnet_core::time::Time::from_secs(6));
    }
}
