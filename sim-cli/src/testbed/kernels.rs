//! What the kernel did between nodes that had networks of their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was counted in all networks of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kernels {
    /// Networks of nodes that there were at once, at most.
    pub networks: u32,
    /// Control of congestion in them, such as `cubic`.
    pub congestion: String,
    /// Packets that were delayed and handed on.
    pub carried: u64,
    /// Packets that rules dropped as lost.
    pub lost: u64,
    /// Packets that rules dropped because a cut or a partition was between their ends.
    pub cut: u64,
    /// Dials that rules dropped because nobody behind a NAT can be dialed.
    pub unreachable: u64,
    /// Packets of nodes, or for nodes, that were not up.
    pub nobody: u64,
    /// How much later than due packets were handed on, in milliseconds: 99 of 100 were by less.
    pub late_p99_ms: f64,
    /// What TCP counted at all nodes, by the names that Linux has for it (`RetransSegs`, ..).
    pub tcp: BTreeMap<String, u64>,
}
