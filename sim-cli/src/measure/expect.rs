//! Expectations: whether a metric of a summary is within a bound.
//!
//! "never" compares as infinity. What was not measured holds no expectation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::latency::Ms;
use super::metrics::{Numbers, UnknownMetric, worse};
use super::summary::Summary;

/// How a metric compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Different,
}

impl Op {
    const ALL: [(&'static str, Self); 6] = [
        // The longer spellings first: `<=` begins with `<`.
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("==", Self::Equal),
        ("!=", Self::Different),
        ("<", Self::Less),
        (">", Self::More),
    ];

    /// Whether `left OP right`.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "both sides are decimal numbers as the user sees them")]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Different => left != right,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelling = Self::ALL.iter().find(|(_, op)| op == self).map_or("", |(text, _)| text);
        f.pad(spelling)
    }
}

/// The right side of an expectation, such as `>= 0.95`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// How to compare.
    pub op: Op,
    /// With what; infinity is written `never`.
    pub value: f64,
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = Op::ALL.iter().find_map(|&(spelling, op)| Some((op, text.strip_prefix(spelling)?)));
        let (op, value) = split.ok_or_else(|| {
            format!("expected a comparison such as \">= 0.95\" (one of < <= > >= == !=), not \"{text}\"")
        })?;
        let value = match value.trim() {
            "never" => f64::INFINITY,
            number => number.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
                format!("expected a number or \"never\" after the comparison, not \"{number}\"")
            })?,
        };
        Ok(Self { op, value })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_finite() {
            true => write!(f, "{} {}", self.op, self.value),
            false => write!(f, "{} never", self.op),
        }
    }
}

/// What a scenario expects of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Its dotted path.
    pub metric: String,
    /// How to compare.
    pub op: Op,
    /// With what.
    pub value: f64,
}

/// Whether an expectation is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is.
    Holds,
    /// It is not, or the metric was not measured.
    Fails,
}

/// An expectation and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The metric.
    pub key: String,
    /// The bound, such as `>= 0.95`.
    pub bound: String,
    /// The value measured: a number, `"never"`, or null.
    pub value: Option<Ms>,
    /// Whether it is met.
    pub verdict: Outcome,
}

impl Expectation {
    /// `metric` must be within `bound`.
    ///
    /// # Errors
    ///
    /// When no summary has the metric.
    pub fn new(metric: &str, bound: Bound) -> Result<Self, UnknownMetric> {
        worse(metric)?;
        Ok(Self { metric: metric.to_owned(), op: bound.op, value: bound.value })
    }

    /// The right side.
    #[must_use]
    pub const fn bound(&self) -> Bound {
        Bound { op: self.op, value: self.value }
    }

    /// Holds it against the numbers of one run.
    ///
    /// # Errors
    ///
    /// When the run has no such metric.
    pub fn judge(&self, numbers: &Numbers) -> Result<Verdict, UnknownMetric> {
        let value = numbers.get(&self.metric)?;
        let holds = value.is_some_and(|value| self.op.holds(value, self.value));
        Ok(Verdict {
            key: self.metric.clone(),
            bound: self.bound().to_string(),
            value: value.map(Ms::from_value),
            verdict: if holds { Outcome::Holds } else { Outcome::Fails },
        })
    }
}

impl Summary {
    /// Judges `expectations` and keeps the verdicts. True when all hold.
    ///
    /// # Errors
    ///
    /// When the run has no such metric.
    pub fn judge(&mut self, expectations: &[Expectation]) -> Result<bool, UnknownMetric> {
        let numbers = Numbers::of(self);
        let verdicts = expectations.iter().map(|expectation| expectation.judge(&numbers));
        self.expect = verdicts.collect::<Result<_, _>>()?;
        Ok(self.expect.iter().all(|verdict| verdict.verdict == Outcome::Holds))
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
