//! The laboratory: scenarios in, numbers, tables and pictures out.
//!
//! The way of a run: `scenario.toml` -> [`Scenario`](scenario::Scenario), validated -> [`Setup`](setup::Setup)
//! with the [`Plan`](floodnet_sim::plan::Plan), drawn from the seed up front -> the simulator -> a stream of
//! observations -> [`Measures`](measure::Measures) -> summary, tables, pictures.
//!
//! | module | subject |
//! |---|---|
//! | [`scenario`] | the scenario language |
//! | [`registry`] | which protocols scenarios can name; yours go here |
//! | [`setup`] | from a scenario to what the simulator takes |
//! | [`measure`] | what observations mean in numbers |
//! | [`run`] | one run, and its folder |
//! | [`ensemble`] | many runs of one scenario |
//! | [`compare`] | two configurations, metric by metric |
//! | [`sweep`] | a grid of scenarios |
//! | [`stats`] | intervals and comparisons |
//! | [`oracle`] | results that are known beforehand |
//! | [`hunt`] | a run in which something goes wrong, and the smallest scenario of it |
//! | [`swarm`] | random scenarios, and what must hold in each |
//! | [`tables`] | CSV and GraphML |
//! | [`testbed`] | the same runs on real TCP |
//! | [`trace`] | a run step by step |
//! | [`verify`] | whether a run goes the same way again |
//! | [`picture`] | topology, timeline, latency, degrees |
//! | `commands` | the command line |

mod commands;
pub mod compare;
pub mod ensemble;
mod format;
#[doc(hidden)]
pub mod fuzzing;
pub mod hunt;
#[cfg(target_os = "linux")]
pub mod kernel;
pub mod measure;
pub mod oracle;
pub mod picture;
pub mod registry;
pub mod run;
pub mod scenario;
pub mod setup;
mod spelling;
pub mod stats;
pub mod swarm;
pub mod sweep;
pub mod tables;
pub mod testbed;
pub mod trace;
pub mod verify;

pub use commands::main_with;
