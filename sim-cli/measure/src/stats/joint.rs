//! Many metrics of the same runs, tested together.
//!
//! The test asks how often chance alone would deal the runs so that **any** of the metrics differs as much as it
//! does (Westfall and Young 1993; Romano and Wolf 2005). It is exact for every distribution, with any number of
//! runs: heavy tails, ties and values at 0 or 1 are dealt like all others. Metrics that move together are dealt
//! together, so saying one thing in ten metrics costs no more than saying it in one. And a shift that is equal in
//! all runs is as improbable as the arrangement is, however many metrics there are.

use super::LEVEL;
use super::arrange::{Design, as_they_came, count, each};
use super::score::{Column, Scorer};
use statrs::distribution::{ContinuousCDF as _, Normal};

/// Most arrangements that are looked at: all, if there are no more.
pub const ARRANGEMENTS: usize = 10_000;

/// How much of the level a metric gets that does not lead its family; one that does gets 1. Less would hide what it
/// alone shows, more would hide what leaders show.
pub const FOLLOWER: f64 = 0.75;

/// What is found of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// The probability of a difference as clear as this one if there were none.
    pub p: f64,
    /// The probability that any metric of all differs as clearly if none did.
    pub adjusted: f64,
    /// The score that a difference must exceed; see [`super::score`].
    pub bar: f64,
    /// Whether the new side is higher; where some run is "never", by rank.
    pub rises: bool,
}

/// Whether so many runs, or pairs, can show a difference at all: with fewer arrangements than that, even the most
/// extreme one happens too often.
#[must_use]
pub fn can_tell(design: Design, old: usize, new: usize) -> bool {
    old.min(new) >= 2 && 1.0 <= LEVEL * (1.0 + 1e-9) * count(design, old, new)
}

/// The least number of pairs, or of runs of each side, that can show a difference.
#[must_use]
pub fn fewest(design: Design) -> usize {
    (2..).find(|&runs| can_tell(design, runs, runs)).unwrap_or(usize::MAX)
}

/// Tests `columns` together, looking at no more than `most` arrangements. None for a metric that too few runs have.
#[must_use]
pub fn test(design: Design, columns: &[Column], most: usize) -> Vec<Option<Tested>> {
    let mut found: Vec<Option<Tested>> = columns
        .iter()
        .map(|column| {
            let (old, new) = column.known(design);
            let even = Tested { p: 1.0, adjusted: 1.0, bar: f64::INFINITY, rises: false };
            can_tell(design, old, new).then_some(even)
        })
        .collect();
    let told = columns.iter().enumerate().filter(|(place, _)| found[*place].is_some());
    let scorers: Vec<Scored> = told
        .filter_map(|(place, column)| {
            let scorer = Scorer::of(design, column)?;
            Some(Scored { place, handicap: -2.0 * column.share.ln(), scorer })
        })
        .collect();
    let sizes = (
        columns.iter().map(|column| column.old.len()).max().unwrap_or(0),
        columns.iter().map(|column| column.new.len()).max().unwrap_or(0),
    );
    for (place, tested) in step_down(design, sizes, scorers, most) {
        found[place] = Some(tested);
    }
    found
}

/// A metric that is scored.
struct Scored {
    /// Its place among all.
    place: usize,
    /// What is taken off its score: exp(-score / 2) is about its probability, so this makes it larger.
    handicap: f64,
    scorer: Scorer,
}

impl Scored {
    fn at(&self, signs: &[f64]) -> f64 {
        self.scorer.at(signs) - self.handicap
    }
}

/// Counts the arrangements in which a metric, or any that is less clear, has at least the score observed.
fn step_down(
    design: Design,
    sizes: (usize, usize),
    mut columns: Vec<Scored>,
    most: usize,
) -> Vec<(usize, Tested)> {
    let came = as_they_came(design, sizes);
    // The clearest difference comes first. What differs by rounding is equal.
    columns.sort_by(|one, other| other.at(&came).total_cmp(&one.at(&came)));
    let observed: Vec<f64> = columns
        .iter()
        .map(|column| column.at(&came))
        .map(|score| if score.is_finite() { score - 1e-9 * score.abs() } else { score })
        .collect();
    let (mut alone, mut among) = (vec![0_usize; columns.len()], vec![0_usize; columns.len()]);
    let mut highest = Vec::new();
    let all = each(design, sizes, most, &mut |signs: &[f64]| {
        let mut top = f64::NEG_INFINITY;
        // Backwards: a metric competes with itself and with those that are less clear.
        for (place, column) in columns.iter().enumerate().rev() {
            let score = column.at(signs);
            top = top.max(score);
            alone[place] += usize::from(score >= observed[place]);
            among[place] += usize::from(top >= observed[place]);
        }
        highest.push(top);
    });
    let bar = bar(&mut highest, columns.len());
    let mut greatest = 0.0_f64;
    let mut tested = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let share = |count: usize| count as f64 / all as f64;
        greatest = greatest.max(share(among[place]));
        let (p, bar) = (share(alone[place]), bar + column.handicap);
        tested.push((column.place, Tested { p, adjusted: greatest, bar, rises: column.scorer.rises(&came) }));
    }
    tested
}

/// The score that the highest of all exceeds in [`LEVEL`] of the arrangements; if there are too few of them to say,
/// the one that holds for so many metrics however they depend on each other (Bonferroni).
fn bar(highest: &mut [f64], metrics: usize) -> f64 {
    highest.sort_unstable_by(|one, other| other.total_cmp(one));
    let beyond = (highest.len() as f64 * LEVEL) as usize;
    let known = highest.get(beyond).copied().filter(|score| score.is_finite() && beyond > 0);
    known.unwrap_or_else(|| {
        let tail = LEVEL / (2.0 * metrics.max(1) as f64);
        Normal::standard().inverse_cdf(1.0 - tail).powi(2)
    })
}

#[cfg(test)]
#[path = "joint_tests.rs"]
mod tests;
