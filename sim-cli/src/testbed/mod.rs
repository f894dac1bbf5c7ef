//! The other backend: the same scenario, plan and measures on real TCP.
//!
//! Each slot is a node of `floodnet-tcp` with its own listening socket; the plan's joins, leaves, crashes,
//! pauses and publications happen at their times on the machine's clock, which may run faster than the plan's
//! ([`Settings::speed`]). What nodes report goes to the same measures. A run on sockets is not repeatable to
//! the bit, so it has no digest.
//!
//! | module | subject |
//! |---|---|
//! | `adapter` | any protocol of the laboratory as a node on sockets, and what is observed of it |
//! | `directory` | who is which slot, and where it listens |
//! | `clock` | the plan's time on the machine's clock |
//! | `script` | the plan of one slot, as orders with times |
//! | `resident` | the user of one slot: lives, publications, pauses |
//! | `road` | how nodes reach each other: straight, or through the shaper |
//! | `namespaces` | a network of its own for each node: links are the kernel's |
//! | `kernels` | what the kernel did there |
//! | `lead` | being on time in the mean |
//! | `shaper` | delays, cuts, losses and rates of the scenario between real sockets |
//! | `executor` | a run, with all slots in this process |
//! | `excess` | what a hop takes beyond the delay that was asked for |
//! | `control` | slots in processes of their own, on this machine or on others |
//! | [`emit`] | files that start such a run on Docker Compose or Kubernetes |
//! | `sink`, `gather` | observations, in order of time, into the measures |
//! | `check` | what sockets cannot do |
//! | `machine` | files, processor time, listening sockets |

mod adapter;
mod check;
mod clock;
mod control;
mod directory;
pub mod emit;
mod excess;
mod executor;
mod gather;
mod kernels;
mod lead;
mod machine;
#[cfg_attr(not(target_os = "linux"), path = "namespaces/elsewhere.rs")]
mod namespaces;
mod resident;
mod road;
mod script;
mod shaper;
mod sink;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration as Span;

use floodnet_sim::Progress;
use serde::{Deserialize, Serialize};

use crate::registry::Registry;
use crate::run::Ran;
use crate::scenario::{Complaint, Scenario};

pub use control::node::serve as serve_node;
pub(crate) use control::node::{Attendant, attend};
pub use control::{NodeOptions, TOKEN, Token};
pub use excess::HopExcess;
pub(crate) use executor::run_protocol;
pub use kernels::Kernels;

/// How to run on sockets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How many times as fast as real time the plan runs. More than 0.
    pub speed: f64,
    /// Whether links are shaped as the scenario says; else they are the machine's.
    pub shaped: bool,
    /// Where nodes run.
    pub nodes: Nodes,
    /// How long a node in another process may take to come up.
    pub up_within: Span,
}

/// Where nodes run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nodes {
    /// In this process.
    Here,
    /// Each in a process of its own on this machine: this program, which must be one of
    /// [`main_with`](crate::main_with), started as `testbed node`.
    Processes,
    /// The same, each in a network of its own: what is between them is the kernel's. It takes Linux, the rights of
    /// root, and the programs `ip`, `tc` and `nft`.
    Namespaces,
    /// Wherever somebody starts them: they dial this address. Links cannot be shaped then.
    Outside {
        /// Where to wait for them.
        listen: SocketAddr,
        /// The secret that they must know.
        token: Token,
    },
}

impl Settings {
    /// In real time, shaped, in this process.
    pub const USUAL: Self =
        Self { speed: 1.0, shaped: true, nodes: Nodes::Here, up_within: Span::from_secs(60) };
}

impl Default for Settings {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What a run on sockets used, for its manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Means {
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
    pub hop_excess_ms: Option<HopExcess>,
}

/// Why there was no run.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The scenario cannot be set up, or not on sockets.
    Scenario(Complaint),
    /// The machine did not do what was needed.
    Failed(String),
    /// The user stopped it before it began.
    Interrupted,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(complaint) => complaint.fmt(f),
            Self::Failed(why) => f.write_str(why),
            Self::Interrupted => f.write_str("interrupted before the run began"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Complaint> for Trouble {
    fn from(complaint: Complaint) -> Self {
        Self::Scenario(complaint)
    }
}

/// What a protocol's run on sockets works on.
pub(crate) struct Bed<'a> {
    scenario: &'a Scenario,
    settings: Settings,
    watch: &'a mut dyn FnMut(Progress) -> bool,
}

/// Runs `scenario` on sockets with the protocol that its tables name. `watch` is asked some times a second
/// whether to go on; a run that is stopped so has results of the time until then.
///
/// # Errors
/// The scenario cannot be run on sockets, or the machine has not enough of what it takes.
pub fn run(
    scenario: &Scenario,
    registry: &Registry,
    settings: Settings,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Ran, Trouble> {
    let (overlay, broadcast) = (&scenario.overlay.key, &scenario.broadcast.key);
    let unknown =
        || Complaint::new("broadcast", format!("no protocol is `{overlay}` with `{broadcast}`"), "");
    let runner = registry.on_sockets(overlay, broadcast).ok_or_else(unknown)?;
    runner(&mut Bed { scenario, settings, watch })
}

/// A protocol's runner on sockets.
pub(crate) type Runner = fn(&mut Bed<'_>) -> Result<Ran, Trouble>;
