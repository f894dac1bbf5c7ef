//! Many scenarios: on several threads, with results in the order of the seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use floodnet_core::time::Duration;

use super::draw::{ProtocolChoice, draw};
use super::in_order::in_order;
use super::random_fault::FAULTS;
use crate::Protocols;
use crate::check::{Again, CaseResult, Invariant, Violation};
use crate::simulate::check;

/// Of the histories that promise it, so many in a thousand may fail to become one component: the protocols
/// promise it with high probability only.
pub const UNHEALED_PERMILLE: u64 = 10;
/// More of them than that is called a violation when chance alone would bring it about less often than this.
const CHANCE: f64 = 1e-6;

/// Which scenarios to try.
#[derive(Clone, Debug, Default)]
pub struct Campaign {
    /// Seeds to try first, each once.
    pub first: Vec<u64>,
    /// Then this one and those after it, without those that were tried first.
    pub base: u64,
    /// How many in all.
    pub count: u64,
    /// Which protocols to draw from.
    pub choice: ProtocolChoice,
}

/// A scenario that broke an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Seed of the scenario.
    pub seed: u64,
    /// How many had been tried before.
    pub before: u64,
    /// The invariant that broke.
    pub violation: Violation,
}

/// What came of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// How many scenarios were tried.
    pub scenarios: u64,
    /// Simulated time in all.
    pub simulated: Duration,
    /// Inputs handled, in the watched runs.
    pub inputs: u64,
    /// Scenarios that broke an invariant, in the order of the seeds.
    pub failures: Vec<Failure>,
    /// Histories that promise to become one component.
    pub promised_to_heal: u64,
    /// The seeds of those that did not.
    pub unhealed: Vec<u64>,
    /// After so many scenarios there were more of them than chance allows.
    pub too_many_unhealed: Option<u64>,
    /// How many scenarios had each feature.
    pub features: BTreeMap<&'static str, u64>,
    /// Kinds of faults, each with another feature that was on in the same scenario.
    pub met: BTreeSet<(&'static str, &'static str)>,
    /// The states that the protocols name.
    pub states: BTreeSet<&'static str>,
    /// Kinds of faults that began in some scenario with these states, each with a state that some node was in then.
    pub met_states: BTreeSet<(&'static str, &'static str)>,
    /// After so many scenarios the last new pair was met, of features or of states.
    pub last_new: u64,
}

impl Tried {
    /// Whether all invariants held.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.failures.is_empty() && self.too_many_unhealed.is_none()
    }

    /// The first invariant that broke, and after how many scenarios.
    #[must_use]
    pub fn first(&self) -> Option<(Invariant, u64)> {
        let one_piece = self.too_many_unhealed.map(|after| (Invariant::OnePiece, after));
        let failure = self.failures.first().map(|first| (first.violation.invariant, first.before + 1));
        [failure, one_piece].into_iter().flatten().min_by_key(|(_, after)| *after)
    }

    fn add(&mut self, seed: u64, checked: CaseResult, features: Vec<&'static str>) {
        let before = self.scenarios;
        self.scenarios += 1;
        self.simulated = self.simulated + checked.simulated;
        self.inputs += checked.inputs;
        if let Some(violation) = checked.violation {
            self.failures.push(Failure { seed, before, violation });
        }
        if let Some(healed) = checked.healed {
            self.promised_to_heal += 1;
            if !healed {
                self.unhealed.push(seed);
                if self.too_many_unhealed.is_none() && self.is_beyond_chance() {
                    self.too_many_unhealed = Some(self.scenarios);
                }
            }
        }
        self.states.extend(checked.states);
        for pair in checked.met {
            if self.met_states.insert(pair) {
                self.last_new = self.scenarios;
            }
        }
        let mut features = features;
        features.sort_unstable();
        features.dedup();
        // Which faults met which other features: a pair that never met was not tested.
        let faults = FAULTS.into_iter().filter(|fault| features.contains(fault));
        let pairs = faults.flat_map(|fault| features.iter().map(move |&other| (fault, other)));
        for pair in pairs.filter(|(fault, other)| fault != other) {
            if self.met.insert(pair) {
                self.last_new = self.scenarios;
            }
        }
        features.into_iter().for_each(|feature| *self.features.entry(feature).or_default() += 1);
    }

    /// Kinds of faults, each with another feature that was on, but never in the same scenario.
    #[must_use]
    pub fn never_met(&self) -> Vec<(&'static str, &'static str)> {
        let faults = FAULTS.into_iter().filter(|fault| self.features.contains_key(fault));
        let pairs = faults.flat_map(|fault| self.features.keys().map(move |&other| (fault, other)));
        pairs.filter(|pair| pair.0 != pair.1 && !self.met.contains(pair)).collect()
    }

    /// Kinds of faults, each with a state of the protocol that no node was in when one began.
    #[must_use]
    pub fn states_never_met(&self) -> Vec<(&'static str, &'static str)> {
        let begun: BTreeSet<&str> = self.met_states.iter().map(|(fault, _)| *fault).collect();
        let pairs = begun.into_iter().flat_map(|fault| self.states.iter().map(move |&state| (fault, state)));
        pairs.filter(|pair| !self.met_states.contains(pair)).collect()
    }

    /// Whether the last `scenarios` scenarios brought no new pair of a fault and another feature, or a state.
    #[must_use]
    pub const fn is_quiet(&self, scenarios: u64) -> bool {
        self.scenarios - self.last_new >= scenarios
    }

    fn is_beyond_chance(&self) -> bool {
        let share = UNHEALED_PERMILLE as f64 / 1e3;
        tail(self.promised_to_heal, self.unhealed.len() as u64, share) < CHANCE
    }
}

/// The probability that of `n` events, each with probability `p`, `k` or more happen (binomial).
fn tail(n: u64, k: u64, p: f64) -> f64 {
    let mut term = (1.0 - p).powf(n as f64);
    let mut below = 0.0;
    for i in 0..k {
        below += term;
        term *= (n - i) as f64 / (i + 1) as f64 * p / (1.0 - p);
    }
    (1.0 - below).max(0.0)
}

impl Campaign {
    /// A campaign of `count` scenarios in all: those of the seeds `first`, then from `base` on.
    #[must_use]
    pub fn new(first: &[u64], base: u64, count: u64, choice: ProtocolChoice) -> Self {
        let mut once: Vec<u64> = Vec::new();
        for &seed in first.iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            if !once.contains(&seed) {
                once.push(seed);
            }
        }
        Self { first: once, base, count, choice }
    }

    /// How many scenarios there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many seeds are tried first.
    #[must_use]
    pub const fn known(&self) -> u64 {
        self.first.len() as u64
    }

    fn seed(&self, number: u64) -> u64 {
        if let Some(&first) = usize::try_from(number).ok().and_then(|number| self.first.get(number)) {
            return first;
        }
        let mut seed = self.base.wrapping_add(number - self.known());
        // No seed is tried twice.
        let mut tried: Vec<u64> = self.first.iter().copied().filter(|&first| first >= self.base).collect();
        tried.sort_unstable();
        for first in tried {
            if first <= seed {
                seed = seed.wrapping_add(1);
            }
        }
        seed
    }

    /// Tries all, on `jobs` threads. `watch` sees what came of those so far, in order, and says whether to go
    /// on.
    ///
    /// # Errors
    /// A scenario cannot be run at all; says why.
    pub fn run(
        &self,
        protocols: &Protocols,
        jobs: NonZeroUsize,
        mut watch: impl FnMut(&Tried) -> bool,
    ) -> Result<Tried, String> {
        let mut tried = Tried::default();
        let mut refused = None;
        let work = |number| {
            let seed = self.seed(number);
            let drawn = draw(seed, &self.choice);
            let scenario = drawn.scenario(protocols.tables()).map_err(|error| error.render(false))?;
            let checked = check(&scenario, protocols, Again::for_seed(seed));
            let checked = checked.map_err(|error| format!("seed {seed}: {error}"))?;
            Ok((checked, drawn.features))
        };
        in_order(jobs, self.len(), work, |number, result: Result<_, String>| match result {
            Ok((checked, features)) => {
                tried.add(self.seed(number), checked, features);
                watch(&tried)
            }
            Err(why) => {
                refused = Some(why);
                false
            }
        });
        refused.map_or(Ok(tried), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_faults_and_features_are_counted_once() {
        let mut tried = Tried::default();
        for features in
            [&["churn", "crash"][..], &["crash", "jitter", "churn"], &["churn"], &["slow", "slow"]]
        {
            tried.add(1, CaseResult::default(), features.to_vec());
        }
        assert_eq!(tried.met.iter().copied().collect::<Vec<_>>(), [("crash", "churn"), ("crash", "jitter")]);
        assert_eq!(tried.last_new, 2);
        assert!(tried.is_quiet(2) && !tried.is_quiet(3));
        let never = [("crash", "slow"), ("slow", "churn"), ("slow", "crash"), ("slow", "jitter")];
        assert_eq!(tried.never_met(), never);
    }

    #[test]
    fn states_that_no_fault_met_are_told() {
        let mut tried = Tried::default();
        let mut add = |met: &[(&'static str, &'static str)]| {
            let met = met.iter().copied().collect();
            tried.add(1, CaseResult { states: &["alone", "full"], met, ..CaseResult::default() }, Vec::new());
            (tried.states_never_met(), tried.last_new)
        };
        // A kind of fault that never began is no gap.
        assert_eq!(add(&[]), (vec![], 0));
        assert_eq!(add(&[("crash", "full")]), (vec![("crash", "alone")], 2));
        assert_eq!(
            add(&[("crash", "full"), ("cut", "alone")]),
            (vec![("crash", "alone"), ("cut", "full")], 3)
        );
        assert_eq!(add(&[("crash", "alone"), ("cut", "alone")]), (vec![("cut", "full")], 4));
        assert_eq!(add(&[("crash", "alone")]), (vec![("cut", "full")], 4));
    }

    #[test]
    fn a_campaign_has_as_many_scenarios_as_were_asked_for_and_none_twice() {
        for (first, base, count, seeds) in [
            (&[][..], 3, 3, vec![3, 4, 5]),
            (&[7, 2], 0, 5, vec![7, 2, 0, 1, 3]),
            (&[7, 7, 9], 7, 4, vec![7, 9, 8, 10]),
            (&[5, 6, 7], 0, 2, vec![5, 6]),
            (&[0, 1], 0, 3, vec![0, 1, 2]),
            (&[1], 0, 0, vec![]),
        ] {
            let campaign = Campaign::new(first, base, count, ProtocolChoice::Builtin);
            let found: Vec<u64> = (0..campaign.len()).map(|number| campaign.seed(number)).collect();
            assert_eq!(found, seeds, "{first:?} {base} {count}");
        }
    }

    #[test]
    fn tails_of_the_binomial_distribution() {
        assert!((tail(10, 0, 0.3) - 1.0).abs() < 1e-12);
        assert!((tail(2, 1, 0.5) - 0.75).abs() < 1e-12);
        assert!((tail(10, 10, 0.5) - 1.0 / 1024.0).abs() < 1e-12);
        // Summed with whole binomial coefficients.
        assert!((tail(1_000, 20, 0.01) - 0.003_288_36).abs() < 1e-8);
    }
}
