//! `run`: results, expectations, seeds, interruption.

use insta::assert_snapshot;

use crate::lab::{Lab, SMALL};

/// The numbers of a run are not what these tests are about: each as `#`, and no lines that only some runs have.
fn without_numbers(text: &str) -> String {
    let mut masked = String::new();
    for line in text.lines().filter(|line| !line.contains("dropped: ")) {
        let (mut in_word, mut in_number) = (false, false);
        for c in line.chars() {
            in_word = c.is_alphabetic() || (in_word && c.is_alphanumeric());
            let digit = !in_word && (c.is_ascii_digit() || (in_number && matches!(c, '.' | ',')));
            if !digit || !in_number {
                masked.push(if digit { '#' } else { c });
            }
            in_number = digit;
        }
        masked.push('\n');
    }
    masked
}

#[test]
fn a_run_prints_its_summary_and_says_where_the_rest_is() {
    let lab = Lab::new();
    let said = lab.ok(&["run", "small.toml", "--no-pictures"]);
    let (text, digest) = said.out.split_once("digest ").unwrap();
    assert_snapshot!(without_numbers(text), @"
    small  # nodes · # s simulated · seed #

      messages                   #
      delivery ratio             # %
        delivery worst           # %
        delivery joined          # %
      deliveries                 #
        deliveries late          #
        deliveries other         #
      delivery latency p50       # ms
                       p99       # ms
                       max       # ms
      redundancy (RMR)           #
      last delivery hop          # (max #)

      packets sent               #
        packets per node         # (max #)
        payloads sent            #
      duplicates                 #
      bytes sent, payload        #
      bytes sent, control        #

      partition rate             # %
      components                 # (max #)
      largest component          # %
      degree                     # (max #)
      nodes up                   #
      incarnations               # joined, # left, # crashed
        never joined             #
      time to join p50           # ms
                   p99           # ms
      links at the end           #
      average path (asp)         #
      diameter                   #
      clustering                 #

      expectations
        holds  delivery_ratio  >= #  #
    ");
    assert_eq!(digest.split_whitespace().next(), lab.summary("runs/small-7")["digest"].as_str());
    assert_snapshot!(said.err, @"
    results  runs/small-7
    again    sim-cli run runs/small-7/scenario.resolved.toml
    ");
    assert_eq!(
        lab.names("runs/small-7"),
        [
            "latency.csv",
            "manifest.json",
            "messages.csv",
            "scenario.resolved.toml",
            "summary.json",
            "timeseries.csv",
            "topology.graphml"
        ]
    );
    assert_eq!(lab.names("runs"), ["small-7"], "nothing is left of the draft");
}

#[test]
fn json_on_standard_output_is_the_summary() {
    let lab = Lab::new();
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--format", "json"]);
    assert_eq!(said.out, lab.read("runs/small-7/summary.json"));
    let quiet = lab.ok(&["run", "small.toml", "--no-pictures", "--format", "json", "--force", "-q"]);
    assert_eq!((quiet.out, quiet.err), (said.out, String::new()));
}

#[test]
fn quiet_prints_nothing_and_verbose_what_it_cost() {
    let lab = Lab::new();
    let quiet = lab.ok(&["run", "small.toml", "--no-pictures", "-q"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    assert!(!lab.files("runs/small-7").is_empty());
    let verbose = lab.ok(&["run", "small.toml", "--no-pictures", "--out", "other", "-v"]);
    assert!(verbose.err.contains("M events/s"), "{}", verbose.err);
    assert!(lab.run(&["run", "small.toml", "-q", "-v"]).code == 2, "one or the other");
}

#[test]
fn a_failed_expectation_is_said_with_value_and_bound() {
    let lab = Lab::new();
    let bounds = ["--set", "expect.latency_ms.p50=< 1ms", "--set", "expect.crashes= > 0"];
    let said = lab.run(&[&["run", "small.toml", "--no-pictures"], &bounds[..]].concat());
    assert_eq!(said.code, 3);
    assert!(said.out.contains("FAILS  crashes         > 0     0\n"), "{}", said.out);
    assert!(said.err.contains("error: small: crashes is 0, expected > 0\n"), "{}", said.err);
    let p50 = &lab.summary("runs/small-7")["latency_ms"]["p50"];
    let expected = format!("error: small: latency_ms.p50 is {p50}, expected < 1\n");
    assert!(said.err.contains(&expected), "{}", said.err);
    let quiet = lab.run(&[&["run", "small.toml", "--no-pictures", "-q", "--force"], &bounds[..]].concat());
    let wanted = format!("error: small: crashes is 0, expected > 0\n{expected}");
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err), (3, "", wanted));
}

#[test]
fn metrics_of_faults_and_words_can_be_expected() {
    let lab = Lab::new();
    lab.write(
        "fault.toml",
        SMALL.to_owned()
            + "late_publishes = \"== 0\"\nphases.partition.heal_ms = \"< 4s\"\n\
               phases.0.heal_ms = \"< never\"\ndelivery_worst = \">= 1 %\"\n\
               [[fault]]\nat = \"3s\"\npartition = { groups = [0.5, 0.5], for = \"500ms\" }\n",
    );
    let said = lab.run(&["run", "fault.toml", "--no-pictures", "--out", "fault"]);
    let verdicts = lab.summary("fault")["expect"].clone();
    let keys: Vec<_> = verdicts.as_array().unwrap().iter().map(|verdict| verdict["key"].as_str()).collect();
    let expected = [
        "delivery_ratio",
        "delivery_worst",
        "late_publishes",
        "phases.0.heal_ms",
        "phases.partition.heal_ms",
    ];
    assert_eq!(keys, expected.map(Some));
    assert_eq!(verdicts[3]["value"], verdicts[4]["value"], "the first fault by number and by name");
    assert!(matches!(said.code, 0 | 3), "{}", said.err);
    let again = lab.run(&["run", "fault/scenario.resolved.toml", "--no-pictures", "--out", "again"]);
    assert_eq!(again.code, said.code);
    assert_eq!(lab.read("again/summary.json"), lab.read("fault/summary.json"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_another_run() {
    let lab = Lab::new();
    for (folder, seed) in [("a", "7"), ("b", "0x7"), ("c", "8")] {
        lab.ok(&["run", "small.toml", "--no-pictures", "--out", folder, "--seed", seed]);
    }
    let mut compared = 0;
    for name in lab.names("a").iter().filter(|name| *name != "manifest.json") {
        assert_eq!(lab.read(&format!("a/{name}")), lab.read(&format!("b/{name}")), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 6);
    assert_ne!(lab.summary("a")["digest"], lab.summary("c")["digest"]);
}

#[test]
fn the_resolved_scenario_reproduces_the_run() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a", "--set", "link.loss=0.05"]);
    lab.ok(&["run", "a/scenario.resolved.toml", "--no-pictures", "--out", "b"]);
    assert_eq!(lab.read("a/summary.json"), lab.read("b/summary.json"));
    assert_eq!(lab.read("a/scenario.resolved.toml"), lab.read("b/scenario.resolved.toml"));
}

#[test]
fn seeds_are_numbers_in_two_bases_or_drawn() {
    let lab = Lab::new();
    lab.ok(&["run", "small.toml", "--no-pictures", "-q", "--seed", "0x2a"]);
    assert_eq!(lab.summary("runs/small-42")["seed"], 42);
    let drawn = lab.ok(&["run", "small.toml", "--no-pictures", "--out", "drawn", "--seed", "random"]);
    let seed = lab.summary("drawn")["seed"].clone();
    assert!(drawn.err.starts_with(&format!("seed {seed}\n")), "{}", drawn.err);
    let other = lab.ok(&["run", "small.toml", "--no-pictures", "--out", "other", "--seed", "random"]);
    assert_ne!(lab.summary("other")["seed"], seed, "drawn anew: {}", other.err);
}

#[test]
fn list_items_and_nested_keys_can_be_put_in() {
    let lab = Lab::new();
    let set = ["--set", "traffic.0.every=100ms", "--set", "traffic.0.from=3", "--set", "name=other"];
    lab.ok(&[&["run", "small.toml", "--no-pictures", "-q"], &set[..]].concat());
    assert_eq!(lab.summary("runs/other-7")["publishes"], 30);
    let resolved = lab.read("runs/other-7/scenario.resolved.toml");
    assert!(resolved.contains("from = 3\nevery = \"100ms\""), "{resolved}");
}

#[test]
fn a_dry_run_prints_every_default_and_writes_nothing() {
    let lab = Lab::new();
    let before = lab.files("");
    let said = lab.ok(&["run", "small.toml", "--dry-run"]);
    assert_eq!(lab.files(""), before);
    lab.write("again.toml", &said.out);
    assert_eq!(lab.ok(&["run", "again.toml", "--dry-run"]).out, said.out, "it reads back");
    assert!(said.out.contains("max_degree = 10"), "{}", said.out);
    assert!(
        said.err.starts_with("ok: 50 slots, 50 incarnations, 6 messages, 0 faults, 8s simulated"),
        "{}",
        said.err
    );
}

#[test]
fn what_a_reader_should_know_is_in_the_summary() {
    let lab = Lab::new();
    lab.write("delays.txt", "0.1 20 30\n20 0.1 40\n30 40 0.1\n");
    let matrix = "link.latency={ matrix = { file = \"delays.txt\", rtt = true } }";
    let said = lab.ok(&["run", "small.toml", "--no-pictures", "--out", "a", "--set", matrix]);
    let note = "the latency matrix has 3 hosts for 50 slots: slot s takes the place of host s modulo 3";
    assert_eq!(lab.summary("a")["notes"], serde_json::json!([note]));
    assert!(said.out.contains(&format!("note: {note}\n")), "{}", said.out);
    assert!(!lab.read("a/summary.json").contains("delays.txt"), "no path");
    lab.ok(&["run", "small.toml", "--no-pictures", "--out", "b"]);
    assert_eq!(lab.summary("b").get("notes"), None, "left out when there is none");
}

/// Ctrl-C ends a run early; what happened until then is kept, and marked.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_keeps_its_results_and_says_so() {
    use crate::lab::{catches_interrupts, wait_until};
    use std::process::{Command, Stdio};

    let lab = Lab::new();
    let long = ["--set", "duration=600s", "--set", "traffic.0.every=10ms", "--set", "traffic.0.stop=600s"];
    let mut command = lab.command(&[&["run", "small.toml", "--no-pictures"], &long[..]].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the run never began", || catches_interrupts(&child));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(out.lines().next().unwrap().ends_with(" · interrupted"), "{out}");
    assert!(err.contains("interrupted: the results cover the run until then"), "{err}");
    assert_eq!(lab.summary("runs/small-7")["complete"], false);
    let manifest: serde_json::Value = serde_json::from_str(&lab.read("runs/small-7/manifest.json")).unwrap();
    assert_eq!(manifest["complete"], false);
}
