//! Any of the built-in overlays, and any of the built-in broadcasts, each as one type.
//!
//! A program compiles an engine for every protocol that it runs. With one type for all overlays and one for all
//! broadcasts, a new protocol of either layer costs one engine, whatever number of others it is combined with. The price
//! is paid by runs: a look at which it is for each input, and messages as large as the largest.
//!
//! On the wire a message of `any` is no longer than that of the protocol itself: which one it is stands in the byte that
//! says its layer.

use std::fmt;

use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf, Flood,
    FloodWithHistory, Gossip, Plumtree,
};
use floodnet_core::hostile::{Classes, MessageClass, Pretense};
use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::measure::Measure;
use floodnet_core::observe::Carried;
use floodnet_core::overlay::{Cyclon, Fixed, HyParView, Overlay, OverlayEvent, RandomWalk, Swim};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Types};
use floodnet_core::time::Duration;
use floodnet_core::wire::{DecodeError, Wire, take};
use floodnet_sim::payload::SimPayload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Given, NamedBroadcast, NamedOverlay, Setting};
use crate::{
    CheckedTable, Complaint, CyclonTable, FloodTable, GossipTable, HyParViewTable, PlumtreeTable,
    RandomWalkTable, StaticTable, SwimTable,
};

/// A message, timer or table of several protocols cannot be one of another: nodes of a run have the same settings.
const OTHER: &str = "other_protocol";

/// `Debug` as if it were alone: traces say the same of a protocol, whatever engine runs it.
macro_rules! shown_as_itself {
    ($any:ident: $($variant:ident)*) => {
        impl fmt::Debug for $any {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(one) => one.fmt(f),)* }
            }
        }
    };
}

/// Makes of several protocols of one layer the types of one: its messages, timers, settings and table, and what they
/// have in common.
macro_rules! any {
    (
        $(#[$about:meta])* $any:ident, $message:ident, $timer:ident, $config:ident:
        $($variant:ident = $number:literal $node:ty;)*
    ) => {
        $(#[$about])*
        #[expect(missing_docs, reason = "the names are those of the protocols")]
        pub enum $any { $($variant($node),)* }

        /// What nodes say to each other.
        #[derive(Clone)]
        pub enum $message { $($variant(<$node as Types>::Message),)* }

        /// What a timer brings back.
        #[derive(Clone)]
        pub enum $timer { $($variant(<$node as Types>::Timer),)* }

        /// The settings of all nodes.
        #[derive(Clone, Debug)]
        pub enum $config { $($variant(<$node as Types>::Config),)* }

        shown_as_itself!($any: $($variant)*);
        shown_as_itself!($message: $($variant)*);
        shown_as_itself!($timer: $($variant)*);

        impl $message {
            /// What it is for.
            fn class(&self) -> MessageClass {
                match self { $(Self::$variant(message) => <$node>::class(message),)* }
            }

            /// What it is, in a word.
            fn word(&self) -> &'static str {
                match self { $(Self::$variant(message) => <$node>::kind(message),)* }
            }
        }

        impl $config {
            /// What the messages of nodes with these settings are for.
            fn classes(&self) -> Classes {
                match self { $(Self::$variant(config) => <$node>::classes(config),)* }
            }
        }

        impl Wire for $message {
            const VARIANTS: u8 = [$($number),*].len() as u8;

            fn variant(&self) -> u8 {
                match self { $(Self::$variant(_) => $number,)* }
            }
            #[inline]
            fn variant_size(&self) -> u32 {
                match self { $(Self::$variant(message) => message.size(),)* }
            }
            fn encode_variant(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant(message) => message.encode(out),)* }
            }
            fn decode_variant(variant: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
                match variant {
                    $($number => Wire::decode(input).map(Self::$variant),)*
                    kind => Err(DecodeError::Kind(kind)),
                }
            }
            fn size(&self) -> u32 {
                self.variant_size().saturating_add(1)
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(self.variant());
                self.encode_variant(out);
            }
            fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let [variant] = take(input)?;
                Self::decode_variant(variant, input)
            }
        }

        $(impl<E: Effects<$any>> Effects<$node> for Side<'_, E> {
            fn send(&mut self, to: u32, message: <$node as Types>::Message) {
                self.0.send(to, $message::$variant(message));
            }
            fn set_timer(&mut self, after: Duration, timer: <$node as Types>::Timer) {
                self.0.set_timer(after, $timer::$variant(timer));
            }
            fn disconnect(&mut self, peer: u32) {
                self.0.disconnect(peer);
            }
            fn emit(&mut self, event: <$node as Types>::Event) {
                self.0.emit(event);
            }
        })*

        impl Invariants for $any {
            fn states(config: &$config) -> &'static [&'static str] {
                match config { $($config::$variant(config) => <$node>::states(config),)* }
            }
            fn state(&self, config: &$config) -> Option<&'static str> {
                match (self, config) {
                    $((Self::$variant(node), $config::$variant(config)) => node.state(config),)*
                    // A node is made from its settings.
                    _ => None,
                }
            }
            fn promise(config: &$config, promises: &mut Promises) {
                match config { $($config::$variant(config) => <$node>::promise(config, promises),)* }
            }
            fn walk(message: &$message) -> Option<Walk<u32>> {
                match message { $($message::$variant(message) => <$node>::walk(message),)* }
            }
            fn stored(&self, config: &$config, report: &mut dyn FnMut(Stored)) {
                match (self, config) {
                    $((Self::$variant(node), $config::$variant(config)) => node.stored(config, report),)*
                    _ => {}
                }
            }
            fn static_neighbors(config: &$config, peer: u32) -> Option<&[u32]> {
                match config { $($config::$variant(config) => <$node>::static_neighbors(config, peer),)* }
            }
        }
    };
}

/// The tables of several protocols as one.
macro_rules! any_table {
    ($table:ident: $($variant:ident = $word:literal $settings:ty;)*) => {
        /// A table of one of them, with its name around it.
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub enum $table { $(#[serde(rename = $word)] $variant($settings),)* }

        impl CheckedTable for $table {
            const IS_NAMED: bool = true;
        }
    };
}

/// Takes the effects of one protocol for those of any.
struct Side<'a, E>(&'a mut E);

any! {
    /// One of the built-in overlays.
    AnyOverlay, AnyOverlayMessage, AnyOverlayTimer, AnyOverlayConfig:
    RandomWalk = 0 RandomWalk<u32>;
    HyParView = 1 HyParView<u32>;
    Cyclon = 2 Cyclon<u32>;
    Fixed = 3 Fixed;
    Swim = 4 Swim<u32>;
}

any_table! {
    AnyOverlayTable:
    RandomWalk = "random_walk" RandomWalkTable;
    HyParView = "hyparview" HyParViewTable;
    Cyclon = "cyclon" CyclonTable;
    Fixed = "static" StaticTable;
    Swim = "swim" SwimTable;
}

any! {
    /// One of the built-in broadcasts.
    AnyBroadcast, AnyBroadcastMessage, AnyBroadcastTimer, AnyBroadcastConfig:
    Flood = 0 Flood<u32, SimPayload>;
    Gossip = 1 Gossip<u32, SimPayload>;
    Plumtree = 2 Plumtree<u32, SimPayload>;
    FloodWithHistory = 3 FloodWithHistory<u32, SimPayload>;
}

any_table! {
    AnyBroadcastTable:
    Flood = "flood" FloodTable;
    Gossip = "gossip" GossipTable;
    Plumtree = "plumtree" PlumtreeTable;
}

impl Types for AnyOverlay {
    type Peer = u32;
    type Message = AnyOverlayMessage;
    type Timer = AnyOverlayTimer;
    type Command = core::convert::Infallible;
    type Event = OverlayEvent<u32>;
    type Config = AnyOverlayConfig;
}

/// Does `$what` with the node and the settings of the overlay that it is.
macro_rules! each_overlay {
    ($any:expr, $node:ident => $what:expr) => {
        match $any {
            AnyOverlay::RandomWalk($node) => $what,
            AnyOverlay::HyParView($node) => $what,
            AnyOverlay::Cyclon($node) => $what,
            AnyOverlay::Fixed($node) => $what,
            AnyOverlay::Swim($node) => $what,
        }
    };
}

/// Does `$what` with what an overlay has, be it its settings or its table. The type of the overlay is `$overlay`.
macro_rules! of_each {
    ($of:ident, $any:expr, $overlay:ident, $part:ident => $what:expr) => {
        match $any {
            $of::RandomWalk($part) => {
                type $overlay = RandomWalk<u32>;
                $what
            }
            $of::HyParView($part) => {
                type $overlay = HyParView<u32>;
                $what
            }
            $of::Cyclon($part) => {
                type $overlay = Cyclon<u32>;
                $what
            }
            $of::Swim($part) => {
                type $overlay = Swim<u32>;
                $what
            }
            $of::Fixed($part) => {
                type $overlay = Fixed;
                $what
            }
        }
    };
}

macro_rules! handle_overlay {
    ($any:expr, $input:expr, $cx:expr; $($variant:ident)*) => {
        match ($any, $cx.config) {
            $((AnyOverlay::$variant(node), AnyOverlayConfig::$variant(config)) => {
                let input = match $input {
                    Input::Start => Input::Start,
                    Input::Command(never) => match never {},
                    Input::Message { from, message: AnyOverlayMessage::$variant(message) } => {
                        Input::Message { from, message }
                    }
                    Input::Timer(AnyOverlayTimer::$variant(timer)) => Input::Timer(timer),
                    Input::LinkDown(peer) => Input::LinkDown(peer),
                    Input::Message { .. } | Input::Timer(_) => return $cx.emit(OverlayEvent::Dropped(OTHER)),
                };
                let mut side = Side(&mut *$cx.effects);
                let mut inner = Context { now: $cx.now, config, rng: &mut *$cx.rng, effects: &mut side };
                node.handle(input, &mut inner);
            })*
            // A node is made from its settings.
            _ => {}
        }
    };
}

impl Overlay for AnyOverlay {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        handle_overlay!(self, input, cx; RandomWalk HyParView Cyclon Fixed Swim);
    }

    #[inline]
    fn neighbors(&self) -> &[u32] {
        each_overlay!(self, node => node.neighbors())
    }

    fn chosen(&self) -> usize {
        each_overlay!(self, node => node.chosen())
    }

    fn class(message: &AnyOverlayMessage) -> MessageClass {
        message.class()
    }

    fn classes(config: &AnyOverlayConfig) -> Classes {
        config.classes()
    }

    fn forges(config: &AnyOverlayConfig) -> Classes {
        of_each!(AnyOverlayConfig, config, O, config => O::forges(config))
    }

    fn forge(
        config: &AnyOverlayConfig,
        class: MessageClass,
        pretense: &Pretense<u32>,
    ) -> Option<AnyOverlayMessage> {
        use {AnyOverlayConfig as C, AnyOverlayMessage as M};
        match config {
            C::RandomWalk(config) => RandomWalk::forge(config, class, pretense).map(M::RandomWalk),
            C::HyParView(config) => HyParView::forge(config, class, pretense).map(M::HyParView),
            C::Cyclon(config) => Cyclon::forge(config, class, pretense).map(M::Cyclon),
            C::Fixed(config) => Fixed::forge(config, class, pretense).map(M::Fixed),
            C::Swim(config) => Swim::forge(config, class, pretense).map(M::Swim),
        }
    }

    fn lies(config: &AnyOverlayConfig) -> Classes {
        of_each!(AnyOverlayConfig, config, O, config => O::lies(config))
    }

    fn lie(message: &mut AnyOverlayMessage, named: u32) -> bool {
        match message {
            AnyOverlayMessage::RandomWalk(message) => RandomWalk::lie(message, named),
            AnyOverlayMessage::HyParView(message) => HyParView::lie(message, named),
            AnyOverlayMessage::Cyclon(message) => Cyclon::lie(message, named),
            AnyOverlayMessage::Fixed(message) => Fixed::lie(message, named),
            AnyOverlayMessage::Swim(message) => Swim::lie(message, named),
        }
    }

    fn unbounded(config: &mut AnyOverlayConfig) {
        of_each!(AnyOverlayConfig, config, O, config => O::unbounded(config));
    }

    fn kind(message: &AnyOverlayMessage) -> &'static str {
        message.word()
    }

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        RandomWalk::<u32>::measures(declare);
        HyParView::<u32>::measures(declare);
        Cyclon::<u32>::measures(declare);
        Fixed::measures(declare);
        Swim::<u32>::measures(declare);
    }
}

impl NamedOverlay<Setting> for AnyOverlay {
    const NAME: &'static str = "any";
    type Table = AnyOverlayTable;

    fn config(table: AnyOverlayTable, setting: &Setting) -> Result<AnyOverlayConfig, Complaint> {
        use {AnyOverlayConfig as C, AnyOverlayTable as T};
        Ok(match table {
            T::RandomWalk(table) => C::RandomWalk(RandomWalk::config(table, setting)?),
            T::HyParView(table) => C::HyParView(HyParView::config(table, setting)?),
            T::Cyclon(table) => C::Cyclon(Cyclon::config(table, setting)?),
            T::Fixed(table) => C::Fixed(Fixed::config(table, setting)?),
            T::Swim(table) => C::Swim(Swim::config(table, setting)?),
        })
    }

    fn node(slot: u32, config: &AnyOverlayConfig) -> Self {
        match config {
            AnyOverlayConfig::RandomWalk(_) => Self::RandomWalk(RandomWalk::new(slot)),
            AnyOverlayConfig::HyParView(_) => Self::HyParView(HyParView::new(slot)),
            AnyOverlayConfig::Cyclon(_) => Self::Cyclon(Cyclon::new(slot)),
            AnyOverlayConfig::Fixed(_) => Self::Fixed(Fixed::new(slot)),
            AnyOverlayConfig::Swim(_) => Self::Swim(Swim::new(slot)),
        }
    }

    fn target_degree(table: &AnyOverlayTable) -> Option<u32> {
        of_each!(AnyOverlayTable, table, O, table => <O as NamedOverlay<Setting>>::target_degree(table))
    }

    fn links(table: &AnyOverlayTable, slots: u32) -> Option<u64> {
        of_each!(AnyOverlayTable, table, O, table => <O as NamedOverlay<Setting>>::links(table, slots))
    }

    fn is_directed(table: &AnyOverlayTable) -> bool {
        of_each!(AnyOverlayTable, table, O, table => <O as NamedOverlay<Setting>>::is_directed(table))
    }

    fn given(table: &AnyOverlayTable) -> Result<Option<Given>, Complaint> {
        of_each!(AnyOverlayTable, table, O, table => <O as NamedOverlay<Setting>>::given(table))
    }
}

impl Types for AnyBroadcast {
    type Peer = u32;
    type Message = AnyBroadcastMessage;
    type Timer = AnyBroadcastTimer;
    type Command = BroadcastCommand<SimPayload>;
    type Event = BroadcastEventOf<SimPayload>;
    type Config = AnyBroadcastConfig;
}

macro_rules! handle_broadcast {
    ($any:expr, $input:expr, $view:expr, $cx:expr; $($variant:ident)*) => {
        match ($any, $cx.config) {
            $((AnyBroadcast::$variant(node), AnyBroadcastConfig::$variant(config)) => {
                let input = match $input {
                    BroadcastInput::Start => BroadcastInput::Start,
                    BroadcastInput::Command(command) => BroadcastInput::Command(command),
                    BroadcastInput::Message { from, message: AnyBroadcastMessage::$variant(message) } => {
                        BroadcastInput::Message { from, message }
                    }
                    BroadcastInput::Timer(AnyBroadcastTimer::$variant(timer)) => BroadcastInput::Timer(timer),
                    BroadcastInput::NeighborUp(peer) => BroadcastInput::NeighborUp(peer),
                    BroadcastInput::NeighborDown(peer) => BroadcastInput::NeighborDown(peer),
                    BroadcastInput::Message { .. } | BroadcastInput::Timer(_) => {
                        return $cx.emit(BroadcastEvent::Dropped(OTHER));
                    }
                };
                let mut side = Side(&mut *$cx.effects);
                let mut inner = Context { now: $cx.now, config, rng: &mut *$cx.rng, effects: &mut side };
                node.handle(input, $view, &mut inner);
            })*
            // A node is made from its settings.
            _ => {}
        }
    };
}

impl Broadcast for AnyBroadcast {
    type Payload = SimPayload;

    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[u32]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        handle_broadcast!(self, input, view, cx; Flood Gossip Plumtree FloodWithHistory);
    }

    #[inline]
    fn carried(message: &AnyBroadcastMessage) -> Option<Carried<u32>> {
        match message {
            AnyBroadcastMessage::Flood(message) => Flood::<u32, SimPayload>::carried(message),
            AnyBroadcastMessage::Gossip(message) => Gossip::<u32, SimPayload>::carried(message),
            AnyBroadcastMessage::Plumtree(message) => Plumtree::<u32, SimPayload>::carried(message),
            AnyBroadcastMessage::FloodWithHistory(message) => {
                FloodWithHistory::<u32, SimPayload>::carried(message)
            }
        }
    }

    fn class(message: &AnyBroadcastMessage) -> MessageClass {
        message.class()
    }

    fn classes(config: &AnyBroadcastConfig) -> Classes {
        config.classes()
    }

    fn kind(message: &AnyBroadcastMessage) -> &'static str {
        message.word()
    }

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        Flood::<u32, SimPayload>::measures(declare);
        Gossip::<u32, SimPayload>::measures(declare);
        Plumtree::<u32, SimPayload>::measures(declare);
        FloodWithHistory::<u32, SimPayload>::measures(declare);
    }
}

impl From<AnyBroadcastTable> for AnyBroadcastConfig {
    fn from(table: AnyBroadcastTable) -> Self {
        match table {
            AnyBroadcastTable::Flood(table) if table.history.is_some() => {
                Self::FloodWithHistory(table.into())
            }
            AnyBroadcastTable::Flood(table) => Self::Flood(table.into()),
            AnyBroadcastTable::Gossip(table) => Self::Gossip(table),
            AnyBroadcastTable::Plumtree(table) => Self::Plumtree(table.into()),
        }
    }
}

impl NamedBroadcast for AnyBroadcast {
    const NAME: &'static str = "any";
    type Table = AnyBroadcastTable;

    fn node(_: u32, config: &AnyBroadcastConfig) -> Self {
        match config {
            AnyBroadcastConfig::Flood(_) => Self::Flood(Flood::default()),
            AnyBroadcastConfig::Gossip(_) => Self::Gossip(Gossip::default()),
            AnyBroadcastConfig::Plumtree(_) => Self::Plumtree(Plumtree::default()),
            AnyBroadcastConfig::FloodWithHistory(_) => Self::FloodWithHistory(FloodWithHistory::default()),
        }
    }
}
