use super::*;
use crate::measure::testing::{Script, always_up, publish, secs, settings};
use floodnet_sim::plan::FaultSpan;

fn summary() -> Summary {
    let mut plan = always_up(3, 30);
    plan.publishes = vec![publish(secs(1), 0)];
    plan.faults = vec![FaultSpan { name: "crash", from: secs(9), until: secs(9) }];
    let settings = settings(&plan);
    let mut script = Script::all_up(3);
    script.link(secs(0), 0, 1);
    script.published(secs(1), 0, 0);
    script.delivered(secs(2), 1, 0, 1);
    script.push(secs(2), 0, floodnet_sim::observer::Observed::Lost { payload: Some(0), reason: "cut" });
    script.measure(plan, settings).summary
}

fn expect(metric: &str, bound: &str) -> Expectation {
    Expectation::new(metric, bound.parse().unwrap()).unwrap()
}

#[test]
fn every_listed_metric_is_in_every_summary_and_every_number_of_a_summary_is_listed() {
    fn leaves(value: &Value, path: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    leaves(value, &format!("{path}{dot}{name}"), into);
                }
            }
            _ => into.push(path.to_owned()),
        }
    }
    let value = serde_json::to_value(summary()).unwrap();
    let mut found = Vec::new();
    leaves(&value, "", &mut found);
    // Names, lists, and what stands twice.
    let no_metrics = ["scenario", "seed", "digest", "drops.cut", "phases", "expect"];
    let twice = ["packets.sent", "packets.received", "payloads.sent", "payloads.received"];
    found.retain(|path| !no_metrics.contains(&path.as_str()) && !twice.contains(&path.as_str()));
    let listed: Vec<&str> = METRICS.iter().map(|metric| metric.path).collect();
    found.sort_unstable();
    let mut sorted = listed;
    sorted.sort_unstable();
    assert_eq!(found, sorted);

    let mut of_phase = Vec::new();
    leaves(&value["phases"][0], "", &mut of_phase);
    of_phase.retain(|path| path != "name");
    let mut listed: Vec<&str> = PHASE_METRICS.iter().map(|metric| metric.path).collect();
    listed.sort_unstable();
    of_phase.sort_unstable();
    assert_eq!(of_phase, listed);
}

#[test]
fn metrics_are_found_by_their_path() {
    let numbers = Numbers::of(&summary());
    assert_eq!(numbers.get("delivery_ratio"), Ok(Some(0.5)));
    assert_eq!(numbers.get("latency_ms.p50"), Ok(Some(1000.0)));
    assert_eq!(numbers.get("latency_ms.p99"), Ok(Some(f64::INFINITY)), "never");
    assert_eq!(numbers.get("drops.cut"), Ok(Some(1.0)));
    assert_eq!(numbers.get("drops.queue_full"), Ok(Some(0.0)), "what did not happen is 0");
    assert_eq!(numbers.get("phases.0.heal_ms"), numbers.get("phases.crash.heal_ms"));
    assert_eq!(numbers.get("phases.crash.from_s"), Ok(Some(9.0)));
    assert_eq!(numbers.get("phases.crash.degree_ms"), Ok(None), "the overlay has no target");
}

#[test]
fn unknown_metrics_are_errors_that_say_what_was_meant() {
    let numbers = Numbers::of(&summary());
    for metric in
        ["delivery", "scenario", "seed", "", "latency_ms", "latency_ms.p51", "drops.", "drops", "phases"]
    {
        assert!(numbers.get(metric).is_err(), "{metric}");
    }
    assert!(worse("phases.partition.heal_ms").is_ok(), "names of faults are checked by the run");
    assert!(numbers.get("phases.partition.heal_ms").is_err(), "which has none");
    assert!(numbers.get("phases.1.heal_ms").is_err());
    let error = Expectation::new("delivery_ration", ">= 1".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "unknown metric `delivery_ration`, did you mean `delivery_ratio`?");
}

#[test]
fn a_verdict_holds_or_fails() {
    let mut summary = summary();
    let expectations = [
        expect("delivery_ratio", ">= 0.5"),
        expect("delivery_ratio", "> 0.5"),
        expect("latency_ms.max", "< 5000"),
        expect("latency_ms.max", "== never"),
        expect("undelivered_messages", "== 0"),
        expect("phases.crash.degree_ms", "!= 0"),
    ];
    assert_eq!(summary.judge(&expectations), Ok(false));
    let verdicts: Vec<Outcome> = summary.expect.iter().map(|verdict| verdict.verdict).collect();
    use Outcome::{Fails, Holds};
    assert_eq!(verdicts, [Holds, Fails, Fails, Holds, Holds, Fails], "what was not measured holds nothing");
    let text = serde_json::to_string(&summary.expect[3]).unwrap();
    assert_eq!(text, r#"{"key":"latency_ms.max","bound":"== never","value":"never","verdict":"holds"}"#);
    assert_eq!(summary.judge(&expectations[..1]), Ok(true));
    assert_eq!(summary.judge(&[]), Ok(true));
}

#[test]
fn bounds_are_read_and_written() {
    for text in ["< 1", "<= 0.5", "> 0", ">= 100", "== never", "!= -1"] {
        assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
    }
    assert_eq!(" >=0.95 ".parse::<Bound>(), Ok(Bound { op: Op::AtLeast, value: 0.95 }));
    for text in ["", "0.5", "= 1", ">=", "> one", "< inf", "> nan", "=> 1"] {
        assert!(text.parse::<Bound>().is_err(), "{text}");
    }
}

#[test]
fn each_comparison_does_what_it_says() {
    let at = |op: Op| [0.0, 1.0, 2.0].map(|left| op.holds(left, 1.0));
    assert_eq!(at(Op::Less), [true, false, false]);
    assert_eq!(at(Op::AtMost), [true, true, false]);
    assert_eq!(at(Op::More), [false, false, true]);
    assert_eq!(at(Op::AtLeast), [false, true, true]);
    assert_eq!(at(Op::Equal), [false, true, false]);
    assert_eq!(at(Op::Different), [true, false, true]);
}

#[test]
fn the_direction_of_a_metric() {
    assert_eq!(worse("delivery_ratio"), Ok(Worse::Lower));
    assert_eq!(worse("latency_ms.p99"), Ok(Worse::Higher));
    assert_eq!(worse("drops.loss"), Ok(Worse::Higher));
    assert_eq!(worse("phases.partition.delivery.during"), Ok(Worse::Lower));
    assert_eq!(worse("joins"), Ok(Worse::Neither));
}
