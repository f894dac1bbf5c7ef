//! The options of `sim-cli run` that hold for one run and for many: output, threads and backend.

use std::path::PathBuf;

use clap::Args;

use super::args::Format;
use super::backend::BackendOptions;
use super::failure::Failure;
use super::files::Loaded;
use floodnet_testbed::RunError;

/// Where results go, and how a run is made.
#[derive(Args, Debug)]
pub(super) struct RunOptions {
    /// Output folder [default: runs/NAME-SEED, or runs/NAME-SEED-xN for N runs]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Replace an existing run in the output folder
    #[arg(long)]
    pub(super) force: bool,
    /// Check and prepare, but do not run
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Draw no pictures
    #[arg(long)]
    pub(super) no_pictures: bool,
    /// Number of threads (0: one per core); the results do not depend on it. With --runs, runs go in parallel
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) backend: BackendOptions,
}

/// The failure of the command for an error on sockets.
pub(super) fn run_failure(loaded: &Loaded, error: RunError) -> Failure {
    match error {
        RunError::Scenario(complaint) => loaded.complain(&complaint),
        RunError::Failed(why) => Failure::Failed(why),
        RunError::Interrupted => Failure::Interrupted,
    }
}
