use super::*;
use crate::latency::Ms;
use crate::testing::{ENDING, Script, always_up, life, ms, publish, secs, settings};
use crate::{Ending, Results};
use floodnet_core::observe::Observation;
use floodnet_core::time::Duration;
use floodnet_sim::observer::{Observed, Observer};

/// One message from slot 0 at 1 s, deadline 10 s, run of 20 s.
fn one_message(slots: usize) -> Plan {
    let mut plan = always_up(slots, 20);
    plan.publishes = vec![publish(secs(1), 0)];
    plan
}

fn measure(plan: Plan, script: Script) -> Results {
    let settings = settings(&plan);
    script.measure(plan, settings)
}

/// A flood without echo over `edges`, 100 ms a hop: what a simulator would report.
fn flood(slots: u32, edges: &[(u32, u32)], origin: u32) -> Script {
    let mut script = Script::all_up(slots);
    let mut peers = vec![Vec::new(); slots as usize];
    for &(a, b) in edges {
        script.link(ms(10), a, b);
        peers[a as usize].push(b);
        peers[b as usize].push(a);
    }
    script.published(secs(1), origin, 0);
    let mut first: Vec<Option<(u32, u16)>> = vec![None; slots as usize];
    first[origin as usize] = Some((origin, 0));
    let mut wave = vec![origin];
    for hops in 1_u16.. {
        let at = ms(1_000 + 100 * u64::from(hops));
        let mut next = Vec::new();
        for &from in &wave {
            let (parent, _) = first[from as usize].unwrap();
            for &to in peers[from as usize].iter().filter(|&&to| to != parent) {
                script.packet(at, from, to, 0);
                if first[to as usize].is_some() {
                    script.says(at, to, Observation::Duplicate(0));
                } else {
                    first[to as usize] = Some((from, hops));
                    script.delivered(at, to, 0, hops);
                    next.push(to);
                }
            }
        }
        if next.is_empty() {
            return script;
        }
        wave = next;
    }
    script
}

#[test]
fn a_line_from_its_end_has_no_redundancy_and_the_last_hop_is_its_length() {
    let edges: Vec<(u32, u32)> = (0..9).map(|node| (node, node + 1)).collect();
    let summary = measure(one_message(10), flood(10, &edges, 0)).summary;
    assert_eq!((summary.rmr.mean, summary.ldh.max), (Some(0.0), Some(9)));
    assert_eq!((summary.payloads_sent, summary.duplicates, summary.deliveries), (9, 0, 9));
    assert_eq!(summary.latency_ms.max, Some(Ms::After(900.0)));
    assert_eq!(summary.latency_ms.p50, Some(Ms::After(500.0)));
}

#[test]
fn a_protocol_that_does_not_say_what_packets_carry_has_no_redundancy() {
    let mut script = Script::all_up(3);
    script.says(secs(1), 0, Observation::Published(0));
    script.delivered(secs(2), 1, 0, 1);
    let summary = measure(one_message(3), script).summary;
    assert_eq!((summary.rmr.mean, summary.rmr_sent.max, summary.rmr.left_out), (None, None, 0));
    assert_eq!((summary.ldh.max, summary.undelivered_messages), (Some(1), 0));
}

#[test]
fn in_a_complete_graph_everybody_gets_a_copy_from_everybody() {
    let edges: Vec<(u32, u32)> = (0..8).flat_map(|a| (a + 1..8).map(move |b| (a, b))).collect();
    let summary = measure(one_message(8), flood(8, &edges, 0)).summary;
    // n - 1 copies at every node but the origin: RMR = n - 2.
    assert_eq!((summary.rmr.mean, summary.rmr.max, summary.ldh.max), (Some(6.0), Some(6.0), Some(1)));
    assert_eq!(summary.payloads_sent, 2 * 28 - 7, "2 E - (N - 1)");
    assert_eq!(summary.duplicates, 49 - 7);
    assert!(summary.payloads().holds());
}

#[test]
fn in_a_tree_every_packet_is_needed() {
    let edges: Vec<(u32, u32)> = (1..15).map(|node| ((node - 1) / 2, node)).collect();
    let summary = measure(one_message(15), flood(15, &edges, 0)).summary;
    assert_eq!((summary.rmr.mean, summary.rmr_sent.mean, summary.ldh.max), (Some(0.0), Some(0.0), Some(3)));
    assert_eq!(summary.delivery_ratio, Some(1.0));
}

#[test]
fn redundancy_by_packets_sent_sees_what_was_lost() {
    let mut script = Script::all_up(3);
    script.published(secs(1), 0, 0);
    let lost = Observed::Lost { payload: Some(0), reason: "loss" };
    script.packet(secs(2), 0, 1, 0);
    script.delivered(secs(2), 1, 0, 1);
    script.push(secs(2), 0, Observed::Sent { to: 2, payload: Some(0), bytes: 120, kind: "message" });
    script.push(secs(2), 2, lost);
    let summary = measure(one_message(3), script).summary;
    assert_eq!((summary.rmr.mean, summary.rmr_sent.mean), (Some(0.0), Some(1.0)), "n is 2");
    assert!(summary.payloads().holds() && summary.packets().holds());
    assert_eq!(summary.drops["loss"], 1);
    assert_eq!(summary.delivery_ratio, Some(0.5));
}

#[test]
fn receivers_are_up_without_interruption_from_publish_to_due() {
    // Message at 1 s, due at 11 s.
    let mut plan = one_message(7);
    plan.lives[1] = vec![life(secs(1), secs(11))].into(); // exactly that: a receiver
    plan.lives[2] = vec![life(ms(1_001), Time::MAX)].into(); // up too late
    plan.lives[3] = vec![life(Time::ZERO, ms(10_999))].into(); // down too early
    plan.lives[4] = vec![life(Time::ZERO, secs(5)), life(secs(6), Time::MAX)].into(); // restarts
    plan.lives[5] = vec![].into(); // never there
    let schedule = Schedule::new(&plan, Duration::from_secs(10), &[]);
    let all = Deliveries::of(&schedule, &receivers(&plan, &schedule), &[]);
    assert_eq!(all.messages[0].receivers, 2, "slots 1 and 6");
    assert_eq!(all.messages[0].receivers_joined, 0);
}

#[test]
fn the_origin_is_no_receiver_even_when_it_is_up_all_the_time_or_goes_down() {
    let mut plan = one_message(3);
    let schedule = Schedule::new(&plan, Duration::from_secs(10), &[]);
    assert_eq!(receivers(&plan, &schedule), [2]);
    plan.lives[0] = vec![life(Time::ZERO, secs(2))].into();
    let schedule = Schedule::new(&plan, Duration::from_secs(10), &[]);
    assert_eq!(receivers(&plan, &schedule), [2]);
}

#[test]
fn deliveries_are_on_time_late_or_at_others() {
    let mut plan = one_message(6);
    plan.lives[4] = vec![life(secs(3), Time::MAX)].into();
    plan.lives[5] = vec![life(Time::ZERO, secs(4)), life(secs(5), Time::MAX)].into();
    let mut script = Script::all_up(4);
    script.up(Time::ZERO, 5, 0);
    script.up(secs(3), 4, 0);
    script.published(secs(1), 0, 0);
    script.delivered(Time::from_nanos(10_999_999_999), 1, 0, 1);
    script.delivered(secs(11), 2, 0, 2);
    script.delivered(secs(12), 3, 0, 7);
    script.delivered(secs(4), 4, 0, 1);
    script.delivered(secs(2), 5, 0, 1);
    let results = measure(plan, script);
    let summary = &results.summary;
    assert_eq!(results.messages[0].receivers, 3, "1, 2, 3");
    assert_eq!(summary.delivery_ratio, Some(0.333_333), "due itself is too late");
    assert_eq!((summary.deliveries_late, summary.deliveries_other, summary.deliveries), (2, 2, 5));
    assert_eq!(summary.latency_ms.p50, Some(Ms::Never), "rank 2 of 3 is not on time");
    assert_eq!(summary.latency_delivered_ms.max, Some(Ms::After(10_000.0)));
    assert_eq!(summary.ldh.max, Some(7), "first deliveries of any kind");
    assert_eq!(summary.undelivered_messages, 0);
}

#[test]
fn only_messages_due_before_the_end_count() {
    let mut plan = always_up(2, 20);
    plan.publishes = vec![publish(secs(10), 0), publish(ms(10_001), 0)];
    let mut script = Script::all_up(2);
    for message in [0, 1] {
        script.published(ms(10_000 + u64::from(message)), 0, message);
    }
    script.delivered(secs(12), 1, 1, 1);
    let results = measure(plan, script);
    let summary = &results.summary;
    assert_eq!((summary.publishes, summary.late_publishes), (2, 1));
    assert_eq!((summary.delivery_ratio, summary.undelivered_messages), (Some(0.0), 1));
    assert_eq!(summary.deliveries, 1, "of all messages");
    assert_eq!(summary.latency_delivered_ms.p50, None);
    assert_eq!((summary.rmr.mean, summary.rmr.left_out), (None, 1));
    assert!(results.messages[0].counted && !results.messages[1].counted);
    assert_eq!(results.receivers, 1);
}

#[test]
fn a_second_delivery_in_one_life_is_an_error_and_in_the_next_life_is_none() {
    let mut plan = one_message(3);
    plan.lives[2] = vec![life(Time::ZERO, secs(3)), life(secs(4), secs(6)), life(secs(7), Time::MAX)].into();
    let mut script = Script::all_up(3);
    script.published(secs(1), 0, 0);
    script.delivered(ms(1_100), 1, 0, 1);
    script.delivered(ms(1_200), 1, 0, 3); // again: error
    script.delivered(ms(1_300), 0, 0, 2); // the origin itself: error
    script.delivered(secs(2), 2, 0, 1);
    script.crash(secs(3), 2);
    script.up(secs(4), 2, 1);
    script.delivered(secs(5), 2, 0, 1); // a fresh node
    script.crash(secs(6), 2);
    script.up(secs(7), 2, 2);
    script.delivered(secs(8), 2, 0, 1); // another
    script.delivered(secs(9), 2, 0, 1); // again: error
    let results = measure(plan, script);
    assert_eq!(results.summary.double_deliveries, 3);
    assert_eq!((results.summary.deliveries, results.summary.deliveries_other), (2, 1));
    assert_eq!(results.summary.ldh.max, Some(1), "only first deliveries have hops");
    assert_eq!(results.summary.delivery_ratio, Some(1.0));
}

#[test]
fn a_receiver_that_restarts_after_the_deadline_is_late_not_other() {
    let mut plan = one_message(2);
    plan.lives[1] = vec![life(Time::ZERO, secs(12)), life(secs(13), Time::MAX)].into();
    let mut script = Script::all_up(2);
    script.published(secs(1), 0, 0);
    script.crash(secs(12), 1);
    script.up(secs(13), 1, 1);
    script.delivered(secs(14), 1, 0, 1);
    let summary = measure(plan, script).summary;
    assert_eq!((summary.deliveries_late, summary.deliveries_other), (1, 0));
    assert_eq!(summary.undelivered_messages, 0, "it reached somebody");
    assert_eq!(summary.delivery_ratio, Some(0.0));
}

#[test]
fn joined_receivers_are_those_that_held_a_link_at_the_publication() {
    let mut plan = one_message(5);
    plan.lives[4] = vec![life(Time::ZERO, secs(5))].into();
    let mut script = Script::all_up(5);
    script.link(ms(500), 0, 1);
    script.link(secs(1), 1, 2); // at the very moment: joined
    script.link(ms(1_001), 2, 3); // too late for 3
    script.link(ms(500), 0, 4); // joined, but not up until due
    script.published(secs(1), 0, 0);
    script.delivered(secs(2), 2, 0, 1);
    script.delivered(secs(2), 3, 0, 1);
    let summary = measure(plan, script).summary;
    assert_eq!(summary.delivery_ratio, Some(0.666_667), "2 and 3 of 1, 2, 3");
    assert_eq!(summary.delivery_joined, Some(0.5), "2 of 1, 2");
}

#[test]
fn the_worst_message_and_those_that_reached_nobody() {
    let mut plan = always_up(3, 30);
    plan.publishes = vec![publish(secs(1), 0), publish(secs(2), 1), publish(secs(3), 2)];
    let mut script = Script::all_up(3);
    for message in 0..3 {
        script.published(secs(1 + u64::from(message)), message, message);
    }
    script.delivered(secs(4), 1, 0, 1);
    script.delivered(secs(4), 2, 0, 1);
    script.delivered(secs(4), 0, 1, 1);
    let summary = measure(plan, script).summary;
    assert_eq!(summary.delivery_ratio, Some(0.5));
    assert_eq!((summary.delivery_worst, summary.undelivered_messages), (Some(0.0), 1));
    assert_eq!((summary.rmr.left_out, summary.ldh.mean), (1, Some(1.0)));
}

#[test]
fn a_message_without_receivers_is_not_undelivered() {
    let mut plan = one_message(2);
    plan.lives[1] = vec![life(Time::ZERO, secs(2))].into();
    let mut script = Script::all_up(2);
    script.published(secs(1), 0, 0);
    let summary = measure(plan, script).summary;
    assert_eq!((summary.delivery_ratio, summary.delivery_worst), (None, None));
    assert_eq!((summary.undelivered_messages, summary.rmr.left_out), (0, 1));
    assert_eq!(summary.latency_ms.max, None);
}

#[test]
fn an_interrupted_run_counts_what_was_due_by_then() {
    let mut plan = always_up(2, 60);
    plan.publishes = vec![publish(secs(1), 0), publish(secs(45), 0), publish(secs(55), 0)];
    let settings = settings(&plan);
    let mut measures = Script::all_up(2).play(plan, settings);
    for message in [0, 1] {
        measures.observe(secs(45), 0, Observed::Protocol(Observation::Published(message)));
    }
    measures.whole.seen = secs(50);
    let results = measures.finish(Ending { complete: false, ..ENDING });
    assert_eq!((results.summary.duration_s, results.summary.complete), (50.0, false));
    assert_eq!((results.summary.late_publishes, results.receivers), (1, 1));
    assert_eq!(results.summary.delivery_ratio, Some(0.0));
    assert_eq!(results.summary.latency_ms.p50, None);
    assert!(results.summary.to_json().contains("\"complete\": false"));
}

#[test]
fn unknown_messages_and_slots_are_ignored() {
    let mut script = Script::all_up(2);
    script.published(secs(1), 0, 7);
    script.delivered(secs(2), 1, 7, 1);
    script.delivered(secs(2), 9, 0, 1);
    script.packet(secs(2), 9, 1, 7);
    let summary = measure(one_message(2), script).summary;
    assert_eq!((summary.publishes, summary.deliveries, summary.payloads_sent), (0, 0, 1));
}

#[test]
fn a_view_shows_the_last_followed_message_that_reached_all() {
    let mut plan = always_up(3, 40);
    plan.publishes = vec![publish(secs(1), 0), publish(secs(5), 1), publish(ms(9_950), 2)];
    let mut settings = settings(&plan);
    settings.topology_times = vec![ms(500), secs(6), secs(10)];
    let mut script = Script::all_up(3);
    script.published(secs(1), 0, 0);
    script.delivered(secs(2), 1, 0, 1);
    script.delivered(secs(2), 2, 0, 2);
    script.published(secs(5), 1, 1);
    script.delivered(ms(5_100), 0, 1, 1);
    script.delivered(ms(6_100), 2, 1, 2);
    script.published(ms(9_950), 2, 2);
    let results = script.measure(plan, settings);
    let spreads: Vec<_> = results.topologies.iter().map(|topology| topology.spread.clone()).collect();
    assert_eq!(spreads[0], None);
    let first = Spread { message: 0, hops: vec![Some(0), Some(1), Some(2)] };
    assert_eq!(spreads[1], Some(first), "at 6 s the second has not reached slot 2");
    let second = Spread { message: 1, hops: vec![Some(1), Some(0), Some(2)] };
    assert_eq!(spreads[2], Some(second));
}
