//! Expectations: whether a metric of a summary is within a bound.
//!
//! A metric is named by its dotted path through the summary, such as `delivery_ratio`, `latency_ms.p99`,
//! `drops.loss` (0 when nothing was dropped for that reason) or `phases.partition.heal_ms` (the first
//! fault of that name; `phases.0.heal_ms` goes by number). "never" compares as infinity. What was not
//! measured holds no expectation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::summary::Summary;

/// Which way a metric gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// More is worse.
    Higher,
    /// Less is worse.
    Lower,
    /// Neither is.
    Neither,
}

/// A number that every summary has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its dotted path.
    pub path: &'static str,
    /// Which way it gets worse.
    pub worse: Worse,
}

const fn higher(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Higher }
}

const fn lower(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Lower }
}

const fn neither(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Neither }
}

/// Every metric with a fixed name, in the order of the summary. Besides these there are `drops.REASON` and
/// `phases.FAULT.FIELD` with the fields of [`PHASE_METRICS`].
pub const METRICS: &[Metric] = &[
    neither("nodes"),
    neither("duration_s"),
    neither("publishes"),
    neither("skipped"),
    neither("late_publishes"),
    lower("deliveries"),
    lower("delivery_ratio"),
    lower("delivery_worst"),
    lower("delivery_joined"),
    higher("deliveries_late"),
    neither("deliveries_other"),
    higher("undelivered_messages"),
    higher("double_deliveries"),
    higher("latency_ms.p50"),
    higher("latency_ms.p90"),
    higher("latency_ms.p99"),
    higher("latency_ms.max"),
    higher("latency_delivered_ms.p50"),
    higher("latency_delivered_ms.p90"),
    higher("latency_delivered_ms.p99"),
    higher("latency_delivered_ms.max"),
    higher("rmr.mean"),
    higher("rmr.max"),
    higher("rmr.left_out"),
    higher("rmr_sent.mean"),
    higher("rmr_sent.max"),
    higher("rmr_sent.left_out"),
    higher("ldh.mean"),
    higher("ldh.max"),
    higher("packets_sent"),
    neither("packets_received"),
    higher("packets_per_node.mean"),
    higher("packets_per_node.max"),
    higher("payloads_sent"),
    neither("payloads_received"),
    higher("duplicates"),
    higher("bytes_sent.payload"),
    higher("bytes_sent.control"),
    higher("packets.lost"),
    neither("packets.in_flight"),
    higher("payloads.lost"),
    neither("payloads.in_flight"),
    higher("partition_rate"),
    higher("split_rate"),
    higher("components.mean"),
    higher("components.max"),
    higher("components.end"),
    lower("largest_component.mean"),
    lower("largest_component.min"),
    lower("largest_component.end"),
    higher("isolated.mean"),
    higher("isolated.max"),
    higher("isolated.end"),
    higher("unjoined.mean"),
    higher("unjoined.max"),
    higher("unjoined.end"),
    higher("never_joined"),
    higher("asymmetry.mean"),
    higher("asymmetry.max"),
    neither("degree.mean"),
    lower("degree.min"),
    higher("degree.max"),
    neither("links_end"),
    neither("nodes_up.mean"),
    neither("nodes_up.min"),
    neither("nodes_up.max"),
    higher("join_ms.p50"),
    higher("join_ms.p99"),
    neither("joins"),
    neither("leaves"),
    neither("crashes"),
    neither("repairs"),
    neither("topology.nodes"),
    neither("topology.links"),
    higher("topology.degree_max"),
    higher("topology.components"),
    neither("topology.clustering"),
    neither("topology.triangles"),
    higher("topology.asp"),
    neither("topology.asp_sources"),
    higher("topology.diameter"),
    neither("topology.assortativity"),
];

/// The metrics of each fault, below `phases.FAULT.`.
pub const PHASE_METRICS: &[Metric] = &[
    neither("from_s"),
    neither("until_s"),
    lower("delivery.before"),
    lower("delivery.during"),
    lower("delivery.after"),
    higher("components.before"),
    higher("components.during"),
    higher("components.after"),
    higher("heal_ms"),
    higher("degree_ms"),
];

/// A name that no summary has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// The name.
    pub metric: String,
    /// The metric that is spelled most like it, when one is.
    pub suggestion: Option<&'static str>,
}

impl fmt::Display for UnknownMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown metric `{}`", self.metric)?;
        match self.suggestion {
            Some(path) => write!(f, ", did you mean `{path}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownMetric {}

/// Which way `metric` gets worse.
///
/// # Errors
///
/// When no summary has it. Names of faults are not checked: they depend on the scenario.
pub fn worse(metric: &str) -> Result<Worse, UnknownMetric> {
    if metric.strip_prefix("drops.").is_some_and(|reason| !reason.is_empty()) {
        return Ok(Worse::Higher);
    }
    let field = metric.strip_prefix("phases.").and_then(|rest| rest.split_once('.'));
    let (known, name) = match field {
        Some((_fault, field)) => (PHASE_METRICS, field),
        None => (METRICS, metric),
    };
    let found = known.iter().find(|known| known.path == name);
    found.map(|known| known.worse).ok_or_else(|| unknown(metric, known, name))
}

fn unknown(metric: &str, known: &[Metric], name: &str) -> UnknownMetric {
    let close = known.iter().map(|known| (strsim::jaro_winkler(known.path, name), known.path));
    let best = close.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|&(likeness, _)| likeness > 0.8);
    UnknownMetric { metric: metric.to_owned(), suggestion: best.map(|(_, path)| path) }
}

/// The numbers of a summary by name.
#[derive(Clone, Debug)]
pub struct Numbers(Value);

impl Numbers {
    /// The numbers of `summary`.
    ///
    /// # Panics
    ///
    /// Never: every value in a summary can be written as JSON.
    #[must_use]
    pub fn of(summary: &Summary) -> Self {
        Self(serde_json::to_value(summary).expect("numbers, words and lists are valid JSON"))
    }

    /// The value of `metric`: infinity for "never", none when it was not measured.
    ///
    /// # Errors
    ///
    /// When no summary has it, or the run had no such fault.
    pub fn get(&self, metric: &str) -> Result<Option<f64>, UnknownMetric> {
        worse(metric)?;
        if let Some(reason) = metric.strip_prefix("drops.") {
            return Ok(Some(self.0["drops"].get(reason).and_then(Value::as_f64).unwrap_or(0.0)));
        }
        let step = |value, name| child(value, name).ok_or_else(|| unknown(metric, &[], metric));
        let value = metric.split('.').try_fold(&self.0, step)?;
        Ok(match value {
            Value::String(word) if word == "never" => Some(f64::INFINITY),
            value => value.as_f64(),
        })
    }
}

/// The part of `value` called `name`: a key, a place in a list, or the entry of that name in one.
fn child<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(list) => match name.parse::<usize>() {
            Ok(place) => list.get(place),
            Err(_) => list.iter().find(|entry| entry["name"] == name),
        },
        value => value.get(name),
    }
}

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
    pub value: Option<super::latency::Ms>,
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
            value: value.map(super::latency::Ms::from_value),
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
