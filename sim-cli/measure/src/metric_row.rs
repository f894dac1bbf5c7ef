//! One row of a table of metrics: how a number of a record is called, what it counts, and how to get it.

pub use floodnet_core::measure::Worse;

use crate::latency::Ms;

/// What the number of a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count, or a ratio that may exceed 1.
    Plain,
    /// A share in [0, 1].
    Share,
    /// Milliseconds; infinity is never.
    Millis,
}

/// What a metric is a measure of. Metrics of one family move together: a change of one is seldom a change of
/// that one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Whether messages arrive.
    Delivery,
    /// Errors of the protocol.
    Errors,
    /// How long most messages take.
    Latency,
    /// How long the slowest messages take.
    LatencyTail,
    /// How many copies of a message are made.
    Redundancy,
    /// How many links a message crosses.
    Hops,
    /// How much is sent.
    Traffic,
    /// What the network loses and protocols drop.
    Loss,
    /// Whether the overlay is in one piece.
    Connectivity,
    /// How fast newcomers are connected.
    Joining,
    /// How many neighbors nodes have.
    Degree,
    /// How long paths through the overlay are.
    Paths,
    /// What a fault does.
    Faults,
    /// What adversaries do.
    Hostility,
}

/// What a metric is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It stands for the family: a comparison looks at it first.
    Leads,
    /// It says something more of the same.
    Of,
}

/// How the words of a metric stand among those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The words as they are.
    Full,
    /// Indented: it is a part of the metric above.
    Below,
    /// Only the last word, below the last word of the metric above, which begins with the same ones.
    Ditto,
}

impl Layout {
    /// `label` as it stands in its line.
    #[must_use]
    pub fn words(self, label: &str) -> String {
        match (self, label.rsplit_once(' ')) {
            (Self::Full, _) | (Self::Ditto, None) => label.to_owned(),
            (Self::Below, _) => format!("  {label}"),
            (Self::Ditto, Some((_, last))) => format!("{last:>0$}", label.chars().count()),
        }
    }
}

/// What the value of a metric means, whatever record it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Which way it gets worse.
    pub worse: Worse,
    /// Unit of the value.
    pub unit: Unit,
    /// What it measures together with others, and what it is to them; none where neither way is worse.
    pub family: Option<(Role, Family)>,
}

/// A number that every record `R` has.
#[derive(Debug)]
pub struct Metric<R: 'static> {
    /// Its dotted path through the record.
    pub path: &'static str,
    /// The words that people read for it: its path, where the table has no others.
    pub label: &'static str,
    /// What its value means.
    pub meaning: Meaning,
    /// Its value: infinity for never, none when it was not measured.
    pub get: fn(&R) -> Option<f64>,
}

/// Rows of a table of metrics. A row names fields of the record, so a path that does not exist does not compile.
///
/// `delivery.before: Lower Share Of Faults "delivery before"`: path, which way is worse, unit, role and family if
/// one way is worse, and the words to print if they are not the path.
macro_rules! metrics {
    ($record:ty: $($field:ident $(. $leaf:ident)? : $worse:ident $unit:ident $($role:ident $family:ident)?
        $($label:literal)?,)*) => {
        &[$($crate::metric_row::Metric {
            path: concat!(stringify!($field) $(, ".", stringify!($leaf))?),
            label: $crate::metric_row::label(&[
                $($label,)? concat!(stringify!($field) $(, ".", stringify!($leaf))?)
            ]),
            meaning: $crate::metric_row::Meaning {
                worse: $crate::metric_row::Worse::$worse,
                unit: $crate::metric_row::Unit::$unit,
                family: $crate::metric_row::family(
                    &[$(($crate::metric_row::Role::$role, $crate::metric_row::Family::$family))?]
                ),
            },
            get: |record: &$record| $crate::metric_row::Number::number(record.$field $(.$leaf)?),
        },)*]
    };
}
pub(crate) use metrics;

/// The words of a row: those given, or its path.
pub(crate) const fn label(words: &[&'static str]) -> &'static str {
    words[0]
}

/// The family of a row, where it has one.
pub(crate) const fn family(of: &[(Role, Family)]) -> Option<(Role, Family)> {
    match of {
        [] => None,
        [family, ..] => Some(*family),
    }
}

/// A field of a record that is one number.
pub(crate) trait Number {
    /// As a metric's value: infinity for never, none when it was not measured.
    fn number(self) -> Option<f64>;
}

impl Number for f64 {
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Number for u64 {
    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl Number for u32 {
    fn number(self) -> Option<f64> {
        Some(f64::from(self))
    }
}

impl Number for u16 {
    fn number(self) -> Option<f64> {
        Some(f64::from(self))
    }
}

impl Number for Ms {
    fn number(self) -> Option<f64> {
        Some(self.value())
    }
}

impl<N: Number> Number for Option<N> {
    fn number(self) -> Option<f64> {
        self.and_then(N::number)
    }
}
