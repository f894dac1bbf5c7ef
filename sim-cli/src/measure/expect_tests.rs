use super::*;
use crate::measure::testing::small_summary;

fn expect(metric: &str, bound: &str) -> Expectation {
    Expectation::new(metric, bound.parse().unwrap()).unwrap()
}

#[test]
fn a_verdict_holds_or_fails() {
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
