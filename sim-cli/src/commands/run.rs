//! `sim-cli run`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration as Span;

use clap::{Args, ValueEnum};
use floodnet_sim::Memory;

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
use floodnet_testbed::{self as testbed, Nodes, RunError, Settings, Token};
use floodnet_text::units::Duration;

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
    pub(super) ground: Ground,
}

/// What a scenario runs on.
#[derive(Args, Debug)]
#[command(next_help_heading = "Backend")]
pub(super) struct Ground {
    /// What to run on: the simulator, or real TCP on this machine in real time
    #[arg(long, value_enum, default_value_t = Backend::Sim)]
    pub(super) backend: Backend,
    /// Run the plan so many times as fast as real time (tcp)
    #[arg(long, value_name = "S", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Leave links as the machine has them: no delays, rates and faults of the scenario (tcp)
    #[arg(long)]
    no_shaper: bool,
    /// Give each node a process of its own (tcp)
    #[arg(long)]
    processes: bool,
    /// Give each node a process in a network of its own: delays, losses, rates and cuts happen to the packets of
    /// the kernel. On Linux as root, with ip, tc and nft; else the run is skipped with exit code 1 (tcp)
    #[arg(long, conflicts_with_all = ["processes", "no_shaper"])]
    namespaces: bool,
    /// Start no nodes, but wait at this address for those that `sim-cli testbed node` starts, here or on other
    /// machines; both know the secret FLOODNET_TOKEN. Links are as the network has them (tcp)
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["processes", "namespaces", "runs"])]
    wait_for_nodes: Option<SocketAddr>,
    /// How long a node in another process may take to come up (tcp)
    #[arg(long, value_name = "TIME", default_value = "60s")]
    up_within: Duration,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Sim,
    Tcp,
}

impl Backend {
    /// As the manifest has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Tcp => "tcp",
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=1000.0).contains(speed));
    speed.ok_or_else(|| format!("`{text}` is no speed: write a number from 0.01 to 1000, such as 2"))
}

impl Ground {
    /// How to run on sockets; none for the simulator.
    pub(super) fn sockets(&self) -> Result<Option<Settings>, Failure> {
        let Self { backend, speed, no_shaper, processes, namespaces, wait_for_nodes, up_within } = *self;
        let is_usual = Settings::USUAL
            == Settings { speed, shaped: !no_shaper, up_within: span(up_within), ..Settings::USUAL };
        if backend == Backend::Sim {
            return if is_usual && !processes && !namespaces && wait_for_nodes.is_none() {
                Ok(None)
            } else {
                let what =
                    "--speed, --no-shaper, --processes, --namespaces, --wait-for-nodes and --up-within";
                Err(Failure::Usage(format!("{what} are for sockets: add --backend tcp")))
            };
        }
        let nodes = match wait_for_nodes {
            Some(listen) => {
                Nodes::Remote { listen, token: Token::from_environment().map_err(Failure::Usage)? }
            }
            None if processes => Nodes::Processes,
            None if namespaces => Nodes::Netns,
            None => Nodes::InProcess,
        };
        let shaped = !no_shaper && wait_for_nodes.is_none();
        Ok(Some(Settings { speed, shaped, nodes, up_within: span(up_within) }))
    }

    /// The arguments that make it so again.
    pub(super) fn again(&self) -> String {
        let Self { backend, speed, no_shaper, processes, namespaces, wait_for_nodes, up_within } = *self;
        if backend == Backend::Sim {
            return String::new();
        }
        let mut text = " --backend tcp".to_owned();
        if speed != 1.0 {
            text.push_str(&format!(" --speed {speed}"));
        }
        let words = [(no_shaper, " --no-shaper"), (processes, " --processes"), (namespaces, " --namespaces")];
        for (is_on, word) in words {
            text.push_str(if is_on { word } else { "" });
        }
        if let Some(listen) = wait_for_nodes {
            text.push_str(&format!(" --wait-for-nodes {listen}"));
        }
        if span(up_within) != Settings::USUAL.up_within {
            text.push_str(&format!(" --up-within {}", up_within.to_string().replace(' ', "")));
        }
        text
    }
}

fn span(duration: Duration) -> Span {
    Span::from_nanos(duration.as_nanos())
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
    let sockets = args.ground.sockets()?;
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
            "waiting at {listen} up to {} s for nodes: sim-cli testbed node --coordinator HOST:{} --slot 0, 1, ..",
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
    let ground = args.ground.again();
    console.note(&format!("  again    sim-cli run {shown}/scenario.resolved.toml{ground}"));
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
        format!("; a hop takes {:.2} ms more than its link (p99 {:.1} ms)", hop.mean, hop.p99)
    });
    let mut text = format!(
        "  sockets  {} listening at most, {} s of processor time, up to {} ms late{hop}",
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
        text.push_str(&format!("; clocks of nodes right to {error} ms"));
    }
    text
}

/// What the kernel did between nodes.
fn between(kernels: &Kernels) -> String {
    let Kernels { networks, carried, lost, cut, .. } = kernels;
    let resent = kernels.tcp.get("RetransSegs").copied().unwrap_or(0);
    format!(
        "; {networks} networks, {carried} packets carried, {lost} lost, {cut} cut, {resent} sent again by the \
         kernel"
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};

    /// What is said to run the same again, after these arguments.
    fn again(arguments: &[&str]) -> String {
        let cli = Cli::try_parse_from([&["sim-cli", "run", "x.toml"], arguments].concat()).unwrap();
        let Command::Run(args) = cli.command else { panic!("another command") };
        args.ground.again()
    }

    #[test]
    fn a_run_on_sockets_is_repeated_as_it_was() {
        assert_eq!(again(&[]), "");
        assert_eq!(again(&["--backend", "tcp"]), " --backend tcp");
        for words in [
            " --backend tcp --speed 2.5 --no-shaper",
            " --backend tcp --processes --up-within 5s",
            " --backend tcp --namespaces",
            " --backend tcp --speed 2 --wait-for-nodes 127.0.0.1:7000 --up-within 90s",
        ] {
            let given: Vec<&str> = words.split_whitespace().collect();
            assert_eq!(again(&given), words);
        }
    }
}
