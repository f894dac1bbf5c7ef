//! `sim-cli render`: a run is its scenario and seed, so pictures of any time are drawn by running it again.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::Loaded;
use super::picture_args::PictureArgs;
use super::progress::Watcher;
use crate::views::run as pictures;
use floodnet_lab::run::folder::{read_manifest, run_name, write_whole};
use floodnet_lab::run::manifest::Manifest;
use floodnet_lab::run::{Finished, simulate};
use floodnet_plot::{PICTURES, RunPicture};

/// The word for all pictures.
const ALL: &str = "all";

/// The names of pictures, each with what it shows.
fn picture_names() -> PossibleValuesParser {
    let named = |picture: &RunPicture| PossibleValue::new(picture.name).help(picture.about);
    PICTURES.iter().map(named).chain([PossibleValue::new(ALL).help("All of them")]).into()
}

/// Draw pictures of a finished run, at any time of it
#[derive(Parser, Debug)]
pub(super) struct RenderArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Which picture to draw
    #[arg(short, long, value_name = "NAME", default_value = ALL, value_parser = picture_names())]
    pub(super) what: String,
    /// Draw the graph at this time instead, e.g. 2min (may be repeated)
    #[arg(long, value_name = "TIME")]
    pub(super) at: Vec<String>,
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Output folder [default: the folder of the run]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

impl Command for RenderArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let manifest = read_manifest(&self.run).map_err(Failure::Failed)?;
        manifest.repeats().map_err(Failure::Usage)?;
        if let Some(runs) = manifest.runs {
            return Err(Failure::Usage(format!(
                "{} has {runs} runs; name one of them, e.g. {}",
                self.run.display(),
                self.run.join(run_name(0)).display()
            )));
        }
        let file = self.run.join("scenario.resolved.toml");
        let mut set = Vec::new();
        if !self.at.is_empty() {
            let times: Vec<String> = self.at.iter().map(|time| format!("{time:?}")).collect();
            set.push(("output.topology".to_owned(), format!("[{}]", times.join(", "))));
        }
        let loaded = Loaded::read(&file, set, cx.registry)?;
        let scenario = &loaded.scenario;
        let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
        let ran =
            simulate(scenario, cx.registry.lab(), NonZeroUsize::MIN, &mut |progress| watcher.watch(progress));
        watcher.finish();
        let ran = ran.map_err(|error| loaded.complain(&error))?;
        // Pictures of a part of the run, or of another run, must not lie beside the stored figures.
        let Some(Finished { results, .. }) = &ran.finished else { return Ok(()) };
        if !results.summary.complete {
            cx.console.note("  interrupted: nothing was drawn");
            return Err(Failure::Interrupted);
        }
        same_digest(&manifest, &results.summary.digest)?;
        let folder = self.out.as_ref().unwrap_or(&self.run);
        let cannot = |path: &Path, error: std::io::Error| {
            Failure::Failed(format!("cannot write {}: {error}", path.display()))
        };
        fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
        let what = (self.what != ALL).then_some(self.what.as_str());
        for (name, picture) in pictures::draw(&ran.setup, results, what, &self.pictures.style()) {
            let (name, bytes) = self.pictures.file(&name, &picture);
            let path = folder.join(name);
            write_whole(&path, bytes).map_err(|error| cannot(&path, error))?;
            if !cx.console.is_quiet() {
                cx.console.result(&format!("{}  {}x{}\n", path.display(), picture.width(), picture.height()));
            }
        }
        Ok(())
    }
}

/// Checks that the run drawn is the run stored.
pub(super) fn same_digest(manifest: &Manifest, digest: &str) -> Result<(), Failure> {
    // An interrupted run has a digest of its own, which running to the end does not give.
    if !manifest.complete || manifest.digest == digest {
        return Ok(());
    }
    Err(Failure::Determinism(format!(
        "the stored digest is {}, but running it again gives {digest}; it was made by version {} ({}), this is {} ({})",
        manifest.digest,
        manifest.version,
        manifest.git,
        env!("CARGO_PKG_VERSION"),
        env!("FLOODNET_GIT"),
    )))
}
