//! How long packets take from slot to slot.

use floodnet_core::distributions::Distribution;
use floodnet_core::rng::{Purpose, scale};
use floodnet_core::time::{Duration, Time};

use crate::link::Delays;
use crate::net::network::{Network, PacketDelay, PacketIndex};
use crate::spec::Per;

impl Network<'_> {
    /// Delay of the link before jitter and faults, where it is the same for each of its packets.
    #[inline]
    pub(crate) fn link_delay(&self, from: u32, to: u32) -> Duration {
        let drawn = match &self.links.delays {
            Delays::Distribution(Distribution::Constant(delay)) => *delay,
            // Drawn for each packet, by [`Self::delay`].
            Delays::Distribution(_) if self.links.spec.per == Per::Packet => Duration::ZERO,
            Delays::Distribution(distribution) => {
                distribution.sample(self.hash(Purpose::Latency, from.min(to), from.max(to)))
            }
            Delays::Table { row, size, one_way } => {
                one_way[row[from as usize] as usize * *size as usize + row[to as usize] as usize]
            }
        };
        drawn.max(self.links.spec.floor.0)
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
        if self.links.spec.jitter.0 == Duration::ZERO && !self.faults.prolong_packets() {
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
            PacketDelay::Drawn => self.delay_by_distribution(from, to, nth),
        }
    }

    #[inline(never)]
    fn delay_by_distribution(&self, from: u32, to: u32, nth: PacketIndex) -> Option<Duration> {
        let Delays::Distribution(distribution) = &self.links.delays else { return None };
        Some(
            distribution
                .sample(self.packet_hash(Purpose::Latency, from, to, nth))
                .max(self.links.spec.floor.0),
        )
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
        if self.links.spec.jitter.0 != Duration::ZERO {
            let bits = self.packet_hash(Purpose::Jitter, from, to, nth);
            delay = delay + Duration::from_nanos(scale(bits, self.links.spec.jitter.0.as_nanos()));
        }
        self.faults.prolonged(from, to, delay, at)
    }
}
