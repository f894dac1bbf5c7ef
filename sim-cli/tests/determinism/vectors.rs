//! Ten thousand values of everything that draws, each folded into one hash.

use std::collections::BTreeMap;

use floodnet_core::distributions::{Distribution, session_preset};
use floodnet_core::graph::Graph;
use floodnet_core::rng::{NodeRng, fold, mix, scale};
use floodnet_core::time::Duration;
use floodnet_sim::graph;

const VALUES: u64 = 10_000;

/// Hashes by what is drawn.
pub(crate) fn all() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut put = |name: &str, hash: u64| found.insert(name.to_owned(), format!("{hash:016x}"));
    put("mix", hash(0..VALUES, mix));
    put("fold", hash(0..VALUES, |value| fold(value, value ^ 77)));
    put("scale", hash(0..VALUES, |value| scale(mix(value), 1 + value)));
    let mut rng = NodeRng::new(5);
    put("bits", hash(0..VALUES, |_| u64::from(rng.bits())));
    put("below", hash(1..=VALUES, |bound| u64::from(rng.below(bound as u32 * 7))));
    put("chance", hash(1..=VALUES, |odds| u64::from(rng.chance(1, odds as u32 % 9 + 1))));
    let mut order: Vec<u32> = (0..VALUES as u32).collect();
    rng.shuffle(&mut order);
    put("shuffle", hash(order, u64::from));
    let (short, long) = (Duration::from_millis(10), Duration::from_secs(300));
    let distributions = [
        ("uniform", Distribution::Uniform { min: short, max: long }),
        ("exponential", Distribution::Exponential { mean: long }),
        ("weibull", Distribution::Weibull { shape: 0.34, scale: long }),
        ("lognormal", Distribution::Lognormal { median: short, sigma: 0.8 }),
        ("pareto", Distribution::Pareto { shape: 1.2, least: short }),
    ];
    for (name, distribution) in distributions {
        put(name, hash(0..VALUES, |value| distribution.sample(mix(value)).as_nanos()));
    }
    for name in ["red-hat", "debian", "flatout", "kad"] {
        let distribution = session_preset(name).expect("a preset");
        put(name, hash(0..VALUES, |value| distribution.sample(mix(value)).as_nanos()));
    }
    let graphs = [
        ("k_out", graph::k_out(2_000, 3, 1)),
        ("regular", graph::regular(2_000, 5, 1)),
        ("gnp", graph::gnp(2_000, 6.0, 1)),
        ("small_world", graph::small_world(2_000, 6, 0.2, 1)),
        ("preferential", graph::preferential(2_000, 3, 1)),
    ];
    for (name, graph) in graphs {
        put(name, edges(&graph.expect("such a graph")));
    }
    found
}

fn hash<T>(values: impl IntoIterator<Item = T>, mut draw: impl FnMut(T) -> u64) -> u64 {
    values.into_iter().fold(0, |hash, value| fold(hash, draw(value)))
}

fn edges(graph: &Graph) -> u64 {
    hash(graph.edges(), |(low, high)| u64::from(low) << 32 | u64::from(high))
}
