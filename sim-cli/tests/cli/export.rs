//! `export` and `schema`: what other tools read is the run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::lab::{Lab, SMALL};

/// Departures, returns, a partition, classes with names that formats must take as words.
const EVENTFUL: &str = r#"
[churn]
session = { exponential = { mean = "3s" } }
downtime = { exponential = { mean = "1s" } }

[[class]]
name = "fast <&\"line"
share = 0.5

[[class]]
name = "slow"
share = 0.5

[[fault]]
at = "3s"
partition = { groups = [0.5, 0.5], for = "2s" }
"#;

fn ran() -> Lab {
    let lab = Lab::new();
    lab.write("eventful.toml", format!("{SMALL}{EVENTFUL}").replace("\">= 0.9\"", "\">= 0\""));
    lab.ok(&["run", "eventful.toml", "--no-pictures", "--out", "a"]);
    lab
}

/// The rows of a table by the names of its columns.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let head: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| head.iter().cloned().zip(cells).collect()).collect()
}

#[test]
fn a_graph_is_that_of_the_run_in_each_format() {
    let lab = ran();
    for format in ["graphml", "dot", "edges", "gexf", "csv"] {
        lab.ok(&["export", "a", "--format", format]);
    }
    let graphml = lab.read("a/overlay.graphml");
    assert_eq!(graphml, lab.read("a/topology.graphml"), "as the run wrote it");
    let summary = lab.summary("a");
    let links = summary["topology"]["links"].as_u64().unwrap() as usize;
    let edges: Vec<String> = lab.read("a/overlay.edges").lines().skip(1).map(str::to_owned).collect();
    let dot = lab.read("a/overlay.dot");
    assert_eq!((graphml.matches("<edge ").count(), edges.len()), (links, links));
    for edge in edges {
        let (low, high) = edge.split_once('\t').unwrap();
        assert!(dot.contains(&format!("  n{low} -- n{high};\n")));
        assert!(graphml.contains(&format!("source=\"n{low}\" target=\"n{high}\"")));
    }
    let class = "<data key=\"class\">fast &lt;&amp;&quot;line</data>";
    assert!(graphml.contains(class) && dot.contains(r#"class="fast <&\"line""#), "{dot}");
    assert!(graphml.contains("<data key=\"joined_s\">"));
    // At a time, and on standard output.
    let early = lab.ok(&["export", "a", "--format", "edges", "--at", "2s", "--out", "-"]).out;
    let row = rows(&lab.read("a/timeseries.csv")).into_iter().find(|row| row["t_s"] == "2.0").unwrap();
    assert_eq!(early.lines().count() - 1, row["links"].parse::<usize>().unwrap());
    // The folder is still that of a run, which can be made again.
    lab.ok(&["run", "eventful.toml", "--no-pictures", "--out", "a", "--force"]);
}

#[test]
fn tables_and_gexf_hold_what_every_sample_saw() {
    let lab = ran();
    lab.ok(&["export", "a", "--format", "csv", "--out", "tables"]);
    lab.ok(&["export", "a", "--format", "gexf", "--out", "a.gexf"]);
    let time = |cell: &str| if cell.is_empty() { f64::INFINITY } else { cell.parse().unwrap() };
    let span =
        |row: &BTreeMap<String, String>, from: &str, until: &str| (time(&row[from]), time(&row[until]));
    let lives = rows(&lab.read("tables/lives.csv").replace("\"fast <&\"\"line\"", "fast"));
    let links = rows(&lab.read("tables/links.csv"));
    let there =
        |spans: &[(f64, f64)], at| spans.iter().filter(|(from, until)| *from < at && at <= *until).count();
    let lives: Vec<(f64, f64)> = lives.iter().map(|row| span(row, "up_s", "down_s")).collect();
    let links: Vec<(f64, f64)> = links.iter().map(|row| span(row, "from_s", "until_s")).collect();
    let mut compared = 0;
    for row in rows(&lab.read("a/timeseries.csv")) {
        let at: f64 = row["t_s"].parse().unwrap();
        assert_eq!(there(&lives, at).to_string(), row["nodes_up"], "up at {at}");
        // A fault that begins or ends at this very time is seen already.
        if at != 3.0 && at != 5.0 {
            assert_eq!(there(&links, at).to_string(), row["links"], "links at {at}");
            compared += 1;
        }
    }
    assert!(compared > 4);
    let gexf = lab.read("a.gexf");
    assert_eq!(gexf.matches("<spell ").count(), lives.len() + links.len());
    let arrivals = rows(&lab.read("tables/arrivals.csv"));
    let deliveries = rows(&lab.read("a/messages.csv")).iter().fold(0, |sum, row| {
        sum + ["delivered", "late", "other"]
            .iter()
            .map(|name| row[*name].parse::<usize>().unwrap())
            .sum::<usize>()
    });
    assert_eq!(arrivals.len(), deliveries);
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let lab = ran();
    let late = lab.refused(&["export", "a", "--format", "dot", "--at", "9s"]);
    assert_eq!(late, "error: --at 9s is after the end of the run, 8s\n");
    let whole = lab.refused(&["export", "a", "--format", "gexf", "--at", "2s"]);
    assert_eq!(whole, "error: --at 2s does not go with gexf, which holds the whole run\n");
    let tables = lab.refused(&["export", "a", "--format", "csv", "--out", "-"]);
    assert_eq!(tables, "error: csv is three files: name a folder with --out\n");
    assert_eq!(lab.run(&["export", "a", "--format", "dot", "--out", "no/such/file"]).code, 1);
}

#[test]
fn the_schemas_hold_for_what_is_written() {
    let lab = ran();
    lab.ok(&["run", "small.toml", "--no-pictures", "--runs", "2", "--out", "many"]);
    lab.ok(&["replay", "a", "--trace", "a.jsonl"]);
    let schema = |of: &str| -> Value { serde_json::from_str(&lab.ok(&["schema", "--of", of]).out).unwrap() };
    let valid = |schema: &Value, value: &Value| {
        let errors = jsonschema::validator_for(schema).unwrap();
        let errors: Vec<String> = errors.iter_errors(value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{value}");
    };
    let json = |name: &str| -> Value { serde_json::from_str(&lab.read(name)).unwrap() };
    let summary = schema("summary");
    for folder in ["a", "many/run-000", "many/run-001"] {
        let found = lab.summary(folder);
        valid(&summary, &found);
        for field in found.as_object().unwrap().keys() {
            let known = &summary["properties"][field];
            assert!(known["description"].as_str().is_some_and(|about| !about.is_empty()), "{field}");
            assert!(known.as_object().unwrap().len() > 1, "{field} has a description and nothing else");
        }
    }
    // Many runs have a manifest of their own.
    for folder in ["a", "many", "many/run-000"] {
        valid(&schema("manifest"), &json(&format!("{folder}/manifest.json")));
    }
    let trace = jsonschema::validator_for(&schema("trace")).unwrap();
    for line in lab.read("a.jsonl").lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(trace.is_valid(&line), "{line}");
    }
    assert!(!trace.is_valid(&json!({ "ns": 1, "node": 2, "class": "input", "kind": "unheard" })));
    let mut wrong = lab.summary("a");
    wrong["delivery_ratio"] = json!(1.5);
    assert!(!jsonschema::is_valid(&summary, &wrong));
    assert_eq!(schema("plan"), serde_json::from_str::<Value>(&lab.ok(&["schema", "--plan"]).out).unwrap());
}

/// A Python with the libraries that `docs/formats.md` names; none says loudly what is missing.
#[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
fn python() -> Option<String> {
    let python = std::env::var("FLOODNET_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import networkx, pandas, polars, duckdb"]).output();
    match found {
        Ok(output) if output.status.success() => Some(python),
        Ok(output) => {
            let why = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
            eprintln!("SKIPPED: formats are not read by other tools: {why} (FLOODNET_PYTHON names a Python)");
            None
        }
        Err(error) => {
            eprintln!("SKIPPED: formats are not read by other tools: {python}: {error}");
            None
        }
    }
}

/// Reads each export with its tool, and prints what the run must have too.
const READ_BACK: &str = r#"
import json, networkx as nx, pandas as pd, polars as pl, duckdb
graph = nx.read_graphml("a/overlay.graphml")
run = nx.read_gexf("a/overlay.gexf")
edges = nx.read_edgelist("a/overlay.edges", nodetype=int)
joined = [node for node, data in graph.nodes(data=True) if data["state"] == "joined"]
print(json.dumps({
    "nodes": len(joined),
    "links": graph.number_of_edges(),
    "edges": edges.number_of_edges(),
    "components": nx.number_connected_components(graph.subgraph(joined)),
    "degrees": all(data["degree"] == graph.degree[node] for node, data in graph.nodes(data=True)),
    "pairs": run.number_of_edges(),
    "distinct": len(pd.read_csv("a/links.csv").drop_duplicates(["source", "target"])),
    "pandas": len(pd.read_csv("a/arrivals.csv")),
    "polars": pl.read_csv("a/arrivals.csv").height,
    "duckdb": duckdb.sql("SELECT count(*) FROM 'a/arrivals.csv'").fetchone()[0],
    "missing": int((pd.read_csv("a/receivers.csv").latency_ms == float("inf")).sum()),
}))
"#;

#[test]
fn other_tools_read_what_the_run_was() {
    let Some(python) = python() else { return };
    let lab = ran();
    for format in ["graphml", "gexf", "edges", "csv"] {
        lab.ok(&["export", "a", "--format", format]);
    }
    lab.ok(&["why", "a", "--receivers", "a/receivers.csv"]);
    let run = |code: &str| {
        let output = Command::new(&python).args(["-c", code]).current_dir(lab.path()).output().unwrap();
        assert!(output.status.success(), "{code}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let found: Value = serde_json::from_str(&run(READ_BACK)).unwrap();
    let topology = &lab.summary("a")["topology"];
    for (read, metric) in
        [("nodes", "nodes"), ("links", "links"), ("edges", "links"), ("components", "components")]
    {
        assert_eq!(found[read], topology[metric], "{read}: {found}");
    }
    assert_eq!((&found["degrees"], &found["pairs"]), (&json!(true), &found["distinct"]));
    let arrivals = lab.read("a/arrivals.csv").lines().count() - 1;
    for tool in ["pandas", "polars", "duckdb"] {
        assert_eq!(found[tool], json!(arrivals), "{tool}");
    }
    let missing = lab.read("a/receivers.csv").lines().filter(|line| line.contains(",missing,")).count();
    assert_eq!(found["missing"], json!(missing));
    // The lines of the page, as they stand there.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> =
        page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        let said = run(&block.replace("runs/churn-42", "a"));
        assert!(!said.is_empty(), "{block}");
    }
    assert!(lab.path().join("a/arrivals.parquet").is_file());
}
