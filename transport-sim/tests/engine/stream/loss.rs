//! Packets that are lost and repeated, and what waits for them.

use floodnet_core::time::Duration;
use floodnet_sim::plan::DisturbanceKind;

use super::ALL;
use crate::common::ms;
use crate::common::stage::Stage;

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
