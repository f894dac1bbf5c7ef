//! The reading direction of a link.

use std::sync::Arc;

use bytes::BytesMut;
use floodnet_core::wire::{self, Wire};
use tokio::io::AsyncReadExt;
use tokio::net::tcp::ReadHalf;
use tokio::time::{Instant, sleep, timeout_at};

use super::context::TaskContext;
use super::end::End;
use super::link::{KEPT, Link, Pace};
use super::report::Report;
use crate::counters::Counters;
use crate::frame::{self, Frame, LENGTH};
use crate::peer::NamesSender;
use crate::secure::TAG;
use crate::shared::Shared;
use crate::validator::{Acceptance, LinkInfo};

/// Bytes that are read at once, about.
const READ: usize = 4 * 1_024;

/// Takes frames off a socket, opens them, and reports the messages that pass the validator.
pub(super) struct Reader<'a> {
    read: ReadHalf<'a>,
    buffer: BytesMut,
    /// Since when there is a part of a frame.
    since: Option<Instant>,
    pace: Pace,
}

impl<'a> Reader<'a> {
    /// A reader of `read`, on top of what has come already.
    pub(super) fn new(read: ReadHalf<'a>, buffer: BytesMut) -> Self {
        Self { read, buffer, since: None, pace: Pace::default() }
    }

    /// Reads until the link ends.
    pub(super) async fn run<M: Wire + NamesSender + 'static>(
        mut self,
        link: &Link<'_>,
        info: &Arc<LinkInfo>,
        context: &TaskContext<M>,
    ) -> End {
        let mut opened = Vec::new();
        loop {
            if let Err(end) = self.open_next(link, &mut opened).await {
                return end;
            }
            let packet = match packet_of(&opened, link) {
                Ok(Some(packet)) => packet,
                Ok(None) => continue,
                Err(end) => return end,
            };
            let Ok(mut message) = wire::decode::<M>(packet) else { return End::BadFrame };
            message.name_sender(info.peer);
            if info.is_outgoing {
                message.came_over_own_dial();
            }
            // Many links are at rest most of the time: none keeps the room of its longest message.
            if opened.capacity() > KEPT {
                opened = Vec::new();
            }
            match passes(context.validator.validate(&message, info), &link.shared.counters) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(end) => return end,
            }
            if context.reports.send(Report::Message { link: Arc::clone(info), message }).await.is_err() {
                return End::Stopped;
            }
        }
    }

    /// Opens the next frame into `opened`.
    async fn open_next(&mut self, link: &Link<'_>, opened: &mut Vec<u8>) -> Result<(), End> {
        let sealed = self.next(link.shared).await?;
        // A peer that sends too much is read later, and nothing is dropped: honest peers send bursts too.
        let wait = self.pace.after(1, sealed.len(), link.shared);
        if !wait.is_zero() {
            link.shared.counters.throttled.add();
            sleep(wait).await;
        }
        link.cipher().open(&sealed, opened).map_err(|_| End::Tampered)?;
        link.hear();
        Ok(())
    }

    /// Reads the next frame, still sealed.
    async fn next(&mut self, shared: &Shared) -> Result<BytesMut, End> {
        let max = shared.limits.packet + 1 + TAG;
        loop {
            match frame::split(&mut self.buffer, 1 + TAG, max) {
                Ok(Some(frame)) => {
                    self.since = None;
                    return Ok(frame);
                }
                Ok(None) => {}
                Err(_) => return Err(End::BadFrame),
            }
            // A link at rest keeps no buffer; one with a part of a frame must send the rest in time.
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

/// The packet in an opened frame; none if the frame was one of the link's own, which is dealt with here.
fn packet_of<'a>(opened: &'a [u8], link: &Link<'_>) -> Result<Option<&'a [u8]>, End> {
    match Frame::decode(opened) {
        Ok(Frame::Packet(packet)) => return Ok(Some(packet)),
        Ok(Frame::Ping) => link.outbox.pong(),
        Ok(Frame::Pong) => link.shared.unconfirmed.read(&link.outbox.answered()),
        Ok(Frame::Rekey) => link.cipher().rekey_opening(),
        Ok(Frame::Goodbye(reason)) => return Err(End::Goodbye(reason)),
        Ok(Frame::Welcome(_)) | Err(_) => return Err(End::BadFrame),
    }
    Ok(None)
}

/// Whether the validator lets a message pass; counts those that it stops.
fn passes(acceptance: Acceptance, counters: &Counters) -> Result<bool, End> {
    match acceptance {
        Acceptance::Accept => Ok(true),
        Acceptance::Ignore(reason) => {
            counters.validator_dropped(reason);
            Ok(false)
        }
        Acceptance::Reject(reason) => {
            counters.validator_cut(reason);
            Err(End::Cut)
        }
    }
}
