//! A slot: one user, whose node comes and goes, and how it takes its inputs one after the other.

use std::fmt::Debug;

use floodnet_core::broadcast::Flood;
use floodnet_core::node::Node;
use floodnet_core::overlay::{Fixed, RandomWalk};
use floodnet_core::protocol::{Context, Input, InputOf};
use floodnet_core::rng::{NodeRng, chain, fold, mix};
use floodnet_core::time::{Duration, Time};
use prefetch_index::prefetch_index;

use crate::SimProtocol;
use crate::digest::Line;
use crate::event::{Connection, Event, Passed, What};
use crate::link::Transport;
use crate::net::access_link::{Access, transfer_time};
use crate::net::effects::{Port, Schedule, frame_size};
use crate::net::link_table::Links;
use crate::net::network::Network;
use crate::net::packet_counts::Counts;
use crate::observer::{Arrived, Observed, Observer, Step};
use crate::payload::SimPayload;
use crate::plan::End;

/// What all slots share.
pub(crate) struct World<'a, P: SimProtocol> {
    pub(crate) network: Network<'a>,
    pub(crate) config: &'a P::Config,
    pub(crate) make: &'a (dyn Fn(u32) -> P + Sync),
}

/// The node of a slot, if there is one. As an `Option`, but with its tag in front of the node and nowhere else:
/// to find out that a packet has a receiver touches no further line of the cache.
#[repr(u32)]
pub(crate) enum Tenant<P> {
    Nobody,
    Node(P),
}

impl<P> Tenant<P> {
    #[inline]
    pub(crate) const fn get(&self) -> Option<&P> {
        match self {
            Self::Nobody => None,
            Self::Node(node) => Some(node),
        }
    }
}

/// See the module.
///
/// A copy of a flooded message touches the line and the first bytes of the node, which are in one line of the
/// cache.
#[repr(C, align(64))]
pub(crate) struct Slot<P: SimProtocol> {
    line: Line,
    node: Tenant<P>,
    rng: NodeRng,
    access: Access<P::Message>,
}

/// At a million slots each byte is a megabyte, and each line of the cache one more to fetch.
const _: () = {
    assert!(size_of::<Slot<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>>() <= 320, "a walker's slot");
    assert!(size_of::<Slot<Node<Fixed, Flood<u32, SimPayload>>>>() <= 256, "a slot in a given graph");
};

impl<P: SimProtocol> Slot<P> {
    pub(crate) fn new(id: u32, network: &Network<'_>) -> Self {
        let access = Access::new(network.links.class(id));
        Self { line: Line::new(id), node: Tenant::Nobody, rng: NodeRng::new(0), access }
    }

    /// Asks the processor to have the slot in its cache soon, all lines of it.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        let words = std::slice::from_ref(&self.line.digest);
        for line in 0..size_of::<Self>() / 64 {
            prefetch_index(words, 8 * line);
        }
    }

    /// The slot, about to take inputs. Their effects go to `queue` and `observer`.
    #[inline(always)]
    pub(crate) fn turn<'a, Q, Ob>(
        &'a mut self,
        (links, counts): (&'a mut Links, &'a mut Counts),
        world: &'a World<'a, P>,
        queue: &'a mut Q,
        observer: &'a mut Ob,
    ) -> Turn<'a, P, Q, Ob> {
        let Self { line, node, rng, access } = self;
        let network = &world.network;
        let port = Port { now: Time::ZERO, line, access, links, counts, network, queue, observer };
        Turn { node, rng, world, port, received: 0 }
    }

    /// The node, if the slot is up.
    pub(crate) const fn node(&self) -> Option<&P> {
        self.node.get()
    }

    fn neighbors(&self) -> &[u32] {
        self.node().map_or(&[], P::neighbors)
    }

    /// The slot's part of the run's digest: its history and, at the end, its neighbors.
    pub(crate) fn digest(&self) -> u64 {
        let held =
            self.neighbors().iter().fold(self.line.digest, |digest, &peer| chain(digest, u64::from(peer)));
        mix(fold(u64::from(self.line.id), held))
    }

    /// Packets that wait in the access line, and how many of them carry a message of the application.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let queue = self.access.uplink().into_iter().flat_map(|uplink| &uplink.queue);
        queue.filter(|waiting| waiting.message.is_some()).fold((0, 0), |(packets, payloads), waiting| {
            (packets + 1, payloads + u64::from(waiting.payload.is_some()))
        })
    }
}

/// A slot that takes inputs, with all that they touch: put together once for all that it takes in a window.
pub(crate) struct Turn<'a, P: SimProtocol, Q, Ob> {
    pub(crate) node: &'a mut Tenant<P>,
    pub(crate) rng: &'a mut NodeRng,
    pub(crate) world: &'a World<'a, P>,
    pub(crate) port: Port<'a, P, Q, Ob>,
    /// Packets that the node took in.
    pub(crate) received: u64,
}

/// A packet that reached its slot.
struct Packet<M> {
    from: u32,
    connection: Connection,
    passed: Passed,
    message: M,
}

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> Turn<'_, P, Q, Ob> {
    /// Takes one input.
    #[inline(always)]
    pub(crate) fn take(&mut self, event: Event<P>) {
        self.port.now = event.time;
        if Ob::TRACES {
            trace(&event, self.port.observer);
        }
        self.note(&event);
        let Event { time, to, from, seq, connection, rank, passed, what } = event;
        match what {
            What::Packet(message) => self.arrive(Packet { from, connection, passed, message }),
            // Put together anew: what is handed on in memory would be in memory for packets as well.
            what => self.take_rarely(Event { time, to, from, seq, connection, rank, passed, what }),
        }
    }

    /// As [`take`](Self::take), not inlined.
    #[inline(never)]
    pub(crate) fn take_apart(&mut self, event: Event<P>) {
        self.take(event);
    }

    /// Folds the input itself into the slot's history.
    #[inline]
    fn note(&mut self, event: &Event<P>) {
        let carried = event.what.message().and_then(P::carried);
        let hops = carried.map_or(0, |carried| u64::from(carried.hops));
        let kind = (event.rank as u64) << 16 | hops;
        // One number of the three, spread by odd factors.
        let time = event.time.as_nanos().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let source = u64::from(event.from) << 32 | u64::from(self.port.line.incarnation());
        self.port.line.note(time.rotate_left(32) ^ source ^ kind << 17);
    }

    /// Takes any input but a packet. Apart, so that the way of a packet stays short.
    #[inline(never)]
    fn take_rarely(&mut self, event: Event<P>) {
        let Event { from, connection, passed, .. } = event;
        match event.what {
            What::Start => self.start(),
            What::Stop(end) => self.stop(end),
            What::Publish(index) => {
                let payload = SimPayload::new(index, self.port.network.plan.publishes[index as usize].size);
                self.feed_apart(Input::Command(P::publish(payload)));
            }
            What::Pause(until) if self.node.get().is_some() => {
                self.port.pause(until);
                if let Some(busy) = P::hold(true) {
                    let (me, incarnation) = (self.port.line.id, self.port.line.incarnation());
                    self.port.push(me, until, What::Awake { incarnation });
                    self.feed_apart(Input::Command(busy));
                }
            }
            What::Cut => self.port.find_cuts(),
            What::Awake { incarnation } if incarnation == self.port.line.incarnation() => {
                if let Some(free) = P::hold(false) {
                    self.feed_apart(Input::Command(free));
                }
            }
            What::Timer { incarnation, timer } if incarnation == self.port.line.incarnation() => {
                self.feed_apart(Input::Timer(timer));
            }
            What::Departed { epoch } => self.port.departed(epoch),
            What::Opened(dial)
                if self.node.get().is_none() || dial.to_life != self.port.line.incarnation() =>
            {
                self.port.opened_in_vain(from, dial.connection);
            }
            What::Opened(dial) => {
                if self.port.opened(from, &dial) {
                    self.feed_apart(Input::LinkDown(from));
                }
                self.port.sweep(self.node.get().map_or(&[], P::neighbors));
            }
            What::Closed(peer) => {
                // What the peer says stays behind its data, which may still wait for the downlink.
                let waits = peer == from && !passed.has(Passed::DOWNLINK);
                if waits && self.port.network.links.class(self.port.line.id).down.is_some() {
                    self.port.take_in(Duration::ZERO, from, connection, passed, What::Closed(peer));
                } else if self.port.closed(peer, connection) {
                    self.feed_apart(Input::LinkDown(peer));
                }
            }
            // Of a former life, or no node is there; packets go another way.
            What::Pause(_) | What::Awake { .. } | What::Timer { .. } | What::Packet(_) => {}
        }
    }

    /// Takes a packet through downlink and connection to the node.
    #[inline(always)]
    fn arrive(&mut self, packet: Packet<P::Message>) {
        let Packet { from, connection, passed, message } = packet;
        if !self.port.network.plain_access
            && !passed.has(Passed::DOWNLINK)
            && let Some(rate) = self.port.network.links.class(self.port.line.id).down
        {
            let takes = transfer_time(frame_size::<P>(&message), rate);
            return self.port.take_in(takes, from, connection, passed, What::Packet(message));
        }
        let payload = P::carried(&message).map(|carried| carried.message);
        let refused = match self.port.network.links.transport {
            _ if self.node.get().is_none() => Some("down"),
            Transport::Stream => (!self.port.accepts(from, connection)).then_some("stale"),
            Transport::Datagram if passed.has(Passed::STALE) => Some("stale"),
            Transport::Datagram => (!self.port.reaches(from)).then_some("unreachable"),
        };
        if let Some(reason) = refused {
            return self.port.lost(payload, reason);
        }
        self.port.report(Observed::Received { from, payload });
        self.feed(Input::Message { from, message });
        self.received += 1;
    }

    /// Hands an input to the node, if it is up.
    #[inline(always)]
    fn feed(&mut self, input: InputOf<P>) {
        let Self { node, rng, world, port, .. } = self;
        if let Tenant::Node(node) = node {
            node.handle(input, &mut Context { now: port.now, config: world.config, rng, effects: port });
        }
    }

    /// As [`feed`](Self::feed), not inlined: for what happens rarely, in many places.
    #[inline(never)]
    fn feed_apart(&mut self, input: InputOf<P>) {
        self.feed(input);
    }

    fn start(&mut self) {
        let incarnation = self.port.line.come_up();
        *self.rng = NodeRng::new(node_key(self.port.network.plan.seed, self.port.line.id, incarnation));
        self.port.report(Observed::Up { incarnation });
        *self.node = Tenant::Node((self.world.make)(self.port.line.id));
        self.feed_apart(Input::Start);
    }

    fn stop(&mut self, end: End) {
        if self.node.get().is_none() {
            return;
        }
        *self.node = Tenant::Nobody;
        self.port.report(Observed::Down(end));
        match end {
            End::Crash(kind) => self.port.crash(kind),
            End::Leave => {
                for peer in self.port.links.peers() {
                    self.port.close(peer);
                }
            }
        }
    }
}

/// Tells an observer who follows each step what the slot is about to take.
#[inline(never)]
fn trace<P: SimProtocol, Ob: Observer>(event: &Event<P>, observer: &mut Ob) {
    let mut content: Option<&dyn Debug> = None;
    let what = match &event.what {
        What::Start => Arrived::Start,
        What::Stop(end) => Arrived::Stop(*end),
        What::Publish(index) => Arrived::Publish(*index),
        What::Pause(until) => Arrived::Pause(*until),
        What::Cut => Arrived::Cut,
        What::Awake { .. } => Arrived::Awake,
        What::Timer { incarnation, timer } => {
            content = Some(timer);
            Arrived::Timer { life: *incarnation }
        }
        What::Departed { .. } => Arrived::Departed,
        What::Opened(_) => Arrived::Dialed(event.from),
        What::Closed(peer) => Arrived::Closed(*peer),
        What::Packet(message) => {
            content = Some(message);
            let carried = P::carried(message);
            Arrived::Packet {
                from: event.from,
                payload: carried.map(|carried| carried.message),
                hops: carried.map_or(0, |carried| carried.hops),
            }
        }
    };
    observer.trace(event.time, event.to, Step::Takes { what, content });
}

/// Key of the random stream of a node: that of the run's seed, a slot, and which of its lives this is.
#[must_use]
pub fn node_key(seed: u64, slot: u32, incarnation: u32) -> u64 {
    let purpose = 0x6e6f_6465; // "node": apart from the streams of links and plan
    fold(fold(seed, purpose), u64::from(slot) << 32 | u64::from(incarnation))
}
