//! A run from its setup to its results: all slots come and go, in this process or in others, and what they report is
//! measured.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use floodnet_core::time::Duration;
use floodnet_lab::run::{Cost, Finished, Ran, TcpRunInfo};
use floodnet_measure::{Measures, Results};
use floodnet_scenario::Complaint;
use floodnet_scenario::build::{Setup, set_up_nodes};
use floodnet_scenario::protocol::Runnable;
use floodnet_sim::between::Between;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::check::check;
use crate::clock::Clock;
use crate::collector::Collector;
use crate::coordinator::{self, WorkerPool, no_ports};
use crate::directory::Directory;
use crate::hop_overhead::OverheadMeter;
use crate::machine::{self, LOOPBACK};
use crate::monitor::{Ended, RunMonitor};
use crate::network_path::NetworkPath;
use crate::node_adapter::NodeEnvironment;
use crate::node_runner::{ProcessContext, run_node};
use crate::run_context::{Lateness, RunContext, START_DELAY};
use crate::run_request::{RunError, RunRequest};
use crate::schedule::schedules;
use crate::settings::{Nodes, Settings};
use crate::sink::Sink;
use crate::started_run::StartedRun;

/// Later than this a machine is busy beyond what results can bear.
const LATE_MS: f64 = 50.0;
/// Clocks that are wrong by less do not matter.
const CLOCK_MS: f64 = 0.5;

/// Runs the protocol `P` on sockets.
pub(crate) fn run_protocol<P: Runnable>(request: &mut RunRequest<'_>) -> Result<Ran, RunError> {
    let began = Instant::now();
    let (setup, config) = set_up_nodes::<P>(request.scenario)?;
    check(&setup, &request.settings)?;
    enough_files(&setup)?;
    let cpu = machine::cpu_seconds();
    // Set up: all nodes are there, and the plan is about to begin.
    let runtime = runtime()?;
    let guard = runtime.enter();
    let sink = Sink::default();
    let between = Between::new(Arc::clone(&setup.plan), Arc::new(setup.links.clone()));
    let (mut run, pool) = runtime.block_on(start::<P>(request, config, &setup, &between, &sink))?;
    let ports = std::mem::take(&mut run.ports);
    let (clock, lateness) = (run.context.clock, Arc::clone(&run.context.lateness));
    let measures = Measures::new(Arc::clone(&setup.plan), setup.measure.clone());
    let overhead = OverheadMeter::new(between, request.settings.shaped);
    let collector = Collector::new(measures, setup.plan.slots(), overhead);
    let mut monitor = RunMonitor { collector, clock, sink, ports, listening: None };
    let ready = Instant::now();
    // Run and shut down.
    let duration = setup.plan.duration;
    let whole = monitor.run_and_shut_down(run, pool.as_deref(), duration, request.watch);
    let ended = runtime.block_on(whole);
    drop(guard);
    runtime.shutdown_timeout(Span::from_secs(5));
    let ended = ended.map_err(RunError::Failed)?;
    // Measure.
    let ran = Instant::now();
    monitor.collector.add(monitor.sink.take());
    monitor.collector.feed_before(ended.at);
    let cpu_seconds = machine::cpu_seconds().zip(cpu).map(|(after, before)| round(after - before));
    let cost = Cost {
        setup_seconds: (ready - began).as_secs_f64(),
        run_seconds: (ran - ready).as_secs_f64(),
        inputs: monitor.collector.inputs(),
        packets: monitor.collector.received(),
        ..Cost::default()
    };
    let (at, complete) = (ended.at, ended.complete);
    let info = info(&request.settings, &monitor, pool.as_deref(), ended, cpu_seconds, &lateness);
    let results = monitor.collector.finish(at, complete);
    let results = judged(request, &setup, results, &info)?;
    let cost = Cost { finish_seconds: ran.elapsed().as_secs_f64(), ..cost };
    Ok(Ran { setup, finished: Some(Finished { results, cost, tcp: Some(info) }) })
}

/// Starts all nodes where the settings say; with a pool of workers unless that is here.
async fn start<P: Runnable>(
    request: &mut RunRequest<'_>,
    config: P::Config,
    setup: &Setup,
    between: &Between,
    sink: &Sink,
) -> Result<(StartedRun, Option<Arc<WorkerPool>>), RunError> {
    match request.settings.nodes {
        Nodes::InProcess => {
            let run = start_in_process::<P>(config, &request.settings, setup, between, sink).await?;
            Ok((run, None))
        }
        Nodes::Processes | Nodes::Netns | Nodes::Remote { .. } => {
            let (run, pool) = coordinator::start(request, setup, between, sink).await?;
            Ok((run, Some(pool)))
        }
    }
}

/// All nodes in this process.
async fn start_in_process<P: Runnable>(
    config: P::Config,
    settings: &Settings,
    setup: &Setup,
    between: &Between,
    sink: &Sink,
) -> Result<StartedRun, RunError> {
    let plan = &setup.plan;
    let reserved = Directory::reserve(plan.seed, plan.slots(), LOOPBACK.into());
    let (directory, reserved) = reserved.map_err(|error| no_ports(&error))?;
    let ports = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let directory = Arc::new(directory);
    let clock = Clock::starting_after(START_DELAY, settings.speed);
    let path = if settings.shaped {
        NetworkPath::emulated(between, &directory, clock).await.map_err(RunError::Failed)?
    } else {
        NetworkPath::Direct
    };
    // The clock runs from here on: the rest must be done within its start delay.
    let context = RunContext::new(clock).map_err(RunError::Failed)?;
    let process = Arc::new(ProcessContext {
        environment: Arc::new(NodeEnvironment::<P> { config, directory, clock, sink: sink.clone() }),
        context: context.clone(),
        path: path.clone(),
        seed: plan.seed,
        links: Arc::clone(between.links()),
        listen: None,
        killed_on_crash: false,
    });
    let mut tasks = JoinSet::new();
    for slot in 0..plan.slots() {
        tasks.spawn(run_node(Arc::clone(&process), slot, schedules(plan, slot)));
    }
    Ok(StartedRun { context, path, tasks, ports, reserved })
}

/// What the manifest says of the run.
fn info(
    settings: &Settings,
    monitor: &RunMonitor,
    pool: Option<&WorkerPool>,
    ended: Ended,
    cpu_seconds: Option<f64>,
    lateness: &Lateness,
) -> TcpRunInfo {
    let milliseconds = |span: Duration| round(span.as_nanos() as f64 / 1e6);
    TcpRunInfo {
        speed: settings.speed,
        shaped: settings.shaped,
        listening: monitor.listening,
        cpu_seconds,
        latest_ms: milliseconds(lateness.worst()),
        late_observations: monitor.collector.late(),
        processes: pool.map(WorkerPool::most_alive).filter(|&count| count > 0),
        tasks_left: ended.tasks_left,
        namespaces: ended.networks,
        clock_error_ms: pool.map(|pool| milliseconds(pool.clock_error())),
        hop_overhead_ms: monitor.collector.hop_overhead(),
    }
}

/// The results with notes and verdicts.
fn judged(
    request: &RunRequest<'_>,
    setup: &Setup,
    mut results: Results,
    info: &TcpRunInfo,
) -> Result<Results, RunError> {
    results.summary.backend = Some(request.settings.nodes.backend().to_owned());
    results.summary.notes = setup.notes.iter().cloned().chain(notes(&request.settings, info)).collect();
    // What a part of the run says of the whole is no verdict.
    let expected = if results.summary.complete { &request.scenario.expect[..] } else { &[] };
    let judged = results.summary.judge(expected);
    judged.map_err(|unknown| Complaint::new("expect", unknown.to_string(), ""))?;
    Ok(results)
}

/// What a reader of results from sockets should know.
fn notes(settings: &Settings, info: &TcpRunInfo) -> Vec<String> {
    let mut notes = Vec::new();
    if !settings.shaped {
        notes.push("links were not emulated: the scenario's delays and rates did not apply".to_owned());
    }
    if info.latest_ms > LATE_MS {
        notes.push(format!(
            "planned events were up to {:.0} ms late: use fewer nodes or a lower --speed",
            info.latest_ms
        ));
    }
    if let Some(error) = info.clock_error_ms.filter(|&error| error >= CLOCK_MS) {
        notes.push(format!("clocks of nodes were off by up to {error:.1} ms"));
    }
    if info.late_observations > 0 {
        let count = info.late_observations;
        notes.push(format!("{count} observations came too late for their sample"));
    }
    notes
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Tasks between two looks at what has come.
const EVENTS_AFTER: u32 = 4;

/// The threads that drive nodes: one for each core.
fn runtime() -> Result<Runtime, RunError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // A thread looks at its sockets and at what other threads wake after so many tasks. By default these are so
    // many that packets wait for milliseconds while a message floods the network.
    let built = Builder::new_multi_thread()
        .worker_threads(cores)
        .event_interval(EVENTS_AFTER)
        .global_queue_interval(EVENTS_AFTER)
        .enable_all()
        .build();
    built.map_err(|error| RunError::Failed(format!("cannot start threads: {error}")))
}

/// Each link is a file at each end, and through link emulation two more.
fn enough_files(setup: &Setup) -> Result<(), RunError> {
    let Some(limit) = machine::raise_files() else { return Ok(()) };
    let slots = u64::from(setup.plan.slots());
    let needed = 100 + slots * (2 + 4 * u64::from(setup.measure.target_degree.unwrap_or(4)));
    if needed > limit {
        return Err(RunError::Failed(format!(
            "{slots} nodes need about {needed} open files, and the limit is {limit}: raise it (ulimit -Hn), or run \
             fewer nodes"
        )));
    }
    Ok(())
}
