//! `sim-cli merge`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::sweep::tell;
use super::{Failure, Format};
use floodnet_lab::sweep::output::Outcome;
use floodnet_lab::sweep::store::{Gather, Store};

#[derive(Args, Debug)]
pub(super) struct MergeArgs {
    /// Folders of the parts
    #[arg(required = true, value_name = "DIR")]
    pub(super) parts: Vec<PathBuf>,
    /// Folder of the whole
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

pub(super) fn execute(args: &MergeArgs, console: &Console) -> Result<(), Failure> {
    let parts: Result<Vec<Store>, String> = args.parts.iter().map(|part| Store::open(part)).collect();
    let parts = parts.map_err(Failure::Failed)?;
    let Some(first) = parts.first() else { return Ok(()) };
    if let Some(other) = parts.iter().find(|part| part.index != first.index) {
        return Err(Failure::Usage(format!(
            "{} and {} are parts of different sweeps: their sweep.json differ",
            first.folder().display(),
            other.folder().display()
        )));
    }
    let store = Store::create(&args.out, first.index.clone()).map_err(Failure::Failed)?;
    store.gather(&parts).map_err(|why| match why {
        Gather::Differ(what) => {
            Failure::Determinism(format!("{what}: two parts have different results of the same run"))
        }
        Gather::Write(error) => Failure::Failed(format!("cannot write to {}: {error}", args.out.display())),
    })?;
    let (complete, all) = Outcome::of(&store).cells();
    if complete < all {
        return Err(Failure::Failed(format!(
            "only {complete} of {all} cells are complete in these parts: finish them, or name the parts that are missing"
        )));
    }
    tell(&store, args.format, console)
}
