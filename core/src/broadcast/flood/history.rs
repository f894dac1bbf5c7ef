//! Flooding with a memory that nodes make equal: who was away gets what was said meanwhile.
//!
//! The flood is as it is without. Beside it each node keeps the messages of the last while, and compares them with
//! those of its neighbors ([`crate::reconcile`]): with each new neighbor, with one of them now and then, and with all
//! when it has got something that way. Caught-up messages are delivered like others; they are not flooded again.
//!
//! A message is kept for [`Config::keep`] after it was published, which nodes know without a common clock: its age
//! travels with it when it is caught up, and the way of a flood takes no time to speak of.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Flood, Message as Flooded};
use crate::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf,
};
use crate::hostile::{Classes, MessageClass};
use crate::invariants::{Invariants, Promises, Stored};
use crate::observe::Carried;
use crate::protocol::{Context, Effects, Types};
use crate::reconcile::exchange::{LOOK, MAX_QUEUE};
use crate::reconcile::{Answer, Dated, Exchange, Key, Message as Comparison};
use crate::seen::Seen;
use crate::time::{Duration, Time};
use crate::wire::{DecodeError, Wire, take};

/// What nodes send each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<P> {
    /// A flooded message; it crossed one link at least.
    Flooded(Flooded<P>),
    /// Part of a comparison.
    Comparison(Box<Comparison>),
    /// A message that the receiver asked for.
    CaughtUp {
        /// Hops from the origin on arrival, as it came here.
        hops: u16,
        /// Milliseconds since it was published.
        age_ms: u32,
        /// What the application published.
        payload: P,
    },
}

const COMPARISON: u8 = 0;
const CAUGHT_UP: u8 = 1;

/// A flooded message is encoded as it is without a history. The others begin with 0 hops, which no flooded one has.
impl<P: Dated + Wire> Wire for Message<P> {
    #[inline]
    fn size(&self) -> u32 {
        match self {
            Self::Flooded(message) => message.size(),
            Self::Comparison(message) => message.size().saturating_add(3),
            Self::CaughtUp { payload, .. } => payload.size().saturating_add(9),
        }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Flooded(message) => message.encode(out),
            Self::Comparison(message) => {
                out.extend_from_slice(&[0, 0, COMPARISON]);
                message.encode(out);
            }
            Self::CaughtUp { hops, age_ms, payload } => {
                out.extend_from_slice(&[0, 0, CAUGHT_UP]);
                out.extend_from_slice(&hops.to_be_bytes());
                out.extend_from_slice(&age_ms.to_be_bytes());
                payload.encode(out);
            }
        }
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        if !input.starts_with(&[0, 0]) {
            return Flooded::decode(input).map(Self::Flooded);
        }
        match take(input)? {
            [_, _, COMPARISON] => Comparison::decode(input).map(Box::new).map(Self::Comparison),
            [_, _, CAUGHT_UP] => {
                let hops = take(input).map(u16::from_be_bytes)?;
                let age_ms = take(input).map(u32::from_be_bytes)?;
                Ok(Self::CaughtUp { hops, age_ms, payload: P::decode(input)? })
            }
            [_, _, kind] => Err(DecodeError::Kind(kind)),
        }
    }
}

/// How a node floods, and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The flood itself.
    pub flood: super::Config,
    /// How long a message is kept after it was published. Default 1 hour.
    pub keep: Duration,
    /// Messages that are kept at most; none for no bound. Default 65,536.
    pub messages: Option<u32>,
    /// A node compares with one of its neighbors so often. Default 30 seconds.
    pub every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flood: super::Config::default(),
            keep: Duration::from_secs(3_600),
            messages: Some(65_536),
            every: Duration::from_secs(30),
        }
    }
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Something may be due.
    Look,
    /// To compare with some neighbor.
    Round,
}

/// A message that is kept.
#[derive(Clone, Debug)]
struct Kept<P> {
    payload: P,
    hops: u16,
    /// When it was published, in milliseconds since this node started: before that if it is negative.
    born_ms: i64,
}

/// The flooding side of a node that keeps a history.
#[derive(Clone, Debug)]
pub struct FloodWithHistory<Peer, P: Dated> {
    flood: Flood<Peer, P>,
    exchange: Exchange<Peer>,
    kept: BTreeMap<Key, Kept<P>>,
    /// A [`Timer::Look`] is on its way.
    looks: bool,
}

impl<Peer, P: Dated> Default for FloodWithHistory<Peer, P> {
    fn default() -> Self {
        Self { flood: Flood::default(), exchange: Exchange::default(), kept: BTreeMap::new(), looks: false }
    }
}

fn whole_ms(now: Time) -> i64 {
    i64::try_from(now.as_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

impl<Peer: Copy + Ord, P: Dated> FloodWithHistory<Peer, P> {
    /// How many messages the node keeps.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Hands an input to the flood, and keeps what it delivers. Whether it refused nothing.
    fn flood<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Flood<Peer, P>>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) -> bool {
        let mut side = FloodSide { outer: cx.effects, is_new: true, delivered: Vec::new() };
        let mut inner =
            Context { now: cx.now, config: &cx.config.flood, rng: &mut *cx.rng, effects: &mut side };
        self.flood.handle(input, view, &mut inner);
        let FloodSide { is_new, delivered, .. } = side;
        // What waits for a busy application is kept when it is delivered: nobody gives away what it may drop.
        for (payload, hops) in delivered {
            self.keep(payload, (hops, 0), cx);
        }
        is_new
    }

    /// Keeps what this node delivers or publishes, and lets go of others for it.
    fn keep<E: Effects<Self>>(
        &mut self,
        payload: P,
        (hops, age_ms): (u16, u32),
        cx: &mut Context<'_, Self, E>,
    ) {
        let key = payload.key();
        if self.exchange.insert(key) {
            let born_ms = whole_ms(cx.now).saturating_sub(age_ms.into());
            self.kept.insert(key, Kept { payload, hops, born_ms });
        }
        self.expire(cx.config, cx.now);
    }

    /// Lets go of what is too old or too much, the earliest first.
    fn expire(&mut self, config: &Config, now: Time) {
        let keep_ms = whole_ms(Time::ZERO + config.keep);
        let room = config.messages.map_or(usize::MAX, |messages| messages as usize);
        let before = self.exchange.floor();
        let mut floor = before;
        while let Some(first) = self.kept.first_entry() {
            let age_ms = whole_ms(now).saturating_sub(first.get().born_ms);
            if age_ms <= keep_ms && self.kept.len() <= room {
                break;
            }
            if let Some((key, _)) = self.kept.pop_first() {
                floor = key.next();
            }
        }
        if floor > before {
            self.exchange.forget_before(floor);
        }
    }

    fn on_command<E: Effects<Self>>(
        &mut self,
        command: BroadcastCommand<P>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        let published =
            if let BroadcastCommand::Publish(payload) = &command { Some(payload.clone()) } else { None };
        let is_new = self.flood(BroadcastInput::Command(command), view, cx);
        if let Some(payload) = published.filter(|_| is_new) {
            self.keep(payload, (0, 0), cx);
        }
    }

    fn on_flooded<E: Effects<Self>>(
        &mut self,
        from: Peer,
        message: Flooded<P>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        // The flood may have forgotten, or never have known, what is kept here. It is asked first, since most that
        // comes are copies, and it answers faster.
        let id = message.payload.id();
        if self.flood.seen.contains(id) || self.kept.contains_key(&message.payload.key()) {
            return cx.emit(BroadcastEvent::Duplicate(id));
        }
        self.flood(BroadcastInput::Message { from, message }, view, cx);
    }

    fn on_comparison<E: Effects<Self>>(
        &mut self,
        from: Peer,
        message: Comparison,
        cx: &mut Context<'_, Self, E>,
    ) {
        self.expire(cx.config, cx.now);
        let answer = self.exchange.receive(from, message, cx.now);
        self.answer(from, answer, cx);
    }

    fn answer<E: Effects<Self>>(&mut self, to: Peer, answer: Answer, cx: &mut Context<'_, Self, E>) {
        for message in answer.send {
            cx.send(to, Message::Comparison(Box::new(message)));
        }
        for key in answer.give {
            let Some(Kept { payload, hops, born_ms }) = self.kept.get(&key) else { continue };
            let age_ms = u32::try_from(whole_ms(cx.now).saturating_sub(*born_ms)).unwrap_or(u32::MAX);
            let hops = hops.saturating_add(1);
            cx.send(to, Message::CaughtUp { hops, age_ms, payload: payload.clone() });
        }
        if let Some(reason) = answer.ignored {
            cx.emit(BroadcastEvent::Dropped(reason));
        }
    }

    fn on_caught_up<E: Effects<Self>>(
        &mut self,
        from: Peer,
        (hops, age_ms): (u16, u32),
        payload: P,
        cx: &mut Context<'_, Self, E>,
    ) {
        self.expire(cx.config, cx.now);
        let key = payload.key();
        match self.exchange.arrive(from, key, cx.now) {
            Err(answer) if answer == Answer::default() => cx.emit(BroadcastEvent::Duplicate(payload.id())),
            Err(answer) => return self.answer(from, answer, cx),
            Ok(()) => {
                // A busy application gets it later: it is asked for again.
                let is_kept =
                    Duration::from_millis(age_ms.into()) <= cx.config.keep && !self.flood.inbox.is_held();
                if is_kept {
                    self.flood.seen.insert(payload.id(), cx.now, &cx.config.flood.seen);
                    cx.emit(BroadcastEvent::Delivered { payload: payload.clone(), hops });
                    self.keep(payload, (hops, age_ms), cx);
                }
                self.exchange.settle(key, is_kept, cx.now);
            }
        }
        if let Some(next) = self.exchange.go_on(from, cx.now) {
            cx.send(from, Message::Comparison(Box::new(next)));
        }
    }

    fn on_timer<E: Effects<Self>>(&mut self, timer: Timer, view: &[Peer], cx: &mut Context<'_, Self, E>) {
        self.expire(cx.config, cx.now);
        match timer {
            Timer::Look => {
                self.looks = false;
                for (to, message) in self.exchange.look(cx.now, cx.rng) {
                    cx.send(to, Message::Comparison(Box::new(message)));
                }
            }
            Timer::Round => {
                cx.set_timer(cx.config.every, Timer::Round);
                if let Some(&peer) = cx.rng.pick(view)
                    && let Some(message) = self.exchange.begin(peer, cx.rng)
                {
                    cx.send(peer, Message::Comparison(Box::new(message)));
                }
            }
        }
    }

    /// The first round comes at a random time, so that not all nodes begin at once.
    fn on_start<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        const PARTS: u32 = 1_024;
        let part = Duration::from_nanos(cx.config.every.as_nanos() / u64::from(PARTS));
        let parts = u64::from(cx.below(PARTS)) + 1;
        cx.set_timer(part.times(parts), Timer::Round);
    }

    /// Asks for a look while something is going on.
    fn wake<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if !self.looks && self.exchange.is_busy() {
            self.looks = true;
            cx.set_timer(LOOK, Timer::Look);
        }
    }
}

/// Takes the flood's effects, and notes whether it refused what it was given, and what it delivers.
struct FloodSide<'a, P, E> {
    outer: &'a mut E,
    is_new: bool,
    delivered: Vec<(P, u16)>,
}

impl<Peer: Copy + Ord, P: Dated, E: Effects<FloodWithHistory<Peer, P>>> Effects<Flood<Peer, P>>
    for FloodSide<'_, P, E>
{
    fn send(&mut self, to: Peer, message: Flooded<P>) {
        self.outer.send(to, Message::Flooded(message));
    }
    fn set_timer(&mut self, _: Duration, never: core::convert::Infallible) {
        match never {}
    }
    fn disconnect(&mut self, peer: Peer) {
        self.outer.disconnect(peer);
    }
    fn emit(&mut self, event: BroadcastEventOf<P>) {
        match &event {
            BroadcastEvent::Duplicate(_) | BroadcastEvent::Dropped(_) => self.is_new = false,
            BroadcastEvent::Delivered { payload, hops } => self.delivered.push((payload.clone(), *hops)),
            _ => {}
        }
        self.outer.emit(event);
    }
}

impl<Peer: Copy + Ord, P: Dated> Types for FloodWithHistory<Peer, P> {
    type Peer = Peer;
    type Message = Message<P>;
    type Timer = Timer;
    type Command = BroadcastCommand<P>;
    type Event = BroadcastEventOf<P>;
    type Config = Config;
}

impl<Peer: Copy + Ord, P: Dated> Broadcast for FloodWithHistory<Peer, P> {
    type Payload = P;

    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        match input {
            BroadcastInput::Message { from, message } => match message {
                // What is flooded or published leaves nothing to look after.
                Message::Flooded(message) => return self.on_flooded(from, message, view, cx),
                Message::Comparison(message) => self.on_comparison(from, *message, cx),
                Message::CaughtUp { hops, age_ms, payload } => {
                    self.on_caught_up(from, (hops, age_ms), payload, cx);
                }
            },
            BroadcastInput::Command(command) => return self.on_command(command, view, cx),
            BroadcastInput::Start => return self.on_start(cx),
            BroadcastInput::Timer(timer) => self.on_timer(timer, view.as_ref(), cx),
            BroadcastInput::NeighborUp(peer) => self.exchange.up(peer, cx.now, cx.rng),
            BroadcastInput::NeighborDown(peer) => self.exchange.down(peer),
        }
        self.wake(cx);
    }

    #[inline]
    fn carried(message: &Message<P>) -> Option<Carried<P::Id>> {
        match message {
            Message::Flooded(message) => Flood::<Peer, P>::carried(message),
            Message::Comparison(_) => None,
            Message::CaughtUp { hops, payload, .. } => Some(Carried { message: payload.id(), hops: *hops }),
        }
    }

    fn class(message: &Message<P>) -> MessageClass {
        match message {
            Message::Flooded(_) | Message::CaughtUp { .. } => MessageClass::Payload,
            Message::Comparison(message) => match **message {
                Comparison::Want(_) => MessageClass::Request,
                Comparison::Ranges { .. } | Comparison::Have(_) | Comparison::Lack(_) => MessageClass::Advert,
            },
        }
    }

    fn classes(_: &Config) -> Classes {
        Classes::of(&[MessageClass::Payload, MessageClass::Advert, MessageClass::Request])
    }

    #[inline]
    fn kind(message: &Message<P>) -> &'static str {
        match message {
            Message::Flooded(_) => "payload",
            Message::CaughtUp { .. } => "caught_up",
            Message::Comparison(message) => match **message {
                Comparison::Ranges { .. } => "ranges",
                Comparison::Have(_) => "have",
                Comparison::Want(_) => "want",
                Comparison::Lack(_) => "lack",
            },
        }
    }
}

impl<Peer: Copy + Ord, P: Dated> Invariants for FloodWithHistory<Peer, P> {
    fn promise(config: &Config, promises: &mut Promises) {
        promises.remembers = config.flood.seen.clone();
        // A message is given again to whoever asks for it.
        promises.echo = true;
        promises.reaches_all = true;
        promises.timers = Some(2);
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        self.flood.stored(&config.flood, report);
        let max = config.messages.map(|messages| messages as usize);
        report(Stored { what: "messages kept", count: self.kept.len(), max });
        let max = Some(self.exchange.partners().saturating_mul(MAX_QUEUE + crate::reconcile::MAX_WANT));
        report(Stored { what: "messages asked for", count: self.exchange.claimed(), max });
    }
}

#[cfg(feature = "tables")]
impl<P: crate::broadcast::PortablePayload> crate::broadcast::NamedBroadcast for FloodWithHistory<u32, P> {
    const NAME: &'static str = "flood";
    const FOR_KEY: Option<&'static str> = Some("history");
    type Table = super::Table;

    fn node(_: u32, _: &Config) -> Self {
        Self::default()
    }
}
