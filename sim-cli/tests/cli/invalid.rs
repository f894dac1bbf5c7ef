//! Scenarios that are refused when they are read: exit code 2, the reason at its place, nothing written.

use insta::assert_snapshot;

use crate::lab::{Lab, SMALL};

/// What the program says to the small scenario with `from` replaced.
fn with(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    let lab = Lab::new();
    lab.write("bad.toml", SMALL.replace(from, to));
    lab.refused(&["run", "bad.toml"])
}

/// What the program says to the small scenario with `assignments` put in.
fn set(assignments: &[&str]) -> String {
    let pairs = assignments.iter().flat_map(|assignment| ["--set", assignment]);
    Lab::new().refused(&["run", "small.toml"].into_iter().chain(pairs).collect::<Vec<_>>())
}

#[test]
fn what_is_no_toml() {
    assert_snapshot!(with("duration = \"8s\"", "duration = = 8"), @"
    error: extra `=`, expected nothing
     --> bad.toml:3:12
      |
    3 | duration = = 8
      |            ^
    ");
}

#[test]
fn missing_keys() {
    assert_snapshot!(with("duration = \"8s\"\n", ""), @"
    error: missing key `duration`
    --> bad.toml
     = help: it has no default
    ");
    assert_snapshot!(with("[overlay.random_walk]\n", ""), @"
    error: no overlay is named
    --> bad.toml
     = help: write [overlay.NAME] with one of: random_walk, static, hyparview, cyclon, swim
    ");
}

#[test]
fn unknown_words() {
    assert_snapshot!(with("arrive =", "arive ="), @r#"
    error: unknown key `arive`
     --> bad.toml:7:1
      |
    7 | arive = "1s"
      | ^^^^^ did you mean `arrive`?
    "#);
    assert_snapshot!(with("random_walk", "random_wlak"), @"
    error: unknown overlay `random_wlak`
     --> bad.toml:9:10
      |
    9 | [overlay.random_wlak]
      |          ^^^^^^^^^^^ did you mean `random_walk`? Known here: random_walk, static, hyparview, cyclon, swim
    ");
    assert_snapshot!(with("random\"", "rnadom\""), @r#"
    error: `rnadom` publishes nothing
      --> bad.toml:17:8
       |
    17 | from = "rnadom"
       |        ^^^^^^^^ write "random" or the number of a slot
    "#);
    assert_snapshot!(with("delivery_ratio", "delivery_rato"), @r#"
    error: unknown metric `delivery_rato`
      --> bad.toml:27:1
       |
    27 | delivery_rato = ">= 0.9"
       | ^^^^^^^^^^^^^ did you mean `delivery_ratio`?
    "#);
}

#[test]
fn values_of_a_wrong_kind() {
    assert_snapshot!(with("\"8s\"", "8"), @r#"
    error: a duration needs a unit
     --> bad.toml:3:12
      |
    3 | duration = 8
      |            ^ write "8s" for seconds, "8ms" for milliseconds
    "#);
    assert_snapshot!(with("count = 50", "count = -50"), @"
    error: expected a whole number from 1 to 134217728
     --> bad.toml:6:9
      |
    6 | count = -50
      |         ^^^ found integer `-50`
    ");
    assert_snapshot!(with("count = 50", "count = \"many\""), @r#"
    error: expected a whole number from 1 to 134217728
     --> bad.toml:6:9
      |
    6 | count = "many"
      |         ^^^^^^ found string "many"
    "#);
    assert_snapshot!(with(">= 0.9", "0.9"), @r#"
    error: `0.9` has no comparison
      --> bad.toml:27:18
       |
    27 | delivery_ratio = "0.9"
       |                  ^^^^^ write a comparison and a value, e.g. ">= 0.95", "< 5 %" or "< 2s"
    "#);
}

#[test]
fn values_without_sense() {
    assert_snapshot!(with("min = \"10ms\"", "min = \"90ms\""), @r#"
    error: the longest time is shorter than the shortest
      --> bad.toml:14:45
       |
    14 | latency = { uniform = { min = "90ms", max = "60ms" } }
       |                                             ^^^^^^ it must be at least min, 90ms
    "#);
    assert_snapshot!(with("start = \"3s\"", "start = \"9s\""), @r#"
    error: the run ends at 8s, before this begins
      --> bad.toml:19:9
       |
    19 | start = "9s"
       |         ^^^^ this is at 9s
    "#);
    assert_snapshot!(with("count = 50", "count = 0"), @"
    error: a network needs a slot
     --> bad.toml:6:9
      |
    6 | count = 0
      |         ^ write 1 or more
    ");
    assert_snapshot!(with("name = \"small\"", "name = \"../up\""), @r#"
    error: `../up` cannot name a folder
     --> bad.toml:1:8
      |
    1 | name = "../up"
      |        ^^^^^^^ letters, digits, `-`, `_` and `.`, not beginning with `.`
    "#);
}

#[test]
fn two_things_wrong_at_once() {
    assert_snapshot!(with("[measure]\nstart = \"2s\"", "[measure]\nstart = \"7s\"\nstop = \"6s\"\nevery = \"0s\""), @r#"
    error: nothing is between start 7s and stop 6s
      --> bad.toml:24:8
       |
    24 | stop = "6s"
       |        ^^^^ stop must come after start

    error: this cannot be zero
      --> bad.toml:25:9
       |
    25 | every = "0s"
       |         ^^^^ write a positive duration, or "off"
    "#);
}

#[test]
fn faults_that_cannot_be() {
    assert_snapshot!(with("[expect]", "[[fault]]\nat = \"4s\"\n[expect]"), @"
    error: the fault does not say what happens
      --> bad.toml:26:1
       |
    26 | [[fault]]
       | ^^^^^^^^^ add one of crash, partition, cut, loss, slow, pause
    ");
    assert_snapshot!(with("[expect]", "[[fault]]\nat = \"4s\"\ncrash = { slots = [50] }\n[expect]"), @"
    error: there is no slot 50
      --> bad.toml:28:20
       |
    28 | crash = { slots = [50] }
       |                    ^^ 50 slots are numbered 0 to 49
    ");
    assert_snapshot!(with("[expect]", "[expect.phases.partition]\nheal_ms = \"< 1s\"\n[expect]"), @"
    error: there is no fault `partition`
      --> bad.toml:26:16
       |
    26 | [expect.phases.partition]
       |                ^^^^^^^^^ the scenario has none
    ");
}

#[test]
fn overrides_point_at_the_argument() {
    assert_snapshot!(set(&["link.los=0.1"]), @"
    error: unknown key `los`
     --> --set:1:6
      |
    1 | link.los=0.1
      |      ^^^ did you mean `loss`?
    ");
    assert_snapshot!(set(&["traffic.1.every=1s"]), @"
    error: there is no item `1`
     --> --set:1:9
      |
    1 | traffic.1.every=1s
      |         ^ the list has one item: 0
    ");
    assert_snapshot!(set(&["link.loss=2"]), @r#"
    error: `2` is not a share
     --> --set:1:11
      |
    1 | link.loss=2
      |           ^ a share lies in [0, 1]; in percent: "2 %"
    "#);
    assert_snapshot!(set(&["overlay.random_walk.degree=0"]), @"
    error: a node needs at least one neighbor
     --> --set:1:28
      |
    1 | overlay.random_walk.degree=0
      |                            ^ write 1 or more
    ");
    assert_snapshot!(set(&["traffic.0.size=70 KB"]), @"
    error: a message cannot be that large
     --> --set:1:16
      |
    1 | traffic.0.size=70 KB
      |                ^^^^^ at most 65000 B; larger content needs several messages
    ");
}

#[test]
fn files_that_are_not_there() {
    assert_snapshot!(set(&["link.latency={ matrix = { file = \"delays.txt\" } }"]), @r#"
    error: cannot find the file `delays.txt`
     --> --set:1:34
      |
    1 | link.latency={ matrix = { file = "delays.txt" } }
      |                                  ^^^^^^^^^^^^ relative files are looked up beside the scenario
    "#);
    assert_snapshot!(set(&["overlay.static.file=graph.txt"]), @"
    error: cannot find the file `graph.txt`
     --> --set:1:21
      |
    1 | overlay.static.file=graph.txt
      |                     ^^^^^^^^^ relative files are looked up beside the scenario
    ");
}

#[test]
fn arguments_that_are_none() {
    let lab = Lab::new();
    assert_snapshot!(lab.refused(&["run", "small.toml", "--set", "link.loss"]), @"
    error: invalid value 'link.loss' for '--set <KEY=VALUE>': `link.loss` has no `=` (expected KEY=VALUE, e.g. link.loss=0.05)

    For more information, try '--help'.
    ");
    assert_snapshot!(lab.refused(&["run", "small.toml", "--seed", "-1"]), @r#"error: invalid seed `-1` (expected a number below 2^63, hexadecimal like 0x2a, or "random")"#);
    assert_snapshot!(lab.refused(&["run", "small.toml", "--seed", "0x8000000000000000"]), @r#"error: invalid seed `0x8000000000000000` (expected a number below 2^63, hexadecimal like 0x2a, or "random")"#);
    assert_snapshot!(lab.refused(&["run"]), @"
    error: the following required arguments were not provided:
      <FILE>

    Usage: sim-cli run <FILE>

    For more information, try '--help'.
    ");
}

#[test]
fn paths_that_are_no_scenario() {
    let lab = Lab::new();
    assert_snapshot!(lab.refused(&["run", "."]), @"
    error: this is a folder, not a scenario
    --> .
     = help: name a scenario in it; `sim-cli test .` runs all of them
    ");
    assert_snapshot!(lab.refused(&["run", "smalll.toml"]), @"
    error: cannot read the scenario: No such file or directory (os error 2)
    --> smalll.toml
     = help: did you mean `small.toml`?
    ");
    assert_snapshot!(lab.refused(&["run", "some/where.toml"]), @"
    error: cannot read the scenario: No such file or directory (os error 2)
    --> some/where.toml
     = help: `sim-cli init` writes one to start from
    ");
    lab.write("latin.toml", b"name = \"caf\xe9\"\n");
    assert_snapshot!(lab.refused(&["run", "latin.toml"]), @"
    error: cannot read the scenario: stream did not contain valid UTF-8
    --> latin.toml
     = help: save it as UTF-8
    ");
}
