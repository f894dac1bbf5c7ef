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
//! | [`hunt`] | a run in which something goes wrong, and the smallest scenario of it |
//! | [`swarm`] | random scenarios, and what must hold in each |
//! | [`tables`] | CSV and GraphML |
//! | [`picture`] | topology, timeline, latency, degrees |
//! | `commands` | the command line |

mod commands;
mod format;
pub mod hunt;
pub mod measure;
pub mod picture;
pub mod registry;
pub mod run;
pub mod scenario;
pub mod setup;
mod spelling;
pub mod swarm;
pub mod tables;

pub use commands::main_with;
