//! JSON Schemas of what the program writes: `summary.json`, `manifest.json`, and a line of a trace.
//!
//! That of the summary follows from the table of metrics, so a new metric is in it.

use floodnet_lab::trace::jsonl::{FORM, KINDS};
use floodnet_measure::metrics::{FIELDS, METRICS, Unit};
use floodnet_measure::phases::PHASE_METRICS;
use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What stands for a number of this unit: null where it was not measured.
fn number(unit: Unit) -> Value {
    match unit {
        Unit::Millis => json!({ "anyOf": [{ "type": ["number", "null"] }, { "const": "never" }] }),
        Unit::Share => json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1 }),
        Unit::Plain => json!({ "type": ["number", "null"] }),
    }
}

/// Numbers by dotted names as objects in objects.
fn nested(metrics: impl Iterator<Item = (&'static str, Unit)>) -> Map<String, Value> {
    let mut all = Map::new();
    for (path, unit) in metrics {
        match path.split_once('.') {
            None => drop(all.insert(path.to_owned(), number(unit))),
            Some((name, leaf)) => {
                let object = all.entry(name).or_insert_with(|| json!({ "type": "object", "properties": {} }));
                object["properties"][leaf] = number(unit);
            }
        }
    }
    all
}

/// A seed: text where a reader of doubles would round it.
fn seed() -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+$" }] })
}

/// What a field of the summary holds that is no metric.
fn other(name: &str) -> Value {
    match name {
        "scenario" | "digest" | "backend" => json!({ "type": "string" }),
        "seed" => seed(),
        "complete" => json!({ "type": "boolean" }),
        "notes" => json!({ "type": "array", "items": { "type": "string" } }),
        "drops" => json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } }),
        // By kind of message: packets and bytes.
        "kinds" => json!({
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": { "type": "integer", "minimum": 0 },
            },
        }),
        "own" => json!({ "type": "object" }),
        "phases" => {
            let mut properties =
                nested(PHASE_METRICS.iter().map(|metric| (metric.path, metric.meaning.unit)));
            properties.insert("name".to_owned(), json!({ "type": "string" }));
            let required = ["name", "from_s", "until_s"];
            let phase = json!({ "type": "object", "properties": properties, "required": required });
            json!({ "type": "array", "items": phase })
        }
        "expect" => {
            let text = json!({ "type": "string" });
            let properties = json!({
                "key": text, "bound": text, "value": number(Unit::Millis), "verdict": text,
            });
            let checked = json!({ "type": "object", "properties": properties, "required": ["key", "bound"] });
            json!({ "type": "array", "items": checked })
        }
        _ => json!({}),
    }
}

/// The schema of `summary.json`.
#[must_use]
pub fn summary() -> Value {
    let mut metrics = nested(METRICS.iter().map(|metric| (metric.path, metric.meaning.unit)));
    let mut properties = Map::new();
    for (name, docs) in FIELDS {
        let mut field = metrics.remove(*name).unwrap_or_else(|| other(name));
        let about: Vec<&str> = docs.iter().map(|line| line.trim()).collect();
        field["description"] = about.join(" ").into();
        properties.insert((*name).to_owned(), field);
    }
    json!({
        "$schema": DIALECT,
        "title": "summary.json",
        "description": "The numbers of one run. What was not measured is null; what never happened is \"never\".",
        "type": "object",
        "properties": properties,
        "required": ["scenario", "seed", "nodes", "duration_s"],
    })
}

/// The fields of the manifest: name, schema, what it is.
fn manifest_fields() -> Vec<(&'static str, Value, &'static str)> {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "number", "minimum": 0 }));
    // Null where the system does not tell.
    let bytes = json!({ "type": ["integer", "null"], "minimum": 0 });
    vec![
        ("program", text.clone(), "The program that made the run."),
        ("version", text.clone(), "Its version."),
        ("git", text.clone(), "Revision of its source, with -dirty if that had changes."),
        ("rustc", text.clone(), "The compiler that built it."),
        ("argv", json!({ "type": "array", "items": { "type": "string" } }), "The command line."),
        ("scenario", text.clone(), "Name of the scenario."),
        ("config_hash", text.clone(), "BLAKE3 of scenario.resolved.toml."),
        ("seed", seed(), "Seed of the run."),
        ("backend", text.clone(), "What it ran on: sim, or tcp, ..."),
        ("tcp", json!({ "type": "object" }), "What a run on sockets used."),
        ("digest", text, "Digest of the run, or of many runs; empty on sockets."),
        (
            "runs",
            json!({ "type": "integer", "minimum": 1 }),
            "How many runs the folder holds, if it is one of many.",
        ),
        ("complete", json!({ "type": "boolean" }), "Whether the run reached its end."),
        ("setup_seconds", number.clone(), "To read, draw and build all slots, in seconds."),
        ("run_seconds", number.clone(), "To run, in seconds."),
        ("finish_seconds", number.clone(), "To sum up the measures, in seconds."),
        ("packets_per_s", number.clone(), "Packets taken in per second of run_seconds."),
        ("events_per_s", number, "Inputs handled per second of run_seconds."),
        ("peak_bytes", bytes.clone(), "Most memory that the process held before pictures were drawn."),
        ("bytes_per_node", bytes, "The same per slot."),
    ]
}

/// The schema of `manifest.json`.
#[must_use]
pub fn manifest() -> Value {
    let optional = ["tcp", "runs"];
    let fields = manifest_fields();
    let names = fields.iter().map(|(name, ..)| *name);
    let required: Vec<&str> = names.filter(|name| !optional.contains(name)).collect();
    let mut properties = Map::new();
    for (name, mut schema, about) in fields {
        schema["description"] = about.into();
        properties.insert(name.to_owned(), schema);
    }
    json!({
        "$schema": DIALECT,
        "title": "manifest.json",
        "description": "What made a run and what it cost.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The schema of each line of a trace: the head, or a step.
#[must_use]
pub fn trace() -> Value {
    let whole = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": "string" });
    // Fields that a kind does not have are left out, so only the first four are required of a step.
    json!({
        "$schema": DIALECT,
        "title": "a line of a trace",
        "oneOf": [
            {
                "title": "the first line",
                "type": "object",
                "properties": {
                    "floodnet_trace": { "const": FORM }, "scenario": text, "seed": seed(), "digest": text,
                    "nodes": whole, "from_ns": whole, "until_ns": whole,
                },
                "required": ["floodnet_trace", "scenario", "seed", "digest", "nodes", "from_ns", "until_ns"],
                "additionalProperties": false,
            },
            {
                "title": "a step",
                "type": "object",
                "properties": {
                    "ns": whole, "node": whole, "class": { "enum": ["input", "effect", "report"] },
                    "kind": { "enum": KINDS }, "life": whole, "peer": whole, "message": whole, "hops": whole,
                    "bytes": whole, "after_ns": whole, "until_ns": whole, "reason": text, "packet": text, "value": whole, "content": text,
                },
                "required": ["ns", "node", "class", "kind"],
                "additionalProperties": false,
            },
        ],
    })
}
