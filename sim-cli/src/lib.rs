//! The laboratory's command line: scenarios in, numbers, tables and pictures out.
//!
//! The way of a run: `scenario.toml` -> [`Scenario`](scenario::Scenario), validated -> [`Setup`](scenario::build::Setup)
//! with the plan, drawn from the seed up front -> the simulator or sockets -> a stream of observations ->
//! [`Measures`](measure::Measures) -> summary, tables, pictures.
//!
//! | module | subject |
//! |---|---|
//! | [`registry`] | which protocols scenarios can name; yours go here |
//! | [`views`] | results put into the views that pictures and pages are drawn from |
//! | `commands` | the command line |
//! | [`scenario`] | the scenario language |
//! | [`measure`] | what observations mean in numbers |
//! | [`lab`] | runs, ensembles, comparisons, sweeps, checks of the simulator |
//! | [`testbed`] | the same runs on real sockets |
//! | [`plot`] | how pictures are drawn |
//! | [`text`] | units and numbers as people write and read them |

mod build;
mod builtin_scenarios;
mod commands;
pub mod registry;
pub mod views;

pub use floodnet_lab as lab;
pub use floodnet_measure as measure;
pub use floodnet_plot as plot;
pub use floodnet_scenario as scenario;
pub use floodnet_testbed as testbed;
pub use floodnet_text as text;

pub use commands::main_with;
