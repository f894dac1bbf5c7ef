//! Connections by small cases. Every link takes 50 ms, so a dial takes 100 and its first message 150.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_sim::link::Delays;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};
use floodnet_sim::spec::{Class, Per};

use crate::common::ms;
use crate::common::script::Step::{Disconnect, Keep, Say};
use crate::common::stage::Stage;

/// Longer than any cut here: pings find none, so what is sent meanwhile decides.
const PATIENT: Duration = Duration::from_secs(200);
/// Every packet is lost.
const ALL: DisturbanceKind = DisturbanceKind::Loss(u32::MAX);

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

#[test]
fn a_lost_attempt_is_repeated_after_pauses_that_double() {
    // Nothing follows, so timers tell: 200 and a round trip of 100. The first attempt after 300 is a probe and
    // does not count; the others are 600, 1200, 2400, 4800 and 9600 after the first.
    for (clear_after, delay) in
        [(1, 300), (300, 300), (301, 600), (601, 1_200), (2_401, 4_800), (4_801, 9_600)]
    {
        let mut stage = Stage::new(2);
        stage.say(0, 0, 1);
        stage.disturb(1_000, 1_000 + clear_after, ALL);
        let message = stage.say(1_000, 0, 1);
        assert_eq!(stage.play().heard(1)[1], (ms(1_000 + delay + 50), message), "clear after {clear_after}");
    }
}

#[test]
fn what_follows_a_repeated_packet_waits_for_it() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.disturb(1_000, 1_150, ALL);
    let repeated = stage.say(1_000, 0, 1);
    let follows = stage.say(1_200, 0, 1);
    assert_eq!(stage.play().heard(1)[1..], [(ms(1_350), repeated), (ms(1_350), follows)]);
}

#[test]
fn where_packets_follow_each_other_the_next_tells_of_a_loss() {
    let heard = |gap: u64| {
        let mut stage = Stage::new(2);
        let before = 60;
        // Those before the loss and behind it are evenly spaced.
        (0..200).for_each(|nth| {
            stage.say(1_000 + nth * gap, 0, 1);
        });
        let at = 1_000 + before * gap;
        // A cut, not a loss: that would also hold down the window.
        stage.disturb(at, at + 1, DisturbanceKind::CutLinks(vec![(0, 1)]));
        let heard = stage.play().heard(1);
        (heard[60].0, at)
    };
    // 10 ms apart: the first behind it is known of after 110, the third after 130, which is later than the
    // reordering window of 125 (a quarter of the round trip).
    let (told, at) = heard(10);
    assert_eq!(told, ms(at + 125 + 50));
    // 5 ms apart: three are known of after 115.
    let (told, at) = heard(5);
    assert_eq!(told, ms(at + 115 + 50));
    // 150 ms apart: the next, and a round trip. 250 apart: the timer is earlier.
    let (told, at) = heard(150);
    assert_eq!(told, ms(at + 250 + 50));
    let (told, at) = heard(250);
    assert_eq!(told, ms(at + 300 + 50));
}

#[test]
fn a_lost_retransmission_waits_for_the_timer_where_nothing_is_in_flight() {
    let mut stage = Stage::new(2);
    let all: Vec<u32> = (0..20).map(|nth| stage.say(1_000 + nth * 150, 0, 1)).collect();
    // Lost at 2500; the next at 2650 is acknowledged at 2750, and what leaves then is lost as well: 300 later.
    stage.disturb(2_500, 2_501, ALL);
    stage.disturb(2_750, 2_751, ALL);
    assert_eq!(stage.play().heard(1)[10], (ms(2_750 + 300 + 50), all[10]));
}

#[test]
fn a_lost_dial_is_repeated() {
    let mut stage = Stage::new(2);
    stage.disturb(0, 500, ALL);
    let message = stage.say(0, 0, 1);
    assert_eq!(stage.play().heard(1), [(ms(1_000 + 150), message)]);
}

#[test]
fn a_dial_that_is_lost_again_is_repeated_each_second_before_that_doubles() {
    // SYNs leave at 0, 1, 2, 3, 4, 5, 7 and 11 s; with a timeout of 1.5 s at 0, 1.5, 3, 4.5 and 6 s.
    for (rto, clear_at, leaves) in
        [(200, 4_001, 5_000), (200, 5_001, 7_000), (200, 7_001, 11_000), (1_500, 4_501, 6_000)]
    {
        let mut stage = Stage::new(2);
        stage.links.spec.rto = Duration::from_millis(rto).into();
        stage.links.spec.dial_timeout = Duration::from_secs(20).into();
        stage.disturb(0, clear_at, ALL);
        let message = stage.say(0, 0, 1);
        assert_eq!(stage.play().heard(1), [(ms(leaves + 150), message)], "clear at {clear_at}");
    }
}

#[test]
fn a_dial_that_crawls_is_repeated_as_well() {
    let mut stage = Stage::new(2);
    let all = [0, 1].into_iter().collect();
    stage.disturb(0, 100, DisturbanceKind::Slow { slots: all, factor_permille: 100_000 });
    let message = stage.say(0, 0, 1);
    // The first SYN takes 5 s, longer than the dial may; the second leaves at 200.
    assert_eq!(stage.play().heard(1), [(ms(350), message)]);
}

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

#[test]
fn a_goodbye_comes_behind_the_data() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    let last_words = stage.act(1_000, 0, 100, &[Say(1), Disconnect(1)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_050), last_words));
    assert_eq!(played.downs(1), [(ms(1_050), 0)]);
    assert_eq!(played.downs(0), [], "who closes is not told");
}

#[test]
fn a_goodbye_waits_for_a_repeated_packet_whatever_the_peer_sends() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.disturb(1_000, 1_100, ALL);
    let repeated = stage.say(1_050, 0, 1);
    stage.act(1_150, 0, 100, &[Disconnect(1)]);
    // This reaches a closed connection at 1200, before the repeated packet leaves at 1350.
    let in_vain = stage.say(1_150, 1, 0);
    let played = stage.play();
    assert_eq!(played.lost(), [(in_vain, "stale")]);
    assert_eq!(played.heard(1)[1], (ms(1_400), repeated));
    assert_eq!(played.downs(1), [(ms(1_400), 0)]);
}

#[test]
fn after_a_goodbye_the_next_message_dials_anew() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    let both = stage.act(1_000, 0, 100, &[Disconnect(1), Say(1)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_150), both));
    assert_eq!(played.downs(1), [(ms(1_050), 0)]);
}

#[test]
fn an_idle_connection_closes_unless_it_is_kept() {
    let mut stage = Stage::new(4);
    stage.say(0, 0, 1);
    stage.act(0, 2, 100, &[Say(1)]);
    stage.act(0, 1, 100, &[Keep(2)]);
    // Slot 1 looks for idle connections when somebody dials it.
    stage.say(29_000, 3, 1);
    stage.say(35_000, 1, 2);
    stage.act(40_000, 3, 100, &[Disconnect(1), Say(1)]);
    let played = stage.play();
    assert_eq!(played.downs(0), [(ms(40_100), 1)]);
    assert_eq!((played.downs(2), played.downs(3)), (vec![], vec![]));
}

#[test]
fn of_two_connections_with_a_peer_one_may_be_idle() {
    let mut stage = Stage::new(4);
    // Slot 1 dials for the second time, so that both ends take the connection that slot 0 dialed.
    stage.say(0, 1, 2);
    stage.say(0, 0, 1);
    stage.say(0, 1, 0);
    stage.say(20_000, 0, 1);
    stage.say(21_000, 1, 0);
    stage.say(40_000, 3, 1);
    let played = stage.play();
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]));
    assert_eq!(played.downs(2), [(ms(40_100), 1)], "nobody used this one");
}

#[test]
fn jitter_adds_up_to_its_bound() {
    let mut stage = Stage::new(2);
    stage.links.spec.jitter = Duration::from_millis(20).into();
    stage.say(0, 0, 1);
    for nth in 1..300 {
        stage.say(1_000 + 100 * nth, 0, 1);
    }
    let heard = stage.play().heard(1);
    let late: Vec<u64> =
        (1..300u64).map(|nth| heard[nth as usize].0.since(ms(1_000 + 100 * nth + 50)).as_nanos()).collect();
    assert!(late.iter().all(|&late| late < 20_000_000), "{late:?}");
    // 299 uniform draws: their mean is 10 ms within 5 standard errors of 0.33 ms.
    let mean = late.iter().sum::<u64>() / 299;
    assert!(mean.abs_diff(10_000_000) < 1_670_000, "mean {mean} ns");
}

#[test]
fn what_is_sent_elsewhere_changes_no_draw() {
    let heard = |extra: bool| {
        let mut stage = Stage::new(3);
        stage.links.spec.jitter = Duration::from_millis(20).into();
        stage.links.spec.loss = 0.25;
        stage.links.spec.dial_timeout = Duration::from_secs(20).into();
        // The dial to slot 2 comes before that to slot 1, or never.
        if extra {
            stage.say(0, 0, 2);
        }
        let said: Vec<u32> = (0..50).map(|nth| stage.say(1_000 + 5_000 * nth, 0, 1)).collect();
        let heard: Vec<_> = stage.play().heard(1).into_iter().map(|(at, _)| at).collect();
        assert_eq!(heard.len(), said.len());
        heard
    };
    assert_eq!(heard(true), heard(false));
}

#[test]
fn delays_may_be_longer_than_the_first_pause() {
    let mut stage = Stage::new(2);
    stage.links.delays = Delays::Distribution(Distribution::Constant(Duration::from_millis(250)));
    let first = stage.say(0, 0, 1);
    let second = stage.say(2_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(750), first), (ms(2_250), second)]);
    assert_eq!(played.downs(0), []);
}

#[test]
fn delays_may_be_longer_than_what_a_table_holds() {
    let mut stage = Stage::new(2);
    stage.links.delays = Delays::Distribution(Distribution::Constant(Duration::from_secs(6)));
    stage.links.spec.dial_timeout = Duration::from_secs(30).into();
    stage.links.spec.dead_after = Duration::from_secs(20).into();
    let first = stage.say(0, 0, 1);
    let second = stage.say(20_000, 0, 1);
    let answer = stage.say(30_000, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(18_000), first), (ms(26_000), second)]);
    assert_eq!(played.heard(0), [(ms(36_000), answer)]);
}
