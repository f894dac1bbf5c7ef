//! `sim-cli run`

use std::path::{Path, PathBuf};
use std::slice::from_ref;

use clap::Parser;
use floodnet_sim::Memory;

use super::args::{Format, Overrides};
use super::command_trait::{Command, Context};
use super::console::Console;
use super::failure::Failure;
use super::files::{load, threads};
use super::grid::{self, Axis};
use super::progress::Watcher;
use super::report::followed;
use super::run_options::{RunOptions, run_failure};
use super::runs;
use super::validate::{cost_ahead, describe};
use crate::build::BUILD;
use crate::views::at_once;
use crate::views::report::page;
use crate::views::run as pictures;
use floodnet_lab::ensemble;
use floodnet_lab::run::checkpoint::Checkpoints;
use floodnet_lab::run::early::{Early, Lost};
use floodnet_lab::run::folder::{Place, RESOLVED, default_folder};
use floodnet_lab::run::manifest::peak_bytes;
use floodnet_lab::run::{Cost, Finished, Kernels, Ran, TcpRunInfo};
use floodnet_lab::simulate::{prepare, simulate_shown};
use floodnet_measure::Results;
use floodnet_measure::expect::{Checked, Outcome};
use floodnet_measure::metrics::Numbers;
use floodnet_measure::reach::Reached;
use floodnet_measure::so_far::SoFar;
use floodnet_scenario::build::Setup;
use floodnet_scenario::{Complaint, Scenario};
use floodnet_testbed::{self as testbed, Nodes, RunError, Settings};

/// Run a scenario, measure it and draw pictures
#[derive(Parser, Debug)]
pub(super) struct RunArgs {
    /// The scenario: a file, the name of a built-in one such as smoke, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// Make N independent runs and report means with 95 % confidence intervals
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Repeat only run K of many (numbered from 0)
    #[arg(long, value_name = "K", conflicts_with = "runs")]
    run_index: Option<u32>,
    /// Sweep a key, e.g. link.loss=0,0.01,0.05 or link.loss=0..0.2/4 for 4 steps (may be repeated: every combination);
    /// each cell gets --runs runs [default: 20]
    #[arg(long, value_name = "KEY=VALUES", value_parser = grid::axis, conflicts_with = "run_index")]
    sweep: Vec<Axis>,
    #[command(flatten)]
    options: RunOptions,
}

impl Command for RunArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut loaded = load(&self.file, &self.overrides, cx)?;
        if let Some(index) = self.run_index {
            loaded.scenario.seed = ensemble::seed(loaded.scenario.seed, index);
        }
        let Self { options, .. } = self;
        if !self.sweep.is_empty() {
            let from = (self.file.as_path(), &loaded);
            return grid::execute(from, &self.overrides, &self.sweep, self.runs, options, cx);
        }
        let scenario = &loaded.scenario;
        let sockets = options.backend.sockets(self.runs.is_some()).map_err(Failure::Usage)?;
        if sockets.is_some() || self.runs.is_some_and(|count| count > 1) {
            options.needs_one_run().map_or(Ok(()), |why| Err(Failure::Usage(why)))?;
        }
        if sockets.is_none() {
            let runs = self.runs.map_or(1, |runs| runs as usize);
            options.memory.check(from_ref(scenario), (runs, options.jobs), cx)?;
        }
        if options.dry_run {
            let setup = prepare(scenario, cx.registry.lab()).map_err(|error| loaded.complain(&error))?;
            cx.console.result(&scenario.to_resolved_toml());
            cx.console.note(&format!("{}\n{}", describe(scenario, &setup), cost_ahead(scenario, &setup, cx)));
            return Ok(());
        }
        if let Some(count) = self.runs.filter(|&count| count > 1) {
            return runs::execute(options, count, &loaded, cx);
        }
        // The folder is checked before the run, so that a long run does not end without a place.
        let folder = options.out.clone().unwrap_or_else(|| default_folder(scenario).into());
        let place = Place::claim(&folder, options.force).map_err(Failure::Failed)?;
        sockets.iter().for_each(|settings| tell_how_to_join(settings, cx.console));
        let early = Early::new(if options.fail_early { &scenario.expect } else { &[] });
        let ran = match sockets {
            Some(settings) => on_sockets(scenario, settings, cx),
            None => simulated(scenario, &place, &early, options, cx).map_err(RunError::Scenario),
        };
        let ran = ran.map_err(|error| run_failure(&loaded, error))?;
        let traced = match &ran.finished {
            Some(Finished { results, .. }) if options.report && results.summary.complete => {
                // The run itself is whole.
                match followed(&loaded, results, cx) {
                    Err(Failure::Interrupted) => None,
                    traced => Some(traced?),
                }
            }
            _ => None,
        };
        let draw = |setup: &Setup, results: &Results| {
            let page = traced.as_ref().map(|traced| page(scenario, setup, results, traced));
            let page = page.map(|page| ("report.html".into(), page.into_bytes()));
            picture_files(setup, results, options).into_iter().chain(page).collect()
        };
        place.write(&BUILD, scenario, &ran, &draw).map_err(Failure::Failed)?;
        report(&ran, place.folder(), options, cx.console);
        judge(scenario, &ran, early.lost(), cx.console)?;
        // One of many runs need not show what some of them must.
        if self.run_index.is_some() { Ok(()) } else { judge_reach(scenario, &ran, cx.console) }
    }
}

/// Runs on sockets, and shows how far it is.
fn on_sockets(scenario: &Scenario, settings: Settings, cx: &Context<'_>) -> Result<Ran, RunError> {
    let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
    let ran =
        testbed::run(scenario, cx.registry.sockets(), settings, &mut |progress| watcher.watch(progress));
    watcher.finish();
    ran
}

/// The pictures of a run, if any are wanted: their names and contents.
fn picture_files(setup: &Setup, results: &Results, options: &RunOptions) -> Vec<(PathBuf, Vec<u8>)> {
    if options.no_pictures {
        return Vec::new();
    }
    let drawn = pictures::draw(setup, results, None, &options.pictures.style());
    at_once(drawn.iter(), |(name, picture)| {
        let (name, bytes) = options.pictures.file(name, picture);
        (name.into(), bytes)
    })
}

/// Says how nodes on other machines join the run, if there are to be any.
fn tell_how_to_join(settings: &Settings, console: &Console) {
    if let Settings { nodes: Nodes::Remote { listen, .. }, up_within, .. } = settings {
        console.note(&format!(
            "waiting up to {} s at {listen} for nodes; start each with: sim-cli testbed node --coordinator HOST:{} \
             --slot 0, 1, ...",
            up_within.as_secs_f64(),
            listen.port(),
        ));
    }
}

/// Simulates one run: shows its progress, keeps its tables now and then, and ends it early if that is wanted.
fn simulated(
    scenario: &Scenario,
    place: &Place,
    early: &Early<'_>,
    options: &RunOptions,
    cx: &Context<'_>,
) -> Result<Ran, Complaint> {
    let mut watcher = Watcher::new(scenario.duration.after_start(), cx.console);
    let mut checkpoints =
        options.checkpoint.0.map(|every| Checkpoints::new(scenario, place.checkpoint(), every));
    let look = &mut |run: &SoFar<'_>| {
        early.look(run);
        if let Some(checkpoints) = &mut checkpoints {
            checkpoints.look(run);
            if let Some(why) = checkpoints.failure() {
                cx.console.note(&format!("  {why}"));
            }
        }
    };
    let watch = &mut |progress| watcher.watch(progress) && early.goes_on();
    let ran = simulate_shown(scenario, cx.registry.lab(), threads(options.jobs), watch, look);
    watcher.finish();
    ran
}

/// Prints the results.
fn report(ran: &Ran, folder: &Path, options: &RunOptions, console: &Console) {
    let Some(Finished { results, cost, tcp }) = &ran.finished else { return };
    let summary = &results.summary;
    match options.format {
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
    let shown = folder.display();
    console.note(&format!("  results  {shown}"));
    let backend = options.backend.again();
    let resolved = floodnet_text::format::path(&folder.join(RESOLVED));
    console.note(&format!("  again    sim-cli run {resolved}{backend}"));
}

/// Fails when the run was not made to its end, or an expectation is not met.
fn judge(scenario: &Scenario, ran: &Ran, lost: Option<&Lost>, console: &Console) -> Result<(), Failure> {
    let Some(Finished { results: Results { summary, .. }, .. }) = &ran.finished else { return Ok(()) };
    if let (false, Some(lost)) = (summary.complete, lost) {
        console.note("  ended early: the results cover the run until then");
        console.error(&format!("{}: {lost}", scenario.name));
        return Err(Failure::Expectation);
    }
    if !summary.complete {
        console.note("  interrupted: the results cover the run until then");
        return Err(Failure::Interrupted);
    }
    // Expectations count for complete runs only.
    let failed: Vec<&Checked> =
        summary.expect.iter().filter(|verdict| verdict.verdict == Outcome::Fails).collect();
    for verdict in &failed {
        let Checked { key, bound, .. } = verdict;
        console.error(&format!("{}: {key} is {}, expected {bound}", scenario.name, verdict.measured()));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Expectation) }
}

/// Says whether the run shows what some run must, and fails when it does not: there is no other.
fn judge_reach(scenario: &Scenario, ran: &Ran, console: &Console) -> Result<(), Failure> {
    let Some(finished) = &ran.finished else { return Ok(()) };
    let numbers = Numbers::of(&finished.results.summary);
    let mut missed = false;
    for reach in &scenario.reach {
        let mut reached = Reached::new(reach.clone());
        reached.add(&numbers, || "this run".to_owned());
        match reached.is_reached() {
            true => console.note(&format!("  reach    {}", reached.to_text())),
            false => {
                console.error(&format!("{}: {} (--runs N makes more)", scenario.name, reached.to_text()))
            }
        }
        missed |= !reached.is_reached();
    }
    if missed { Err(Failure::Expectation) } else { Ok(()) }
}

/// The resources that a run on sockets used.
fn used(means: &TcpRunInfo) -> String {
    let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "?".to_owned());
    let hop = means.hop_overhead_ms.map_or_else(String::new, |hop| {
        format!("; a hop takes {:.2} ms longer than its link (p99 {:.1} ms)", hop.mean, hop.p99)
    });
    let mut text = format!(
        "  sockets  up to {} listening, {} s of CPU time, up to {} ms late{hop}",
        or_unknown(means.listening.map(|count| count.to_string())),
        or_unknown(means.cpu_seconds.map(|seconds| format!("{seconds:.1}"))),
        means.latest_ms,
    );
    if let Some(processes) = means.processes {
        text.push_str(&format!("; up to {processes} processes"));
    }
    if let Some(kernels) = &means.namespaces {
        text.push_str(&between(kernels));
    }
    if let Some(error) = means.clock_error_ms {
        text.push_str(&format!("; clock error of nodes at most {error} ms"));
    }
    text
}

/// The packets that the kernel carried between nodes.
fn between(kernels: &Kernels) -> String {
    let Kernels { networks, carried, lost, cut, .. } = kernels;
    let resent = kernels.tcp.get("RetransSegs").copied().unwrap_or(0);
    format!(
        "; {networks} networks, {carried} packets carried, {lost} lost, {cut} cut, {resent} retransmitted \
         by the kernel"
    )
}

/// Time and memory that the run took.
fn spent(cost: &Cost, nodes: u32) -> String {
    let nodes = u64::from(nodes.max(1));
    let mut text = format!(
        "  cost     {:.2} s to set up, {:.2} s to run, {:.2} s to summarize: {:.2} M events/s, {:.2} M packets/s",
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
             measures and the rest",
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
