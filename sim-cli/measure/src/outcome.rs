//! What became of the expectations of a scenario: plain data.

use serde::{Deserialize, Serialize};

use super::latency::Ms;

/// Whether an expectation is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The metric is within the bound.
    Holds,
    /// It is not, or the metric was not measured.
    Fails,
}

/// An expectation and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// Path of the metric.
    pub key: String,
    /// The bound, such as `>= 0.95`.
    pub bound: String,
    /// The value measured: a number, `"never"`, or null.
    pub value: Option<Ms>,
    /// Whether it is met.
    pub verdict: Outcome,
}

impl Checked {
    /// The value measured, in words.
    #[must_use]
    pub fn measured(&self) -> String {
        match self.value {
            Some(Ms::After(value)) => value.to_string(),
            Some(Ms::Never) => "never".to_owned(),
            None => "not measured".to_owned(),
        }
    }
}
