//! Scenarios that make sense, and what they resolve to.

use std::fs;

use floodnet_core::distributions::{REGION_TABLES, SESSION_PRESETS};

use super::*;
use crate::{
    Accept, Churn, Class, Distribution, Ends, FaultKind, FloodTable, GossipTable, Latency, Lifetime, Origin,
    RandomWalkTable, SessionPreset, StaticTable, Timing, TopologyTime, Victims, templates,
};
use floodnet_measure::expect::{Expectation, Op};
use floodnet_text::units::{Duration, Limit, Rate, Size};

const SAMPLE: &str = r#"#:schema ./scenario.schema.json
name = "churn"
seed = 42
duration = "10min"
[nodes]
count = 1000
arrive = "60s"
[overlay.random_walk]
degree = 5
[broadcast.flood]
[link]
latency = { uniform = { min = "10ms", max = "100ms" } }
[churn]
start = "2min"
session  = { preset = "flatout" }
downtime = { exponential = { mean = "5min" } }
[[traffic]]
from = "random"
every = "1s"
start = "90s"
stop = "9min"
[[fault]]
at = "5min"
partition = { groups = [0.5, 0.5], for = "30s" }
[expect]
delivery_ratio = ">= 0.95"
"#;

#[test]
fn the_sample_resolves() {
    let scenario = good(SAMPLE);
    assert_eq!((scenario.name.as_str(), scenario.seed), ("churn", 42));
    assert_eq!(scenario.duration, Duration::from_secs(600));
    assert_eq!(scenario.nodes.count, Some(1000));
    assert_eq!(scenario.nodes.arrive, Duration::from_secs(60));
    let (min, max) = (Duration::from_millis(10), Duration::from_millis(100));
    assert_eq!(scenario.link.latency, Distribution::Uniform { min: min.0, max: max.0 }.into());
    let churn = scenario.churn.as_ref().unwrap();
    assert_eq!(churn.session, Lifetime::Preset(SessionPreset::Flatout));
    let downtime = Distribution::Exponential { mean: Duration::from_secs(300).0 };
    assert_eq!(churn.downtime, Some(downtime.into()));
    assert_eq!((churn.start, churn.stop), (Duration::from_secs(120), scenario.duration));
    assert_eq!(scenario.traffic[0].from, Origin::Random);
    assert_eq!(scenario.traffic[0].timing(), Some(Timing::Every(Duration::from_secs(1))));
    assert_eq!(scenario.traffic[0].size, Size(100));
    let FaultKind::Partition(partition) = &scenario.faults[0].kind else { panic!("a partition") };
    assert_eq!(partition.groups, [0.5, 0.5]);
    assert_eq!(scenario.faults[0].kind.lasts(), Some(Duration::from_secs(30)));
    let bound = Expectation { metric: "delivery_ratio".to_owned(), op: Op::AtLeast, value: 0.95 };
    assert_eq!(scenario.expect, [bound]);
}

#[test]
fn defaults_that_depend_on_other_keys_are_filled_in() {
    let text = small("[churn]\nsession = { preset = \"kad\" }\ndowntime = { preset = \"kad\" }\n")
        + "[[traffic]]\nfrom = 0\npoisson = \"1s\"\n";
    let scenario = good(&text.replace("count = 10", "count = 10\narrive = \"20s\""));
    let (arrived, settled, end) =
        (Duration::from_secs(20), Duration::from_secs(30), Duration::from_secs(120));
    assert_eq!((scenario.measure.start, scenario.measure.stop), (settled, end));
    assert_eq!((scenario.traffic[0].start, scenario.traffic[0].stop), (settled, end));
    let churn = scenario.churn.unwrap();
    assert_eq!((churn.start, churn.stop), (arrived, end));
    assert_eq!(scenario.output.topology, [TopologyTime::End]);
}

#[test]
fn classes_take_the_rates_of_the_link_that_they_do_not_name() {
    let scenario = good(&small(
        r#"[link]
up = "10 Mbit/s"
latency = { regions = "world8" }
[[class]]
name = "home"
share = 0.8
down = "unlimited"
region = "europe"
[[class]]
name = "server"
share = 0.2
up = "1 Gbit/s"
reachable = false
"#,
    ));
    let up = Rate::BitsPerSecond(10_000_000);
    let home = Class {
        name: "home".to_owned(),
        share: 0.8,
        up,
        down: Rate::Unlimited,
        region: Some("europe".to_owned()),
        reachable: true,
    };
    assert_eq!(scenario.classes[0], home);
    assert_eq!(scenario.classes[1].up, Rate::BitsPerSecond(1_000_000_000));
    assert!(!scenario.classes[1].reachable);
}

#[test]
fn protocol_tables_are_read_back_as_their_types() {
    let scenario = good(&small("").replace("[broadcast.flood]", "degree = 4\n[broadcast.gossip]"));
    let overlay: RandomWalkTable = scenario.overlay.read().unwrap();
    let expected =
        RandomWalkTable { degree: 4, max_degree: Some(Limit::AtMost(8)), ..RandomWalkTable::default() };
    assert_eq!(overlay, expected);
    assert_eq!((overlay.max_degree(), overlay.accept), (Some(8), Accept::Inverse));
    assert_eq!(scenario.broadcast.read::<GossipTable>().unwrap(), GossipTable::default());
    assert!(scenario.broadcast.read::<FloodTable>().is_err());
}

#[test]
fn every_static_graph_is_read() {
    let kinds = [
        ("k_out = 3", StaticTable::KOut(3)),
        ("regular = 4", StaticTable::Regular(4)),
        ("gnp = { mean_degree = 2.5 }", StaticTable::Gnp { mean_degree: 2.5 }),
        ("small_world = { k = 4, rewire = 0.1 }", StaticTable::SmallWorld { k: 4, rewire: 0.1 }),
        ("preferential = { links = 2 }", StaticTable::Preferential { links: 2 }),
        ("ring = true", StaticTable::Ring(crate::Yes)),
        ("line = true", StaticTable::Line(crate::Yes)),
        ("grid = true", StaticTable::Grid(crate::Yes)),
        ("tree = { arity = 3 }", StaticTable::Tree { arity: 3 }),
        ("complete = true", StaticTable::Complete(crate::Yes)),
    ];
    for (text, expected) in kinds {
        let table = format!("overlay.static]\n{text}\n");
        let scenario = good(&small("").replace("overlay.random_walk]\n", &table));
        assert_eq!(scenario.overlay.read::<StaticTable>().unwrap(), expected);
        assert_eq!(good(&scenario.to_resolved_toml()), scenario, "{text}");
    }
}

#[test]
fn the_tutorial_changes_defaults_and_not_what_is_said() {
    let scenario = good(&headed("preset = \"tutorial\"\nnodes = { count = 10 }\n"));
    let overlay: RandomWalkTable = scenario.overlay.read().unwrap();
    let broadcast: FloodTable = scenario.broadcast.read().unwrap();
    assert_eq!((overlay.degree, overlay.max_degree()), (3, None));
    assert!(!overlay.retry && !overlay.repair);
    assert!(broadcast.echo);
    assert_eq!(broadcast.seen, Limit::Unlimited);
    assert_eq!(good(&scenario.to_resolved_toml()), scenario);

    let said = "preset = \"tutorial\"\n[nodes]\ncount = 10\n[overlay.random_walk]\nrepair = true\n";
    let scenario = good(&headed(&format!("{said}[broadcast.flood]\necho = false\n")));
    let overlay: RandomWalkTable = scenario.overlay.read().unwrap();
    assert!(overlay.repair && !overlay.retry);
    assert!(!scenario.broadcast.read::<FloodTable>().unwrap().echo);

    let other = "preset = \"tutorial\"\n[nodes]\ncount = 10\n[overlay.static]\nring = true\n";
    let scenario = good(&headed(other));
    assert_eq!((scenario.overlay.key.as_str(), scenario.broadcast.key.as_str()), ("static", "flood"));
}

#[test]
fn every_fault_is_read() {
    let faults = [
        "crash = { slots = [1, 2], kind = \"reset\", back = \"20s\" }",
        "crash = { fraction = 0.5, back = \"never\" }",
        "partition = { groups = [0.2, 0.3, 0.5], for = \"5s\", one_way = true }",
        "cut = { links = [[0, 1], [9, 2]], for = \"5s\" }",
        "loss = { share = 0.1, for = \"5s\" }",
        "slow = { fraction = 0.5, factor = 2, for = \"5s\" }",
        "pause = { fraction = 1, for = \"5s\" }",
    ];
    let text = faults.map(|fault| format!("[[fault]]\nat = \"1min\"\n{fault}\n")).concat();
    let scenario = good(&small(&text));
    let keys: Vec<_> = scenario.faults.iter().map(|fault| fault.kind.key()).collect();
    assert_eq!(keys, ["crash", "crash", "partition", "cut", "loss", "slow", "pause"]);
    let FaultKind::Crash(crash) = &scenario.faults[0].kind else { panic!("a crash") };
    assert_eq!(crash.victims(), Some(Victims::Slots(&[1, 2])));
    assert_eq!(crash.back, Some(Duration::from_secs(20)));
    assert_eq!(scenario.faults[1].kind.lasts(), None);
    let FaultKind::Cut(cut) = &scenario.faults[3].kind else { panic!("a cut") };
    assert_eq!(cut.links, [Ends(0, 1), Ends(9, 2)]);
    assert_eq!(good(&scenario.to_resolved_toml()), scenario);
}

#[test]
fn bounds_are_read_in_every_form() {
    let scenario = good(&small(
        r#"[expect]
delivery_ratio = ">= 95 %"
partition_rate = "<0.01"
crashes = "== 0"
drops.stale = "<= 10"
latency_ms = { p50 = "< 1m 30s", p99 = "> 20" }
"join_ms.p99" = "<= 1.5s"
late_publishes = "!= 3"
phases.0.degree_ms = "< never"
phases.crash.delivery.after = "> 5 %"
[[reach]]
when = "split_rate>0"
[[reach]]
when = "phases.crash.heal_ms >= 2s"
[[fault]]
at = "60s"
crash = { fraction = 0.5 }
"#,
    ));
    let found: Vec<_> = scenario.expect.iter().map(|bound| format!("{} {bound}", bound.metric)).collect();
    let expected = [
        "crashes == 0",
        "delivery_ratio >= 0.95",
        "drops.stale <= 10",
        "join_ms.p99 <= 1500",
        "late_publishes != 3",
        "latency_ms.p50 < 90000",
        "latency_ms.p99 > 20",
        "partition_rate < 0.01",
        "phases.0.degree_ms < never",
        "phases.crash.delivery.after > 0.05",
    ];
    assert_eq!(found, expected);
    let reach: Vec<_> = scenario.reach.iter().map(ToString::to_string).collect();
    assert_eq!(reach, ["split_rate > 0", "phases.crash.heal_ms >= 2000"]);
    assert_eq!(good(&scenario.to_resolved_toml()), scenario);
}

#[test]
fn files_are_found_beside_the_scenario_and_resolved_to_absolute_paths() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("graph.edges"), "0 1\n").unwrap();
    fs::write(folder.path().join("rtt.tsv"), "0\t1\n1\t0\n").unwrap();
    fs::write(folder.path().join("up.csv"), "slot,up_s,down_s\n").unwrap();
    let text = headed(
        r#"[overlay.static]
file = "graph.edges"
[broadcast.flood]
[link.latency.matrix]
file = "./rtt.tsv"
rtt = true
[churn]
session = { trace = { file = "up.csv" } }
"#,
    );
    let path = folder.path().join("x.toml");
    fs::write(&path, text).unwrap();
    let scenario = Scenario::load(&path, &[], &builtin()).unwrap();
    let canonical = folder.path().canonicalize().unwrap();
    assert_eq!(scenario.nodes.count, None, "the file says how many slots there are");
    let graph = StaticTable::File(canonical.join("graph.edges"));
    assert_eq!(scenario.overlay.read::<StaticTable>().unwrap(), graph);
    let Latency::Matrix(matrix) = &scenario.link.latency else { panic!("a matrix") };
    assert_eq!(matrix.file, canonical.join("rtt.tsv"));
    assert_eq!(good(&scenario.to_resolved_toml()), scenario, "read from another folder");
}

#[test]
fn a_file_that_is_not_there_is_said() {
    let error = Scenario::load(Path::new("no/such/file.toml"), &[], &builtin()).unwrap_err();
    assert_eq!(error.count(), 1);
    assert!(error.to_string().starts_with("error: cannot read the scenario: "));
    assert!(error.to_string().contains("no/such/file.toml"));
}

#[test]
fn colors_come_only_when_asked_for() {
    let error = parse("name = 5").unwrap_err();
    assert!(!error.render(false).contains('\u{1b}'));
    assert!(error.render(true).contains('\u{1b}'));
}

#[test]
fn templates_make_sense_and_read_back_equal() {
    for template in templates() {
        let scenario = good(template.text);
        assert_eq!(scenario.name, template.name);
        assert_eq!(good(&scenario.to_resolved_toml()), scenario);
    }
}

#[test]
fn presets_and_regions_are_those_of_the_library() {
    for name in SESSION_PRESETS {
        let distribution = format!("{{ preset = \"{name}\" }}");
        let scenario =
            good(&small(&format!("[churn]\nsession = {distribution}\ndowntime = {distribution}\n")));
        let Some(Churn { session: Lifetime::Preset(preset), .. }) = scenario.churn else { panic!("{name}") };
        assert_eq!(preset.name(), name);
    }
    for name in REGION_TABLES {
        let scenario = good(&small(&format!("[link]\nlatency = {{ regions = \"{name}\" }}\n")));
        let Latency::Regions(regions) = scenario.link.latency else { panic!("{name}") };
        assert_eq!(regions.name(), name);
    }
}

/// The first line of every scenario of the repository names this file.
#[test]
fn the_schema_of_the_repository_is_that_of_the_language() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/scenario.schema.json");
    let text = std::fs::read_to_string(file).unwrap();
    let schema = format!("{:#}\n", crate::schema(&builtin()));
    assert!(text == schema, "write it anew: sim-cli schema > scenarios/scenario.schema.json");
}
