//! `sim-cli init`

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use floodnet_lab::run::folder::write_whole;
use floodnet_scenario::{schema, templates};

/// Write a commented scenario to start from
#[derive(Parser, Debug)]
pub(super) struct InitArgs {
    /// Folder for the scenario
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Template to start from
    #[arg(short, long, value_name = "NAME", default_value = templates()[0].name, value_parser = template_names())]
    pub(super) template: String,
    /// Replace existing files
    #[arg(long)]
    pub(super) force: bool,
}

impl Command for InitArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut known = templates().iter();
        let unknown = || Failure::Usage(format!("no template is called `{}`", self.template));
        let template = known.find(|template| template.name == self.template).ok_or_else(unknown)?;
        let scenario = self.dir.join(format!("{}.toml", template.name));
        let schema_file = self.dir.join("scenario.schema.json");
        if scenario.exists() && !self.force {
            let shown = scenario.display();
            return Err(Failure::Failed(format!("{shown} exists: use --force to replace it")));
        }
        fs::create_dir_all(&self.dir).map_err(|error| failed(&self.dir, &error))?;
        write_whole(&scenario, template.text).map_err(|error| failed(&scenario, &error))?;
        // The schema is generated: a newer one serves an older scenario as well.
        let text = format!("{:#}\n", schema(cx.registry.tables()));
        write_whole(&schema_file, text).map_err(|error| failed(&schema_file, &error))?;
        if !cx.console.is_quiet() {
            cx.console.result(&format!("wrote {}\nwrote {}\n", scenario.display(), schema_file.display()));
            cx.console.result(&format!("next: sim-cli run {}\n", scenario.display()));
        }
        Ok(())
    }
}

/// The names of the templates, each with what it shows.
fn template_names() -> PossibleValuesParser {
    templates().iter().map(|template| PossibleValue::new(template.name).help(template.about)).into()
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("cannot write {}: {error}", path.display()))
}
