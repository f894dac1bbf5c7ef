//! The numbers of a summary by name, and which way each gets worse.
//!
//! A metric is named by its dotted path through the summary, such as `delivery_ratio`, `latency_ms.p99`,
//! `drops.loss` or `lost.by_reason.loss` (0 when nothing was for that reason) or `phases.partition.heal_ms` (the first
//! fault of that name; `phases.0.heal_ms` goes by number). "never" is infinity.

use std::fmt;

use serde_json::Value;

use super::summary::Summary;
use floodnet_text::spelling::nearest;

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

/// What the number of a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things, or a plain ratio.
    Plain,
    /// A share in [0, 1].
    Share,
    /// Milliseconds; infinity is never.
    Millis,
}

/// A number that every summary has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its dotted path; for [`PHASE_METRICS`] from the fault on.
    pub path: &'static str,
    /// Which way it gets worse.
    pub worse: Worse,
    /// What it counts.
    pub unit: Unit,
}

impl Metric {
    const fn share(self) -> Self {
        Self { unit: Unit::Share, ..self }
    }

    const fn millis(self) -> Self {
        Self { unit: Unit::Millis, ..self }
    }
}

const fn higher(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Higher, unit: Unit::Plain }
}

const fn lower(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Lower, unit: Unit::Plain }
}

const fn neither(path: &'static str) -> Metric {
    Metric { path, worse: Worse::Neither, unit: Unit::Plain }
}

/// Every metric with a fixed name, in the order of the summary. Besides these there are
/// `drops.REASON`, `lost.by_reason.REASON` and `phases.FAULT.FIELD` with the fields of [`PHASE_METRICS`].
pub const METRICS: &[Metric] = &[
    neither("nodes"),
    neither("duration_s"),
    neither("publishes"),
    neither("skipped"),
    neither("late_publishes"),
    lower("deliveries"),
    lower("delivery_ratio").share(),
    lower("delivery_worst").share(),
    lower("delivery_joined").share(),
    higher("deliveries_late"),
    neither("deliveries_other"),
    higher("undelivered_messages"),
    higher("double_deliveries"),
    higher("latency_ms.p50").millis(),
    higher("latency_ms.p90").millis(),
    higher("latency_ms.p99").millis(),
    higher("latency_ms.max").millis(),
    higher("latency_delivered_ms.p50").millis(),
    higher("latency_delivered_ms.p90").millis(),
    higher("latency_delivered_ms.p99").millis(),
    higher("latency_delivered_ms.max").millis(),
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
    higher("partition_rate").share(),
    higher("split_rate").share(),
    higher("components.mean"),
    higher("components.max"),
    higher("components.end"),
    lower("largest_component.mean").share(),
    lower("largest_component.min").share(),
    lower("largest_component.end").share(),
    higher("isolated.mean"),
    higher("isolated.max"),
    higher("isolated.end"),
    higher("cut_off_ms").millis(),
    higher("unjoined.mean"),
    higher("unjoined.max"),
    higher("unjoined.end"),
    higher("never_joined"),
    higher("asymmetry.mean").share(),
    higher("asymmetry.max").share(),
    neither("degree.mean"),
    lower("degree.min"),
    higher("degree.max"),
    neither("links_end"),
    neither("nodes_up.mean"),
    neither("nodes_up.min"),
    neither("nodes_up.max"),
    higher("join_ms.p50").millis(),
    higher("join_ms.p99").millis(),
    neither("joins"),
    neither("leaves"),
    neither("crashes"),
    neither("repairs"),
    neither("attachment.links"),
    neither("attachment.degree"),
    neither("attachment.by_degree"),
    neither("attachment.uniform"),
    neither("attachment.chi2"),
    neither("topology.nodes"),
    neither("topology.links"),
    higher("topology.degree_max"),
    higher("topology.components"),
    neither("topology.clustering").share(),
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
    lower("delivery.before").share(),
    lower("delivery.during").share(),
    lower("delivery.after").share(),
    higher("components.before"),
    higher("components.during"),
    higher("components.after"),
    higher("heal_ms").millis(),
    higher("degree_ms").millis(),
];

/// Every `drops.REASON` and `lost.by_reason.REASON`: a count for that reason.
static REASON: Metric = higher("drops");

/// Where counts by reason stand in a summary, and how their metrics begin.
const REASONS: [(&str, &str); 2] = [("/drops", "drops."), ("/lost/by_reason", "lost.by_reason.")];

/// Group and reason of a metric that counts by reason.
fn reason(metric: &str) -> Option<(&'static str, &str)> {
    let of =
        |(group, prefix): (&'static str, &str)| metric.strip_prefix(prefix).map(|reason| (group, reason));
    let found = REASONS.into_iter().find_map(of);
    found.filter(|(_, reason)| !reason.is_empty())
}

/// A name that no summary has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// The name.
    pub metric: String,
    /// What to write instead, in one line.
    pub hint: String,
}

impl fmt::Display for UnknownMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown metric `{}`: {}", self.metric, self.hint)
    }
}

impl std::error::Error for UnknownMetric {}

/// The metric called `name`.
///
/// # Errors
///
/// When no summary has it. Names of faults are not checked: they depend on the scenario.
pub fn find(name: &str) -> Result<&'static Metric, UnknownMetric> {
    if reason(name).is_some() {
        return Ok(&REASON);
    }
    let (known, path) = phase(name).map_or((METRICS, name), |(_, field)| (PHASE_METRICS, field));
    let found = known.iter().find(|known| known.path == path);
    found.ok_or_else(|| UnknownMetric { metric: name.to_owned(), hint: hint(name) })
}

/// Which way `metric` gets worse.
///
/// # Errors
///
/// As [`find`].
pub fn worse(metric: &str) -> Result<Worse, UnknownMetric> {
    find(metric).map(|metric| metric.worse)
}

/// Fault and field of a metric of a fault.
pub fn phase(metric: &str) -> Option<(&str, &str)> {
    metric.strip_prefix("phases.")?.split_once('.')
}

/// What may have been meant by an unknown name.
fn hint(name: &str) -> String {
    let did_you_mean = |near: &str| format!("did you mean `{near}`?");
    let list = |found: Vec<&str>| format!("known: {}", found.join(", "));
    let paths = |known: &'static [Metric]| known.iter().map(|known| known.path);
    if let Some((fault, field)) = phase(name) {
        return match nearest(field, paths(PHASE_METRICS)) {
            Some(near) => did_you_mean(&format!("phases.{fault}.{near}")),
            None => list(paths(PHASE_METRICS).collect()),
        };
    }
    let group = name.split('.').next().unwrap_or(name);
    match group {
        "phases" => {
            return "write such as phases.partition.heal_ms, or phases.0.heal_ms by number".to_owned();
        }
        "drops" => return "write such as drops.loss".to_owned(),
        _ => {}
    }
    let in_group = |path: &&str| path.split_once('.').is_some_and(|(first, _)| first == group);
    let parts: Vec<&str> = paths(METRICS).filter(in_group).collect();
    if !parts.is_empty() {
        return list(parts);
    }
    let near = nearest(name, paths(METRICS)).or_else(|| paths(METRICS).find(|known| known.starts_with(name)));
    near.map_or_else(|| "a summary has no such metric".to_owned(), did_you_mean)
}

/// The numbers of a summary by name.
#[derive(Clone, Debug, Default)]
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

    /// The numbers of a `summary.json`.
    ///
    /// # Errors
    ///
    /// The text is no summary; says where.
    pub fn parse(summary: &str) -> Result<Self, String> {
        let read: Summary = serde_json::from_str(summary).map_err(|error| error.to_string())?;
        Ok(Self::of(&read))
    }

    /// Every metric that the run has, in the order of [`METRICS`], then by reason, then by fault. A fault is
    /// called by its name, by its number if an earlier one has the same name. None: not measured.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Option<f64>)> {
        let mut names: Vec<String> = METRICS.iter().map(|metric| metric.path.to_owned()).collect();
        for (group, prefix) in REASONS {
            let reasons = self.0.pointer(group).and_then(Value::as_object);
            names.extend(reasons.into_iter().flatten().map(|(reason, _)| format!("{prefix}{reason}")));
        }
        let faults = self.0.get("phases").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (number, fault) in faults.iter().enumerate() {
            let is_first = faults.iter().position(|other| other["name"] == fault["name"]) == Some(number);
            let name = fault["name"].as_str().filter(|_| is_first);
            let name = name.map_or_else(|| number.to_string(), str::to_owned);
            names.extend(PHASE_METRICS.iter().map(|metric| format!("phases.{name}.{}", metric.path)));
        }
        let value = |name: String| {
            let value = self.get(&name).ok().flatten();
            (name, value)
        };
        names.into_iter().map(value).collect()
    }

    /// The numbers of a summary that is JSON already.
    #[must_use]
    pub const fn from_value(value: Value) -> Self {
        Self(value)
    }

    /// The value of `metric`: infinity for "never", none when it was not measured.
    ///
    /// # Errors
    ///
    /// When no summary has it, or the run had no such fault.
    pub fn get(&self, metric: &str) -> Result<Option<f64>, UnknownMetric> {
        find(metric)?;
        if let Some((group, reason)) = reason(metric) {
            let count = self.0.pointer(group).and_then(|counts| counts.get(reason));
            return Ok(Some(count.and_then(Value::as_f64).unwrap_or(0.0)));
        }
        let missing =
            || UnknownMetric { metric: metric.to_owned(), hint: "the run had no such fault".to_owned() };
        let step = |value, name| child(value, name).ok_or_else(missing);
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
