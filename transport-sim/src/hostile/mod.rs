//! Adversaries over any protocol: a wrapper that stands between a node and its links.
//!
//! [`Hostile`] is a node of the protocol `P`, honest or not. Messages are those of `P`, so hostile nodes and plain ones
//! understand each other. An honest node does exactly what `P` does. Only runs with adversaries use the wrapper.

mod role;
mod sink;

use std::fmt;
use std::sync::Arc;

use floodnet_core::hostile::{Classes, Deed, MessageClass, Pretense};
use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::measure::Measure;
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::wire::Wire;

use crate::SimProtocol;
use crate::payload::SimPayload;
use crate::plan::{Adversaries, Plan};
use role::Role;
use sink::Sink;

/// A node of `P` that may be an adversary.
pub struct Hostile<P: Types> {
    inner: P,
    /// None of an honest node. Apart, because most nodes are honest.
    role: Option<Box<Role<P::Message>>>,
}

/// Settings of honest and of hostile nodes.
#[derive(Debug)]
pub struct HostileConfig<C> {
    /// As the scenario says.
    pub honest: C,
    /// The same without bounds on links: of adversaries that connect to others.
    pub unbounded: C,
    /// Who is hostile, and what they do.
    pub scene: Arc<Scene>,
}

/// What all hostile nodes of a run share.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    seed: u64,
    adversaries: Adversaries,
    /// Who publishes each message.
    origins: Vec<u32>,
}

impl Scene {
    /// That of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let origins = plan.publishes.iter().map(|publish| publish.slot).collect();
        Self { seed: plan.seed, adversaries: plan.adversaries.clone(), origins }
    }
}

/// A timer of the node, or of what makes it hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostileTimer<T> {
    /// The node's own.
    Node(T),
    /// Ask those that it connects to.
    Connect,
    /// Send what the deed of this number forges.
    Forge(usize),
    /// Send the packet of this number, which was held back.
    Release(u32),
}

/// What the node says, or what the adversary does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostileEvent<E> {
    /// The node's own.
    Node(E),
    /// Of the adversary.
    Deed(Deed<u32, u32>),
}

/// A protocol whose messages can be copied, by way of their bytes.
pub trait Tamperable: SimProtocol<Message: Wire> {}

impl<P: SimProtocol<Message: Wire>> Tamperable for P {}

impl<P: Tamperable> Hostile<P> {
    /// The node of `slot`, hostile if the plan says so.
    pub fn new(slot: u32, inner: P, scene: &Arc<Scene>) -> Self {
        Self { inner, role: Role::new(slot, scene).map(Box::new) }
    }
}

impl<P: Types + fmt::Debug> fmt::Debug for Hostile<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<P: Types> Types for Hostile<P> {
    type Peer = P::Peer;
    type Message = P::Message;
    type Timer = HostileTimer<P::Timer>;
    type Command = P::Command;
    type Event = HostileEvent<P::Event>;
    type Config = HostileConfig<P::Config>;
}

impl<P: Tamperable> Protocol for Hostile<P> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        let Self { inner, role } = self;
        let mut role = role.as_deref_mut();
        if let Some(role) = &mut role
            && !role.passes::<P, E>(&input, inner.neighbors(), cx)
        {
            return;
        }
        // What its role leaves of the input goes to a sound node, and what that node does passes through the role.
        let Some(input) = of_node::<P>(input) else { return };
        let is_unbounded = role.as_ref().is_some_and(|role| role.is_unbounded());
        let config = if is_unbounded { &cx.config.unbounded } else { &cx.config.honest };
        let mut effects = Sink { outer: &mut *cx.effects, role, now: cx.now };
        inner.handle(input, &mut Context { now: cx.now, config, rng: &mut *cx.rng, effects: &mut effects });
    }
}

/// The input as the node takes it; none for the timers of the adversary.
fn of_node<P: Types>(input: InputOf<Hostile<P>>) -> Option<InputOf<P>> {
    Some(match input {
        Input::Start => Input::Start,
        Input::Command(command) => Input::Command(command),
        Input::Message { from, message } => Input::Message { from, message },
        Input::LinkDown(peer) => Input::LinkDown(peer),
        Input::Timer(HostileTimer::Node(timer)) => Input::Timer(timer),
        Input::Timer(HostileTimer::Connect | HostileTimer::Forge(_) | HostileTimer::Release(_)) => {
            return None;
        }
    })
}

impl<P: Tamperable> Observe for Hostile<P> {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> P::Command {
        P::publish(payload)
    }
    fn hold(busy: bool) -> Option<P::Command> {
        P::hold(busy)
    }
    fn observe(event: &Self::Event) -> Observation<u32, u32> {
        match event {
            HostileEvent::Node(event) => P::observe(event),
            HostileEvent::Deed(deed) => Observation::Deed(*deed),
        }
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
    fn class(message: &P::Message) -> MessageClass {
        P::class(message)
    }
    fn classes(config: &Self::Config) -> Classes {
        P::classes(&config.honest)
    }
    fn forges(config: &Self::Config) -> Classes {
        P::forges(&config.honest)
    }
    fn forge(config: &Self::Config, class: MessageClass, pretense: &Pretense<u32>) -> Option<P::Message> {
        P::forge(&config.honest, class, pretense)
    }
    fn lies(config: &Self::Config) -> Classes {
        P::lies(&config.honest)
    }
    fn kind(message: &P::Message) -> &'static str {
        P::kind(message)
    }
    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        P::measures(declare);
    }
    fn lie(message: &mut P::Message, named: u32) -> bool {
        P::lie(message, named)
    }
}

/// Honest nodes keep what they promise.
impl<P: Tamperable + Invariants> Invariants for Hostile<P> {
    fn states(config: &Self::Config) -> &'static [&'static str] {
        P::states(&config.honest)
    }
    fn state(&self, config: &Self::Config) -> Option<&'static str> {
        self.inner.state(&config.honest)
    }
    fn promise(config: &Self::Config, promises: &mut Promises) {
        P::promise(&config.honest, promises);
    }
    fn walk(message: &P::Message) -> Option<Walk<u32>> {
        P::walk(message)
    }
    fn stored(&self, config: &Self::Config, report: &mut dyn FnMut(Stored)) {
        self.inner.stored(&config.honest, report);
    }
    fn static_neighbors(config: &Self::Config, peer: u32) -> Option<&[u32]> {
        P::static_neighbors(&config.honest, peer)
    }
}
