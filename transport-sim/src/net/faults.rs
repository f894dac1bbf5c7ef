//! What keeps packets from arriving, or makes them late: losses, cuts, slow and paused nodes, and the dead; and how the
//! others find that out.

use floodnet_core::distributions::happens;
use floodnet_core::rng::{Purpose, fold, scale};
use floodnet_core::time::{Duration, Time};

use crate::net::network::{Network, PacketIndex};
use crate::plan::{CrashKind, Disturbance, DisturbanceKind, End, Life, Plan};
use crate::spec::Transport;

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

/// The disturbances of a plan by what they do.
#[derive(Debug)]
pub(crate) struct Faults<'p> {
    pub(super) cuts: Vec<&'p Disturbance>,
    pub(super) losses: Vec<&'p Disturbance>,
    pub(super) slows: Vec<&'p Disturbance>,
    pub(super) pauses: Vec<&'p Disturbance>,
}

impl<'p> Faults<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let of = |wanted: fn(&DisturbanceKind) -> bool| {
            plan.disturbances.iter().filter(|fault| wanted(&fault.kind)).collect()
        };
        Self {
            cuts: of(|kind| match kind {
                // One with everybody in one group cuts nothing.
                DisturbanceKind::Partition { group, .. } => group.iter().any(|other| *other != group[0]),
                DisturbanceKind::CutLinks(pairs) => !pairs.is_empty(),
                _ => false,
            }),
            losses: of(|kind| matches!(kind, DisturbanceKind::Loss(_))),
            slows: of(|kind| matches!(kind, DisturbanceKind::Slow { .. })),
            pauses: of(|kind| matches!(kind, DisturbanceKind::Pause(_))),
        }
    }

    /// Whether no fault keeps a packet from arriving.
    pub(super) const fn lose_nothing(&self) -> bool {
        self.losses.is_empty() && self.cuts.is_empty()
    }

    /// Whether some fault draws for each packet, so that packets must be counted.
    pub(super) const fn draw_for_packets(&self) -> bool {
        !self.losses.is_empty()
    }

    /// Whether some fault prolongs the delays of packets.
    pub(super) const fn prolong_packets(&self) -> bool {
        !self.slows.is_empty()
    }

    /// The delay of a packet that leaves `from` for `to` at `at`, where `delay` is that without faults.
    pub(super) fn prolonged(&self, from: u32, to: u32, mut delay: Duration, at: Time) -> Duration {
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

    /// Whether no fault makes a packet take longer.
    pub(super) const fn delay_nothing(&self) -> bool {
        self.slows.is_empty() && self.pauses.is_empty()
    }
}

impl<'p> Network<'p> {
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
        let both = self.links.spec.transport == Transport::Stream;
        let cuts = |fault: &Disturbance| fault.kind.cuts(from, to) || both && fault.kind.cuts(to, from);
        if active(&self.faults.cuts, at).any(cuts) {
            return Err("cut");
        }
        if self.loss > 0 && happens(self.loss, self.packet_hash(Purpose::Loss, from, to, nth) as u32) {
            return Err("loss");
        }
        for (number, fault) in (0u64..).zip(&self.faults.losses) {
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
        active(&self.faults.losses, at).fold(self.loss, |sum, fault| match fault.kind {
            DisturbanceKind::Loss(threshold) => sum.saturating_add(threshold),
            _ => sum,
        })
    }

    /// When `slot` next handles inputs that reach it at `at`: then, or when its pause is over.
    #[inline]
    pub(crate) fn awake(&self, slot: u32, at: Time) -> Time {
        let mut awake = at;
        // Pauses may overlap or follow each other: go on until none holds.
        while let Some(fault) = active(&self.faults.pauses, awake)
            .find(|fault| matches!(&fault.kind, DisturbanceKind::Pause(slots) if slots.contains(slot)))
        {
            awake = fault.until;
        }
        awake
    }

    /// When the node that `slot` is at `at` crashes; never if it leaves, or is none.
    #[inline]
    pub(crate) fn crashes_at(&self, slot: u32, at: Time) -> Time {
        match self.plan.life_at(slot, at) {
            Some((_, Life { stop, end: End::Crash(_), .. })) => stop,
            _ => Time::MAX,
        }
    }

    /// The cuts that pings find: datagrams have no pings.
    pub(crate) fn probed_cuts(&self) -> &[&'p Disturbance] {
        if self.links.spec.transport == Transport::Stream { &self.faults.cuts } else { &[] }
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
    #[inline]
    pub(crate) fn found_dead(&self, slot: u32, peer: u32, at: Time) -> Time {
        let waited = scale(self.hash(Purpose::Ping, slot, peer), self.links.spec.ping.0.as_nanos());
        at + self.links.spec.dead_after.0 - Duration::from_nanos(waited)
    }
}

fn is_active(fault: &Disturbance, at: Time) -> bool {
    fault.from <= at && at < fault.until
}

fn active<'f>(faults: &'f [&'f Disturbance], at: Time) -> impl Iterator<Item = &'f Disturbance> {
    faults.iter().copied().filter(move |fault| is_active(fault, at))
}
