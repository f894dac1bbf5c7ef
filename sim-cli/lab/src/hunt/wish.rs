//! What a hunt looks for: a metric and a bound, as in `[expect]`.

use std::fmt;

use floodnet_measure::expect::{Expectation, Op};
use floodnet_measure::metrics::{Numbers, Summary};

/// A metric within a bound, such as `delivery_ratio < 0.99`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish(Expectation);

impl Wish {
    /// Reads `METRIC OP VALUE`.
    ///
    /// # Errors
    /// When it has another form, or no summary has the metric; says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        Expectation::parse_whole(text).map(Self).map_err(|why| why.replace('\n', ": "))
    }

    /// The value of the metric, if it is within the bound.
    #[must_use]
    pub fn is_met(&self, summary: &Summary) -> Option<f64> {
        self.value(summary).filter(|&value| self.0.op.holds(value, self.0.value))
    }

    /// The value of the metric, if the run has one.
    #[must_use]
    pub fn value(&self, summary: &Summary) -> Option<f64> {
        Numbers::of(summary).get(&self.0.metric).ok()?
    }

    /// The name of the metric.
    #[must_use]
    pub fn metric(&self) -> &str {
        &self.0.metric
    }

    /// What a run must show in which this is not so: the expectation that the runs found fail.
    #[must_use]
    pub fn opposite(&self) -> Expectation {
        let op = match self.0.op {
            Op::Less => Op::AtLeast,
            Op::AtMost => Op::More,
            Op::More => Op::AtMost,
            Op::AtLeast => Op::Less,
            Op::Equal => Op::Different,
            Op::Different => Op::Equal,
        };
        Expectation { op, ..self.0.clone() }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.metric, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_and_a_bound() {
        let wish = Wish::parse(" cut_off_ms>= 30s").unwrap();
        assert_eq!((wish.to_string(), wish.metric()), ("cut_off_ms >= 30000".to_owned(), "cut_off_ms"));
        assert_eq!(wish.opposite(), Expectation::parse("cut_off_ms", "< 30000").unwrap());
        assert_eq!(Wish::parse("delivery_ratio < 99 %").unwrap().to_string(), "delivery_ratio < 0.99");
    }

    #[test]
    fn what_is_no_wish_says_what_to_write() {
        let wrong = |text| Wish::parse(text).unwrap_err();
        assert!(wrong("delivery_ratio").starts_with("`delivery_ratio` is not a condition: write a metric"));
        assert!(wrong("< 3").starts_with("`< 3` is not a condition"));
        assert_eq!(
            wrong("delivery_ration < 3"),
            "unknown metric `delivery_ration`: did you mean `delivery_ratio`?"
        );
        assert!(wrong("delivery_ratio < 3").starts_with("a share cannot be `3`: write a number in [0, 1]"));
    }
}
