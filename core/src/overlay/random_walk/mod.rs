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
//!   is full it lets a neighbor go (as in `HyParView`, section 4.2 of Leitão, Pereira and Rodrigues 2007; which one,
//!   the module `guard` says).
//!
//! **Handing over.** A full node that lets a neighbor go names the joiner to it ([`Displaced`](Message::Displaced)),
//! and the neighbor takes the joiner. So a link is not cut but divided: where two nodes had a link, they have a path
//! of two links through the joiner. A joiner without room for both takes neither, and the two take each other back
//! ([`Refused`](Message::Refused)). As long as no node or connection fails, whoever was connected stays connected, so
//! that the networks that gather around several entry nodes can only grow together. (Dividing links keeps a graph
//! connected and its degrees as they were: Bourassa and Holt, "SWAN: Small-world wide area networks", 2003.)
//!
//! **Nobody is a neighbor by hearsay** (with [`retry`](Config::retry)). A node that has room for a joiner that others
//! named invites it ([`Invite`](Message::Invite)), and holds the link when the joiner has answered. A full node asks
//! such a joiner to come itself ([`Referral`](Message::Referral)), and lets a neighbor go only then. So nobody loses a
//! link, or a place in anybody's memory, to a joiner that does not exist. Only the place that a neighbor leaves goes to
//! whom that neighbor names.
//!
//! **Own links.** The module `guard` says which links a node never lets go for who asks.
//!
//! **Joiners that nobody can dial**, since they are behind a NAT. A node cannot know whether it is one until another
//! has dialed it. So a newcomer sends its first request as [`JoinVia`](Message::JoinVia), and whom nobody dials for the
//! others sends more of them later. Who would take it answers with an [`Offer`](Message::Offer) to the node that the
//! joiner asked, which tells the joiner ([`Referral`](Message::Referral)), and the joiner asks the one that made the
//! offer itself. Only nodes that were dialed before make offers. A joiner follows one referral for each request that it
//! sent.

mod accepting;
mod guard;
mod hostile;
mod joining;
mod lost_neighbors;
mod message;
#[cfg(feature = "tables")]
mod table;

use alloc::vec::Vec;

use accepting::{Answer, Request};
use arrayvec::ArrayVec;
pub use guard::Sourced;
use lost_neighbors::Lost;
pub use message::{Message, Ticket};
#[cfg(feature = "tables")]
pub use table::Table;

use super::{Overlay, OverlayEvent, View};
use crate::hostile::{Classes, MessageClass, Pretense};
use crate::invariants::{Invariants, Promises, Stored, Walk};
use crate::protocol::{Context, Effects, Input, InputOf, Types};

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
    /// at the end of a walk takes the joiner in place of its youngest neighbor that it does not keep.
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
    /// The source group of each node, for peers that are numbers ([`Sourced`]). Default: none, which makes each node a
    /// group of its own.
    pub groups: Vec<u32>,
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
            groups: Vec::new(),
        }
    }

    /// Whether a joiner that others named must answer before it is a neighbor. The tutorial takes their word. An answer
    /// may be lost, so the joiner must be able to ask again.
    const fn proves(&self) -> bool {
        self.retry
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

/// How often a node that has all that it wants asks whether there are others.
const ISLAND_TRIES: u8 = 3;

/// Referrals that may be outstanding.
const REFERRALS: u8 = 64;

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
    /// Whether somebody has dialed this node, so that others can.
    is_dialed: bool,
    /// How many referrals it follows at most: one for each request.
    referrals: u8,
    /// Whether its neighbors may be an island.
    island: Island,
    /// What its requests carry; 0 while it asks for nothing.
    ticket: Ticket,
    /// How many of the neighbors, the first ones, this node has asked for.
    own: u16,
    /// The neighbor that it let go last to change places: it is for the one that the other side lets go.
    left: Option<Peer>,
}

/// Whether a node and its neighbors may have nobody but each other. See [`RandomWalk::is_crowded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Island {
    /// Since the node came up or lost a link nobody has said otherwise.
    Possible,
    /// It has asked a contact.
    Asked,
    /// The contact's walk has ended at a node that is linked with this one now.
    No,
}

impl<Peer: Sourced> RandomWalk<Peer> {
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
            is_dialed: false,
            referrals: 0,
            island: Island::Possible,
            ticket: 0,
            own: 0,
            left: None,
        }
    }

    fn is_neighbor(&self, peer: Peer) -> bool {
        self.neighbors.contains(peer)
    }

    fn is_full(&self, config: &Config<Peer>) -> bool {
        !self.has_room(1, config)
    }

    /// Whether there is room for so many neighbors more.
    fn has_room(&self, count: usize, config: &Config<Peer>) -> bool {
        config.max_degree.is_none_or(|max| self.neighbors.len().saturating_add(count) <= max as usize)
    }

    /// Whether `peer` is a neighbor, or was met lately.
    fn has_met(&self, peer: Peer) -> bool {
        self.is_neighbor(peer) || self.remembered.contains(&peer)
    }

    /// `peer` speaks to this node. If this node never dialed it, it dialed this node.
    fn note_dial(&mut self, peer: Peer, config: &Config<Peer>) {
        if !self.is_dialed {
            self.is_dialed = !self.has_met(peer) && !config.entry.contains(&peer);
        }
    }

    fn on_message<E: Effects<Self>>(
        &mut self,
        from: Peer,
        message: Message<Peer>,
        cx: &mut Context<'_, Self, E>,
    ) {
        match message {
            Message::Join { joiner, hop_limit, ticket } => {
                self.on_join(Request { from, joiner, hop_limit, ticket, via: None }, cx);
            }
            Message::JoinVia { joiner, hop_limit, ticket, via } => {
                self.on_join(Request { from, joiner, hop_limit, ticket, via: Some(via) }, cx);
            }
            Message::Offer { joiner, ticket } => self.on_offer(from, joiner, ticket, cx),
            Message::Referral { peer, ticket } => self.on_referral(from, peer, ticket, cx),
            Message::Invite { ticket, dialed } => {
                self.on_answer(Answer { from, in_place_of: None, ticket, dialed, holds: false }, cx);
            }
            Message::JoinAck { in_place_of, ticket, dialed } => {
                self.on_answer(Answer { from, in_place_of, ticket, dialed, holds: true }, cx);
            }
            Message::Accepted => self.on_accepted(from, cx),
            Message::Displaced { for_joiner } => self.on_displaced(from, for_joiner, cx),
            Message::Refused { take_back } => self.on_refused(from, take_back, cx),
        }
    }

    /// Says that `peer` is a neighbor from now on.
    fn has_come<E: Effects<Self>>(&mut self, peer: Peer, cx: &mut Context<'_, Self, E>) {
        self.was_joined = true;
        (self.attempts, self.asked) = (0, 0);
        self.remember(peer);
        self.lost.forget(peer);
        cx.emit(OverlayEvent::Up(peer));
        if !self.wants(cx.config) {
            // Who answers from now on comes unasked.
            self.ticket = 0;
        }
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

impl<Peer: Sourced> Types for RandomWalk<Peer> {
    type Peer = Peer;
    type Message = Message<Peer>;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<Peer>;
    type Config = Config<Peer>;
}

impl<Peer: Sourced> Overlay for RandomWalk<Peer> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {
                self.ask_contact(cx);
                self.watch(cx);
            }
            Input::Command(never) => match never {},
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(Timer::Retry) => self.on_retry(cx),
            Input::Timer(Timer::Revisit) => self.on_revisit(cx),
            Input::LinkDown(peer) => self.on_link_down(peer, cx),
        }
    }

    #[inline]
    fn neighbors(&self) -> &[Peer] {
        &self.neighbors
    }

    fn chosen(&self) -> usize {
        self.own.into()
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

    fn unbounded(config: &mut Config<Peer>) {
        config.max_degree = None;
    }

    fn kind(message: &Message<Peer>) -> &'static str {
        message.kind()
    }
}

impl<Peer: Sourced> Invariants for RandomWalk<Peer> {
    fn states(_: &Config<Peer>) -> &'static [&'static str] {
        &["joining", "alone", "repairing", "full", "settled"]
    }

    fn state(&self, config: &Config<Peer>) -> Option<&'static str> {
        let count = self.neighbors.len();
        Some(match count {
            0 if !self.was_joined => "joining",
            0 => "alone",
            _ if count < config.degree as usize => "repairing",
            _ if self.is_full(config) => "full",
            _ => "settled",
        })
    }

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
            Message::Join { joiner, hop_limit, .. } | Message::JoinVia { joiner, hop_limit, .. } => {
                Some(Walk { origin: joiner, hop_limit })
            }
            _ => None,
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
