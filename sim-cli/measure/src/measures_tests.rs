use super::*;
use crate::testing::{Divided, ENDING, Script, always_up, life, ms, publish, secs, settings};
use floodnet_core::observe::Observation;
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::plan::{End, FaultSpan};

#[test]
fn barriers_are_samples_views_and_the_end_each_once() {
    let mut plan = always_up(1, 0);
    plan.duration = ms(3_500);
    let mut settings = settings(&plan);
    settings.topology_times = vec![secs(2), ms(700), secs(9), ms(700), Time::ZERO];
    let barriers = Measures::new(Arc::new(plan.clone()), settings.clone()).barriers();
    assert_eq!(barriers, [Time::ZERO, ms(700), secs(1), secs(2), secs(3), ms(3_500)]);
    settings.every = None;
    settings.topology_times.clear();
    assert_eq!(Measures::new(Arc::new(plan.clone()), settings.clone()).barriers(), [ms(3_500)]);
    settings.every = Some(Duration::ZERO);
    assert_eq!(Measures::new(Arc::new(plan), settings).barriers(), [ms(3_500)], "no step is no sample");
}

#[test]
fn views_between_the_samples_change_no_average() {
    let plan = always_up(3, 20);
    let mut with = settings(&plan);
    with.topology_times = vec![ms(1_500), ms(2_500)];
    with.topology_at_end = true;
    let script = || {
        let mut script = Script::all_up(3);
        script.link(ms(1_100), 0, 1);
        script.unlink(ms(1_600), 0, 1);
        script
    };
    let seen = script().measure(plan.clone(), with);
    let without = settings(&plan);
    let unseen = script().measure(plan, without);
    assert_eq!(seen.summary, unseen.summary);
    assert_eq!(seen.timeseries.len(), 20);
    let edges: Vec<usize> = seen.topologies.iter().map(|topology| topology.edges.len()).collect();
    assert_eq!(edges, [1, 0, 0]);
    assert_eq!(seen.topologies[2].at, secs(20));
}

#[test]
fn without_samples_averages_are_null_and_the_end_is_known() {
    let plan = always_up(3, 20);
    let mut settings = settings(&plan);
    settings.every = None;
    let mut script = Script::all_up(3);
    script.link(secs(1), 0, 1);
    let summary = script.measure(plan, settings).summary;
    assert_eq!((summary.partition_rate, summary.components.mean, summary.degree.mean), (None, None, None));
    assert_eq!((summary.components.end, summary.links_end, summary.unjoined.end), (1, 1, 1));
    assert_eq!(summary.largest_component.end, Some(1.0));
    assert_eq!(summary.topology.links, 1);
}

#[test]
fn lives_are_counted_and_averages_follow_them() {
    let mut plan = always_up(3, 4);
    plan.lives[1] = vec![life(Time::ZERO, ms(1_500))].into();
    let settings = settings(&plan);
    let mut script = Script::all_up(3);
    script.link(ms(250), 0, 1);
    script.push(ms(1_500), 1, Observed::Down(End::Leave));
    script.says(ms(1_600), 0, Observation::NeighborDown(1));
    script.says(ms(1_600), 0, Observation::Repair);
    script.says(ms(1_700), 0, Observation::Dropped("own_request"));
    script.says(ms(1_700), 0, Observation::Other);
    let summary = script.measure(plan, settings).summary;
    assert_eq!((summary.joins, summary.leaves, summary.crashes, summary.repairs), (2, 1, 0, 1));
    assert_eq!(
        (summary.nodes_up.mean, summary.nodes_up.min, summary.nodes_up.max),
        (Some(2.333_33), Some(2), Some(3))
    );
    assert_eq!(summary.join_ms.p50, Some(crate::latency::Ms::After(250.0)));
    assert_eq!(summary.drops["own_request"], 1);
    assert!(summary.packets().holds(), "a protocol's drop is no loss of the network");
}

#[test]
fn rates_are_by_the_time_that_nodes_were_up() {
    let mut plan = always_up(3, 4);
    plan.lives[1] = vec![life(Time::ZERO, ms(1_500))].into();
    let settings = settings(&plan);
    let mut script = Script::all_up(3);
    for (at, bytes) in [(500, 30), (900, 160)] {
        script.push(ms(at), 0, Observed::Sent { to: 2, payload: None, bytes, kind: "hello" });
        script.push(ms(at + 50), 2, Observed::Received { from: 0, payload: None });
    }
    let summary = script.measure(plan, settings).summary;
    // Two nodes for 4 s and one for 1.5 s.
    assert_eq!((summary.per_node_s.bytes, summary.per_node_s.control), (Some(20.0), Some(0.210_526)));
}

#[test]
fn observations_of_a_slot_that_is_down_hold_no_links() {
    let plan = always_up(2, 4);
    let settings = settings(&plan);
    let mut script = Script::default();
    script.link(secs(1), 0, 1);
    let summary = script.measure(plan, settings).summary;
    assert_eq!((summary.links_end, summary.joins, summary.asymmetry.max), (0, 0, None));
}

#[test]
#[should_panic(expected = "packets are not conserved")]
fn a_backend_that_loses_count_is_found_out() {
    let plan = always_up(2, 4);
    let settings = settings(&plan);
    let mut script = Script::all_up(2);
    script.push(secs(1), 0, Observed::Sent { to: 1, payload: None, bytes: 33, kind: "message" });
    script.measure(plan, settings);
}

/// A run with a bit of everything.
fn busy() -> (Script, Plan, MeasureSettings) {
    let mut plan = always_up(4, 30);
    plan.publishes = vec![publish(secs(1), 0), publish(secs(2), 3)];
    plan.faults = vec![FaultSpan { name: "crash", from: secs(9), until: secs(9), slots: 1 }];
    plan.lives[3] = vec![life(Time::ZERO, secs(9))].into();
    let settings = settings(&plan);
    let mut script = Script::all_up(4);
    for (a, b) in [(0, 1), (1, 2), (0, 2), (2, 3)] {
        script.link(ms(120), a, b);
    }
    script.published(secs(1), 0, 0);
    script.published(secs(2), 3, 1);
    for (from, to, hops) in [(0, 1, 1), (0, 2, 1), (2, 3, 2)] {
        script.packet(ms(1_050 * u64::from(hops)), from, to, 0);
        script.delivered(ms(1_050 * u64::from(hops)), to, 0, hops);
    }
    script.packet(ms(1_100), 1, 2, 0);
    script.says(ms(1_100), 2, Observation::Duplicate(0));
    script.push(ms(2_001), 3, Observed::Sent { to: 2, payload: Some(1), bytes: 120, kind: "message" });
    script.push(ms(2_100), 2, Observed::Lost { payload: Some(1), reason: "loss" });
    script.push(ms(3_000), 2, Observed::Sent { to: 1, payload: None, bytes: 33, kind: "message" });
    script.push(ms(3_050), 1, Observed::Received { from: 2, payload: None });
    script.crash(secs(9), 3);
    (script, plan, settings)
}

#[test]
fn the_order_between_slots_does_not_matter() {
    let (script, plan, settings) = busy();
    let forward = script.measure(plan, settings);
    let (mut script, plan, settings) = busy();
    // Stable: the order within a slot is kept.
    script.0.sort_by_key(|&(at, slot, _)| (at.as_nanos() / 1_000_000_000, std::cmp::Reverse(slot), at));
    let mut measures = Divided::new(plan, settings, 1);
    let mut lines = script.0.into_iter().peekable();
    for barrier in measures.whole.barriers() {
        while let Some((at, slot, what)) = lines.next_if(|&(at, ..)| at < barrier) {
            measures.observe(at, slot, what);
        }
        measures.sample(barrier);
    }
    let backward = measures.finish(ENDING);
    assert_eq!(forward.summary.to_json(), backward.summary.to_json());
    assert_eq!(forward.timeseries, backward.timeseries);
    assert_eq!(forward.messages, backward.messages);
}

#[test]
fn the_summary_is_written_in_its_order_with_stable_bytes() {
    let (script, plan, settings) = busy();
    let mut summary = script.measure(plan, settings).summary;
    let bounds = [("delivery_ratio", ">= 0.99"), ("latency_ms.p50", "< 100"), ("rmr.max", "<= 1")];
    let expectations =
        bounds.map(|(metric, bound)| crate::expect::Expectation::parse(metric, bound).unwrap());
    summary.judge(&expectations).unwrap();
    insta::assert_snapshot!("summary_json", summary.to_json());
    insta::assert_snapshot!("summary_text", summary.to_text());
    let read: Summary = serde_json::from_str(&summary.to_json()).unwrap();
    assert_eq!(read, summary);
}
