//! Rates: how much of something may happen, on average and at once.

use core::fmt;

use crate::time::{Duration, Time};

const NANOS_PER_SECOND: u32 = 1_000_000_000;

const fn at_least_one(units: u32) -> u32 {
    if units == 0 { 1 } else { units }
}

/// A bound on how often something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds that one unit costs; 0 for no bound.
    cost: u64,
    /// Units that come in a second; 0 for no bound. Shown only: the cost decides.
    per_second: u32,
    /// How many may come at once.
    burst: u32,
}

impl Rate {
    /// Nothing is ever held back.
    pub const UNLIMITED: Self = Self { cost: 0, per_second: 0, burst: u32::MAX };

    /// So many per second on average, up to a billion, and up to `burst` at once. Zeros count as one.
    #[must_use]
    pub const fn per_second(units: u32, burst: u32) -> Self {
        let (units, burst) = (at_least_one(units), at_least_one(burst));
        // More than a billion would cost nothing, and so be without bound.
        let units = if units > NANOS_PER_SECOND { NANOS_PER_SECOND } else { units };
        Self { cost: (NANOS_PER_SECOND / units) as u64, per_second: units, burst }
    }

    /// The rate of each of `parts` that share this one: a burst of one at least.
    #[must_use]
    pub const fn divided(self, parts: u32) -> Self {
        let parts = at_least_one(parts);
        let burst = at_least_one(self.burst / parts);
        Self { cost: self.cost.saturating_mul(parts as u64), per_second: self.per_second / parts, burst }
    }

    /// The same rate with another burst; 0 counts as one.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst: at_least_one(burst), ..self }
    }

    /// A rate of bytes as one of KiB, to be shown.
    #[must_use]
    pub const fn in_kib(self) -> Self {
        if self.is_unlimited() { self } else { Self::per_second(self.per_second / 1_024, self.burst / 1_024) }
    }

    /// How many may come at once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// How many may come within so long, at most: a burst, and what comes meanwhile.
    #[must_use]
    pub const fn most_within(self, span: Duration) -> u64 {
        match span.as_nanos().checked_div(self.cost) {
            Some(units) => units.saturating_add(self.burst as u64),
            None => u64::MAX,
        }
    }

    /// Whether this rate never holds anything back.
    #[must_use]
    pub const fn is_unlimited(self) -> bool {
        self.cost == 0
    }

    /// What a whole burst costs.
    const fn capacity(self) -> u64 {
        self.cost.saturating_mul(self.burst as u64)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.per_second {
            _ if self.is_unlimited() => f.write_str("unlimited"),
            0 => write!(f, "less than 1/s, burst {}", self.burst),
            units => write!(f, "{units}/s, burst {}", self.burst),
        }
    }
}

/// What is left of a [`Rate`]. A new bucket is full.
///
/// It is kept as the time at which it will be full again (the generic cell rate algorithm), so that it takes
/// eight bytes and nothing has to fill it. Times are measured from any fixed moment and never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenBucket {
    full_at: Time,
}

impl TokenBucket {
    /// How many units are there now.
    #[must_use]
    pub fn available(&self, rate: Rate, now: Time) -> u32 {
        let left = rate.capacity().saturating_sub(self.full_at.since(now).as_nanos());
        left.checked_div(rate.cost).map_or(u32::MAX, |units| u32::try_from(units).unwrap_or(u32::MAX))
    }

    /// Takes `units`, if there are so many.
    pub fn try_take(&mut self, rate: Rate, units: u32, now: Time) -> bool {
        let before = *self;
        let fits = self.take(rate, units, now) == Duration::ZERO;
        if !fits {
            *self = before;
        }
        fits
    }

    /// Takes `units` whether they are there or not, and gives the time to wait until they are.
    pub fn take(&mut self, rate: Rate, units: u32, now: Time) -> Duration {
        if rate.is_unlimited() {
            return Duration::ZERO;
        }
        self.full_at = self.full_at.max(now) + Duration::from_nanos(rate.cost).times(u64::from(units));
        self.full_at.since(now) - Duration::from_nanos(rate.capacity())
    }

    /// Whether all of it is there, so that it need not be remembered.
    #[must_use]
    pub fn is_full(&self, now: Time) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn a_burst_is_free_and_then_each_costs_its_time() {
        let rate = Rate::per_second(10, 3);
        let mut bucket = TokenBucket::default();
        let start = Time::from_secs(100);
        let waits: Vec<u64> = (0..5).map(|_| bucket.take(rate, 1, start).as_nanos() / 1_000_000).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        let mut bucket = TokenBucket::default();
        let taken = (0..9).filter(|_| bucket.try_take(rate, 1, start)).count();
        assert_eq!(taken, 3);
        assert!(!bucket.try_take(rate, 1, start + Duration::from_millis(99)));
        assert!(bucket.try_take(rate, 1, start + Duration::from_millis(100)));
        assert!(!bucket.is_full(start + Duration::from_millis(399)));
        assert!(bucket.is_full(start + Duration::from_millis(400)));
    }

    #[test]
    fn rates_are_shown_and_shared() {
        assert_eq!(Rate::per_second(10, 3).to_string(), "10/s, burst 3");
        assert_eq!(Rate::UNLIMITED.to_string(), "unlimited");
        assert_eq!(Rate::per_second(10, 3).divided(4).to_string(), "2/s, burst 1");
        assert_eq!(Rate::per_second(2, 8).divided(4).to_string(), "less than 1/s, burst 2");
        assert_eq!(Rate::per_second(4_096, 2_048).in_kib().to_string(), "4/s, burst 2");
        assert!(Rate::UNLIMITED.divided(4).in_kib().is_unlimited());
        assert_eq!(Rate::per_second(10, 3).divided(0), Rate::per_second(10, 3));
        assert_eq!(Rate::per_second(0, 0), Rate::per_second(1, 1), "zeros count as one");
        assert!(!Rate::per_second(u32::MAX, 1).is_unlimited());
    }

    #[test]
    fn another_burst_is_as_fast_on_average() {
        let rate = Rate::per_second(10, 3);
        assert_eq!(rate.with_burst(8), Rate::per_second(10, 8));
        assert_eq!(rate.with_burst(0), Rate::per_second(10, 1));
        assert_eq!((rate.with_burst(8).burst(), rate.burst()), (8, 3));
        assert_eq!(rate.most_within(Duration::from_secs(2)), 23);
        assert_eq!(Rate::UNLIMITED.most_within(Duration::ZERO), u64::MAX);
    }

    proptest! {
        /// In any stretch of time no more than the burst and the average get through, and what is said to be
        /// there can be taken.
        #[test]
        fn never_more_than_the_rate(
            steps in proptest::collection::vec((0u64..50_000_000, 1u32..5), 1..200),
            units in 1u32..1_000,
            burst in 1u32..50,
        ) {
            let rate = Rate::per_second(units, burst);
            let (mut bucket, mut now, mut taken) = (TokenBucket::default(), 0u64, 0u64);
            for (step, wanted) in steps {
                now += step;
                let there = bucket.available(rate, Time::from_nanos(now));
                prop_assert!(there <= burst);
                let fits = bucket.try_take(rate, wanted, Time::from_nanos(now));
                prop_assert_eq!(fits, wanted <= there);
                if fits {
                    taken += u64::from(wanted);
                }
            }
            prop_assert!(taken <= u64::from(burst) + now / rate.cost);
        }

        /// Nothing that a clock can show makes it fail.
        #[test]
        fn extremes(full_at in prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], units: u32, per: u32, burst: u32, now: u64) {
            let mut bucket = TokenBucket { full_at: Time::from_nanos(full_at) };
            let (rate, now) = (Rate::per_second(per, burst), Time::from_nanos(now));
            prop_assert!(bucket.available(rate, now) <= burst.max(1));
            let _ = bucket.take(rate, units, now);
            prop_assert!(bucket.try_take(Rate::UNLIMITED, units, Time::MAX));
            prop_assert_eq!(bucket.available(Rate::UNLIMITED, now), u32::MAX);
            prop_assert!(bucket.is_full(Time::MAX));
        }
    }
}
