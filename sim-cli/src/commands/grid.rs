//! `sim-cli run --sweep`: a sweep without a plan file.

use std::path::{Path, PathBuf};

use super::args::{Overrides, key_value};
use super::command_trait::Context;
use super::failure::Failure;
use super::files::{Loaded, NotLoaded, open};
use super::run_options::RunOptions;
use super::sweep::{Order, counted, refuse};
use floodnet_lab::bisect::range;
use floodnet_lab::sweep::index::{Index, Rule};
use floodnet_lab::sweep::plan::{PlanAxis, Purpose, SweepPlan};
use floodnet_lab::sweep::read::Setting;
use floodnet_lab::sweep::run::Part;
use floodnet_scenario::Diagnostics;

/// A key and its values.
pub(super) type Axis = (String, Vec<String>);

/// Runs per cell when none are asked for: as many as in a plan that does not say.
const RUNS: u32 = 20;

/// Reads `KEY=VALUES`.
pub(super) fn axis(text: &str) -> Result<Axis, String> {
    let (key, values) = key_value(text)?;
    if key == "seed" {
        return Err("seed cannot be swept: the seeds follow from --runs".to_owned());
    }
    Ok((key, range::values(&values)?))
}

/// Sweeps the scenario at `file`, which reads as `loaded`, over every combination of the values of `axes`.
pub(super) fn execute(
    (file, loaded): (&Path, &Loaded),
    overrides: &Overrides,
    axes: &[Axis],
    runs: Option<u32>,
    options: &RunOptions,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    refuse_options(file, axes, options)?;
    let scenario = &loaded.scenario;
    let seed = ("seed".to_owned(), scenario.seed.to_string());
    let plan = SweepPlan {
        name: scenario.name.clone(),
        scenario: file.to_owned(),
        runs: runs.unwrap_or(RUNS),
        metrics: Vec::new(),
        set: overrides
            .set
            .iter()
            .cloned()
            .chain([seed])
            .map(|(key, value)| Setting::plain(key, value))
            .collect(),
        axes: axes.iter().map(|(key, values)| PlanAxis::plain(key, values)).collect(),
        file: None,
        purpose: Purpose::Grid,
    };
    plan.check_size().map_err(Failure::Usage)?;
    let rule = Rule { runs: plan.runs, until_ci: None, max_runs: 0 };
    let load = |set: &[(String, String)]| match open(file, &Overrides { seed: None, set: set.to_vec() }, cx) {
        Ok(loaded) => Ok(loaded.scenario),
        Err(NotLoaded::Wrong(wrong)) => Err(wrong),
        // Standard input alone can fail so, and that is refused.
        Err(NotLoaded::Failed(_)) => {
            let title = "cannot read the scenario".to_owned();
            Err(Diagnostics::of_file(&file.display().to_string(), title, String::new()))
        }
    };
    let (index, scenarios) = Index::read(&plan, rule, &load).map_err(|wrong| refuse(wrong, file))?;
    let runs = scenarios.len() * index.rule.runs as usize;
    options.memory.check(&scenarios, (runs, options.jobs), cx)?;
    if options.dry_run {
        cx.console.result(&counted(&index, file));
        return Ok(());
    }
    let keys: Vec<&str> = axes.iter().map(|(key, _)| key.as_str()).collect();
    let default = || PathBuf::from(format!("runs/sweep-{}-{}", plan.name, keys.join("-")));
    let folder = options.out.clone().unwrap_or_else(default);
    if options.force && folder.exists() {
        let folder = folder.display();
        let why = format!(
            "--force does not replace the sweep in {folder}: name another folder with --out, or remove it"
        );
        return Err(Failure::Usage(why));
    }
    let (jobs, format, pictures) =
        (options.jobs, options.format.into(), (!options.no_pictures).then_some(&options.pictures));
    Order { index, scenarios, folder, part: Part::ALL, jobs, format, pictures }.execute(cx)
}

/// Refuses what a sweep cannot do.
fn refuse_options(file: &Path, axes: &[Axis], options: &RunOptions) -> Result<(), Failure> {
    let twice =
        axes.iter().enumerate().find(|(place, (key, _))| axes[..*place].iter().any(|(of, _)| of == key));
    let why = if let Some((_, (key, _))) = twice {
        format!("--sweep {key} is given twice: write all its values in one, with commas")
    } else if options.backend.name() != "sim" {
        "--sweep runs in the simulator only: leave --backend out".to_owned()
    } else if let Some(why) = options.needs_one_run() {
        why
    } else if file == Path::new("-") {
        "--sweep reads the scenario for each cell: write it to a file".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::Usage(why))
}
