//! A little network in memory, which delivers, delays, breaks and cuts as it is told.
//!
//! Connections are those of the protocol boundary: a send opens one, each direction keeps its order, and
//! the end of a connection reaches the other side behind what was sent before. Both ends number the
//! connections that they have had with each other, so that what belongs to an old one is told apart.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use floodnet_core::broadcast::{BroadcastEvent, Flood, flood};
use floodnet_core::node::{self, Layer, Node};
use floodnet_core::observe::Observe;
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf, Protocol, Types};
use floodnet_core::rng::{NodeRng, fold};
use floodnet_core::time::{Duration, Time};

use super::note::Note;

pub(crate) type Peer = Node<RandomWalk<u32>, Flood<u32, Note>>;
pub(crate) type Settings = node::Config<random_walk::Config<u32>, flood::Config>;

/// How long a packet takes while the network settles.
const LATENCY: Duration = Duration::from_millis(50);

/// More than any exchange takes that no timer drives.
const MOST_ROUNDS: u32 = 1_000;

/// From start to stop of one node.
struct Life {
    node: Peer,
    rng: NodeRng,
    timers: usize,
    /// Messages that reached the application, as often as they did.
    delivered: Vec<u32>,
}

/// One end's knowledge of its connection with a peer.
#[derive(Clone, Copy, Default)]
struct End {
    /// How many connections this end has seen the last of.
    number: u32,
    open: bool,
}

enum What {
    Packet(<Peer as Types>::Message),
    /// The end of the connection: a goodbye, a reset or a time-out.
    Closed,
}

struct Flight {
    number: u32,
    what: What,
}

/// What became of all packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: usize,
    pub(crate) handled: usize,
    pub(crate) dropped: usize,
}

pub(crate) struct Network {
    config: Settings,
    seed: u64,
    now: Time,
    lives: Vec<Option<Life>>,
    /// How many lives each slot has had.
    incarnations: Vec<u64>,
    /// By (this end, the other end).
    ends: BTreeMap<(u32, u32), End>,
    /// By (from, to), in order; none empty.
    flights: BTreeMap<(u32, u32), VecDeque<Flight>>,
    /// By (due, count): (slot, incarnation, timer).
    timers: BTreeMap<(Time, u64), (u32, u64, <Peer as Types>::Timer)>,
    timers_set: u64,
    /// Slots whose bits differ cannot reach each other.
    partition: u64,
    pub(crate) counts: Counts,
}

impl Network {
    pub(crate) fn new(config: Settings, slots: u32, seed: u64) -> Self {
        Self {
            config,
            seed,
            now: Time::ZERO,
            lives: (0..slots).map(|_| None).collect(),
            incarnations: vec![0; slots as usize],
            ends: BTreeMap::new(),
            flights: BTreeMap::new(),
            timers: BTreeMap::new(),
            timers_set: 0,
            partition: 0,
            counts: Counts::default(),
        }
    }

    // --- What can be asked of it ---------------------------------------------------------------------

    pub(crate) fn up(&self) -> BTreeSet<u32> {
        (0..).zip(&self.lives).filter(|(_, life)| life.is_some()).map(|(slot, _)| slot).collect()
    }

    pub(crate) fn neighbors(&self, slot: u32) -> &[u32] {
        self.lives[slot as usize].as_ref().map_or(&[], |life| life.node.neighbors())
    }

    pub(crate) fn delivered(&self, slot: u32) -> &[u32] {
        self.lives[slot as usize].as_ref().map_or(&[], |life| &life.delivered)
    }

    pub(crate) fn outstanding_timers(&self, slot: u32) -> usize {
        self.lives[slot as usize].as_ref().map_or(0, |life| life.timers)
    }

    pub(crate) fn in_flight(&self) -> usize {
        let packets = |queue: &VecDeque<Flight>| {
            queue.iter().filter(|flight| matches!(flight.what, What::Packet(_))).count()
        };
        self.flights.values().map(packets).sum()
    }

    /// Whether nothing is under way, the news of closed connections included.
    pub(crate) fn is_quiet(&self) -> bool {
        self.flights.is_empty()
    }

    // --- What can be done to it ----------------------------------------------------------------------

    pub(crate) fn start(&mut self, slot: u32) {
        let incarnation = self.incarnations[slot as usize] + 1;
        self.incarnations[slot as usize] = incarnation;
        let key = fold(fold(self.seed, u64::from(slot)), incarnation);
        self.lives[slot as usize] = Some(Life {
            node: Node::new(RandomWalk::new(slot), Flood::default()),
            rng: NodeRng::new(key),
            timers: 0,
            delivered: Vec::new(),
        });
        self.tell(slot, Input::Start);
    }

    /// The node says goodbye on every connection, behind what it had sent.
    pub(crate) fn leave(&mut self, slot: u32) {
        self.lives[slot as usize] = None;
        for peer in self.partners(slot) {
            self.close(slot, peer);
        }
    }

    /// What the node had sent is lost, and its connections break.
    pub(crate) fn crash(&mut self, slot: u32) {
        self.lives[slot as usize] = None;
        for peer in self.partners(slot) {
            self.break_connection(slot, peer);
        }
    }

    pub(crate) fn publish(&mut self, slot: u32, note: u32) {
        self.tell(slot, Input::Command(Peer::publish(Note(note))));
    }

    /// Loses the next packet of some direction, and with it the connection. `choice` picks which.
    pub(crate) fn lose(&mut self, choice: u32) {
        let carries = |queue: &VecDeque<Flight>| matches!(queue[0].what, What::Packet(_));
        let candidates: Vec<(u32, u32)> =
            self.flights.iter().filter(|(_, queue)| carries(queue)).map(|(&pair, _)| pair).collect();
        if let Some(&(from, to)) = candidates.get(choice as usize % candidates.len().max(1)) {
            self.break_connection(from, to);
        }
    }

    /// Cuts slots whose bits in `mask` differ off from each other; 0 heals. Connections across break.
    pub(crate) fn partition(&mut self, mask: u64) {
        self.partition = mask;
        let pairs: BTreeSet<(u32, u32)> = self
            .ends
            .iter()
            .filter(|(_, end)| end.open)
            .map(|(&pair, _)| pair)
            .chain(self.flights.keys().copied())
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        for (a, b) in pairs {
            if self.is_cut(a, b) {
                self.break_connection(a, b);
            }
        }
    }

    /// Delivers up to `count` things, each from a random direction.
    pub(crate) fn deliver(&mut self, count: u32, rng: &mut NodeRng) {
        for _ in 0..count {
            let directions = u32::try_from(self.flights.len()).unwrap_or(u32::MAX);
            let Some(&(from, to)) = self.flights.keys().nth(rng.below(directions) as usize) else { return };
            self.deliver_next(from, to);
        }
    }

    /// Lets time pass, and timers with it; nothing arrives meanwhile.
    pub(crate) fn advance(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(entry) = self.timers.first_entry()
            && entry.key().0 <= until
        {
            let ((due, _), (slot, incarnation, timer)) = entry.remove_entry();
            self.now = due;
            if self.incarnations[slot as usize] == incarnation
                && let Some(life) = &mut self.lives[slot as usize]
            {
                life.timers -= 1;
                self.tell(slot, Input::Timer(timer));
            }
        }
        self.now = until;
    }

    /// Lets the network run for `span`: everything under way arrives after one latency. What the last
    /// timers set off comes to rest, unless it never does.
    pub(crate) fn settle(&mut self, span: Duration, rng: &mut NodeRng) {
        let until = self.now + span;
        while self.now < until {
            let next = match self.timers.keys().next() {
                _ if !self.is_quiet() => self.now + LATENCY,
                Some((due, _)) => (*due).min(until),
                None => until,
            };
            self.deliver_round(rng);
            self.advance(next.since(self.now));
        }
        for _ in 0..MOST_ROUNDS {
            self.deliver_round(rng);
        }
    }

    /// Delivers as much as is under way now.
    fn deliver_round(&mut self, rng: &mut NodeRng) {
        let under_way = self.flights.values().map(VecDeque::len).sum::<usize>();
        self.deliver(u32::try_from(under_way).unwrap_or(u32::MAX), rng);
    }

    // --- How it works --------------------------------------------------------------------------------

    fn tell(&mut self, slot: u32, input: InputOf<Peer>) {
        let Some(life) = &mut self.lives[slot as usize] else { return };
        let mut effects: Vec<ActionOf<Peer>> = Vec::new();
        let mut cx =
            Context { now: self.now, config: &self.config, rng: &mut life.rng, effects: &mut effects };
        life.node.handle(input, &mut cx);
        for action in effects {
            match action {
                Action::Send { to, message } => self.send(slot, to, message),
                Action::SetTimer { after, timer } => self.set_timer(slot, after, timer),
                Action::Disconnect(peer) => self.close(slot, peer),
                Action::Emit(event) => self.note(slot, &event),
            }
        }
    }

    fn note(&mut self, slot: u32, event: &<Peer as Types>::Event) {
        if let (Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }), Some(life)) =
            (event, &mut self.lives[slot as usize])
        {
            life.delivered.push(payload.0);
        }
    }

    fn set_timer(&mut self, slot: u32, after: Duration, timer: <Peer as Types>::Timer) {
        let incarnation = self.incarnations[slot as usize];
        self.timers.insert((self.now + after, self.timers_set), (slot, incarnation, timer));
        self.timers_set += 1;
        if let Some(life) = &mut self.lives[slot as usize] {
            life.timers += 1;
        }
    }

    fn send(&mut self, from: u32, to: u32, message: <Peer as Types>::Message) {
        self.counts.sent += 1;
        let end = self.ends.entry((from, to)).or_default();
        end.open = true;
        let flight = Flight { number: end.number, what: What::Packet(message) };
        self.flights.entry((from, to)).or_default().push_back(flight);
        if self.is_cut(from, to) {
            self.break_connection(from, to);
        }
    }

    /// This side is done with the connection; the other side hears of it.
    fn close(&mut self, slot: u32, peer: u32) {
        let end = self.ends.entry((slot, peer)).or_default();
        let closed = Flight { number: end.number, what: What::Closed };
        *end = End { number: end.number + 1, open: false };
        self.flights.entry((slot, peer)).or_default().push_back(closed);
    }

    /// What is under way in both directions is lost, and both sides hear of it.
    fn break_connection(&mut self, a: u32, b: u32) {
        let number = |pair| self.ends.get(pair).map_or(0, |end: &End| end.number);
        let number = number(&(a, b)).max(number(&(b, a)));
        for pair in [(a, b), (b, a)] {
            let queue = self.flights.entry(pair).or_default();
            self.counts.dropped +=
                queue.iter().filter(|flight| matches!(flight.what, What::Packet(_))).count();
            queue.clear();
            queue.push_back(Flight { number, what: What::Closed });
        }
    }

    fn deliver_next(&mut self, from: u32, to: u32) {
        let Some(queue) = self.flights.get_mut(&(from, to)) else { return };
        let Some(flight) = queue.pop_front() else { return };
        if queue.is_empty() {
            self.flights.remove(&(from, to));
        }
        let is_up = self.lives[to as usize].is_some();
        let end = self.ends.entry((to, from)).or_default();
        let is_stale = flight.number < end.number;
        match flight.what {
            What::Packet(_) if is_stale => self.counts.dropped += 1,
            What::Packet(_) if !is_up => {
                self.counts.dropped += 1;
                end.number = flight.number;
                self.close(to, from);
            }
            What::Packet(message) => {
                self.counts.handled += 1;
                *end = End { number: flight.number, open: true };
                self.tell(to, Input::Message { from, message });
            }
            What::Closed if is_stale => {}
            What::Closed => {
                let was_open = end.open;
                *end = End { number: flight.number + 1, open: false };
                if was_open {
                    self.tell(to, Input::LinkDown(from));
                }
            }
        }
    }

    fn is_cut(&self, a: u32, b: u32) -> bool {
        (self.partition >> a ^ self.partition >> b) & 1 == 1
    }

    /// Everyone with whom this slot has a connection, or something under way.
    fn partners(&self, slot: u32) -> BTreeSet<u32> {
        let open = self.ends.iter().filter(|(_, end)| end.open).map(|(&pair, _)| pair);
        let pairs = open.chain(self.flights.keys().copied());
        pairs
            .filter_map(|(a, b)| match (a == slot, b == slot) {
                (true, false) => Some(b),
                (false, true) => Some(a),
                _ => None,
            })
            .collect()
    }
}
