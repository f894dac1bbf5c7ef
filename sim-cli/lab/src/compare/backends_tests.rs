use super::*;
use floodnet_measure::metrics::Numbers;

/// Runs with these values of p50, which lost nothing.
fn side(backend: Option<&str>, first_seed: u64, p50: &[f64]) -> Side {
    let text = include_str!("fixtures/summary.json");
    let mut side = Side { name: backend.unwrap_or("sim").to_owned(), ..Side::default() };
    let mut rows = Vec::new();
    for (seed, p50) in (first_seed..).zip(p50) {
        let mut summary: Value = serde_json::from_str(text).unwrap();
        summary["latency_ms"]["p50"] = json!(p50);
        rows.push(Numbers::parse(&summary.to_string()).unwrap());
        side.seeds.push(seed);
    }
    side.table = crate::ensemble::Table::of(rows);
    side.backend = backend.map(str::to_owned);
    side
}

fn told(sim: &[f64], tcp: &[f64], first_seed: u64) -> (Agreement, String) {
    let sides = [side(None, 1, sim), side(Some("tcp"), first_seed, tcp)];
    let backends = Backends::of(&sides[1], &sides[0], &Bound::defaults()).unwrap();
    let row = backends.rows.iter().find(|row| row.metric == "latency_ms.p50").unwrap();
    // The others are equal in all runs, which proves nothing if there are few.
    let rest = if sim.len() * tcp.len() < 16 { Agreement::CannotTell } else { Agreement::Holds };
    assert!(backends.rows.iter().filter(|other| other.metric != row.metric).all(|row| row.told == rest));
    (row.told, row.words())
}

#[test]
fn a_metric_holds_only_if_the_whole_interval_is_within_the_bound() {
    let tcp = [200.0, 202.0, 198.0];
    // Variances 4: 4.303 .. 2.776 times the root of 4 / 3 + 4 / n, around -5.
    let (verdict, words) = told(&[195.0, 197.0, 193.0], &tcp, 1);
    assert_eq!(verdict, Agreement::Holds);
    assert_eq!(words, "the simulator predicts latency_ms.p50 within 4.8 % (bound: 5 % or 5 ms)");
    // The seeds say nothing: an overlay hangs on milliseconds, which differ.
    assert_eq!(told(&[197.0, 193.0, 195.0], &tcp, 7), (verdict, words));
    let (verdict, words) = told(&[150.0, 152.0, 148.0], &tcp, 1);
    assert_eq!(verdict, Agreement::Broken);
    assert!(words.starts_with("the simulator's latency_ms.p50 is too low by 2"), "{words}");
    // No difference in the mean, but a wide interval.
    let (verdict, words) = told(&[220.0, 190.0, 190.0], &tcp, 1);
    assert_eq!(verdict, Agreement::CannotTell);
    assert!(words.starts_with("cannot tell latency_ms.p50: off by up to "), "{words}");
    // 39.3 ms to either side of 0 where 10 are allowed: 15.4 times the runs.
    assert!(words.ends_with("; add runs, 47 or so"), "{words}");
    // More runs of the simulator narrow it, up to what the other side leaves.
    let many: Vec<f64> = (0..200).map(|run| f64::from(193 + run % 5)).collect();
    assert_eq!(told(&many[..2], &tcp, 1).0, Agreement::CannotTell);
    assert_eq!(told(&many, &tcp, 1).0, Agreement::Holds);
    assert_eq!(told(&[200.0], &[200.0], 1).0, Agreement::CannotTell, "one run");
}

#[test]
fn a_quantile_that_is_never_gives_way_to_that_of_the_delivered() {
    let never = |backend: Option<&str>| side(backend, 1, &[f64::INFINITY; 4]);
    let (mut sim, mut tcp) = (never(None), never(Some("tcp")));
    for side in [&mut sim, &mut tcp] {
        let mut summary: Value = serde_json::from_str(include_str!("fixtures/summary.json")).unwrap();
        summary["latency_ms"]["p50"] = json!("never");
        side.table = crate::ensemble::Table::of(vec![Numbers::parse(&summary.to_string()).unwrap(); 4]);
    }
    let backends = Backends::of(&sim, &tcp, &Bound::defaults()).unwrap();
    assert_eq!(backends.rows[1].metric, "latency_delivered_ms.p50");
    assert_eq!(backends.rows[1].told, Agreement::Holds);
    assert!(Backends::of(&sim, &sim, &Bound::defaults()).is_err());
}

#[test]
fn bounds_are_read_with_their_units() {
    let bound = |text| Bound::parse(text).map(|bound| (bound.share, bound.fixed));
    assert_eq!(bound("latency_ms.p50=5%, 5ms"), Ok((0.05, 5.0)));
    assert_eq!(bound("delivery_ratio=1pt"), Ok((0.0, 0.01)));
    assert_eq!(bound("rmr.mean=0.5"), Ok((0.0, 0.5)));
    for wrong in ["latency_ms.p50", "latency_ms.p50=", "latency_ms.p50=-1ms", "nonsense=1"] {
        assert!(Bound::parse(wrong).is_err(), "{wrong}");
    }
}
