//! Memory is told before it is spent.

use crate::lab::Lab;

/// More nodes than any machine has memory for, and a plan that would take long to draw.
const HUGE: &str = "nodes.count=134217728";

#[test]
fn what_needs_more_memory_than_there_is_is_refused_before_it_is_made() {
    let lab = Lab::new();
    lab.write("grid.toml", "scenario = \"small.toml\"\nruns = 4\n[grid]\n\"link.loss\" = [0, 0.1]\n");
    let huge = ["--set", HUGE];
    for (arguments, said) in [
        (&["run", "small.toml", "--memory", "1MiB"][..], "a run of 50 nodes needs about 14."),
        (&["run", "small.toml", "--memory", "1MiB"], ", and --memory allows 1.05 MB\n"),
        (&["run", "small.toml", "--memory", "1MiB", "--dry-run"], "a run of 50 nodes needs about"),
        (&["run", "small.toml", "--memory", "40MB", "--runs", "9", "--jobs", "3"], "help: --jobs 2, or "),
        (
            &["run", "small.toml", "--memory", "40MB", "--sweep", "link.loss=0,0.1", "--jobs", "3"],
            "3 runs at a time, ",
        ),
        (
            &["sweep", "grid.toml", "--memory", "40MB", "--jobs", "9"],
            "8 runs at a time, of 50 nodes each, need",
        ),
        // By what the machine or the control group of this test has.
        (&["run", "small.toml", huge[0], huge[1]], "a run of 134,217,728 nodes needs about "),
        (&["run", "small.toml", huge[0], huge[1], "--dry-run"], "help: nodes.count = "),
    ] {
        if !cfg!(target_os = "linux") && arguments.contains(&HUGE) {
            continue;
        }
        let got = lab.run(arguments);
        assert_eq!(got.code, 1, "{arguments:?}: {}", got.err);
        assert!(got.err.contains(said), "{arguments:?}: no `{said}` in {}", got.err);
        assert!(got.err.contains("--memory any tries it all the same"), "{}", got.err);
    }
    assert!(!lab.path().join("runs").exists(), "nothing is written");
    assert!(lab.refused(&["run", "small.toml", "--memory", "8"]).contains("--memory <SIZE>"));
}

#[test]
fn what_may_fit_is_tried() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--memory", "any", "--out", "a"]);
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--memory", "15 MB", "--out", "b"]);
    assert!(said.err.contains("and --memory allows 15 MB: it may not be enough\n"), "{}", said.err);
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--memory", "1 GB", "--out", "c"]);
    assert!(!said.err.contains("it may not be enough"), "{}", said.err);
    assert_eq!(lab.read("a/summary.json"), lab.read("c/summary.json"));
}

/// The system gives no more than the half of what a run takes: it ends as other failures do. The standard library
/// adds a note on backtraces.
#[cfg(target_os = "linux")]
#[test]
fn an_allocation_that_fails_is_a_failure() {
    use std::process::Command;

    let lab = Lab::new();
    let program = assert_cmd::cargo::cargo_bin!("sim-cli").display();
    let run =
        "run small.toml --no-pictures --memory any --set nodes.count=1000000 --set nodes.arrive=5s --out a";
    let line =
        format!("ulimit -v 400000; exec {program} {run} --set broadcast.flood.seen=10 --progress none");
    let said =
        lab.said(Command::new("bash").args(["-c", &line]).current_dir(lab.path()).env("RUST_BACKTRACE", "0"));
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.starts_with("memory allocation of ") && said.err.lines().count() <= 2, "{}", said.err);
    assert!(!lab.path().join("a").exists());
}
