//! A node that is watched while it runs: what must hold after each of its inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::seen::SeenLimits;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::SimProtocol;
use floodnet_sim::payload::SimPayload;
use smallvec::SmallVec;

use super::violation::{Invariant, broken};

/// What is known of a slot before it runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) slot: u32,
    pub(super) promises: &'a Promises,
    /// It never stands still, so its timers are never late.
    pub(super) steady: bool,
    /// Nothing waits for its downlink, so packets of one time come in the order of their sources.
    pub(super) unlimited: bool,
    /// Where it notes in which state a fault met it.
    pub(super) met: &'a StatesMet,
}

/// In which states nodes were when faults began.
#[derive(Debug, Default)]
pub(super) struct StatesMet {
    /// Begin and kind of each fault, in order of time.
    faults: Vec<(Time, &'static str)>,
    met: Mutex<BTreeSet<(&'static str, &'static str)>>,
}

impl StatesMet {
    /// Nothing met yet of these faults: begin and kind of each.
    pub(super) fn new(faults: impl Iterator<Item = (Time, &'static str)>) -> Self {
        let mut faults: Vec<(Time, &'static str)> = faults.collect();
        faults.sort_unstable();
        Self { faults, met: Mutex::default() }
    }

    /// A node that has seen what was before `from` was in `state` until `now`.
    fn note(&self, from: Time, now: Time, state: impl FnOnce() -> Option<&'static str>) {
        let begun = self.faults.iter().filter(|(at, _)| from < *at && *at <= now);
        let mut begun = begun.map(|(_, kind)| *kind).peekable();
        if begun.peek().is_none() {
            return;
        }
        if let Some(state) = state() {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            met.extend(begun.map(|kind| (kind, state)));
        }
    }

    /// Kinds of faults, each with a state in which it met a node.
    pub(super) fn all(&self) -> BTreeSet<(&'static str, &'static str)> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A node of `P` that is watched.
pub(super) struct Watched<'a, P> {
    pub(super) inner: P,
    log: Log<'a>,
}

/// As the node itself: what the watch has noted is not the node's.
impl<P: fmt::Debug> fmt::Debug for Watched<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<'a, P> Watched<'a, P> {
    pub(super) const fn new(inner: P, known: Known<'a>) -> Self {
        Self { inner, log: Log::new(known) }
    }
}

/// What this life has done so far.
struct Log<'a> {
    known: Known<'a>,
    now: Time,
    started: bool,
    /// Rank and source of the last input.
    last: (u8, u32),
    /// When timers are due, ascending, and when each was set.
    due: Vec<(Time, Time)>,
    /// Neighbors, as told.
    told: Vec<u32>,
    told_changed: bool,
    heard: BTreeMap<u32, Heard>,
    /// Messages taken in.
    taken: u32,
    input: Current,
}

/// A message that was taken in.
struct Heard {
    at: Time,
    hops: u16,
    /// How many messages had been taken in, this one included.
    number: u32,
    delivered: bool,
    /// Neighbors that it was passed on to since then.
    sent: SmallVec<[u32; 8]>,
}

/// The input at hand.
#[derive(Clone, Copy, Default)]
struct Current {
    from: Option<u32>,
    carried: Option<Carried<u32>>,
    walk: Option<Walk<u32>>,
    is_command: bool,
    taken: bool,
    duplicate: bool,
}

impl<'a> Log<'a> {
    const fn new(known: Known<'a>) -> Self {
        let input = Current {
            from: None,
            carried: None,
            walk: None,
            is_command: false,
            taken: false,
            duplicate: false,
        };
        Self {
            known,
            now: Time::ZERO,
            started: false,
            last: (0, 0),
            due: Vec::new(),
            told: Vec::new(),
            told_changed: false,
            heard: BTreeMap::new(),
            taken: 0,
            input,
        }
    }

    fn breach(&self, invariant: Invariant, what: String) -> ! {
        broken(invariant, self.now, Some(self.known.slot), what)
    }

    fn begin<P: SimProtocol + Invariants>(&mut self, input: &InputOf<P>, now: Time) {
        if now < self.now {
            self.breach(Invariant::Order, format!("time went back to {now:?}"));
        }
        if matches!(input, Input::Start) == self.started {
            self.breach(Invariant::Order, "a life begins with one start".to_owned());
        }
        self.in_order::<P>(input, now);
        self.started = true;
        self.now = now;
        self.timers::<P>(input);
        self.input = match input {
            Input::Message { from, message } => Current {
                from: Some(*from),
                carried: P::carried(message),
                walk: P::walk(message),
                ..Current::default()
            },
            Input::Command(_) => Current { is_command: true, ..Current::default() },
            _ => Current::default(),
        };
    }

    /// At one time: own timers before packets, packets by their source.
    fn in_order<P: SimProtocol + Invariants>(&mut self, input: &InputOf<P>, now: Time) {
        if now != self.now {
            self.last = (0, 0);
        }
        let key = match input {
            Input::Message { from, .. } => (2, if self.known.unlimited { *from } else { 0 }),
            // One that was set just now, for now, comes after what set it.
            Input::Timer(_) if self.due.first().is_some_and(|&(_, set)| set == now) => return,
            Input::Timer(_) => (1, 0),
            // The application resumes after all that waited for it, and news of links have two ranks.
            Input::Start | Input::Command(_) | Input::LinkDown(_) => return,
        };
        if key < self.last {
            let name = |(rank, from): (u8, u32)| match rank {
                1 => "a timer".to_owned(),
                _ => format!("a packet from {from}"),
            };
            self.breach(Invariant::Order, format!("{} came after {}", name(key), name(self.last)));
        }
        self.last = key;
    }

    fn timers<P: SimProtocol + Invariants>(&mut self, input: &InputOf<P>) {
        let first = self.due.first().map(|&(due, _)| due);
        if matches!(input, Input::Timer(_)) {
            if first.is_none_or(|due| due > self.now) {
                self.breach(Invariant::Order, "a timer came back that was not due".to_owned());
            }
            self.due.remove(0);
        }
        if self.known.steady
            && let Some(&(due, _)) = self.due.first()
            && due < self.now
        {
            self.breach(Invariant::Order, format!("a timer due at {due:?} has not come back"));
        }
    }

    fn end<P: SimProtocol + Invariants>(&mut self, inner: &P, config: &P::Config) {
        // It may have nobody to pass it on to, and an application that is busy: then nothing else shows that it came.
        if let Some(carried) = self.input.carried
            && !self.input.duplicate
            && self.is_new(carried.message)
        {
            self.take_in(carried.message, carried.hops);
        }
        if self.known.promises.timers.is_some_and(|max| self.due.len() > max) {
            self.breach(Invariant::Bounded, format!("{} timers are outstanding", self.due.len()));
        }
        inner.stored(config, &mut |Stored { what, count, max }| {
            if let Some(max) = max.filter(|&max| count > max) {
                self.breach(Invariant::Bounded, format!("{count} {what}, of at most {max}"));
            }
        });
        self.neighbors(inner.neighbors());
    }

    fn neighbors(&mut self, held: &[u32]) {
        let differs = held.len() != self.told.len() || {
            let changed = std::mem::take(&mut self.told_changed);
            changed && held.iter().any(|peer| !self.told.contains(peer))
        };
        if differs {
            self.breach(Invariant::Links, format!("it holds {held:?} and told of {:?}", self.told));
        }
    }

    /// Takes note that a message was new to the node.
    fn take_in(&mut self, message: u32, hops: u16) {
        if self.input.taken {
            return;
        }
        self.input.taken = true;
        if let Some(heard) = self.heard.get(&message)
            && !self.may_have_forgotten(heard)
        {
            let since = self.now.since(heard.at);
            self.breach(Invariant::Once, format!("message {message} is taken for new again after {since}"));
        }
        self.taken += 1;
        let (at, number) = (self.now, self.taken);
        self.heard.insert(message, Heard { at, hops, number, delivered: false, sent: SmallVec::new() });
    }

    /// Whether a message that comes is one to take in. Where each is passed on once, no copy is but the first; else not
    /// one that the node has and cannot have forgotten.
    fn is_new(&self, message: u32) -> bool {
        self.known.promises.once
            || self.heard.get(&message).is_none_or(|heard| self.may_have_forgotten(heard))
    }

    fn may_have_forgotten(&self, heard: &Heard) -> bool {
        let whole_ms = |at: Time| at.as_nanos() / 1_000_000;
        let SeenLimits { capacity, ttl } = &self.known.promises.remembers;
        let age = whole_ms(self.now) - whole_ms(heard.at);
        ttl.is_some_and(|ttl| age > ttl.as_nanos() / 1_000_000)
            || capacity.is_some_and(|capacity| self.taken - heard.number >= capacity)
    }

    fn sends<P: SimProtocol + Invariants>(&mut self, to: u32, message: &P::Message) {
        if let Some(walk) = P::walk(message) {
            self.walks_on(walk);
        }
        if let Some(carried) = P::carried(message) {
            self.passes_on(to, carried);
        }
    }

    fn walks_on(&self, walk: Walk<u32>) {
        let cap = self.known.promises.hop_limit;
        match self.input.walk {
            Some(came) if came.origin == walk.origin => {
                if walk.hop_limit >= came.hop_limit {
                    let (came, goes) = (came.hop_limit, walk.hop_limit);
                    self.breach(
                        Invariant::Hops,
                        format!("a request with {came} hops left goes on with {goes}"),
                    );
                }
            }
            _ => {
                if let Some(cap) = cap.filter(|&cap| walk.hop_limit > cap) {
                    let limit = walk.hop_limit;
                    self.breach(
                        Invariant::Hops,
                        format!("a request sets out with {limit} hops, of at most {cap}"),
                    );
                }
            }
        }
    }

    fn passes_on(&mut self, to: u32, goes: Carried<u32>) {
        let promises = self.known.promises;
        let message = goes.message;
        // A protocol may pass a message on before it reports the delivery, so a message that comes for the first time
        // is taken in here too.
        let came = self.input.carried.filter(|came| came.message == message);
        match came {
            Some(came) if self.is_new(message) => self.take_in(message, came.hops),
            // The copy that is passed on may be another than the first, which a busy application could not take.
            Some(came) => {
                let waiting = self.heard.get_mut(&message).filter(|heard| !heard.delivered);
                waiting.into_iter().for_each(|heard| heard.hops = came.hops);
            }
            None if self.input.is_command && !self.heard.contains_key(&message) => self.take_in(message, 0),
            _ => {}
        }
        let Some(heard) = self.heard.get_mut(&message) else {
            self.breach(Invariant::Published, format!("it sends message {message}, which it never had"));
        };
        let (hops, again) = (heard.hops, heard.sent.contains(&to));
        if promises.once {
            heard.sent.push(to);
        }
        if promises.once && again {
            self.breach(Invariant::PassedOnce, format!("message {message} goes to {to} a second time"));
        }
        if !promises.echo && came.is_some() && self.input.from == Some(to) {
            self.breach(Invariant::PassedOnce, format!("message {message} goes back to {to}"));
        }
        if goes.hops <= hops {
            let goes = goes.hops;
            self.breach(
                Invariant::Hops,
                format!("message {message} came over {hops} hops and goes on with {goes}"),
            );
        }
    }

    fn tells(&mut self, what: Observation<u32, u32>) {
        match what {
            Observation::Published(message) => {
                if self.heard.contains_key(&message) && !self.input.taken {
                    self.breach(Invariant::Once, format!("message {message} is published a second time"));
                }
                self.take_in(message, 0);
            }
            Observation::Delivered { message, hops } => self.delivers(message, hops),
            Observation::Duplicate(message) => {
                self.input.duplicate = true;
                if !self.heard.contains_key(&message) {
                    let what = format!("message {message} is suppressed, which it never had");
                    self.breach(Invariant::Once, what);
                }
            }
            // Each neighbor is reported once when it is gained and once when it is lost.
            Observation::NeighborUp(peer) => {
                if peer == self.known.slot {
                    self.breach(Invariant::Links, "a link to itself".to_owned());
                }
                if self.told.contains(&peer) {
                    self.breach(Invariant::Links, format!("it took {peer} twice"));
                }
                self.told.push(peer);
                self.told_changed = true;
            }
            Observation::NeighborDown(peer) => {
                let Some(place) = self.told.iter().position(|&held| held == peer) else {
                    self.breach(Invariant::Links, format!("it lost {peer}, which it did not hold"));
                };
                self.told.swap_remove(place);
                self.told_changed = true;
            }
            Observation::Repair
            | Observation::Failed(_)
            | Observation::Dropped(_)
            | Observation::Count(..)
            | Observation::Record(..)
            | Observation::Deed(_)
            | Observation::Other => {}
        }
    }

    fn delivers(&mut self, message: u32, hops: u16) {
        let came_now = self.input.carried.is_some_and(|came| came.message == message);
        // What a busy application could not take may be asked for again.
        let waits = self.heard.get(&message).is_some_and(|heard| !heard.delivered);
        if (came_now && self.is_new(message)) || !self.heard.contains_key(&message) {
            self.take_in(message, hops);
        }
        let twice = self.heard.get_mut(&message).is_some_and(|heard| {
            // Another copy than the first may be the one that the application gets.
            if waits {
                heard.hops = hops;
            }
            std::mem::replace(&mut heard.delivered, true)
        });
        if twice {
            self.breach(Invariant::Once, format!("message {message} is delivered a second time"));
        }
    }
}

/// Hands effects on and looks at each.
struct Sink<'s, 'a, E> {
    outer: &'s mut E,
    log: &'s mut Log<'a>,
}

impl<'a, P: SimProtocol + Invariants, E: Effects<Watched<'a, P>>> Effects<P> for Sink<'_, 'a, E> {
    fn send(&mut self, to: u32, message: P::Message) {
        self.log.sends::<P>(to, &message);
        self.outer.send(to, message);
    }
    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        let due = self.log.now + after;
        let place = self.log.due.partition_point(|&(other, _)| other <= due);
        self.log.due.insert(place, (due, self.log.now));
        self.outer.set_timer(after, timer);
    }
    fn disconnect(&mut self, peer: u32) {
        self.outer.disconnect(peer);
    }
    fn emit(&mut self, event: P::Event) {
        self.log.tells(P::observe(&event));
        self.outer.emit(event);
    }
}

impl<P: SimProtocol + Invariants> Types for Watched<'_, P> {
    type Peer = u32;
    type Message = P::Message;
    type Timer = P::Timer;
    type Command = P::Command;
    type Event = P::Event;
    type Config = P::Config;
}

impl<P: SimProtocol + Invariants> Protocol for Watched<'_, P> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        // Between its inputs a node stays as it is.
        if self.log.started {
            let (log, inner) = (&self.log, &self.inner);
            log.known.met.note(log.now, cx.now, || inner.state(cx.config));
        }
        self.log.begin::<P>(&input, cx.now);
        let mut sink = Sink { outer: &mut *cx.effects, log: &mut self.log };
        let mut inner = Context { now: cx.now, config: cx.config, rng: &mut *cx.rng, effects: &mut sink };
        self.inner.handle(input, &mut inner);
        self.log.end(&self.inner, cx.config);
    }
}

impl<P: SimProtocol + Invariants> Observe for Watched<'_, P> {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> P::Command {
        P::publish(payload)
    }
    fn hold(busy: bool) -> Option<P::Command> {
        P::hold(busy)
    }
    fn observe(event: &P::Event) -> Observation<u32, u32> {
        P::observe(event)
    }
    fn carried(message: &P::Message) -> Option<Carried<u32>> {
        P::carried(message)
    }
    fn wire_size(message: &P::Message) -> u32 {
        P::wire_size(message)
    }
    fn neighbors(&self) -> &[u32] {
        self.inner.neighbors()
    }
    fn chosen(&self) -> usize {
        self.inner.chosen()
    }
}
