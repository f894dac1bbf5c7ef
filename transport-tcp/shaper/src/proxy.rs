//! A proxy between programs: it listens, and shapes both directions of each connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration as Span, Instant};

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::carry;
use crate::control::Control;
use crate::shared::{Options, Shared};

/// Pause when the system has no more files.
const PAUSE: Span = Span::from_millis(20);

/// A connection that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The number of the connection, from 0.
    pub number: u64,
    /// The address from which it was dialed.
    pub from: SocketAddr,
    /// Time from its acceptance to its end.
    pub lived: Span,
    /// Bytes that arrived at the target, and back.
    pub bytes: [u64; 2],
    /// How it ended, in a word: `closed`, `reset` or `refused`.
    pub how: &'static str,
}

/// A running proxy. Call [`Proxy::end`] to end it.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    tasks: TaskTracker,
    over: CancellationToken,
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
        let shared = Arc::new(Shared::start(options, target)?);
        let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(accept(listener, Arc::clone(&shared), tasks.clone(), over.clone(), ended));
        Ok(Self { shared, address, tasks, over })
    }

    /// The address on which the proxy listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The switches that act on all its connections.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.shared.control
    }

    /// Closes everything, and waits for that.
    pub async fn end(self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Takes connections until the proxy ends.
async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
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
        shared.control.counters.connections.fetch_add(1, Relaxed);
        let (shared, over, ended) = (Arc::clone(&shared), over.clone(), ended.clone());
        tasks.spawn(over.run_until_cancelled_owned(async move {
            let began = Instant::now();
            let moved = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
            let how = carry(&shared, number, near, &moved).await;
            let bytes = moved.map(|count| count.load(Relaxed));
            if let Some(ended) = ended {
                let _ = ended.try_send(Ended { number, from, lived: began.elapsed(), bytes, how });
            }
        }));
        number += 1;
    }
}
