//! Where a node's effects go: from the protocol through the access line into the network.

use floodnet_core::observe::Observe;
use floodnet_core::protocol::Effects;
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::FRAME_OVERHEAD;

use crate::SimProtocol;
use crate::digest::SlotHistory;
use crate::event::{Connection, Event, EventKind, Passed, Rank};
use crate::net::access_link::{AccessLink, transfer_time};
use crate::net::link_table::{LinkTable, Place};
use crate::net::network::{Network, PacketIndex};
use crate::net::packet_counts::PacketCounts;
use crate::net::uplink::Waiting;
use crate::observer::{Observed, Observer, Step};
use crate::spec::Transport;

/// Takes events on their way to their slots.
pub(crate) trait Schedule<P: SimProtocol> {
    fn push(&mut self, event: Event<P>);
}

/// The network as one slot sees it while it handles one input.
pub(crate) struct EffectSink<'a, P: SimProtocol, Q, Ob> {
    pub(crate) now: Time,
    pub(crate) history: &'a mut SlotHistory,
    pub(crate) access_link: &'a mut AccessLink<P::Message>,
    pub(crate) links: &'a mut LinkTable,
    pub(crate) counts: &'a mut PacketCounts,
    pub(crate) network: &'a Network<'a>,
    pub(crate) queue: &'a mut Q,
    pub(crate) observer: &'a mut Ob,
}

/// A datagram that leaves. In one piece where it is handed on in memory: a message that is handed on alone is in
/// memory on every way, and each packet waits for itself there.
struct Datagram<M> {
    to: u32,
    nth: PacketIndex,
    payload: Option<u32>,
    message: M,
}

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> EffectSink<'_, P, Q, Ob> {
    /// Sends `what` to reach `to` at `at`, or when `to` is awake again.
    #[inline(always)]
    pub(crate) fn push(&mut self, to: u32, at: Time, what: EventKind<P>) {
        self.push_on(Connection::NONE, to, at, Passed::NOTHING, what);
    }

    /// As [`push`](Self::push), about a connection named as `to` does.
    #[inline(always)]
    pub(crate) fn push_on(
        &mut self,
        connection: Connection,
        to: u32,
        at: Time,
        passed: Passed,
        what: EventKind<P>,
    ) {
        let time = self.network.awake(to, at);
        let (from, seq) = (self.history.id, self.history.next_seq());
        let rank = what.rank(from == to, passed);
        self.queue.push(Event { time, to, from, seq, connection, rank, passed, what });
    }

    /// As [`push_on`](Self::push_on), a packet to another slot, which is awake then.
    #[inline(always)]
    pub(crate) fn push_packet(
        &mut self,
        connection: Connection,
        to: u32,
        time: Time,
        passed: Passed,
        message: P::Message,
    ) {
        let (from, seq) = (self.history.id, self.history.next_seq());
        let (rank, what) = (Rank::Arrival, EventKind::Packet(message));
        self.queue.push(Event { time, to, from, seq, connection, rank, passed, what });
    }

    /// News that the connection with `peer`, named as `to` does, is gone.
    pub(crate) fn push_closed(&mut self, to: u32, at: Time, peer: u32, connection: Connection) {
        self.push_on(connection, to, at, Passed::NOTHING, EventKind::Closed(peer));
    }

    /// What `from` sent waits for the downlink and takes this long on it.
    #[inline(never)]
    pub(crate) fn take_in(
        &mut self,
        takes: Duration,
        from: u32,
        connection: Connection,
        passed: Passed,
        what: EventKind<P>,
    ) {
        let passed = passed.and(Passed::DOWNLINK);
        let taken_in = self.access_link.take_in(self.now, takes);
        let to = self.history.id;
        let time = self.network.awake(to, taken_in);
        let seq = self.history.next_seq();
        let rank = what.rank(from == to, passed);
        self.queue.push(Event { time, to, from, seq, connection, rank, passed, what });
    }

    #[inline]
    pub(crate) fn report(&mut self, what: Observed) {
        self.observer.observe(self.now, self.history.id, what);
    }

    /// Only for observers that follow each step.
    fn trace(&mut self, step: Step<'_>) {
        self.observer.trace(self.now, self.history.id, step);
    }

    /// The packet to `to` that carries this message, if any, will never be received. Apart from the way of a packet
    /// that is received, and without the packet itself, so that this one stays in registers.
    #[cold]
    #[inline(never)]
    pub(crate) fn lost(&mut self, to: u32, payload: Option<u32>, reason: &'static str) {
        let from = self.history.id;
        self.lost_between(from, to, payload, reason);
    }

    /// As [`lost`](Self::lost), of a packet of `from` that came to this slot.
    #[cold]
    #[inline(never)]
    pub(crate) fn refuse(&mut self, from: u32, payload: Option<u32>, reason: &'static str) {
        let to = self.history.id;
        self.lost_between(from, to, payload, reason);
    }

    fn lost_between(&mut self, from: u32, to: u32, payload: Option<u32>, reason: &'static str) {
        if Ob::TRACES {
            self.trace(Step::Loses { from, to, payload, reason });
        }
        self.history.note_loss(reason);
        self.report(Observed::Lost { payload, reason });
    }

    /// Hands a packet to the access line.
    #[inline(always)]
    fn hand_over(&mut self, to: u32, message: P::Message) {
        let payload = P::carried(&message).map(|carried| carried.message);
        let bytes = frame_size::<P>(&message);
        if Ob::TRACES {
            self.trace(Step::Sends { to, payload, bytes, content: &message });
        }
        self.report(Observed::Sent { to, payload, bytes, kind: P::kind(&message) });
        if to == self.history.id || to >= self.network.slots {
            return self.lost(to, payload, "no_such_peer");
        }
        match self.network.links.spec.transport {
            _ if !self.network.plain_access && self.access_link.uplink().is_some() => {
                self.hand_to_uplink(to, bytes, payload, message)
            }
            Transport::Stream => {
                let place = self.connection_to(to);
                self.transmit_on(to, Some(place), payload, message);
            }
            Transport::Datagram => {
                self.leave_trace(to);
                self.transmit_datagram(to, payload, message);
            }
        }
    }

    #[inline(always)]
    fn hand_to_uplink(&mut self, to: u32, bytes: u32, payload: Option<u32>, message: P::Message) {
        let connection = match self.network.links.spec.transport {
            Transport::Stream => {
                let place = self.connection_to(to);
                self.links.head(place).connection
            }
            Transport::Datagram => {
                self.leave_trace(to);
                Connection::NONE
            }
        };
        self.enqueue(Waiting { to, connection, bytes, payload, message: Some(message) });
    }

    /// Puts something into the limited uplink's queue.
    #[inline(never)]
    fn enqueue(&mut self, item: Waiting<P::Message>) {
        let room = self.network.links.spec.queue.bytes();
        let Some(uplink) = self.access_link.uplink_mut() else { return };
        let idle = uplink.queue.is_empty();
        let gone = uplink.push(item, room);
        for dropped in gone {
            self.lost(dropped.to, dropped.payload, "queue_full");
        }
        if idle {
            self.announce_departure();
        }
    }

    /// Sets the timer for the departure of the queue's head, if there is one.
    fn announce_departure(&mut self) {
        let Some(uplink) = self.access_link.uplink() else { return };
        let Some(head) = uplink.queue.front() else { return };
        let (after, epoch) = (transfer_time(head.bytes, uplink.rate), uplink.epoch);
        // The line is the slot's, not the node's: it works on while the node stands still.
        let seq = self.history.next_seq();
        let (time, to) = (self.now + after, self.history.id);
        self.queue.push(Event::plain(time, to, to, seq, EventKind::Departed { epoch }));
    }

    /// The head of the queue has left: it is in the network now, and the next goes on the line.
    pub(crate) fn departed(&mut self, epoch: u32) {
        let Some(uplink) = self.access_link.uplink_mut().filter(|uplink| uplink.epoch == epoch) else {
            return;
        };
        let Some(head) = uplink.pop() else { return };
        match (head.message, self.network.links.spec.transport) {
            (Some(message), Transport::Datagram) => self.transmit_datagram(head.to, head.payload, message),
            (Some(message), Transport::Stream) => {
                let place = self.links.find(head.to, head.connection);
                self.transmit_on(head.to, place, head.payload, message);
            }
            (None, _) => {
                if let Some(place) = self.links.find(head.to, head.connection) {
                    self.say_goodbye(place);
                }
            }
        }
        self.announce_departure();
    }

    #[inline(always)]
    fn transmit_datagram(&mut self, to: u32, payload: Option<u32>, message: P::Message) {
        let (network, from) = (self.network, self.history.id);
        let nth = PacketIndex { count: self.count_to(to), attempt: 0 };
        if network.plain {
            let arrival = self.now + network.plain_delay(from, to, nth);
            return self.push_packet(Connection::NONE, to, arrival, Passed::NOTHING, message);
        }
        self.transmit_among_faults(Datagram { to, nth, payload, message });
    }

    /// As [`transmit_datagram`](Self::transmit_datagram), where it may be lost, held up or come too late. Apart, so
    /// that the way of a plain packet stays short enough to be compiled into one piece with the node.
    #[inline(never)]
    fn transmit_among_faults(&mut self, datagram: Datagram<P::Message>) {
        let (network, from) = (self.network, self.history.id);
        let Datagram { to, nth, payload, message } = datagram;
        if let Err(reason) = network.attempt(from, to, nth, self.now) {
            return self.lost(to, payload, reason);
        }
        let arrival = self.now + network.delay(from, to, network.link_delay(from, to), nth, self.now);
        let stale = network.has_rebirths() && self.finds_another(to, arrival);
        let passed = if stale { Passed::STALE } else { Passed::NOTHING };
        let arrival = network.awake(to, arrival);
        self.push_packet(Connection::NONE, to, arrival, passed, message);
    }

    /// Whether a datagram is addressed to the node that `to` is now and finds a later life at its arrival,
    /// which is another node.
    #[inline(never)]
    fn finds_another(&self, to: u32, arrival: Time) -> bool {
        let life = |at| self.network.plan.life_at(to, at).map(|(incarnation, _)| incarnation);
        life(self.now) != life(self.network.awake(to, arrival))
    }

    /// Number of this packet on the directed link, where a draw depends on it. It goes on over connections
    /// and lives, so that what is sent elsewhere changes no draw here.
    #[inline(always)]
    pub(crate) fn count_to(&mut self, to: u32) -> u32 {
        if !self.network.counts {
            return 0;
        }
        self.counts.next(to)
    }

    /// A node behind a NAT gets datagrams from those only whom it wrote to: remember that it did.
    #[inline]
    fn leave_trace(&mut self, to: u32) {
        if !self.network.plain_access && !self.network.links.class(self.history.id).reachable {
            self.counts.note(to);
        }
    }

    /// Whether a datagram of `from` gets to this slot.
    #[inline]
    pub(crate) fn reaches(&self, from: u32) -> bool {
        let me = self.history.id;
        self.network.plain_access || self.network.links.class(me).reachable || self.counts.knows(from)
    }

    /// Closes every connection with `peer`, behind what was sent.
    pub(crate) fn close(&mut self, peer: u32) {
        let open = self.links.open_with(peer).map(|place| self.links.head(place).connection);
        let open: Vec<Connection> = open.collect();
        open.into_iter().for_each(|connection| self.close_one(peer, connection));
    }

    /// Closes a connection, behind what was sent.
    pub(crate) fn close_one(&mut self, peer: u32, connection: Connection) {
        let Some(place): Option<Place> = self.links.find(peer, connection) else { return };
        if self.access_link.uplink().is_none_or(|uplink| uplink.queue.is_empty()) {
            return self.say_goodbye(place);
        }
        self.links.head_mut(place).is_closing = true;
        self.enqueue(Waiting { to: peer, connection, bytes: 0, payload: None, message: None });
    }
}

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> Effects<P> for EffectSink<'_, P, Q, Ob> {
    #[inline(always)]
    fn send(&mut self, to: u32, message: P::Message) {
        self.hand_over(to, message);
    }

    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        if Ob::TRACES {
            self.trace(Step::SetsTimer { after, content: &timer });
        }
        let (id, incarnation) = (self.history.id, self.history.incarnation());
        self.push(id, self.now + after, EventKind::Timer { incarnation, timer });
    }

    fn disconnect(&mut self, peer: u32) {
        if Ob::TRACES {
            self.trace(Step::Disconnects(peer));
        }
        if self.network.links.spec.transport == Transport::Stream {
            self.close(peer);
        }
    }

    #[inline(always)]
    fn emit(&mut self, event: P::Event) {
        let observation = P::observe(&event);
        self.history.note_observation(&observation);
        self.report(Observed::Protocol(observation));
    }
}

/// Bytes of `message` on the wire, the frame included.
pub(crate) fn frame_size<P: Observe>(message: &P::Message) -> u32 {
    P::wire_size(message).saturating_add(FRAME_OVERHEAD)
}
