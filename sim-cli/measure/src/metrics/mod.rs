//! Metrics: the numbers that a run is described by, and how to get them by name.
//!
//! | module | holds |
//! |---|---|
//! | `table` | **the table of metrics**: a row for every number of a run. A new metric is a row there |
//! | `lookup` | a metric by its name; what may be meant by an unknown name; the metrics of one run |

pub mod lookup;
pub mod table;

pub use crate::metric_row::{Family, Layout, Meaning, Metric, Role, Unit, Worse};
pub use crate::phases::PHASE_METRICS;
pub use lookup::{Numbers, UnknownMetric, find, is_of_adversary, label, phase, worse};
pub use table::{FIELDS, METRICS, Summary, metric};

#[cfg(test)]
mod tests;
