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

use super::adapter::World;
use super::check::check;
use super::clock::Clock;
use super::control::{self, Reserved, Troop};
use super::directory::Directory;
use super::excess::Excess;
use super::gather::Gather;
use super::machine;
use super::resident::{HERE, Stage, Town, is_out_of_files, reside};
use super::road::Road;
use super::script::scripts;
use super::shaper::Shaper;
use super::sink::Sink;
use super::{Bed, Nodes, Settings, Trouble};
use floodnet_lab::run::{Cost, Finished, Ran, TcpRunInfo};
use floodnet_measure::Measures;
use floodnet_scenario::Complaint;
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::setup::Setup;
use floodnet_scenario::setup::set_up_nodes;

/// Time between two looks at what nodes report.
const LOOK: Span = Span::from_millis(50);
/// What a node reports is here within this time.
const SLACK: Span = Span::from_secs(2);
/// Time before the plan starts: for all users to be ready.
pub(crate) const LEAD: Span = Span::from_millis(200);
/// Time for a process to end, beyond its goodbye.
const END: Span = Span::from_secs(3);
/// Looks at listening sockets during a run.
const CENSUSES: u64 = 8;

/// A run that is about to begin.
pub(crate) struct Cast {
    pub(crate) stage: Stage,
    /// One for each slot.
    pub(crate) users: JoinSet<Result<(), String>>,
    /// Where nodes of this machine listen.
    pub(crate) ports: BTreeSet<u16>,
    /// Keeps these ports.
    pub(crate) reserved: Reserved,
    /// The processes, if nodes have their own.
    pub(crate) troop: Option<Arc<Troop>>,
}

/// Runs the protocol `P` on sockets.
pub(crate) fn run_protocol<P: Runnable>(bed: &mut Bed<'_>) -> Result<Ran, Trouble> {
    let began = Instant::now();
    let (setup, config) = set_up_nodes::<P>(bed.scenario)?;
    check(&setup, &bed.settings)?;
    enough_files(&setup)?;
    let cpu = machine::cpu_seconds();
    let slots = setup.plan.slots();
    let runtime = runtime()?;
    let guard = runtime.enter();
    let (sink, links) = (Sink::default(), Arc::new(setup.links.clone()));
    let came = match bed.settings.nodes {
        Nodes::Here => runtime.block_on(cast_here::<P>(config, &bed.settings, &setup, &links, &sink)),
        Nodes::Processes | Nodes::Namespaces | Nodes::Outside { .. } => {
            runtime.block_on(control::cast(bed, &setup, &links, &sink))
        }
    };
    let Cast { stage, users, ports, reserved, troop } = came?;
    let measures = Measures::new(Arc::clone(&setup.plan), setup.measure.clone());
    let between = Between::new(Arc::clone(&setup.plan), links);
    let gather = Gather::new(measures, slots, Excess::new(between, bed.settings.shaped));
    let mut show = Show { gather, clock: stage.clock, sink, ports, listening: None };
    let ready = Instant::now();
    let ended = runtime.block_on(async {
        let ended = play(&stage, users, &mut show, setup.plan.duration, bed.watch).await;
        let networks = match &troop {
            Some(troop) => troop.end().await,
            None => Ok(None),
        };
        (ended, networks, tasks_left().await)
    });
    let (ended, networks, tasks_left) = ended;
    stage.over.cancel();
    drop((guard, reserved));
    runtime.shutdown_timeout(Span::from_secs(5));
    let (at, complete) = ended.map_err(Trouble::Failed)?;
    let namespaces = networks.map_err(Trouble::Failed)?;
    let ran = Instant::now();
    let Show { mut gather, sink, listening, .. } = show;
    gather.add(sink.take());
    gather.feed_before(at);
    let used = machine::cpu_seconds().zip(cpu).map(|(after, before)| round(after - before));
    let milliseconds = |span: Duration| round(span.as_nanos() as f64 / 1e6);
    let means = TcpRunInfo {
        speed: bed.settings.speed,
        shaped: bed.settings.shaped,
        listening,
        cpu_seconds: used,
        latest_ms: milliseconds(stage.lateness.worst()),
        late_observations: gather.late(),
        processes: troop.as_ref().map(|troop| troop.most_alive()).filter(|&count| count > 0),
        tasks_left,
        namespaces,
        clock_error_ms: troop.as_ref().map(|troop| milliseconds(troop.clock_error())),
        hop_excess_ms: gather.hop_excess(),
    };
    let cost = Cost {
        setup_seconds: (ready - began).as_secs_f64(),
        run_seconds: (ran - ready).as_secs_f64(),
        inputs: gather.inputs(),
        packets: gather.received(),
        ..Cost::default()
    };
    conclude(bed, setup, gather, at, complete, cost, means)
}

/// All nodes in this process.
async fn cast_here<P: Runnable>(
    config: P::Config,
    settings: &Settings,
    setup: &Setup,
    links: &Arc<LinkModel>,
    sink: &Sink,
) -> Result<Cast, Trouble> {
    let plan = &setup.plan;
    let reserved = Directory::reserve(plan.seed, plan.slots(), HERE.into());
    let (directory, reserved) = reserved.map_err(|error| no_ports(&error))?;
    let ports = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let directory = Arc::new(directory);
    let clock = Clock::starting_after(LEAD, settings.speed);
    let road = road_of(settings, setup, links, &directory, clock).await?;
    let stage = Stage::new(clock, road).map_err(Trouble::Failed)?;
    let town = Arc::new(Town {
        world: Arc::new(World::<P> { config, directory, clock, sink: sink.clone() }),
        stage: stage.clone(),
        seed: plan.seed,
        links: Arc::clone(links),
        listen: None,
        killed: false,
    });
    let mut users = JoinSet::new();
    for slot in 0..plan.slots() {
        users.spawn(reside(Arc::clone(&town), slot, scripts(plan, slot)));
    }
    Ok(Cast { stage, users, ports, reserved, troop: None })
}

/// Sums up.
fn conclude(
    bed: &Bed<'_>,
    setup: Setup,
    gather: Gather,
    at: Time,
    complete: bool,
    cost: Cost,
    means: TcpRunInfo,
) -> Result<Ran, Trouble> {
    let ran = Instant::now();
    let mut results = gather.finish(at, complete);
    results.summary.backend = Some("tcp".to_owned());
    results.summary.notes = setup.notes.iter().cloned().chain(notes(&bed.settings, &means)).collect();
    let judged = results.summary.judge(&bed.scenario.expect);
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
struct Show {
    gather: Gather,
    clock: Clock,
    sink: Sink,
    ports: BTreeSet<u16>,
    listening: Option<u32>,
}

/// Plays the plan. Gives when it ended, and whether that was its end.
async fn play(
    stage: &Stage,
    mut users: JoinSet<Result<(), String>>,
    show: &mut Show,
    duration: Time,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<(Time, bool), String> {
    let mut look = tokio::time::interval(LOOK);
    let mut censuses = 0;
    let mut is_on = true;
    while is_on {
        tokio::select! {
            _ = look.tick() => {
                let now = show.clock.now().min(duration);
                show.gather.add(show.sink.take());
                show.gather.advance(now - show.clock.planned(SLACK));
                if now.as_nanos() / (duration.as_nanos() / (CENSUSES + 1)).max(1) > censuses {
                    censuses += 1;
                    show.listening = show.listening.max(machine::listening(&show.ports));
                }
                is_on = watch(Progress { now, inputs: show.gather.inputs() });
            }
            ended = users.join_next() => match ended {
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(why))) => return Err(why),
                Some(Err(error)) => return Err(format!("a node failed: {error}")),
                None => break,
            },
        }
    }
    let at = show.clock.now().min(duration);
    stage.over.cancel();
    while users.join_next().await.is_some() {}
    // A plan with nobody in it lasts as long.
    if is_on {
        tokio::time::sleep_until(show.clock.instant(duration)).await;
    }
    stage.leaving.close();
    let _ = tokio::time::timeout(show.clock.real(Duration::from_secs(2)) + END, stage.leaving.wait()).await;
    stage.road.end().await;
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
pub(crate) async fn road_of(
    settings: &Settings,
    setup: &Setup,
    links: &Arc<LinkModel>,
    directory: &Arc<Directory>,
    clock: Clock,
) -> Result<Road, Trouble> {
    if !settings.shaped {
        return Ok(Road::Bare);
    }
    let between = Between::new(Arc::clone(&setup.plan), Arc::clone(links));
    let started = Shaper::start(between, Arc::clone(directory), clock, SocketAddr::new(HERE.into(), 0)).await;
    let shaper = started.map_err(|error| Trouble::Failed(format!("the shaper cannot start: {error}")))?;
    Ok(Road::Shaped { at: shaper.address(), shaper: Some(shaper), directory: Arc::clone(directory) })
}

/// Tasks between two looks at what has come.
const EVENTS_AFTER: u32 = 4;

/// The threads that drive nodes: one for each core.
fn runtime() -> Result<Runtime, Trouble> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    // A worker looks at its sockets and at what other threads wake after so many tasks. By default these are so
    // many that packets wait for milliseconds while a message floods the network.
    let built = Builder::new_multi_thread()
        .worker_threads(cores)
        .event_interval(EVENTS_AFTER)
        .global_queue_interval(EVENTS_AFTER)
        .enable_all()
        .build();
    built.map_err(|error| Trouble::Failed(format!("cannot start threads: {error}")))
}

/// Each link is a file at each end, and through the shaper two more.
fn enough_files(setup: &Setup) -> Result<(), Trouble> {
    let Some(limit) = machine::raise_files() else { return Ok(()) };
    let slots = u64::from(setup.plan.slots());
    let needed = 100 + slots * (2 + 4 * u64::from(setup.measure.target_degree.unwrap_or(4)));
    if needed > limit {
        return Err(Trouble::Failed(format!(
            "{slots} nodes need about {needed} open files, and the limit is {limit}: raise it (ulimit -Hn), or run \
             fewer nodes"
        )));
    }
    Ok(())
}

pub(crate) fn no_ports(error: &std::io::Error) -> Trouble {
    let help = if is_out_of_files(error) { ": raise the limit of open files (ulimit -n)" } else { "" };
    Trouble::Failed(format!("no address for each node: {error}{help}"))
}
