//! `sweep` and `merge`: the same bytes whatever the split.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::lab::{Lab, SMALL, wait_until};

const PLAN: &str = "scenario = \"small.toml\"\nruns = 3\nmetrics = [\"rmr.mean\", \"delivery_ratio\"]\n\
                    [grid]\n\"overlay.random_walk.degree\" = [3, 5]\n\"link.loss\" = [0, 0.2]\n";

/// Without expectations, which are judged in every cell.
fn small() -> &'static str {
    SMALL.split("[expect]").next().unwrap()
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("small.toml", small());
    lab.write("grid.toml", PLAN);
    lab
}

/// The files of a folder, by their place in it.
fn files(lab: &Lab, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let root = lab.path().join(folder);
    lab.files(folder)
        .into_iter()
        .map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes))
        .collect()
}

#[test]
fn a_sweep_in_any_number_of_parts_merges_to_the_same_bytes() {
    let lab = lab();
    let said = lab.ok(&["sweep", "grid.toml", "--out", "whole"]);
    assert!(said.out.starts_with("grid  4 cells of small, seed 7\n"), "{}", said.out);
    let whole = files(&lab, "whole");
    let names: Vec<String> = lab.names("whole");
    assert_eq!(
        names,
        ["cells", "delivery_ratio.png", "results.json", "rmr.mean.png", "sweep.json", "table.csv"]
    );
    assert_eq!(lab.names("whole/cells").len(), 12);
    for split in [1, 3, 7] {
        let parts: Vec<String> = (1..=split).map(|part| format!("part-{part}-of-{split}")).collect();
        for (part, folder) in (1..).zip(&parts) {
            let (share, jobs) = (format!("{part}/{split}"), (part % 3 + 1).to_string());
            lab.ok(&["sweep", "grid.toml", "--partition", &share, "--out", folder, "--jobs", &jobs]);
        }
        let out = format!("merged-{split}");
        // In any order.
        let folders: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
        lab.ok(&[&["merge", "--out", &out], &folders[..]].concat());
        assert_eq!(files(&lab, &out), whole, "{split} parts");
        if split == 3 {
            let missing = lab.run(&["merge", "--out", "gap", &parts[0], &parts[2]]);
            assert_eq!(missing.code, 1, "{}", missing.err);
            assert!(missing.err.contains("only 0 of 4 cells are complete; missing:"), "{}", missing.err);
            // Each third run, from the second: of the first cell, that is its second run.
            let cell = "overlay.random_walk.degree = 3, link.loss = 0: seed ";
            assert!(missing.err.contains(cell), "{}", missing.err);
        }
    }
    let csv = lab.read("whole/table.csv");
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("overlay.random_walk.degree,link.loss,config,runs,rmr.mean,rmr.mean.low,")
    );
    assert!(lines.next().unwrap().starts_with("3,0,") && lines.count() == 3, "{csv}");
    // A cell is made of single runs.
    let single = [
        "run",
        "small.toml",
        "--no-pictures",
        "--set",
        "overlay.random_walk.degree=3",
        "--set",
        "link.loss=0",
    ];
    lab.ok(&single);
    assert!(whole.values().any(|bytes| *bytes == lab.read("runs/small-7/summary.json").into_bytes()));
}

/// A killed sweep goes on, and what is there is not made again.
#[test]
fn a_killed_sweep_goes_on_to_the_same_bytes() {
    let lab = lab();
    // Long enough to be killed in the middle.
    lab.write("small.toml", small().replace("count = 50", "count = 400"));
    lab.ok(&["sweep", "grid.toml", "--out", "whole"]);
    let count = |folder: &str| {
        let cells = std::fs::read_dir(lab.path().join(folder).join("cells"));
        let names =
            cells.into_iter().flatten().flatten().map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.')).count()
    };
    let mut child = lab
        .command(&["sweep", "grid.toml", "--out", "killed"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until("no run was ever finished", || count("killed") >= 2 || child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    let had = count("killed");
    assert!((2..12).contains(&had), "killed half-way: {had} of 12 runs");
    assert!(!lab.names("killed").contains(&"table.csv".to_owned()), "no table of half a sweep");
    // What a kill in the middle of writing leaves, and a file that is broken.
    lab.write("killed/cells/.half.json.partial", "{");
    let name = lab.names("killed/cells").into_iter().find(|name| !name.starts_with('.')).unwrap();
    lab.write(&format!("killed/cells/{name}"), "{\"seed\":");
    let said = lab.ok(&["sweep", "grid.toml", "--out", "killed"]);
    assert!(said.err.contains(&format!("12 runs, {} already done\n", had - 1)), "{}", said.err);
    assert_eq!(files(&lab, "killed"), files(&lab, "whole"));
    let again = lab.ok(&["sweep", "grid.toml", "--out", "killed"]);
    assert!(again.err.contains("12 already done"), "{}", again.err);
    assert_eq!(files(&lab, "killed"), files(&lab, "whole"));
}

/// Ctrl-C ends a sweep with the code of an interruption; finished runs stay.
#[cfg(target_os = "linux")]
/// A process can be killed at any moment: before the index is there, and while it writes the results.
#[test]
fn what_a_killed_sweep_has_begun_is_in_nobodys_way() {
    let lab = lab();
    lab.ok(&["sweep", "grid.toml", "--out", "whole"]);
    for begun in [&["cells/"][..], &[".sweep.json.aB3.partial"], &["cells/", ".sweep.json.aB3.partial"]] {
        let out = format!("begun-{}", begun.concat().len());
        for name in begun {
            match name.strip_suffix('/') {
                Some(folder) => std::fs::create_dir_all(lab.path().join(&out).join(folder)).unwrap(),
                None => lab.write(&format!("{out}/{name}"), "half"),
            }
        }
        lab.ok(&["sweep", "grid.toml", "--out", &out]);
        assert_eq!(files(&lab, &out), files(&lab, "whole"), "{begun:?}");
    }
    lab.write("whole/.table.csv.aB3.partial", "half");
    lab.ok(&["merge", "begun-6", "--out", "whole"]);
    assert_eq!(files(&lab, "whole"), files(&lab, "begun-6"));
    // What is anybody else's is not touched.
    lab.write("other/cells/mine", "mine");
    let said = lab.run(&["sweep", "grid.toml", "--out", "other"]);
    assert!(said.code == 1 && said.err.contains("contains other files"), "{}", said.err);
    assert_eq!(lab.names("other/cells"), ["mine"]);
}

#[test]
fn an_interrupted_sweep_keeps_its_runs() {
    let lab = lab();
    let arguments = ["sweep", "grid.toml", "--runs", "5000", "--out", "cut"];
    let child = lab.command(&arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let count = || std::fs::read_dir(lab.path().join("cut/cells")).map_or(0, Iterator::count);
    wait_until("no run was ever finished", || count() >= 3);
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(
        err.contains("interrupted: finished runs are in cut; run the same command again to resume"),
        "{err}"
    );
    assert!((3..20_000).contains(&count()), "{} runs", count());
}

#[test]
fn runs_are_added_until_the_interval_is_narrow_whatever_the_jobs() {
    let lab = lab();
    let until = ["sweep", "grid.toml", "--runs", "3", "--until-ci", "1.5%", "--max-runs", "40"];
    let first = lab.run(&[&until[..], &["--out", "one"]].concat());
    lab.run(&[&until[..], &["--out", "three", "--jobs", "3"]].concat());
    assert_eq!(files(&lab, "one"), files(&lab, "three"));
    for part in ["1/2", "2/2"] {
        lab.ok(&[&until[..], &["--out", &part.replace('/', "-"), "--partition", part]].concat());
    }
    assert_eq!(lab.run(&["merge", "1-2", "2-2", "--out", "merged"]).code, first.code);
    assert_eq!(files(&lab, "merged"), files(&lab, "one"));
    let results: serde_json::Value = serde_json::from_str(&lab.read("one/results.json")).unwrap();
    let (mut counts, mut wide) = (Vec::new(), 0);
    for cell in results["cells"].as_array().unwrap() {
        let (runs, rmr) = (cell["runs"].as_u64().unwrap(), &cell["metrics"]["rmr.mean"]);
        let [mean, low, high] =
            [&rmr["mean"], &rmr["ci95"][0], &rmr["ci95"][1]].map(|number| number.as_f64().unwrap());
        let is_narrow = (high - low) / 2.0 <= 0.015 * mean * 1.000_1;
        assert!((runs == 40 || is_narrow) && cell["narrow"] == is_narrow, "{cell}");
        counts.push(runs);
        wide += u32::from(!is_narrow);
    }
    assert_eq!(first.code, if wide > 0 { 5 } else { 0 }, "{}", first.err);
    assert!(counts.iter().any(|&runs| runs > 3), "some needed more: {counts:?}");
    // What is there counts: nothing is made again, and less is asked for than there is.
    let fewer = lab.ok(&["sweep", "grid.toml", "--out", "one"]);
    assert!(fewer.err.contains("12 already done"), "{}", fewer.err);
}

#[test]
fn an_interval_that_was_not_reached_has_an_exit_code_of_its_own() {
    let lab = lab();
    let until = ["sweep", "grid.toml", "--runs", "2", "--max-runs", "3", "--out", "wide", "--until-ci"];
    let said = lab.run(&[&until[..], &["0.01%"]].concat());
    assert_eq!(said.code, 5, "{}", said.err);
    let what = "--until-ci 0.01 % was not reached in 4 of 4 cells (allow more runs with --max-runs): \
                overlay.random_walk.degree = 3, link.loss = 0: 3 runs";
    assert!(said.err.contains(what), "{}", said.err);
    let results: serde_json::Value = serde_json::from_str(&lab.read("wide/results.json")).unwrap();
    assert_eq!(results["cells"][0]["narrow"], false);
    let said = lab.ok(&[&until[..], &["90%"]].concat());
    assert!(!said.err.contains("not reached"), "{}", said.err);
}

#[test]
fn sweeps_and_runs_are_compared() {
    let lab = lab();
    lab.ok(&["sweep", "grid.toml", "--runs", "6", "--out", "base"]);
    lab.write("worse.toml", PLAN.replace("[grid]", "[set]\nbroadcast.gossip.fanout = 1\n[grid]"));
    lab.ok(&["sweep", "worse.toml", "--runs", "6", "--out", "new"]);
    let said = lab.run(&["compare", "base", "new", "-m", "deliveries"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert!(
        said.out.contains("overlay.random_walk.degree = 3, link.loss = 0.2\nbase  base (6 runs)"),
        "{}",
        said.out
    );
    assert!(said.out.contains("broadcast.gossip.fanout   - -> 1\n"), "{}", said.out);
    let same = lab.ok(&["compare", "base", "base"]);
    assert!(same.out.ends_with("no difference: the runs are identical\n"), "{}", same.out);
    let error = lab.run(&["compare", "base", "small.toml", "--runs", "2"]);
    assert_eq!(error.code, 2, "{}", error.err);
    lab.ok(&["run", "small.toml", "--no-pictures", "--runs", "3"]);
    let now = lab.ok(&["compare", "runs/small-7-x3", "small.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&now.out).unwrap();
    assert_eq!(json["pairs"][0]["identical"], true, "the same seeds are run: {json}");
    let worse = ["compare", "small.toml", "small.toml", "--runs", "10", "--set-new", "link.loss=0.6"];
    let found = lab.run(&[&worse[..], &["-m", "latency_ms.p50"]].concat());
    assert!(
        found.code == 3 && found.err.contains("worse than before: latency_ms.p50"),
        "{} {}",
        found.out,
        found.err
    );
    let xml = lab.run(&[&worse[..], &["--format", "junit"]].concat());
    assert!(xml.out.starts_with("<?xml") && xml.out.contains("<failure"), "{}", xml.out);
    let markdown = lab.run(&[&worse[..], &["--format", "markdown"]].concat());
    assert!(markdown.out.contains("| `link.loss` | 0.0 | 0.6 |"), "{}", markdown.out);
    for (arguments, what) in [
        (&["compare", "small.toml", "nowhere"][..], "there is no such file"),
        (&["compare", "small.toml", "small.toml", "-m", "delivery"], "did you mean `delivery_ratio`?"),
        (&["compare", "small.toml", "small.toml", "--threshold", "much"], "invalid percentage `much`"),
        (&["compare", "base", "base", "--set", "link.loss=0"], "--set works only with scenarios"),
    ] {
        let said = lab.run(arguments);
        assert!(said.code == 2 && said.err.contains(what), "{arguments:?}: {} {}", said.code, said.err);
    }
    std::fs::create_dir(lab.path().join("empty")).unwrap();
    let nothing = lab.run(&["compare", "empty", "small.toml"]);
    assert!(nothing.code == 1 && nothing.err.contains("empty has no results"), "{}", nothing.err);
}

#[test]
fn what_is_wrong_with_a_plan_is_shown() {
    let lab = lab();
    for (text, what) in [
        (PLAN.replace("link.loss", "link.los"), "unknown key `los`"),
        (PLAN.replace("0.2]", "0.0]"), "are the same configuration"),
        (PLAN.replace("small.toml", "smal.toml"), "did you mean `small.toml`?"),
        (PLAN.replace("0.2]", "2]"), "link.loss"),
    ] {
        lab.write("bad.toml", text);
        let said = lab.refused(&["sweep", "bad.toml"]);
        assert!(said.contains(what), "{what}: {said}");
    }
    let said = lab.refused(&["sweep", "grid.toml", "--partition", "4/3"]);
    assert!(said.contains("(expected K/N with 1 <= K <= N, e.g. 2/7, or auto, or auto/N)"), "{said}");
    let dry = lab.ok(&["sweep", "grid.toml", "--dry-run"]);
    assert_eq!(dry.out, "grid.toml: ok: 4 cells, 12 runs\n");
    lab.write("full/thesis.txt", "");
    let full = lab.run(&["sweep", "grid.toml", "--out", "full"]);
    assert!(full.code == 1 && full.err.contains("full contains other files"), "{}", full.err);
    lab.ok(&["sweep", "grid.toml", "--out", "a", "--partition", "1/2"]);
    lab.ok(&["sweep", "grid.toml", "--out", "b", "--partition", "2/2", "--runs", "2"]);
    let differ = lab.run(&["merge", "a", "b", "--out", "c"]);
    assert!(differ.code == 2 && differ.err.contains("parts of different sweeps"), "{}", differ.err);
}
