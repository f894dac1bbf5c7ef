//! Cyclon: every node holds a list of peers with ages, and trades a part of it with its oldest peer each period.
//!
//! Voulgaris, Gavidia and van Steen, "CYCLON: inexpensive membership management for unstructured P2P overlays",
//! Journal of Network and Systems Management 13(2), 2005: the enhanced shuffle, and the join by random walks.
//!
//! - **Shuffle.** A node makes all entries one period older, takes out the oldest, and sends that peer a list: itself
//!   as a new entry, and some other entries. The peer answers with as many of its own. Both put what is new to them
//!   into free places, then into the places of what they sent. So the edge to the oldest peer is turned round, and how
//!   many nodes hold a node stays about the same.
//! - **Dead peers** get old, are asked, and are gone from the list then, whether they answer or not.
//! - **Joining.** The contact sends as many join requests on random walks as the list has places. Where a walk ends,
//!   the newcomer takes the place of a random entry, which it is given in return.
//!
//! The view is directed: who holds a peer need not be held by it. Measures of the graph take an edge in either
//! direction as a link, as the papers do.
//!
//! **What the paper leaves open.** A node whose list is empty joins again. A connection for a shuffle is closed behind
//! the answer, unless the peer is in the list then.

mod hostile;
mod message;
#[cfg(feature = "tables")]
mod table;

use alloc::boxed::Box;
use alloc::vec::Vec;

pub use message::{Entries, Entry, MOST_LISTED, Message};
#[cfg(feature = "tables")]
pub use table::Table;

use super::{Overlay, OverlayEvent};
use crate::hostile::{Classes, MessageClass, Pretense};
use crate::invariants::{Invariants, Promises, Stored, Walk};
use crate::protocol::{Context, Effects, Input, InputOf, Types};
use crate::time::Duration;

/// Timers of this overlay: at most one is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Trade entries with the oldest peer.
    Shuffle,
}

/// Settings of the overlay; [`Config::new`] gives the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<Peer> {
    /// Peers that a node holds at most. Default 20.
    pub view: u32,
    /// Entries that a shuffle trades. Default 8.
    pub shuffle: u32,
    /// Time between the shuffles of a node. Default 10 s.
    pub every: Duration,
    /// Steps of a join request. Default 5.
    pub join_walk: u8,
    /// Nodes that every newcomer knows.
    pub entry: Vec<Peer>,
}

impl<Peer> Config<Peer> {
    /// The defaults, with these entry nodes.
    #[must_use]
    pub const fn new(entry: Vec<Peer>) -> Self {
        Self { view: 20, shuffle: 8, every: Duration::from_secs(10), join_walk: 5, entry }
    }
}

/// A node's list of peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cyclon<Peer> {
    me: Peer,
    peers: Vec<Peer>,
    /// Periods since each of them was new.
    ages: Vec<u16>,
    /// The peer of the last shuffle, until it has answered, and what it was told.
    asked: Option<Asked<Peer>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked<Peer> {
    peer: Peer,
    told: Box<[Peer]>,
}

impl<Peer: Copy + Ord> Cyclon<Peer> {
    /// A node that is called `me` and knows no other node yet.
    pub const fn new(me: Peer) -> Self {
        Self { me, peers: Vec::new(), ages: Vec::new(), asked: None }
    }

    fn on_start<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        self.join(cx);
        cx.set_first_timer(cx.config.every, Timer::Shuffle);
    }

    /// Asks an entry node to be let in.
    fn join<E: Effects<Self>>(&self, cx: &mut Context<'_, Self, E>) {
        if let Some(&contact) = cx.rng.pick_of(cx.config.entry.iter().filter(|&&peer| peer != self.me)) {
            cx.send(contact, Message::Join);
        }
    }

    fn on_timer<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        cx.set_timer(cx.config.every, Timer::Shuffle);
        for age in &mut self.ages {
            *age = age.saturating_add(1);
        }
        let Some(place) = (0..self.ages.len()).max_by_key(|&place| self.ages[place]) else {
            cx.emit(OverlayEvent::Repair);
            return self.join(cx);
        };
        let oldest = self.peers[place];
        self.remove_at(place, cx);
        let mut entries = self.sample(cx.config.shuffle.saturating_sub(1), cx);
        let told = entries.iter().map(|entry| entry.peer).collect();
        entries.push(Entry { peer: self.me, age: 0 });
        self.asked = Some(Asked { peer: oldest, told });
        cx.send(oldest, Message::Shuffle(Box::new(Entries(entries))));
    }

    fn on_shuffle<E: Effects<Self>>(
        &mut self,
        from: Peer,
        entries: &[Entry<Peer>],
        cx: &mut Context<'_, Self, E>,
    ) {
        let answer = self.sample(cx.config.shuffle, cx);
        let told: Vec<Peer> = answer.iter().map(|entry| entry.peer).collect();
        cx.send(from, Message::Answer(Box::new(Entries(answer))));
        self.learn(entries, &told, cx);
    }

    fn on_answer<E: Effects<Self>>(
        &mut self,
        from: Peer,
        entries: &[Entry<Peer>],
        cx: &mut Context<'_, Self, E>,
    ) {
        match self.asked.take_if(|asked| asked.peer == from) {
            Some(asked) => self.learn(entries, &asked.told, cx),
            None => cx.emit(OverlayEvent::Dropped("not_asked")),
        }
        if !self.peers.contains(&from) {
            cx.disconnect(from);
        }
    }

    /// Takes in what is new: into free places, then into the places of what the other node was told.
    fn learn<E: Effects<Self>>(
        &mut self,
        entries: &[Entry<Peer>],
        told: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        let mut told = told.iter();
        for &entry in entries {
            if entry.peer == self.me || self.peers.contains(&entry.peer) {
                continue;
            }
            if self.peers.len() >= cx.config.view as usize {
                let mut held =
                    told.by_ref().filter_map(|peer| self.peers.iter().position(|held| held == peer));
                let Some(place) = held.next() else { return };
                self.remove_at(place, cx);
            }
            self.add(entry, cx);
        }
    }

    fn on_join<E: Effects<Self>>(&mut self, joiner: Peer, cx: &mut Context<'_, Self, E>) {
        if self.peers.iter().all(|&peer| peer == joiner) {
            return self.welcome(joiner, cx);
        }
        for _ in 0..cx.config.view {
            self.walk_on(joiner, cx.config.join_walk, cx);
        }
    }

    /// Passes a join request on, or ends its walk here.
    fn walk_on<E: Effects<Self>>(&mut self, joiner: Peer, hop_limit: u8, cx: &mut Context<'_, Self, E>) {
        let next = cx.rng.pick(&self.peers).copied().filter(|&next| next != joiner && hop_limit > 0);
        match next {
            Some(next) => cx.send(next, Message::JoinWalk { joiner, hop_limit: hop_limit - 1 }),
            None => self.welcome(joiner, cx),
        }
    }

    /// Takes the newcomer in place of a random peer, which it gets in return; or of none, if there is room.
    fn welcome<E: Effects<Self>>(&mut self, joiner: Peer, cx: &mut Context<'_, Self, E>) {
        if joiner == self.me || self.peers.contains(&joiner) {
            return cx.emit(OverlayEvent::Dropped("already_held"));
        }
        let mut given = self.me;
        if self.peers.len() >= cx.config.view as usize {
            let place = cx.rng.place(self.peers.len());
            given = self.peers.get(place).copied().unwrap_or(self.me);
            self.remove_at(place, cx);
        }
        self.add(Entry { peer: joiner, age: 0 }, cx);
        cx.send(joiner, Message::Welcome { peer: given });
    }

    fn on_welcome<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        if peer == self.me || self.peers.contains(&peer) {
            return cx.emit(OverlayEvent::Dropped("already_held"));
        }
        if self.peers.len() >= cx.config.view as usize {
            return cx.emit(OverlayEvent::Dropped("full"));
        }
        self.add(Entry { peer, age: 0 }, cx);
    }

    fn add<E: Effects<Self>>(&mut self, entry: Entry<Peer>, cx: &mut Context<'_, Self, E>) {
        self.peers.push(entry.peer);
        self.ages.push(entry.age);
        cx.emit(OverlayEvent::Up(entry.peer));
    }

    fn remove_at<E: Effects<Self>>(&mut self, place: usize, cx: &mut Context<'_, Self, E>) {
        if place < self.peers.len() {
            self.ages.swap_remove(place);
            let gone = self.peers.swap_remove(place);
            cx.emit(OverlayEvent::Down(gone));
        }
    }

    /// So many random entries, or all.
    fn sample<E: Effects<Self>>(&self, count: u32, cx: &mut Context<'_, Self, E>) -> Vec<Entry<Peer>> {
        let entries = self.peers.iter().zip(&self.ages).map(|(&peer, &age)| Entry { peer, age });
        let mut entries: Vec<Entry<Peer>> = entries.collect();
        cx.rng.shuffle(&mut entries);
        entries.truncate(count as usize);
        entries
    }
}

impl<Peer: Copy + Ord> Types for Cyclon<Peer> {
    type Peer = Peer;
    type Message = Message<Peer>;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<Peer>;
    type Config = Config<Peer>;
}

impl<Peer: Copy + Ord> Overlay for Cyclon<Peer> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => self.on_start(cx),
            Input::Command(never) => match never {},
            Input::Message { from, message } => match message {
                Message::Join => self.on_join(from, cx),
                Message::JoinWalk { joiner, hop_limit } => {
                    self.walk_on(joiner, hop_limit.min(cx.config.join_walk), cx);
                }
                Message::Welcome { peer } => self.on_welcome(peer, cx),
                Message::Shuffle(entries) => self.on_shuffle(from, &entries.0, cx),
                Message::Answer(entries) => self.on_answer(from, &entries.0, cx),
            },
            Input::Timer(Timer::Shuffle) => self.on_timer(cx),
            // Others say goodbye behind a shuffle, and are well; who is dead is found by a shuffle.
            Input::LinkDown(peer) => {
                self.asked.take_if(|asked| asked.peer == peer);
            }
        }
    }

    #[inline]
    fn neighbors(&self) -> &[Peer] {
        &self.peers
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
        hostile::CLASSES
    }

    fn lie(message: &mut Message<Peer>, named: Peer) -> bool {
        message.name(named)
    }

    fn kind(message: &Message<Peer>) -> &'static str {
        message.kind()
    }
}

impl<Peer: Copy + Ord> Invariants for Cyclon<Peer> {
    fn promise(config: &Config<Peer>, promises: &mut Promises) {
        promises.hop_limit = Some(config.join_walk);
        promises.timers = Some(1);
    }

    fn walk(message: &Message<Peer>) -> Option<Walk<Peer>> {
        match *message {
            Message::JoinWalk { joiner, hop_limit } => Some(Walk { origin: joiner, hop_limit }),
            _ => None,
        }
    }

    fn stored(&self, config: &Config<Peer>, report: &mut dyn FnMut(Stored)) {
        let max = Some(config.view as usize);
        report(Stored { what: "neighbors", count: self.peers.len(), max });
        let told = self.asked.as_ref().map_or(0, |asked| asked.told.len());
        report(Stored { what: "peers told", count: told, max: Some(MOST_LISTED) });
    }
}
