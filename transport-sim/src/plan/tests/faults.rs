//! What goes wrong.

use super::*;

#[test]
fn crashes_are_cut_out_of_lives() {
    let mut spec = still(4);
    let crash = |slots: &[u32], back| {
        FaultKind::Crash(Crash { fraction: None, slots: Some(slots.to_vec()), kind: CrashKind::Reset, back })
    };
    // Listed out of order, and one beyond the end.
    spec.faults = vec![
        Fault { at: secs(300).into(), kind: crash(&[1, 2], None) },
        Fault { at: secs(100).into(), kind: crash(&[1], Some(secs(50).into())) },
        Fault { at: secs(590).into(), kind: crash(&[3], Some(secs(50).into())) },
        Fault { at: secs(600).into(), kind: crash(&[0], None) },
    ];
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let down = End::Crash(CrashKind::Reset);
    let life = |start, stop| Life { start: at(start), stop: at(stop), end: down };
    let whole = Life { start: at(0), stop: Time::MAX, end: End::Leave };
    let expected = [vec![whole], vec![life(0, 100), life(150, 300)], vec![life(0, 300)], vec![life(0, 590)]];
    assert_eq!(plan.lives, expected.map(Lives::from));
    let spans: Vec<(&str, Time, Time)> =
        plan.faults.iter().map(|span| (span.name, span.from, span.until)).collect();
    assert_eq!(
        spans,
        [("crash", at(300), at(300)), ("crash", at(100), at(150)), ("crash", at(590), at(590))]
    );
    assert_eq!(plan.disturbances, []);
}

#[test]
fn fractions_count_those_that_are_up() {
    let mut spec = still(1_000);
    let half = |kind| FaultKind::Crash(Crash { fraction: Some(0.5), slots: None, kind, back: None });
    spec.faults = vec![
        Fault { at: secs(100).into(), kind: half(CrashKind::Silent) },
        Fault { at: secs(200).into(), kind: half(CrashKind::Reset) },
        Fault { at: secs(300).into(), kind: FaultKind::Pause(Pause::once(0.1, (secs(1)).into())) },
        Fault {
            at: secs(50).into(),
            kind: FaultKind::Slow(Slow { fraction: 0.25, factor: 2.5, lasts: (secs(1)).into() }),
        },
    ];
    let plan = spec.draw(1).unwrap();
    let dead = |kind| lives_of(&plan).iter().filter(|life| life.end == End::Crash(kind)).count();
    assert_eq!((dead(CrashKind::Silent), dead(CrashKind::Reset)), (500, 250));
    // In order of time.
    let DisturbanceKind::Slow { slots, factor_permille } = &plan.disturbances[0].kind else {
        panic!("slow first")
    };
    assert_eq!((slots.len(), *factor_permille), (250, 2_500));
    let DisturbanceKind::Pause(slots) = &plan.disturbances[1].kind else { panic!("pause second") };
    assert_eq!(slots.len(), 25);
    assert!((0..1_000).all(|slot| !slots.contains(slot) || plan.life_at(slot, at(300)).is_some()));
}

#[test]
fn a_pause_in_turns_stops_the_same_slots_each_time() {
    let mut spec = still(100);
    let (still_for, awake) = (secs(3).into(), secs(1).into());
    let pause = Pause { still: Some(still_for), awake: Some(awake), ..Pause::once(0.2, secs(10).into()) };
    spec.faults = vec![Fault { at: secs(50).into(), kind: FaultKind::Pause(pause) }];
    let plan = spec.draw(1).unwrap();
    let when: Vec<_> = plan.disturbances.iter().map(|fault| (fault.from, fault.until)).collect();
    assert_eq!(when, [(at(50), at(53)), (at(54), at(57)), (at(58), at(60))]);
    assert!(plan.disturbances.iter().all(|fault| fault.kind == plan.disturbances[0].kind));
    assert_eq!((plan.faults[0].from, plan.faults[0].until, plan.faults[0].slots), (at(50), at(60), 20));
}

#[test]
fn partitions_have_exact_sizes_and_cuts_are_sorted() {
    let mut spec = still(11);
    let groups = vec![0.5, 0.25, 0.25];
    spec.faults = vec![
        Fault {
            at: secs(10).into(),
            kind: FaultKind::Partition(Partition { groups, lasts: (secs(10)).into(), one_way: true }),
        },
        Fault {
            at: secs(30).into(),
            kind: FaultKind::Cut(Cut {
                links: vec![Ends(5, 2), Ends(1, 0), Ends(2, 5)],
                lasts: secs(5).into(),
            }),
        },
        Fault { at: secs(40).into(), kind: FaultKind::Loss(Loss { share: 0.5, lasts: (secs(5)).into() }) },
    ];
    let plan = spec.draw(1).unwrap();
    let DisturbanceKind::Partition { group, one_way: true } = &plan.disturbances[0].kind else {
        panic!("a partition")
    };
    let sizes = [0, 1, 2].map(|wanted| group.iter().filter(|&&found| found == wanted).count());
    // Quotas 5.5, 2.75, 2.75.
    assert_eq!(sizes, [5, 3, 3]);
    let find = |wanted| group.iter().position(|&found| found == wanted).unwrap() as u32;
    let (low, high) = (find(0), find(2));
    assert!(plan.is_cut(low, high, at(10)) && !plan.is_cut(high, low, at(10)));
    assert!(!plan.is_cut(low, high, at(20)));
    assert_eq!(plan.disturbances[1].kind, DisturbanceKind::CutLinks(vec![(0, 1), (2, 5)]));
    assert!(plan.is_cut(5, 2, at(34)) && plan.is_cut(2, 5, at(34)) && !plan.is_cut(5, 2, at(35)));
    assert_eq!(plan.disturbances[2].kind, DisturbanceKind::Loss(1 << 31));
}

#[test]
fn a_fault_says_how_many_slots_it_hits() {
    let crash = |fraction, slots: Option<Vec<u32>>| {
        FaultKind::Crash(Crash { fraction, slots, kind: CrashKind::Silent, back: None })
    };
    let lasts = secs(10).into();
    let partition =
        |groups: &[f64]| FaultKind::Partition(Partition { groups: groups.to_vec(), lasts, one_way: false });
    let cut = |links: &[(u32, u32)]| {
        FaultKind::Cut(Cut { links: links.iter().map(|&(a, b)| Ends(a, b)).collect(), lasts })
    };
    // Slot 0 is down from 50 s on.
    let earlier = Fault { at: secs(50).into(), kind: crash(None, Some(vec![0])) };
    for (kind, hits) in [
        (crash(Some(0.1), None), 2),
        (crash(Some(0.02), None), 0),
        (crash(None, Some(vec![0])), 0),
        (crash(None, Some(vec![0, 1])), 1),
        (partition(&[0.98, 0.02]), 0),
        (partition(&[0.5, 0.5]), 19),
        (cut(&[(0, 1)]), 0),
        (cut(&[(0, 1), (1, 2), (2, 3)]), 3),
        (FaultKind::Loss(Loss { share: 0.5, lasts }), 19),
        (FaultKind::Slow(Slow { fraction: 0.5, factor: 2.0, lasts }), 10),
        (FaultKind::Slow(Slow { fraction: 0.02, factor: 2.0, lasts }), 0),
        (FaultKind::Pause(Pause::once(0.02, lasts)), 0),
        (FaultKind::Pause(Pause::once(1.0, lasts)), 19),
    ] {
        let mut spec = still(20);
        spec.faults = vec![earlier.clone(), Fault { at: secs(100).into(), kind: kind.clone() }];
        let plan = spec.draw(1).unwrap();
        assert_eq!((plan.faults[0].slots, plan.faults[1].slots), (1, hits), "{kind:?}");
    }
}
