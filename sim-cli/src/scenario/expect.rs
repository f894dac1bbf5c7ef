//! What a run must show: `[expect]`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use toml::Spanned;
use toml::de::DeValue;

use super::diagnostics::Problem;
use super::document::{Document, Node, with_article};
use super::suggest;
use super::units::Duration;

/// Metrics of a summary that can be expected, by their dotted names. Beside these, `drops.REASON` counts the
/// packets dropped for that reason.
pub const METRICS: &[&str] = &[
    "publishes",
    "skipped",
    "deliveries",
    "delivery_ratio",
    "delivery_worst",
    "delivery_joined",
    "deliveries_late",
    "deliveries_other",
    "undelivered_messages",
    "double_deliveries",
    "latency_ms.p50",
    "latency_ms.p90",
    "latency_ms.p99",
    "latency_ms.max",
    "latency_delivered_ms.p50",
    "latency_delivered_ms.p90",
    "latency_delivered_ms.p99",
    "latency_delivered_ms.max",
    "rmr.mean",
    "rmr.max",
    "rmr_sent.mean",
    "rmr_sent.max",
    "ldh.mean",
    "ldh.max",
    "packets_sent",
    "packets_received",
    "payloads_sent",
    "payloads_received",
    "duplicates",
    "bytes_sent.payload",
    "bytes_sent.control",
    "partition_rate",
    "split_rate",
    "components.mean",
    "components.max",
    "components.end",
    "largest_component.mean",
    "largest_component.min",
    "largest_component.end",
    "isolated.mean",
    "isolated.max",
    "isolated.end",
    "unjoined.mean",
    "unjoined.max",
    "unjoined.end",
    "never_joined",
    "asymmetry.mean",
    "asymmetry.max",
    "degree.mean",
    "degree.min",
    "degree.max",
    "links_end",
    "nodes_up.mean",
    "nodes_up.min",
    "nodes_up.max",
    "join_ms.p50",
    "join_ms.p99",
    "joins",
    "leaves",
    "crashes",
    "repairs",
    "topology.nodes",
    "topology.links",
    "topology.degree_max",
    "topology.components",
    "topology.clustering",
    "topology.triangles",
    "topology.asp",
    "topology.diameter",
    "topology.assortativity",
];

/// Metrics that are shares: their values lie in [0, 1], and bounds may be percentages.
const SHARES: &[&str] = &[
    "delivery_ratio",
    "delivery_worst",
    "delivery_joined",
    "partition_rate",
    "split_rate",
    "largest_component.mean",
    "largest_component.min",
    "largest_component.end",
    "asymmetry.mean",
    "asymmetry.max",
];

/// One bound: the metric compared with the value must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Dotted name of the metric, one of [`METRICS`] or `drops.REASON`.
    pub metric: String,
    /// How the metric is compared.
    pub op: Op,
    /// With what: milliseconds for metrics in milliseconds, a fraction of 1 for shares, else a number.
    pub value: f64,
}

impl Expectation {
    /// Whether `measured` satisfies the bound. Never for NaN.
    #[must_use]
    pub fn holds(&self, measured: f64) -> bool {
        match self.op {
            Op::AtLeast => measured >= self.value,
            Op::AtMost => measured <= self.value,
            Op::Above => measured > self.value,
            Op::Below => measured < self.value,
            Op::Equal => measured == self.value,
        }
    }
}

impl fmt::Display for Expectation {
    /// The bound alone, as in `>= 0.95`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op, self.value)
    }
}

/// How a metric is compared with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
}

/// Longer signs first, so that `>=` is not read as `>`.
const OPS: [(&str, Op); 5] =
    [(">=", Op::AtLeast), ("<=", Op::AtMost), ("==", Op::Equal), (">", Op::Above), ("<", Op::Below)];

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OPS.iter().find(|(_, op)| op == self).map_or("", |(sign, _)| sign))
    }
}

/// Whether a summary has this metric.
#[must_use]
pub fn is_metric(name: &str) -> bool {
    METRICS.contains(&name) || name.strip_prefix("drops.").is_some_and(|reason| !reason.is_empty())
}

/// Reads `[expect]`, in alphabetical order of the metrics.
pub(crate) fn read(document: &Document<'_>) -> Result<Vec<Expectation>, Vec<Problem>> {
    let mut reader = Reader::default();
    if let Some(node) = document.get("expect") {
        match node.get_ref() {
            DeValue::Table(_) => reader.table("", node),
            other => reader.problems.push(Problem {
                span: Some(node.span()),
                title: format!("`expect` is a table, not {}", with_article(other)),
                label: "write [expect] and below it such as delivery_ratio = \">= 0.95\"".to_owned(),
            }),
        }
    }
    if reader.problems.is_empty() { Ok(reader.found.into_values().collect()) } else { Err(reader.problems) }
}

#[derive(Default)]
struct Reader {
    found: BTreeMap<String, Expectation>,
    problems: Vec<Problem>,
}

impl Reader {
    fn table(&mut self, prefix: &str, node: &Node<'_>) {
        let DeValue::Table(table) = node.get_ref() else { return };
        for (key, value) in table {
            let metric = format!("{prefix}{}", key.get_ref());
            match value.get_ref() {
                DeValue::Table(_) => self.table(&format!("{metric}."), value),
                _ if !is_metric(&metric) => {
                    self.problems.push(Problem {
                        span: Some(key.span()),
                        title: format!("unknown metric `{metric}`"),
                        label: unknown_metric(&metric),
                    });
                }
                _ if self.found.contains_key(&metric) => {
                    self.problems.push(Problem {
                        span: Some(key.span()),
                        title: format!("`{metric}` is expected twice"),
                        label: "a metric has one bound".to_owned(),
                    });
                }
                bound => match read_bound(&metric, bound) {
                    Ok(expectation) => {
                        self.found.insert(metric, expectation);
                    }
                    Err(message) => {
                        self.problems.push(Problem::from_message(Some(Spanned::span(value)), &message));
                    }
                },
            }
        }
    }
}

fn unknown_metric(metric: &str) -> String {
    let parts_of = |group: &str| {
        let known =
            METRICS.iter().filter(|known| known.split_once('.').is_some_and(|(name, _)| name == group));
        known.copied().collect::<Vec<_>>().join(", ")
    };
    let parts = parts_of(metric.split('.').next().unwrap_or(metric));
    if !parts.is_empty() {
        return format!("known: {parts}");
    }
    let near = suggest::nearest(metric, METRICS.iter().copied());
    match near.or_else(|| METRICS.iter().copied().find(|known| known.starts_with(metric))) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "a summary has no such metric".to_owned(),
    }
}

fn read_bound(metric: &str, bound: &DeValue<'_>) -> Result<Expectation, String> {
    const FORM: &str = "write a comparison and a value, such as \">= 0.95\", \"< 5 %\" or \"< 2s\"";
    let text = match bound {
        DeValue::String(text) => text.trim(),
        other => return Err(format!("a bound is a string, not {}\n{FORM}", with_article(other))),
    };
    let (op, value) = OPS
        .iter()
        .find_map(|(sign, op)| Some((*op, text.strip_prefix(sign)?.trim())))
        .ok_or_else(|| format!("`{text}` has no comparison\n{FORM}"))?;
    if value.is_empty() {
        return Err(format!("the bound has no value\n{FORM}"));
    }
    let value = read_value(metric, value)?;
    Ok(Expectation { metric: metric.to_owned(), op, value })
}

fn read_value(metric: &str, text: &str) -> Result<f64, String> {
    let in_millis = metric.split('.').any(|part| part.ends_with("_ms"));
    let number = |text: &str| {
        let value = text.trim().replace('_', "").parse::<f64>().ok();
        value.filter(|value| value.is_finite()).ok_or_else(|| {
            let form = if in_millis { "a duration such as \"2s\"" } else { "a number" };
            format!("`{text}` is not a value\nwrite {form} after the comparison")
        })
    };
    let share = SHARES.contains(&metric);
    if let Some(percent) = text.strip_suffix('%') {
        if !share {
            return Err(format!("`{metric}` is not a share\nwrite a plain value instead of a percentage"));
        }
        return within(number(percent)? / 100.0, text);
    }
    if in_millis && text.parse::<f64>().is_err() {
        let duration: Duration = text.parse()?;
        return Ok(duration.as_nanos() as f64 / 1e6);
    }
    let value = number(text)?;
    if share { within(value, text) } else { Ok(value) }
}

fn within(share: f64, text: &str) -> Result<f64, String> {
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(format!("a share is never `{text}`\nwrite a number in [0, 1] or a percentage such as \"95 %\""))
    }
}

/// Writes expectations as they stand in a scenario: dotted metrics as nested tables.
pub(crate) fn serialize<S: Serializer>(expect: &[Expectation], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Entry {
        Bound(String),
        Table(BTreeMap<String, String>),
    }
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for expectation in expect {
        let bound = expectation.to_string();
        match expectation.metric.split_once('.') {
            None => {
                entries.insert(&expectation.metric, Entry::Bound(bound));
            }
            Some((group, metric)) => {
                let table = entries.entry(group).or_insert_with(|| Entry::Table(BTreeMap::new()));
                if let Entry::Table(table) = table {
                    table.insert(metric.to_owned(), bound);
                }
            }
        }
    }
    entries.serialize(serializer)
}
