//! A run: all slots come and go, in this process or in others, and what they report is gathered.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use floodnet_core::time::{Duration, Time};
use floodnet_sim::Progress;
use floodnet_sim::between::Between;
use floodnet_sim::link::LinkModel;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::check::check;
use super::clock::Clock;
use super::collector::Collector;
use super::coordinator::{self, Reserved, WorkerPool};
use super::directory::Directory;
use super::hop_overhead::HopOverhead;
use super::link_emulation::LinkEmulation;
use super::machine;
use super::network_path::NetworkPath;
use super::node_adapter::NodeEnvironment;
use super::node_runner::{HERE, ProcessContext, RunContext, is_out_of_files, run_node};
use super::schedule::schedules;
use super::sink::Sink;
use super::{Nodes, RunError, RunRequest, Settings};
use floodnet_lab::run::{Cost, Finished, Ran, TcpRunInfo};
use floodnet_measure::Measures;
use floodnet_scenario::Complaint;
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::setup::Setup;
use floodnet_scenario::setup::set_up_nodes;

/// Time between two looks at what nodes report.
const POLL: Span = Span::from_millis(50);
/// What a node reports is here within this time.
const SLACK: Span = Span::from_secs(2);
/// Time before the plan starts: for all users to be ready.
pub(crate) const START_DELAY: Span = Span::from_millis(200);
/// Time for a process to end, beyond its goodbye.
const END: Span = Span::from_secs(3);
/// Looks at listening sockets during a run.
const LISTENER_COUNTS: u64 = 8;

/// A run that is about to begin.
pub(crate) struct StartedRun {
    pub(crate) context: RunContext,
    /// One for each slot.
    pub(crate) users: JoinSet<Result<(), String>>,
    /// Where nodes of this machine listen.
    pub(crate) ports: BTreeSet<u16>,
    /// Keeps these ports.
    pub(crate) reserved: Reserved,
    /// The processes, if nodes have their own.
    pub(crate) pool: Option<Arc<WorkerPool>>,
}

/// Runs the protocol `P` on sockets.
pub(crate) fn run_protocol<P: Runnable>(request: &mut RunRequest<'_>) -> Result<Ran, RunError> {
    let began = Instant::now();
    let (setup, config) = set_up_nodes::<P>(request.scenario)?;
    check(&setup, &request.settings)?;
    enough_files(&setup)?;
    let cpu = machine::cpu_seconds();
    let slots = setup.plan.slots();
    let runtime = runtime()?;
    let guard = runtime.enter();
    let (sink, links) = (Sink::default(), Arc::new(setup.links.clone()));
    let came = match request.settings.nodes {
        Nodes::InProcess => {
            runtime.block_on(start_in_process::<P>(config, &request.settings, &setup, &links, &sink))
        }
        Nodes::Processes | Nodes::Netns | Nodes::Remote { .. } => {
            runtime.block_on(coordinator::start(request, &setup, &links, &sink))
        }
    };
    let StartedRun { context, users, ports, reserved, pool } = came?;
    let measures = Measures::new(Arc::clone(&setup.plan), setup.measure.clone());
    let between = Between::new(Arc::clone(&setup.plan), links);
    let collector = Collector::new(measures, slots, HopOverhead::new(between, request.settings.shaped));
    let mut monitor = RunMonitor { collector, clock: context.clock, sink, ports, listening: None };
    let ready = Instant::now();
    let ended = runtime.block_on(async {
        let ended = run_to_end(&context, users, &mut monitor, setup.plan.duration, request.watch).await;
        let networks = match &pool {
            Some(pool) => pool.end().await,
            None => Ok(None),
        };
        (ended, networks, tasks_left().await)
    });
    let (ended, networks, tasks_left) = ended;
    context.over.cancel();
    drop((guard, reserved));
    runtime.shutdown_timeout(Span::from_secs(5));
    let (at, complete) = ended.map_err(RunError::Failed)?;
    let namespaces = networks.map_err(RunError::Failed)?;
    let ran = Instant::now();
    let RunMonitor { mut collector, sink, listening, .. } = monitor;
    collector.add(sink.take());
    collector.feed_before(at);
    let used = machine::cpu_seconds().zip(cpu).map(|(after, before)| round(after - before));
    let milliseconds = |span: Duration| round(span.as_nanos() as f64 / 1e6);
    let means = TcpRunInfo {
        speed: request.settings.speed,
        shaped: request.settings.shaped,
        listening,
        cpu_seconds: used,
        latest_ms: milliseconds(context.lateness.worst()),
        late_observations: collector.late(),
        processes: pool.as_ref().map(|pool| pool.most_alive()).filter(|&count| count > 0),
        tasks_left,
        namespaces,
        clock_error_ms: pool.as_ref().map(|pool| milliseconds(pool.clock_error())),
        hop_excess_ms: collector.hop_excess(),
    };
    let cost = Cost {
        setup_seconds: (ready - began).as_secs_f64(),
        run_seconds: (ran - ready).as_secs_f64(),
        inputs: collector.inputs(),
        packets: collector.received(),
        ..Cost::default()
    };
    sum_up(request, setup, collector, at, complete, cost, means)
}

/// All nodes in this process.
async fn start_in_process<P: Runnable>(
    config: P::Config,
    settings: &Settings,
    setup: &Setup,
    links: &Arc<LinkModel>,
    sink: &Sink,
) -> Result<StartedRun, RunError> {
    let plan = &setup.plan;
    let reserved = Directory::reserve(plan.seed, plan.slots(), HERE.into());
    let (directory, reserved) = reserved.map_err(|error| no_ports(&error))?;
    let ports = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let directory = Arc::new(directory);
    let clock = Clock::starting_after(START_DELAY, settings.speed);
    let path = open_path(settings, setup, links, &directory, clock).await?;
    let context = RunContext::new(clock, path).map_err(RunError::Failed)?;
    let process = Arc::new(ProcessContext {
        environment: Arc::new(NodeEnvironment::<P> { config, directory, clock, sink: sink.clone() }),
        context: context.clone(),
        seed: plan.seed,
        links: Arc::clone(links),
        listen: None,
        killed_on_crash: false,
    });
    let mut users = JoinSet::new();
    for slot in 0..plan.slots() {
        users.spawn(run_node(Arc::clone(&process), slot, schedules(plan, slot)));
    }
    Ok(StartedRun { context, users, ports, reserved, pool: None })
}

/// Sums up.
fn sum_up(
    request: &RunRequest<'_>,
    setup: Setup,
    collector: Collector,
    at: Time,
    complete: bool,
    cost: Cost,
    means: TcpRunInfo,
) -> Result<Ran, RunError> {
    let ran = Instant::now();
    let mut results = collector.finish(at, complete);
    results.summary.backend = Some("tcp".to_owned());
    results.summary.notes = setup.notes.iter().cloned().chain(notes(&request.settings, &means)).collect();
    let judged = results.summary.judge(&request.scenario.expect);
    judged.map_err(|unknown| Complaint::new("expect", unknown.to_string(), ""))?;
    let cost = Cost { finish_seconds: ran.elapsed().as_secs_f64(), ..cost };
    Ok(Ran { setup, finished: Some(Finished { results, cost, tcp: Some(means) }) })
}

/// What a reader of results from sockets should know.
fn notes(settings: &Settings, means: &TcpRunInfo) -> Vec<String> {
    let mut notes = Vec::new();
    if !settings.shaped {
        notes.push(
            "links were those of the machine: delays and rates of the scenario did not apply".to_owned(),
        );
    }
    if means.latest_ms > LATE_MS {
        notes.push(format!(
            "the machine was up to {:.0} ms late with what the plan wanted: fewer nodes, or a lower --speed",
            means.latest_ms
        ));
    }
    if let Some(error) = means.clock_error_ms.filter(|&error| error >= CLOCK_MS) {
        notes.push(format!("clocks of nodes may have been wrong by up to {error:.1} ms"));
    }
    if means.late_observations > 0 {
        let count = means.late_observations;
        notes.push(format!("{count} observations came too late for their sample"));
    }
    notes
}

/// Later than this a machine is busy beyond what results can bear.
const LATE_MS: f64 = 50.0;

/// Clocks that are wrong by less do not matter.
const CLOCK_MS: f64 = 0.5;

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Takes what is reported while the run goes on.
struct RunMonitor {
    collector: Collector,
    clock: Clock,
    sink: Sink,
    ports: BTreeSet<u16>,
    listening: Option<u32>,
}

/// Plays the plan. Gives when it ended, and whether that was its end.
async fn run_to_end(
    context: &RunContext,
    mut users: JoinSet<Result<(), String>>,
    monitor: &mut RunMonitor,
    duration: Time,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<(Time, bool), String> {
    let mut poll = tokio::time::interval(POLL);
    let mut counted = 0;
    let mut is_on = true;
    while is_on {
        tokio::select! {
            _ = poll.tick() => {
                let now = monitor.clock.now().min(duration);
                monitor.collector.add(monitor.sink.take());
                monitor.collector.advance(now - monitor.clock.planned(SLACK));
                if now.as_nanos() / (duration.as_nanos() / (LISTENER_COUNTS + 1)).max(1) > counted {
                    counted += 1;
                    monitor.listening = monitor.listening.max(machine::listening(&monitor.ports));
                }
                is_on = watch(Progress { now, inputs: monitor.collector.inputs() });
            }
            ended = users.join_next() => match ended {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(why))) => return Err(why),
                Some(Err(error)) => return Err(format!("a node failed: {error}")),
                None => break,
            },
        }
    }
    let at = monitor.clock.now().min(duration);
    context.over.cancel();
    while users.join_next().await.is_some() {}
    // A plan with nobody in it lasts as long.
    if is_on {
        tokio::time::sleep_until(monitor.clock.instant(duration)).await;
    }
    context.leaving.close();
    let _ =
        tokio::time::timeout(monitor.clock.real(Duration::from_secs(2)) + END, context.leaving.wait()).await;
    context.path.end().await;
    Ok(if is_on { (duration, true) } else { (at, false) })
}

/// Tasks that still run though all is over, after some time to end.
async fn tasks_left() -> u64 {
    let metrics = tokio::runtime::Handle::current().metrics();
    let give_up = tokio::time::Instant::now() + END;
    while metrics.num_alive_tasks() > 0 && tokio::time::Instant::now() < give_up {
        tokio::time::sleep(Span::from_millis(1)).await;
    }
    metrics.num_alive_tasks() as u64
}

/// The way between nodes that `settings` ask for.
pub(crate) async fn open_path(
    settings: &Settings,
    setup: &Setup,
    links: &Arc<LinkModel>,
    directory: &Arc<Directory>,
    clock: Clock,
) -> Result<NetworkPath, RunError> {
    if !settings.shaped {
        return Ok(NetworkPath::Direct);
    }
    let between = Between::new(Arc::clone(&setup.plan), Arc::clone(links));
    let started =
        LinkEmulation::start(between, Arc::clone(directory), clock, SocketAddr::new(HERE.into(), 0)).await;
    let shaper = started.map_err(|error| RunError::Failed(format!("the shaper cannot start: {error}")))?;
    Ok(NetworkPath::Emulated { at: shaper.address(), shaper: Some(shaper), directory: Arc::clone(directory) })
}

/// Tasks between two looks at what has come.
const EVENTS_AFTER: u32 = 4;

/// The threads that drive nodes: one for each core.
fn runtime() -> Result<Runtime, RunError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // A worker looks at its sockets and at what other threads wake after so many tasks. By default these are so
    // many that packets wait for milliseconds while a message floods the network.
    let built = Builder::new_multi_thread()
        .worker_threads(cores)
        .event_interval(EVENTS_AFTER)
        .global_queue_interval(EVENTS_AFTER)
        .enable_all()
        .build();
    built.map_err(|error| RunError::Failed(format!("cannot start threads: {error}")))
}

/// Each link is a file at each end, and through the shaper two more.
fn enough_files(setup: &Setup) -> Result<(), RunError> {
    let Some(limit) = machine::raise_files() else { return Ok(()) };
    let slots = u64::from(setup.plan.slots());
    let needed = 100 + slots * (2 + 4 * u64::from(setup.measure.target_degree.unwrap_or(4)));
    if needed > limit {
        return Err(RunError::Failed(format!(
            "{slots} nodes need about {needed} open files, and the limit is {limit}: spawn_worker it (ulimit -Hn), or run \
             fewer nodes"
        )));
    }
    Ok(())
}

pub(crate) fn no_ports(error: &std::io::Error) -> RunError {
    let help = if is_out_of_files(error) { ": spawn_worker the limit of open files (ulimit -n)" } else { "" };
    RunError::Failed(format!("no address for each node: {error}{help}"))
}
