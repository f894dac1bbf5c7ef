//! A scenario from a seed, with every feature switched on or off at random.
//!
//! It is drawn as the text of a scenario file, so that one that fails can be read, kept, run and shrunk like
//! any other. All trouble is over after 10 to 20 s; then nobody comes or goes for [`HEAL`], and some last
//! messages have [`REACH`] to arrive.

use std::path::Path;

use floodnet_core::rng::{NodeRng, Purpose};
use toml::{Table, Value};

use crate::check::{HEAL, REACH};
use floodnet_scenario::{Diagnostics, Draw, NamedTable, Scenario, TableKind, Tables};

/// Names of the features that a scenario has.
pub type Features = Vec<&'static str>;

/// A scenario that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Seed from which it was drawn.
    pub seed: u64,
    /// The scenario's file, as text.
    pub text: String,
    /// What was switched on.
    pub features: Features,
}

/// Which protocols the scenarios have.
#[derive(Clone, Debug, Default)]
pub enum ProtocolChoice {
    /// The built-in ones, with settings drawn at random.
    #[default]
    Builtin,
    /// One pair of tables in all.
    Given {
        /// The table under `overlay`.
        overlay: NamedTable,
        /// The table under `broadcast`.
        broadcast: NamedTable,
    },
}

impl Drawn {
    /// Reads the scenario.
    ///
    /// # Errors
    /// When it is not valid: an error of the drawing, or of the tables of a given protocol.
    pub fn scenario(&self, tables: &Tables) -> Result<Scenario, Diagnostics> {
        Scenario::parse(&format!("swarm-{}.toml", self.seed), &self.text, Path::new(""), &[], tables)
    }
}

/// The scenario of `seed`.
#[must_use]
pub fn draw(seed: u64, protocols: &ProtocolChoice) -> Drawn {
    let mut drawing = Drawing::new(seed);
    drawing.all(protocols);
    Drawn { seed, text: drawing.root.to_string(), features: drawing.draw.features().to_vec() }
}

pub(crate) struct Drawing {
    pub(crate) draw: Draw,
    root: Table,
    /// When all trouble is over.
    pub(crate) trouble_ms: u32,
    seed: u64,
}

pub(crate) fn ms(millis: u32) -> Value {
    Value::String(format!("{millis}ms"))
}

pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// `{ key = value, .. }`.
pub(crate) fn table<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(crate) fn whole(number: u32) -> Value {
    Value::Integer(i64::from(number))
}

impl Drawing {
    fn new(seed: u64) -> Self {
        let rng = NodeRng::new(Purpose::Scenarios.seed(seed));
        Self { draw: Draw::new(rng), root: Table::new(), trouble_ms: 0, seed }
    }

    pub(crate) fn between(&mut self, min: u32, max: u32) -> u32 {
        self.draw.between(min, max)
    }

    /// A share from `least` to `most` hundredths.
    pub(crate) fn share(&mut self, least: u32, most: u32) -> Value {
        Value::Float(f64::from(self.between(least, most)) / 100.0)
    }

    pub(crate) fn sometimes(&mut self, feature: &'static str, percent: u32) -> bool {
        self.draw.sometimes(feature, percent)
    }

    /// One of these, by name.
    pub(crate) fn one_of<const N: usize>(&mut self, names: [&'static str; N]) -> &'static str {
        self.draw.one_of(&names.map(|name| (name, name)))
    }

    /// Puts `value` at `path`, making tables on the way.
    fn put(&mut self, path: &str, value: Value) {
        let mut keys: Vec<&str> = path.split('.').collect();
        let Some(last) = keys.pop() else { return };
        let mut at = &mut self.root;
        for key in keys {
            let next = at.entry(key).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(next) = next else { return };
            at = next;
        }
        at.insert(last.to_owned(), value);
    }

    pub(crate) fn push(&mut self, list: &str, item: Value) {
        let entry = self.root.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(items) = entry {
            items.push(item);
        }
    }

    fn all(&mut self, protocols: &ProtocolChoice) {
        let slots = if self.draw.chance(1, 5) { self.between(100, 256) } else { self.between(16, 100) };
        self.draw.set_slots(slots);
        self.trouble_ms = self.between(10_000, 20_000);
        let heal_ms = u32::try_from(HEAL.as_nanos() / 1_000_000).unwrap_or(u32::MAX);
        let reach_ms = u32::try_from(REACH.as_nanos() / 1_000_000).unwrap_or(u32::MAX);
        let end = self.trouble_ms + heal_ms + reach_ms + 3_000;
        self.put("name", Value::String(format!("swarm-{}", self.seed)));
        // TOML's integers are signed.
        self.put("seed", Value::Integer((self.seed >> 1).cast_signed()));
        self.put("duration", ms(end));
        self.nodes();
        match protocols {
            ProtocolChoice::Builtin => self.protocols(),
            ProtocolChoice::Given { overlay, broadcast } => {
                for (group, named) in [("overlay", overlay), ("broadcast", broadcast)] {
                    self.put(&format!("{group}.{}", named.key), Value::Table(named.table.clone()));
                }
            }
        }
        self.links();
        if self.sometimes("churn", 50) {
            self.churn();
        }
        for _ in 0..self.between(0, 4) {
            self.fault();
        }
        self.traffic(end, reach_ms);
    }

    fn nodes(&mut self) {
        self.put("nodes.count", whole(self.draw.slots()));
        if self.sometimes("arrivals", 60) {
            let arrive = self.between(1, 6_000);
            self.put("nodes.arrive", ms(arrive));
            if self.sometimes("even arrivals", 30) {
                self.put("nodes.spacing", text("even"));
            }
        }
        if self.sometimes("several entries", 30) {
            let entry = self.between(2, 5);
            self.put("nodes.entry", whole(entry));
            if self.sometimes("entries churn", 30) {
                self.put("nodes.entry_churns", Value::Boolean(true));
            }
        }
    }

    fn protocols(&mut self) {
        if self.sometimes("tutorial", 8) {
            return self.put("preset", text("tutorial"));
        }
        let builtin = Tables::builtin();
        self.layer("overlay", &builtin.overlays);
        // The overlay may have limited them.
        self.put("nodes.count", whole(self.draw.slots()));
        self.layer("broadcast", &builtin.broadcasts);
    }

    /// One of the protocols of a layer, by their weights, with settings that it draws itself.
    fn layer(&mut self, layer: &str, kinds: &[TableKind]) {
        let Some((last, others)) = kinds.split_last() else { return };
        let mut weight: u32 = kinds.iter().map(TableKind::weight).sum();
        let chosen = others.iter().find(|kind| {
            let is_chosen = self.draw.chance(kind.weight(), weight);
            weight -= kind.weight();
            is_chosen
        });
        let kind = chosen.unwrap_or(last);
        self.draw.note(kind.key());
        let table = kind.draw(&mut self.draw);
        self.put(&format!("{layer}.{}", kind.key()), Value::Table(table));
    }

    fn links(&mut self) {
        if self.sometimes("datagram", 20) {
            self.put("link.transport", text("datagram"));
        } else {
            self.draw.note("stream");
        }
        self.latency();
        if self.sometimes("per packet", 40) {
            self.put("link.per", text("packet"));
        }
        if self.sometimes("jitter", 30) {
            let jitter = self.between(1, 60);
            self.put("link.jitter", ms(jitter));
        }
        if self.sometimes("loss", 35) {
            let loss = self.share(1, 15);
            self.put("link.loss", loss);
        }
        // Classes have access lines of their own.
        if self.sometimes("classes", 20) {
            self.classes();
        } else if self.sometimes("access lines", 15) {
            let (up, down) = (self.between(1, 20), self.between(1, 20));
            self.put("link.up", Value::String(format!("{} kbit/s", 250 * up)));
            self.put("link.down", Value::String(format!("{} kbit/s", 500 * down)));
            let queue = self.between(4_000, 60_000);
            self.put("link.queue", Value::String(format!("{queue} B")));
        }
        if self.sometimes("other patience", 35) {
            let (rto, timeout) = (self.between(100, 400), self.between(1_000, 4_000));
            let (break_after, ping) = (self.between(1_000, 12_000), self.between(200, 1_500));
            let dead_after = ping + self.between(800, 4_000);
            self.put("link.rto", ms(rto));
            self.put("link.dial_timeout", ms(timeout));
            self.put("link.break_after", ms(break_after));
            self.put("link.ping", ms(ping));
            self.put("link.dead_after", ms(dead_after));
        }
    }

    fn latency(&mut self) {
        let (short, long) = (self.between(1, 60), self.between(61, 150));
        let value = match self.one_of(["constant", "uniform", "lognormal", "regions"]) {
            "constant" => table([("constant", ms(short))]),
            "uniform" => table([("uniform", table([("min", ms(short)), ("max", ms(long))]))]),
            "lognormal" => {
                let sigma = self.share(20, 90);
                table([("lognormal", table([("median", ms(short)), ("sigma", sigma)]))])
            }
            _ => table([("regions", text("world8"))]),
        };
        self.put("link.latency", value);
    }

    fn classes(&mut self) {
        let hidden = self.sometimes("NAT", 50);
        let rest = self.between(20, 80);
        let slow = table([
            ("name", text("slow")),
            ("share", Value::Float(f64::from(100 - rest) / 100.0)),
            ("up", Value::String(format!("{} kbit/s", self.between(200, 2_000)))),
            ("down", Value::String(format!("{} kbit/s", self.between(400, 4_000)))),
            ("reachable", Value::Boolean(!hidden)),
        ]);
        let fast = table([("name", text("fast")), ("share", Value::Float(f64::from(rest) / 100.0))]);
        self.push("class", fast);
        self.push("class", slow);
    }

    fn distribution(&mut self, least_ms: u32, most_ms: u32) -> Value {
        let scale = self.between(least_ms, most_ms);
        match self.between(0, 3) {
            0 => table([("exponential", table([("mean", ms(scale))]))]),
            1 => table([("weibull", table([("shape", self.share(40, 150)), ("scale", ms(scale))]))]),
            2 => table([("lognormal", table([("median", ms(scale)), ("sigma", self.share(0, 120))]))]),
            _ => table([("pareto", table([("shape", self.share(80, 250)), ("least", ms(scale / 2 + 1))]))]),
        }
    }

    fn churn(&mut self) {
        let arrive = 6_000;
        let start = self.between(0, arrive);
        self.put("churn.start", ms(start));
        self.put("churn.stop", ms(self.trouble_ms));
        let (session, downtime) = (self.distribution(2_000, 40_000), self.distribution(50, 10_000));
        self.put("churn.session", session);
        self.put("churn.downtime", downtime);
        if self.sometimes("other crash share", 50) {
            let crash = self.share(0, 100);
            self.put("churn.crash", crash);
        }
        if self.sometimes("churn resets", 40) {
            self.put("churn.crash_kind", text("reset"));
        }
    }

    fn traffic(&mut self, end: u32, reach_ms: u32) {
        for _ in 0..self.between(1, 2) {
            let pace = self.between(500, 2_000);
            let start = self.between(0, self.trouble_ms / 2);
            let size = if self.draw.chance(1, 3) { self.between(0, 1_500) } else { 100 };
            let mut traffic = vec![
                (if self.sometimes("poisson", 40) { "poisson" } else { "every" }, ms(pace)),
                ("size", Value::String(format!("{size} B"))),
                ("start", ms(start)),
                ("stop", ms(self.trouble_ms)),
            ];
            let numbered = self.sometimes("numbered origin", 30);
            let from = self.between(0, self.draw.slots() - 1);
            traffic.push(("from", if numbered { whole(from) } else { text("random") }));
            let traffic = traffic.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            self.push("traffic", Value::Table(traffic));
        }
        if self.sometimes("many messages", 15) {
            // When nothing is wrong, so that few are under way at a time.
            let many = [
                ("from", text("random")),
                ("every", ms(250)),
                ("start", ms(self.trouble_ms + 500)),
                ("stop", ms(self.trouble_ms + 30_000)),
            ];
            self.push("traffic", table(many));
        }
        let last = [
            ("from", text("random")),
            ("every", ms(900)),
            ("start", ms(end - reach_ms - 2_900)),
            ("stop", ms(end - reach_ms)),
        ];
        self.push("traffic", table(last));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::Protocols;

    /// Every scenario that is drawn is valid, and each feature is in one of a hundred at least.
    #[test]
    fn scenarios_are_valid_and_have_every_feature() {
        let protocols = Protocols::builtin();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for seed in 0..500 {
            let drawn = draw(seed, &ProtocolChoice::Builtin);
            assert_eq!(drawn, draw(seed, &ProtocolChoice::Builtin), "the same from the same seed");
            if let Err(error) = drawn.scenario(protocols.tables()) {
                panic!("seed {seed}: {}\n{}", error.render(false), drawn.text);
            }
            let mut features = drawn.features;
            features.sort_unstable();
            features.dedup();
            features.into_iter().for_each(|feature| *seen.entry(feature).or_default() += 1);
        }
        let Tables { overlays, broadcasts, .. } = protocols.tables();
        for kind in overlays.iter().chain(broadcasts) {
            assert!(seen.contains_key(kind.key()), "{} is never drawn", kind.key());
        }
        assert!(seen.len() >= 59, "{} features", seen.len());
        let rarest = seen.iter().min_by_key(|(_, times)| **times);
        assert!(rarest.is_none_or(|(_, times)| *times >= 5), "{rarest:?}");
    }
}
