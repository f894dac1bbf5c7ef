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
