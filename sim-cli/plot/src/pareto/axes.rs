//! What the axes of [`pareto`](super::pareto()) span, and where values lie on them.

use super::{ParetoPanel, ParetoView};
use crate::axis::{log_marks, log_range};
use crate::chart::Marked;
use crate::format;

/// From this ratio of the greatest cost to the least on, costs are drawn on a logarithmic axis.
const WIDE: f64 = 6.0;

/// What an axis measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// What it is called.
    pub name: String,
    /// Whether it is a share in [0, 1].
    pub is_share: bool,
    /// Whether it is in milliseconds.
    pub is_millis: bool,
    /// Whether more of it is better.
    pub more_is_better: bool,
}

impl Scale {
    pub(super) fn value(&self, value: f64, step: f64) -> String {
        let factor = if self.is_share { 100.0 } else { 1.0 };
        let decimals = (0.7 - (step * factor).abs().max(1e-9).log10()).ceil().clamp(0.0, 6.0) as usize;
        let number = format::number(value * factor, decimals);
        match (self.is_share, self.is_millis) {
            (true, _) => format!("{number} %"),
            (_, true) => format!("{number} ms"),
            _ => number,
        }
    }

    pub(super) fn title(&self) -> String {
        let better = if self.more_is_better { "more" } else { "less" };
        format!("{} ({better} is better)", self.name)
    }

    /// Whether `one` is at least as good as `other`.
    pub(super) fn is_as_good(&self, one: f64, other: f64) -> bool {
        if self.more_is_better { one >= other } else { one <= other }
    }
}

/// The axis of the cost: the same in all panels.
pub(super) struct Costs {
    is_log: bool,
    /// Both ends, as places.
    pub(super) range: (f64, f64),
}

impl Costs {
    pub(super) fn of(view: &ParetoView) -> Self {
        let all = || view.panels.iter().flat_map(|panel| &panel.points).map(|point| point.cost);
        let low = all()
            .map(|cost| cost.low.min(cost.mean))
            .filter(|cost| cost.is_finite())
            .fold(f64::MAX, f64::min);
        let high = all()
            .map(|cost| cost.high.max(cost.mean))
            .filter(|cost| cost.is_finite())
            .fold(f64::MIN, f64::max);
        if low > high {
            return Self { is_log: false, range: (0.0, 1.0) };
        }
        if low > 0.0 && high / low > WIDE {
            let (from, to) = log_range(low, high);
            return Self { is_log: true, range: (from.log10(), to.log10()) };
        }
        let room = ((high - low) * 0.12).max(high.abs() * 1e-3).max(1e-9);
        let from = if low >= 0.0 && low - room < (high - low) { 0.0 } else { low - room };
        Self { is_log: false, range: (from, high + room) }
    }

    /// Where a cost is drawn.
    pub(super) fn place(&self, cost: f64) -> f64 {
        if self.is_log { cost.max(1e-300).log10() } else { cost }
    }

    pub(super) fn axis(&self) -> Marked {
        let (from, to) = self.range;
        if self.is_log {
            let (labeled, _) = log_marks((10_f64.powf(from), 10_f64.powf(to)));
            return Marked::at(from..to, labeled.into_iter().map(f64::log10).collect());
        }
        Marked::new(from..to, to, 1.0, 6)
    }

    pub(super) fn label(&self, scale: &Scale, at: f64) -> String {
        let (from, to) = self.range;
        // A logarithmic mark has one digit that counts.
        if self.is_log {
            let cost = 10_f64.powf(at);
            return scale.value(cost, cost * 0.9);
        }
        scale.value(at, (to - from) / 6.0)
    }
}

/// The axis of the gain of one panel. Points that are "never" have a band of their own above the others.
pub(super) struct Gains {
    /// Both ends.
    pub(super) range: (f64, f64),
    /// Highest value that is a number.
    pub(super) last: f64,
    /// Where "never" is drawn, if anybody is.
    pub(super) never: Option<f64>,
}

impl Gains {
    pub(super) fn of(scale: &Scale, panel: &ParetoPanel) -> Self {
        let ends = panel.points.iter().flat_map(|of| [of.gain.low, of.gain.mean, of.gain.high]);
        let finite: Vec<f64> = ends.filter(|end| end.is_finite()).collect();
        let low = finite.iter().copied().fold(f64::MAX, f64::min);
        let high = finite.iter().copied().fold(f64::MIN, f64::max);
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let room = ((high - low) * 0.15).max(high.abs() * 1e-3).max(1e-9);
        // From 0 where that costs less than half of the picture.
        let from_zero = low >= 0.0 && low - room < (high - low);
        let from = if from_zero { 0.0 } else { low - room };
        let last = high + room;
        // A share ends at 1, but its points need room.
        let last = if scale.is_share { last.min(1.0 + room * 0.5) } else { last };
        let is_never = panel.points.iter().any(|point| point.gain.mean.is_infinite());
        let band = (last - from) * 0.2;
        let to = if is_never { last + band } else { last };
        Self { range: (from, to), last, never: is_never.then_some(last + band * 0.5) }
    }

    pub(super) fn place(&self, gain: f64) -> f64 {
        if gain.is_infinite() { self.never.unwrap_or(self.range.1) } else { gain }
    }

    pub(super) fn axis(&self, scale: &Scale) -> Marked {
        let (from, to) = self.range;
        let last = if scale.is_share { self.last.min(1.0) } else { self.last };
        Marked::new(from..to, last, 1.0, 6)
    }
}
