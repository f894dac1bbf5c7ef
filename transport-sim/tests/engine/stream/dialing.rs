//! How a connection comes about, and who cannot be dialed.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_sim::link::Delays;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};
use floodnet_sim::spec::{Class, Per};

use crate::common::ms;
use crate::common::stage::Stage;

#[test]
fn the_first_message_waits_for_the_handshake() {
    let mut stage = Stage::new(2);
    let first = stage.say(0, 0, 1);
    let on_its_heels = stage.say(60, 0, 1);
    let second = stage.say(1_000, 0, 1);
    let answer = stage.say(2_000, 1, 0);
    let played = stage.play();
    // SYN, its answer, message; what is sent meanwhile leaves with it.
    assert_eq!(played.heard(1), [(ms(150), first), (ms(150), on_its_heels), (ms(1_050), second)]);
    assert_eq!(played.heard(0), [(ms(2_050), answer)], "the answer needs no dial");
    assert_eq!(played.downs(0), []);
}

#[test]
fn a_handshake_of_the_nodes_own_takes_its_round_trips() {
    let mut stage = Stage::new(2);
    stage.links.spec.handshake = 2;
    let first = stage.say(0, 0, 1);
    let answer = stage.say(300, 1, 0);
    let played = stage.play();
    // SYN and its answer, two round trips, message. The peer knows the dialer after two and a half.
    assert_eq!(played.heard(1), [(ms(350), first)]);
    assert_eq!(played.heard(0), [(ms(350), answer)]);
}

#[test]
fn who_goes_during_a_handshake_is_missed_when_its_machine_says_so() {
    // The node is to know the dialer at 250.
    for (end, told) in
        [(End::Leave, 250), (End::Crash(CrashKind::Reset), 250), (End::Crash(CrashKind::Silent), 3_000)]
    {
        let mut stage = Stage::new(2);
        stage.links.spec.handshake = 2;
        stage.lives(1, &[(0, 200, end), (220, 600_000, End::Leave)]);
        let lost = stage.say(0, 0, 1);
        let played = stage.play();
        assert_eq!(played.downs(0), [(ms(told), 1)], "{end:?}");
        assert_eq!(played.lost(), [(lost, "broken")]);
    }
}

#[test]
fn a_node_that_stands_still_greets_nobody() {
    let paused = |until| {
        let mut stage = Stage::new(2);
        stage.links.spec.handshake = 2;
        stage.disturb(1_000, until, DisturbanceKind::Pause([1].into_iter().collect()));
        let first = stage.say(1_100, 0, 1);
        (stage.play(), first)
    };
    // The SYN is there at 1150, its kernel's answer is back at 1200. Two round trips from 2000 on, message.
    let (played, first) = paused(2_000);
    assert_eq!(played.heard(1), [(ms(2_000 + 200 + 50 + 50), first)]);
    let (played, first) = paused(6_000);
    assert_eq!((played.downs(0), played.lost()), (vec![(ms(4_100), 1)], vec![(first, "broken")]));
}

#[test]
fn simultaneous_dials_lose_nothing_and_make_one_link() {
    let mut stage = Stage::new(2);
    let dialed = [stage.say(0, 0, 1), stage.say(0, 1, 0)];
    let later = [stage.say(1_000, 0, 1), stage.say(1_000, 1, 0)];
    stage.lives(0, &[(0, 2_000, End::Leave)]);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(150), dialed[0]), (ms(1_050), later[0])]);
    assert_eq!(played.heard(0), [(ms(150), dialed[1]), (ms(1_050), later[1])]);
    assert_eq!(played.downs(1), [(ms(2_050), 0)], "one link, one end");
}

#[test]
fn the_order_holds_though_the_peers_dial_is_answered_first() {
    let mut stage = Stage::new(2);
    let first = stage.say(0, 0, 1);
    stage.say(30, 1, 0);
    // The peer's SYN came at 80: on its connection this could arrive at 140.
    let second = stage.say(90, 0, 1);
    assert_eq!(stage.play().heard(1), [(ms(150), first), (ms(150), second)]);
}

#[test]
fn nothing_overtakes_on_a_connection() {
    let mut stage = Stage::new(2);
    stage.links.spec.per = Per::Packet;
    stage.links.delays = Delays::Distribution(Distribution::Uniform {
        min: Duration::from_millis(10),
        max: Duration::from_millis(200),
    });
    let said: Vec<u32> = (0..200).map(|nth| stage.say(1_000 + nth, 0, 1)).collect();
    let heard = stage.play().heard(1);
    assert_eq!(heard.iter().map(|(_, message)| *message).collect::<Vec<_>>(), said);
    // Some packet was held up by a slower one before it.
    assert!(heard.windows(2).any(|pair| pair[0].0 == pair[1].0));
}

#[test]
fn a_machine_without_a_node_refuses_and_a_dead_one_does_not_answer() {
    let again = (5_000, 600_000, End::Leave);
    for (lives, told) in [
        (vec![again], 1_100),
        (vec![(0, 500, End::Leave), again], 1_100),
        (vec![(0, 500, End::Crash(CrashKind::Reset)), again], 1_100),
        (vec![(0, 500, End::Crash(CrashKind::Silent)), again], 4_000),
        (vec![(0, 100, End::Crash(CrashKind::Silent)), (200, 500, End::Leave)], 1_100),
    ] {
        let mut stage = Stage::new(2);
        stage.lives(1, &lives);
        let message = stage.say(1_000, 0, 1);
        let played = stage.play();
        assert_eq!(played.downs(0), [(ms(told), 1)], "{lives:?}");
        assert_eq!(played.lost(), [(message, "broken")]);
    }
}

#[test]
fn a_dial_through_a_cut_is_not_refused() {
    let mut stage = Stage::new(2);
    stage.lives(1, &[(0, 500, End::Leave)]);
    stage.partition(1_000, 5_000, &[0, 1], false);
    stage.say(1_000, 0, 1);
    assert_eq!(stage.play().downs(0), [(ms(4_000), 1)]);
    let mut stage = Stage::new(2);
    stage.lives(1, &[(0, 500, End::Leave)]);
    stage.partition(1_000, 1_500, &[0, 1], false);
    stage.say(1_000, 0, 1);
    // SYNs leave at 1000, 1200 and 1600.
    assert_eq!(stage.play().downs(0), [(ms(1_700), 1)]);
}

#[test]
fn a_dial_is_repeated_until_the_peer_is_up() {
    // SYNs leave at 0, 200, 600 and 1400 and arrive 50 later; one at 3000 could not be answered in time.
    for (up_at, heard_at) in [(40, 150), (60, 350), (251, 750), (1_450, 1_550)] {
        let mut stage = Stage::new(2);
        stage.lives(1, &[(0, 10, End::Crash(CrashKind::Silent)), (up_at, 600_000, End::Leave)]);
        let message = stage.say(0, 0, 1);
        assert_eq!(stage.play().heard(1), [(ms(heard_at), message)], "up at {up_at}");
    }
    let mut stage = Stage::new(2);
    stage.lives(1, &[(0, 10, End::Crash(CrashKind::Silent)), (1_451, 600_000, End::Leave)]);
    stage.say(0, 0, 1);
    let played = stage.play();
    assert_eq!((played.heard(1), played.downs(0)), (vec![], vec![(ms(3_000), 1)]));
}

#[test]
fn who_cannot_be_dialed_can_dial_and_be_answered() {
    let mut stage = Stage::new(2);
    stage.links.classes = vec![Class::default(), Class { reachable: false, ..Class::default() }];
    stage.links.class_of = vec![0, 1];
    let in_vain = stage.say(0, 0, 1);
    let out = stage.say(4_000, 1, 0);
    let answer = stage.say(5_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(in_vain, "broken")]);
    assert_eq!(played.downs(0), [(ms(3_000), 1)]);
    assert_eq!(played.heard(0), [(ms(4_150), out)]);
    assert_eq!(played.heard(1), [(ms(5_050), answer)]);
}
