//! A whole node: an overlay and a broadcast composed into one protocol.
//!
//! The overlay's changes reach the broadcast after the overlay has handled its input, in order, with the
//! view as it is then.

use alloc::vec::Vec;
use core::marker::PhantomData;

use arrayvec::ArrayVec;

use crate::broadcast::{Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, BroadcastInputOf};
use crate::hostile::{Classes, MessageClass, Pretense};
use crate::invariants::{Invariants, Promises, Stored, Walk};
use crate::measure::Measure;
use crate::observe::{Carried, Observation, Observe, Payload};
use crate::overlay::{Overlay, OverlayEvent};
use crate::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use crate::time::Duration;
use crate::wire::{self, DecodeError, Wire, take};

/// A message, timer or event of one of the two layers.
///
/// The tag takes a whole word: with a tag of one byte and three of padding, moving a message means moving odd
/// pieces of it one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Layer<O, B> {
    /// The part of a node that keeps its neighbors.
    Overlay(O),
    /// The part of a node that spreads messages over them.
    Broadcast(B),
}

impl<O: Wire, B: Wire> Wire for Layer<O, B> {
    #[inline]
    fn size(&self) -> u32 {
        let inside = match self {
            Self::Overlay(message) => message.variant_size(),
            Self::Broadcast(message) => message.variant_size(),
        };
        inside.saturating_add(1)
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Overlay(message) => {
                out.push(message.variant() << 1);
                message.encode_variant(out);
            }
            Self::Broadcast(message) => {
                out.push(message.variant() << 1 | 1);
                message.encode_variant(out);
            }
        }
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [kind] = take(input)?;
        let (variant, is_broadcast) = (kind >> 1, kind & 1 == 1);
        if variant >= if is_broadcast { B::VARIANTS } else { O::VARIANTS } {
            return Err(DecodeError::Kind(kind));
        }
        match is_broadcast {
            false => O::decode_variant(variant, input).map(Self::Overlay),
            true => B::decode_variant(variant, input).map(Self::Broadcast),
        }
    }
}

/// Settings of a [`Node`], one set for each layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config<O, B> {
    /// How neighbors are found and kept.
    pub overlay: O,
    /// How messages spread.
    pub broadcast: B,
}

/// An overlay `O` under a broadcast `B`.
#[derive(Clone, Debug)]
// The order matters for the cache: most packets are duplicates and go no further than the memory of messages
// seen, which is the first part of a broadcast.
#[repr(C)]
pub struct Node<O, B> {
    broadcast: B,
    overlay: O,
}

impl<O: Overlay, B: Broadcast<Peer = O::Peer>> Node<O, B> {
    /// A node whose `broadcast` spreads messages over the neighbors of `overlay`.
    pub const fn new(overlay: O, broadcast: B) -> Self {
        Self { broadcast, overlay }
    }

    /// The layer that keeps the neighbors.
    pub const fn overlay(&self) -> &O {
        &self.overlay
    }

    /// The layer that spreads messages.
    pub const fn broadcast(&self) -> &B {
        &self.broadcast
    }

    fn drive_overlay<E: Effects<Self>>(&mut self, input: InputOf<O>, cx: &mut Context<'_, Self, E>) {
        let mut changes = Changes { few: ArrayVec::new(), more: Vec::new() };
        let mut side =
            OverlaySide::<O, B, E> { outer: cx.effects, changes: &mut changes, layers: PhantomData };
        let mut inner =
            Context { now: cx.now, config: &cx.config.overlay, rng: &mut *cx.rng, effects: &mut side };
        self.overlay.handle(input, &mut inner);
        for &change in changes.few.iter().chain(&changes.more) {
            let input = match change {
                Change::Up(peer) => BroadcastInput::NeighborUp(peer),
                Change::Down(peer) => BroadcastInput::NeighborDown(peer),
            };
            // Inlined, because a flood ignores these inputs and then the whole loop disappears.
            self.drive_broadcast_inline(input, cx);
        }
    }

    #[inline(never)]
    fn drive_broadcast<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<B>,
        cx: &mut Context<'_, Self, E>,
    ) {
        self.drive_broadcast_inline(input, cx);
    }

    /// [`drive_broadcast`](Self::drive_broadcast), inlined for messages, so that a message stays in registers.
    #[inline(always)]
    fn drive_broadcast_inline<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<B>,
        cx: &mut Context<'_, Self, E>,
    ) {
        let mut side = BroadcastSide::<O, B, E> { outer: cx.effects, layers: PhantomData };
        let mut inner =
            Context { now: cx.now, config: &cx.config.broadcast, rng: &mut *cx.rng, effects: &mut side };
        self.broadcast.handle(input, &Neighbors(&self.overlay), &mut inner);
    }
}

/// The overlay's view, looked up when it is asked for.
struct Neighbors<'a, O>(&'a O);

impl<O: Overlay> AsRef<[O::Peer]> for Neighbors<'_, O> {
    #[inline]
    fn as_ref(&self) -> &[O::Peer] {
        self.0.neighbors()
    }
}

#[derive(Clone, Copy)]
enum Change<Peer> {
    Up(Peer),
    Down(Peer),
}

/// Changes of the view by one input, in order. There are few, so they are kept without allocating; only the
/// start of a node with static neighbors makes many.
struct Changes<Peer> {
    few: ArrayVec<Change<Peer>, 10>,
    more: Vec<Change<Peer>>,
}

impl<Peer> Changes<Peer> {
    fn push(&mut self, change: Change<Peer>) {
        if let Err(beyond) = self.few.try_push(change) {
            self.more.push(beyond.element());
        }
    }
}

/// Takes the overlay's effects: wraps them for the node and notes the changes of the view.
struct OverlaySide<'a, O: Types, B, E> {
    outer: &'a mut E,
    changes: &'a mut Changes<O::Peer>,
    layers: PhantomData<B>,
}

impl<O: Overlay, B: Broadcast<Peer = O::Peer>, E: Effects<Node<O, B>>> Effects<O>
    for OverlaySide<'_, O, B, E>
{
    fn send(&mut self, to: O::Peer, message: O::Message) {
        self.outer.send(to, Layer::Overlay(message));
    }
    fn set_timer(&mut self, after: Duration, timer: O::Timer) {
        self.outer.set_timer(after, Layer::Overlay(timer));
    }
    fn disconnect(&mut self, peer: O::Peer) {
        self.outer.disconnect(peer);
    }
    #[inline(always)]
    fn emit(&mut self, event: O::Event) {
        match event {
            OverlayEvent::Up(peer) => self.changes.push(Change::Up(peer)),
            OverlayEvent::Down(peer) => self.changes.push(Change::Down(peer)),
            OverlayEvent::Repair
            | OverlayEvent::Failed(_)
            | OverlayEvent::Dropped(_)
            | OverlayEvent::Count(..)
            | OverlayEvent::Record(..) => {}
        }
        self.outer.emit(Layer::Overlay(event));
    }
}

/// Takes the broadcast's effects and wraps them for the node.
struct BroadcastSide<'a, O, B, E> {
    outer: &'a mut E,
    layers: PhantomData<(O, B)>,
}

impl<O: Overlay, B: Broadcast<Peer = O::Peer>, E: Effects<Node<O, B>>> Effects<B>
    for BroadcastSide<'_, O, B, E>
{
    #[inline(always)]
    fn send(&mut self, to: B::Peer, message: B::Message) {
        self.outer.send(to, Layer::Broadcast(message));
    }
    fn set_timer(&mut self, after: Duration, timer: B::Timer) {
        self.outer.set_timer(after, Layer::Broadcast(timer));
    }
    fn disconnect(&mut self, peer: B::Peer) {
        self.outer.disconnect(peer);
    }
    #[inline(always)]
    fn emit(&mut self, event: B::Event) {
        self.outer.emit(Layer::Broadcast(event));
    }
}

impl<O: Overlay, B: Broadcast<Peer = O::Peer>> Types for Node<O, B> {
    type Peer = O::Peer;
    type Message = Layer<O::Message, B::Message>;
    type Timer = Layer<O::Timer, B::Timer>;
    type Command = B::Command;
    type Event = Layer<O::Event, B::Event>;
    type Config = Config<O::Config, B::Config>;
}

impl<O: Overlay, B: Broadcast<Peer = O::Peer>> Protocol for Node<O, B> {
    // Inlined always, like everything on the path of a message. If it is left to the compiler, unrelated code of the
    // engine decides whether the path becomes one function; that is a sixteenth of a flood's instructions.
    #[inline(always)]
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Message { from, message: Layer::Broadcast(message) } => {
                self.drive_broadcast_inline(BroadcastInput::Message { from, message }, cx);
            }
            Input::Message { from, message: Layer::Overlay(message) } => {
                self.drive_overlay(Input::Message { from, message }, cx);
            }
            Input::Start => {
                self.drive_overlay(Input::Start, cx);
                self.drive_broadcast(BroadcastInput::Start, cx);
            }
            Input::Command(command) => self.drive_broadcast(BroadcastInput::Command(command), cx),
            Input::Timer(Layer::Overlay(timer)) => self.drive_overlay(Input::Timer(timer), cx),
            Input::Timer(Layer::Broadcast(timer)) => self.drive_broadcast(BroadcastInput::Timer(timer), cx),
            Input::LinkDown(peer) => self.drive_overlay(Input::LinkDown(peer), cx),
        }
    }
}

impl<O, B> Observe for Node<O, B>
where
    O: Overlay<Message: Wire>,
    B: Broadcast<Peer = O::Peer, Message: Wire>,
{
    type Payload = B::Payload;

    fn publish(payload: B::Payload) -> B::Command {
        BroadcastCommand::Publish(payload)
    }

    fn hold(busy: bool) -> Option<B::Command> {
        Some(if busy { BroadcastCommand::Hold } else { BroadcastCommand::Resume })
    }

    #[inline]
    fn observe(event: &Self::Event) -> Observation<O::Peer, <B::Payload as Payload>::Id> {
        match event {
            Layer::Overlay(OverlayEvent::Up(peer)) => Observation::NeighborUp(*peer),
            Layer::Overlay(OverlayEvent::Down(peer)) => Observation::NeighborDown(*peer),
            Layer::Overlay(OverlayEvent::Repair) => Observation::Repair,
            Layer::Overlay(OverlayEvent::Failed(peer)) => Observation::Failed(*peer),
            Layer::Broadcast(BroadcastEvent::Published(id)) => Observation::Published(*id),
            Layer::Broadcast(BroadcastEvent::Delivered { payload, hops }) => {
                Observation::Delivered { message: payload.id(), hops: *hops }
            }
            Layer::Broadcast(BroadcastEvent::Duplicate(id)) => Observation::Duplicate(*id),
            Layer::Overlay(OverlayEvent::Dropped(reason))
            | Layer::Broadcast(BroadcastEvent::Dropped(reason)) => Observation::Dropped(reason),
            Layer::Overlay(OverlayEvent::Count(measure, by))
            | Layer::Broadcast(BroadcastEvent::Count(measure, by)) => Observation::Count(measure, *by),
            Layer::Overlay(OverlayEvent::Record(measure, value))
            | Layer::Broadcast(BroadcastEvent::Record(measure, value)) => {
                Observation::Record(measure, *value)
            }
        }
    }

    #[inline]
    fn carried(message: &Self::Message) -> Option<Carried<<B::Payload as Payload>::Id>> {
        match message {
            Layer::Overlay(_) => None,
            Layer::Broadcast(message) => B::carried(message),
        }
    }

    #[inline]
    fn kind(message: &Self::Message) -> &'static str {
        match message {
            Layer::Overlay(message) => O::kind(message),
            Layer::Broadcast(message) => B::kind(message),
        }
    }

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        O::measures(declare);
        B::measures(declare);
    }

    #[inline]
    fn wire_size(message: &Self::Message) -> u32 {
        wire::packet_size(message)
    }

    #[inline]
    fn neighbors(&self) -> &[O::Peer] {
        self.overlay.neighbors()
    }

    fn chosen(&self) -> usize {
        self.overlay.chosen()
    }

    fn class(message: &Self::Message) -> MessageClass {
        match message {
            Layer::Overlay(message) => O::class(message),
            Layer::Broadcast(message) => B::class(message),
        }
    }

    fn classes(config: &Self::Config) -> Classes {
        O::classes(&config.overlay).and(B::classes(&config.broadcast))
    }

    fn forges(config: &Self::Config) -> Classes {
        O::forges(&config.overlay)
    }

    fn forge(
        config: &Self::Config,
        class: MessageClass,
        pretense: &Pretense<O::Peer>,
    ) -> Option<Self::Message> {
        O::forge(&config.overlay, class, pretense).map(Layer::Overlay)
    }

    fn lies(config: &Self::Config) -> Classes {
        O::lies(&config.overlay)
    }

    fn lie(message: &mut Self::Message, named: O::Peer) -> bool {
        match message {
            Layer::Overlay(message) => O::lie(message, named),
            Layer::Broadcast(_) => false,
        }
    }

    fn unbounded(config: &mut Self::Config) {
        O::unbounded(&mut config.overlay);
    }
}

impl<O, B> Invariants for Node<O, B>
where
    O: Overlay + Invariants,
    B: Broadcast<Peer = O::Peer> + Invariants,
{
    // Who links to whom decides what a fault does: the overlay's states are those of the node.
    fn states(config: &Self::Config) -> &'static [&'static str] {
        O::states(&config.overlay)
    }

    fn state(&self, config: &Self::Config) -> Option<&'static str> {
        self.overlay.state(&config.overlay)
    }

    fn promise(config: &Self::Config, promises: &mut Promises) {
        O::promise(&config.overlay, promises);
        // Each layer speaks of its own timers; what is bounded for one only is not bounded for the node.
        let below = promises.timers.take();
        B::promise(&config.broadcast, promises);
        let above = promises.timers;
        promises.timers = below.zip(above).map(|(below, above)| below + above);
    }

    fn walk(message: &Self::Message) -> Option<Walk<O::Peer>> {
        match message {
            Layer::Overlay(message) => O::walk(message),
            Layer::Broadcast(message) => B::walk(message),
        }
    }

    fn stored(&self, config: &Self::Config, report: &mut dyn FnMut(Stored)) {
        self.overlay.stored(&config.overlay, report);
        self.broadcast.stored(&config.broadcast, report);
    }

    fn static_neighbors(config: &Self::Config, peer: O::Peer) -> Option<&[O::Peer]> {
        O::static_neighbors(&config.overlay, peer)
    }
}
