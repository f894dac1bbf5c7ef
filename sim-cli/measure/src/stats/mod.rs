//! Statistics over runs. The run is the unit: what happens within one run depends on itself, so its messages
//! and samples are no independent draws. `docs/statistics.md` says what is claimed and where it comes from.
//!
//! | module | subject |
//! |---|---|
//! | [`interval`] | a mean with its interval: Student's t, or the bootstrap |
//! | [`decide`] | whether an interval is within a bound |
//! | [`compare`] | two samples: paired, Welch, and exact tests where those have nothing to work with |
//! | [`holm`] | many tests at once |
//! | [`wilson`] | a share of runs |
//!
//! Floating point is that of the machine's mathematical library; what is written of it has 6 significant
//! digits.

pub mod compare;
pub mod decide;
pub mod holm;
pub mod interval;
pub mod wilson;

/// The confidence of every interval: 95 %.
pub const CONFIDENCE: f64 = 0.95;

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

/// The probability that Student's t with `freedom` degrees is at least as far from 0 as `t`.
fn student_two_sided(t: f64, freedom: f64) -> f64 {
    use statrs::distribution::{ContinuousCDF as _, StudentsT};
    let student = StudentsT::new(0.0, 1.0, freedom);
    student.map_or(1.0, |student| (2.0 * student.cdf(-t.abs())).min(1.0))
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
            assert!((student_two_sided(found, freedom) - 0.05).abs() < 1e-9);
            assert!((student_two_sided(-found, freedom) - 0.05).abs() < 1e-9);
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
