//! `oracle`: laws that hold, laws that do not.

use insta::assert_snapshot;
use serde_json::Value;

use crate::lab::Lab;

/// Two laws over the small scenario: the first is true.
const SUITE: &str = r#"
[[law]]
name = "tree"
about = "A tree needs N - 1 packets"
source = "counting"
scenario = "small.toml"
set = { "overlay" = { static = { tree = { arity = 2 } } }, "expect" = {} }
runs = 2
quick = 1
[[law.check]]
measured = "payloads_sent / publishes"
exact = "nodes - 1"

[[law]]
name = "false"
about = "A tree needs N packets"
source = "nowhere"
scenario = "small.toml"
set = { "overlay" = { static = { tree = { arity = 2 } } }, "expect" = {} }
runs = 3
[[law.check]]
measured = "payloads_sent / publishes"
mean = { of = "nodes", within = 0.5 }
"#;

#[test]
fn laws_hold() {
    let lab = Lab::new();
    let laws = ["flood-tree", "flood-line", "flood-grid", "ring", "partition", "cut", "crash", "loss-tree"];
    let said = lab.ok(&[&["oracle", "--quick", "--format", "json"][..], &laws].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() > 15, "{}", findings.len());
    for finding in findings {
        assert_eq!(finding["verdict"], "holds", "{finding:#}");
        assert!(!finding["source"].as_str().unwrap().is_empty());
    }
    assert_eq!((&report["fails"], &report["undecided"]), (&0.into(), &0.into()));
}

#[test]
fn a_law_that_does_not_hold_is_reported() {
    let lab = Lab::new();
    lab.write("laws/suite.toml", SUITE);
    lab.write("laws/small.toml", lab.read("small.toml"));
    let said = lab.run(&["oracle", "--suite", "laws/suite.toml"]);
    assert_eq!(said.code, 3);
    assert_snapshot!(said.out, @r"
    law                  measured                                           expected                  found  verdict
    tree                 payloads_sent / publishes              =                 49                     49  holds
    false                payloads_sent / publishes              =                 50                 49 ± 0  FAILS

    2 laws, 2 checks: 1 hold, 1 fail, 0 undecided
    expected ± tolerance of the law; found ± 99.9 % confidence interval over runs
    ");
    assert_snapshot!(said.err, @r"
    error: law `false` fails: A tree needs N packets
        `payloads_sent / publishes` = nodes was expected of 3 runs
        source: nowhere
    ");
    let quick = lab.ok(&["oracle", "--suite", "laws/suite.toml", "--quick"]);
    assert!(quick.out.contains("\n1 law, 1 check: 1 hold, 0 fail, 0 undecided\n"), "{}", quick.out);
    assert_eq!(lab.ok(&["oracle", "--suite", "laws/suite.toml", "tree", "-q"]).out, "");
}

#[test]
fn suites_and_names_that_are_none_are_refused() {
    let lab = Lab::new();
    lab.write("suite.toml", SUITE.replace("\"nodes - 1\"", "\"nodes - one\""));
    let error = lab.refused(&["oracle", "--suite", "suite.toml"]);
    assert!(error.contains("unknown metric `one`"), "{error}");
    lab.write("suite.toml", SUITE.replace("scenario = \"small.toml\"", "scenario = \"large.toml\""));
    let error = lab.refused(&["oracle", "--suite", "suite.toml", "tree"]);
    assert!(error.contains(" = law `tree` of the suite") && error.contains("large.toml"), "{error}");
    let error = lab.refused(&["oracle", "fload"]);
    assert!(error.contains("no law is called `fload`"), "{error}");
    let list = lab.ok(&["oracle", "--list", "percolation-10"]);
    assert!(list.out.starts_with("percolation-10       When 10 % of the nodes vanish"), "{}", list.out);
}
