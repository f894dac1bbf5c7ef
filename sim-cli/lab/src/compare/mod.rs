//! Two configurations, metric by metric: what differs beyond chance, and what got worse.
//!
//! Runs of the same seeds are paired, others are independent samples; see [`floodnet_measure::stats::compare`]. All
//! metrics that are judged are one family (Holm): in at most 5 of 100 comparisons of equals anything is called
//! different. [`floodnet_measure::metrics`] knows which way each gets worse.
//!
//! | module | subject |
//! |---|---|
//! | [`backends`] | the same scenario on two backends: bounds, and whether the simulator keeps to them |
//! | `text`, `markdown`, `json`, `junit` | a comparison for people, pull requests, programs and CI |

pub mod backends;
mod json;
mod junit;
mod markdown;
mod text;

use std::path::Path;

use serde::Serialize;

use crate::ensemble::config::{Differing, differences};
use crate::ensemble::report::Spread;
use crate::ensemble::side::Side;
use crate::sweep::store;
use floodnet_measure::metrics::{Worse, worse};
use floodnet_measure::stats::compare::{Difference, paired, welch};
use floodnet_measure::stats::holm::holm;
use floodnet_measure::stats::interval::Estimate;

/// Adjusted probabilities up to this are differences.
const LEVEL: f64 = 0.05;

/// Whether a metric changed, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It differs, to the better.
    Better,
    /// It differs, to the worse.
    Worse,
    /// It differs, and neither way is better.
    Different,
    /// No difference beyond chance.
    NoDifference,
    /// Too few runs have it to tell.
    Untold,
}

/// One metric on both sides.
#[derive(Clone, Debug)]
pub struct Row {
    /// Dotted path of the metric.
    pub metric: String,
    /// The old runs; none of them has it.
    pub base: Option<Estimate>,
    /// The mean over the new runs.
    pub new: Option<Estimate>,
    /// The difference, where it can be tested.
    pub difference: Option<Difference>,
    /// Its probability by chance among all that were tested.
    pub p: Option<f64>,
    /// What is said of it.
    pub verdict: Change,
    /// Whether it got worse, and by as much as matters.
    pub is_regression: bool,
}

impl Row {
    /// Change of the mean.
    #[must_use]
    pub fn change(&self) -> Option<f64> {
        let (base, new) = (self.base?.mean, self.new?.mean);
        let of_means = if base.is_infinite() && new.is_infinite() { 0.0 } else { new - base };
        Some(self.difference.map_or(of_means, |difference| difference.change))
    }

    /// Change as a share of the old mean; none where that is 0 or either is never.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        let (base, change) = (self.base?.mean, self.change()?);
        let relative = change / base.abs();
        relative.is_finite().then_some(relative)
    }

    /// Which way the mean went: to the worse or not.
    fn is_worse(&self) -> bool {
        let change = self.change().unwrap_or(0.0);
        match worse(&self.metric) {
            Ok(Worse::Higher) => change > 0.0,
            Ok(Worse::Lower) => change < 0.0,
            _ => false,
        }
    }

    /// Whether the change is at least `threshold` of the old value; of nothing, any change is.
    fn is_beyond(&self, threshold: f64) -> bool {
        self.change().is_some_and(|change| change != 0.0)
            && self.relative().is_none_or(|relative| relative.abs() >= threshold)
    }

    fn judge(&mut self, threshold: Option<f64>) {
        let direction = worse(&self.metric).unwrap_or(Worse::Neither);
        self.verdict = match (self.p, direction) {
            (None, _) => Change::Untold,
            (Some(p), _) if p > LEVEL => Change::NoDifference,
            (_, Worse::Neither) => Change::Different,
            _ if self.is_worse() => Change::Worse,
            _ => Change::Better,
        };
        self.is_regression = match (self.verdict, threshold) {
            (Change::Worse, threshold) => self.is_beyond(threshold.unwrap_or(0.0)),
            // Of single runs nothing is known but their values: only a stated threshold judges them.
            (Change::Untold, Some(threshold)) => self.is_worse() && self.is_beyond(threshold),
            _ => false,
        };
    }
}

/// Two configurations; of a sweep, those of one cell.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Which cell; empty outside a sweep.
    pub cell: String,
    /// The side that is compared with.
    pub base: Name,
    /// The side that is judged.
    pub new: Name,
    /// Whether both sides have the same seeds.
    pub is_paired: bool,
    /// Whether all runs of both sides are the same to the bit.
    pub is_identical: bool,
    /// In what the configurations differ.
    pub config: Vec<Differing>,
    /// The metrics that were asked for.
    pub rows: Vec<Row>,
}

/// A side, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Name {
    /// What it is called.
    pub name: String,
    /// How many runs it has.
    pub runs: usize,
}

/// A comparison of two configurations, or of two sweeps cell by cell.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// One pair; of sweeps one for each cell.
    pub pairs: Vec<Pair>,
    /// The least share that is a regression.
    pub threshold: Option<f64>,
}

impl Comparison {
    /// Compares `base` with `new`, cell by cell. `metrics` are those to judge; all that get worse one way if
    /// there are none.
    ///
    /// # Errors
    /// The sides have no cell in common; says which they have.
    pub fn of(
        base: &[Side],
        new: &[Side],
        metrics: &[String],
        threshold: Option<f64>,
    ) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for base in base {
            if let Some(new) = new.iter().find(|new| new.cell == base.cell) {
                pairs.push(pair(base, new, metrics));
            }
        }
        if pairs.is_empty() {
            let cell = |sides: &[Side]| match sides.first() {
                Some(side) if side.cell.is_empty() => "is not a sweep".to_owned(),
                Some(side) => format!("has cells like {}", side.cell),
                None => "has no finished cell".to_owned(),
            };
            return Err(format!("nothing to compare: BASE {}, NEW {}", cell(base), cell(new)));
        }
        let tested = pairs.iter().flat_map(|pair| &pair.rows).filter_map(|row| row.difference);
        let adjusted = holm(&tested.map(|difference| difference.p).collect::<Vec<_>>());
        let mut next = adjusted.into_iter();
        for row in pairs.iter_mut().flat_map(|pair| &mut pair.rows) {
            row.p = if row.difference.is_some() { next.next() } else { None };
            row.judge(threshold);
        }
        Ok(Self { pairs, threshold })
    }

    /// Every metric that got worse by as much as matters, with its cell.
    pub fn regressions(&self) -> impl Iterator<Item = (&Pair, &Row)> {
        let rows = self.pairs.iter().flat_map(|pair| pair.rows.iter().map(move |row| (pair, row)));
        rows.filter(|(_, row)| row.is_regression)
    }
}

/// Reads the results in `folder`: one side of a run or of many runs, of a sweep one side for each cell.
///
/// # Errors
/// There are none, or they cannot be read; says what.
pub fn read(folder: &Path) -> Result<Vec<Side>, String> {
    match store::is_sweep(folder) {
        true => store::sides(folder),
        false => Side::read(folder).map(|side| vec![side]),
    }
}

fn pair(base: &Side, new: &Side, metrics: &[String]) -> Pair {
    let is_paired = !base.seeds.is_empty() && base.seeds == new.seeds;
    let judged = |metric: &str| worse(metric).is_ok_and(|worse| worse != Worse::Neither);
    let names: Vec<&String> = if metrics.is_empty() {
        let more = new.table.names().iter().filter(|name| !base.table.names().contains(name));
        base.table.names().iter().chain(more).filter(|name| judged(name)).collect()
    } else {
        metrics.iter().collect()
    };
    let row = |metric: &String| {
        // With the same seeds both sides saw the same churn and traffic, so only the difference of each pair varies:
        // that makes small changes visible with few runs.
        let difference = if is_paired {
            let both = (0..base.seeds.len())
                .filter_map(|row| Some((base.table.value(metric, row)?, new.table.value(metric, row)?)));
            let (old, new): (Vec<f64>, Vec<f64>) = both.unzip();
            paired(&old, &new)
        } else {
            let values = |side: &Side| -> Vec<f64> {
                side.table.column(metric).into_iter().map(|(_, value)| value).collect()
            };
            welch(&values(base), &values(new))
        };
        Row {
            metric: metric.clone(),
            base: base.table.estimate(metric),
            new: new.table.estimate(metric),
            difference,
            p: None,
            verdict: Change::Untold,
            is_regression: false,
        }
    };
    let rows: Vec<Row> = names.into_iter().map(row).collect();
    let config = match (&base.config, &new.config) {
        (Some(base), Some(new)) => differences(base, new),
        _ => Vec::new(),
    };
    Pair {
        cell: base.cell.clone(),
        base: Name { name: base.name.clone(), runs: base.table.runs() },
        new: Name { name: new.name.clone(), runs: new.table.runs() },
        is_paired,
        is_identical: !base.digests.is_empty() && base.digests == new.digests,
        config,
        rows: rows.into_iter().filter(|row| row.base.is_some() || row.new.is_some()).collect(),
    }
}

/// How a mean over runs is written.
fn spread(estimate: Option<&Estimate>) -> Option<Spread> {
    estimate.map(Spread::of)
}

#[cfg(test)]
mod tests;
