//! A metric by its name: what it means, what may have been meant by an unknown name, and its value in one run.
//!
//! A metric is named by its dotted path through the summary, such as `delivery_ratio`, `latency_ms.p99`,
//! `drops.loss` or `lost.by_reason.loss` (0 when nothing was for that reason), `kinds.join.bytes` (0 when nothing of that
//! kind was sent), `own.grafts` (0 when nothing was counted) or `phases.partition.heal_ms` (the first
//! fault of that name; `phases.0.heal_ms` goes by number). "never" is infinity. The tables are [`METRICS`] and
//! [`PHASE_METRICS`].

use std::collections::BTreeMap;
use std::fmt;

use floodnet_text::spelling::nearest;

use super::table::{METRICS, Summary};
use crate::load::OfKind;
use crate::metric_row::{Family, Meaning, Metric, Role, Unit, Worse};
use crate::own::{self, Own};
use crate::phases::PHASE_METRICS;

/// What every `drops.REASON` and `lost.by_reason.REASON` means: a count for that reason.
const REASON: Meaning =
    Meaning { worse: Worse::Higher, unit: Unit::Plain, family: Some((Role::Of, Family::Loss)) };

/// How the metrics that count by reason begin: drops, and losses.
const REASONS: [&str; 2] = ["drops.", "lost.by_reason."];

/// Place in [`REASONS`] and reason of a metric that counts by reason.
fn reason(metric: &str) -> Option<(usize, &str)> {
    let of = |(place, prefix): (usize, &&str)| metric.strip_prefix(prefix).map(|reason| (place, reason));
    REASONS.iter().enumerate().find_map(of).filter(|(_, reason)| !reason.is_empty())
}

/// What every `kinds.KIND.packets` and `kinds.KIND.bytes` means.
const OF_KIND: Meaning =
    Meaning { worse: Worse::Higher, unit: Unit::Plain, family: Some((Role::Of, Family::Traffic)) };

/// Kind, and whether it is bytes, of a metric that counts by kind.
fn kind(metric: &str) -> Option<(&str, bool)> {
    let (kind, number) = metric.strip_prefix("kinds.")?.rsplit_once('.')?;
    let is_bytes = match number {
        "packets" => false,
        "bytes" => true,
        _ => return None,
    };
    (!kind.is_empty()).then_some((kind, is_bytes))
}

/// A name that no summary has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// The unknown name, as it was written.
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

/// What the metric called `name` means.
///
/// # Errors
///
/// When no summary has it. Names of faults are not checked: they depend on the scenario.
pub fn find(name: &str) -> Result<Meaning, UnknownMetric> {
    if kind(name).is_some() {
        return Ok(OF_KIND);
    }
    if let Some((measure, number)) = own::find(name) {
        return Ok(own::meaning(measure, number));
    }
    let found = match (reason(name), phase(name)) {
        (Some(_), _) => Some(REASON),
        (None, Some((_, field))) => place(PHASE_METRICS, field).map(|place| PHASE_METRICS[place].meaning),
        (None, None) => place(METRICS, name).map(|place| METRICS[place].meaning),
    };
    found.ok_or_else(|| UnknownMetric { metric: name.to_owned(), hint: hint(name) })
}

/// Whether only runs with adversaries have `metric`.
#[must_use]
pub fn is_of_adversary(metric: &str) -> bool {
    metric.starts_with("adversary.")
}

/// The row of `path` in a table.
fn place<R>(table: &[Metric<R>], path: &str) -> Option<usize> {
    table.iter().position(|metric| metric.path == path)
}

/// Which way `metric` gets worse.
///
/// # Errors
///
/// As [`find`].
pub fn worse(metric: &str) -> Result<Worse, UnknownMetric> {
    find(metric).map(|metric| metric.worse)
}

/// The words that people read for `metric`: its name, where the table has no others.
#[must_use]
pub fn label(metric: &str) -> &str {
    place(METRICS, metric).map_or(metric, |place| METRICS[place].label)
}

/// Fault and field of a metric of a fault.
pub fn phase(metric: &str) -> Option<(&str, &str)> {
    metric.strip_prefix("phases.")?.split_once('.')
}

/// How many letters a known name shares at least with an unknown one that may mean it.
const LEAST_SHARED: usize = 5;

/// Of so many names the nearest is told, if one is near, and not all of them.
const MOST_LISTED: usize = 8;

/// What may have been meant by an unknown name.
fn hint(name: &str) -> String {
    let did_you_mean = |near: &str| format!("did you mean `{near}`?");
    let list = |found: Vec<&str>| format!("known: {}", found.join(", "));
    let of_runs = || METRICS.iter().map(|known| known.path);
    let of_phases = || PHASE_METRICS.iter().map(|known| known.path);
    if let Some((fault, field)) = phase(name) {
        return match nearest(field, of_phases()) {
            Some(near) => did_you_mean(&format!("phases.{fault}.{near}")),
            None => list(of_phases().collect()),
        };
    }
    let group = name.split('.').next().unwrap_or(name);
    match group {
        "phases" => {
            return "for example phases.partition.heal_ms, or phases.0.heal_ms by number".to_owned();
        }
        "drops" => return "for example drops.loss".to_owned(),
        "kinds" => return "for example kinds.payload.packets, or kinds.payload.bytes".to_owned(),
        "own" => return own_hint(name),
        _ => {}
    }
    let in_group = |path: &&str| path.split_once('.').is_some_and(|(first, _)| first == group);
    let parts: Vec<&str> = of_runs().filter(in_group).collect();
    if !parts.is_empty() {
        // A long list helps nobody who misspelt one of its words.
        let near = nearest(name, parts.iter().copied()).filter(|_| parts.len() > MOST_LISTED);
        return near.map_or_else(|| list(parts), did_you_mean);
    }
    let near = nearest(name, of_runs()).or_else(|| of_runs().find(|known| known.starts_with(name)));
    // Else the one that begins like it for longest, such as `partition_rate` for `partitions`.
    let shared = |known: &&str| known.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let near =
        near.or_else(|| of_runs().rev().max_by_key(shared).filter(|known| shared(known) >= LEAST_SHARED));
    near.map_or_else(|| "no such metric in a summary".to_owned(), did_you_mean)
}

/// What may have been meant by an unknown name of a protocol's own measure.
fn own_hint(name: &str) -> String {
    let known = own::names();
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no protocol of this program has measures of its own".to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The value of `metric`; none for a count of what could not happen: messages that were missed where nobody was to get
/// one, components of a graph without a node.
fn measured(metric: &Metric<Summary>, summary: &Summary) -> Option<f64> {
    let could_happen = match metric.path {
        "undelivered_messages" | "deliveries_late" | "rmr.left_out" | "rmr_sent.left_out" => {
            summary.delivery_ratio.is_some()
        }
        "double_deliveries" => summary.publishes > 0,
        "components.end" | "isolated.end" => summary.largest_component.end.is_some(),
        "topology.components" => summary.topology.nodes > 0,
        _ => true,
    };
    (metric.get)(summary).filter(|_| could_happen)
}

/// The metrics of one run by name.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// In the order of [`METRICS`].
    fixed: Vec<Option<f64>>,
    /// Counts by reason, in the order of [`REASONS`].
    reasons: [BTreeMap<String, u64>; 2],
    kinds: BTreeMap<String, OfKind>,
    own: BTreeMap<String, Own>,
    /// Each fault's name, and its metrics in the order of [`PHASE_METRICS`].
    phases: Vec<(String, Vec<Option<f64>>)>,
}

impl Numbers {
    /// The numbers of `summary`.
    #[must_use]
    pub fn of(summary: &Summary) -> Self {
        let phases = summary.phases.iter();
        Self {
            fixed: METRICS.iter().map(|metric| measured(metric, summary)).collect(),
            reasons: [summary.drops.clone(), summary.lost.by_reason.clone()],
            kinds: summary.kinds.clone(),
            own: summary.own.clone(),
            phases: phases
                .map(|phase| {
                    (phase.name.clone(), PHASE_METRICS.iter().map(|metric| (metric.get)(phase)).collect())
                })
                .collect(),
        }
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

    /// Whether the run had adversaries.
    #[must_use]
    pub fn is_attacked(&self) -> bool {
        let fixed = METRICS.iter().zip(&self.fixed);
        fixed.filter(|(metric, _)| is_of_adversary(metric.path)).any(|(_, value)| value.is_some())
    }

    /// Every metric that the run has, in the order of [`METRICS`], then by reason, then by fault. A fault is
    /// called by its name, by its number if an earlier one has the same name. None: not measured.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Option<f64>)> {
        let is_attacked = self.is_attacked();
        let fixed = METRICS.iter().zip(&self.fixed);
        let fixed = fixed.filter(|(metric, _)| is_attacked || !is_of_adversary(metric.path));
        let fixed = fixed.map(|(metric, value)| (metric.path.to_owned(), *value));
        fixed.chain(self.open()).collect()
    }

    /// The metrics that only some runs have, by what happened in them and by their protocol: those of [`all`](Self::all)
    /// that are not in [`METRICS`].
    #[must_use]
    pub fn open(&self) -> Vec<(String, Option<f64>)> {
        let mut all = Vec::new();
        for (prefix, counts) in REASONS.iter().zip(&self.reasons) {
            all.extend(
                counts.iter().map(|(reason, &count)| (format!("{prefix}{reason}"), Some(count as f64))),
            );
        }
        for (kind, of) in &self.kinds {
            all.push((format!("kinds.{kind}.packets"), Some(of.packets as f64)));
            all.push((format!("kinds.{kind}.bytes"), Some(of.bytes as f64)));
        }
        all.extend(self.own.iter().flat_map(|(measure, own)| own.all(measure)));
        for (number, (name, values)) in self.phases.iter().enumerate() {
            let is_first = self.fault(name) == Some(number);
            let name = if is_first { name.clone() } else { number.to_string() };
            let values = PHASE_METRICS.iter().zip(values);
            all.extend(values.map(|(metric, value)| (format!("phases.{name}.{}", metric.path), *value)));
        }
        all
    }

    /// The value of a metric that is named by a protocol: of a kind of messages, or of a measure of its own. Those that
    /// the run has are known even where the protocol is not: from a file of another program.
    fn of_protocol(&self, metric: &str) -> Option<Option<f64>> {
        if let Some((kind, is_bytes)) = kind(metric) {
            let of = self.kinds.get(kind).copied().unwrap_or_default();
            return Some(Some(if is_bytes { of.bytes } else { of.packets } as f64));
        }
        let name = metric.strip_prefix("own.")?;
        let (measure, number) = name.split_once('.').map_or((name, None), |(name, of)| (name, Some(of)));
        match (self.own.get(measure), own::find(metric)) {
            (Some(own), _) => own.all(measure).into_iter().find(|(name, _)| name == metric).map(|(_, of)| of),
            // A counter that was never counted up.
            (None, Some(_)) => Some(match number {
                None | Some("count") => Some(0.0),
                Some(_) => None,
            }),
            (None, None) => None,
        }
    }

    /// The place of the fault called `name`: its number, or the first of that name.
    fn fault(&self, name: &str) -> Option<usize> {
        match name.parse() {
            Ok(place) => (place < self.phases.len()).then_some(place),
            Err(_) => self.phases.iter().position(|(other, _)| other == name),
        }
    }

    /// The value of `metric`: infinity for "never", none when it was not measured.
    ///
    /// # Errors
    ///
    /// When no summary has it, or the run had no such fault.
    pub fn get(&self, metric: &str) -> Result<Option<f64>, UnknownMetric> {
        if let Some(value) = self.of_protocol(metric) {
            return Ok(value);
        }
        find(metric)?;
        if let Some((place, reason)) = reason(metric) {
            return Ok(Some(self.reasons[place].get(reason).map_or(0.0, |&count| count as f64)));
        }
        let (values, place) = match phase(metric) {
            None => (&self.fixed, place(METRICS, metric)),
            Some((fault, field)) => {
                let fault = self.fault(fault).ok_or_else(|| UnknownMetric {
                    metric: metric.to_owned(),
                    hint: "the run had no such fault".to_owned(),
                })?;
                (&self.phases[fault].1, place(PHASE_METRICS, field))
            }
        };
        Ok(place.and_then(|place| values.get(place).copied()).flatten())
    }
}
