//! Finished runs of one configuration, such as one side of a comparison or a cell of a sweep.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::config;
use super::table::Table;
use crate::run::folder::{run_index, run_name};
use floodnet_measure::metrics::Numbers;

/// Runs of one configuration.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Name of the side, as it is shown.
    pub name: String,
    /// The cell of a sweep; empty outside one.
    pub cell: String,
    /// The configuration, where it is known; see [`config::keys`].
    pub config: Option<BTreeMap<String, String>>,
    /// Seed of each run.
    pub seeds: Vec<u64>,
    /// Digest of each run.
    pub digests: Vec<String>,
    /// Metrics of each run.
    pub table: Table,
    /// What all of them ran on; none is the simulator.
    pub backend: Option<String>,
    /// Folder of each run, where they were read.
    pub folders: Vec<PathBuf>,
}

/// What is read of a `summary.json` besides its metrics.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(with = "floodnet_measure::seed")]
    pub(super) seed: u64,
    #[serde(default)]
    pub(super) digest: String,
    #[serde(default = "yes")]
    complete: bool,
    #[serde(default)]
    backend: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Side {
    /// A side called `name` of runs with these summaries, as the text of each.
    ///
    /// # Errors
    /// One is no summary, or of an interrupted run; the error begins with its place.
    pub fn of<'a>(
        name: &str,
        config: Option<BTreeMap<String, String>>,
        summaries: impl IntoIterator<Item = (String, &'a str)>,
    ) -> Result<Self, String> {
        let mut side = Self { name: name.to_owned(), config, ..Self::default() };
        let mut rows = Vec::new();
        for (place, text) in summaries {
            let head: Head = serde_json::from_str(text).map_err(|error| format!("{place}: {error}"))?;
            if !head.complete {
                return Err(format!("{place}: the run was interrupted: its numbers are not comparable"));
            }
            if !side.seeds.is_empty() && side.backend != head.backend {
                return Err(format!("{place}: its backend differs from that of the other runs"));
            }
            side.backend = head.backend;
            side.seeds.push(head.seed);
            // Runs on sockets have none, and are never the same.
            side.digests.extend(Some(head.digest).filter(|digest| !digest.is_empty()));
            rows.push(Numbers::parse(text).map_err(|error| format!("{place}: {error}"))?);
        }
        side.table = Table::of(rows);
        Ok(side)
    }

    /// Reads the results in `folder`: of one run, or of many.
    ///
    /// # Errors
    /// There are none, or they cannot be read; says what.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let shown = folder.display();
        let files = summaries_in(folder)?;
        let folders = files.iter().filter_map(|file| file.parent().map(Path::to_owned)).collect();
        let mut texts = Vec::new();
        for file in files {
            let place = file.display().to_string();
            let text = fs::read_to_string(&file).map_err(|error| {
                format!("{shown} has no results: {place}: {error}\nname a folder of a run, of many runs or of a sweep, or a scenario")
            })?;
            texts.push((place, text));
        }
        let resolved = fs::read_to_string(folder.join("scenario.resolved.toml")).ok();
        let config = resolved.as_deref().map(config::keys);
        let name = shown.to_string();
        let side = Self::of(&name, config, texts.iter().map(|(place, text)| (place.clone(), text.as_str())))?;
        Ok(Self { folders, ..side })
    }
}

/// The summaries of the run in `folder`, or of the runs in folders of its own there.
fn summaries_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = || fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let names = entries()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut runs: Vec<usize> = names.filter_map(|name| run_index(&name)).collect();
    runs.sort_unstable();
    let mut files: Vec<PathBuf> =
        runs.iter().map(|&run| folder.join(run_name(run)).join("summary.json")).collect();
    if files.is_empty() && !folder.join("summary.json").exists() {
        // Runs that were made one by one.
        let summaries = entries()?.flatten().map(|entry| entry.path().join("summary.json"));
        files = summaries.filter(|file| file.exists()).collect();
        files.sort_unstable();
    }
    if files.is_empty() {
        files.push(folder.join("summary.json"));
    }
    Ok(files)
}
