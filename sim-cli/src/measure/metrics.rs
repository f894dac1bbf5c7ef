//! The numbers of a summary by name, and which way each gets worse.
//!
//! A metric is named by its dotted path through the summary, such as `delivery_ratio`, `latency_ms.p99`,
//! `drops.loss` (0 when nothing was dropped for that reason) or `phases.partition.heal_ms` (the first
//! fault of that name; `phases.0.heal_ms` goes by number). "never" is infinity.

use std::fmt;

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
    higher("lost.packets"),
    higher("lost.payloads"),
    neither("in_flight.packets"),
    neither("in_flight.payloads"),
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

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
