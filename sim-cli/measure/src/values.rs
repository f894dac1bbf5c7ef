//! Small records of numbers that a summary is made of: plain data, filled in by the modules that measure.

use serde::{Deserialize, Serialize};

use super::latency::Ms;

/// A ratio over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMax {
    /// Mean over the samples of the window.
    pub mean: Option<f64>,
    /// Greatest sample of the window.
    pub max: Option<f64>,
}

/// Redundancy over messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Redundancy {
    /// Mean over the counted messages that reached somebody.
    pub mean: Option<f64>,
    /// Redundancy of the most redundant message.
    pub max: Option<f64>,
    /// Counted messages that reached nobody, and have no redundancy.
    pub left_out: u64,
}

/// Last delivery hops over messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LastHop {
    /// Mean over the counted messages that reached somebody.
    pub mean: Option<f64>,
    /// Greatest hop count of any counted message.
    pub max: Option<u16>,
}

/// A count per node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PerNode {
    /// Mean over the slots that were ever up.
    pub mean: Option<f64>,
    /// Count of the busiest slot.
    pub max: u64,
}

/// What a node hands to the network in a second of its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Bytes of all packets; none if nobody was ever up.
    pub bytes: Option<f64>,
    /// Packets without a message; none if nobody was ever up.
    pub control: Option<f64>,
}

/// A count over samples, and at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMaxEnd {
    /// Mean over the samples of the window.
    pub mean: Option<f64>,
    /// Greatest sample of the window.
    pub max: Option<u64>,
    /// Value at the end of the run.
    pub end: u64,
}

/// A count over samples, with both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanMinMax {
    /// Mean over the samples of the window.
    pub mean: Option<f64>,
    /// Smallest sample of the window.
    pub min: Option<u64>,
    /// Greatest sample of the window.
    pub max: Option<u64>,
}

/// Share of joined nodes in the largest component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LargestComponent {
    /// Mean over the samples of the window.
    pub mean: Option<f64>,
    /// Smallest sample of the window.
    pub min: Option<f64>,
    /// Value at the end of the run.
    pub end: Option<f64>,
}

/// Time from the start of a life to its first link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JoinTimes {
    /// Half of the joins took no longer.
    pub p50: Option<Ms>,
    /// 99 of 100 joins took no longer.
    pub p99: Option<Ms>,
}
