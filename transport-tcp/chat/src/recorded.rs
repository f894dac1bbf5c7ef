//! A node of a chat, and the recording of what happens to it.

use floodnet_chat::history::HistoryMessage;
use floodnet_chat::signed_message::Envelope;
use floodnet_core::observe::{Carried, Observation, Observe, Payload};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, InputOf, Protocol, Types};
use floodnet_core::wire;
use floodnet_tcp::peer::Peer;

use crate::node::{Command, Event, FloodNode, Message, PlainNode, Settings, Timer, plain_node};
use crate::record::{self, Recorder};

/// A node of a chat, which may be recorded.
pub struct ChatNode {
    inner: PlainNode,
    recorder: Option<Recorder>,
    actions: Vec<ActionOf<PlainNode>>,
}

impl ChatNode {
    /// A node called `me`, with or without a history; what happens to it goes to `recorder`.
    #[must_use]
    pub fn new(me: Peer, has_history: bool, recorder: Option<Recorder>) -> Self {
        let mut recorder = recorder;
        if let Some(recorder) = &mut recorder {
            recorder.started(me, has_history);
        }
        Self { inner: plain_node(me, has_history), recorder, actions: Vec::new() }
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
    type Timer = Timer;
    type Command = Command;
    type Event = Event;
    type Config = Settings;
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
        Command::Flood(FloodNode::publish(payload))
    }

    fn hold(busy: bool) -> Option<Self::Command> {
        FloodNode::hold(busy).map(Command::Flood)
    }

    fn observe(event: &Self::Event) -> Observation<Peer, <Envelope as Payload>::Id> {
        match event {
            Event::Flood(event) => FloodNode::observe(event),
            // As important as one that was flooded.
            Event::CaughtUp(envelope) => Observation::Delivered { message: envelope.id(), hops: 1 },
            Event::Wanted { .. } => Observation::Other,
            Event::Ignored(reason) => Observation::Dropped(reason),
        }
    }

    fn carried(message: &Message) -> Option<Carried<<Envelope as Payload>::Id>> {
        match message {
            Message::Flood(message) => FloodNode::carried(message),
            Message::History(HistoryMessage::Comparison(_)) => None,
            Message::History(HistoryMessage::CaughtUp(envelope)) => {
                Some(Carried { message: envelope.id(), hops: 1 })
            }
        }
    }

    fn wire_size(message: &Message) -> u32 {
        wire::packet_size(message)
    }

    fn neighbors(&self) -> &[Peer] {
        self.inner.neighbors()
    }

    fn chosen(&self) -> usize {
        self.inner.chosen()
    }
}
