//! When TCP sends, and when it sends again what was lost, as kernels do it.
//!
//! Two things tell a sender of a loss. **Acknowledgements of what it sent later** (RFC 8985, section 6, RACK):
//! the receiver acknowledges out of order what came behind the hole, and a packet is lost when one that left
//! later has arrived and a reordering window has gone by, or when three have. So where packets follow each
//! other, a loss costs the time to the next one and a round trip. **A timer**, where nothing follows: the
//! timeout of RFC 6298, section 2, a round trip and at least `rto` (Linux: 200 ms). It first sends a probe
//! (RFC 8985, section 7: for a single packet in flight, the probe waits for a delayed acknowledgement, which on
//! Linux comes to the same), which does not back off; from then on it doubles (RFC 6298, section 5.5).
//!
//! A lost retransmission is told of only by packets that left after it. Meanwhile the sender may send no more
//! than what arrives (RFC 6937): a new packet for each acknowledgement of what is still in flight. Where nothing
//! is, because packets are more than a round trip apart, it waits for the timer.
//!
//! Loss also holds down what may be in flight, to a window of `sqrt(3 / 4p)` packets on average (Mathis et al.,
//! "The macroscopic behavior of the TCP congestion avoidance algorithm", 1997; Padhye et al. 1998, equation 20,
//! with an acknowledgement for every other packet). So packets leave at least a round trip through that apart,
//! and what is to be sent earlier joins the one that waits.
//!
//! What will be sent later is not known when a packet leaves, and it has to be known then when it arrives. So the
//! time since the packet before stands for the time to each one that follows. In traffic that is the same
//! forwards and backwards in time (at even or at random times, in bursts), the two are alike over all packets,
//! though not for each: of a burst that nothing follows, the model finds the loss of the first packet late and
//! that of the last packet early, the kernel the other way round. Which of the later packets get through is
//! asked of the very draws that will decide it.

use floodnet_core::time::{Duration, Time};

use crate::network::{Network, Nth};

/// Packets behind a lost one that are looked at: so many in a row are lost only where nothing gets through.
const BEHIND: u32 = 32;
/// So many that arrived after a hole make it a loss without waiting for a reordering window.
const THRESHOLD: u32 = 3;

/// A packet of a directed link whose attempts may be in vain.
#[derive(Debug)]
pub(crate) struct Recovery<'a, 'p> {
    network: &'a Network<'p>,
    from: u32,
    to: u32,
    /// Number of the packet on the directed link.
    count: u32,
    /// When it first leaves.
    start: Time,
    /// How long before the packet before it left; none if it is the first.
    gap: Option<Duration>,
    /// Delay of the link in this direction, where it is the same for all packets.
    delay: Duration,
    /// Timers that made it leave again. The first does not back off, and is not there after a retransmission.
    timers: u32,
}

/// How one attempt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It leaves, and arrives then.
    Arrives(Time),
    /// It leaves and is lost, and the next is made then.
    Again(Time),
}

impl<'a, 'p> Recovery<'a, 'p> {
    /// The packet of this number that is to leave `from` for `to` at `at`, where the one before it left `before`.
    pub(crate) fn new(
        network: &'a Network<'p>,
        (from, to): (u32, u32),
        (count, delay): (u32, Duration),
        at: Time,
        before: Option<Time>,
    ) -> Self {
        let mut packet = Self { network, from, to, count, start: at, gap: None, delay, timers: 0 };
        if let Some(before) = before {
            packet.start = at.max(before + packet.pause());
            packet.gap = Some(packet.start.since(before));
        }
        packet
    }

    /// When it first leaves.
    pub(crate) const fn start(&self) -> Time {
        self.start
    }

    /// Least time between two packets: a round trip for each window of them.
    fn pause(&self) -> Duration {
        let loss = self.network.loss_at(self.start);
        if loss == 0 {
            return Duration::ZERO;
        }
        let (there, back) = self.round_trip(0, self.start);
        let span = u128::from((there + back).as_nanos());
        let squared = span.saturating_mul(span).saturating_mul(u128::from(loss) * 4) / (3 << 32);
        Duration::from_nanos(u64::try_from(squared.isqrt()).unwrap_or(u64::MAX))
    }

    /// Delays of an attempt at `at` and of what acknowledges it.
    fn round_trip(&self, attempt: u32, at: Time) -> (Duration, Duration) {
        let (network, from, to, count) = (self.network, self.from, self.to, self.count);
        let there = network.delay(from, to, self.delay, Nth { count, attempt }, at);
        // Counted with what it is for; differs from what the peer itself counts.
        let answer = Nth { count, attempt: attempt | 1 << 31 };
        (there, network.delay(to, from, network.link_delay(to, from), answer, at + there))
    }

    /// Whether the packet that leaves so many after this one gets through at once.
    fn gets_through(&self, nth: u32, leaves: Time) -> bool {
        let behind = Nth { count: self.count.wrapping_add(nth), attempt: 0 };
        self.network.attempt(self.from, self.to, behind, leaves).is_ok()
    }

    /// How the attempt of this number at `at` goes.
    pub(crate) fn attempt(&mut self, attempt: u32, at: Time) -> Attempt {
        let (there, back) = self.round_trip(attempt, at);
        if self.network.attempt(self.from, self.to, Nth { count: self.count, attempt }, at).is_ok() {
            return Attempt::Arrives(at + there);
        }
        let (round_trip, doublings) = (there + back, self.timers.saturating_sub(1).min(32));
        let timer = at + (self.network.links.rto + round_trip).times(1 << doublings);
        let told = match self.gap {
            Some(gap) if attempt == 0 => self.told(gap, round_trip, timer),
            Some(gap) if self.timers <= 1 => self.told_again(gap, at, round_trip, timer),
            _ => None,
        };
        self.timers = if told.is_some() { self.timers.max(1) } else { self.timers + 1 };
        Attempt::Again(told.unwrap_or(timer))
    }

    /// When acknowledgements of later packets tell that the first attempt was lost, if they do before `timer`.
    fn told(&self, gap: Duration, round_trip: Duration, timer: Time) -> Option<Time> {
        // RFC 8985, section 6.2: a quarter of the least round trip.
        let window = self.start + round_trip + Duration::from_nanos(round_trip.as_nanos() / 4);
        let (mut arrived, mut told) = (0, None);
        for nth in 1..=BEHIND {
            let leaves = self.start + gap.times(u64::from(nth));
            let known = leaves + round_trip;
            if known >= told.unwrap_or(timer) {
                break;
            }
            if !self.gets_through(nth, leaves) {
                continue;
            }
            arrived += 1;
            if arrived == 1 {
                told = Some(known.max(window)).filter(|&told| told < timer);
            }
            if arrived == THRESHOLD {
                return Some(known);
            }
        }
        told
    }

    /// When it is told that a retransmission at `at` was lost, if before `timer`.
    fn told_again(&self, gap: Duration, at: Time, round_trip: Duration, timer: Time) -> Option<Time> {
        let step = gap.as_nanos().max(1);
        let since = |time: Time| time.since(self.start).as_nanos();
        // What left before the retransmission and is acknowledged after it.
        let last = u32::try_from(since(at).div_ceil(step)).ok()?.checked_sub(1)?;
        let first = since(Time::ZERO + at.since(Time::ZERO + round_trip)) / step + 1;
        let first = u32::try_from(first).ok()?.max(last.saturating_sub(BEHIND));
        let leaves = |nth: u32| self.start + gap.times(u64::from(nth));
        let acknowledged = (first..=last).filter(|&nth| self.gets_through(nth, leaves(nth)));
        // Each lets one more leave, of which the first that gets through tells.
        let mut new = (last + 1..).zip(acknowledged.map(|nth| leaves(nth) + round_trip));
        let told = new.find_map(|(nth, credit)| {
            let leaves = leaves(nth).max(credit);
            self.gets_through(nth, leaves).then_some(leaves + round_trip)
        });
        told.filter(|&told| told < timer)
    }
}
