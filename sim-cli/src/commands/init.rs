//! `sim-cli init`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use crate::builtin_scenarios;
use floodnet_lab::run::folder::write_whole;
use floodnet_scenario::{schema, templates};
use floodnet_text::format::path;

/// Write a commented scenario to start from
#[derive(Parser, Debug)]
pub(super) struct InitArgs {
    /// Folder for the scenario
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
    /// What to start from: a template, or another scenario of the program
    #[arg(short, long, value_name = "NAME", default_value = templates()[0].name, value_parser = template_names())]
    pub(super) template: String,
    /// Show the names of all that can be started from, and what each asks
    #[arg(long)]
    pub(super) list: bool,
    /// Replace existing files
    #[arg(long)]
    pub(super) force: bool,
}

impl Command for InitArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        if self.list {
            let width = builtin_scenarios::names().iter().map(|name| name.len()).max().unwrap_or(0);
            let line = |name: &str| format!("{name:width$}  {}\n", about(name));
            let lines: String = names().map(line).collect();
            cx.console.result(&lines);
            return Ok(());
        }
        let text = text(&self.template)
            .ok_or_else(|| Failure::Usage(format!("no scenario is called `{}`", self.template)))?;
        let scenario = self.dir.join(format!("{}.toml", self.template));
        if scenario.exists() && !self.force {
            let shown = scenario.display();
            return Err(Failure::Failed(format!("{shown} exists: use --force to replace it")));
        }
        fs::create_dir_all(&self.dir).map_err(|error| Failure::unwritable(&self.dir, &error))?;
        write_whole(&scenario, text).map_err(|error| Failure::unwritable(&scenario, &error))?;
        finish(&scenario, cx)
    }
}

/// Writes the schema beside a scenario that was written, and says so.
pub(super) fn finish(scenario: &Path, cx: &Context<'_>) -> Result<(), Failure> {
    // The schema is generated: a newer one serves an older scenario as well.
    let text = format!("{:#}\n", schema(cx.registry.tables()));
    let schema_file = scenario.with_file_name("scenario.schema.json");
    write_whole(&schema_file, text).map_err(|error| Failure::unwritable(&schema_file, &error))?;
    if !cx.console.is_quiet() {
        cx.console.result(&format!("wrote {}\nwrote {}\n", scenario.display(), schema_file.display()));
        cx.console.result(&format!("next: sim-cli run {}\n", path(scenario)));
    }
    Ok(())
}

/// What can be started from: the templates, then the other scenarios of the program.
fn names() -> impl Iterator<Item = &'static str> {
    let is_template = |name: &str| templates().iter().any(|template| template.name == name);
    let others = builtin_scenarios::names().into_iter().filter(move |name| !is_template(name));
    templates().iter().map(|template| template.name).chain(others)
}

/// The text of one. A template comes before a scenario of the same name.
fn text(name: &str) -> Option<&'static str> {
    let template = templates().iter().find(|template| template.name == name);
    template.map(|template| template.text).or_else(|| builtin_scenarios::text(name))
}

/// What it asks, as it says itself.
fn about(name: &str) -> String {
    if let Some(template) = templates().iter().find(|template| template.name == name) {
        return template.about.to_owned();
    }
    let lines = text(name).unwrap_or_default().lines();
    let about = lines.filter_map(|line| line.strip_prefix("about = \"")?.strip_suffix('"'));
    about.map(str::to_owned).next().unwrap_or_default()
}

/// The names, each with what it asks.
fn template_names() -> PossibleValuesParser {
    names().map(|name| PossibleValue::new(name).help(about(name))).collect::<Vec<_>>().into()
}
