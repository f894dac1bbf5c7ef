//! Leaves, crashes, rebirths, pauses and slow slots, as the neighbors see them.

use floodnet_core::broadcast::{Flood, flood};
use floodnet_core::node::{Config, Node};
use floodnet_core::observe::Observation;
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::time::Duration;
use floodnet_sim::Simulation;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End};

use crate::common::script::Step::{Disconnect, Ring, Say};
use crate::common::stage::{Played, Stage};
use crate::common::{Log, ms};

const SILENT: End = End::Crash(CrashKind::Silent);
const RESET: End = End::Crash(CrashKind::Reset);
const ALL: DisturbanceKind = DisturbanceKind::Loss(u32::MAX);

/// Slots 0 and 1 with an open connection that 0 dialed. 0 has these lives.
fn pair(lives: &[(u64, u64, End)]) -> Stage {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.lives(0, lives);
    stage
}

/// When slot 1 heard that slot 0 is gone: once.
fn down_once(played: &Played) -> u64 {
    match played.downs(1)[..] {
        [(at, 0)] => at.as_nanos() / 1_000_000,
        ref other => panic!("not told once: {other:?}"),
    }
}

#[test]
fn who_leaves_says_goodbye() {
    let mut stage = pair(&[(0, 2_000, End::Leave)]);
    let last = stage.say(1_999, 0, 1);
    let too_late = stage.say(1_960, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(2_049), last));
    assert_eq!(played.downs(1), [(ms(2_050), 0)]);
    assert_eq!(played.downs(0), []);
    assert_eq!(played.lost(), [(too_late, "down")]);
}

#[test]
fn a_goodbye_is_repeated_like_data() {
    let mut stage = pair(&[(0, 2_000, End::Leave)]);
    stage.disturb(1_940, 2_100, ALL);
    let last = stage.say(1_000, 0, 1);
    let played = stage.play();
    // Attempts of the goodbye at 2000 and 2300.
    assert_eq!(played.heard(1)[1], (ms(1_050), last));
    assert_eq!(played.downs(1), [(ms(2_350), 0)]);
}

#[test]
fn a_reset_is_known_after_one_delay() {
    let mut stage = pair(&[(0, 2_000, RESET)]);
    let last = stage.say(1_990, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(2_040), last));
    assert_eq!(played.downs(1), [(ms(2_050), 0)]);
}

#[test]
fn silence_is_noticed_between_two_probes() {
    let mut told = Vec::new();
    for seed in 0..100 {
        let mut stage = pair(&[(0, 2_000, SILENT)]);
        stage.plan.seed = seed;
        let last = stage.say(1_990, 0, 1);
        let in_vain = stage.say(2_500, 1, 0);
        let played = stage.play();
        assert_eq!(played.heard(1)[1], (ms(2_040), last), "what had left arrives");
        assert_eq!(played.lost(), [(in_vain, "down")]);
        told.push(down_once(&played));
    }
    // 3 s less a uniform part of the 1 s between probes.
    assert!(told.iter().all(|told| (4_000..=5_000).contains(told)), "{told:?}");
    let mean = told.iter().sum::<u64>() / 100;
    assert!(mean.abs_diff(4_500) < 150, "mean {mean}: five standard errors are 144");
}

#[test]
fn what_had_left_arrives_before_the_news() {
    let mut stage = pair(&[(0, 1_030, SILENT)]);
    let far = Duration::from_secs(10);
    // A slow packet is under way for longer than silence takes to be noticed.
    stage.disturb(
        1_000,
        1_020,
        DisturbanceKind::Slow { slots: [0].into_iter().collect(), factor_permille: 200_000 },
    );
    let slow = stage.say(1_010, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1)[1], (ms(1_010) + far, slow));
    assert_eq!(played.downs(1), [(ms(1_010) + far, 0)]);
}

#[test]
fn the_dead_send_nothing() {
    for end in [SILENT, RESET] {
        // The message waits for the handshake, which takes until 100.
        let mut stage = pair(&[(0, 99, end)]);
        let waits = 0;
        assert_eq!(stage.play().lost(), [(waits, "down")]);
        // The message is to be repeated at 1200.
        stage = pair(&[(0, 1_199, end)]);
        stage.disturb(1_000, 1_100, ALL);
        let repeated = stage.say(1_000, 0, 1);
        let behind = stage.say(1_150, 0, 1);
        assert_eq!(stage.play().lost(), [(repeated, "down"), (behind, "down")]);
        // The dial is to be repeated at 1000.
        stage = pair(&[(0, 999, end)]);
        stage.disturb(0, 100, ALL);
        let played = stage.play();
        assert_eq!((played.heard(1), played.downs(1)), (vec![], vec![]));
    }
    // Who leaves is gone when all is said.
    let mut stage = pair(&[(0, 99, End::Leave)]);
    stage.disturb(0, 50, ALL);
    let played = stage.play();
    assert_eq!((played.heard(1), played.downs(1)), (vec![(ms(1_150), 0)], vec![(ms(1_150), 0)]));
}

#[test]
fn a_dial_in_progress_does_not_leave_a_connection_half_open() {
    for end in [SILENT, RESET, End::Leave] {
        // The SYN arrives at 50, the dialer is gone by then.
        let stage = pair(&[(0, 30, end)]);
        let played = stage.play();
        let told = down_once(&played);
        assert!(told >= 50, "told at {told}");
    }
}

#[test]
fn a_reborn_slot_knows_nothing_of_its_former_connections() {
    let mut stage = pair(&[(0, 2_000, SILENT), (2_100, 600_000, End::Leave)]);
    let stale = stage.say(2_200, 1, 0);
    let redialed = stage.say(3_000, 1, 0);
    let played = stage.play();
    assert_eq!(played.lost(), [(stale, "stale")]);
    assert_eq!(played.downs(1), [(ms(2_300), 0)], "the kernel's reset, and nothing more later");
    assert_eq!(played.heard(0), [(ms(3_150), redialed)]);
}

#[test]
fn a_reborn_slot_that_dials_ends_its_former_connection_first() {
    for dialer in [0, 1] {
        let mut stage = Stage::new(2);
        stage.say(0, dialer, 1 - dialer);
        stage.lives(0, &[(0, 2_000, SILENT), (2_100, 600_000, End::Leave)]);
        let dials = stage.say(2_200, 0, 1);
        let under_way = stage.say(2_240, 1, 0);
        let answer = stage.say(2_300, 1, 0);
        let played = stage.play();
        assert_eq!(played.downs(1), [(ms(2_250), 0)], "with the SYN, before the message");
        assert_eq!(*played.heard(1).last().unwrap(), (ms(2_350), dials));
        assert_eq!(played.lost(), [(under_way, "stale")]);
        assert_eq!(*played.heard(0).last().unwrap(), (ms(2_350), answer));
    }
}

#[test]
fn a_timer_comes_back_once_and_only_in_its_own_life() {
    let mut stage = Stage::new(2);
    let five = Ring(Duration::from_secs(5));
    stage.lives(0, &[(0, 2_000, SILENT), (3_000, 600_000, End::Leave)]);
    stage.act(1_000, 0, 0, &[five]);
    stage.act(4_000, 0, 0, &[five]);
    stage.act(1_000, 1, 0, &[five, five]);
    let played = stage.play();
    assert_eq!(played.rings(0), [ms(9_000)]);
    assert_eq!(played.rings(1), [ms(6_000), ms(6_000)]);
}

#[test]
fn a_short_pause_delays_and_keeps_the_order() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.disturb(1_000, 2_000, DisturbanceKind::Pause([1].into_iter().collect()));
    stage.act(500, 1, 0, &[Ring(Duration::from_secs(1))]);
    let before = stage.say(949, 0, 1);
    let waiting = [stage.say(950, 0, 1), stage.say(1_100, 0, 1), stage.say(1_900, 0, 1)];
    let own = stage.say(1_500, 1, 0);
    let played = stage.play();
    let at_the_end = waiting.map(|message| (ms(2_000), message));
    assert_eq!(played.heard(1)[1], (ms(999), before));
    assert_eq!(played.heard(1)[2..], at_the_end);
    assert_eq!(played.rings(1), [ms(2_000)]);
    assert_eq!(played.heard(0), [(ms(2_050), own)]);
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]));
}

#[test]
fn a_paused_node_reads_to_the_end_before_it_hears_goodbye() {
    let mut stage = Stage::new(2);
    stage.say(0, 0, 1);
    stage.disturb(1_000, 2_000, DisturbanceKind::Pause([1].into_iter().collect()));
    let words = stage.say(1_100, 0, 1);
    let last_words = stage.act(1_200, 0, 100, &[Say(1), Disconnect(1)]);
    let anew = stage.say(1_300, 0, 1);
    let played = stage.play();
    assert_eq!(played.heard(1)[1..], [words, last_words, anew].map(|message| (ms(2_000), message)));
    assert_eq!(played.downs(1), [(ms(2_000), 0)]);
    assert_eq!(played.lost(), []);
}

#[test]
fn a_dial_waits_for_a_paused_node_that_dials_when_it_awakes() {
    let mut stage = Stage::new(2);
    stage.disturb(1_000, 2_000, DisturbanceKind::Pause([1].into_iter().collect()));
    let there = stage.say(1_100, 0, 1);
    // A publication of the paused node waits as well, and comes before what the network brings.
    let back = stage.say(1_200, 1, 0);
    let played = stage.play();
    assert_eq!(played.heard(1), [(ms(2_000), there)]);
    assert_eq!(played.heard(0), [(ms(2_150), back)]);
    assert_eq!((played.downs(0), played.downs(1)), (vec![], vec![]));
}

#[test]
fn a_long_pause_looks_like_death() {
    for seed in 0..50 {
        let mut stage = Stage::new(2);
        stage.plan.seed = seed;
        stage.say(0, 0, 1);
        stage.disturb(1_000, 10_000, DisturbanceKind::Pause([0].into_iter().collect()));
        let in_vain = stage.say(1_500, 1, 0);
        let again = stage.say(20_000, 1, 0);
        let played = stage.play();
        let told = down_once(&played);
        assert!((3_000..=4_000).contains(&told), "told at {told}");
        assert_eq!(played.downs(0), [(ms(10_000), 1)], "the paused node finds it out when it awakes");
        assert_eq!(played.lost(), [(in_vain, "stale")]);
        assert_eq!(played.heard(0), [(ms(20_150), again)]);
    }
}

#[test]
fn what_waits_for_a_paused_node_dies_with_it() {
    for reborn in [false, true] {
        let mut stage = Stage::new(2);
        let second = (1_600, 600_000, End::Leave);
        let lives = [(0, 1_500, RESET), second];
        stage.lives(1, if reborn { &lives } else { &lives[..1] });
        stage.disturb(1_000, 2_000, DisturbanceKind::Pause([1].into_iter().collect()));
        stage.say(1_100, 0, 1);
        let played = stage.play();
        assert_eq!(played.heard(1), []);
        assert_eq!(played.downs(0).len(), 1, "reborn: {reborn}");
    }
}

#[test]
fn a_slow_slot_takes_longer_both_ways() {
    let mut stage = Stage::new(3);
    stage.say(0, 0, 1);
    stage.say(0, 0, 2);
    stage.disturb(
        1_000,
        2_000,
        DisturbanceKind::Slow { slots: [1].into_iter().collect(), factor_permille: 3_500 },
    );
    let there = stage.say(1_000, 0, 1);
    let elsewhere = stage.say(1_000, 0, 2);
    let back = stage.say(1_100, 1, 0);
    let last = stage.say(1_999, 0, 1);
    let behind = stage.say(2_000, 0, 1);
    let free = stage.say(3_000, 0, 1);
    let played = stage.play();
    assert_eq!(
        played.heard(1)[1..],
        [(ms(1_175), there), (ms(2_174), last), (ms(2_174), behind), (ms(3_050), free)]
    );
    assert_eq!(played.heard(2)[1], (ms(1_050), elsewhere));
    assert_eq!(played.heard(0), [(ms(1_275), back)]);
}

/// Its peers do not know yet that it was gone, and would believe in the former links for two minutes.
#[test]
fn who_comes_back_joins_at_once() {
    let mut stage = Stage::new(4);
    stage.links.spec.dead_after = floodnet_core::units::Duration::from_secs(120);
    stage.lives(3, &[(0, 5_000, SILENT), (6_000, 60_000, End::Leave)]);
    let config = Config { overlay: random_walk::Config::new(vec![0]), broadcast: flood::Config::default() };
    let make = |slot| Node::new(RandomWalk::new(slot), Flood::<u32, SimPayload>::default());
    let mut log = Log::new();
    Simulation::new(&stage.plan, &stage.links, &config, &make).run(&mut log).expect("a sound model");
    let back = ms(6_000);
    let ups = log.iter().filter(|(at, slot, what)| {
        *slot == 3 && *at >= back && matches!(what, Observed::Protocol(Observation::NeighborUp(_)))
    });
    let first = ups.map(|(at, ..)| *at).min().expect("it joins");
    assert!(first <= back + Duration::from_millis(300), "{first:?}: a dial, a request, an answer");
}
