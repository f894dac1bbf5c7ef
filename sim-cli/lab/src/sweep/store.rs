//! The folder of a sweep.
//!
//! ```text
//! sweep.json                the cells
//! cells/CONFIG-SEED.json    the summary of a run, written whole
//! table.csv, results.json   every cell over its runs, once all are there
//! METRIC.png (or METRIC.svg)
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::index::{Cell, Index};
use crate::ensemble::side::Side;
use crate::run::claim::Claim;
use crate::run::folder::{is_unfinished, remove_unfinished, write_whole};
use floodnet_measure::metrics::Numbers;

/// The file that tells the folder of a sweep from any other.
const INDEX: &str = "sweep.json";

/// The folder of the summaries.
const CELLS: &str = "cells";

/// The tables of a finished sweep or bake-off; besides these there are pictures.
const RESULTS: [&str; 3] = ["table.csv", "table.md", "results.json"];

/// The folder of a sweep.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Cells of the sweep.
    pub index: Index,
    /// The right to write there; none of a sweep that is only read.
    _claim: Option<Claim>,
}

/// The runs of one cell that count.
#[derive(Clone, Debug)]
pub struct Runs {
    /// The text of each summary, in the order of the seeds.
    pub texts: Vec<String>,
    /// The metrics of each.
    pub numbers: Vec<Numbers>,
    /// Whether these are enough.
    pub is_complete: bool,
}

/// Why parts could not be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gather {
    /// The same run has different results in two parts: which.
    Differ(String),
    /// A file cannot be written.
    Write(String),
}

/// Whether `folder` is that of a sweep.
#[must_use]
pub fn is_sweep(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// Whether `folder` holds nothing, or only what a process leaves that was killed before it had written the index: such a
/// part must be able to start again.
fn is_free(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let is_empty = || fs::read_dir(&path).map(|mut entries| entries.next().is_none());
        let is_waiting = path.ends_with(CELLS) && path.is_dir() && is_empty()?;
        if !is_unfinished(&path) && !is_waiting {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The cells of the sweep in `folder`, for comparison.
///
/// # Errors
/// It cannot be read.
pub fn sides(folder: &Path) -> Result<Vec<Side>, String> {
    let store = Store::open(folder)?;
    let mut sides = Vec::new();
    for cell in &store.index.cells {
        let side = store.side(cell)?;
        if !side.seeds.is_empty() {
            sides.push(Side { cell: store.index.label(cell), ..side });
        }
    }
    Ok(sides)
}

impl Store {
    /// Opens the sweep in `folder`.
    ///
    /// # Errors
    /// There is none, or it cannot be read; says what.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let path = folder.join(INDEX);
        let text = fs::read_to_string(&path).map_err(|error| {
            format!("{} is not the folder of a sweep: {}: {error}", folder.display(), path.display())
        })?;
        let index = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { folder: folder.to_owned(), index, _claim: None })
    }

    /// Takes over the runs of `parts` that count.
    ///
    /// # Errors
    /// Two parts have the same run with different results (says which), or a file cannot be written.
    pub fn gather(&self, parts: &[Self]) -> Result<(), Gather> {
        for cell in &self.index.cells {
            let mut numbers = Vec::new();
            for number in 0..self.index.most() {
                let seed = self.index.seed_of(number);
                let mut found: Option<(String, Numbers)> = None;
                for part in parts {
                    let Some(run) = part.read(cell, seed) else { continue };
                    if found.as_ref().is_some_and(|(text, _)| *text != run.0) {
                        let what = format!("{}, seed {seed}", self.index.label(cell));
                        return Err(Gather::Differ(what));
                    }
                    found.get_or_insert(run);
                }
                let Some((text, run)) = found else {
                    // With a rule that looks at the runs in order, those after a gap do not count.
                    if self.index.rule.until_ci.is_some() {
                        break;
                    }
                    continue;
                };
                self.keep(cell, seed, &text).map_err(|error| Gather::Write(error.to_string()))?;
                numbers.push(run);
                if self.index.rule.until_ci.is_some() && self.index.enough(&numbers).1 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Makes `folder` that of the sweep `index`, or goes on there: runs that are there are kept, of the same
    /// cells or of others.
    ///
    /// # Errors
    /// The folder holds something else, or cannot be written, or another process writes to it.
    pub fn create(folder: &Path, index: Index) -> Result<Self, String> {
        let shown = folder.display();
        let failed = |error: io::Error| format!("cannot write to {shown}: {error}");
        let absolute = std::path::absolute(folder).map_err(failed)?;
        let claim = Claim::of(&absolute).map_err(|taken| Claim::refusal(folder, &taken))?;
        if !is_sweep(folder) && !is_free(folder).map_err(failed)? {
            return Err(format!(
                "{shown} contains other files: choose another folder with --out (nothing was changed)"
            ));
        }
        // What a killed process has left in the folder itself would else stay beside the results.
        let cells = folder.join(CELLS);
        fs::create_dir_all(&cells).map_err(failed)?;
        [folder, cells.as_path()].into_iter().try_for_each(remove_unfinished).map_err(failed)?;
        let store = Self { folder: folder.to_owned(), index, _claim: Some(claim) };
        // Results of another plan, or of fewer runs, are not those of this one.
        store.drop_results().map_err(failed)?;
        store.write(INDEX, store.index.to_json())?;
        Ok(store)
    }

    /// Path of the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, cell: &Cell, seed: u64) -> PathBuf {
        self.folder.join(CELLS).join(format!("{}-{seed}.json", cell.config))
    }

    /// Takes away tables and pictures.
    fn drop_results(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_picture =
                path.extension().is_some_and(|extension| extension == "png" || extension == "svg");
            let is_table = RESULTS.iter().any(|name| path.ends_with(name));
            if is_picture || is_table {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Whether the run of `cell` with `seed` is there. A file that is no summary of it is none.
    #[must_use]
    pub fn has(&self, cell: &Cell, seed: u64) -> bool {
        self.read(cell, seed).is_some()
    }

    /// The summary of a run, and its metrics.
    fn read(&self, cell: &Cell, seed: u64) -> Option<(String, Numbers)> {
        let text = fs::read_to_string(self.path(cell, seed)).ok()?;
        let head: serde_json::Value = serde_json::from_str(&text).ok()?;
        let numbers = Numbers::parse(&text).ok()?;
        let found = floodnet_measure::seed::deserialize(&head["seed"]).ok()?;
        (found == seed).then_some((text, numbers))
    }

    /// The runs of `cell` that count: in the order of their seeds, without a gap, up to where they are enough.
    #[must_use]
    pub fn runs(&self, cell: &Cell) -> Runs {
        let found = (0..self.index.most()).map_while(|number| self.read(cell, self.index.seed_of(number)));
        let (mut texts, mut numbers): (Vec<String>, Vec<Numbers>) = found.unzip();
        let (count, is_complete) = self.index.enough(&numbers);
        texts.truncate(count);
        numbers.truncate(count);
        Runs { texts, numbers, is_complete }
    }

    /// The runs of `cell` that count, for comparison.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn side(&self, cell: &Cell) -> Result<Side, String> {
        let (folder, runs) = (self.folder.display().to_string(), self.runs(cell));
        let place = format!("{folder}, {}", self.index.label(cell));
        let summaries = runs.texts.iter().map(|text| (place.clone(), text.as_str()));
        Side::of(&folder, Some(self.index.common.clone()), summaries)
    }

    /// The cells that need more runs: each in words, with the seeds that are missing. Where intervals decide how many
    /// runs there are, only the next seed is known.
    #[must_use]
    pub fn missing(&self) -> Vec<(String, Vec<u64>)> {
        let seeds = |cell: &Cell| -> Vec<u64> {
            let runs = self.runs(cell);
            if runs.is_complete {
                return Vec::new();
            }
            if self.index.rule.until_ci.is_some() {
                return vec![self.index.seed_of(runs.texts.len() as u32)];
            }
            let all = (0..self.index.rule.runs).map(|number| self.index.seed_of(number));
            all.filter(|&seed| !self.has(cell, seed)).collect()
        };
        let cells = self.index.cells.iter().map(|cell| (self.index.label(cell), seeds(cell)));
        cells.filter(|(_, seeds)| !seeds.is_empty()).collect()
    }

    /// Keeps the summary of a run, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, cell: &Cell, seed: u64, summary: &str) -> io::Result<()> {
        write_whole(&self.path(cell, seed), summary)
    }

    /// Writes a file of the results.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), String> {
        let path = self.folder.join(name);
        write_whole(&path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}
