//! What must hold of the random walk whatever happens, and what must come about when it is quiet again.

use std::collections::{BTreeMap, BTreeSet};

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::node::{self, Node};
use floodnet_core::observe::{Observation, Observe};
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Simulation;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{End, Life, Plan};
use floodnet_sim::spec::Transport;
use petgraph::unionfind::UnionFind;

use crate::common::chance::Chance;
use crate::common::watched::Watched;
use crate::common::{Log, assert_conserved};

type Walker = Watched<Node<RandomWalk<u32>, Flood<u32, SimPayload>>>;

/// Checks each node's history as it is told.
struct Rules {
    max_degree: usize,
    held: BTreeMap<u32, BTreeSet<u32>>,
    /// Messages that each slot has in its present life.
    had: BTreeMap<u32, BTreeSet<u32>>,
    is_up: BTreeSet<u32>,
    log: Log,
}

impl Rules {
    fn new(max_degree: usize) -> Self {
        Self {
            max_degree,
            held: BTreeMap::new(),
            had: BTreeMap::new(),
            is_up: BTreeSet::new(),
            log: Log::new(),
        }
    }

    fn told(&mut self, slot: u32, what: Observation<u32, u32>) {
        let held = self.held.entry(slot).or_default();
        let had = self.had.entry(slot).or_default();
        match what {
            Observation::NeighborUp(peer) => {
                assert_ne!(peer, slot, "a link to oneself");
                assert!(held.insert(peer), "slot {slot} took {peer} twice");
                assert!(held.len() <= self.max_degree, "slot {slot} has {} neighbors", held.len());
            }
            Observation::NeighborDown(peer) => {
                assert!(held.remove(&peer), "slot {slot} lost {peer}, which it did not hold");
            }
            Observation::Delivered { message, .. } | Observation::Published(message) => {
                assert!(had.insert(message), "slot {slot} got message {message} twice");
            }
            Observation::Duplicate(message) => {
                assert!(had.contains(&message), "slot {slot} never had message {message}");
            }
            _ => {}
        }
    }
}

impl Observer for Rules {
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        self.log.push((at, slot, what));
        match what {
            Observed::Up { .. } => {
                assert!(self.is_up.insert(slot), "slot {slot} came up twice");
                self.held.remove(&slot);
                self.had.remove(&slot);
            }
            Observed::Down(_) => assert!(self.is_up.remove(&slot), "slot {slot} went down twice"),
            Observed::Sent { .. } | Observed::Received { .. } => {
                assert!(self.is_up.contains(&slot), "slot {slot} is down and {what:?}");
            }
            Observed::Protocol(observation) => {
                assert!(self.is_up.contains(&slot), "slot {slot} is down and says {observation:?}");
                self.told(slot, observation);
            }
            Observed::Lost { .. } => {}
        }
    }
}

/// How the overlay is at the end of a run.
#[derive(Debug)]
struct Ending {
    unjoined: usize,
    /// The least degree in each component of joined nodes.
    components: Vec<usize>,
    /// Links that one end holds only.
    half_open: Vec<(u32, u32)>,
    /// The degree that each node can have, 5 where there are enough others.
    wanted: usize,
}

/// Runs the plan under the rules.
fn run(plan: &Plan, links: &LinkModel, overlay: random_walk::Config<u32>) -> Ending {
    let mut rules = Rules::new(overlay.max_degree.map_or(usize::MAX, |max| max as usize));
    let config = node::Config { overlay, broadcast: flood::Config::default() };
    let make = |slot| Walker::new(Node::new(RandomWalk::new(slot), Flood::default()));
    let outcome = Simulation::new(plan, links, &config, &make).run(&mut rules).expect("a sound link model");
    assert_conserved(&rules.log, &outcome);
    let views: Vec<Option<&[u32]>> = outcome.nodes().map(|node| node.map(Walker::neighbors)).collect();
    for (slot, view) in (0u32..).zip(&views) {
        assert_eq!(view.is_some(), rules.is_up.contains(&slot));
        let told = rules.held.get(&slot).cloned().unwrap_or_default();
        let held = view.map(|view| view.iter().copied().collect::<BTreeSet<u32>>());
        assert!(held.is_none_or(|held| held == told), "slot {slot} tells of its neighbors as they are");
    }
    ending(&views)
}

fn ending(views: &[Option<&[u32]>]) -> Ending {
    let holds = |a: u32, b: u32| views[a as usize].is_some_and(|view| view.contains(&b));
    let mut union = UnionFind::<u32>::new(views.len());
    let mut half_open = Vec::new();
    for (slot, view) in (0u32..).zip(views) {
        for &peer in view.unwrap_or_default() {
            if holds(peer, slot) {
                union.union(slot, peer);
            } else {
                half_open.push((slot, peer));
            }
        }
    }
    let mut components: BTreeMap<u32, usize> = BTreeMap::new();
    let up: Vec<(u32, usize)> =
        (0u32..).zip(views).filter_map(|(slot, view)| Some((slot, view.as_ref()?.len()))).collect();
    for &(slot, degree) in up.iter().filter(|(_, degree)| *degree > 0) {
        let least = components.entry(union.find(slot)).or_insert(degree);
        *least = degree.min(*least);
    }
    Ending {
        unjoined: up.iter().filter(|(_, degree)| *degree == 0).count(),
        components: components.into_values().collect(),
        half_open,
        wanted: 5.min(up.len() - 1),
    }
}

#[test]
fn no_rule_is_broken_whatever_happens() {
    for seed in 0..400 {
        let mut chance = Chance::new(seed);
        let slots = chance.between(2, 40);
        let duration = Time::ZERO + chance.span(5_000, 30_000);
        let transport = chance.one_of(&[("stream", Transport::Stream), ("datagram", Transport::Datagram)]);
        let plan = chance.plan(seed, slots, duration);
        let links = chance.links(slots, transport);
        let overlay = random_walk::Config::new(vec![0]);
        let tutorial = random_walk::Config::tutorial(vec![0]);
        let small = random_walk::Config { degree: 2, max_degree: Some(2), ..overlay.clone() };
        run(&plan, &links, chance.one_of(&[("default", overlay), ("tutorial", tutorial), ("small", small)]));
    }
}

/// A plan with all kinds of trouble, and then quiet with nobody coming or going.
fn trouble_then_quiet(seed: u64, quiet: Duration) -> (Plan, LinkModel) {
    let mut chance = Chance::new(seed);
    let slots = chance.between(10, 60);
    let trouble = Time::ZERO + chance.span(10_000, 40_000);
    let mut plan = chance.plan(seed, slots, trouble);
    let delays = chance.links(slots, Transport::Stream).delays;
    // The last disturbance may begin at the end of the trouble, and lasts 8 s at most.
    let over = plan.disturbances.iter().map(|fault| fault.until).max().unwrap_or(trouble).max(trouble);
    plan.duration = over + quiet;
    for lives in &mut plan.lives {
        *lives = lives.iter().copied().filter(|life| life.start < trouble).collect();
        lives.iter_mut().filter(|life| life.stop >= trouble).for_each(|life| life.stop = Time::MAX);
    }
    // The entry node is always there.
    plan.lives[0] = vec![Life { start: Time::ZERO, stop: Time::MAX, end: End::Leave }].into();
    (plan, LinkModel { delays, ..LinkModel::default() })
}

fn endings(seeds: u64, quiet: Duration) -> Vec<(u64, Ending)> {
    (0..seeds)
        .map(|seed| {
            let (plan, links) = trouble_then_quiet(seed, quiet);
            (seed, run(&plan, &links, random_walk::Config::new(vec![0])))
        })
        .collect()
}

/// Fails if there is such an ending.
fn none(endings: &[(u64, Ending)], what: &str, is_so: impl Fn(&Ending) -> bool) {
    let so: Vec<&(u64, Ending)> = endings.iter().filter(|(_, ending)| is_so(ending)).collect();
    assert!(so.is_empty(), "{} of {} {what}: {so:#?}", so.len(), endings.len());
}

#[test]
fn after_a_quiet_minute_the_network_is_one() {
    let endings = endings(500, Duration::from_secs(60));
    none(&endings, "with half-open links", |ending| !ending.half_open.is_empty());
    none(&endings, "with a node that has not come back", |ending| ending.unjoined > 0);
    none(&endings, "in pieces", |ending| ending.components.len() != 1);
}

#[test]
fn after_three_quiet_minutes_nobody_lacks_a_neighbor() {
    // Who asks in vain pauses for up to 96 s.
    none(&endings(200, Duration::from_secs(180)), "with a node that lacks a neighbor", |ending| {
        ending.components.iter().any(|least| *least < ending.wanted)
    });
}
