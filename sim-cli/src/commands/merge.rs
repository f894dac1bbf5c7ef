//! `sim-cli merge`

use std::path::PathBuf;

use clap::Parser;

use super::args::TableFormat;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::picture_style_args::PictureArgs;
use super::sweep::tell;
use floodnet_lab::sweep::plan::Purpose;
use floodnet_lab::sweep::store::{Gather, Store};

/// How many incomplete cells, and seeds of each, are named.
const CELLS: usize = 10;
const SEEDS: usize = 5;

/// Join the parts of a split sweep or bake-off
#[derive(Parser, Debug)]
pub(super) struct MergeArgs {
    /// Folders of the parts
    #[arg(required = true, value_name = "DIR")]
    pub(super) parts: Vec<PathBuf>,
    /// Output folder
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub(super) format: TableFormat,
}

impl Command for MergeArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let parts: Result<Vec<Store>, String> = self.parts.iter().map(|part| Store::open(part)).collect();
        let parts = parts.map_err(Failure::Failed)?;
        let Some(first) = parts.first() else { return Ok(()) };
        if let Some(other) = parts.iter().find(|part| part.index != first.index) {
            return Err(Failure::Usage(format!(
                "{} and {} are parts of different sweeps: their sweep.json differ",
                first.folder().display(),
                other.folder().display()
            )));
        }
        if self.format == TableFormat::Markdown && first.index.purpose == Purpose::Grid {
            return Err(Failure::Usage(
                "--format markdown is for bake-offs: a sweep is text or json".to_owned(),
            ));
        }
        let store = Store::create(&self.out, first.index.clone()).map_err(Failure::Failed)?;
        store.gather(&parts).map_err(|why| match why {
            Gather::Differ(what) => {
                Failure::Determinism(format!("{what}: two parts have different results of the same run"))
            }
            Gather::Write(error) => {
                Failure::Failed(format!("cannot write to {}: {error}", self.out.display()))
            }
        })?;
        let missing = store.missing();
        if !missing.is_empty() {
            return Err(Failure::Failed(incomplete(&missing, store.index.cells.len())));
        }
        tell(&store, self.format, Some(&self.pictures), cx.console)
    }
}

/// Says which runs of a sweep of `all` cells are missing.
fn incomplete(missing: &[(String, Vec<u64>)], all: usize) -> String {
    let mut text = format!("only {} of {all} cells are complete; missing:", all - missing.len());
    // A few show what it is about.
    for (cell, seeds) in missing.iter().take(CELLS) {
        let first: Vec<String> = seeds.iter().take(SEEDS).map(u64::to_string).collect();
        let more = seeds
            .len()
            .checked_sub(SEEDS + 1)
            .map_or(String::new(), |more| format!(" and {} more", more + 1));
        let cell = if cell.is_empty() { String::new() } else { format!("{cell}: ") };
        let word = if seeds.len() == 1 { "seed" } else { "seeds" };
        text.push_str(&format!("\n  {cell}{word} {}{more}", first.join(", ")));
    }
    if missing.len() > CELLS {
        text.push_str(&format!("\n  and {} more cells", missing.len() - CELLS));
    }
    text + "\nFinish these parts or add the missing ones; or make them here: sweep (or bakeoff) PLAN --out with this folder"
}
