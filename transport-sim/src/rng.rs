//! Random numbers for what is drawn before a run: a sequence for each purpose, so that drawing more or less
//! of one thing disturbs no other.

use floodnet_core::distributions::happens;
use floodnet_core::rng::{Purpose, fold, scale};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A sequence of random numbers. The bits are ChaCha with 8 rounds, whose output is fixed by its
/// definition; bounded numbers are made here, not by a library that may change its ways.
#[derive(Clone, Debug)]
pub struct PlanRng(ChaCha8Rng);

impl PlanRng {
    /// The sequence of this run's `seed` for a purpose and, within it, a slot, fault or the like:
    /// `number` is below 2^56.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut key = [0; 32];
        for (part, bytes) in key.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&fold(purpose.seed(seed), part as u64).to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        debug_assert!(number >> 56 == 0, "sequence {number} runs into the next purpose");
        rng.set_stream(purpose.number() << 56 | number);
        Self(rng)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`; 0 when `bound` is 0. Takes 64 bits, whatever the bound.
    pub fn below(&mut self, bound: u32) -> u32 {
        scale(self.bits(), u64::from(bound)) as u32
    }

    /// Whether an event of this probability happens; see [`happens`]. Takes 64 bits.
    pub fn chance(&mut self, threshold: u32) -> bool {
        happens(threshold, (self.bits() >> 32) as u32)
    }

    /// Puts `items` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, scale(self.bits(), last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change here changes every result of the project: it needs its own heading in CHANGELOG.md.
    #[test]
    fn golden_values() {
        let mut rng = PlanRng::new(1, Purpose::Arrivals, 0);
        assert_eq!([rng.bits(), rng.bits()], GOLDEN);
        let draws: Vec<u32> = (0..8).map(|_| rng.below(10)).collect();
        assert_eq!(draws, GOLDEN_BELOW);
    }
    const GOLDEN: [u64; 2] = [5_854_165_726_150_231_775, 10_145_417_717_916_232_435];
    const GOLDEN_BELOW: [u32; 8] = [3, 2, 3, 5, 2, 5, 9, 2];

    #[test]
    fn seed_purpose_and_number_each_make_another_stream() {
        let first = |seed, purpose, number| PlanRng::new(seed, purpose, number).bits();
        let mut all = [
            first(1, Purpose::Sessions, 0),
            first(1, Purpose::Sessions, 1),
            first(1, Purpose::Fault, 0),
            first(2, Purpose::Sessions, 0),
        ];
        assert_eq!(all[1], first(1, Purpose::Sessions, 1));
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
    }

    #[test]
    fn chance_is_exact_at_both_ends() {
        let mut rng = PlanRng::new(3, Purpose::Graph, 0);
        assert!((0..1_000).all(|_| !rng.chance(0)));
        assert!((0..1_000).all(|_| rng.chance(u32::MAX)));
        let hits = (0..10_000).filter(|_| rng.chance(1 << 31)).count();
        // Standard deviation 50.
        assert!(hits.abs_diff(5_000) < 250, "{hits} of 10000");
    }

    #[test]
    fn shuffle_keeps_every_element_and_favors_no_place() {
        let mut counts = [0u32; 25];
        for round in 0..10_000 {
            let mut items = [0, 1, 2, 3, 4];
            PlanRng::new(5, Purpose::Classes, round).shuffle(&mut items);
            items.iter().enumerate().for_each(|(place, item)| counts[place * 5 + item] += 1);
        }
        // Each of the 25 has mean 2000 and standard deviation 40.
        assert!(counts.iter().all(|count| count.abs_diff(2_000) < 200), "{counts:?}");
        assert_eq!(counts[..5].iter().sum::<u32>(), 10_000);
    }
}
