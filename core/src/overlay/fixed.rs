//! A static graph as overlay: no node chooses its neighbors.
//!
//! Over connections a link is up once both ends have heard of each other, and it is dialed again, with
//! growing pauses, whenever it was lost. Over datagrams a node takes its links for granted.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Overlay, OverlayEvent, View};
use crate::graph::Graph;
use crate::hostile::{Classes, MessageClass};
use crate::invariants::{Invariants, Promises, Stored};
use crate::protocol::{Context, Effects, Input, InputOf, Types};
use crate::wire::{DecodeError, Wire, take};

/// What the two ends of a link say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// "I am up; are you?"
    Hello,
    /// "I am up as well."
    Welcome,
}

impl Wire for Message {
    #[inline]
    fn size(&self) -> u32 {
        1
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Hello => 0,
            Self::Welcome => 1,
        });
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        match take(input)? {
            [0] => Ok(Self::Hello),
            [1] => Ok(Self::Welcome),
            [kind] => Err(DecodeError::Kind(kind)),
        }
    }
}

/// Timers of this overlay: at most one is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Dial the links that are down.
    Redial,
}

/// The graph to follow, and how its links come up.
#[derive(Clone, Debug)]
pub struct Config {
    /// The links; nodes are numbered as the slots are.
    pub graph: Arc<Graph>,
    /// Whether links are opened by a greeting (connections) or taken for granted (datagrams).
    pub greet: bool,
}

/// First pause before a lost link is dialed again.
const REDIAL_MS: u32 = 1_000;
/// The pause doubles up to this many times: 1 s, 2 s, .. 16 s.
const REDIAL_DOUBLINGS: u8 = 4;

/// A node with the neighbors of a static graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    me: u32,
    /// Those whose link is up, in ascending order.
    neighbors: View<u32>,
    attempts: u8,
    redial_pending: bool,
}

impl Fixed {
    /// Node number `me` of the graph.
    #[must_use]
    pub const fn new(me: u32) -> Self {
        Self { me, neighbors: View::new(), attempts: 0, redial_pending: false }
    }

    fn hold<E: Effects<Self>>(&mut self, peer: u32, cx: &mut Context<'_, Self, E>) {
        if self.neighbors.insert_ascending(peer) {
            self.attempts = 0;
            cx.emit(OverlayEvent::Up(peer));
        }
    }

    fn on_start<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        let adjacent = cx.config.graph.neighbors(self.me);
        if cx.config.greet {
            return self.greet(cx);
        }
        self.neighbors = View::from(adjacent);
        for &peer in adjacent {
            cx.emit(OverlayEvent::Up(peer));
        }
    }

    /// Greets every neighbor of the graph that is not held.
    fn greet<E: Effects<Self>>(&self, cx: &mut Context<'_, Self, E>) {
        for &peer in cx.config.graph.neighbors(self.me) {
            if self.neighbors.binary_search(&peer).is_err() {
                cx.send(peer, Message::Hello);
            }
        }
    }

    fn on_message<E: Effects<Self>>(&mut self, from: u32, message: Message, cx: &mut Context<'_, Self, E>) {
        if cx.config.graph.neighbors(self.me).binary_search(&from).is_err() {
            return cx.emit(OverlayEvent::Dropped("not_in_graph"));
        }
        self.hold(from, cx);
        if message == Message::Hello {
            cx.send(from, Message::Welcome);
        }
    }

    fn on_link_down<E: Effects<Self>>(&mut self, peer: u32, cx: &mut Context<'_, Self, E>) {
        if self.neighbors.remove_in_order(peer).is_some() {
            cx.emit(OverlayEvent::Down(peer));
        }
        self.watch(cx);
    }

    fn on_redial<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.redial_pending = false;
        if self.neighbors.len() < cx.config.graph.neighbors(self.me).len() {
            self.attempts = self.attempts.saturating_add(1);
            cx.emit(OverlayEvent::Repair);
            self.greet(cx);
        }
    }

    /// A dial that fails comes back as `LinkDown`, which sets the next timer.
    fn watch<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.redial_pending {
            return;
        }
        self.redial_pending = true;
        cx.set_timer_about(REDIAL_MS << self.attempts.min(REDIAL_DOUBLINGS), Timer::Redial);
    }
}

impl Types for Fixed {
    type Peer = u32;
    type Message = Message;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<u32>;
    type Config = Config;
}

impl Overlay for Fixed {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => self.on_start(cx),
            Input::Command(never) => match never {},
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(Timer::Redial) => self.on_redial(cx),
            Input::LinkDown(peer) => self.on_link_down(peer, cx),
        }
    }

    #[inline]
    fn neighbors(&self) -> &[u32] {
        &self.neighbors
    }

    /// A greeting finds out whether a neighbor is up.
    fn class(_: &Message) -> MessageClass {
        MessageClass::Ping
    }

    fn classes(_: &Config) -> Classes {
        Classes::of(&[MessageClass::Ping])
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Hello => "hello",
            Message::Welcome => "welcome",
        }
    }
}

impl Invariants for Fixed {
    fn promise(_: &Config, promises: &mut Promises) {
        promises.timers = Some(1);
        promises.symmetric = true;
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        let max = Some(config.graph.neighbors(self.me).len());
        report(Stored { what: "neighbors", count: self.neighbors.len(), max });
    }

    fn static_neighbors(config: &Config, peer: u32) -> Option<&[u32]> {
        Some(config.graph.neighbors(peer))
    }
}
