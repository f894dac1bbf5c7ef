//! JSON Schemas of plans, for editors.

use serde_json::json;

use floodnet_measure::metrics::METRICS;

/// JSON Schema of a plan. The first line of a plan names it: `#:schema ./plan.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let list = json!({ "type": "array", "minItems": 1, "items": value_schema() });
    let mut properties = common_schema("What the sweep asks, in a sentence.", 20);
    properties["grid"] =
        keys_schema(&list, "Keys that vary, with their values: every combination is a cell.");
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "floodnet sweep",
        "type": "object",
        "additionalProperties": false,
        "required": ["scenario", "grid"],
        "properties": properties,
    })
}

/// A value of a key.
fn value_schema() -> serde_json::Value {
    json!({ "type": ["string", "number", "boolean"] })
}

/// Keys with values like `leaf`. A dotted key is a table in a table, so its leaf may lie any number of tables down.
fn keys_schema(leaf: &serde_json::Value, about: &str) -> serde_json::Value {
    let either = json!({ "anyOf": [leaf, { "type": "object" }] });
    json!({ "type": "object", "minProperties": 1, "description": about, "additionalProperties": either })
}

/// A name of a metric.
pub(crate) fn metric_schema() -> serde_json::Value {
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.path).collect();
    let open = json!({ "type": "string", "pattern": "^(drops|kinds|lost\\.by_reason|own|phases)\\.\\S+$" });
    json!({ "anyOf": [{ "enum": names }, open] })
}

/// What all plans say, with what `about` is for and how many runs there are unless a plan says.
pub(crate) fn common_schema(about: &str, runs: u32) -> serde_json::Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let metrics = "What tables and pictures show, the first one first.";
    json!({
        "name": text("What the sweep is called; the name of the file unless given."),
        "about": text(about),
        "scenario": text("The scenario, looked up beside the plan."),
        "runs": { "type": "integer", "minimum": 1, "default": runs, "description": "Runs of each cell." },
        "metrics": { "type": "array", "minItems": 1, "items": metric_schema(), "description": metrics },
        "set": keys_schema(&value_schema(), "Values put into the scenario of all cells, as --set does."),
    })
}
