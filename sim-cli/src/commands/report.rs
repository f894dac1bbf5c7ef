//! `sim-cli report`: one file to send to a colleague, made by running the scenario again.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::stored::{again, open};
use super::why::traced;
use crate::views::many::{comparison_page, sweep_page};
use crate::views::report::{explained, page};
use floodnet_lab::compare::{self, Comparison};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::sweep::output::Outcome;
use floodnet_lab::sweep::store::{Store, is_sweep};
use floodnet_lab::why::Traced;
use floodnet_measure::Results;
use floodnet_text::format::count;

/// Write a page about a run or a sweep, or about two results side by side
#[derive(Parser, Debug)]
pub(super) struct ReportArgs {
    /// Folder of a run or of a sweep; with NEW: the results to compare with
    #[arg(value_name = "RESULTS")]
    pub(super) run: PathBuf,
    /// Folder of the results that are compared with the first: runs or sweeps
    #[arg(value_name = "NEW")]
    pub(super) new: Option<PathBuf>,
    /// The file to write [default: report.html in the folder; with NEW there is no default]
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

impl Command for ReportArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        if let Some(new) = &self.new {
            // Either folder may have a page of its own.
            if self.out.is_none() {
                return Err(Failure::Usage("name the file for a comparison with --out".to_owned()));
            }
            return self.write(new, &comparison(&self.run, new)?, cx);
        }
        if is_sweep(&self.run) {
            return self.write(&self.run, &swept(&self.run)?, cx);
        }
        let (manifest, loaded) = open(&self.run, cx.registry)?;
        let (setup, results) = again(&manifest, &loaded, "no page was written", cx)?;
        let traced = followed(&loaded, &results, cx)?;
        self.write(&self.run, &page(&loaded.scenario, &setup, &results, &traced), cx)
    }
}

impl ReportArgs {
    /// Writes the page about what is in `folder`.
    fn write(&self, folder: &Path, text: &str, cx: &Context<'_>) -> Result<(), Failure> {
        let path = self.out.clone().unwrap_or_else(|| folder.join("report.html"));
        write_whole(&path, text).map_err(|error| Failure::unwritable(&path, &error))?;
        if !cx.console.is_quiet() {
            cx.console.result(&format!("{}  {} bytes\n", path.display(), count(text.len() as u64)));
        }
        Ok(())
    }
}

/// The page of the sweep in `folder`.
fn swept(folder: &Path) -> Result<String, Failure> {
    let store = Store::open(folder).map_err(Failure::Failed)?;
    let outcome = Outcome::of(&store);
    if !outcome.is_complete() {
        let (complete, all) = outcome.cells();
        return Err(Failure::Failed(format!(
            "only {complete} of {all} cells of {} are complete: run the same sweep again to go on",
            folder.display()
        )));
    }
    Ok(sweep_page(&outcome))
}

/// The page of the results in `new` against those in `base`.
fn comparison(base: &Path, new: &Path) -> Result<String, Failure> {
    let [base, new] = [compare::read(base), compare::read(new)];
    let (base, new) = (base.map_err(Failure::Failed)?, new.map_err(Failure::Failed)?);
    let comparison = Comparison::of(&base, &new, &[], None).map_err(Failure::Usage)?;
    comparison_page(&comparison, &base, &new).map_err(Failure::Failed)
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
