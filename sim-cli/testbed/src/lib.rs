//! The other backend: the same scenario, plan and measures on real TCP.
//!
//! Each slot is a node of `floodnet-tcp` with its own listening socket; the plan's joins, leaves, crashes,
//! pauses and publications happen at their times on the machine's clock, which may run faster than the plan's
//! ([`Settings::speed`]). What nodes report goes to the same measures. A run on sockets is not repeatable to
//! the bit, so it has no digest.
//!
//! From the bottom up:
//!
//! | module | subject |
//! |---|---|
//! | `settings`, `run_request` | what is asked of a run, and why there was none |
//! | `check` | what sockets cannot do |
//! | `machine` | files, processor time, listening sockets |
//! | `clock`, `timer_bias` | the plan's time on the machine's clock; the mean lateness of timers, taken off |
//! | `schedule` | the plan of one slot, as actions with times |
//! | `directory` | who is which slot, and where it listens |
//! | `run_context`, `started_run` | what everybody in a run needs |
//! | `access_line` | rates of the slots' access lines |
//! | `link_emulation` | delays, cuts, losses and rates of the scenario between real sockets |
//! | `netns` | a network namespace for each node: links are the kernel's |
//! | `network_path` | how nodes reach each other: directly, or through link emulation |
//! | `sink`, `collector`, `hop_overhead` | observations, in order of time, into the measures |
//! | `node_adapter` | any protocol of the laboratory as a node on sockets, and what is observed of it |
//! | `node_runner` | a slot's node through its lives: publications, pauses, leaves, crashes |
//! | `control` | what a coordinator and its workers say to each other |
//! | `worker`, `coordinator` | slots in processes of their own, on this machine or on others |
//! | `monitor`, `runner` | a run from its setup to its results |
//! | [`protocols`], `serve` | the protocols that can run on sockets; the program of a worker |
//! | [`emit`] | files that start such a run on Docker Compose or Kubernetes |
//! | `kernel` | the kernel's TCP against the model of a stream (Linux) |

mod access_line;
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
mod monitor;
#[cfg_attr(not(target_os = "linux"), path = "netns/unsupported.rs")]
mod netns;
mod network_path;
mod node_adapter;
mod node_runner;
pub mod protocols;
mod run_context;
mod run_request;
mod runner;
mod schedule;
mod serve;
mod settings;
mod sink;
mod started_run;
mod timer_bias;
mod worker;

use floodnet_lab::run::Ran;
use floodnet_scenario::Scenario;
use floodnet_sim::Progress;

pub use control::{TOKEN, Token};
pub use protocols::Protocols;
pub use run_request::RunError;
pub use serve::{NodeOptions, serve_node};
pub use settings::{Nodes, Settings};

use run_request::RunRequest;

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
