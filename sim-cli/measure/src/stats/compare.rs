//! Whether two samples of runs differ.
//!
//! - Runs of the same seeds share their random numbers, so they are **paired**: Student's t on the
//!   differences.
//! - Other runs are independent: **Welch**'s t, with the degrees of freedom of Welch and Satterthwaite.
//! - Where t has nothing to work with, the exact tests of the same hypothesis: differences that are all the
//!   same, and values of "never", take the **sign** test on pairs; independent samples **Fisher**'s test on how
//!   many runs have the value (or are never).

/// Which test was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Student's t test of paired values.
    Paired,
    /// Welch's t test of independent values.
    Welch,
    /// Sign test on pairs.
    Sign,
    /// Fisher's exact test.
    Fisher,
}

/// The difference of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean of the new runs minus mean of the old ones; infinite when the new mean is never, minus infinity when
    /// the old one is, 0 when both are.
    pub change: f64,
    /// Its interval of 95 %, where it has one.
    pub interval: Option<(f64, f64)>,
    /// The probability of a difference at least as great if there were none.
    pub p: f64,
    /// How it was found.
    pub test: Test,
}

use super::{CONFIDENCE, mean, student_quantile, student_two_sided, variance};

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
        let (up, down) = pairs()
            .fold((0, 0), |(up, down), (old, new)| (up + u64::from(new > old), down + u64::from(new < old)));
        let change = change(mean(base), mean(new));
        return Some(Difference { change, interval: None, p: sign(up, down), test: Test::Sign });
    }
    let differences: Vec<f64> = pairs().map(|(old, new)| new - old).collect();
    let change = mean(&differences);
    // Of equal pairs, rounding may leave a trace.
    let scale = base.iter().chain(new).fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let spread = (variance(&differences, change) / count as f64).sqrt();
    if spread <= scale * 1e-12 {
        return Some(if change.abs() <= scale * 1e-12 {
            Difference { change: 0.0, interval: Some((0.0, 0.0)), p: 1.0, test: Test::Paired }
        } else {
            let p = sign(count as u64, 0);
            Difference { change, interval: Some((change, change)), p, test: Test::Sign }
        });
    }
    Some(by_student(change, spread, count as f64 - 1.0, Test::Paired))
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
        let p = fisher(base, new, f64::is_infinite);
        return Some(Difference { change, interval: None, p, test: Test::Fisher });
    }
    let [of_base, of_new] = [(base, means[0]), (new, means[1])]
        .map(|(sample, mean)| variance(sample, mean) / sample.len() as f64);
    if of_base + of_new <= 0.0 {
        let differ = change.abs() > means[0].abs().max(means[1].abs()) * 1e-12;
        let p = if differ {
            fisher(base, new, |value| (value - means[0]).abs() < change.abs() / 2.0)
        } else {
            1.0
        };
        let change = if differ { change } else { 0.0 };
        return Some(Difference { change, interval: Some((change, change)), p, test: Test::Fisher });
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
    by_student(change, both.sqrt(), both.powi(2) / rest, Test::Welch)
}

fn by_student(change: f64, error: f64, freedom: f64, test: Test) -> Difference {
    let half = student_quantile(0.5 + CONFIDENCE / 2.0, freedom) * error;
    let p = student_two_sided(change / error, freedom);
    Difference { change, interval: Some((change - half, change + half)), p, test }
}

fn change(base: f64, new: f64) -> f64 {
    if base.is_infinite() && new.is_infinite() { 0.0 } else { new - base }
}

/// Two-sided sign test: `up` of `up + down` differences are positive.
fn sign(up: u64, down: u64) -> f64 {
    let all = up + down;
    let tail: f64 = (0..=up.min(down)).map(|k| (ln_choose(all, k) - all as f64 * 2_f64.ln()).exp()).sum();
    (2.0 * tail).min(1.0)
}

/// Fisher's two-sided exact test on how many of both samples are `marked`: the probability of all tables that
/// are no likelier than this one.
fn fisher(base: &[f64], new: &[f64], marked: impl Fn(f64) -> bool) -> f64 {
    let [of_base, of_new] =
        [base, new].map(|sample| sample.iter().filter(|&&value| marked(value)).count() as u64);
    let (n, m, k) = (base.len() as u64, new.len() as u64, of_base + of_new);
    let ln = |in_base: u64| ln_choose(n, in_base) + ln_choose(m, k - in_base) - ln_choose(n + m, k);
    let this = ln(of_base);
    let tables = k.saturating_sub(m)..=k.min(n);
    let p: f64 = tables.map(ln).filter(|&table| table <= this + 1e-9).map(f64::exp).sum();
    p.min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    statrs::function::factorial::ln_binomial(n, k)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-6 * expected.abs().max(1e-3)
    }

    #[test]
    fn pairs_are_compared_by_their_differences() {
        // Differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t = 2 sqrt(3) with 2 degrees of freedom,
        // whose distribution has the closed form 1/2 + t / (2 sqrt(2 + t^2)).
        let found = paired(&[10.0, 20.0, 30.0], &[11.0, 22.0, 33.0]).unwrap();
        let t = 2.0 * 3_f64.sqrt();
        assert!(near(found.p, 1.0 - t / (2.0 + t * t).sqrt()), "{found:?}");
        assert_eq!((found.change, found.test), (2.0, Test::Paired));
        let half = 4.302_652_73 / 3_f64.sqrt();
        assert!(near(found.interval.unwrap().0, 2.0 - half), "{found:?}");
        assert_eq!(paired(&[1.0], &[2.0]), None);
    }

    #[test]
    fn pairs_that_are_equal_do_not_differ_and_a_constant_shift_is_a_matter_of_signs() {
        let same = paired(&[0.3, 0.1 + 0.2, 5.0], &[0.3, 0.3, 5.0]).unwrap();
        assert_eq!((same.change, same.p), (0.0, 1.0));
        let shifted = paired(&[1.0, 2.0, 4.0, 8.0, 9.0], &[2.0, 3.0, 5.0, 9.0, 10.0]).unwrap();
        assert_eq!((shifted.change, shifted.test), (1.0, Test::Sign));
        assert!(near(shifted.p, 2.0 / 32.0), "{shifted:?}");
    }

    #[test]
    fn never_is_compared_by_counting() {
        let never = f64::INFINITY;
        let pairs = paired(&[1.0, 2.0, never, 4.0], &[never, never, never, 3.0]).unwrap();
        assert_eq!((pairs.test, pairs.interval, pairs.change), (Test::Sign, None, 0.0));
        assert!(near(pairs.p, 1.0), "two up, one down: {pairs:?}");
        let apart = welch(&[1.0, 2.0, 3.0], &[never, never, never]).unwrap();
        assert!(near(apart.p, 2.0 / 20.0) && apart.change == never, "{apart:?}");
        let alike = welch(&[1.0, never], &[never, 2.0]).unwrap();
        assert!(near(alike.p, 1.0), "{alike:?}");
    }

    #[test]
    fn independent_samples_are_compared_by_welch() {
        // Equal sizes and variances: Student's two-sample test. Variances 1, error sqrt(2/3), 4 degrees of
        // freedom, t = 3 / sqrt(2/3) = 3.674235, two-sided p = 0.021312.
        let found = welch(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert!((found.p - 0.021_312).abs() < 1e-5, "{found:?}");
        assert_eq!((found.change, found.test), (3.0, Test::Welch));
        let half = 2.776_445 * (2.0_f64 / 3.0).sqrt();
        assert!((found.interval.unwrap().1 - (3.0 + half)).abs() < 1e-4, "{found:?}");
        // Unequal ones: variances 1 / 3 and 4 / 3 of the means, 2.941176 degrees of freedom.
        let uneven = welch(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]).unwrap();
        let freedom =
            (5.0_f64 / 3.0).powi(2) / ((1.0_f64 / 3.0).powi(2) / 2.0 + (4.0_f64 / 3.0).powi(2) / 2.0);
        assert!((freedom - 2.941_176).abs() < 1e-6);
        assert!(near(uneven.p, student_two_sided(2.0 / (5.0_f64 / 3.0).sqrt(), freedom)));
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

    #[test]
    fn constant_samples_are_compared_exactly() {
        let differ = welch(&[0.0; 5], &[1.0; 5]).unwrap();
        assert!(near(differ.p, 2.0 / 252.0) && differ.test == Test::Fisher, "{differ:?}");
        let same = welch(&[0.3; 5], &[0.1 + 0.2; 4]).unwrap();
        assert_eq!((same.p, same.change), (1.0, 0.0));
    }
}
