//! What a link does to a piece of data: when it arrives, whether it is changed, whether the connection breaks.

use floodnet_core::distributions::{Distribution, happens};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};

use super::rate::RateLine;

/// Bytes that are lost, corrupted and sent one after the other as one: what a TCP segment carries on Ethernet.
pub const SEGMENT: usize = 1_448;

/// The outcome for one piece of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then, in order behind all before it.
    Arrives {
        /// The time of arrival at the far end.
        at: Time,
        /// Attempts that were lost before.
        lost: u32,
    },
    /// Nothing gets through for too long: the connection breaks then.
    Breaks(Time),
}

/// What one direction of a link does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// One-way delay, drawn once for each connection.
    pub latency: Distribution,
    /// Each piece takes up to this much longer, uniformly. Order is kept.
    pub jitter: Duration,
    /// Bits per second of a connection; none for unlimited.
    pub rate: Option<u64>,
    /// Bytes that wait for the rate; then the sender waits.
    pub queue: u64,
    /// Probability that an attempt is lost, in units of 2^-32.
    pub loss: u32,
    /// First pause before an attempt is repeated; it doubles.
    pub rto: Duration,
    /// The connection breaks when nothing got through for this long.
    pub break_after: Duration,
    /// Probability that one byte of a segment is changed, in units of 2^-32.
    pub corrupt: u32,
}

impl Default for Link {
    /// Passes everything at once; the pauses are those of the simulator.
    fn default() -> Self {
        Self {
            latency: Distribution::Constant(Duration::ZERO),
            jitter: Duration::ZERO,
            rate: None,
            queue: 256 * 1_024,
            loss: 0,
            rto: Duration::from_millis(200),
            break_after: Duration::from_secs(15),
            corrupt: 0,
        }
    }
}

impl Link {
    /// The emulator of one direction of one connection; equal keys give equal draws.
    #[must_use]
    pub fn emulator(&self, key: u64) -> LinkEmulator {
        let mut rng = NodeRng::new(key);
        let latency = self.latency.sample(wide(&mut rng));
        LinkEmulator { link: *self, latency, rng, line: RateLine::default(), last: Time::ZERO }
    }
}

/// Draws 64 random bits.
fn wide(rng: &mut NodeRng) -> u64 {
    u64::from(rng.bits()) << 32 | u64::from(rng.bits())
}

/// Emulates one direction of one connection by the rules of the simulator's streams: a lost attempt is repeated
/// after a pause that doubles, and holds up all behind it.
#[derive(Clone, Debug)]
pub struct LinkEmulator {
    link: Link,
    latency: Duration,
    rng: NodeRng,
    line: RateLine,
    last: Time,
}

impl LinkEmulator {
    /// Decides when `data`, which its sender hands over at `now`, arrives, and may change its bytes. No data
    /// stands for a segment of the handshake, or for the end. The times that are given never fall.
    pub fn pass(&mut self, now: Time, data: &mut [u8]) -> Fate {
        let leaves = match self.link.rate {
            Some(rate) => self.line.pass(now, data.len() as u64, rate),
            None => now,
        };
        let breaks_at = leaves + self.link.break_after;
        let (mut at, mut pause, mut lost) = (leaves, self.link.rto, 0);
        while happens(self.link.loss, self.rng.bits()) {
            lost += 1;
            at = at + pause;
            pause = pause.times(2);
            if at > breaks_at {
                return Fate::Breaks(breaks_at.max(self.last));
            }
        }
        if !data.is_empty() && happens(self.link.corrupt, self.rng.bits()) {
            let place = self.rng.place(data.len());
            data[place] ^= 1 << self.rng.below(8);
        }
        let jitter =
            Distribution::Uniform { min: Duration::ZERO, max: self.link.jitter }.sample(wide(&mut self.rng));
        self.last = self.last.max(at + self.latency + jitter);
        Fate::Arrives { at: self.last, lost }
    }

    /// When the next piece is taken: a full queue makes the sender wait.
    #[must_use]
    pub fn takes_next(&self, now: Time) -> Time {
        self.link.rate.map_or(now, |rate| self.line.room_at(now, self.link.queue, rate))
    }

    /// Bytes of a piece at most.
    #[must_use]
    pub const fn piece(&self) -> usize {
        let by_segment = self.link.rate.is_some() || self.link.loss > 0 || self.link.corrupt > 0;
        if by_segment { SEGMENT } else { 16 * 1_024 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_core::distributions::share_to_threshold;

    fn arrivals(link: Link, sizes: &[usize]) -> Vec<Time> {
        let mut emulator = link.emulator(7);
        let pass = |bytes: &usize| match emulator.pass(Time::from_secs(1), &mut vec![0; *bytes]) {
            Fate::Arrives { at, .. } => at,
            Fate::Breaks(_) => Time::MAX,
        };
        sizes.iter().map(pass).collect()
    }

    #[test]
    fn a_rate_sends_one_piece_after_the_other_and_a_full_queue_waits() {
        let link = Link {
            rate: Some(8_000),
            queue: 1_000,
            latency: Distribution::Constant(Duration::from_millis(50)),
            ..Link::default()
        };
        let millis = [100, 1_000, 400].map(|bytes| bytes as usize);
        assert_eq!(arrivals(link, &millis), [1_150, 2_150, 2_550].map(Time::from_millis));
        let mut emulator = link.emulator(7);
        emulator.pass(Time::ZERO, &mut [0; 1_500]);
        assert_eq!(emulator.takes_next(Time::ZERO), Time::from_millis(500));
    }

    #[test]
    fn what_is_lost_holds_up_what_follows() {
        let link = Link { loss: share_to_threshold(0.2), ..Link::default() };
        let mut emulator = link.emulator(3);
        let (mut last, mut stalls) = (Time::ZERO, 0);
        for piece in 0..10_000 {
            let now = Time::from_secs(60 * piece);
            let Fate::Arrives { at, lost } = emulator.pass(now, &mut [0; 10]) else { continue };
            assert!(at >= last);
            last = at;
            let pauses = (1u64 << lost) - 1;
            assert_eq!(at, now + Duration::from_millis(200).times(pauses));
            stalls += u32::from(lost > 0);
        }
        // 20 % of 10,000, with a standard deviation of 40.
        assert!(stalls.abs_diff(2_000) < 200, "{stalls}");
        let dead = Link { loss: u32::MAX, ..Link::default() };
        assert_eq!(dead.emulator(1).pass(Time::ZERO, &mut [1]), Fate::Breaks(Time::from_secs(15)));
    }

    #[test]
    fn corruption_changes_one_bit_and_jitter_keeps_order() {
        let link = Link { corrupt: u32::MAX, jitter: Duration::from_millis(10), ..Link::default() };
        let mut emulator = link.emulator(1);
        let mut last = Time::ZERO;
        for _ in 0..100 {
            let mut data = [0u8; 64];
            let Fate::Arrives { at, .. } = emulator.pass(Time::ZERO, &mut data) else { panic!("a break") };
            assert_eq!(data.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
            assert!(at >= last && at <= Time::from_millis(10));
            last = at;
        }
    }
}
