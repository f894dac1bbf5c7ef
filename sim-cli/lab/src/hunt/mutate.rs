//! Scenarios like a given one: other seeds, sizes, faults, churn.

use floodnet_core::distributions::Distribution;
use floodnet_core::rng::{NodeRng, fold};
use floodnet_core::time;

use crate::swarm::random_fault::like_those_of;
use crate::times::part;
use floodnet_scenario::{Lifetime, Scenario};
use floodnet_text::units::Duration;

/// So many scenarios are the given one with other seeds, before others are tried.
const PLAIN: u64 = 4;

/// What may differ from the given scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// The seed and nothing else.
    Seed,
    /// The seed, the number of nodes, faults, churn, loss.
    All,
}

/// The scenario of this number: 0 is the given one.
#[must_use]
pub fn like(scenario: &Scenario, number: u64, change: Variation) -> Scenario {
    let mut like = scenario.clone();
    // TOML's integers are signed.
    like.seed = scenario.seed.wrapping_add(number) & (u64::MAX >> 1);
    if number < PLAIN || change == Variation::Seed {
        return like;
    }
    let mut rng = NodeRng::new(fold(scenario.seed, number));
    size(&mut like, &mut rng);
    if rng.chance(1, 3) {
        churn(&mut like, &mut rng);
    }
    if !like.faults.is_empty() && rng.chance(1, 3) {
        change_fault(&mut like, &mut rng);
    }
    if rng.chance(1, 3) {
        let at = some_time(&like, &mut rng);
        let fault = like_those_of(&like, at, &mut rng);
        like.faults.push(fault);
    }
    if rng.chance(1, 8) {
        like.link.loss = f64::from(rng.below(10)) / 100.0;
    }
    like
}

/// Mostly fewer nodes, which run sooner.
fn size(scenario: &mut Scenario, rng: &mut NodeRng) {
    let Some(count) = scenario.nodes.count else { return };
    let divisor = rng.pick(&[1, 2, 4, 8, 16, 32]).copied().unwrap_or(1);
    let few = (count / divisor).max(8).min(count);
    scenario.nodes.count = Some(few);
    scenario.nodes.entry = scenario.nodes.entry.min(few);
}

/// Longer or shorter sessions and times away, and another share of crashes.
fn churn(scenario: &mut Scenario, rng: &mut NodeRng) {
    let Some(churn) = &mut scenario.churn else { return };
    let distributions = [Some(&mut churn.session), churn.downtime.as_mut()];
    for distribution in distributions.into_iter().flatten() {
        let quarters = u64::from(1 + rng.below(8));
        stretch(distribution, quarters);
    }
    if rng.chance(1, 2) {
        churn.crash = f64::from(rng.below(11)) / 10.0;
    }
}

/// So many quarters of the length; presets and traces stay.
fn stretch(lifetime: &mut Lifetime, quarters: u64) {
    let Lifetime::Distribution(distribution) = lifetime else { return };
    let stretched = |length: time::Duration| part(length.into(), quarters, 4).0;
    match distribution {
        Distribution::Constant(length)
        | Distribution::Exponential { mean: length }
        | Distribution::Weibull { scale: length, .. }
        | Distribution::Lognormal { median: length, .. }
        | Distribution::Pareto { least: length, .. } => *length = stretched(*length),
        Distribution::Uniform { min, max } => (*min, *max) = (stretched(*min), stretched(*max)),
    }
}

/// Some time of the run, not its very end.
fn some_time(scenario: &Scenario, rng: &mut NodeRng) -> Duration {
    part(scenario.duration, u64::from(1 + rng.below(90)), 100)
}

fn change_fault(scenario: &mut Scenario, rng: &mut NodeRng) {
    let at = some_time(scenario, rng);
    let chosen = rng.place(scenario.faults.len());
    match rng.below(3) {
        0 => {
            scenario.faults.remove(chosen);
        }
        1 => scenario.faults[chosen].at = at,
        _ => {
            if let Some(lasts) = scenario.faults[chosen].kind.lasts_mut() {
                *lasts = part(*lasts, u64::from(1 + rng.below(8)), 4);
            }
        }
    }
}
