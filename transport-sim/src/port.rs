//! Where a node's effects go: from the protocol through the access line into the network.

use floodnet_core::observe::{Observation, Observe};
use floodnet_core::protocol::Effects;
use floodnet_core::rng::fold;
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::FRAME_OVERHEAD;

use crate::SimProtocol;
use crate::event::{Connection, Event, What};
use crate::line::{Line, transfer_time};
use crate::link::{Latency, Per, Transport};
use crate::network::{Network, Nth};
use crate::observer::{Observed, Observer};
use crate::uplink::Waiting;

/// Takes events on their way to their slots.
pub(crate) trait Schedule<P: SimProtocol> {
    fn push(&mut self, event: Event<P>);
}

/// The network as one slot sees it while it handles one input.
pub(crate) struct Port<'a, P: SimProtocol, Q, Ob> {
    pub(crate) now: Time,
    pub(crate) line: &'a mut Line<P::Message>,
    pub(crate) network: &'a Network<'a>,
    pub(crate) queue: &'a mut Q,
    pub(crate) observer: &'a mut Ob,
}

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> Port<'_, P, Q, Ob> {
    /// Sends `what` to reach `to` at `at`, or when `to` is awake again.
    pub(crate) fn push(&mut self, to: u32, at: Time, what: What<P>) {
        let time = self.network.awake(to, at);
        let seq = self.line.next_seq();
        self.queue.push(Event { time, seq, to, from: self.line.id, what });
    }

    /// What `from` sent waits for the downlink and takes this long on it.
    pub(crate) fn take_in(&mut self, from: u32, takes: Duration, what: What<P>) {
        let taken_in = self.now.max(self.line.downlink_free) + takes;
        self.line.downlink_free = taken_in;
        let id = self.line.id;
        let time = self.network.awake(id, taken_in);
        let seq = self.line.next_seq();
        self.queue.push(Event { time, seq, to: id, from, what });
    }

    pub(crate) fn report(&mut self, what: Observed) {
        self.observer.observe(self.now, self.line.id, what);
    }

    pub(crate) fn lost(&mut self, payload: Option<u32>, reason: &'static str) {
        self.line.note(name_hash(reason));
        self.report(Observed::Lost { payload, reason });
    }

    /// Hands a packet to the access line.
    fn hand_over(&mut self, to: u32, message: P::Message) {
        let payload = P::carried(&message).map(|carried| carried.message);
        let bytes = frame_size::<P>(&message);
        self.report(Observed::Sent { to, payload, bytes });
        if to == self.line.id || to >= self.network.plan.slots() {
            return self.lost(payload, "no_such_peer");
        }
        let connection = match self.network.links.transport {
            Transport::Stream => self.connection_to(to),
            Transport::Datagram => self.leave_trace(to),
        };
        if self.line.uplink.is_none() {
            return self.transmit(to, connection, message);
        }
        self.enqueue(Waiting { to, connection, bytes, payload, message: Some(message) });
    }

    /// Puts something into the limited uplink's queue.
    pub(crate) fn enqueue(&mut self, item: Waiting<P::Message>) {
        let room = self.network.links.queue;
        let Some(uplink) = &mut self.line.uplink else { return };
        let idle = uplink.queue.is_empty();
        let gone = uplink.push(item, room);
        for dropped in gone {
            self.lost(dropped.payload, "queue_full");
        }
        if idle {
            self.announce_departure();
        }
    }

    /// Sets the timer for the departure of the queue's head, if there is one.
    fn announce_departure(&mut self) {
        let Some(uplink) = &self.line.uplink else { return };
        let Some(head) = uplink.queue.front() else { return };
        let (after, epoch) = (transfer_time(head.bytes, uplink.rate), uplink.epoch);
        // The line is the slot's, not the node's: it works on while the node stands still.
        let seq = self.line.next_seq();
        let (time, id) = (self.now + after, self.line.id);
        self.queue.push(Event { time, seq, to: id, from: id, what: What::Departed { epoch } });
    }

    /// The head of the queue has left: it is in the network now, and the next goes on the line.
    pub(crate) fn departed(&mut self, epoch: u32) {
        let Some(uplink) = self.line.uplink.as_mut().filter(|uplink| uplink.epoch == epoch) else { return };
        let Some(head) = uplink.pop() else { return };
        match head.message {
            Some(message) => self.transmit(head.to, head.connection, message),
            None => self.say_goodbye(head.to, head.connection),
        }
        self.announce_departure();
    }

    /// Sends a packet from the access line into the network, now.
    fn transmit(&mut self, to: u32, connection: Connection, message: P::Message) {
        match self.network.links.transport {
            Transport::Stream => self.transmit_on(to, connection, message),
            Transport::Datagram => self.transmit_datagram(to, message),
        }
    }

    fn transmit_datagram(&mut self, to: u32, message: P::Message) {
        let (network, from) = (self.network, self.line.id);
        let nth = Nth { count: self.count_to(to), attempt: 0 };
        if let Err(reason) = network.attempt(from, to, nth, self.now) {
            return self.lost(P::carried(&message).map(|carried| carried.message), reason);
        }
        let arrival = self.now + network.delay(from, to, network.link_delay(from, to), nth, self.now);
        // Addressed to the node that is up now: a later life of the slot is another node.
        let life = |at| network.plan.life_at(to, at).map(|(incarnation, _)| incarnation);
        let stale = network.has_rebirths() && life(self.now) != life(network.awake(to, arrival));
        let connection = Connection::NONE;
        self.push(to, arrival, What::Packet { connection, stale, through_downlink: false, message });
    }

    /// Number of this packet on the directed link, where a draw depends on it. It goes on over connections
    /// and lives, so that what is sent elsewhere changes no draw here.
    pub(crate) fn count_to(&mut self, to: u32) -> u32 {
        let links = self.network.links;
        let drawn = links.loss > 0
            || links.jitter != Duration::ZERO
            || self.network.has_losses()
            || links.per == Per::Packet && matches!(links.latency, Latency::Law(_));
        if !drawn {
            return 0;
        }
        let count = self.line.counts.of(to);
        *count = count.wrapping_add(1);
        *count
    }

    /// A node behind a NAT gets datagrams from those only whom it wrote to: remember that it did.
    fn leave_trace(&mut self, to: u32) -> Connection {
        if !self.network.links.class(self.line.id).reachable {
            self.line.counts.of(to);
        }
        Connection::NONE
    }

    /// Closes every connection with `peer`, behind what was sent.
    pub(crate) fn close(&mut self, peer: u32) {
        let open: Vec<Connection> = self.line.links_with(peer).map(|(connection, _)| connection).collect();
        open.into_iter().for_each(|connection| self.close_one(peer, connection));
    }

    /// Closes a connection, behind what was sent.
    pub(crate) fn close_one(&mut self, peer: u32, connection: Connection) {
        if self.line.uplink.as_ref().is_none_or(|uplink| uplink.queue.is_empty()) {
            return self.say_goodbye(peer, connection);
        }
        if let Some(link) = self.line.links.get_mut(&(peer, connection)) {
            link.is_closing = true;
        }
        self.enqueue(Waiting { to: peer, connection, bytes: 0, payload: None, message: None });
    }
}

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> Effects<P> for Port<'_, P, Q, Ob> {
    #[inline]
    fn send(&mut self, to: u32, message: P::Message) {
        self.hand_over(to, message);
    }

    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        let (id, incarnation) = (self.line.id, self.line.incarnation);
        self.push(id, self.now + after, What::Timer { incarnation, timer });
    }

    fn disconnect(&mut self, peer: u32) {
        if self.network.links.transport == Transport::Stream {
            self.close(peer);
        }
    }

    #[inline]
    fn emit(&mut self, event: P::Event) {
        let observation = P::observe(&event);
        self.line.note(observation_hash(&observation));
        self.report(Observed::Protocol(observation));
    }
}

/// Bytes of `message` on the wire, the frame included.
pub(crate) fn frame_size<P: Observe>(message: &P::Message) -> u32 {
    P::wire_size(message).saturating_add(FRAME_OVERHEAD)
}

/// What the digest knows of an event of the protocol.
#[inline]
fn observation_hash(observation: &Observation<u32, u32>) -> u64 {
    let with = |kind: u64, value: u64| kind << 56 | value;
    match *observation {
        Observation::Published(message) => with(1, u64::from(message)),
        Observation::Delivered { message, hops } => with(2, u64::from(message) << 16 | u64::from(hops)),
        Observation::Duplicate(message) => with(3, u64::from(message)),
        Observation::NeighborUp(peer) => with(4, u64::from(peer)),
        Observation::NeighborDown(peer) => with(5, u64::from(peer)),
        Observation::Repair => with(6, 0),
        Observation::Dropped(reason) => with(7, name_hash(reason) >> 8),
        Observation::Other => with(8, 0),
    }
}

/// A hash of a reason's name.
pub(crate) fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0, |hash, byte| fold(hash, u64::from(byte)))
}
