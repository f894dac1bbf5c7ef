//! Protocols of other crates, and the schema with them.

use floodnet_core::broadcast::flood;
use floodnet_core::overlay::{RandomWalk, random_walk};
use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;
use crate::protocol::{NamedOverlay, Setting};
use crate::{CheckedTable, FloodTable, RandomWalkTable, TableKind, schema, templates};
use floodnet_measure::metrics::{METRICS, PHASE_METRICS};

/// A protocol of somebody else.
#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Scamp {
    /// Size of the active view.
    active: u32,
    /// Shuffle now and then.
    shuffle: Option<Shuffle>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shuffle {
    every: floodnet_text::units::Duration,
}

impl Default for Scamp {
    fn default() -> Self {
        Self { active: 5, shuffle: None }
    }
}

impl CheckedTable for Scamp {}

fn tables() -> Tables {
    let mut tables = builtin();
    tables.overlays.push(TableKind::of::<Scamp>("scamp"));
    tables.pairs.push(("scamp", "flood"));
    tables
}

fn read(overlay: &str, broadcast: &str) -> Result<Scenario, Diagnostics> {
    let text = headed(&format!("[nodes]\ncount = 10\n[overlay.scamp]\n{overlay}[broadcast.{broadcast}]\n"));
    Scenario::parse("x.toml", &text, Path::new(""), &[], &tables())
}

#[test]
fn a_registered_table_is_read_with_its_defaults() {
    let scenario = read("shuffle = { every = \"5s\" }\n", "flood").unwrap();
    let every = floodnet_text::units::Duration::from_secs(5);
    let expected = Scamp { active: 5, shuffle: Some(Shuffle { every }) };
    assert_eq!(scenario.overlay.read::<Scamp>().unwrap(), expected);
    let again = Scenario::parse("", &scenario.to_resolved_toml(), Path::new(""), &[], &tables()).unwrap();
    assert_eq!(again, scenario);
}

#[test]
fn errors_in_a_registered_table_point_at_the_key() {
    assert_snapshot!(read("shuffle = { evry = \"5s\" }\n", "flood").unwrap_err(), @r#"
    error: unknown key `evry`
     --> x.toml:6:13
      |
    6 | shuffle = { evry = "5s" }
      |             ^^^^ did you mean `every`?
    "#);
    assert_snapshot!(read("shuffle = { every = 5 }\n", "flood").unwrap_err(), @r#"
    error: a duration needs a unit
     --> x.toml:6:21
      |
    6 | shuffle = { every = 5 }
      |                     ^ write "5s" for seconds, "5ms" for milliseconds
    "#);
}

/// What a scenario leaves out is what a program leaves out that makes its nodes itself.
#[test]
fn tables_and_nodes_have_the_same_defaults() {
    let walk = random_walk::Config::new(vec![0, 1]);
    let setting = Setting {
        slots: 9,
        entry: vec![0, 1],
        seed: 1,
        transport: floodnet_sim::spec::Transport::Stream,
        graph: None,
        scene: std::sync::Arc::default(),
    };
    assert_eq!(RandomWalk::config(RandomWalkTable::default(), &setting), Ok(walk));
    assert_eq!(flood::Config::from(FloodTable::default()), flood::Config::default());
}

#[test]
fn pairs_that_are_not_registered_are_refused() {
    assert_snapshot!(read("", "gossip").unwrap_err(), @"
    error: overlay `scamp` cannot run with broadcast `gossip`
     --> x.toml:6:12
      |
    6 | [broadcast.gossip]
      |            ^^^^^^ it runs with: flood
    ");
}

#[test]
fn the_schema_has_registered_tables_and_descriptions() {
    let schema = schema(&tables());
    let overlays = &schema["properties"]["overlay"]["properties"];
    let names: Vec<_> = overlays.as_object().unwrap().keys().collect();
    assert_eq!(names, ["cyclon", "hyparview", "random_walk", "scamp", "static", "swim"]);
    let table = resolve(&schema, &overlays["scamp"]);
    assert_eq!(table["properties"]["active"]["description"], "Size of the active view.");
    assert_eq!(table["additionalProperties"], false);
    assert!(!schema.to_string().contains("\"null\""), "TOML has no null");
    assert!(!schema.to_string().contains("[`"), "links of rustdoc mean nothing to an editor");
}

#[test]
fn the_schema_knows_every_key_of_a_resolved_scenario() {
    let schema = schema(&builtin());
    for template in templates() {
        let text = good(template.text).to_resolved_toml();
        let table: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(table).unwrap();
        assert_eq!(unknown(&schema, &schema, &value, ""), Vec::<String>::new());
    }
    let wrong = serde_json::json!({ "name": "x", "link": { "los": 0.1 } });
    assert_eq!(unknown(&schema, &schema, &wrong, ""), ["link.los"]);
}

#[test]
fn every_metric_has_a_bound_in_the_schema() {
    let schema = schema(&builtin());
    let bound_in = |place: &str, metric: &str| {
        let path = metric.replace('.', "/properties/");
        let bound = schema.pointer(&format!("/properties/expect/{place}/{path}/pattern"));
        assert!(bound.is_some(), "{metric}");
    };
    METRICS.iter().for_each(|metric| bound_in("properties", metric.path));
    let phases = "properties/phases/additionalProperties/properties";
    PHASE_METRICS.iter().for_each(|metric| bound_in(phases, metric.path));
    bound_in("properties/drops", "additionalProperties");
}

/// The schema that `node` refers to, or itself.
fn resolve<'s>(root: &'s Value, node: &'s Value) -> &'s Value {
    let reference = node["$ref"].as_str().or_else(|| node["allOf"][0]["$ref"].as_str());
    reference.map_or(node, |path| root.pointer(path.trim_start_matches('#')).unwrap())
}

/// Paths of the keys in `value` that `node` does not know.
fn unknown(root: &Value, node: &Value, value: &Value, path: &str) -> Vec<String> {
    let node = resolve(root, node);
    let choices = ["oneOf", "anyOf"].iter().find_map(|word| node[*word].as_array());
    if let Some(choices) = choices {
        let tried = choices.iter().map(|choice| unknown(root, choice, value, path));
        return tried.min_by_key(Vec::len).unwrap_or_default();
    }
    match value {
        Value::Array(items) => {
            items.iter().flat_map(|item| unknown(root, &node["items"], item, path)).collect()
        }
        Value::Object(map) => {
            let below = map.iter().map(|(key, value)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match node["properties"].get(key) {
                    Some(property) => unknown(root, property, value, &path),
                    None => vec![path],
                }
            });
            below.flatten().collect()
        }
        _ => Vec::new(),
    }
}
