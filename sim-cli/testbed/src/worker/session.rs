//! The program of a node: dials the coordinator, learns what it is, lives as it is told, and ends when the
//! coordinator is gone.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_tcp::identity::Identity;
use floodnet_tcp::peer::Peer;
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use super::clock_sync::ClockSync;
use crate::Protocols;
use crate::control::HANDSHAKE_TIMEOUT;
use crate::control::codec::Channel;
use crate::control::messages::{Answer, Challenge, Hello, Reported, ToCoordinator, ToWorker, Welcome};
use crate::control::{Side, Token, nonce, same};
use crate::directory::{Directory, reserve};
use crate::machine;
use crate::network_path::NetworkPath;
use crate::node_adapter::NodeEnvironment;
use crate::node_runner::{ProcessContext, RunContext, run_life};
use crate::sink::Sink;
use floodnet_scenario::Scenario;
use floodnet_scenario::protocol::Runnable;
use floodnet_scenario::setup::set_up_nodes;

/// Time between two reports.
const REPORT_EVERY: Span = Span::from_millis(100);
/// Time between two looks at the coordinator's clock.
const SYNC_EVERY: Span = Span::from_secs(1);
/// Time between two tries to reach the coordinator.
const RETRY_PAUSE: Span = Span::from_millis(200);
/// Observations of one report at most.
const MAX_RECORDS: usize = 10_000;

/// Instead of the coordinator's address: standard input is a connection to it.
pub(crate) const ON_STDIN: &str = "-";

/// Who a node is, and where its coordinator is.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Host and port of the coordinator, or `-` if standard input is a connection to it.
    pub coordinator: String,
    /// Which slot the node is.
    pub slot: u32,
    /// The secret of the run.
    pub token: Token,
    /// Where it listens; port 0 for any free one. A coordinator that started it says so itself.
    pub listen: SocketAddr,
    /// Host, and port if it is another, that the others dial; none for the address from which the node has
    /// reached the coordinator.
    pub advertise: Option<String>,
    /// How long the coordinator may be out of reach at first.
    pub try_for: Span,
}

/// What a node of some protocol works on.
pub(crate) struct WorkerSession {
    channel: Channel,
    slot: u32,
    scenario: Scenario,
    welcome: Welcome,
    listen: SocketAddr,
    advertise: Option<String>,
}

/// Is a node until the run is over.
///
/// # Errors
/// The coordinator is out of reach, turns the node away or is gone; or the node cannot do what it wants.
pub fn serve(options: NodeOptions, protocols: &Protocols) -> Result<(), String> {
    machine::raise_files();
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let (mut channel, welcome) = runtime.block_on(authenticate(&options))?;
    let scenario =
        Scenario::parse("the scenario", &welcome.scenario, Path::new("."), &[], protocols.tables());
    let found = scenario.map_err(|wrong| wrong.to_string()).and_then(|scenario| {
        let backend = protocols.backend(&scenario).map_err(|complaint| complaint.title)?;
        Ok((scenario, backend))
    });
    let (scenario, backend) = match found {
        Ok(found) => found,
        Err(why) => return runtime.block_on(report_failure(&mut channel, options.slot, why)),
    };
    let NodeOptions { slot, listen, advertise, .. } = options;
    backend.run_worker(&runtime, WorkerSession { channel, slot, scenario, welcome, listen, advertise })
}

/// Tells the coordinator why it does not go on.
async fn report_failure<T>(channel: &mut Channel, slot: u32, why: String) -> Result<T, String> {
    let told = format!("the node of slot {slot} cannot go on: {why}");
    let _ = timeout(RETRY_PAUSE, channel.send(&ToCoordinator::Failed(told))).await;
    Err(why)
}

/// Reaches the coordinator, and proves to it, and it to the node, that both are of this run.
async fn authenticate(options: &NodeOptions) -> Result<(Channel, Welcome), String> {
    let tcp = dial(options).await?;
    let host = &options.coordinator;
    let channel = async {
        let mut channel = Channel::unauthenticated(tcp)?;
        let Challenge { version, nonce: challenge } = channel.expect().await?;
        let answer = nonce()?;
        let proof = options.token.prove(Side::Node, &challenge, &answer, options.slot);
        channel.send(&Hello { slot: options.slot, nonce: answer, proof }).await?;
        // The scenario is as long as it is; what is read of it is bounded, and it is used only with the proof.
        channel.trust_peer();
        let reply = channel.expect::<Answer>().await?;
        let expected = options.token.prove(Side::Coordinator, &challenge, &answer, options.slot);
        io::Result::Ok((channel, version, reply, expected))
    };
    let gone = |error: io::Error| format!("{host} is no coordinator, or is gone: {error}");
    let shaken = timeout(HANDSHAKE_TIMEOUT, channel).await.map_err(|_| format!("{host} does not answer"))?;
    let (channel, version, reply, expected) = shaken.map_err(gone)?;
    if version != env!("CARGO_PKG_VERSION") {
        return Err(format!(
            "the coordinator is of version {version}, this program of {}: take the same",
            env!("CARGO_PKG_VERSION")
        ));
    }
    match reply {
        Answer::Refused(why) => Err(format!("the coordinator {host} turned this node away: {why}")),
        Answer::Welcome(welcome) if same(&welcome.proof, &expected) => Ok((channel, *welcome)),
        Answer::Welcome(_) => Err(format!("{host} is not the coordinator of this run: it has another token")),
    }
}

async fn dial(options: &NodeOptions) -> Result<TcpStream, String> {
    if options.coordinator == ON_STDIN {
        return on_stdin().map_err(|error| format!("standard input is no connection: {error}"));
    }
    let give_up = Instant::now() + options.try_for;
    loop {
        match TcpStream::connect(&options.coordinator).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) if Instant::now() >= give_up => {
                return Err(format!("the coordinator {} cannot be reached: {error}", options.coordinator));
            }
            Err(_) => sleep(RETRY_PAUSE).await,
        }
    }
}

/// The connection that is standard input.
#[cfg(unix)]
fn on_stdin() -> io::Result<TcpStream> {
    use std::os::fd::AsFd;
    let tcp = std::net::TcpStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    tcp.set_nonblocking(true)?;
    TcpStream::from_std(tcp)
}

#[cfg(not(unix))]
fn on_stdin() -> io::Result<TcpStream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Is a node of the protocol `P`.
pub(crate) fn run_worker<P: Runnable>(runtime: &Runtime, session: WorkerSession) -> Result<(), String> {
    let WorkerSession { mut channel, slot, scenario, welcome, listen, advertise } = session;
    let prepared = set_up_nodes::<P>(&scenario);
    runtime.block_on(async move {
        let came = async {
            let (setup, config) = prepared.map_err(|complaint| complaint.to_string())?;
            let port = Port::take(welcome.listen, listen, advertise.as_deref(), channel.tcp()).await?;
            let gone = |error: io::Error| format!("the coordinator is gone: {error}");
            let clock_sync = ClockSync::measure(&mut channel).await.map_err(gone)?;
            channel
                .send(&ToCoordinator::Listening { address: port.known, clock_error: clock_sync.error() })
                .await
                .map_err(gone)?;
            let directory = Arc::new(Directory::new(receive_peers(&mut channel).await.map_err(gone)?));
            channel.send(&ToCoordinator::Ready).await.map_err(gone)?;
            let (epoch, shaper) = receive_start(&mut channel).await.map_err(gone)?;
            let clock = clock_sync.clock(epoch, welcome.speed).ok_or("the plan's start is out of reach")?;
            let path = match shaper {
                Some(at) => NetworkPath::Emulated { at, shaper: None, directory: Arc::clone(&directory) },
                None => NetworkPath::Direct,
            };
            let environment = NodeEnvironment::<P> { config, directory, clock, sink: Sink::default() };
            let process = ProcessContext {
                environment: Arc::new(environment),
                context: RunContext::new(clock, path)?,
                seed: setup.plan.seed,
                links: Arc::new(setup.links),
                listen: port.own,
                killed_on_crash: welcome.killed_on_crash,
            };
            Result::<_, String>::Ok((Arc::new(process), clock_sync, port))
        };
        let came = came.await;
        match came {
            Ok((process, clock_sync, _port)) => {
                match serve_run(&mut channel, slot, &process, clock_sync).await {
                    Ok(()) => Ok(()),
                    Err(SessionEnd::Coordinator(why)) => Err(format!("the coordinator is gone: {why}")),
                    Err(SessionEnd::Node(why)) => report_failure(&mut channel, slot, why).await,
                }
            }
            Err(why) => report_failure(&mut channel, slot, why).await,
        }
    })
}

/// The port of a node, kept for all its lives.
struct Port {
    _reserved: Option<TcpSocket>,
    /// Where to listen, if not at the address that others know.
    own: Option<SocketAddr>,
    known: SocketAddr,
}

impl Port {
    /// The port that the coordinator gave, or else one at `listen`.
    async fn take(
        given: Option<SocketAddr>,
        listen: SocketAddr,
        advertise: Option<&str>,
        control: &TcpStream,
    ) -> Result<Self, String> {
        if let Some(known) = given {
            return Ok(Self { _reserved: None, own: None, known });
        }
        let no_port = |error: io::Error| format!("cannot listen on {listen}: {error}");
        let socket = reserve(listen).map_err(no_port)?;
        let own = socket.local_addr().map_err(no_port)?;
        let known = match advertise {
            None if own.ip().is_unspecified() => {
                SocketAddr::new(control.local_addr().map_err(no_port)?.ip(), own.port())
            }
            None => own,
            Some(host) => resolve(host, own.port()).await?,
        };
        Ok(Self { _reserved: Some(socket), own: Some(own), known })
    }
}

/// The address of `host`, at `port` if it names none itself.
async fn resolve(host: &str, port: u16) -> Result<SocketAddr, String> {
    let with_port = host.to_owned();
    let found = match lookup_host(with_port).await {
        Ok(mut found) => found.next(),
        Err(_) => {
            lookup_host((host.trim_matches(['[', ']']), port)).await.ok().and_then(|mut found| found.next())
        }
    };
    found.ok_or_else(|| format!("--advertise {host} is no address: write a host, or host and port"))
}

/// Hears of all others.
async fn receive_peers(channel: &mut Channel) -> io::Result<Vec<Peer>> {
    let ToWorker::Peers(peers) = channel.expect().await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let peer = |(identity, address)| Peer::new(Identity::from_bytes(identity), address);
    Ok(peers.into_iter().map(peer).collect())
}

/// Hears when it begins, and of a shaper.
async fn receive_start(channel: &mut Channel) -> io::Result<(u64, Option<SocketAddr>)> {
    let ToWorker::Start { epoch, shaper } = channel.expect().await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    Ok((epoch, shaper))
}

/// Why a node ends early.
enum SessionEnd {
    Coordinator(String),
    Node(String),
}

impl From<io::Error> for SessionEnd {
    fn from(error: io::Error) -> Self {
        Self::Coordinator(error.to_string())
    }
}

/// Lives as the coordinator says, and reports.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_advertised_host_may_name_a_port() {
        for (host, expected) in [
            ("10.1.2.3", "10.1.2.3:7"),
            ("10.1.2.3:9", "10.1.2.3:9"),
            ("[::1]", "[::1]:7"),
            ("[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(resolve(host, 7).await.unwrap(), expected.parse().unwrap(), "{host}");
        }
        assert!(resolve("a host:x", 7).await.unwrap_err().contains("--advertise a host:x"));
    }
}
