//! Tests of drawing, and what they share.

mod faults;
mod lives;
mod properties;
mod traffic;

use floodnet_core::distributions::Distribution;
use floodnet_core::rng::fold;
use floodnet_core::time::{Duration, Time};

use super::*;
use crate::spec::units::Size;
use crate::spec::{
    Crash, Cut, Ends, Fault, FaultKind, Lifetime, Loss, Nodes, Origin, Partition, Pause, Slow, Spacing,
    Timing, Trace, Traffic,
};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(secs: u64) -> Time {
    Time::from_secs(secs)
}

/// Who is up is recorded, and all stop by crashes that reset connections, or all leave.
fn recorded(spec: &mut PlanSpec, trace: Vec<Session>, crash: f64) {
    spec.churn = Some(Churn {
        session: Lifetime::Trace(Trace { file: "trace.csv".into() }),
        downtime: None,
        crash,
        crash_kind: CrashKind::Reset,
        ..churn(Distribution::Constant(secs(1)), Distribution::Constant(secs(1)))
    });
    spec.trace = trace;
}

/// Ten minutes of `count` slots that all start at 0 and stay.
fn still(count: u32) -> PlanSpec {
    let nodes = Nodes { count: Some(count), ..Nodes::default() };
    PlanSpec {
        duration: secs(600),
        nodes,
        churn: None,
        trace: Vec::new(),
        traffic: Vec::new(),
        faults: Vec::new(),
        adversaries: Vec::new(),
        known: Known::default(),
    }
}

fn churn(session: Distribution, downtime: Distribution) -> Churn {
    Churn {
        start: Duration::ZERO.into(),
        stop: Duration::MAX.into(),
        session: session.into(),
        downtime: Some(downtime.into()),
        crash: 0.5,
        crash_kind: CrashKind::Silent,
    }
}

fn messages(from: Origin, timing: Timing) -> Traffic {
    let (every, poisson) = match timing {
        Timing::Every(distance) => (Some(distance), None),
        Timing::Poisson(mean) => (None, Some(mean)),
    };
    Traffic { from, every, poisson, size: Size(100), start: secs(90).into(), stop: secs(540).into() }
}

/// A scenario with something of everything.
fn busy(count: u32) -> PlanSpec {
    let mut spec = still(count);
    spec.nodes.arrive = secs(60).into();
    spec.churn = Some(churn(
        Distribution::Exponential { mean: secs(200) },
        Distribution::Uniform { min: secs(1), max: secs(100) },
    ));
    spec.traffic = vec![
        messages(Origin::Random, Timing::Poisson(secs(2).into())),
        messages(Origin::Slot(count / 2), Timing::Every(secs(7).into())),
    ];
    let crash = FaultKind::Crash(Crash {
        fraction: Some(0.3),
        slots: None,
        kind: CrashKind::Reset,
        back: Some(secs(50).into()),
    });
    spec.faults = vec![
        Fault { at: secs(300).into(), kind: crash },
        Fault { at: secs(200).into(), kind: FaultKind::Pause(Pause::once(0.1, (secs(5)).into())) },
    ];
    spec
}

fn lives_of(plan: &Plan) -> Vec<Life> {
    plan.lives.iter().flatten().copied().collect()
}

/// What must hold of every plan.
fn check_invariants(plan: &Plan, spec: &PlanSpec) {
    assert_eq!(plan.slots(), spec.slots());
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
    if let Some(churn) = &mut other.churn {
        churn.session = Distribution::Exponential { mean: secs(400) }.into();
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
    (other.traffic[0].every, other.traffic[0].poisson) = (Some(secs(1).into()), None);
    let plan_b = other.draw(9).unwrap();
    assert_eq!((&plan.lives, &plan.disturbances), (&plan_b.lives, &plan_b.disturbances));
    let second = |plan: &Plan| plan.publishes.iter().filter(|one| one.slot == 150).count();
    assert!(second(&plan) > 0 && plan.skipped == plan_b.skipped);
}

#[test]
fn a_further_fault_changes_only_whom_it_strikes() {
    let mut spec = busy(300);
    let before = spec.draw(3).unwrap();
    let crash =
        FaultKind::Crash(Crash { fraction: Some(0.1), slots: None, kind: CrashKind::Silent, back: None });
    spec.faults.push(Fault { at: secs(400).into(), kind: crash });
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
fn errors_name_the_key_and_what_is_wrong() {
    let problem = |change: &dyn Fn(&mut PlanSpec)| {
        let mut spec = busy(10);
        change(&mut spec);
        let refused = spec.draw(1).unwrap_err();
        format!("{}: {}", refused.key, refused.title)
    };
    let fault = |kind: FaultKind| problem(&|spec| spec.faults[1].kind = kind.clone());
    let trace = |session: (u32, u64, u64)| {
        let (slot, up, down) = session;
        let two = [Session { slot: 1, up: at(5), down: at(9) }, Session { slot, up: at(up), down: at(down) }];
        problem(&|spec| recorded(spec, two.to_vec(), 1.0))
    };
    let lasts = secs(5);
    let found = [
        problem(&|spec| spec.nodes.entry = 11),
        problem(&|spec| spec.churn.as_mut().unwrap().crash = 1.5),
        problem(&|spec| {
            spec.churn =
                Some(churn(Distribution::Exponential { mean: Duration::ZERO }, Distribution::Constant(lasts)))
        }),
        problem(&|spec| {
            spec.churn =
                Some(churn(Distribution::Constant(Duration::ZERO), Distribution::Constant(Duration::ZERO)))
        }),
        problem(&|spec| spec.traffic[1].from = Origin::Slot(10)),
        problem(&|spec| spec.traffic[1].every = Some(Duration::ZERO.into())),
        problem(&|spec| spec.traffic[1].every = Some(Duration::from_nanos(1).into())),
        fault(FaultKind::Pause(Pause::once(-0.5, lasts.into()))),
        fault(FaultKind::Pause(Pause::once(0.5, (Duration::ZERO).into()))),
        fault(FaultKind::Pause(Pause { still: Some(lasts.into()), ..Pause::once(0.5, lasts.into()) })),
        fault(FaultKind::Pause(Pause {
            still: Some(lasts.into()),
            awake: Some(Duration::ZERO.into()),
            ..Pause::once(0.5, lasts.into())
        })),
        fault(FaultKind::Slow(Slow { fraction: 0.5, factor: 0.5, lasts: lasts.into() })),
        fault(FaultKind::Partition(Partition { groups: vec![1.0], lasts: lasts.into(), one_way: false })),
        fault(FaultKind::Cut(Cut { links: vec![Ends(1, 2), Ends(3, 3)], lasts: lasts.into() })),
        fault(FaultKind::Cut(Cut { links: vec![Ends(1, 12)], lasts: lasts.into() })),
        trace((1, 9, 10)),
        trace((2, 9, 9)),
        trace((0, 5, 9)),
    ];
    let expected = [
        "nodes.entry: more entry slots than slots",
        "churn.crash: `1.5` is not a share",
        "churn.session.exponential.mean: this cannot be zero",
        "churn: slots come and go too often: more than 65536 lives of one or 33554432 of all",
        "traffic.1.from: there is no slot 10",
        "traffic.1.every: this cannot be zero",
        "traffic.1: more than 16777216 messages",
        "fault.1.pause.fraction: `-0.5` is not a fraction of the slots",
        "fault.1.pause.for: this cannot be zero",
        "fault.1.pause.still: still and awake are given together",
        "fault.1.pause.awake: this cannot be zero",
        "fault.1.slow.factor: `0.5` is out of range",
        "fault.1.partition.groups: a partition has at least two groups",
        "fault.1.cut.links.1.1: a slot has no link to itself",
        "fault.1.cut.links.0.1: there is no slot 12",
        "churn.session.trace.file: slot 1 comes up at 9s, before its former session has ended",
        "churn.session.trace.file: slot 2 comes up at 9s and is down at 9s already",
        "churn.session.trace.file: slot 0 is an entry slot and does not churn",
    ];
    assert_eq!(found, expected);
}
