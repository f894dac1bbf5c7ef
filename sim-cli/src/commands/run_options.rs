//! The options of `sim-cli run` that hold for one run and for many: output, threads and backend.

use std::path::PathBuf;
use std::time::Duration as Span;

use clap::Args;

use super::args::Format;
use super::backend::BackendOptions;
use super::failure::Failure;
use super::files::Loaded;
use super::memory::MemoryOptions;
use super::picture_style_args::PictureArgs;
use floodnet_testbed::RunError;
use floodnet_text::units::Duration;

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
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Write a page about the run: numbers, pictures and a player of the overlay in one file (report.html)
    #[arg(long)]
    pub(super) report: bool,
    /// End as soon as an expectation cannot be met any more (exit code 3); the results until then are kept
    #[arg(long)]
    pub(super) fail_early: bool,
    /// Keep the tables of a run that goes on beside its folder (NAME.checkpoint), at this interval of real time, or
    /// off
    #[arg(long, value_name = "TIME", default_value = "5min", value_parser = checkpoint)]
    pub(super) checkpoint: Checkpoint,
    /// Number of threads (0: one per core); the results do not depend on it. With --runs, runs go in parallel
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    #[command(flatten)]
    pub(super) memory: MemoryOptions,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) backend: BackendOptions,
}

impl RunOptions {
    /// Why these options suit nothing but one run in the simulator; none if all of them suit more.
    pub(super) fn needs_one_run(&self) -> Option<String> {
        let flags = [(self.fail_early, "--fail-early"), (self.report, "--report")];
        let (_, flag) = flags.into_iter().find(|(is_given, _)| *is_given)?;
        Some(format!("{flag} applies to one run in the simulator"))
    }
}

/// How often the tables of a run are kept; none is never.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint(pub(super) Option<Span>);

fn checkpoint(text: &str) -> Result<Checkpoint, String> {
    if text == "off" {
        return Ok(Checkpoint(None));
    }
    let every: Duration = text.parse()?;
    Ok(Checkpoint(Some(Span::from_nanos(every.as_nanos()))))
}

/// The failure of the command for an error on sockets.
pub(super) fn run_failure(loaded: &Loaded, error: RunError) -> Failure {
    match error {
        RunError::Scenario(complaint) => loaded.complain(&complaint),
        RunError::Failed(why) => Failure::Failed(why),
        RunError::Interrupted => Failure::Interrupted,
    }
}
