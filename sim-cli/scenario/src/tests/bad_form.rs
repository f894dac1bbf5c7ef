//! What cannot be read: keys, words, types and units.

use insta::assert_snapshot;

use super::*;

#[test]
fn unknown_key_at_the_top() {
    assert_snapshot!(bad(r#"name = "x"
duraton = "2min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: unknown key `duraton`
     --> x.toml:2:1
      |
    2 | duraton = "2min"
      | ^^^^^^^ did you mean `duration`?
    "#);
}

#[test]
fn unknown_key_far_from_all() {
    assert_snapshot!(bad(&small(r"[link]
wormhole = true
")), @"
    error: unknown key `wormhole`
     --> x.toml:8:1
      |
    8 | wormhole = true
      | ^^^^^^^^ known here: transport, latency, per, floor, jitter, loss, up, down, queue, rto, break_after, dial_timeout, handshake, ping, dead_after
    ");
}

#[test]
fn unknown_key_in_an_enum() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { uniform = { min = "1ms", mx = "2ms" } }
"#)), @r#"
    error: unknown key `mx`
     --> x.toml:8:38
      |
    8 | latency = { uniform = { min = "1ms", mx = "2ms" } }
      |                                      ^^ did you mean `max`?
    "#);
}

#[test]
fn unknown_table() {
    assert_snapshot!(bad(&small(r"[links]
loss = 0.1
")), @"
    error: unknown key `links`
     --> x.toml:7:2
      |
    7 | [links]
      |  ^^^^^ did you mean `link`?
    ");
}

#[test]
fn missing_name() {
    assert_snapshot!(bad(r#"duration = "2min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @"
    error: missing key `name`
    --> x.toml
     = help: it has no default
    ");
}

#[test]
fn missing_key_in_a_table() {
    assert_snapshot!(bad(&small(r#"[churn]
downtime = { preset = "kad" }
"#)), @"
    error: missing key `session`
     --> x.toml:7:1
      |
    7 | [churn]
      | ^^^^^^^ it has no default
    ");
}

#[test]
fn missing_key_in_an_enum() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { lognormal = { median = "40ms" } }
"#)), @r#"
    error: missing key `sigma`
     --> x.toml:8:25
      |
    8 | latency = { lognormal = { median = "40ms" } }
      |                         ^^^^^^^^^^^^^^^^^^^ it has no default
    "#);
}

#[test]
fn not_toml() {
    assert_snapshot!(bad(&headed(r"[nodes
count = 10
")), @"
    error: unclosed table, expected `]`
     --> x.toml:3:7
      |
    3 | [nodes
      |       ^
    ");
}

#[test]
fn key_twice() {
    assert_snapshot!(bad(&headed(r#"duration = "3min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#)), @r#"
    error: duplicate key
     --> x.toml:3:1
      |
    3 | duration = "3min"
      | ^^^^^^^^
    "#);
}

#[test]
fn bare_duration() {
    assert_snapshot!(bad(r#"name = "x"
duration = 120
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: a duration needs a unit
     --> x.toml:2:12
      |
    2 | duration = 120
      |            ^^^ write "120s" for seconds, "120ms" for milliseconds
    "#);
}

#[test]
fn duration_without_unit() {
    assert_snapshot!(bad(r#"name = "x"
duration = "120"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: a duration needs a unit
     --> x.toml:2:12
      |
    2 | duration = "120"
      |            ^^^^^ write "120s" for seconds, "120ms" for milliseconds
    "#);
}

#[test]
fn negative_duration() {
    assert_snapshot!(bad(r#"name = "x"
duration = "-2min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: `-2min` is negative
     --> x.toml:2:12
      |
    2 | duration = "-2min"
      |            ^^^^^^^ a duration is zero or more
    "#);
}

#[test]
fn senseless_duration() {
    assert_snapshot!(bad(r#"name = "x"
duration = "soon"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @r#"
    error: `soon` is not a duration
     --> x.toml:2:12
      |
    2 | duration = "soon"
      |            ^^^^^^ write a duration, e.g. "250ms", "90s" or "1m 30s"
    "#);
}

#[test]
fn bare_rate() {
    assert_snapshot!(bad(&small(r"[link]
up = 10
")), @r#"
    error: a rate needs a unit
     --> x.toml:8:6
      |
    8 | up = 10
      |      ^^ write "10 Mbit/s" or "10 kbit/s"
    "#);
}

#[test]
fn rate_in_unknown_unit() {
    assert_snapshot!(bad(&small(r#"[link]
up = "10 Mbit"
"#)), @r#"
    error: `10 Mbit` is not a rate
     --> x.toml:8:6
      |
    8 | up = "10 Mbit"
      |      ^^^^^^^^^ write a rate, e.g. "10 Mbit/s", "64 kbit/s" or "unlimited"
    "#);
}

#[test]
fn rate_of_nothing() {
    assert_snapshot!(bad(&small(r#"[link]
up = "0 Mbit/s"
"#)), @r#"
    error: `0 Mbit/s` would pass nothing
     --> x.toml:8:6
      |
    8 | up = "0 Mbit/s"
      |      ^^^^^^^^^^ a rate must be positive or "unlimited"
    "#);
}

#[test]
fn bare_size() {
    assert_snapshot!(bad(&small(r"[link]
queue = 65536
")), @r#"
    error: a size needs a unit
     --> x.toml:8:9
      |
    8 | queue = 65536
      |         ^^^^^ write "65536 B" or "65536 KiB"
    "#);
}

#[test]
fn size_in_unknown_unit() {
    assert_snapshot!(bad(&small(r#"[link]
queue = "6 furlongs"
"#)), @r#"
    error: `6 furlongs` is not a size
     --> x.toml:8:9
      |
    8 | queue = "6 furlongs"
      |         ^^^^^^^^^^^^ write a size, e.g. "100 B", "256 KiB" or "1 MB"
    "#);
}

#[test]
fn unknown_word() {
    assert_snapshot!(bad(&small(r#"[link]
transport = "streem"
"#)), @r#"
    error: unknown word `streem`
     --> x.toml:8:13
      |
    8 | transport = "streem"
      |             ^^^^^^^^ did you mean `stream`? Known here: stream, datagram
    "#);
}

#[test]
fn unknown_distribution() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { normal = { mean = "5ms" } }
"#)), @r#"
    error: unknown word `normal`
     --> x.toml:8:13
      |
    8 | latency = { normal = { mean = "5ms" } }
      |             ^^^^^^ known here: constant, uniform, lognormal, regions, matrix
    "#);
}

#[test]
fn distribution_without_settings() {
    assert_snapshot!(bad(&small(r#"[link]
latency = "uniform"
"#)), @r#"
    error: this word needs settings
     --> x.toml:8:11
      |
    8 | latency = "uniform"
      |           ^^^^^^^^^ write { word = ... } with its value or its keys
    "#);
}

#[test]
fn distribution_of_wrong_type() {
    assert_snapshot!(bad(&small(r"[link]
latency = 50
")), @"
    error: expected a word or a table
     --> x.toml:8:11
      |
    8 | latency = 50
      |           ^^
    ");
}

#[test]
fn two_laws() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { constant = "5ms", regions = "world8" }
"#)), @r#"
    error: exactly one kind must be named here
     --> x.toml:8:11
      |
    8 | latency = { constant = "5ms", regions = "world8" }
      |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ more than one is given
    "#);
}

#[test]
fn no_distribution() {
    assert_snapshot!(bad(&small(r"[link]
latency = {}
")), @"
    error: exactly one kind must be named here
     --> x.toml:8:11
      |
    8 | latency = {}
      |           ^^ none is given
    ");
}

#[test]
fn unknown_regions() {
    assert_snapshot!(bad(&small(r#"[link]
latency = { regions = "world9" }
"#)), @r#"
    error: unknown word `world9`
     --> x.toml:8:23
      |
    8 | latency = { regions = "world9" }
      |                       ^^^^^^^^ did you mean `world8`?
    "#);
}

#[test]
fn unknown_session_preset() {
    assert_snapshot!(bad(&small(r#"[churn]
session = { preset = "skype" }
downtime = { preset = "kad" }
"#)), @r#"
    error: unknown word `skype`
     --> x.toml:8:22
      |
    8 | session = { preset = "skype" }
      |                      ^^^^^^^ known here: red-hat, debian, flatout, kad
    "#);
}

#[test]
fn unknown_preset() {
    assert_snapshot!(bad(&headed(r#"preset = "tutorail"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#)), @r#"
    error: unknown word `tutorail`
     --> x.toml:3:10
      |
    3 | preset = "tutorail"
      |          ^^^^^^^^^^ did you mean `tutorial`?
    "#);
}

#[test]
fn wrong_type() {
    assert_snapshot!(bad(r#"name = 5
duration = "2min"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#), @"
    error: expected a string
     --> x.toml:1:8
      |
    1 | name = 5
      |        ^ found integer `5`
    ");
}

#[test]
fn negative_count() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = -10
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: expected a whole number from 0 to 4294967295
     --> x.toml:4:9
      |
    4 | count = -10
      |         ^^^ found integer `-10`
    ");
}

#[test]
fn fraction_for_a_count() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10.5
[overlay.random_walk]
[broadcast.flood]
")), @"
    error: expected a whole number from 0 to 4294967295
     --> x.toml:4:9
      |
    4 | count = 10.5
      |         ^^^^ found floating point `10.5`
    ");
}

#[test]
fn list_for_a_table() {
    assert_snapshot!(bad(&headed(r#"traffic = "all"
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#)), @r#"
    error: expected a list
     --> x.toml:3:11
      |
    3 | traffic = "all"
      |           ^^^^^ found string "all"
    "#);
}

#[test]
fn origin_is_neither() {
    assert_snapshot!(bad(&small(r#"[[traffic]]
from = "everybody"
every = "1s"
"#)), @r#"
    error: `everybody` publishes nothing
     --> x.toml:8:8
      |
    8 | from = "everybody"
      |        ^^^^^^^^^^^ write "random" or the number of a slot
    "#);
}

#[test]
fn never_misspelt() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
crash = { fraction = 0.5, back = "nevr" }
"#)), @r#"
    error: `nevr` is not a duration
     --> x.toml:9:34
      |
    9 | crash = { fraction = 0.5, back = "nevr" }
      |                                  ^^^^^^ write a duration, e.g. "250ms", "90s" or "1m 30s", or "never"
    "#);
}

#[test]
fn fault_of_no_kind() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
"#)), @"
    error: the fault does not say what happens
     --> x.toml:7:1
      |
    7 | [[fault]]
      | ^^^^^^^^^ add one of crash, partition, cut, loss, slow, pause
    ");
}

#[test]
fn fault_of_two_kinds() {
    assert_snapshot!(bad(&small(r#"[[fault]]
at = "1min"
loss = { share = 0.1, for = "5s" }
pause = { fraction = 0.1, for = "5s" }
"#)), @"
    error: the fault says both `loss` and `pause`
     --> x.toml:7:1
      |
    7 | [[fault]]
      | ^^^^^^^^^ keep one of crash, partition, cut, loss, slow, pause; make a second [[fault]] of the other
    ");
}

#[test]
fn columns_count_characters() {
    assert_snapshot!(bad(&headed(r#"class = [{ name = "Größe 日本", shre = 1.0 }]
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"#)), @r#"
    error: unknown key `shre`
     --> x.toml:3:31
      |
    3 | class = [{ name = "Größe 日本", shre = 1.0 }]
      |                                 ^^^^ did you mean `share`?
    "#);
}

#[test]
fn several_parts_at_once() {
    assert_snapshot!(bad(r#"name = "x"
duraton = "2min"
[nodes]
count = 10
[overlay.random_walk]
degre = 3
[broadcast.flod]
[expect]
delivery = ">= 0.9"
"#), @r#"
    error: unknown key `duraton`
     --> x.toml:2:1
      |
    2 | duraton = "2min"
      | ^^^^^^^ did you mean `duration`?

    error: unknown key `degre`
     --> x.toml:6:1
      |
    6 | degre = 3
      | ^^^^^ did you mean `degree`?

    error: unknown broadcast `flod`
     --> x.toml:7:12
      |
    7 | [broadcast.flod]
      |            ^^^^ did you mean `flood`? Known here: flood, gossip

    error: unknown metric `delivery`
     --> x.toml:9:1
      |
    9 | delivery = ">= 0.9"
      | ^^^^^^^^ did you mean `delivery_ratio`?
    "#);
}
