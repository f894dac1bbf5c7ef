//! The random stream of a node, and the mixing functions from which all other random numbers are derived.
//!
//! The bits come from a named generator (PCG32, `rand_pcg`), whose output is fixed by its definition. Bounded
//! integers are drawn by code of our own, because `rand` allows the values of its distributions to change between
//! versions, and every result depends on them.

use rand_core::Rng;
use rand_pcg::Pcg32;

/// Mixes 64 bits so that each output bit depends on each input bit (finalizer of `SplitMix64`, Steele,
/// Lea and Flood 2014).
#[inline]
#[must_use]
pub const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Folds `value` into the hash `state`; the order of the values matters.
#[inline]
#[must_use]
pub const fn fold(state: u64, value: u64) -> u64 {
    mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ mix(value.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}

/// Like [`fold`] at a fraction of the cost, for long chains of values. A difference in any value is never lost,
/// since each step is a bijection of the state, but only a [`mix`] at the end of the chain spreads the last values
/// over all bits.
#[inline]
#[must_use]
pub const fn chain(state: u64, value: u64) -> u64 {
    let product = (state ^ value).wrapping_mul(0xd6e8_feb8_6659_fd93);
    product ^ (product >> 32)
}

/// The number at `place` of a stream of uniform 64-bit numbers: `wyrand` of Wang Yi's `wyhash`, version 4, whose
/// state is the place times a constant. Takes one multiplication; [`mix`] takes two that wait for each other.
#[inline]
#[must_use]
pub const fn draw(stream: u64, place: u64) -> u64 {
    let state = stream.wrapping_add(place.wrapping_mul(0xa076_1d64_78bd_642f));
    let product = state as u128 * (state ^ 0xe703_7ed1_a0b4_28db) as u128;
    (product >> 64) as u64 ^ product as u64
}

/// Maps 64 uniform bits to `0..bound` by the high half of a product (Lemire 2019, without the rejection
/// step: the bias is below `bound / 2^64`).
#[inline]
#[must_use]
pub const fn scale(bits: u64, bound: u64) -> u64 {
    ((bits as u128 * bound as u128) >> 64) as u64
}

/// What random numbers are drawn for.
///
/// Each purpose has streams of its own, so that drawing more or less for one disturbs no other. A stream is named
/// by the seed of a run, the purpose, and within it a slot, a link, a fault or the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// First arrivals of nodes: one stream for all slots.
    Arrivals,
    /// Sessions and downtimes: one stream for each slot.
    Sessions,
    /// Times of publication: one stream for each entry of the traffic.
    Times,
    /// Origins of messages: one stream for each message.
    Origins,
    /// Slots that a fault strikes: one stream for each fault.
    Fault,
    /// Which slot belongs to which class of nodes.
    Classes,
    /// Which slot lives in which region.
    Regions,
    /// The links of a random graph.
    Graph,
    /// The latency of links or packets.
    Latency,
    /// What is added to the latency of each packet.
    Jitter,
    /// Which packets are lost.
    Loss,
    /// Which packets are lost to a fault.
    FaultLoss,
    /// When a slot pings a peer.
    Ping,
    /// The stream of a node, [`NodeRng`]: one for each life of a slot.
    Node,
    /// The seeds of further runs of a scenario.
    Runs,
    /// The nodes from which paths in a large graph are measured.
    PathSources,
    /// Random scenarios.
    Scenarios,
    /// Which slots are adversaries, and whom they connect to: one stream for each entry of the list.
    Adversary,
    /// What an adversary does by chance: one stream for each life of a hostile slot.
    Deeds,
    /// Classes and regions of the nodes that adversaries bring: one stream for each of the two.
    Extra,
}

impl Purpose {
    /// The seed of the streams for this purpose in a run with the seed `run`. Purposes that share it differ in
    /// their [`number`](Self::number).
    ///
    /// This and the numbers are part of every result: a change of one changes them all.
    #[must_use]
    pub const fn seed(self, run: u64) -> u64 {
        match self {
            Self::Arrivals
            | Self::Sessions
            | Self::Times
            | Self::Origins
            | Self::Fault
            | Self::Classes
            | Self::Regions
            | Self::Graph => run,
            Self::Adversary | Self::Deeds | Self::Extra => fold(run, HOSTILE),
            Self::Latency | Self::Jitter | Self::Loss | Self::FaultLoss | Self::Ping => fold(run, LINK),
            Self::Node => fold(run, NODE),
            Self::Runs => fold(RUNS, run),
            Self::PathSources => fold(run, TOPOLOGY),
            Self::Scenarios => fold(run, SWARM),
        }
    }

    /// Tells purposes of one seed apart.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Arrivals | Self::Latency | Self::Adversary => 1,
            Self::Sessions | Self::Jitter | Self::Deeds => 2,
            Self::Times | Self::Loss | Self::Extra => 3,
            Self::Origins | Self::FaultLoss => 4,
            Self::Fault | Self::Ping => 5,
            Self::Classes => 6,
            Self::Regions => 7,
            Self::Graph => 8,
            Self::Node | Self::Runs | Self::PathSources | Self::Scenarios => 0,
        }
    }
}

// Words in ASCII.
const HOSTILE: u64 = 0x0068_6f73_7469_6c65;
const LINK: u64 = 0x6c69_6e6b;
const NODE: u64 = 0x6e6f_6465;
const RUNS: u64 = 0x7275_6e73;
const TOPOLOGY: u64 = 0x746f_706f_6c6f_6779;
const SWARM: u64 = 0x0073_7761_726d;

/// A node's own random stream: 16 bytes, portable to the bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRng(Pcg32);

impl NodeRng {
    /// The stream named by `key`, which the driver derives from the seed, [`Purpose::Node`], the slot and the life.
    #[must_use]
    pub fn new(key: u64) -> Self {
        Self(Pcg32::new(mix(key), mix(key ^ 0x5851_f42d_4c95_7f2d)))
    }

    /// The next 32 bits of the stream, uniform.
    #[inline]
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A uniform number in `0..bound`; 0 when `bound` is 0. Lemire's method with rejection, so exactly
    /// uniform.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        let mut product = u64::from(self.bits()) * u64::from(bound);
        // The low half below `2^32 mod bound` would favor some values: draw again.
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = u64::from(self.bits()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    /// True with probability `numerator / denominator`; always when the ratio is 1 or more.
    #[inline]
    pub fn chance(&mut self, numerator: u32, denominator: u32) -> bool {
        self.below(denominator) < numerator
    }

    /// A uniform place among `count`; 0 when there are none.
    #[inline]
    pub fn place(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).unwrap_or(u32::MAX)) as usize
    }

    /// A uniform element of `items`; none when there are none.
    #[inline]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.place(items.len()))
    }

    /// A uniform element of `items`, which are gone through twice; none when there are none.
    pub fn pick_of<T>(&mut self, mut items: impl Iterator<Item = T> + Clone) -> Option<T> {
        let place = self.place(items.clone().count());
        items.nth(place)
    }

    /// Puts `items` into a uniformly random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.place(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// A change here changes every result of the project: it needs its own heading in CHANGELOG.md.
    #[test]
    fn golden_values() {
        let mut rng = NodeRng::new(1);
        let bits: Vec<u32> = (0..4).map(|_| rng.bits()).collect();
        assert_eq!(bits, GOLDEN_BITS);
        let mut rng = NodeRng::new(7);
        let draws: Vec<u32> = (0..8).map(|_| rng.below(10)).collect();
        assert_eq!(draws, GOLDEN_BELOW);
        assert_eq!(mix(1), 0x5692_161d_100b_05e5);
        assert_eq!([chain(1, 2), draw(1, 2)], GOLDEN_STEPS);
    }
    const GOLDEN_STEPS: [u64; 2] = [9_564_234_014_780_753_040, 7_050_053_486_739_369_280];
    const GOLDEN_BITS: [u32; 4] = [3_929_173_712, 1_388_247_366, 1_891_955_598, 1_663_951_598];
    const GOLDEN_BELOW: [u32; 8] = [5, 9, 0, 5, 6, 0, 1, 8];

    #[test]
    fn no_two_purposes_share_a_stream() {
        let all: Vec<Purpose> = core::iter::successors(Some(Purpose::Arrivals), next_purpose).collect();
        for purpose in &all {
            let stream = |of: &Purpose| (of.seed(7), of.number());
            let same = all.iter().filter(|other| stream(other) == stream(purpose));
            assert_eq!(same.count(), 1, "{purpose:?}");
        }
    }

    /// All purposes in a row. A new one does not compile before it stands here.
    fn next_purpose(purpose: &Purpose) -> Option<Purpose> {
        use Purpose as P;
        Some(match purpose {
            P::Arrivals => P::Sessions,
            P::Sessions => P::Times,
            P::Times => P::Origins,
            P::Origins => P::Fault,
            P::Fault => P::Classes,
            P::Classes => P::Regions,
            P::Regions => P::Graph,
            P::Graph => P::Latency,
            P::Latency => P::Jitter,
            P::Jitter => P::Loss,
            P::Loss => P::FaultLoss,
            P::FaultLoss => P::Ping,
            P::Ping => P::Node,
            P::Node => P::Runs,
            P::Runs => P::PathSources,
            P::PathSources => P::Scenarios,
            P::Scenarios => P::Adversary,
            P::Adversary => P::Deeds,
            P::Deeds => P::Extra,
            P::Extra => return None,
        })
    }

    #[test]
    fn below_is_uniform_and_bounded() {
        let mut rng = NodeRng::new(3);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[rng.below(6) as usize] += 1;
        }
        // Chi-square with 5 degrees of freedom: 20.5 is exceeded with probability 0.001.
        let chi: u64 = counts.iter().map(|&c| u64::from(c.abs_diff(10_000)).pow(2)).sum();
        assert!(chi < 205_000, "counts {counts:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    /// As links use them: streams named by a draw of two small numbers, places 2^32 apart.
    #[test]
    fn draws_next_to_each_other_are_independent() {
        type Case = (u64, u64, u64);
        let at = |(from, to, place): Case| {
            let stream = draw(0x1234_5678_9abc_def0 ^ (from << 32 | to), 0);
            draw(stream, place << 32)
        };
        let beside: [fn(Case) -> Case; 4] = [
            |(from, to, place)| (from, to, place + 1),
            |(from, to, place)| (from, to + 1, place),
            |(from, to, place)| (from + 1, to, place),
            |(from, to, place)| (to, from, place),
        ];
        for (number, beside) in beside.into_iter().enumerate() {
            let mut cells = [0u32; 256];
            for case in 0..1 << 16 {
                let case = (case & 0xff, 256 + (case >> 8 & 0xf), case >> 12);
                cells[(at(case) >> 60 << 4 | at(beside(case)) >> 60) as usize] += 1;
            }
            // Chi-square with 255 degrees of freedom: 331 is exceeded with probability 0.001.
            let chi: u64 = cells.iter().map(|&count| u64::from(count.abs_diff(256)).pow(2)).sum();
            assert!(chi < 331 * 256, "{number}: {}", chi / 256);
        }
    }

    #[test]
    fn shuffle_keeps_every_element() {
        let mut items: Vec<u32> = (0..100).collect();
        NodeRng::new(5).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
