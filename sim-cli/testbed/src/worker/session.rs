//! A worker of some protocol: it learns what to run, runs the lives of its node as it is told, reports, and exits when
//! the coordinator says so or is gone.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_scenario::Scenario;
use floodnet_scenario::build::set_up_nodes;
use floodnet_scenario::protocol::Runnable;
use floodnet_tcp::identity::Identity;
use floodnet_tcp::peer::Peer;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::clock_sync::ClockSync;
use super::port::Port;
use crate::control::codec::Channel;
use crate::control::messages::{Reported, ToCoordinator, ToWorker, Welcome};
use crate::directory::Directory;
use crate::network_path::NetworkPath;
use crate::node_adapter::NodeEnvironment;
use crate::node_runner::{ProcessContext, run_life};
use crate::run_context::RunContext;
use crate::sink::Sink;

/// Time between two reports.
const REPORT_EVERY: Span = Span::from_millis(100);
/// Time between two looks at the coordinator's clock.
const SYNC_EVERY: Span = Span::from_secs(1);
/// Time for the coordinator to take in why a worker failed.
const FAREWELL: Span = Span::from_millis(200);
/// Observations of one report at most.
const MAX_RECORDS: usize = 10_000;

/// What a worker of some protocol works on.
pub(crate) struct WorkerSession {
    pub(crate) channel: Channel,
    pub(crate) slot: u32,
    pub(crate) scenario: Scenario,
    pub(crate) welcome: Welcome,
    /// Where to listen, if the coordinator does not say.
    pub(crate) listen: SocketAddr,
    /// What the others dial, if not the address from which the coordinator was reached.
    pub(crate) advertise: Option<String>,
}

/// Tells the coordinator why the worker does not go on.
pub(crate) async fn report_failure<T>(channel: &mut Channel, slot: u32, why: String) -> Result<T, String> {
    let told = format!("the node of slot {slot} failed: {why}");
    let _ = timeout(FAREWELL, channel.send(&ToCoordinator::Failed(told))).await;
    Err(why)
}

/// Is a worker of the protocol `P` until its run is over.
///
/// # Errors
/// The coordinator is gone, or the node cannot do what it wants; says why.
pub(crate) fn run_worker<P: Runnable>(runtime: &Runtime, mut session: WorkerSession) -> Result<(), String> {
    let slot = session.slot;
    runtime.block_on(async move {
        let joined = join_run::<P>(&mut session).await;
        let channel = &mut session.channel;
        match joined {
            Ok((process, clock_sync, _port)) => match serve_run(channel, slot, &process, clock_sync).await {
                Ok(()) => Ok(()),
                Err(SessionEnd::Coordinator(why)) => Err(format!("the coordinator is gone: {why}")),
                Err(SessionEnd::Node(why)) => report_failure(channel, slot, why).await,
            },
            Err(why) => report_failure(channel, slot, why).await,
        }
    })
}

/// What a worker has when its run begins. The port is kept as long as it lives.
type Joined<P> = (Arc<ProcessContext<P>>, ClockSync, Port);

/// Exchanges with the coordinator all that a run needs before it begins.
async fn join_run<P: Runnable>(session: &mut WorkerSession) -> Result<Joined<P>, String> {
    let gone = |error: io::Error| format!("the coordinator is gone: {error}");
    let WorkerSession { channel, scenario, welcome, listen, advertise, .. } = session;
    let (setup, config) = set_up_nodes::<P>(scenario).map_err(|complaint| complaint.to_string())?;
    let port = Port::take(welcome.listen, *listen, advertise.as_deref(), channel.tcp()).await?;
    // While the coordinator says nothing else, its answers take the shortest way.
    let clock_sync = ClockSync::measure(channel).await.map_err(gone)?;
    let listening = ToCoordinator::Listening { address: port.known, clock_error: clock_sync.error() };
    channel.send(&listening).await.map_err(gone)?;
    let directory = Arc::new(Directory::new(receive_peers(channel).await.map_err(gone)?));
    channel.send(&ToCoordinator::Ready).await.map_err(gone)?;
    let (epoch, emulation) = receive_start(channel).await.map_err(gone)?;
    let clock = clock_sync.clock(epoch, welcome.speed).ok_or("the start time cannot be reached")?;
    let path = match emulation {
        Some(at) => NetworkPath::Emulated { at, emulation: None, directory: Arc::clone(&directory) },
        None => NetworkPath::Direct,
    };
    let process = ProcessContext {
        environment: Arc::new(NodeEnvironment::<P> { config, directory, clock, sink: Sink::default() }),
        context: RunContext::new(clock)?,
        path,
        seed: setup.plan.seed,
        links: Arc::new(setup.links),
        listen: port.own,
        killed_on_crash: welcome.killed_on_crash,
    };
    Ok((Arc::new(process), clock_sync, port))
}

/// Receives the identities and addresses of all nodes.
async fn receive_peers(channel: &mut Channel) -> io::Result<Vec<Peer>> {
    let ToWorker::Peers(peers) = channel.expect().await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let peer = |(identity, address)| Peer::new(Identity::from_bytes(identity), address);
    Ok(peers.into_iter().map(peer).collect())
}

/// Receives when the plan starts, and where the link emulation is, if there is one.
async fn receive_start(channel: &mut Channel) -> io::Result<(u64, Option<SocketAddr>)> {
    let ToWorker::Start { epoch, emulation } = channel.expect().await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    Ok((epoch, emulation))
}

/// Why a worker ends early.
enum SessionEnd {
    Coordinator(String),
    Node(String),
}

impl From<io::Error> for SessionEnd {
    fn from(error: io::Error) -> Self {
        Self::Coordinator(error.to_string())
    }
}

/// Runs the lives of the node as the coordinator says, and reports.
async fn serve_run<P: Runnable>(
    channel: &mut Channel,
    slot: u32,
    process: &Arc<ProcessContext<P>>,
    mut clock_sync: ClockSync,
) -> Result<(), SessionEnd> {
    let mut life: JoinSet<Result<bool, String>> = JoinSet::new();
    let (mut report_due, mut sync_due) = (interval(REPORT_EVERY), interval(SYNC_EVERY));
    loop {
        tokio::select! {
            heard = channel.receive() => match heard? {
                None => return Err(SessionEnd::Coordinator("it has closed the connection".to_owned())),
                Some(ToWorker::Pong { asked, now }) => clock_sync.on_pong(asked, now),
                Some(ToWorker::RunLife(schedule)) => {
                    let process = Arc::clone(process);
                    life.spawn(async move { run_life(&process, slot, &schedule).await });
                }
                Some(ToWorker::Stop) => process.context.over.cancel(),
                Some(ToWorker::Exit) => break,
                Some(ToWorker::Peers(_) | ToWorker::Start { .. }) => {}
            },
            Some(ended) = life.join_next() => {
                let ended = ended.map_err(|error| SessionEnd::Node(error.to_string()))?;
                ended.map_err(SessionEnd::Node)?;
                // All observations of the life are there before its end is.
                report(channel, process).await?;
                let latest = process.context.lateness.worst().as_nanos();
                channel.send(&ToCoordinator::LifeEnded { latest, clock_error: clock_sync.error() }).await?;
            }
            _ = report_due.tick() => report(channel, process).await?,
            _ = sync_due.tick() => channel.send(&clock_sync.ping()).await?,
        }
    }
    process.context.leaving.close();
    process.context.leaving.wait().await;
    Ok(())
}

/// Reports what was observed.
async fn report<P: Runnable>(channel: &mut Channel, process: &ProcessContext<P>) -> io::Result<()> {
    let records = process.environment.sink.take();
    for some in records.chunks(MAX_RECORDS) {
        channel.send(&ToCoordinator::Observations(some.iter().map(Reported::of).collect())).await?;
    }
    Ok(())
}
