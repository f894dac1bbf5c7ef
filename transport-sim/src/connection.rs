//! Connections: dial, order, retransmission, break, goodbye, and the news of their end.
//!
//! Each end keeps the state of its own direction. What will become of a packet is known when it leaves:
//! cuts and lives are in the plan, losses and delays are hashes. So a packet's arrival, or the moment at
//! which its connection breaks, is computed at once, and no acknowledgement is simulated.

use floodnet_core::time::{Duration, Time};

use crate::SimProtocol;
use crate::event::{Connection, Dial, What};
use crate::line::{IDLE, Link, LinkState};
use crate::network::Nth;
use crate::observer::Observer;
use crate::plan::CrashKind;
use crate::port::{Port, Schedule};

impl<P: SimProtocol, Q: Schedule<P>, Ob: Observer> Port<'_, P, Q, Ob> {
    /// The connection that packets to `peer` take: an open one, or a new one.
    pub(crate) fn connection_to(&mut self, peer: u32) -> Connection {
        // Of several that the peer dialed, it has closed all but the last, and the goodbyes are on their way.
        let open = self.line.links_with(peer).next_back().map(|(connection, _)| connection);
        open.unwrap_or_else(|| self.dial(peer))
    }

    fn dial(&mut self, peer: u32) -> Connection {
        let connection = Connection { number: self.line.dials, dialed: true };
        self.line.dials = self.line.dials.wrapping_add(1);
        let mut link = self.fresh_link(peer, self.now);
        if let Some((answered_at, ready)) = self.shake_hands(peer, link.delay) {
            // The kernel answers for a node that stands still, which hears of it when it is awake.
            let far_at = self.network.awake(peer, answered_at);
            let peer_life = self.network.plan.life_at(peer, answered_at).map_or(0, |(life, _)| life);
            link = Link { ready, far_at, peer_life, last_arrival: far_at, ..link };
            let dial = Dial { at: self.now, from_life: self.line.incarnation, to_life: peer_life };
            self.push(peer, far_at, What::Opened { connection: connection.other_end(), dial });
        } else {
            link.state = LinkState::Failing;
            let (me, failed_at) = (self.line.id, self.now + self.network.links.dial_timeout);
            self.push(me, failed_at, What::closed(peer, connection));
        }
        self.line.links.insert((peer, connection), link);
        connection
    }

    /// When a dial's SYN reaches `peer` and when the answer is back; none if that takes too long.
    fn shake_hands(&mut self, peer: u32, delay: Duration) -> Option<(Time, Time)> {
        let (count, network, me) = (self.count_to(peer), self.network, self.line.id);
        let deadline = self.now + network.links.dial_timeout;
        let (mut at, mut pause) = (self.now, network.links.rto);
        for attempt in 0.. {
            if at >= deadline || attempt > 0 && at >= network.crashes_at(me, self.now) {
                break;
            }
            let nth = Nth { count, attempt };
            // The answer is counted with the SYN, and differs from what the peer itself counts.
            let answer = Nth { count, attempt: attempt | 1 << 31 };
            let there = at + network.delay(me, peer, delay, nth, at);
            let back = there + network.delay(peer, me, network.link_delay(peer, me), answer, there);
            let answered = network.attempt(me, peer, nth, at).is_ok() && network.answers(peer, there);
            if answered && back <= deadline {
                return Some((there, back));
            }
            at = at + pause;
            pause = pause.times(2);
        }
        None
    }

    fn fresh_link(&self, peer: u32, ready: Time) -> Link {
        Link {
            ready,
            last_arrival: Time::ZERO,
            far_at: Time::ZERO,
            peer_life: 0,
            last_use: self.now,
            delay: self.network.link_delay(self.line.id, peer),
            state: LinkState::Live,
            is_closing: false,
        }
    }

    /// What becomes of something sent now on this connection.
    fn passage(&mut self, peer: u32, connection: Connection) -> Passage {
        let (network, me, now) = (self.network, self.line.id, self.now);
        let count = self.count_to(peer);
        // After a dial from both ends there are two connections: neither overtakes the other.
        let Some((link, last_arrival)) = self.line.link(peer, connection) else { return Passage::Unsent };
        link.last_use = now;
        let start = now.max(link.ready);
        let breaks_at = start + network.links.break_after;
        let (mut at, mut pause) = (start, network.links.rto);
        for attempt in 0.. {
            // What waits for the handshake or for another attempt dies with the machine, and so does all
            // that is behind it.
            if at > now && at >= network.crashes_at(me, now) {
                link.ready = Time::MAX;
                return Passage::Unsent;
            }
            let nth = Nth { count, attempt };
            if network.attempt(me, peer, nth, at).is_ok() {
                let arrival = at + network.delay(me, peer, link.delay, nth, at);
                link.last_arrival = last_arrival.max(arrival);
                return Passage::Arrives(link.last_arrival);
            }
            at = at + pause;
            pause = pause.times(2);
            if at > breaks_at {
                break;
            }
        }
        Passage::Breaks(breaks_at)
    }

    /// Sends a packet on a connection that was chosen for it when it was handed over.
    pub(crate) fn transmit_on(&mut self, to: u32, connection: Connection, message: P::Message) {
        let payload = P::carried(&message).map(|carried| carried.message);
        let state = self.line.links.get(&(to, connection)).map(|link| link.state);
        if state != Some(LinkState::Live) {
            return self.lost(payload, "broken");
        }
        match self.passage(to, connection) {
            Passage::Arrives(arrival) => {
                let connection = connection.other_end();
                let packet = What::Packet { connection, stale: false, through_downlink: false, message };
                self.push(to, arrival, packet);
            }
            Passage::Breaks(breaks_at) => {
                self.break_at(to, connection, breaks_at);
                self.lost(payload, "broken");
            }
            Passage::Unsent => self.lost(payload, "down"),
        }
    }

    /// Nothing gets through any more: both ends hear of it at the same moment.
    fn break_at(&mut self, peer: u32, connection: Connection, at: Time) {
        if let Some(link) = self.line.links.get_mut(&(peer, connection)) {
            link.state = LinkState::Broken;
            link.last_arrival = link.last_arrival.max(at);
        }
        let me = self.line.id;
        self.push(me, at, What::closed(peer, connection));
        self.push(peer, at, What::closed(me, connection.other_end()));
    }

    /// Closes a connection behind what was sent on it.
    pub(crate) fn say_goodbye(&mut self, peer: u32, connection: Connection) {
        let Some(link) = self.line.links.get_mut(&(peer, connection)) else { return };
        let ends_by_itself = link.state != LinkState::Live;
        // Known until the peer has heard: what it sends meanwhile must not reset the connection, since a
        // reset would overtake what was sent before the goodbye; and what this end sends on its next
        // connection must come after the goodbye.
        link.is_closing = true;
        if ends_by_itself {
            return;
        }
        // One that is never sent ends with the crash.
        let passage = self.passage(peer, connection);
        if let Passage::Breaks(heard_at) = passage
            && let Some((link, last_arrival)) = self.line.link(peer, connection)
        {
            link.last_arrival = last_arrival.max(heard_at);
        }
        if let Passage::Arrives(heard_at) | Passage::Breaks(heard_at) = passage {
            self.tell_closed(peer, connection, heard_at);
            let me = self.line.id;
            self.push(me, heard_at, What::closed(peer, connection));
        }
    }

    fn tell_closed(&mut self, peer: u32, connection: Connection, at: Time) {
        let (me, connection) = (self.line.id, connection.other_end());
        self.push(peer, at, What::closed(me, connection));
    }

    /// The node vanished with all it held; the others find out as the kind of crash has it.
    pub(crate) fn crash(&mut self, kind: CrashKind) {
        let waiting = self.line.uplink.as_mut().map(|uplink| uplink.clear()).unwrap_or_default();
        for lost in waiting.into_iter().filter(|waiting| waiting.message.is_some()) {
            self.lost(lost.payload, "down");
        }
        self.line.links.values_mut().for_each(|link| link.ready = self.now);
        let links: Vec<((u32, Connection), Time)> =
            self.line.links.iter().map(|(name, link)| (*name, link.last_arrival)).collect();
        for ((peer, connection), last_arrival) in links {
            let reset = match kind {
                CrashKind::Reset => self.passage(peer, connection),
                CrashKind::Silent => Passage::Unsent,
            };
            let heard_at = match reset {
                Passage::Arrives(heard_at) | Passage::Breaks(heard_at) => heard_at,
                // Not before what had left has arrived.
                Passage::Unsent => self.network.found_dead(self.line.id, peer, self.now).max(last_arrival),
            };
            self.tell_closed(peer, connection, heard_at);
        }
        self.line.links.clear();
    }

    /// The node stands still until `until`: neighbors that probe it meanwhile take it for dead.
    pub(crate) fn pause(&mut self, until: Time) {
        let (me, now) = (self.line.id, self.now);
        let links: Vec<((u32, Connection), Time)> =
            self.line.links.iter().map(|(name, link)| (*name, link.last_arrival)).collect();
        for ((peer, connection), last_arrival) in links {
            let found = self.network.found_dead(me, peer, now).max(last_arrival);
            if found < until {
                self.tell_closed(peer, connection, found);
                self.push(me, until, What::closed(peer, connection));
            }
        }
    }

    /// The SYN of a dial is here. True if an older connection with the dialer turns out to be dead: the
    /// node has to hear of that first.
    pub(crate) fn opened(&mut self, peer: u32, connection: Connection, dial: Dial) -> bool {
        if self.line.links_with(peer).any(|(_, link)| link.peer_life > dial.from_life) {
            return false; // a former life's, that comes late
        }
        // What was opened with a former life died with it. What was opened with this one stays: if the
        // dialer has closed it, the goodbye comes before anything on the new connection; if it had not heard
        // of it when it dialed, there are two now.
        let dead: Vec<Connection> = self
            .line
            .links_with(peer)
            .filter(|(_, link)| link.peer_life < dial.from_life || link.state == LinkState::Failing)
            .map(|(older, _)| older)
            .collect();
        for &older in &dead {
            self.forget(peer, older);
        }
        let mut link = self.fresh_link(peer, self.now);
        (link.far_at, link.peer_life) = (dial.at, dial.from_life);
        self.line.links.insert((peer, connection), link);
        !dead.is_empty()
    }

    /// Tells the dialer that its peer is no more: the node stood still when the SYN came, and died so.
    pub(crate) fn opened_in_vain(&mut self, peer: u32, connection: Connection) {
        let heard_at = self.network.found_dead(self.line.id, peer, self.now);
        self.tell_closed(peer, connection, heard_at);
    }

    /// The connection is gone. True if the node has to hear of it: unless it closed the connection itself.
    ///
    /// Then all between the two is over, and the peer hears the same: if both ends had dialed and one of
    /// the connections lived on, an end could miss a message, or keep a neighbor that had let it go. Only
    /// what the peer dialed after it had lost this connection is a new beginning.
    pub(crate) fn closed(&mut self, peer: u32, connection: Connection) -> bool {
        let Some(gone) = self.forget(peer, connection).filter(|gone| !gone.is_closing) else {
            return false;
        };
        let over: Vec<Connection> = self
            .line
            .links_with(peer)
            .filter(|(other, link)| !was_dialed_after(*other, link, connection, &gone))
            .map(|(other, _)| other)
            .collect();
        over.into_iter().for_each(|other| self.close_one(peer, other));
        true
    }

    /// Removes a connection and what waits for it.
    fn forget(&mut self, peer: u32, connection: Connection) -> Option<Link> {
        let link = self.line.links.remove(&(peer, connection))?;
        let waiting = self.line.uplink.as_mut().map(|uplink| uplink.cancel(peer, connection));
        for lost in waiting.unwrap_or_default().into_iter().filter(|waiting| waiting.message.is_some()) {
            self.lost(lost.payload, "broken");
        }
        Some(link)
    }

    /// Whether a packet came on a connection that is open here. If this end does not know the connection,
    /// the sender is told (the kernel's reset).
    pub(crate) fn accepts(&mut self, from: u32, connection: Connection) -> bool {
        if let Some(link) = self.line.links.get_mut(&(from, connection)) {
            link.last_use = self.now;
            return !link.is_closing;
        }
        let (network, me) = (self.network, self.line.id);
        let nth = Nth { count: self.count_to(from), attempt: 0 };
        let delay = network.delay(me, from, network.link_delay(me, from), nth, self.now);
        self.tell_closed(from, connection, self.now + delay);
        false
    }

    /// Closes what was idle for [`IDLE`] and is with none of `neighbors`. Looks at most once in that time.
    pub(crate) fn sweep(&mut self, neighbors: &[u32]) {
        if self.now.since(self.line.swept) < IDLE {
            return;
        }
        self.line.swept = self.now;
        let mut kept = neighbors.to_vec();
        kept.sort_unstable();
        let mut idle: Vec<u32> = self.line.links.keys().map(|(peer, _)| *peer).collect();
        idle.dedup();
        idle.retain(|peer| kept.binary_search(peer).is_err());
        // Of two connections with a peer one is hardly used.
        idle.retain(|&peer| self.line.links_with(peer).all(|(_, link)| link.is_idle(self.now)));
        for peer in idle {
            self.close(peer);
        }
    }
}

/// Whether the peer dialed a connection when it no longer had the `gone` one: it dials only when it has none
/// that is open.
fn was_dialed_after(connection: Connection, link: &Link, gone: Connection, gone_link: &Link) -> bool {
    let after = if gone.dialed { gone_link.far_at < link.far_at } else { gone.number < connection.number };
    after && !connection.dialed
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
