//! `sim-cli report`: one file to send to a colleague, made by running the scenario again.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::progress::Watcher;
use super::render::same_digest;
use super::verify::open;
use super::why::traced;
use crate::views::report::{explained, page};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::run::{Finished, simulate};
use floodnet_lab::why::Traced;
use floodnet_measure::Results;
use floodnet_text::format::count;

/// Write a page about a run: numbers, pictures and a player of the overlay
#[derive(Parser, Debug)]
pub(super) struct ReportArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// The file to write [default: report.html in the folder of the run]
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

impl Command for ReportArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let (manifest, loaded) = open(&self.run, cx.registry)?;
        let scenario = &loaded.scenario;
        let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
        let watch = &mut |progress| watcher.watch(progress);
        let ran = simulate(scenario, cx.registry.lab(), NonZeroUsize::MIN, watch);
        watcher.finish();
        let ran = ran.map_err(|error| loaded.complain(&error))?;
        let Some(Finished { results, .. }) = &ran.finished else { return Ok(()) };
        if !results.summary.complete {
            cx.console.note("  interrupted: no page was written");
            return Err(Failure::Interrupted);
        }
        same_digest(&manifest, &results.summary.digest)?;
        let traced = followed(&loaded, results, cx)?;
        let path = self.out.clone().unwrap_or_else(|| self.run.join("report.html"));
        let text = page(scenario, &ran.setup, results, &traced);
        write_whole(&path, &text)
            .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))?;
        if !cx.console.is_quiet() {
            cx.console.result(&format!("{}  {} bytes\n", path.display(), count(text.len() as u64)));
        }
        Ok(())
    }
}

/// The overlay of a run that came to these results, and the copies of the messages that the page explains.
pub(super) fn followed(loaded: &Loaded, results: &Results, cx: &Context<'_>) -> Result<Traced, Failure> {
    let traced = traced(loaded, Some(&explained(results)), cx)?;
    let (digest, found) = (&results.summary.digest, &traced.followed.digest);
    if digest != found {
        return Err(Failure::Determinism(format!(
            "the digest is {digest}, but running it again to record it gives {found}"
        )));
    }
    Ok(traced)
}
