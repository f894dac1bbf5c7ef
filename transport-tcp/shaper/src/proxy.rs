//! A proxy between programs: it listens, dials the target for each connection, and shapes both directions.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration as Span, Instant};

use floodnet_core::rng::fold;
use floodnet_core::time::{Duration, Time};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::alarm::Alarm;
use crate::control::Control;
use crate::line::{Fate, Line, Link};
use crate::pump::Pump;

/// Pause when the system has no more files.
const PAUSE: Span = Span::from_millis(20);

/// What a proxy does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// To the target.
    pub up: Link,
    /// Back from it.
    pub down: Link,
    /// Each connection is reset at this age.
    pub reset_after: Option<Duration>,
    /// Bytes under way in one direction of a connection at most; then its sender waits. A link of `rate` and
    /// `latency` has `rate` x `latency` under way, so more than that is needed to fill it. At least 1, at most
    /// 2^29.
    pub buffer: u32,
    /// Seed of all draws.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { up: Link::default(), down: Link::default(), reset_after: None, buffer: 4 << 20, seed: 1 }
    }
}

/// A connection that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its number, from 0.
    pub number: u64,
    /// Who dialed.
    pub from: SocketAddr,
    /// How long it lived.
    pub lived: Span,
    /// Bytes that arrived at the target, and back.
    pub bytes: [u64; 2],
    /// How it ended, in a word: `closed`, `reset` or `refused`.
    pub how: &'static str,
}

/// A running proxy. Call [`Proxy::end`] to end it.
#[derive(Debug)]
pub struct Proxy {
    core: Arc<Core>,
    address: SocketAddr,
    tasks: TaskTracker,
    over: CancellationToken,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) control: Control,
    alarm: Alarm,
    began: Instant,
    target: SocketAddr,
}

impl Core {
    pub(crate) fn now(&self) -> Time {
        Time::from_nanos(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) async fn wait_until(&self, at: Time) {
        self.alarm.until(self.began + Span::from_nanos(at.as_nanos())).await;
    }

    /// Waits while this way is cut, as a sender does that tries again; false when it gives up.
    pub(crate) async fn pass_cut(&self, way: usize) -> bool {
        let link = if way == 0 { &self.options.up } else { &self.options.down };
        let began = self.now();
        let (mut at, mut pause) = (began, link.rto);
        while self.control.state().cut[way] {
            at = at + pause;
            pause = pause.times(2);
            if at.since(began) > link.break_after {
                self.wait_until(began + link.break_after).await;
                return false;
            }
            self.wait_until(at).await;
        }
        true
    }
}

impl Proxy {
    /// Listens on `listen` and shapes what goes to `target`, in a runtime of tokio. Each connection that ends
    /// is told to `ended`, if somebody listens and keeps up.
    ///
    /// # Errors
    /// The machine has no such port, or no thread, to give.
    pub async fn start(
        listen: SocketAddr,
        target: SocketAddr,
        options: Options,
        ended: Option<mpsc::Sender<Ended>>,
    ) -> io::Result<Self> {
        let options = Options { buffer: options.buffer.clamp(1, 1 << 29), ..options };
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let core = Arc::new(Core {
            options,
            control: Control::default(),
            alarm: Alarm::start()?,
            began: Instant::now(),
            target,
        });
        let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(take_in(listener, Arc::clone(&core), tasks.clone(), over.clone(), ended));
        Ok(Self { core, address, tasks, over })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its switches.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.core.control
    }

    /// Closes everything, and waits for that.
    pub async fn end(self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn take_in(
    listener: TcpListener,
    core: Arc<Core>,
    tasks: TaskTracker,
    over: CancellationToken,
    ended: Option<mpsc::Sender<Ended>>,
) {
    let mut number = 0;
    while let Some(accepted) = over.run_until_cancelled(listener.accept()).await {
        let Ok((near, from)) = accepted else {
            // Out of files, most likely: what waits in the queue is served when there are some again.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        core.control.counters.connections.fetch_add(1, Relaxed);
        let (core, over, ended) = (Arc::clone(&core), over.clone(), ended.clone());
        tasks.spawn(over.run_until_cancelled_owned(async move {
            let began = Instant::now();
            let moved = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
            let how = carry(&core, number, near, &moved).await;
            let bytes = moved.map(|count| count.load(Relaxed));
            if let Some(ended) = ended {
                let _ = ended.try_send(Ended { number, from, lived: began.elapsed(), bytes, how });
            }
        }));
        number += 1;
    }
}

/// Serves a connection until it ends, and says how that was.
async fn carry(
    core: &Arc<Core>,
    number: u64,
    mut near: TcpStream,
    moved: &[Arc<AtomicU64>; 2],
) -> &'static str {
    let mut switches = core.control.watch();
    let resets = switches.borrow_and_update().resets;
    let reset = |sockets: &[&TcpStream]| {
        core.control.counters.resets.fetch_add(1, Relaxed);
        for socket in sockets {
            let _ = socket.set_zero_linger();
        }
        "reset"
    };
    let called = async { switches.wait_for(|state| state.resets != resets).await.is_ok() };
    tokio::pin!(called);
    let key = |way| fold(fold(core.options.seed, number), way);
    let mut up = core.options.up.line(key(0));
    let mut down = core.options.down.line(key(1));
    let dialed = tokio::select! {
        dialed = dial(core, &mut up, &mut down) => dialed,
        _ = &mut called => return reset(&[&near]),
    };
    let (mut far, ready) = match dialed {
        Dialed::Answered(far, ready) => (far, ready),
        Dialed::Refused => {
            core.control.counters.refused.fetch_add(1, Relaxed);
            let _ = near.set_zero_linger();
            return "refused";
        }
        Dialed::Broken => return reset(&[&near]),
    };
    let _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
    let broken = CancellationToken::new();
    let old = async {
        match core.options.reset_after {
            Some(age) => core.wait_until(core.now() + age).await,
            None => std::future::pending().await,
        }
    };
    let is_broken = {
        let ((near_in, near_out), (far_in, far_out)) = (near.split(), far.split());
        let pump = |way: usize, line: Box<dyn Line>, ready| Pump {
            core: Arc::clone(core),
            line,
            way,
            ready,
            moved: Arc::clone(&moved[way]),
            broken: broken.clone(),
        };
        let forth = pump(0, Box::new(up), ready).run(near_in, far_out);
        let back = pump(1, Box::new(down), Time::ZERO).run(far_in, near_out);
        let both = async { tokio::join!(forth, back) };
        tokio::select! {
            biased;
            () = broken.cancelled() => true,
            _ = &mut called => true,
            () = old => true,
            _ = both => broken.is_cancelled(),
        }
    };
    if is_broken { reset(&[&near, &far]) } else { "closed" }
}

/// What came of a dial.
enum Dialed {
    /// The target answered; nothing that the dialer says leaves before this time.
    Answered(TcpStream, Time),
    Refused,
    Broken,
}

/// Dials the target when the first segment of the handshake is there. The dialer's own kernel has been answered
/// already; so what it says waits for the round trip that the handshake would have taken.
async fn dial(core: &Core, up: &mut dyn Line, down: &mut dyn Line) -> Dialed {
    if core.control.state().is_silent {
        std::future::pending::<()>().await;
    }
    let Fate::Arrives { at: there, .. } = up.pass(core.now(), &mut []) else { return Dialed::Broken };
    core.wait_until(there).await;
    if !core.pass_cut(0).await {
        return Dialed::Broken;
    }
    let far = TcpStream::connect(core.target).await;
    let Fate::Arrives { at: back, .. } = down.pass(core.now(), &mut []) else { return Dialed::Broken };
    match far {
        Ok(far) => Dialed::Answered(far, back),
        Err(_) => {
            core.wait_until(back).await;
            Dialed::Refused
        }
    }
}
