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

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use super::read::{self, Reader, Setting, Value, read};
use floodnet_scenario::Diagnostics;
use floodnet_scenario::diagnostics::Bytes;
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
    /// What is put into the scenario of all cells.
    pub set: Vec<Setting>,
    /// What varies, in the order of the file.
    pub axes: Vec<PlanAxis>,
    /// The file that says so, and its text; none if it was no file.
    pub file: Option<(PathBuf, String)>,
    /// What the cells are made for.
    pub purpose: Purpose,
}

/// What the cells of a sweep are made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// How the metrics depend on the values.
    #[default]
    Grid,
    /// Which contestant does better under which condition.
    Bakeoff {
        /// The metric that stands for what a contestant costs.
        cost: String,
    },
}

/// A key that varies, with its values; of a bake-off a choice with its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanAxis {
    /// The key, or what is chosen.
    pub key: String,
    /// Its values.
    pub values: Vec<Choice>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value as it is written, or its name.
    pub name: String,
    /// What it puts into the scenario.
    pub set: Vec<Setting>,
}

impl PlanAxis {
    /// A key with these values, which were not written in a plan.
    #[must_use]
    pub fn plain(key: &str, values: &[String]) -> Self {
        let choice = |value: &String| Choice {
            name: value.clone(),
            set: vec![Setting::plain(key.to_owned(), value.clone())],
        };
        Self { key: key.to_owned(), values: values.iter().map(choice).collect() }
    }
}

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
        read(path, text, |reader, table| reader.plan(path, table))
    }

    /// A plan that says nothing yet, as the file at `path` with this text.
    pub(crate) fn begun(path: &Path, text: &str) -> Self {
        Self {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            scenario: PathBuf::new(),
            runs: 20,
            metrics: Vec::new(),
            set: Vec::new(),
            axes: Vec::new(),
            file: Some((path.to_owned(), text.to_owned())),
            purpose: Purpose::Grid,
        }
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
        self.axes.iter().map(|axis| axis.values.len()).product()
    }

    /// The choices of the cell at `place`, one for each axis: the last key varies fastest.
    fn choices(&self, place: usize) -> Vec<&Choice> {
        let mut rest = place;
        let choose = |axis: &'_ PlanAxis| {
            let chosen = rest % axis.values.len();
            rest /= axis.values.len();
            chosen
        };
        let mut chosen: Vec<usize> = self.axes.iter().rev().map(choose).collect();
        chosen.reverse();
        self.axes.iter().zip(chosen).filter_map(|(axis, chosen)| axis.values.get(chosen)).collect()
    }

    /// The values of the cell at `place`, as they are written.
    #[must_use]
    pub fn values(&self, place: usize) -> Vec<String> {
        self.choices(place).into_iter().map(|choice| choice.name.clone()).collect()
    }

    /// What is put into the scenario of the cell at `place`, in this order.
    #[must_use]
    pub fn settings(&self, place: usize) -> Vec<Setting> {
        let of_cell = self.choices(place).into_iter().flat_map(|choice| &choice.set);
        self.set.iter().chain(of_cell).cloned().collect()
    }
}

impl Reader<'_> {
    fn plan(&mut self, path: &Path, table: &DeTable<'_>) -> SweepPlan {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut plan = SweepPlan::begun(path, self.text);
        // The grid is read last: whether it is too large depends on `runs`, which may come after it.
        let mut grid = None;
        for (key, value) in table {
            match &**key.get_ref() {
                "name" => plan.name = self.word(value),
                "about" => drop(self.word(value)),
                "scenario" => plan.scenario = folder.join(self.word(value)),
                "runs" => plan.runs = self.count(value),
                "metrics" => plan.metrics = self.metrics(value),
                "set" => plan.set = self.settings(value),
                "grid" => grid = Some((key.span(), value)),
                other => self.wrong(
                    key.span(),
                    format!("unknown key `{other}`"),
                    choices(other, &["name", "about", "scenario", "runs", "metrics", "set", "grid"]),
                ),
            }
        }
        self.needs_scenario(table);
        match grid {
            Some((span, value)) => self.grid(&mut plan, span, value),
            None => self.wrong(0..0, "missing table [grid]".to_owned(), GRID.to_owned()),
        }
        plan
    }

    /// What the table [set] puts into the scenario of all cells.
    pub(crate) fn settings(&mut self, value: &Value<'_>) -> Vec<Setting> {
        let mut set = Vec::new();
        self.leaves(&read::Path::default(), value, GRID, &mut |reader, path, value| {
            set.push(path.set(reader.source(value), Some(value.span())));
        });
        set
    }

    fn grid(&mut self, plan: &mut SweepPlan, span: Bytes, value: &Value<'_>) {
        let mut axes = Vec::new();
        self.leaves(&read::Path::default(), value, GRID, &mut |reader, path, value| {
            let place = value.span();
            match value.get_ref() {
                DeValue::Array(items) if !items.is_empty() => {
                    let choice = |item: &Value<'_>| {
                        let name = reader.source(item);
                        Choice { set: vec![path.set(name.clone(), Some(item.span()))], name }
                    };
                    let values = items.iter().map(choice).collect();
                    axes.push((place, PlanAxis { key: path.key, values }));
                }
                _ => reader.wrong(place, format!("`{}` must be a list of values", path.key), GRID.to_owned()),
            }
        });
        // Tables come in alphabetical order; the order of the file says what varies slowest.
        axes.sort_by_key(|(place, _)| place.start);
        for (place, axis) in &axes {
            if axis.key == "seed" {
                let label = "the seeds follow from `runs`";
                self.wrong(place.clone(), "seed cannot be a grid key".to_owned(), label.to_owned());
            }
        }
        plan.axes = axes.into_iter().map(|(_, axis)| axis).collect();
        if plan.axes.is_empty() {
            self.wrong(span, "the grid is empty".to_owned(), GRID.to_owned());
        } else {
            self.fits(plan, span);
        }
    }

    /// Says at `span` that the cells of the plan are too many, if they are.
    pub(crate) fn fits(&mut self, plan: &SweepPlan, span: Bytes) {
        if plan.check_size().is_err() {
            let title = format!("{} cells of {} runs are too many", plan.cells(), plan.runs);
            self.wrong(span, title, format!("at most {MOST_RUNS} runs together"));
        }
    }
}

/// How to write a grid.
const GRID: &str = "write [grid] with keys and lists of values, e.g. \"link.loss\" = [0, 0.01, 0.05]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::index::{Index, Rule};
    use crate::sweep::schema::schema;
    use crate::target::{Kind, kind_of};

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
        let set: Vec<(&str, &str)> = plan.set.iter().map(|of| (of.key.as_str(), of.value.as_str())).collect();
        assert_eq!(set, [("nodes.count", "30")]);
        let keys: Vec<&str> = plan.axes.iter().map(|axis| axis.key.as_str()).collect();
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
            let text = fs::read_to_string(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "toml") && kind_of(&text) == Kind::Plan {
                let plan = SweepPlan::load(&path).unwrap_or_else(|error| panic!("{error}"));
                let rule = Rule { runs: plan.runs, until_ci: None, max_runs: 0 };
                let (index, _) = Index::of(&plan, rule, &protocols).unwrap();
                assert_eq!(index.cells.len(), plan.cells());
                assert!(text.starts_with("#:schema ./plan.schema.json\n"));
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
