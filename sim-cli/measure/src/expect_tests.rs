use super::*;
use crate::testing::small_summary;

fn expect(metric: &str, bound: &str) -> Expectation {
    Expectation::parse(metric, bound).unwrap()
}

#[test]
fn an_expectation_holds_or_fails() {
    let mut summary = small_summary();
    let expectations = [
        expect("delivery_ratio", ">= 0.5"),
        expect("delivery_ratio", "> 0.5"),
        expect("latency_ms.max", "< 5000"),
        expect("latency_ms.max", "== never"),
        expect("undelivered_messages", "== 0"),
        expect("phases.crash.degree_ms", "!= 0"),
    ];
    assert_eq!(summary.judge(&expectations), Ok(false));
    let outcomes: Vec<Outcome> = summary.expect.iter().map(|checked| checked.verdict).collect();
    use Outcome::{Fails, Holds};
    assert_eq!(outcomes, [Holds, Fails, Fails, Holds, Holds, Fails], "what was not measured holds nothing");
    let text = serde_json::to_string(&summary.expect[3]).unwrap();
    assert_eq!(text, r#"{"key":"latency_ms.max","bound":"== never","value":"never","verdict":"holds"}"#);
    assert_eq!(summary.judge(&expectations[..1]), Ok(true));
    assert_eq!(summary.judge(&[]), Ok(true));
}

#[test]
fn bounds_are_read_and_written() {
    let written = |metric, bound| Expectation::parse(metric, bound).map(|read| read.to_string());
    for (metric, bound) in [
        ("publishes", "< 1"),
        ("delivery_ratio", "<= 0.5"),
        ("rmr.mean", "> 0"),
        ("crashes", ">= 100"),
        ("latency_ms.max", "== never"),
        ("topology.assortativity", "!= -1"),
    ] {
        assert_eq!(written(metric, bound), Ok(bound.to_owned()));
    }
    assert_eq!(written("delivery_ratio", " >=95 % "), Ok(">= 0.95".to_owned()));
    assert_eq!(written("phases.crash.heal_ms", "< 1m 30s"), Ok("< 90000".to_owned()));
    assert_eq!(written("publishes", "> 10_000"), Ok("> 10000".to_owned()));
    for bound in ["", "0.5", "= 1", ">=", "> one", "< inf", "> nan", "=> 1", "< 5 %", "< 1s", "< never"] {
        assert!(written("publishes", bound).is_err(), "{bound}");
    }
    for bound in ["< inf", "< -inf", "< nan", "< 5 %", "< 5 parsecs"] {
        assert!(written("latency_ms.max", bound).is_err(), "{bound}");
    }
    assert!(Expectation::parse("delivery_rate", "< 1").unwrap_err().contains("delivery_ratio"));
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
    assert!(!Op::Different.holds(f64::NAN, 1.0), "what is no number holds nothing");
}
