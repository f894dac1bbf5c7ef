//! All workers up, informed of each other, and supervised.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use floodnet_scenario::build::Setup;
use floodnet_sim::between::Between;
use tokio::task::JoinSet;

use super::supervise::supervise;
use super::worker_pool::WorkerPool;
use crate::clock::Clock;
use crate::control::messages::ToWorker;
use crate::directory::Directory;
use crate::machine::{LOOPBACK, out_of_files_help};
use crate::netns::{self, Hub, apply_faults};
use crate::network_path::NetworkPath;
use crate::run_context::{RunContext, START_DELAY};
use crate::run_request::{RunError, RunRequest};
use crate::schedule::schedules;
use crate::settings::Nodes;
use crate::sink::Sink;
use crate::started_run::{Reserved, StartedRun};

/// Brings all workers up and tells them about each other. The plan starts when all are ready.
///
/// # Errors
/// The machine does not give what it takes, or a worker did not come up.
pub(crate) async fn start(
    request: &mut RunRequest<'_>,
    setup: &Setup,
    between: &Between,
    sink: &Sink,
) -> Result<(StartedRun, Arc<WorkerPool>), RunError> {
    let (directory, reserved) = addresses(request.settings.nodes, setup)?;
    let listens = directory.peers().iter().map(|peer| peer.address()).collect();
    let hub = match request.settings.nodes {
        Nodes::Netns => Some(Hub::open(&setup.plan, between.links()).map_err(|error| skipped(&error))?),
        _ => None,
    };
    let pool = WorkerPool::open(request, setup, listens, hub, sink).await?;
    let mut workers = pool.spawn_all(request, setup.plan.slots()).await?;
    let directory = if pool.starts_processes() {
        directory
    } else {
        Directory::at(setup.plan.seed, workers.iter().map(|worker| worker.address))
    };
    let directory = Arc::new(directory);
    // Identities and addresses first: a worker is ready when it knows whom it may talk to.
    let peers = peers_of(&directory);
    workers.iter().for_each(|worker| worker.send(peers.clone()));
    for worker in &mut workers {
        pool.wait_until_ready(worker).await.map_err(RunError::Failed)?;
    }
    // The plan's time begins here, so what follows must not wait for anybody.
    let clock = Clock::starting_after(START_DELAY, request.settings.speed);
    let path = open_path(request, between, &directory, pool.hub(), clock).await.map_err(RunError::Failed)?;
    let go = ToWorker::Start { epoch: pool.nanos(clock.epoch()), emulation: path.emulation_address() };
    workers.iter().for_each(|worker| worker.send(go.clone()));
    pool.set_introduction([peers, go]);
    let context = RunContext::new(clock).map_err(RunError::Failed)?;
    let mut tasks = JoinSet::new();
    if let Some(hub) = pool.hub() {
        tasks.spawn(apply_faults(Arc::clone(hub), context.clone()));
    }
    for worker in workers {
        let schedules = schedules(&setup.plan, worker.slot);
        tasks.spawn(supervise(Arc::clone(&pool), context.clone(), path.clone(), schedules, worker));
    }
    // Ports in other namespaces or on other machines cannot be looked at from here.
    let is_here = request.settings.nodes == Nodes::Processes;
    let ports = directory.peers().iter().filter(|_| is_here).map(|peer| peer.address().port());
    let ports: BTreeSet<u16> = ports.collect();
    Ok((StartedRun { context, path, tasks, ports, reserved }, pool))
}

/// Where the node of each slot listens, with the ports that are kept for that; empty where nodes choose.
fn addresses(nodes: Nodes, setup: &Setup) -> Result<(Directory, Reserved), RunError> {
    let (seed, slots) = (setup.plan.seed, setup.plan.slots());
    match nodes {
        Nodes::Processes => {
            Directory::reserve(seed, slots, LOOPBACK.into()).map_err(|error| no_ports(&error))
        }
        Nodes::Netns => Ok((Directory::at(seed, (0..slots).map(netns::socket)), Vec::new())),
        Nodes::InProcess | Nodes::Remote { .. } => Ok((Directory::new(Vec::new()), Vec::new())),
    }
}

/// Everybody's identity and address.
fn peers_of(directory: &Directory) -> ToWorker {
    let peers = directory.peers().iter();
    ToWorker::Peers(peers.filter_map(|peer| Some((*peer.identity()?.as_bytes(), peer.address()))).collect())
}

/// The way between workers.
async fn open_path(
    request: &RunRequest<'_>,
    between: &Between,
    directory: &Arc<Directory>,
    hub: Option<&Arc<Hub>>,
    clock: Clock,
) -> Result<NetworkPath, String> {
    match hub {
        Some(hub) => {
            hub.start(clock).map_err(|error| format!("cannot relay packets: {error}"))?;
            Ok(NetworkPath::Netns(Arc::clone(hub)))
        }
        None if request.settings.shaped => NetworkPath::emulated(between, directory, clock).await,
        None => Ok(NetworkPath::Direct),
    }
}

/// There are no network namespaces to be had.
fn skipped(error: &io::Error) -> RunError {
    RunError::Failed(format!("SKIPPED: {error}; needs Linux, root, ip, nft, tc and /dev/net/tun"))
}

/// There is no address for each node.
pub(crate) fn no_ports(error: &io::Error) -> RunError {
    RunError::Failed(format!("cannot get an address for every node: {error}{}", out_of_files_help(error)))
}
