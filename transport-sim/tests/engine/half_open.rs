//! Both ends agree whether they are connected, whatever happened, as soon as it is quiet.
//!
//! Nodes write to each other and break with each other at random; each holds whom it wrote to or heard of
//! until it is told otherwise. Since a stream tells both ends of its end, and of every message that it
//! loses, no node may hold another that does not hold it.

use std::collections::{BTreeMap, BTreeSet};

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::Simulation;
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::Observed;
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::Transport;
use floodnet_sim::spec::units::Size;

use crate::common::chance::Chance;
use crate::common::holder::{Holder, Move};
use crate::common::{Log, assert_conserved, losses};

/// A scenario, its script, and the links.
fn scenario(seed: u64) -> (Plan, Vec<Vec<Move>>, LinkModel) {
    let mut chance = Chance::new(seed);
    let slots = chance.between(2, 6);
    let trouble = Time::ZERO + chance.span(2_000, 20_000);
    let mut plan = chance.plan(seed, slots, trouble);
    let mut links = chance.links(slots, Transport::Stream);
    links.spec.queue = Size(1 << 40);
    plan.publishes.clear();
    let mut script = Vec::new();
    let mut times: Vec<Time> = (0..chance.between(10, 200)).map(|_| chance.time(trouble)).collect();
    times.sort_unstable();
    for at in times {
        let slot = chance.between(0, slots - 1);
        if plan.life_at(slot, at).is_none() {
            continue;
        }
        let peer = (slot + chance.between(1, slots - 1)) % slots;
        script.push(chance.one_of(&[
            ("write", vec![Move::Write(peer)]),
            ("write more", vec![Move::Write(peer); 3]),
            ("break", vec![Move::Break(peer)]),
            ("last words", vec![Move::Write(peer), Move::Break(peer)]),
            ("break and write", vec![Move::Break(peer), Move::Write(peer)]),
        ]));
        plan.publish(at, slot, chance.between(0, 3_000));
    }
    // Time for what waits in slow lines, for retransmissions, breaks and probes.
    plan.duration = trouble + Duration::from_secs(600);
    for lives in &mut plan.lives {
        *lives = lives.iter().copied().filter(|life| life.start < trouble).collect();
    }
    (plan, script, links)
}

/// Checks that each sender of a message that was lost has been told, in the life in which it sent it.
fn assert_told(log: &Log, seed: u64) -> usize {
    let lost: BTreeSet<u32> = losses(log).into_iter().filter_map(|(_, message, _)| message).collect();
    let mut waiting: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for (_, slot, what) in log {
        match *what {
            Observed::Sent { to, payload: Some(message), .. } if lost.contains(&message) => {
                waiting.entry((*slot, to)).or_default().push(message);
            }
            Observed::Protocol(Observation::NeighborDown(peer)) => {
                waiting.remove(&(*slot, peer));
            }
            Observed::Down(_) => waiting.retain(|(sender, _), _| sender != slot),
            _ => {}
        }
    }
    assert!(waiting.is_empty(), "seed {seed}: lost, and (sender, receiver) not told: {waiting:?}");
    lost.len()
}

#[test]
fn no_connection_is_half_open_when_it_is_quiet() {
    let (mut held, mut lost) = (0, 0);
    for seed in 0..3_000 {
        let (plan, script, links) = scenario(seed);
        let make = |_| Holder::default();
        let mut log = Log::new();
        let outcome = Simulation::new(&plan, &links, &script, &make).run(&mut log);
        let outcome = outcome.expect("the link model is sound");
        assert_conserved(&log, &outcome);
        assert_eq!(outcome.in_flight_packets, 0, "seed {seed}: it is quiet");
        let nodes: Vec<Option<&Holder>> = outcome.nodes().collect();
        let holds =
            |a: u32, b: u32| nodes[a as usize].is_some_and(|node| node.held.binary_search(&b).is_ok());
        for (a, node) in (0u32..).zip(&nodes) {
            for &b in node.iter().flat_map(|node| &node.held) {
                assert!(holds(b, a), "seed {seed}: {a} holds {b}");
                held += 1;
            }
        }
        lost += assert_told(&log, seed);
    }
    assert!(held > 1_000 && lost > 10_000, "{held} held and {lost} lost: not much of a test");
}
