//! `sweep --emit`: files that run a sweep on a batch system, instead of running it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::command_trait::Context;
use super::failure::Failure;
use super::picture_style_args::PictureArgs;
use floodnet_lab::emit::write;
use floodnet_lab::sweep::batch::{self, Bundle, Emission, NotPortable};
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
        if let Some(image) = self.image.as_ref().filter(|image| !is_image(image)) {
            return Err(Failure::Usage(format!(
                "`{image}` is no name of an image: such as registry.example/floodnet:1"
            )));
        }
        let bundle = Bundle::of(path, plan, scenarios, protocols).map_err(|why| refused(&why))?;
        let (image, look) = (self.image.clone(), pictures.to_options());
        let emission = Emission { system: system.into(), parts, jobs, image, look };
        let files = batch::files(index, &bundle, &emission, &std::env::current_exe()?);
        let word = system.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        let folder = out.map_or_else(|| PathBuf::from(format!("{word}-{}", index.name)), Path::to_owned);
        write(&folder, &files).map_err(Failure::Failed)?;
        cx.console.note(&format!("  written  {}: {runs} runs in {parts} parts", folder.display()));
        cx.console.note(&format!("  next     see {}", folder.join("README.md").display()));
        Ok(())
    }
}

/// Whether images can have this name. It stands in scripts and in YAML, which take nothing else as it is.
fn is_image(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:@".contains(c))
}

fn refused(why: &NotPortable) -> Failure {
    Failure::Usage(match why {
        NotPortable::FromRoot(file) => format!(
            "the plan or its scenario names {} from the root, where other machines may not have it: name it from the \
             folder of the scenario",
            file.display()
        ),
        NotPortable::Name(plan) => format!(
            "the name {plan:?} has a character that scripts of batch systems cannot hold: call the plan otherwise"
        ),
    })
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
