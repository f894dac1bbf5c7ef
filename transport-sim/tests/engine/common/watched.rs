//! A protocol that is watched while it runs: what must hold after each of its inputs.

use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::time::{Duration, Time};
use floodnet_sim::payload::SimPayload;

/// `P`, with its timers counted and its time checked.
#[derive(Debug)]
pub(crate) struct Watched<P> {
    pub(crate) inner: P,
    timers: u32,
    latest: Time,
    started: bool,
}

impl<P> Watched<P> {
    pub(crate) const fn new(inner: P) -> Self {
        Self { inner, timers: 0, latest: Time::ZERO, started: false }
    }
}

/// Hands effects on and counts the timers among them.
struct Counted<'a, E> {
    outer: &'a mut E,
    timers: &'a mut u32,
}

impl<P: Types, E: Effects<Watched<P>>> Effects<P> for Counted<'_, E> {
    fn send(&mut self, to: P::Peer, message: P::Message) {
        self.outer.send(to, message);
    }
    fn set_timer(&mut self, after: Duration, timer: P::Timer) {
        *self.timers += 1;
        self.outer.set_timer(after, timer);
    }
    fn disconnect(&mut self, peer: P::Peer) {
        self.outer.disconnect(peer);
    }
    fn emit(&mut self, event: P::Event) {
        self.outer.emit(event);
    }
}

impl<P: Types> Types for Watched<P> {
    type Peer = P::Peer;
    type Message = P::Message;
    type Timer = P::Timer;
    type Command = P::Command;
    type Event = P::Event;
    type Config = P::Config;
}

impl<P: Protocol> Protocol for Watched<P> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        assert!(cx.now >= self.latest, "time went back");
        self.latest = cx.now;
        assert_eq!(matches!(input, Input::Start), !self.started, "each life begins with one start");
        self.started = true;
        if matches!(input, Input::Timer(_)) {
            self.timers = self.timers.checked_sub(1).expect("a timer came back that was not set");
        }
        let mut effects = Counted { outer: &mut *cx.effects, timers: &mut self.timers };
        let mut inner = Context { now: cx.now, config: cx.config, rng: &mut *cx.rng, effects: &mut effects };
        self.inner.handle(input, &mut inner);
        // The random walk promises one of each of its two kinds.
        assert!(self.timers <= 2, "{} timers are outstanding", self.timers);
    }
}

impl<P: Observe<Peer = u32, Payload = SimPayload>> Observe for Watched<P> {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> P::Command {
        P::publish(payload)
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
}
