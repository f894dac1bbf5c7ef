//! `sim-cli new`

mod annotated;
mod copied;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;

use self::annotated::annotated;
use self::copied::copied;
use crate::commands::args::Overrides;
use crate::commands::command_trait::{Command, Context};
use crate::commands::failure::Failure;
use crate::commands::files::{invalid, load};
use crate::commands::init::finish;
use floodnet_lab::run::folder::{MANIFEST, RESOLVED, write_whole};
use floodnet_scenario::{Scenario, templates};

/// Write a scenario of your own from any other
#[derive(Parser, Debug)]
#[command(
    after_help = "From a scenario its text is taken over, comments and all, with FILE as its name. From a run every key is \
                  written with what it means; those that have their default stand behind a `#`.\n\n\
                  Examples: sim-cli new mine.toml --from world\n          sim-cli new again.toml --from runs/churn-42"
)]
pub(super) struct NewArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to start from: a scenario, the name of a built-in one, the folder of a run, or - for standard input
    #[arg(long, value_name = "SCENARIO", default_value = templates()[0].name)]
    from: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

impl Command for NewArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let name = self.name()?;
        let is_run = self.from.join(MANIFEST).is_file();
        let source = if is_run { self.from.join(RESOLVED) } else { self.from.clone() };
        let loaded = load(&source, &Overrides::default(), cx)?;
        let text = if is_run {
            let scenario = Scenario { name, ..loaded.scenario };
            annotated(&scenario, &self.from, cx.registry.tables())
        } else {
            copied(&loaded.text()?, &name, source.parent().unwrap_or(Path::new("")))
        };
        // What is written can be run.
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let shown = self.file.display().to_string();
        Scenario::parse(&shown, &text, folder, &[], cx.registry.tables()).map_err(|wrong| invalid(&wrong))?;
        if self.file.exists() && !self.force {
            return Err(Failure::Failed(format!("{shown} exists: use --force to replace it")));
        }
        fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, &error))?;
        write_whole(&self.file, text).map_err(|error| Failure::unwritable(&self.file, &error))?;
        finish(&self.file, cx)
    }
}

impl NewArgs {
    /// The name of the scenario: that of its file.
    fn name(&self) -> Result<String, Failure> {
        let shown = self.file.display();
        if self.file.is_dir() {
            return Err(Failure::Usage(format!("{shown} is a folder: name the file to write in it")));
        }
        if self.file.extension().is_none_or(|extension| extension != "toml") {
            return Err(Failure::Usage(format!("a scenario is a TOML file: write {shown}.toml")));
        }
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if stem.chars().all(is_plain) {
            return Ok(stem.into_owned());
        }
        Err(Failure::Usage(format!(
            "`{stem}` cannot be the name of a scenario: only letters, digits, `-`, `_` and `.`"
        )))
    }
}
