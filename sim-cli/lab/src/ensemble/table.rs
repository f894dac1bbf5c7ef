//! Metrics by run.

use std::collections::BTreeSet;

use floodnet_measure::metrics::{METRICS, Numbers, Unit, find, is_of_adversary};
use floodnet_measure::stats::interval::Estimate;

/// The metrics of several runs: a column for each metric, a row for each run.
#[derive(Clone, Debug, Default)]
pub struct Table {
    names: Vec<String>,
    rows: Vec<Numbers>,
}

impl Table {
    /// The metrics of `runs`, in their order. What only some have is a column too: a drop for a reason that did
    /// not occur in the others is 0 there.
    #[must_use]
    pub fn of(runs: Vec<Numbers>) -> Self {
        let is_attacked = runs.iter().any(Numbers::is_attacked);
        let fixed = METRICS.iter().map(|metric| metric.path.to_owned());
        let fixed = fixed.filter(|path| is_attacked || !is_of_adversary(path));
        let (mut reasons, mut phases) = (BTreeSet::new(), Vec::new());
        for name in runs.iter().flat_map(Numbers::open).map(|(name, _)| name) {
            if !name.starts_with("phases.") {
                reasons.insert(name);
            } else if !phases.contains(&name) {
                phases.push(name);
            }
        }
        let names = fixed.chain(reasons).chain(phases).collect();
        Self { names, rows: runs }
    }

    /// The names of the columns: the order of the summary, then by reason, then by fault.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many runs there are.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.rows.len()
    }

    /// The runs, in order.
    #[must_use]
    pub fn each(&self) -> &[Numbers] {
        &self.rows
    }

    /// Some of the runs.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn rows(&self, range: std::ops::Range<usize>) -> Self {
        Self::of(self.rows[range].to_vec())
    }

    /// The value of `metric` in the run at `row`.
    #[must_use]
    pub fn value(&self, metric: &str, row: usize) -> Option<f64> {
        self.rows.get(row)?.get(metric).ok().flatten()
    }

    /// The rows that have `metric`, and its values.
    #[must_use]
    pub fn column(&self, metric: &str) -> Vec<(usize, f64)> {
        (0..self.rows.len()).filter_map(|row| Some((row, self.value(metric, row)?))).collect()
    }

    /// The mean of `metric` over the runs that have it.
    #[must_use]
    pub fn estimate(&self, metric: &str) -> Option<Estimate> {
        estimate(metric, &self.rows)
    }
}

/// The mean of `metric` over those of `runs` that have it.
#[must_use]
pub fn estimate(metric: &str, runs: &[Numbers]) -> Option<Estimate> {
    let values: Vec<f64> = runs.iter().filter_map(|run| run.get(metric).ok().flatten()).collect();
    Estimate::of(&values, unit(metric))
}

/// The unit of `metric`.
pub fn unit(metric: &str) -> Unit {
    find(metric).map_or(Unit::Plain, |metric| metric.unit)
}
