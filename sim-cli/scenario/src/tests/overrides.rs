//! `--set KEY=VALUE`.

use insta::assert_snapshot;

use super::*;
use crate::{Latency, Origin, RandomWalkTable, Regions, StaticTable, Timing, TopologyTime, Transport};
use floodnet_text::units::Duration;

#[test]
fn unknown_key_points_at_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("link.los", "0.2")]), @"
    error: unknown key `los`
     --> --set:1:6
      |
    1 | link.los=0.2
      |      ^^^ did you mean `loss`?
    ");
}

#[test]
fn unknown_table_points_at_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("seed", "7"), ("lnk.loss", "0.2")]), @"
    error: unknown key `lnk`
     --> --set:1:1
      |
    1 | lnk.loss=0.2
      | ^^^ did you mean `link`?
    ");
}

#[test]
fn bad_value_points_at_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("link.loss", "2")]), @r#"
    error: `2` is not a share
     --> --set:1:11
      |
    1 | link.loss=2
      |           ^ a share lies in [0, 1]; in percent: "2 %"
    "#);
}

#[test]
fn bare_number_points_at_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("duration", "90")]), @r#"
    error: a duration needs a unit
     --> --set:1:10
      |
    1 | duration=90
      |          ^^ write "90s" for seconds, "90ms" for milliseconds
    "#);
}

#[test]
fn keys_of_the_file_still_point_into_it() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 1.1
"), &[("duration", "3min"), ("nodes.count", "20")]), @"
    error: `1.1` is not a share
     --> x.toml:8:8
      |
    8 | loss = 1.1
      |        ^^^ a share lies in [0, 1]
    ");
}

#[test]
fn item_that_is_not_there() {
    assert_snapshot!(bad_with(&small(r#"[link]
loss = 0.1
[[traffic]]
from = 0
every = "1s"
"#), &[("traffic.1.every", "10ms")]), @"
    error: there is no item `1`
     --> --set:1:9
      |
    1 | traffic.1.every=10ms
      |         ^ the list has one item: 0
    ");
}

#[test]
fn item_of_an_empty_list() {
    assert_snapshot!(bad_with(&headed(r"traffic = []
[nodes]
count = 10
[overlay.random_walk]
[broadcast.flood]
"), &[("traffic.0.every", "10ms")]), @"
    error: there is no item `0`
     --> --set:1:9
      |
    1 | traffic.0.every=10ms
      |         ^ the list is empty
    ");
}

#[test]
fn key_below_a_number() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("link.loss.mean", "0.1")]), @"
    error: `mean` has nothing to stand in
     --> --set:1:11
      |
    1 | link.loss.mean=0.1
      |           ^^^^ what is left of it is a number, not a table
    ");
}

#[test]
fn unknown_overlay_points_at_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("overlay.scamp.active", "5")]), @"
    error: unknown overlay `scamp`
     --> --set:1:9
      |
    1 | overlay.scamp.active=5
      |         ^^^^^ known here: random_walk, static, hyparview, cyclon, swim
    ");
}

#[test]
fn nested_value_points_into_the_flag() {
    assert_snapshot!(bad_with(&small(r"[link]
loss = 0.1
"), &[("link.latency", r#"{ uniform = { min = "20ms", max = "10ms" } }"#)]), @r#"
    error: the longest time is shorter than the shortest
     --> --set:1:48
      |
    1 | link.latency={ uniform = { min = "20ms", max = "10ms" } }
      |                                                ^^^^^^ it must be at least min, 20ms
    "#);
}

#[test]
fn key_of_no_words() {
    assert_snapshot!(bad_with(&small(""), &[("link..loss", "0.1"), ("", "5")]), @"
    error: `link..loss` is not a key
     --> --set:1:1
      |
    1 | link..loss=0.1
      | ^^^^^^^^^^^ write words joined by dots, such as link.loss

    error: `` is not a key
     --> --set:1:1
      |
    1 | =5
      | ^ write words joined by dots, such as link.loss
    ");
}

/// What `overrides` make of a small scenario with a lossy link and one stream of messages.
fn put(overrides: &[(&str, &str)]) -> Scenario {
    let text = small("[link]\nloss = 0.1\n[[traffic]]\nfrom = 0\nevery = \"1s\"\n");
    parse_with(&text, overrides).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_kind_of_value_can_be_put_in() {
    let scenario = put(&[
        ("name", "other"),
        ("seed", "0xff"),
        ("duration", "3min"),
        ("nodes.entry_churns", "true"),
        ("link.loss", "0.25"),
        ("link.transport", "datagram"),
        ("traffic.0.every", "10ms"),
        ("traffic.0.from", "random"),
        ("overlay.random_walk.degree", "3"),
        ("output.topology", "[\"1min\"]"),
        ("expect.latency_ms.p99", "< 2s"),
        ("churn", "{ session = { preset = \"kad\" }, downtime = { preset = \"kad\" } }"),
    ]);
    assert_eq!((scenario.name.as_str(), scenario.seed), ("other", 255));
    assert_eq!(scenario.measure.stop, Duration::from_secs(180), "defaults follow");
    assert!(scenario.nodes.entry_churns && scenario.churn.is_some());
    assert_eq!((scenario.link.loss, scenario.link.transport), (0.25, Transport::Datagram));
    assert_eq!(scenario.traffic[0].every, Some(Duration::from_millis(10)));
    assert_eq!(scenario.traffic[0].from, Origin::Random);
    let overlay: RandomWalkTable = scenario.overlay.read().unwrap();
    assert_eq!((overlay.degree, overlay.max_degree()), (3, Some(6)));
    assert_eq!(scenario.output.topology, [TopologyTime::At(Duration::from_secs(60))]);
    assert_eq!((scenario.expect[0].metric.as_str(), scenario.expect[0].value), ("latency_ms.p99", 2000.0));
}

#[test]
fn the_last_of_two_wins() {
    assert_eq!(put(&[("seed", "2"), ("seed", "3")]).seed, 3);
}

#[test]
fn a_choice_replaces_the_one_of_the_file() {
    let scenario = put(&[
        ("overlay.static.small_world.k", "4"),
        ("overlay.static.small_world.rewire", "0.5"),
        ("broadcast.gossip.fanout", "7"),
        ("link.latency.constant", "10ms"),
        ("link.latency.regions", "world8"),
        ("traffic.0.poisson", "2s"),
    ]);
    let expected = StaticTable::SmallWorld { k: 4, rewire: 0.5 };
    assert_eq!(scenario.overlay.read::<StaticTable>().unwrap(), expected);
    assert_eq!(scenario.broadcast.key, "gossip");
    assert_eq!(scenario.link.latency, Latency::Regions(Regions::World8));
    assert_eq!(scenario.traffic[0].timing(), Some(Timing::Poisson(Duration::from_secs(2))));
}

#[test]
fn a_quoted_metric_of_the_file_is_reached_by_its_dotted_name() {
    let text = small("[expect]\n\"rmr.mean\" = \"< 2\"\n");
    let scenario = parse_with(&text, &[("expect.rmr.mean", "< 3")]).unwrap();
    assert_eq!(scenario.expect.len(), 1);
    assert_eq!(scenario.expect[0].value, 3.0);
}
