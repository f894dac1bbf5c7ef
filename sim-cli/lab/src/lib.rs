//! Runs, and what is learned from them.
//!
//! | module | subject |
//! |---|---|
//! | [`protocols`] | the protocols that can be run, each with the engine made for it |
//! | [`simulate`] | a scenario on its engine: run, prepared, followed, checked |
//! | [`run`] | one run, and its folder |
//! | [`ensemble`] | many runs of one scenario |
//! | [`compare`] | two configurations, metric by metric |
//! | [`sweep`] | a grid of scenarios |
//! | [`bakeoff`] | contestants under the same conditions |
//! | [`testing`] | scenarios as tests |
//! | [`target`] | what a file is that a user has named |
//! | [`trace`] | a run step by step |
//! | [`verify`] | whether a run goes the same way again |
//! | [`why`] | why a message did not reach somebody |
//! | [`oracle`] | results that are known beforehand |
//! | [`check`] | what must hold in every run, watched in each node |
//! | [`swarm`] | random scenarios, each checked |
//! | `times` | the times of a scenario, cut off or squeezed |
//! | [`emit`] | a folder of files for another program |
//! | [`bisect`] | from which value of a key on runs go wrong |
//! | [`hunt`] | a run in which something goes wrong, and the smallest scenario of it |
//!
//! Nothing here draws pictures or parses a command line: that is done above, with what this crate returns.

pub mod bakeoff;
pub mod bisect;
pub mod check;
pub mod compare;
pub mod emit;
pub mod ensemble;
pub mod hunt;
mod junit;
pub mod oracle;
pub mod protocols;
pub mod run;
pub mod simulate;
pub mod swarm;
pub mod sweep;
pub mod target;
pub mod testing;
mod times;
pub mod trace;
pub mod verify;
pub mod why;

pub use protocols::Protocols;
