//! A node of a chat, and the recording of what happens to it.

use floodnet_chat::signed_message::Envelope;
use floodnet_core::broadcast::BroadcastCommand;
use floodnet_core::observe::{Carried, Observation, Observe, Payload};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, InputOf, Protocol, Types};
use floodnet_tcp::peer::Peer;

use crate::node::{Event, Message, PlainNode, plain_node};
use crate::record::{self, Recorder};

/// A node of a chat, which may be recorded.
pub struct ChatNode {
    inner: PlainNode,
    recorder: Option<Recorder>,
    actions: Vec<ActionOf<PlainNode>>,
}

impl ChatNode {
    /// A node called `me`; what happens to it goes to `recorder`.
    #[must_use]
    pub fn new(me: Peer, recorder: Option<Recorder>) -> Self {
        let mut recorder = recorder;
        if let Some(recorder) = &mut recorder {
            recorder.started(me);
        }
        Self { inner: plain_node(me), recorder, actions: Vec::new() }
    }
}

impl std::fmt::Debug for ChatNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatNode").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl Types for ChatNode {
    type Peer = Peer;
    type Message = Message;
    type Timer = <PlainNode as Types>::Timer;
    type Command = BroadcastCommand<Envelope>;
    type Event = Event;
    type Config = <PlainNode as Types>::Config;
}

impl Protocol for ChatNode {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        let input_text = self.recorder.as_ref().map(|_| record::input_text(&input));
        let mut actions = std::mem::take(&mut self.actions);
        let mut inside = Context { now: cx.now, config: cx.config, rng: &mut *cx.rng, effects: &mut actions };
        self.inner.handle(input, &mut inside);
        if let (Some(recorder), Some(input)) = (&mut self.recorder, input_text) {
            recorder.happened(cx.now, &input, &actions);
        }
        for action in actions.drain(..) {
            match action {
                Action::Send { to, message } => cx.send(to, message),
                Action::SetTimer { after, timer } => cx.set_timer(after, timer),
                Action::Disconnect(peer) => cx.disconnect(peer),
                Action::Emit(event) => cx.emit(event),
            }
        }
        self.actions = actions;
    }
}

impl Observe for ChatNode {
    type Payload = Envelope;

    fn publish(payload: Envelope) -> Self::Command {
        PlainNode::publish(payload)
    }

    fn hold(busy: bool) -> Option<Self::Command> {
        PlainNode::hold(busy)
    }

    fn observe(event: &Self::Event) -> Observation<Peer, <Envelope as Payload>::Id> {
        PlainNode::observe(event)
    }

    fn carried(message: &Message) -> Option<Carried<<Envelope as Payload>::Id>> {
        PlainNode::carried(message)
    }

    fn wire_size(message: &Message) -> u32 {
        PlainNode::wire_size(message)
    }

    fn neighbors(&self) -> &[Peer] {
        self.inner.neighbors()
    }
}
