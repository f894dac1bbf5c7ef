//! The windowed engine against the plain one on random scenarios, and each against itself.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use floodnet_core::broadcast::{Flood, Gossip, flood, gossip};
use floodnet_core::node::{self, Node};
use floodnet_core::overlay::{Fixed, RandomWalk, fixed, random_walk};
use floodnet_core::time::Time;
use floodnet_sim::graph::gnp;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::{Divisible, Observed, Observer};
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::Transport;
use floodnet_sim::{Outcome, SimProtocol, Simulation};

use crate::common::chance::Chance;
use crate::common::{Log, assert_conserved};

/// How many scenarios are tried.
const CASES: u64 = 600;

/// What must have been switched on in some of them.
const FEATURES: [&str; 32] = [
    "stream",
    "datagram",
    "random walk",
    "fixed",
    "flood",
    "gossip",
    "churn",
    "leave",
    "silent crash",
    "reset",
    "quick rebirth",
    "partition",
    "one-way partition",
    "cut links",
    "loss fault",
    "total loss fault",
    "slow",
    "pause",
    "per link",
    "per packet",
    "jitter",
    "loss",
    "classes",
    "short waits",
    "plain TCP",
    "constant",
    "uniform",
    "lognormal",
    "table",
    "barriers",
    "publishes",
    "many slots",
];

type FloodOf = Flood<u32, SimPayload>;
type GossipOf = Gossip<u32, SimPayload>;

/// A scenario of this seed.
struct Case {
    plan: Plan,
    links: LinkModel,
    barriers: Vec<Time>,
    overlay: &'static str,
    broadcast: &'static str,
    chance: Chance,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let slots = chance.between(2, 40);
        let duration = Time::ZERO + chance.span(3_000, 20_000);
        let transport = chance.one_of(&[("stream", Transport::Stream), ("datagram", Transport::Datagram)]);
        let overlay = chance.one_of(&[("random walk", "random walk"), ("fixed", "fixed")]);
        let broadcast = chance.one_of(&[("flood", "flood"), ("gossip", "gossip")]);
        let plan = chance.plan(seed, slots, duration);
        let links = chance.links(slots, transport);
        let barriers: Vec<Time> = (0..chance.between(0, 6)).map(|_| chance.time(duration)).collect();
        let present = [
            ("barriers", !barriers.is_empty()),
            ("publishes", !plan.publishes.is_empty()),
            ("many slots", slots > 30),
        ];
        chance.seen.extend(present.into_iter().filter(|(_, is_present)| *is_present).map(|(name, _)| name));
        Self { plan, links, barriers, overlay, broadcast, chance }
    }

    fn walk(&self) -> random_walk::Config<u32> {
        random_walk::Config { degree: 3, max_degree: Some(5), ..random_walk::Config::new(vec![0]) }
    }

    fn graph(&self) -> fixed::Config {
        let slots = self.plan.slots();
        let graph = gnp(slots, f64::from(slots - 1).min(4.0), self.plan.seed).expect("a possible mean");
        fixed::Config { graph: Arc::new(graph), greet: self.links.spec.transport == Transport::Stream }
    }

    /// Runs the scenario by both engines, and twice by one; gives the digest.
    fn check(&self) -> u64 {
        let (flood, gossip) =
            (flood::Config::default(), gossip::Config { fanout: 2, ..gossip::Config::default() });
        match (self.overlay, self.broadcast) {
            ("fixed", "flood") => self
                .compare(&node::Config { overlay: self.graph(), broadcast: flood }, |slot| {
                    Node::new(Fixed::new(slot), FloodOf::default())
                }),
            ("fixed", _) => self
                .compare(&node::Config { overlay: self.graph(), broadcast: gossip }, |slot| {
                    Node::new(Fixed::new(slot), GossipOf::default())
                }),
            (_, "flood") => self.compare(&node::Config { overlay: self.walk(), broadcast: flood }, |slot| {
                Node::new(RandomWalk::new(slot), FloodOf::default())
            }),
            _ => self.compare(&node::Config { overlay: self.walk(), broadcast: gossip }, |slot| {
                Node::new(RandomWalk::new(slot), GossipOf::default())
            }),
        }
    }

    fn compare<P: SimProtocol>(&self, config: &P::Config, make: impl Fn(u32) -> P + Sync) -> u64 {
        let seed = self.plan.seed;
        let plain = Simulation::new(&self.plan, &self.links, config, &make);
        let (mut log, mut again, mut by_heap) = (Log::new(), Log::new(), Log::new());
        let first = plain.run(&mut log).expect("the link model is sound");
        let second = plain.run(&mut again).expect("the link model is sound");
        assert_eq!(sums(&first), sums(&second), "seed {seed}: the same twice");
        assert_eq!(log, again, "seed {seed}: the same twice, in the same order");
        assert_conserved(&log, &first);

        let cut = Simulation::new(&self.plan, &self.links, config, &make).sample_at(self.barriers.clone());
        let mut samples = Samples::default();
        let sampled = cut.run(&mut samples).expect("the link model is sound");
        assert_eq!(sums(&sampled), sums(&first), "seed {seed}: barriers change nothing");

        let reference = cut.run_by_heap(&mut by_heap).expect("the link model is sound");
        assert_eq!(sums(&reference), sums(&first), "seed {seed}: digest, inputs, packets, in flight");
        let by_heap = by_slot(by_heap);
        assert_eq!(by_slot(log), by_heap, "seed {seed}: what each slot told, in its order");
        self.check_times(&samples.at);
        assert_eq!(by_slot(samples.log), by_heap, "seed {seed}: with barriers as well");
        self.stop_early(&plain);
        self.divide(cut.always_wake(), &sums(&first), &by_heap);
        first.digest
    }

    /// On any number of threads everything is the same.
    fn divide<P: SimProtocol>(&self, simulation: Simulation<'_, P>, expected: &Sums, told: &BySlot) {
        let seed = self.plan.seed;
        for jobs in [1, 2, 3, 7] {
            let mut whole = Whole::default();
            let jobs = NonZeroUsize::new(jobs).expect("not zero");
            let outcome = simulation.run_divided(jobs, &mut whole, &mut |_| true);
            let outcome = outcome.expect("the link model is sound");
            assert_eq!(&sums(&outcome), expected, "seed {seed}: on {jobs} threads");
            assert_eq!(&by_slot(whole.log), told, "seed {seed}: what each slot told, on {jobs} threads");
            self.check_times(&whole.at);
        }
    }

    /// Each barrier before the end once, and the end.
    fn check_times(&self, at: &[Time]) {
        let mut expected = self.barriers.clone();
        expected.retain(|barrier| *barrier < self.plan.duration);
        expected.push(self.plan.duration);
        expected.sort_unstable();
        expected.dedup();
        assert_eq!(at, expected, "seed {}", self.plan.seed);
    }

    /// A run that is stopped ends in good order.
    fn stop_early<P: SimProtocol>(&self, simulation: &Simulation<'_, P>) {
        let (mut log, mut windows) = (Log::new(), 0);
        let stopped = simulation.run_watched(&mut log, &mut |_| {
            windows += 1;
            windows < 100
        });
        let stopped = stopped.expect("the link model is sound");
        assert_eq!(stopped.complete, windows < 100);
        assert!(log.iter().all(|(at, ..)| *at < stopped.ended_at), "seed {}", self.plan.seed);
        assert_conserved(&log, &stopped);
    }
}

/// Keeps all that is reported, and checks that each sample is a cut through it.
#[derive(Default)]
struct Samples {
    log: Log,
    latest: Option<Time>,
    at: Vec<Time>,
}

impl Observer for Samples {
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        assert!(self.at.last().is_none_or(|sample| *sample <= at), "before the sample, told after it");
        self.latest = self.latest.max(Some(at));
        self.log.push((at, slot, what));
    }

    fn sample(&mut self, at: Time) {
        assert!(self.latest < Some(at), "after the sample, told before it");
        self.at.push(at);
    }
}

/// As [`Samples`], in parts.
#[derive(Default)]
struct Whole {
    log: Log,
    at: Vec<Time>,
    ranges: Vec<Range<u32>>,
}

impl Divisible for Whole {
    type Part = Log;

    fn divide(&mut self, shards: &[Range<u32>]) -> Vec<Log> {
        self.ranges = shards.to_vec();
        shards.iter().map(|_| Log::new()).collect()
    }

    fn sample(&mut self, parts: &mut [Log], at: Time) {
        for part in parts.iter_mut() {
            assert!(part.iter().all(|(told, ..)| *told < at), "after the sample, told before it");
            assert!(part.iter().all(|(told, ..)| self.at.last() <= Some(told)), "before it, told after it");
            self.log.append(part);
        }
        self.at.push(at);
    }

    fn unite(&mut self, parts: Vec<Log>) {
        assert_eq!(parts.len(), self.ranges.len());
        assert!(parts.iter().all(Vec::is_empty), "all was told before the last sample");
        assert!(self.ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "one shard after another");
    }
}

type Sums = (u64, u64, u64, u64, u64, Time, bool);
type BySlot = BTreeMap<u32, Vec<(Time, Observed)>>;

/// What must be equal.
fn sums<P: SimProtocol>(outcome: &Outcome<P>) -> Sums {
    let Outcome {
        digest, inputs, packets, in_flight_packets, in_flight_payloads, ended_at, complete, ..
    } = *outcome;
    (digest, inputs, packets, in_flight_packets, in_flight_payloads, ended_at, complete)
}

/// The order between slots is free.
fn by_slot(log: Log) -> BySlot {
    let mut slots = BySlot::new();
    for (at, slot, what) in log {
        slots.entry(slot).or_default().push((at, what));
    }
    slots
}

#[test]
fn both_engines_tell_the_same_of_random_scenarios() {
    let mut digests = BTreeMap::new();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..CASES {
        let case = Case::new(seed);
        let other = digests.insert(case.check(), seed);
        assert_eq!(other, None, "seed {seed} has the digest of another");
        for feature in case.chance.seen {
            *seen.entry(feature).or_default() += 1;
        }
    }
    for feature in FEATURES {
        let times = seen.get(feature).copied().unwrap_or(0);
        assert!(u64::from(times) >= CASES / 20, "{feature} was seen only {times} times");
    }
}

#[test]
fn another_seed_tells_another_story() {
    for seed in 0..50 {
        let mut case = Case::new(seed);
        // Random walks differ, whatever the links are like; with two nodes there is nowhere to walk.
        if case.overlay != "random walk" || case.plan.slots() < 10 {
            continue;
        }
        let digest = case.check();
        case.plan.seed += 1_000;
        assert_ne!(case.check(), digest, "seed {seed}");
    }
}
