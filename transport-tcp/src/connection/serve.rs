//! A link that stands: both directions of it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use floodnet_core::wire::{self, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{End, READ, Report, Wired};
use crate::frame::{self, Frame, LENGTH, Reason, seal};
use crate::gate::{Gate, LinkInfo, Verdict};
use crate::outbox::{Outbox, Work};
use crate::peer::NamesSender;
use crate::rate::Bucket;
use crate::secure::{Broken, Cipher, TAG};
use crate::shared::Shared;

/// Frames after which a direction takes a fresh key.
const REKEY_AFTER: u64 = 1 << 20;
/// Buffers that have grown beyond this are given back once they are empty.
const KEPT: usize = 4 * 1_024;

/// Keeps one direction of a link to its rates.
#[derive(Default)]
struct Pace {
    packets: Bucket,
    bytes: Bucket,
}

impl Pace {
    /// Time to wait after so many packets of so many bytes.
    fn after(&mut self, packets: usize, bytes: usize, shared: &Shared) -> Duration {
        let (limits, now) = (&shared.limits, shared.now());
        let [packets, bytes] = [packets, bytes].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        self.packets.take(limits.packets, packets, now).max(self.bytes.take(limits.bytes, bytes, now))
    }
}

/// What both directions of a link share. They are one task, so the lock is never waited for.
struct Line<'a> {
    cipher: Mutex<Box<dyn Cipher>>,
    /// When the last good frame came, in milliseconds of the node's life.
    heard: AtomicU64,
    outbox: &'a Outbox,
    shared: &'a Shared,
}

impl Line<'_> {
    fn cipher(&self) -> MutexGuard<'_, Box<dyn Cipher>> {
        self.cipher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self) {
        let now = self.shared.now().as_millis();
        self.heard.store(u64::try_from(now).unwrap_or(u64::MAX), Relaxed);
    }

    fn heard(&self) -> Instant {
        self.shared.started() + Duration::from_millis(self.heard.load(Relaxed))
    }
}

/// Serves a link until it ends.
pub(super) async fn serve<M: Wire + NamesSender + 'static>(
    wired: Wired,
    cipher: Box<dyn Cipher>,
    link: Arc<LinkInfo>,
    outbox: Arc<Outbox>,
    shared: &Shared,
    gate: &dyn Gate<M>,
    reports: &mpsc::Sender<Report<M>>,
) -> End {
    let Wired { mut tcp, buffer } = wired;
    let (read, write) = tcp.split();
    let line = Line { cipher: Mutex::new(cipher), heard: AtomicU64::new(0), outbox: &outbox, shared };
    line.hear();
    let reader = Reader { read, buffer, since: None, pace: Pace::default() };
    tokio::select! {
        end = reader.run(&line, &link, gate, reports) => end,
        end = Writer::new(write).run(&line) => end,
    }
}

struct Reader<'a> {
    read: ReadHalf<'a>,
    buffer: BytesMut,
    /// Since when there is a part of a frame.
    since: Option<Instant>,
    pace: Pace,
}

impl Reader<'_> {
    async fn run<M: Wire + NamesSender + 'static>(
        mut self,
        line: &Line<'_>,
        link: &Arc<LinkInfo>,
        gate: &dyn Gate<M>,
        reports: &mpsc::Sender<Report<M>>,
    ) -> End {
        let mut opened = Vec::new();
        loop {
            let sealed = match self.next(line.shared).await {
                Ok(sealed) => sealed,
                Err(end) => return end,
            };
            // Who sends too much waits: nothing of what honest peers say in a burst is lost here.
            let wait = self.pace.after(1, sealed.len(), line.shared);
            if !wait.is_zero() {
                line.shared.counters.throttled.add();
                sleep(wait).await;
            }
            if line.cipher().open(&sealed, &mut opened).is_err() {
                return End::Tampered;
            }
            drop(sealed);
            line.hear();
            let packet = match Frame::decode(&opened) {
                Ok(Frame::Packet(packet)) => packet,
                Ok(Frame::Ping) => {
                    line.outbox.pong();
                    continue;
                }
                Ok(Frame::Pong) => continue,
                Ok(Frame::Rekey) => {
                    line.cipher().rekey_opening();
                    continue;
                }
                Ok(Frame::Goodbye(reason)) => return End::Goodbye(reason),
                Ok(Frame::Welcome(_)) | Err(_) => return End::BadFrame,
            };
            let Ok(mut message) = wire::decode::<M>(packet) else { return End::BadFrame };
            message.name_sender(link.peer);
            if opened.capacity() > KEPT {
                opened = Vec::new();
            }
            match gate.check(&message, link) {
                Verdict::Pass => {}
                Verdict::Drop(reason) => {
                    line.shared.counters.gate_dropped(reason);
                    continue;
                }
                Verdict::Cut(reason) => {
                    line.shared.counters.gate_cut(reason);
                    return End::Cut;
                }
            }
            if reports.send(Report::Message { link: Arc::clone(link), message }).await.is_err() {
                return End::Stopped;
            }
        }
    }

    /// The next frame, sealed.
    async fn next(&mut self, shared: &Shared) -> Result<BytesMut, End> {
        let most = shared.limits.packet + 1 + TAG;
        loop {
            match frame::split(&mut self.buffer, 1 + TAG, most) {
                Ok(Some(frame)) => {
                    self.since = None;
                    return Ok(frame);
                }
                Ok(None) => {}
                Err(_) => return Err(End::BadFrame),
            }
            if self.buffer.is_empty() {
                self.since = None;
                if self.buffer.capacity() > KEPT + LENGTH {
                    self.buffer = BytesMut::new();
                }
            } else {
                self.since.get_or_insert_with(Instant::now);
            }
            self.buffer.reserve(READ);
            let reading = self.read.read_buf(&mut self.buffer);
            let count = match self.since {
                None => reading.await,
                Some(since) => match timeout_at(since + shared.limits.frame, reading).await {
                    Ok(count) => count,
                    Err(_) => return Err(End::SlowFrame),
                },
            };
            match count {
                Ok(1..) => {}
                Ok(0) if !self.buffer.is_empty() => return Err(End::BadFrame),
                Ok(0) | Err(_) => return Err(End::Closed),
            }
        }
    }
}

struct Writer<'a> {
    write: WriteHalf<'a>,
    /// Sealed frames that are to be written next.
    out: Vec<u8>,
    /// When something was last written.
    wrote: Instant,
    pace: Pace,
    /// Frames sealed with this key, and since when.
    sealed: u64,
    keyed: Instant,
}

impl<'a> Writer<'a> {
    fn new(write: WriteHalf<'a>) -> Self {
        let now = Instant::now();
        Self { write, out: Vec::new(), wrote: now, pace: Pace::default(), sealed: 0, keyed: now }
    }

    async fn run(mut self, line: &Line<'_>) -> End {
        let limits = &line.shared.limits;
        // When a sign of life must have come, later than the second.
        let mut probe: Option<(Instant, Instant)> = None;
        loop {
            let ping_at = self.wrote + limits.ping;
            let dead_at = line.heard() + limits.dead;
            let due = probe.map_or(dead_at, |(due, _)| due.min(dead_at)).min(ping_at);
            let work = timeout_at(due, line.outbox.next()).await.ok();
            let now = Instant::now();
            if now >= line.heard() + limits.dead {
                return End::Dead;
            }
            if let Some((due, asked)) = probe
                && now >= due
            {
                if line.heard() < asked {
                    return End::Dead;
                }
                probe = None;
            }
            let packets = if let Some(Work::Packets(packets)) = &work { packets.len() } else { 1 };
            let written = match work {
                None if now >= ping_at => self.seal(line, Frame::Ping),
                None => Ok(()),
                Some(Work::Pong) => self.seal(line, Frame::Pong),
                Some(Work::Probe) => {
                    probe.get_or_insert((now + limits.probe, now));
                    self.seal(line, Frame::Ping)
                }
                Some(Work::Packets(packets)) => {
                    packets.iter().try_for_each(|packet| self.seal(line, Frame::Packet(packet)))
                }
                Some(Work::Goodbye(reason)) => return self.leave(line, reason).await,
            };
            if written.is_err() {
                return End::Tampered;
            }
            let bytes = self.out.len();
            if let Err(end) = self.flush(line.shared).await {
                return end;
            }
            // No faster than the other side is likely to read: what waits shall wait here, where what is old
            // makes room for what is new, and not in the buffers on the way.
            let wait = self.pace.after(packets, bytes, line.shared);
            if !wait.is_zero() {
                sleep(wait).await;
            }
        }
    }

    fn seal(&mut self, line: &Line<'_>, frame: Frame<'_>) -> Result<(), Broken> {
        let mut cipher = line.cipher();
        self.sealed += 1;
        if self.sealed >= REKEY_AFTER || self.keyed.elapsed() >= line.shared.limits.rekey {
            seal(cipher.as_mut(), Frame::Rekey, &mut self.out)?;
            cipher.rekey_sealing();
            line.shared.counters.rekeys.add();
            (self.sealed, self.keyed) = (0, Instant::now());
        }
        seal(cipher.as_mut(), frame, &mut self.out)
    }

    async fn flush(&mut self, shared: &Shared) -> Result<(), End> {
        if self.out.is_empty() {
            return Ok(());
        }
        match timeout(shared.limits.stall, self.write.write_all(&self.out)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(End::Closed),
            Err(_) => return Err(End::Stalled),
        }
        self.out.clear();
        if self.out.capacity() > KEPT {
            self.out = Vec::new();
        }
        self.wrote = Instant::now();
        Ok(())
    }

    /// Says goodbye and waits for the other side to close: to close first, while something lies unread, would
    /// reset the connection and lose the last messages with it.
    async fn leave(mut self, line: &Line<'_>, reason: Reason) -> End {
        let leaving = async {
            if self.seal(line, Frame::Goodbye(reason)).is_ok() && self.flush(line.shared).await.is_ok() {
                let _ = self.write.shutdown().await;
                // The reader ends when the other side has closed.
                std::future::pending::<()>().await;
            }
        };
        let _ = timeout(line.shared.limits.linger, leaving).await;
        End::Left
    }
}
