//! What waits to be written on one link.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::fair_queue::FairQueue;
use crate::frame::Reason;

/// A packet to be sent.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) bytes: Bytes,
    /// Whether the application's message is in it; else it is the overlay's own.
    pub(crate) is_payload: bool,
    /// The link on which it, or what caused it, came; 0 for what this node says of its own.
    pub(crate) source: u64,
    /// The number of the application's message that it comes from; 0 if it comes from none, or if nobody asks
    /// whether it was read.
    pub(crate) published: u64,
}

/// A packet in the queue, with the number of its message.
#[derive(Debug)]
struct Numbered {
    bytes: Bytes,
    published: u64,
}

impl AsRef<[u8]> for Numbered {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
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
    Packets(Vec<Bytes>),
    Pong,
    /// Ask whether the peer has read what was written.
    Ask,
    /// Ask for a sign of life, which must come in time.
    Probe,
    /// Everything is written: end the link.
    Goodbye(Reason),
}

/// The capacity of an outbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Messages of the application; a quarter as many of the overlay fit beside them.
    pub(crate) packets: usize,
    /// Bytes of the application's messages, and as many of the overlay's.
    pub(crate) bytes: usize,
    pub(crate) patience: Duration,
}

/// Between the node, which never waits, and the task that writes on a link. Bounded.
///
/// What the application and what the overlay says wait apart and are written in turn, and so does, within each,
/// what came from different links: a storm of one does not hold up the others, and makes room first.
#[derive(Debug)]
pub(crate) struct Outbox {
    room: Room,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    payload: FairQueue<Numbered>,
    control: FairQueue<Numbered>,
    /// Whether it is the overlay's turn.
    control_next: bool,
    /// Since when nothing was taken, while there was no room.
    full_since: Option<Instant>,
    pong: bool,
    probe: bool,
    goodbye: Option<Reason>,
    receipts: Receipts,
}

/// Bytes and packets that are written at once, about.
const BATCH: (usize, usize) = (16 * 1_024, 32);

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
        let Room { packets, bytes, patience } = self.room;
        let numbered = Numbered { bytes: packet.bytes, published: packet.published };
        let mut state = self.state();
        let dropped = if packet.is_payload {
            state.payload.push(packet.source, numbered, packets, bytes)
        } else {
            state.control.push(packet.source, numbered, (packets / 4).max(1), bytes)
        };
        if dropped > 0 && now.duration_since(*state.full_since.get_or_insert(now)) >= patience {
            return Queued::Stuck;
        }
        drop(state);
        self.changed.notify_one();
        Queued::Dropped(dropped)
    }

    /// Puts what waits in `other` before what waits here.
    pub(crate) fn take_over(&self, other: &Self, now: Instant) {
        let [earlier, later] = [other, self].map(|outbox| {
            let mut state = outbox.state();
            (std::mem::take(&mut state.payload), std::mem::take(&mut state.control))
        });
        for (payload, control) in [earlier, later] {
            for (queue, is_payload) in [(payload, true), (control, false)] {
                for (source, Numbered { bytes, published }) in queue.into_packets() {
                    self.push(Packet { bytes, is_payload, source, published }, now);
                }
            }
        }
    }

    /// Whether a ping may be written now. While an answer decides about receipts, another ping would make it
    /// unclear which of the two the next pong belongs to.
    pub(crate) fn may_ping(&self) -> bool {
        !self.state().receipts.is_asked
    }

    /// The ping that asks for receipts is written next.
    pub(crate) fn asked(&self) {
        self.state().receipts.ask();
    }

    /// A pong has come: the messages whose packets the peer has read for sure.
    pub(crate) fn answered(&self) -> Vec<u64> {
        let read = self.state().receipts.answered();
        self.changed.notify_one();
        read
    }

    /// Has a pong written as soon as possible.
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
        if state.receipts.is_due() {
            return Some(Work::Ask);
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < BATCH.0
            && batch.len() < BATCH.1
            && let Some(packet) = state.pop()
        {
            bytes += packet.bytes.len();
            state.receipts.written(packet.published);
            batch.push(packet.bytes);
        }
        if !batch.is_empty() {
            state.full_since = None;
            return Some(Work::Packets(batch));
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

/// Which of the application's messages the peer has read. A ping is written behind their packets, and the pong
/// tells that all before it was read.
#[derive(Debug, Default)]
struct Receipts {
    /// Written since the last ping.
    written: Vec<u64>,
    /// Written before the ping whose pong has not come.
    asked: Vec<u64>,
    /// Whether a pong is waited for.
    is_asked: bool,
}

impl Receipts {
    fn written(&mut self, published: u64) {
        if published > 0 {
            self.written.push(published);
        }
    }

    const fn is_due(&self) -> bool {
        !self.is_asked && !self.written.is_empty()
    }

    fn ask(&mut self) {
        self.asked = std::mem::take(&mut self.written);
        self.is_asked = true;
    }

    fn answered(&mut self) -> Vec<u64> {
        self.is_asked = false;
        std::mem::take(&mut self.asked)
    }
}

impl State {
    /// The next packet, of either kind in turn.
    fn pop(&mut self) -> Option<Numbered> {
        let control_first = self.control_next;
        self.control_next = !control_first;
        if control_first {
            self.control.pop().or_else(|| self.payload.pop())
        } else {
            self.payload.pop().or_else(|| self.control.pop())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { packets: 3, bytes: 10, patience: Duration::from_secs(5) };

    fn packet(text: &'static str, is_payload: bool) -> Packet {
        Packet { bytes: Bytes::from_static(text.as_bytes()), is_payload, source: 1, published: 0 }
    }

    fn texts(outbox: &Outbox) -> Vec<String> {
        let Some(Work::Packets(packets)) = outbox.take() else { return Vec::new() };
        packets.iter().map(|packet| String::from_utf8_lossy(packet).into_owned()).collect()
    }

    fn push(outbox: &Outbox, text: &'static str, now: Instant) -> Queued {
        outbox.push(packet(text, text.starts_with('p')), now)
    }

    #[test]
    fn the_oldest_goes_first_and_each_kind_has_its_turn() {
        let (outbox, now) = (Outbox::new(ROOM), Instant::now());
        for text in ["p1", "p2", "p3", "c1"] {
            assert_eq!(push(&outbox, text, now), Queued::Dropped(0));
        }
        assert_eq!(push(&outbox, "p4", now), Queued::Dropped(1));
        assert_eq!(push(&outbox, "c2", now), Queued::Dropped(1), "there is room for one of the overlay's");
        assert_eq!(texts(&outbox), ["p2", "c2", "p3", "p4"]);
        push(&outbox, "p12345", now);
        assert_eq!(push(&outbox, "p12345678901", now), Queued::Dropped(1), "bytes are bounded too");
        assert_eq!(texts(&outbox), ["p12345678901"], "but one always fits");
    }

    /// However much the overlay has to say, the application's messages wait for as many at most.
    #[test]
    fn a_storm_of_the_overlay_does_not_hold_up_messages() {
        let (outbox, now) = (Outbox::new(Room { packets: 400, bytes: 9_999, ..ROOM }), Instant::now());
        for _ in 0..1_000 {
            push(&outbox, "c", now);
        }
        push(&outbox, "p", now);
        let place = texts(&outbox).iter().position(|text| text == "p");
        assert!(place.is_some_and(|place| place < 2), "{place:?}");
    }

    #[test]
    fn nothing_taken_for_too_long_is_stuck() {
        let (outbox, now) = (Outbox::new(ROOM), Instant::now());
        for _ in 0..3 {
            push(&outbox, "p", now);
        }
        assert_eq!(push(&outbox, "p", now), Queued::Dropped(1));
        assert_eq!(push(&outbox, "p", now + Duration::from_secs(4)), Queued::Dropped(1));
        assert_eq!(push(&outbox, "p", now + Duration::from_secs(5)), Queued::Stuck);
        assert_eq!(texts(&outbox).len(), 3);
        for _ in 0..3 {
            push(&outbox, "p", now);
        }
        assert_eq!(push(&outbox, "p", now + Duration::from_secs(99)), Queued::Dropped(1), "anew");
    }

    #[test]
    fn signs_of_life_overtake_and_the_goodbye_comes_last() {
        let outbox = Outbox::new(ROOM);
        outbox.goodbye(Reason::Leaving);
        outbox.goodbye(Reason::Done);
        push(&outbox, "p", Instant::now());
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
        push(&link, "p2", now);
        push(&dial, "p1", now);
        link.take_over(&dial, now);
        assert_eq!(texts(&link), ["p1", "p2"]);
        assert!(dial.take().is_none());
    }

    #[test]
    fn a_pong_tells_what_was_read_before_its_ping() {
        let (outbox, now) = (Outbox::new(Room { packets: 9, bytes: 99, ..ROOM }), Instant::now());
        let push = |published| outbox.push(Packet { published, ..packet("p", true) }, now);
        assert!(outbox.may_ping());
        push(1);
        push(2);
        assert_eq!(texts(&outbox).len(), 2);
        assert!(matches!(outbox.take(), Some(Work::Ask)), "before anything else is written");
        outbox.asked();
        assert!(!outbox.may_ping(), "its pong could be taken for another one's");
        push(3);
        assert_eq!(texts(&outbox).len(), 1);
        assert!(outbox.take().is_none(), "one question at a time");
        assert_eq!(outbox.answered(), [1, 2]);
        assert!(matches!(outbox.take(), Some(Work::Ask)));
        outbox.asked();
        assert_eq!((outbox.answered(), outbox.answered()), (vec![3], vec![]));
    }
}
