//! The cells of a sweep: what its folder says of itself, and what its parts must agree in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::{Purpose, SweepPlan};
use crate::Protocols;
use crate::ensemble::{self, config};
use floodnet_measure::metrics::Numbers;
use floodnet_scenario::{Diagnostics, Scenario};

/// When a cell has runs enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Runs; with `until_ci` the least.
    pub runs: u32,
    /// Half the width of the interval of the first metric, as a share of its mean, that is narrow enough.
    pub until_ci: Option<f64>,
    /// Maximum number of runs of a cell.
    pub max_runs: u32,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Hash of its configuration; see [`config::hash`].
    pub config: String,
    /// Its values, one for each axis.
    pub values: Vec<String>,
}

/// `sweep.json`: what is swept. The same for every part of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// What the sweep is called.
    pub name: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Version of the program.
    pub version: String,
    /// Seed of the first run of every cell.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// How many runs each cell gets.
    #[serde(flatten)]
    pub rule: Rule,
    /// What tables and pictures show.
    pub metrics: Vec<String>,
    /// What the cells are made for. Only written when it is no grid.
    #[serde(default, skip_serializing_if = "is_grid")]
    pub purpose: Purpose,
    /// The keys that vary, with their values.
    pub axes: Vec<Axis>,
    /// What all cells have in common; see [`config::keys`].
    pub common: BTreeMap<String, String>,
    /// What every cell is expected to show. Only written when there is something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expected>,
    /// What some run of some cell must show. Only written when there is something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<String>,
    /// Every cell, the last key fastest.
    pub cells: Vec<Cell>,
}

/// Whether the purpose goes without saying.
fn is_grid(purpose: &Purpose) -> bool {
    *purpose == Purpose::Grid
}

/// An expectation as a scenario has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Dotted path of the metric.
    pub metric: String,
    /// The bound, such as `>= 0.95`.
    pub bound: String,
}

/// A key that varies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// Dotted key of the scenario.
    pub key: String,
    /// Its values as they are written in the plan.
    pub values: Vec<String>,
}

/// Why a plan has no index.
#[derive(Debug)]
pub enum Wrong {
    /// The scenario of a cell is not valid.
    Scenario(Diagnostics),
    /// Two cells are the same.
    Cells(String),
}

/// Reads the scenario of a cell with these keys and values put in.
pub type Load<'a> = dyn Fn(&[(String, String)]) -> Result<Scenario, Diagnostics> + 'a;

impl Index {
    /// The cells of `plan` and the scenario of each.
    ///
    /// # Errors
    /// A cell is no valid scenario, or two are the same.
    pub fn of(plan: &SweepPlan, rule: Rule, protocols: &Protocols) -> Result<(Self, Vec<Scenario>), Wrong> {
        Self::read(plan, rule, &|set| Scenario::load(&plan.scenario, set, protocols.tables()))
    }

    /// As [`Index::of`], with scenarios that `load` reads, with these keys and values put in.
    ///
    /// # Errors
    /// As [`Index::of`].
    pub fn read(plan: &SweepPlan, rule: Rule, load: &Load<'_>) -> Result<(Self, Vec<Scenario>), Wrong> {
        let (mut cells, mut scenarios) = (Vec::new(), Vec::new());
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut common: Option<BTreeMap<String, String>> = None;
        for place in 0..plan.cells() {
            let values = plan.values(place);
            let scenario = scenario(plan, place, load)?;
            let config = config::hash(&scenario);
            let twin = known.insert(config.clone(), place);
            // Contestants may be equal: what then differs is wrong.
            if let Some(other) = twin.filter(|_| plan.purpose == Purpose::Grid) {
                return Err(Wrong::Cells(format!(
                    "{} and {} are the same configuration: take one of the values out of the grid",
                    label(plan, other),
                    label(plan, place),
                )));
            }
            let own = config::keys(&scenario.to_resolved_toml());
            // What all cells have in common stands once in the index, for a comparison of sweeps.
            common = Some(match common {
                None => own,
                Some(common) => {
                    common.into_iter().filter(|(key, value)| own.get(key) == Some(value)).collect()
                }
            });
            cells.push(Cell { config, values });
            scenarios.push(scenario);
        }
        let Some(first) = scenarios.first() else {
            return Err(Wrong::Cells("the grid has no cell".to_owned()));
        };
        let index = Self {
            name: plan.name.clone(),
            scenario: first.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: first.seed,
            rule,
            metrics: metrics(plan, first),
            axes: plan
                .axes
                .iter()
                .map(|axis| Axis {
                    key: axis.key.clone(),
                    values: axis.values.iter().map(|value| value.name.clone()).collect(),
                })
                .collect(),
            purpose: plan.purpose.clone(),
            common: common.unwrap_or_default(),
            // The same for all: it makes no other configuration, so cells cannot differ in it alone.
            expect: judged(plan, &first.expect)
                .iter()
                .map(|of| Expected { metric: of.metric.clone(), bound: of.to_string() })
                .collect(),
            reach: judged(plan, &first.reach).iter().map(ToString::to_string).collect(),
            cells,
        };
        Ok((index, scenarios))
    }

    /// The text of `sweep.json`, newline at the end.
    ///
    /// # Panics
    /// Never: words and numbers are valid JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("words and numbers are valid JSON") + "\n"
    }

    /// A cell in words.
    #[must_use]
    pub fn label(&self, cell: &Cell) -> String {
        let keys = self.axes.iter().map(|axis| axis.key.as_str());
        words(keys.zip(cell.values.iter().map(String::as_str)))
    }

    /// The seed of the run `number` of every cell.
    #[must_use]
    pub fn seed_of(&self, number: u32) -> u64 {
        ensemble::seed(self.seed, number)
    }

    /// Most runs that a cell can need.
    #[must_use]
    pub fn most(&self) -> u32 {
        if self.rule.until_ci.is_some() { self.rule.max_runs.max(self.rule.runs) } else { self.rule.runs }
    }

    /// How many of these runs of a cell count, in the order of their seeds, and whether that is enough. So the
    /// stopping point depends on the runs alone.
    #[must_use]
    pub fn enough(&self, runs: &[Numbers]) -> (usize, bool) {
        let (least, most) = (self.rule.runs as usize, self.most() as usize);
        if self.rule.until_ci.is_none() {
            return (runs.len().min(least), runs.len() >= least);
        }
        for count in least..=runs.len().min(most) {
            if count == most || self.is_narrow(&runs[..count]) {
                return (count, true);
            }
        }
        (runs.len().min(most), false)
    }

    /// Whether the interval over these runs of a cell is as narrow as was asked for; it is if nothing was.
    #[must_use]
    pub fn is_narrow(&self, runs: &[Numbers]) -> bool {
        let Some((until, metric)) = self.rule.until_ci.zip(self.metrics.first()) else { return true };
        let estimate = ensemble::estimate(metric, runs);
        let half = estimate.and_then(|estimate| Some((estimate.half()?, estimate.mean)));
        half.is_some_and(|(half, mean)| half <= until * mean.abs())
    }
}

/// What is judged of `expected`: nothing in a bake-off, whose conditions no scenario was written for.
fn judged<'a, T>(plan: &SweepPlan, expected: &'a [T]) -> &'a [T] {
    if plan.purpose == Purpose::Grid { expected } else { &[] }
}

/// What the plan shows, or what the scenario expects and the usual ones.
fn metrics(plan: &SweepPlan, scenario: &Scenario) -> Vec<String> {
    if !plan.metrics.is_empty() {
        return plan.metrics.clone();
    }
    let mut metrics: Vec<String> = Vec::new();
    let expected = scenario.expect.iter().map(|expectation| expectation.metric.as_str());
    for metric in expected.chain(["delivery_ratio", "latency_ms.p99", "rmr.mean"]) {
        if !metrics.iter().any(|known| known == metric) {
            metrics.push(metric.to_owned());
        }
    }
    metrics
}

/// The scenario of a cell of a plan.
fn scenario(plan: &SweepPlan, place: usize, load: &Load<'_>) -> Result<Scenario, Wrong> {
    let settings = plan.settings(place);
    let set: Vec<(String, String)> =
        settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect();
    load(&set).map_err(|wrong| {
        let Some((file, text)) = &plan.file else { return Wrong::Scenario(wrong) };
        let origins: Vec<_> = settings.into_iter().map(|setting| setting.origin).collect();
        let whose = format!("{}, in {}", label(plan, place), file.display());
        Wrong::Scenario(wrong.moved((&file.display().to_string(), text), &origins, &whose))
    })
}

/// A cell of a plan in words.
fn label(plan: &SweepPlan, place: usize) -> String {
    let values = plan.values(place);
    words(plan.axes.iter().map(|axis| axis.key.as_str()).zip(values.iter().map(String::as_str)))
}

fn words<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}
