//! `sim-cli init`

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::{Failure, template_names};
use crate::registry::Registry;
use floodnet_lab::run::folder::write_whole;
use floodnet_scenario::{schema, templates};

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// Folder of the scenario
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// Which scenario to start from
    #[arg(short, long, value_name = "NAME", default_value = templates()[0].name, value_parser = template_names())]
    pub(super) template: String,
    /// Replace files that are there
    #[arg(long)]
    pub(super) force: bool,
}

pub(super) fn execute(args: &InitArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let mut known = templates().iter();
    let unknown = || Failure::Usage(format!("no template is called `{}`", args.template));
    let template = known.find(|template| template.name == args.template).ok_or_else(unknown)?;
    let scenario = args.dir.join(format!("{}.toml", template.name));
    let schema_file = args.dir.join("scenario.schema.json");
    if scenario.exists() && !args.force {
        let shown = scenario.display();
        return Err(Failure::Failed(format!("{shown} is there already: replace it with --force")));
    }
    fs::create_dir_all(&args.dir).map_err(|error| failed(&args.dir, &error))?;
    write_whole(&scenario, template.text).map_err(|error| failed(&scenario, &error))?;
    // The schema is generated: a newer one serves an older scenario as well.
    let text = format!("{:#}\n", schema(registry.tables()));
    write_whole(&schema_file, text).map_err(|error| failed(&schema_file, &error))?;
    if !console.is_quiet() {
        console.result(&format!("wrote {}\nwrote {}\n", scenario.display(), schema_file.display()));
        console.result(&format!("next: sim-cli run {}\n", scenario.display()));
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("cannot write {}: {error}", path.display()))
}
