//! One direction of a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bytes::Bytes;
use floodnet_core::time::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::emulator::{Fate, LinkEmulator};
use crate::shared::Shared;

/// Pieces under way in one direction at most.
const UNDER_WAY: usize = 4_096;

/// One direction of one connection.
pub(crate) struct Pump {
    pub(crate) shared: Arc<Shared>,
    pub(crate) emulator: LinkEmulator,
    /// 0 to the target, 1 back.
    pub(crate) way: usize,
    /// The time before which nothing passes.
    pub(crate) ready: Time,
    /// Bytes that this connection moved this way.
    pub(crate) moved: Arc<AtomicU64>,
    /// Cancelled when the connection must be reset.
    pub(crate) broken: CancellationToken,
}

/// Something under way, which keeps its room until it has arrived.
struct Piece {
    at: Time,
    what: What,
    _room: Option<OwnedSemaphorePermit>,
}

enum What {
    Data(Bytes),
    End,
    Break,
}

impl Pump {
    /// Moves bytes until the sender says nothing more, or the connection is broken.
    pub(crate) async fn run(self, from: ReadHalf<'_>, to: WriteHalf<'_>) {
        let (way_in, way_out) = mpsc::channel(UNDER_WAY);
        let writer = Writer {
            shared: Arc::clone(&self.shared),
            way: self.way,
            moved: Arc::clone(&self.moved),
            broken: self.broken.clone(),
        };
        tokio::join!(self.read(from, way_in), writer.write(to, way_out));
    }

    async fn read(mut self, mut from: ReadHalf<'_>, way_in: mpsc::Sender<Piece>) {
        let shared = Arc::clone(&self.shared);
        let room = Arc::new(Semaphore::new(shared.options.buffer as usize));
        let mut buffer = vec![0; self.emulator.piece().max(1).min(shared.options.buffer.max(1) as usize)];
        loop {
            let read = from.read(&mut buffer).await;
            if shared.control.state().is_silent {
                match read {
                    Ok(1..) => continue,
                    // Nobody hears of the end either.
                    _ => std::future::pending().await,
                }
            }
            // A sender that was reset is news like any other: it travels.
            let count = *read.as_ref().unwrap_or(&0);
            let now = shared.now().max(self.ready);
            let data = &mut buffer[..count];
            let (at, what) = match self.emulator.pass(now, data) {
                Fate::Arrives { at, lost } => {
                    shared.control.counters.stalls.fetch_add(u64::from(lost > 0), Relaxed);
                    (
                        at,
                        match read {
                            Ok(0) => What::End,
                            Ok(_) => What::Data(Bytes::copy_from_slice(data)),
                            Err(_) => What::Break,
                        },
                    )
                }
                Fate::Breaks(at) => (at, What::Break),
            };
            let held = Arc::clone(&room).acquire_many_owned(count as u32).await.ok();
            let is_last = !matches!(what, What::Data(_));
            if way_in.send(Piece { at, what, _room: held }).await.is_err() || is_last {
                return;
            }
            shared.wait_until(self.emulator.takes_next(shared.now())).await;
        }
    }
}

/// The far end of a [`Pump`].
struct Writer {
    shared: Arc<Shared>,
    way: usize,
    moved: Arc<AtomicU64>,
    broken: CancellationToken,
}

impl Writer {
    async fn write(self, mut to: WriteHalf<'_>, mut way_out: mpsc::Receiver<Piece>) {
        let shared = &self.shared;
        while let Some(piece) = way_out.recv().await {
            shared.wait_until(piece.at).await;
            if !shared.pass_cut(self.way).await {
                return self.broken.cancel();
            }
            if shared.control.state().is_silent {
                // Taken, and never heard of again; the other end keeps its half of the connection.
                continue;
            }
            match piece.what {
                What::Data(data) => {
                    if to.write_all(&data).await.is_err() {
                        return self.broken.cancel();
                    }
                    self.moved.fetch_add(data.len() as u64, Relaxed);
                    shared.control.counters.bytes[self.way].fetch_add(data.len() as u64, Relaxed);
                }
                What::End => {
                    let _ = to.shutdown().await;
                    return;
                }
                What::Break => return self.broken.cancel(),
            }
        }
        if shared.control.state().is_silent {
            std::future::pending().await
        }
    }
}
