//! Who is up when.

use floodnet_core::distributions::session_preset;

use super::*;

#[test]
fn first_arrivals_are_spread_and_entry_slots_start_at_zero() {
    let mut spec = still(1_003);
    (spec.nodes.arrive, spec.nodes.entry, spec.nodes.spacing) = (secs(100).into(), 3, Spacing::Even);
    let starts: Vec<Time> = lives_of(&spec.draw(1).unwrap()).iter().map(|life| life.start).collect();
    assert_eq!(starts[..5], [at(0), at(0), at(0), at(0), Time::from_millis(100)]);
    assert_eq!(starts[1_002], Time::from_millis(99_900));

    spec.nodes.spacing = Spacing::Random;
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let starts: Vec<u64> = lives_of(&plan).iter().map(|life| life.start.as_nanos()).collect();
    assert_eq!(starts[..3], [0; 3]);
    assert!(starts[3..].iter().all(|&start| start > 0 && start < secs(100).as_nanos()));
    // Mean 50 s, standard error 0.91 s.
    let mean = starts.iter().sum::<u64>() / 1_000;
    assert!(mean.abs_diff(secs(50).as_nanos()) < secs(4).as_nanos(), "mean {mean}");
    // A further slot leaves the others where they are.
    spec.nodes.count = spec.nodes.count.map(|count| count + 1);
    assert_eq!(spec.draw(1).unwrap().lives[..1_003], plan.lives);
}

#[test]
fn flatout_sessions_last_64_minutes_in_the_mean() {
    let mut spec = still(20_000);
    spec.duration = secs(10_000_000);
    spec.nodes.entry = 0;
    let session = session_preset("flatout").unwrap();
    spec.churn = Some(churn(session, Distribution::Constant(spec.duration)));
    let lives = lives_of(&spec.draw(5).unwrap());
    let total: u64 = lives.iter().map(|life| life.stop.since(life.start).as_nanos()).sum();
    // Standard error 0.8 minutes.
    let minutes = total / 20_000 / secs(6).as_nanos();
    assert!(minutes.abs_diff(645) < 35, "{minutes} tenths of a minute");
    let mut lengths: Vec<Duration> = lives.iter().map(|life| life.stop.since(life.start)).collect();
    lengths.sort_unstable();
    let median = lengths[10_000].as_nanos() / secs(6).as_nanos();
    assert!(median.abs_diff(225) < 15, "{median} tenths of a minute");
    let crashes = lives.iter().filter(|life| life.end == End::Crash(CrashKind::Silent)).count();
    // Standard deviation 71.
    assert!(crashes.abs_diff(10_000) < 400, "{crashes} crashes of 20000");
}

#[test]
fn churn_keeps_within_its_time_and_spares_entry_slots() {
    let mut spec = still(500);
    spec.nodes.entry = 5;
    // Some arrive before churn begins, some during, some after.
    spec.nodes.arrive = secs(500).into();
    let mut churn =
        churn(Distribution::Exponential { mean: secs(50) }, Distribution::Exponential { mean: secs(50) });
    (churn.start, churn.stop) = (secs(100).into(), secs(300).into());
    spec.churn = Some(churn);
    let plan = spec.draw(7).unwrap();
    check_invariants(&plan, &spec);
    assert!(plan.lives[..5].iter().all(|lives| lives.len() == 1 && lives[0].stop == Time::MAX));
    let ends: Vec<Time> =
        lives_of(&plan).iter().map(|life| life.stop).filter(|&stop| stop < Time::MAX).collect();
    assert!(ends.len() > 200 && ends.iter().all(|&end| end >= at(100) && end < at(300)));
    for lives in &plan.lives {
        assert!(lives[1..].iter().all(|life| life.start < at(300)), "came back: {lives:?}");
        assert!(lives[0].start < at(300) || lives[0].stop == Time::MAX, "churned: {lives:?}");
    }
    // Every slot arrives, whatever churn does.
    assert!(plan.lives.iter().all(|lives| !lives.is_empty()));
    assert!(plan.lives.iter().any(|lives| lives[0].start > at(400)));
}

#[test]
fn traces_decide_who_is_up() {
    let mut spec = still(4);
    spec.nodes.arrive = secs(100).into();
    let session = |slot, up, down| Session { slot, up: at(up), down: at(down) };
    let trace = vec![session(2, 100, 700), session(2, 5, 50), session(3, 900, 950)];
    recorded(&mut spec, trace, 1.0);
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let crashed = Life { start: at(5), stop: at(50), end: End::Crash(CrashKind::Reset) };
    let open = |start| Life { start: at(start), stop: Time::MAX, end: End::Leave };
    let expected = [vec![open(0)], vec![], vec![crashed, open(100)], vec![]];
    assert_eq!(plan.lives, expected.map(Lives::from));
}
