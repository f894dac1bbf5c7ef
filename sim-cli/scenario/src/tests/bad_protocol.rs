//! Protocol tables that make no sense.

use insta::assert_snapshot;

use super::*;

#[test]
fn no_overlay() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[broadcast.flood]
")), @"
    error: no overlay is named
    --> x.toml
     = help: write [overlay.NAME] with one of: random_walk, static
    ");
}

#[test]
fn empty_overlay() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay]
[broadcast.flood]
")), @"
    error: no overlay is named
     --> x.toml:5:2
      |
    5 | [overlay]
      |  ^^^^^^^ write [overlay.NAME] with one of: random_walk, static
    ");
}

#[test]
fn overlay_as_a_word() {
    assert_snapshot!(bad(&headed(r#"overlay = "random_walk"
[nodes]
count = 10
[broadcast.flood]
"#)), @r#"
    error: no overlay is named
     --> x.toml:3:11
      |
    3 | overlay = "random_walk"
      |           ^^^^^^^^^^^^^ write [overlay.NAME] with one of: random_walk, static
    "#);
}

#[test]
fn two_overlays() {
    assert_snapshot!(bad(&small(r"[overlay.static]
ring = true
")), @"
    error: both overlay.random_walk and overlay.static are named
     --> x.toml:7:10
      |
    7 | [overlay.static]
      |          ^^^^^^ a run has one; remove the others
    ");
}

#[test]
fn unknown_overlay() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.hyparview]
[broadcast.flood]
")), @"
    error: unknown overlay `hyparview`
     --> x.toml:5:10
      |
    5 | [overlay.hyparview]
      |          ^^^^^^^^^ known here: random_walk, static
    ");
}

#[test]
fn misspelt_overlay() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.randomwalk]
[broadcast.flood]
")), @"
    error: unknown overlay `randomwalk`
     --> x.toml:5:10
      |
    5 | [overlay.randomwalk]
      |          ^^^^^^^^^^ did you mean `random_walk`? Known here: random_walk, static
    ");
}

#[test]
fn unknown_broadcast() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.random_walk]
[broadcast.plumtree]
")), @"
    error: unknown broadcast `plumtree`
     --> x.toml:6:12
      |
    6 | [broadcast.plumtree]
      |            ^^^^^^^^ known here: flood, gossip
    ");
}

#[test]
fn unknown_key() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.random_walk]
degre = 5
[broadcast.flood]
")), @"
    error: unknown key `degre`
     --> x.toml:6:1
      |
    6 | degre = 5
      | ^^^^^ did you mean `degree`?
    ");
}

#[test]
fn wrong_type() {
    assert_snapshot!(bad(&headed(r#"[nodes]
count = 10
[overlay.random_walk]
degree = "many"
[broadcast.flood]
"#)), @r#"
    error: expected a whole number from 0 to 4294967295
     --> x.toml:6:10
      |
    6 | degree = "many"
      |          ^^^^^^ found string "many"
    "#);
}

#[test]
fn degree_and_hop_limit_of_zero() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.random_walk]
degree = 0
hop_limit = 0
[broadcast.flood]
")), @"
    error: a node needs at least one neighbor
     --> x.toml:6:10
      |
    6 | degree = 0
      |          ^ write 1 or more

    error: a join request that cannot walk reaches nobody
     --> x.toml:7:13
      |
    7 | hop_limit = 0
      |             ^ write 1 or more
    ");
}

#[test]
fn max_degree_below_degree() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.random_walk]
degree = 5
max_degree = 4
[broadcast.flood]
")), @r#"
    error: max_degree is less than degree
     --> x.toml:7:14
      |
    7 | max_degree = 4
      |              ^ at least the degree, 5, or "unlimited"
    "#);
}

#[test]
fn max_degree_of_a_wrong_word() {
    assert_snapshot!(bad(&headed(r#"[nodes]
count = 10
[overlay.random_walk]
max_degree = "infinite"
[broadcast.flood]
"#)), @r#"
    error: `infinite` is not a limit
     --> x.toml:6:14
      |
    6 | max_degree = "infinite"
      |              ^^^^^^^^^^ write a whole number or "unlimited"
    "#);
}

#[test]
fn unknown_acceptance() {
    assert_snapshot!(bad(&headed(r#"[nodes]
count = 10
[overlay.random_walk]
accept = "never"
[broadcast.flood]
"#)), @r#"
    error: unknown word `never`
     --> x.toml:6:10
      |
    6 | accept = "never"
      |          ^^^^^^^ known here: inverse, always, endpoint
    "#);
}

#[test]
fn static_without_a_kind() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]

[broadcast.flood]
")), @"
    error: exactly one kind must be named here
     --> x.toml:5:10
      |
    5 | [overlay.static]
      |          ^^^^^^ none is given
    ");
}

#[test]
fn static_with_two_kinds() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
ring = true
line = true
[broadcast.flood]
")), @"
    error: exactly one kind must be named here
     --> x.toml:5:10
      |
    5 | [overlay.static]
      |          ^^^^^^ more than one is given
    ");
}

#[test]
fn static_of_unknown_kind() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
torus = true
[broadcast.flood]
")), @"
    error: unknown word `torus`
     --> x.toml:6:1
      |
    6 | torus = true
      | ^^^^^ known here: file, k_out, regular, gnp, small_world, preferential, ring, line, grid, tree, complete
    ");
}

#[test]
fn static_kind_switched_off() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
ring = false
[broadcast.flood]
")), @"
    error: a kind of graph cannot be false
     --> x.toml:6:8
      |
    6 | ring = false
      |        ^^^^^ write true, or name another kind
    ");
}

#[test]
fn static_regular_of_odd_sum() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
regular = 3
[broadcast.flood]
")), @"
    error: there is no such graph
     --> x.toml:6:11
      |
    6 | regular = 3
      |           ^ 9 slots with 3 links each: one of the two must be even
    ");
}

#[test]
fn static_more_links_than_slots() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
k_out = 9
[broadcast.flood]
")), @"
    error: more links than other slots
     --> x.toml:6:9
      |
    6 | k_out = 9
      |         ^ there are 8 others
    ");
}

#[test]
fn static_gnp_too_dense() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
gnp = { mean_degree = 8.5 }
[broadcast.flood]
")), @"
    error: no probability gives this mean degree
     --> x.toml:6:23
      |
    6 | gnp = { mean_degree = 8.5 }
      |                       ^^^ more than 0, at most 8
    ");
}

#[test]
fn static_small_world_odd() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
small_world = { k = 3, rewire = 0.1 }
[broadcast.flood]
")), @"
    error: half of the links go each way round
     --> x.toml:6:21
      |
    6 | small_world = { k = 3, rewire = 0.1 }
      |                     ^ write an even number
    ");
}

#[test]
fn static_small_world_no_probability() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
small_world = { k = 4, rewire = 1.1 }
[broadcast.flood]
")), @"
    error: a probability lies in [0, 1]
     --> x.toml:6:33
      |
    6 | small_world = { k = 4, rewire = 1.1 }
      |                                 ^^^
    ");
}

#[test]
fn static_tree_without_children() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 9
[overlay.static]
tree = { arity = 0 }
[broadcast.flood]
")), @"
    error: a tree without children has one slot
     --> x.toml:6:18
      |
    6 | tree = { arity = 0 }
      |                  ^ write 1 or more
    ");
}

#[test]
fn static_file_missing() {
    assert_snapshot!(bad(&headed(r#"[overlay.static]
file = "nowhere.edges"
[broadcast.flood]
"#)), @r#"
    error: cannot find the file `nowhere.edges`
     --> x.toml:4:8
      |
    4 | file = "nowhere.edges"
      |        ^^^^^^^^^^^^^^^ relative files are looked up beside the scenario
    "#);
}

#[test]
fn flood_that_remembers_nothing() {
    assert_snapshot!(bad(&small(r#"seen = 0
seen_for = "0s"
queue = 0
"#)), @r#"
    error: a node that remembers nothing forwards every copy for ever
     --> x.toml:7:8
      |
    7 | seen = 0
      |        ^ write 1 or more, or "unlimited"

    error: a node that forgets at once forwards every copy for ever
     --> x.toml:8:12
      |
    8 | seen_for = "0s"
      |            ^^^^ write a positive duration

    error: a queue of 0 keeps nothing for the application
     --> x.toml:9:9
      |
    9 | queue = 0
      |         ^ write 1 or more
    "#);
}

#[test]
fn gossip_to_nobody() {
    assert_snapshot!(bad(&headed(r"[nodes]
count = 10
[overlay.random_walk]
[broadcast.gossip]
fanout = 0
")), @"
    error: gossip to nobody spreads nothing
     --> x.toml:7:10
      |
    7 | fanout = 0
      |          ^ write 1 or more
    ");
}
