//! `run --runs`: many runs of one scenario.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use crate::lab::{Lab, wait_until};

const RUNS: [&str; 5] = ["run", "small.toml", "--no-pictures", "--runs", "4"];

fn runs(lab: &Lab, more: &[&str]) -> crate::lab::Said {
    lab.run(&[&RUNS, more].concat())
}

fn json(lab: &Lab, file: &str) -> serde_json::Value {
    serde_json::from_str(&lab.read(file)).unwrap()
}

#[test]
fn every_run_is_the_single_run_of_its_seed_whatever_the_jobs() {
    let lab = Lab::new();
    assert_eq!(runs(&lab, &["--out", "one"]).code, 0);
    assert_eq!(runs(&lab, &["--out", "three", "--jobs", "3"]).code, 0);
    let files = |folder: &str| -> BTreeMap<_, _> {
        let found = lab.files(folder).into_iter();
        let place = |path: std::path::PathBuf| path.strip_prefix(lab.path().join(folder)).unwrap().to_owned();
        found
            .map(|(path, bytes)| (place(path), bytes))
            .filter(|(path, _)| !path.ends_with("manifest.json"))
            .collect()
    };
    assert_eq!(files("one"), files("three"));
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "single"]);
    lab.ok(&["run", "one/scenario.resolved.toml", "--no-pictures", "--out", "last", "--run-index", "3"]);
    for (folder, alone) in [("run-000", "single"), ("run-003", "last")] {
        for name in ["summary.json", "messages.csv", "timeseries.csv", "scenario.resolved.toml"] {
            assert_eq!(
                lab.read(&format!("one/{folder}/{name}")),
                lab.read(&format!("{alone}/{name}")),
                "{name}"
            );
        }
    }
    let seed = json(&lab, "one/runs.json")["each"][2]["seed"].to_string();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "third", "--seed", &seed]);
    assert_eq!(lab.read("third/summary.json"), lab.read("one/run-002/summary.json"));
}

#[test]
fn the_runs_are_summed_up_with_intervals() {
    let lab = Lab::new();
    let said = runs(&lab, &[]);
    assert_eq!(said.code, 0, "{}", said.err);
    let folder = "runs/small-7-x4";
    assert_eq!(
        lab.names(folder),
        [
            "latency.csv",
            "manifest.json",
            "run-000",
            "run-001",
            "run-002",
            "run-003",
            "runs.csv",
            "runs.json",
            "scenario.resolved.toml"
        ]
    );
    let all = json(&lab, &format!("{folder}/runs.json"));
    let values: Vec<f64> = (0..4)
        .map(|run| lab.summary(&format!("{folder}/run-00{run}"))["rmr"]["mean"].as_f64().unwrap())
        .collect();
    let rmr = &all["metrics"]["rmr.mean"];
    let mean = values.iter().sum::<f64>() / 4.0;
    assert!((rmr["mean"].as_f64().unwrap() - mean).abs() < 1e-5, "{rmr}");
    assert_eq!(rmr["min"].as_f64(), values.iter().copied().reduce(f64::min));
    // t(0.975, 3) = 3.182446
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 3.0;
    let half = 3.182_446 * (variance / 4.0).sqrt();
    assert!((rmr["ci95"][0].as_f64().unwrap() - (mean - half)).abs() < 1e-5, "{rmr} {half}");
    assert_eq!(all["runs"], 4);
    assert_eq!(all["expect"][0]["verdict"], "holds");
    assert_eq!(lab.read(&format!("{folder}/runs.csv")).lines().count(), 5);
    let (head, _) = said.out.split_once("\n  delivery ratio").unwrap();
    assert_eq!(head.lines().next(), Some("small  50 nodes · 8 s simulated · seed 7 · 4 runs"));
    assert!(
        said.out.contains("  holds  delivery_ratio  >= 0.9  1 [1, 1]  worst 1 in run 0\n"),
        "{}",
        said.out
    );
    assert_snapshot!(said.err, @"
    results  runs/small-7-x4
    again    sim-cli run runs/small-7-x4/scenario.resolved.toml --runs 4
    worst    sim-cli run runs/small-7-x4/scenario.resolved.toml --run-index 0   (delivery_ratio)
    ");
    let printed = runs(&lab, &["--format", "json", "--force"]);
    assert_eq!(printed.out, lab.read(&format!("{folder}/runs.json")));
}

#[test]
fn expectations_are_judged_on_the_interval() {
    let lab = Lab::new();
    // The means of four runs lie around these; single runs on both sides.
    let first = runs(&lab, &["--format", "json"]);
    let all: serde_json::Value = serde_json::from_str(&first.out).unwrap();
    let rmr = &all["metrics"]["rmr.mean"];
    let (mean, low) = (rmr["mean"].to_string(), rmr["ci95"][0].as_f64().unwrap());
    for (bound, verdict, code) in [
        (format!("> {}", low * 0.9), "holds", 0),
        (format!("> {mean}"), "undecided", 3),
        ("> 90".to_owned(), "fails", 3),
    ] {
        let set = format!("expect.rmr.mean={bound}");
        let said = runs(&lab, &["--force", "--set", &set]);
        assert_eq!(said.code, code, "{bound}: {}", said.err);
        let judged = json(&lab, "runs/small-7-x4/runs.json")["expect"][1].clone();
        assert_eq!((&judged["key"], &judged["verdict"]), (&"rmr.mean".into(), &verdict.into()));
        let worst = judged["worst"]["run"].to_string();
        let values: Vec<f64> = (0..4)
            .map(|run| lab.summary(&format!("runs/small-7-x4/run-00{run}"))["rmr"]["mean"].as_f64().unwrap())
            .collect();
        let least = (0..4).reduce(|a, b| if values[b] < values[a] { b } else { a }).unwrap();
        assert_eq!(worst, least.to_string());
        if code == 3 {
            assert!(said.err.contains(&format!("--run-index {worst}   (rmr.mean)")), "{}", said.err);
            assert!(said.err.contains("error: small: rmr.mean is "), "{}", said.err);
        }
        assert_eq!(verdict == "undecided", said.err.contains("add runs"), "{}", said.err);
    }
}

/// Ctrl-C keeps the runs that were finished.
#[cfg(target_os = "linux")]
#[test]
fn interrupted_runs_keep_what_was_finished() {
    let lab = Lab::new();
    // The runs are many, and the folder shows when the first ones are there.
    let mut command = lab.command(&["run", "small.toml", "--no-pictures", "--runs", "5000", "--out", "all"]);
    let child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let third = lab.path().join(".all.partial/run-002/manifest.json");
    wait_until("no run was ever finished", || third.exists());
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{err}");
    let all = json(&lab, "all/runs.json");
    let runs = all["runs"].as_u64().unwrap();
    assert!((3..5000).contains(&runs) && all["complete"] == false, "{runs} runs");
    assert!(err.contains(&format!("interrupted: the results cover the {runs} finished runs")), "{err}");
    assert!(String::from_utf8_lossy(&output.stdout).lines().next().unwrap().ends_with(" · interrupted"));
    for run in 0..runs {
        assert_eq!(lab.summary(&format!("all/run-{run:03}"))["seed"], all["each"][run as usize]["seed"]);
    }
    assert_eq!(
        lab.names("").iter().filter(|name| name.starts_with('.')).count(),
        0,
        "nothing is left of the draft"
    );
}

#[test]
fn a_picture_is_drawn_of_one_of_the_runs() {
    let lab = Lab::new();
    runs(&lab, &["--out", "all"]);
    let said = lab.run(&["render", "all"]);
    assert!(
        said.code == 2
            && said.err.contains("all has 4 runs: name the folder of one of them, e.g. all/run-000"),
        "{}",
        said.err
    );
    lab.ok(&["render", "all/run-003", "--what", "degrees"]);
    assert!(lab.names("all/run-003").contains(&"degrees.png".to_owned()));
}

#[test]
fn a_folder_of_many_runs_is_replaced_only_by_force_and_whole() {
    let lab = Lab::new();
    runs(&lab, &["--out", "all"]);
    let refused = runs(&lab, &["--out", "all"]);
    assert!(refused.code == 1 && refused.err.contains("already has a run"), "{}", refused.err);
    lab.write("all/run-001/thesis.txt", "");
    let foreign = runs(&lab, &["--out", "all", "--force"]);
    assert!(
        foreign.code == 1 && foreign.err.contains("contains run-001, which is not part of a run"),
        "{}",
        foreign.err
    );
    std::fs::remove_file(lab.path().join("all/run-001/thesis.txt")).unwrap();
    let fewer = lab.run(&["run", "small.toml", "--no-pictures", "--runs", "2", "--out", "all", "--force"]);
    assert_eq!(fewer.code, 0, "{}", fewer.err);
    assert!(!lab.names("all").contains(&"run-002".to_owned()));
    let one = lab.run(&["run", "small.toml", "--no-pictures", "--runs", "1", "--out", "one"]);
    assert!(one.code == 0 && lab.names("one").contains(&"summary.json".to_owned()), "one is a single run");
    for bad in [&["--runs", "0"][..], &["--runs", "two"], &["--runs", "2", "--run-index", "1"]] {
        assert_eq!(lab.run(&[&["run", "small.toml"], bad].concat()).code, 2, "{bad:?}");
    }
}
