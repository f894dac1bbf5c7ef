//! A chat's node, from its first port to the first peers that it asks.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use floodnet_tcp::driver::spawn_with_validator;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::Limits;
use floodnet_tcp::options::Options;
use floodnet_tcp::peer::Peer;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::neighborhood::Neighborhood;
use super::setup::{Failure, PORTS, Prepared};
use crate::args::Listen;
use crate::find::Finder;
use crate::node;
use crate::own_file;
use crate::record::Recorder;
use crate::recorded::ChatNode;

/// Time in which a peer of former times must answer to be asked for the way in.
const PROBE: Duration = Duration::from_millis(500);
/// Peers of former times that are asked.
const MAX_PROBED: usize = 8;

/// What is there once others can reach this chat.
pub(super) struct Online {
    pub(super) handle: Handle<ChatNode>,
    pub(super) neighborhood: Neighborhood,
    /// Of the node's random choices.
    pub(super) seed: u64,
}

impl Online {
    /// Starts the node.
    ///
    /// # Errors
    /// There is no port, no randomness, or no place for a recording.
    pub(super) async fn go(prepared: &Prepared, finder: &Arc<Finder>) -> Result<Self, Failure> {
        let answered = reachable(&prepared.met).await;
        let neighborhood = Neighborhood::new(&prepared.met, &answered);
        let seed = random().map_err(|error| Failure::Failed(format!("no randomness: {error}")))?;
        let handle = Spawn { prepared, finder, seed }.spawn(answered).await?;
        Ok(Self { handle, neighborhood, seed })
    }
}

fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Those of the peers met lately where somebody listens. Asking one that is not there any more would cost
/// seconds.
async fn reachable(met: &[Peer]) -> Vec<Peer> {
    let mut probes = JoinSet::new();
    for (at, peer) in met.iter().take(MAX_PROBED).copied().enumerate() {
        probes.spawn(async move {
            let connected = timeout(PROBE, TcpStream::connect(peer.address())).await;
            connected.is_ok_and(|stream| stream.is_ok()).then_some((at, peer))
        });
    }
    let mut found: Vec<(usize, Peer)> = probes.join_all().await.into_iter().flatten().collect();
    found.sort_unstable_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, peer)| peer).collect()
}

/// What a node is started with.
struct Spawn<'a> {
    prepared: &'a Prepared,
    finder: &'a Arc<Finder>,
    seed: u64,
}

impl Spawn<'_> {
    /// Starts the node at the port given, or at the first free one.
    async fn spawn(&self, met: Vec<Peer>) -> Result<Handle<ChatNode>, Failure> {
        let Listen { ip, port } = self.prepared.args.listen.unwrap_or_default();
        let first = self.prepared.args.first_port;
        let ports = port.map_or(first..=first.saturating_add(PORTS), |port| port..=port);
        for port in ports.clone() {
            let address = SocketAddr::new(ip, port);
            let entry: Vec<Peer> = self.finder.entry().chain(met.iter().copied()).collect();
            match self.spawn_at(address, entry).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && port < *ports.end() => {}
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    let why = format!(
                        "cannot listen on {address}: the port is taken; choose another one with --listen"
                    );
                    return Err(Failure::Usage(why));
                }
                Err(error) => return Err(Failure::Usage(format!("cannot listen on {address}: {error}"))),
                Ok(handle) => return Ok(handle),
            }
        }
        Err(Failure::Usage(format!("no port from {first} on is free; choose one with --listen")))
    }

    async fn spawn_at(&self, listen: SocketAddr, entry: Vec<Peer>) -> io::Result<Handle<ChatNode>> {
        let Prepared { args, room, profile, keypair, validator, history, is_terminal, .. } = self.prepared;
        let options = Options {
            listen,
            keypair: Some(keypair.clone()),
            network: room.network(),
            seed: Some(self.seed),
            limits: Limits::of(*profile),
            // A person sees who is there; a pipe must know whether its lines were read.
            receipts: !is_terminal,
            connector: self.finder.connector(),
            ..Options::default()
        };
        let record = args.record.as_deref().map(open_record).transpose()?;
        let (seed, seen, has_history) = (self.seed, entry.clone(), history.is_some());
        let make = move |me| {
            let recorder = record.map(|file| Recorder::new(Box::new(file), seed, &seen));
            ChatNode::new(me, has_history, recorder)
        };
        spawn_with_validator(make, node::config(entry), options, Arc::clone(validator) as _).await
    }
}

/// A new file, for its owner only: a recording tells who talked when, and what was said to all.
fn open_record(path: &Path) -> io::Result<std::fs::File> {
    own_file::create(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
