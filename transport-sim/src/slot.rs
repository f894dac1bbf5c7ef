//! A slot: one user, whose node comes and goes.

use floodnet_core::broadcast::Flood;
use floodnet_core::node::Node;
use floodnet_core::overlay::{Fixed, RandomWalk};
use floodnet_core::rng::{NodeRng, chain, fold, mix};
use floodnet_core::time::Time;
use prefetch_index::prefetch_index;

use crate::SimProtocol;
use crate::line::{Access, Counts, Line};
use crate::links::Links;
use crate::network::Network;
use crate::payload::SimPayload;
use crate::port::Port;
use crate::turn::Turn;

/// What all slots share.
pub(crate) struct World<'a, P: SimProtocol> {
    pub(crate) network: Network<'a>,
    pub(crate) config: &'a P::Config,
    pub(crate) make: &'a (dyn Fn(u32) -> P + Sync),
}

/// The node of a slot, if there is one. As an `Option`, but with its tag in front of the node and nowhere else:
/// to find out that a packet has a receiver touches no further line of the cache.
#[repr(u32)]
pub(crate) enum Tenant<P> {
    Nobody,
    Node(P),
}

impl<P> Tenant<P> {
    #[inline]
    pub(crate) const fn get(&self) -> Option<&P> {
        match self {
            Self::Nobody => None,
            Self::Node(node) => Some(node),
        }
    }
}

/// See the module.
///
/// A copy of a flooded message touches the line and the first bytes of the node, which are in one line of the
/// cache.
#[repr(C, align(64))]
pub(crate) struct Slot<P: SimProtocol> {
    line: Line,
    node: Tenant<P>,
    rng: NodeRng,
    access: Access<P::Message>,
}

/// At a million slots each byte is a megabyte, and each line of the cache one more to fetch.
const _: () = {
    assert!(size_of::<Slot<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>>() <= 320, "a walker's slot");
    assert!(size_of::<Slot<Node<Fixed, Flood<u32, SimPayload>>>>() <= 256, "a slot in a given graph");
};

impl<P: SimProtocol> Slot<P> {
    pub(crate) fn new(id: u32, network: &Network<'_>) -> Self {
        let access = Access::new(network.links.class(id));
        Self { line: Line::new(id), node: Tenant::Nobody, rng: NodeRng::new(0), access }
    }

    /// Asks the processor to have the slot in its cache soon, all lines of it.
    #[inline(always)]
    pub(crate) fn prefetch(&self) {
        let words = std::slice::from_ref(&self.line.digest);
        for line in 0..size_of::<Self>() / 64 {
            prefetch_index(words, 8 * line);
        }
    }

    /// The slot, about to take inputs. Their effects go to `queue` and `observer`.
    #[inline(always)]
    pub(crate) fn turn<'a, Q, Ob>(
        &'a mut self,
        (links, counts): (&'a mut Links, &'a mut Counts),
        world: &'a World<'a, P>,
        queue: &'a mut Q,
        observer: &'a mut Ob,
    ) -> Turn<'a, P, Q, Ob> {
        let Self { line, node, rng, access } = self;
        let network = &world.network;
        let port = Port { now: Time::ZERO, line, access, links, counts, network, queue, observer };
        Turn { node, rng, world, port, received: 0 }
    }

    /// The node, if the slot is up.
    pub(crate) const fn node(&self) -> Option<&P> {
        self.node.get()
    }

    fn neighbors(&self) -> &[u32] {
        self.node().map_or(&[], P::neighbors)
    }

    /// The slot's part of the run's digest: its history and, at the end, its neighbors.
    pub(crate) fn digest(&self) -> u64 {
        let held =
            self.neighbors().iter().fold(self.line.digest, |digest, &peer| chain(digest, u64::from(peer)));
        mix(fold(u64::from(self.line.id), held))
    }

    /// Packets that wait in the access line, and how many of them carry a message of the application.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let queue = self.access.uplink().into_iter().flat_map(|uplink| &uplink.queue);
        queue.filter(|waiting| waiting.message.is_some()).fold((0, 0), |(packets, payloads), waiting| {
            (packets + 1, payloads + u64::from(waiting.payload.is_some()))
        })
    }
}

/// Key of the random stream of a node: that of the run's seed, a slot, and which of its lives this is.
#[must_use]
pub fn node_key(seed: u64, slot: u32, incarnation: u32) -> u64 {
    let purpose = 0x6e6f_6465; // "node": apart from the streams of links and plan
    fold(fold(seed, purpose), u64::from(slot) << 32 | u64::from(incarnation))
}
