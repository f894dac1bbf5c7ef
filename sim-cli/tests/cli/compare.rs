//! `compare`: its verdicts and exit codes.

use crate::lab::Lab;

/// A ring whose only chance is who publishes: all its latencies are multiples of that of a link.
const RING: &str = r#"name = "ring"
seed = 1
duration = "30s"

[nodes]
count = 5

[overlay.static]
ring = true

[broadcast.flood]

[link]
latency = { constant = "10ms" }

[[traffic]]
from = "random"
every = "1s"
start = "15s"
stop = "20s"

[measure]
start = "12s"
"#;

#[test]
fn a_shift_that_is_equal_in_all_runs_is_worse_or_cannot_be_told_but_never_green() {
    let lab = Lab::new();
    lab.write("ring.toml", RING);
    let compare = |more: &[&str]| {
        let slower = ["compare", "ring.toml", "ring.toml", "--set-new", "link.latency.constant=20ms"];
        lab.run(&[&slower[..], more].concat())
    };
    let few = "cannot tell: 5 runs per side say too little about chance; 6 would do (run --runs 6)";
    for (runs, code, mark, said) in [
        ("1", 3, "❌", "worse than before: latency_ms.p50"),
        ("2", 5, "❔", "6 would do"),
        ("5", 5, "❔", few),
        ("6", 3, "❌", "worse than before: latency_ms.p50"),
        ("10", 3, "❌", "worse than before: latency_ms.p50"),
    ] {
        let markdown = compare(&["--runs", runs, "--threshold", "5%", "--format", "markdown"]);
        assert_eq!(markdown.code, code, "{runs} runs: {}", markdown.err);
        assert!(markdown.out.starts_with(&format!("### {mark} floodnet compare: ")), "{}", markdown.out);
        assert!(markdown.err.contains(said), "{runs} runs: {}", markdown.err);
    }
    // Without a threshold, nothing can be said of single runs.
    let single = compare(&["--runs", "1"]);
    assert!(single.code == 5 && single.out.contains("cannot tell, 6 runs would"), "{}", single.out);
    let json = compare(&["--runs", "5", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let metrics = json["pairs"][0]["metrics"].as_array().unwrap();
    let p50 = metrics.iter().find(|row| row["metric"] == "latency_ms.p50").unwrap();
    assert_eq!((&p50["verdict"], &p50["runs_needed"]), (&"cannot_tell".into(), &6.into()));
    let xml = compare(&["--runs", "5", "--format", "junit"]).out;
    assert!(xml.contains("<skipped ") && !xml.contains("<failure"), "{xml}");
    let same = lab.ok(&["compare", "ring.toml", "ring.toml", "--runs", "2", "--format", "markdown"]);
    assert!(
        same.out.starts_with("### ✅ floodnet compare: no difference: the runs are identical"),
        "{}",
        same.out
    );
}

#[test]
fn the_help_says_what_the_exit_codes_mean() {
    let lab = Lab::new();
    for command in ["compare", "sweep"] {
        let help = lab.ok(&[command, "--help"]).out;
        assert!(help.contains("Exit codes: 0 ") && help.contains(" 5 "), "{help}");
    }
}
