//! Shares, factors and decimals of a scenario as the integers that everything else computes with.

use alloc::vec::Vec;

use super::open_unit;
use crate::time::Duration;

/// A probability in units of 2^-32, rounded to the nearest: 0 is exact, 1 saturates to `u32::MAX`,
/// which [`happens`] reads as certain. Below 0 and not a number give 0.
#[must_use]
pub fn share_to_threshold(share: f64) -> u32 {
    libm::round(share * 4_294_967_296.0) as u32
}

/// Whether an event of probability `threshold` (see [`share_to_threshold`]) happens on the uniform draw
/// `bits`: never at 0, always at `u32::MAX`.
#[inline]
#[must_use]
pub const fn happens(threshold: u32, bits: u32) -> bool {
    bits < threshold || threshold == u32::MAX
}

/// A factor in thousandths, rounded to the nearest and saturating. Below 0 and not a number give 0.
#[must_use]
pub fn permille(factor: f64) -> u32 {
    libm::round(factor * 1_000.0) as u32
}

/// `share` of `count`, rounded to the nearest whole and at most `count`.
#[must_use]
pub fn share_of(share: f64, count: u32) -> u32 {
    (libm::round(share * f64::from(count)) as u32).min(count)
}

/// `factor` times `unit`, rounded to the nearest nanosecond: the value of a decimal in a file.
/// `None` when `factor` is negative, infinite or not a number; saturates.
#[must_use]
pub fn scaled(unit: Duration, factor: f64) -> Option<Duration> {
    (factor.is_finite() && factor >= 0.0).then(|| super::scaled_or_max(unit, factor))
}

/// Splits `count` in proportion to `weights`, by largest remainder: whole parts first, then one more to
/// each of those that lost most by rounding, the first of equals first. The parts sum to `count`.
///
/// `None` when there are no weights, one is negative, infinite or not a number, or none is positive.
#[must_use]
pub fn apportion(count: u32, weights: &[f64]) -> Option<Vec<u32>> {
    let sum: f64 = weights.iter().sum();
    if weights.iter().any(|&weight| weight < 0.0) || !sum.is_finite() || sum <= 0.0 {
        return None;
    }
    let quotas: Vec<f64> = weights.iter().map(|weight| f64::from(count) * (weight / sum)).collect();
    let mut parts: Vec<u32> = quotas.iter().map(|&quota| libm::floor(quota) as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).filter(|&part| weights[part] > 0.0).collect();
    let lost = |part: usize| quotas[part] - libm::floor(quotas[part]);
    order.sort_by(|&a, &b| lost(b).total_cmp(&lost(a)));
    // Whole parts never sum to more than `count`: rounding a quota up to a whole number is far less than 1.
    let missing = count - parts.iter().sum::<u32>();
    order.iter().take(missing as usize).for_each(|&part| parts[part] += 1);
    Some(parts)
}

/// How many trials fail before one succeeds (the geometric distribution), so that rare successes among many
/// trials can be found without making every trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaps {
    /// Logarithm of the probability of failure.
    log_failure: f64,
}

impl Gaps {
    /// Each trial succeeds with probability `successes / trials`: always at 1 or more, never at 0 or
    /// less, and never when that is not a number.
    #[must_use]
    pub fn new(successes: f64, trials: u64) -> Self {
        let success = successes / trials as f64;
        let log_failure = if success >= 1.0 { f64::NEG_INFINITY } else { libm::log1p(-success.max(0.0)) };
        Self { log_failure }
    }

    /// The gap that belongs to the uniform draw `bits`; `u64::MAX` when success never comes.
    #[must_use]
    pub fn sample(&self, bits: u64) -> u64 {
        if self.log_failure == 0.0 {
            return u64::MAX;
        }
        libm::floor(libm::log(open_unit(bits)) / self.log_failure) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::mix;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn thresholds_are_exact_at_both_ends() {
        assert_eq!(share_to_threshold(0.0), 0);
        assert_eq!(share_to_threshold(1.0), u32::MAX);
        assert_eq!(share_to_threshold(0.5), 1 << 31);
        assert_eq!(share_to_threshold(0.01), 42_949_673);
        assert_eq!([-1.0, f64::NAN, 2.0].map(share_to_threshold), [0, 0, u32::MAX]);
        assert!(!happens(0, 0) && happens(1, 0) && !happens(1, 1));
        assert!(happens(u32::MAX, u32::MAX));
    }

    #[test]
    fn factors_and_shares_round_to_the_nearest() {
        assert_eq!([1.0, 2.5, 1.000_4, 1.000_6, -3.0].map(permille), [1000, 2500, 1000, 1001, 0]);
        assert_eq!([0.0, 0.24, 0.26, 1.0, 7.0].map(|share| share_of(share, 10)), [0, 2, 3, 10, 10]);
        assert_eq!(share_of(0.05, 10), 1); // a half goes up
        assert_eq!(scaled(Duration::from_secs(1), 0.25), Some(Duration::from_millis(250)));
        assert_eq!(scaled(Duration::from_secs(1), -0.25), None);
        assert_eq!(scaled(Duration::from_secs(1), f64::NAN), None);
        assert_eq!(scaled(Duration::from_secs(1), 1e300), Some(Duration::MAX));
    }

    #[test]
    fn apportion_gives_to_the_largest_remainders() {
        assert_eq!(apportion(10, &[0.5, 0.5]), Some(vec![5, 5]));
        assert_eq!(apportion(10, &[1.0, 1.0, 1.0]), Some(vec![4, 3, 3]));
        assert_eq!(apportion(10, &[0.2, 0.8]), Some(vec![2, 8]));
        // Quotas 4.7, 3.0, 2.3: the seat goes to the first.
        assert_eq!(apportion(10, &[47.0, 30.0, 23.0]), Some(vec![5, 3, 2]));
        assert_eq!(apportion(1, &[0.0, 1.0]), Some(vec![0, 1]));
        assert_eq!(apportion(0, &[3.0]), Some(vec![0]));
        for wrong in [&[] as &[f64], &[0.0], &[-1.0, 2.0], &[f64::NAN], &[f64::INFINITY]] {
            assert_eq!(apportion(10, wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn apportioned_parts_sum_up_and_keep_within_one(
            count: u32,
            weights in proptest::collection::vec(0.0f64..10.0, 1..9),
        ) {
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            let parts = apportion(count, &weights).expect("weights are fine");
            prop_assert_eq!(parts.iter().map(|&part| u64::from(part)).sum::<u64>(), u64::from(count));
            for (part, weight) in parts.iter().zip(&weights) {
                let quota = f64::from(count) * weight / sum;
                prop_assert!(libm::fabs(f64::from(*part) - quota) < 1.001, "{} for {}", part, quota);
                prop_assert!(*weight > 0.0 || *part == 0);
            }
        }
    }

    #[test]
    fn gaps_have_the_geometric_mean_and_sharp_ends() {
        let gaps = Gaps::new(1.0, 20);
        let sum: u64 = (0..100_000).map(|n| gaps.sample(mix(n))).sum();
        // Mean 19, standard deviation 19.5: 5 standard errors are 0.31.
        assert!(sum.abs_diff(1_900_000) < 31_000, "sum {sum}");
        assert_eq!(Gaps::new(20.0, 20).sample(12_345), 0);
        for never in [0.0, -1.0, f64::NAN] {
            assert_eq!(Gaps::new(never, 20).sample(u64::MAX), u64::MAX);
        }
        assert_eq!([0, 1 << 40, 1 << 62, u64::MAX].map(|bits| gaps.sample(bits)), GOLDEN_GAPS);
    }
    const GOLDEN_GAPS: [u64; 4] = [716, 324, 27, 0];
}
