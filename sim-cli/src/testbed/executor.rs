//! All slots of a run in this process.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use floodnet_core::time::{Duration, Time};
use floodnet_sim::Progress;
use floodnet_sim::between::Between;
use floodnet_sim::link::LinkModel;
use floodnet_tcp::shaper::Alarm;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::adapter::World;
use super::check::check;
use super::clock::Clock;
use super::directory::Directory;
use super::excess::Excess;
use super::gather::Gather;
use super::machine;
use super::resident::{HERE, Lateness, Town, is_out_of_files, reside};
use super::road::Road;
use super::shaper::Shaper;
use super::sink::Sink;
use super::{Bed, Means, Settings, Trouble};
use crate::measure::Measures;
use crate::registry::Runnable;
use crate::run::{Cost, Finished, Ran, set_up_nodes};
use crate::scenario::Complaint;
use crate::setup::Setup;

/// Time between two looks at what nodes report.
const LOOK: Span = Span::from_millis(50);
/// What a node reports is here within this time.
const SLACK: Span = Span::from_millis(500);
/// Time before the plan starts: for all users to be ready.
const LEAD: Span = Span::from_millis(200);
/// Looks at listening sockets during a run.
const CENSUSES: u64 = 8;

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
    let reserved = Directory::reserve(setup.plan.seed, slots, HERE.into());
    let (directory, ports) = reserved.map_err(|error| no_ports(&error))?;
    let names = directory.peers().iter().map(|peer| peer.address().port()).collect();
    let clock = Clock::starting_after(LEAD, bed.settings.speed);
    let (directory, links) = (Arc::new(directory), Arc::new(setup.links.clone()));
    let road = match bed.settings.shaped {
        true => runtime.block_on(shaped(&setup, &links, &directory, clock))?,
        false => Road::Bare,
    };
    let sink = Sink::default();
    let world: Arc<World<P>> = Arc::new(World { config, directory, clock, sink: sink.clone() });
    let town = Arc::new(Town {
        world,
        plan: Arc::clone(&setup.plan),
        links,
        road,
        alarm: Alarm::start().map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?,
        lateness: Lateness::default(),
        leaving: TaskTracker::new(),
        over: CancellationToken::new(),
    });
    let measures = Measures::new(Arc::clone(&setup.plan), setup.measure.clone());
    let between = Between::new(Arc::clone(&setup.plan), Arc::clone(&town.links));
    let excess = Excess::new(between, bed.settings.shaped);
    let mut show =
        Show { gather: Gather::new(measures, slots, excess), clock, sink, ports: names, listening: None };
    let ready = Instant::now();
    let ended = runtime.block_on(play(&town, &mut show, slots, bed.watch));
    town.over.cancel();
    drop((guard, ports));
    runtime.shutdown_timeout(Span::from_secs(5));
    let (at, complete) = ended.map_err(Trouble::Failed)?;
    let ran = Instant::now();
    let Show { mut gather, sink, listening, .. } = show;
    gather.add(sink.take());
    let used = machine::cpu_seconds().zip(cpu).map(|(after, before)| round(after - before));
    let means = Means {
        speed: bed.settings.speed,
        shaped: bed.settings.shaped,
        listening,
        cpu_seconds: used,
        latest_ms: round(town.lateness.worst().as_nanos() as f64 / 1e6),
        late_observations: gather.late(),
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

/// Sums up.
fn conclude(
    bed: &Bed<'_>,
    setup: Setup,
    gather: Gather,
    at: Time,
    complete: bool,
    cost: Cost,
    means: Means,
) -> Result<Ran, Trouble> {
    let ran = Instant::now();
    let mut results = gather.finish(at, complete);
    results.summary.backend = Some("tcp".to_owned());
    results.summary.notes = setup.notes.iter().cloned().chain(notes(&bed.settings, &means)).collect();
    let judged = results.summary.judge(&bed.scenario.expect);
    judged.map_err(|unknown| Complaint::new("expect", unknown.to_string(), ""))?;
    let cost = Cost { finish_seconds: ran.elapsed().as_secs_f64(), ..cost };
    Ok(Ran { setup, finished: Some(Finished { results, cost, means: Some(means) }) })
}

/// What a reader of results from sockets should know.
fn notes(settings: &Settings, means: &Means) -> Vec<String> {
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
    if means.late_observations > 0 {
        let count = means.late_observations;
        notes.push(format!("{count} observations came too late for their sample"));
    }
    notes
}

/// Later than this a machine is busy beyond what results can bear.
const LATE_MS: f64 = 50.0;

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
async fn play<P: Runnable>(
    town: &Arc<Town<P>>,
    show: &mut Show,
    slots: u32,
    watch: &mut dyn FnMut(Progress) -> bool,
) -> Result<(Time, bool), String> {
    let duration = town.plan.duration;
    let mut users = JoinSet::new();
    (0..slots).for_each(|slot| drop(users.spawn(reside(Arc::clone(town), slot))));
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
    town.over.cancel();
    while users.join_next().await.is_some() {}
    // A plan with nobody in it lasts as long.
    if is_on {
        tokio::time::sleep_until(show.clock.instant(duration)).await;
    }
    town.leaving.close();
    let _ = tokio::time::timeout(show.clock.real(Duration::from_secs(2)), town.leaving.wait()).await;
    town.road.end().await;
    Ok(if is_on { (duration, true) } else { (at, false) })
}

/// The way through a shaper of this process.
async fn shaped(
    setup: &Setup,
    links: &Arc<LinkModel>,
    directory: &Arc<Directory>,
    clock: Clock,
) -> Result<Road, Trouble> {
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

fn no_ports(error: &std::io::Error) -> Trouble {
    let help = if is_out_of_files(error) { ": raise the limit of open files (ulimit -n)" } else { "" };
    Trouble::Failed(format!("no address for each node: {error}{help}"))
}
