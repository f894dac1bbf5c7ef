//! One metric on both sides, and what is said of it.

use serde::Serialize;

use crate::ensemble::unit;
use floodnet_measure::metrics::{Unit, Worse, worse};
use floodnet_measure::stats::LEVEL;
use floodnet_measure::stats::arrange::Design;
use floodnet_measure::stats::compare::Difference;
use floodnet_measure::stats::enough::Known;
use floodnet_measure::stats::interval::Estimate;
use floodnet_measure::stats::joint::Tested;
use floodnet_measure::stats::score::Column;

/// Changes up to this share of the old mean are no difference, unless a threshold says otherwise.
const MARGIN: f64 = 0.05;

/// Of a share, changes up to so much of the whole are: one point.
const MARGIN_OF_SHARE: f64 = 0.01;

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
    /// If there is a difference, it is too small to matter.
    NoDifference,
    /// Neither: the runs are too few, or scatter too much.
    CannotTell,
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
    /// Its probability by chance, alone and among all that were tested; none if too few runs have it.
    pub tested: Option<Tested>,
    /// What is said of it.
    pub verdict: Change,
    /// If nothing can be told: how many pairs, or runs of each side, would be enough, as far as can be seen.
    pub runs_needed: Option<usize>,
    /// Whether it got worse, and by as much as matters.
    pub is_regression: bool,
    /// Its values in all runs.
    pub(super) column: Column,
}

impl Row {
    /// A metric with its means and their difference, before it is tested.
    pub(super) fn of(
        metric: &str,
        [base, new]: [Option<Estimate>; 2],
        difference: Option<Difference>,
        column: Column,
    ) -> Self {
        Self {
            metric: metric.to_owned(),
            base,
            new,
            difference,
            tested: None,
            verdict: Change::CannotTell,
            runs_needed: None,
            is_regression: false,
            column,
        }
    }

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
        (relative.is_finite() && base.is_finite()).then_some(relative)
    }

    /// Which way the metric went: to the worse or not. Means of which both are never hide it, ranks do not.
    fn is_worse(&self) -> bool {
        let change = self.change().unwrap_or(0.0);
        let (rises, falls) = match self.tested {
            Some(tested) if change == 0.0 => (tested.rises, !tested.rises),
            _ => (change > 0.0, change < 0.0),
        };
        match worse(&self.metric) {
            Ok(Worse::Higher) => rises,
            Ok(Worse::Lower) => falls,
            _ => false,
        }
    }

    /// Whether the new runs are higher, where only ranks tell them apart: both means are never.
    pub(super) fn ranked(&self) -> Option<bool> {
        let differs = self.tested.filter(|tested| tested.adjusted <= LEVEL)?;
        let is_never = |side: Option<Estimate>| side.is_some_and(|side| side.mean.is_infinite());
        (is_never(self.base) && is_never(self.new)).then_some(differs.rises)
    }

    /// Whether the change is at least `threshold` of the old value; of nothing, or never, any change is.
    fn is_beyond(&self, threshold: f64) -> bool {
        self.relative().is_none_or(|relative| relative.abs() >= threshold)
    }

    /// Changes of the mean up to this size do not matter.
    fn margin(&self, threshold: Option<f64>) -> f64 {
        let base = self.base.map_or(0.0, |base| base.mean.abs());
        match threshold {
            Some(threshold) => threshold * base,
            None if unit(&self.metric) == Unit::Share => (MARGIN * base).min(MARGIN_OF_SHARE),
            None => MARGIN * base,
        }
    }

    /// Whether the whole interval of the change is within `margin`.
    fn is_within(&self, margin: f64) -> bool {
        match self.difference.map(|difference| difference.interval) {
            Some(Some((low, high))) => -margin <= low && high <= margin,
            // Never in all runs is as equal as can be.
            _ => [self.base, self.new].iter().all(|side| side.is_some_and(|side| side.min.is_infinite())),
        }
    }

    /// Says what follows from the test. Runs that are identical are no matter of chance.
    pub(super) fn judge(&mut self, design: Design, is_identical: bool, threshold: Option<f64>) {
        let margin = self.margin(threshold);
        self.verdict = match self.tested {
            _ if is_identical => Change::NoDifference,
            Some(tested) if tested.adjusted <= LEVEL => match worse(&self.metric) {
                Ok(Worse::Higher | Worse::Lower) if self.is_worse() => Change::Worse,
                Ok(Worse::Higher | Worse::Lower) => Change::Better,
                _ => Change::Different,
            },
            Some(_) if self.is_within(margin) => Change::NoDifference,
            _ => Change::CannotTell,
        };
        let (old, new) = self.column.known(design);
        self.is_regression = match (self.verdict, threshold) {
            (Change::Worse, threshold) => self.is_beyond(threshold.unwrap_or(0.0)),
            // Of single runs nothing is known but their values: only a stated threshold judges them.
            (Change::CannotTell, Some(threshold)) if self.is_single() => {
                self.is_worse() && self.is_beyond(threshold)
            }
            _ => false,
        };
        if self.verdict == Change::CannotTell {
            let known = Known {
                design,
                runs: old.min(new),
                change: self.change().unwrap_or(0.0),
                variance: self.difference.and_then(|difference| difference.variance),
                p: self.tested.map(|tested| tested.adjusted),
                bar: self.tested.map_or(f64::INFINITY, |tested| tested.bar),
                margin,
            };
            self.runs_needed = known.runs_needed();
        }
    }

    /// Whether there is one run on each side.
    pub(super) fn is_single(&self) -> bool {
        self.column.old.len() == 1 && self.column.new.len() == 1
    }
}
