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
//! Loss also holds down what may be in flight ([`CongestionWindow`]). Where packets are less than a round trip apart, they
//! leave in rounds: as many as the window has, and the next when the first of them is acknowledged. What is to be
//! sent meanwhile goes into one packet. While something is missing, what is told of it leaves first, and the
//! window is soon used up; all else waits until the missing has arrived, also for a timer. So of two that are
//! lost in one window, the second may leave again only when the first has arrived. Where nothing behind a loss gets
//! through that was in flight with it, a probe does after two round trips (RFC 8985, section 7.2), unless the
//! timer is earlier.
//!
//! What will be sent later is not known when a packet leaves, and it has to be known then when it arrives. So the
//! time since the packet before stands for the time to each one that follows. In traffic that is the same
//! forwards and backwards in time (at even or at random times, in bursts), the two are alike over all packets,
//! though not for each: of a burst that nothing follows, the model finds the loss of the first packet late and
//! that of the last packet early, the kernel the other way round. Which of the later packets get through is
//! asked of the very draws that will decide it.

use std::ops::RangeInclusive;

use floodnet_core::time::{Duration, Time};

use crate::net::congestion_window::CongestionWindow;
use crate::net::network::{Network, PacketIndex};

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
    /// Delay of the link in this direction, where it is the same for all packets.
    delay: Duration,
    /// When it first leaves.
    start: Time,
    /// How long before it was there the packet before it left; none if it is the first.
    gap: Option<Duration>,
    /// What may be in flight, once that matters.
    window: Option<CongestionWindow>,
    /// When the acknowledgement of all before it is here.
    mended: Time,
    /// Timers that made it leave again. The first does not back off, and is not there after a retransmission.
    timers: u32,
}

/// The packet before: when it left and arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) left: Time,
    pub(crate) arrived: Time,
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
    /// The packet of this number that is to leave `from` for `to` at `at`.
    pub(crate) fn new(
        network: &'a Network<'p>,
        (from, to): (u32, u32),
        (count, delay): (u32, Duration),
        at: Time,
        before: Option<Before>,
    ) -> Self {
        let gap = before.map(|before| at.since(before.left));
        let (window, mended) = (None, Time::ZERO);
        let mut packet = Self { network, from, to, count, delay, start: at, gap, window, mended, timers: 0 };
        if let Some(before) = before
            && network.loss_at(at) > 0
        {
            packet.wait_behind(before);
        }
        packet
    }

    /// When it first leaves.
    pub(crate) const fn start(&self) -> Time {
        self.start
    }

    /// It leaves when the window lets it.
    fn wait_behind(&mut self, before: Before) {
        let (there, back) = self.round_trip(0, self.start);
        self.mended = before.arrived + back;
        if self.mended <= self.start {
            return; // nothing is in flight
        }
        let Some(window) = self.window_of(there + back) else { return };
        if window.is_held {
            // Unless that was mended in time.
            let own = PacketIndex { count: self.count.wrapping_sub(1), attempt: 0 };
            let own_delay = self.network.delay(self.from, self.to, self.delay, own, before.left);
            if before.arrived > before.left + own_delay {
                self.start = self.mended;
            }
        } else if window.place == 0 {
            let gap = self.start.since(before.left);
            let rest = there + back - gap.times(u64::from(window.size - 1));
            self.start = self.start.max(before.left + rest);
        }
        self.window = Some(window);
    }

    /// What it finds in flight; none where nothing is lost, or it is the first.
    fn window_of(&self, round_trip: Duration) -> Option<CongestionWindow> {
        let (network, gap, loss) = (self.network, self.gap?, self.network.loss_at(self.start));
        if loss == 0 {
            return None;
        }
        let in_flight = round_trip.as_nanos().checked_div(gap.as_nanos()).unwrap_or(u64::MAX);
        let lost = |nth: u32| {
            let earlier = gap.times(u64::from(self.count - nth));
            let left = self.start - earlier;
            network.attempt(self.from, self.to, PacketIndex { count: nth, attempt: 0 }, left).is_err()
        };
        Some(CongestionWindow::at(self.count, loss, u32::try_from(in_flight).unwrap_or(u32::MAX), lost))
    }

    /// Delays of an attempt at `at` and of what acknowledges it.
    fn round_trip(&self, attempt: u32, at: Time) -> (Duration, Duration) {
        let (network, from, to, count) = (self.network, self.from, self.to, self.count);
        let there = network.delay(from, to, self.delay, PacketIndex { count, attempt }, at);
        // Counted with what it is for; differs from what the peer itself counts.
        let answer = PacketIndex { count, attempt: attempt | 1 << 31 };
        (there, network.delay(to, from, network.link_delay(to, from), answer, at + there))
    }

    /// When the packet that is `nth` after this one leaves, for all that is known now.
    fn leaves(&self, nth: u32, gap: Duration, round_trip: Duration) -> Time {
        let pause = self.window.map_or(Duration::ZERO, |window| {
            (round_trip - gap.times(u64::from(window.size))).times(u64::from(window.rounds(nth)))
        });
        self.start + gap.times(u64::from(nth)) + pause
    }

    /// Whether the packet that leaves so many after this one gets through at once.
    fn gets_through(&self, nth: u32, leaves: Time) -> bool {
        let behind = PacketIndex { count: self.count.wrapping_add(nth), attempt: 0 };
        self.network.attempt(self.from, self.to, behind, leaves).is_ok()
    }

    /// How the attempt of this number at `at` goes.
    pub(crate) fn attempt(&mut self, attempt: u32, at: Time) -> Attempt {
        let (there, back) = self.round_trip(attempt, at);
        if self.network.attempt(self.from, self.to, PacketIndex { count: self.count, attempt }, at).is_ok() {
            return Attempt::Arrives(at + there);
        }
        let (round_trip, doublings) = (there + back, self.timers.saturating_sub(1).min(32));
        self.window = self.window.or_else(|| self.window_of(round_trip));
        let timer = at + (self.network.links.spec.rto.0 + round_trip).times(1 << doublings);
        let told = match self.gap {
            Some(gap) if attempt == 0 => self.told(gap, round_trip, timer),
            Some(gap) if self.timers <= 1 => self.told_again(gap, at, round_trip, timer),
            _ => None,
        };
        self.timers = if told.is_some() { self.timers.max(1) } else { self.timers + 1 };
        Attempt::Again(told.unwrap_or(timer))
    }

    /// When it is told that the first attempt was lost, if not by `timer`.
    fn told(&self, gap: Duration, round_trip: Duration, timer: Time) -> Option<Time> {
        let in_flight = self.window.map_or(BEHIND, |window| (window.size - 1).min(BEHIND));
        let told = self.told_behind(in_flight, gap, round_trip, timer);
        let Some(window) = self.window else { return told };
        if window.rank > 0 && self.start + round_trip < self.mended {
            // What was lost before it left again after it, and that is acknowledged. That leaves first, too.
            return told.filter(|told| window.credit > 0 && *told < self.mended).or(Some(self.mended));
        }
        if told.is_none() && window.rank == 0 {
            // Nothing gets through: the probe does, two round trips after the last.
            let probe = self.leaves(in_flight, gap, round_trip) + round_trip.times(2);
            return Some(probe + round_trip).filter(|&told| told < timer);
        }
        told
    }

    /// When acknowledgements of the packets behind it, `in_flight` with it, tell that the first attempt was lost,
    /// if they do before `timer`.
    fn told_behind(&self, in_flight: u32, gap: Duration, round_trip: Duration, timer: Time) -> Option<Time> {
        // RFC 8985, section 6.2: a quarter of the least round trip.
        let window = self.start + round_trip + Duration::from_nanos(round_trip.as_nanos() / 4);
        let (mut arrived, mut told) = (0, None);
        for nth in 1..=in_flight {
            let leaves = self.leaves(nth, gap, round_trip);
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

    /// Which of the packets behind it left before a retransmission at `at` and are acknowledged after it.
    fn in_flight(&self, gap: Duration, at: Time, round_trip: Duration) -> RangeInclusive<u32> {
        let leaves = |nth: u32| self.leaves(nth, gap, round_trip);
        let last = match self.window {
            Some(window) => {
                let allowed = (window.size - 1 + window.credit).min(2 * BEHIND);
                (1..=allowed).take_while(|&nth| leaves(nth) < at).last().unwrap_or(0)
            }
            None => {
                let left = at.since(self.start).as_nanos().div_ceil(gap.as_nanos().max(1));
                u32::try_from(left).unwrap_or(0).saturating_sub(1)
            }
        };
        let late = (1..=last).rev().take(1 + BEHIND as usize);
        let first = late.take_while(|&nth| leaves(nth) + round_trip > at).last();
        first.unwrap_or(last + 1)..=last
    }

    /// When it is told that a retransmission at `at` was lost, if before `timer`.
    fn told_again(&self, gap: Duration, at: Time, round_trip: Duration, timer: Time) -> Option<Time> {
        let leaves = |nth: u32| self.leaves(nth, gap, round_trip);
        let in_flight = self.in_flight(gap, at, round_trip);
        let last = *in_flight.end();
        let acknowledged = in_flight.filter(|&nth| self.gets_through(nth, leaves(nth)));
        // Each lets one more leave, as far as there is credit; all do when what was lost before has arrived.
        let credit = self.window.map_or(u32::MAX, |window| window.credit) as usize;
        let credits = acknowledged.map(|nth| leaves(nth) + round_trip).take(credit);
        let mended = self.window.filter(|window| window.rank > 0).map(|_| self.mended.max(at));
        // Of these, the first that gets through tells.
        let told = (last + 1..).zip(credits.chain(mended)).find_map(|(nth, credit)| {
            let leaves = leaves(nth).max(credit);
            self.gets_through(nth, leaves).then_some(leaves + round_trip)
        });
        told.filter(|&told| told < timer)
    }
}

/// From the SYN of this attempt to the next. Where it was lost, a second, since no round trip is known (RFC 6298,
/// section 2), which on Linux doubles after five of them (`tcp_syn_linear_timeouts`). Else, where nobody is up who
/// might answer, or a cut is between, the dialer tries again after `rto`, which doubles.
#[inline]
pub(crate) fn redial(rto: Duration, attempt: u32, is_lost: bool) -> Duration {
    const INITIAL: Duration = Duration::from_secs(1);
    const LINEAR: u32 = 4;
    let (first, doublings) =
        if is_lost { (rto.max(INITIAL), attempt.saturating_sub(LINEAR)) } else { (rto, attempt) };
    first.times(1 << doublings.min(32))
}
