//! `sim-cli run --runs N`

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::Format;
use super::command_trait::Context;
use super::console::Console;
use super::failure::Failure;
use super::files::{Loaded, threads};
use super::progress::Crowd;
use super::run_options::{RunOptions, run_failure};
use crate::build::BUILD;
use crate::registry::Registry;
use crate::views::run::latency_series;
use floodnet_lab::ensemble::keep::Keeper;
use floodnet_lab::ensemble::report::Report;
use floodnet_lab::ensemble::{self, Control, Failed};
use floodnet_lab::run::folder::{RESOLVED, default_folder, file, write_manifest};
use floodnet_lab::run::manifest::{Manifest, hash};
use floodnet_lab::run::{Cost, Ran};
use floodnet_measure::stats::decide::Decision;
use floodnet_measure::{seconds, tables};
use floodnet_plot::latency_cdf;
use floodnet_scenario::Scenario;
use floodnet_testbed::{self as testbed, RunError, Settings};
use floodnet_text::format::plural;

/// The results of all runs and what they cost.
struct Made {
    /// The number of runs that the user asked for; fewer are finished after Ctrl-C.
    asked: u32,
    report: Report,
    cost: Cost,
    nodes: u32,
    /// The value of `--backend`.
    backend: &'static str,
}

pub(super) fn execute(
    options: &RunOptions,
    count: u32,
    loaded: &Loaded,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let scenario = &loaded.scenario;
    let default = || PathBuf::from(format!("{}-x{count}", default_folder(scenario)));
    let sockets = options.backend.sockets(true).map_err(Failure::Usage)?;
    let folder = options.out.clone().unwrap_or_else(default);
    // Each run is kept as soon as it is finished, in a draft that becomes the folder at the end.
    let mut keeper = Keeper::begin(&folder, options.force, scenario, &BUILD, options.backend.name())
        .map_err(Failure::Failed)?;
    let missing = keeper.missing(count);
    if keeper.earlier(count) > 0 {
        let (all, earlier) = (plural(count as usize, "run"), keeper.earlier(count));
        cx.console.note(&format!("{}  {all}, {earlier} already done", scenario.name));
    }
    let crowd = Crowd::new(missing.len(), scenario.duration.after_start(), cx.console);
    let keep = |place: usize, scenario: &Scenario, ran: Ran| {
        let kept = keeper.keep(missing[place].0, scenario, ran);
        // Where one run cannot be written, the others cannot either.
        if kept.is_err() {
            crowd.stop();
        }
        kept
    };
    let seeds: Vec<u64> = missing.iter().map(|&(_, seed)| seed).collect();
    let ran = match sockets {
        Some(settings) => on_sockets(scenario, cx.registry, settings, &seeds, &crowd, &keep)
            .map_err(|failed| run_failure(loaded, failed)),
        None => ensemble::run_each(scenario, cx.registry.lab(), &seeds, threads(options.jobs), &crowd, &keep)
            .map_err(|failed| complain(loaded, &failed)),
    };
    crowd.finish();
    let new: io::Result<Vec<_>> = ran?.into_iter().flatten().filter_map(Result::transpose).collect();
    let new = new.map_err(|error| Failure::Failed(keeper.failed(&error)))?;
    let done = keeper.all(count, new);
    if done.is_empty() {
        cx.console.note("  interrupted before the first run was finished: nothing was written");
        return Err(Failure::Interrupted);
    }
    let nodes = done.first().map_or(0, |done| done.nodes);
    let cost = done.iter().fold(Cost::default(), |sum, done| sum.plus(done.cost));
    let kept = done.into_iter().map(|done| done.kept).collect();
    let report = Report::of(scenario, count as usize, kept);
    let made = Made { asked: count, report, cost, nodes, backend: options.backend.name() };
    let is_complete = made.report.complete;
    keeper
        .finish(count, is_complete, |folder| write(folder, scenario, &made, options))
        .map_err(Failure::Failed)?;
    tell(scenario, &made, keeper.folder(), options, cx.console)
}

/// As [`ensemble::run_each`] on sockets: one run after the other, for they share the machine's time.
fn on_sockets<T>(
    scenario: &Scenario,
    registry: &Registry,
    settings: Settings,
    seeds: &[u64],
    crowd: &Crowd,
    keep: &impl Fn(usize, &Scenario, Ran) -> T,
) -> Result<Vec<Option<T>>, RunError> {
    let mut kept = Vec::new();
    for (index, &seed) in seeds.iter().enumerate() {
        let scenario = Scenario { seed, ..scenario.clone() };
        let mut goes_on = true;
        let ran = testbed::run(&scenario, registry.sockets(), settings, &mut |progress| {
            goes_on = crowd.goes_on(index, progress);
            goes_on
        });
        let ran = match ran {
            Err(RunError::Interrupted) => break,
            ran => ran?,
        };
        if !goes_on {
            break;
        }
        kept.push(Some(keep(index, &scenario, ran)));
        crowd.finished(index);
    }
    Ok(kept)
}

/// The failure of a scenario that cannot be run, as for a single run.
fn complain(loaded: &Loaded, failed: &Failed) -> Failure {
    loaded.complain(&failed.why)
}

/// Writes what is computed from all runs.
fn write(folder: &Path, scenario: &Scenario, made: &Made, options: &RunOptions) -> io::Result<()> {
    let Made { report, cost, nodes, backend, .. } = made;
    let resolved = scenario.to_resolved_toml();
    let manifest = Manifest {
        scenario: scenario.name.clone(),
        config_hash: hash(&resolved),
        seed: scenario.seed,
        backend: (*backend).to_owned(),
        digest: report.digest(),
        complete: report.complete,
        runs: Some(report.runs),
        ..Manifest::new(&BUILD, cost, *nodes)
    };
    fs::write(folder.join("scenario.resolved.toml"), resolved)?;
    fs::write(folder.join("runs.json"), report.to_json())?;
    file(folder, "runs.csv", |to| report.write_csv(to))?;
    let curve = report.latencies.curve(report.receivers);
    file(folder, "latency.csv", |to| tables::write_latency_curve(to, &curve))?;
    if !options.no_pictures {
        let name = format!("{} runs", report.runs);
        let series = latency_series(&name, &report.latencies, report.receivers);
        let title = format!("{}: publish to delivery, {name}", scenario.name);
        let picture = latency_cdf(&title, &[series], &options.pictures.style());
        let (name, bytes) = options.pictures.file("latency.png", &picture);
        fs::write(folder.join(name), bytes)?;
    }
    write_manifest(folder, &manifest)
}

/// Prints the results; fails when an expectation is not met.
fn tell(
    scenario: &Scenario,
    made: &Made,
    folder: &Path,
    options: &RunOptions,
    console: &Console,
) -> Result<(), Failure> {
    let report = &made.report;
    let duration = seconds(scenario.duration.after_start());
    match options.format {
        Format::Json => console.result(&report.to_json()),
        Format::Text if !console.is_quiet() => {
            console.result(&report.to_text(made.nodes, duration, console.is_verbose()));
        }
        Format::Text => {}
    }
    let shown = folder.display();
    let resolved = floodnet_text::format::path(&folder.join(RESOLVED));
    let again = format!("sim-cli run {resolved}{}", options.backend.again());
    console.note(&format!("  results  {shown}"));
    console.note(&format!("  again    {again} --runs {}", made.asked));
    let not_held = || report.expect.iter().filter(|judged| judged.verdict != Decision::Holds);
    // The worst of what does not hold, else of the first expectation.
    let worst = not_held().chain(&report.expect).find_map(|judged| judged.worst.map(|worst| (judged, worst)));
    if let Some((judged, worst)) = worst {
        console.note(&format!("  worst    {again} --run-index {}   ({})", worst.run, judged.key));
    }
    if !report.complete {
        console.note(&format!(
            "  interrupted: the results cover the {} finished runs; run the same command again to go on",
            report.runs
        ));
        return Err(Failure::Interrupted);
    }
    let never = report.reach.iter().filter(|of| !of.is_reached()).map(|of| of.to_text());
    let complaints: Vec<String> = not_held().map(|judged| judged.complaint()).chain(never).collect();
    complaints.iter().for_each(|complaint| console.error(&format!("{}: {complaint}", scenario.name)));
    if complaints.is_empty() { Ok(()) } else { Err(Failure::Expectation) }
}
