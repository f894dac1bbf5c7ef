//! Two at once: nobody's results are mixed with those of others.

use std::process::{Child, Output, Stdio};

use crate::lab::{Lab, wait_until};

fn start(lab: &Lab, arguments: &[&str]) -> Child {
    lab.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(child: Child) -> (i32, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn wait_for(lab: &Lab, name: &str) {
    wait_until(&format!("{name} never came"), || lab.path().join(name).exists());
}

#[test]
fn of_two_with_one_folder_the_second_is_refused_at_its_start() {
    for (first, second) in [
        (
            &["run", "small.toml", "--runs", "600"][..],
            &["run", "small.toml", "--runs", "600", "--set", "link.loss=0.1"][..],
        ),
        (&["run", "small.toml", "--runs", "600"], &["run", "small.toml", "--force"]),
        (&["sweep", "grid.toml", "--runs", "300"], &["sweep", "grid.toml", "--runs", "2"]),
    ] {
        let lab = Lab::new();
        lab.write("grid.toml", "scenario = \"small.toml\"\n[grid]\n\"link.loss\" = [0, 0.01]\n");
        let more: &[&str] =
            if first[0] == "run" { &["--no-pictures", "--out", "here"] } else { &["--out", "here"] };
        let child = start(&lab, &[first, more].concat());
        // The file is there a moment before it says whose it is.
        let is_signed =
            || std::fs::read_to_string(lab.path().join(".here.lock")).is_ok_and(|who| !who.is_empty());
        wait_until("the lock never said whose it is", is_signed);
        let refused = lab.run(&[second, more].concat());
        let number = child.id();
        assert_eq!(refused.code, 1, "{}", refused.err);
        let start = format!("error: here is being written by another sim-cli (process {number}): ");
        assert!(refused.err.starts_with(&start) && refused.out.is_empty(), "{}", refused.err);
        let (code, err) = end(child);
        assert_eq!(code, 0, "{err}");
        assert!(!lab.names("").contains(&".here.lock".to_owned()), "{:?}", lab.names(""));
        if first[0] == "run" {
            let all: serde_json::Value = serde_json::from_str(&lab.read("here/runs.json")).unwrap();
            for one in all["each"].as_array().unwrap() {
                let folder = format!("here/run-{:03}", one["run"].as_u64().unwrap());
                assert_eq!(lab.summary(&folder)["digest"], one["digest"], "{folder}");
            }
        }
    }
}

#[test]
fn a_killed_process_holds_nothing_and_its_runs_are_gone_on_with() {
    let lab = Lab::new();
    let line = |folder| ["run", "small.toml", "--no-pictures", "--runs", "60", "--out", folder];
    lab.ok(&line("whole"));
    let mut child = start(&lab, &line("cut"));
    wait_for(&lab, ".cut.partial/run-002");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!lab.path().join("cut").exists());
    let had = lab.names(".cut.partial").iter().filter(|name| name.starts_with("run-")).count();
    assert!((3..60).contains(&had), "{had} runs");
    // One that is broken is made again.
    lab.write(".cut.partial/run-001/summary.json", "{");
    let said = lab.ok(&line("cut"));
    assert!(said.err.contains(&format!("small  60 runs, {} already done\n", had - 1)), "{}", said.err);
    let files = |folder: &str| {
        let all = lab.files(folder).into_iter().filter(|(path, _)| !path.ends_with("manifest.json"));
        let root = lab.path().join(folder);
        all.map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes)).collect::<Vec<_>>()
    };
    assert!(files("cut") == files("whole"), "the same bytes as in one go");
    assert_eq!(lab.names(""), ["cut", "small.toml", "whole"]);
}

#[test]
fn runs_of_something_else_are_not_gone_on_with() {
    let lab = Lab::new();
    let line = ["run", "small.toml", "--no-pictures", "--runs", "600", "--out", "cut"];
    let child = start(&lab, &line);
    wait_for(&lab, ".cut.partial/run-002");
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let (code, err) = end(child);
    assert!(code == 130 && err.contains("run the same command again to go on"), "{err}");
    let refused = lab.run(&[&line[..], &["--set", "link.loss=0.1"]].concat());
    assert!(refused.code == 1 && refused.err.contains("cut already has a run"), "{}", refused.err);
    let on = lab.ok(&line);
    assert!(on.err.contains(" already done"), "{}", on.err);
    let again = lab.run(&line);
    assert!(again.code == 1 && again.err.contains("cut already has a run"), "{}", again.err);
    let anew = lab.ok(&[&line[..], &["--force"]].concat());
    assert!(!anew.err.contains("already done"), "{}", anew.err);
}

/// Tables of a run that goes on stand beside its folder, and go when it is there.
#[test]
fn a_long_run_keeps_its_tables() {
    let lab = Lab::new();
    let long = ["--set", "duration=10h", "--set", "traffic.0.stop=9h", "--checkpoint", "1ms"];
    let mut child =
        start(&lab, &[&["run", "small.toml", "--no-pictures", "--out", "here"], &long[..]].concat());
    wait_for(&lab, "here.checkpoint/checkpoint.json");
    child.kill().unwrap();
    child.wait().unwrap();
    let mark: serde_json::Value = serde_json::from_str(&lab.read("here.checkpoint/checkpoint.json")).unwrap();
    assert_eq!((&mark["complete"], &mark["duration_s"]), (&false.into(), &36_000.0.into()));
    assert!(lab.read("here.checkpoint/timeseries.csv").lines().count() > 1);
    assert!(lab.read("here.checkpoint/messages.csv").starts_with("message,"));
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "here", "--checkpoint", "off"]);
    assert_eq!(lab.names(""), ["here", "small.toml"], "the run stands there now");
}
