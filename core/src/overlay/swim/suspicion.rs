//! Members that did not answer, and how long they may still say that they are there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::time::{Duration, Time};

/// Bits behind the point of a logarithm.
const POINT: u32 = 16;
/// The logarithm of ten to the base of two.
const LOG2_10: u64 = 217_706;

/// The logarithm of `number`, 1 or more, to the base of two, in units of 2^-16 and rounded down.
fn log2(number: u32) -> u64 {
    let whole = number.max(1).ilog2();
    // The mantissa in [1, 2), with 31 bits behind the point. Each square of it has the next digit before the point.
    let mut mantissa = u64::from(number.max(1)) << (31 - whole);
    let mut log = u64::from(whole);
    for _ in 0..POINT {
        mantissa = (mantissa * mantissa) >> 31;
        let digit = mantissa >> 32;
        log = (log << 1) | digit;
        mantissa >>= digit;
    }
    log
}

/// How many whole powers of e are less than `number`: its natural logarithm, rounded up.
pub(super) fn ln_up(number: u32) -> u32 {
    const POWERS: [u32; 23] = [
        1,
        2,
        7,
        20,
        54,
        148,
        403,
        1_096,
        2_980,
        8_103,
        22_026,
        59_874,
        162_754,
        442_413,
        1_202_604,
        3_269_017,
        8_886_110,
        24_154_952,
        65_659_969,
        178_482_300,
        485_165_195,
        1_318_815_734,
        3_584_912_846,
    ];
    POWERS.iter().take_while(|&&power| power < number).count() as u32
}

/// `time` times the logarithm of `members` to the base of ten, and at least that once.
pub(super) fn scaled(time: Duration, members: u32) -> Duration {
    let log = log2(members) * (1 << POINT) / LOG2_10;
    part(time, log.max(1 << POINT), 1 << POINT)
}

/// `time` times `numerator` over `denominator`.
fn part(time: Duration, numerator: u64, denominator: u64) -> Duration {
    let nanos = u128::from(time.as_nanos()) * u128::from(numerator) / u128::from(denominator.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// How long a suspect has, and what shortens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grace {
    /// With as many confirmations as are `needed`, or more.
    pub(super) min: Duration,
    /// Without any.
    pub(super) max: Duration,
    /// Members besides the first whose suspicion counts.
    pub(super) needed: u32,
}

impl Grace {
    /// The time after so many confirmations: `max - (max - min) log(C + 1) / log(K + 1)`.
    fn after(&self, confirmations: u32) -> Duration {
        if confirmations >= self.needed {
            return self.min;
        }
        self.max - part(self.max - self.min, log2(confirmations + 1), log2(self.needed + 1))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Suspicion<Peer> {
    since: Time,
    grace: Grace,
    /// Who suspects it, the first in front.
    by: Vec<Peer>,
    due: Time,
}

/// The members that a node suspects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suspicions<Peer> {
    by_peer: BTreeMap<Peer, Suspicion<Peer>>,
    due: BTreeSet<(Time, Peer)>,
}

impl<Peer: Copy + Ord> Suspicions<Peer> {
    pub(super) const fn new() -> Self {
        Self { by_peer: BTreeMap::new(), due: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.by_peer.len()
    }

    /// Suspects `peer`, which is not suspected, from now on.
    pub(super) fn start(&mut self, peer: Peer, by: Peer, grace: Grace, now: Time) {
        let due = now + grace.after(0);
        self.by_peer.insert(peer, Suspicion { since: now, grace, by: Vec::from([by]), due });
        self.due.insert((due, peer));
    }

    /// Notes that `by` suspects `peer` too. Says whether that is new and counts.
    pub(super) fn confirm(&mut self, peer: Peer, by: Peer) -> bool {
        let Some(suspicion) = self.by_peer.get_mut(&peer) else { return false };
        if suspicion.by.len() > suspicion.grace.needed as usize || suspicion.by.contains(&by) {
            return false;
        }
        self.due.remove(&(suspicion.due, peer));
        let confirmations = u32::try_from(suspicion.by.len()).unwrap_or(u32::MAX);
        suspicion.by.push(by);
        suspicion.due = suspicion.since + suspicion.grace.after(confirmations);
        self.due.insert((suspicion.due, peer));
        true
    }

    /// Who suspected `peer` last, as far as that counts.
    pub(super) fn last_by(&self, peer: Peer) -> Option<Peer> {
        self.by_peer.get(&peer)?.by.last().copied()
    }

    /// Suspects `peer` no longer.
    pub(super) fn end(&mut self, peer: Peer) {
        if let Some(suspicion) = self.by_peer.remove(&peer) {
            self.due.remove(&(suspicion.due, peer));
        }
    }

    /// When the next suspect's time is over.
    pub(super) fn next_due(&self) -> Option<Time> {
        self.due.first().map(|&(due, _)| due)
    }

    /// A suspect whose time is over, which is suspected no longer.
    pub(super) fn overdue(&mut self, now: Time) -> Option<Peer> {
        let &(due, peer) = self.due.first()?;
        (due <= now).then(|| {
            self.end(peer);
            peer
        })
    }
}

#[cfg(test)]
#[expect(clippy::float_arithmetic, reason = "integers are held against the library's logarithms")]
mod tests {
    use super::*;

    fn secs(time: Duration) -> f64 {
        time.as_nanos() as f64 / 1e9
    }

    #[test]
    fn logarithms_are_those_of_the_library() {
        for number in (1..5_000).chain([65_535, 1 << 20, u32::MAX]) {
            let log = libm::log2(f64::from(number)) * 65_536.0;
            assert!((log2(number) as f64 - log).abs() < 2.0, "{number}");
            assert_eq!(ln_up(number), libm::ceil(libm::log(f64::from(number))) as u32, "{number}");
        }
    }

    #[test]
    fn time_grows_with_the_group_and_shrinks_with_those_who_agree() {
        let five = Duration::from_secs(5);
        let min = scaled(five, 128);
        assert!((secs(min) - 5.0 * libm::log10(128.0)).abs() < 1e-3, "{min:?}");
        assert_eq!(scaled(five, 2), five, "a small group has as long as one of ten");
        let grace = Grace { min, max: min.times(6), needed: 3 };
        let expected = |confirmations: f64| {
            let (low, high) = (secs(min), 6.0 * secs(min));
            high - (high - low) * libm::log(confirmations + 1.0) / libm::log(4.0)
        };
        for confirmations in 0..=3u32 {
            let after = secs(grace.after(confirmations));
            assert!((after - expected(confirmations.into())).abs() < 0.01, "{confirmations}: {after}");
        }
        assert_eq!(grace.after(9), min);
    }

    #[test]
    fn only_independent_suspicions_count() {
        let grace = Grace { min: Duration::from_secs(1), max: Duration::from_secs(9), needed: 3 };
        let mut suspicions = Suspicions::new();
        suspicions.start(7u32, 1, grace, Time::ZERO);
        assert_eq!(suspicions.next_due(), Some(Time::ZERO + grace.max));
        assert!(!suspicions.confirm(7, 1) && !suspicions.confirm(8, 2));
        assert!(suspicions.confirm(7, 2) && suspicions.confirm(7, 3));
        assert_eq!(suspicions.last_by(7), Some(3));
        assert!(suspicions.confirm(7, 4) && !suspicions.confirm(7, 5), "enough is enough");
        assert_eq!(suspicions.overdue(Time::ZERO), None);
        assert_eq!(suspicions.overdue(Time::ZERO + grace.min), Some(7));
        assert_eq!((suspicions.len(), suspicions.next_due()), (0, None));
    }
}
