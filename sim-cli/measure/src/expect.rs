//! Expectations: whether a metric of a summary is within a bound.
//!
//! "never" compares as infinity. What was not measured holds no expectation.

use std::fmt;

use super::latency::Ms;
use super::metrics::{Numbers, Summary, Unit, UnknownMetric, find, phase};
pub use super::outcome::{Checked, Outcome};
use floodnet_text::units::Duration;

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

    /// The comparison that `text` begins with, and the rest.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        Self::ALL.iter().find_map(|&(spelling, op)| Some((op, text.strip_prefix(spelling)?.trim())))
    }

    /// Whether `left OP right`. Never for NaN.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "both sides are decimal numbers as the user sees them")]
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Different => left != right && !left.is_nan(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelling = Self::ALL.iter().find(|(_, op)| op == self).map_or("", |(text, _)| text);
        f.pad(spelling)
    }
}

/// What a scenario expects of one metric. Shows its right side, such as `>= 0.95`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Dotted path of the metric.
    pub metric: String,
    /// How the metric compares with the value.
    pub op: Op,
    /// With what: milliseconds for metrics in milliseconds (infinity is never), a fraction of 1 for shares,
    /// else a number.
    pub value: f64,
}

/// How to write a bound.
pub const FORM: &str = "write a comparison and a value, e.g. \">= 0.95\", \"< 5 %\" or \"< 2s\"";

/// How to write a metric with its bound.
const WHOLE: &str =
    "write a metric, a comparison and a value, e.g. \"delivery_ratio < 0.99\" or \"cut_off_ms >= 30s\"";

impl Expectation {
    /// `metric` within `bound`: a comparison and a value. Shares may be in percent; times may be durations
    /// such as `2s`, are milliseconds otherwise, and may be `never`.
    ///
    /// # Errors
    ///
    /// When no summary has the metric, or the bound is none. The first line says what is wrong, the second
    /// what to write.
    pub fn parse(metric: &str, bound: &str) -> Result<Self, String> {
        let unit = find(metric).map_err(|unknown| unknown.to_string())?.unit;
        let bound = bound.trim();
        let (op, text) = Op::split(bound).ok_or_else(|| format!("`{bound}` has no comparison\n{FORM}"))?;
        if text.is_empty() {
            return Err(format!("the bound has no value\n{FORM}"));
        }
        let value = match unit {
            Unit::Share => share(text)?,
            Unit::Millis => millis(text)?,
            Unit::Plain if text.ends_with('%') => {
                return Err(format!(
                    "`{metric}` is not a share\nwrite a plain value instead of a percentage"
                ));
            }
            Unit::Plain => number(text, "a number")?,
        };
        Ok(Self { metric: metric.to_owned(), op, value })
    }

    /// As [`Expectation::parse`], of both in one text: `METRIC OP VALUE`.
    ///
    /// # Errors
    ///
    /// As [`Expectation::parse`], or when the text has another form.
    pub fn parse_whole(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>', '=', '!']);
        let (metric, bound) = at.map_or((text, ""), |at| text.split_at(at));
        let metric = metric.trim();
        if metric.is_empty() || bound.is_empty() {
            return Err(format!("`{text}` is not a condition\n{WHOLE}"));
        }
        Self::parse(metric, bound)
    }

    /// Holds it against the numbers of one run.
    ///
    /// # Errors
    ///
    /// When the run has no such metric.
    pub fn judge(&self, numbers: &Numbers) -> Result<Checked, UnknownMetric> {
        let value = numbers.get(&self.metric)?;
        let holds = value.is_some_and(|value| self.op.holds(value, self.value));
        Ok(Checked {
            key: self.metric.clone(),
            bound: self.to_string(),
            value: value.map(Ms::from_value),
            verdict: if holds { Outcome::Holds } else { Outcome::Fails },
        })
    }
}

/// What a test is missing that tests nothing of something it names: at least one slot hit by each fault, and at least
/// one receiver if anything was to be published. `values` gives a metric of `names` in every run. A test fails for
/// these as for what it expects: a fault that hits nobody proves nothing.
pub fn missing<'a>(
    names: impl IntoIterator<Item = &'a str>,
    values: impl Fn(&str) -> Vec<f64>,
) -> Vec<Expectation> {
    let none = |name: &str| {
        let values = values(name);
        !values.is_empty() && values.iter().all(|value| *value == 0.0)
    };
    let is_missing = |name: &&str| match *name {
        "receivers" => none(name) && !(none("publishes") && none("skipped")),
        _ => phase(name).is_some_and(|(_, field)| field == "slots") && none(name),
    };
    let missing = names.into_iter().filter(is_missing);
    missing.map(|name| Expectation { metric: name.to_owned(), op: Op::AtLeast, value: 1.0 }).collect()
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_finite() {
            true => write!(f, "{} {}", self.op, self.value),
            false => write!(f, "{} never", self.op),
        }
    }
}

/// A finite number; `form` says what else could stand there.
fn number(text: &str, form: &str) -> Result<f64, String> {
    let value = text.trim().replace('_', "").parse().ok().filter(|value: &f64| value.is_finite());
    value.ok_or_else(|| format!("`{text}` is not a value\nwrite {form} after the comparison"))
}

fn share(text: &str) -> Result<f64, String> {
    const FORM: &str = "a number or a percentage";
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent, FORM)? / 100.0,
        None => number(text, FORM)?,
    };
    if (0.0..=1.0).contains(&share) {
        return Ok(share);
    }
    Err(format!("a share cannot be `{text}`\nwrite a number in [0, 1] or a percentage such as \"95 %\""))
}

fn millis(text: &str) -> Result<f64, String> {
    if text == "never" {
        return Ok(f64::INFINITY);
    }
    // Words of floating point, such as inf, are no durations either.
    if text.parse::<f64>().is_ok() {
        return number(text, "a duration such as \"2s\"");
    }
    let duration: Duration = text.parse()?;
    Ok(duration.as_nanos() as f64 / 1e6)
}

impl Summary {
    /// Judges `expectations`, and what is [`missing`], and keeps what became of them. True when all hold.
    ///
    /// # Errors
    ///
    /// When the run has no such metric.
    pub fn judge(&mut self, expectations: &[Expectation]) -> Result<bool, UnknownMetric> {
        let numbers = Numbers::of(self);
        let all = numbers.all();
        let names = all.iter().map(|(name, _)| name.as_str()).filter(|_| !expectations.is_empty());
        let missing = missing(names, |name| numbers.get(name).ok().flatten().into_iter().collect());
        let expected = expectations.iter().chain(missing.iter().filter(|one| !expectations.contains(one)));
        let checked = expected.map(|expectation| expectation.judge(&numbers));
        self.expect = checked.collect::<Result<_, _>>()?;
        if self.complete {
            let nothing: Vec<String> = self.nothing().map(str::to_owned).collect();
            self.notes.extend(nothing);
        }
        Ok(self.expect.iter().all(|checked| checked.verdict == Outcome::Holds))
    }

    /// What did not happen at all, so that nothing is known of it.
    fn nothing(&self) -> impl Iterator<Item = &'static str> {
        let messages = match (self.publishes, u64::from(self.skipped)) {
            (0, 0) => None,
            _ if self.receivers > 0 => None,
            (0, _) => Some("no message was published: whenever one was due, its origin was down"),
            (all, _) if all == self.late_publishes => {
                Some("no message counts: the deadline of each is after the end of the run")
            }
            _ => Some("no message had a receiver: no other slot was up from its publication to its deadline"),
        };
        let nobody = (self.joins == 0 && self.nodes > 1)
            .then_some("nobody ever joined: there was no network to measure");
        messages.into_iter().chain(nobody)
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
