//! Flooding with duplicate suppression: what is new goes to every neighbor but the one it came from.
//!
//! Without loss each node sends each message once on each of its links except where it came from, so one
//! message takes `2 E - (N - 1)` packets on a connected graph of `N` nodes and `E` links.

pub mod history;
#[cfg(feature = "tables")]
mod table;

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf, deliver,
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
        deliver(&mut self.inbox, (payload, hops), cx.config.queue, cx);
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
pub use table::{HistoryTable, SeenFor, Table};
