//! Infect-and-die push gossip: a node sends what is new to it to `fanout` random neighbors, once.
//!
//! On a complete overlay the share of nodes that a message reaches solves `z = 1 - exp(-fanout z)`
//! (Kermarrec, Massoulié and Ganesh 2003).

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::flood::Message;
use super::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf,
};
use crate::invariants::{Invariants, Promises, Stored};
use crate::observe::{Carried, Payload};
use crate::protocol::{Context, Effects, Types};
use crate::seen::{Seen, SeenLimits};

/// Up to this many choices are noted without allocating.
const FEW: usize = 16;

/// `[broadcast.gossip]`: what is new goes once to some random neighbors.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "tables",
    derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema),
    serde(default, deny_unknown_fields),
    schemars(rename = "GossipTable")
)]
pub struct Config {
    /// Neighbors that get it. Default 4.
    pub fanout: u32,
    /// How many messages are remembered, and how long; not for scenarios to set.
    #[cfg_attr(feature = "tables", serde(skip))]
    pub seen: SeenLimits,
}

impl Default for Config {
    fn default() -> Self {
        Self { fanout: 4, seen: SeenLimits::default() }
    }
}

/// The gossiping side of a node.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Gossip<Peer, P: Payload> {
    seen: P::Seen,
    peer: PhantomData<Peer>,
}

impl<Peer, P: Payload> Default for Gossip<Peer, P> {
    fn default() -> Self {
        Self { seen: P::Seen::default(), peer: PhantomData }
    }
}

impl<Peer: Copy + Ord, P: Payload> Gossip<Peer, P> {
    /// Sends `message` to `fanout` distinct random neighbors, not to `from`.
    fn push<E: Effects<Self>>(
        message: &Message<P>,
        from: Option<Peer>,
        view: &[Peer],
        cx: &mut Context<'_, Self, E>,
    ) {
        // Drawn are places among the others, as if `from` were not in the view: those behind it are one further on.
        let hole = from.and_then(|from| view.iter().position(|&peer| peer == from));
        let others = u32::try_from(view.len() - usize::from(hole.is_some())).unwrap_or(u32::MAX);
        let count = cx.config.fanout.min(others);
        // Floyd's sampling without replacement: `count` draws, whatever the size of the view.
        let mut few = [0; FEW];
        let mut many = Vec::new();
        let chosen: &mut [u32] = if count as usize <= FEW {
            &mut few[..count as usize]
        } else {
            many.resize(count as usize, 0);
            &mut many
        };
        for (done, last) in (others - count..others).enumerate() {
            let drawn = cx.below(last.saturating_add(1));
            chosen[done] = if chosen[..done].contains(&drawn) { last } else { drawn };
        }
        for &mut index in chosen {
            let skip = usize::from(hole.is_some_and(|hole| index as usize >= hole));
            if let Some(&peer) = view.get(index as usize + skip) {
                cx.send(peer, message.clone());
            }
        }
    }
}

impl<Peer: Copy + Ord, P: Payload> Types for Gossip<Peer, P> {
    type Peer = Peer;
    type Message = Message<P>;
    type Timer = core::convert::Infallible;
    type Command = BroadcastCommand<P>;
    type Event = BroadcastEventOf<P>;
    type Config = Config;
}

impl<Peer: Copy + Ord, P: Payload> Broadcast for Gossip<Peer, P> {
    type Payload = P;

    #[inline]
    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[Peer]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        match input {
            BroadcastInput::Message { from, message } => {
                let Message { hops, payload } = message;
                if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
                    return cx.emit(BroadcastEvent::Duplicate(payload.id()));
                }
                let next = Message { hops: hops.saturating_add(1), payload: payload.clone() };
                Self::push(&next, Some(from), view.as_ref(), cx);
                cx.emit(BroadcastEvent::Delivered { payload, hops });
            }
            BroadcastInput::Command(BroadcastCommand::Publish(payload)) => {
                if !self.seen.insert(payload.id(), cx.now, &cx.config.seen) {
                    return cx.emit(BroadcastEvent::Dropped("already_published"));
                }
                cx.emit(BroadcastEvent::Published(payload.id()));
                Self::push(&Message { hops: 1, payload }, None, view.as_ref(), cx);
            }
            // Gossip keeps no queue: an application that is busy drops what it cannot take.
            BroadcastInput::Command(BroadcastCommand::Hold | BroadcastCommand::Resume) => {
                cx.emit(BroadcastEvent::Dropped("no_queue"));
            }
            BroadcastInput::Timer(never) => match never {},
            BroadcastInput::Start | BroadcastInput::NeighborUp(_) | BroadcastInput::NeighborDown(_) => {}
        }
    }

    #[inline]
    fn carried(message: &Message<P>) -> Option<Carried<P::Id>> {
        Some(Carried { message: message.payload.id(), hops: message.hops })
    }
}

impl<Peer: Copy + Ord, P: Payload> Invariants for Gossip<Peer, P> {
    fn promise(config: &Config, promises: &mut Promises) {
        promises.remembers = config.seen.clone();
        promises.once = true;
        promises.timers = Some(0);
        promises.echo = false;
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        let max = config.seen.capacity.map(|capacity| capacity as usize);
        report(Stored { what: "messages seen", count: self.seen.len(), max });
    }
}

/// How a scenario names it and gives its settings.
#[cfg(feature = "tables")]
mod table {
    use alloc::vec::Vec;

    use super::{Config, Gossip};
    use crate::broadcast::{NamedBroadcast, PortablePayload};
    use crate::tables::{CheckedTable, Complaint, Draw};

    impl CheckedTable for Config {
        const DROPS: Option<&'static [&'static str]> = Some(&["already_published", "no_queue"]);

        fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
            let mut found = Vec::new();
            if self.fanout == 0 {
                let title = "gossip to nobody spreads nothing";
                found.push(Complaint::new("fanout", title, "write 1 or more"));
            }
            found
        }

        fn draw(draw: &mut Draw) -> Option<Self> {
            Some(Self { fanout: draw.between(1, 6), ..Self::default() })
        }
    }

    impl<P: PortablePayload> NamedBroadcast for Gossip<u32, P> {
        const NAME: &'static str = "gossip";
        type Table = Config;

        fn node(_: u32, _: &Config) -> Self {
            Self::default()
        }
    }
}
