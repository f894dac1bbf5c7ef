//! The plan of a bake-off as it is written: TOML.
//!
//! ```toml
//! scenario = "../churn.toml"            # beside the plan
//! runs = 10                             # of each contestant under each condition
//! metrics = ["delivery_ratio"]          # what tables show, the first one first
//! cost = "per_node_s.bytes"             # what pictures set delivery and latency against
//! [contestants]                         # an overlay or a broadcast starts from its defaults
//! flood = { overlay.hyparview = {}, broadcast.flood = {} }
//! tree = { overlay.hyparview = {}, broadcast.plumtree = {} }
//! [conditions]                          # the same for all contestants
//! calm = {}
//! loss = { link.loss = 0.05 }
//! ```
//!
//! It becomes the plan of a sweep with two axes, so that everything about cells, runs and folders is the sweep's.

use std::fs;
use std::path::Path;

use serde_json::json;
use toml::de::{DeTable, DeValue};

use crate::sweep::plan::{Choice, PlanAxis, Purpose, SweepPlan};
use crate::sweep::read::{self, Reader, Setting, Value, read};
use crate::sweep::schema::{common_schema, metric_schema};
use floodnet_measure::metrics::{Worse, worse};
use floodnet_scenario::Diagnostics;
use floodnet_scenario::diagnostics::Bytes;
use floodnet_text::spelling::choices;

/// The axis of a contestant.
pub const CONTESTANT: &str = "contestant";

/// The axis of a condition.
pub const CONDITION: &str = "condition";

/// Runs of each cell, unless the plan says.
const RUNS: u32 = 10;

/// What stands for the cost, unless the plan says.
const COST: &str = "per_node_s.bytes";

/// What tables show, unless the plan says.
const METRICS: [&str; 6] =
    ["delivery_ratio", "latency_ms.p99", "rmr.mean", "ldh.mean", "per_node_s.bytes", "per_node_s.control"];

/// The keys of a plan.
const KEYS: [&str; 9] =
    ["name", "about", "scenario", "runs", "metrics", "cost", "set", "contestants", "conditions"];

/// How to write contestants.
const CONTESTANTS: &str =
    "write [contestants] with two or more, e.g. tree = { overlay.hyparview = {}, broadcast.plumtree = {} }";

/// How to write conditions.
const CONDITIONS: &str = "write [conditions] with names and settings, e.g. loss = { link.loss = 0.05 }";

/// Reads the plan at `path`.
///
/// # Errors
/// It cannot be read, or says something unknown or senseless; then all that was found wrong, each at its place.
pub fn load(path: &Path) -> Result<SweepPlan, Diagnostics> {
    let text = fs::read_to_string(path).map_err(|error| {
        let hint =
            "a plan names a scenario, [contestants] and [conditions]: see scenarios/plans/bakeoff.toml";
        let title = format!("cannot read the plan: {error}");
        Diagnostics::of_file(&path.display().to_string(), title, hint.to_owned())
    })?;
    parse(path, &text)
}

/// Reads the plan in `text`, which stands at `path`.
///
/// # Errors
/// As [`load`].
pub fn parse(path: &Path, text: &str) -> Result<SweepPlan, Diagnostics> {
    read(path, text, |reader, table| plan(reader, path, table))
}

fn plan(reader: &mut Reader<'_>, path: &Path, table: &DeTable<'_>) -> SweepPlan {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut plan = SweepPlan { runs: RUNS, ..SweepPlan::begun(path, reader.text) };
    let mut cost = COST.to_owned();
    let (mut contestants, mut conditions) = (None, Vec::new());
    for (key, value) in table {
        match &**key.get_ref() {
            "name" => plan.name = reader.word(value),
            "about" => drop(reader.word(value)),
            "scenario" => plan.scenario = folder.join(reader.word(value)),
            "runs" => plan.runs = reader.count(value),
            "metrics" => plan.metrics = reader.metrics(value),
            "cost" => cost = self::cost(reader, value),
            "set" => plan.set = reader.settings(value),
            "contestants" => contestants = Some((key.span(), named(reader, value, CONTESTANTS))),
            "conditions" => {
                conditions = named(reader, value, CONDITIONS);
                of_protocols(reader, &conditions);
            }
            other => reader.wrong(key.span(), format!("unknown key `{other}`"), choices(other, &KEYS)),
        }
    }
    reader.needs_scenario(table);
    if plan.metrics.is_empty() {
        plan.metrics = METRICS.map(str::to_owned).to_vec();
    }
    if conditions.is_empty() {
        conditions.push(Choice { name: "as it is".to_owned(), set: Vec::new() });
    }
    let (span, contestants) = contestants.unwrap_or((0..0, Vec::new()));
    let count = contestants.len();
    plan.axes = vec![
        PlanAxis { key: CONTESTANT.to_owned(), values: contestants },
        PlanAxis { key: CONDITION.to_owned(), values: conditions },
    ];
    match count {
        0 if span.end == 0 => {
            reader.wrong(span, "missing table [contestants]".to_owned(), CONTESTANTS.to_owned());
        }
        0 | 1 => reader.wrong(span, "there is nobody to compare with".to_owned(), CONTESTANTS.to_owned()),
        _ => reader.fits(&plan, span),
    }
    SweepPlan { purpose: Purpose::Bakeoff { cost }, ..plan }
}

/// The metric of which less is better.
fn cost(reader: &mut Reader<'_>, value: &Value<'_>) -> String {
    let metric = reader.metric(value);
    if worse(&metric).is_ok_and(|worse| worse != Worse::Higher) {
        let label = "name one of which less is better, such as per_node_s.bytes or rmr.mean";
        reader.wrong(value.span(), format!("`{metric}` is no cost"), label.to_owned());
    }
    metric
}

/// The names in a table, in the order of the file, and what each puts into the scenario.
fn named(reader: &mut Reader<'_>, value: &Value<'_>, help: &str) -> Vec<Choice> {
    let DeValue::Table(table) = value.get_ref() else {
        reader.wrong(value.span(), "expected a table".to_owned(), help.to_owned());
        return Vec::new();
    };
    // What the text says once more, for lists that are written with headers of their own.
    let whole: toml::Table = reader.text.parse().unwrap_or_default();
    let mut choices = Vec::new();
    for (key, value) in table {
        let mut set = Vec::new();
        protocols(value, &mut set);
        reader.leaves(&read::Path::default(), value, help, &mut |reader, path, value| {
            if path.key == "seed" {
                let label = "the seeds follow from `runs`, and are the same for all";
                reader.wrong(value.span(), "seed cannot be set here".to_owned(), label.to_owned());
            }
            let written = reader.source(value);
            let setting = match (value.get_ref(), DeValue::parse(&written).is_ok()) {
                (DeValue::Array(_), false) => path.set(list(&whole, &path, key.get_ref()), None),
                _ => path.set(written, Some(value.span())),
            };
            set.push(setting);
        });
        // Tables come in alphabetical order.
        set.sort_by_key(place);
        choices.push((key.span().start, Choice { name: key.get_ref().to_string(), set }));
    }
    choices.sort_by_key(|(start, _)| *start);
    choices.into_iter().map(|(_, choice)| choice).collect()
}

/// Where the key of a setting begins: its first word, and then how many there are, so that a table comes before what
/// is in it.
fn place(setting: &Setting) -> (usize, usize) {
    let words = setting.origin.as_ref().map(|origin| &origin.key);
    words.map_or((0, 0), |words| (words.first().map_or(0, |word| word.start), words.len()))
}

/// An empty table for each protocol that is named, so that it starts from its defaults and not from what the scenario
/// says of it.
fn protocols(value: &Value<'_>, set: &mut Vec<Setting>) {
    let DeValue::Table(table) = value.get_ref() else { return };
    for (group, value) in table.iter().filter(|(key, _)| is_protocol(key.get_ref())) {
        let DeValue::Table(named) = value.get_ref() else { continue };
        let path = read::Path::default().join(group);
        set.extend(named.iter().map(|(name, _)| path.join(name).set("{}".to_owned(), None)));
    }
}

fn is_protocol(key: &str) -> bool {
    key == "overlay" || key == "broadcast"
}

/// Refuses conditions that name a protocol.
fn of_protocols(reader: &mut Reader<'_>, conditions: &[Choice]) {
    for setting in conditions.iter().flat_map(|choice| &choice.set) {
        let group = setting.key.split('.').next().unwrap_or_default();
        let span: Option<Bytes> = setting.origin.as_ref().and_then(|origin| origin.key.first().cloned());
        if let Some(span) = span.filter(|_| is_protocol(group)) {
            let title = format!("a condition cannot set `{group}`");
            let label = "a condition is the same for all contestants; protocols belong to those";
            reader.wrong(span, title, label.to_owned());
        }
    }
}

/// A list that is written with headers, in one line.
fn list(whole: &toml::Table, path: &read::Path, name: &str) -> String {
    let groups = ["contestants", "conditions"].into_iter().filter_map(|group| whole.get(group)?.get(name));
    let find = |value: &toml::Value| {
        path.key.split('.').try_fold(value.clone(), |value, key| value.get(key).cloned())
    };
    groups.filter_map(find).next().map_or_else(String::new, |value| value.to_string())
}

/// JSON Schema of a plan. The first line of a plan names it: `#:schema ./bakeoff.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let named = |about: &str, least: u32| {
        json!({
            "type": "object", "minProperties": least, "description": about,
            "additionalProperties": { "type": "object" },
        })
    };
    let mut properties = common_schema("What the bake-off asks, in a sentence.", RUNS);
    let mut cost = metric_schema();
    cost["description"] = json!("What pictures set delivery and latency against; less must be better.");
    cost["default"] = json!(COST);
    properties["cost"] = cost;
    properties["metrics"]["default"] = json!(METRICS);
    properties["contestants"] =
        named("Names, and what each puts into the scenario: most often protocols.", 2);
    properties["conditions"] = named(
        "Names, and what each puts into the scenario of every contestant; one that sets nothing, unless given.",
        1,
    );
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "floodnet bake-off",
        "type": "object",
        "additionalProperties": false,
        "required": ["scenario", "contestants"],
        "properties": properties,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocols;
    use crate::sweep::index::{Index, Rule};

    fn parse(text: &str) -> Result<SweepPlan, String> {
        super::parse(Path::new("plans/p.toml"), text).map_err(|error| error.to_string())
    }

    /// The settings of a choice as `KEY=VALUE`.
    fn set(choice: &Choice) -> Vec<String> {
        choice.set.iter().map(|of| format!("{}={}", of.key, of.value)).collect()
    }

    #[test]
    fn contestants_may_be_written_in_all_ways_of_toml() {
        let other = "b = { overlay.cyclon = {} }\n";
        let inline = "[contestants]\na = { overlay.cyclon = { view = 9 }, link.loss = 0.1 }\n";
        let dotted = "[contestants]\na.overlay.cyclon.view = 9\na.link.loss = 0.1\n";
        let tables =
            "[contestants.a.overlay.cyclon]\nview = 9\n[contestants.a.link]\nloss = 0.1\n[contestants]\n";
        for contestants in [inline, dotted, tables] {
            let plan = parse(&format!("scenario = \"a.toml\"\n{contestants}{other}")).unwrap();
            let [contestants, conditions] = &plan.axes[..] else { panic!("{:?}", plan.axes) };
            assert_eq!(
                set(&contestants.values[0]),
                ["overlay.cyclon={}", "overlay.cyclon.view=9", "link.loss=0.1"]
            );
            let names: Vec<&str> = contestants.values.iter().map(|value| value.name.as_str()).collect();
            assert_eq!((names, plan.runs), (vec!["a", "b"], RUNS));
            assert_eq!(conditions.values, [Choice { name: "as it is".to_owned(), set: Vec::new() }]);
        }
    }

    #[test]
    fn lists_may_be_written_in_all_ways_of_toml() {
        let head = "scenario = \"a.toml\"\n[contestants]\na = {}\nb = {}\n[conditions]\n";
        for conditions in [
            "x = { fault = [{ at = \"1s\", crash = { fraction = 0.3 } }] }\n",
            "[[conditions.x.fault]]\nat = \"1s\"\ncrash.fraction = 0.3\n",
            "[[conditions.x.fault]]\nat = \"1s\"\n[conditions.x.fault.crash]\nfraction = 0.3\n",
        ] {
            let plan = parse(&format!("{head}{conditions}")).unwrap();
            let [setting] = &plan.axes[1].values[0].set[..] else { panic!("{conditions}") };
            let value: toml::Value =
                format!("fault = {}", setting.value).parse::<toml::Table>().unwrap()["fault"].clone();
            let expected = "[{ at = \"1s\", crash = { fraction = 0.3 } }]";
            let expected = format!("fault = {expected}").parse::<toml::Table>().unwrap()["fault"].clone();
            assert_eq!((setting.key.as_str(), value), ("fault", expected), "{conditions}");
        }
    }

    #[test]
    fn the_plans_of_the_repository_are_plans_and_name_their_schema() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans");
        let text = fs::read_to_string(folder.join("bakeoff.schema.json")).unwrap_or_default();
        let again = "write it anew: sim-cli schema --of bakeoff > scenarios/plans/bakeoff.schema.json";
        assert!(text == format!("{:#}\n", schema()), "{again}");
        let path = folder.join("bakeoff.toml");
        let plan = load(&path).unwrap_or_else(|error| panic!("{error}"));
        let rule = Rule { runs: plan.runs, until_ci: None, max_runs: 0 };
        let (index, _) = Index::of(&plan, rule, &Protocols::builtin()).unwrap();
        assert_eq!(index.cells.len(), plan.cells());
        assert!(fs::read_to_string(path).unwrap().starts_with("#:schema ./bakeoff.schema.json\n"));
    }
}
