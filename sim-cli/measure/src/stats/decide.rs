//! Expectations judged on many runs.

use serde::{Deserialize, Serialize};

use super::enough::runs_to_narrow;
use super::interval::Estimate;
use crate::expect::{Expectation, Op};

/// What runs say about a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The whole interval is within it.
    Holds,
    /// Nothing of the interval is, or the metric was not measured.
    Fails,
    /// The interval lies across it: add runs.
    Undecided,
}

/// Judges `expectation` on a mean over runs. One run has no interval and is judged by its value.
#[must_use]
pub fn decide(expectation: &Expectation, estimate: Option<&Estimate>) -> Decision {
    let Some(estimate) = estimate else { return Decision::Fails };
    let (low, high) = estimate.interval.unwrap_or((estimate.mean, estimate.mean));
    let (op, value) = (expectation.op, expectation.value);
    let holds = |end: f64| op.holds(end, value);
    // The interval is convex: of `==` and `!=` the value within counts too.
    let within = low <= value && value <= high;
    let (all, none) = match op {
        Op::Equal => (holds(low) && holds(high), !within),
        Op::Different => (!within, !holds(low) && !holds(high)),
        _ => (holds(low) && holds(high), !holds(low) && !holds(high)),
    };
    match (all, none) {
        (true, _) => Decision::Holds,
        (_, true) => Decision::Fails,
        _ => Decision::Undecided,
    }
}

/// How many runs would decide `expectation` if mean and spread stay what they are; none if it is decided, or no number
/// will, or none that anybody would make.
#[must_use]
pub fn runs_needed(expectation: &Expectation, estimate: Option<&Estimate>) -> Option<usize> {
    let estimate = estimate.filter(|of| decide(expectation, Some(of)) == Decision::Undecided)?;
    let (low, high) = estimate.interval?;
    // Only the side on which the bound lies matters.
    let room = expectation.value - estimate.mean;
    let reach = if room < 0.0 { estimate.mean - low } else { high - estimate.mean };
    runs_to_narrow(estimate.runs, reach, room.abs())
}

/// The place of the value that is furthest on the wrong side of `expectation`, or nearest to it; none of no
/// values.
#[must_use]
pub fn worst(expectation: &Expectation, values: &[(usize, f64)]) -> Option<(usize, f64)> {
    let badness = |value: f64| match expectation.op {
        Op::Less | Op::AtMost => value,
        Op::More | Op::AtLeast => -value,
        Op::Equal => (value - expectation.value).abs(),
        Op::Different => -(value - expectation.value).abs(),
    };
    // Of equal ones the first.
    values.iter().copied().reduce(|worst, next| if badness(next.1) > badness(worst.1) { next } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unit;
    use crate::stats::interval::Method;

    fn between(low: f64, high: f64) -> Estimate {
        let mean = f64::midpoint(low, high);
        Estimate { runs: 9, mean, interval: Some((low, high)), method: Method::Student, min: low, max: high }
    }

    fn judge(bound: &str, low: f64, high: f64) -> Decision {
        decide(&Expectation::parse("latency_ms.p50", bound).unwrap(), Some(&between(low, high)))
    }

    #[test]
    fn the_runs_that_would_decide_are_counted() {
        let needed = |bound: &str, low, high| {
            let expectation = Expectation::parse("latency_ms.p50", bound).unwrap();
            runs_needed(&expectation, Some(&between(low, high)))
        };
        // 9 runs reach 2 to either side of 10: a quarter of that needs 16 times the runs.
        assert_eq!(needed("< 10.5", 8.0, 12.0), Some(144));
        assert_eq!(needed("< 9.5", 8.0, 12.0), Some(144));
        assert_eq!(needed("< 13", 8.0, 12.0), None, "it holds");
        assert_eq!(needed("< 10", 8.0, 12.0), None, "nobody knows");
    }

    #[test]
    fn the_whole_interval_counts() {
        use Decision::{Fails, Holds, Undecided};
        for (bound, verdicts) in [
            ("< 10", [Holds, Undecided, Undecided, Fails]),
            ("<= 10", [Holds, Holds, Undecided, Fails]),
            ("> 10", [Fails, Fails, Undecided, Holds]),
            (">= 10", [Fails, Undecided, Undecided, Holds]),
            ("== 10", [Fails, Undecided, Undecided, Fails]),
            ("!= 10", [Holds, Undecided, Undecided, Holds]),
        ] {
            let found = [(8.0, 9.0), (8.0, 10.0), (9.0, 11.0), (11.0, 12.0)].map(|(l, h)| judge(bound, l, h));
            assert_eq!(found, verdicts, "{bound}");
        }
        assert_eq!(judge("== 10", 10.0, 10.0), Holds);
        assert_eq!(judge("!= 10", 10.0, 10.0), Fails);
        assert_eq!(judge("< never", 10.0, f64::INFINITY), Undecided);
        assert_eq!(judge("< 5", 10.0, f64::INFINITY), Fails);
    }

    #[test]
    fn one_run_is_judged_by_its_value_and_nothing_fails() {
        let bound = Expectation::parse("delivery_ratio", ">= 0.9").unwrap();
        assert_eq!(decide(&bound, Estimate::of(&[0.9], Unit::Share).as_ref()), Decision::Holds);
        assert_eq!(decide(&bound, Estimate::of(&[0.8], Unit::Share).as_ref()), Decision::Fails);
        assert_eq!(decide(&bound, None), Decision::Fails);
    }

    #[test]
    fn the_worst_run_is_the_first_of_the_furthest() {
        let values = [(0, 3.0), (1, 9.0), (2, 1.0), (4, 9.0)];
        let of = |bound| worst(&Expectation::parse("latency_ms.p50", bound).unwrap(), &values);
        assert_eq!(of("< 5"), Some((1, 9.0)));
        assert_eq!(of(">= 5"), Some((2, 1.0)));
        assert_eq!(of("== 3"), Some((1, 9.0)));
        assert_eq!(of("!= 3"), Some((0, 3.0)));
        assert_eq!(worst(&Expectation::parse("crashes", "== 0").unwrap(), &[]), None);
    }
}
