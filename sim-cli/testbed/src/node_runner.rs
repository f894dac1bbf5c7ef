//! The user of one slot: comes and goes, publishes and stands still at the plan's times, in real time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_shaper::Alarm;
use floodnet_sim::link::LinkModel;
use floodnet_sim::node_key;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{CrashKind, End};
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock::Clock;
use super::directory::keypair;
use super::network_path::NetworkPath;
use super::node_adapter::{NodeCommand, NodeEnvironment, RunMembers, SocketNode};
use super::schedule::{ActionKind, Ending, LifeSchedule};
use floodnet_scenario::protocol::Runnable;

/// What all users of a run share, whatever protocol they speak.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) clock: Clock,
    pub(crate) path: NetworkPath,
    /// Wakes users: what they do is timed from when the plan has it, and a timer of tokio comes a millisecond
    /// too late.
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) lateness: Arc<Lateness>,
    /// Nodes that are saying goodbye.
    pub(crate) leaving: TaskTracker,
    /// Ends everything.
    pub(crate) over: CancellationToken,
}

/// What all users of a process share.
pub(crate) struct ProcessContext<P: Runnable> {
    pub(crate) environment: Arc<NodeEnvironment<P>>,
    pub(crate) context: RunContext,
    /// The seed of the run.
    pub(crate) seed: u64,
    pub(crate) links: Arc<LinkModel>,
    /// Where nodes listen, if not at the address that others know.
    pub(crate) listen: Option<SocketAddr>,
    /// Who crashes is killed_on_crash with its process, by somebody else.
    pub(crate) killed_on_crash: bool,
}

/// How late the machine was with what the plan wanted.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    worst: AtomicU64,
}

impl Lateness {
    pub(crate) fn note(&self, late: Duration) {
        self.worst.fetch_max(late.as_nanos(), Relaxed);
    }

    /// The longest, on the plan's clock.
    pub(crate) fn worst(&self) -> Duration {
        Duration::from_nanos(self.worst.load(Relaxed))
    }
}

/// How long a port may stay taken by the node of the life before.
const PORT_PATIENCE: Span = Span::from_secs(5);

/// Lives all lives of `slot`.
///
/// # Errors
/// A node cannot be started; says why.
pub(crate) async fn run_node<P: Runnable>(
    process: Arc<ProcessContext<P>>,
    slot: u32,
    schedules: Vec<LifeSchedule>,
) -> Result<(), String> {
    for schedule in schedules {
        if !run_life(&process, slot, &schedule).await? {
            break;
        }
    }
    Ok(())
}

/// Lives one life of `slot`. False if the run was over before it had ended as planned.
///
/// # Errors
/// A node cannot be started; says why.
pub(crate) async fn run_life<P: Runnable>(
    process: &Arc<ProcessContext<P>>,
    slot: u32,
    schedule: &LifeSchedule,
) -> Result<bool, String> {
    let context = &process.context;
    if !context.waited_until(schedule.start).await {
        return Ok(false);
    }
    let up = Observed::Up { incarnation: schedule.incarnation };
    process.environment.sink.add(schedule.start, slot, up);
    let handle = process.start_node(slot, schedule).await.map_err(|error| cannot_start(slot, &error))?;
    let mut is_on = true;
    for action in &schedule.actions {
        is_on = context.waited_until(action.at).await;
        if !is_on {
            break;
        }
        let order = match action.what {
            ActionKind::Publish { message, size } => NodeCommand::Publish(SimPayload::new(message, size)),
            ActionKind::Pause { until } => NodeCommand::Pause(until),
        };
        if handle.command(order).await.is_err() {
            return Err(format!("the node of slot {slot} has failed"));
        }
    }
    let is_on = is_on && context.waited_until(schedule.stop).await;
    match schedule.ending.planned().filter(|_| is_on) {
        Some(end) => process.stop_node(slot, schedule.stop, end, handle).await,
        None => handle.kill().await,
    }
    Ok(is_on && schedule.ending != Ending::WithRun)
}

fn cannot_start(slot: u32, error: &io::Error) -> String {
    let help = if is_out_of_files(error) { ": spawn_worker the limit of open files (ulimit -n)" } else { "" };
    format!("the node of slot {slot} cannot listen: {error}{help}")
}

/// Whether there are no more files to open.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE, which the standard library has no names for.
    matches!(error.raw_os_error(), Some(23 | 24))
}

impl RunContext {
    /// At the start of a run, where the plan's time is that of `clock`.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub(crate) fn new(clock: Clock, path: NetworkPath) -> Result<Self, String> {
        let alarm = Alarm::start().map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self {
            clock,
            path,
            alarm: Arc::new(alarm),
            lateness: Arc::default(),
            leaving: TaskTracker::new(),
            over: CancellationToken::new(),
        })
    }

    /// Waits until it is `at` by the plan. False if everything ends before.
    pub(crate) async fn waited_until(&self, at: Time) -> bool {
        let due = self.clock.instant(at).into_std();
        let is_on = tokio::select! {
            () = self.over.cancelled() => false,
            () = self.alarm.until(due) => true,
        };
        self.lateness.note(self.clock.now().since(at));
        is_on
    }
}

impl<P: Runnable> ProcessContext<P> {
    /// Starts a node, which runs until `stop` at the latest.
    async fn start_node(&self, slot: u32, schedule: &LifeSchedule) -> io::Result<Handle<SocketNode<P>>> {
        let peer = self.environment.directory.peer(slot).ok_or(io::ErrorKind::NotFound)?;
        let options = Options {
            listen: self.listen.unwrap_or(peer.address()),
            advertise: self.listen.map(|_| peer.address()),
            keypair: Some(keypair(self.seed, slot)),
            seed: Some(node_key(self.seed, slot, schedule.incarnation)),
            limits: limits(&self.links, self.environment.clock),
            connector: self.context.path.connector(slot),
            ..Options::default()
        };
        let give_up = tokio::time::Instant::now() + PORT_PATIENCE;
        loop {
            let node = |_| SocketNode::new(slot, schedule.stop, Arc::clone(&self.environment));
            let validator = Arc::new(RunMembers(Arc::clone(&self.environment)));
            match spawn_with_validator(node, (), options.clone(), validator).await {
                // The node of the life before is about to let go of the port.
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && tokio::time::Instant::now() < give_up =>
                {
                    tokio::time::sleep(Span::from_millis(2)).await;
                }
                started => return started,
            }
        }
    }

    /// Ends a life as the plan has it.
    async fn stop_node(&self, slot: u32, at: Time, end: End, handle: Handle<SocketNode<P>>) {
        self.environment.sink.add(at, slot, Observed::Down(end));
        match end {
            End::Leave => {
                self.context.leaving.spawn(async move {
                    // The only error is that it had stopped before.
                    let _ = handle.leave().await;
                });
            }
            // It takes no more input, and ends with its process.
            End::Crash(_) if self.killed_on_crash => {
                tokio::spawn(async move {
                    let _held = handle;
                    std::future::pending::<()>().await;
                });
            }
            End::Crash(kind) => {
                if kind == CrashKind::Silent {
                    self.context.path.silence(slot);
                }
                handle.kill().await;
            }
        }
    }
}

/// How long a link that is no neighbor's stays without a message, as in the simulator.
const IDLE: Duration = Duration::from_secs(30);

/// What a node allows its peers and itself: time-outs are the scenario's, on the machine's clock.
fn limits(links: &LinkModel, clock: Clock) -> Limits {
    let least = Span::from_millis(1);
    let real = |span: Duration| clock.real(span).max(least);
    let patience = real(links.break_after);
    Limits {
        handshake: real(links.dial_timeout),
        ping: real(links.ping),
        dead: real(links.dead_after),
        probe: real(links.dead_after),
        idle: real(IDLE),
        stall: patience,
        frame: patience,
        outbox_patience: patience,
        linger: real(Duration::from_secs(2)).max(real(links.rto)),
        ..Limits::of(Profile::Lab)
    }
}

/// The address of this machine for a network of its own.
pub(crate) const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
