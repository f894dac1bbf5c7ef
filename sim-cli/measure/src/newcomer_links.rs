//! To whom newcomers link: whether a node with more links gets more of the new ones.
//!
//! Between two samples at `T0 < T1`, a **newcomer** is a node that joined in `[T0, T1)`, and a **landing** is
//! an edge at `T1` between a newcomer and a node that had joined before `T0`. With `k` the degrees at `T0`:
//!
//! - `links`: landings at samples in the window.
//! - `degree`: the mean of `k` over the nodes that newcomers landed on.
//! - `by_degree`: what that mean would be if each landing chose a node with probability proportional to its
//!   degree: the mean over landings of `sum k^2 / sum k`.
//! - `uniform`: what it would be if each chose any joined node alike: the mean over landings of `sum k / n`.
//! - `chi2`: Pearson's statistic of the landings against the first of the two laws. The nodes in order of
//!   degree (then of slot) fall into [`BINS`] bins of about equal sums of degrees; expected is each bin's share
//!   of all degrees, added up over the landings. Under that law its mean is `BINS - 1`. None when a bin expects
//!   fewer than [`LEAST_EXPECTED`].
//!
//! A pure random walk ends at a node with probability proportional to its degree (Lovász 1993, "Random walks
//! on graphs: a survey"). Where many newcomers join between two samples, the degrees at `T0` are old when the
//! last of them lands: take samples as often as nodes arrive.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use serde::{Deserialize, Serialize};

use super::fault_cuts::Cuts;
use super::lifecycle::Everybody;
use super::neighbors::Neighbors;
use super::number::{DIGITS, round_to};

/// Bins of the test.
pub const BINS: usize = 10;
/// The least that every bin must expect.
pub const LEAST_EXPECTED: f64 = 5.0;

/// To whom newcomers linked; see the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// Landings at samples in the window.
    pub links: u64,
    /// Mean degree of the nodes landed on.
    pub degree: Option<f64>,
    /// What that would be if degrees decided.
    pub by_degree: Option<f64>,
    /// What it would be if nothing did.
    pub uniform: Option<f64>,
    /// How far the landings are from the law that degrees decide.
    pub chi2: Option<f64>,
}

/// Sums over the landings so far.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    /// The last sample, and how often slots had joined then.
    last: Option<(Time, u64)>,
    links: u64,
    degrees: u64,
    by_degree: f64,
    uniform: f64,
    landed: [u64; BINS],
    expected: [f64; BINS],
}

/// The graph at a sample, with the degrees at the one before.
pub(super) struct Look<'a> {
    pub(super) neighbors: &'a Neighbors,
    pub(super) slots: &'a Everybody<'a>,
    pub(super) cuts: &'a Cuts<'a>,
    /// By slot; empty before the first sample.
    pub(super) degrees: &'a [u32],
    /// How often slots have joined.
    pub(super) joins: u64,
}

impl Attachments {
    /// Takes a sample in. It only counts if it is `in_window`.
    pub(super) fn sample(&mut self, at: Time, in_window: bool, look: &Look<'_>) {
        let before = self.last.replace((at, look.joins));
        let Some((since, joins)) = before.filter(|_| in_window) else { return };
        if look.joins == joins || look.degrees.is_empty() {
            return;
        }
        // Landings by slot.
        let mut landings: BTreeMap<u32, u64> = BTreeMap::new();
        let is_new = |slot| (since..Time::MAX).contains(&look.slots.joined(slot));
        for newcomer in
            (0..u32::try_from(look.degrees.len()).unwrap_or(u32::MAX)).filter(|&slot| is_new(slot))
        {
            for peer in look.neighbors.edges_at(newcomer, look.cuts).filter(|&peer| !is_new(peer)) {
                *landings.entry(peer).or_default() += 1;
            }
        }
        if !landings.is_empty() {
            self.add(&landings, since, look);
        }
    }

    fn add(&mut self, landings: &BTreeMap<u32, u64>, since: Time, look: &Look<'_>) {
        let degrees = look.degrees;
        let there = (0..).zip(degrees).filter(|&(slot, _)| look.slots.joined(slot) < since);
        let (mut nodes, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
        // How many nodes have each degree.
        let mut having = Vec::new();
        for (_, &degree) in there.clone() {
            nodes += 1;
            sum += u64::from(degree);
            squares += u64::from(degree) * u64::from(degree);
            if having.len() <= degree as usize {
                having.resize(degree as usize + 1, 0_u64);
            }
            having[degree as usize] += 1;
        }
        if sum == 0 {
            return;
        }
        let links: u64 = landings.values().sum();
        self.links += links;
        self.degrees +=
            landings.iter().map(|(&slot, &times)| u64::from(degrees[slot as usize]) * times).sum::<u64>();
        self.by_degree += links as f64 * squares as f64 / sum as f64;
        self.uniform += links as f64 * sum as f64 / nodes as f64;
        // Where in the sum of degrees the next node of each degree stands.
        let mut place = 0;
        let mut places: Vec<u64> = Vec::with_capacity(having.len());
        for (degree, &count) in (0_u64..).zip(&having) {
            places.push(place);
            place += degree * count;
        }
        let mut weights = [0_u64; BINS];
        for (slot, &degree) in there {
            let start = &mut places[degree as usize];
            let middle = 2 * *start + u64::from(degree);
            *start += u64::from(degree);
            let bin = ((middle * BINS as u64 / (2 * sum)) as usize).min(BINS - 1);
            weights[bin] += u64::from(degree);
            self.landed[bin] += landings.get(&slot).copied().unwrap_or(0);
        }
        for (expected, weight) in self.expected.iter_mut().zip(weights) {
            *expected += links as f64 * weight as f64 / sum as f64;
        }
    }

    /// What the landings come to.
    pub(super) fn finish(&self) -> Attachment {
        if self.links == 0 {
            return Attachment::default();
        }
        let mean = |sum: f64| Some(round_to(sum / self.links as f64, DIGITS));
        let enough = self.expected.iter().all(|&expected| expected >= LEAST_EXPECTED);
        let terms = self.landed.iter().zip(&self.expected);
        let chi2: f64 = terms.map(|(&landed, expected)| (landed as f64 - expected).powi(2) / expected).sum();
        Attachment {
            links: self.links,
            degree: mean(self.degrees as f64),
            by_degree: mean(self.by_degree),
            uniform: mean(self.uniform),
            chi2: enough.then(|| round_to(chi2, DIGITS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{always_up, secs};
    use crate::{MeasureSettings, Measures, part::Part};
    use floodnet_core::observe::Observation;
    use floodnet_core::time::Duration;
    use floodnet_sim::observer::{Divisible, Observed, Observer};
    use std::sync::Arc;

    fn link(part: &mut Part, at: u64, ends: [u32; 2]) {
        for (slot, peer) in [(ends[0], ends[1]), (ends[1], ends[0])] {
            part.observe(secs(at), slot, Observed::Protocol(Observation::NeighborUp(peer)));
        }
    }

    #[test]
    fn landings_are_held_against_both_laws() {
        let plan = Arc::new(always_up(6, 20));
        let settings = MeasureSettings {
            scenario: String::new(),
            every: Some(Duration::from_secs(1)),
            start: secs(2),
            stop: secs(20),
            deadline: Duration::from_secs(1),
            grace: Duration::from_secs(1),
            target_degree: None,
            is_directed: false,
            topology_times: Vec::new(),
            topology_at_end: false,
        };
        let mut measures = Measures::new(plan, settings);
        let mut parts = measures.divide(std::slice::from_ref(&(0..6)));
        for slot in 0..6 {
            parts[0].observe(secs(0), slot, Observed::Up { incarnation: 0 });
        }
        // A star of 0 with 1, 2, 3: before the window, so its links are no landings.
        for leaf in 1..=3 {
            link(&mut parts[0], 0, [0, leaf]);
        }
        measures.sample(&mut parts, secs(1));
        // 4 comes to the middle and to a leaf; 5 to 4, which is new itself.
        for ends in [[0, 4], [1, 4], [4, 5]] {
            link(&mut parts[0], 1, ends);
        }
        measures.sample(&mut parts, secs(2));
        // An old pair links: no newcomer.
        link(&mut parts[0], 2, [2, 3]);
        measures.sample(&mut parts, secs(3));
        let found = measures.attachments.finish();
        // Degrees 3, 1, 1, 1: landed on 3 and 1; by degree 12 / 6, uniform 6 / 4.
        let expected =
            Attachment { links: 2, degree: Some(2.0), by_degree: Some(2.0), uniform: Some(1.5), chi2: None };
        assert_eq!(found, expected);
    }

    #[test]
    fn the_statistic_is_pearsons() {
        let mut all = Attachments { links: 100, degrees: 300, ..Attachments::default() };
        all.expected = [10.0; BINS];
        all.landed = [10; BINS];
        assert_eq!(all.finish().chi2, Some(0.0));
        all.landed[0] = 15;
        all.landed[9] = 5;
        assert_eq!(all.finish().chi2, Some(5.0));
        all.expected[3] = 4.9;
        assert_eq!(all.finish().chi2, None);
        assert_eq!(Attachments::default().finish(), Attachment::default());
    }
}
