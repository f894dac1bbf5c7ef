//! `sim-cli show`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value;

use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::log::{date, name};
use floodnet_lab::ensemble::text::align;
use floodnet_lab::run::folder::RESOLVED;
use floodnet_lab::run::shelf::{Shelved, runs_in};
use floodnet_measure::metrics::Summary;
use floodnet_text::format::{bytes, path, quoted};
use floodnet_text::spelling::nearest;

/// Show the results of a run again
#[derive(Parser, Debug)]
pub(super) struct ShowArgs {
    /// Folder of a run, or its name in the folder runs
    #[arg(value_name = "RUN")]
    pub(super) run: PathBuf,
}

impl Command for ShowArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let inside = Path::new("runs").join(&self.run);
        let run = Shelved::at(&self.run).or_else(|| Shelved::at(&inside)).ok_or_else(|| self.unknown())?;
        let text = match run.manifest.runs {
            Some(_) => many(&run),
            None => one(&run),
        };
        cx.console.result(&text.map_err(Failure::Failed)?);
        cx.console.result(&made(&run));
        Ok(())
    }
}

impl ShowArgs {
    fn unknown(&self) -> Failure {
        let shown = self.run.display();
        let runs: Vec<String> =
            runs_in(Path::new("runs")).into_iter().flatten().map(|run| name(&run)).collect();
        let near = nearest(&self.run.to_string_lossy(), runs.iter().map(String::as_str));
        let help = near
            .map_or_else(|| "`sim-cli log` lists runs".to_owned(), |near| format!("did you mean `{near}`?"));
        Failure::Usage(format!("{shown} is not the folder of a run: {help}"))
    }
}

fn read(run: &Shelved, file: &str) -> Result<String, String> {
    let file = run.folder.join(file);
    fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// The results of one run, as they were printed when it was made.
fn one(run: &Shelved) -> Result<String, String> {
    let text = read(run, "summary.json")?;
    let summary: Summary = serde_json::from_str(&text).map_err(|error| format!("summary.json: {error}"))?;
    Ok(summary.to_text())
}

/// The metrics of many runs.
fn many(run: &Shelved) -> Result<String, String> {
    let runs: Value =
        serde_json::from_str(&read(run, "runs.json")?).map_err(|error| format!("runs.json: {error}"))?;
    let mut rows = vec![["metric", "mean", "95 % interval", "runs"].map(str::to_owned).to_vec()];
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (metric, of) in runs["metrics"].as_object().into_iter().flatten().filter(|(_, of)| !of.is_null()) {
        let interval = match of["ci95"].as_array().map(Vec::as_slice) {
            Some([low, high]) => format!("{} .. {}", plain(low), plain(high)),
            _ => "-".to_owned(),
        };
        rows.push(vec![metric.clone(), plain(&of["mean"]), interval, plain(&of["runs"])]);
    }
    Ok(align(&rows))
}

/// What made it, and how to make it again.
fn made(run: &Shelved) -> String {
    let made = &run.manifest;
    let words: Vec<String> = made.argv.iter().map(|word| quoted(word)).collect();
    let runs = made.runs.map_or_else(String::new, |count| format!(" --runs {count}"));
    format!(
        "\n  made     {} by {} {} ({}), {}\n  with     {}\n  again    sim-cli run {}{runs}\n",
        date(run.at),
        made.program,
        made.version,
        made.git,
        bytes(run.bytes),
        words.join(" "),
        path(&run.folder.join(RESOLVED)),
    )
}
