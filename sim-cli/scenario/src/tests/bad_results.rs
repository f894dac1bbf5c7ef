//! Windows, pictures and expectations that make no sense.

use insta::assert_snapshot;

use super::*;

#[test]
fn window_backwards() {
    assert_snapshot!(bad(&small(r#"[measure]
start = "60s"
stop = "60s"
"#)), @r#"
    error: nothing is between start 60s and stop 60s
     --> x.toml:9:8
      |
    9 | stop = "60s"
      |        ^^^^^ stop must come after start
    "#);
}

#[test]
fn window_after_the_end() {
    assert_snapshot!(bad(&small(r#"[measure]
stop = "3min"
"#)), @r#"
    error: this is after the end of the run
     --> x.toml:8:8
      |
    8 | stop = "3min"
      |        ^^^^^^ the run ends at 120s
    "#);
}

#[test]
fn no_time_left_to_measure() {
    assert_snapshot!(bad(r#"name = "x"
duration = "10s"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: nothing is left to measure before 10s
     --> x.toml:2:12
      |
    2 | duration = "10s"
      |            ^^^^^ measurement starts at 10s, 10 s after the last arrivals, unless measure.start says otherwise
    "#);
}

#[test]
fn samples_without_pause() {
    assert_snapshot!(bad(&small(r#"[measure]
every = "0s"
"#)), @r#"
    error: this cannot be zero
     --> x.toml:8:9
      |
    8 | every = "0s"
      |         ^^^^ write a positive duration, or "off"
    "#);
}

#[test]
fn samples_of_a_wrong_word() {
    assert_snapshot!(bad(&small(r#"[measure]
every = "never"
"#)), @r#"
    error: `never` is not a duration
     --> x.toml:8:9
      |
    8 | every = "never"
      |         ^^^^^^^ write a duration, e.g. "250ms", "90s" or "1m 30s", or "off"
    "#);
}

#[test]
fn picture_after_the_end() {
    assert_snapshot!(bad(&small(r#"[output]
topology = ["1min", "3min", "end"]
"#)), @r#"
    error: this picture comes after the end
     --> x.toml:8:21
      |
    8 | topology = ["1min", "3min", "end"]
      |                     ^^^^^^ the run ends at 120s; "end" is the last moment
    "#);
}

#[test]
fn unknown_metric() {
    assert_snapshot!(bad(&small(r#"[expect]
delivery_rato = ">= 0.9"
"#)), @r#"
    error: unknown metric `delivery_rato`
     --> x.toml:8:1
      |
    8 | delivery_rato = ">= 0.9"
      | ^^^^^^^^^^^^^ did you mean `delivery_ratio`?
    "#);
}

#[test]
fn metric_of_several_parts() {
    assert_snapshot!(bad(&small(r#"[expect]
latency_ms = "< 2s"
"#)), @r#"
    error: unknown metric `latency_ms`
     --> x.toml:8:1
      |
    8 | latency_ms = "< 2s"
      | ^^^^^^^^^^ known: latency_ms.p50, latency_ms.p90, latency_ms.p99, latency_ms.max
    "#);
}

#[test]
fn unknown_part_of_a_metric() {
    assert_snapshot!(bad(&small(r#"[expect]
latency_ms.p95 = "< 2s"
"#)), @r#"
    error: unknown metric `latency_ms.p95`
     --> x.toml:8:12
      |
    8 | latency_ms.p95 = "< 2s"
      |            ^^^ known: latency_ms.p50, latency_ms.p90, latency_ms.p99, latency_ms.max
    "#);
}

#[test]
fn metric_twice() {
    assert_snapshot!(bad(&small(r#"[expect]
"rmr.mean" = "< 2"
rmr.mean = "< 3"
"#)), @r#"
    error: `rmr.mean` is expected twice
     --> x.toml:8:1
      |
    8 | "rmr.mean" = "< 2"
      | ^^^^^^^^^^ a metric has one bound
    "#);
}

#[test]
fn bound_without_comparison() {
    assert_snapshot!(bad(&small(r#"[expect]
delivery_ratio = "0.9"
"#)), @r#"
    error: `0.9` has no comparison
     --> x.toml:8:18
      |
    8 | delivery_ratio = "0.9"
      |                  ^^^^^ write a comparison and a value, e.g. ">= 0.95", "< 5 %" or "< 2s"
    "#);
}

#[test]
fn bound_as_a_number() {
    assert_snapshot!(bad(&small(r"[expect]
delivery_ratio = 0.9
")), @r#"
    error: a bound is a string, not a number
     --> x.toml:8:18
      |
    8 | delivery_ratio = 0.9
      |                  ^^^ write a comparison and a value, e.g. ">= 0.95", "< 5 %" or "< 2s"
    "#);
}

#[test]
fn bound_without_value() {
    assert_snapshot!(bad(&small(r#"[expect]
crashes = "<"
"#)), @r#"
    error: the bound has no value
     --> x.toml:8:11
      |
    8 | crashes = "<"
      |           ^^^ write a comparison and a value, e.g. ">= 0.95", "< 5 %" or "< 2s"
    "#);
}

#[test]
fn bound_of_a_wrong_unit() {
    assert_snapshot!(bad(&small(r#"[expect]
latency_ms.p99 = "< 2 parsecs"
"#)), @r#"
    error: `2 parsecs` is not a duration
     --> x.toml:8:18
      |
    8 | latency_ms.p99 = "< 2 parsecs"
      |                  ^^^^^^^^^^^^^ write a duration, e.g. "250ms", "90s" or "1m 30s"
    "#);
}

#[test]
fn percentage_of_a_count() {
    assert_snapshot!(bad(&small(r#"[expect]
crashes = "< 5 %"
"#)), @r#"
    error: `crashes` is not a share
     --> x.toml:8:11
      |
    8 | crashes = "< 5 %"
      |           ^^^^^^^ write a plain value instead of a percentage
    "#);
}

#[test]
fn share_above_one() {
    assert_snapshot!(bad(&small(r#"[expect]
delivery_ratio = ">= 95"
"#)), @r#"
    error: a share cannot be `95`
     --> x.toml:8:18
      |
    8 | delivery_ratio = ">= 95"
      |                  ^^^^^^^ write a number in [0, 1] or a percentage such as "95 %"
    "#);
}

#[test]
fn metric_of_a_fault_that_is_not_there() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "60s"
loss = { share = 0.5, for = "5s" }
[expect.phases]
partition.heal_ms = "< 1s"
1.heal_ms = "< 1s"
loss.delivery.during = ">= 50 %"
"#)), @r#"
    error: there is no fault `partition`
      --> x.toml:11:1
       |
    11 | partition.heal_ms = "< 1s"
       | ^^^^^^^^^ the scenario has loss, also called 0

    error: there is no fault `1`
      --> x.toml:12:1
       |
    12 | 1.heal_ms = "< 1s"
       | ^ the scenario has loss, also called 0
    "#);
    assert_snapshot!(bad(&small(r#"[expect]
phases.0.heal_ms = "< 1s"
"#)), @r#"
    error: there is no fault `0`
     --> x.toml:8:8
      |
    8 | phases.0.heal_ms = "< 1s"
      |        ^ the scenario has none
    "#);
}
