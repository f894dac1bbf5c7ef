//! `[[reach]]`: what must happen in some run, judged over all runs that a command makes.

use crate::lab::{Lab, SMALL};

/// The small scenario, which must lose packets in some run, and maybe more.
fn lossy(more: &str) -> String {
    let text = SMALL.split("[expect]").next().unwrap();
    format!("{text}\n[[reach]]\nwhen = \"drops.loss > 0\"\n{more}")
        .replace("[link]", "[link]\ntransport = \"datagram\"")
}

fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("ci/lossy.toml", lossy(""));
    lab.write("ci/far.toml", lossy("[[reach]]\nwhen = \"components.max > 40\"\n"));
    lab.write("grid.toml", "scenario = \"ci/lossy.toml\"\nruns = 2\n[grid]\n\"link.loss\" = [0, 0.2]\n");
    lab.write("calm.toml", "scenario = \"ci/lossy.toml\"\nruns = 2\n[grid]\n\"nodes.count\" = [5, 6]\n");
    lab
}

#[test]
fn one_run_among_all_is_enough_and_none_is_exit_code_3() {
    let lab = lab();
    let grid = "--sweep=link.loss=0,0.2";
    let reached = "drops.loss > 0: in ";
    let never = "drops.loss > 0: in none of ";
    for (line, code, said) in [
        ("run ci/lossy.toml --set link.loss=0.2", 0, "  reach    drops.loss > 0: "),
        ("run ci/lossy.toml", 3, "small: drops.loss > 0: not in the only run; the nearest was 0 in this run"),
        // One of many need not show what some must.
        ("run ci/lossy.toml --run-index 3", 0, ""),
        (
            "run ci/lossy.toml --runs 3 --set link.loss=0.2",
            0,
            "    reached  drops.loss > 0: in 3 of 3 runs, first ",
        ),
        (
            "run ci/lossy.toml --runs 3",
            3,
            "small: drops.loss > 0: in none of 3 runs; the nearest was 0 in run 0",
        ),
        (&format!("run ci/lossy.toml {grid} --runs 2"), 0, "drops.loss > 0: in 2 of 4 runs, first "),
        ("sweep grid.toml --out swept", 0, "in run 0 of link.loss = 0.2"),
        (
            "sweep calm.toml --out calm",
            3,
            "drops.loss > 0: in none of 4 runs; the nearest was 0 in run 0 of nodes.count = 5",
        ),
        ("merge swept --out merged", 0, reached),
        ("merge calm --out merged", 3, never),
        ("test grid.toml calm.toml --quiet", 0, ""),
        ("test calm.toml --quiet", 3, "error: drops.loss > 0: in none of 4 runs"),
        (
            "test ci/lossy.toml",
            3,
            "UNREACHED             drops.loss > 0: not in the only run; the nearest was 0 in run 0 of ci/lossy.toml",
        ),
        ("test grid.toml", 0, reached),
        // Asked for in the same words by several, it is asked for once.
        ("test ci/lossy.toml grid.toml", 0, "drops.loss > 0: in 2 of 5 runs, first "),
        (
            "test ci grid.toml",
            3,
            "UNREACHED             components.max > 40: not in the only run; the nearest was ",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let mut words = words;
        if words[0] == "run" {
            words.push("--no-pictures");
            words.extend(if line.contains("--sweep") {
                ["--out", "cells"]
            } else {
                ["--force", "--out=runs"]
            });
        }
        let ran = lab.run(&words);
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, code, "{line}: {all}");
        assert!(all.contains(said), "{line}: {all}");
    }
}

#[test]
fn programs_read_what_was_reached() {
    let lab = lab();
    let json = |line: &[&str]| -> serde_json::Value {
        let out = lab.run(line).out;
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("{line:?}: {why}: {out}"))
    };
    let lossy = ["run", "ci/lossy.toml", "--runs=2", "--set=link.loss=0.2", "--no-pictures", "--format=json"];
    for report in [
        json(&lossy),
        json(&["sweep", "grid.toml", "--out", "swept", "--format=json"]),
        json(&["test", "grid.toml", "--format=json"]),
    ] {
        let reach = &report["reach"][0];
        let told =
            (reach["when"].as_str(), reach["reached"].as_u64(), reach["best"]["value"].as_f64() > Some(0.0));
        assert_eq!(told, (Some("drops.loss > 0"), Some(2), true), "{reach}");
    }
    let xml = lab.run(&["test", "ci", "--format=junit"]).out;
    assert!(xml.contains("<testsuite name=\"reach\" tests=\"2\""), "{xml}");
    assert_eq!(xml.matches("type=\"unreached\"").count(), 2, "{xml}");
    // It makes no other configuration, so runs before and after it was written are compared.
    lab.ok(&["run", "ci/lossy.toml", "--run-index=0", "--no-pictures", "--out=with"]);
    lab.ok(&["run", "ci/lossy.toml", "--set=reach=[]", "--no-pictures", "--out=without"]);
    let same = lab.run(&["compare", "with", "without", "--format", "markdown"]);
    assert!(same.out.contains("the runs are identical"), "{}", same.out);
    assert!(lab.read("with/scenario.resolved.toml").contains("[[reach]]\nwhen = \"drops.loss > 0\""));
}

#[test]
fn pages_know_what_some_run_must_show() {
    let lab = lab();
    lab.ok(&["sweep", "grid.toml", "--out", "swept"]);
    assert_eq!(lab.run(&["sweep", "calm.toml", "--out", "calm"]).code, 3);
    lab.ok(&["run", "ci/lossy.toml", "--set", "link.loss=0.2", "--no-pictures", "--out", "a"]);
    for (folder, said) in [
        ("swept", &["Some run shows each thing that some run must show."][..]),
        ("calm", &["1 expectation not met:", "drops.loss &gt; 0: in none of 4 runs"]),
        ("a", &["Some run must show drops.loss &gt; 0: ", "The scenario expects nothing of each run."]),
    ] {
        lab.ok(&["report", folder]);
        let page = lab.read(&format!("{folder}/report.html"));
        said.iter().for_each(|said| assert!(page.contains(said), "{folder}: no `{said}`"));
        assert!(!page.contains("expects nothing."), "{folder}");
    }
}
