//! The language as a JSON Schema, for editors.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::file::ScenarioFile;
use super::tables::{TableKind, Tables};
use floodnet_measure::metrics::{METRICS, Metric, PHASE_METRICS};

/// JSON Schema of a scenario with the registered protocol tables. The first line of a scenario names it:
/// `#:schema ./scenario.schema.json`.
#[must_use]
pub fn schema(tables: &Tables) -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let overlays = group(&mut generator, &tables.overlays);
    let broadcasts = group(&mut generator, &tables.broadcasts);
    let mut root = generator.into_root_schema_for::<ScenarioFile>().to_value();
    for (key, kinds) in [("overlay", overlays), ("broadcast", broadcasts), ("expect", expectations())] {
        let Some(Value::Object(property)) = root.pointer_mut(&format!("/properties/{key}")) else { continue };
        property.extend(kinds);
    }
    drop_null(&mut root);
    root
}

/// An object with exactly one of the kinds.
fn group(generator: &mut SchemaGenerator, kinds: &[TableKind]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        kinds.iter().map(|kind| (kind.key().to_owned(), kind.schema(generator).to_value())).collect();
    object(json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    }))
}

/// Every metric with a bound, dotted names as nested objects.
fn expectations() -> Map<String, Value> {
    let bound = json!({
        "type": "string",
        "pattern": r"^\s*(>=|<=|==|!=|>|<)\s*\S.*$",
        "description": "A comparison and a value: \">= 0.95\", \"< 5 %\", or \"< 2s\" for metrics in ms."
    });
    let mut root = nested(METRICS, &bound);
    let open = |value: Value| json!({ "type": "object", "additionalProperties": value });
    root["properties"]["drops"] = open(bound.clone());
    let of_kind = json!({ "packets": bound, "bytes": bound });
    root["properties"]["kinds"] =
        open(json!({ "type": "object", "properties": of_kind, "additionalProperties": false }));
    root["properties"]["own"] = open(json!({ "anyOf": [bound, open(bound.clone())] }));
    root["properties"]["phases"] = open(nested(PHASE_METRICS, &bound));
    // A dotted metric may also be one quoted key.
    root["patternProperties"] = json!({ r"^[a-z_]+\.[a-z0-9_.]+$": bound });
    object(root)
}

/// `metrics` as an object that holds a bound for each.
fn nested<R>(metrics: &[Metric<R>], bound: &Value) -> Value {
    let empty = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let mut root = empty();
    for metric in metrics {
        match metric.path.split_once('.') {
            None => root["properties"][metric.path] = bound.clone(),
            Some((group, leaf)) => {
                let group = &mut root["properties"][group];
                if group.is_null() {
                    *group = empty();
                }
                group["properties"][leaf] = bound.clone();
            }
        }
    }
    root
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// TOML has no null: a key that may be left out is not one that may be null.
fn drop_null(value: &mut Value) {
    let is_null = |value: &Value| value == "null" || value.get("type").is_some_and(|kind| kind == "null");
    match value {
        Value::Object(map) => {
            for key in ["type", "anyOf"] {
                let Some(Value::Array(kinds)) = map.get_mut(key) else { continue };
                kinds.retain(|kind| !is_null(kind));
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    match (key, only) {
                        ("anyOf", Value::Object(only)) => {
                            map.remove("anyOf");
                            map.extend(only);
                        }
                        (_, only) => {
                            map.insert(key.to_owned(), only);
                        }
                    }
                }
            }
            if map.get("default") == Some(&Value::Null) {
                map.remove("default");
            }
            map.values_mut().for_each(drop_null);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null),
        _ => {}
    }
}
