//! `sim-cli run`

use std::path::{Path, PathBuf};

use super::console::Console;
use super::files::load;
use super::progress::Watcher;
use super::validate::{cost_ahead, describe};
use super::{Failure, Format, RunArgs};
use crate::measure::expect::{Outcome, Verdict};
use crate::registry::Registry;
use crate::run::folder::Place;
use crate::run::manifest::peak_bytes;
use crate::run::{Cost, Finished, Ran, prepare, run};
use crate::scenario::Scenario;

pub(super) fn execute(args: &RunArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let loaded = load(&args.file, &args.overrides, registry, console)?;
    let scenario = &loaded.scenario;
    if args.dry_run {
        let setup = prepare(scenario, registry).map_err(|error| loaded.complain(&error))?;
        console.result(&scenario.to_resolved_toml());
        console.note(&format!("{}\n{}", describe(scenario, &setup), cost_ahead(&setup)));
        return Ok(());
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(scenario));
    let place = Place::check(&folder, args.force).map_err(Failure::Failed)?;
    let mut watcher = Watcher::new(scenario.duration.after_start(), console);
    let ran = run(scenario, registry, &mut |progress| watcher.watch(progress));
    watcher.finish();
    let ran = ran.map_err(|error| loaded.complain(&error))?;
    place.write(scenario, &ran, !args.no_pictures).map_err(Failure::Failed)?;
    report(scenario, &ran, &place, args, console)
}

fn default_folder(scenario: &Scenario) -> PathBuf {
    Path::new("runs").join(format!("{}-{}", scenario.name, scenario.seed))
}

/// Prints what came of it, and says how it went.
fn report(
    scenario: &Scenario,
    ran: &Ran,
    place: &Place,
    args: &RunArgs,
    console: &Console,
) -> Result<(), Failure> {
    let Some(Finished { results, cost }) = &ran.finished else { return Ok(()) };
    let summary = &results.summary;
    match args.format {
        Format::Json => console.result(&summary.to_json()),
        Format::Text if !console.is_quiet() => console.result(&summary.to_text()),
        Format::Text => {}
    }
    if console.is_verbose() {
        console.note(&spent(cost, summary.nodes));
    }
    let shown = place.folder().display();
    console.note(&format!("  results  {shown}"));
    console.note(&format!("  again    sim-cli run {shown}/scenario.resolved.toml"));
    if !summary.complete {
        console.note("  interrupted: the results hold what happened until then");
        return Err(Failure::Interrupted);
    }
    let failed: Vec<&Verdict> =
        summary.expect.iter().filter(|verdict| verdict.verdict == Outcome::Fails).collect();
    for verdict in &failed {
        let Verdict { key, bound, .. } = verdict;
        console.error(&format!("{}: {key} is {}, expected {bound}", scenario.name, verdict.measured()));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Expectation) }
}

fn spent(cost: &Cost, nodes: u32) -> String {
    let memory = peak_bytes().map_or_else(String::new, |bytes| {
        format!(
            ", {:.0} MB at the peak, {} bytes per node",
            bytes as f64 / 1e6,
            bytes / u64::from(nodes.max(1))
        )
    });
    format!(
        "  cost     {:.2} s to set up, {:.2} s to run: {:.2} M events/s, {:.2} M packets/s{memory}",
        cost.setup_seconds,
        cost.run_seconds,
        cost.inputs_per_second() / 1e6,
        cost.packets_per_second() / 1e6,
    )
}
