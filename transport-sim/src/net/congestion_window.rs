//! How many packets a sender may have in flight, from which of those before were lost.
//!
//! Nothing is kept for it: which packets were lost is asked of the very draws that decided it, from the beginning
//! of the block of packets before this one. There the window is what it is on average, `sqrt(3 / 2p)` packets
//! (RFC 9438, section 4.3); on the first packets of a link, 10 (RFC 6928). Then
//!
//! - a loss leaves 0.7 of it (RFC 9438, section 4.6), but at least 2 (RFC 5681, equation 4);
//! - it grows by `3 (1 - 0.7) / (1 + 0.7) = 0.53` packets in each round (RFC 9438, section 4.3, the Reno-friendly
//!   region), and by one packet at once, in the first round, where it is below cubic's plateau: the window at
//!   the last loss, or 0.85 of it if that was smaller than at the loss before (sections 4.2 and 4.7; Linux rounds
//!   what is missing to whole packets);
//! - it grows no further than to one more than is in flight where it holds nothing down (RFC 9438, section 5.8,
//!   RFC 7661).
//!
//! From a loss on, the rest of the window leaves; one of it is acknowledged and lets the retransmission leave, the
//! others let new packets leave as far as the smaller window allows (RFC 6937, proportional rate reduction). All
//! that were lost since then are one loss to the window. Behind these, packets wait until all is mended.

/// Packets in a block: enough for a window of two to become one of six.
const BLOCK: u32 = 32;
/// The window at the beginning.
const INITIAL: u32 = 10;
/// No loss makes it smaller.
const LEAST: u32 = 2;

/// The window as a packet finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CongestionWindow {
    /// Packets that may be in flight.
    pub(crate) size: u32,
    /// Place in its round: the first waits until the first of the round before is acknowledged, the others leave
    /// when they are there.
    pub(crate) place: u32,
    /// Whether it may leave only when what was lost before has arrived.
    pub(crate) is_held: bool,
    /// New packets that the acknowledgements of a window let leave before a loss in it is mended, beside the
    /// retransmission.
    pub(crate) credit: u32,
    /// Packets lost before it since all was well.
    pub(crate) rank: u32,
}

/// Walks from packet to packet.
struct Walk {
    size: u32,
    most: u32,
    place: u32,
    growth: Growth,
    /// Packets that may still leave until what is lost has arrived, if something is: those of the window, and
    /// beyond it.
    left: Option<(u32, u32)>,
    is_held: bool,
    rank: u32,
}

/// How a window grows after a loss.
struct Growth {
    /// What the loss left.
    least: u32,
    /// Where cubic goes back to at once.
    origin: u32,
    /// What the window of RFC 9438, section 4.3, is.
    friendly: u32,
    acknowledged: u32,
    /// Of those, since `friendly` grew.
    since: u32,
}

impl CongestionWindow {
    /// As packet `count` finds it, where attempts fail with probability `loss` (in units of 2^-32), a sender that is
    /// not held down has `in_flight` in flight, and `lost` tells which packets were lost.
    pub(crate) fn at(count: u32, loss: u32, in_flight: u32, lost: impl Fn(u32) -> bool) -> Self {
        let first = (count & !(BLOCK - 1)).saturating_sub(BLOCK);
        let usual = ((3 << 32) / (2 * u64::from(loss.max(1)))).isqrt();
        let size = if first == 0 { INITIAL } else { u32::try_from(usual).unwrap_or(u32::MAX) };
        // It grows while it is used up: until there is one more.
        let most = in_flight.saturating_add(2);
        let size = size.clamp(LEAST, most);
        let growth = Growth { least: size, origin: size, friendly: size, acknowledged: 0, since: 0 };
        let mut walk = Walk { size, most, place: 0, growth, left: None, is_held: false, rank: 0 };
        (first..count).for_each(|nth| walk.step(lost(nth)));
        let Walk { size, place, is_held, rank, left, .. } = walk;
        let credit = left.map_or(credit(size), |(_, credit)| credit);
        Self { size, place, is_held, credit, rank }
    }

    /// How often the round ends until the packet that is `nth` after this one.
    pub(crate) const fn rounds(&self, nth: u32) -> u32 {
        (self.place + nth) / self.size
    }
}

/// What a loss makes of a window: 0.7 of it (RFC 9438, section 4.6).
fn reduced(size: u32) -> u32 {
    (size * 7 / 10).max(LEAST)
}

/// See [`CongestionWindow::credit`]. The first acknowledgement that comes from behind the hole lets the retransmission leave,
/// the others new packets, as far as the window that is left allows (RFC 6937).
fn credit(size: u32) -> u32 {
    (size - 2).min(reduced(size) - 1)
}

impl Walk {
    /// Goes on to the next packet, where this one is lost or not.
    fn step(&mut self, is_lost: bool) {
        self.is_held = false;
        self.place = (self.place + 1) % self.size;
        match &mut self.left {
            None if is_lost => {
                self.left = Some((self.size - 1, credit(self.size)));
                self.rank = 1;
            }
            None => self.size = self.growth.step(self.size).min(self.most).max(self.size),
            Some((window, credit)) => {
                *if *window > 0 { window } else { &mut *credit } -= 1;
                if is_lost {
                    // It gives no acknowledgement, and takes one.
                    *credit = credit.saturating_sub(2);
                    self.rank += 1;
                }
            }
        }
        if self.left == Some((0, 0)) {
            self.left = None;
            self.is_held = true;
            self.growth = self.growth.after_loss(self.size);
            self.size = self.growth.least;
            (self.place, self.rank) = (0, 0);
        }
    }
}

impl Growth {
    /// After a loss in a window of `size`.
    fn after_loss(&self, size: u32) -> Self {
        let least = reduced(size);
        let origin = if size < self.origin { size * 17 / 20 } else { size };
        Self { least, origin, friendly: least, acknowledged: 1, since: 1 }
    }

    /// The window after one more acknowledgement.
    fn step(&mut self, size: u32) -> u32 {
        self.acknowledged += 1;
        self.since += 1;
        let needed = 15 * self.friendly / 8;
        if self.since > needed {
            self.since -= needed;
            self.friendly += 1;
        }
        let cubic =
            if self.least < self.origin && self.acknowledged >= self.least { self.least + 1 } else { size };
        cubic.max(self.friendly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::distributions::happens;
    use floodnet_core::rng::mix;

    /// Windows of the packets from the first lost one on.
    fn behind(lost: &[u32], in_flight: u32, count: u32) -> Vec<CongestionWindow> {
        (lost[0]..lost[0] + count)
            .map(|nth| CongestionWindow::at(nth, 1 << 28, in_flight, |nth| lost.contains(&nth)))
            .collect()
    }

    #[test]
    fn behind_a_loss_the_rest_of_the_window_leaves_and_what_its_acknowledgements_allow() {
        let windows = behind(&[5], 2, 20);
        let sizes: Vec<u32> = windows.iter().map(|window| window.size).collect();
        // 4, as two are in flight. Three leave with the lost one, one for an acknowledgement: 10 is held, and the
        // window is 2. With the next acknowledgement it is 3, as cubic was at 4; then
        // it grows as Reno's would that began at 2: at 4 after four acknowledgements and five more.
        assert_eq!(sizes, [4, 4, 4, 4, 4, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]);
        let held: Vec<usize> = (0..20).filter(|&nth| windows[nth].is_held).collect();
        assert_eq!(held, [5]);
        assert_eq!(windows[5].place, 0, "a round begins when all is mended");
        let ranks: Vec<u32> = windows.iter().map(|window| window.rank).collect();
        assert_eq!(ranks[..6], [0, 1, 1, 1, 1, 0]);
    }

    #[test]
    fn a_window_of_two_has_nothing_left_for_new_packets() {
        // 4 falls to 2 at 10; that of 2 is told of by the next, whose acknowledgement lets only the lost one leave.
        let windows = behind(&[5, 10], 2, 9);
        let seen: Vec<(u32, bool, u32)> =
            windows[5..].iter().map(|at| (at.size, at.is_held, at.credit)).collect();
        assert_eq!(seen, [(2, true, 0), (2, false, 0), (2, true, 0), (2, false, 0)]);
    }

    #[test]
    fn a_second_loss_in_a_window_takes_credit_and_does_not_make_it_smaller_again() {
        // 10: nine with it, six for acknowledgements; without the second loss 21 is held.
        let held = |lost: &[u32]| behind(lost, 9, 30).iter().position(|window| window.is_held);
        assert_eq!((held(&[5]), held(&[5, 7])), (Some(16), Some(14)));
        assert_eq!(behind(&[5, 7], 9, 15)[14].size, 7);
    }

    #[test]
    fn rounds_end_after_as_many_packets_as_the_window_has() {
        let window = CongestionWindow { size: 3, place: 1, is_held: false, credit: 1, rank: 0 };
        assert_eq!([0, 1, 2, 4, 5].map(|nth| window.rounds(nth)), [0, 0, 1, 1, 2]);
    }

    /// Begun elsewhere, the window comes to the law's average: growth and reduction are in balance there.
    #[test]
    fn the_average_is_that_of_the_law() {
        for (share, average) in [(0.01f64, 12.2), (0.03, 7.1)] {
            let threshold = (share * f64::from(u32::MAX)) as u32;
            let lost = |nth: u32| happens(threshold, mix(u64::from(nth)) as u32);
            let growth = Growth { least: 2, origin: 2, friendly: 2, acknowledged: 0, since: 0 };
            let mut walk =
                Walk { size: 2, most: 1_000, place: 0, growth, left: None, is_held: false, rank: 0 };
            // Rounds are the law's time: each packet is a share of one.
            let (mut rounds, packets) = (0.0, 100_000);
            for nth in 0..packets {
                walk.step(lost(nth));
                rounds += 1.0 / f64::from(walk.size);
            }
            let mean = f64::from(packets) / rounds;
            assert!((mean / average - 1.0f64).abs() < 0.15, "{share}: {mean} for {average}");
        }
    }
}
