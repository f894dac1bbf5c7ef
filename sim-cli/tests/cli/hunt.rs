//! `hunt` and `swarm`.

use crate::lab::Lab;

/// The tutorial's overlay, in which a node that lost its neighbors stays alone.
const LONELY: &str = r#"name = "lonely"
duration = "3min"
preset = "tutorial"

[nodes]
count = 40
arrive = "5s"

[link]
latency = { uniform = { min = "10ms", max = "60ms" } }

[churn]
start = "20s"
session = { exponential = { mean = "60s" } }
downtime = { exponential = { mean = "60s" } }

[[traffic]]
from = "random"
every = "1s"
"#;

#[test]
fn what_is_found_is_small_and_fails_when_it_is_run() {
    let lab = Lab::new();
    lab.write("lonely.toml", LONELY);
    // It ends when nothing can be made smaller any more, long before the budget.
    let wish = ["--for", "cut_off_ms >= 30s", "--budget", "1h"];
    let said = lab.ok(&[&["hunt", "lonely.toml", "--out", "found"], &wish[..]].concat());
    assert!(said.out.starts_with("found  cut_off_ms >= 30000, in "), "{}", said.out);
    assert!(said.err.contains("again    sim-cli run found/lonely-found.toml"), "{}", said.err);
    assert_eq!(lab.names("found"), ["lonely-first.toml", "lonely-found.toml"]);
    let text = lab.read("found/lonely-found.toml");
    assert!(text.starts_with("# Found by: sim-cli hunt --for \"cut_off_ms >= 30000\""), "{text}");
    assert!(!text.contains("traffic"), "messages are not needed:\n{text}");
    let ran = lab.run(&["run", "found/lonely-found.toml", "--no-pictures", "--out", "again"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    let summary = lab.summary("again");
    assert!(summary["nodes"].as_u64() <= Some(10), "{} nodes", summary["nodes"]);
    assert!(summary["cut_off_ms"].as_f64() >= Some(30_000.0), "{}", summary["cut_off_ms"]);
    // And not in the way of what was found before.
    let refused = lab.refused(&["hunt", "lonely.toml", "--for", "cut_off_ms >= 30s", "--out", "found"]);
    assert!(refused.contains("found/lonely-first.toml exists: use --force"), "{refused}");
}

/// A partition, some churn and some loss; the partition is what keeps messages from half of the nodes.
const FIGURE: &str = r#"name = "figure"
duration = "40s"

[nodes]
count = 24
arrive = "3s"
entry = 3

[overlay.random_walk]

[broadcast.flood]

[link]
latency = { uniform = { min = "10ms", max = "60ms" } }
loss = 0.005

[churn]
start = "10s"
session = { exponential = { mean = "10min" } }
downtime = { exponential = { mean = "30s" } }

[[traffic]]
from = "random"
every = "500ms"
start = "10s"
stop = "35s"

[[fault]]
at = "15s"
partition = { groups = [0.5, 0.5], for = "10s" }
"#;

/// What is small fails for the reason that was found: with the partition, and not without it.
#[test]
fn a_hunt_ends_with_the_cause_it_began_with() {
    let lab = Lab::new();
    lab.write("figure.toml", FIGURE);
    let said = lab.ok(&[
        "hunt",
        "figure.toml",
        "--for",
        "delivery_ratio < 0.95",
        "--budget",
        "1h",
        "--out",
        "found",
    ]);
    assert!(said.out.contains("\n  cause    fault.partition\n"), "{}", said.out);
    // The first is the scenario as it was given.
    let first = lab.read("found/figure-first.toml");
    for part in ["[churn]", "[fault.partition]", "loss = 0.005", "count = 24"] {
        assert!(first.contains(part), "{part}: {first}");
    }
    let small = lab.read("found/figure-found.toml");
    assert!(small.contains("[fault.partition]") && small.contains("# Cause: fault.partition.\n"), "{small}");
    assert!(!small.contains("[churn]") && !small.contains("loss ="), "{small}");
    let run = |name: &str, file: &str| lab.run(&["run", file, "--no-pictures", "--out", name]).code;
    assert_eq!(run("again", "found/figure-found.toml"), 3);
    let mut resolved = lab.read("again/scenario.resolved.toml").parse::<toml::Table>().unwrap();
    let faults = resolved.remove("fault").unwrap();
    assert_eq!(faults.as_array().unwrap().len(), 1, "{small}");
    lab.write("cured.toml", toml::to_string(&resolved).unwrap());
    assert_eq!(run("cured", "cured.toml"), 0);
}

#[test]
fn what_is_to_be_kept_must_be_there() {
    let lab = Lab::new();
    lab.write("figure.toml", FIGURE);
    let keep = |list| lab.refused(&["hunt", "figure.toml", "--for", "delivery_ratio < 1", "--keep", list]);
    assert_eq!(
        keep("crash"),
        "error: --keep: the scenario has no `crash`; it has fault.partition and churn and link.loss\n"
    );
    assert!(keep("chrun").contains("nothing is called `chrun`: did you mean `churn`?"));
    // Kept, whether it matters or not.
    let line = ["hunt", "figure.toml", "--for", "delivery_ratio < 0.95", "--budget", "20s", "--only-seeds"];
    let said = lab.ok(&[&line[..], &["--keep", "fault,churn"]].concat());
    let told =
        "cause    fault.partition and churn; it goes wrong without churn as well\n  or       fault.partition";
    assert!(said.out.contains(told), "{}", said.out);
    let small = lab.read("figure-found.toml");
    assert!(small.contains("[churn") && small.contains("[fault.partition]"), "{small}");
}

#[test]
fn what_is_not_found_is_said() {
    let lab = Lab::new();
    let wish = ["--for", "double_deliveries > 0", "--budget", "300ms", "--only-seeds"];
    let said = lab.run(&[&["hunt", "small.toml"][..], &wish].concat());
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.out.starts_with("not found in "), "{}", said.out);
    assert_eq!(lab.names(""), ["small.toml"], "nothing is written");
}

#[test]
fn a_wish_that_makes_no_sense_is_refused() {
    let lab = Lab::new();
    let refused = |wish| lab.refused(&["hunt", "small.toml", "--for", wish]);
    assert_eq!(
        refused("delivery_ration < 1"),
        "error: unknown metric `delivery_ration`: did you mean `delivery_ratio`?\n"
    );
    assert!(refused("bad").contains("write a metric, a comparison and a value"));
    let budget = lab.refused(&["hunt", "small.toml", "--for", "joins > 0", "--budget", "5"]);
    assert!(budget.contains("--budget: a duration needs a unit"), "{budget}");
}

#[test]
fn a_swarm_says_what_held() {
    let lab = Lab::new();
    let said = lab.ok(&["swarm", "-n", "6", "--base", "40"]);
    assert!(said.out.contains("scenarios from seed 40"), "{}", said.out);
    assert!(said.out.contains("I14  packets sent = received + lost + in flight"), "{}", said.out);
    assert!(!said.out.contains("BROKEN"), "{}", said.out);
    assert_eq!(lab.names(""), ["small.toml"], "nothing is written when nothing failed");
}

/// Seeds that come first count as well, and none is run twice.
#[test]
fn a_swarm_runs_as_many_scenarios_as_it_is_told() {
    let lab = Lab::new();
    lab.write("seeds.txt", "9\n1\n9\n");
    let said = lab.ok(&["swarm", "-n", "3", "--first", "seeds.txt"]);
    let head = "swarm  3 scenarios (2 seeds that come first, then from seed 0) · ";
    assert!(said.out.starts_with(head), "{}", said.out);
    // It ends with the first scenario that brings no new pair.
    let quiet = lab.ok(&["swarm", "-n", "900", "--base", "40", "--until-quiet", "1"]);
    let count = quiet.out.split_whitespace().nth(1).and_then(|count| count.parse::<u64>().ok());
    assert!(count.is_some_and(|count| count < 900), "{}", quiet.out);
    assert!(quiet.out.contains(" pairs of a kind of fault and another feature met"), "{}", quiet.out);
    let said = lab.ok(&["swarm", "-n", "1"]);
    assert!(said.out.starts_with("swarm  1 scenarios (1 seeds that come first"), "{}", said.out);
}

#[test]
fn a_scenario_of_a_swarm_is_a_scenario_like_any_other() {
    let lab = Lab::new();
    lab.write("drawn.toml", lab.ok(&["swarm", "--show", "12"]).out);
    lab.ok(&["validate", "drawn.toml"]);
    let said = lab.ok(&["swarm", "drawn.toml", "--alone"]);
    assert_eq!(said.out, "swarm-12: every invariant holds\n");
    lab.write("seeds.txt", "3\nfour\n");
    let refused = lab.refused(&["swarm", "--first", "seeds.txt"]);
    assert!(refused.contains("seeds.txt:2:1: line 2, column 1: `four` is not a whole number"), "{refused}");
}
