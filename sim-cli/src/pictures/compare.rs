//! What is drawn of runs on two backends, read from the tables in their folders.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use floodnet_lab::ensemble::side::Side;
use floodnet_plot::RunGroup;

/// Messages are counted together in so many parts of the time.
const PARTS: f64 = 60.0;
/// Points of a mean latency curve per power of ten.
const PER_DECADE: f64 = 60.0;

#[derive(Deserialize)]
struct Message {
    at_s: f64,
    counted: bool,
    receivers: u64,
    delivered: u64,
}

#[derive(Deserialize)]
struct Point {
    ms: f64,
    share: f64,
}

/// Delivery over the time of publishing, of each run and in the mean.
///
/// # Errors
/// A table cannot be read; says which.
pub fn delivery(name: &str, side: &Side) -> Result<RunGroup, String> {
    let mut runs = Vec::new();
    for folder in &side.folders {
        runs.push(read::<Message>(&folder.join("messages.csv"))?);
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
        let points = read::<Point>(&folder.join("latency.csv"))?;
        runs.push(points.into_iter().map(|point| (point.ms, point.share)).collect::<Vec<_>>());
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

fn read<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, String> {
    let failed = |error: csv::Error| format!("{}: {error}", file.display());
    let mut reader = csv::Reader::from_path(file).map_err(failed)?;
    reader.deserialize().collect::<Result<_, _>>().map_err(failed)
}
