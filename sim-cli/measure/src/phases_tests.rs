use super::*;
use crate::testing::{Script, always_up, disturbance, ms, publish, secs, settings};
use floodnet_sim::plan::DisturbanceKind;

fn row(second: u64, components: u32, at_target: u32) -> Row {
    Row { at: secs(second), components, joined: 200, at_target: Some(at_target), ..Row::default() }
}

fn sources<'a>(rows: &'a [Row], faults: &'a [FaultSpan]) -> Sources<'a> {
    Sources { faults, rows, messages: &[], window: (secs(0), secs(100)), end: secs(100) }
}

const fn fault(from: u64, until: u64) -> FaultSpan {
    FaultSpan { name: "partition", from: secs(from), until: secs(until), slots: 1 }
}

#[test]
fn healing_must_hold_for_five_seconds() {
    // One component at 12..=14 (too short), then from 17 on.
    let rows: Vec<Row> =
        (1..=30).map(|s| row(s, if matches!(s, 0..=4 | 12..=14 | 17..) { 1 } else { 2 }, 200)).collect();
    let phases = sources(&rows, &[fault(5, 10), fault(28, 29)]).phases();
    assert_eq!(phases[0].heal_ms, Some(Ms::After(7_000.0)), "held over [17, 22]");
    assert_eq!(phases[1].heal_ms, Some(Ms::Never), "the run ends 1 s later");
    assert_eq!(phases[0].components.before, Some(1.0));
    assert_eq!(phases[0].components.during, Some(2.0));
    assert_eq!(phases[1].components.before, Some(1.222_22), "10, 11, 15 and 16 of 10..28 are 2: 22 / 18");
}

#[test]
fn a_fault_that_split_nothing_is_healed_at_its_end() {
    let rows: Vec<Row> = (1..=30).map(|s| row(s, 1, 200)).collect();
    assert_eq!(sources(&rows, &[fault(5, 10)]).phases()[0].heal_ms, Some(Ms::After(0.0)));
}

#[test]
fn the_degree_is_back_when_99_percent_have_it() {
    let rows: Vec<Row> = (1..=30).map(|s| row(s, 1, if s < 15 { 197 } else { 198 })).collect();
    let faults = [fault(5, 10), fault(20, 20)];
    let phases = sources(&rows, &faults).phases();
    assert_eq!(phases[0].degree_ms, Some(Ms::After(5_000.0)), "198 of 200 is enough, 197 is not");
    assert_eq!(phases[1].degree_ms, Some(Ms::After(0.0)));
    let without: Vec<Row> = rows.iter().map(|row| Row { at_target: None, ..row.clone() }).collect();
    assert_eq!(sources(&without, &faults).phases()[0].degree_ms, None);
    let never: Vec<Row> = (1..=30).map(|s| row(s, 1, 100)).collect();
    assert_eq!(sources(&never, &faults).phases()[0].degree_ms, Some(Ms::Never));
}

#[test]
fn what_a_crash_does_to_the_degree_is_seen_by_the_sample_after_it() {
    // The sample at 10 s sees nothing of the crash at 10 s.
    let rows: Vec<Row> = (1..=30).map(|s| row(s, 1, if (11..14).contains(&s) { 150 } else { 200 })).collect();
    let phases = sources(&rows, &[fault(10, 10), fault(5, 30)]).phases();
    assert_eq!(phases[0].degree_ms, Some(Ms::After(4_000.0)));
    assert_eq!(phases[1].degree_ms, Some(Ms::Never), "nobody saw what came after the last sample");
}

#[test]
fn a_crash_with_return_heals_from_the_return() {
    let rows: Vec<Row> = (1..=30).map(|s| row(s, if (6..14).contains(&s) { 2 } else { 1 }, 200)).collect();
    let crash = |until| FaultSpan { name: "crash", from: secs(5), until: secs(until), slots: 1 };
    let phases = sources(&rows, &[crash(12), crash(5)]).phases();
    assert_eq!(phases[0].heal_ms, Some(Ms::After(2_000.0)), "from 12 to 14");
    assert_eq!(phases[1].heal_ms, Some(Ms::After(9_000.0)), "from 5 to 14");
}

#[test]
fn without_samples_nothing_is_known() {
    let phase = &sources(&[], &[fault(5, 10)]).phases()[0];
    assert_eq!((phase.heal_ms, phase.degree_ms), (None, None));
    assert_eq!(phase.components, Stretches::default());
}

#[test]
fn a_crash_without_return_has_no_during_and_stretches_end_at_the_neighbors() {
    let rows: Vec<Row> = (1..=30).map(|s| row(s, u32::try_from(s).unwrap(), 200)).collect();
    let faults = [fault(5, 8), fault(10, 10), fault(20, 25)];
    let phases = sources(&rows, &faults).phases();
    let crash = &phases[1].components;
    assert_eq!((crash.before, crash.during, crash.after), (Some(8.5), None, Some(14.5)), "8, 9 and 10..=19");
    assert_eq!((phases[1].from_s, phases[1].until_s), (10.0, 10.0));
    assert_eq!(phases[0].components.before, Some(2.5), "from the start of the window: 1..=4");
    assert_eq!(phases[2].components.after, Some(27.5), "25..=30");
}

#[test]
fn delivery_goes_by_the_time_of_publication() {
    let mut plan = always_up(4, 60);
    let kind = DisturbanceKind::Partition { group: vec![0, 0, 1, 1], one_way: false };
    plan.disturbances.push(disturbance(secs(10), secs(20), kind));
    plan.faults.push(fault(10, 20));
    let times = [ms(9_999), secs(10), ms(19_999), secs(20), secs(55)];
    plan.publishes = times.map(|at| publish(at, 0)).to_vec();
    let mut settings = settings(&plan);
    settings.target_degree = Some(1);
    let mut script = Script::all_up(4);
    for (a, b) in [(0, 1), (1, 2), (2, 3)] {
        script.link(ms(100), a, b);
    }
    for (message, at) in (0..).zip(times) {
        script.published(at, 0, message);
        let last = if (1..=2).contains(&message) { 1 } else { 3 };
        for slot in 1..=last {
            script.delivered(at + Duration::from_secs(1), slot, message, 1);
        }
    }
    let summary = script.measure(plan, settings).summary;
    let phase = &summary.phases[0];
    let expected = Stretches { before: Some(1.0), during: Some(0.333_333), after: Some(1.0) };
    assert_eq!(phase.delivery, expected);
    let expected = Stretches { before: Some(1.0), during: Some(2.0), after: Some(1.0) };
    assert_eq!(phase.components, expected);
    assert_eq!(phase.heal_ms, Some(Ms::After(0.0)), "the sample at its end no longer sees the cut");
    assert_eq!(phase.degree_ms, Some(Ms::After(0.0)));
}
