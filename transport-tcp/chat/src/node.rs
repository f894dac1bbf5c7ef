//! The node of a chat: flooding over the random walk. What happens to it can be recorded.

use floodnet_chat::envelope::Envelope;
use floodnet_core::broadcast::{BroadcastCommand, Flood, flood};
use floodnet_core::node::{Config, Node};
use floodnet_core::observe::{Carried, Observation, Observe, Payload};
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, InputOf, Protocol, Types};
use floodnet_tcp::peer::Peer;

use crate::record::{self, Recorder};

pub(crate) type Inner = Node<RandomWalk<Peer>, Flood<Peer, Envelope>>;
/// What nodes of a chat send each other.
pub type Message = <Inner as Types>::Message;
/// What such a node tells.
pub type Event = <Inner as Types>::Event;

/// Links that a node of a chat asks for: after a loss of 30 % of all nodes at once nearly all that remain
/// hang together still.
const DEGREE: u32 = 6;
/// The most links that it holds.
const MAX_DEGREE: u32 = 12;

/// A node of a chat.
pub struct ChatNode {
    inner: Inner,
    recorder: Option<Recorder>,
    actions: Vec<ActionOf<Inner>>,
}

impl ChatNode {
    /// A node called `me`; what happens to it goes to `recorder`.
    #[must_use]
    pub fn new(me: Peer, recorder: Option<Recorder>) -> Self {
        let mut recorder = recorder;
        if let Some(recorder) = &mut recorder {
            recorder.started(me);
        }
        Self { inner: inner(me), recorder, actions: Vec::new() }
    }
}

impl std::fmt::Debug for ChatNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatNode").field("inner", &self.inner).finish_non_exhaustive()
    }
}

pub(crate) fn inner(me: Peer) -> Inner {
    Node::new(RandomWalk::new(me), Flood::default())
}

/// The settings of a chat's node with these entry nodes.
#[must_use]
pub fn config(entry: Vec<Peer>) -> Config<random_walk::Config<Peer>, flood::Config> {
    let overlay = random_walk::Config {
        degree: DEGREE,
        max_degree: Some(MAX_DEGREE),
        ..random_walk::Config::new(entry)
    };
    Config { overlay, broadcast: flood::Config::default() }
}

impl Types for ChatNode {
    type Peer = Peer;
    type Message = Message;
    type Timer = <Inner as Types>::Timer;
    type Command = BroadcastCommand<Envelope>;
    type Event = Event;
    type Config = <Inner as Types>::Config;
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
        Inner::publish(payload)
    }

    fn hold(busy: bool) -> Option<Self::Command> {
        Inner::hold(busy)
    }

    fn observe(event: &Self::Event) -> Observation<Peer, <Envelope as Payload>::Id> {
        Inner::observe(event)
    }

    fn carried(message: &Message) -> Option<Carried<<Envelope as Payload>::Id>> {
        Inner::carried(message)
    }

    fn wire_size(message: &Message) -> u32 {
        Inner::wire_size(message)
    }

    fn neighbors(&self) -> &[Peer] {
        self.inner.neighbors()
    }
}
