//! How a number is written: to a fixed count of significant digits, so that the bytes are stable and
//! show no more than was measured.

use floodnet_core::time::{Duration, Time};
use serde::Serializer;

/// Significant digits of every ratio and mean.
pub const DIGITS: usize = 6;

/// `value` to `digits` significant digits (1 or more), ties to even in decimal. Infinities and NaN stay.
pub fn round_to(value: f64, digits: usize) -> f64 {
    // Formatting and parsing are both correctly rounded by the standard library, on every machine.
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

/// `part / whole` to [`DIGITS`]; none when `whole` is 0.
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| round_to(part as f64 / whole as f64, DIGITS))
}

/// `nanos` in milliseconds.
pub(super) fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// `time` in seconds: the nearest double, whose shortest decimal form is what a file shows.
pub fn seconds(time: Time) -> f64 {
    time.as_nanos() as f64 / 1e9
}

/// [`seconds`] as serde's `serialize_with` wants it.
pub(crate) fn as_seconds<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds(*time))
}

/// `span` in milliseconds, to [`DIGITS`].
pub(super) fn span_ms(span: Duration) -> f64 {
    round_to(millis(span.as_nanos()), DIGITS)
}

/// The mean and both ends of a stream of numbers, without keeping them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunningStats {
    count: u64,
    sum: f64,
    ends: Option<(f64, f64)>,
}

impl RunningStats {
    /// Takes one number in. Sums are in the order of the calls.
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        let (low, high) = self.ends.unwrap_or((value, value));
        self.ends = Some((low.min(value), high.max(value)));
    }

    /// The mean, to [`DIGITS`]; none of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| round_to(self.sum / self.count as f64, DIGITS))
    }

    /// How many there are.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The least, to [`DIGITS`].
    pub(super) fn min(&self) -> Option<f64> {
        self.ends.map(|(low, _)| round_to(low, DIGITS))
    }

    /// The greatest, to [`DIGITS`].
    pub(super) fn max(&self) -> Option<f64> {
        self.ends.map(|(_, high)| round_to(high, DIGITS))
    }
}

impl FromIterator<f64> for RunningStats {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut tally = Self::default();
        values.into_iter().for_each(|value| tally.add(value));
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_significant_digits() {
        assert_eq!(round_to(2.0 / 3.0, 6), 0.666_667);
        assert_eq!(round_to(123_456_789.0, 3), 123_000_000.0);
        assert_eq!(round_to(0.0, 6), 0.0);
        assert_eq!(round_to(f64::INFINITY, 6), f64::INFINITY);
        assert_eq!(round_to(-0.000_012_345_6, 2), -0.000_012);
    }

    #[test]
    fn a_ratio_of_nothing_is_none() {
        assert_eq!(ratio(1, 0), None);
        assert_eq!(ratio(1, 4), Some(0.25));
    }

    #[test]
    fn a_tally_of_negatives_keeps_its_ends() {
        let tally: RunningStats = [-3.0, -1.0].into_iter().collect();
        assert_eq!((tally.mean(), tally.min(), tally.max()), (Some(-2.0), Some(-3.0), Some(-1.0)));
        assert_eq!(RunningStats::default().mean(), None);
        assert_eq!(RunningStats::default().max(), None);
    }
}
