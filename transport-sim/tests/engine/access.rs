//! Access lines: a packet takes its size over the rate on the sender's uplink and on the receiver's
//! downlink, and waits for those before it.

use floodnet_core::time::{Duration, Time};
use floodnet_sim::plan::{CrashKind, End};
use floodnet_sim::spec::Class;
use floodnet_sim::spec::units::{Rate, Size};

use crate::common::ms;
use crate::common::script::Step::{Control, Disconnect, Say};
use crate::common::stage::{Stage, on_the_line};

/// 102 bytes take 10.2 ms.
const RATE: u64 = 80_000;

/// Slots 0 and 1 with an open connection, and these lines at the two.
fn pair(lines: [Class; 2]) -> Stage {
    let mut stage = Stage::new(2);
    stage.links.classes = lines.to_vec();
    stage.links.class_of = vec![0, 1];
    stage.say(0, 0, 1);
    stage
}

fn up(rate: u64) -> Class {
    Class { up: Rate::BitsPerSecond(rate), ..Class::default() }
}

fn down(rate: u64) -> Class {
    Class { down: Rate::BitsPerSecond(rate), ..Class::default() }
}

/// Tenths of a millisecond.
fn tenths(count: u64) -> Time {
    Time::from_nanos(count * 100_000)
}

#[test]
fn the_uplink_sends_one_after_the_other() {
    let mut stage = pair([up(RATE), Class::default()]);
    let three = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
    let behind = stage.say(1_025, 0, 1);
    let alone = stage.say(2_000, 0, 1);
    assert_eq!(on_the_line(100, RATE), Duration::from_nanos(10_200_000));
    assert_eq!(
        stage.play().heard(1)[1..],
        [
            (tenths(10_602), three[0]),
            (tenths(10_704), three[1]),
            (tenths(10_806), three[2]),
            (tenths(10_908), behind),
            (tenths(20_602), alone),
        ]
    );
}

#[test]
fn the_handshake_and_the_uplink_pass_at_the_same_time() {
    // The first message is off the line at 10.2 ms and waits for the answer of the SYN at 100.
    let stage = pair([up(RATE), Class::default()]);
    assert_eq!(stage.play().heard(1), [(ms(150), 0)]);
}

#[test]
fn the_downlink_takes_in_one_after_the_other() {
    let mut stage = pair([Class::default(), down(RATE)]);
    let two = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
    let alone = stage.say(2_000, 0, 1);
    assert_eq!(
        stage.play().heard(1),
        [(tenths(1_602), 0), (tenths(10_602), two[0]), (tenths(10_704), two[1]), (tenths(20_602), alone)]
    );
}

#[test]
fn a_packet_takes_uplink_delay_and_downlink_in_turn() {
    let mut stage = pair([up(RATE), down(RATE / 2)]);
    let two = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
    // 10.2 up, 50 on the way, 20.4 down; the second is there at 1070.4 and waits until 1080.6.
    assert_eq!(stage.play().heard(1)[1..], [(tenths(10_806), two[0]), (tenths(11_010), two[1])]);
}

#[test]
fn a_downlink_serves_who_comes_first() {
    let mut stage = Stage::new(3);
    stage.links.classes = vec![down(RATE)];
    stage.say(0, 1, 0);
    stage.say(0, 2, 0);
    let late = stage.say(1_005, 1, 0);
    let early = stage.say(1_000, 2, 0);
    let heard = stage.play().heard(0);
    assert_eq!(heard[2..], [(tenths(10_602), early), (tenths(10_704), late)]);
}

#[test]
fn a_full_queue_drops_the_oldest_message_behind_the_head() {
    let mut stage = pair([up(RATE), Class::default()]);
    stage.links.spec.queue = Size(350); // three frames of 102 bytes
    let five: Vec<u32> = (0..5).map(|_| stage.say(1_000, 0, 1)).collect();
    let played = stage.play();
    assert_eq!(played.lost(), [(five[1], "queue_full"), (five[2], "queue_full")]);
    assert_eq!(
        played.heard(1)[1..],
        [(tenths(10_602), five[0]), (tenths(10_704), five[3]), (tenths(10_806), five[4])]
    );
}

#[test]
fn control_is_dropped_last() {
    let mut stage = pair([up(RATE), Class::default()]);
    stage.links.spec.queue = Size(350);
    let head = stage.say(1_000, 0, 1);
    let old = stage.say(1_000, 0, 1);
    stage.act(1_000, 0, 100, &[Control(1), Control(1)]);
    let refused = stage.say(1_000, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(old, "queue_full"), (refused, "queue_full")]);
    assert_eq!(played.heard(1)[1..], [(tenths(10_602), head)]);
}

#[test]
fn a_goodbye_waits_for_what_is_in_the_uplink() {
    let mut stage = pair([up(RATE), Class::default()]);
    let last_words = stage.act(1_000, 0, 100, &[Say(1), Disconnect(1)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (tenths(10_602), last_words));
    assert_eq!(played.downs(1), [(tenths(10_602), 0)]);
}

#[test]
fn who_leaves_says_what_it_has_to_say() {
    let mut stage = pair([up(RATE), Class::default()]);
    let last_words = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
    stage.lives(0, &[(0, 1_005, End::Leave)]);
    let played = stage.play();
    assert_eq!(played.heard(1)[1..], [(tenths(10_602), last_words[0]), (tenths(10_704), last_words[1])]);
    assert_eq!(played.downs(1), [(tenths(10_704), 0)]);
}

#[test]
fn a_crash_loses_what_waits_in_the_uplink() {
    let mut stage = pair([up(RATE), Class::default()]);
    let three = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
    stage.lives(0, &[(0, 1_011, End::Crash(CrashKind::Reset)), (1_012, 600_000, End::Leave)]);
    let reborn = stage.say(1_012, 0, 1);
    let played = stage.play();
    assert_eq!(played.lost(), [(three[1], "down"), (three[2], "down")]);
    // The reborn node finds an empty line: 1022.2 and a dial.
    assert_eq!(played.heard(1)[1..], [(tenths(10_602), three[0]), (ms(1_162), reborn)]);
    assert_eq!(played.downs(1), [(ms(1_061), 0)]);
}

#[test]
fn a_goodbye_does_not_overtake_data_in_the_downlink() {
    for end in [End::Leave, End::Crash(CrashKind::Reset)] {
        let mut stage = pair([Class::default(), down(RATE)]);
        let last_words = [stage.say(1_000, 0, 1), stage.say(1_000, 0, 1)];
        stage.lives(0, &[(0, 1_001, end)]);
        let played = stage.play();
        assert_eq!(played.heard(1)[1..], [(tenths(10_602), last_words[0]), (tenths(10_704), last_words[1])]);
        assert_eq!(played.downs(1), [(tenths(10_704), 0)]);
    }
}

#[test]
fn a_broken_connection_clears_the_uplink_for_others() {
    let mut stage = Stage::new(3);
    stage.links.classes = vec![up(RATE)];
    stage.links.spec.break_after = Duration::from_secs(1).into();
    stage.say(0, 0, 1);
    stage.say(0, 0, 2);
    stage.partition(1_000, 60_000, &[0, 1, 0], false);
    let lost: Vec<u32> = (0..3).map(|_| stage.say(1_000, 0, 1)).collect();
    let elsewhere = stage.say(1_000, 0, 2);
    let played = stage.play();
    assert_eq!(played.lost(), lost.iter().map(|&message| (message, "broken")).collect::<Vec<_>>());
    // The line does not know: those behind the first take their time on it as well.
    assert_eq!(played.heard(2)[1], (tenths(10_908), elsewhere));
    assert_eq!(played.downs(0), [(tenths(20_102), 1)]);
    assert_eq!(played.downs(1), [(tenths(20_102), 0)]);
}
