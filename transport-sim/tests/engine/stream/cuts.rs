//! Connections across a cut: stalled, probed, given up.

use floodnet_core::time::Duration;
use floodnet_sim::plan::DisturbanceKind;
use floodnet_sim::spec::Class;

use super::PATIENT;
use crate::common::ms;
use crate::common::stage::Stage;

#[test]
fn after_a_short_cut_the_next_attempt_gets_through() {
    let mut stage = Stage::new(2);
    stage.links.spec.dead_after = PATIENT.into();
    stage.say(0, 0, 1);
    stage.partition(1_000, 5_000, &[0, 1], false);
    let message = stage.say(1_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_000 + 4_800 + 50), message));
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]));
}

#[test]
fn a_long_cut_breaks_the_connection_at_both_ends_at_once() {
    let mut stage = Stage::new(3);
    stage.links.spec.dead_after = PATIENT.into();
    stage.say(0, 0, 1);
    stage.say(0, 0, 2);
    stage.disturb(1_000, 40_000, DisturbanceKind::CutLinks(vec![(0, 1)]));
    let lost = [stage.say(2_000, 0, 1), stage.say(3_000, 0, 1)];
    let elsewhere = stage.say(4_000, 0, 2);
    let again = stage.say(41_000, 1, 0);
    let played = stage.play();
    assert_eq!(played.downs(0), [(ms(17_000), 1)]);
    assert_eq!(played.downs(1), [(ms(17_000), 0)]);
    assert_eq!(played.lost(), [(lost[0], "broken"), (lost[1], "broken")]);
    assert_eq!(played.heard(2)[1], (ms(4_050), elsewhere));
    assert_eq!(played.heard(0), [(ms(41_150), again)]);
}

#[test]
fn a_connection_that_is_not_used_outlives_a_cut() {
    let mut stage = Stage::new(2);
    stage.links.spec.dead_after = PATIENT.into();
    stage.say(0, 0, 1);
    stage.partition(1_000, 100_000, &[0, 1], false);
    let message = stage.say(100_000, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(0), [(ms(100_050), message)]);
    assert_eq!(played.downs(0), []);
}

#[test]
fn probes_find_a_cut_though_nothing_is_sent() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.partition(10_000, 15_000, &[0, 1], true);
    let again = stage.say(20_000, 1, 0);
    let played = stage.play();
    // The last sign of life left up to a ping before the cut, and took 50.
    let found = |slot, peer| {
        let downs = played.downs(slot);
        assert_eq!((downs.len(), downs[0].1), (1, peer));
        assert!(ms(12_050) < downs[0].0 && downs[0].0 <= ms(13_050), "{downs:?}");
        downs[0].0
    };
    assert_ne!(found(0, 1), found(1, 0), "either end finds out for itself");
    assert_eq!(played.heard(0), [(ms(20_150), again)], "a new connection");
}

#[test]
fn what_waits_at_a_cut_is_lost_with_the_connection_that_probes_give_up() {
    let play = |dead_after: Duration| {
        let mut stage = Stage::new(2);
        stage.links.spec.dead_after = dead_after.into();
        stage.say(0, 0, 1);
        stage.partition(10_000, 15_000, &[0, 1], false);
        let waits = stage.say(10_000, 0, 1);
        (stage.play(), waits)
    };
    let (patient, waits) = play(PATIENT);
    assert_eq!(patient.heard(1)[1], (ms(19_650), waits));
    let (played, waits) = play(Duration::from_secs(3));
    assert_eq!(played.heard(1).len(), 1);
    assert_eq!(played.lost(), [(waits, "stale")]);
}

#[test]
fn the_end_of_a_connection_that_was_given_up_comes_before_the_next_one() {
    let mut alone = 0;
    for seed in 0..200 {
        let mut stage = Stage::new(2);
        stage.plan.seed = seed;
        stage.links.spec.handshake = 2;
        stage.say(9_700, 0, 1);
        // The peer hears of the dial at 9950. What is said waits until 10000, and leaves again at 12400 and 14800.
        stage.partition(9_900, 12_500, &[0, 1], false);
        let again = stage.say(13_000, 0, 1);
        let played = stage.play();
        let heard = played.heard(1).iter().find(|(_, message)| *message == again).map(|(at, _)| *at);
        assert!(
            played.downs(1).iter().all(|(at, _)| Some(*at) < heard),
            "seed {seed}: {:?}",
            played.downs(1)
        );
        // Only the dialer gave it up by itself.
        alone += usize::from(
            played.downs(0).len() == 1 && played.downs(1).iter().any(|(at, _)| *at >= ms(12_500)),
        );
    }
    assert!(alone > 10, "{alone} of 200: not much of a test");
}

#[test]
fn probes_outlive_a_short_cut_and_find_one_that_begins_during_a_dial() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.partition(10_000, 11_000, &[0, 1], false);
    stage.disturb(11_000, 12_000, DisturbanceKind::CutLinks(vec![(0, 1)]));
    let played = stage.play();
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]), "less than 2 s, together");
    let mut stage = Stage::new(2);
    stage.say(9_980, 0, 1);
    // The SYN is under way.
    stage.partition(10_000, 60_000, &[0, 1], false);
    let played = stage.play();
    assert_eq!((played.downs(0).len(), played.downs(1).len()), (1, 1));
    assert!(played.downs(0)[0].0 <= ms(13_050) && played.downs(1)[0].0 <= ms(13_080));
}

#[test]
fn a_cut_of_one_direction_stalls_both() {
    let mut stage = Stage::new(2);
    stage.links.spec.dead_after = PATIENT.into();
    stage.say(0, 0, 1);
    stage.partition(1_000, 5_000, &[0, 1], true);
    let forth = stage.say(1_000, 0, 1);
    let back = stage.say(1_000, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(5_850), forth));
    assert_eq!(played.heard(0), [(ms(5_850), back)]);
}

#[test]
fn news_of_a_loss_ends_everything_between_the_two() {
    // Both dial at once, so there are two connections; a cut breaks the one that is used.
    let mut stage = Stage::new(2);
    stage.links.spec.dead_after = PATIENT.into();
    stage.say(0, 0, 1);
    stage.say(0, 1, 0);
    stage.partition(1_000, 10_000, &[0, 1], false);
    stage.links.spec.break_after = Duration::from_secs(4).into();
    let lost = stage.say(1_000, 0, 1);
    let later = stage.say(20_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(lost, "broken")]);
    assert_eq!((played.downs(0), played.downs(1)), (vec![(ms(5_000), 1)], vec![(ms(5_000), 0)]));
    assert_eq!(played.heard(1).last(), Some(&(ms(20_150), later)), "the other connection is gone as well");
}

#[test]
fn a_failed_dial_is_told_though_the_peer_has_dialed_meanwhile() {
    let mut stage = Stage::new(2);
    stage.links.classes = vec![Class::default(), Class { reachable: false, ..Class::default() }];
    stage.links.class_of = vec![0, 1];
    let lost = stage.say(0, 0, 1);
    let dialed = stage.say(1_000, 1, 0);
    let answer = stage.say(2_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(lost, "broken")]);
    assert_eq!(played.heard(0), [(ms(1_150), dialed)]);
    assert_eq!(played.heard(1), [(ms(2_050), answer)], "not on the dial that fails");
    // Slot 0 lost a message: it is told so before it hears the first of the new connection.
    assert_eq!((played.downs(0), played.downs(1)), (vec![(ms(1_050), 1)], vec![]));
}
