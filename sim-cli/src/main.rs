//! The `sim-cli` program with the built-in protocols.

use std::process::ExitCode;

use sim_cli::registry::Registry;

fn main() -> ExitCode {
    sim_cli::main_with(Registry::builtin())
}
