//! How many runs would be enough to tell, if mean and spread stay what they are.

use super::arrange::Design;
use super::joint::fewest;
use super::score::scaled;
use super::{CONFIDENCE, LEVEL, student_quantile};

/// What is known of the difference in one metric.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// How the runs belong together.
    pub design: Design,
    /// Pairs, or runs of the side that has fewer.
    pub runs: usize,
    /// The difference of the means.
    pub change: f64,
    /// The variance of what one run of each side adds to the difference; none where some run is "never".
    pub variance: Option<f64>,
    /// The probability found, where one was.
    pub p: Option<f64>,
    /// The score that a difference must exceed.
    pub bar: f64,
    /// Changes up to this size are no difference.
    pub margin: f64,
}

impl Known {
    /// Pairs, or runs of each side, with which either the difference would be found or the interval would be within
    /// the margin; none if that is more than anybody would make.
    #[must_use]
    pub fn runs_needed(&self) -> Option<usize> {
        let least = fewest(self.design);
        if self.runs < 2 {
            return Some(least);
        }
        // From here on more runs are needed than there are, or the verdict would be clear.
        let range = (self.runs + 1).max(least)..(self.runs * MOST_TIMES).max(MOST);
        let Some(variance) = self.variance.filter(|variance| *variance > 0.0) else {
            return self.by_count(range);
        };
        let differs = smallest(range.clone(), |runs| self.score(variance, runs) > self.bar);
        let agrees = smallest(range, |runs| self.change.abs() + self.half(variance, runs) <= self.margin);
        differs.into_iter().chain(agrees).min()
    }

    /// If all runs say the same, each further pair halves the probability; each run of both sides quarters it.
    fn by_count(&self, range: std::ops::Range<usize>) -> Option<usize> {
        let p = self.p.unwrap_or(1.0);
        let less: f64 = match self.design {
            Design::Paired => 2.0,
            Design::Independent => 4.0,
        };
        let more = |runs: usize| less.powi(i32::try_from(runs - self.runs).unwrap_or(i32::MAX));
        match self.p {
            // Nothing was tested: the least number does if all of them go on to agree.
            None => Some(range.start),
            Some(_) if self.change == 0.0 => None,
            Some(_) => smallest(range, |runs| p / more(runs) <= LEVEL),
        }
    }

    /// The score of this difference with so many runs.
    fn score(&self, variance: f64, runs: usize) -> f64 {
        let freedom = self.freedom(runs);
        scaled(freedom, self.change * self.change * runs as f64 / variance / freedom)
    }

    /// Half the width of its interval with so many runs.
    fn half(&self, variance: f64, runs: usize) -> f64 {
        student_quantile(0.5 + CONFIDENCE / 2.0, self.freedom(runs)) * (variance / runs as f64).sqrt()
    }

    fn freedom(&self, runs: usize) -> f64 {
        match self.design {
            Design::Paired => runs as f64 - 1.0,
            Design::Independent => 2.0 * runs as f64 - 2.0,
        }
    }
}

/// More times the runs than this are not asked for,
const MOST_TIMES: usize = 50;
/// unless they are no more than this.
const MOST: usize = 1_000;

/// The least number in `range` from which on `is_enough`.
fn smallest(range: std::ops::Range<usize>, is_enough: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low.midpoint(high);
        if is_enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < range.end).then_some(low)
}

/// How many times the runs make an interval that reaches `half` to either side reach only `room`: the width goes with
/// the root of their number. None if no number will do, or none that anybody would make.
#[must_use]
pub fn runs_to_narrow(runs: usize, half: f64, room: f64) -> Option<usize> {
    let times = (half / room).powi(2);
    let is_some = room > 0.0 && (1.0..=MOST_TIMES as f64).contains(&times);
    is_some.then(|| (runs as f64 * times).ceil() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: Known = Known {
        design: Design::Paired,
        runs: 20,
        change: 1.0,
        variance: Some(4.0),
        p: Some(0.2),
        bar: 9.0,
        margin: 0.0,
    };

    #[test]
    fn the_difference_would_be_found() {
        // t = sqrt(n) / 2 exceeds about 3 from n = 36 on, a little later because s is not known exactly.
        let needed = PAIRS.runs_needed().unwrap();
        assert!((37..=41).contains(&needed), "{needed}");
        assert!(PAIRS.score(4.0, needed) > 9.0 && PAIRS.score(4.0, needed - 1) <= 9.0);
        let both = Known { design: Design::Independent, ..PAIRS }.runs_needed().unwrap();
        assert!((36..=39).contains(&both), "{both}");
    }

    #[test]
    fn the_interval_would_be_within_the_margin() {
        // 1 and 1.96 * 2 / sqrt(n) make less than 2 from n = 16 on, but there are 20 already: 1.5 from 62 on.
        let near = Known { margin: 1.5, bar: 1e9, ..PAIRS };
        let needed = near.runs_needed().unwrap();
        assert!((62..=66).contains(&needed), "{needed}");
        assert_eq!(Known { margin: 0.9, bar: 1e9, ..PAIRS }.runs_needed(), None, "it is beyond the margin");
    }

    #[test]
    fn equal_shifts_are_a_matter_of_counting() {
        let even = |runs, p| Known { runs, variance: Some(0.0), p, ..PAIRS };
        assert_eq!(even(3, None).runs_needed(), Some(6));
        assert_eq!(even(1, None).runs_needed(), Some(6));
        assert_eq!(even(6, Some(0.09)).runs_needed(), Some(7));
        assert_eq!(Known { design: Design::Independent, ..even(3, None) }.runs_needed(), Some(4));
        assert_eq!(Known { change: 0.0, ..even(6, Some(1.0)) }.runs_needed(), None);
    }

    #[test]
    fn an_interval_narrows_with_the_root_of_the_runs() {
        assert_eq!(runs_to_narrow(10, 2.0, 1.0), Some(40));
        assert_eq!(runs_to_narrow(10, 2.0, 0.0), None);
        assert_eq!(runs_to_narrow(10, 2.0, 0.1), None);
    }
}
