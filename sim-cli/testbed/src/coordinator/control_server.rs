//! Where workers dial in: each connection proves that it knows the token, gets the scenario, and is a slot's from
//! then on.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration as Span, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::HANDSHAKE_TIMEOUT;
use crate::control::codec::Channel;
use crate::control::messages::{Answer, Bounds, Challenge, Hello, ToCoordinator, ToWorker, Welcome};
use crate::control::{Side, TOKEN, Token, nonce, same};
use crate::sink::Sink;

/// Connections that may be proving themselves at once; more wait to be taken.
const MAX_UNAUTHENTICATED: usize = 64;
/// Pause after a connection could not be taken.
const RETRY_PAUSE: Span = Span::from_millis(5);

/// What a worker is told when it comes.
#[derive(Clone, Debug)]
pub(super) struct Brief {
    pub(super) scenario: String,
    pub(super) speed: f64,
    pub(super) killed_on_crash: bool,
    /// Where the node of each slot listens; empty where nodes choose.
    pub(super) listens: Vec<SocketAddr>,
}

/// Listens for workers, and passes messages between them and the slots' supervisors.
#[derive(Debug)]
pub(crate) struct ControlServer {
    address: SocketAddr,
    token: Token,
    brief: Brief,
    bounds: Bounds,
    entries: Vec<SlotEntry>,
    sink: Sink,
    /// Zero of the coordinator's clock.
    origin: Instant,
    /// Who was refused last, and why.
    last_refusal: Mutex<Option<String>>,
    unauthenticated: Arc<Semaphore>,
    tasks: TaskTracker,
    over: CancellationToken,
}

/// Where the worker of one slot comes in.
#[derive(Debug)]
struct SlotEntry {
    free: Arc<Semaphore>,
    came: mpsc::UnboundedSender<WorkerChannel>,
    comes: tokio::sync::Mutex<mpsc::UnboundedReceiver<WorkerChannel>>,
}

/// The channel to the worker of a slot. The worker exits when it is dropped.
#[derive(Debug)]
pub(super) struct WorkerChannel {
    pub(super) commands: mpsc::UnboundedSender<ToWorker>,
    /// Ends when the worker has closed.
    pub(super) reports: mpsc::UnboundedReceiver<ToCoordinator>,
    /// Where the worker is.
    pub(super) from: SocketAddr,
}

/// The other end of a [`WorkerChannel`].
struct ChannelEnds {
    commands: mpsc::UnboundedReceiver<ToWorker>,
    reports: mpsc::UnboundedSender<ToCoordinator>,
    slot: u32,
}

impl ControlServer {
    /// Starts to listen for workers.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub(super) async fn open(
        listen: SocketAddr,
        token: Token,
        brief: Brief,
        bounds: Bounds,
        sink: Sink,
    ) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(listen).await?;
        let entry = |_| {
            let (came, comes) = mpsc::unbounded_channel();
            SlotEntry { free: Arc::new(Semaphore::new(1)), came, comes: tokio::sync::Mutex::new(comes) }
        };
        let server = Arc::new(Self {
            address: listener.local_addr()?,
            token,
            brief,
            bounds,
            entries: (0..bounds.slots).map(entry).collect(),
            sink,
            origin: Instant::now(),
            last_refusal: Mutex::new(None),
            unauthenticated: Arc::new(Semaphore::new(MAX_UNAUTHENTICATED)),
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
        });
        let accepting = Arc::clone(&server);
        server.tasks.spawn(async move { accepting.accept_all(listener).await });
        Ok(server)
    }

    /// Where workers dial.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next worker of `slot`.
    pub(super) async fn arrival(&self, slot: u32) -> Option<WorkerChannel> {
        self.entries.get(slot as usize)?.comes.lock().await.recv().await
    }

    /// Who was refused last, and why.
    pub(super) fn last_refusal(&self) -> Option<String> {
        self.last_refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `at` on the coordinator's clock.
    pub(super) fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.origin).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Closes all channels, and takes nobody in any more.
    pub(super) async fn close(&self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn accept_all(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok(permit) = Arc::clone(&self.unauthenticated).acquire_owned().await else { return };
            let accepted = match self.over.run_until_cancelled(listener.accept()).await {
                None => return,
                Some(Ok((tcp, from))) => (tcp, from),
                // Out of files, most likely.
                Some(Err(_)) => {
                    tokio::time::sleep(RETRY_PAUSE).await;
                    continue;
                }
            };
            let (server, over) = (Arc::clone(&self), self.over.clone());
            self.tasks.spawn(async move {
                // Either way the connection is closed by now, and who has the channel knows.
                let _ = over.run_until_cancelled(server.serve(accepted, permit)).await;
            });
        }
    }

    /// Serves one connection until it ends.
    async fn serve(
        &self,
        (tcp, from): (TcpStream, SocketAddr),
        unauthenticated: OwnedSemaphorePermit,
    ) -> io::Result<()> {
        let mut channel = Channel::unauthenticated(tcp)?;
        let admitted = match timeout(HANDSHAKE_TIMEOUT, self.admit(&mut channel)).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(why)) => return self.refuse(&mut channel, from, why).await,
            Err(_) => return self.refuse(&mut channel, from, "it did not answer in time".to_owned()).await,
        };
        drop(unauthenticated);
        let (slot, permit) = admitted;
        let (commands, ordered) = mpsc::unbounded_channel();
        let (reports, told) = mpsc::unbounded_channel();
        let ends = ChannelEnds { commands: ordered, reports, slot };
        let entry = &self.entries[slot as usize];
        if entry.came.send(WorkerChannel { commands, reports: told, from }).is_ok() {
            self.forward(&mut channel, ends, permit).await?;
        }
        Ok(())
    }

    /// Has the other end prove itself. Gives its slot, and the permit to be the slot's only worker.
    async fn admit(&self, channel: &mut Channel) -> Result<(u32, OwnedSemaphorePermit), String> {
        let challenge = nonce().map_err(|error| error.to_string())?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let said = channel.send(&Challenge { version, nonce: challenge }).await;
        said.map_err(|error| error.to_string())?;
        let hello: Hello = channel.expect().await.map_err(|error| format!("it is not a node: {error}"))?;
        let Hello { slot, nonce: answer, proof } = hello;
        if !same(&proof, &self.token.prove(Side::Node, &challenge, &answer, slot)) {
            return Err(format!("wrong token: set {TOKEN} to the coordinator's"));
        }
        channel.trust_peer();
        let permit = self.entries.get(slot as usize);
        let permit = permit.ok_or_else(|| format!("no slot {slot}: the run has {}", self.entries.len()))?;
        let free = timeout(HANDSHAKE_TIMEOUT / 2, Arc::clone(&permit.free).acquire_owned()).await;
        let taken = || format!("slot {slot} already has a node");
        let free = free.ok().and_then(Result::ok).ok_or_else(taken)?;
        let Brief { scenario, speed, killed_on_crash, listens } = self.brief.clone();
        let welcome = Welcome {
            proof: self.token.prove(Side::Coordinator, &challenge, &answer, slot),
            scenario,
            speed,
            listen: listens.get(slot as usize).copied(),
            killed_on_crash,
        };
        let said = channel.send(&Answer::Welcome(Box::new(welcome))).await;
        said.map_err(|error| error.to_string())?;
        Ok((slot, free))
    }

    async fn refuse(&self, channel: &mut Channel, from: SocketAddr, why: String) -> io::Result<()> {
        let told = format!("refused a program at {from}: {why}");
        *self.last_refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        timeout(Span::from_secs(1), channel.send(&Answer::Refused(why))).await?
    }

    /// Passes on commands and reports, until the worker has closed or nobody has the channel any more.
    async fn forward(
        &self,
        channel: &mut Channel,
        ends: ChannelEnds,
        permit: OwnedSemaphorePermit,
    ) -> io::Result<()> {
        let ChannelEnds { mut commands, reports, slot } = ends;
        let mut permit = Some(permit);
        loop {
            tokio::select! {
                message = commands.recv() => {
                    let Some(message) = message else { return Ok(()) };
                    if matches!(message, ToWorker::Exit) {
                        // The next may come while this one says goodbye.
                        drop(permit.take());
                    }
                    channel.send(&message).await?;
                }
                heard = channel.receive() => match heard? {
                    None => return Ok(()),
                    Some(ToCoordinator::Ping { asked }) => {
                        channel.send(&ToWorker::Pong { asked, now: self.nanos(Instant::now()) }).await?;
                    }
                    Some(ToCoordinator::Observations(records)) => {
                        let read = |(at, reported): (u64, crate::control::messages::Reported)| reported.read(at, slot, self.bounds);
                        match records.into_iter().map(read).collect::<Option<Vec<_>>>() {
                            Some(mut records) => self.sink.add_all(&mut records),
                            None => {
                                let what = "it reports slots or messages that are not in the plan";
                                let _ = reports.send(ToCoordinator::Failed(what.to_owned()));
                                return Ok(());
                            }
                        }
                    }
                    // Whoever has dropped the channel does not want to know.
                    Some(other) => drop(reports.send(other)),
                },
            }
        }
    }
}
