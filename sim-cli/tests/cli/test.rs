//! `test`: scenarios and sweep plans as tests; and what `run`, `validate` and `sweep` say to the wrong kind of file.

use insta::assert_snapshot;

use crate::lab::{Lab, SMALL};

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("ci/good.toml", SMALL);
    lab.write("ci/bad.toml", SMALL.replace("delivery_ratio = \">= 0.9\"", "rmr.mean = \"> 99\""));
    lab.write("ci/none.toml", SMALL.split("[expect]").next().unwrap());
    lab.write("ci/grid.toml", "scenario = \"good.toml\"\nruns = 2\n[grid]\n\"link.loss\" = [0, 0.01]\n");
    lab
}

/// Without what differs from run to run.
fn steady(text: &str) -> String {
    let is_time = |word: &str| word.ends_with("s]") && word.contains('.');
    let line = |line: &str| {
        let words = line.split(' ').filter(|word| !word.is_empty() && !is_time(word) && *word != "[");
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().filter(|line| !line.contains("slowest")).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_test_has_a_line_and_all_a_summary() {
    let lab = lab();
    let said = lab.run(&["test", "ci", "--jobs", "1"]);
    assert_eq!((said.code, said.err.as_str()), (3, ""), "{}", said.out);
    let out = steady(&said.out);
    let why = out.lines().find(|line| line.starts_with("rmr.mean is ")).unwrap().to_owned();
    assert_snapshot!(out.replace(&why, "WHY"), @"
    FAIL ci/bad.toml
    WHY
    again: sim-cli run ci/bad.toml --run-index 0
    PASS ci/good.toml
    PASS ci/grid.toml [link.loss = 0]
    PASS ci/grid.toml [link.loss = 0.01]
    SKIP ci/none.toml
    it has no [expect] and no [[reach]], so nothing could fail
    ------------
    Summary 4 tests run: 3 passed, 1 failed, 1 skipped
    FAIL ci/bad.toml
    ");
    assert_eq!(said.out.matches("slowest [").count(), 3, "{}", said.out);
    assert_eq!(lab.names(""), ["ci", "small.toml"], "nothing is written");
    let again = lab.run(&["run", "ci/bad.toml", "--run-index", "0", "--no-pictures"]);
    assert_eq!(again.code, 3, "{}", again.err);
}

#[test]
fn what_is_run_can_be_chosen() {
    let lab = lab();
    let list = |more: &[&str]| lab.ok(&[&["test", "--list"], more].concat()).out;
    assert_eq!(list(&["ci", "--filter", "grid", "--skip", "0.01"]), "ci/grid.toml [link.loss = 0]\n");
    assert_eq!(list(&["ci/g*.toml", "--skip", "grid"]), "ci/good.toml\n");
    let one = lab.ok(&["test", "ci/*.toml", "--filter", "good", "--quiet"]);
    assert_eq!((one.out.as_str(), one.err.as_str()), ("", ""));
    let fast = lab.run(&["test", "ci", "--jobs", "1", "--fail-fast"]);
    assert!(fast.code == 3 && fast.err.contains("4 tests not run"), "{}", fast.err);
    for nothing in [&["ci", "--filter", "nowhere"][..], &["ci/none.toml"], &["none-*.toml"]] {
        let said = lab.run(&[&["test"], nothing].concat());
        assert_eq!(said.code, 2, "a test of nothing is not green: {}", said.err);
    }
    lab.write("ci/typo.toml", SMALL.replace("duration", "duratoin"));
    let invalid = lab.run(&["test", "ci"]);
    assert_eq!(invalid.code, 2, "{}", invalid.err);
    assert!(
        invalid.out.contains("INVALID") && invalid.out.contains("unknown key `duratoin`"),
        "{}",
        invalid.out
    );
}

#[test]
fn programs_and_ci_can_read_it() {
    let lab = lab();
    let json = lab.run(&["test", "ci", "--format", "json"]);
    assert_eq!(json.code, 3);
    let all: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&all["passed"], &all["failed"], &all["skipped"]), (&3.into(), &1.into(), &1.into()));
    assert_eq!(all["tests"][0]["expect"][0]["verdict"], "fails");
    let junit = lab.run(&["test", "ci", "--format", "junit"]);
    assert!(junit.out.starts_with("<?xml") && junit.err.contains("FAIL"), "{}", junit.err);
    for part in
        ["tests=\"5\" skipped=\"1\"", "failures=\"1\"", "<failure message=\"rmr.mean is ", "ci/good.toml"]
    {
        assert!(junit.out.contains(part), "{part}: {}", junit.out);
    }
}

#[test]
fn a_sweep_judges_every_cell() {
    let lab = Lab::new();
    // The redundancy of a flood is the mean degree without two.
    lab.write("small.toml", SMALL.replace("delivery_ratio = \">= 0.9\"", "\"rmr.mean\" = \"< 4\""));
    lab.write(
        "grid.toml",
        "scenario = \"small.toml\"\nruns = 3\n[grid]\n\"overlay.random_walk.degree\" = [3, 8]\n",
    );
    let said = lab.run(&["sweep", "grid.toml", "--out", "out"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("error: overlay.random_walk.degree = 8: rmr.mean is "), "{}", said.err);
    assert!(!said.err.contains("degree = 3: "), "{}", said.err);
    let results: serde_json::Value = serde_json::from_str(&lab.read("out/results.json")).unwrap();
    let verdicts = [0, 1].map(|cell| results["cells"][cell]["expect"][0]["verdict"].clone());
    assert_eq!(verdicts, ["holds", "fails"]);
    let merged = lab.run(&["merge", "out", "--out", "all"]);
    assert_eq!(
        (merged.code, merged.err),
        (3, said.err.replace("results  out", "results  all").split_once('\n').unwrap().1.to_owned())
    );
}

#[test]
fn a_run_can_end_as_soon_as_it_is_lost() {
    let lab = Lab::new();
    let lost = ["--set", "expect.packets_sent=< 100", "--fail-early", "--no-pictures"];
    let said = lab.run(&[&["run", "small.toml", "--out", "out"], &lost[..]].concat());
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains("error: small: packets_sent can only be at least "), "{}", said.err);
    let summary = lab.summary("out");
    assert!(summary["complete"] == false && summary["duration_s"].as_f64().unwrap() < 8.0, "{summary}");
    assert!(summary.get("digest").is_none() && summary["expect"] == serde_json::json!([]), "{summary}");
    lab.ok(&["run", "small.toml", "--fail-early", "--no-pictures", "--out", "held"]);
}

#[test]
fn names_and_standard_input_are_scenarios_too() {
    use std::io::Write;
    use std::process::Stdio;

    let lab = Lab::new();
    let said = lab.ok(&["run", "smoke", "--no-pictures"]);
    assert!(said.out.starts_with("smoke  50 nodes"), "{}", said.out);
    assert!(lab.ok(&["validate", "world"]).out.starts_with("world: ok: 1000 slots"));
    let run: &[&str] = &["run", "-", "--no-pictures", "--force"];
    let compare: &[&str] =
        &["compare", "smoke", "-", "--runs=1", "--set=traffic.0.stop=25s", "--set=duration=26s"];
    for (arguments, text, code, part) in [
        (run, SMALL, 0, "small  50 nodes"),
        (run, "name = 3\n", 2, "--> <stdin>:1:8"),
        (compare, SMALL, 5, "smoke"),
        (compare, &SMALL.replace("seed = 7", "seed = {}"), 2, "--> <stdin>:2:8"),
    ] {
        let mut command = lab.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(output.status.code(), Some(code), "{said:?}");
        assert!(said.iter().any(|said| said.contains(part)), "{said:?}");
    }
    let said = lab.refused(&["compare", "-", "-"]);
    assert!(said.contains("only one side can be -"), "{said}");
    assert_snapshot!(lab.refused(&["run", "smok"]), @"
    error: there is no such file, and no built-in scenario of this name
    --> smok
     = help: did you mean `smoke`? Built in: smoke, churn, tutorial, partition-heal, mass-crash, hyparview-plumtree, swim, world, partition, flood, bench
    ");
}

#[test]
fn the_wrong_kind_is_told_what_it_is_for() {
    let lab = lab();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "done"]);
    lab.ok(&["sweep", "ci/grid.toml", "--out", "swept"]);
    for (command, file, parts) in [
        (
            "run",
            "ci/grid.toml",
            ["this is a sweep plan, not a scenario", "`sim-cli sweep ci/grid.toml` runs it"],
        ),
        ("run", "ci", ["this is a folder, not a scenario", "`sim-cli test ci` runs all of them"]),
        (
            "run",
            "done",
            ["the folder of a finished run", "`sim-cli run done/scenario.resolved.toml` repeats it"],
        ),
        ("run", "swept", ["the folder of a sweep", "sim-cli compare swept"]),
        ("sweep", "small.toml", ["this is a scenario, not a sweep plan", "`sim-cli run small.toml` runs it"]),
        ("sweep", "ci", ["this is a folder, not a sweep plan", "name a plan in it"]),
    ] {
        let said = lab.refused(&[command, file]);
        assert!(parts.iter().all(|part| said.contains(part)), "{command} {file}: {said}");
    }
}

#[test]
fn validate_knows_plans_and_folders_and_speaks_json() {
    let lab = lab();
    let said = lab.ok(&["validate", "ci"]);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.out);
    assert_eq!(lines[2], "ci/grid.toml: ok: a sweep plan: 2 cells, 4 runs of ci/good.toml");
    lab.write("ci/typo.toml", SMALL.replace("[link]", "[link]\nlos = 1"));
    let said = lab.run(&["validate", "ci", "--format", "json"]);
    assert_eq!((said.code, said.err.as_str()), (2, ""));
    let all: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(all["valid"], false);
    let typo = &all["files"][4];
    assert_eq!((&typo["file"], &typo["valid"]), (&"ci/typo.toml".into(), &false.into()));
    let problem = &typo["problems"][0];
    assert_eq!(
        (&problem["line"], &problem["column"], &problem["key"]),
        (&14.into(), &1.into(), &"link.los".into())
    );
    assert!(problem["help"].as_str().unwrap().starts_with("did you mean `loss`?"), "{problem}");
    assert!(all["files"][0]["about"].as_str().unwrap().starts_with("ok: 50 slots"));
}
