//! The seeds of independent runs.

use floodnet_core::rng::{Purpose, fold};

/// The seed of run `index` of a scenario with the seed `first`: that one itself for run 0, so that the first
/// of many runs is the single one; else a hash of both, below 2^63 because TOML's integers are signed.
#[must_use]
pub const fn seed(first: u64, index: u32) -> u64 {
    match index {
        0 => first,
        index => fold(Purpose::Runs.seed(first), index as u64) >> 1,
    }
}

/// The seeds of the first `runs` runs.
#[must_use]
pub fn seeds(first: u64, runs: u32) -> Vec<u64> {
    (0..runs).map(|index| seed(first, index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_fixed_differ_and_fit_toml() {
        // A change of these would change every result of many runs.
        assert_eq!(seeds(42, 3), [42, 3_643_167_019_405_541_167, 4_020_030_693_649_302_196]);
        let mut all: Vec<u64> = (0..50).flat_map(|first| seeds(first, 50)).collect();
        assert!(all.iter().all(|&seed| i64::try_from(seed).is_ok()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2_500);
    }
}
