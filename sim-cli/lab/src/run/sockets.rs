//! What a run on sockets used, as its manifest tells it. The testbed fills these in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a run on sockets used, for its manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TcpRunInfo {
    /// Times as fast as real time.
    pub speed: f64,
    /// Whether links were shaped.
    pub shaped: bool,
    /// Listening sockets of nodes that the system showed at once, at most; null where it does not tell.
    pub listening: Option<u32>,
    /// Processor time of the run, of all processes, in seconds.
    pub cpu_seconds: Option<f64>,
    /// How late, at worst, the machine was with what the plan wanted, in milliseconds of the plan.
    pub latest_ms: f64,
    /// Observations that came too late for their sample.
    pub late_observations: u64,
    /// Tasks that did not end with the run: 0, or something is wrong with this program.
    #[serde(default)]
    pub tasks_left: u64,
    /// Processes of nodes that ran at once, at most; none if nodes had none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u32>,
    /// What the kernel did between nodes; none if they had no networks of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Kernels>,
    /// How wrong the clock of a node in another process may have been, in milliseconds of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_error_ms: Option<f64>,
    /// What hops took beyond the delays of their links; null where these are drawn for each packet, or vary.
    #[serde(default)]
    pub hop_overhead_ms: Option<HopOverhead>,
}

/// What hops took beyond the delays of their links, in milliseconds of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopOverhead {
    /// Mean over the hops.
    pub mean: f64,
    /// Half of them took less.
    pub p50: f64,
    /// 99 of 100 took less.
    pub p99: f64,
}

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
