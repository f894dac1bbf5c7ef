//! The tables of a long run while it goes on: if the machine fails, what was measured until then is there.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::folder::{RESOLVED, Whole, write_whole};
use floodnet_measure::so_far::SoFar;
use floodnet_measure::{seconds, tables};
use floodnet_scenario::Scenario;

/// The file that says how far the run had come. Its name tells the folder from that of a run.
const MARK: &str = "checkpoint.json";

/// Keeps the tables of one run.
#[derive(Debug)]
pub struct Checkpoints<'a> {
    scenario: &'a Scenario,
    folder: PathBuf,
    every: Duration,
    next: Instant,
    /// Why the last one could not be written, until somebody asks.
    failed: Option<io::Error>,
}

/// `checkpoint.json`.
#[derive(Serialize)]
struct Mark<'a> {
    scenario: &'a str,
    #[serde(with = "floodnet_measure::seed")]
    seed: u64,
    /// Always false: tables of a part of the run.
    complete: bool,
    at_s: f64,
    duration_s: f64,
}

impl<'a> Checkpoints<'a> {
    /// Keeps the tables of a run of `scenario` in `folder`, not more often than once in `every` of real time.
    #[must_use]
    pub fn new(scenario: &'a Scenario, folder: PathBuf, every: Duration) -> Self {
        Self { scenario, folder, every, next: clock() + every, failed: None }
    }

    /// Writes the tables if it is time. What stood there stands there until the new ones are whole. An error does
    /// not end the run, which may still have room for its results.
    pub fn look(&mut self, run: &SoFar<'_>) {
        if clock() < self.next || run.at() >= self.scenario.duration.after_start() {
            return;
        }
        self.failed = self.write(run).err();
        // From now: a run that is slow to write its tables does not only write.
        self.next = clock() + self.every;
    }

    /// Why the last checkpoint could not be written; told once.
    pub fn failure(&mut self) -> Option<String> {
        let error = self.failed.take()?;
        Some(format!("cannot write the checkpoint {}: {error}", self.folder.display()))
    }

    fn write(&self, run: &SoFar<'_>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let table = |name: &str, write: &dyn Fn(&mut Whole) -> io::Result<()>| {
            let mut to = Whole::begin(&self.folder.join(name))?;
            write(&mut to)?;
            to.flush()?;
            to.end()
        };
        table("timeseries.csv", &|to| tables::write_timeseries(to, run.timeseries()))?;
        table("messages.csv", &|to| tables::write_messages(to, &run.messages()))?;
        write_whole(&self.folder.join(RESOLVED), self.scenario.to_resolved_toml())?;
        let mark = Mark {
            scenario: &self.scenario.name,
            seed: self.scenario.seed,
            complete: false,
            at_s: seconds(run.at()),
            duration_s: seconds(self.scenario.duration.after_start()),
        };
        let text = serde_json::to_string_pretty(&mark).map_err(io::Error::other)?;
        write_whole(&self.folder.join(MARK), text + "\n")
    }
}

/// The clock of the machine: when tables are kept is all that depends on it.
fn clock() -> Instant {
    Instant::now()
}
