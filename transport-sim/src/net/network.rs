//! What happens between slots, as pure functions of seed, plan, link model and time.
//!
//! Nothing is drawn while a run goes on: each delay and each loss is a hash of the seed, a purpose, the
//! two slots and the count of the packet on its directed link, so that changing one thing disturbs no
//! other.

use floodnet_core::distributions::{Distribution, share_to_threshold};
use floodnet_core::rng::{Purpose, draw, fold};
use floodnet_core::time::Duration;

use crate::link::{Delays, LinkModel};
use crate::net::faults::Faults;
use crate::plan::{Disturbance, Plan};
use crate::spec::Per;

/// Which packet on a directed link: its count, over all connections and lives, and the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketIndex {
    pub(crate) count: u32,
    pub(crate) attempt: u32,
}

/// The network between the slots.
#[derive(Debug)]
pub(crate) struct Network<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) links: &'p LinkModel,
    /// For all draws of links and packets.
    seed: u64,
    /// Probability that an attempt is lost without any fault, in units of 2^-32.
    pub(super) loss: u32,
    pub(super) faults: Faults<'p>,
    /// Whether some slot comes up more than once.
    rebirths: bool,
    /// Whether nothing is ever lost or cut.
    pub(crate) lossless: bool,
    /// Whether nothing stands between a datagram and its receiver but its delay: no loss, fault, limit or
    /// rebirth.
    pub(crate) plain: bool,
    /// How many slots there are.
    pub(crate) slots: u32,
    /// Whether a draw depends on how many packets went before.
    pub(crate) counts: bool,
    /// Whether all access lines are unlimited and all slots reachable.
    pub(crate) plain_access: bool,
    pub(super) packet_delay: PacketDelay,
}

/// Where the delay of a packet comes from, found out once for the run: a packet only looks at what its distribution
/// needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum PacketDelay {
    /// From its link: see [`Network::link_delay`].
    Link,
    /// One of so many nanoseconds, at most 2^63, from the least on.
    Uniform { least: Duration, values: u64 },
    /// Any other distribution.
    Drawn,
}

impl PacketDelay {
    fn new(links: &LinkModel) -> Self {
        match (&links.delays, links.spec.per) {
            (Delays::Distribution(Distribution::Uniform { min, max }), Per::Packet)
                if links.spec.floor.0 <= *min && min <= max && max.as_nanos() < 1 << 63 =>
            {
                Self::Uniform { least: *min, values: (*max - *min).as_nanos() + 1 }
            }
            (Delays::Distribution(_), Per::Packet) => Self::Drawn,
            _ => Self::Link,
        }
    }
}

impl<'p> Network<'p> {
    pub(crate) fn new(plan: &'p Plan, links: &'p LinkModel) -> Self {
        let faults = Faults::of(plan);
        let loss = share_to_threshold(links.spec.loss);
        let counts = loss > 0
            || links.spec.jitter.0 != Duration::ZERO
            || faults.draw_for_packets()
            || links.spec.per == Per::Packet && matches!(links.delays, Delays::Distribution(_));
        let lossless = loss == 0 && faults.lose_nothing();
        let rebirths = plan.lives.iter().any(|lives| lives.len() > 1);
        let plain_access = links.classes.iter().all(|class| class.reachable && !class.is_limited());
        let even = links.spec.jitter.0 == Duration::ZERO && faults.delay_nothing();
        Self {
            plan,
            links,
            lossless,
            plain: lossless && plain_access && even && !rebirths,
            seed: Purpose::Latency.seed(plan.seed),
            loss,
            faults,
            rebirths,
            slots: plan.slots(),
            counts,
            plain_access,
            packet_delay: PacketDelay::new(links),
        }
    }

    #[inline]
    pub(super) fn hash(&self, purpose: Purpose, from: u32, to: u32) -> u64 {
        fold(self.seed ^ purpose.number() << 56, u64::from(from) << 32 | u64::from(to))
    }

    /// The draws of a directed link are a sequence that a hash of the two slots names: one place for each attempt, 2^32
    /// for each packet.
    #[inline]
    pub(super) fn packet_hash(&self, purpose: Purpose, from: u32, to: u32, nth: PacketIndex) -> u64 {
        let link = draw(self.seed ^ purpose.number() << 56 ^ (u64::from(from) << 32 | u64::from(to)), 0);
        draw(link, u64::from(nth.count) << 32 | u64::from(nth.attempt))
    }

    /// Whether some slot comes up more than once.
    pub(crate) const fn has_rebirths(&self) -> bool {
        self.rebirths
    }

    /// The pauses of the plan.
    pub(crate) fn pauses(&self) -> &[&'p Disturbance] {
        &self.faults.pauses
    }
}
