//! `sim-cli gc`

use std::path::PathBuf;
use std::time::SystemTime;

use clap::Parser;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::log::read;
use floodnet_lab::run::shelf::Shelved;
use floodnet_text::format::{bytes, plural};
use floodnet_text::units::Duration;

/// Remove runs that are not wanted any more
#[derive(Parser, Debug)]
#[command(after_help = "Only folders that hold a run and nothing else are removed.")]
pub(super) struct GcArgs {
    /// Folder of runs
    #[arg(default_value = "runs", value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Remove all but the N newest
    #[arg(long, value_name = "N")]
    pub(super) keep: Option<usize>,
    /// Remove those that are older, such as 720h
    #[arg(long, value_name = "TIME")]
    pub(super) older_than: Option<Duration>,
    /// Remove those that did not reach their end
    #[arg(long)]
    pub(super) interrupted: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl Command for GcArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        if self.keep.is_none() && self.older_than.is_none() && !self.interrupted {
            let help = "say which runs to remove: --keep N, --older-than TIME or --interrupted";
            return Err(Failure::Usage(help.to_owned()));
        }
        let runs = read(&self.folder)?;
        let too_many = runs.len().saturating_sub(self.keep.unwrap_or(usize::MAX));
        let chosen = runs.iter().enumerate().filter(|(place, run)| *place < too_many || self.chooses(run));
        let (mut count, mut size, mut failed) = (0, 0, Vec::new());
        for (_, run) in chosen {
            if !self.dry_run
                && let Err(why) = run.remove()
            {
                cx.console.error(&why);
                failed.push(why);
                continue;
            }
            let done = if self.dry_run { "would remove" } else { "removed" };
            cx.console.result(&format!("{done} {} ({})\n", run.folder.display(), bytes(run.bytes)));
            (count, size) = (count + 1, size + run.bytes);
        }
        let done = if self.dry_run { "would be removed" } else { "removed" };
        cx.console.note(&format!("{} of {} {done}, {}", count, plural(runs.len(), "run"), bytes(size)));
        match failed.len() {
            0 => Ok(()),
            stayed => Err(Failure::Failed(format!("{} could not be removed", plural(stayed, "run")))),
        }
    }
}

impl GcArgs {
    fn chooses(&self, run: &Shelved) -> bool {
        // A clock that was set back makes nothing old.
        let age = SystemTime::now().duration_since(run.at).unwrap_or_default();
        let is_old = self.older_than.is_some_and(|least| age.as_nanos() > u128::from(least.as_nanos()));
        is_old || (self.interrupted && !run.manifest.complete)
    }
}
