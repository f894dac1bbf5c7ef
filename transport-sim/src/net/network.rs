//! What happens between slots, as pure functions of seed, plan, link model and time.
//!
//! Nothing is drawn while a run goes on: each delay and each loss is a hash of the seed, a purpose, the
//! two slots and the count of the packet on its directed link, so that changing one thing disturbs no
//! other.

use floodnet_core::laws::{Law, happens};
use floodnet_core::rng::{draw, fold, scale};
use floodnet_core::time::{Duration, Time};

use crate::link::{Class, Latency, LinkModel, Per, Transport};
use crate::plan::{CrashKind, Disturbance, DisturbanceKind, End, Life, Plan};

/// What a hash is for.
#[derive(Clone, Copy)]
enum Purpose {
    Latency = 1,
    Jitter = 2,
    Loss = 3,
    FaultLoss = 4,
    Ping = 5,
}

/// Which packet on a directed link: its count, over all connections and lives, and the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketIndex {
    pub(crate) count: u32,
    pub(crate) attempt: u32,
}

/// What a dial finds at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A node, which answers.
    Node,
    /// A machine that lives, and no node on it: its kernel refuses. The node left, was reset, or is not there yet.
    Machine,
    /// Nothing that could answer: the machine went down with its node, or a NAT lets no dial in.
    Nothing,
}

/// The network between the slots.
#[derive(Debug)]
pub(crate) struct Network<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) links: &'p LinkModel,
    seed: u64,
    cuts: Vec<&'p Disturbance>,
    losses: Vec<&'p Disturbance>,
    slows: Vec<&'p Disturbance>,
    pauses: Vec<&'p Disturbance>,
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
    packet_delay: PacketDelay,
}

/// Where the delay of a packet comes from, found out once for the run: a packet only looks at what its law
/// needs.
#[derive(Clone, Copy, Debug)]
enum PacketDelay {
    /// From its link: see [`Network::link_delay`].
    Link,
    /// One of so many nanoseconds, at most 2^63, from the least on.
    Uniform { least: Duration, values: u64 },
    /// Any other law.
    Drawn,
}

impl PacketDelay {
    fn new(links: &LinkModel) -> Self {
        match (&links.latency, links.per) {
            (Latency::Law(Law::Uniform { min, max }), Per::Packet)
                if links.floor <= *min && min <= max && max.as_nanos() < 1 << 63 =>
            {
                Self::Uniform { least: *min, values: (*max - *min).as_nanos() + 1 }
            }
            (Latency::Law(_), Per::Packet) => Self::Drawn,
            _ => Self::Link,
        }
    }
}

impl<'p> Network<'p> {
    pub(crate) fn new(plan: &'p Plan, links: &'p LinkModel) -> Self {
        let of = |wanted: fn(&DisturbanceKind) -> bool| {
            plan.disturbances.iter().filter(|fault| wanted(&fault.kind)).collect()
        };
        let losses: Vec<&Disturbance> = of(|kind| matches!(kind, DisturbanceKind::Loss(_)));
        let counts = links.loss > 0
            || links.jitter != Duration::ZERO
            || !losses.is_empty()
            || links.per == Per::Packet && matches!(links.latency, Latency::Law(_));
        let cuts: Vec<&Disturbance> = of(|kind| match kind {
            // One with everybody in one group cuts nothing.
            DisturbanceKind::Partition { group, .. } => group.iter().any(|other| *other != group[0]),
            DisturbanceKind::CutLinks(pairs) => !pairs.is_empty(),
            _ => false,
        });
        let lossless = links.loss == 0 && losses.is_empty() && cuts.is_empty();
        let rebirths = plan.lives.iter().any(|lives| lives.len() > 1);
        let plain_access = links.classes.iter().all(|class| *class == Class::default());
        let slows: Vec<&Disturbance> = of(|kind| matches!(kind, DisturbanceKind::Slow { .. }));
        let pauses: Vec<&Disturbance> = of(|kind| matches!(kind, DisturbanceKind::Pause(_)));
        let even = links.jitter == Duration::ZERO && slows.is_empty() && pauses.is_empty();
        Self {
            plan,
            links,
            lossless,
            plain: lossless && plain_access && even && !rebirths,
            seed: fold(plan.seed, 0x6c69_6e6b), // "link": apart from the streams of nodes and plan
            cuts,
            losses,
            slows,
            pauses,
            rebirths,
            slots: plan.slots(),
            counts,
            plain_access,
            packet_delay: PacketDelay::new(links),
        }
    }

    #[inline]
    fn hash(&self, purpose: Purpose, from: u32, to: u32) -> u64 {
        fold(self.seed ^ (purpose as u64) << 56, u64::from(from) << 32 | u64::from(to))
    }

    /// The draws of a directed link are a stream that a hash of the two slots names: one place for each attempt, 2^32
    /// for each packet.
    #[inline]
    fn packet_hash(&self, purpose: Purpose, from: u32, to: u32, nth: PacketIndex) -> u64 {
        let link = draw(self.seed ^ (purpose as u64) << 56 ^ (u64::from(from) << 32 | u64::from(to)), 0);
        draw(link, u64::from(nth.count) << 32 | u64::from(nth.attempt))
    }

    /// Delay of the link before jitter and faults, where it is the same for each of its packets.
    #[inline]
    pub(crate) fn link_delay(&self, from: u32, to: u32) -> Duration {
        let drawn = match &self.links.latency {
            Latency::Law(Law::Constant(delay)) => *delay,
            // Drawn for each packet, by [`Self::delay`].
            Latency::Law(_) if self.links.per == Per::Packet => Duration::ZERO,
            Latency::Law(law) => law.sample(self.hash(Purpose::Latency, from.min(to), from.max(to))),
            Latency::Table { row, size, one_way } => {
                one_way[row[from as usize] as usize * *size as usize + row[to as usize] as usize]
            }
        };
        drawn.max(self.links.floor)
    }

    /// One-way delay of the packet that leaves `from` for `to` at `at`. `link_delay` is
    /// [`Self::link_delay`] of the two.
    #[inline(always)]
    pub(crate) fn delay(
        &self,
        from: u32,
        to: u32,
        link_delay: Duration,
        nth: PacketIndex,
        at: Time,
    ) -> Duration {
        let delay = self.even_delay(from, to, link_delay, nth);
        if self.links.jitter == Duration::ZERO && self.slows.is_empty() {
            return delay;
        }
        self.delay_among_faults(from, to, delay, nth, at)
    }

    /// As [`Self::delay`], before jitter and faults.
    #[inline(always)]
    fn even_delay(&self, from: u32, to: u32, link_delay: Duration, nth: PacketIndex) -> Duration {
        self.drawn_delay(from, to, nth).unwrap_or(link_delay)
    }

    /// Delay of a packet without jitter and faults, on a link of which nothing is known yet.
    #[inline(always)]
    pub(crate) fn plain_delay(&self, from: u32, to: u32, nth: PacketIndex) -> Duration {
        self.drawn_delay(from, to, nth).unwrap_or_else(|| self.link_delay(from, to))
    }

    /// The delay that is drawn for a packet; none where that of the link holds.
    #[inline(always)]
    fn drawn_delay(&self, from: u32, to: u32, nth: PacketIndex) -> Option<Duration> {
        match self.packet_delay {
            PacketDelay::Link => None,
            PacketDelay::Uniform { least, values } => {
                let bits = self.packet_hash(Purpose::Latency, from, to, nth);
                Some(least + Duration::from_nanos(scale(bits, values)))
            }
            PacketDelay::Drawn => self.delay_by_law(from, to, nth),
        }
    }

    #[inline(never)]
    fn delay_by_law(&self, from: u32, to: u32, nth: PacketIndex) -> Option<Duration> {
        let Latency::Law(law) = &self.links.latency else { return None };
        Some(law.sample(self.packet_hash(Purpose::Latency, from, to, nth)).max(self.links.floor))
    }

    /// With jitter and faults.
    #[inline(never)]
    fn delay_among_faults(
        &self,
        from: u32,
        to: u32,
        mut delay: Duration,
        nth: PacketIndex,
        at: Time,
    ) -> Duration {
        if self.links.jitter != Duration::ZERO {
            let bits = self.packet_hash(Purpose::Jitter, from, to, nth);
            delay = delay + Duration::from_nanos(scale(bits, self.links.jitter.as_nanos()));
        }
        for fault in active(&self.slows, at) {
            if let DisturbanceKind::Slow { slots, factor_permille } = &fault.kind
                && (slots.contains(from) || slots.contains(to))
            {
                let slowed = u128::from(delay.as_nanos()) * u128::from(*factor_permille) / 1_000;
                delay = Duration::from_nanos(u64::try_from(slowed).unwrap_or(u64::MAX));
            }
        }
        delay
    }

    /// Whether an attempt from `from` to `to` at `at` gets through; the reason where it does not.
    #[inline(always)]
    pub(crate) fn attempt(&self, from: u32, to: u32, nth: PacketIndex, at: Time) -> Result<(), &'static str> {
        if self.lossless { Ok(()) } else { self.attempt_among_faults(from, to, nth, at) }
    }

    #[inline(never)]
    fn attempt_among_faults(
        &self,
        from: u32,
        to: u32,
        nth: PacketIndex,
        at: Time,
    ) -> Result<(), &'static str> {
        // Data one way needs acknowledgements the other way: a cut in either direction stalls a stream.
        let both = self.links.transport == Transport::Stream;
        let cuts = |fault: &Disturbance| fault.kind.cuts(from, to) || both && fault.kind.cuts(to, from);
        if active(&self.cuts, at).any(cuts) {
            return Err("cut");
        }
        if self.links.loss > 0
            && happens(self.links.loss, self.packet_hash(Purpose::Loss, from, to, nth) as u32)
        {
            return Err("loss");
        }
        for (number, fault) in (0u64..).zip(&self.losses) {
            if let DisturbanceKind::Loss(threshold) = &fault.kind
                && is_active(fault, at)
            {
                // Folded in, so that the draws of several faults do not depend on each other.
                let bits = fold(self.packet_hash(Purpose::FaultLoss, from, to, nth), number);
                if happens(*threshold, bits as u32) {
                    return Err("loss");
                }
            }
        }
        Ok(())
    }

    /// Probability that an attempt at `at` is lost, in units of 2^-32, cuts apart. (Of several causes, the sum.)
    pub(crate) fn loss_at(&self, at: Time) -> u32 {
        active(&self.losses, at).fold(self.links.loss, |sum, fault| match fault.kind {
            DisturbanceKind::Loss(threshold) => sum.saturating_add(threshold),
            _ => sum,
        })
    }

    /// When `slot` next handles inputs that reach it at `at`: then, or when its pause is over.
    #[inline]
    pub(crate) fn awake(&self, slot: u32, at: Time) -> Time {
        let mut awake = at;
        // Pauses may overlap or follow each other: go on until none holds.
        while let Some(fault) = active(&self.pauses, awake)
            .find(|fault| matches!(&fault.kind, DisturbanceKind::Pause(slots) if slots.contains(slot)))
        {
            awake = fault.until;
        }
        awake
    }

    /// Whether some slot comes up more than once.
    pub(crate) const fn has_rebirths(&self) -> bool {
        self.rebirths
    }

    /// The pauses of the plan.
    pub(crate) fn pauses(&self) -> &[&'p Disturbance] {
        &self.pauses
    }

    /// When the node that `slot` is at `at` crashes; never if it leaves, or is none.
    pub(crate) fn crashes_at(&self, slot: u32, at: Time) -> Time {
        match self.plan.life_at(slot, at) {
            Some((_, Life { stop, end: End::Crash(_), .. })) => stop,
            _ => Time::MAX,
        }
    }

    /// The cuts that pings find: datagrams have no pings.
    pub(crate) fn probed_cuts(&self) -> &[&'p Disturbance] {
        if self.links.transport == Transport::Stream { &self.cuts } else { &[] }
    }

    /// When `slot`, which has heard nothing for too long, gives up a connection with `peer` that is cut at `at`,
    /// and when `peer` can hear of that. None if nothing is cut, or not for long enough.
    pub(crate) fn gives_up_at(&self, slot: u32, peer: u32, at: Time) -> Option<(Time, Time)> {
        let cuts = |fault: &Disturbance| fault.kind.cuts(slot, peer) || fault.kind.cuts(peer, slot);
        let mut heals = at;
        // Cuts may overlap or follow each other.
        while let Some(fault) = active(self.probed_cuts(), heals).find(|fault| cuts(fault)) {
            heals = fault.until;
        }
        // The last sign of life left before the cut, and what comes after it takes as long.
        let found = self.found_dead(peer, slot, at);
        let found_at = found + self.link_delay(peer, slot);
        (found < heals).then(|| (found_at, found_at.max(heals) + self.link_delay(slot, peer)))
    }

    /// What a dial that reaches `to` at `at` finds.
    pub(crate) fn callee(&self, to: u32, at: Time) -> Callee {
        let lives = self.plan.lives.get(to as usize).map_or(&[][..], |lives| lives);
        let last = lives[..lives.partition_point(|life| life.start <= at)].last();
        match last {
            _ if !self.links.class(to).reachable => Callee::Nothing,
            Some(life) if at < life.stop => Callee::Node,
            Some(Life { end: End::Crash(CrashKind::Silent), .. }) => Callee::Nothing,
            _ => Callee::Machine,
        }
    }

    /// When `peer` finds out that `slot` fell silent at `at`: between two of its probes.
    pub(crate) fn found_dead(&self, slot: u32, peer: u32, at: Time) -> Time {
        let waited = scale(self.hash(Purpose::Ping, slot, peer), self.links.ping.as_nanos());
        at + self.links.dead_after - Duration::from_nanos(waited)
    }
}

fn is_active(fault: &Disturbance, at: Time) -> bool {
    fault.from <= at && at < fault.until
}

fn active<'f>(faults: &'f [&'f Disturbance], at: Time) -> impl Iterator<Item = &'f Disturbance> {
    faults.iter().copied().filter(move |fault| is_active(fault, at))
}
