//! SWIM: every node knows all others, and each period pings one of them to find out whether it is there. With the three
//! parts of Lifeguard, each a switch.
//!
//! Das, Gupta and Motivala, "SWIM: scalable weakly-consistent infection-style process group membership protocol", DSN
//! 2002. Dadgar, Phillips and Currey, "Lifeguard: local health awareness for more accurate failure detection", DSN 2018
//! (arXiv 1707.00788).
//!
//! - **Probe.** Each period a node pings the next member of a list in random order. If no answer comes for a while, it
//!   asks some others to ping it. If there is none until the period is over, the member is suspected, or held for failed
//!   if suspicion is off. When the list is through it is put into a new order, so each member is probed once in a round.
//! - **News** travel with pings, their answers and requests, each piece a bounded number of times.
//! - **Suspicion.** A suspect has some time to hear of it. Then it raises its incarnation, a number that is its own,
//!   and says that it is alive, which is newer than the suspicion. Else it is held for failed.
//! - **Lifeguard, local health.** A node that misses answers may be slow itself: it counts signs of that, and takes more
//!   time the more there are. Who is asked for a ping says if it gets no answer either (nack), so that the asker knows
//!   that at least this way is open.
//! - **Lifeguard, suspicion.** A suspect has `suspicion_max` times as long, and less with each other member that
//!   suspects it independently: a slow node alone does not convince others.
//! - **Lifeguard, buddy.** The ping to a suspect says that it is one, so that it hears of it first.
//!
//! **What the papers leave open**, and is as in `HashiCorp`'s memberlist, on which Lifeguard was measured: who is held
//! for failed is again a member when it says so with a higher incarnation, and is told so when it pings. News can
//! travel between probes too (`gossip_every`). Nodes trade a part of their lists now and then, also with a member that
//! is held for failed: so the halves of a partition find each other. A newcomer asks an entry node for its list. Time
//! for suspects is `suspicion_time` times the decimal logarithm of the group's size, in periods; logarithms of the first
//! paper are natural ones, since only these have its steps at 20 and at 52 members.
//!
//! On streams a broken link says nothing of the member: probes decide.

mod hostile;
pub mod measures;
mod members;
mod message;
mod news;
mod probing;
mod rumors;
mod suspicion;
#[cfg(feature = "tables")]
mod table;

use alloc::boxed::Box;
use alloc::vec::Vec;

use arrayvec::ArrayVec;

pub use message::{MOST_LISTED, Message, Request, Standing, Update, Updates};
#[cfg(feature = "tables")]
pub use table::Table;

use self::members::{MOST_MEMBERS, Member, Members};
use self::probing::{MOST_RELAYED, Probe, Relays};
use self::rumors::Rumors;
use self::suspicion::{Suspicions, ln_up};
use super::{Overlay, OverlayEvent};
use crate::hostile::{Classes, MessageClass, Pretense};
use crate::invariants::{Invariants, Promises, Stored};
use crate::measure::Measure;
use crate::protocol::{Context, Effects, Input, InputOf, Types};
use crate::time::{Duration, Time};

/// Timers for suspects that are outstanding at most.
const MOST_WAKES: usize = 8;

/// Timers of this overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The next period begins.
    Period,
    /// The ping of this number has had no answer for a while.
    Timeout(u32),
    /// The ping of this number, for another member, has had its time.
    Relayed(u32),
    /// A suspect has had its time.
    Suspect,
    /// Tell news between probes.
    Gossip,
    /// Trade lists with another member.
    Sync,
}

/// Settings of the overlay; [`Config::new`] gives the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<Peer> {
    /// Time between the probes of a node. Default 2 s, SWIM's.
    pub period: Duration,
    /// How long it waits for an answer before it asks others. Default 500 ms, Lifeguard's.
    pub timeout: Duration,
    /// How many others it asks. Default 1, SWIM's.
    pub indirect: u32,
    /// Updates in a message. Default 6, SWIM's.
    pub updates: u32,
    /// How often a node tells an update: so many times the natural logarithm of the group's size, rounded up. Default 3,
    /// SWIM's.
    pub retell: u32,
    /// Time between messages with news alone; none, if news travel with probes only, as in SWIM. Default none.
    pub gossip_every: Option<Duration>,
    /// To how many members such news go. Default 3, memberlist's.
    pub gossip_to: u32,
    /// Whether a member that does not answer is suspected before it is held for failed. Default true.
    pub suspicion: bool,
    /// How long at least: so many periods, times the decimal logarithm of the group's size. Default 5, Lifeguard's.
    pub suspicion_time: u32,
    /// Lifeguard: whether a node takes more time while it may be slow itself. Default false.
    pub local_health: bool,
    /// By how many periods at most. Default 8, Lifeguard's.
    pub unwell_max: u32,
    /// Lifeguard: whether suspicion lasts longer until others confirm it. Default false.
    pub confirmation: bool,
    /// How many times as long without any. Default 6, Lifeguard's.
    pub suspicion_max: u32,
    /// How many others must confirm it until it lasts as long as without this part. Default 3, Lifeguard's.
    pub confirmations: u32,
    /// Lifeguard: whether a ping tells a suspect that it is one. Default false.
    pub buddy: bool,
    /// Time between trades of a part of the list; none, if there are none, as in SWIM. Default 30 s, memberlist's.
    pub sync_every: Option<Duration>,
    /// How long a member is remembered that is held for failed. Default 10 min.
    pub remember_failed: Duration,
    /// Whether a group is settled from the start: entry nodes know all entry nodes. Default false.
    pub settled: bool,
    /// Whether periods of nodes that start together are in step. Default false: they are spread.
    pub in_step: bool,
    /// Whether the time for an answer runs from when a probe was due and not from when it was sent, as in memberlist: a
    /// node that stood still has none left then, and suspects whom it pings. Default false.
    pub from_due: bool,
    /// Nodes that every newcomer knows.
    pub entry: Vec<Peer>,
}

impl<Peer> Config<Peer> {
    /// The defaults, with these entry nodes.
    #[must_use]
    pub const fn new(entry: Vec<Peer>) -> Self {
        Self {
            period: Duration::from_secs(2),
            timeout: Duration::from_millis(500),
            indirect: 1,
            updates: 6,
            retell: 3,
            gossip_every: None,
            gossip_to: 3,
            suspicion: true,
            suspicion_time: 5,
            local_health: false,
            unwell_max: 8,
            confirmation: false,
            suspicion_max: 6,
            confirmations: 3,
            buddy: false,
            sync_every: Some(Duration::from_secs(30)),
            remember_failed: Duration::from_secs(600),
            settled: false,
            in_step: false,
            from_due: false,
            entry,
        }
    }
}

type Cx<'a, Peer, E> = Context<'a, Swim<Peer>, E>;

/// A node's knowledge of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
// Boxed: a node of another overlay takes no more memory because there is this one.
pub struct Swim<Peer>(Box<State<Peer>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct State<Peer> {
    me: Peer,
    incarnation: u32,
    members: Members<Peer>,
    rumors: Rumors<Peer>,
    suspicions: Suspicions<Peer>,
    probe: Option<Probe<Peer>>,
    relays: Relays<Peer>,
    /// The number of the last ping.
    numbered: u32,
    /// Signs that this node is slow.
    unwell: u32,
    /// Messages sent in this period.
    sent: u32,
    /// When the next period is due.
    due: Time,
    /// When the outstanding timers for suspects are due.
    wakes: ArrayVec<Time, MOST_WAKES>,
}

impl<Peer: Copy + Ord> Swim<Peer> {
    /// A node that is called `me` and knows no other node yet.
    #[must_use]
    pub fn new(me: Peer) -> Self {
        Self(Box::new(State {
            me,
            incarnation: 0,
            members: Members::new(),
            rumors: Rumors::new(),
            suspicions: Suspicions::new(),
            probe: None,
            relays: Relays::new(),
            numbered: 0,
            unwell: 0,
            sent: 0,
            due: Time::ZERO,
            wakes: ArrayVec::new_const(),
        }))
    }
}

impl<Peer: Copy + Ord> State<Peer> {
    fn on_start<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        if cx.config.settled && cx.config.entry.contains(&self.me) {
            let others = cx.config.entry.iter().copied().filter(|&peer| peer != self.me);
            self.members = Members::settled(others, cx.rng);
            let present = self.members.present().iter();
            present.for_each(|&peer| cx.effects.emit(OverlayEvent::Up(peer)));
        } else {
            self.join(cx);
        }
        let period = cx.config.period;
        let first = if cx.config.in_step { period } else { cx.phase(period) };
        self.due = cx.now + first;
        cx.set_timer(first, Timer::Period);
        for (every, timer) in [(cx.config.gossip_every, Timer::Gossip), (cx.config.sync_every, Timer::Sync)] {
            if let Some(every) = every {
                cx.set_first_timer(every, timer);
            }
        }
    }

    /// Asks an entry node for its list.
    fn join<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        if let Some(&contact) = cx.rng.pick_of(cx.config.entry.iter().filter(|&&peer| peer != self.me)) {
            self.send(contact, Message::Join, cx);
        }
    }

    fn on_join<E: Effects<Swim<Peer>>>(&mut self, from: Peer, cx: &mut Cx<'_, Peer, E>) {
        let mut list = self.held_by_me(self.members.known().iter());
        list.push(self.myself());
        for part in list.chunks(MOST_LISTED) {
            self.send(from, Message::Members(part.to_vec().into()), cx);
        }
        self.learn(Update { peer: from, incarnation: 0, standing: Standing::Alive }, true, cx);
    }

    /// What this node holds of these members, as news.
    fn held_by_me<'a>(&self, members: impl Iterator<Item = &'a Member<Peer>>) -> Vec<Update<Peer>>
    where
        Peer: 'a,
    {
        let told =
            |member: &Member<Peer>| member.told_by(self.suspicions.last_by(member.peer).unwrap_or(self.me));
        members.map(told).collect()
    }

    fn myself(&self) -> Update<Peer> {
        Update { peer: self.me, incarnation: self.incarnation, standing: Standing::Alive }
    }

    /// Trades a part of the list, often with a member that is held for failed: after a partition it is not.
    fn on_sync_timer<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        if let Some(every) = cx.config.sync_every {
            cx.set_timer(every, Timer::Sync);
        }
        let failed = if cx.rng.chance(1, 2) { self.members.a_failed_one(cx.rng) } else { None };
        if let Some(peer) = failed.or_else(|| cx.rng.pick(self.members.present()).copied()) {
            let list = self.part_of_list(peer, cx);
            self.send(peer, Message::Sync(list), cx);
        }
    }

    /// What this node holds of itself, of `peer`, and of some others.
    fn part_of_list<E: Effects<Swim<Peer>>>(
        &mut self,
        peer: Peer,
        cx: &mut Cx<'_, Peer, E>,
    ) -> Updates<Peer> {
        let some = self.members.stretch(MOST_LISTED - 2, cx.rng).filter(|member| member.peer != peer);
        let mut list = self.held_by_me(some);
        list.extend(self.members.get(peer).map(|member| member.told_by(self.me)));
        list.push(self.myself());
        list.into()
    }

    fn on_gossip_timer<E: Effects<Swim<Peer>>>(&mut self, cx: &mut Cx<'_, Peer, E>) {
        if let Some(every) = cx.config.gossip_every {
            cx.set_timer(every, Timer::Gossip);
        }
        if self.rumors.len() == 0 {
            return;
        }
        for peer in self.members.sample(cx.config.gossip_to as usize, self.me, cx.rng) {
            let mut told = Vec::new();
            self.tell_rumors(&mut told, cx);
            if !told.is_empty() {
                self.send(peer, Message::Gossip(told.into()), cx);
            }
        }
    }

    /// Adds news to `told`, as far as there is room in a message.
    fn tell_rumors<E: Effects<Swim<Peer>>>(&mut self, told: &mut Vec<Update<Peer>>, cx: &Cx<'_, Peer, E>) {
        if self.rumors.len() > 0 {
            let room = (cx.config.updates as usize).min(MOST_LISTED).saturating_sub(told.len());
            let limit = cx.config.retell.saturating_mul(ln_up(self.group().saturating_add(1)));
            self.rumors.tell(room, limit, told);
        }
    }

    /// How many members there are, this one among them.
    fn group(&self) -> u32 {
        u32::try_from(self.members.present().len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn send<E: Effects<Swim<Peer>>>(&mut self, to: Peer, message: Message<Peer>, cx: &mut Cx<'_, Peer, E>) {
        self.sent = self.sent.saturating_add(1);
        cx.send(to, message);
    }

    fn on_message<E: Effects<Swim<Peer>>>(
        &mut self,
        from: Peer,
        message: &Message<Peer>,
        cx: &mut Cx<'_, Peer, E>,
    ) {
        // News first: an answer tells what is known with it.
        match message {
            Message::Join => self.on_join(from, cx),
            // Others know what is in a list, or will hear it from those whom it concerns.
            Message::Members(list) => self.learn_all(list, false, cx),
            Message::Ping { probe, updates } => {
                self.learn_all(updates, true, cx);
                self.on_ping(from, *probe, cx);
            }
            Message::PingReq(request) => {
                self.learn_all(&request.updates, true, cx);
                self.on_ping_req(from, request, cx);
            }
            Message::Ack { probe, updates } => {
                self.learn_all(updates, true, cx);
                self.on_ack(*probe, cx);
            }
            Message::Nack { probe } => self.on_nack(*probe, cx),
            Message::Gossip(updates) => self.learn_all(updates, true, cx),
            Message::Sync(list) => {
                self.learn_all(list, false, cx);
                let list = self.part_of_list(from, cx);
                self.send(from, Message::Members(list), cx);
            }
        }
    }
}

impl<Peer: Copy + Ord> Types for Swim<Peer> {
    type Peer = Peer;
    type Message = Message<Peer>;
    type Timer = Timer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<Peer>;
    type Config = Config<Peer>;
}

impl<Peer: Copy + Ord> Overlay for Swim<Peer> {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => self.0.on_start(cx),
            Input::Command(never) => match never {},
            Input::Message { from, message } => self.0.on_message(from, &message, cx),
            Input::Timer(timer) => match timer {
                Timer::Period => self.0.on_period(cx),
                Timer::Timeout(number) => self.0.on_timeout(number, cx),
                Timer::Relayed(number) => self.0.on_relayed(number, cx),
                Timer::Suspect => self.0.on_suspect_timer(cx),
                Timer::Gossip => self.0.on_gossip_timer(cx),
                Timer::Sync => self.0.on_sync_timer(cx),
            },
            Input::LinkDown(_) => {}
        }
    }

    #[inline]
    fn neighbors(&self) -> &[Peer] {
        self.0.members.present()
    }

    fn class(message: &Message<Peer>) -> MessageClass {
        message.class()
    }

    fn classes(_: &Config<Peer>) -> Classes {
        hostile::CLASSES
    }

    fn forges(_: &Config<Peer>) -> Classes {
        hostile::FORGED
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

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        measures::ALL.into_iter().for_each(declare);
    }
}

impl<Peer: Copy + Ord> Invariants for Swim<Peer> {
    fn states(_: &Config<Peer>) -> &'static [&'static str] {
        &["alone", "unwell", "suspecting", "settled"]
    }

    fn state(&self, _: &Config<Peer>) -> Option<&'static str> {
        let Self(state) = self;
        Some(if state.members.present().is_empty() {
            "alone"
        } else if state.unwell > 0 {
            "unwell"
        } else if state.suspicions.len() > 0 {
            "suspecting"
        } else {
            "settled"
        })
    }

    fn promise(_: &Config<Peer>, promises: &mut Promises) {
        // A period, its timeout, gossip and sync; those for suspects, and one for each ping for another.
        promises.timers = Some(4 + MOST_WAKES + MOST_RELAYED);
    }

    fn stored(&self, _: &Config<Peer>, report: &mut dyn FnMut(Stored)) {
        let known = self.0.members.known().len();
        report(Stored { what: "members", count: known, max: Some(MOST_MEMBERS) });
        report(Stored { what: "news", count: self.0.rumors.len(), max: Some(MOST_MEMBERS + 1) });
        report(Stored { what: "suspects", count: self.0.suspicions.len(), max: Some(known) });
        report(Stored { what: "pings for others", count: self.0.relays.len(), max: Some(MOST_RELAYED) });
    }
}
