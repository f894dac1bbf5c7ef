//! Smaller scenarios that still go wrong.
//!
//! Each step tries a list of smaller scenarios, the boldest first, and goes on from the first that goes
//! wrong as well, for the same cause. A scenario with fewer nodes is another network, so it is tried with several seeds.

use floodnet_core::distributions::Distribution;

use super::{Cause, Filter, Found, Hunt, Stage};
use crate::times::{changed, cut_off, part, to_seconds};
use floodnet_scenario::{Latency, Lifetime, Link, Scenario};
use floodnet_text::units::{Duration, Size};

/// Seeds that are tried for each number of nodes, and for each of few nodes.
const SEEDS: (u64, u64) = (12, 100);
/// So many nodes are few: they run in no time.
const FEW: u32 = 32;
/// The fewest nodes of a network.
const LEAST: u32 = 2;

type Step = fn(&Scenario) -> Vec<Scenario>;

/// What is tried, in this order, again and again while something helps.
const STEPS: [Step; 11] =
    [nodes, faults, churn, traffic, settings, time, earlier, links, arrivals, measure, round];

impl Hunt<'_> {
    /// Makes what was found as small as it gets before the time is over, and as it still goes wrong for `cause`.
    pub fn shrink(&self, mut found: Found, cause: &Cause, mut tell: impl FnMut(Stage<'_>)) -> Found {
        loop {
            let before = found.scenario.clone();
            for step in STEPS {
                loop {
                    let smaller = step(&found.scenario);
                    let at = |number: u64| smaller[usize::try_from(number).unwrap_or(0)].clone();
                    let filter = Filter { known: Some(&found.scenario), cause: Some(cause) };
                    let Some(next) = self.first(&filter, smaller.len() as u64, at, |_| {}) else { break };
                    found = next;
                    tell(Stage::Smaller(&found));
                }
            }
            if self.is_over() || found.scenario == before {
                return found;
            }
        }
    }
}

/// A copy with one change.
fn with(scenario: &Scenario, change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut copy = scenario.clone();
    change(&mut copy);
    copy
}

/// Those of `candidates` that are not `scenario` itself.
fn others(scenario: &Scenario, mut candidates: Vec<Scenario>) -> Vec<Scenario> {
    candidates.retain(|candidate| candidate != scenario);
    candidates
}

fn nodes(scenario: &Scenario) -> Vec<Scenario> {
    let Some(count) = scenario.nodes.count else { return Vec::new() };
    let mut targets =
        vec![count / 16, count / 8, count / 4, count / 2, count / 4 * 3, count.saturating_sub(1)];
    targets.retain(|&target| LEAST <= target && target < count);
    targets.dedup();
    let seeds = seeds(scenario);
    let smaller = targets.into_iter().flat_map(|target| {
        seeds.iter().map(move |&seed| {
            with(scenario, |smaller| {
                smaller.nodes.count = Some(target);
                smaller.nodes.entry = smaller.nodes.entry.min(target);
                smaller.seed = seed;
            })
        })
    });
    smaller.collect()
}

fn faults(scenario: &Scenario) -> Vec<Scenario> {
    let without = |n| with(scenario, |smaller| _ = smaller.faults.remove(n));
    let shorter = |n: usize| {
        with(scenario, |smaller| {
            if let Some(lasts) = smaller.faults[n].kind.lasts_mut()
                && *lasts > Duration::from_secs(1)
            {
                *lasts = part(*lasts, 1, 2);
            }
        })
    };
    let count = scenario.faults.len();
    let mut smaller = vec![with(scenario, |smaller| smaller.faults.clear())];
    smaller.extend((0..count).map(without));
    smaller.extend((0..count).map(shorter));
    others(scenario, smaller)
}

fn churn(scenario: &Scenario) -> Vec<Scenario> {
    let Some(churn) = &scenario.churn else { return Vec::new() };
    let mut smaller = vec![with(scenario, |smaller| smaller.churn = None)];
    let half = part(Duration(churn.stop.0 - churn.start.0), 1, 2);
    if half > Duration::from_secs(1) {
        let middle = Duration(churn.start.0 + half.0);
        smaller.extend([
            with(scenario, |smaller| smaller.churn.iter_mut().for_each(|churn| churn.stop = middle)),
            with(scenario, |smaller| smaller.churn.iter_mut().for_each(|churn| churn.start = middle)),
        ]);
    }
    for crash in [0.0, 1.0] {
        if churn.crash > 0.0 && churn.crash < 1.0 {
            smaller.push(with(scenario, |smaller| {
                smaller.churn.iter_mut().for_each(|churn| churn.crash = crash);
            }));
        }
    }
    let plain =
        |session: &Lifetime| matches!(session, Lifetime::Distribution(Distribution::Exponential { .. }));
    if !plain(&churn.session) && !matches!(churn.session, Lifetime::Trace(_)) {
        let session = Lifetime::from(Distribution::Exponential { mean: Duration::from_secs(300).0 });
        smaller.push(with(scenario, |smaller| {
            smaller.churn.iter_mut().for_each(|churn| churn.session = session.clone());
        }));
    }
    smaller
}

fn traffic(scenario: &Scenario) -> Vec<Scenario> {
    let count = scenario.traffic.len();
    let mut smaller = Vec::new();
    if count > 0 {
        smaller.push(with(scenario, |smaller| smaller.traffic.clear()));
    }
    if count > 1 {
        smaller.extend((0..count).map(|n| with(scenario, |smaller| _ = smaller.traffic.remove(n))));
    }
    for n in 0..count {
        let span = Duration(scenario.traffic[n].stop.0 - scenario.traffic[n].start.0);
        // One message less than half, or one in all.
        let rarer = |pace: Duration| Duration(pace.0.times(2)).min(span).max(pace);
        smaller.push(with(scenario, |smaller| {
            let traffic = &mut smaller.traffic[n];
            traffic.every = traffic.every.map(rarer);
            traffic.poisson = traffic.poisson.map(rarer);
        }));
        smaller.push(with(scenario, |smaller| smaller.traffic[n].size = Size(100)));
    }
    others(scenario, smaller)
}

fn time(scenario: &Scenario) -> Vec<Scenario> {
    let parts = [(1, 8), (1, 4), (1, 2), (3, 4), (9, 10)];
    let shorter = parts.into_iter().flat_map(|(numerator, denominator)| {
        let end = part(scenario.duration, numerator, denominator);
        [cut_off(scenario, end), changed(scenario, |time| part(time, numerator, denominator))]
    });
    let second = Duration::from_secs(1);
    shorter.filter(|shorter| second <= shorter.duration && shorter.duration < scenario.duration).collect()
}

/// With the protocols' own defaults: in all, or for one key.
fn settings(scenario: &Scenario) -> Vec<Scenario> {
    let group: [fn(&mut Scenario) -> &mut toml::Table; 2] =
        [|scenario| &mut scenario.overlay.table, |scenario| &mut scenario.broadcast.table];
    let mut simpler = Vec::new();
    for table in group {
        simpler.push(with(scenario, |simpler| table(simpler).clear()));
        let keys: Vec<String> = table(&mut scenario.clone()).keys().cloned().collect();
        simpler.extend(keys.iter().map(|key| with(scenario, |simpler| _ = table(simpler).remove(key))));
    }
    simpler
}

/// With less time before something happens.
fn earlier(scenario: &Scenario) -> Vec<Scenario> {
    let half = |time: Duration| part(time, 1, 2);
    let mut sooner = Vec::new();
    if let Some(start) = scenario.churn.as_ref().map(|churn| churn.start) {
        sooner.push(with(scenario, |sooner| {
            sooner.churn.iter_mut().for_each(|churn| {
                churn.start = half(start);
                churn.stop = Duration(churn.stop.0 - (start.0 - half(start).0));
            });
        }));
    }
    for n in 0..scenario.faults.len() {
        sooner.push(with(scenario, |sooner| sooner.faults[n].at = half(sooner.faults[n].at)));
    }
    for n in 0..scenario.traffic.len() {
        let start = scenario.traffic[n].start;
        sooner.push(with(scenario, |sooner| {
            let traffic = &mut sooner.traffic[n];
            traffic.start = half(start);
            traffic.stop = Duration(traffic.stop.0 - (start.0 - half(start).0));
        }));
    }
    others(scenario, sooner)
}

/// With the window that goes without saying.
fn measure(scenario: &Scenario) -> Vec<Scenario> {
    let simpler = with(scenario, |simpler| {
        simpler.measure.start = Duration(simpler.nodes.arrive.0 + Duration::from_secs(10).0);
        simpler.measure.stop = simpler.duration;
    });
    others(scenario, vec![simpler])
}

fn links(scenario: &Scenario) -> Vec<Scenario> {
    let plain = Link::default();
    let simpler = vec![
        with(scenario, |simpler| {
            simpler.link = Link { transport: scenario.link.transport, ..plain.clone() };
            simpler.classes.clear();
        }),
        with(scenario, |simpler| simpler.classes.clear()),
        with(scenario, |simpler| simpler.link.latency = Latency::constant(Duration::from_millis(50))),
        with(scenario, |simpler| simpler.link.per = plain.per),
        with(scenario, |simpler| simpler.link.loss = 0.0),
        with(scenario, |simpler| simpler.link.jitter = Duration::ZERO),
        with(scenario, |simpler| (simpler.link.up, simpler.link.down) = (plain.up, plain.down)),
    ];
    others(scenario, simpler)
}

fn arrivals(scenario: &Scenario) -> Vec<Scenario> {
    let simpler = vec![
        with(scenario, |simpler| simpler.nodes.arrive = Duration::ZERO),
        with(scenario, |simpler| simpler.nodes.entry = 1),
        with(scenario, |simpler| simpler.nodes.entry_churns = false),
    ];
    others(scenario, simpler)
}

/// Times in whole seconds, which read better.
fn round(scenario: &Scenario) -> Vec<Scenario> {
    let rounded = changed(scenario, to_seconds);
    if rounded == *scenario {
        return Vec::new();
    }
    seeds(scenario).into_iter().map(|seed| with(&rounded, |rounded| rounded.seed = seed)).collect()
}

/// The scenario's own seed, and others to try in its place.
fn seeds(scenario: &Scenario) -> Vec<u64> {
    let are_few = scenario.nodes.count.is_some_and(|count| count <= FEW);
    let others = 1..if are_few { SEEDS.1 } else { SEEDS.0 };
    std::iter::once(scenario.seed).chain(others).collect()
}
