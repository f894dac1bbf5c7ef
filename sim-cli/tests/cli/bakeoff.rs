//! `bakeoff`: contestants under the same conditions, in the folder of a sweep.

use std::collections::BTreeMap;
use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::Value;

use crate::lab::{Lab, SMALL, wait_until};

/// 20 nodes, two contestants, two conditions.
const PLAN: &str = r#"scenario = "small.toml"
runs = 6
set.nodes.count = 20

[contestants]
walk = { overlay.random_walk = { degree = 3 }, broadcast.flood = {} }
"hyparview, tree" = { overlay.hyparview = {}, broadcast.plumtree = {} }

[conditions]
calm = {}
[[conditions.crash.fault]]
at = "4s"
crash = { fraction = 0.3 }
"#;

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("small.toml", SMALL);
    lab.write("tiny.toml", PLAN);
    lab
}

/// A folder with a plan of these contestants under one condition.
fn lab_of(contestants: &str) -> Lab {
    let lab = lab();
    let head = PLAN.split("[contestants]").next().unwrap();
    lab.write("tiny.toml", format!("{head}[contestants]\n{contestants}"));
    lab
}

/// The files of a folder, by their place in it.
fn files(lab: &Lab, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = lab.path().join(folder);
    let place = |path: PathBuf| path.strip_prefix(&root).unwrap().to_owned();
    lab.files(folder).into_iter().map(|(path, bytes)| (place(path), bytes)).collect()
}

fn results(lab: &Lab, folder: &str) -> Value {
    serde_json::from_str(&lab.read(&format!("{folder}/results.json"))).unwrap()
}

/// What is said of `metric` under the condition at `place`.
fn measure<'a>(results: &'a Value, place: usize, metric: &str) -> &'a Value {
    let measures = results["bakeoff"]["conditions"][place]["measures"].as_array().unwrap();
    measures.iter().find(|measure| measure["metric"] == metric).unwrap_or_else(|| panic!("{metric}"))
}

#[test]
fn the_results_are_the_same_bytes_for_any_jobs_and_parts() {
    let lab = lab();
    let said = lab.ok(&["bakeoff", "tiny.toml", "--out", "one"]);
    let head = "tiny  2 contestants under 2 conditions, 6 runs of each; scenario small, seed 7\n\ncalm\n";
    assert!(said.out.starts_with(head), "{}", said.out);
    let names = [
        "cells",
        "cost-delivery.png",
        "cost-latency.png",
        "results.json",
        "sweep.json",
        "table.csv",
        "table.md",
    ];
    assert_eq!(lab.names("one"), names);
    lab.ok(&["bakeoff", "tiny.toml", "--out", "two", "--jobs", "2"]);
    assert_eq!(files(&lab, "two"), files(&lab, "one"));
    for part in ["1/2", "2/2"] {
        let said = lab.ok(&["bakeoff", "tiny.toml", "--partition", part, "--out", &part.replace('/', "-")]);
        assert!(said.out.is_empty() && said.err.contains("sim-cli merge"), "{}{}", said.out, said.err);
    }
    let merged = lab.ok(&["merge", "1-2", "2-2", "--out", "merged", "--format", "markdown"]);
    assert_eq!(files(&lab, "merged"), files(&lab, "one"));
    assert_eq!(merged.out, lab.read("one/table.md"));
    let json = lab.ok(&["bakeoff", "tiny.toml", "--out", "one", "--format", "json"]);
    assert_eq!(json.out, lab.read("one/results.json"));
    assert!(json.err.contains("24 runs, 24 already done"), "{}", json.err);
    // Each cell is made of single runs, with the same seeds for all.
    let seeds = |text: &str| text.rsplit_once('-').unwrap().1.to_owned();
    let cells = lab.names("one/cells");
    let mut counted: BTreeMap<String, u32> = BTreeMap::new();
    cells.iter().for_each(|name| *counted.entry(seeds(name)).or_default() += 1);
    assert_eq!((counted.len(), counted.values().all(|&count| count == 4)), (6, true), "{cells:?}");
}

#[test]
fn tables_name_every_measure_and_the_time_to_heal_where_there_is_a_fault() {
    let lab = lab();
    lab.ok(&["bakeoff", "tiny.toml", "--out", "out", "--picture-format", "svg"]);
    let results = results(&lab, "out");
    let usual = "delivery_ratio latency_ms.p99 rmr.mean ldh.mean per_node_s.bytes per_node_s.control";
    for (place, more) in [(0, ""), (1, " phases.crash.heal_ms")] {
        let measures = results["bakeoff"]["conditions"][place]["measures"].as_array().unwrap();
        let names: Vec<&str> = measures.iter().map(|measure| measure["metric"].as_str().unwrap()).collect();
        assert_eq!(names.join(" "), format!("{usual}{more}"));
    }
    let csv = lab.read("out/table.csv");
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("condition,contestant,metric,runs,mean,low,high,min,max,never,letters,best")
    );
    assert!(lines.next().unwrap().starts_with("calm,walk,delivery_ratio,6,"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 2 * 6 + 2 * 7);
    let markdown = lab.read("out/table.md");
    let head = "| contestant | delivery ratio | latency p99 | RMR | last hop | bytes per node and s | \
                control per node and s | healed after crash |\n";
    assert!(markdown.contains("#### crash\n") && markdown.contains(head), "{markdown}");
    let svg = lab.read("out/cost-latency.svg");
    let words = ["hyparview, tree", "walk", "calm", "crash", "bytes per node and s (less is better)"];
    assert!(words.iter().all(|words| svg.contains(words)), "a name is missing");
}

#[test]
fn equal_contestants_differ_in_nothing() {
    let lab = lab_of("one = { link.loss = 0.1 }\nother = { link.loss = \"10 %\" }\n");
    lab.ok(&["bakeoff", "tiny.toml", "--out", "out"]);
    assert_eq!(lab.names("out/cells").len(), 6, "each run is made once");
    let results = results(&lab, "out");
    for measure in results["bakeoff"]["conditions"][0]["measures"].as_array().unwrap() {
        let found = &measure["differences"][0];
        assert_eq!((&found["verdict"], &found["p_adjusted"]), (&"no_difference".into(), &Value::Null));
        for contestant in measure["contestants"].as_array().unwrap() {
            assert_eq!((&contestant["letters"], &contestant["best"]), (&"".into(), &false.into()));
        }
    }
    let table = lab.ok(&["bakeoff", "tiny.toml", "--out", "out"]).out;
    let row = |name: &str| table.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim();
    assert_eq!(row("one"), row("other"));
    assert!(!table.split("mean over runs").next().unwrap().contains('*'), "{table}");
}

#[test]
fn a_doubled_latency_is_beyond_chance_with_enough_runs() {
    let twice = "near = {}\nfar = { link.latency.uniform = { min = \"20ms\", max = \"120ms\" } }\n";
    let lab = lab_of(twice);
    for (runs, verdict, letters, best) in
        [("6", "worse", ["a", "b"], [true, false]), ("5", "cannot_tell", ["", ""], [false, false])]
    {
        let said = lab.ok(&["bakeoff", "tiny.toml", "--runs", runs, "--out", runs]);
        let results = results(&lab, runs);
        let found = measure(&results, 0, "latency_ms.p99");
        assert_eq!(found["differences"][0]["verdict"], verdict, "{found:#}");
        for (place, (letters, best)) in letters.into_iter().zip(best).enumerate() {
            let contestant = &found["contestants"][place];
            assert_eq!((&contestant["letters"], &contestant["best"]), (&letters.into(), &best.into()));
        }
        let few = "5 runs: chance cannot be ruled out with fewer than 6\n";
        assert_eq!(said.out.contains(few), runs == "5", "{}", said.out);
        assert_eq!(results["bakeoff"]["runs_needed"].as_u64(), (runs == "5").then_some(6));
    }
    // Of three contestants each pair needs its share of the 5 %.
    let lab = lab_of(&format!("{twice}also = {{ link.loss = 0.01 }}\n"));
    let said = lab.ok(&["bakeoff", "tiny.toml", "--out", "three"]);
    assert!(said.out.contains("6 runs: chance cannot be ruled out with fewer than 7\n"), "{}", said.out);
    assert_eq!(
        measure(&results(&lab, "three"), 0, "latency_ms.p99")["differences"][0]["verdict"],
        "cannot_tell"
    );
}

/// Protocols start from their defaults; of all else a contestant changes what it names.
#[test]
fn contestants_and_conditions_are_put_into_the_scenario() {
    let lab = lab();
    lab.write("small.toml", SMALL.replace("[overlay.random_walk]", "[overlay.random_walk]\ndegree = 4"));
    lab.ok(&["bakeoff", "tiny.toml", "--runs", "1", "--out", "out"]);
    let seed = lab.names("out/cells")[0].rsplit_once('-').unwrap().1.replace(".json", "");
    for (contestant, condition) in [
        (&["overlay.random_walk={ degree = 3 }"][..], &[][..]),
        (
            &["overlay.hyparview={}", "broadcast.plumtree={}"],
            &["fault=[{ at = \"4s\", crash = { fraction = 0.3 } }]"],
        ),
    ] {
        let set = ["nodes.count=20"].iter().chain(contestant).chain(condition);
        let set: Vec<&str> = set.flat_map(|set| ["--set", set]).collect();
        lab.ok(&[&["run", "small.toml", "--no-pictures", "--seed", &seed, "--force"], &set[..]].concat());
        let single = lab.read(&format!("runs/small-{seed}/summary.json"));
        // The scenario expects something, which a bake-off does not judge.
        let without = |text: &str| {
            let mut summary: Value = serde_json::from_str(text).unwrap();
            summary["expect"].take();
            summary
        };
        let found = lab.files("out/cells").into_values();
        let mut found = found.map(|bytes| without(&String::from_utf8(bytes).unwrap()));
        assert!(found.any(|summary| summary == without(&single)), "{contestant:?}, {condition:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_bakeoff_goes_on_to_the_same_bytes() {
    let lab = lab();
    lab.write("tiny.toml", PLAN.replace("count = 20", "count = 400"));
    let arguments = ["bakeoff", "tiny.toml", "--out", "cut"];
    let child = lab.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let count = || std::fs::read_dir(lab.path().join("cut/cells")).map_or(0, Iterator::count);
    wait_until("no run was ever finished", || count() >= 2);
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.contains("run the same command again to resume"), "{err}");
    let had = lab.names("cut/cells").len();
    assert!(!lab.names("cut").contains(&"table.md".to_owned()) && (2..24).contains(&had), "{had}");
    let said = lab.ok(&arguments);
    assert!(said.err.contains(&format!("24 runs, {had} already done")), "{}", said.err);
    lab.ok(&["bakeoff", "tiny.toml", "--out", "whole"]);
    assert_eq!(files(&lab, "cut"), files(&lab, "whole"));
}

#[test]
fn what_is_wrong_is_shown_where_the_plan_says_it() {
    let lab = lab();
    for (from, to, expected) in [
        ("overlay.hyparview", "overlay.hyparveiw", &["tiny.toml:7:31", "did you mean `hyparview`?"][..]),
        ("{ degree = 3 }", "{ degre = 3 }", &["tiny.toml:6:34", "did you mean `degree`?"]),
        ("degree = 3", "degree = \"much\"", &["tiny.toml:6:43", "expected"]),
        ("calm = {}", "calm = { link.loss = 2 }", &["tiny.toml:10:22", "a share lies in [0, 1]"]),
        ("calm = {}", "calm = { lnk.loss = 2 }", &["tiny.toml:10:10", "did you mean `link`?"]),
        ("fraction = 0.3", "fraction = 3", &["tiny.toml:11:20", "it lies above 0 and is at most 1"]),
        ("scenario =", "scenari =", &["tiny.toml:1:1", "did you mean `scenario`?", "missing key `scenario`"]),
        (
            "[contestants]",
            "[contestant]",
            &["tiny.toml:5:2", "did you mean `contestants`?", "missing table [contestants]"],
        ),
        ("runs = 6", "runs = 0", &["tiny.toml:2:8", "invalid number of runs `0`"]),
        ("runs = 6", "cost = \"delivery_ratio\"", &["tiny.toml:2:8", "`delivery_ratio` is no cost"]),
        ("runs = 6", "metrics = [\"rmr\"]", &["tiny.toml:2:12", "unknown metric `rmr`"]),
        (
            "calm = {}",
            "calm = { broadcast.flood = {} }",
            &["tiny.toml:10:10", "a condition cannot set `broadcast`"],
        ),
        ("calm = {}", "calm = { seed = 5 }", &["tiny.toml:10:17", "seed cannot be set here"]),
        ("calm = {}", "calm = 5", &["tiny.toml:10:8", "expected a table"]),
        ("small.toml", "smal.toml", &["did you mean `small.toml`?"]),
        ("count = 20", "count = 0", &["tiny.toml:3:19", "set.nodes.count"]),
    ] {
        assert!(PLAN.contains(from), "{from}");
        lab.write("tiny.toml", PLAN.replace(from, to));
        let said = lab.refused(&["bakeoff", "tiny.toml"]);
        for part in expected {
            assert!(said.contains(part), "{to}: {part}: {said}");
        }
    }
}

#[test]
fn a_caret_stands_below_the_word_of_the_contestant() {
    let lab = lab_of("walk = {}\ntree = { overlay.static = { ring = true }, broadcast.plumtre = {} }\n");
    assert_snapshot!(lab.refused(&["bakeoff", "tiny.toml"]), @"
    error: unknown broadcast `plumtre`
     --> tiny.toml:7:54
      |
    7 | tree = { overlay.static = { ring = true }, broadcast.plumtre = {} }
      |                                                      ^^^^^^^ did you mean `plumtree`? Known here: flood, gossip, plumtree
    ");
    let lab = lab_of("walk = {}\n");
    assert_snapshot!(lab.refused(&["bakeoff", "tiny.toml"]), @"
    error: there is nobody to compare with
     --> tiny.toml:5:2
      |
    5 | [contestants]
      |  ^^^^^^^^^^^ write [contestants] with two or more, e.g. tree = { overlay.hyparview = {}, broadcast.plumtree = {} }
    ");
}

/// What is wrong may stand in the scenario, and be wrong for one contestant only.
#[test]
fn a_caret_in_the_scenario_says_for_whom() {
    let lab = lab_of("walk = {}\nlate = { duration = \"1s\" }\n");
    let said = lab.refused(&["bakeoff", "tiny.toml"]);
    let whose = "(contestant = late, condition = as it is, in tiny.toml)\n  --> small.toml:19:9\n";
    assert!(said.contains(whose), "{said}");
}

#[test]
fn plans_and_scenarios_are_told_apart() {
    let lab = lab();
    lab.write("grid.toml", "scenario = \"small.toml\"\n[grid]\nlink.loss = [0, 0.1]\n");
    for (arguments, expected) in [
        (["bakeoff", "small.toml"], "`sim-cli run small.toml` runs it; a plan names it, and [contestants]"),
        (["bakeoff", "grid.toml"], "`sim-cli sweep grid.toml` runs it"),
        (["sweep", "tiny.toml"], "`sim-cli bakeoff tiny.toml` runs it"),
        (["run", "tiny.toml"], "`sim-cli bakeoff tiny.toml` runs it"),
    ] {
        let said = lab.refused(&arguments);
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let valid = lab.ok(&["validate", "tiny.toml", "grid.toml"]).out;
    let cells =
        "tiny.toml: ok: a bake-off plan: 4 cells, 24 runs of small.toml\ngrid.toml: ok: a sweep plan: ";
    assert!(valid.starts_with(cells), "{valid}");
    assert_eq!(lab.ok(&["bakeoff", "tiny.toml", "--dry-run"]).out, "tiny.toml: ok: 4 cells, 24 runs\n");
    let schema: Value = serde_json::from_str(&lab.ok(&["schema", "--of", "bakeoff"]).out).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["scenario", "contestants"]));
    let explained = lab.ok(&["explain", "cost-delivery.png"]).out;
    assert!(explained.contains("A picture of a bake-off"), "{explained}");
}
