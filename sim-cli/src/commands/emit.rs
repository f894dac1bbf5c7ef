//! `sweep --emit`: files that run a sweep on a batch system, instead of running it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::command_trait::Context;
use super::failure::Failure;
use super::picture_args::PictureArgs;
use floodnet_lab::run::folder::Place;
use floodnet_lab::sweep::batch::{self, Bundle, Content, Emission, NotPortable};
use floodnet_lab::sweep::index::Index;
use floodnet_lab::sweep::plan::SweepPlan;
use floodnet_scenario::Scenario;

/// The most parts when none are asked for.
const PARTS: usize = 40;

/// A batch system.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Slurm,
    Kubernetes,
    Ray,
    Parallel,
}

/// Options of `sweep` about batch systems.
#[derive(Args, Debug)]
pub(super) struct EmitOptions {
    /// Do not run: write a folder that runs the sweep on this batch system
    #[arg(long, value_enum, value_name = "SYSTEM", conflicts_with_all = ["partition", "dry_run"])]
    emit: Option<System>,
    /// Number of parts, with --emit [default: as many as runs, at most 40]
    #[arg(long, value_name = "N", requires = "emit", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    parts: Option<u32>,
    /// Name of the container image, with --emit kubernetes [default: floodnet-NAME:latest]
    #[arg(long, value_name = "NAME", requires = "emit")]
    image: Option<String>,
}

impl EmitOptions {
    /// Whether files are to be written instead of running.
    pub(super) const fn is_asked(&self) -> bool {
        self.emit.is_some()
    }

    /// Writes the folder for the plan at `path`, to `out` or one that is named after the sweep.
    pub(super) fn execute(
        &self,
        (path, plan): (&Path, &SweepPlan),
        (index, scenarios): (&Index, &[Scenario]),
        (jobs, pictures): (u16, &PictureArgs),
        out: Option<&Path>,
        cx: &Context<'_>,
    ) -> Result<(), Failure> {
        let Some(system) = self.emit else { return Ok(()) };
        if jobs == 0 {
            return Err(Failure::Usage(
                "--jobs 0 means the cores of this machine: say how many a part gets".to_owned(),
            ));
        }
        let runs = index.cells.len() * index.rule.runs as usize;
        // Where the intervals decide how many runs there are, a cell is made by one part.
        let most = if index.rule.until_ci.is_some() { index.cells.len() } else { runs };
        let parts = self.parts.unwrap_or_else(|| u32::try_from(most.min(PARTS)).unwrap_or(1));
        let protocols = cx.registry.lab();
        let bundle = Bundle::of(path, plan, scenarios, protocols).map_err(|NotPortable(file)| {
            Failure::Usage(format!(
                "the plan or its scenario names {} from the root, where other machines may not have it: name it \
                 from the folder of the scenario",
                file.display()
            ))
        })?;
        if let Some(letter) = bundle.unquotable() {
            return Err(Failure::Usage(format!(
                "scripts of batch systems cannot name the plan {}, because of the character {letter:?}: rename it",
                path.display()
            )));
        }
        let (image, look) = (self.image.clone(), pictures.to_options());
        let emission = Emission { system: system.into(), parts, jobs, image, look };
        let files = batch::files(index, &bundle, &emission, &std::env::current_exe()?);
        let word = system.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let folder = out.map_or_else(|| PathBuf::from(format!("{word}-{}", index.name)), Path::to_owned);
        let place = Place::claim(&folder, false).map_err(Failure::Failed)?;
        let draft = place.draft().map_err(Failure::Failed)?;
        for (name, content) in &files {
            put(&draft.path().join(name), content).map_err(|error| Failure::Failed(place.failed(&error)))?;
        }
        place.finish(&draft).map_err(Failure::Failed)?;
        cx.console.note(&format!("  written  {}: {runs} runs in {parts} parts", folder.display()));
        cx.console.note(&format!("  next     see {}", folder.join("README.md").display()));
        Ok(())
    }
}

impl From<System> for batch::System {
    fn from(system: System) -> Self {
        match system {
            System::Slurm => Self::Slurm,
            System::Kubernetes => Self::Kubernetes,
            System::Ray => Self::Ray,
            System::Parallel => Self::Parallel,
        }
    }
}

fn put(path: &Path, content: &Content) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match content {
        Content::Text(text) => fs::write(path, text),
        Content::Script(text) => {
            fs::write(path, text)?;
            make_executable(path)
        }
        Content::CopyOf(file) => fs::copy(file, path).map(drop),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
