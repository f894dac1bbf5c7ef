use floodnet_core::laws::{Law, session_preset};
use floodnet_core::rng::fold;
use floodnet_core::time::{Duration, Time};
use proptest::prelude::*;

use super::*;

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Time {
    Time::from_secs(secs)
}

/// Ten minutes of `count` slots that all start at 0 and stay.
fn still(count: u32) -> PlanSpec {
    let nodes =
        Nodes { count, arrive: Duration::ZERO, spacing: Spacing::Random, entry: 1, entry_churns: false };
    PlanSpec { duration: secs(600), nodes, churn: None, traffic: Vec::new(), faults: Vec::new() }
}

fn churn(session: Law, downtime: Law) -> Churn {
    let sessions = Sessions::Drawn { start: at(0), stop: Time::MAX, session, downtime };
    Churn { sessions, crash: 0.5, crash_kind: CrashKind::Silent }
}

fn messages(from: Origin, pace: Pace) -> Traffic {
    Traffic { from, pace, size: 100, start: at(90), stop: at(540) }
}

/// A scenario with something of everything.
fn busy(count: u32) -> PlanSpec {
    let mut spec = still(count);
    spec.nodes.arrive = secs(60);
    spec.churn =
        Some(churn(Law::Exponential { mean: secs(200) }, Law::Uniform { min: secs(1), max: secs(100) }));
    spec.traffic = vec![
        messages(Origin::Random, Pace::Poisson { mean: secs(2) }),
        messages(Origin::Slot(count / 2), Pace::Every(secs(7))),
    ];
    let crash = FaultKind::Crash { who: Struck::Fraction(0.3), kind: CrashKind::Reset, back: Some(secs(50)) };
    spec.faults = vec![
        Fault { at: at(300), kind: crash },
        Fault { at: at(200), kind: FaultKind::Pause { fraction: 0.1, lasts: secs(5) } },
    ];
    spec
}

fn lives_of(plan: &Plan) -> Vec<Life> {
    plan.lives.iter().flatten().copied().collect()
}

/// What must hold of every plan.
fn check_invariants(plan: &Plan, spec: &PlanSpec) {
    assert_eq!(plan.slots(), spec.nodes.count);
    for lives in &plan.lives {
        assert!(lives.iter().all(|life| life.start < life.stop && life.start < plan.duration), "{lives:?}");
        assert!(lives.iter().all(|life| life.stop < plan.duration || life.stop == Time::MAX), "{lives:?}");
        assert!(lives.windows(2).all(|pair| pair[0].stop < pair[1].start), "{lives:?}");
    }
    assert!(plan.publishes.windows(2).all(|pair| pair[0].at <= pair[1].at));
    for publish in &plan.publishes {
        assert!(publish.at < plan.duration);
        assert!(plan.life_at(publish.slot, publish.at).is_some(), "{publish:?} while down");
    }
    assert!(plan.disturbances.windows(2).all(|pair| pair[0].from <= pair[1].from));
    assert!(plan.disturbances.iter().all(|fault| fault.from < fault.until));
}

/// A change here changes every result of the project: it needs its own heading in CHANGELOG.md.
#[test]
fn golden_plan() {
    let plan = busy(100).draw(42).unwrap();
    let lives = lives_of(&plan)
        .iter()
        .fold(0, |hash, life| fold(hash, fold(life.start.as_nanos(), life.stop.as_nanos())));
    let publishes =
        plan.publishes.iter().fold(0, |hash, one| fold(hash, fold(one.at.as_nanos(), one.slot.into())));
    assert_eq!((lives, publishes), GOLDEN);
    assert_eq!(plan, busy(100).draw(42).unwrap());
    assert_ne!(plan.lives, busy(100).draw(43).unwrap().lives);
}
const GOLDEN: (u64, u64) = (3_714_382_226_673_220_820, 75_694_342_752_878_535);

#[test]
fn first_arrivals_are_spread_and_entry_slots_start_at_zero() {
    let mut spec = still(1_003);
    (spec.nodes.arrive, spec.nodes.entry, spec.nodes.spacing) = (secs(100), 3, Spacing::Even);
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
    spec.nodes.count += 1;
    assert_eq!(spec.draw(1).unwrap().lives[..1_003], plan.lives);
}

#[test]
fn flatout_sessions_last_64_minutes_in_the_mean() {
    let mut spec = still(20_000);
    spec.duration = secs(10_000_000);
    spec.nodes.entry = 0;
    let session = session_preset("flatout").unwrap();
    spec.churn = Some(churn(session, Law::Constant(spec.duration)));
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
    spec.nodes.arrive = secs(500);
    let mut churn = churn(Law::Exponential { mean: secs(50) }, Law::Exponential { mean: secs(50) });
    if let Sessions::Drawn { start, stop, .. } = &mut churn.sessions {
        (*start, *stop) = (at(100), at(300));
    }
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
fn changing_one_thing_leaves_the_draws_of_others_alone() {
    let base = busy(300);
    let plan = base.draw(9).unwrap();
    let mut other = base.clone();
    if let Some(churn) = &mut other.churn {
        churn.crash = 0.0;
    }
    let no_crashes = other.draw(9).unwrap();
    let times = |plan: &Plan| lives_of(plan).iter().map(|life| (life.start, life.stop)).collect::<Vec<_>>();
    assert_eq!(times(&plan), times(&no_crashes));
    assert_eq!(plan.publishes, no_crashes.publishes);

    // Twice the sessions: arrivals stay, and every first session is twice as long.
    let mut other = base.clone();
    other.faults.clear();
    let short = other.draw(9).unwrap();
    if let Some(Churn { sessions: Sessions::Drawn { session, .. }, .. }) = &mut other.churn {
        *session = Law::Exponential { mean: secs(400) };
    }
    let long = other.draw(9).unwrap();
    for (short, long) in short.lives.iter().zip(&long.lives) {
        assert_eq!(short[0].start, long[0].start);
        if long[0].stop < Time::MAX {
            let (short, long) = (short[0].stop.since(short[0].start), long[0].stop.since(long[0].start));
            assert!(long.as_nanos().abs_diff(2 * short.as_nanos()) <= 2, "{short} {long}");
        }
    }

    // Other traffic: the same lives, and the second series the same messages.
    let mut other = base.clone();
    other.traffic[0].pace = Pace::Every(secs(1));
    let plan_b = other.draw(9).unwrap();
    assert_eq!((&plan.lives, &plan.disturbances), (&plan_b.lives, &plan_b.disturbances));
    let second = |plan: &Plan| plan.publishes.iter().filter(|one| one.slot == 150).count();
    assert!(second(&plan) > 0 && plan.skipped == plan_b.skipped);
}

#[test]
fn a_further_fault_changes_only_whom_it_strikes() {
    let mut spec = busy(300);
    let before = spec.draw(3).unwrap();
    let crash = FaultKind::Crash { who: Struck::Fraction(0.1), kind: CrashKind::Silent, back: None };
    spec.faults.push(Fault { at: at(400), kind: crash });
    let after = spec.draw(3).unwrap();
    check_invariants(&after, &spec);
    let changed: Vec<usize> = (0..300).filter(|&slot| before.lives[slot] != after.lives[slot]).collect();
    let up = (0..300).filter(|&slot| before.life_at(slot, at(400)).is_some()).count();
    assert_eq!(changed.len(), (up + 5) / 10);
    for &slot in &changed {
        let last = after.lives[slot].last().unwrap();
        assert_eq!((last.stop, last.end), (at(400), End::Crash(CrashKind::Silent)));
    }
    // Messages stay with their origins, those of struck origins apart.
    for publish in &before.publishes {
        let struck = changed.contains(&(publish.slot as usize)) && publish.at >= at(400);
        assert!(struck || after.publishes.contains(publish), "{publish:?}");
    }
}

#[test]
fn crashes_are_cut_out_of_lives() {
    let mut spec = still(4);
    let crash = |slots: &[u32], back| FaultKind::Crash {
        who: Struck::Slots(slots.to_vec()),
        kind: CrashKind::Reset,
        back,
    };
    // Listed out of order, and one beyond the end.
    spec.faults = vec![
        Fault { at: at(300), kind: crash(&[1, 2], None) },
        Fault { at: at(100), kind: crash(&[1], Some(secs(50))) },
        Fault { at: at(590), kind: crash(&[3], Some(secs(50))) },
        Fault { at: at(600), kind: crash(&[0], None) },
    ];
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let down = End::Crash(CrashKind::Reset);
    let life = |start, stop| Life { start: at(start), stop: at(stop), end: down };
    let whole = Life { start: at(0), stop: Time::MAX, end: End::Leave };
    assert_eq!(
        plan.lives,
        [vec![whole], vec![life(0, 100), life(150, 300)], vec![life(0, 300)], vec![life(0, 590)]]
    );
    let spans: Vec<(&str, Time, Time)> =
        plan.faults.iter().map(|span| (span.name, span.from, span.until)).collect();
    assert_eq!(
        spans,
        [("crash", at(300), at(300)), ("crash", at(100), at(150)), ("crash", at(590), at(640))]
    );
    assert_eq!(plan.disturbances, []);
}

#[test]
fn fractions_count_those_that_are_up() {
    let mut spec = still(1_000);
    let half = |kind| FaultKind::Crash { who: Struck::Fraction(0.5), kind, back: None };
    spec.faults = vec![
        Fault { at: at(100), kind: half(CrashKind::Silent) },
        Fault { at: at(200), kind: half(CrashKind::Reset) },
        Fault { at: at(300), kind: FaultKind::Pause { fraction: 0.1, lasts: secs(1) } },
        Fault { at: at(50), kind: FaultKind::Slow { fraction: 0.25, factor: 2.5, lasts: secs(1) } },
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
fn partitions_have_exact_sizes_and_cuts_are_sorted() {
    let mut spec = still(11);
    let groups = vec![0.5, 0.25, 0.25];
    spec.faults = vec![
        Fault { at: at(10), kind: FaultKind::Partition { groups, lasts: secs(10), one_way: true } },
        Fault { at: at(30), kind: FaultKind::Cut { links: vec![(5, 2), (1, 0), (2, 5)], lasts: secs(5) } },
        Fault { at: at(40), kind: FaultKind::Loss { share: 0.5, lasts: secs(5) } },
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
fn traces_decide_who_is_up() {
    let mut spec = still(4);
    spec.nodes.arrive = secs(100);
    let session = |slot, up, down| Session { slot, up: at(up), down: at(down) };
    let trace = vec![session(2, 100, 700), session(2, 5, 50), session(3, 900, 950)];
    spec.churn = Some(Churn { sessions: Sessions::Trace(trace), crash: 1.0, crash_kind: CrashKind::Reset });
    let plan = spec.draw(1).unwrap();
    check_invariants(&plan, &spec);
    let crashed = Life { start: at(5), stop: at(50), end: End::Crash(CrashKind::Reset) };
    let open = |start| Life { start: at(start), stop: Time::MAX, end: End::Leave };
    assert_eq!(plan.lives, [vec![open(0)], vec![], vec![crashed, open(100)], vec![]]);
}

#[test]
fn messages_come_in_their_time_and_order() {
    let mut spec = still(10);
    let crash = FaultKind::Crash { who: Struck::Slots(vec![3]), kind: CrashKind::Silent, back: None };
    spec.faults = vec![Fault { at: at(100), kind: crash }];
    spec.traffic = vec![
        messages(Origin::Slot(4), Pace::Every(secs(1))),
        messages(Origin::Slot(3), Pace::Every(secs(2))),
    ];
    spec.traffic[1].stop = Time::MAX;
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
fn random_origins_are_uniform_among_those_that_are_up() {
    let mut spec = still(1_000);
    // All but ten are dead: here the place in the crowd decides as often as not.
    let crash =
        FaultKind::Crash { who: Struck::Slots((10..1_000).collect()), kind: CrashKind::Silent, back: None };
    spec.faults = vec![Fault { at: at(1), kind: crash }];
    spec.traffic = vec![messages(Origin::Random, Pace::Every(Duration::from_millis(45)))];
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
    let sessions = Sessions::Trace(vec![session]);
    spec.churn = Some(Churn { sessions, crash: 0.0, crash_kind: CrashKind::Silent });
    spec.traffic = vec![messages(Origin::Random, Pace::Every(secs(10)))];
    let plan = spec.draw(1).unwrap();
    assert!(plan.publishes.iter().all(|one| one.slot == 1));
    assert_eq!((plan.publishes.len(), plan.skipped), (10, 35));
}

#[test]
fn poisson_messages_have_their_rate() {
    let mut spec = still(10);
    spec.traffic = vec![messages(Origin::Random, Pace::Poisson { mean: Duration::from_millis(45) })];
    let plan = spec.draw(4).unwrap();
    assert_eq!(plan.publishes[0].at, at(90));
    // 10,001 in the mean, standard deviation 100.
    assert!(plan.publishes.len().abs_diff(10_001) < 500, "{}", plan.publishes.len());
    assert!(plan.publishes.iter().all(|one| one.at < at(540)));
}

#[test]
fn errors_name_the_key_and_what_is_wrong() {
    let problem = |change: &dyn Fn(&mut PlanSpec)| {
        let mut spec = busy(10);
        change(&mut spec);
        spec.draw(1).unwrap_err().to_string()
    };
    let fault = |kind: FaultKind| problem(&|spec| spec.faults[1].kind = kind.clone());
    let trace = |session: (u32, u64, u64)| {
        let (slot, up, down) = session;
        let two = [Session { slot: 1, up: at(5), down: at(9) }, Session { slot, up: at(up), down: at(down) }];
        problem(&|spec| spec.churn.as_mut().unwrap().sessions = Sessions::Trace(two.to_vec()))
    };
    let lasts = secs(5);
    let found = [
        problem(&|spec| spec.nodes.entry = 11),
        problem(&|spec| spec.churn.as_mut().unwrap().crash = 1.5),
        problem(&|spec| {
            spec.churn = Some(churn(Law::Exponential { mean: Duration::ZERO }, Law::Constant(lasts)))
        }),
        problem(&|spec| {
            spec.churn = Some(churn(Law::Constant(Duration::ZERO), Law::Constant(Duration::ZERO)))
        }),
        problem(&|spec| spec.traffic[1].from = Origin::Slot(10)),
        problem(&|spec| spec.traffic[1].pace = Pace::Every(Duration::ZERO)),
        problem(&|spec| spec.traffic[1].pace = Pace::Every(Duration::from_nanos(1))),
        fault(FaultKind::Pause { fraction: -0.5, lasts }),
        fault(FaultKind::Pause { fraction: 0.5, lasts: Duration::ZERO }),
        fault(FaultKind::Slow { fraction: 0.5, factor: 0.5, lasts }),
        fault(FaultKind::Partition { groups: vec![1.0], lasts, one_way: false }),
        fault(FaultKind::Cut { links: vec![(1, 2), (3, 3)], lasts }),
        fault(FaultKind::Cut { links: vec![(1, 12)], lasts }),
        trace((1, 9, 10)),
        trace((2, 9, 9)),
        trace((0, 5, 9)),
    ];
    let expected = [
        "nodes.entry: 11 entry slots, but only 10 slots",
        "churn.crash: 1.5 is not a share from 0 to 1",
        "churn.session: mean must be greater than zero",
        "churn: slots come and go too often: more than 65536 lives of one or 33554432 of all",
        "traffic.1.from: slot 10 does not exist: there are 10, numbered from 0",
        "traffic.1.every: must be greater than zero",
        "traffic.1: more than 16777216 messages",
        "fault.1.pause.fraction: -0.5 is not a share from 0 to 1",
        "fault.1.pause.for: must be greater than zero",
        "fault.1.slow.factor: 0.5 is not a factor of 1 or more",
        "fault.1.partition.groups: needs two or more sizes of groups, none of them negative",
        "fault.1.cut.links: links slot 3 to itself",
        "fault.1.cut.links: slot 12 does not exist: there are 10, numbered from 0",
        "churn.session: slot 1 comes up at 9s, before its former session has ended",
        "churn.session: slot 2 comes up at 9s and is down at 9s already",
        "churn.session: slot 0 is an entry slot and does not churn (nodes.entry_churns)",
    ];
    assert_eq!(found, expected);
}

fn any_spec() -> impl Strategy<Value = PlanSpec> {
    let law = || {
        prop_oneof![
            (0u64..300).prop_map(|mean| Law::Constant(secs(mean / 100 * 100))),
            (1u64..300).prop_map(|mean| Law::Exponential { mean: secs(mean) }),
            (1u64..300).prop_map(|scale| Law::Weibull { shape: 0.5, scale: secs(scale) }),
        ]
    };
    let session =
        (law(), law(), 0u64..700, 0u64..700, 0.0f64..=1.0).prop_map(|(up, down, start, stop, crash)| {
            let session = if up.mean() == Duration::ZERO { Law::Constant(secs(9)) } else { up };
            let sessions = Sessions::Drawn { start: at(start), stop: at(stop), session, downtime: down };
            Churn { sessions, crash, crash_kind: CrashKind::Silent }
        });
    let crash =
        (0u64..700, 0.0f64..=1.0, proptest::option::of(1u64..400)).prop_map(|(when, fraction, back)| {
            let who = Struck::Fraction(fraction);
            Fault {
                at: at(when),
                kind: FaultKind::Crash { who, kind: CrashKind::Reset, back: back.map(secs) },
            }
        });
    let nodes = (1u32..40, 0u32..3, 0u64..700, any::<bool>(), any::<bool>());
    let faults = proptest::collection::vec(crash, 0..4);
    (nodes, proptest::option::of(session), faults).prop_map(|(nodes, churn, faults)| {
        let mut spec = busy(nodes.0);
        spec.nodes.entry = nodes.1.min(nodes.0);
        spec.nodes.arrive = secs(nodes.2);
        spec.nodes.spacing = if nodes.3 { Spacing::Even } else { Spacing::Random };
        spec.nodes.entry_churns = nodes.4;
        (spec.churn, spec.faults) = (churn, faults);
        spec
    })
}

proptest! {
    #[test]
    fn every_plan_is_sorted_disjoint_and_whole(spec in any_spec(), seed: u64) {
        let plan = spec.draw(seed).unwrap();
        check_invariants(&plan, &spec);
        let numbered = 65; // 90, 97, ... 538
        let random = plan.publishes.len() + plan.skipped as usize - numbered;
        prop_assert!(random > 100, "{} random messages of 225 in the mean", random);
    }

    /// A crash takes away exactly its own time, from exactly as many slots as it should.
    #[test]
    fn a_crash_takes_its_time_and_no_more(spec in any_spec(), seed: u64, when in 0u64..600, back in 1u64..300) {
        let before = spec.draw(seed).unwrap();
        // Last in time as well, so that no other fault sees it.
        prop_assume!(spec.faults.iter().all(|fault| fault.at < at(when)));
        let mut spec = spec;
        let kind = CrashKind::Silent;
        let who = Struck::Fraction(0.5);
        spec.faults.push(Fault { at: at(when), kind: FaultKind::Crash { who, kind, back: Some(secs(back)) } });
        let after = spec.draw(seed).unwrap();
        check_invariants(&after, &spec);
        let up = |plan: &Plan, time| (0..spec.nodes.count).filter(|&slot| plan.life_at(slot, time).is_some()).count();
        prop_assert_eq!(up(&after, at(when)), up(&before, at(when)) / 2);
        for slot in 0..spec.nodes.count {
            if before.lives[slot as usize] == after.lives[slot as usize] {
                continue;
            }
            for probe in (0..600).map(at) {
                let struck = at(when) <= probe && probe < at(when + back);
                let expected = before.life_at(slot, probe).is_some() && !struck;
                prop_assert_eq!(after.life_at(slot, probe).is_some(), expected, "slot {} at {}", slot, probe);
            }
        }
    }
}
