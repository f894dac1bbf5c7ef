//! `sim-cli merge`

use std::path::PathBuf;

use clap::Parser;

use super::args::Format;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::sweep::tell;
use floodnet_lab::sweep::output::Outcome;
use floodnet_lab::sweep::store::{Gather, Store};

/// Join the parts of a split sweep
#[derive(Parser, Debug)]
pub(super) struct MergeArgs {
    /// Folders of the parts
    #[arg(required = true, value_name = "DIR")]
    pub(super) parts: Vec<PathBuf>,
    /// Output folder
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
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
        let store = Store::create(&self.out, first.index.clone()).map_err(Failure::Failed)?;
        store.gather(&parts).map_err(|why| match why {
            Gather::Differ(what) => {
                Failure::Determinism(format!("{what}: two parts have different results of the same run"))
            }
            Gather::Write(error) => {
                Failure::Failed(format!("cannot write to {}: {error}", self.out.display()))
            }
        })?;
        let (complete, all) = Outcome::of(&store).cells();
        if complete < all {
            return Err(Failure::Failed(format!(
                "only {complete} of {all} cells are complete: finish these parts, or add the missing ones"
            )));
        }
        tell(&store, self.format, true, cx.console)
    }
}
