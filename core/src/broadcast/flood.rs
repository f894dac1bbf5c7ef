//! Flooding with duplicate suppression: what is new goes to every neighbor but the one it came from.
//!
//! Without loss each node sends each message once on each of its links except where it came from, so one
//! message takes `2 E - (N - 1)` packets on a connected graph of `N` nodes and `E` links.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf,
};
use crate::inbox::Inbox;
use crate::invariants::{Invariants, Promises, Stored};
use crate::observe::{Carried, Payload};
use crate::protocol::{Context, Effects, Types};
use crate::seen::{Seen, SeenLimits};
use crate::wire::{DecodeError, Wire, take};

/// A flooded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<P> {
    /// Hops from the origin on arrival: 1 on the first link.
    pub hops: u16,
    /// What the application published.
    pub payload: P,
}

impl<P: Payload + Wire> Wire for Message<P> {
    #[inline]
    fn size(&self) -> u32 {
        self.payload.size().saturating_add(2)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hops.to_be_bytes());
        self.payload.encode(out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let hops = take(input).map(u16::from_be_bytes)?;
        Ok(Self { hops, payload: P::decode(input)? })
    }
}

/// How a node floods, and what it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Send a message back to who sent it, as the tutorial does. Default false.
    pub echo: bool,
    /// How many messages are remembered, and how long.
    pub seen: SeenLimits,
    /// Deliveries that wait while the application is busy; more are dropped and counted. Default 512
    /// (tutorial).
    pub queue: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { echo: false, seen: SeenLimits::default(), queue: 512 }
    }
}

/// The flooding side of a node.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Flood<Peer, P: Payload> {
    seen: P::Seen,
    inbox: Inbox<(P, u16)>,
    peer: PhantomData<Peer>,
}

impl<Peer, P: Payload> Default for Flood<Peer, P> {
    fn default() -> Self {
        Self { seen: P::Seen::default(), inbox: Inbox::default(), peer: PhantomData }
    }
}

impl<Peer: Copy + Ord, P: Payload> Flood<Peer, P> {
    fn on_command<E: Effects<Self>>(
        &mut self,
        command: BroadcastCommand<P>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        match command {
            BroadcastCommand::Publish(payload) => {
                if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
                    return cx.emit(BroadcastEvent::Dropped("already_published"));
                }
                cx.emit(BroadcastEvent::Published(payload.id()));
                for &peer in view.as_ref() {
                    cx.send(peer, Message { hops: 1, payload: payload.clone() });
                }
            }
            BroadcastCommand::Hold => self.inbox.hold(),
            BroadcastCommand::Resume => {
                for (payload, hops) in self.inbox.resume() {
                    cx.emit(BroadcastEvent::Delivered { payload, hops });
                }
            }
        }
    }

    #[inline(always)]
    fn on_message<E: Effects<Self>>(
        &mut self,
        from: Peer,
        Message { hops, payload }: Message<P>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
            return cx.emit(BroadcastEvent::Duplicate(payload.id()));
        }
        for &peer in view.as_ref() {
            if peer != from || cx.config.echo {
                cx.send(peer, Message { hops: hops.saturating_add(1), payload: payload.clone() });
            }
        }
        match self.inbox.offer((payload, hops), cx.config.queue) {
            Ok(Some((payload, hops))) => cx.emit(BroadcastEvent::Delivered { payload, hops }),
            Ok(None) => {}
            Err(_) => cx.emit(BroadcastEvent::Dropped("inbox_full")),
        }
    }
}

impl<Peer: Copy + Ord, P: Payload> Types for Flood<Peer, P> {
    type Peer = Peer;
    type Message = Message<P>;
    type Timer = core::convert::Infallible;
    type Command = BroadcastCommand<P>;
    type Event = BroadcastEventOf<P>;
    type Config = Config;
}

impl<Peer: Copy + Ord, P: Payload> Broadcast for Flood<Peer, P> {
    type Payload = P;

    #[inline(always)]
    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        match input {
            BroadcastInput::Message { from, message } => self.on_message(from, message, view, cx),
            BroadcastInput::Command(command) => self.on_command(command, view, cx),
            BroadcastInput::Timer(never) => match never {},
            BroadcastInput::Start | BroadcastInput::NeighborUp(_) | BroadcastInput::NeighborDown(_) => {}
        }
    }

    #[inline]
    fn carried(message: &Message<P>) -> Option<Carried<P::Id>> {
        Some(Carried { message: message.payload.id(), hops: message.hops })
    }
}

impl<Peer: Copy + Ord, P: Payload> Invariants for Flood<Peer, P> {
    fn promise(config: &Config, promises: &mut Promises) {
        promises.remembers = config.seen.clone();
        promises.once = true;
        promises.timers = Some(0);
        promises.echo = config.echo;
        promises.reaches_all = true;
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        let max = config.seen.capacity.map(|capacity| capacity as usize);
        report(Stored { what: "messages seen", count: self.seen.len(), max });
        let max = Some(config.queue as usize);
        report(Stored { what: "deliveries waiting", count: self.inbox.len(), max });
    }
}

#[cfg(feature = "tables")]
pub use table::{SeenFor, Table};

/// The settings as a scenario gives them.
#[cfg(feature = "tables")]
mod table {
    use alloc::borrow::Cow;
    use alloc::vec::Vec;

    use schemars::{JsonSchema, Schema, SchemaGenerator};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Config, Flood};
    use crate::seen::SeenLimits;
    use crate::tables::{CheckedTable, Complaint, Draw, NamedBroadcast, PortablePayload};
    use crate::units::{Duration, Limit, duration_or, schema_duration_or};

    /// `[broadcast.flood]`: what is new goes to every neighbor.
    #[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    #[schemars(rename = "FloodTable")]
    pub struct Table {
        /// Whether a message also goes back to who sent it. Default false.
        pub echo: bool,
        /// Messages that a node remembers to tell copies, or "unlimited". Default 65536.
        pub seen: Limit,
        /// How long it remembers them, or "unlimited". Default "15min".
        pub seen_for: SeenFor,
        /// Deliveries that wait while the application cannot take them; more are dropped and counted. Default
        /// 512.
        pub queue: u32,
    }

    impl Default for Table {
        fn default() -> Self {
            let Config { echo, seen, queue } = Config::default();
            let capacity = seen.capacity.map_or(Limit::Unlimited, |ids| Limit::AtMost(ids.into()));
            let ttl = seen.ttl.map_or(SeenFor::Unlimited, |time| SeenFor::For(Duration(time)));
            Self { echo, seen: capacity, seen_for: ttl, queue }
        }
    }

    impl From<Table> for Config {
        fn from(Table { echo, seen, seen_for, queue }: Table) -> Self {
            let capacity = seen.get().map(|ids| u32::try_from(ids).unwrap_or(u32::MAX));
            Self { echo, seen: SeenLimits { capacity, ttl: seen_for.get().map(|time| time.0) }, queue }
        }
    }

    /// Ages are counted in 32 bits of milliseconds.
    const LONGEST_MEMORY: Duration = Duration::from_secs(49 * 86_400);

    impl CheckedTable for Table {
        const DROPS: Option<&'static [&'static str]> = Some(&["already_published", "inbox_full"]);
        const WEIGHT: u32 = 70;

        fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
            let mut found = Vec::new();
            let mut wrong = |key, title, label| found.push(Complaint::new(key, title, label));
            if self.seen == Limit::AtMost(0) {
                let title = "a node that remembers nothing forwards every copy for ever";
                wrong("seen", title, "write 1 or more, or \"unlimited\"");
            }
            if self.seen_for.get().is_some_and(|time| time > LONGEST_MEMORY) {
                let label = "at most 1176h, which is 49 days, or \"unlimited\"";
                wrong("seen_for", "ages cannot be told apart for that long", label);
            }
            if self.seen_for == SeenFor::For(Duration::ZERO) {
                let title = "a node that forgets at once forwards every copy for ever";
                wrong("seen_for", title, "write a positive duration");
            }
            if self.queue == 0 {
                wrong("queue", "a queue of 0 keeps nothing for the application", "write 1 or more");
            }
            found
        }

        fn draw(draw: &mut Draw) -> Option<Self> {
            let mut table = Self { echo: draw.sometimes("echo", 25), ..Self::default() };
            // Not so few, nor for so short, that messages are forgotten while copies are on their way, also when a
            // partition of 9 s lets go of all that waited: a flood whose memory is too small goes on for ever.
            if draw.sometimes("seen bounded", 40) {
                table.seen = Limit::AtMost(draw.between(60, 80).into());
            }
            if draw.sometimes("seen_for", 40) {
                table.seen_for = SeenFor::For(Duration::from_millis(draw.between(4_000, 20_000).into()));
            }
            if draw.sometimes("short queue", 40) {
                table.queue = draw.between(1, 6);
            }
            Some(table)
        }
    }

    impl<P: PortablePayload> NamedBroadcast for Flood<u32, P> {
        const NAME: &'static str = "flood";
        type Table = Table;

        fn node(_: u32, _: &Config) -> Self {
            Self::default()
        }
    }

    /// How long something is remembered.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum SeenFor {
        /// For ever.
        Unlimited,
        /// For this long.
        For(Duration),
    }

    impl SeenFor {
        /// How long, or none for ever.
        #[must_use]
        pub const fn get(self) -> Option<Duration> {
            match self {
                Self::Unlimited => None,
                Self::For(time) => Some(time),
            }
        }
    }

    impl Serialize for SeenFor {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Unlimited => serializer.serialize_str("unlimited"),
                Self::For(time) => time.serialize(serializer),
            }
        }
    }

    impl<'de> Deserialize<'de> for SeenFor {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(duration_or("unlimited", deserializer)?.map_or(Self::Unlimited, Self::For))
        }
    }

    impl JsonSchema for SeenFor {
        fn schema_name() -> Cow<'static, str> {
            "SeenFor".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            schema_duration_or("unlimited", generator)
        }
    }
}
