//! What is drawn of runs on two backends, read from the tables in their folders.

use std::collections::BTreeMap;
use std::path::Path;

use floodnet_lab::ensemble::side::Side;
use floodnet_plot::RunGroup;
use floodnet_sim::read::{Column, Columns, Further, Heading, Kind, ReadError, Record, open};

/// Messages are counted together in so many parts of the time.
const PARTS: f64 = 60.0;
/// Points of a mean latency curve per power of ten.
const PER_DECADE: f64 = 60.0;

/// A column that `sim-cli` wrote, whose cells are never blank.
const fn written(name: &'static str) -> Column {
    Column { name, also: &[], blank: "a cell is blank that is none as it was written", help: AGAIN }
}
const AGAIN: &str = "make the run again: this table is not as it was written";

/// What is read of `messages.csv`.
const MESSAGES: Kind = Kind {
    columns: &[written("at_s"), written("counted"), written("receivers"), written("delivered")],
    heading: Heading::Required,
    further: Further::Named,
    help: AGAIN,
};

struct Message {
    at_s: f64,
    counted: bool,
    receivers: u64,
    delivered: u64,
}

fn message(record: &Record<'_>) -> Result<Message, ReadError> {
    Ok(Message {
        at_s: record.decimal(0)?,
        counted: record.word(1, &["false", "true"])? == 1,
        receivers: record.whole(2)?,
        delivered: record.whole(3)?,
    })
}

/// What is read of `latency.csv`.
const LATENCIES: Kind = Kind {
    columns: &[written("ms"), written("share")],
    heading: Heading::Required,
    further: Further::Named,
    help: AGAIN,
};

fn point(record: &Record<'_>) -> Result<(f64, f64), ReadError> {
    Ok((record.decimal(0)?, record.decimal(1)?))
}

/// Delivery over the time of publishing, of each run and in the mean.
///
/// # Errors
/// A table cannot be read; says which.
pub fn delivery(name: &str, side: &Side) -> Result<RunGroup, String> {
    let mut runs = Vec::new();
    for folder in &side.folders {
        runs.push(rows(&MESSAGES, &folder.join("messages.csv"), message)?);
    }
    let messages = || runs.iter().flatten().filter(|message| message.counted && message.receivers > 0);
    let last = messages().map(|message| message.at_s).fold(0.0, f64::max);
    let width = (last / PARTS).ceil().max(1.0);
    let line = |run: &Vec<Message>| {
        let mut parts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for message in run.iter().filter(|message| message.counted && message.receivers > 0) {
            let part = parts.entry((message.at_s / width) as u64).or_default();
            *part = (part.0 + message.delivered, part.1 + message.receivers);
        }
        let middle = |part: u64| (part as f64 + 0.5) * width;
        parts.into_iter().map(|(part, (got, of))| (middle(part), got as f64 / of as f64)).collect()
    };
    let lines: Vec<Vec<(f64, f64)>> = runs.iter().map(line).collect();
    let mut sums: BTreeMap<u64, (f64, u32)> = BTreeMap::new();
    for &(at, ratio) in lines.iter().flatten() {
        let sum = sums.entry((at / width) as u64).or_default();
        *sum = (sum.0 + ratio, sum.1 + 1);
    }
    let middle = |part: u64| (part as f64 + 0.5) * width;
    let mean = sums.into_iter().map(|(part, (sum, count))| (middle(part), sum / f64::from(count))).collect();
    Ok(RunGroup { name: name.to_owned(), runs: lines, mean })
}

/// Shares of pairs that were delivered within a time, of each run and in the mean.
///
/// # Errors
/// A table cannot be read; says which.
pub fn latency(name: &str, side: &Side) -> Result<RunGroup, String> {
    let mut runs = Vec::new();
    for folder in &side.folders {
        runs.push(rows(&LATENCIES, &folder.join("latency.csv"), point)?);
    }
    let all = || runs.iter().flatten().map(|point| point.0).filter(|ms| *ms > 0.0);
    let (low, high) = (all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max));
    let mut mean = Vec::new();
    if low <= high {
        let steps = ((high / low).log10() * PER_DECADE).ceil() as u32 + 1;
        for step in 0..=steps {
            let ms = low * 10_f64.powf(f64::from(step) / PER_DECADE);
            let reached = |run: &Vec<(f64, f64)>| {
                let before = run.partition_point(|point| point.0 <= ms);
                before.checked_sub(1).map_or(0.0, |last| run[last].1)
            };
            mean.push((ms, runs.iter().map(reached).sum::<f64>() / runs.len() as f64));
        }
    }
    Ok(RunGroup { name: name.to_owned(), runs, mean })
}

/// The rows of a table that a run wrote.
fn rows<T>(
    kind: &'static Kind,
    file: &Path,
    read: impl Fn(&Record<'_>) -> Result<T, ReadError>,
) -> Result<Vec<T>, String> {
    let opened = open(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let mut table = Columns::new(kind, opened);
    let mut rows = Vec::new();
    loop {
        match table.next().and_then(|record| record.as_ref().map(&read).transpose()) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return Ok(rows),
            Err(error) => return Err(error.of(file.display())),
        }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
