//! What waits to be written on one link.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::frame::Reason;

/// A packet on its way out.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) bytes: Bytes,
    /// Whether the application's message is in it: those go first when room is short.
    pub(crate) is_payload: bool,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    /// It waits, and so many older ones had to go.
    Dropped(usize),
    /// The outbox has been full for too long.
    Stuck,
}

/// What is to be written next.
#[derive(Debug)]
pub(crate) enum Work {
    Packets(Vec<Packet>),
    Pong,
    /// Ask for a sign of life, which must come in time.
    Probe,
    /// Everything is written: end the link.
    Goodbye(Reason),
}

/// Bounds of an outbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) packets: usize,
    pub(crate) bytes: usize,
    pub(crate) patience: Duration,
}

/// Between the node, which never waits, and the task that writes on a link. Bounded: the oldest message of the
/// application goes first, the overlay's own last.
#[derive(Debug)]
pub(crate) struct Outbox {
    room: Room,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    packets: VecDeque<Packet>,
    bytes: usize,
    /// Since when nothing could be queued without dropping.
    full_since: Option<Instant>,
    pong: bool,
    probe: bool,
    goodbye: Option<Reason>,
}

/// Bytes that are written at once, about.
const BATCH: usize = 16 * 1_024;

impl Outbox {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, state: Mutex::default(), changed: Notify::new() }
    }

    /// Nothing that holds the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a packet, at the price of older ones if need be.
    pub(crate) fn push(&self, packet: Packet, now: Instant) -> Queued {
        let mut state = self.state();
        let mut dropped = 0;
        state.bytes += packet.bytes.len();
        state.packets.push_back(packet);
        while state.packets.len() > self.room.packets
            || (state.bytes > self.room.bytes && state.packets.len() > 1)
        {
            let place = state.packets.iter().position(|packet| packet.is_payload).unwrap_or(0);
            let Some(gone) = state.packets.remove(place) else { break };
            state.bytes -= gone.bytes.len();
            dropped += 1;
        }
        if dropped == 0 {
            state.full_since = None;
        } else if now.duration_since(*state.full_since.get_or_insert(now)) >= self.room.patience {
            return Queued::Stuck;
        }
        drop(state);
        self.changed.notify_one();
        Queued::Dropped(dropped)
    }

    /// Puts what waits in `other` before what waits here.
    pub(crate) fn take_over(&self, other: &Self, now: Instant) {
        let earlier = std::mem::take(&mut other.state().packets);
        other.state().bytes = 0;
        let later = std::mem::take(&mut self.state().packets);
        self.state().bytes = 0;
        for packet in earlier.into_iter().chain(later) {
            self.push(packet, now);
        }
    }

    /// Answers a ping.
    pub(crate) fn pong(&self) {
        self.state().pong = true;
        self.changed.notify_one();
    }

    /// Asks the peer for a sign of life.
    pub(crate) fn probe(&self) {
        self.state().probe = true;
        self.changed.notify_one();
    }

    /// Ends the link behind what waits.
    pub(crate) fn goodbye(&self, reason: Reason) {
        self.state().goodbye.get_or_insert(reason);
        self.changed.notify_one();
    }

    /// What is to be done now, if anything.
    pub(crate) fn take(&self) -> Option<Work> {
        let mut state = self.state();
        if std::mem::take(&mut state.pong) {
            return Some(Work::Pong);
        }
        if std::mem::take(&mut state.probe) {
            return Some(Work::Probe);
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH
            && let Some(packet) = state.packets.pop_front()
        {
            bytes += packet.bytes.len();
            batch.push(packet);
        }
        state.bytes -= bytes;
        if !batch.is_empty() {
            state.full_since = None;
            return Some(Work::Packets(batch));
        }
        if state.packets.capacity() > 32 {
            state.packets = VecDeque::new();
        }
        state.goodbye.map(Work::Goodbye)
    }

    /// What is to be done, when there is something.
    pub(crate) async fn next(&self) -> Work {
        loop {
            if let Some(work) = self.take() {
                return work;
            }
            self.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { packets: 3, bytes: 10, patience: Duration::from_secs(5) };

    fn packet(text: &'static str, is_payload: bool) -> Packet {
        Packet { bytes: Bytes::from_static(text.as_bytes()), is_payload }
    }

    fn texts(outbox: &Outbox) -> Vec<String> {
        let Some(Work::Packets(packets)) = outbox.take() else { return Vec::new() };
        packets.iter().map(|packet| String::from_utf8_lossy(&packet.bytes).into_owned()).collect()
    }

    #[test]
    fn the_oldest_payload_goes_first_and_control_last() {
        let (outbox, now) = (Outbox::new(ROOM), Instant::now());
        for text in ["c1", "p1", "p2"] {
            assert_eq!(outbox.push(packet(text, text.starts_with('p')), now), Queued::Dropped(0));
        }
        assert_eq!(outbox.push(packet("p3", true), now), Queued::Dropped(1));
        assert_eq!(outbox.push(packet("c2", false), now), Queued::Dropped(1));
        assert_eq!(texts(&outbox), ["c1", "p3", "c2"]);
        for text in ["c1", "c2", "c3", "c4"] {
            outbox.push(packet(text, false), now);
        }
        assert_eq!(texts(&outbox), ["c2", "c3", "c4"]);
        outbox.push(packet("123456", true), now);
        assert_eq!(
            outbox.push(packet("123456789012", true), now),
            Queued::Dropped(1),
            "bytes are bounded too"
        );
        assert_eq!(texts(&outbox), ["123456789012"], "but one always fits");
    }

    #[test]
    fn full_for_too_long_is_stuck() {
        let (outbox, now) = (Outbox::new(ROOM), Instant::now());
        for _ in 0..3 {
            outbox.push(packet("p", true), now);
        }
        assert_eq!(outbox.push(packet("p", true), now), Queued::Dropped(1));
        let later = now + Duration::from_secs(4);
        assert_eq!(outbox.push(packet("p", true), later), Queued::Dropped(1));
        assert_eq!(outbox.push(packet("p", true), now + Duration::from_secs(5)), Queued::Stuck);
        assert_eq!(texts(&outbox).len(), 3);
        for _ in 0..3 {
            outbox.push(packet("p", true), later);
        }
        assert_eq!(outbox.push(packet("p", true), now + Duration::from_secs(99)), Queued::Dropped(1), "anew");
    }

    #[test]
    fn signs_of_life_overtake_and_the_goodbye_comes_last() {
        let outbox = Outbox::new(ROOM);
        outbox.goodbye(Reason::Leaving);
        outbox.goodbye(Reason::Done);
        outbox.push(packet("p", true), Instant::now());
        outbox.probe();
        outbox.pong();
        assert!(matches!(outbox.take(), Some(Work::Pong)));
        assert!(matches!(outbox.take(), Some(Work::Probe)));
        assert_eq!(texts(&outbox), ["p"]);
        assert!(matches!(outbox.take(), Some(Work::Goodbye(Reason::Leaving))), "the first reason counts");
    }

    #[test]
    fn what_waited_on_a_dial_goes_before_what_waits_on_the_link() {
        let (dial, link, now) = (Outbox::new(ROOM), Outbox::new(ROOM), Instant::now());
        link.push(packet("2", true), now);
        dial.push(packet("1", true), now);
        link.take_over(&dial, now);
        assert_eq!(texts(&link), ["1", "2"]);
        assert!(dial.take().is_none());
    }
}
