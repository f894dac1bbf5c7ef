//! Slots, classes and links that make no sense.

use insta::assert_snapshot;

use super::*;

#[test]
fn name_with_a_slash() {
    assert_snapshot!(bad(r#"name = "../x"
duration = "2min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: `../x` cannot name a folder
     --> x.toml:1:8
      |
    1 | name = "../x"
      |        ^^^^^^ letters, digits, `-`, `_` and `.`, not beginning with `.`
    "#);
}

#[test]
fn count_missing() {
    assert_snapshot!(bad(&headed(r"[nodes]
entry = 1
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: missing key `count` in [nodes]
     --> x.toml:3:2
      |
    3 | [nodes]
      |  ^^^^^ only a static overlay from a file knows how many slots there are
    ");
}

#[test]
fn nodes_missing() {
    assert_snapshot!(bad(&headed(r"[overlay.random_walk]
[broadcast.flood]
")), @"
    error: missing key `count` in [nodes]
    --> x.toml
     = help: only a static overlay from a file knows how many slots there are
    ");
}

#[test]
fn count_zero() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 0
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: a network needs a slot
     --> x.toml:4:9
      |
    4 | count = 0
      |         ^ write 1 or more
    ");
}

#[test]
fn more_entries_than_slots() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
entry = 11
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: more entry slots than slots
     --> x.toml:5:9
      |
    5 | entry = 11
      |         ^^ there are 10 slots
    ");
}

#[test]
fn no_entry() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
entry = 0
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: newcomers must know somebody
     --> x.toml:5:9
      |
    5 | entry = 0
      |         ^ write 1 or more
    ");
}

#[test]
fn arrivals_after_the_end() {
    assert_snapshot!(bad(&headed(r#"[nodes]
count = 10
arrive = "3min"
[overlay.random_walk]
[broadcast.flood]
"#)), @r#"
    error: nothing is left to measure before 120s
     --> x.toml:2:12
      |
    2 | duration = "2min"
      |            ^^^^^^ measurement starts at 190s, 10 s after the last arrivals, unless measure.start says otherwise

    error: arrivals end after the run
     --> x.toml:5:10
      |
    5 | arrive = "3min"
      |          ^^^^^^ the run ends at 120s
    "#);
}

#[test]
fn classes_do_not_sum_to_one() {
    assert_snapshot!(bad(&small(r#"[[class]]
name = "home"
share = 0.8
up = "5 Mbit/s"
[[class]]
name = "office"
share = 0.3
"#)), @"
    error: the shares of the classes sum to 1.1
     --> x.toml:7:3
      |
    7 | [[class]]
      |   ^^^^^ they must sum to 1
    ");
}

#[test]
fn class_share_outside() {
    assert_snapshot!(bad(&small(r#"[[class]]
name = "home"
share = 0.8
up = "5 Mbit/s"
[[class]]
name = "office"
share = 1.2
"#)), @"
    error: the shares of the classes sum to 2
     --> x.toml:7:3
      |
    7 | [[class]]
      |   ^^^^^ they must sum to 1

    error: `1.2` is not a share
      --> x.toml:13:9
       |
    13 | share = 1.2
       |         ^^^ a share lies in [0, 1]
    ");
}

#[test]
fn class_name_twice() {
    assert_snapshot!(bad(&small(r#"[[class]]
name = "home"
share = 0.8
up = "5 Mbit/s"
[[class]]
name = "home"
share = 0.2
"#)), @r#"
    error: there are two classes `home`
      --> x.toml:12:8
       |
    12 | name = "home"
       |        ^^^^^^ tables tell classes apart by name
    "#);
}

#[test]
fn region_unknown() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { regions = "world8" }
[[class]]
name = "home"
share = 0.8
up = "5 Mbit/s"
[[class]]
name = "office"
share = 0.2
region = "east_asi"
"#)), @r#"
    error: unknown region `east_asi`
      --> x.toml:16:10
       |
    16 | region = "east_asi"
       |          ^^^^^^^^^^ did you mean `east_asia`?
    "#);
}

#[test]
fn region_without_regions() {
    assert_snapshot!(bad(&small(r#"[[class]]
name = "home"
share = 0.8
up = "5 Mbit/s"
[[class]]
name = "office"
share = 0.2
region = "europe"
"#)), @r#"
    error: a region means nothing to this latency
      --> x.toml:14:10
       |
    14 | region = "europe"
       |          ^^^^^^^^ it needs link.latency = { regions = "world8" }
    "#);
}

#[test]
fn loss_outside() {
    assert_snapshot!(bad(&small(r"[link]
loss = 1.5
")), @"
    error: `1.5` is not a share
     --> x.toml:8:8
      |
    8 | loss = 1.5
      |        ^^^ a share lies in [0, 1]
    ");
}

#[test]
fn loss_not_a_number() {
    assert_snapshot!(bad(&small(r"[link]
loss = nan
")), @"
    error: `NaN` is not a share
     --> x.toml:8:8
      |
    8 | loss = nan
      |        ^^^ a share lies in [0, 1]
    ");
}

#[test]
fn floor_of_zero() {
    assert_snapshot!(bad(&small(r#"[link]
floor = "0s"
"#)), @r#"
    error: the least delay of a link must be positive
     --> x.toml:8:9
      |
    8 | floor = "0s"
      |         ^^^^ write the shortest delay of the network, such as "1ms"
    "#);
}

#[test]
fn uniform_upside_down() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { uniform = { min = "20ms", max = "10ms" } }
"#)), @r#"
    error: the longest delay is shorter than the shortest
     --> x.toml:8:45
      |
    8 | latency = { uniform = { min = "20ms", max = "10ms" } }
      |                                             ^^^^^^ it must be at least min, 20ms
    "#);
}

#[test]
fn lognormal_out_of_range() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { lognormal = { median = "0s", sigma = -1 } }
"#)), @r#"
    error: this cannot be zero
     --> x.toml:8:36
      |
    8 | latency = { lognormal = { median = "0s", sigma = -1 } }
      |                                    ^^^^ write a positive duration

    error: `-1` is out of range
     --> x.toml:8:50
      |
    8 | latency = { lognormal = { median = "0s", sigma = -1 } }
      |                                                  ^^ it must be at least 0
    "#);
}

#[test]
fn matrix_missing() {
    assert_snapshot!(bad(&small(r#"[link.latency.matrix]
file = "rtt.tsv"
rtt = true
"#)), @r#"
    error: cannot find the file `rtt.tsv`
     --> x.toml:8:8
      |
    8 | file = "rtt.tsv"
      |        ^^^^^^^^^ relative files are looked up beside the scenario
    "#);
}

#[test]
fn matrix_is_a_folder() {
    assert_snapshot!(bad(&small(r#"[link.latency.matrix]
file = "."
"#)), @r#"
    error: cannot find the file `.`
     --> x.toml:8:8
      |
    8 | file = "."
      |        ^^^ this is not a file
    "#);
}

#[test]
fn timers_below_the_floor() {
    assert_snapshot!(bad(&small(r#"[link]
floor = "50ms"
rto = "40ms"
break_after = "40ms"
dial_timeout = "40ms"
"#)), @r#"
    error: link.rto is shorter than the least delay
     --> x.toml:9:7
      |
    9 | rto = "40ms"
      |       ^^^^^^ it is 40ms, link.floor is 50ms

    error: link.break_after is shorter than the least delay
      --> x.toml:10:15
       |
    10 | break_after = "40ms"
       |               ^^^^^^ it is 40ms, link.floor is 50ms

    error: link.dial_timeout is shorter than the least delay
      --> x.toml:11:16
       |
    11 | dial_timeout = "40ms"
       |                ^^^^^^ it is 40ms, link.floor is 50ms
    "#);
}

#[test]
fn floor_above_the_default_timers() {
    assert_snapshot!(bad(&small(r#"[link]
floor = "300ms"
"#)), @r#"
    error: link.rto is shorter than the least delay
     --> x.toml:8:9
      |
    8 | floor = "300ms"
      |         ^^^^^^^ it is 200ms, link.floor is 300ms
    "#);
}

#[test]
fn dead_before_a_ping() {
    assert_snapshot!(bad(&small(r#"[link]
ping = "3s"
"#)), @r#"
    error: link.dead_after must be longer than link.ping
     --> x.toml:8:8
      |
    8 | ping = "3s"
      |        ^^^^ dead_after is 3s, ping is 3s
    "#);
}

#[test]
fn dead_too_soon_after_a_ping() {
    assert_snapshot!(bad(&small(r#"[link]
ping = "1s"
dead_after = "1000500us"
"#)), @r#"
    error: dead_after - ping is shorter than the least delay
     --> x.toml:9:14
      |
    9 | dead_after = "1000500us"
      |              ^^^^^^^^^^^ it is 500us, link.floor is 1ms
    "#);
}

#[test]
fn queue_of_nothing() {
    assert_snapshot!(bad(&small(r#"[link]
queue = "0 B"
"#)), @r#"
    error: a queue of nothing lets nothing out
     --> x.toml:8:9
      |
    8 | queue = "0 B"
      |         ^^^^^ write a size such as "256 KiB"
    "#);
}
