//! The mean over runs, and how well it is known.
//!
//! - **Student's t**: mean ± t(0.975, n - 1) s / sqrt(n). Exact for a normal distribution, good for what is summed of
//!   many.
//! - **Bootstrap**, where a share sits at 0 or 1 in some run: its distribution is skewed and ends there, and t would
//!   reach beyond. Percentiles of the means of 4,000 resamples with a fixed seed, at the levels of the expanded
//!   percentile interval, Phi(-sqrt(n / (n - 1)) t(0.975, n - 1)) and its complement, which mends the
//!   narrowness of small samples (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", The
//!   American Statistician 69(4)).
//! - A share that stays off 0 and 1 but whose t interval passes them is cut off there.
//! - When runs had "never" as value, the mean is never, and the interval goes from the least value to
//!   never.
//! - Runs that are all equal have an interval of no width: it says nothing about what is rarer than one in n.

use floodnet_core::rng::NodeRng;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::{CONFIDENCE, mean, student_quantile, variance};
use crate::metrics::Unit;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 4_000;

/// Seed of every bootstrap: the same sample gives the same interval.
const SEED: u64 = 0x626f_6f74;

/// How an interval came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Student's t interval.
    Student,
    /// The percentile interval of a bootstrap.
    Bootstrap,
    /// From the least value to never.
    Range,
}

/// A mean over runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// How many runs have the metric.
    pub runs: usize,
    /// The mean; infinite if any run is.
    pub mean: f64,
    /// Ends of the interval of [`CONFIDENCE`]; none of one run.
    pub interval: Option<(f64, f64)>,
    /// How it came about.
    pub method: Method,
    /// The smallest value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

impl Estimate {
    /// The mean of `values`, one for each run, of which infinity is "never"; none of no values.
    #[must_use]
    pub fn of(values: &[f64], unit: Unit) -> Option<Self> {
        let first = *values.first()?;
        let ends = values.iter().fold((first, first), |(low, high), &v| (low.min(v), high.max(v)));
        let whole = Self {
            runs: values.len(),
            mean: mean(values),
            interval: None,
            method: Method::Student,
            min: ends.0,
            max: ends.1,
        };
        // Student's interval is meant for values that vary and have no ends. Where they do not, it would say too
        // much: each of these cases has another interval, or none.
        if ends.1.is_infinite() {
            let interval = (values.len() > 1).then_some(ends);
            return Some(Self { mean: f64::INFINITY, interval, method: Method::Range, ..whole });
        }
        if values.len() < 2 {
            return Some(whole);
        }
        if ends.0 >= ends.1 {
            return Some(Self { mean: first, interval: Some(ends), ..whole });
        }
        let is_share = unit == Unit::Share;
        if is_share && (ends.0 <= 0.0 || ends.1 >= 1.0) {
            return Some(Self { interval: Some(bootstrap(values)), method: Method::Bootstrap, ..whole });
        }
        let half = half_width(values, whole.mean);
        let (low, high) = (whole.mean - half, whole.mean + half);
        let interval = if is_share { (low.max(0.0), high.min(1.0)) } else { (low, high) };
        Some(Self { interval: Some(interval), ..whole })
    }

    /// Half the width of the interval.
    #[must_use]
    pub fn half(&self) -> Option<f64> {
        self.interval.map(|(low, high)| (high - low) / 2.0)
    }
}

/// Half of Student's interval for two or more values.
fn half_width(values: &[f64], mean: f64) -> f64 {
    half_width_at(values, mean, CONFIDENCE)
}

fn half_width_at(values: &[f64], mean: f64, confidence: f64) -> f64 {
    let count = values.len() as f64;
    let t = student_quantile(0.5 + confidence / 2.0, count - 1.0);
    t * (variance(values, mean) / count).sqrt()
}

/// Half of Student's interval of another confidence than [`CONFIDENCE`]; infinite for fewer than two values.
#[must_use]
pub fn student_half(values: &[f64], confidence: f64) -> f64 {
    if values.len() < 2 { f64::INFINITY } else { half_width_at(values, mean(values), confidence) }
}

/// The expanded percentile interval of the mean of two or more values.
fn bootstrap(values: &[f64]) -> (f64, f64) {
    let count = values.len();
    let mut rng = NodeRng::new(SEED);
    let mut resample = || {
        let drawn = (0..count).filter_map(|_| rng.pick(values));
        drawn.sum::<f64>() / count as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resample()).collect();
    means.sort_unstable_by(f64::total_cmp);
    let wide = (count as f64 / (count as f64 - 1.0)).sqrt();
    let t = student_quantile(0.5 + CONFIDENCE / 2.0, count as f64 - 1.0);
    let tail = Normal::standard().cdf(-wide * t);
    let skipped = ((tail * RESAMPLES as f64) as usize).min(RESAMPLES / 2);
    (means[skipped], means[RESAMPLES - 1 - skipped])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_by_hand() {
        // s^2 = 2.5, t(0.975, 4) = 2.776445: half a width of 2.776445 * sqrt(2.5 / 5).
        let five = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0], Unit::Plain).unwrap();
        let (low, high) = five.interval.unwrap();
        assert_eq!((five.runs, five.mean, five.min, five.max), (5, 3.0, 1.0, 5.0));
        assert!((low - (3.0 - 1.963_243)).abs() < 1e-5 && (high - 4.963_243).abs() < 1e-5, "{five:?}");
    }

    #[test]
    fn one_run_has_no_interval_and_none_no_mean() {
        assert_eq!(Estimate::of(&[], Unit::Plain), None);
        let one = Estimate::of(&[4.0], Unit::Share).unwrap();
        assert_eq!((one.mean, one.interval), (4.0, None));
        assert_eq!(Estimate::of(&[f64::INFINITY], Unit::Millis).unwrap().interval, None);
    }

    #[test]
    fn equal_runs_have_an_interval_of_no_width() {
        for unit in [Unit::Plain, Unit::Share] {
            let equal = Estimate::of(&[0.7; 9], unit).unwrap();
            assert_eq!((equal.mean, equal.interval), (0.7, Some((0.7, 0.7))));
        }
    }

    #[test]
    fn a_share_stays_within_its_ends() {
        let at_one = Estimate::of(&[1.0, 1.0, 0.9, 1.0, 0.95, 1.0], Unit::Share).unwrap();
        let (low, high) = at_one.interval.unwrap();
        assert_eq!(at_one.method, Method::Bootstrap);
        assert!(0.9 <= low && low < at_one.mean && at_one.mean < high && high <= 1.0, "{at_one:?}");
        assert_eq!(
            Estimate::of(&[1.0, 1.0, 0.9, 1.0, 0.95, 1.0], Unit::Share),
            Some(at_one),
            "the same again"
        );
        let below = Estimate::of(&[0.999, 0.9, 0.95], Unit::Share).unwrap();
        assert_eq!((below.method, below.interval.unwrap().1), (Method::Student, 1.0));
        let plain = Estimate::of(&[0.999, 0.9, 0.95], Unit::Plain).unwrap();
        assert!(plain.interval.unwrap().1 > 1.0);
    }

    #[test]
    fn never_is_the_upper_end() {
        let some = Estimate::of(&[10.0, f64::INFINITY, 12.0], Unit::Millis).unwrap();
        assert_eq!((some.mean, some.interval), (f64::INFINITY, Some((10.0, f64::INFINITY))));
    }

    /// How often intervals of `count` draws hold the true mean, in 4,000 trials.
    fn coverage(count: usize, unit: Unit, truth: f64, draw: impl Fn(&mut NodeRng) -> f64) -> f64 {
        let mut rng = NodeRng::new(count as u64);
        let mut holds = || {
            let values: Vec<f64> = (0..count).map(|_| draw(&mut rng)).collect();
            let (low, high) = Estimate::of(&values, unit).unwrap().interval.unwrap();
            low <= truth && truth <= high
        };
        (0..4_000).filter(|_| holds()).count() as f64 / 4_000.0
    }

    fn uniform(rng: &mut NodeRng) -> f64 {
        (f64::from(rng.bits()) + 0.5) / 4_294_967_296.0
    }

    #[test]
    fn the_interval_of_a_normal_law_holds_its_mean_in_95_of_100_samples() {
        let normal = Normal::new(7.0, 2.0).unwrap();
        for count in [3, 5, 20] {
            let share = coverage(count, Unit::Plain, 7.0, |rng| normal.inverse_cdf(uniform(rng)));
            assert!((0.92..=0.98).contains(&share), "{count} runs: {share}");
        }
    }

    #[test]
    fn the_interval_of_a_law_that_sits_at_one_holds_its_mean_too() {
        // Half of the runs lose nothing, the others up to a tenth: the mean is 0.975.
        let draw = |rng: &mut NodeRng| 1.0 - 0.1 * (uniform(rng) - 0.5).max(0.0) * 2.0;
        for count in [10, 20, 50] {
            let share = coverage(count, Unit::Share, 0.975, draw);
            assert!((0.92..=0.98).contains(&share), "{count} runs: {share}");
        }
    }
}
