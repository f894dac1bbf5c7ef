//! `HyParView`: a small active view of neighbors, and a larger passive view of peers to replace them from.
//!
//! Leitão, Pereira and Rodrigues, "HyParView: a membership protocol for reliable gossip-based broadcast", DSN 2007;
//! the numbers of sections below are those of that paper.
//!
//! - **Joining** (4.2). A newcomer sends [`Join`](Message::Join) to a contact, which takes it and sends a
//!   [`ForwardJoin`](Message::ForwardJoin) on a random walk to each of its neighbors. Where a walk ends, the node takes
//!   the newcomer; a few steps before, a node notes it in its passive view. A full node lets a random neighbor go.
//! - **The active view** (4.3) is symmetric. A node that lost a neighbor asks peers of its passive view one after
//!   another to take its place: [`Neighbor`](Message::Neighbor). Who has no neighbor left asks urgently, and is taken
//!   always; else only who has room takes it.
//! - **The passive view** (4.4) is renewed by shuffles: a list of peers walks at random, and the node where the walk
//!   ends answers with a list of its own.
//!
//! The paper takes connections as failure detectors, so this overlay needs a transport that has them (streams).
//!
//! **What the paper leaves open.** How long a shuffle walks: as a join. How long a period is: 10 s. What is done when
//! a contact does not answer, or an asked peer: the node asks again, or another, with growing pauses. What is done when
//! no peer of the passive view is left: the node joins again through an entry node. As in the paper nothing joins the
//! halves of a network that was cut for long: each half has healed by itself, and knows nobody on the other side.

mod active;
mod hostile;
mod message;
mod passive;
mod shuffle;
#[cfg(feature = "tables")]
mod table;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use message::{MOST_LISTED, Message, Peers, Shuffle};
use passive::Passive;
#[cfg(feature = "tables")]
pub use table::Table;

use super::{Overlay, OverlayEvent, View};
use crate::hostile::{Classes, MessageClass, Pretense};
use crate::invariants::{Invariants, Promises, Stored, Walk};
use crate::protocol::{Context, Effects, Input, InputOf, Types};
use crate::time::Duration;

/// Timers of this overlay: at most one of each is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Send a list of peers on its walk.
    Shuffle,
    /// Ask again if there are still too few neighbors.
    Repair,
}

/// Settings of the overlay; [`Config::new`] gives the paper's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<Peer> {
    /// Neighbors that a node wants, and takes at most. Default 5, which is the paper's fanout and one.
    pub active: u32,
    /// Peers that it knows besides. Default 30.
    pub passive: u32,
    /// Steps of a join request: the active random walk length. Default 6.
    pub join_walk: u8,
    /// Steps left where it is noted in the passive view: the passive random walk length. Default 3.
    pub note_at: u8,
    /// Steps of a shuffle. Default 6.
    pub shuffle_walk: u8,
    /// Time between the shuffles of a node. Default 10 s.
    pub shuffle_every: Duration,
    /// Neighbors in a shuffle. Default 3.
    pub shuffle_active: u32,
    /// Peers of the passive view in it. Default 4.
    pub shuffle_passive: u32,
    /// Whether peers of the passive view take the place of lost neighbors. Default true.
    pub promote: bool,
    /// Nodes that every newcomer knows.
    pub entry: Vec<Peer>,
}

impl<Peer> Config<Peer> {
    /// The paper's settings (5.1), with these entry nodes.
    #[must_use]
    pub const fn new(entry: Vec<Peer>) -> Self {
        Self {
            active: 5,
            passive: 30,
            join_walk: 6,
            note_at: 3,
            shuffle_walk: 6,
            shuffle_every: Duration::from_secs(10),
            shuffle_active: 3,
            shuffle_passive: 4,
            promote: true,
            entry,
        }
    }
}

/// First pause before a node that lacks neighbors asks again: longer than a walk of 6 hops and a dial over slow links.
const REPAIR_MS: u32 = 2_000;
/// The pause doubles up to this many times: 2 s, 4 s, .. 64 s.
const REPAIR_DOUBLINGS: u8 = 5;

/// A node's two views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyParView<Peer> {
    me: Peer,
    active: View<Peer>,
    passive: Passive<Peer>,
    /// Who was asked to be a neighbor and has not answered.
    asked: Option<Peer>,
    /// The peers in the shuffle that has not been answered.
    sent: Option<Box<[Peer]>>,
    /// Repairs in vain, one after another.
    attempts: u8,
    repair_pending: bool,
}

impl<Peer: Copy + Ord> HyParView<Peer> {
    /// A node that is called `me` and knows no other node yet.
    pub const fn new(me: Peer) -> Self {
        Self {
            me,
            active: View::new(),
            passive: Passive::new(),
            asked: None,
            sent: None,
            attempts: 0,
            repair_pending: false,
        }
    }

    /// The peers known besides the neighbors.
    #[must_use]
    pub fn passive(&self) -> &[Peer] {
        self.passive.as_slice()
    }

    fn on_start<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.join(cx);
        self.watch(cx);
        cx.set_first_timer(cx.config.shuffle_every, Timer::Shuffle);
    }

    /// Asks an entry node to be let in.
    fn join<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        let is_open = |&&peer: &&Peer| peer != self.me && !self.active.contains(peer);
        if let Some(&contact) = cx.rng.pick_of(cx.config.entry.iter().filter(is_open)) {
            self.asked = Some(contact);
            cx.send(contact, Message::Join);
        }
    }

    fn on_message<E: Effects<Self>>(
        &mut self,
        from: Peer,
        message: Message<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        match message {
            Message::Join => self.on_join(from, cx),
            Message::ForwardJoin { joiner, hop_limit } => self.on_forward_join(from, joiner, hop_limit, cx),
            Message::Neighbor { urgent } => self.on_neighbor(from, urgent, cx),
            Message::Accepted => self.on_accepted(from, cx),
            Message::Refused => self.on_refused(from, cx),
            Message::Disconnect => self.on_disconnect(from, cx),
            Message::Shuffle(shuffle) => self.on_shuffle(from, shuffle, cx),
            Message::ShuffleReply(peers) => self.on_shuffle_reply(&peers.0, cx),
        }
    }

    fn on_repair<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.repair_pending = false;
        if !self.lacks(cx.config) {
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        if let Some(silent) = self.asked.take() {
            self.passive.remove(silent);
        }
        // Nobody is left to ask. The nodes of a small island know only each other: an entry node leads out of it.
        if self.passive.is_empty() || self.active.is_empty() && self.attempts > 1 {
            self.join(cx);
        } else {
            self.passive.begin_round();
            self.promote(cx);
        }
        self.watch(cx);
    }

    /// Sees to it that a timer runs while neighbors are missing.
    fn watch<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.repair_pending || !self.lacks(cx.config) {
            return;
        }
        self.repair_pending = true;
        cx.set_timer_about(REPAIR_MS << self.attempts.min(REPAIR_DOUBLINGS), Timer::Repair);
    }

    fn on_link_down<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        let was_neighbor = self.active.remove(peer);
        if was_neighbor {
            cx.emit(OverlayEvent::Down(peer));
            self.passive.begin_round();
        }
        // Others say goodbye behind a shuffle, and are well.
        if self.asked == Some(peer) {
            self.asked = None;
            self.passive.remove(peer);
        }
        self.promote(cx);
        self.watch(cx);
    }
}

impl<Peer: Copy + Ord> Types for HyParView<Peer> {
    type Peer = Peer;
    type Message = Message<Peer>;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<Peer>;
    type Config = Config<Peer>;
}

impl<Peer: Copy + Ord> Overlay for HyParView<Peer> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => self.on_start(cx),
            Input::Command(never) => match never {},
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(Timer::Shuffle) => self.on_shuffle_timer(cx),
            Input::Timer(Timer::Repair) => self.on_repair(cx),
            Input::LinkDown(peer) => self.on_link_down(peer, cx),
        }
    }

    #[inline]
    fn neighbors(&self) -> &[Peer] {
        &self.active
    }

    fn class(message: &Message<Peer>) -> MessageClass {
        message.class()
    }

    fn classes(_: &Config<Peer>) -> Classes {
        hostile::CLASSES
    }

    fn forges(_: &Config<Peer>) -> Classes {
        hostile::CLASSES
    }

    fn forge(_: &Config<Peer>, class: MessageClass, pretense: &Pretense<Peer>) -> Option<Message<Peer>> {
        Message::forged(class, pretense)
    }

    fn lies(_: &Config<Peer>) -> Classes {
        hostile::LIES
    }

    fn lie(message: &mut Message<Peer>, named: Peer) -> bool {
        message.name(named)
    }

    fn kind(message: &Message<Peer>) -> &'static str {
        message.kind()
    }
}

impl<Peer: Copy + Ord> Invariants for HyParView<Peer> {
    fn promise(config: &Config<Peer>, promises: &mut Promises) {
        promises.hop_limit = Some(config.join_walk.max(config.shuffle_walk));
        // One of each of its two kinds.
        promises.timers = Some(2);
        promises.symmetric = true;
    }

    fn walk(message: &Message<Peer>) -> Option<Walk<Peer>> {
        match message {
            Message::ForwardJoin { joiner, hop_limit } => {
                Some(Walk { origin: *joiner, hop_limit: *hop_limit })
            }
            Message::Shuffle(shuffle) => Some(Walk { origin: shuffle.origin, hop_limit: shuffle.hop_limit }),
            _ => None,
        }
    }

    fn stored(&self, config: &Config<Peer>, report: &mut dyn FnMut(Stored)) {
        let max = Some(config.active as usize);
        report(Stored { what: "neighbors", count: self.active.len(), max });
        let max = Some(config.passive as usize);
        report(Stored { what: "peers known", count: self.passive.len(), max });
        let max = Some(MOST_LISTED);
        report(Stored { what: "peers told", count: self.sent.as_ref().map_or(0, |sent| sent.len()), max });
    }
}
