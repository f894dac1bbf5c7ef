//! The node of one slot through its lives: it starts, publishes, stands still, leaves or crashes at the plan's
//! times, in real time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::link::LinkModel;
use floodnet_sim::node_key;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{CrashKind, End};
use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;

use crate::clock::Clock;
use crate::directory::keypair;
use crate::machine::out_of_files_help;
use crate::network_path::NetworkPath;
use crate::node_adapter::{NodeCommand, NodeEnvironment, RunMembers, SocketNode};
use crate::run_context::RunContext;
use crate::schedule::{ActionKind, Ending, LifeSchedule};
use floodnet_scenario::protocol::Runnable;

/// What all nodes of a process share.
pub(crate) struct ProcessContext<P: Runnable> {
    pub(crate) environment: Arc<NodeEnvironment<P>>,
    pub(crate) context: RunContext,
    pub(crate) path: NetworkPath,
    /// The seed of the run.
    pub(crate) seed: u64,
    pub(crate) links: Arc<LinkModel>,
    /// Where nodes listen, if not at the address that others know.
    pub(crate) listen: Option<SocketAddr>,
    /// Whether the coordinator kills the process of a node that is to crash.
    pub(crate) killed_on_crash: bool,
}

/// How long a port may stay taken by the node of the life before.
const PORT_PATIENCE: Span = Span::from_secs(5);

/// Runs the node of `slot` through all its lives.
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

/// Runs the node of `slot` for one life. False if the run was over before it had ended as planned.
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
    // Whether the run still goes on: at every wait it may be stopped.
    let mut is_on = true;
    for action in &schedule.actions {
        is_on = context.waited_until(action.at).await;
        if !is_on {
            break;
        }
        let command = match action.what {
            ActionKind::Publish { message, size } => NodeCommand::Publish(SimPayload::new(message, size)),
            ActionKind::Pause { until } => NodeCommand::Pause(until),
        };
        if handle.command(command).await.is_err() {
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
    format!("the node of slot {slot} cannot listen: {error}{}", out_of_files_help(error))
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
            connector: self.path.connector(slot),
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

    /// Ends a life as the plan says.
    async fn stop_node(&self, slot: u32, at: Time, end: End, handle: Handle<SocketNode<P>>) {
        self.environment.sink.add(at, slot, Observed::Down(end));
        match end {
            End::Leave => {
                self.context.leaving.spawn(async move {
                    // The only error is that it had stopped before.
                    let _ = handle.leave().await;
                });
            }
            // It takes no more input from `stop` on, and ends with its process.
            End::Crash(_) if self.killed_on_crash => {
                tokio::spawn(async move {
                    let _held = handle;
                    std::future::pending::<()>().await;
                });
            }
            End::Crash(kind) => {
                if kind == CrashKind::Silent {
                    self.path.silence(slot);
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
    let patience = real(links.spec.break_after.0);
    Limits {
        handshake: real(links.spec.dial_timeout.0),
        ping: real(links.spec.ping.0),
        dead: real(links.spec.dead_after.0),
        probe: real(links.spec.dead_after.0),
        idle: real(IDLE),
        stall: patience,
        frame: patience,
        outbox_patience: patience,
        linger: real(Duration::from_secs(2)).max(real(links.spec.rto.0)),
        ..Limits::of(Profile::Lab)
    }
}
