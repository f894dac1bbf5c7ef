//! A slot: one user, whose node comes and goes, and how it takes its inputs one after the other.

use std::fmt::Debug;

use floodnet_core::broadcast::Flood;
use floodnet_core::node::Node;
use floodnet_core::overlay::{Fixed, RandomWalk};
use floodnet_core::protocol::{Context, Input, InputOf};
use floodnet_core::rng::{NodeRng, Purpose, fold};
use floodnet_core::time::{Duration, Time};
use prefetch_index::prefetch_index;

use crate::SimProtocol;
use crate::digest::SlotHistory;
use crate::event::{Connection, Event, EventKind, Passed};
use crate::net::access_link::{AccessLink, transfer_time};
use crate::net::effects::{EffectSink, Schedule, frame_size};
use crate::net::link_table::LinkTable;
use crate::net::network::Network;
use crate::net::packet_counts::PacketCounts;
use crate::observer::{Arrived, Observed, Observer, Step};
use crate::payload::SimPayload;
use crate::plan::End;
use crate::spec::Transport;

/// What all slots share.
pub(crate) struct World<'a, P: SimProtocol> {
    pub(crate) network: Network<'a>,
    pub(crate) config: &'a P::Config,
    pub(crate) make: &'a (dyn Fn(u32) -> P + Sync),
}

/// The node of a slot, if there is one. As an `Option`, but with its tag in front of the node and nowhere else:
/// to find out that a packet has a receiver touches no further line of the cache.
#[repr(u32)]
pub(crate) enum NodeState<P> {
    Nobody,
    Node(P),
}

impl<P> NodeState<P> {
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
/// A copy of a flooded message touches the history and the first bytes of the node, which are in one line of
/// the cache.
#[repr(C, align(64))]
pub(crate) struct Slot<P: SimProtocol> {
    history: SlotHistory,
    node: NodeState<P>,
    rng: NodeRng,
    access_link: AccessLink<P::Message>,
}

/// At a million slots each byte is a megabyte, and each line of the cache one more to fetch.
const _: () = {
    assert!(size_of::<Slot<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>>() <= 320, "a walker's slot");
    assert!(size_of::<Slot<Node<Fixed, Flood<u32, SimPayload>>>>() <= 256, "a slot in a given graph");
};

impl<P: SimProtocol> Slot<P> {
    pub(crate) fn new(id: u32, network: &Network<'_>) -> Self {
        let access_link = AccessLink::new(network.links.class(id));
        Self { history: SlotHistory::new(id), node: NodeState::Nobody, rng: NodeRng::new(0), access_link }
    }

    /// Asks the processor to have the slot in its cache soon, all lines of it.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        let words = std::slice::from_ref(self.history.first_word());
        for line in 0..size_of::<Self>() / 64 {
            prefetch_index(words, 8 * line);
        }
    }

    /// The slot, about to take inputs. Their effects go to `queue` and `observer`.
    #[inline(always)]
    pub(crate) fn runner<'a, Q, Ob>(
        &'a mut self,
        (links, counts): (&'a mut LinkTable, &'a mut PacketCounts),
        world: &'a World<'a, P>,
        queue: &'a mut Q,
        observer: &'a mut Ob,
    ) -> SlotRunner<'a, P, Q, Ob> {
        let Self { history, node, rng, access_link } = self;
        let network = &world.network;
        let sink =
            EffectSink { now: Time::ZERO, history, access_link, links, counts, network, queue, observer };
        SlotRunner { node, rng, world, sink, received: 0 }
    }

    /// The node, if the slot is up.
    pub(crate) const fn node(&self) -> Option<&P> {
        self.node.get()
    }

    /// The slot's part of the run's digest.
    pub(crate) fn digest(&self) -> u64 {
        self.history.finish(self.node().map_or(&[], P::neighbors))
    }

    /// Packets that wait in the access line, and how many of them carry a message of the application.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let queue = self.access_link.uplink().into_iter().flat_map(|uplink| &uplink.queue);
        queue.filter(|waiting| waiting.message.is_some()).fold((0, 0), |(packets, payloads), waiting| {
            (packets + 1, payloads + u64::from(waiting.payload.is_some()))
        })
    }
}

/// A slot that takes inputs, with all that they touch: put together once for all that it takes in a window.
pub(crate) struct SlotRunner<'a, P: SimProtocol, Q, Ob> {
    pub(crate) node: &'a mut NodeState<P>,
    pub(crate) rng: &'a mut NodeRng,
    pub(crate) world: &'a World<'a, P>,
    pub(crate) sink: EffectSink<'a, P, Q, Ob>,
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

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> SlotRunner<'_, P, Q, Ob> {
    /// Takes one input.
    #[inline(always)]
    pub(crate) fn take(&mut self, event: Event<P>) {
        self.sink.now = event.time;
        if Ob::TRACES {
            trace(&event, self.sink.observer);
        }
        self.sink.history.note_input(&event);
        let Event { time, to, from, seq, connection, rank, passed, what } = event;
        match what {
            EventKind::Packet(message) => self.arrive(Packet { from, connection, passed, message }),
            // Put together anew: what is handed on in memory would be in memory for packets as well.
            what => self.take_rarely(Event { time, to, from, seq, connection, rank, passed, what }),
        }
    }

    /// As [`take`](Self::take), not inlined.
    #[inline(never)]
    pub(crate) fn take_apart(&mut self, event: Event<P>) {
        self.take(event);
    }

    /// Takes any input but a packet. Apart, so that the way of a packet stays short.
    #[inline(never)]
    fn take_rarely(&mut self, event: Event<P>) {
        let Event { from, connection, passed, .. } = event;
        match event.what {
            EventKind::Start => self.start(),
            EventKind::Stop(end) => self.stop(end),
            EventKind::Publish(index) => {
                let payload = SimPayload::new(index, self.sink.network.plan.publishes[index as usize].size);
                self.feed_apart(Input::Command(P::publish(payload)));
            }
            EventKind::Pause(until) if self.node.get().is_some() => {
                self.sink.pause(until);
                if let Some(busy) = P::hold(true) {
                    let (me, incarnation) = (self.sink.history.id, self.sink.history.incarnation());
                    self.sink.push(me, until, EventKind::Awake { incarnation });
                    self.feed_apart(Input::Command(busy));
                }
            }
            EventKind::Cut => self.sink.find_cuts(),
            EventKind::Awake { incarnation } if incarnation == self.sink.history.incarnation() => {
                if let Some(free) = P::hold(false) {
                    self.feed_apart(Input::Command(free));
                }
            }
            EventKind::Timer { incarnation, timer } if incarnation == self.sink.history.incarnation() => {
                self.feed_apart(Input::Timer(timer));
            }
            EventKind::Departed { epoch } => self.sink.departed(epoch),
            EventKind::Opened(dial)
                if self.node.get().is_none() || dial.to_life != self.sink.history.incarnation() =>
            {
                self.sink.opened_in_vain(from, dial.connection);
            }
            EventKind::Opened(dial) => {
                if self.sink.opened(from, &dial) {
                    self.feed_apart(Input::LinkDown(from));
                }
                self.sink.sweep(self.node.get().map_or(&[], P::neighbors));
            }
            EventKind::Closed(peer) => {
                // What the peer says stays behind its data, which may still wait for the downlink.
                let waits = peer == from && !passed.has(Passed::DOWNLINK);
                if waits
                    && self.sink.network.links.class(self.sink.history.id).down.bits_per_second().is_some()
                {
                    self.sink.take_in(Duration::ZERO, from, connection, passed, EventKind::Closed(peer));
                } else if self.sink.closed(peer, connection) {
                    self.feed_apart(Input::LinkDown(peer));
                }
            }
            // Of a former life, or no node is there; packets go another way.
            EventKind::Pause(_)
            | EventKind::Awake { .. }
            | EventKind::Timer { .. }
            | EventKind::Packet(_) => {}
        }
    }

    /// Takes a packet through downlink and connection to the node.
    #[inline(always)]
    fn arrive(&mut self, packet: Packet<P::Message>) {
        let Packet { from, connection, passed, message } = packet;
        if !self.sink.network.plain_access
            && !passed.has(Passed::DOWNLINK)
            && let Some(rate) = self.sink.network.links.class(self.sink.history.id).down.bits_per_second()
        {
            let takes = transfer_time(frame_size::<P>(&message), rate);
            return self.sink.take_in(takes, from, connection, passed, EventKind::Packet(message));
        }
        let payload = P::carried(&message).map(|carried| carried.message);
        let refused = match self.sink.network.links.spec.transport {
            _ if self.node.get().is_none() => Some("down"),
            Transport::Stream => (!self.sink.accepts(from, connection)).then_some("stale"),
            Transport::Datagram if passed.has(Passed::STALE) => Some("stale"),
            Transport::Datagram => (!self.sink.reaches(from)).then_some("unreachable"),
        };
        if let Some(reason) = refused {
            return self.sink.refuse(from, payload, reason);
        }
        self.sink.report(Observed::Received { from, payload });
        self.feed(Input::Message { from, message });
        self.received += 1;
    }

    /// Hands an input to the node, if it is up.
    #[inline(always)]
    fn feed(&mut self, input: InputOf<P>) {
        let Self { node, rng, world, sink, .. } = self;
        if let NodeState::Node(node) = node {
            node.handle(input, &mut Context { now: sink.now, config: world.config, rng, effects: sink });
        }
    }

    /// As [`feed`](Self::feed), not inlined: for what happens rarely, in many places.
    #[inline(never)]
    fn feed_apart(&mut self, input: InputOf<P>) {
        self.feed(input);
    }

    fn start(&mut self) {
        let incarnation = self.sink.history.come_up();
        *self.rng = NodeRng::new(node_key(self.sink.network.plan.seed, self.sink.history.id, incarnation));
        self.sink.report(Observed::Up { incarnation });
        *self.node = NodeState::Node((self.world.make)(self.sink.history.id));
        self.feed_apart(Input::Start);
    }

    fn stop(&mut self, end: End) {
        if self.node.get().is_none() {
            return;
        }
        *self.node = NodeState::Nobody;
        self.sink.report(Observed::Down(end));
        match end {
            End::Crash(kind) => self.sink.crash(kind),
            End::Leave => {
                for peer in self.sink.links.peers() {
                    self.sink.close(peer);
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
        EventKind::Start => Arrived::Start,
        EventKind::Stop(end) => Arrived::Stop(*end),
        EventKind::Publish(index) => Arrived::Publish(*index),
        EventKind::Pause(until) => Arrived::Pause(*until),
        EventKind::Cut => Arrived::Cut,
        EventKind::Awake { .. } => Arrived::Awake,
        EventKind::Timer { incarnation, timer } => {
            content = Some(timer);
            Arrived::Timer { life: *incarnation }
        }
        EventKind::Departed { .. } => Arrived::Departed,
        EventKind::Opened(_) => Arrived::Dialed(event.from),
        EventKind::Closed(peer) => Arrived::Closed(*peer),
        EventKind::Packet(message) => {
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

/// Key of a node's random numbers: that of the run's seed, a slot, and which of its lives this is.
#[must_use]
pub fn node_key(seed: u64, slot: u32, incarnation: u32) -> u64 {
    fold(Purpose::Node.seed(seed), u64::from(slot) << 32 | u64::from(incarnation))
}
