//! The other backend: the same scenario, plan and measures on real TCP.
//!
//! Each slot is a node of `floodnet-tcp` with its own listening socket; the plan's joins, leaves, crashes,
//! pauses and publications happen at their times on the machine's clock, which may run faster than the plan's
//! ([`Settings::speed`]). What nodes report goes to the same measures. A run on sockets is not repeatable to
//! the bit, so it has no digest.
//!
//! | module | subject |
//! |---|---|
//! | `node_adapter` | any protocol of the laboratory as a node on sockets, and what is observed of it |
//! | `directory` | who is which slot, and where it listens |
//! | `clock` | the plan's time on the machine's clock |
//! | `schedule` | the plan of one slot, as actions with times |
//! | `node_runner` | a slot's node through its lives: publications, pauses, leaves, crashes |
//! | `network_path` | how nodes reach each other: directly, or through link emulation |
//! | `netns` | a network namespace for each node: links are the kernel's |
//! | `timer_bias` | the mean lateness of timers, taken off |
//! | `link_emulation` | delays, cuts, losses and rates of the scenario between real sockets |
//! | `runner` | a run from its setup to its results |
//! | `hop_overhead` | what a hop takes beyond the delay that was asked for |
//! | `coordinator` | workers: slots in processes of their own, on this machine or on others |
//! | `worker` | the process of one slot |
//! | `control` | what the two say to each other |
//! | [`emit`] | files that start such a run on Docker Compose or Kubernetes |
//! | `sink`, `collector` | observations, in order of time, into the measures |
//! | `check` | what sockets cannot do |
//! | `machine` | files, processor time, listening sockets |

mod check;
mod clock;
mod collector;
mod control;
mod coordinator;
mod directory;
pub mod emit;
mod hop_overhead;
#[cfg(target_os = "linux")]
pub mod kernel;
mod link_emulation;
mod machine;
#[cfg_attr(not(target_os = "linux"), path = "netns/unsupported.rs")]
mod netns;
mod network_path;
mod node_adapter;
mod node_runner;
pub mod protocols;
mod runner;
mod schedule;
mod sink;
mod timer_bias;
mod worker;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration as Span;

use floodnet_sim::Progress;

use floodnet_lab::run::Ran;
use floodnet_scenario::{Complaint, Scenario};

pub use control::{TOKEN, Token};
pub use protocols::Protocols;
pub use worker::session::{NodeOptions, serve as serve_node};

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
    InProcess,
    /// Each in a process of its own on this machine: this program, which must be one of
    /// `sim_cli::main_with`, started as `testbed node`.
    Processes,
    /// The same, each in a network of its own: what is between them is the kernel's. It takes Linux, the rights of
    /// root, and the programs `ip`, `tc` and `nft`.
    Netns,
    /// Wherever somebody starts them: they dial this address. Links cannot be shaped then.
    Remote {
        /// Where to wait for them.
        listen: SocketAddr,
        /// The secret that they must know.
        token: Token,
    },
}

impl Settings {
    /// In real time, shaped, in this process.
    pub const USUAL: Self =
        Self { speed: 1.0, shaped: true, nodes: Nodes::InProcess, up_within: Span::from_secs(60) };
}

impl Default for Settings {
    fn default() -> Self {
        Self::USUAL
    }
}

/// Why there was no run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunError {
    /// The scenario cannot be set up, or not on sockets.
    Scenario(Complaint),
    /// The machine did not do what was needed.
    Failed(String),
    /// The user stopped it before it began.
    Interrupted,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(complaint) => complaint.fmt(f),
            Self::Failed(why) => f.write_str(why),
            Self::Interrupted => f.write_str("interrupted before the run began"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<Complaint> for RunError {
    fn from(complaint: Complaint) -> Self {
        Self::Scenario(complaint)
    }
}

/// What a protocol's run on sockets works on.
pub(crate) struct RunRequest<'a> {
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
    protocols: &Protocols,
    settings: Settings,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<Ran, RunError> {
    protocols.backend(scenario)?.run(&mut RunRequest { scenario, settings, watch })
}
