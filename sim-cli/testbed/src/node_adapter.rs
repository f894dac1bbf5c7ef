//! Any protocol of the laboratory as a node on sockets: its peers are slots, those of sockets are identities
//! with addresses, and a [`Directory`] joins the two. Here observations are made, so that no queue can drop one.

use std::collections::VecDeque;
use std::sync::Arc;

use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::{DecodeError, FRAME_OVERHEAD, Wire};
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_tcp::limits::MAX_PACKET;
use floodnet_tcp::peer::{NamesSender, Peer};
use floodnet_tcp::validator::{Acceptance, LinkInfo, Validator};

use crate::clock::Clock;
use crate::directory::Directory;
use crate::sink::{Record, Sink};
use floodnet_scenario::protocol::Runnable;

/// What all nodes of a process share.
pub(crate) struct NodeEnvironment<P: Runnable> {
    pub(crate) config: P::Config,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Clock,
    pub(crate) sink: Sink,
}

/// A node of the protocol `P` in one life of its slot.
pub(crate) struct SocketNode<P: Runnable> {
    inner: P,
    slot: u32,
    /// When this life is over: nothing happens from then on, even if the machine is late.
    stop: Time,
    environment: Arc<NodeEnvironment<P>>,
    /// The neighbors by their names on sockets, and by slot.
    view: Vec<Peer>,
    shown: Vec<u32>,
    /// Until when the node stands still, and what waits meanwhile.
    asleep: Option<Time>,
    waiting: VecDeque<InputOf<P>>,
    // Empty between inputs.
    actions: Vec<ActionOf<P>>,
    records: Vec<Record>,
}

/// What the plan does to a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeCommand {
    /// It publishes.
    Publish(SimPayload),
    /// It stands still until then.
    Pause(Time),
}

/// A timer of a node, or the end of its pause.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeTimer<T> {
    Protocol(T),
    PauseEnd,
}

/// A message of the laboratory on a socket: it names slots, never addresses.
#[derive(Debug)]
pub(crate) struct SocketMessage<M>(M);

impl<M: Wire> Wire for SocketMessage<M> {
    fn size(&self) -> u32 {
        self.0.size()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        M::decode(input).map(Self)
    }
}

impl<M> NamesSender for SocketMessage<M> {}

impl<P: Runnable> SocketNode<P> {
    /// The node of `slot` in a life that ends at `stop`.
    pub(crate) fn new(slot: u32, stop: Time, environment: Arc<NodeEnvironment<P>>) -> Self {
        Self {
            inner: P::node(slot, &environment.config),
            slot,
            stop,
            environment,
            view: Vec::new(),
            shown: Vec::new(),
            asleep: None,
            waiting: VecDeque::new(),
            actions: Vec::new(),
            records: Vec::new(),
        }
    }

    fn note(&mut self, at: Time, what: Observed) {
        self.records.push(Record { at, slot: self.slot, what });
    }

    /// Hands the node an input, and passes on what it wants done.
    fn feed<E: Effects<Self>>(&mut self, now: Time, input: InputOf<P>, cx: &mut Context<'_, Self, E>) {
        if let Input::Message { from, message } = &input {
            let payload = P::carried(message).map(|carried| carried.message);
            self.note(now, Observed::Received { from: *from, payload });
        }
        // The protocol speaks of slots: what it wants is collected, and passed on in the words of sockets.
        let mut actions = std::mem::take(&mut self.actions);
        let environment = Arc::clone(&self.environment);
        let mut context =
            Context { now, config: &environment.config, rng: &mut *cx.rng, effects: &mut actions };
        self.inner.handle(input, &mut context);
        for action in actions.drain(..) {
            match action {
                Action::Send { to, message } => self.send(now, to, message, cx),
                Action::SetTimer { after, timer } => {
                    cx.set_timer(scaled(environment.clock, after), NodeTimer::Protocol(timer))
                }
                Action::Disconnect(slot) => {
                    if let Some(peer) = environment.directory.peer(slot) {
                        cx.disconnect(peer);
                    }
                }
                Action::Emit(event) => self.note(now, Observed::Protocol(P::observe(&event))),
            }
        }
        self.actions = actions;
        environment.sink.add_all(&mut self.records);
        if self.shown != self.inner.neighbors() {
            self.inner.neighbors().clone_into(&mut self.shown);
            self.view.clear();
            self.view.extend(self.shown.iter().filter_map(|&slot| environment.directory.peer(slot)));
        }
    }

    fn send<E: Effects<Self>>(
        &mut self,
        now: Time,
        to: u32,
        message: P::Message,
        cx: &mut Context<'_, Self, E>,
    ) {
        let payload = P::carried(&message).map(|carried| carried.message);
        let size = P::wire_size(&message);
        let (bytes, kind) = (size.saturating_add(FRAME_OVERHEAD), P::kind(&message));
        self.note(now, Observed::Sent { to, payload, bytes, kind });
        match self.environment.directory.peer(to).filter(|_| to != self.slot) {
            Some(_) if size as usize > MAX_PACKET => {
                self.note(now, Observed::Lost { payload, reason: "too_long" });
            }
            Some(peer) => cx.send(peer, SocketMessage(message)),
            None => self.note(now, Observed::Lost { payload, reason: "no_such_peer" }),
        }
    }

    /// Stands still until `until`.
    fn pause<E: Effects<Self>>(&mut self, now: Time, until: Time, cx: &mut Context<'_, Self, E>) {
        if self.asleep.is_none()
            && let Some(busy) = P::hold(true)
        {
            self.feed(now, Input::Command(busy), cx);
        }
        self.asleep = self.asleep.max(Some(until));
        cx.set_timer(scaled(self.environment.clock, until.since(now)), NodeTimer::PauseEnd);
    }

    /// If the pause is over, takes what has waited, in order.
    fn wake<E: Effects<Self>>(&mut self, now: Time, cx: &mut Context<'_, Self, E>) {
        if self.asleep.is_none_or(|until| now < until) {
            return;
        }
        self.asleep = None;
        if let Some(free) = P::hold(false) {
            self.feed(now, Input::Command(free), cx);
        }
        while let Some(input) = self.waiting.pop_front() {
            self.feed(now, input, cx);
        }
    }

    /// The input in the words of the protocol; none for what is not the node's business.
    fn translate(&self, input: InputOf<Self>) -> Option<InputOf<P>> {
        let slot = |peer| self.environment.directory.slot(peer);
        Some(match input {
            Input::Start => Input::Start,
            Input::Command(NodeCommand::Publish(payload)) => Input::Command(P::publish(payload)),
            Input::Timer(NodeTimer::Protocol(timer)) => Input::Timer(timer),
            Input::Message { from, message } => Input::Message { from: slot(from)?, message: message.0 },
            Input::LinkDown(peer) => Input::LinkDown(slot(peer)?),
            Input::Command(NodeCommand::Pause(_)) | Input::Timer(NodeTimer::PauseEnd) => return None,
        })
    }
}

/// `span` of the plan on the machine's clock.
fn scaled(clock: Clock, span: Duration) -> Duration {
    Duration::from_nanos(u64::try_from(clock.real(span).as_nanos()).unwrap_or(u64::MAX))
}

impl<P: Runnable> Types for SocketNode<P> {
    type Peer = Peer;
    type Message = SocketMessage<P::Message>;
    type Timer = NodeTimer<P::Timer>;
    type Command = NodeCommand;
    /// What a node says is observed here, and goes nowhere else.
    type Event = ();
    type Config = ();
}

impl<P: Runnable> Protocol for SocketNode<P> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        let now = self.environment.clock.now();
        if now >= self.stop {
            return;
        }
        self.wake(now, cx);
        if let Input::Command(NodeCommand::Pause(until)) = input {
            return self.pause(now, until, cx);
        }
        let Some(input) = self.translate(input) else { return };
        match self.asleep {
            Some(_) => self.waiting.push_back(input),
            None => self.feed(now, input, cx),
        }
    }
}

impl<P: Runnable> Observe for SocketNode<P> {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> NodeCommand {
        NodeCommand::Publish(payload)
    }

    fn observe((): &()) -> Observation<Peer, u32> {
        Observation::Other
    }

    fn carried(message: &Self::Message) -> Option<Carried<u32>> {
        P::carried(&message.0)
    }

    fn wire_size(message: &Self::Message) -> u32 {
        P::wire_size(&message.0)
    }

    fn neighbors(&self) -> &[Peer] {
        &self.view
    }
}

/// Lets in nobody but the slots of the run.
pub(crate) struct RunMembers<P: Runnable>(pub(crate) Arc<NodeEnvironment<P>>);

impl<P: Runnable> Validator<SocketMessage<P::Message>> for RunMembers<P> {
    fn admits(&self, link: &LinkInfo) -> bool {
        self.0.directory.slot(link.peer).is_some()
    }

    fn validate(&self, _: &SocketMessage<P::Message>, _: &LinkInfo) -> Acceptance {
        Acceptance::Accept
    }
}
