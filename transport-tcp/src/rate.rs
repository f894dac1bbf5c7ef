//! Rates: how much of something may happen, on average and at once.

use std::time::Duration;

/// A bound on how often something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds that one unit costs; 0 for no bound.
    cost: u64,
    /// Units that come in a second; 0 for no bound. What is shown.
    units: u32,
    /// How many may come at once.
    burst: u32,
}

impl Rate {
    /// No bound.
    pub const UNLIMITED: Self = Self { cost: 0, units: 0, burst: u32::MAX };

    /// So many per second on average, and up to `burst` at once. Zeros count as one.
    #[must_use]
    pub const fn per_second(units: u32, burst: u32) -> Self {
        let units = if units == 0 { 1 } else { units };
        Self { cost: 1_000_000_000 / units as u64, units, burst: if burst == 0 { 1 } else { burst } }
    }

    /// A quarter of it, for one of many who share.
    #[must_use]
    pub const fn quarter(self) -> Self {
        let burst = if self.burst < 4 { 1 } else { self.burst / 4 };
        Self { cost: self.cost.saturating_mul(4), units: self.units / 4, burst }
    }

    /// The same rate of bytes in KiB, to be shown.
    #[must_use]
    pub const fn in_kib(self) -> Self {
        if self.is_unlimited() { self } else { Self::per_second(self.units / 1_024, self.burst / 1_024) }
    }

    /// Whether there is no bound.
    #[must_use]
    pub const fn is_unlimited(self) -> bool {
        self.cost == 0
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.units {
            _ if self.is_unlimited() => f.write_str("unlimited"),
            0 => write!(f, "less than 1/s, burst {}", self.burst),
            units => write!(f, "{units}/s, burst {}", self.burst),
        }
    }
}

/// What is left of a [`Rate`]: a token bucket, kept as the time at which it will be full again (the generic
/// cell rate algorithm). Times are measured from any fixed moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    full_at: u64,
}

impl Bucket {
    /// Takes `units`, if there are so many.
    pub(crate) fn try_take(&mut self, rate: Rate, units: u32, now: Duration) -> bool {
        let before = *self;
        let fits = self.take(rate, units, now).is_zero();
        if !fits {
            *self = before;
        }
        fits
    }

    /// Takes `units` and gives the time to wait until they are there.
    pub(crate) fn take(&mut self, rate: Rate, units: u32, now: Duration) -> Duration {
        if rate.is_unlimited() {
            return Duration::ZERO;
        }
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let cost = rate.cost.saturating_mul(u64::from(units));
        let capacity = rate.cost.saturating_mul(u64::from(rate.burst));
        self.full_at = self.full_at.max(now).saturating_add(cost);
        Duration::from_nanos(self.full_at.saturating_sub(now).saturating_sub(capacity))
    }

    /// Whether all of it is there, so that it need not be remembered.
    pub(crate) fn is_full(&self, now: Duration) -> bool {
        u128::from(self.full_at) <= now.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_is_free_and_then_each_costs_its_time() {
        let rate = Rate::per_second(10, 3);
        let mut bucket = Bucket::default();
        let start = Duration::from_secs(100);
        let waits: Vec<u128> = (0..5).map(|_| bucket.take(rate, 1, start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        let mut bucket = Bucket::default();
        let taken = (0..9).filter(|_| bucket.try_take(rate, 1, start)).count();
        assert_eq!(taken, 3);
        assert!(!bucket.try_take(rate, 1, start + Duration::from_millis(99)));
        assert!(bucket.try_take(rate, 1, start + Duration::from_millis(100)));
        assert!(!bucket.is_full(start + Duration::from_millis(399)));
        assert!(bucket.is_full(start + Duration::from_millis(400)));
        assert_eq!(rate.to_string(), "10/s, burst 3");
        assert_eq!(Rate::UNLIMITED.to_string(), "unlimited");
    }

    proptest! {
        /// In any stretch of time no more than the burst and the average get through.
        #[test]
        fn never_more_than_the_rate(
            steps in proptest::collection::vec((0u64..50_000_000, 1u32..5), 1..200),
            units in 1u32..1_000,
            burst in 1u32..50,
        ) {
            let rate = Rate::per_second(units, burst);
            let (mut bucket, mut now, mut taken) = (Bucket::default(), 0u64, 0u64);
            for (step, wanted) in steps {
                now += step;
                if bucket.try_take(rate, wanted, Duration::from_nanos(now)) {
                    taken += u64::from(wanted);
                }
            }
            prop_assert!(taken <= u64::from(burst) + now / rate.cost);
        }

        /// Nothing that a clock can show makes it fail.
        #[test]
        fn extremes(full_at in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], units: u32, per: u32, burst: u32, seconds: u64) {
            let mut bucket = Bucket { full_at };
            let rate = Rate::per_second(per, burst);
            let _ = bucket.take(rate, units, Duration::from_secs(seconds));
            let _ = bucket.try_take(Rate::UNLIMITED, units, Duration::MAX);
            let _ = bucket.is_full(Duration::MAX);
        }
    }
}
