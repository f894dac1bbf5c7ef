//! The ways in which runs could have been dealt to the two sides.
//!
//! If two configurations are equal, then nothing but their names tells their runs apart. A pair of runs of one seed
//! could as well have come the other way round, and independent runs in any order. Each such way is an
//! **arrangement**: a list of signs, one for each pair (as it came, or swapped) or for each run (old, or new).

use floodnet_core::rng::NodeRng;

/// Seed of the arrangements that are drawn: the same runs give the same result.
const SEED: u64 = 0x6172_7261;

/// How the runs of both sides belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// The same seeds on both sides: pairs may be swapped.
    Paired,
    /// Seeds of their own: all runs may be dealt anew.
    Independent,
}

/// How many arrangements `old` and `new` runs have that tell them apart, up to the names of the sides; infinite
/// where a float cannot hold it. Of pairs, `old` counts.
#[must_use]
pub fn count(design: Design, old: usize, new: usize) -> f64 {
    match design {
        Design::Paired => 2_f64.powi(i32::try_from(old).unwrap_or(i32::MAX) - 1),
        Design::Independent => {
            let ways = statrs::function::factorial::ln_binomial((old + new) as u64, old as u64).exp();
            // Of sides of one size each way comes twice, with the names exchanged.
            if old == new { ways / 2.0 } else { ways }
        }
    }
}

/// The arrangement that was observed.
pub(super) fn as_they_came(design: Design, (old, new): (usize, usize)) -> Vec<f64> {
    let mut signs = vec![1.0; old];
    if design == Design::Independent {
        signs.resize(old + new, -1.0);
    }
    signs
}

/// Calls `visit` with arrangements of `old` and `new` runs, first as they came: with all if there are at most
/// `most`, else with `most` that are drawn. Returns how many there were.
pub(super) fn each(
    design: Design,
    (old, new): (usize, usize),
    most: usize,
    visit: &mut impl FnMut(&[f64]),
) -> usize {
    let is_few = count(design, old, new) <= most as f64;
    match (design, is_few) {
        (Design::Paired, true) => all_flips(old, visit),
        (Design::Independent, true) => all_choices(old, old + new, visit),
        (design, false) => {
            let mut signs = as_they_came(design, (old, new));
            drawn(design, &mut signs, most, visit)
        }
    }
}

/// All signs of `pairs` pairs whose first is +1: swapping all of them changes nothing but the names.
fn all_flips(pairs: usize, visit: &mut impl FnMut(&[f64])) -> usize {
    let all = 1_usize << pairs.saturating_sub(1);
    let mut signs = vec![1.0; pairs];
    for mask in 0..all {
        for (place, sign) in signs.iter_mut().skip(1).enumerate() {
            *sign = if mask >> place & 1 == 0 { 1.0 } else { -1.0 };
        }
        visit(&signs);
    }
    all
}

/// All choices of `old` among `all` runs, in the order of a dictionary.
fn all_choices(old: usize, all: usize, visit: &mut impl FnMut(&[f64])) -> usize {
    let mut chosen: Vec<usize> = (0..old).collect();
    let mut visited = 0;
    loop {
        let mut signs = vec![-1.0; all];
        chosen.iter().for_each(|&run| signs[run] = 1.0);
        visit(&signs);
        visited += 1;
        // The last one that can go further does, and those behind it follow closely.
        let Some(place) = (0..old).rev().find(|&place| chosen[place] < all - old + place) else {
            return visited;
        };
        chosen[place] += 1;
        for later in place + 1..old {
            chosen[later] = chosen[later - 1] + 1;
        }
    }
}

/// `signs` as they are, and then as chance deals them.
fn drawn(design: Design, signs: &mut [f64], most: usize, visit: &mut impl FnMut(&[f64])) -> usize {
    let mut rng = NodeRng::new(SEED);
    visit(signs);
    for _ in 1..most {
        match design {
            Design::Paired => {
                for part in signs.chunks_mut(32) {
                    let bits = rng.bits();
                    for (place, sign) in part.iter_mut().enumerate() {
                        *sign = if bits >> place & 1 == 0 { 1.0 } else { -1.0 };
                    }
                }
            }
            Design::Independent => rng.shuffle(signs),
        }
        visit(signs);
    }
    most
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn visited(design: Design, sizes: (usize, usize), most: usize) -> (usize, Vec<Vec<i8>>) {
        let mut found = Vec::new();
        let count = each(design, sizes, most, &mut |signs: &[f64]| {
            found.push(signs.iter().map(|&sign| sign as i8).collect());
        });
        (count, found)
    }

    #[test]
    fn few_arrangements_are_all_visited_once_and_the_observed_one_is_first() {
        for (design, sizes, all) in [
            (Design::Paired, (1, 1), 1),
            (Design::Paired, (6, 6), 32),
            (Design::Independent, (4, 4), 70),
            (Design::Independent, (2, 5), 21),
        ] {
            let (count, found) = visited(design, sizes, 1_000);
            assert_eq!((count, found.len()), (all, all), "{design:?} {sizes:?}");
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), all, "each once");
            let old = found[0].iter().filter(|&&sign| sign == 1).count();
            assert!(old == sizes.0 && found[0][..old].iter().all(|&sign| sign == 1), "{found:?}");
        }
    }

    #[test]
    fn many_arrangements_are_drawn_and_always_the_same() {
        for design in [Design::Paired, Design::Independent] {
            let (count, found) = visited(design, (40, 40), 500);
            assert_eq!((count, found.len()), (500, 500));
            assert!(found[0][..40].iter().all(|&sign| sign == 1), "as they came");
            assert_eq!(visited(design, (40, 40), 500).1, found);
            let kept: i32 = found[1..].iter().map(|signs| i32::from(signs[39])).sum();
            assert!(kept.abs() < 120, "one sign is as good as the other: {kept}");
        }
    }
}
