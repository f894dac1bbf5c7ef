//! Connections: dial, order, retransmission, break, goodbye, and the news of their end.
//!
//! Each end keeps the state of its own direction. What will become of a packet is known when it leaves:
//! cuts and lives are in the plan, losses and delays are hashes. So a packet's arrival, or the moment at
//! which its connection breaks, is computed at once, and no acknowledgement is simulated.

use floodnet_core::time::{Duration, Time};

use crate::SimProtocol;
use crate::event::{Connection, Dial, EventKind, Passed};
use crate::net::effects::{EffectSink, Schedule};
use crate::net::faults::Callee;
use crate::net::link_table::{Body, Departure, Head, IDLE, LinkState, Place};
use crate::net::network::PacketIndex;
use crate::net::recovery::{self, Attempt, Before, Recovery};
use crate::net::uplink::Uplink;
use crate::observer::Observer;
use crate::plan::{CrashKind, End};

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> EffectSink<'_, P, Q, Ob> {
    /// The connection that packets to `peer` take: an open one, or a new one.
    #[inline]
    pub(crate) fn connection_to(&mut self, peer: u32) -> Place {
        // Of several that the peer dialed, it has closed all but the last, and the goodbyes are on their way.
        self.links.open_to(peer).unwrap_or_else(|| self.dial(peer))
    }

    #[inline(never)]
    fn dial(&mut self, peer: u32) -> Place {
        let connection = Connection::dialed_as(self.history.next_dial());
        let mut head = Head::new(peer, connection, 0, self.now);
        let mut body = self.fresh_body(Time::ZERO);
        match self.shake_hands(peer) {
            Dialed::Met { there, back } => {
                // The kernel answers for a node that stands still, which hears of it when it is awake.
                let far_at = self.network.awake(peer, there);
                let to_life = self.network.plan.life_at(peer, there).map_or(0, |(life, _)| life);
                head = Head::new(peer, connection, to_life, self.now);
                body = Body { departure: Departure::not_before(back), last_arrival: far_at, far_at };
                let (at, from_life) = (self.now, self.history.incarnation());
                let dial = Dial { at, from_life, to_life, connection: connection.other_end() };
                self.push(peer, far_at, EventKind::Opened(Box::new(dial)));
            }
            Dialed::Fails(failed_at) => {
                head.state = LinkState::Failing;
                self.push_closed(self.history.id, failed_at, peer, connection);
            }
        }
        self.links.insert(head, body)
    }

    /// What comes of a dial, with the repetitions of its SYN.
    fn shake_hands(&mut self, peer: u32) -> Dialed {
        let delay = self.network.link_delay(self.history.id, peer);
        let (count, network, me) = (self.count_to(peer), self.network, self.history.id);
        let deadline = self.now + network.links.spec.dial_timeout.0;
        let mut at = self.now;
        for attempt in 0.. {
            if at >= deadline || attempt > 0 && at >= network.crashes_at(me, self.now) {
                break;
            }
            let nth = PacketIndex { count, attempt };
            // The answer is counted with the SYN, and differs from what the peer itself counts.
            let answer = PacketIndex { count, attempt: attempt | 1 << 31 };
            let there = at + network.delay(me, peer, delay, nth, at);
            let back = there + network.delay(peer, me, network.link_delay(peer, me), answer, there);
            let passed = network.attempt(me, peer, nth, at);
            if passed.is_ok() && back <= deadline {
                match network.callee(peer, there) {
                    Callee::Node => return self.greet(peer, (at, there, back), deadline),
                    Callee::Machine => return Dialed::Fails(back),
                    Callee::Nothing => {}
                }
            }
            at = at + recovery::redial(network.links.spec.rto.0, attempt, passed == Err("loss"));
        }
        Dialed::Fails(deadline)
    }

    /// The nodes greet each other on what the kernels set up: the SYN left at the first of these times, reached
    /// `peer` at the second, and its answer was here at the third. The peer knows the dialer half a round trip
    /// before the dialer may speak.
    fn greet(&self, peer: u32, (at, there, back): (Time, Time, Time), deadline: Time) -> Dialed {
        let (network, me) = (self.network, self.history.id);
        let greeting = back.since(at).times(u64::from(network.links.spec.handshake));
        if greeting == Duration::ZERO {
            return Dialed::Met { there, back };
        }
        // Unlike its kernel, a node that stands still greets nobody.
        let waits = network.awake(peer, there).since(there);
        if back + waits > deadline {
            return Dialed::Fails(deadline);
        }
        let (met_at, ready) = (there + waits + greeting, back + waits + greeting);
        match network.plan.life_at(peer, there) {
            Some((_, life)) if life.stop <= met_at => match life.end {
                End::Crash(CrashKind::Silent) => Dialed::Fails(deadline),
                End::Leave | End::Crash(CrashKind::Reset) => {
                    Dialed::Fails(deadline.min(life.stop + network.link_delay(peer, me)))
                }
            },
            _ => Dialed::Met { there: met_at, back: ready },
        }
    }

    /// Nothing was sent yet.
    fn fresh_body(&self, far_at: Time) -> Body {
        Body { departure: Departure::not_before(self.now), last_arrival: Time::ZERO, far_at }
    }

    /// What becomes of something sent now on this connection.
    #[inline]
    fn passage(&mut self, place: Place) -> Passage {
        let (network, me, now) = (self.network, self.history.id, self.now);
        let head = self.links.head_mut(place);
        head.used(now);
        let peer = head.peer;
        let Some(delay) = self.links.body(place).departure.delay() else {
            return self.passage_in_time(place, peer);
        };
        let nth = PacketIndex { count: self.count_to(peer), attempt: 0 };
        self.arrives_at(place, now + network.delay(me, peer, delay, nth, now))
    }

    /// As [`passage`](Self::passage), where packets may have to wait.
    #[inline(never)]
    fn passage_in_time(&mut self, place: Place, peer: u32) -> Passage {
        let (network, me, now) = (self.network, self.history.id, self.now);
        let start = self.links.body(place).departure.ready().max(now);
        if !network.lossless || start > now && start >= network.crashes_at(me, now) {
            return self.passage_in_attempts(place, peer, start);
        }
        let delay = network.link_delay(me, peer);
        if start == now {
            // What is ready stays so where nothing is lost.
            self.links.body_mut(place).departure = Departure::at_once(delay);
        }
        let nth = PacketIndex { count: self.count_to(peer), attempt: 0 };
        self.arrives_at(place, start + network.delay(me, peer, delay, nth, start))
    }

    /// After a dial from both ends there are two connections: neither overtakes the other.
    #[inline]
    fn arrives_at(&mut self, place: Place, arrival: Time) -> Passage {
        let arrival = self.links.last_arrival_beside(place).max(arrival);
        self.links.body_mut(place).last_arrival = arrival;
        Passage::Arrives(arrival)
    }

    /// As [`passage`](Self::passage), where attempts from `start` on may be in vain.
    #[inline(never)]
    fn passage_in_attempts(&mut self, place: Place, peer: u32, start: Time) -> Passage {
        let (network, me, now) = (self.network, self.history.id, self.now);
        let Body { departure, last_arrival, far_at } = *self.links.body(place);
        let ready = departure.ready();
        let before = (last_arrival > far_at).then_some(Before { left: ready, arrived: last_arrival });
        let delay = network.link_delay(me, peer);
        // Looked up for what leaves later only.
        let is_dead = |at| at > now && at >= network.crashes_at(me, now);
        let waits = ready >= now && before.is_some() && network.loss_at(now) > 0;
        if waits && !is_dead(start) {
            // It leaves in one packet with what waits.
            return self.arrives_at(place, last_arrival);
        }
        let mut packet = Recovery::new(network, (me, peer), (self.count_to(peer), delay), start, before);
        let breaks_at = packet.start() + network.links.spec.break_after.0;
        let mut at = packet.start();
        self.links.body_mut(place).departure = Departure::not_before(at);
        for attempt in 0.. {
            // What waits for the handshake or for another attempt dies with the machine, and so does all
            // that is behind it.
            if is_dead(at) {
                self.links.body_mut(place).departure = Departure::not_before(Time::MAX);
                return Passage::Unsent;
            }
            match packet.attempt(attempt, at) {
                Attempt::Arrives(arrival) => {
                    if attempt > 0 {
                        self.observer.sent_again(attempt);
                    }
                    return self.arrives_at(place, arrival);
                }
                Attempt::Again(next) => at = next,
            }
            if at > breaks_at {
                break;
            }
        }
        Passage::Breaks(breaks_at)
    }

    /// Sends a packet to `to` on a connection that was chosen for it when it was handed over.
    #[inline(always)]
    pub(crate) fn transmit_on(
        &mut self,
        to: u32,
        place: Option<Place>,
        payload: Option<u32>,
        message: P::Message,
    ) {
        let live = place.filter(|&place| self.links.head(place).state == LinkState::Live);
        let Some(place) = live else { return self.lost(to, payload, "broken") };
        let passage = self.passage(place);
        let connection = self.links.head(place).connection;
        match passage {
            Passage::Arrives(arrival) => {
                let arrival = self.network.awake(to, arrival);
                self.push_packet(connection.other_end(), to, arrival, Passed::NOTHING, message);
            }
            Passage::Breaks(breaks_at) => {
                self.break_at(place, breaks_at);
                self.lost(to, payload, "broken");
            }
            Passage::Unsent => self.lost(to, payload, "down"),
        }
    }

    /// Nothing gets through any more: both ends hear of it at the same moment.
    fn break_at(&mut self, place: Place, at: Time) {
        let head = self.links.head_mut(place);
        head.state = LinkState::Broken;
        let (peer, connection) = (head.peer, head.connection);
        let body = self.links.body_mut(place);
        body.last_arrival = { body.last_arrival }.max(at);
        let me = self.history.id;
        self.push_closed(me, at, peer, connection);
        self.push_closed(peer, at, me, connection.other_end());
    }

    /// Closes a connection behind what was sent on it.
    pub(crate) fn say_goodbye(&mut self, place: Place) {
        let head = self.links.head_mut(place);
        let ends_by_itself = head.state != LinkState::Live;
        // Known until the peer has heard: what it sends meanwhile must not reset the connection, since a
        // reset would overtake what was sent before the goodbye; and what this end sends on its next
        // connection must come after the goodbye.
        head.is_closing = true;
        let (peer, connection) = (head.peer, head.connection);
        if ends_by_itself {
            return;
        }
        // One that is never sent ends with the crash.
        let passage = self.passage(place);
        if let Passage::Breaks(heard_at) = passage {
            self.arrives_at(place, heard_at);
        }
        if let Passage::Arrives(heard_at) | Passage::Breaks(heard_at) = passage {
            self.tell_closed(peer, connection, heard_at);
            let me = self.history.id;
            self.push_closed(me, heard_at, peer, connection);
        }
    }

    fn tell_closed(&mut self, peer: u32, connection: Connection, at: Time) {
        self.push_closed(peer, at, self.history.id, connection.other_end());
    }

    /// The node vanished with all it held; the others find out as the kind of crash has it.
    pub(crate) fn crash(&mut self, kind: CrashKind) {
        let waiting = self.access_link.uplink_mut().map(Uplink::clear).unwrap_or_default();
        for lost in waiting.into_iter().filter(|waiting| waiting.message.is_some()) {
            self.lost(lost.to, lost.payload, "down");
        }
        let places: Vec<Place> = self.links.all().collect();
        for &place in &places {
            // Nothing waits any more, and nothing leaves with what left now.
            let before = Time::from_nanos(self.now.as_nanos().saturating_sub(1));
            self.links.body_mut(place).departure = Departure::not_before(before);
        }
        for place in places {
            let Head { peer, connection, .. } = *self.links.head(place);
            let last_arrival = self.links.body(place).last_arrival;
            let reset = match kind {
                CrashKind::Reset => self.passage(place),
                CrashKind::Silent => Passage::Unsent,
            };
            let heard_at = match reset {
                Passage::Arrives(heard_at) | Passage::Breaks(heard_at) => heard_at,
                // Not before what had left has arrived.
                Passage::Unsent => self.network.found_dead(self.history.id, peer, self.now).max(last_arrival),
            };
            self.tell_closed(peer, connection, heard_at);
        }
        self.links.clear();
    }

    /// The node stands still until `until`: neighbors that probe it meanwhile take it for dead.
    pub(crate) fn pause(&mut self, until: Time) {
        let (me, now) = (self.history.id, self.now);
        let places: Vec<Place> = self.links.all().collect();
        for place in places {
            let Head { peer, connection, .. } = *self.links.head(place);
            let found = self.network.found_dead(me, peer, now).max(self.links.body(place).last_arrival);
            if found < until {
                self.tell_closed(peer, connection, found);
                self.push_closed(me, until, peer, connection);
            }
        }
    }

    /// A cut begins now: connections over which nothing will come for too long are given up.
    pub(crate) fn find_cuts(&mut self) {
        let ends: Vec<(u32, Connection)> = self
            .links
            .all()
            .map(|place| self.links.head(place))
            .map(|head| (head.peer, head.connection))
            .collect();
        for (peer, connection) in ends {
            self.give_up_if_cut(peer, connection);
        }
    }

    /// If nothing passes between this node and `peer`, and will not for too long, it gives the connection up. The
    /// peer most likely does the same; else it hears of it when something passes again. What still waited to be
    /// sent is lost: if the news waited for it, it would come after the beginning of the next connection, and the
    /// peer would take it for the end of that one.
    fn give_up_if_cut(&mut self, peer: u32, connection: Connection) {
        let me = self.history.id;
        if let Some((found_at, heard_at)) = self.network.gives_up_at(me, peer, self.now) {
            // Who is being dialed does not know of the connection before.
            let far_at = self.links.find(peer, connection).map(|place| self.links.body(place).far_at);
            self.push_closed(me, found_at, peer, connection);
            self.tell_closed(peer, connection, heard_at.max(far_at.unwrap_or(Time::ZERO)));
        }
    }

    /// The SYN of a dial is here. True if an older connection with the dialer turns out to be dead: the
    /// node has to hear of that first.
    pub(crate) fn opened(&mut self, peer: u32, dial: &Dial) -> bool {
        let life = |head: &Head| u32::from(head.peer_life);
        if self.links.open_with(peer).any(|place| life(self.links.head(place)) > dial.from_life) {
            return false; // a former life's, that comes late
        }
        // What was opened with a former life died with it. What was opened with this one stays: if the
        // dialer has closed it, the goodbye comes before anything on the new connection; if it had not heard
        // of it when it dialed, there are two now.
        let is_dead = |head: &Head| life(head) < dial.from_life || head.state == LinkState::Failing;
        let open = self.links.open_with(peer).map(|place| self.links.head(place));
        let dead: Vec<Connection> = open.filter(|head| is_dead(head)).map(|head| head.connection).collect();
        for &older in &dead {
            self.forget(peer, older);
        }
        let head = Head::new(peer, dial.connection, dial.from_life, self.now);
        self.links.insert(head, self.fresh_body(dial.at));
        self.give_up_if_cut(peer, dial.connection);
        !dead.is_empty()
    }

    /// Tells the dialer that its peer is no more: the node stood still when the SYN came, and died so.
    pub(crate) fn opened_in_vain(&mut self, peer: u32, connection: Connection) {
        let heard_at = self.network.found_dead(self.history.id, peer, self.now);
        self.tell_closed(peer, connection, heard_at);
    }

    /// The connection is gone. True if the node has to hear of it: unless it closed the connection itself.
    ///
    /// Then all between the two is over, and the peer hears the same: if both ends had dialed and one of
    /// the connections lived on, an end could miss a message, or keep a neighbor that had let it go. Only
    /// what the peer dialed after it had lost this connection is a new beginning.
    pub(crate) fn closed(&mut self, peer: u32, connection: Connection) -> bool {
        let Some(gone) = self.forget(peer, connection).filter(|(head, _)| !head.is_closing) else {
            return false;
        };
        let over = self.links.open_with(peer).filter(|&place| {
            let (head, body) = (self.links.head(place), self.links.body(place));
            !was_dialed_after(head.connection, body, connection, &gone.1)
        });
        let over: Vec<Connection> = over.map(|place| self.links.head(place).connection).collect();
        over.into_iter().for_each(|other| self.close_one(peer, other));
        true
    }

    /// Removes a connection and what waits for it.
    fn forget(&mut self, peer: u32, connection: Connection) -> Option<(Head, Body)> {
        let place = self.links.find(peer, connection)?;
        let link = self.links.remove(place);
        let waiting = self.access_link.uplink_mut().map(|uplink| uplink.cancel(peer, connection));
        for lost in waiting.unwrap_or_default().into_iter().filter(|waiting| waiting.message.is_some()) {
            self.lost(lost.to, lost.payload, "broken");
        }
        Some(link)
    }

    /// Whether a packet came on a connection that is open here. If this end does not know the connection,
    /// the sender is told (the kernel's reset).
    #[inline]
    pub(crate) fn accepts(&mut self, from: u32, connection: Connection) -> bool {
        if let Some(place) = self.links.find(from, connection) {
            let head = self.links.head_mut(place);
            head.used(self.now);
            return !head.is_closing;
        }
        self.reset(from, connection);
        false
    }

    #[inline(never)]
    fn reset(&mut self, peer: u32, connection: Connection) {
        let (network, me) = (self.network, self.history.id);
        let nth = PacketIndex { count: self.count_to(peer), attempt: 0 };
        let delay = network.delay(me, peer, network.link_delay(me, peer), nth, self.now);
        self.tell_closed(peer, connection, self.now + delay);
    }

    /// Closes what was idle for [`IDLE`] and is with none of `neighbors`. Looks at most once in that time.
    pub(crate) fn sweep(&mut self, neighbors: &[u32]) {
        if self.now.since(self.access_link.swept) < IDLE {
            return;
        }
        self.access_link.swept = self.now;
        let mut kept = neighbors.to_vec();
        kept.sort_unstable();
        let mut idle = self.links.peers();
        idle.retain(|peer| kept.binary_search(peer).is_err());
        // Of two connections with a peer one is hardly used.
        idle.retain(|&peer| self.links.open_with(peer).all(|place| self.links.head(place).is_idle(self.now)));
        for peer in idle {
            self.close(peer);
        }
    }
}

/// Whether the peer dialed a connection when it no longer had the `gone` one: it dials only when it has none
/// that is open.
fn was_dialed_after(connection: Connection, link: &Body, gone: Connection, gone_link: &Body) -> bool {
    let by_number = gone.number() < connection.number();
    let (gone_far_at, far_at) = (gone_link.far_at, link.far_at);
    let after = if gone.is_own_dial() { gone_far_at < far_at } else { by_number };
    after && !connection.is_own_dial()
}

/// What comes of a dial.
enum Dialed {
    /// The peer knows the dialer from `there` on, and the dialer may speak from `back` on.
    Met { there: Time, back: Time },
    /// It is refused, or nobody answers: the dialer knows then.
    Fails(Time),
}

/// What becomes of something sent on a connection.
enum Passage {
    /// It reaches the other end then.
    Arrives(Time),
    /// Nothing gets through for too long: the connection breaks then.
    Breaks(Time),
    /// The sender crashes before it can get through.
    Unsent,
}
