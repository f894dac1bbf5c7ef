//! The node of a chat: flooding over the random walk, and the comparison of what was said before.
//!
//! The node knows which messages are kept, not the messages: they are on disk, which only the program touches. So what
//! a neighbor asks for goes to the program as an [`Event::Wanted`] and comes back as a [`HistoryCommand::Give`].

use floodnet_chat::history::HistoryMessage;
use floodnet_chat::signed_message::Envelope;
use floodnet_core::broadcast::{BroadcastCommand, Flood, flood};
use floodnet_core::node::{Config, Layer, Node};
use floodnet_core::overlay::{OverlayEvent, RandomWalk, random_walk};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::reconcile::exchange::LOOK;
use floodnet_core::reconcile::{Answer, Dated, Exchange, Key, Message as Comparison};
use floodnet_core::time::Duration;
use floodnet_core::wire::{DecodeError, Wire, take};
use floodnet_tcp::peer::{Asked, NamesSender, Peer};

/// The flooding part of a node.
pub(crate) type FloodNode = Node<RandomWalk<Peer>, Flood<Peer, Envelope>>;
type FloodMessage = <FloodNode as Types>::Message;

/// Links that a node of a chat asks for: after a loss of 30 % of all nodes at once nearly all that remain
/// hang together still.
const DEGREE: u32 = 6;
/// The most links that it holds.
const MAX_DEGREE: u32 = 12;
/// Those that it keeps whoever asks for their place: the first ones.
pub(crate) const KEPT: usize = MAX_DEGREE as usize / 2;
/// It compares what it holds with one of its neighbors so often, besides with each new one.
const ROUND: Duration = Duration::from_secs(30);

/// What nodes of a chat send each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Of the overlay, or a message that is flooded.
    Flood(FloodMessage),
    /// About what was said before.
    History(HistoryMessage),
}

/// Stands before messages about what was said before. Those of the node begin with 0 or 1, which says their layer.
const HISTORY: u8 = 2;

impl Wire for Message {
    fn size(&self) -> u32 {
        match self {
            Self::Flood(message) => message.size(),
            Self::History(message) => message.size().saturating_add(1),
        }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Flood(message) => message.encode(out),
            Self::History(message) => {
                out.push(HISTORY);
                message.encode(out);
            }
        }
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        if input.first() != Some(&HISTORY) {
            return FloodMessage::decode(input).map(Self::Flood);
        }
        take::<1>(input)?;
        HistoryMessage::decode(input).map(Self::History)
    }
}

impl NamesSender for Message {
    fn name_sender(&mut self, sender: Peer) {
        if let Self::Flood(message) = self {
            message.name_sender(sender);
        }
    }
    fn came_over_own_dial(&mut self) {
        if let Self::Flood(message) = self {
            message.came_over_own_dial();
        }
    }
    fn asks_for(&self, me: Peer) -> Option<Asked> {
        match self {
            Self::Flood(message) => message.asks_for(me),
            Self::History(_) => None,
        }
    }
    fn leave_out(&mut self) -> bool {
        match self {
            Self::Flood(message) => message.leave_out(),
            Self::History(_) => true,
        }
    }
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Of the flooding part.
    Flood(<FloodNode as Types>::Timer),
    /// Something about the history may be due.
    Look,
    /// To compare with some neighbor.
    Round,
}

/// What the program asks of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Of the flooding part.
    Flood(BroadcastCommand<Envelope>),
    /// About what was said before.
    History(HistoryCommand),
}

/// What the program says about the messages on its disk. A node without a history ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryCommand {
    /// These are there, from a former life.
    Remember(Vec<Key>),
    /// A new message is there.
    Kept(Key),
    /// A message that was caught up is there now, or is not wanted.
    Settle {
        /// Its key.
        key: Key,
        /// Whether it is there.
        is_kept: bool,
    },
    /// What a neighbor asked for.
    Give {
        /// The neighbor.
        to: Peer,
        /// What is there of it.
        envelopes: Vec<Envelope>,
        /// What is not, though the node thought so.
        missing: Vec<Key>,
    },
    /// All before this key is gone.
    ForgetBefore(Key),
}

/// What a node tells the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Of the flooding part.
    Flood(<FloodNode as Types>::Event),
    /// A message from before that this node has asked for; the program answers with [`HistoryCommand::Settle`].
    CaughtUp(Envelope),
    /// A neighbor asks for messages; the program answers with [`HistoryCommand::Give`].
    Wanted {
        /// The neighbor.
        from: Peer,
        /// Which ones: a few.
        keys: Vec<Key>,
    },
    /// A message about the history was ignored, for this reason.
    Ignored(&'static str),
}

/// A node of a chat, without a recording.
#[derive(Clone, Debug)]
pub(crate) struct PlainNode {
    flood: FloodNode,
    /// Which messages are kept; none if the user wants none.
    history: Option<Exchange<Peer>>,
    /// A [`Timer::Look`] is on its way.
    looks: bool,
}

/// Makes a node called `me`, before its first input.
pub(crate) fn plain_node(me: Peer, has_history: bool) -> PlainNode {
    let flood = Node::new(RandomWalk::new(me), Flood::default());
    PlainNode { flood, history: has_history.then(Exchange::default), looks: false }
}

impl Types for PlainNode {
    type Peer = Peer;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Event = Event;
    type Config = Settings;
}

impl PlainNode {
    pub(crate) fn neighbors(&self) -> &[Peer] {
        floodnet_core::observe::Observe::neighbors(&self.flood)
    }

    pub(crate) fn chosen(&self) -> usize {
        floodnet_core::observe::Observe::chosen(&self.flood)
    }

    /// Hands the flooding part an input, and tells the history about the neighbors.
    fn flood<E: Effects<Self>>(&mut self, input: InputOf<FloodNode>, cx: &mut Context<'_, Self, E>) {
        let mut actions: Vec<ActionOf<FloodNode>> = Vec::new();
        let mut inner = Context { now: cx.now, config: cx.config, rng: &mut *cx.rng, effects: &mut actions };
        self.flood.handle(input, &mut inner);
        for action in actions {
            match action {
                Action::Send { to, message } => cx.send(to, Message::Flood(message)),
                Action::SetTimer { after, timer } => cx.set_timer(after, Timer::Flood(timer)),
                Action::Disconnect(peer) => cx.disconnect(peer),
                Action::Emit(event) => {
                    match (&event, &mut self.history) {
                        (Layer::Overlay(OverlayEvent::Up(peer)), Some(history)) => {
                            history.up(*peer, cx.now, cx.rng);
                        }
                        (Layer::Overlay(OverlayEvent::Down(peer)), Some(history)) => history.down(*peer),
                        _ => {}
                    }
                    cx.emit(Event::Flood(event));
                }
            }
        }
    }

    fn on_history<E: Effects<Self>>(
        &mut self,
        from: Peer,
        message: HistoryMessage,
        cx: &mut Context<'_, Self, E>,
    ) {
        // Without a history there is nothing to compare; the neighbor may not know that.
        let Some(history) = &mut self.history else { return };
        match message {
            HistoryMessage::Comparison(message) => {
                let answer = history.receive(from, *message, cx.now);
                self.answer(from, answer, cx);
            }
            HistoryMessage::CaughtUp(envelope) => match history.arrive(from, envelope.key(), cx.now) {
                Ok(()) => {
                    cx.emit(Event::CaughtUp(envelope));
                    self.go_on(from, cx);
                }
                Err(answer) if answer == Answer::default() => self.go_on(from, cx),
                Err(answer) => self.answer(from, answer, cx),
            },
        }
    }

    fn go_on<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if let Some(next) = self.history.as_mut().and_then(|history| history.go_on(peer, cx.now)) {
            compare(peer, next, cx);
        }
    }

    fn answer<E: Effects<Self>>(&mut self, to: Peer, answer: Answer, cx: &mut Context<'_, Self, E>) {
        for message in answer.send {
            compare(to, message, cx);
        }
        if !answer.give.is_empty() {
            cx.emit(Event::Wanted { from: to, keys: answer.give });
        }
        if let Some(reason) = answer.ignored {
            cx.emit(Event::Ignored(reason));
        }
        if answer.is_over {
            self.part(to, cx);
        }
    }

    /// Ends the link to a neighbor that breaks the rules. To the overlay it is one that refuses the link: it is replaced,
    /// but not looked for again, as one that was lost would be.
    fn part<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        let message = Layer::Overlay(random_walk::Message::Refused { take_back: None });
        self.flood(Input::Message { from, message }, cx);
        cx.disconnect(from);
        self.flood(Input::LinkDown(from), cx);
    }

    fn on_timer<E: Effects<Self>>(&mut self, timer: Timer, cx: &mut Context<'_, Self, E>) {
        match timer {
            Timer::Flood(timer) => self.flood(Input::Timer(timer), cx),
            Timer::Look => {
                self.looks = false;
                let Some(history) = &mut self.history else { return };
                for (to, message) in history.look(cx.now, cx.rng) {
                    compare(to, message, cx);
                }
            }
            Timer::Round => {
                cx.set_timer(ROUND, Timer::Round);
                let Some(peer) = cx.rng.pick(self.neighbors()).copied() else { return };
                if let Some(message) = self.history.as_mut().and_then(|history| history.begin(peer, cx.rng)) {
                    compare(peer, message, cx);
                }
            }
        }
    }

    fn on_history_command<E: Effects<Self>>(
        &mut self,
        command: HistoryCommand,
        cx: &mut Context<'_, Self, E>,
    ) {
        let Some(history) = &mut self.history else { return };
        match command {
            HistoryCommand::Remember(keys) => history.extend(keys),
            HistoryCommand::Kept(key) => _ = history.insert(key),
            HistoryCommand::Settle { key, is_kept } => history.settle(key, is_kept, cx.now),
            HistoryCommand::ForgetBefore(floor) => history.forget_before(floor),
            HistoryCommand::Give { to, envelopes, missing } => {
                missing.iter().for_each(|key| history.remove(key));
                // To send something to a peer that is gone would dial it.
                if !self.neighbors().contains(&to) {
                    return;
                }
                for envelope in envelopes {
                    cx.send(to, Message::History(HistoryMessage::CaughtUp(envelope)));
                }
                if !missing.is_empty() {
                    compare(to, Comparison::Lack(missing), cx);
                }
            }
        }
    }

    /// Asks for a look while something is going on.
    fn wake<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if !self.looks && self.history.as_ref().is_some_and(Exchange::is_busy) {
            self.looks = true;
            cx.set_timer(LOOK, Timer::Look);
        }
    }
}

fn compare<E: Effects<PlainNode>>(to: Peer, message: Comparison, cx: &mut Context<'_, PlainNode, E>) {
    cx.send(to, Message::History(HistoryMessage::Comparison(Box::new(message))));
}

impl Protocol for PlainNode {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {
                self.flood(Input::Start, cx);
                if self.history.is_some() {
                    cx.set_timer(ROUND, Timer::Round);
                }
            }
            Input::Message { from, message: Message::Flood(message) } => {
                self.flood(Input::Message { from, message }, cx);
            }
            Input::Message { from, message: Message::History(message) } => self.on_history(from, message, cx),
            Input::Timer(timer) => self.on_timer(timer, cx),
            Input::LinkDown(peer) => self.flood(Input::LinkDown(peer), cx),
            Input::Command(Command::Flood(command)) => self.flood(Input::Command(command), cx),
            Input::Command(Command::History(command)) => self.on_history_command(command, cx),
        }
        self.wake(cx);
    }
}

/// The settings of a chat's node.
pub type Settings = Config<random_walk::Config<Peer>, flood::Config>;

/// The settings of a chat's node with these entry nodes.
#[must_use]
pub fn config(entry: Vec<Peer>) -> Settings {
    let overlay = random_walk::Config {
        degree: DEGREE,
        max_degree: Some(MAX_DEGREE),
        ..random_walk::Config::new(entry)
    };
    Config { overlay, broadcast: flood::Config::default() }
}
