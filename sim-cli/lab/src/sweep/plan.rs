//! The plan of a sweep as it is written: TOML.
//!
//! ```toml
//! scenario = "../churn.toml"            # beside the plan
//! runs = 20                             # of each cell
//! metrics = ["delivery_ratio"]          # what tables and pictures show, the first one first
//! [set]                                 # put into the scenario of all cells
//! "nodes.count" = 200
//! [grid]                                # every combination
//! "overlay.random_walk.degree" = [3, 4, 5, 6, 8]
//! "link.loss" = [0, 0.01, 0.05]
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use floodnet_measure::metrics::{METRICS, find};
use floodnet_scenario::Diagnostics;
use floodnet_scenario::diagnostics::{Bytes, Problem, Sources};
use floodnet_text::spelling::choices;

/// Most runs and cells together: more is a mistake.
const MOST_RUNS: usize = 10_000_000;

/// A plan of a sweep, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepPlan {
    /// What the sweep is called; the name of the file unless the plan says.
    pub name: String,
    /// The scenario's file.
    pub scenario: PathBuf,
    /// Runs of each cell.
    pub runs: u32,
    /// What tables and pictures show; none leaves it to the scenario's expectations.
    pub metrics: Vec<String>,
    /// What is put into the scenario of all cells: keys and values as in `--set KEY=VALUE`.
    pub set: Vec<(String, String)>,
    /// The keys that vary, in the order of the file, with their values.
    pub axes: Vec<(String, Vec<String>)>,
}

/// What is read, and what is wrong.
struct Reader<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl SweepPlan {
    /// Reads the plan at `path`.
    ///
    /// # Errors
    /// It cannot be read, or says something unknown or senseless; then all that was found wrong, each at its place.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            let hint = "a plan names a scenario and a [grid] of values: see scenarios/plans".to_owned();
            Diagnostics::of_file(&name, format!("cannot read the plan: {error}"), hint)
        })?;
        Self::parse(path, &text)
    }

    /// Reads the plan in `text`, which stands at `path`.
    ///
    /// # Errors
    /// As [`SweepPlan::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        let mut sources = Sources::default();
        sources.add(&path.display().to_string(), text);
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let problem = Problem::from_message(error.span(), error.message());
                return Err(Diagnostics::new(sources, vec![problem]));
            }
        };
        let mut reader = Reader { text, problems: Vec::new() };
        let plan = reader.plan(path, table.get_ref());
        if reader.problems.is_empty() { Ok(plan) } else { Err(Diagnostics::new(sources, reader.problems)) }
    }

    /// Checks that runs and cells together are no mistake.
    ///
    /// # Errors
    /// They are too many; says how many may be.
    pub fn check_size(&self) -> Result<(), String> {
        let is_fine = self.cells().saturating_mul(self.runs as usize) <= MOST_RUNS;
        let cells = self.cells();
        is_fine.then_some(()).ok_or_else(|| {
            format!("{cells} cells of {} runs are too many: at most {MOST_RUNS} runs together", self.runs)
        })
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.axes.iter().map(|(_, values)| values.len()).product()
    }

    /// The values of the cell at `place`: the last key varies fastest.
    #[must_use]
    pub fn values(&self, place: usize) -> Vec<String> {
        let mut rest = place;
        let mut values: Vec<String> = self
            .axes
            .iter()
            .rev()
            .filter_map(|(_, values)| {
                let value = values.get(rest % values.len()).cloned();
                rest /= values.len();
                value
            })
            .collect();
        values.reverse();
        values
    }
}

impl Reader<'_> {
    fn plan(&mut self, path: &Path, table: &DeTable<'_>) -> SweepPlan {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut plan = SweepPlan {
            name: stem,
            scenario: PathBuf::new(),
            runs: 20,
            metrics: Vec::new(),
            set: Vec::new(),
            axes: Vec::new(),
        };
        // The grid is read last: whether it is too large depends on `runs`, which may come after it.
        let mut grid = None;
        for (key, value) in table {
            match &**key.get_ref() {
                "name" => plan.name = self.word(value),
                "about" => drop(self.word(value)),
                "scenario" => plan.scenario = folder.join(self.word(value)),
                "runs" => plan.runs = self.count(value),
                "metrics" => plan.metrics = self.metrics(value),
                "set" => self.leaves("", value, &mut |reader, key, value| {
                    plan.set.push((key, reader.source(value)));
                }),
                "grid" => grid = Some((key.span(), value)),
                other => self.wrong(
                    key.span(),
                    format!("unknown key `{other}`"),
                    choices(other, &["name", "about", "scenario", "runs", "metrics", "set", "grid"]),
                ),
            }
        }
        if plan.scenario.as_os_str().is_empty() && !table.contains_key("scenario") {
            self.wrong(
                0..0,
                "missing key `scenario`".to_owned(),
                "write scenario = \"../churn.toml\"".to_owned(),
            );
        }
        match grid {
            Some((span, value)) => self.grid(&mut plan, span, value),
            None => self.wrong(0..0, "missing table [grid]".to_owned(), GRID.to_owned()),
        }
        plan
    }

    fn grid(&mut self, plan: &mut SweepPlan, span: Bytes, value: &Value<'_>) {
        let mut axes = Vec::new();
        self.leaves("", value, &mut |reader, key, value| {
            let place = value.span();
            match value.get_ref() {
                DeValue::Array(items) if !items.is_empty() => {
                    let values = items.iter().map(|item| reader.source(item)).collect();
                    axes.push((place, key, values));
                }
                _ => reader.wrong(place, format!("`{key}` must be a list of values"), GRID.to_owned()),
            }
        });
        // Tables come in alphabetical order; the order of the file says what varies slowest.
        axes.sort_by_key(|(place, ..)| place.start);
        for (place, key, _) in &axes {
            if key == "seed" {
                let label = "the seeds follow from `runs`";
                self.wrong(place.clone(), "seed cannot be a grid key".to_owned(), label.to_owned());
            }
        }
        plan.axes = axes.into_iter().map(|(_, key, values)| (key, values)).collect();
        if plan.axes.is_empty() {
            self.wrong(span, "the grid is empty".to_owned(), GRID.to_owned());
        } else if plan.cells().saturating_mul(plan.runs as usize) > MOST_RUNS {
            let title = format!("{} cells of {} runs are too many", plan.cells(), plan.runs);
            self.wrong(span, title, format!("at most {MOST_RUNS} runs together"));
        }
    }

    /// Every key below `value` whose value is no table, with dots between the words.
    fn leaves<'v>(
        &mut self,
        prefix: &str,
        value: &'v Value<'_>,
        each: &mut dyn FnMut(&mut Self, String, &'v Value<'_>),
    ) {
        let DeValue::Table(table) = value.get_ref() else {
            return self.wrong(value.span(), "expected a table".to_owned(), GRID.to_owned());
        };
        for (key, value) in table {
            let path = format!("{prefix}{}", key.get_ref());
            if let DeValue::Table(_) = value.get_ref() {
                self.leaves(&format!("{path}."), value, each);
            } else {
                each(self, path, value);
            }
        }
    }

    /// A value as it is written.
    fn source(&self, value: &Value<'_>) -> String {
        self.text.get(value.span()).unwrap_or_default().to_owned()
    }

    fn word(&mut self, value: &Value<'_>) -> String {
        if let DeValue::String(text) = value.get_ref() {
            return text.to_string();
        }
        self.wrong(value.span(), "expected a string".to_owned(), String::new());
        String::new()
    }

    fn count(&mut self, value: &Value<'_>) -> u32 {
        let text = self.source(value).replace('_', "");
        match text.parse().ok().filter(|&count: &u32| count > 0) {
            Some(count) => count,
            None => {
                let label = "write how many runs each cell has, such as 20".to_owned();
                self.wrong(value.span(), format!("invalid number of runs `{text}`"), label);
                1
            }
        }
    }

    fn metrics(&mut self, value: &Value<'_>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            let label = "for example [\"delivery_ratio\", \"latency_ms.p99\"]".to_owned();
            self.wrong(value.span(), "expected a list of metrics".to_owned(), label);
            return Vec::new();
        };
        let mut metrics = Vec::new();
        for item in items {
            let metric = self.word(item);
            if let Err(unknown) = find(&metric) {
                self.wrong(item.span(), format!("unknown metric `{metric}`"), unknown.hint);
            }
            metrics.push(metric);
        }
        metrics
    }

    fn wrong(&mut self, span: Bytes, title: String, label: String) {
        self.problems.push(Problem { span: (span.end > 0).then_some(span), title, label });
    }
}

/// JSON Schema of a plan. The first line of a plan names it: `#:schema ./plan.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let list = |items: &serde_json::Value| json!({ "type": "array", "minItems": 1, "items": items });
    let value = json!({ "type": ["string", "number", "boolean"] });
    // A dotted key is a table in a table, so its leaf may lie any number of tables down.
    let of_keys = |leaf: &serde_json::Value, about: &str| {
        let either = json!({ "anyOf": [leaf, { "type": "object" }] });
        json!({ "type": "object", "minProperties": 1, "description": about, "additionalProperties": either })
    };
    let names: Vec<&str> = METRICS.iter().map(|metric| metric.path).collect();
    let open = json!({ "type": "string", "pattern": "^(drops|kinds|lost\\.by_reason|own|phases)\\.\\S+$" });
    let metric = json!({ "anyOf": [{ "enum": names }, open] });
    let mut metrics = list(&metric);
    metrics["description"] = json!("What tables and pictures show, the first one first.");
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "floodnet sweep",
        "type": "object",
        "additionalProperties": false,
        "required": ["scenario", "grid"],
        "properties": {
            "name": text("What the sweep is called; the name of the file unless given."),
            "about": text("What the sweep asks, in a sentence."),
            "scenario": text("The scenario, looked up beside the plan."),
            "runs": { "type": "integer", "minimum": 1, "default": 20, "description": "Runs of each cell." },
            "metrics": metrics,
            "set": of_keys(&value, "Values put into the scenario of all cells, as --set does."),
            "grid": of_keys(&list(&value), "Keys that vary, with their values: every combination is a cell."),
        }
    })
}

/// How to write a grid.
const GRID: &str = "write [grid] with keys and lists of values, e.g. \"link.loss\" = [0, 0.01, 0.05]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::index::{Index, Rule};

    fn parse(text: &str) -> Result<SweepPlan, String> {
        SweepPlan::parse(Path::new("plans/p.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_grid_is_in_the_order_of_the_file_and_the_last_key_varies_fastest() {
        let plan = parse(
            "scenario = \"../a.toml\"\nruns = 7\nset.nodes.count = 30\n[grid]\n\
             \"overlay.random_walk.degree\" = [3, 4]\nlink.loss = [0, 0.0_1, 0.05]\n",
        )
        .unwrap();
        assert_eq!((plan.name.as_str(), plan.runs, plan.cells()), ("p", 7, 6));
        assert_eq!(plan.scenario, Path::new("plans/../a.toml"));
        assert_eq!(plan.set, [("nodes.count".to_owned(), "30".to_owned())]);
        let keys: Vec<&str> = plan.axes.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["overlay.random_walk.degree", "link.loss"]);
        assert_eq!(plan.values(0), ["3", "0"]);
        assert_eq!(plan.values(1), ["3", "0.0_1"]);
        assert_eq!(plan.values(5), ["4", "0.05"]);
    }

    #[test]
    fn plans_of_the_repository_are_plans_and_name_their_schema() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/plans");
        let text = fs::read_to_string(folder.join("plan.schema.json")).unwrap_or_default();
        let current = format!("{:#}\n", schema());
        assert!(text == current, "write it anew: sim-cli schema --plan > scenarios/plans/plan.schema.json");
        let protocols = crate::Protocols::builtin();
        let mut found = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let plan = SweepPlan::load(&path).unwrap_or_else(|error| panic!("{error}"));
                let rule = Rule { runs: plan.runs, until_ci: None, max_runs: 0 };
                let (index, _) = Index::of(&plan, rule, &protocols).unwrap();
                assert_eq!(index.cells.len(), plan.cells());
                assert!(fs::read_to_string(&path).unwrap().starts_with("#:schema ./plan.schema.json\n"));
                found += 1;
            }
        }
        assert!(found >= 2);
    }

    #[test]
    fn what_is_wrong_is_shown_at_its_place() {
        let bad =
            "scenari = \"a.toml\"\nruns = 0\nmetrics = [\"delivery\"]\n[grid]\nlink.loss = 0.1\nseed = [1]\n";
        let said = parse(bad).unwrap_err();
        for part in [
            "unknown key `scenari`",
            "did you mean `scenario`?",
            "missing key `scenario`",
            "invalid number of runs `0`",
            "unknown metric `delivery`",
            "`link.loss` must be a list of values",
            "seed cannot be a grid key",
            "plans/p.toml:5:13",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(parse("scenario = \"a\"\n[grid]\n").unwrap_err().contains("the grid is empty"));
        assert!(parse("scenario = \"a\"\n").unwrap_err().contains("missing table [grid]"));
        assert!(parse("scenario = ").unwrap_err().contains("p.toml:1:"));
    }
}
