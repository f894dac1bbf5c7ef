//! `bisect`, and `run --sweep`.

use serde_json::Value;

use crate::lab::Lab;

/// One broadcast on G(n, p): it reaches everybody if the graph is connected.
const GNP: &str = r#"name = "gnp"
duration = "20s"
nodes.count = 100
overlay.static = { gnp = { mean_degree = 5 } }
broadcast.flood = {}

[link]
transport = "datagram"

[[traffic]]
from = 0
every = "500ms"
start = "1s"
stop = "1100ms"

[measure]
start = "0s"
every = "off"
deadline = "15s"
"#;

/// A random graph of which a share of the nodes vanishes.
const CRASH: &str = r#"name = "crash"
duration = "2s"
nodes.count = 4000
overlay.static.regular = 5
broadcast.flood = {}
link.transport = "datagram"

[[fault]]
at = "1s"
crash = { fraction = 0.5 }

[measure]
start = "0s"
every = "off"
"#;

fn bisected(lab: &Lab, arguments: &[&str]) -> Value {
    let said = lab.ok(&[&["bisect"], arguments, &["--format", "json"]].concat());
    serde_json::from_str(&said.out).unwrap()
}

fn number(found: &Value, key: &str) -> f64 {
    found[key].as_f64().unwrap_or_else(|| panic!("{key} in {found}"))
}

/// Points that are known exactly. A random graph of 100 nodes is connected with probability 1/2 at the mean degree
/// 4.8531 (Gilbert 1959, exact recurrence). In a random 5-regular graph that loses a share of its nodes, half of the
/// rest is one component at the share 0.69588 (1 - u^5 = 1/2 with u = 1 - q + q u^4; Callaway, Newman, Strogatz and
/// Watts 2000); with 4,000 nodes chance moves that by less than 0.01.
#[test]
fn known_turns_of_static_graphs_lie_within_the_interval() {
    let lab = Lab::new();
    lab.write("gnp.toml", GNP);
    lab.write("crash.toml", CRASH);
    for (turn, tolerance, widest, rises, line) in [
        (
            4.853_099,
            0.0,
            1.2,
            false,
            "gnp.toml --over overlay.static.gnp.mean_degree=2..9 --for delivery_ratio<1",
        ),
        (
            0.695_879,
            0.005,
            0.05,
            true,
            "crash.toml --over fault.0.crash.fraction=0.4..0.9 --for largest_component.end<0.5",
        ),
    ] {
        let line: Vec<&str> = line.split(' ').collect();
        let found = bisected(&lab, &line);
        let (low, high) = (number(&found, "low"), number(&found, "high"));
        assert!(low - tolerance <= turn && turn <= high + tolerance, "{turn}: {found}");
        assert!(high - low <= widest, "{found}");
        assert_eq!(found["rises"], rises, "{found}");
    }
}

#[test]
fn a_bisection_is_the_same_on_any_number_of_threads() {
    let lab = Lab::new();
    lab.write("gnp.toml", GNP);
    let line = [
        "gnp.toml",
        "--over",
        "overlay.static.gnp.mean_degree=2..9",
        "--for",
        "delivery_ratio < 1",
        "--max-runs",
        "20",
    ];
    let one = bisected(&lab, &line);
    assert_eq!(one, bisected(&lab, &[&line[..], &["--jobs", "3"]].concat()));
    let text = lab.ok(&[&["bisect"], &line[..]].concat()).out;
    assert!(
        text.starts_with("bisect  overlay.static.gnp.mean_degree from 2 to 9: delivery_ratio < 1\n"),
        "{text}"
    );
    assert!(text.contains("more than 50 % of the runs go wrong up to a value between "), "{text}");
}

/// Whole numbers stay whole.
#[test]
fn a_key_that_counts_is_tried_at_whole_numbers() {
    let lab = Lab::new();
    let found = bisected(&lab, &["small.toml", "--over", "nodes.count=5..60", "--for", "nodes >= 30"]);
    assert_eq!((number(&found, "low"), number(&found, "high")), (29.0, 30.0), "{found}");
}

/// The exit code says whether there is an answer.
#[test]
fn no_turn_and_too_few_runs_have_exit_codes() {
    let lab = Lab::new();
    lab.write("gnp.toml", GNP);
    let degree = ["bisect", "gnp.toml", "--for", "delivery_ratio < 1", "--max-runs", "20", "--over"];
    let key = "overlay.static.gnp.mean_degree";
    for (range, more, code, out, err) in [
        ("=1..2", &[][..], 3, "more than 50 % of the runs go wrong at both ends: there is no turn", ""),
        ("=11..12", &[], 3, "fewer than 50 % of the runs go wrong at both ends: there is no turn", ""),
        (
            "=4.85..12",
            &[],
            5,
            "20 runs do not tell whether more or fewer than 50 % of the runs go wrong at 4.85",
            "",
        ),
        (
            "=2..9",
            &["--within", "0.1"],
            5,
            "go wrong up to a value",
            "wide, not 0.1: allow more runs with --max-runs",
        ),
    ] {
        let over = format!("{key}{range}");
        let said = lab.run(&[&degree[..], &[&over], more].concat());
        assert_eq!(said.code, code, "{range}: {}{}", said.out, said.err);
        assert!(said.out.contains(out) && said.err.contains(err), "{range}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_bisection_that_makes_no_sense_is_refused() {
    let lab = Lab::new();
    for (over, more, why) in [
        ("link.loss=0.2", &[][..], "--over: `0.2` is not a range: write FROM..TO"),
        ("link.loss=0.2..0", &[], "--over: `0.2..0` is not a range"),
        ("link.los=0..1", &[], "did you mean"),
        ("link.loss=0..7", &[], "link.loss"),
        ("link.loss=0..1", &["--max-runs", "3"], "--max-runs must not be below --runs"),
        ("link.loss=0..1", &["--share", "100%"], "must lie between 0 % and 100 %"),
        ("link.loss=0..1", &["--within=-1"], "--within must be positive"),
    ] {
        let line = ["bisect", "small.toml", "--for", "delivery_ratio < 1", "--over", over];
        let refused = lab.refused(&[&line[..], more].concat());
        assert!(refused.contains(why), "{over} {more:?}: {refused}");
    }
}

/// The same files as those of a plan with the same grid.
#[test]
fn run_sweeps_a_grid_without_a_plan() {
    let lab = Lab::new();
    lab.write(
        "small-grid.toml",
        "name = \"small\"\nscenario = \"small.toml\"\nruns = 2\n[set]\nlink.transport = \"datagram\"\n\
         [grid]\nlink.loss = [0, 0.01, 0.02]\nnodes.count = [20, 30]\n",
    );
    let planned = lab.ok(&["sweep", "small-grid.toml", "--out", "planned"]);
    let line = [
        "run",
        "small.toml",
        "--sweep",
        "link.loss=0..0.02/2",
        "--sweep",
        "nodes.count=20,30",
        "--runs",
        "2",
        "--set",
        "link.transport=datagram",
        "--out",
        "swept",
    ];
    let said = lab.ok(&line);
    assert_eq!(said.out, planned.out);
    assert_eq!(lab.read("swept/table.csv"), lab.read("planned/table.csv"));
    assert_eq!(lab.names("swept"), lab.names("planned"));
    // The same command goes on with what is there, and there is nothing left to do.
    assert!(lab.ok(&line).err.contains("6 cells, 12 runs, 12 already done"));
    let dry = lab.ok(&[&line[..], &["--dry-run"]].concat());
    assert_eq!(dry.out, "small.toml: ok: 6 cells, 12 runs\n");
    // A built-in scenario is swept as well.
    let dry = lab.ok(&["run", "smoke", "--sweep", "nodes.count=10..30/2", "--dry-run"]);
    assert_eq!(dry.out, "smoke: ok: 3 cells, 60 runs\n");
}

#[test]
fn a_sweep_that_makes_no_sense_is_refused() {
    let lab = Lab::new();
    for (sweep, more, why) in [
        ("link.loss=0..0.2", &[][..], "does not say in how many steps: write e.g. 0..0.2/4"),
        ("link.loss=", &[], "has an empty value"),
        ("link.los=0,1", &[], "did you mean"),
        ("link.loss=0,0", &[], "are the same configuration"),
        ("seed=1,2", &[], "the seeds follow from --runs"),
        ("link.loss=0", &["--sweep", "link.loss=1"], "--sweep link.loss is given twice"),
        ("link.loss=0", &["--force", "--out", "."], "--force does not replace the sweep in ."),
        ("link.loss=0", &["--fail-early"], "--fail-early applies to one run"),
        ("link.loss=0", &["--report"], "--report applies to one run"),
        ("link.loss=0", &["--backend", "tcp"], "--sweep runs in the simulator only"),
    ] {
        let refused = lab.refused(&[&["run", "small.toml", "--sweep", sweep], more].concat());
        assert!(refused.contains(why), "{sweep} {more:?}: {refused}");
    }
}
