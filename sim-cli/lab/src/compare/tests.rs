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
        pair.rows.iter().any(|row| !matches!(row.verdict, Change::NoDifference | Change::CannotTell))
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
    assert_eq!((&ratio["family"], &ratio["test"]), (&"delivery".into(), &"paired".into()));
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
    let few = "cannot tell: one run per side says nothing about chance; 6 would do (run --runs 6)";
    assert_eq!((untold.conclusion().as_str(), untold.is_untold()), (few, true));
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

/// Runs of the seeds 1, 2, .. which have these values of a metric, and are alike in all else.
fn runs_with([group, field]: [&str; 2], values: &[f64]) -> Side {
    let text = include_str!("fixtures/summary.json");
    let mut side = Side { name: "made".to_owned(), ..Side::default() };
    let mut rows = Vec::new();
    for (seed, &value) in (1..).zip(values) {
        let mut summary: serde_json::Value = serde_json::from_str(text).unwrap();
        let place = if field.is_empty() { &mut summary[group] } else { &mut summary[group][field] };
        *place = if value.is_infinite() { "never".into() } else { value.into() };
        rows.push(floodnet_measure::metrics::Numbers::parse(&summary.to_string()).unwrap());
        side.seeds.push(seed);
    }
    side.table = crate::ensemble::Table::of(rows);
    side
}

#[test]
fn a_shift_that_is_equal_in_all_runs_is_a_difference_as_soon_as_runs_can_tell() {
    let never = f64::INFINITY;
    for (metric, base, new) in [
        (["latency_ms", "p50"], 10.0, 20.0),
        (["delivery_ratio", ""], 1.0, 0.0),
        (["latency_ms", "p99"], 40.0, never),
    ] {
        let path = metric.join(".");
        let path = path.trim_end_matches('.');
        for runs in 2..=12_usize {
            let sides = [base, new].map(|value| runs_with(metric, &vec![value; runs]));
            let other_seeds =
                Side { seeds: (1..=runs as u64).map(|seed| seed + 100).collect(), ..sides[1].clone() };
            for (new, fewest) in [(&sides[1], 6), (&other_seeds, 4)] {
                let found = compare(&sides[0], new, Some(0.05));
                let row = found.pairs[0].rows.iter().find(|row| row.metric == path).unwrap();
                let expected = match runs < fewest {
                    true => (Change::CannotTell, Some(fewest), false),
                    false => (Change::Worse, None, true),
                };
                let what = format!("{path}, {runs} runs: {}", found.conclusion());
                assert_eq!((row.verdict, row.runs_needed, row.is_regression), expected, "{what}");
                assert_eq!(found.is_untold(), runs < fewest, "{what}");
                let mark = if runs < fewest { "### ❔" } else { "### ❌" };
                assert!(found.to_markdown().starts_with(mark), "{what}");
            }
        }
    }
}

#[test]
fn no_difference_is_said_only_if_the_interval_says_so() {
    let base: Vec<f64> = (0..10).map(|run| 100.0 + f64::from(run * run % 7)).collect();
    let off = |sizes: [f64; 10]| base.iter().zip(sizes).map(|(base, size)| base + size).collect::<Vec<f64>>();
    let small = off([1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5, 1.0, -1.0]);
    let large = off([30.0, -28.0, 25.0, -31.0, 22.0, -20.0, 15.0, -12.0, 9.0, -9.0]);
    for (new, threshold, expected) in [
        (&base, None, Change::NoDifference),
        (&small, None, Change::NoDifference),
        (&small, Some(0.001), Change::CannotTell),
        (&large, None, Change::CannotTell),
        (&large, Some(0.5), Change::NoDifference),
    ] {
        let [base, new] = [&base, new].map(|values| runs_with(["latency_ms", "p50"], values));
        let found = compare(&base, &new, threshold);
        let row = found.pairs[0].rows.iter().find(|row| row.metric == "latency_ms.p50").unwrap();
        assert_eq!(row.verdict, expected, "{row:?}");
        // Enough runs are more than there were, and all that is open is said.
        let open = expected == Change::CannotTell;
        assert_eq!(
            (row.runs_needed.is_some_and(|runs| runs > 10), row.is_regression),
            (open, false),
            "{row:?}"
        );
        assert!(!found.is_untold());
        let text = found.to_text(true);
        assert_eq!(text.contains("cannot tell (p = "), open, "{text}");
        assert!(!open || text.contains(" runs would"), "{text}");
        let mark = if open { "### ❔" } else { "### ✅" };
        assert!(found.to_markdown().starts_with(mark), "{}", found.to_markdown());
        let xml = found.to_junit().unwrap();
        assert_eq!(xml.matches("<skipped").count(), usize::from(open), "{xml}");
        assert!(!xml.contains("<failure"), "{xml}");
    }
}

#[test]
fn ranks_say_which_way_a_metric_went_that_is_never_in_some_run_of_both_sides() {
    let never = f64::INFINITY;
    let mut base = [10.0; 12];
    base[0] = never;
    let mut new = [never; 12];
    new[0] = 10.0;
    let [base, new] = [base, new].map(|values| runs_with(["latency_ms", "p50"], &values));
    for (base, new, expected, words) in [
        (&base, &new, (Change::Worse, true), "higher by rank"),
        (&new, &base, (Change::Better, false), "lower by rank"),
    ] {
        let found = compare(base, new, Some(0.05));
        let row = found.pairs[0].rows.iter().find(|row| row.metric == "latency_ms.p50").unwrap();
        assert_eq!((row.verdict, row.is_regression), expected, "{row:?}");
        assert!(found.to_text(false).contains(words), "{}", found.to_text(false));
    }
}
