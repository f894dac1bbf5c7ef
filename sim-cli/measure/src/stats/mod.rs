//! Statistics over runs. The run is the unit: what happens within one run depends on itself, so its messages
//! and samples are no independent draws. `docs/statistics.md` says what is claimed and where it comes from.
//!
//! | module | subject |
//! |---|---|
//! | [`interval`] | a mean with its interval: Student's t, or the bootstrap |
//! | [`decide`] | whether an interval is within a bound |
//! | [`compare`] | the difference of two means with its interval: paired, or Welch's |
//! | [`joint`] | whether any of many metrics differ: an exact test by [`arrange`]ments of the runs and their [`score`]s |
//! | [`enough`] | how many runs would be enough to tell |
//! | [`wilson`] | a share of runs |
//!
//! Floating point is that of the machine's mathematical library; what is written of it has 6 significant
//! digits.

pub mod arrange;
pub mod compare;
pub mod decide;
pub mod enough;
pub mod interval;
pub mod joint;
pub mod score;
pub mod wilson;

/// The confidence of every interval: 95 %.
pub const CONFIDENCE: f64 = 0.95;

/// Differences are found where none are in at most this share of comparisons: 5 %.
pub const LEVEL: f64 = 0.05;

/// The mean, summed in order.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample variance (divisor n - 1) around `mean`. What is within rounding of 0 is 0.
fn variance(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let variance = squares / (values.len() as f64 - 1.0);
    let scale = values.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    if variance.sqrt() <= scale * 1e-12 { 0.0 } else { variance }
}

/// The point that Student's t with `freedom` degrees does not exceed with probability `share`.
fn student_quantile(share: f64, freedom: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF as _, StudentsT};
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |student| student.inverse_cdf(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
        let table = [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (19.0, 2.093), (100.0, 1.984)];
        for (freedom, expected) in table {
            let found = student_quantile(0.975, freedom);
            assert!((found - expected).abs() < 6e-4, "{freedom}: {found}");
        }
    }

    #[test]
    fn equal_numbers_have_no_variance_in_spite_of_rounding() {
        let equal = [0.1 + 0.2, 0.3, 0.3, 0.3];
        assert_eq!(variance(&equal, mean(&equal)), 0.0);
        assert_eq!(variance(&[1.0, 2.0, 3.0], 2.0), 1.0);
        assert_eq!(variance(&[0.0; 5], 0.0), 0.0);
    }
}
