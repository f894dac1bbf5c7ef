//! Links as the scenario has them, between real sockets of one machine: every connection between nodes goes
//! through here, and what passes is delayed, stalled, cut or broken by the very functions that the simulator
//! uses ([`Between`]).
//!
//! A connection begins with the slots that dial and are dialed, two numbers of four bytes, big-endian. What the
//! kernels of two machines would do is done here: the dial takes a round trip before anything passes; a dial to a
//! machine without a node is refused; one to a dead machine, or through a cut, hangs until the dialer gives up; data
//! that is lost is sent again as a kernel would, and holds up what is behind it; when nothing gets through for
//! `break_after`, the connection is reset at both ends. A paused node neither sends nor receives. Nothing of a
//! silenced node comes through any more, not even that its sockets are closed.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration as Span, Instant};

use bytes::Bytes;
use floodnet_core::time::Time;
use floodnet_sim::between::{Between, Callee, Flow, Passage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_line::{AccessLines, Direction};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::timer_bias::TimerBias;
use floodnet_shaper::Alarm;

/// Chunks on their way in one direction of a connection; more wait with the sender.
const CHUNKS_IN_FLIGHT: usize = 1_024;
/// Bytes of a chunk at most.
const MAX_CHUNK: usize = 16 * 1_024;
/// Bytes of who dials whom.
pub(crate) const PREFACE: usize = 8;
/// Pause between two tries to reach a node that is about to listen.
const RETRY_PAUSE: Span = Span::from_millis(5);

/// Emulates the links between the slots of a run.
#[derive(Debug)]
pub(crate) struct LinkEmulation {
    between: Between,
    directory: Arc<Directory>,
    clock: Clock,
    alarm: Alarm,
    timer_bias: TimerBias,
    address: SocketAddr,
    /// How many times each slot was silenced.
    silenced: Vec<AtomicU64>,
    access_lines: AccessLines,
    /// Chunks sent so far on each directed link.
    counts: Mutex<BTreeMap<(u32, u32), u32>>,
    tasks: TaskTracker,
    over: CancellationToken,
}

/// The outcome of a dial.
enum Dialed {
    /// The SYN reaches the other end, and its answer the dialer, at these times.
    Answered { there: Time, back: Time },
    /// The machine at the other end has no node: the dialer knows then.
    Refused(Time),
    /// Nothing comes back before the dialer gives up.
    Unanswered,
}

/// One connection, with the number of times that each end had been silenced when it began.
struct EmulatedConnection {
    emulation: Arc<LinkEmulation>,
    ends: [(u32, u64); 2],
    /// Reset it at both ends.
    broken: CancellationToken,
}

/// A unit that goes from one end to the other.
enum Chunk {
    Data(Bytes),
    /// The sender says nothing more.
    End,
    /// The sender's end was reset.
    Reset,
    /// Nothing got through for too long.
    Break,
}

impl LinkEmulation {
    /// Starts to shape what goes between the slots of `directory`, in a runtime of tokio.
    ///
    /// # Errors
    /// The machine has no port or thread to give.
    pub(crate) async fn start(
        between: Between,
        directory: Arc<Directory>,
        clock: Clock,
        listen: SocketAddr,
    ) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(listen).await?;
        let slots = between.plan().slots();
        let emulation = Arc::new(Self {
            between,
            directory,
            clock,
            alarm: Alarm::start()?,
            timer_bias: TimerBias::default(),
            address: listener.local_addr()?,
            silenced: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            access_lines: AccessLines::new(slots),
            counts: Mutex::default(),
            tasks: TaskTracker::new(),
            over: CancellationToken::new(),
        });
        let accepting = Arc::clone(&emulation);
        emulation.tasks.spawn(async move { accepting.accept_all(listener).await });
        Ok(emulation)
    }

    /// Where nodes dial.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing of `slot` reaches anybody, on any connection that it has now.
    pub(crate) fn silence(&self, slot: u32) {
        if let Some(count) = self.silenced.get(slot as usize) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Ends all connections, and waits for that.
    pub(crate) async fn end(&self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn accept_all(self: Arc<Self>, listener: TcpListener) {
        while let Some(accepted) = self.over.run_until_cancelled(listener.accept()).await {
            let Ok((tcp, _)) = accepted else {
                // Out of files, most likely: what waits in the queue is served when there are some again.
                tokio::time::sleep(RETRY_PAUSE).await;
                continue;
            };
            let (emulation, over) = (Arc::clone(&self), self.over.clone());
            self.tasks.spawn(async move {
                // However it ends, both sockets are closed by now.
                let _ = over.run_until_cancelled(emulation.serve(tcp)).await;
            });
        }
    }

    /// Serves a connection until it ends.
    async fn serve(self: Arc<Self>, mut near: TcpStream) -> io::Result<()> {
        let mut preface = [0; PREFACE];
        near.read_exact(&mut preface).await?;
        let [from, to] = [0, 4]
            .map(|at| u32::from_be_bytes([preface[at], preface[at + 1], preface[at + 2], preface[at + 3]]));
        let Some((target, _)) = self.directory.peer(to).zip(self.directory.peer(from)) else { return Ok(()) };
        let began = self.clock.now();
        let (there, back) = match self.dial(from, to, began) {
            Dialed::Answered { there, back } => (there, back),
            Dialed::Refused(back) => {
                self.wait_until(back).await;
                return near.set_zero_linger();
            }
            Dialed::Unanswered => return hold_until_closed(near).await,
        };
        self.wait_until(there).await;
        // Data that the dialer sends meanwhile waits in its socket.
        let patience = self.clock.real(self.between.links().spec.dial_timeout.0);
        let Ok(far) = tokio::time::timeout(patience, reach(target.address())).await else { return Ok(()) };
        [&near, &far].into_iter().try_for_each(|tcp| tcp.set_nodelay(true))?;
        let end = |slot: u32| {
            let count = self.silenced.get(slot as usize).map_or(0, |count| count.load(Relaxed));
            (slot, count)
        };
        let broken = CancellationToken::new();
        let connection = EmulatedConnection {
            emulation: Arc::clone(&self),
            ends: [end(from), end(to)],
            broken: broken.clone(),
        };
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        let resets = async {
            broken.cancelled().await;
        };
        tokio::select! {
            () = resets => {}
            () = connection.pump_both((near_in, near_out), (far_in, far_out), back) => {}
        }
        Ok(())
    }

    /// Decides the outcome of a dial, by the rules of the simulator.
    fn dial(&self, from: u32, to: u32, began: Time) -> Dialed {
        let links = self.between.links();
        let deadline = began + links.spec.dial_timeout.0;
        let (mut at, mut pause) = (began, links.spec.rto.0);
        while at < deadline {
            // One attempt each: what is lost or cut is dialed again.
            let count = self.count(from, to);
            if let Some(there) = self.between.attempt(from, to, count, at) {
                let back = there + self.between.delay(to, from);
                match self.between.callee(to, there) {
                    Callee::Node | Callee::Machine if back > deadline => return Dialed::Unanswered,
                    Callee::Node => return Dialed::Answered { there, back },
                    Callee::Machine => return Dialed::Refused(back),
                    Callee::Nothing => {}
                }
            }
            at = at + pause;
            pause = pause.times(2);
        }
        Dialed::Unanswered
    }

    fn count(&self, from: u32, to: u32) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((from, to)).or_default();
        *count = count.wrapping_add(1);
        *count
    }

    async fn wait_until(&self, at: Time) {
        self.alarm.until(self.clock.instant(at).into_std()).await;
    }
}

/// Keeps a dial that nobody answers until the dialer gives up.
async fn hold_until_closed(near: TcpStream) -> io::Result<()> {
    gone(&near).await;
    Ok(())
}

/// Waits until the other end has closed, and drops what it sends meanwhile.
async fn gone(tcp: &TcpStream) {
    let mut waste = [0; 1_024];
    loop {
        let readable = tcp.readable().await;
        match readable.and_then(|()| tcp.try_read(&mut waste)) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// Dials until somebody answers.
async fn reach(address: SocketAddr) -> TcpStream {
    loop {
        if let Ok(tcp) = TcpStream::connect(address).await {
            return tcp;
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

impl EmulatedConnection {
    async fn pump_both(
        &self,
        near: (OwnedReadHalf, OwnedWriteHalf),
        far: (OwnedReadHalf, OwnedWriteHalf),
        ready: Time,
    ) {
        let forth = self.pump(0, near.0, far.1, ready);
        let back = self.pump(1, far.0, near.1, Time::ZERO);
        tokio::join!(forth, back);
    }

    /// Whether this end was silenced since the connection began.
    fn is_silent(&self, end: usize) -> bool {
        let (slot, count) = self.ends[end];
        self.emulation.silenced.get(slot as usize).is_some_and(|silenced| silenced.load(Relaxed) != count)
    }

    /// Carries what the end of this number says to the other, nothing before `ready`.
    async fn pump(&self, end: usize, from: OwnedReadHalf, to: OwnedWriteHalf, ready: Time) {
        let (way_in, way_out) = mpsc::channel(CHUNKS_IN_FLIGHT);
        tokio::join!(self.read(end, from, way_in, ready), self.write(end, to, way_out));
    }

    async fn read(
        &self,
        end: usize,
        mut from: OwnedReadHalf,
        way_in: mpsc::Sender<(Time, Chunk)>,
        ready: Time,
    ) {
        let emulation = &self.emulation;
        let links = emulation.between.links();
        let (me, peer) = (self.ends[end].0, self.ends[1 - end].0);
        let (mut last, mut flow) = (ready, Flow::default());
        let mut buffer = vec![0; MAX_CHUNK];
        loop {
            let read = from.read(&mut buffer).await;
            let chunk = match read {
                Ok(0) => Chunk::End,
                Ok(count) => Chunk::Data(Bytes::copy_from_slice(&buffer[..count])),
                Err(_) => Chunk::Reset,
            };
            if self.is_silent(end) {
                // Its peer hears nothing, until it gives up itself.
                return match chunk {
                    Chunk::Data(_) => continue,
                    _ if self.is_silent(1 - end) => self.broken.cancel(),
                    _ => std::future::pending().await,
                };
            }
            let bytes = if let Chunk::Data(data) = &chunk { data.len() } else { 0 };
            let now = emulation.clock.now();
            let leaves = emulation.between.awake(me, now.max(ready));
            let leaves = emulation.access_lines.pass(links, me, Direction::Up, bytes, leaves);
            let count = || emulation.count(me, peer);
            let (at, chunk) = match emulation.between.passage((me, peer), count, leaves, &mut flow) {
                Passage::Arrives(at) => (at, chunk),
                Passage::Breaks(at) => (at, Chunk::Break),
            };
            last = emulation.between.awake(peer, at.max(last));
            let is_last = !matches!(chunk, Chunk::Data(_));
            if way_in.send((last, chunk)).await.is_err() || is_last {
                return;
            }
            // A full queue makes the sender wait.
            let room_at = emulation.access_lines.room_at(links, me, now);
            if room_at > now {
                emulation.wait_until(room_at).await;
            }
        }
    }

    async fn write(&self, end: usize, mut to: OwnedWriteHalf, mut way_out: mpsc::Receiver<(Time, Chunk)>) {
        let emulation = &self.emulation;
        let peer = self.ends[1 - end].0;
        while let Some((at, chunk)) = way_out.recv().await {
            let due = emulation.clock.instant(at).into_std();
            let is_in_time = Instant::now() < due;
            emulation.alarm.until(emulation.timer_bias.before(due)).await;
            match chunk {
                Chunk::Data(data) => {
                    let taken_in = emulation.access_lines.pass(
                        emulation.between.links(),
                        peer,
                        Direction::Down,
                        data.len(),
                        at,
                    );
                    if taken_in > at {
                        emulation.wait_until(taken_in).await;
                    }
                    // An end that has closed takes no more; it tells the other itself why.
                    if to.write_all(&data).await.is_err() {
                        while way_out.recv().await.is_some() {}
                        return;
                    }
                    if is_in_time && taken_in == at {
                        emulation.timer_bias.learn(due, Instant::now());
                    }
                }
                Chunk::End => {
                    let _ = to.shutdown().await;
                    return;
                }
                Chunk::Reset | Chunk::Break => {
                    self.broken.cancel();
                    return;
                }
            }
        }
    }
}
