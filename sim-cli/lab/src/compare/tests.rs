use std::num::NonZeroUsize;
use std::path::Path;

use super::*;
use crate::Protocols;
use crate::ensemble;
use crate::run::Ran;
use floodnet_scenario::Scenario;

/// A network that is over in an instant, lossy and small so that most metrics vary from run to run.
fn scenario(set: &[(&str, &str)]) -> Scenario {
    let text = "name = \"tiny\"\nduration = \"14s\"\nnodes = { count = 16, arrive = \"2s\" }\n\
                overlay.random_walk = { degree = 3 }\nbroadcast.gossip = { fanout = 3 }\n\
                link = { transport = \"datagram\", loss = 0.1, latency = { uniform = { min = \"10ms\", max = \"60ms\" } } }\n\
                churn = { start = \"3s\", session = { exponential = { mean = \"20s\" } }, downtime = { exponential = { mean = \"4s\" } } }\n\
                [[traffic]]\nfrom = \"random\"\nevery = \"1s\"\nstart = \"4s\"\nstop = \"10s\"\n\
                [measure]\nstart = \"3s\"\ndeadline = \"3s\"\n";
    let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Scenario::parse("tiny.toml", text, Path::new("."), &set, Protocols::builtin().tables())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn side(scenario: &Scenario, seeds: &[u64]) -> Side {
    let jobs = NonZeroUsize::new(2).unwrap();
    let keep = |_, _: &Scenario, ran: Ran| ran.finished.unwrap().results.summary.to_json();
    let ran = ensemble::run_each(scenario, &Protocols::builtin(), seeds, jobs, &(), &keep).unwrap();
    let texts: Vec<String> = ran.into_iter().flatten().collect();
    let summaries = texts.iter().map(|text| (String::new(), text.as_str()));
    let config = Some(ensemble::config::keys(&scenario.to_resolved_toml()));
    Side::of(&scenario.name, config, summaries).unwrap()
}

fn compare(base: &Side, new: &Side, threshold: Option<f64>) -> Comparison {
    Comparison::of(std::slice::from_ref(base), std::slice::from_ref(new), &[], threshold).unwrap()
}

#[test]
fn equals_on_other_seeds_are_called_different_in_at_most_5_of_100_comparisons() {
    let scenario = scenario(&[]);
    let seeds = ensemble::seeds(1, 4_000);
    let all = side(&scenario, &seeds);
    let group = |from: usize| Side {
        seeds: seeds[from..from + 5].to_vec(),
        table: all.table.rows(from..from + 5),
        ..Side::default()
    };
    let comparisons = 400;
    let is_alarm = |k: usize| {
        let found = compare(&group(k * 10), &group(k * 10 + 5), None);
        let pair = &found.pairs[0];
        assert!(!pair.is_paired && pair.rows.len() > 40);
        pair.rows.iter().any(|row| !matches!(row.verdict, Change::NoDifference | Change::Untold))
    };
    let alarms = (0..comparisons).filter(|&k| is_alarm(k)).count();
    // 5 % and three standard errors of a share of 5 % among 400.
    let most = comparisons as f64 * (0.05 + 3.0 * (0.05 * 0.95 / comparisons as f64).sqrt());
    assert!((alarms as f64) <= most, "{alarms} false alarms in {comparisons} comparisons");
}

#[test]
fn a_change_for_the_worse_is_found_and_called_so() {
    let seeds = ensemble::seeds(1, 12);
    let (base, new) = (side(&scenario(&[]), &seeds), side(&scenario(&[("link.loss", "0.5")]), &seeds));
    let row = |comparison: &Comparison, metric: &str| {
        comparison.pairs[0].rows.iter().find(|row| row.metric == metric).unwrap().clone()
    };
    let worse = compare(&base, &new, None);
    assert!(worse.pairs[0].is_paired);
    assert_eq!(worse.pairs[0].config, [("link.loss".into(), Some("0.1".into()), Some("0.5".into()))]);
    let ratio = row(&worse, "delivery_ratio");
    assert!((ratio.verdict, ratio.is_regression) == (Change::Worse, true), "{ratio:?}");
    let better = compare(&new, &base, None);
    assert_eq!(row(&better, "delivery_ratio").verdict, Change::Better);
    assert!(better.regressions().all(|(_, row)| row.metric != "delivery_ratio"));
    // It gets worse by less than all of it.
    let tolerated = row(&compare(&base, &new, Some(0.99)), "delivery_ratio");
    assert!((tolerated.verdict, tolerated.is_regression) == (Change::Worse, false), "{tolerated:?}");
    let text = worse.to_text(false);
    assert!(text.contains("  link.loss  0.1 -> 0.5\n") && text.contains("WORSE (p "), "{text}");
    assert!(text.contains("new   tiny (12 runs)   paired by seed\n"), "{text}");
    let markdown = worse.to_markdown();
    assert!(markdown.starts_with("### ❌ floodnet compare: of "), "{markdown}");
    assert!(markdown.contains("| `link.loss` | 0.1 | 0.5 |"), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&worse.to_json()).unwrap();
    let found = json["pairs"][0]["metrics"].as_array().unwrap();
    let ratio = found.iter().find(|row| row["metric"] == "delivery_ratio").unwrap();
    assert_eq!((&ratio["verdict"], &ratio["regression"]), (&"worse".into(), &true.into()));
    let report = quick_junit::Report::deserialize_from_str(&worse.to_junit().unwrap()).unwrap();
    assert_eq!((report.failures, report.tests), (worse.regressions().count(), worse.pairs[0].rows.len()));
}

#[test]
fn the_same_runs_do_not_differ_and_single_runs_tell_nothing_of_chance() {
    let base = side(&scenario(&[]), &ensemble::seeds(1, 3));
    let same = compare(&base, &base, Some(0.0));
    assert!(same.pairs[0].is_identical && same.regressions().next().is_none());
    assert_eq!(same.conclusion(), "no difference: the runs are identical");
    let (one, other) = (side(&scenario(&[]), &[1]), side(&scenario(&[("link.loss", "0.9")]), &[1]));
    let untold = compare(&one, &other, None);
    assert!(
        untold.conclusion().starts_with("one run per side says nothing about chance"),
        "{}",
        untold.conclusion()
    );
    assert_eq!(untold.regressions().count(), 0);
    let judged = compare(&one, &other, Some(0.05));
    assert!(judged.regressions().any(|(_, row)| row.metric == "delivery_ratio"));
}

#[test]
fn the_metrics_that_are_asked_for_are_the_family() {
    let seeds = ensemble::seeds(1, 3);
    let base = side(&scenario(&[]), &seeds);
    let metrics = ["nodes_up.mean".to_owned(), "rmr.mean".to_owned()];
    let found =
        Comparison::of(std::slice::from_ref(&base), std::slice::from_ref(&base), &metrics, None).unwrap();
    let names: Vec<&str> = found.pairs[0].rows.iter().map(|row| row.metric.as_str()).collect();
    assert_eq!(names, metrics);
    let cell = Side { cell: "degree = 3".into(), ..base.clone() };
    let error = Comparison::of(&[base], &[cell], &[], None).unwrap_err();
    assert_eq!(error, "nothing to compare: BASE is not a sweep, NEW has cells like degree = 3");
}
