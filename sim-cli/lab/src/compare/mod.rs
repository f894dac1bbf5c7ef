//! Two configurations, metric by metric: what differs beyond chance, and what got worse.
//!
//! Runs of the same seeds are paired, others are independent samples; see [`floodnet_measure::stats::compare`]. All
//! metrics that are judged are tested together ([`floodnet_measure::stats::joint`]): in at most 5 of 100 comparisons
//! of equals anything is called different. [`floodnet_measure::metrics`] knows which way each gets worse, and which of
//! them measure the same thing.
//!
//! | module | subject |
//! |---|---|
//! | `row` | one metric and what is said of it |
//! | [`backends`] | the same scenario on two backends: bounds, and whether the simulator keeps to them |
//! | `text`, `markdown`, `json`, `junit` | a comparison for people, pull requests, programs and CI |

pub mod backends;
mod json;
mod junit;
mod markdown;
mod row;
mod text;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::ensemble::config::{Differing, differences};
use crate::ensemble::report::Spread;
use crate::ensemble::side::Side;
use crate::sweep::store;
use floodnet_measure::metrics::{Role, Worse, find, worse};
use floodnet_measure::stats::arrange::Design;
use floodnet_measure::stats::compare::{paired, welch};
use floodnet_measure::stats::interval::Estimate;
use floodnet_measure::stats::joint::{ARRANGEMENTS, FOLLOWER, test};
use floodnet_measure::stats::score::Column;

pub use row::{Change, Row};

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

impl Pair {
    /// How its runs belong together.
    #[must_use]
    pub const fn design(&self) -> Design {
        if self.is_paired { Design::Paired } else { Design::Independent }
    }
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
        Self::one_of(1, base, new, metrics, threshold)
    }

    /// As [`Comparison::of`], for one of so many comparisons, of which any may find something by chance: p is multiplied
    /// by their number (Bonferroni).
    ///
    /// # Errors
    /// As [`Comparison::of`].
    pub fn one_of(
        comparisons: usize,
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
        test_all(&mut pairs, comparisons);
        for pair in &mut pairs {
            let (design, is_identical) = (pair.design(), pair.is_identical);
            pair.rows.iter_mut().for_each(|row| row.judge(design, is_identical, threshold));
        }
        Ok(Self { pairs, threshold })
    }

    /// Whether there is nothing to go by: the runs differ, but all metrics have too few to say anything about chance.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        let is_told = |pair: &Pair| pair.is_identical || pair.rows.iter().any(|row| row.tested.is_some());
        !self.pairs.iter().any(is_told)
    }

    /// Whether there is but one run on each side.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.pairs.iter().flat_map(|pair| &pair.rows).all(Row::is_single)
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

/// Tests all metrics of all cells together. Cells with the same seeds are dealt alike; so are independent runs of the
/// same numbers. `comparisons` is how many there are of which this is one.
fn test_all(pairs: &mut [Pair], comparisons: usize) {
    let mut groups: BTreeMap<(Design, usize, usize), Vec<&mut Row>> = BTreeMap::new();
    for pair in pairs.iter_mut().filter(|pair| !pair.is_identical) {
        let key = match pair.design() {
            Design::Paired => (Design::Paired, 0, 0),
            Design::Independent => (Design::Independent, pair.base.runs, pair.new.runs),
        };
        groups.entry(key).or_default().extend(&mut pair.rows);
    }
    let count = (groups.len() * comparisons) as f64;
    for ((design, ..), rows) in groups {
        let columns: Vec<Column> = rows.iter().map(|row| row.column.clone()).collect();
        for (row, tested) in rows.into_iter().zip(test(design, &columns, ARRANGEMENTS)) {
            row.tested = tested;
            // What cannot be dealt together is corrected for one by one (Bonferroni).
            if let Some(tested) = &mut row.tested {
                tested.adjusted = (tested.adjusted * count).min(1.0);
            }
        }
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
        let is_first = !metrics.is_empty() || leads(metric);
        let column = column(base, new, metric, if is_first { 1.0 } else { FOLLOWER });
        // With the same seeds both sides saw the same churn and traffic, so only the difference of each pair varies:
        // that makes small changes visible with few runs.
        let difference = if is_paired {
            let both = column.old.iter().zip(&column.new);
            let (old, new): (Vec<f64>, Vec<f64>) =
                both.filter_map(|(old, new)| Some(((*old)?, (*new)?))).unzip();
            paired(&old, &new)
        } else {
            let known = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<f64>>();
            welch(&known(&column.old), &known(&column.new))
        };
        Row::of(metric, [base.table.estimate(metric), new.table.estimate(metric)], difference, column)
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

/// Whether `metric` stands for its family.
fn leads(metric: &str) -> bool {
    find(metric).is_ok_and(|meaning| !matches!(meaning.family, Some((Role::Of, _))))
}

/// The values of `metric` in all runs.
fn column(base: &Side, new: &Side, metric: &str, share: f64) -> Column {
    let values = |side: &Side| (0..side.table.runs()).map(|row| side.table.value(metric, row)).collect();
    Column { old: values(base), new: values(new), share }
}

/// How a mean over runs is written.
fn spread(estimate: Option<&Estimate>) -> Option<Spread> {
    estimate.map(Spread::of)
}

#[cfg(test)]
mod tests;
