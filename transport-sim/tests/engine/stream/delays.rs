//! Delays of packets, whatever their law.

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;
use floodnet_sim::link::Delays;

use crate::common::ms;
use crate::common::stage::Stage;

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
