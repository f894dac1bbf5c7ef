//! Datagrams: loss, cuts, rebirths and unreachable slots lose the packet, and nobody is told.

use floodnet_core::distributions::share_to_threshold;
use floodnet_sim::graph::line;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};
use floodnet_sim::spec::{Class, Transport};

use crate::common::field::Field;
use crate::common::ms;
use crate::common::stage::Stage;

fn stage(slots: u32) -> Stage {
    let mut stage = Stage::new(slots);
    stage.links.spec.transport = Transport::Datagram;
    stage
}

#[test]
fn a_packet_takes_one_delay_and_no_dial() {
    let mut stage = stage(2);
    let message = stage.say(0, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(50), message)]);
}

#[test]
fn a_one_way_partition_cuts_one_direction() {
    let mut stage = stage(2);
    stage.partition(1_000, 2_000, &[0, 1], true);
    let before = stage.say(999, 0, 1);
    let cut = [stage.say(1_000, 0, 1), stage.say(1_999, 0, 1)];
    let after = stage.say(2_000, 0, 1);
    let back = stage.say(1_500, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(1_049), before), (ms(2_050), after)]);
    assert_eq!(played.heard(0), [(ms(1_550), back)]);
    assert_eq!(played.lost(), cut.map(|message| (message, "cut")));
}

#[test]
fn links_are_cut_both_ways_and_others_are_not() {
    let mut stage = stage(3);
    stage.disturb(0, 1_000, DisturbanceKind::CutLinks(vec![(0, 1)]));
    let cut = [stage.say(0, 0, 1), stage.say(1, 1, 0)];
    let elsewhere = stage.say(2, 0, 2);
    let played = stage.play();
    assert_eq!(played.lost(), cut.map(|message| (message, "cut")));
    assert_eq!(played.heard(2), [(ms(52), elsewhere)]);
}

#[test]
fn a_packet_belongs_to_the_node_that_was_up_when_it_left() {
    for end in [End::Leave, End::Crash(CrashKind::Silent), End::Crash(CrashKind::Reset)] {
        let mut stage = stage(2);
        stage.lives(1, &[(0, 1_000, end), (1_030, 600_000, End::Leave)]);
        let in_time = stage.say(949, 0, 1);
        let arrives_at_nobody = stage.say(950, 0, 1);
        let arrives_at_the_next = stage.say(990, 0, 1);
        let left_for_nobody = stage.say(1_010, 0, 1);
        let to_the_next = stage.say(1_030, 0, 1);
        let played = stage.play();
        assert_eq!(
            played.lost(),
            [(arrives_at_nobody, "down"), (arrives_at_the_next, "stale"), (left_for_nobody, "stale")]
        );
        assert_eq!(played.heard(1), [(ms(999), in_time), (ms(1_080), to_the_next)]);
        assert_eq!(played.downs(0), [], "datagrams bring no news");
    }
}

#[test]
fn what_waits_for_a_paused_node_dies_with_it() {
    let mut stage = stage(2);
    stage.lives(1, &[(0, 1_500, End::Leave), (1_600, 600_000, End::Leave)]);
    stage.disturb(1_000, 2_000, DisturbanceKind::Pause([1].into_iter().collect()));
    let stale = stage.say(1_100, 0, 1);
    let waits = stage.say(1_700, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(stale, "stale")]);
    assert_eq!(played.heard(1), [(ms(2_000), waits)]);
}

#[test]
fn an_unreachable_slot_hears_those_to_whom_it_wrote() {
    let mut stage = stage(3);
    stage.links.classes = vec![Class::default(), Class { reachable: false, ..Class::default() }];
    stage.links.class_of = vec![0, 1, 0];
    let refused = stage.say(0, 0, 1);
    let opens = stage.say(1_000, 1, 0);
    let answer = stage.say(2_000, 0, 1);
    let stranger = stage.say(3_000, 2, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(refused, "unreachable"), (stranger, "unreachable")]);
    assert_eq!(played.heard(0), [(ms(1_050), opens)]);
    assert_eq!(played.heard(1), [(ms(2_050), answer)]);
}

#[test]
fn certain_loss_loses_everything_and_no_loss_nothing() {
    for (loss, heard) in [(1.0, 0), (0.0, 500)] {
        let mut stage = stage(2);
        stage.links.spec.loss = loss;
        for nth in 0..500 {
            stage.say(nth, 0, 1);
        }
        assert_eq!(stage.play().heard(1).len(), heard);
    }
}

#[test]
fn losses_of_link_and_faults_add_up() {
    let mut stage = stage(2);
    stage.links.spec.loss = 0.2;
    stage.disturb(0, 600_000, DisturbanceKind::Loss(share_to_threshold(0.3)));
    stage.disturb(0, 600_000, DisturbanceKind::Loss(share_to_threshold(0.5)));
    for nth in 0..20_000 {
        stage.say(nth, 0, 1);
    }
    let heard = stage.play().heard(1).len() as f64;
    // 0.8 x 0.7 x 0.5 = 0.28 get through; five standard deviations of 20,000 are 317.
    assert!((heard - 5_600.0).abs() < 317.0, "{heard} heard");
}

#[test]
fn a_flood_along_a_line_dies_out_as_a_geometric_sum() {
    let (nodes, messages, loss) = (12u32, 2_000u32, 0.1f64);
    let mut field = Field::new(line(nodes).unwrap(), Transport::Datagram, vec![0; messages as usize]);
    field.links.spec.loss = loss;
    let spreads = field.run();
    let reached: Vec<f64> = spreads.iter().map(|spread| spread.delivered.len() as f64).collect();
    let mean = reached.iter().sum::<f64>() / f64::from(messages);
    let expected: f64 = (1..nodes).map(|hops| (1.0 - loss).powi(hops as i32)).sum();
    let variance =
        reached.iter().map(|reached| (reached - mean).powi(2)).sum::<f64>() / f64::from(messages - 1);
    let error = (variance / f64::from(messages)).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{mean} reached, {expected} expected, error {error}");
    // At each distance it is a binomial count.
    for node in 1..nodes {
        let reached = spreads.iter().filter(|spread| spread.delivered.contains_key(&node)).count() as f64;
        let p = (1.0 - loss).powi(node as i32);
        let deviation = (f64::from(messages) * p * (1.0 - p)).sqrt();
        assert!((reached - f64::from(messages) * p).abs() < 4.5 * deviation, "{reached} at node {node}");
    }
}
