//! `sim-cli log`

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use serde_json::{Value, json};

use super::args::Format;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use floodnet_lab::ensemble::text::align;
use floodnet_lab::run::shelf::{Shelved, runs_in};
use floodnet_measure::seed::Seed;
use floodnet_text::format::bytes;

/// List the runs in a folder: name, seed, digest, verdict, date, size
#[derive(Parser, Debug)]
pub(super) struct LogArgs {
    /// Folder of runs
    #[arg(default_value = "runs", value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

impl Command for LogArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let runs = read(&self.folder)?;
        match self.format {
            Format::Json => {
                let all: Vec<Value> = runs.iter().map(as_json).collect();
                let text = serde_json::to_string_pretty(&all).map_err(std::io::Error::other)?;
                cx.console.result(&format!("{text}\n"));
            }
            Format::Text if runs.is_empty() => {
                cx.console
                    .note(&format!("no run is in {}: sim-cli run SCENARIO makes one", self.folder.display()));
            }
            Format::Text => cx.console.result(&table(&runs)),
        }
        Ok(())
    }
}

/// The runs in `folder`.
pub(super) fn read(folder: &Path) -> Result<Vec<Shelved>, Failure> {
    runs_in(folder).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", folder.display())))
}

/// A line for each run below a line of headings.
fn table(runs: &[Shelved]) -> String {
    let heading = ["folder", "scenario", "seed", "digest", "verdict", "date (UTC)", "size"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(|run| {
        let made = &run.manifest;
        let scenario = match made.runs {
            Some(count) => format!("{} x {count}", made.scenario),
            None => made.scenario.clone(),
        };
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        vec![
            name(run),
            scenario,
            made.seed.to_string(),
            or_dash(&made.digest),
            run.verdict.to_owned(),
            date(run.at),
            bytes(run.bytes),
        ]
    }));
    align(&rows)
}

fn as_json(run: &Shelved) -> Value {
    let made = &run.manifest;
    json!({
        "folder": run.folder,
        "scenario": made.scenario,
        "seed": Seed(made.seed),
        "runs": made.runs,
        "backend": made.backend,
        "digest": made.digest,
        "verdict": run.verdict,
        "complete": made.complete,
        "date": date(run.at),
        "bytes": run.bytes,
    })
}

/// The name of a run's folder.
pub(super) fn name(run: &Shelved) -> String {
    run.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A date to the second, in UTC.
pub(super) fn date(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let at = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.map_or_else(|| "?".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_in_utc() {
        assert_eq!(date(UNIX_EPOCH + Duration::from_secs(1_000_000_000)), "2001-09-09T01:46:40Z");
    }
}
