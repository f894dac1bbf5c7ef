//! Measures of a protocol's own: what no laboratory can know beforehand.
//!
//! A protocol declares each once, as a constant, lists them in [`Observe::measures`](crate::observe::Observe::measures),
//! and reports numbers by an event that it observes as [`Count`](crate::observe::Observation::Count) or
//! [`Record`](crate::observe::Observation::Record). They stand under `own` in the summary of a run, and can be used by
//! their names, such as `own.grafts` or `own.announced_before_ms.p99`, wherever a metric can.

/// Which way a measure gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// A higher value is worse.
    Higher,
    /// A lower value is worse.
    Lower,
    /// Neither direction is better or worse.
    Neither,
}

/// What the values of a measure count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things, or a ratio.
    Plain,
    /// Time: recorded in nanoseconds, shown in milliseconds.
    Time,
}

/// How values become a number of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// They are added up.
    Counter,
    /// They are collected: how many, the mean, quantiles.
    Histogram,
}

/// A measure of a protocol's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name: letters, digits and `_`.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// What its values count.
    pub unit: Unit,
    /// Which way it gets worse.
    pub worse: Worse,
    /// How values become a number of the run.
    pub form: Form,
}

impl Measure {
    /// A sum of counts.
    #[must_use]
    pub const fn counter(name: &'static str, about: &'static str, worse: Worse) -> Self {
        Self { name, about, unit: Unit::Plain, worse, form: Form::Counter }
    }

    /// A distribution of plain numbers.
    #[must_use]
    pub const fn histogram(name: &'static str, about: &'static str, worse: Worse) -> Self {
        Self { name, about, unit: Unit::Plain, worse, form: Form::Histogram }
    }

    /// A distribution of times.
    #[must_use]
    pub const fn times(name: &'static str, about: &'static str, worse: Worse) -> Self {
        Self { name, about, unit: Unit::Time, worse, form: Form::Histogram }
    }
}
