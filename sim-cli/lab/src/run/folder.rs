//! The folder of a run: written beside its place and moved there when it is whole, so that nothing is ever
//! half-written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use super::claim::{Claim, Taken};
use super::labels::SlotLabels;
use super::manifest::{Build, Manifest, hash};
pub use super::whole::{Whole, is_unfinished, remove_unfinished, write_whole};
use super::{Finished, Ran};
use floodnet_core::time::Time;
use floodnet_measure::{Results, seconds, tables};
use floodnet_scenario::Scenario;
use floodnet_scenario::build::Setup;
use floodnet_text::MADE_BY;

/// The file that tells a folder of a run from any other.
pub const MANIFEST: &str = "manifest.json";
/// What is needed to go on with runs that are not all made yet; see [`crate::ensemble::keep`].
pub const RESUME: &str = "resume.json";
/// The scenario with every default filled in.
pub const RESOLVED: &str = "scenario.resolved.toml";

/// So many bytes of a picture are searched for who made it.
const PICTURE_HEAD: u64 = 1024;

/// Draws the pictures of a run: the name of each file and its bytes. It is called when the tables are written, so
/// that the memory of drawing is not counted as the run's.
pub type Draw<'a> = &'a dyn Fn(&Setup, &Results) -> Vec<(PathBuf, Vec<u8>)>;

/// Where a run is to be written, and the right to do so: while it is there, no other process writes there.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    absolute: PathBuf,
    force: bool,
    _claim: Claim,
}

impl Place {
    /// Claims `folder` for a run: it does not exist, or is empty, or holds a run and nothing else and `force` says
    /// to replace that.
    ///
    /// # Errors
    /// It cannot be claimed; says why and what to do.
    pub fn claim(folder: &Path, force: bool) -> Result<Self, String> {
        Self::claim_if(folder, force, |_| false)
    }

    /// As [`Place::claim`], and also takes a folder that holds a run of which `goes_on` says that this one goes on
    /// with it.
    ///
    /// # Errors
    /// As [`Place::claim`].
    pub fn claim_if(folder: &Path, force: bool, goes_on: impl Fn(&Path) -> bool) -> Result<Self, String> {
        let absolute = std::path::absolute(folder).map_err(|error| cannot_write(folder, &error))?;
        if absolute.file_name().is_none() {
            return Err(format!("{} cannot be an output folder: choose another one", folder.display()));
        }
        // What cannot be taken is refused before anything is touched, and looked at again once nobody else writes.
        check(folder, &absolute, force || goes_on(&absolute))?;
        let claim = Claim::of(&absolute).map_err(|taken: Taken| Claim::refusal(folder, &taken))?;
        let force = force || goes_on(&absolute);
        check(folder, &absolute, force)?;
        Ok(Self { folder: folder.to_owned(), absolute, force, _claim: claim })
    }

    /// The folder of the run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes everything about a run.
    ///
    /// # Errors
    /// Something cannot be written; then nothing is left behind, and what stood there stands there still.
    pub fn write(&self, build: &Build, scenario: &Scenario, ran: &Ran, draw: Draw<'_>) -> Result<(), String> {
        let draft = self.draft()?;
        write_run(draft.path(), build, scenario, ran, draw).map_err(|error| self.failed(&error))?;
        self.finish(&draft)
    }

    /// A folder beside the place to write into, empty. It goes away unless [`Place::finish`] takes it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn draft(&self) -> Result<Draft, String> {
        let draft = Draft(Some(self.unfinished()));
        // What a killed process may have left.
        let made = remove(draft.path()).and_then(|()| fs::create_dir_all(draft.path()));
        made.map_err(|error| self.failed(&error))?;
        Ok(draft)
    }

    /// A draft that goes on with the unfinished results at `from`: the place itself, or [`Place::unfinished`].
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn draft_of(&self, from: &Path) -> Result<Draft, String> {
        let draft = Draft(Some(self.unfinished()));
        if from != draft.path() {
            remove(draft.path()).map_err(|error| self.failed(&error))?;
            fs::rename(from, draft.path()).map_err(|error| self.failed(&error))?;
        }
        Ok(draft)
    }

    /// The path of the folder of the run, independent of the working directory.
    #[must_use]
    pub fn absolute(&self) -> &Path {
        &self.absolute
    }

    /// Where a draft stands; what a process leaves there that ended before it was finished.
    #[must_use]
    pub fn unfinished(&self) -> PathBuf {
        self.sibling(".", "partial")
    }

    /// Where the tables of a run that goes on are kept: beside its place, for people to see.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.sibling("", "checkpoint")
    }

    /// Puts the finished draft in its place.
    ///
    /// # Errors
    /// It cannot be moved; then what stood there stands there still.
    pub fn finish(&self, draft: &Draft) -> Result<(), String> {
        // A run takes a while: somebody may have put something there.
        check(&self.folder, &self.absolute, self.force)?;
        self.move_in(draft.path()).map_err(|error| self.failed(&error))?;
        // The run stands there, and says more than its checkpoint.
        let _ = remove(&self.checkpoint());
        Ok(())
    }

    /// How an error of writing here is told.
    pub fn failed(&self, error: &io::Error) -> String {
        cannot_write(&self.folder, error)
    }

    /// Puts the finished draft in its place.
    fn move_in(&self, draft: &Path) -> io::Result<()> {
        let old = self.sibling(".", "old");
        remove(&old)?;
        let replaces = self.absolute.exists();
        if replaces {
            fs::rename(&self.absolute, &old)?;
        }
        if let Err(error) = fs::rename(draft, &self.absolute) {
            if replaces {
                fs::rename(&old, &self.absolute)?;
            }
            return Err(error);
        }
        remove(&old)
    }

    /// A folder beside the run's.
    fn sibling(&self, before: &str, what: &str) -> PathBuf {
        let name = self.absolute.file_name().unwrap_or_default().to_string_lossy();
        self.absolute.with_file_name(format!("{before}{name}.{what}"))
    }
}

fn cannot_write(folder: &Path, error: &io::Error) -> String {
    format!("cannot write to {}: {error}", folder.display())
}

/// Whether a run can be put into `folder`, which stands at `absolute`.
fn check(folder: &Path, absolute: &Path, force: bool) -> Result<(), String> {
    let shown = folder.display();
    match holds(absolute).map_err(|error| cannot_write(folder, &error))? {
        Holds::Other(name) => Err(format!(
            "{shown} contains {name}, which is not part of a run: choose another folder with --out (nothing was changed)"
        )),
        Holds::Run if !force => {
            Err(format!("{shown} already has a run: use --force to replace it, or another --out"))
        }
        Holds::Run | Holds::Nothing => Ok(()),
    }
}

/// A folder in the making. What still stands there in the end, after an error or a panic too, goes away, unless it
/// is kept.
#[derive(Debug)]
pub struct Draft(Option<PathBuf>);

impl Draft {
    /// Path of the folder.
    ///
    /// # Panics
    /// Never: only [`Draft::keep`] takes the path away, and the draft with it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.as_deref().expect("a draft has a path until it is kept")
    }

    /// Leaves the folder where it is.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = self.0.as_deref().map(remove);
    }
}

/// What is in a folder.
pub(super) enum Holds {
    Nothing,
    /// The files of a run, and no others.
    Run,
    /// Something else: the name of one.
    Other(String),
}

pub(super) fn holds(folder: &Path) -> io::Result<Holds> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holds::Nothing),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_one_of_many = run_index(&name).is_some();
        let ours = if is_one_of_many {
            matches!(holds(&folder.join(&name))?, Holds::Run)
        } else {
            is_of_run(folder, &name)
        };
        names.push((ours, name));
    }
    // What is not ours comes first.
    names.sort_unstable();
    Ok(match names.into_iter().next() {
        None => Holds::Nothing,
        // Other programs have manifests too, so it must read as that of a run.
        Some((true, _)) if read_manifest(folder).is_ok() => Holds::Run,
        Some((_, name)) => Holds::Other(name),
    })
}

/// The folder of a run of `scenario`, if the user names no other.
#[must_use]
pub fn default_folder(scenario: &Scenario) -> String {
    format!("runs/{}-{}", scenario.name, scenario.seed)
}

/// The folder of the run `index` within that of many.
#[must_use]
pub fn run_name(index: usize) -> String {
    format!("run-{index:03}")
}

/// The index of the run whose folder has this name.
#[must_use]
pub fn run_index(name: &str) -> Option<usize> {
    let index = name.strip_prefix("run-")?.parse().ok()?;
    (run_name(index) == name).then_some(index)
}

/// Whether this file is one of a run, or a picture or report of it.
fn is_of_run(folder: &Path, name: &str) -> bool {
    let fixed = [
        MANIFEST,
        RESOLVED,
        RESUME,
        "summary.json",
        "timeseries.csv",
        "messages.csv",
        "latency.csv",
        "labels.csv",
        "lives.csv",
        "links.csv",
        "arrivals.csv",
        "receivers.csv",
        "report.html",
        "runs.json",
        "runs.csv",
    ];
    let ends = |endings: &[&str]| endings.iter().any(|end| name.ends_with(end));
    // What `export` writes, and the graph at a time.
    let is_graph = ["topology", "overlay"].iter().any(|start| name.starts_with(start))
        && ends(&[".graphml", ".gexf", ".dot", ".edges"]);
    let is_picture = ends(&[".png", ".svg"]) && is_ours(&folder.join(name));
    is_graph || is_picture || fixed.contains(&name)
}

/// Whether a picture says that this program drew it, as all that `floodnet_plot` draws do at their beginning.
fn is_ours(picture: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(picture).and_then(|file| file.take(PICTURE_HEAD).read_to_end(&mut head));
    read.is_ok() && head.windows(MADE_BY.len()).any(|words| words == MADE_BY.as_bytes())
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes the files of a run into `folder`, which is there.
///
/// # Errors
/// One cannot be written.
pub fn write_run(
    folder: &Path,
    build: &Build,
    scenario: &Scenario,
    ran: &Ran,
    draw: Draw<'_>,
) -> io::Result<()> {
    let Some(finished) = &ran.finished else { return Ok(()) };
    let Finished { results, cost, tcp } = finished;
    let resolved = scenario.to_resolved_toml();
    let summary = &results.summary;
    let manifest = Manifest {
        scenario: scenario.name.clone(),
        config_hash: hash(&resolved),
        seed: scenario.seed,
        digest: summary.digest.clone(),
        backend: summary.backend.clone().unwrap_or_else(|| "sim".to_owned()),
        tcp: tcp.clone(),
        complete: summary.complete,
        ..Manifest::new(build, cost, summary.nodes)
    };
    fs::write(folder.join(RESOLVED), resolved)?;
    each_table(&ran.setup, results, |name, write| file(folder, name, |to| write(to)))?;
    for (name, bytes) in draw(&ran.setup, results) {
        fs::write(folder.join(name), bytes)?;
    }
    write_manifest(folder, &manifest)
}

/// Writes `manifest.json`.
///
/// # Errors
/// It cannot be written.
pub fn write_manifest(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let text = serde_json::to_string_pretty(manifest).map_err(io::Error::other)?;
    fs::write(folder.join(MANIFEST), text + "\n")
}

/// Writes one file of `folder`.
///
/// # Errors
/// It cannot be written.
pub fn file(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut to = BufWriter::new(File::create(folder.join(name))?);
    write(&mut to)?;
    to.flush()
}

/// A function that writes a table.
type WriteTable<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Hands over each file of a run that has the same bytes wherever and however it is made.
fn each_table(
    setup: &Setup,
    results: &Results,
    mut give: impl FnMut(&str, WriteTable<'_>) -> io::Result<()>,
) -> io::Result<()> {
    give("summary.json", &|to| to.write_all(results.summary.to_json().as_bytes()))?;
    give("timeseries.csv", &|to| tables::write_timeseries(to, &results.timeseries))?;
    give("messages.csv", &|to| tables::write_messages(to, &results.messages))?;
    give("latency.csv", &|to| tables::write_latency_curve(to, &results.latency_curve()))?;
    for graph in &results.topologies {
        let name = format!("topology{}.graphml", suffix(graph.at, setup));
        give(&name, &|to| tables::write_graphml(to, graph, &SlotLabels(setup)))?;
    }
    if let Some(labels) = &setup.labels {
        give("labels.csv", &|to| tables::write_labels(to, labels))?;
    }
    Ok(())
}

/// What tells the files of one time from those of another; nothing at the end of the run.
#[must_use]
pub fn suffix(at: Time, setup: &Setup) -> String {
    if at == setup.plan.duration { String::new() } else { format!("-{}s", seconds(at)) }
}

/// The files of a run that have the same bytes wherever and however it is made, by name.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn tables_of(setup: &Setup, results: &Results) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let written = each_table(setup, results, |name, write| {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        files.push((name.to_owned(), bytes));
        Ok(())
    });
    written.expect("memory takes what is written");
    files
}

/// Reads the manifest of the run in `folder`.
///
/// # Errors
/// There is none, or it cannot be read; says what.
pub fn read_manifest(folder: &Path) -> Result<Manifest, String> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| {
        format!("{} is not the folder of a run: {}: {error}", folder.display(), path.display())
    })?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
