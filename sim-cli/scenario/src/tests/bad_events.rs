//! Churn, traffic and faults that make no sense.

use insta::assert_snapshot;

use super::*;

#[test]
fn churn_after_the_end() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { preset = "kad" }
downtime = { preset = "kad" }
start = "2min"
"#)), @r#"
    error: the run ends at 120s, before this begins
      --> x.toml:10:9
       |
    10 | start = "2min"
       |         ^^^^^^ this is at 120s
    "#);
}

#[test]
fn churn_backwards() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { preset = "kad" }
downtime = { preset = "kad" }
start = "1min"
stop = "1min"
"#)), @r#"
    error: nothing is between start 60s and stop 60s
      --> x.toml:11:8
       |
    11 | stop = "1min"
       |        ^^^^^^ stop must come after start
    "#);
}

#[test]
fn churn_crash_outside() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { preset = "kad" }
downtime = { preset = "kad" }
crash = 50
"#)), @"
    error: `50` is not a share
      --> x.toml:10:9
       |
    10 | crash = 50
       |         ^^ a share lies in [0, 1]
    ");
}

#[test]
fn churn_without_downtime() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { preset = "kad" }
"#)), @r#"
    error: missing key `downtime` in [churn]
     --> x.toml:7:2
      |
    7 | [churn]
      |  ^^^^^ it has no default; it can be a distribution such as { exponential = { mean = "5min" } }
    "#);
}

#[test]
fn churn_laws_out_of_range() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { weibull = { shape = 0, scale = "0s" } }
downtime = { pareto = { shape = -1.5, least = "0s" } }
"#)), @r#"
    error: `0` is out of range
     --> x.toml:8:33
      |
    8 | session = { weibull = { shape = 0, scale = "0s" } }
      |                                 ^ it must be more than 0

    error: this cannot be zero
     --> x.toml:8:44
      |
    8 | session = { weibull = { shape = 0, scale = "0s" } }
      |                                            ^^^^ write a positive duration

    error: `-1.5` is out of range
     --> x.toml:9:33
      |
    9 | downtime = { pareto = { shape = -1.5, least = "0s" } }
      |                                 ^^^^ it must be more than 0

    error: this cannot be zero
     --> x.toml:9:47
      |
    9 | downtime = { pareto = { shape = -1.5, least = "0s" } }
      |                                               ^^^^ write a positive duration
    "#);
}

#[test]
fn trace_missing() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { trace = { file = "sessions.csv" } }
"#)), @r#"
    error: cannot find the file `sessions.csv`
     --> x.toml:8:30
      |
    8 | session = { trace = { file = "sessions.csv" } }
      |                              ^^^^^^^^^^^^^^ relative files are looked up beside the scenario
    "#);
}

#[test]
fn traffic_from_nowhere() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 10
every = "1s"
"#)), @"
    error: there is no slot 10
     --> x.toml:8:8
      |
    8 | from = 10
      |        ^^ 10 slots are numbered 0 to 9
    ");
}

#[test]
fn traffic_of_no_pace() {
    assert_snapshot!(bad(&small(r"[[traffic]]
from = 0
")), @r#"
    error: this traffic does not say how often
     --> x.toml:7:1
      |
    7 | [[traffic]]
      | ^^^^^^^^^^^ write every = "1s", or poisson = "1s" for random gaps of that mean
    "#);
}

#[test]
fn traffic_of_two_paces() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "1s"
poisson = "1s"
"#)), @r#"
    error: both every and poisson are given
      --> x.toml:10:11
       |
    10 | poisson = "1s"
       |           ^^^^ keep one of them
    "#);
}

#[test]
fn traffic_without_pause() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "0s"
"#)), @r#"
    error: this cannot be zero
     --> x.toml:9:9
      |
    9 | every = "0s"
      |         ^^^^ write a positive duration
    "#);
}

#[test]
fn traffic_after_the_end() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "1s"
start = "3min"
"#)), @r#"
    error: the run ends at 120s, before this begins
      --> x.toml:10:9
       |
    10 | start = "3min"
       |         ^^^^^^ this is at 180s
    "#);
}

#[test]
fn traffic_backwards() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "1s"
start = "1min"
stop = "30s"
"#)), @r#"
    error: nothing is between start 60s and stop 30s
      --> x.toml:11:8
       |
    11 | stop = "30s"
       |        ^^^^^ stop must come after start
    "#);
}

#[test]
fn traffic_stops_after_the_end() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "1s"
stop = "3min"
"#)), @r#"
    error: this is after the end of the run
      --> x.toml:10:8
       |
    10 | stop = "3min"
       |        ^^^^^^ the run ends at 120s
    "#);
}

#[test]
fn second_of_two_traffics() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = 0
every = "1s"
[[traffic]]
from = 12
every = "1s"
"#)), @"
    error: there is no slot 12
      --> x.toml:11:8
       |
    11 | from = 12
       |        ^^ 10 slots are numbered 0 to 9
    ");
}

#[test]
fn fault_after_the_end() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "2min"
pause = { fraction = 0.5, for = "5s" }
"#)), @r#"
    error: the run ends at 120s, before this begins
     --> x.toml:8:6
      |
    8 | at = "2min"
      |      ^^^^^^ this is at 120s
    "#);
}

#[test]
fn crash_of_unknown_slots() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
crash = { slots = [9, 10, 11] }
"#)), @"
    error: there is no slot 10
     --> x.toml:9:23
      |
    9 | crash = { slots = [9, 10, 11] }
      |                       ^^ 10 slots are numbered 0 to 9

    error: there is no slot 11
     --> x.toml:9:27
      |
    9 | crash = { slots = [9, 10, 11] }
      |                           ^^ 10 slots are numbered 0 to 9
    ");
}

#[test]
fn crash_of_nobody_said() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
crash = {}
"#)), @"
    error: the crash does not say who
     --> x.toml:9:1
      |
    9 | crash = {}
      | ^^^^^ write fraction = 0.1 or slots = [3]
    ");
}

#[test]
fn crash_said_twice() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
crash = { fraction = 0.1, slots = [1] }
"#)), @"
    error: both fraction and slots are given
     --> x.toml:9:27
      |
    9 | crash = { fraction = 0.1, slots = [1] }
      |                           ^^^^^ keep one of them
    ");
}

#[test]
fn partition_of_one_group() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
partition = { groups = [1.0], for = "5s" }
"#)), @r#"
    error: a partition has at least two groups
     --> x.toml:9:15
      |
    9 | partition = { groups = [1.0], for = "5s" }
      |               ^^^^^^ write such as [0.5, 0.5]
    "#);
}

#[test]
fn partition_that_does_not_sum_to_one() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
partition = { groups = [0.5, 0.4], for = "5s" }
"#)), @r#"
    error: the shares of the groups sum to 0.9
     --> x.toml:9:15
      |
    9 | partition = { groups = [0.5, 0.4], for = "5s" }
      |               ^^^^^^ they must sum to 1
    "#);
}

#[test]
fn partition_of_no_length() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
partition = { groups = [0.5, 0.5], for = "0s" }
"#)), @r#"
    error: this cannot be zero
     --> x.toml:9:42
      |
    9 | partition = { groups = [0.5, 0.5], for = "0s" }
      |                                          ^^^^ write a positive duration
    "#);
}

#[test]
fn cut_of_unknown_slots() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
cut = { links = [[0, 10], [3, 3]], for = "5s" }
"#)), @r#"
    error: there is no slot 10
     --> x.toml:9:22
      |
    9 | cut = { links = [[0, 10], [3, 3]], for = "5s" }
      |                      ^^ 10 slots are numbered 0 to 9

    error: a slot has no link to itself
     --> x.toml:9:31
      |
    9 | cut = { links = [[0, 10], [3, 3]], for = "5s" }
      |                               ^ name another slot
    "#);
}

#[test]
fn cut_of_three_ends() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
cut = { links = [[0, 1, 2]], for = "5s" }
"#)), @r#"
    error: a link has two ends
     --> x.toml:9:17
      |
    9 | cut = { links = [[0, 1, 2]], for = "5s" }
      |                 ^^^^^^^^^^^ write pairs of slots such as [[0, 1]]
    "#);
}

#[test]
fn fault_loss_outside() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
loss = { share = -0.1, for = "5s" }
"#)), @r#"
    error: `-0.1` is not a share
     --> x.toml:9:18
      |
    9 | loss = { share = -0.1, for = "5s" }
      |                  ^^^^ a share lies in [0, 1]
    "#);
}

#[test]
fn slow_that_speeds_up() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
slow = { fraction = 0, factor = 0.5, for = "5s" }
"#)), @r#"
    error: `0` is not a fraction of the slots
     --> x.toml:9:21
      |
    9 | slow = { fraction = 0, factor = 0.5, for = "5s" }
      |                     ^ it lies above 0 and is at most 1

    error: `0.5` is out of range
     --> x.toml:9:33
      |
    9 | slow = { fraction = 0, factor = 0.5, for = "5s" }
      |                                 ^^^ it must be at least 1
    "#);
}
