use serde_json::Value;

use super::*;
use crate::testing::small_summary as honest_summary;

/// With the measures of adversaries, which are only written where there are some.
fn small_summary() -> Summary {
    let mut summary = honest_summary();
    summary.adversary.identities = Some(1);
    summary
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
    let value = serde_json::to_value(small_summary()).unwrap();
    let mut found = Vec::new();
    leaves(&value, "", &mut found);
    let no_metrics = [
        "scenario",
        "seed",
        "digest",
        "drops.cut",
        "kinds.message.bytes",
        "kinds.message.packets",
        "lost.by_reason.cut",
        "phases",
        "expect",
    ];
    found.retain(|path| !no_metrics.contains(&path.as_str()));
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
fn every_metric_is_the_number_that_the_file_has_at_its_path() {
    /// Gives whatever may be a number below `value` a number of its own.
    fn number(value: &mut Value, next: &mut u64) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|value| number(value, next)),
            Value::Array(entries) => entries.iter_mut().for_each(|value| number(value, next)),
            Value::String(word) if word != "never" => {}
            _ => {
                *value = (*next).into();
                *next += 1;
            }
        }
    }
    let mut value = serde_json::to_value(small_summary()).unwrap();
    number(&mut value, &mut 1);
    let summary: Summary = serde_json::from_value(value.clone()).unwrap();
    let at =
        |value: &Value, path: &str| value.pointer(&format!("/{}", path.replace('.', "/"))).unwrap().as_f64();
    for metric in METRICS {
        assert_eq!((metric.get)(&summary), at(&value, metric.path), "{}", metric.path);
    }
    for metric in PHASE_METRICS {
        assert_eq!((metric.get)(&summary.phases[0]), at(&value["phases"][0], metric.path), "{}", metric.path);
    }
}

#[test]
fn metrics_are_found_by_their_path() {
    let numbers = Numbers::of(&small_summary());
    assert_eq!(numbers.get("delivery_ratio"), Ok(Some(0.5)));
    assert_eq!(numbers.get("latency_ms.p50"), Ok(Some(1000.0)));
    assert_eq!(numbers.get("latency_ms.p99"), Ok(Some(f64::INFINITY)), "never");
    assert_eq!(numbers.get("drops.cut"), Ok(Some(1.0)));
    assert_eq!(numbers.get("lost.by_reason.cut"), Ok(Some(1.0)));
    assert_eq!(numbers.get("drops.queue_full"), Ok(Some(0.0)), "what did not happen is 0");
    assert_eq!(numbers.get("kinds.message.bytes"), Ok(Some(120.0)));
    assert_eq!(numbers.get("kinds.ihave.packets"), Ok(Some(0.0)), "what was not sent is 0");
    assert_eq!(numbers.get("phases.0.heal_ms"), numbers.get("phases.crash.heal_ms"));
    assert_eq!(numbers.get("phases.crash.from_s"), Ok(Some(9.0)));
    assert_eq!(numbers.get("phases.crash.degree_ms"), Ok(None), "the overlay has no target");
}

#[test]
fn all_metrics_of_a_run_are_listed_with_their_values() {
    let numbers = Numbers::of(&small_summary());
    let all = numbers.all();
    assert!(all.len() > METRICS.len() + PHASE_METRICS.len());
    for (name, value) in &all {
        assert_eq!(numbers.get(name), Ok(*value), "{name}");
    }
    let has = |wanted: &str| all.iter().any(|(name, _)| name == wanted);
    assert!(has("drops.cut") && has("lost.by_reason.cut") && has("phases.crash.heal_ms"), "{all:?}");
    let again = Numbers::parse(&small_summary().to_json()).unwrap();
    assert_eq!(again.all(), all, "the same from the file");
    assert!(Numbers::parse("{}").is_err());
}

#[test]
fn unknown_metrics_are_errors_that_say_what_was_meant() {
    let numbers = Numbers::of(&small_summary());
    for metric in
        ["delivery", "scenario", "seed", "", "latency_ms", "latency_ms.p51", "drops.", "drops", "phases"]
    {
        assert!(numbers.get(metric).is_err(), "{metric}");
    }
    assert!(worse("phases.partition.heal_ms").is_ok(), "names of faults are checked by the run");
    assert!(numbers.get("phases.partition.heal_ms").is_err(), "which has none");
    assert!(numbers.get("phases.1.heal_ms").is_err());
    let hint = |metric| find(metric).unwrap_err().hint;
    assert_eq!(hint("delivery_ration"), "did you mean `delivery_ratio`?");
    assert_eq!(hint("delivery"), "did you mean `delivery_ratio`?", "the beginning of a name is enough");
    assert_eq!(hint("join_ms.p95"), "known: join_ms.p50, join_ms.p99");
    assert_eq!(hint("phases.0.heal_s"), "did you mean `phases.0.heal_ms`?");
    assert!(hint("phases.0.latency").starts_with("known: from_s, until_s, "));
    assert!(hint("phases.heal_ms").contains("phases.partition.heal_ms"));
    assert_eq!(hint("drops"), "for example drops.loss");
    assert_eq!(hint("partitions"), "did you mean `partition_rate`?");
    assert_eq!(hint("happiness"), "no such metric in a summary");
    assert_eq!(
        find("delivery_ration").unwrap_err().to_string(),
        "unknown metric `delivery_ration`: did you mean `delivery_ratio`?"
    );
}

#[test]
fn the_direction_of_a_metric() {
    assert_eq!(worse("delivery_ratio"), Ok(Worse::Lower));
    assert_eq!(worse("latency_ms.p99"), Ok(Worse::Higher));
    assert_eq!(worse("drops.loss"), Ok(Worse::Higher));
    assert_eq!(worse("phases.partition.delivery.during"), Ok(Worse::Lower));
    assert_eq!(worse("joins"), Ok(Worse::Neither));
}
