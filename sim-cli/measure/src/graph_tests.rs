use floodnet_sim::plan::DisturbanceKind;

use super::*;
use crate::changes::Change;
use crate::lifecycle::Lifecycle;
use crate::testing::{Script, always_up, disturbance, life, ms, secs, settings};
use crate::{Results, series::Row};
use floodnet_core::observe::Observation;
use floodnet_core::time::Duration;

/// Six slots, sampled each second for 20 s.
fn measure(script: Script) -> Results {
    let plan = always_up(6, 20);
    let settings = settings(&plan);
    script.measure(plan, settings)
}

fn at(results: &Results, second: u64) -> &Row {
    results.timeseries.iter().find(|row| row.at == secs(second)).unwrap()
}

#[test]
fn an_edge_needs_both_ends() {
    let mut script = Script::all_up(6);
    script.says(secs(1), 0, Observation::NeighborUp(1));
    script.says(secs(3), 1, Observation::NeighborUp(0));
    script.says(secs(5), 0, Observation::NeighborDown(1));
    let results = measure(script);
    let links: Vec<u64> = (1..=6).map(|second| at(&results, second).links).collect();
    assert_eq!(links, [0, 0, 0, 1, 1, 0], "a sample at T sees what is before T");
    let asymmetry: Vec<Option<f64>> = [1, 2, 4, 6].map(|second| at(&results, second).asymmetry).to_vec();
    assert_eq!(asymmetry, [None, Some(1.0), Some(0.0), Some(1.0)]);
    assert_eq!(at(&results, 2).joined, 1, "who holds somebody has joined, edge or not");
    assert_eq!(at(&results, 6).joined, 2, "and stays so without a neighbor");
    assert_eq!(at(&results, 6).isolated, 2);
}

#[test]
fn asymmetry_counts_pairs_held_by_one_end_among_pairs_held_at_all() {
    let mut script = Script::all_up(6);
    script.link(ms(100), 0, 1);
    script.link(ms(100), 1, 2);
    script.link(ms(100), 2, 3);
    script.says(ms(100), 4, Observation::NeighborUp(0));
    assert_eq!(at(&measure(script), 1).asymmetry, Some(0.25));
}

#[test]
fn a_crash_leaves_half_open_links_that_are_no_edges() {
    let mut script = Script::all_up(6);
    script.link(ms(100), 0, 1);
    script.link(ms(100), 1, 2);
    script.crash(ms(1_500), 1);
    let results = measure(script);
    assert_eq!((at(&results, 1).links, at(&results, 1).components), (2, 1));
    let after = at(&results, 2);
    assert_eq!((after.nodes_up, after.joined, after.links), (5, 2, 0));
    assert_eq!((after.components, after.parts, after.isolated), (2, 0, 2));
    assert_eq!(after.asymmetry, Some(1.0));
}

#[test]
fn a_node_that_came_back_holds_nobody_until_it_says_so() {
    let mut script = Script::all_up(6);
    script.link(ms(100), 0, 1);
    script.crash(ms(1_100), 1);
    script.up(ms(1_200), 1, 1);
    script.says(ms(2_500), 1, Observation::NeighborUp(0));
    let results = measure(script);
    assert_eq!((at(&results, 2).links, at(&results, 2).unjoined), (0, 5));
    assert_eq!(at(&results, 3).links, 1, "0 never let go");
}

#[test]
fn a_cut_in_either_direction_removes_the_edge_during_its_half_open_interval() {
    for one_way in [false, true] {
        let mut plan = always_up(4, 20);
        let kind = DisturbanceKind::Partition { group: vec![0, 0, 1, 1], one_way };
        plan.disturbances.push(disturbance(secs(3), secs(5), kind));
        let settings = settings(&plan);
        let mut script = Script::all_up(4);
        for (a, b) in [(0, 1), (1, 2), (2, 3)] {
            script.link(ms(100), a, b);
        }
        let results = script.measure(plan, settings);
        let components: Vec<u32> = (2..=6).map(|second| at(&results, second).components).collect();
        assert_eq!(components, [1, 2, 2, 1, 1], "one_way: {one_way}");
        assert_eq!(at(&results, 3).parts, 2);
        assert_eq!(at(&results, 3).asymmetry, Some(0.0), "a cut is not one-sided");
    }
}

#[test]
fn cut_links_are_cut_both_ways_and_other_disturbances_cut_nothing() {
    let mut plan = always_up(3, 20);
    plan.disturbances.push(disturbance(secs(3), secs(5), DisturbanceKind::CutLinks(vec![(0, 1)])));
    plan.disturbances.push(disturbance(secs(1), secs(9), DisturbanceKind::Loss(u32::MAX)));
    let settings = settings(&plan);
    let mut script = Script::all_up(3);
    script.link(ms(100), 0, 1);
    script.link(ms(100), 1, 2);
    let results = script.measure(plan, settings);
    let links: Vec<u64> = (2..=5).map(|second| at(&results, second).links).collect();
    assert_eq!(links, [2, 1, 1, 2]);
}

#[test]
fn components_parts_and_the_largest() {
    let mut script = Script::all_up(6);
    for (a, b) in [(0, 1), (1, 2), (3, 4)] {
        script.link(ms(100), a, b);
    }
    script.says(ms(100), 5, Observation::NeighborUp(0));
    let row = measure(script).timeseries[0].clone();
    assert_eq!((row.components, row.parts, row.isolated, row.largest), (3, 2, 1, 3));
    assert_eq!(row.largest_component, Some(0.5));
    assert_eq!((row.degree_mean, row.degree_min, row.degree_max), (Some(1.0), Some(0), Some(2)));
    assert!(row.partitioned);
}

#[test]
fn an_isolated_node_splits_the_network_only_after_the_grace() {
    let mut script = Script::all_up(6);
    for (a, b) in [(0, 1), (1, 2)] {
        script.link(ms(100), a, b);
    }
    script.unlink(ms(4_500), 1, 2);
    script.link(ms(12_500), 1, 2);
    let results = measure(script);
    let split: Vec<u64> = (1..=20).filter(|&second| at(&results, second).partitioned).collect();
    // Found isolated at 5 s; more than 5 s of that are first seen at 11 s. 12.5 s ends it.
    assert_eq!(split, [11, 12]);
    assert_eq!(results.summary.partition_rate, Some(0.105_263), "2 of the 19 samples in [0, 20)");
    assert_eq!(results.summary.split_rate, Some(0.0));
    assert_eq!(results.summary.isolated.max, Some(1));
}

#[test]
fn who_never_joined_is_not_isolated() {
    let mut script = Script::all_up(6);
    script.link(ms(100), 0, 1);
    let results = measure(script);
    assert_eq!((at(&results, 9).isolated, at(&results, 9).unjoined, at(&results, 9).components), (0, 4, 1));
    assert!(!at(&results, 9).partitioned);
    assert_eq!(results.summary.never_joined, 4);
}

#[test]
fn isolation_begins_anew_with_each_life() {
    let mut lifecycle = Lifecycle::new(0..1, Time::ZERO);
    lifecycle.came_up(&always_up(1, 20), Time::ZERO, 0, 0);
    lifecycle.holds(secs(4), 0);
    let slots = Everybody(vec![&lifecycle]);
    let mut isolation = Isolation::default();
    isolation.sample(secs(3), &[0], &slots);
    assert!(!isolation.longer_than(Duration::from_secs(5), secs(8)), "exactly the grace is not longer");
    assert!(isolation.longer_than(Duration::from_secs(5), secs(9)));
    isolation.sample(secs(9), &[0], &slots);
    assert!(!isolation.longer_than(Duration::from_secs(5), secs(9)), "it joined at 4 s in a new life");
    isolation.sample(secs(10), &[], &slots);
    isolation.sample(secs(15), &[0], &slots);
    assert!(!isolation.longer_than(Duration::from_secs(5), secs(16)), "there was an edge in between");
}

#[test]
fn an_unchanged_graph_is_not_scanned_again() {
    let plan = always_up(3, 20);
    let mut lifecycle = Lifecycle::new(0..3, Time::ZERO);
    (0..3).for_each(|slot| lifecycle.came_up(&plan, Time::ZERO, slot, 0));
    let mut neighbors = Neighbors::new(3);
    neighbors.take_in(&[(0, Change::Held(1))].into_iter().collect());
    neighbors.take_in(&[(1, Change::Held(0))].into_iter().collect());
    lifecycle.holds(Time::ZERO, 0);
    lifecycle.holds(Time::ZERO, 1);
    let mut scanner = Scanner::new(Some(1));
    let cuts = Cuts::default();
    let everybody = Everybody(vec![&lifecycle]);
    let first = scanner.scan(&mut neighbors, &everybody, &cuts).clone();
    assert_eq!((first.edges, first.nodes, first.at_target), (1, 2, 2));
    assert!(!neighbors.take_changed());
    assert_eq!(*scanner.scan(&mut neighbors, &everybody, &cuts), first);
    neighbors.take_in(&[(1, Change::AllReleased)].into_iter().collect());
    assert_eq!(scanner.scan(&mut neighbors, &everybody, &cuts).edges, 0);
}

#[test]
fn ranks_go_by_size_and_then_by_least_slot() {
    let edges = [(1, 2), (3, 4), (5, 6), (6, 7)];
    let ranks = ranks(10, &[1, 2, 3, 4, 5, 6, 7, 9], &edges);
    let expected = [None, Some(1), Some(1), Some(2), Some(2), Some(0), Some(0), Some(0), None, Some(3)];
    assert_eq!(ranks, expected);
}

#[test]
fn components_agree_with_petgraph_on_random_graphs() {
    for seed in 0..50 {
        let mut rng = floodnet_core::rng::NodeRng::new(seed);
        let slots = 1 + rng.below(60);
        let mut plan = always_up(slots as usize, 2);
        plan.lives[0] = vec![life(Time::ZERO, Time::MAX)].into();
        let settings = settings(&plan);
        let mut script = Script::all_up(slots);
        let mut graph = petgraph::graph::UnGraph::<(), ()>::default();
        let nodes: Vec<_> = (0..slots).map(|_| graph.add_node(())).collect();
        let mut joined = vec![false; slots as usize];
        for _ in 0..rng.below(80) {
            let (a, b) = (rng.below(slots), rng.below(slots));
            if a != b {
                script.link(ms(1), a, b);
                graph.update_edge(nodes[a as usize], nodes[b as usize], ());
                joined[a as usize] = true;
                joined[b as usize] = true;
            }
        }
        let strangers = joined.iter().filter(|joined| !**joined).count();
        let components = petgraph::algo::connected_components(&graph) - strangers;
        let results = script.measure(plan, settings);
        let row = &results.timeseries[0];
        assert_eq!(
            (row.components as usize, row.links),
            (components, graph.edge_count() as u64),
            "seed {seed}"
        );
    }
}

#[test]
fn what_carries_nothing_is_cut_or_held_by_one_end() {
    let mut plan = always_up(5, 10);
    let kind = DisturbanceKind::Partition { group: vec![0, 0, 1, 1, 0], one_way: false };
    plan.disturbances.push(disturbance(secs(2), secs(4), kind));
    let mut settings = settings(&plan);
    settings.topology_times = vec![secs(1), secs(3), secs(8)];
    let mut script = Script::all_up(5);
    for (a, b) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
        script.link(ms(100), a, b);
    }
    script.says(ms(200), 4, Observation::NeighborUp(0));
    script.crash(secs(6), 4);
    let cut: Vec<Vec<(u32, u32)>> =
        script.measure(plan, settings).topologies.into_iter().map(|topology| topology.cut).collect();
    let half_open = (0, 4);
    assert_eq!(cut[0], [half_open]);
    assert_eq!(cut[1], [half_open, (1, 2), (3, 4)]);
    assert_eq!(cut[2], [], "links to a node that is down are not among them");
}

/// 0-1-2 and 3-4 from the start; 5 never joins.
fn two_parts() -> Script {
    let mut script = Script::all_up(6);
    for (a, b) in [(0, 1), (1, 2), (3, 4)] {
        script.link(ms(100), a, b);
    }
    script
}

fn cut_off(script: Script, plan: floodnet_sim::plan::Plan) -> Option<f64> {
    let settings = settings(&plan);
    script.measure(plan, settings).summary.cut_off_ms
}

#[test]
fn who_is_outside_of_the_largest_component_to_the_end_is_cut_off() {
    let plan = || always_up(6, 20);
    assert_eq!(cut_off(two_parts(), plan()), Some(19_000.0), "from the first sample to the last");
    let mut joined = two_parts();
    joined.link(ms(12_500), 2, 3);
    joined.unlink(ms(15_500), 2, 3);
    assert_eq!(cut_off(joined, plan()), Some(4_000.0), "the break at 13 s .. 15 s counts");
    let mut whole = two_parts();
    whole.link(ms(12_500), 2, 3);
    assert_eq!(cut_off(whole, plan()), Some(0.0), "not any more, and who never joined is not cut off");
    assert_eq!(cut_off(Script::all_up(6), plan()), Some(0.0), "nobody has joined");
}

#[test]
fn nobody_is_cut_off_while_a_fault_is_active() {
    let mut plan = always_up(6, 20);
    let loss = DisturbanceKind::Loss(1);
    plan.disturbances.push(disturbance(secs(5), secs(9), loss.clone()));
    assert_eq!(cut_off(two_parts(), plan.clone()), Some(11_000.0), "from 9 s on");
    plan.disturbances.push(disturbance(secs(15), secs(21), loss));
    assert_eq!(cut_off(two_parts(), plan), Some(0.0), "a fault at the end");
}

#[test]
fn of_two_equal_components_that_of_the_least_slot_is_the_largest() {
    let mut script = Script::all_up(4);
    script.link(ms(100), 0, 3);
    script.link(ms(100), 1, 2);
    script.crash(ms(10_500), 2);
    let results = measure(script);
    assert_eq!(results.summary.cut_off_ms, Some(19_000.0), "1 was outside before and after");
}
