//! The figures of `docs/statistics.md` for the metrics of a small network: how often equals are called different, and how
//! often a metric that is off by one standard deviation is found among 20 pairs. Takes minutes: `.ci/long figures`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use floodnet_lab::Protocols;
use floodnet_lab::compare::{Change, Comparison, Row};
use floodnet_lab::ensemble::side::Side;
use floodnet_lab::ensemble::{Table, numbers, seeds};
use floodnet_measure::metrics::{Role, find};
use floodnet_measure::stats::LEVEL;
use floodnet_measure::stats::arrange::Design;
use floodnet_measure::stats::compare::paired;
use floodnet_measure::stats::joint::{FOLLOWER, test};
use floodnet_measure::stats::score::Column;
use floodnet_scenario::Scenario;

/// Runs, of which each is used once.
const RUNS: usize = 8_000;

/// A network that is over in an instant, lossy and small so that most metrics vary from run to run.
const TINY: &str = r#"name = "tiny"
duration = "14s"
nodes = { count = 16, arrive = "2s" }
overlay.random_walk = { degree = 3 }
broadcast.gossip = { fanout = 3 }
link = { transport = "datagram", loss = 0.1, latency = { uniform = { min = "10ms", max = "60ms" } } }
churn = { start = "3s", session = { exponential = { mean = "20s" } }, downtime = { exponential = { mean = "4s" } } }
[[traffic]]
from = "random"
every = "1s"
start = "4s"
stop = "10s"
[measure]
start = "3s"
deadline = "3s"
"#;

fn main() {
    let protocols = Protocols::builtin();
    let scenario = Scenario::parse("tiny.toml", TINY, Path::new("."), &[], protocols.tables())
        .unwrap_or_else(|wrong| panic!("{wrong}"));
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let runs = numbers(&scenario, &protocols, &seeds(1, RUNS as u32), jobs)
        .unwrap_or_else(|failed| panic!("{failed}"));
    let all = Table::of(runs);
    for is_paired in [true, false] {
        for runs in [2, 3, 4, 5, 6, 8, 10, 20] {
            alarms(&all, runs, is_paired);
        }
    }
    power(&all);
}

/// The runs of `all` from place `from` on.
fn group(all: &Table, from: usize, runs: usize) -> Side {
    Side { seeds: (0..runs as u64).collect(), table: all.rows(from..from + runs), ..Side::default() }
}

fn compare(base: Side, new: Side) -> Comparison {
    Comparison::of(&[base], &[new], &[], None).unwrap_or_else(|why| panic!("{why}"))
}

/// How often equals are called different.
#[expect(clippy::print_stdout, reason = "its figures are for people")]
fn alarms(all: &Table, runs: usize, is_paired: bool) {
    let is_found = |row: &Row| matches!(row.verdict, Change::Worse | Change::Better | Change::Different);
    let comparisons = RUNS / (2 * runs).max(20);
    let (mut alarms, mut open, mut rows) = (0, 0, 0);
    for k in 0..comparisons {
        let mut new = group(all, 2 * runs * k + runs, runs);
        if !is_paired {
            new.seeds.iter_mut().for_each(|seed| *seed += 1_000);
        }
        let found = compare(group(all, 2 * runs * k, runs), new);
        alarms += usize::from(found.pairs[0].rows.iter().any(is_found));
        open += found.pairs[0].rows.iter().filter(|row| row.verdict == Change::CannotTell).count();
        rows += found.pairs[0].rows.len();
    }
    let open = 100.0 * open as f64 / rows as f64;
    println!("paired {is_paired}, {runs} runs: {alarms} of {comparisons}; {open:.0} % cannot tell");
}

/// Of how many comparisons of 20 pairs in which one metric is off by one standard deviation of a pair's difference that
/// metric is found.
#[expect(clippy::print_stdout, reason = "its figures are for people")]
fn power(all: &Table) {
    let mut power: BTreeMap<bool, (usize, usize)> = BTreeMap::new();
    for k in 0..RUNS / 40 {
        let sides = [group(all, 40 * k, 20), group(all, 40 * k + 20, 20)];
        let rows = compare(sides[0].clone(), sides[1].clone()).pairs.remove(0).rows;
        let metrics: Vec<(String, bool)> =
            rows.into_iter().map(|row| (row.metric.clone(), leads(&row.metric))).collect();
        let columns: Vec<Column> =
            metrics.iter().map(|(metric, leads)| column(&sides, metric, *leads)).collect();
        // One metric after the other is off.
        for place in (k % columns.len()..columns.len()).step_by(8) {
            let known = |values: &[Option<f64>]| values.iter().flatten().copied().collect::<Vec<f64>>();
            let difference = paired(&known(&columns[place].old), &known(&columns[place].new));
            let Some(variance) = difference.and_then(|of| of.variance).filter(|of| *of > 0.0) else {
                continue;
            };
            let mut columns = columns.clone();
            columns[place].new.iter_mut().flatten().for_each(|value| *value += variance.sqrt());
            let is_found =
                test(Design::Paired, &columns, 2_000)[place].is_some_and(|of| of.adjusted <= LEVEL);
            let of = power.entry(metrics[place].1).or_default();
            *of = (of.0 + usize::from(is_found), of.1 + 1);
        }
    }
    for (leads, (found, of)) in power {
        println!("20 pairs, one sd, leads {leads}: {found} of {of}");
    }
}

/// Whether `metric` stands for its family.
fn leads(metric: &str) -> bool {
    find(metric).is_ok_and(|meaning| !matches!(meaning.family, Some((Role::Of, _))))
}

/// The values of `metric` in all runs, as a comparison has them.
fn column(sides: &[Side; 2], metric: &str, leads: bool) -> Column {
    let [old, new] = sides.each_ref().map(|side| {
        (0..side.table.runs()).map(|row| side.table.value(metric, row)).collect::<Vec<Option<f64>>>()
    });
    Column { old, new, share: if leads { 1.0 } else { FOLLOWER } }
}
