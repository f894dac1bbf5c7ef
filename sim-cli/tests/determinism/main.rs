//! The same scenario and seed are the same run: in every build, on any number of threads, in any
//! environment, and (against the golden digests) from one version to the next.

mod cases;
mod environment;
mod golden;
mod unused;
mod vectors;
mod ways;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use assert_cmd::cargo::cargo_bin;
use sim_cli::lab::simulate::simulate;
use sim_cli::registry::Registry;
use sim_cli::scenario::Scenario;

/// Names a program to test instead of the one that was built with these tests, such as that of a release build: its
/// digests must be the same.
const PROGRAM: &str = "FLOODNET_PROGRAM";

/// The program under test.
fn program() -> PathBuf {
    std::env::var_os(PROGRAM).map_or_else(|| cargo_bin!("sim-cli").to_owned(), PathBuf::from)
}

/// Digest of a run on one thread.
fn digest(scenario: &Scenario, registry: &Registry) -> String {
    let ran = simulate(scenario, registry.lab(), NonZeroUsize::MIN, &mut |_| true).expect("it can be set up");
    ran.finished.expect("it ran").results.summary.digest
}
