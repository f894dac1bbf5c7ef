//! The writing direction of a link, which also looks whether the other side lives.

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::WriteHalf;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::end::End;
use super::link::{KEPT, Link, Pace};
use crate::frame::{Frame, Reason, seal};
use crate::outbox::Work;
use crate::secure::Broken;
use crate::shared::Shared;

/// Frames after which a direction takes a fresh key.
const REKEY_AFTER: u64 = 1 << 20;

/// Seals what waits in the outbox and writes it.
pub(super) struct Writer<'a> {
    write: WriteHalf<'a>,
    /// Sealed frames that are to be written next.
    out: Vec<u8>,
    /// When something was last written.
    wrote: Instant,
    pace: Pace,
    /// Frames sealed with this key, and since when.
    sealed: u64,
    keyed: Instant,
    probe: Option<Probe>,
}

/// A sign of life that was asked for.
#[derive(Clone, Copy)]
struct Probe {
    asked: Instant,
    /// When a sign of life later than `asked` must have come.
    due: Instant,
}

impl<'a> Writer<'a> {
    /// Makes a writer that has nothing to write yet.
    pub(super) fn new(write: WriteHalf<'a>) -> Self {
        let now = Instant::now();
        Self { write, out: Vec::new(), wrote: now, pace: Pace::default(), sealed: 0, keyed: now, probe: None }
    }

    /// Writes until the link ends.
    pub(super) async fn run(mut self, link: &Link<'_>) -> End {
        loop {
            let work = timeout_at(self.next_due(link), link.outbox.next()).await.ok();
            let now = Instant::now();
            if self.is_dead(link, now) {
                return End::Dead;
            }
            let packets = if let Some(Work::Packets(packets)) = &work { packets.len() } else { 1 };
            let sealed = match work {
                None if now >= self.wrote + link.shared.limits.ping => self.ping(link),
                None => Ok(()),
                Some(Work::Pong) => self.seal(link, Frame::Pong),
                Some(Work::Probe) => {
                    self.probe.get_or_insert(Probe { asked: now, due: now + link.shared.limits.probe });
                    self.ping(link)
                }
                Some(Work::Ask) => {
                    link.outbox.asked();
                    self.seal(link, Frame::Ping)
                }
                Some(Work::Packets(packets)) => {
                    packets.iter().try_for_each(|packet| self.seal(link, Frame::Packet(packet)))
                }
                Some(Work::Goodbye(reason)) => return self.leave(link, reason).await,
            };
            if sealed.is_err() {
                return End::Tampered;
            }
            let bytes = self.out.len();
            if let Err(end) = self.flush(link.shared).await {
                return end;
            }
            // No faster than the other side is likely to read: what waits shall wait here, where what is old
            // makes room for what is new, and not in the buffers on the way.
            let wait = self.pace.after(packets, bytes, link.shared);
            if !wait.is_zero() {
                sleep(wait).await;
            }
        }
    }

    /// When there is something to do even if the outbox stays empty: a ping, or a look whether the peer is dead.
    fn next_due(&self, link: &Link<'_>) -> Instant {
        let ping = self.wrote + link.shared.limits.ping;
        let dead = link.heard() + link.shared.limits.dead;
        self.probe.map_or(dead, |probe| probe.due.min(dead)).min(ping)
    }

    /// Whether a sign of life has not come in time.
    fn is_dead(&mut self, link: &Link<'_>, now: Instant) -> bool {
        if now >= link.heard() + link.shared.limits.dead {
            return true;
        }
        match self.probe.take_if(|probe| now >= probe.due) {
            Some(probe) => link.heard() < probe.asked,
            None => false,
        }
    }

    /// Asks for a sign of life, unless an answer is waited for already.
    fn ping(&mut self, link: &Link<'_>) -> Result<(), Broken> {
        if link.outbox.may_ping() {
            return self.seal(link, Frame::Ping);
        }
        self.wrote = Instant::now();
        Ok(())
    }

    fn seal(&mut self, link: &Link<'_>, frame: Frame<'_>) -> Result<(), Broken> {
        let mut cipher = link.cipher();
        self.sealed += 1;
        if self.sealed >= REKEY_AFTER || self.keyed.elapsed() >= link.shared.limits.rekey {
            seal(cipher.as_mut(), Frame::Rekey, &mut self.out)?;
            cipher.rekey_sealing();
            link.shared.counters.rekeys.add();
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
    async fn leave(mut self, link: &Link<'_>, reason: Reason) -> End {
        let leaving = async {
            if self.seal(link, Frame::Goodbye(reason)).is_ok() && self.flush(link.shared).await.is_ok() {
                let _ = self.write.shutdown().await;
                // The reader ends when the other side has closed.
                std::future::pending::<()>().await;
            }
        };
        let _ = timeout(link.shared.limits.linger, leaving).await;
        End::Left
    }
}
