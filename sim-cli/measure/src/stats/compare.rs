//! The difference of two means, with its interval.
//!
//! - Runs of the same seeds share their random numbers, so they are **paired**: Student's t on the
//!   differences.
//! - Other runs are independent: **Welch**'s t, with the degrees of freedom of Welch and Satterthwaite.
//! - Where some run is "never" the difference has no interval. Where all differences are the same, or all values of
//!   each side, the interval has no width.
//!
//! Whether there is a difference at all is not for the interval to say: see [`super::joint`].

use super::{CONFIDENCE, mean, student_quantile, variance};

/// The difference of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean of the new runs minus mean of the old ones; infinite when the new mean is never, minus infinity when
    /// the old one is, 0 when both are.
    pub change: f64,
    /// Its interval of 95 %, where it has one.
    pub interval: Option<(f64, f64)>,
    /// The variance of what one run of each side adds to it, where it has an interval.
    pub variance: Option<f64>,
}

impl Difference {
    /// Of runs of which some are never.
    const fn endless(change: f64) -> Self {
        Self { change, interval: None, variance: None }
    }

    /// Of runs that leave no doubt.
    const fn exact(change: f64) -> Self {
        Self { change, interval: Some((change, change)), variance: Some(0.0) }
    }
}

/// Compares runs that belong together, pair by pair; none of fewer than two pairs.
///
/// # Panics
/// When the samples are not equally long.
#[must_use]
pub fn paired(base: &[f64], new: &[f64]) -> Option<Difference> {
    assert_eq!(base.len(), new.len(), "pairs have two sides");
    let count = base.len();
    if count < 2 {
        return None;
    }
    let pairs = || base.iter().copied().zip(new.iter().copied());
    if pairs().any(|(old, new)| old.is_infinite() || new.is_infinite()) {
        return Some(Difference::endless(change(mean(base), mean(new))));
    }
    let differences: Vec<f64> = pairs().map(|(old, new)| new - old).collect();
    let change = mean(&differences);
    let variance = variance(&differences, change);
    // Of equal pairs, rounding may leave a trace.
    let scale = base.iter().chain(new).fold(0.0_f64, |scale, value| scale.max(value.abs()));
    if (variance / count as f64).sqrt() <= scale * 1e-12 {
        return Some(Difference::exact(if change.abs() <= scale * 1e-12 { 0.0 } else { change }));
    }
    let error = (variance / count as f64).sqrt();
    Some(by_student(change, error, count as f64 - 1.0, variance))
}

/// Compares independent runs; none unless each side has two or more.
#[must_use]
pub fn welch(base: &[f64], new: &[f64]) -> Option<Difference> {
    if base.len() < 2 || new.len() < 2 {
        return None;
    }
    let means = [base, new].map(mean);
    let change = change(means[0], means[1]);
    if base.iter().chain(new).any(|value| value.is_infinite()) {
        return Some(Difference::endless(change));
    }
    let [of_base, of_new] = [(base, means[0]), (new, means[1])]
        .map(|(sample, mean)| variance(sample, mean) / sample.len() as f64);
    if of_base + of_new <= 0.0 {
        let differ = change.abs() > means[0].abs().max(means[1].abs()) * 1e-12;
        return Some(Difference::exact(if differ { change } else { 0.0 }));
    }
    Some(by_welch(change, [(of_base, base.len()), (of_new, new.len())]))
}

/// Compares few runs of the real thing with many of a model of it: Welch's t, with the spread of the real
/// runs taken as at least that of the model's. Few runs may all miss what happens in one run of thirty, and
/// would seem surer of their mean than they are.
#[must_use]
pub fn against_model(real: &[f64], model: &[f64]) -> Option<Difference> {
    let is_plain = |sample: &[f64]| sample.len() >= 2 && sample.iter().all(|value| value.is_finite());
    if !is_plain(real) || !is_plain(model) {
        return welch(real, model);
    }
    let means = [real, model].map(mean);
    let [of_real, of_model] =
        [(real, means[0]), (model, means[1])].map(|(sample, mean)| variance(sample, mean));
    if of_real.max(of_model) <= 0.0 {
        return welch(real, model);
    }
    let part = |variance: f64, sample: &[f64]| (variance / sample.len() as f64, sample.len());
    Some(by_welch(means[1] - means[0], [part(of_real.max(of_model), real), part(of_model, model)]))
}

/// The difference of means of two samples, given the variance of each mean and how many values it is of.
fn by_welch(change: f64, parts: [(f64, usize); 2]) -> Difference {
    let both: f64 = parts.iter().map(|(variance, _)| variance).sum();
    let rest: f64 = parts.iter().map(|(variance, count)| variance.powi(2) / (*count as f64 - 1.0)).sum();
    let of_one = parts.iter().map(|(variance, count)| variance * *count as f64).sum();
    by_student(change, both.sqrt(), both.powi(2) / rest, of_one)
}

fn by_student(change: f64, error: f64, freedom: f64, variance: f64) -> Difference {
    let half = student_quantile(0.5 + CONFIDENCE / 2.0, freedom) * error;
    Difference { change, interval: Some((change - half, change + half)), variance: Some(variance) }
}

fn change(base: f64, new: f64) -> f64 {
    if base.is_infinite() && new.is_infinite() { 0.0 } else { new - base }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-6 * expected.abs().max(1e-3)
    }

    #[test]
    fn pairs_are_compared_by_their_differences() {
        // Differences 1, 2, 3: mean 2, variance 1, t(0.975, 2) = 4.302653.
        let found = paired(&[10.0, 20.0, 30.0], &[11.0, 22.0, 33.0]).unwrap();
        assert_eq!((found.change, found.variance), (2.0, Some(1.0)));
        let half = 4.302_652_73 / 3_f64.sqrt();
        assert!(near(found.interval.unwrap().0, 2.0 - half), "{found:?}");
        assert_eq!(paired(&[1.0], &[2.0]), None);
    }

    #[test]
    fn what_is_equal_in_all_runs_has_an_interval_of_no_width() {
        for (base, new, change) in [
            (&[0.3, 0.1 + 0.2, 5.0][..], &[0.3, 0.3, 5.0][..], 0.0),
            (&[1.0, 2.0, 4.0, 8.0, 9.0], &[2.0, 3.0, 5.0, 9.0, 10.0], 1.0),
        ] {
            assert_eq!(paired(base, new), Some(Difference::exact(change)));
        }
        assert_eq!(welch(&[0.0; 5], &[1.0; 5]), Some(Difference::exact(1.0)));
        assert_eq!(welch(&[0.3; 5], &[0.1 + 0.2; 4]), Some(Difference::exact(0.0)));
    }

    #[test]
    fn never_has_no_interval() {
        let never = f64::INFINITY;
        let pairs = paired(&[1.0, 2.0, never, 4.0], &[never, never, never, 3.0]);
        assert_eq!(pairs, Some(Difference::endless(0.0)));
        assert_eq!(welch(&[1.0, 2.0, 3.0], &[never; 3]), Some(Difference::endless(never)));
    }

    #[test]
    fn independent_samples_are_compared_by_welch() {
        // Equal sizes and variances: Student's two-sample test. Variances 1, error sqrt(2/3), 4 degrees of
        // freedom.
        let found = welch(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert_eq!((found.change, found.variance), (3.0, Some(2.0)));
        let half = 2.776_445 * (2.0_f64 / 3.0).sqrt();
        assert!((found.interval.unwrap().1 - (3.0 + half)).abs() < 1e-4, "{found:?}");
        // Unequal ones: variances 1 / 3 and 4 / 3 of the means, 2.941176 degrees of freedom.
        let uneven = welch(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]).unwrap();
        let half = student_quantile(0.975, 50.0 / 17.0) * (5.0_f64 / 3.0).sqrt();
        assert!(near(uneven.interval.unwrap().1, 2.0 + half), "{uneven:?}");
    }

    #[test]
    fn few_real_runs_have_at_least_the_spread_of_the_model() {
        let model = [1.0, 2.0, 3.0, 4.0, 5.0];
        // Variance 2.5 of both: errors 2.5 / 2 and 2.5 / 5.
        let calm = against_model(&[3.0, 3.0], &model).unwrap();
        let freedom = 1.75_f64.powi(2) / (1.25_f64.powi(2) / 1.0 + 0.5_f64.powi(2) / 4.0);
        let half = student_quantile(0.975, freedom) * 1.75_f64.sqrt();
        assert!(near(calm.interval.unwrap().1, half) && calm.change == 0.0, "{calm:?}");
        // More spread than the model's is taken as it is.
        let wild = [0.0, 10.0, 2.0];
        assert_eq!(against_model(&wild, &model), welch(&wild, &model));
        assert_eq!(against_model(&[1.0], &model), None);
        let same = against_model(&[1.0; 3], &[1.0; 9]).unwrap();
        assert_eq!(same.interval, Some((0.0, 0.0)));
    }

    #[test]
    fn what_happens_in_one_run_of_twenty_is_not_taken_for_a_difference() {
        use floodnet_core::rng::NodeRng;
        let mut rng = NodeRng::new(5);
        let mut runs = |count: usize| -> Vec<f64> {
            (0..count).map(|_| if rng.chance(1, 20) { 0.5 } else { 0.0 }).collect()
        };
        let (mut missed, mut by_welch) = (0, 0);
        for _ in 0..2_000 {
            let (real, model) = (runs(15), runs(200));
            let holds_none = |of: Option<Difference>| {
                of.and_then(|of| of.interval).is_none_or(|(low, high)| low > 0.0 || 0.0 > high)
            };
            missed += u32::from(holds_none(against_model(&real, &model)));
            by_welch += u32::from(holds_none(welch(&real, &model)));
        }
        // At 5 % there would be 100, with a standard deviation of 10; 15 runs see nothing in 46 % of experiments,
        // and then have no spread of their own.
        assert!(missed <= 130, "{missed}");
        assert!(by_welch > 600, "{by_welch}");
    }
}
