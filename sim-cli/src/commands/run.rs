//! `sim-cli run`

use std::path::{Path, PathBuf};

use clap::Args;
use floodnet_sim::Memory;

use super::backend::BackendOptions;
use super::console::Console;
use super::files::{Loaded, load, threads};
use super::progress::Watcher;
use super::validate::{cost_ahead, describe};
use super::{Failure, Format, Overrides, runs};
use crate::build::BUILD;
use crate::pictures::run as pictures;
use crate::registry::Registry;
use floodnet_lab::ensemble;
use floodnet_lab::run::folder::Place;
use floodnet_lab::run::manifest::peak_bytes;
use floodnet_lab::run::{Cost, Finished, Ran, prepare, simulate};
use floodnet_lab::run::{Kernels, TcpRunInfo};
use floodnet_measure::Results;
use floodnet_measure::expect::{Checked, Outcome};
use floodnet_scenario::Scenario;
use floodnet_scenario::setup::Setup;
use floodnet_testbed::{self as testbed, Nodes, RunError, Settings};

#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The scenario
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// Independent runs, each with a seed of its own: means over them with intervals of 95 %
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: Option<u32>,
    /// Repeat one of many runs alone, by its number from 0
    #[arg(long, value_name = "K", conflicts_with = "runs")]
    pub(super) run_index: Option<u32>,
    /// Folder of the results [default: runs/NAME-SEED, of N runs runs/NAME-SEED-xN]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Replace the run that is in the folder
    #[arg(long)]
    pub(super) force: bool,
    /// Check and prepare, but do not run
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Draw no pictures
    #[arg(long)]
    pub(super) no_pictures: bool,
    /// Threads, 0 for one per core; the results are the same for any number. Many runs go side by side
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) backend: BackendOptions,
}

/// What went wrong on sockets, as a failure of the command.
pub(super) fn run_failure(loaded: &Loaded, run_failure: RunError) -> Failure {
    match run_failure {
        RunError::Scenario(complaint) => loaded.complain(&complaint),
        RunError::Failed(why) => Failure::Failed(why),
        RunError::Interrupted => Failure::Interrupted,
    }
}

pub(super) fn execute(args: &RunArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let mut loaded = load(&args.file, &args.overrides, registry, console)?;
    if let Some(index) = args.run_index {
        loaded.scenario.seed = ensemble::seed(loaded.scenario.seed, index);
    }
    let scenario = &loaded.scenario;
    let sockets = args.backend.sockets(args.runs.is_some()).map_err(Failure::Usage)?;
    if args.dry_run {
        let setup = prepare(scenario, registry.lab()).map_err(|error| loaded.complain(&error))?;
        console.result(&scenario.to_resolved_toml());
        console.note(&format!("{}\n{}", describe(scenario, &setup), cost_ahead(&setup)));
        return Ok(());
    }
    if let Some(count) = args.runs.filter(|&count| count > 1) {
        return runs::execute(args, count, &loaded, registry, console);
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(scenario));
    let place = Place::check(&folder, args.force).map_err(Failure::Failed)?;
    if let Some(Settings { nodes: Nodes::Remote { listen, .. }, up_within, .. }) = sockets {
        console.note(&format!(
            "waiting up to {} s at {listen} for nodes; start each with: sim-cli testbed node --coordinator HOST:{} \
             --slot 0, 1, ...",
            up_within.as_secs_f64(),
            listen.port(),
        ));
    }
    let mut watcher = Watcher::new(scenario.duration.after_start(), console);
    let watch = &mut |progress| watcher.watch(progress);
    let ran = match sockets {
        Some(settings) => testbed::run(scenario, registry.sockets(), settings, watch),
        None => simulate(scenario, registry.lab(), threads(args.jobs), watch).map_err(RunError::Scenario),
    };
    watcher.finish();
    let ran = ran.map_err(|error| run_failure(&loaded, error))?;
    let draw = |setup: &Setup, results: &Results| {
        if args.no_pictures { Vec::new() } else { pictures::files(setup, results) }
    };
    place.write(&BUILD, scenario, &ran, &draw).map_err(Failure::Failed)?;
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
    let Some(Finished { results, cost, tcp }) = &ran.finished else { return Ok(()) };
    let summary = &results.summary;
    match args.format {
        Format::Json => console.result(&summary.to_json()),
        Format::Text if !console.is_quiet() => console.result(&summary.to_text()),
        Format::Text => {}
    }
    if console.is_verbose() {
        console.note(&spent(cost, summary.nodes));
        if let Some(tcp) = tcp {
            console.note(&used(tcp));
        }
    }
    let shown = place.folder().display();
    console.note(&format!("  results  {shown}"));
    let backend = args.backend.again();
    console.note(&format!("  again    sim-cli run {shown}/scenario.resolved.toml{backend}"));
    if !summary.complete {
        console.note("  interrupted: the results hold what happened until then");
        return Err(Failure::Interrupted);
    }
    let failed: Vec<&Checked> =
        summary.expect.iter().filter(|verdict| verdict.verdict == Outcome::Fails).collect();
    for verdict in &failed {
        let Checked { key, bound, .. } = verdict;
        console.error(&format!("{}: {key} is {}, expected {bound}", scenario.name, verdict.measured()));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Expectation) }
}

/// What a run on sockets used.
fn used(means: &TcpRunInfo) -> String {
    let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    let hop = means.hop_excess_ms.map_or_else(String::new, |hop| {
        format!("; a hop takes {:.2} ms longer than its link (p99 {:.1} ms)", hop.mean, hop.p99)
    });
    let mut text = format!(
        "  sockets  up to {} listening, {} s of CPU time, up to {} ms late{hop}",
        or_unknown(means.listening.map(|count| count.to_string())),
        or_unknown(means.cpu_seconds.map(|seconds| format!("{seconds:.1}"))),
        means.latest_ms,
    );
    if let Some(processes) = means.processes {
        text.push_str(&format!("; {processes} processes at most"));
    }
    if let Some(kernels) = &means.namespaces {
        text.push_str(&between(kernels));
    }
    if let Some(error) = means.clock_error_ms {
        text.push_str(&format!("; clock error of nodes at most {error} ms"));
    }
    text
}

/// What the kernel did between nodes.
fn between(kernels: &Kernels) -> String {
    let Kernels { networks, carried, lost, cut, .. } = kernels;
    let resent = kernels.tcp.get("RetransSegs").copied().unwrap_or(0);
    format!(
        "; {networks} networks, {carried} packets carried, {lost} lost, {cut} cut, {resent} retransmitted \
         by the kernel"
    )
}

/// What the run cost, and where the memory was.
fn spent(cost: &Cost, nodes: u32) -> String {
    let nodes = u64::from(nodes.max(1));
    let mut text = format!(
        "  cost     {:.2} s to set up, {:.2} s to run, {:.2} s to sum up: {:.2} M events/s, {:.2} M packets/s",
        cost.setup_seconds,
        cost.run_seconds,
        cost.finish_seconds,
        cost.inputs_per_second() / 1e6,
        cost.packets_per_second() / 1e6,
    );
    if let Some(bytes) = peak_bytes() {
        let Memory { slots, links, events } = cost.memory;
        let rest = bytes.saturating_sub(slots + links + events);
        let per_node = |bytes: u64| bytes / nodes;
        text.push_str(&format!(
            "\n  memory   {:.0} MB at the peak, {} bytes per node: {} slots, {} connections, {} events, {} plan, \
             measures and all else",
            bytes as f64 / 1e6,
            per_node(bytes),
            per_node(slots),
            per_node(links),
            per_node(events),
            per_node(rest),
        ));
    }
    text
}
