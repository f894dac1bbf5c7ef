//! How far apart both sides are in one metric, under any arrangement of the runs.
//!
//! The score is Student's t (Welch's, of independent runs), brought to one scale for all numbers of runs: that of the
//! square of a standard normal variable (Wallace 1959). So metrics that some runs lack compete on equal terms.
//! Any score gives an exact test. This one finds shifts best if a metric is about normal.
//!
//! If a metric is "never" in some run, the ranks of its values take their place, and never is the highest.

use super::arrange::Design;

/// What is within this share of the scale of a metric is rounding.
const ROUNDING: f64 = 1e-12;

/// One metric on both sides, a value for each run; none where the run does not have it.
#[derive(Clone, Debug)]
pub struct Column {
    /// Values of the old runs.
    pub old: Vec<Option<f64>>,
    /// Values of the new runs; of pairs, in the order of the old ones.
    pub new: Vec<Option<f64>>,
    /// How much of the level the metric gets, compared with the others: 1, or less.
    pub share: f64,
}

impl Column {
    /// How many runs of each side, or how many pairs, have the metric.
    #[must_use]
    pub fn known(&self, design: Design) -> (usize, usize) {
        let known = |values: &[Option<f64>]| values.iter().flatten().count();
        match design {
            Design::Paired => {
                let pairs = self.pairs().count();
                (pairs, pairs)
            }
            Design::Independent => (known(&self.old), known(&self.new)),
        }
    }

    /// Place and values of the pairs that have the metric on both sides.
    fn pairs(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        let both = self.old.iter().zip(&self.new).enumerate();
        both.filter_map(|(place, (old, new))| Some((place, (*old)?, (*new)?)))
    }
}

/// A column ready to be scored; what does not vary has no score.
#[derive(Debug)]
pub(super) enum Scorer {
    /// Differences of pairs: 0 where one is missing.
    Pairs { differences: Vec<f64>, count: f64, squares: f64 },
    /// Values less their mean, and 1 for each that is known.
    Runs { values: Vec<f64>, known: Vec<f64>, count: f64, squares: f64 },
}

impl Scorer {
    /// For `column`; none if its runs do not differ at all, or fewer than two have it.
    pub(super) fn of(design: Design, column: &Column) -> Option<Self> {
        match design {
            Design::Paired => Self::of_pairs(column),
            Design::Independent => Self::of_runs(column),
        }
    }

    fn of_pairs(column: &Column) -> Option<Self> {
        let pairs: Vec<(usize, f64, f64)> = column.pairs().collect();
        let values = || pairs.iter().flat_map(|&(_, old, new)| [old, new]);
        let apart = |old: f64, new: f64| match (old.is_infinite(), new.is_infinite()) {
            (true, true) => 0.0,
            _ => new - old,
        };
        let mut found: Vec<f64> = pairs.iter().map(|&(_, old, new)| apart(old, new)).collect();
        let scale = values().filter(|value| value.is_finite()).fold(0.0_f64, |scale, of| scale.max(of.abs()));
        found.iter_mut().filter(|of| of.abs() <= scale * ROUNDING).for_each(|of| *of = 0.0);
        if values().any(f64::is_infinite) {
            let sizes: Vec<f64> = found.iter().map(|difference| difference.abs()).collect();
            let ranks = ranks(&sizes);
            for (difference, rank) in found.iter_mut().zip(ranks) {
                *difference = if *difference == 0.0 { 0.0 } else { rank.copysign(*difference) };
            }
        }
        let squares: f64 = found.iter().map(|difference| difference * difference).sum();
        let mut differences = vec![0.0; column.old.len()];
        for (&(place, ..), difference) in pairs.iter().zip(&found) {
            differences[place] = *difference;
        }
        let is_scored = found.len() >= 2 && squares > 0.0;
        is_scored.then_some(Self::Pairs { differences, count: found.len() as f64, squares })
    }

    fn of_runs(column: &Column) -> Option<Self> {
        let all = || column.old.iter().chain(&column.new);
        let mut found: Vec<f64> = all().flatten().copied().collect();
        if found.iter().any(|value| value.is_infinite()) {
            found = ranks(&found);
        }
        let count = found.len() as f64;
        let mean = found.iter().sum::<f64>() / count;
        let scale = found.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
        found.iter_mut().for_each(|value| *value -= mean);
        let squares: f64 = found.iter().map(|value| value * value).sum();
        if (squares / count).sqrt() <= scale * ROUNDING || found.len() < 4 {
            return None;
        }
        let mut next = found.into_iter();
        let values = all().map(|value| value.map_or(0.0, |_| next.next().unwrap_or(0.0))).collect();
        let known = all().map(|value| f64::from(u8::from(value.is_some()))).collect();
        Some(Self::Runs { values, known, count, squares })
    }

    /// Whether the new side is higher under an arrangement.
    pub(super) fn rises(&self, signs: &[f64]) -> bool {
        match self {
            Self::Pairs { differences, .. } => {
                differences.iter().zip(signs).map(|(of, sign)| of * sign).sum::<f64>() > 0.0
            }
            // The values sum up to 0, so a side above it is above the other.
            Self::Runs { values, .. } => {
                values.iter().zip(signs).map(|(of, sign)| of * sign).sum::<f64>() < 0.0
            }
        }
    }

    /// The score under an arrangement: from 0 to infinity.
    pub(super) fn at(&self, signs: &[f64]) -> f64 {
        match self {
            Self::Pairs { differences, count, squares } => {
                let sum: f64 = differences.iter().zip(signs).map(|(of, sign)| of * sign).sum();
                // The squares are the same under all arrangements, so t depends on the sum alone.
                let left = 1.0 - sum * sum / (count * squares);
                if left <= ROUNDING { f64::INFINITY } else { scaled(count - 1.0, (1.0 - left) / left) }
            }
            Self::Runs { values, known, count, squares } => {
                let mut old = (0.0, 0.0, 0.0);
                for ((value, known), _) in
                    values.iter().zip(known).zip(signs).filter(|(_, sign)| **sign > 0.0)
                {
                    old = (old.0 + known, old.1 + value, old.2 + value * value);
                }
                // The values sum up to 0.
                let new = (count - old.0, -old.1, squares - old.2);
                if old.0 < 2.0 || new.0 < 2.0 {
                    return 0.0;
                }
                let error = |(count, sum, squares): (f64, f64, f64)| {
                    (squares - sum * sum / count).max(0.0) / (count - 1.0) / count
                };
                let (apart, error) = ((old.1 / old.0 - new.1 / new.0).powi(2), error(old) + error(new));
                match error <= squares / count * ROUNDING {
                    true if apart <= squares / count * ROUNDING => 0.0,
                    true => f64::INFINITY,
                    false => scaled(count - 2.0, apart / error / (count - 2.0)),
                }
            }
        }
    }
}

/// The score of t with `freedom` degrees, given its square over the degrees.
pub(super) fn scaled(freedom: f64, over: f64) -> f64 {
    let narrowed = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0);
    narrowed * narrowed * freedom * over.ln_1p()
}

/// The rank of each value, from 1; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|&one, &other| values[one].total_cmp(&values[other]).is_eq()) {
        let first = order.partition_point(|&other| values[other] < values[group[0]]);
        let rank = first as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|&place| ranks[place] = rank);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::super::student_quantile;
    use super::*;

    fn column(old: &[f64], new: &[f64]) -> Column {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect();
        Column { old: some(old), new: some(new), share: 1.0 }
    }

    #[test]
    fn the_score_is_the_square_of_a_normal_variable_for_all_numbers_of_runs() {
        // 2.576 is exceeded in 1 of 100, to either side.
        for (freedom, within) in [(3.0, 0.04), (5.0, 0.02), (9.0, 0.01), (19.0, 0.005), (99.0, 0.001)] {
            let t = student_quantile(0.995, freedom);
            let found = scaled(freedom, t * t / freedom).sqrt();
            assert!((found / 2.575_829 - 1.0).abs() < within, "{freedom}: {found}");
        }
    }

    #[test]
    fn scores_are_those_of_t() {
        // Differences 1, 2, 3: t = 2 sqrt(3) with 2 degrees of freedom.
        let pairs = Scorer::of(Design::Paired, &column(&[10.0, 20.0, 30.0], &[11.0, 22.0, 33.0])).unwrap();
        assert!((pairs.at(&[1.0; 3]) - scaled(2.0, 6.0)).abs() < 1e-9);
        assert_eq!(pairs.at(&[1.0, 1.0, -1.0]), 0.0, "1 + 2 - 3");
        // Variances 1 on both sides, 3 apart: t^2 = 9 / (2 / 3) with 4 degrees of freedom.
        let runs = Scorer::of(Design::Independent, &column(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0])).unwrap();
        let observed = [1.0, 1.0, 1.0, -1.0, -1.0, -1.0];
        assert!((runs.at(&observed) - scaled(4.0, 13.5 / 4.0)).abs() < 1e-9);
    }

    #[test]
    fn a_shift_that_is_equal_in_all_runs_has_the_highest_score_and_no_shift_none() {
        let shifted = column(&[1.0, 2.0, 4.0], &[1.1, 2.1, 4.1]);
        assert_eq!(Scorer::of(Design::Paired, &shifted).unwrap().at(&[1.0; 3]), f64::INFINITY);
        let apart = Scorer::of(Design::Independent, &column(&[0.0; 3], &[1.0; 3])).unwrap();
        assert_eq!(apart.at(&[1.0, 1.0, 1.0, -1.0, -1.0, -1.0]), f64::INFINITY);
        for design in [Design::Paired, Design::Independent] {
            assert!(Scorer::of(design, &column(&[0.3; 4], &[0.1 + 0.2; 4])).is_none(), "rounding");
        }
    }

    #[test]
    fn never_is_the_highest_rank() {
        let never = f64::INFINITY;
        let Some(Scorer::Pairs { differences, .. }) = Scorer::of(
            Design::Paired,
            &column(&[1.0, 5.0, never, never, 2.0], &[never, 2.0, never, 1.0, 2.0]),
        ) else {
            panic!("it varies")
        };
        assert_eq!(differences, [4.5, -3.0, 0.0, -4.5, 0.0]);
        let gone = Scorer::of(Design::Independent, &column(&[1.0; 4], &[never; 4])).unwrap();
        let observed = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0];
        assert_eq!((gone.at(&observed), gone.rises(&observed)), (never, true));
    }

    #[test]
    fn missing_values_go_along_with_their_runs() {
        let mut column = column(&[1.0, 2.0, 3.0, 9.0], &[2.0, 4.0, 6.0, 1.0]);
        column.new[3] = None;
        assert_eq!((column.known(Design::Paired), column.known(Design::Independent)), ((3, 3), (4, 3)));
        let pairs = Scorer::of(Design::Paired, &column).unwrap();
        assert_eq!(pairs.at(&[1.0; 4]), pairs.at(&[1.0, 1.0, 1.0, -1.0]));
        assert!((pairs.at(&[1.0; 4]) - scaled(2.0, 6.0)).abs() < 1e-9);
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }
}
