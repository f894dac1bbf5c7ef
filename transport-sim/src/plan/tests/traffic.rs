//! Who publishes when.

use super::*;

#[test]
fn messages_come_in_their_time_and_order() {
    let mut spec = still(10);
    let crash =
        FaultKind::Crash(Crash { fraction: None, slots: Some(vec![3]), kind: CrashKind::Silent, back: None });
    spec.faults = vec![Fault { at: secs(100).into(), kind: crash }];
    spec.traffic = vec![
        messages(Origin::Slot(4), Timing::Every(secs(1).into())),
        messages(Origin::Slot(3), Timing::Every(secs(2).into())),
    ];
    spec.traffic[1].stop = Duration::MAX.into();
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let of = |slot| plan.publishes.iter().filter(|one| one.slot == slot).collect::<Vec<_>>();
    assert_eq!((of(4).len(), of(4)[0].at, of(4)[449].at), (450, at(90), at(539)));
    // 90, 92, 94, 96 and 98 s; the other 250 until the end fall into the time after the crash.
    assert_eq!((of(3).len(), plan.skipped), (5, 250));
    // At equal times the scenario's order holds.
    assert_eq!((plan.publishes[0].slot, plan.publishes[1].slot), (4, 3));
}

#[test]
fn more_than_memory_holds_is_refused() {
    let mut spec = still(1 << 24);
    spec.traffic = vec![messages(Origin::Random, Timing::Every(secs(1).into()))];
    spec.traffic[0].stop = (spec.traffic[0].start.0 + secs(4_097)).into();
    spec.duration = Duration::from_secs(10_000);
    let refused = spec.draw(1).unwrap_err();
    assert_eq!(refused.key, "traffic");
    assert!(refused.title.starts_with("4097 messages to 16777216 slots each"), "{refused}");
    spec.nodes.count = Some(crate::spec::MOST_SLOTS + 1);
    assert_eq!(spec.check().unwrap_err().key, "nodes.count");
}

#[test]
fn random_origins_are_uniform_among_those_that_are_up() {
    let mut spec = still(1_000);
    // All but ten are dead: here the place in the crowd decides as often as not.
    let crash = FaultKind::Crash(Crash {
        fraction: None,
        slots: Some((10..1_000).collect()),
        kind: CrashKind::Silent,
        back: None,
    });
    spec.faults = vec![Fault { at: secs(1).into(), kind: crash }];
    spec.traffic = vec![messages(Origin::Random, Timing::Every(Duration::from_millis(45).into()))];
    let plan = spec.draw(2).unwrap();
    check_invariants(&plan, &spec);
    assert_eq!((plan.publishes.len(), plan.skipped), (10_000, 0));
    let counts: Vec<usize> =
        (0..10).map(|slot| plan.publishes.iter().filter(|one| one.slot == slot).count()).collect();
    // Standard deviation 30.
    assert!(counts.iter().all(|count| count.abs_diff(1_000) < 150), "{counts:?}");
}

#[test]
fn nobody_up_means_nothing_published() {
    let mut spec = still(3);
    spec.nodes.entry = 0;
    let session = Session { slot: 1, up: at(100), down: at(200) };
    recorded(&mut spec, vec![session], 0.0);
    spec.traffic = vec![messages(Origin::Random, Timing::Every(secs(10).into()))];
    let plan = spec.draw(1).unwrap();
    assert!(plan.publishes.iter().all(|one| one.slot == 1));
    assert_eq!((plan.publishes.len(), plan.skipped), (10, 35));
}

#[test]
fn poisson_messages_have_their_rate() {
    let mut spec = still(10);
    spec.traffic = vec![messages(Origin::Random, Timing::Poisson(Duration::from_millis(45).into()))];
    let plan = spec.draw(4).unwrap();
    assert_eq!(plan.publishes[0].at, at(90));
    // 10,001 in the mean, standard deviation 100.
    assert!(plan.publishes.len().abs_diff(10_001) < 500, "{}", plan.publishes.len());
    assert!(plan.publishes.iter().all(|one| one.at < at(540)));
}
