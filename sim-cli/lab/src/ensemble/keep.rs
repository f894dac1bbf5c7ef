//! The folder of many runs while they are made: each run is kept, whole, as soon as it is finished, so that the same
//! command goes on where it was cut.
//!
//! ```text
//! scenario.resolved.toml    what all runs are of
//! resume.json               what makes them; as long as runs are missing
//! run-000/ ..               each run, with what the report over all of them needs in its own resume.json
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::report::Kept;
use super::seeds::seed;
use super::side::Head;
use crate::run::folder::{
    Draft, Place, RESOLVED, RESUME, remove, run_index, run_name, write_run, write_whole,
};
use crate::run::manifest::Build;
use crate::run::{Cost, Ran};
use floodnet_measure::latency::Latencies;
use floodnet_measure::metrics::Numbers;
use floodnet_scenario::Scenario;

/// The folder of many runs of one scenario.
#[derive(Debug)]
pub struct Keeper<'a> {
    scenario: &'a Scenario,
    build: &'a Build,
    place: Place,
    draft: Option<Draft>,
    earlier: BTreeMap<usize, Done>,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Done {
    /// What the report over all runs needs of it.
    pub kept: Kept,
    /// What it took.
    pub cost: Cost,
    /// Slots of its network.
    pub nodes: u32,
}

/// What all runs of a folder are made by; others do not go on with them.
#[derive(PartialEq, Serialize, Deserialize)]
struct Origin {
    version: String,
    git: String,
    backend: String,
}

/// What is kept of a run besides its own files.
#[derive(Serialize, Deserialize)]
struct Rest {
    nodes: u32,
    receivers: u64,
    latencies: Latencies,
    setup_seconds: f64,
    run_seconds: f64,
    finish_seconds: f64,
    inputs: u64,
    packets: u64,
}

impl<'a> Keeper<'a> {
    /// Claims `folder` for runs of `scenario` on `backend`, and takes over the finished ones of the same that an
    /// earlier process has left there, unless `force` says to begin anew.
    ///
    /// # Errors
    /// The folder holds something else, or cannot be written; says what to do.
    pub fn begin(
        folder: &Path,
        force: bool,
        scenario: &'a Scenario,
        build: &'a Build,
        backend: &str,
    ) -> Result<Self, String> {
        let origin =
            Origin { version: build.version.into(), git: build.git.into(), backend: backend.to_owned() };
        let resolved = scenario.to_resolved_toml();
        let is_same = |folder: &Path| !force && is_unfinished(folder, &origin, &resolved);
        let place = Place::claim_if(folder, force, is_same)?;
        let unfinished = place.unfinished();
        let found = [place.absolute(), &unfinished].into_iter().find(|folder| is_same(folder));
        let draft = match found {
            Some(found) => place.draft_of(found)?,
            None => place.draft()?,
        };
        let failed = |error: io::Error| place.failed(&error);
        let text = serde_json::to_string_pretty(&origin).map_err(|error| error.to_string())?;
        fs::write(draft.path().join(RESOLVED), &resolved).map_err(failed)?;
        fs::write(draft.path().join(RESUME), text + "\n").map_err(failed)?;
        let earlier = take_over(draft.path(), scenario).map_err(failed)?;
        Ok(Self { scenario, build, place, draft: Some(draft), earlier })
    }

    /// Where the results will be.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// How many of `count` runs there are already.
    #[must_use]
    pub fn earlier(&self, count: u32) -> usize {
        self.earlier.range(..count as usize).count()
    }

    /// The runs, of `count`, that are still to be made, each with its seed.
    #[must_use]
    pub fn missing(&self, count: u32) -> Vec<(usize, u64)> {
        let all = (0..count).map(|number| (number as usize, seed(self.scenario.seed, number)));
        all.filter(|(index, _)| !self.earlier.contains_key(index)).collect()
    }

    /// Writes the run `index`, whole or not at all, and returns what is kept of it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, index: usize, scenario: &Scenario, ran: Ran) -> io::Result<Option<Done>> {
        let Some(draft) = &self.draft else { return Ok(None) };
        let (partial, folder) =
            (draft.path().join(format!(".{}.partial", run_name(index))), draft.path().join(run_name(index)));
        remove(&partial)?;
        fs::create_dir_all(&partial)?;
        write_run(&partial, self.build, scenario, &ran, &|_, _| Vec::new())?;
        let Some(finished) = ran.finished else { return Ok(None) };
        let (nodes, cost) = (finished.results.summary.nodes, finished.cost);
        let kept = Kept::of(index, finished.results);
        let rest = Rest {
            nodes,
            receivers: kept.receivers,
            latencies: kept.latencies.clone(),
            setup_seconds: cost.setup_seconds,
            run_seconds: cost.run_seconds,
            finish_seconds: cost.finish_seconds,
            inputs: cost.inputs,
            packets: cost.packets,
        };
        write_whole(&partial.join(RESUME), serde_json::to_string(&rest).map_err(io::Error::other)?)?;
        fs::rename(&partial, &folder)?;
        Ok(Some(Done { kept, cost, nodes }))
    }

    /// The earlier runs of `count` and the `new` ones, in order.
    #[must_use]
    pub fn all(&self, count: u32, new: impl IntoIterator<Item = Done>) -> Vec<Done> {
        let mut all: BTreeMap<usize, Done> =
            self.earlier.range(..count as usize).map(|(index, done)| (*index, done.clone())).collect();
        all.extend(new.into_iter().map(|done| (done.kept.index, done)));
        all.into_values().collect()
    }

    /// Adds what `write` writes of all `count` runs, and puts the folder in its place. If `is_complete`, nobody has
    /// to go on there, and what was kept for that goes away.
    ///
    /// # Errors
    /// Something cannot be written; the finished runs are kept.
    pub fn finish(
        &mut self,
        count: u32,
        is_complete: bool,
        write: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), String> {
        if let Some(draft) = &self.draft {
            let written = write(draft.path()).and_then(|()| tidy(draft.path(), count, is_complete));
            written.map_err(|error| self.place.failed(&error))?;
            self.place.finish(draft)?;
        }
        self.draft = None;
        Ok(())
    }

    /// How an error of writing here is told.
    #[must_use]
    pub fn failed(&self, error: &io::Error) -> String {
        self.place.failed(error)
    }
}

/// Finished runs stay whatever ends the process; the same command goes on with them.
impl Drop for Keeper<'_> {
    fn drop(&mut self) {
        if let Some(draft) = self.draft.take()
            && runs_in(draft.path()).is_ok_and(|runs| !runs.is_empty())
        {
            draft.keep();
        }
    }
}

/// Whether `folder` has runs that somebody can go on with: of the scenario `resolved`, made by `origin`.
fn is_unfinished(folder: &Path, origin: &Origin, resolved: &str) -> bool {
    let text = |name| fs::read_to_string(folder.join(name)).ok();
    let found: Option<Origin> = text(RESUME).and_then(|text| serde_json::from_str(&text).ok());
    found.as_ref() == Some(origin) && text(RESOLVED).as_deref() == Some(resolved)
}

/// The numbers of the runs in `folder`.
fn runs_in(folder: &Path) -> io::Result<Vec<usize>> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder)? {
        runs.extend(run_index(&entry?.file_name().to_string_lossy()));
    }
    Ok(runs)
}

/// The runs in `folder`. What is not whole, or not of this scenario, goes away.
fn take_over(folder: &Path, scenario: &Scenario) -> io::Result<BTreeMap<usize, Done>> {
    let mut found = BTreeMap::new();
    for index in runs_in(folder)? {
        let path = folder.join(run_name(index));
        match read(&path, index, scenario) {
            Some(done) => drop(found.insert(index, done)),
            None => remove(&path)?,
        }
    }
    Ok(found)
}

/// The finished run in `folder`.
fn read(folder: &Path, index: usize, scenario: &Scenario) -> Option<Done> {
    let text = |name| fs::read_to_string(folder.join(name)).ok();
    let summary = text("summary.json")?;
    let head: Head = serde_json::from_str(&summary).ok()?;
    let rest: Rest = serde_json::from_str(&text(RESUME)?).ok()?;
    let number = u32::try_from(index).ok()?;
    let kept = Kept {
        index,
        seed: head.seed,
        digest: head.digest,
        numbers: Numbers::parse(&summary).ok()?,
        latencies: rest.latencies,
        receivers: rest.receivers,
    };
    let cost = Cost {
        setup_seconds: rest.setup_seconds,
        run_seconds: rest.run_seconds,
        finish_seconds: rest.finish_seconds,
        inputs: rest.inputs,
        packets: rest.packets,
        ..Cost::default()
    };
    (kept.seed == seed(scenario.seed, number)).then_some(Done { kept, cost, nodes: rest.nodes })
}

/// Takes away what is not of `count` runs and, if they are complete, what is only needed to go on.
fn tidy(folder: &Path, count: u32, is_complete: bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_cut = name.starts_with('.') && path.is_dir();
        match run_index(&name) {
            Some(index) if index >= count as usize => remove(&path)?,
            Some(_) if is_complete => fs::remove_file(path.join(RESUME))?,
            None if is_cut => remove(&path)?,
            _ => {}
        }
    }
    if is_complete { fs::remove_file(folder.join(RESUME)) } else { Ok(()) }
}
