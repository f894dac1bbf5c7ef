//! What holds of every plan.

use proptest::prelude::*;

use super::*;

fn any_spec() -> impl Strategy<Value = PlanSpec> {
    let distribution = || {
        prop_oneof![
            (0u64..300).prop_map(|mean| Distribution::Constant(secs(mean / 100 * 100))),
            (1u64..300).prop_map(|mean| Distribution::Exponential { mean: secs(mean) }),
            (1u64..300).prop_map(|scale| Distribution::Weibull { shape: 0.5, scale: secs(scale) }),
        ]
    };
    let session = (distribution(), distribution(), 0u64..700, 0u64..700, 0.0f64..=1.0).prop_map(
        |(up, down, start, stop, crash)| {
            let session = if up.mean() == Duration::ZERO { Distribution::Constant(secs(9)) } else { up };
            let (start, stop) = (secs(start).into(), secs(stop).into());
            Churn { start, stop, crash, ..churn(session, down) }
        },
    );
    let crash =
        (0u64..700, 0.001f64..=1.0, proptest::option::of(1u64..400)).prop_map(|(when, fraction, back)| {
            Fault {
                at: secs(when).into(),
                kind: FaultKind::Crash(Crash {
                    fraction: Some(fraction),
                    slots: None,
                    kind: CrashKind::Reset,
                    back: back.map(|back| secs(back).into()),
                }),
            }
        });
    let nodes = (1u32..40, 0u32..3, 0u64..700, any::<bool>(), any::<bool>());
    let faults = proptest::collection::vec(crash, 0..4);
    (nodes, proptest::option::of(session), faults).prop_map(|(nodes, churn, faults)| {
        let mut spec = busy(nodes.0);
        spec.nodes.entry = nodes.1.min(nodes.0);
        spec.nodes.arrive = secs(nodes.2).into();
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
        prop_assume!(spec.faults.iter().all(|fault| fault.at.0 < secs(when)));
        let mut spec = spec;
        let kind = CrashKind::Silent;
        spec.faults.push(Fault { at: secs(when).into(), kind: FaultKind::Crash(Crash { fraction: Some(0.5), slots: None, kind, back: Some(secs(back).into()) }) });
        let after = spec.draw(seed).unwrap();
        check_invariants(&after, &spec);
        let up = |plan: &Plan, time| (0..spec.slots()).filter(|&slot| plan.life_at(slot, time).is_some()).count();
        prop_assert_eq!(up(&after, at(when)), up(&before, at(when)) / 2);
        for slot in 0..spec.slots() {
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
