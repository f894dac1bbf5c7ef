use super::*;
use crate::testing::{Script, ms, publish, secs, settings};
use floodnet_core::hostile::Deed;
use floodnet_core::observe::Observation;
use floodnet_sim::plan::{Known, PlanSpec};
use floodnet_sim::spec::{Adversary, Censor, Connect, DeedSpec, Estimator, Nodes, Target};

/// Four honest slots, and 4 and 5 hostile, all up for 30 s; slot 1 is the victim.
fn plan(does: Vec<DeedSpec>) -> Plan {
    let hostile = Adversary {
        extra: Some(2),
        start: floodnet_core::units::Duration::from_secs(2),
        connect: Some(Connect {
            to: Target::Slot(1),
            links: 1,
            at: None,
            every: floodnet_core::units::Duration::from_secs(1),
        }),
        does,
        ..Adversary::default()
    };
    let spec = PlanSpec {
        duration: Duration::from_secs(30),
        nodes: Nodes { count: Some(4), ..Nodes::default() },
        churn: None,
        trace: Vec::new(),
        traffic: Vec::new(),
        faults: Vec::new(),
        adversaries: vec![hostile],
        known: Known::default(),
    };
    let mut plan = spec.draw(1).unwrap();
    plan.publishes = vec![publish(secs(5), 0), publish(secs(6), 1), publish(secs(7), 4)];
    plan
}

/// A ring of the honest, in which 4 takes the place of both neighbors of 1 for ten seconds.
fn eclipse() -> Script {
    let mut script = Script::all_up(6);
    for (a, b) in [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (4, 5)] {
        script.link(ms(100), a, b);
    }
    script.link(ms(8_500), 1, 4);
    script.unlink(ms(8_500), 0, 1);
    script.unlink(ms(8_500), 1, 2);
    script.link(ms(18_500), 1, 2);
    script
}

#[test]
fn views_links_and_the_cut_off_are_those_of_the_honest() {
    let plan = plan(Vec::new());
    let settings = settings(&plan);
    let results = eclipse().measure(plan, settings);
    let row = |second: usize| results.timeseries[second - 1].hostile.unwrap();
    // 0 holds 1, 3 and 4; the others hold honest ones alone.
    let before = HostileRow {
        hostile_share: Some(0.083_333_3),
        hostile_share_max: Some(0.333_333),
        hostile_majority: Some(0.0),
        hostile_links: 1,
        honest_cut_off: 0,
    };
    assert_eq!(row(8), before);
    // 1 holds 4 alone, and 0 holds 3 and 4.
    let during = HostileRow {
        hostile_share: Some(0.375),
        hostile_share_max: Some(1.0),
        hostile_majority: Some(0.25),
        hostile_links: 2,
        honest_cut_off: 1,
    };
    assert_eq!((row(9), row(18)), (during, during));
    assert_eq!(row(19).honest_cut_off, 0);
    let measured = results.summary.adversary;
    // From the sample at 9 s to that at 18 s.
    assert_eq!(measured.cut_off_ms, Some(9_000.0));
    assert_eq!((measured.view_max, measured.majority_max), (Some(1.0), Some(0.25)));
    assert_eq!(measured.identities, Some(2));
}

#[test]
fn delivery_leaves_the_hostile_out_and_tells_the_victims_apart() {
    let plan = plan(vec![DeedSpec::Censor(Censor { from: 1 })]);
    let settings = settings(&plan);
    let mut script = eclipse();
    for (message, slot, second) in [(0, 0, 5), (1, 1, 6), (2, 4, 7)] {
        script.published(secs(second), slot, message);
    }
    // The first reaches 1, 3 and both hostile ones, the second only 0 and a hostile one, the third is hostile.
    for (slot, message) in [(1, 0), (3, 0), (4, 0), (5, 0), (0, 1), (4, 1), (0, 2)] {
        script.delivered(ms(7_500), slot, message, 1);
    }
    let summary = script.measure(plan, settings).summary;
    assert_eq!(summary.delivery_ratio, Some(0.466_667), "7 of 15: all slots count");
    let measured = summary.adversary;
    assert_eq!(measured.delivery_honest, Some(0.5), "3 of 6");
    // Of 6 pairs, 3 took 2.5, 2.5 and 1.5 s.
    assert_eq!(measured.latency_p50_ms.map(Ms::value), Some(2_500.0));
    assert_eq!(measured.latency_p99_ms, Some(Ms::Never));
    assert_eq!(measured.delivery_to_victims, Some(1.0), "1 of 1: a victim is no receiver of its own");
    assert_eq!(measured.delivery_from_victims, Some(0.333_333), "1 of 3");
}

#[test]
fn deeds_are_counted_and_what_is_not_there_is_not_measured() {
    let plan = plan(vec![DeedSpec::Collude(Estimator::FirstSpy)]);
    let settings = settings(&plan);
    let mut script = eclipse();
    script.published(secs(5), 0, 0);
    script.published(secs(6), 1, 1);
    let deeds = [
        (4, Deed::Dropped { payload: true }),
        (5, Deed::Dropped { payload: false }),
        (4, Deed::Delayed(Duration::from_millis(100))),
        (5, Deed::Delayed(Duration::from_millis(300))),
        (4, Deed::Ignored),
        (4, Deed::Repeated),
        (4, Deed::Forged),
        (4, Deed::Lied),
        // 5 hears of the first message before 4 does, and from another.
        (4, Deed::Heard { message: 0, from: 3 }),
        (4, Deed::Heard { message: 1, from: 0 }),
    ];
    for (slot, deed) in deeds {
        script.says(ms(6_500), slot, Observation::Deed(deed));
    }
    script.says(ms(6_400), 5, Observation::Deed(Deed::Heard { message: 0, from: 0 }));
    let measured = script.measure(plan, settings).summary.adversary;
    assert_eq!((measured.packets_dropped, measured.payloads_dropped), (Some(2), Some(1)));
    assert_eq!((measured.packets_delayed, measured.delay_ms), (Some(2), Some(200.0)));
    assert_eq!((measured.packets_ignored, measured.packets_repeated), (Some(1), Some(1)));
    assert_eq!((measured.packets_forged, measured.packets_altered), (Some(1), Some(1)));
    // Both are held to be of 0, and one of them is; of 1 none is.
    assert_eq!((measured.spy_recall, measured.spy_precision), (Some(0.5), Some(0.25)));

    let honest = crate::testing::small_summary();
    assert!(honest.adversary.is_nothing() && !honest.to_json().contains("adversary"));
    assert!(!honest.to_text().contains("hostile"));
}

#[test]
fn the_sums_do_not_depend_on_the_parts() {
    let measure = |parts| {
        let plan = plan(vec![DeedSpec::Collude(Estimator::FirstSpy)]);
        let settings = settings(&plan);
        let mut script = eclipse();
        script.published(secs(5), 0, 0);
        for (at, spy, from) in [(5_300, 4, 3), (5_200, 5, 0), (5_200, 4, 2)] {
            script.says(ms(at), spy, Observation::Deed(Deed::Heard { message: 0, from }));
        }
        script.play_divided(plan, settings, parts).finish(crate::testing::ENDING).summary.adversary
    };
    assert_eq!(measure(1), measure(3));
    assert_eq!(measure(1).spy_recall, Some(0.0), "of two at one time the spy with the lower number counts");
}
