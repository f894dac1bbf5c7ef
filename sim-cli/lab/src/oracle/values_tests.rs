//! The numbers in the suite are those of the formulas that it names.

use super::expression::Measured;
use super::suite::{Bound, Suite};

/// Share of the survivors of site percolation on a random `k`-regular graph that are in one piece.
fn percolation(k: i32, gone: f64) -> f64 {
    let mut u = 0.0_f64;
    for _ in 0..100_000 {
        u = gone + (1.0 - gone) * u.powi(k - 1);
    }
    1.0 - u.powi(k)
}

/// Final size of infect-and-die gossip.
fn gossip(fanout: f64) -> f64 {
    (0..10_000).fold(1.0, |z: f64, _| 1.0 - (-fanout * z).exp())
}

/// How many of the rest such gossip reaches on average when a share of the nodes is gone. Each node is held by so many
/// others, and the message does not die out.
fn gossip_over_lists(gone: f64, fanout: f64, held: f64) -> f64 {
    let lives = 1.0 - (0..10_000).fold(0.0, |q: f64, _| (gone + (1.0 - gone) * q).powf(fanout));
    let miss = |z: f64| (1.0 - fanout / held).powf(held * (1.0 - gone) * z);
    lives * (0..10_000).fold(1.0, |z: f64, _| 1.0 - miss(z))
}

/// Mean distance in a random `k`-regular graph.
fn paths(k: f64, n: f64) -> f64 {
    (0..60).map(|t| (-(k / n) * ((k - 1.0).powi(t) - 1.0) / (k - 2.0)).exp()).sum()
}

/// Probability that G(n, p) is connected: that a search from one node never runs dry before it has found all.
/// All terms are positive, where Gilbert's recurrence loses its digits.
fn connected(n: usize, mean_degree: f64) -> f64 {
    let p = mean_degree / (n as f64 - 1.0);
    // By nodes not found yet.
    let mut chance = vec![0.0; n];
    chance[n - 1] = 1.0;
    let mut done = 0.0;
    for searched in 0..n {
        let mut next = vec![0.0; n];
        for missing in (1..n).filter(|&missing| chance[missing] > 0.0 && missing + searched < n) {
            let mut term = chance[missing] * (1.0 - p).powi(i32::try_from(missing).unwrap());
            for found in 0..=missing {
                next[missing - found] += term;
                term *= (missing - found) as f64 / (found + 1) as f64 * p / (1.0 - p);
            }
        }
        done += next[0];
        next[0] = 0.0;
        chance = next;
    }
    done
}

#[test]
fn the_numbers_of_the_suite_are_those_of_its_formulas() {
    assert!((connected(3, 1.0) - 0.5).abs() < 1e-12, "3 p^2 - 2 p^3 at p = 1/2");
    let suite = Suite::builtin(&crate::Protocols::builtin()).unwrap();
    let mut checked = 0;
    for law in &suite.laws {
        let Some((kind, parameter)) = law.name.rsplit_once('-') else { continue };
        let Ok(parameter) = parameter.parse::<f64>() else { continue };
        let nodes: f64 = law.set.get("nodes.count").map_or(0.0, |nodes| nodes.to_string().parse().unwrap());
        let formula = match kind {
            "percolation" if parameter < 75.0 => percolation(5, parameter / 100.0),
            "gossip" => gossip(parameter),
            "cyclon-gossip" => gossip_over_lists(parameter / 100.0, 4.0, 35.0),
            "plumtree-crash" => percolation(5, parameter / 100.0).powi(2),
            "paths-regular" => paths(parameter, nodes),
            "gnp-connected" => connected(nodes as usize, parameter),
            _ => continue,
        };
        let of = match &law.checks[0].bound {
            Bound::Mean(mean) => &mean.of,
            Bound::Each(near) => &near.of,
            _ => panic!("{}: a value", law.name),
        };
        let value = of.value(&Measured::default()).unwrap().unwrap();
        assert!(
            (value - formula).abs() < 6e-5,
            "{}: the suite has {value}, the formula gives {formula}",
            law.name
        );
        checked += 1;
    }
    assert_eq!(checked, 7 + 4 + 4 + 4 + 2);
}
