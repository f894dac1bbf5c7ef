//! The tutorial's overlay: a newcomer's JOIN requests bounce by random walk until nodes accept them.
//!
//! A newcomer sends `degree` requests to an entry node, or to several in turn. A node that gets a request and
//! does not accept it passes it on to one random neighbor, with one hop less. A node that accepts it holds the
//! link from then on, connects to the joiner and sends a [`JoinAck`](Message::JoinAck); the joiner holds the link
//! when that arrives. To replace a lost neighbor a node starts a new walk for itself.
//!
//! Source: "Peer to Peer Chat Network in Go", part 3. Its requests carry ids because its nodes suppress
//! duplicates of every packet; here a request is not flooded, so it needs none.
//!
//! Three faults of the original are fixed, each by a setting of [`Config`]:
//! - Requests die in a small network, and the joiner never asks again: [`retry`](Config::retry).
//! - A node that lost its last neighbor can never come back, nor can a few nodes that have only each
//!   other left; and a network that was cut stays in two, because each side has healed by itself:
//!   [`repair`](Config::repair). A node tries lost neighbors again now and then, since they may only have been
//!   cut off.
//! - Degrees grow without bound, most of all the entry node's: [`max_degree`](Config::max_degree). With
//!   such a bound each newcomer brings as much room as it takes, the network near the entry node is full,
//!   and walks from there would die. So the last node of a walk takes the joiner all the same, and when it
//!   is full it lets a random neighbor go, which has links to spare or asks for another (the rule of
//!   `HyParView`, section 4.2 of Leitão, Pereira and Rodrigues 2007).

mod lost_neighbors;
mod message;
#[cfg(feature = "tables")]
mod table;

use alloc::vec::Vec;

use arrayvec::ArrayVec;
use lost_neighbors::Lost;
pub use message::Message;
#[cfg(feature = "tables")]
pub use table::Table;

use super::{Overlay, OverlayEvent, View};
use crate::invariants::{Invariants, Promises, Stored, Walk};
use crate::protocol::{Context, Effects, Input, InputOf, Types};
use crate::time::Duration;

/// Timers of this overlay: at most one of each is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Ask again if there are still too few neighbors.
    Retry,
    /// Try a lost neighbor again.
    Revisit,
}

/// When a node with `degree` neighbors or more accepts a join request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "tables",
    derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema),
    serde(rename_all = "snake_case")
)]
pub enum Accept {
    // The tutorial's; below `degree` neighbors it accepts always.
    /// With probability 1 / (neighbors + 1).
    #[default]
    Inverse,
    // Whenever there is room, that is below `max_degree`.
    /// Always.
    Always,
    // No hop is left, or there is no node to pass the request on to.
    /// Only where the walk ends.
    Endpoint,
}

/// Settings of the overlay; [`Config::new`] gives the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<Peer> {
    /// Links that a newcomer asks for. Default 5 (the tutorial has 3).
    pub degree: u32,
    /// The most links; none in the tutorial. Default twice the degree. A full node passes requests on, and
    /// at the end of a walk takes the joiner in place of a random neighbor.
    pub max_degree: Option<u32>,
    /// How many times a request is passed on. Default 5 (tutorial).
    pub hop_limit: u8,
    /// Ask again, with growing pauses, until there are `degree` neighbors. Default true.
    pub retry: bool,
    /// Come back through entry nodes and remembered peers when the last neighbor is lost, or (with `retry`)
    /// when the neighbors were asked in vain; and try lost neighbors again. Default true.
    pub repair: bool,
    /// When a node takes the joiner of a request that reaches it.
    pub accept: Accept,
    /// Nodes that every newcomer knows. Its requests go to them in turn.
    pub entry: Vec<Peer>,
}

impl<Peer> Config<Peer> {
    /// The defaults, with these entry nodes.
    #[must_use]
    pub const fn new(entry: Vec<Peer>) -> Self {
        Self {
            degree: 5,
            max_degree: Some(10),
            hop_limit: 5,
            retry: true,
            repair: true,
            accept: Accept::Inverse,
            entry,
        }
    }

    /// The tutorial's behavior: degree 3, no upper bound, none of the faults fixed.
    #[must_use]
    pub fn tutorial(entry: Vec<Peer>) -> Self {
        Self { degree: 3, max_degree: None, retry: false, repair: false, ..Self::new(entry) }
    }
}

/// Peers that a node remembers to come back through (a guess; enough that one of them is likely up).
const REMEMBERED: usize = 8;
/// First pause before asking again: longer than a walk of 5 hops and a dial over slow links.
const RETRY_MS: u32 = 2_000;
/// The pause doubles up to this many times: 2 s, 4 s, .. 64 s.
const RETRY_DOUBLINGS: u8 = 5;

/// A node's view of the overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomWalk<Peer> {
    me: Peer,
    neighbors: View<Peer>,
    /// Peers met lately, the latest last: neighbors and joiners.
    remembered: ArrayVec<Peer, REMEMBERED>,
    lost: Lost<Peer>,
    /// One more than the place, among the contacts, of the one asked last; 0 when none was asked since there
    /// was a new neighbor.
    asked: u16,
    attempts: u8,
    retry_pending: bool,
    revisit_pending: bool,
    was_joined: bool,
}

impl<Peer: Copy + Ord> RandomWalk<Peer> {
    /// A node that is called `me` and knows no other node yet.
    pub const fn new(me: Peer) -> Self {
        Self {
            me,
            neighbors: View::new(),
            remembered: ArrayVec::new_const(),
            lost: Lost::new(),
            asked: 0,
            attempts: 0,
            retry_pending: false,
            revisit_pending: false,
            was_joined: false,
        }
    }

    fn is_neighbor(&self, peer: Peer) -> bool {
        self.neighbors.contains(peer)
    }

    fn is_full(&self, config: &Config<Peer>) -> bool {
        config.max_degree.is_some_and(|max| self.neighbors.len() >= max as usize)
    }

    fn on_join<E: Effects<Self>>(&mut self, joiner: Peer, hop_limit: u8, cx: &mut Context<'_, Self, E>) {
        let hop_limit = hop_limit.min(cx.config.hop_limit);
        if joiner != self.me {
            self.remember(joiner);
        }
        let can_take = joiner != self.me && !self.is_neighbor(joiner);
        if hop_limit == 0 {
            return if can_take && self.takes_last(cx.config) {
                self.accept_last(joiner, cx);
            } else {
                cx.emit(OverlayEvent::Dropped("hop_limit"));
            };
        }
        if can_take && !self.is_full(cx.config) && self.accepts(cx) {
            return self.accept(joiner, cx);
        }
        match self.random_neighbor_but(joiner, cx) {
            Some(next) => cx.send(next, Message::Join { joiner, hop_limit: hop_limit - 1 }),
            // A walk that cannot go on has ended: else the first two nodes would never meet.
            None if can_take && self.takes_last(cx.config) => self.accept_last(joiner, cx),
            None => cx.emit(OverlayEvent::Dropped("no_neighbor")),
        }
    }

    /// Whether a node on the way takes the joiner.
    fn accepts<E: Effects<Self>>(&self, cx: &mut Context<'_, Self, E>) -> bool {
        let held = u32::try_from(self.neighbors.len()).unwrap_or(u32::MAX);
        match cx.config.accept {
            Accept::Always => true,
            Accept::Endpoint => false,
            Accept::Inverse => held < cx.config.degree || cx.rng.chance(1, held.saturating_add(1)),
        }
    }

    /// Whether the last node of a walk takes the joiner. The tutorial's drops the request.
    fn takes_last(&self, config: &Config<Peer>) -> bool {
        config.max_degree.is_some() || config.accept == Accept::Endpoint
    }

    /// Takes the joiner at the end of its walk, in place of a random neighbor if there is no room.
    fn accept_last<E: Effects<Self>>(&mut self, joiner: Peer, cx: &mut Context<'_, Self, E>) {
        if self.is_full(cx.config)
            && let Some(&displaced) = cx.rng.pick(&self.neighbors)
        {
            self.remove(displaced, cx);
            Self::let_go(displaced, cx);
        }
        self.accept(joiner, cx);
    }

    /// Tells `peer` that there is no room for it, so that it does not take the lost link for a partition.
    fn let_go<E: Effects<Self>>(peer: Peer, cx: &mut Context<'_, Self, E>) {
        cx.send(peer, Message::Displaced);
        cx.disconnect(peer);
    }

    fn accept<E: Effects<Self>>(&mut self, joiner: Peer, cx: &mut Context<'_, Self, E>) {
        self.add(joiner, cx);
        cx.send(joiner, Message::JoinAck);
    }

    fn on_join_ack<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        if from == self.me {
            cx.emit(OverlayEvent::Dropped("own_ack"));
        } else if self.is_neighbor(from) {
            // Both had asked for the other: one link is enough, and both hold it.
            cx.emit(OverlayEvent::Dropped("already_neighbor"));
        } else if self.is_full(cx.config) {
            cx.emit(OverlayEvent::Dropped("full"));
            Self::let_go(from, cx);
        } else {
            self.add(from, cx);
        }
    }

    fn on_link_down<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if self.remove(peer, cx) {
            if cx.config.repair {
                self.miss(peer, cx);
            }
            self.replace(cx);
        } else {
            // A dial that failed, or a contact that hung up: the timers see to it, and ask another.
            self.lost.failed(peer);
            if self.remembered.len() > 1 {
                self.remembered.retain(|known| *known != peer);
            }
        }
        self.watch_lost(cx);
    }

    /// Will try `peer` again: it may only be cut off. With the first of several, an entry node as well: who
    /// came up on the far side of a cut never had a neighbor on the near side.
    fn miss<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if self.lost.is_empty()
            && let Some(&entry) = cx.rng.pick(&cx.config.entry)
            && entry != self.me
            && !self.is_neighbor(entry)
        {
            self.lost.add(entry);
        }
        self.lost.add(peer);
    }

    fn on_displaced<E: Effects<Self>>(&mut self, from: Peer, cx: &mut Context<'_, Self, E>) {
        if !self.remove(from, cx) {
            return;
        }
        // In a full network each replacement displaces another node. With a pause between them that goes on
        // at the pace of the timers, not of the links.
        if self.neighbors.is_empty() { self.replace(cx) } else { self.watch(cx) }
    }

    /// No longer holds `peer`. Says whether it did.
    fn remove<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) -> bool {
        let held = self.neighbors.remove(peer);
        if held {
            cx.emit(OverlayEvent::Down(peer));
        }
        held
    }

    /// Asks for a link in place of one that was lost.
    fn replace<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        // The tutorial replaces each lost link; who retries asks for what it lacks, and for no more.
        if !self.neighbors.is_empty() {
            if self.lacks(cx.config) > 0 || !cx.config.retry {
                cx.emit(OverlayEvent::Repair);
                self.ask_neighbor(cx);
            }
        } else if cx.config.repair {
            self.ask_contact(cx);
        }
        self.watch(cx);
    }

    fn on_revisit<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.revisit_pending = false;
        if let Some(peer) = self.lost.next().filter(|&peer| !self.is_neighbor(peer)) {
            cx.emit(OverlayEvent::Repair);
            cx.send(peer, Message::Join { joiner: self.me, hop_limit: cx.config.hop_limit });
        }
        self.watch_lost(cx);
    }

    /// Sees to it that a timer runs while there is a lost neighbor to try.
    fn watch_lost<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.revisit_pending {
            return;
        }
        if let Some(pause) = self.lost.pause_ms() {
            self.revisit_pending = true;
            Self::set_timer_about(pause, Timer::Revisit, cx);
        }
    }

    /// Sets a timer for half to one and a half pauses, so that nodes hit by one fault do not act in step.
    fn set_timer_about<E: Effects<Self>>(pause_ms: u32, timer: Timer, cx: &mut Context<'_, Self, E>) {
        let after = u64::from(pause_ms / 2) + u64::from(cx.below(pause_ms));
        cx.set_timer(Duration::from_millis(after), timer);
    }

    fn on_retry<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.retry_pending = false;
        if !self.wants(cx.config) {
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        if !self.ask_contact_again(cx) {
            for _ in 0..self.lacks(cx.config) {
                self.ask_neighbor(cx);
            }
        }
        self.watch(cx);
    }

    /// Asks a contact, if neighbors cannot help: there are none, or asking them was in vain. The nodes of a
    /// small island know only each other as neighbors, and would ask in a circle without end.
    fn ask_contact_again<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> bool {
        let in_vain = cx.config.repair && self.attempts > 1;
        (self.neighbors.is_empty() || in_vain) && self.ask_contact(cx)
    }

    /// How many neighbors are missing.
    fn lacks(&self, config: &Config<Peer>) -> u32 {
        config.degree.saturating_sub(u32::try_from(self.neighbors.len()).unwrap_or(u32::MAX))
    }

    /// Whether this node should ask on its own account.
    fn wants(&self, config: &Config<Peer>) -> bool {
        if self.neighbors.is_empty() {
            let mended = if self.was_joined { config.repair } else { config.retry };
            return mended && self.contacts(config).next().is_some();
        }
        config.retry && self.lacks(config) > 0
    }

    /// Sees to it that a timer runs while there is something to ask for.
    fn watch<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.retry_pending || !self.wants(cx.config) {
            return;
        }
        self.retry_pending = true;
        Self::set_timer_about(RETRY_MS << self.attempts.min(RETRY_DOUBLINGS), Timer::Retry, cx);
    }

    fn contacts<'a>(&'a self, config: &'a Config<Peer>) -> impl Iterator<Item = Peer> + 'a {
        let remembered =
            self.remembered.iter().filter(|peer| self.was_joined && !config.entry.contains(peer));
        let known = config.entry.iter().chain(remembered).copied();
        known.filter(|&peer| peer != self.me && !self.is_neighbor(peer))
    }

    /// Sends a request for each missing link. Says whether there is a contact. Who comes back sends them to one,
    /// an entry node or a remembered peer. A newcomer sends them to the entry nodes in turn: each alone would
    /// gather a network of its own when many come at once, and these would not know each other.
    fn ask_contact<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> bool {
        let Some(mut contact) = self.next_contact(cx) else { return false };
        if self.was_joined && self.neighbors.is_empty() {
            cx.emit(OverlayEvent::Repair);
        }
        let in_turn = !self.was_joined && cx.config.entry.len() > 1;
        for _ in 0..self.lacks(cx.config) {
            cx.send(contact, Message::Join { joiner: self.me, hop_limit: cx.config.hop_limit });
            if in_turn {
                contact = self.next_contact(cx).unwrap_or(contact);
            }
        }
        true
    }

    /// Any contact at first, from there on one after the other: where one of a few is up, it is found in as
    /// many tries at most. By lot each time, who has two might ask the dead one five times, for a minute.
    fn next_contact<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) -> Option<Peer> {
        let count = u16::try_from(self.contacts(cx.config).count()).unwrap_or(u16::MAX);
        let turn = match self.asked {
            0 => cx.below(count.into()) as u16,
            asked => asked.checked_rem(count)?,
        };
        let contact = self.contacts(cx.config).nth(turn.into())?;
        self.asked = turn + 1;
        Some(contact)
    }

    /// Sends one request for this node into the walk.
    fn ask_neighbor<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if let Some(&next) = cx.rng.pick(&self.neighbors) {
            cx.send(next, Message::Join { joiner: self.me, hop_limit: cx.config.hop_limit });
        }
    }

    fn random_neighbor_but<E: Effects<Self>>(
        &self,
        not: Peer,
        cx: &mut Context<'_, Self, E>,
    ) -> Option<Peer> {
        let hole = self.neighbors.position(not);
        let others = self.neighbors.len() - usize::from(hole.is_some());
        if others == 0 {
            return None;
        }
        let mut chosen = cx.below(u32::try_from(others).unwrap_or(u32::MAX)) as usize;
        if hole.is_some_and(|hole| chosen >= hole) {
            chosen += 1;
        }
        self.neighbors.get(chosen).copied()
    }

    fn add<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        self.neighbors.push(peer);
        self.was_joined = true;
        (self.attempts, self.asked) = (0, 0);
        self.remember(peer);
        self.lost.forget(peer);
        cx.emit(OverlayEvent::Up(peer));
        self.watch(cx);
    }

    fn remember(&mut self, peer: Peer) {
        if let Some(place) = self.remembered.iter().position(|&known| known == peer) {
            self.remembered.remove(place);
        } else if self.remembered.is_full() {
            self.remembered.remove(0);
        }
        self.remembered.push(peer);
    }
}

impl<Peer: Copy + Ord> Types for RandomWalk<Peer> {
    type Peer = Peer;
    type Message = Message<Peer>;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<Peer>;
    type Config = Config<Peer>;
}

impl<Peer: Copy + Ord> Overlay for RandomWalk<Peer> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {
                self.ask_contact(cx);
                self.watch(cx);
            }
            Input::Command(never) => match never {},
            Input::Message { message: Message::Join { joiner, hop_limit }, .. } => {
                self.on_join(joiner, hop_limit, cx);
            }
            Input::Message { from, message: Message::JoinAck } => self.on_join_ack(from, cx),
            Input::Message { from, message: Message::Displaced } => self.on_displaced(from, cx),
            Input::Timer(Timer::Retry) => self.on_retry(cx),
            Input::Timer(Timer::Revisit) => self.on_revisit(cx),
            Input::LinkDown(peer) => self.on_link_down(peer, cx),
        }
    }

    #[inline]
    fn neighbors(&self) -> &[Peer] {
        &self.neighbors
    }
}

impl<Peer: Copy + Ord> Invariants for RandomWalk<Peer> {
    fn promise(config: &Config<Peer>, promises: &mut Promises) {
        promises.hop_limit = Some(config.hop_limit);
        // One of each of its two kinds.
        promises.timers = Some(2);
        promises.symmetric = true;
        // Random graphs of degree 2 are connected by luck.
        promises.heals = config.retry && config.repair && config.degree > 2;
    }

    fn walk(message: &Message<Peer>) -> Option<Walk<Peer>> {
        match *message {
            Message::Join { joiner, hop_limit } => Some(Walk { origin: joiner, hop_limit }),
            Message::JoinAck | Message::Displaced => None,
        }
    }

    fn stored(&self, config: &Config<Peer>, report: &mut dyn FnMut(Stored)) {
        let max = config.max_degree.map(|max| max as usize);
        report(Stored { what: "neighbors", count: self.neighbors.len(), max });
        report(Stored { what: "peers remembered", count: self.remembered.len(), max: Some(REMEMBERED) });
        report(Stored {
            what: "neighbors lost",
            count: self.lost.len(),
            max: Some(lost_neighbors::CAPACITY + 1),
        });
    }
}
