//! Plumtree: messages go along a tree of eager links, and are announced on the lazy links beside it.
//!
//! Leitão, Pereira and Rodrigues, "Epidemic broadcast trees", SRDS 2007; the numbers of sections below are those of
//! that paper.
//!
//! - **Tree construction** (3.4, algorithm 1). At first all links are eager. Who gets a second copy makes the link to
//!   its sender lazy and says so: [`Prune`](Message::Prune). What is left of a first flood is a tree.
//! - **Tree repair** (3.5, algorithm 2). On lazy links a message is only announced: [`IHave`](Message::IHave). If it does
//!   not come for some time, the node asks for it, [`Graft`](Message::Graft), and the link is eager from then on. If
//!   that does not help, the next one that announced it is asked.
//! - **Optimization** (3.8, algorithm 4). If an announcement shows that a lazy link is shorter by a threshold of hops
//!   than the eager one, the two change places.
//! - **Changes of neighbors** (3.6, algorithm 3). The link to a new neighbor is eager. A lost one is forgotten.
//!
//! Announcements are sent at once, one packet for each, as in the paper's experiments.
//!
//! **What the paper leaves open** is how long to wait for a message that was announced. Too short, and nodes ask for
//! what is on its way: each time a copy too many comes, and the tree changes. A fixed time is one choice. The other, the
//! default, is learned: each node notes how much later than its announcement a message came along the tree, and waits
//! for the mean of that and four mean deviations, as TCP does for its acknowledgments (Jacobson 1988; RFC 6298), from
//! 20 ms to 1 s.

mod lag;
mod message;
#[cfg(feature = "tables")]
mod table;
mod wanted;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lag::Lag;
pub use message::Message;
#[cfg(feature = "tables")]
pub use table::{GraftTimeout, Table};
use wanted::{Offer, Wanted};

use super::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf, deliver,
};
use crate::hostile::{Classes, MessageClass};
use crate::inbox::Inbox;
use crate::invariants::{Invariants, Promises, Stored};
use crate::measure::{Measure, Worse};
use crate::observe::{Carried, Payload};
use crate::protocol::{Context, Effects, Types};
use crate::seen::{Seen, SeenLimits};
use crate::time::Duration;

/// Settings of the broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long to wait for a message that was announced; none: it is learned.
    pub graft_timeout: Option<Duration>,
    /// By how many hops a lazy link must be shorter to take the place of an eager one; none: never.
    pub optimize: Option<u16>,
    /// Messages that are kept for those who ask. Default 128.
    pub kept: u32,
    /// How many messages are remembered, and how long.
    pub seen: SeenLimits,
    /// Deliveries that wait while the application is busy; more are dropped and counted. Default 512.
    pub queue: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { graft_timeout: None, optimize: None, kept: 128, seen: SeenLimits::default(), queue: 512 }
    }
}

/// A node asked for a message that had been announced and did not come.
static GRAFTS: Measure = Measure::counter(
    "grafts",
    "Messages that were asked for, since they had been announced and did not come.",
    Worse::Higher,
);
/// A lazy link took the place of a longer eager one.
static OPTIMIZED: Measure = Measure::counter(
    "links_optimized",
    "Lazy links that took the place of longer eager ones.",
    Worse::Neither,
);
/// How much later than its announcement a message came.
static LAG: Measure = Measure::times(
    "announced_before_ms",
    "How much later than its announcement a message came along the tree.",
    Worse::Neither,
);

/// A message that is kept for those who ask, and the hops that it had come.
#[derive(Clone, Debug)]
struct Kept<P> {
    payload: P,
    hops: u16,
}

/// The Plumtree side of a node.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Plumtree<Peer, P: Payload> {
    seen: P::Seen,
    /// Neighbors whose link is lazy; the others' are eager.
    lazy: Vec<Peer>,
    kept: VecDeque<Kept<P>>,
    wanted: Wanted<Peer, P::Id>,
    lag: Lag<P::Id>,
    inbox: Inbox<(P, u16)>,
}

impl<Peer, P: Payload> Default for Plumtree<Peer, P> {
    fn default() -> Self {
        Self {
            seen: P::Seen::default(),
            lazy: Vec::new(),
            kept: VecDeque::new(),
            wanted: Wanted::default(),
            lag: Lag::default(),
            inbox: Inbox::default(),
        }
    }
}

impl<Peer: Copy + Ord, P: Payload> Plumtree<Peer, P> {
    /// The neighbors to which messages are only announced.
    #[must_use]
    pub fn lazy(&self) -> &[Peer] {
        &self.lazy
    }

    fn make_eager(&mut self, peer: Peer) {
        if let Some(place) = self.lazy.iter().position(|&lazy| lazy == peer) {
            self.lazy.swap_remove(place);
        }
    }

    /// Who is no neighbor has no link here.
    fn make_lazy(&mut self, peer: Peer, view: &[Peer]) {
        if !self.lazy.contains(&peer) && view.contains(&peer) {
            self.lazy.push(peer);
        }
    }

    fn on_command<E: Effects<Self>>(
        &mut self,
        command: BroadcastCommand<P>,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        match command {
            BroadcastCommand::Publish(payload) => {
                if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
                    return cx.emit(BroadcastEvent::Dropped("already_published"));
                }
                cx.emit(BroadcastEvent::Published(payload.id()));
                self.push(None, &payload, 0, view, cx);
                self.keep(payload, 0, cx.config);
            }
            BroadcastCommand::Hold => self.inbox.hold(),
            BroadcastCommand::Resume => {
                for (payload, hops) in self.inbox.resume() {
                    cx.emit(BroadcastEvent::Delivered { payload, hops });
                }
            }
        }
    }

    /// Sends `payload`, which came over `hops` links, on eager links and announces it on lazy ones, not to `from`.
    fn push<E: Effects<Self>>(
        &self,
        from: Option<Peer>,
        payload: &P,
        hops: u16,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        let hops = hops.saturating_add(1);
        for &peer in view.iter().filter(|&&peer| Some(peer) != from) {
            if self.lazy.contains(&peer) {
                cx.send(peer, Message::IHave { id: payload.id(), hops });
            } else {
                cx.send(peer, Message::Gossip { payload: payload.clone(), hops });
            }
        }
    }

    fn keep(&mut self, payload: P, hops: u16, config: &Config) {
        if self.kept.len() >= config.kept as usize {
            self.kept.pop_front();
        }
        if config.kept > 0 {
            self.kept.push_back(Kept { payload, hops });
        }
    }

    #[inline]
    fn on_gossip<E: Effects<Self>>(
        &mut self,
        from: Peer,
        payload: P,
        hops: u16,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
            return self.on_copy(from, payload.id(), view.as_ref(), cx);
        }
        let view = view.as_ref();
        self.make_eager(from);
        let offers = self.arrived(from, payload.id(), cx);
        self.push(Some(from), &payload, hops, view, cx);
        if let Some(better) = better(&offers, hops, cx.config) {
            self.optimize(from, better.from, view, cx);
        }
        self.keep(payload.clone(), hops, cx.config);
        deliver(&mut self.inbox, (payload, hops), cx.config.queue, cx);
    }

    /// A second copy: the link is none of the tree.
    fn on_copy<E: Effects<Self>>(
        &mut self,
        from: Peer,
        id: P::Id,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        if let Some(lag) = self.lag.of_copy(id, cx.now) {
            cx.emit(BroadcastEvent::Record(&LAG, lag.as_nanos()));
        }
        self.make_lazy(from, view);
        cx.send(from, Message::Prune);
        cx.emit(BroadcastEvent::Duplicate(id));
    }

    /// A message has come: it is not wanted any more. Gives the offers of it.
    fn arrived<E: Effects<Self>>(
        &mut self,
        from: Peer,
        id: P::Id,
        cx: &mut Context<'_, Self, E>,
    ) -> wanted::Offers<Peer> {
        let Some(want) = self.wanted.take(id) else { return wanted::Offers::default() };
        if want.asked.contains(&from) {
            // Not along the tree: when it would have come there, a copy may tell.
            self.lag.asked_for(id, want.since);
        } else {
            let lag = self.lag.note(cx.now.since(want.since));
            cx.emit(BroadcastEvent::Record(&LAG, lag.as_nanos()));
        }
        want.offers
    }

    /// The links to `longer`, which is eager, and to `shorter` change places.
    fn optimize<E: Effects<Self>>(
        &mut self,
        longer: Peer,
        shorter: Peer,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        if !view.contains(&shorter) {
            return;
        }
        cx.emit(BroadcastEvent::Count(&OPTIMIZED, 1));
        self.make_eager(shorter);
        cx.send(shorter, Message::Graft { id: None });
        self.make_lazy(longer, view);
        cx.send(longer, Message::Prune);
    }

    fn on_announcement<E: Effects<Self>>(
        &mut self,
        offer: Offer<Peer>,
        id: P::Id,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        if self.seen.contains(id) {
            return;
        }
        if !view.contains(&offer.from) {
            return cx.emit(BroadcastEvent::Dropped("not_neighbor"));
        }
        let due = cx.now + self.timeout(cx.config);
        if self.wanted.offered(id, offer, cx.now, due).is_err() {
            return cx.emit(BroadcastEvent::Dropped("too_many_announcements"));
        }
        self.watch(cx);
    }

    fn timeout(&self, config: &Config) -> Duration {
        config.graft_timeout.unwrap_or_else(|| self.lag.timeout())
    }

    /// Sees to it that a timer runs for what is wanted.
    fn watch<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if let Some(due) = self.wanted.arm() {
            cx.set_timer(due.since(cx.now), Timer::Wanted);
        }
    }

    /// Asks for what did not come.
    fn on_timer<E: Effects<Self>>(&mut self, view: &[Peer], cx: &mut Context<'_, Self, E>) {
        self.wanted.fired();
        let again = cx.now + self.timeout(cx.config);
        while let Some(id) = self.wanted.overdue(cx.now) {
            match self.wanted.ask(id, again) {
                Some(peer) if view.contains(&peer) => {
                    self.make_eager(peer);
                    cx.emit(BroadcastEvent::Count(&GRAFTS, 1));
                    cx.send(peer, Message::Graft { id: Some(id) });
                }
                // It is no neighbor any more: the next one is asked at once.
                Some(_) => self.wanted.hurry(id, cx.now),
                None => cx.emit(BroadcastEvent::Dropped("nobody_has_it")),
            }
        }
        self.watch(cx);
    }

    fn on_graft<E: Effects<Self>>(&mut self, from: Peer, id: Option<P::Id>, cx: &mut Context<'_, Self, E>) {
        self.make_eager(from);
        let Some(id) = id else { return };
        // From the back: what is asked for came lately.
        match self.kept.iter().rev().find(|kept| kept.payload.id() == id) {
            Some(Kept { payload, hops }) => {
                cx.send(from, Message::Gossip { payload: payload.clone(), hops: hops.saturating_add(1) });
            }
            None => cx.emit(BroadcastEvent::Dropped("not_kept")),
        }
    }
}

/// The offer that came over so much fewer links than the message that the link to it is better.
fn better<Peer: Copy>(offers: &[Offer<Peer>], hops: u16, config: &Config) -> Option<Offer<Peer>> {
    let threshold = config.optimize?;
    let best = offers.iter().min_by_key(|offer| offer.hops)?;
    let shorter = hops.checked_sub(best.hops)?;
    (shorter > 0 && shorter >= threshold).then_some(*best)
}

/// Timers of this broadcast: at most two are outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Ask for what was announced and did not come.
    Wanted,
}

impl<Peer: Copy + Ord, P: Payload> Types for Plumtree<Peer, P> {
    type Peer = Peer;
    type Message = Message<P, P::Id>;
    type Timer = Timer;
    type Command = BroadcastCommand<P>;
    type Event = BroadcastEventOf<P>;
    type Config = Config;
}

impl<Peer: Copy + Ord, P: Payload> Broadcast for Plumtree<Peer, P> {
    type Payload = P;

    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        match input {
            BroadcastInput::Message { from, message } => match message {
                Message::Gossip { payload, hops } => self.on_gossip(from, payload, hops, view, cx),
                Message::IHave { id, hops } => {
                    self.on_announcement(Offer { from, hops }, id, view.as_ref(), cx);
                }
                Message::Graft { id } => self.on_graft(from, id, cx),
                Message::Prune => self.make_lazy(from, view.as_ref()),
            },
            BroadcastInput::Command(command) => self.on_command(command, view.as_ref(), cx),
            BroadcastInput::Timer(Timer::Wanted) => self.on_timer(view.as_ref(), cx),
            BroadcastInput::NeighborDown(peer) => self.make_eager(peer),
            BroadcastInput::Start | BroadcastInput::NeighborUp(_) => {}
        }
    }

    #[inline]
    fn carried(message: &Self::Message) -> Option<Carried<P::Id>> {
        match message {
            Message::Gossip { payload, hops } => Some(Carried { message: payload.id(), hops: *hops }),
            _ => None,
        }
    }

    fn class(message: &Self::Message) -> MessageClass {
        match message {
            Message::Gossip { .. } => MessageClass::Payload,
            Message::IHave { .. } => MessageClass::Advert,
            Message::Graft { .. } => MessageClass::Request,
            Message::Prune => MessageClass::Prune,
        }
    }

    fn classes(_: &Config) -> Classes {
        Classes::of(&[
            MessageClass::Payload,
            MessageClass::Advert,
            MessageClass::Request,
            MessageClass::Prune,
        ])
    }

    fn kind(message: &Self::Message) -> &'static str {
        message.kind()
    }

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        [&GRAFTS, &OPTIMIZED, &LAG].into_iter().for_each(declare);
    }
}

impl<Peer: Copy + Ord, P: Payload> Invariants for Plumtree<Peer, P> {
    fn promise(config: &Config, promises: &mut Promises) {
        promises.remembers = config.seen.clone();
        promises.timers = Some(wanted::MOST_TIMERS);
        // It reaches all, but not in a time that is known: where the tree is broken in several places, one wait comes
        // after another.
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        let max = config.seen.capacity.map(|capacity| capacity as usize);
        report(Stored { what: "messages seen", count: self.seen.len(), max });
        report(Stored { what: "messages kept", count: self.kept.len(), max: Some(config.kept as usize) });
        let (most, max) = self.wanted.most_by_one();
        report(Stored { what: "announcements of one neighbor", count: most, max: Some(max) });
        let max = Some(config.queue as usize);
        report(Stored { what: "deliveries waiting", count: self.inbox.len(), max });
    }
}
