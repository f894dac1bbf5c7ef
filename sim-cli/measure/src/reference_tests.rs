//! The measures against a slow model that follows their definitions word by word, on random runs.

use std::collections::BTreeMap;

use floodnet_core::observe::Observation;
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::observer::Observed;
use floodnet_sim::plan::{DisturbanceKind, Plan, Publish};

use super::latency::Ms;
use super::number::{millis, ratio, round_to};
use super::testing::{Line, Script, disturbance, life, ms, secs, settings};

pub(super) const SLOTS: u32 = 9;
const DEADLINE: Duration = Duration::from_secs(6);

/// A plan of 40 s with lives, messages and cuts at random, on a grid of half seconds so that equal times
/// happen.
pub(super) fn plan(rng: &mut NodeRng) -> Plan {
    let time = |rng: &mut NodeRng| ms(u64::from(rng.below(80)) * 500);
    let mut plan = super::testing::always_up(0, 40);
    for _ in 0..SLOTS {
        let mut ends: Vec<Time> = (0..rng.below(5)).map(|_| time(rng)).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut lives: Vec<_> =
            ends.chunks(2).filter(|pair| pair.len() == 2).map(|p| life(p[0], p[1])).collect();
        if ends.len() % 2 == 1 {
            lives.push(life(ends[ends.len() - 1], Time::MAX));
        }
        let always = vec![life(Time::ZERO, Time::MAX)];
        plan.lives.push(if rng.chance(1, 2) { always } else { lives }.into());
    }
    let mut times: Vec<Time> = (0..6).map(|_| time(rng)).collect();
    times.sort_unstable();
    for at in times {
        let slot = rng.below(SLOTS);
        if plan.life_at(slot, at).is_some() {
            plan.publishes.push(Publish { at, slot, size: 10 });
        }
    }
    let group = (0..SLOTS).map(|_| u16::from(rng.chance(1, 2))).collect();
    let kind = DisturbanceKind::Partition { group, one_way: rng.chance(1, 2) };
    plan.disturbances = vec![disturbance(secs(10), secs(15), kind)];
    plan.disturbances.push(disturbance(secs(12), secs(30), DisturbanceKind::CutLinks(vec![(0, 1), (2, 5)])));
    plan
}

/// What a backend might report of it: links and deliveries at random, at slots that are up.
pub(super) fn script(plan: &Plan, rng: &mut NodeRng) -> Script {
    let mut script = Script::default();
    for (slot, lives) in (0..).zip(&plan.lives) {
        for (incarnation, life) in (0..).zip(lives) {
            script.push(life.start, slot, Observed::Up { incarnation });
            if life.stop < plan.duration {
                script.push(life.stop, slot, Observed::Down(life.end));
            }
        }
    }
    for (message, publish) in (0..).zip(&plan.publishes) {
        script.published(publish.at, publish.slot, message);
    }
    for _ in 0..300 {
        let (slot, peer) = (rng.below(SLOTS), rng.below(SLOTS));
        let at = Time::from_nanos(u64::from(rng.below(40_000_000)) * 1_000);
        if plan.life_at(slot, at).is_none() {
            continue;
        }
        match rng.below(4) {
            0 => script.says(at, slot, Observation::NeighborDown(peer)),
            1 | 2 => script.says(at, slot, Observation::NeighborUp(peer)),
            _ => {
                let published = plan.publishes.iter().filter(|publish| publish.at <= at).count();
                if published > 0 {
                    let message = rng.below(u32::try_from(published).unwrap());
                    script.packet(at, peer, slot, message);
                    script.delivered(at, slot, message, u16::try_from(1 + rng.below(9)).unwrap());
                }
            }
        }
    }
    script.0.sort_by_key(|&(at, ..)| at);
    script
}

/// When and by how many hops a message first came to a slot, by (message, slot).
type Firsts = BTreeMap<(u32, u32), (Time, u16)>;

/// First deliveries, and how many were repeated within a life.
fn firsts(plan: &Plan, lines: &[Line]) -> (Firsts, u64) {
    let mut firsts = BTreeMap::new();
    let mut in_life = BTreeMap::new();
    let mut repeated = 0;
    for &(at, slot, what) in lines {
        let (incarnation, _) = plan.life_at(slot, at).map_or((0, None), |(n, life)| (n, Some(life)));
        match what {
            Observed::Protocol(Observation::Published(message)) => {
                firsts.insert((message, slot), (at, 0));
                in_life.insert((message, slot, incarnation), ());
            }
            Observed::Protocol(Observation::Delivered { message, hops }) => {
                firsts.entry((message, slot)).or_insert((at, hops));
                repeated += u64::from(in_life.insert((message, slot, incarnation), ()).is_some());
            }
            _ => {}
        }
    }
    (firsts, repeated)
}

/// Whether one life of `slot` covers the message from publish to due.
fn is_receiver(plan: &Plan, publish: &Publish, slot: u32) -> bool {
    let covers = |l: &floodnet_sim::plan::Life| l.start <= publish.at && l.stop >= publish.at + DEADLINE;
    slot != publish.slot && plan.lives[slot as usize].iter().any(covers)
}

/// Whether `slot` held a link, in the life it is in at `at`, at or before `at`.
fn has_joined(plan: &Plan, lines: &[Line], slot: u32, at: Time) -> bool {
    let Some((_, life)) = plan.life_at(slot, at) else { return false };
    lines.iter().any(|&(when, who, what)| {
        let holds = matches!(what, Observed::Protocol(Observation::NeighborUp(peer)) if peer != slot);
        who == slot && holds && life.start <= when && when <= at
    })
}

#[test]
fn deliveries_are_what_their_definitions_say() {
    for seed in 0..400 {
        let mut rng = NodeRng::new(seed);
        let plan = plan(&mut rng);
        let script = script(&plan, &mut rng);
        let lines = script.0.clone();
        let mut settings = settings(&plan);
        settings.deadline = DEADLINE;
        let summary = script.measure(plan.clone(), settings).summary;

        let (firsts, repeated) = firsts(&plan, &lines);
        let (mut all, mut other, mut late) = (0_u64, 0, 0);
        let (mut joined, mut joined_on_time) = (0, 0);
        let (mut receivers, mut spans) = (0, Vec::new());
        let mut hops = Vec::new();
        for (message, publish) in (0..).zip(&plan.publishes) {
            let counted = publish.at + DEADLINE <= plan.duration;
            for slot in (0..SLOTS).filter(|&slot| slot != publish.slot) {
                let receiver = is_receiver(&plan, publish, slot);
                let had_joined = has_joined(&plan, &lines, slot, publish.at);
                receivers += u64::from(counted && receiver);
                joined += u64::from(counted && receiver && had_joined);
                let Some(&(at, hop)) = firsts.get(&(message, slot)) else { continue };
                all += 1;
                if !counted {
                    continue;
                }
                hops.push((message, hop));
                match (receiver, at < publish.at + DEADLINE) {
                    (false, _) => other += 1,
                    (true, false) => late += 1,
                    (true, true) => {
                        spans.push(at.since(publish.at).as_nanos());
                        joined_on_time += u64::from(had_joined);
                    }
                }
            }
        }
        spans.sort_unstable();
        let got = (summary.deliveries, summary.deliveries_other, summary.deliveries_late);
        assert_eq!(got, (all, other, late), "seed {seed}");
        assert_eq!(summary.double_deliveries, repeated, "seed {seed}");
        assert_eq!(summary.delivery_ratio, ratio(spans.len() as u64, receivers), "seed {seed}");
        assert_eq!(summary.delivery_joined, ratio(joined_on_time, joined), "seed {seed}");
        let last = hops.iter().map(|&(_, hop)| hop).max();
        assert_eq!(summary.ldh.max, last, "seed {seed}");
        let max = summary.latency_delivered_ms.max.map(Ms::value);
        assert_eq!(max, spans.last().map(|&span| round_to(millis(span), 6)), "seed {seed}");
        let rank = usize::try_from(receivers.div_ceil(2)).unwrap();
        match summary.latency_ms.p50 {
            None => assert_eq!(receivers, 0, "seed {seed}"),
            Some(Ms::Never) => assert!(rank > spans.len(), "seed {seed}"),
            Some(Ms::After(p50)) => {
                let exact = millis(spans[rank - 1]);
                assert!((p50 - exact).abs() <= exact * 0.001, "seed {seed}: {p50} for {exact}");
            }
        }
    }
}

/// The measured graph at `at`, word by word: (joined, edges, pairs held at all, pairs held by one).
fn graph_at(plan: &Plan, lines: &[Line], at: Time) -> (Vec<u32>, Vec<(u32, u32)>, u64, u64) {
    let mut holds = BTreeMap::<(u32, u32), ()>::new();
    let mut joined = BTreeMap::<u32, ()>::new();
    for &(_, slot, what) in lines.iter().filter(|&&(when, ..)| when < at) {
        match what {
            Observed::Up { .. } | Observed::Down(_) => {
                holds.retain(|&(holder, _), ()| holder != slot);
                joined.remove(&slot);
            }
            Observed::Protocol(Observation::NeighborUp(peer)) if peer != slot => {
                holds.insert((slot, peer), ());
                joined.insert(slot, ());
            }
            Observed::Protocol(Observation::NeighborDown(peer)) => drop(holds.remove(&(slot, peer))),
            _ => {}
        }
    }
    let (mut edges, mut pairs, mut one_sided) = (Vec::new(), 0, 0);
    for a in 0..SLOTS {
        for b in a + 1..SLOTS {
            let (there, back) = (holds.contains_key(&(a, b)), holds.contains_key(&(b, a)));
            pairs += u64::from(there || back);
            one_sided += u64::from(there != back);
            if there && back && !plan.is_cut(a, b, at) && !plan.is_cut(b, a, at) {
                edges.push((a, b));
            }
        }
    }
    (joined.into_keys().collect(), edges, pairs, one_sided)
}

/// Sizes of the components, by repeated spreading.
fn component_sizes(nodes: &[u32], edges: &[(u32, u32)]) -> Vec<u32> {
    let mut label: BTreeMap<u32, u32> = nodes.iter().map(|&node| (node, node)).collect();
    for _ in nodes {
        for (a, b) in edges {
            let least = label[a].min(label[b]);
            label.insert(*a, least);
            label.insert(*b, least);
        }
    }
    let mut sizes = BTreeMap::new();
    label.into_values().for_each(|label| *sizes.entry(label).or_default() += 1);
    sizes.into_values().collect()
}

#[test]
fn graphs_are_what_their_definitions_say() {
    for seed in 0..100 {
        let mut rng = NodeRng::new(seed);
        let plan = plan(&mut rng);
        let script = script(&plan, &mut rng);
        let lines = script.0.clone();
        let mut settings = settings(&plan);
        settings.topology_times = vec![ms(12_250), secs(20)];
        let results = script.measure(plan.clone(), settings);
        assert_eq!(results.timeseries.len(), 40);
        for row in &results.timeseries {
            let (joined, edges, pairs, one_sided) = graph_at(&plan, &lines, row.at);
            let sizes = component_sizes(&joined, &edges);
            let place = format!("seed {seed} at {}", row.at);
            assert_eq!(row.joined as usize, joined.len(), "{place}");
            assert_eq!(row.links, edges.len() as u64, "{place}");
            assert_eq!(row.components as usize, sizes.len(), "{place}");
            assert_eq!(row.largest, sizes.iter().copied().max().unwrap_or(0), "{place}");
            assert_eq!(row.parts as usize, sizes.iter().filter(|&&size| size > 1).count(), "{place}");
            assert_eq!(row.isolated as usize, sizes.iter().filter(|&&size| size == 1).count(), "{place}");
            assert_eq!(row.asymmetry, ratio(one_sided, pairs), "{place}");
            // An input at the time of a sample comes after it.
            let just_before = Time::from_nanos(row.at.as_nanos() - 1);
            let up = (0..SLOTS).filter(|&slot| plan.life_at(slot, just_before).is_some()).count();
            assert_eq!(row.nodes_up as usize, up, "{place}");
        }
        for topology in &results.topologies {
            let (joined, edges, ..) = graph_at(&plan, &lines, topology.at);
            assert_eq!((topology.nodes(), &topology.edges), (joined, &edges), "seed {seed}");
        }
    }
}
