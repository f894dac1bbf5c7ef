//! What many runs of one scenario say together.

use std::io::{self, Write};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::Table;
use super::table::unit;
use floodnet_measure::expect::{Expectation, missing};
use floodnet_measure::latency::{Latencies, Ms};
use floodnet_measure::metrics::Numbers;
use floodnet_measure::reach::{Reach, Reached};
use floodnet_measure::stats::decide::{Decision, decide, runs_needed, worst};
use floodnet_measure::stats::interval::Estimate;
use floodnet_measure::{DIGITS, Results, round_to};
use floodnet_scenario::Scenario;

/// What is kept of one run.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Number of the run, from 0.
    pub index: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Digest of the run; empty on sockets.
    pub digest: String,
    /// Metrics of the run.
    pub numbers: Numbers,
    /// Publish to delivery over counted pairs on time.
    pub latencies: Latencies,
    /// Counted pairs of message and receiver.
    pub receivers: u64,
}

impl Kept {
    /// What is kept of the run `index`.
    #[must_use]
    pub fn of(index: usize, results: Results) -> Self {
        Self {
            index,
            seed: results.summary.seed,
            digest: results.summary.digest.clone(),
            numbers: Numbers::of(&results.summary),
            latencies: results.latencies,
            receivers: results.receivers,
        }
    }
}

/// An expectation and what the runs say about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// Path of the metric.
    pub key: String,
    /// The bound, such as `>= 0.95`.
    pub bound: String,
    /// The mean over runs.
    pub mean: Option<Ms>,
    /// Its interval of 95 %.
    pub ci95: Option<[Ms; 2]>,
    /// Whether the mean is within the bound.
    pub verdict: Decision,
    /// If that is undecided: how many runs would decide it, as far as can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs_needed: Option<usize>,
    /// The run that is furthest on the wrong side, or nearest to it.
    pub worst: Option<Worst>,
}

/// One run among many.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// Number of the run, from 0.
    pub run: usize,
    /// Seed of the run.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// Value of the metric in that run.
    pub value: Ms,
}

/// What many runs of one scenario say together. Serializes as `runs.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of run 0, from which the others follow.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// The configuration without its seed; see [`super::config::hash`].
    pub config: String,
    /// How many runs there are.
    pub runs: usize,
    /// Only written when runs are missing.
    #[serde(skip_serializing_if = "is_true")]
    pub complete: bool,
    /// Every run, in order.
    pub each: Vec<One>,
    /// Every metric over the runs, in the order of the summary.
    #[serde(serialize_with = "spreads")]
    pub metrics: Table,
    /// What the scenario expected.
    pub expect: Vec<Judged>,
    /// What some run had to show. Only written when there is something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<Reached>,
    /// All latencies together, for the curve.
    #[serde(skip)]
    pub latencies: Latencies,
    /// Counted pairs of all runs.
    #[serde(skip)]
    pub receivers: u64,
}

/// One of the runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct One {
    /// Number of the run, from 0.
    pub run: usize,
    /// Seed of the run.
    #[serde(with = "floodnet_measure::seed")]
    pub seed: u64,
    /// Digest of the run; empty on sockets.
    pub digest: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_true(complete: &bool) -> bool {
    *complete
}

/// A metric over runs, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    mean: Ms,
    ci95: Option<[Ms; 2]>,
    min: Ms,
    max: Ms,
    /// How many runs have the metric.
    runs: usize,
}

impl Spread {
    pub(crate) fn of(estimate: &Estimate) -> Self {
        Self {
            mean: shown(estimate.mean),
            ci95: estimate.interval.map(|(low, high)| [shown(low), shown(high)]),
            min: shown(estimate.min),
            max: shown(estimate.max),
            runs: estimate.runs,
        }
    }
}

/// To 6 digits; infinity is never.
pub(crate) fn shown(value: f64) -> Ms {
    Ms::from_value(round_to(value, DIGITS))
}

/// Every metric of a table over its runs; null where no run has it.
pub(crate) fn spreads<S: Serializer>(table: &Table, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(table.names().len()))?;
    for name in table.names() {
        map.serialize_entry(name, &table.estimate(name).as_ref().map(Spread::of))?;
    }
    map.end()
}

/// What the runs in `table` say about `expected`, and about what a test of nothing is missing.
pub(crate) fn judge_all(
    expected: &[Expectation],
    table: &Table,
    one: impl Fn(usize) -> Option<(usize, u64)>,
) -> Vec<Judged> {
    let names = table.names().iter().map(String::as_str).filter(|_| !expected.is_empty());
    let missing = missing(names, |name| table.column(name).into_iter().map(|(_, value)| value).collect());
    let missing = missing.iter().filter(|missing| !expected.contains(missing));
    expected.iter().chain(missing).map(|expectation| judge(expectation, table, &one)).collect()
}

/// What the runs in `table` say about what some run must show; `name` gives the words for a run.
pub(crate) fn reached(asked: &[Reach], table: &Table, name: impl Fn(usize) -> String) -> Vec<Reached> {
    let of = |reach: &Reach| {
        let mut reached = Reached::new(reach.clone());
        for (row, numbers) in table.each().iter().enumerate() {
            reached.add(numbers, || name(row));
        }
        reached
    };
    asked.iter().map(of).collect()
}

/// What the runs in `table` say about an expectation; `one` gives number and seed of the run in a row.
fn judge(expectation: &Expectation, table: &Table, one: impl Fn(usize) -> Option<(usize, u64)>) -> Judged {
    let values = table.column(&expectation.metric);
    let all: Vec<f64> = values.iter().map(|&(_, value)| value).collect();
    let estimate = Estimate::of(&all, unit(&expectation.metric));
    let worst = worst(expectation, &values).and_then(|(row, value)| {
        let (run, seed) = one(row)?;
        Some(Worst { run, seed, value: Ms::from_value(value) })
    });
    Judged {
        key: expectation.metric.clone(),
        bound: expectation.to_string(),
        mean: estimate.map(|estimate| shown(estimate.mean)),
        ci95: estimate.and_then(|of| of.interval).map(|(low, high)| [shown(low), shown(high)]),
        verdict: decide(expectation, estimate.as_ref()),
        runs_needed: runs_needed(expectation, estimate.as_ref()),
        worst,
    }
}

impl Report {
    /// What `kept` says of `scenario`, `wanted` runs of which were asked for.
    #[must_use]
    pub fn of(scenario: &Scenario, wanted: usize, kept: Vec<Kept>) -> Self {
        let mut report = Self {
            scenario: scenario.name.clone(),
            seed: scenario.seed,
            config: super::config::hash(scenario),
            runs: kept.len(),
            complete: kept.len() == wanted,
            each: Vec::new(),
            metrics: Table::default(),
            expect: Vec::new(),
            reach: Vec::new(),
            latencies: Latencies::default(),
            receivers: 0,
        };
        let mut rows = Vec::new();
        for run in kept {
            report.each.push(One { run: run.index, seed: run.seed, digest: run.digest });
            report.latencies.merge(&run.latencies);
            report.receivers += run.receivers;
            rows.push(run.numbers);
        }
        report.metrics = Table::of(rows);
        // Those who asked for more runs are not told a verdict on fewer.
        if report.complete {
            let one = |row: usize| report.each.get(row).map(|one| (one.run, one.seed));
            report.expect = judge_all(&scenario.expect, &report.metrics, one);
            let name = |row: usize| one(row).map_or_else(String::new, |(run, _)| format!("run {run}"));
            report.reach = reached(&scenario.reach, &report.metrics, name);
        }
        report
    }

    /// The digest of all digests, in order; empty where runs are missing, or one has none.
    #[must_use]
    pub fn digest(&self) -> String {
        if !self.complete || self.each.iter().any(|one| one.digest.is_empty()) {
            return String::new();
        }
        let mut hasher = blake3::Hasher::new();
        self.each.iter().for_each(|one| {
            hasher.update(one.digest.as_bytes());
        });
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// The text of `runs.json`, newline at the end: the same bytes for the same runs.
    ///
    /// # Panics
    /// Never: numbers, words and lists are valid JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, words and lists are valid JSON") + "\n"
    }

    /// Writes a line for each run: its index, seed, digest and every metric, empty where it has none,
    /// `inf` for never.
    ///
    /// # Errors
    /// When `to` cannot be written.
    pub fn write_csv(&self, to: impl Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(to);
        let names = self.metrics.names();
        csv.write_record(["run", "seed", "digest"].into_iter().chain(names.iter().map(String::as_str)))?;
        for (row, one) in self.each.iter().enumerate() {
            let cell = |name: &String| match self.metrics.value(name, row) {
                // A column of numbers: programs read this as one.
                Some(value) if value.is_infinite() => "inf".to_owned(),
                value => value.map_or_else(String::new, |value| value.to_string()),
            };
            let first = [one.run.to_string(), one.seed.to_string(), one.digest.clone()];
            csv.write_record(first.into_iter().chain(names.iter().map(cell)))?;
        }
        csv.flush()
    }
}
