//! `sim-cli render`: a run is its scenario and seed, so pictures of any time are drawn by running it again.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Failure;
use super::console::Console;
use super::files::Loaded;
use super::progress::Watcher;
use crate::pictures::run as pictures;
use crate::pictures::run::What;
use crate::registry::Registry;
use floodnet_lab::run::folder::{read_manifest, run_name, write_whole};
use floodnet_lab::run::{Finished, simulate};
use floodnet_plot::Style;
use floodnet_plot::Theme;

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThemeName {
    Light,
    Dark,
}

impl From<ThemeName> for Theme {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Light => Self::Light,
            ThemeName::Dark => Self::Dark,
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct RenderArgs {
    /// Folder of the run
    pub(super) run: PathBuf,
    /// Which pictures
    #[arg(short, long, value_enum, default_value_t = What::All)]
    pub(super) what: What,
    /// Draw the graph at this time instead, such as 2min (may be repeated)
    #[arg(long, value_name = "TIME")]
    pub(super) at: Vec<String>,
    /// Light or dark
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    pub(super) theme: ThemeName,
    /// Folder of the pictures [default: the folder of the run]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

pub(super) fn execute(args: &RenderArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let manifest = read_manifest(&args.run).map_err(Failure::Failed)?;
    manifest.repeats().map_err(Failure::Usage)?;
    if let Some(runs) = manifest.runs {
        return Err(Failure::Usage(format!(
            "{} holds {runs} runs: name one of them, such as {}",
            args.run.display(),
            args.run.join(run_name(0)).display()
        )));
    }
    let file = args.run.join("scenario.resolved.toml");
    let mut set = Vec::new();
    if !args.at.is_empty() {
        let times: Vec<String> = args.at.iter().map(|time| format!("{time:?}")).collect();
        set.push(("output.topology".to_owned(), format!("[{}]", times.join(", "))));
    }
    let loaded = Loaded::read(&file, set, registry)?;
    let scenario = &loaded.scenario;
    let mut watcher = Watcher::new(scenario.duration.after_start(), console);
    let ran = simulate(scenario, registry.lab(), NonZeroUsize::MIN, &mut |progress| watcher.watch(progress));
    watcher.finish();
    let ran = ran.map_err(|error| loaded.complain(&error))?;
    let Some(Finished { results, .. }) = &ran.finished else { return Ok(()) };
    let digest = &results.summary.digest;
    if !results.summary.complete {
        return Err(Failure::Interrupted);
    }
    // An interrupted run has a digest of its own, which running to the end does not give.
    if manifest.complete && manifest.digest != *digest {
        return Err(Failure::Determinism(format!(
            "the run has digest {}, running it again gives {digest}: it was made by version {} ({}), this is {} ({})",
            manifest.digest,
            manifest.version,
            manifest.git,
            env!("CARGO_PKG_VERSION"),
            env!("FLOODNET_GIT"),
        )));
    }
    let folder = args.out.as_ref().unwrap_or(&args.run);
    fs::create_dir_all(folder)?;
    for (name, picture) in pictures::draw(&ran.setup, results, args.what, &Style { theme: args.theme.into() })
    {
        let path = folder.join(name);
        write_whole(&path, picture.to_png())?;
        if !console.is_quiet() {
            console.result(&format!("{}  {}x{}\n", path.display(), picture.width(), picture.height()));
        }
    }
    Ok(())
}
