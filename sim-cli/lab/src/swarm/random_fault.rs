//! Faults at random: for the swarm's scenarios, and for those that a hunt makes like a given one. A new kind of fault
//! gets an arm in both.

use std::collections::BTreeMap;

use floodnet_core::rng::NodeRng;
use floodnet_scenario::Scenario;
use floodnet_sim::spec::{Crash, CrashKind, Cut, Ends, Fault, FaultKind, Loss, Partition, Pause, Slow};
use floodnet_text::units::Duration;
use toml::Value;

use super::draw::{Drawing, ms, table, text, whole};
use crate::times::part;

/// The features of the swarm that are kinds of faults.
pub(crate) const FAULTS: [&str; 6] = ["crash", "partition", "cut", "loss fault", "pause", "slow"];

impl Drawing {
    /// Adds a fault.
    pub(crate) fn fault(&mut self) {
        let at = self.between(500, self.trouble_ms - 200);
        let lasts = self.between(100, (self.trouble_ms - at).min(9_000));
        // Several times slower at once would be slow until long after the trouble.
        let kind = if self.draw.features().contains(&"slow") {
            self.one_of(["crash", "partition", "cut", "loss fault", "pause"])
        } else {
            self.one_of(FAULTS)
        };
        let fraction = self.share(5, 50);
        let what = match kind {
            "crash" => {
                let reset = self.sometimes("reset", 50);
                let mut crash = BTreeMap::from([
                    ("fraction", fraction),
                    ("kind", text(if reset { "reset" } else { "silent" })),
                ]);
                if self.sometimes("crash with return", 60) {
                    crash.insert("back", ms(lasts));
                }
                Value::Table(crash.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }
            "partition" => {
                let one_way = self.sometimes("one-way partition", 30);
                let groups = self.groups();
                table([("groups", groups), ("for", ms(lasts)), ("one_way", Value::Boolean(one_way))])
            }
            "cut" => table([("links", self.pairs()), ("for", ms(lasts))]),
            "loss fault" => table([("share", self.share(5, 100)), ("for", ms(lasts))]),
            "slow" => {
                let factor = Value::Float(f64::from(self.between(10, 250)) / 10.0);
                table([("fraction", fraction), ("factor", factor), ("for", ms(lasts))])
            }
            _ => table([("fraction", fraction), ("for", ms(lasts))]),
        };
        let key = if kind == "loss fault" { "loss" } else { kind };
        self.push("fault", table([("at", ms(at)), (key, what)]));
    }

    fn groups(&mut self) -> Value {
        let first = self.between(5, 60);
        let mut groups = vec![first, 100 - first];
        if self.draw.chance(1, 4) {
            let half = groups[1] / 2;
            groups = vec![first, half, 100 - first - half];
        }
        Value::Array(groups.into_iter().map(|share| Value::Float(f64::from(share) / 100.0)).collect())
    }

    /// Pairs of slots, each link at most once.
    fn pairs(&mut self) -> Value {
        let pairs = (0..self.between(1, 40)).map(|_| {
            let a = self.between(0, self.draw.slots() - 1);
            let b = (a + self.between(1, self.draw.slots() - 1)) % self.draw.slots();
            Value::Array(vec![whole(a), whole(b)])
        });
        Value::Array(pairs.collect())
    }
}

/// A fault at this time, of a size that fits the scenario.
pub(crate) fn like_those_of(scenario: &Scenario, at: Duration, rng: &mut NodeRng) -> Fault {
    let lasts = part(scenario.duration, u64::from(1 + rng.below(20)), 100);
    let fraction = f64::from(5 + rng.below(46)) / 100.0;
    let kind = match rng.below(6) {
        0 => FaultKind::Crash(Crash {
            fraction: Some(fraction),
            slots: None,
            kind: CrashKind::Silent,
            back: rng.chance(1, 2).then_some(lasts),
        }),
        1 => {
            let groups = vec![fraction, 1.0 - fraction];
            FaultKind::Partition(Partition { groups, lasts, one_way: rng.chance(1, 4) })
        }
        2 => FaultKind::Loss(Loss { share: fraction, lasts }),
        3 => {
            let factor = f64::from(2 + rng.below(20));
            FaultKind::Slow(Slow { fraction, factor, lasts })
        }
        4 => FaultKind::Pause(Pause::once(fraction, lasts)),
        _ => FaultKind::Cut(Cut { links: some_links(scenario, rng), lasts }),
    };
    Fault { at, kind }
}

/// Links of one slot to up to sixteen others: enough to cut one node off, or a pair that the protocol needs.
fn some_links(scenario: &Scenario, rng: &mut NodeRng) -> Vec<Ends> {
    let slots = scenario.nodes.count.unwrap_or(2).max(2);
    let (slot, most) = (rng.below(slots), 1 + rng.below(16));
    let mut others: Vec<u32> = (0..most).map(|_| rng.below(slots)).filter(|&other| other != slot).collect();
    others.sort_unstable();
    others.dedup();
    if others.is_empty() {
        others.push((slot + 1) % slots);
    }
    others.into_iter().map(|other| Ends(slot, other)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::Protocols;

    #[test]
    fn every_kind_of_fault_is_tried() {
        let protocols = Protocols::builtin();
        let text = "name = \"x\"\nduration = \"1min\"\nnodes.count = 3\noverlay.random_walk = {}\nbroadcast.flood = {}\n";
        let scenario = Scenario::parse("x.toml", text, Path::new(""), &[], protocols.tables()).unwrap();
        let mut rng = NodeRng::new(1);
        let tried: BTreeSet<&str> =
            (0..200).map(|_| like_those_of(&scenario, Duration::default(), &mut rng).kind.key()).collect();
        assert_eq!(tried, FaultKind::KEYS.iter().copied().collect());
    }

    #[test]
    fn every_kind_of_fault_is_drawn() {
        let drawn = FAULTS.map(|fault| fault.split(' ').next().unwrap_or(fault));
        for key in FaultKind::KEYS {
            assert!(drawn.contains(key), "{key}");
        }
    }
}
