//! `sim-cli compare`

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use super::args::{Overrides, key_value, percentage};
use super::command_trait::{Command, Context};
use super::console::Console;
use super::failure::Failure;
use super::files::{Loaded, load, threads};
use super::picture_style_args::PictureArgs;
use super::progress::Crowd;
use crate::views::compare as curves;
use floodnet_lab::compare::backends::{Backends, Bound};
use floodnet_lab::compare::{self, Comparison};
use floodnet_lab::ensemble::side::Side;
use floodnet_lab::ensemble::{self, config};
use floodnet_lab::run::Ran;
use floodnet_lab::run::folder::write_whole;
use floodnet_measure::metrics::find;
use floodnet_plot::{overlaid_delivery, overlaid_latency};
use floodnet_scenario::Scenario;

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComparisonFormat {
    Text,
    Json,
    Markdown,
    Junit,
}

/// Compare two results, or two scenarios: what differs beyond chance, and what got worse
#[derive(Parser, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing is found to be worse; 3 something is (of two backends: a bound is not \
                        shown to hold); 5 the runs are too few to find anything. The others are those of all commands."
)]
pub(super) struct CompareArgs {
    /// Baseline: folder of results, or a scenario to run now: a file, a built-in name or - for standard input
    pub(super) base: PathBuf,
    /// What to compare with it: folder or scenario
    pub(super) new: PathBuf,
    /// Runs of each scenario, with the same seeds for both
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: u32,
    /// Seed of run 0 of both scenarios [default: the seed of BASE]
    #[arg(long, value_name = "SEED")]
    pub(super) seed: Option<u64>,
    /// Override a key in both scenarios (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) set: Vec<(String, String)>,
    /// Override a key in NEW only (may be repeated)
    #[arg(long = "set-new", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) set_new: Vec<(String, String)>,
    /// Compare only these metrics, e.g. delivery_ratio (may be repeated)
    #[arg(short, long = "metric", value_name = "METRIC")]
    pub(super) metrics: Vec<String>,
    /// Ignore changes for the worse that are smaller than this, e.g. 5%; and changes within it are no difference
    /// [default: any change may be worse; within 5% (of shares, one point) is no difference]
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    pub(super) threshold: Option<f64>,
    /// For two backends: how far the simulator may be off, e.g. latency_ms.p50=5%,5ms or delivery_ratio=1pt
    /// (may be repeated)
    #[arg(long = "bound", value_name = "METRIC=BOUND", value_parser = Bound::parse)]
    pub(super) bounds: Vec<Bound>,
    /// For two backends: folder for the report (backends.md, backends.json) and pictures
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Number of parallel runs (0: one per core)
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Text)]
    pub(super) format: ComparisonFormat,
}

/// The origin of a side.
enum Source {
    Results(Vec<Side>),
    Scenario(Box<Loaded>),
}

impl Command for CompareArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        for metric in &self.metrics {
            find(metric).map_err(|unknown| Failure::Usage(unknown.to_string()))?;
        }
        if [&self.base, &self.new].iter().all(|side| side.as_os_str() == "-") {
            return Err(Failure::Usage("standard input can be read once: only one side can be -".to_owned()));
        }
        let base = open(&self.base, self.set.clone(), cx)?;
        let set_new = self.set.iter().chain(&self.set_new).cloned().collect();
        let new = open(&self.new, set_new, cx)?;
        if matches!((&base, &new), (Source::Results(_), Source::Results(_))) && !self.set.is_empty()
            || matches!(new, Source::Results(_)) && !self.set_new.is_empty()
        {
            return Err(Failure::Usage(
                "--set works only with scenarios, not with finished results".to_owned(),
            ));
        }
        // Both sides run with the same seeds, so that runs can be compared in pairs.
        let seeds = seeds(self, &base, &new);
        let base = runs("BASE", base, &seeds, self, cx)?;
        let new = runs("NEW", new, &seeds, self, cx)?;
        if let ([one], [other]) = (base.as_slice(), new.as_slice())
            // Runs on two kinds of sockets are compared like any others.
            && one.backend.is_some() != other.backend.is_some()
        {
            return backends(self, one, other, cx.console);
        }
        if !self.bounds.is_empty() || self.out.is_some() {
            return Err(Failure::Usage(
                "--bound and --out compare the simulator with sockets, but both sides are of one kind"
                    .to_owned(),
            ));
        }
        let comparison =
            Comparison::of(&base, &new, &self.metrics, self.threshold).map_err(Failure::Usage)?;
        let text = match self.format {
            ComparisonFormat::Text if cx.console.is_quiet() => String::new(),
            ComparisonFormat::Text => comparison.to_text(cx.console.is_verbose()),
            ComparisonFormat::Json => comparison.to_json(),
            ComparisonFormat::Markdown => comparison.to_markdown(),
            ComparisonFormat::Junit => comparison.to_junit().map_err(Failure::Failed)?,
        };
        cx.console.result(&text);
        no_regression(&comparison, cx)?;
        // Single runs that a threshold judges were asked about their values alone.
        if comparison.is_untold() && !(self.threshold.is_some() && comparison.is_single()) {
            cx.console.error(&comparison.conclusion());
            return Err(Failure::Undecided);
        }
        Ok(())
    }
}

/// Fails and names the first metrics that got worse, if any did.
fn no_regression(comparison: &Comparison, cx: &Context<'_>) -> Result<(), Failure> {
    let worse: Vec<String> = comparison
        .regressions()
        .map(|(pair, row)| match pair.cell.as_str() {
            "" => row.metric.clone(),
            cell => format!("{} at {cell}", row.metric),
        })
        .collect();
    if worse.is_empty() {
        return Ok(());
    }
    let (first, rest) = worse.split_at(worse.len().min(5));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    cx.console.error(&format!("worse than before: {}{more}", first.join(", ")));
    Err(Failure::Expectation)
}

/// Compares the simulator with another backend.
fn backends(args: &CompareArgs, one: &Side, other: &Side, console: &Console) -> Result<(), Failure> {
    if !args.metrics.is_empty() || args.threshold.is_some() || args.format == ComparisonFormat::Junit {
        return Err(Failure::Usage(
            "these results are from two backends: use --bound; output is text, markdown or json".to_owned(),
        ));
    }
    // A bound of the user replaces the default for the same metric.
    let mut bounds = Bound::defaults();
    for bound in &args.bounds {
        bounds.retain(|old| old.metric != bound.metric);
        bounds.push(bound.clone());
    }
    let backends = Backends::of(one, other, &bounds).map_err(Failure::Usage)?;
    let text = match args.format {
        ComparisonFormat::Text if console.is_quiet() => String::new(),
        ComparisonFormat::Text | ComparisonFormat::Junit => backends.to_text(),
        ComparisonFormat::Json => backends.to_json(),
        ComparisonFormat::Markdown => backends.to_markdown(),
    };
    console.result(&text);
    if let Some(out) = &args.out {
        let mut sides = [one, other];
        sides.sort_by_key(|side| side.backend.is_some());
        draw(out, &backends, sides, &args.pictures).map_err(Failure::Failed)?;
        console.note(&format!("  results  {}", out.display()));
    }
    let open: Vec<&str> = backends.open().map(|row| row.metric.as_str()).collect();
    if open.is_empty() {
        return Ok(());
    }
    console.error(&format!("not proven to be within bounds: {}", open.join(", ")));
    Err(Failure::Expectation)
}

/// Writes the report and both pictures into `out`.
fn draw(
    out: &Path,
    backends: &Backends,
    [sim, real]: [&Side; 2],
    pictures: &PictureArgs,
) -> Result<(), String> {
    let name =
        |backend: &str, runs: usize| format!("{backend}, {}", floodnet_text::format::plural(runs, "run"));
    let names = [name("sim", backends.runs.0), name(&backends.backend, backends.runs.1)];
    let delivery = [curves::delivery(&names[0], sim)?, curves::delivery(&names[1], real)?];
    let latency = [curves::latency(&names[0], sim)?, curves::latency(&names[1], real)?];
    let title = |what: &str| format!("{what} in the simulator and on {}", backends.backend);
    let style = pictures.style();
    let files = [
        pictures.file("delivery.png", &overlaid_delivery(&title("Delivery"), &delivery, &style)),
        pictures.file("latency.png", &overlaid_latency(&title("Latency"), &latency, &style)),
        ("backends.md".to_owned(), backends.to_markdown().into_bytes()),
        ("backends.json".to_owned(), backends.to_json().into_bytes()),
    ];
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", out.display());
    std::fs::create_dir_all(out).map_err(failed)?;
    files.into_iter().try_for_each(|(file, bytes)| write_whole(&out.join(file), bytes)).map_err(failed)
}

/// Reads finished results, or a scenario to run.
fn open(path: &Path, set: Vec<(String, String)>, cx: &Context<'_>) -> Result<Source, Failure> {
    if path.is_dir() {
        return compare::read(path).map(Source::Results).map_err(Failure::Failed);
    }
    load(path, &Overrides { seed: None, set }, cx).map(|loaded| Source::Scenario(Box::new(loaded)))
}

/// The seeds of scenarios that run now: those of the results on the other side, so that they are paired, else
/// those of the first scenario for both.
fn seeds(args: &CompareArgs, base: &Source, new: &Source) -> Vec<u64> {
    let of_results = |source: &Source| match source {
        Source::Results(sides) => sides.first().map(|side| side.seeds.clone()),
        Source::Scenario(_) => None,
    };
    let first = match (base, new) {
        (Source::Scenario(loaded), _) | (_, Source::Scenario(loaded)) => loaded.scenario.seed,
        _ => 0,
    };
    let own = || ensemble::seeds(args.seed.unwrap_or(first), args.runs);
    match args.seed {
        Some(_) => own(),
        None => of_results(base).or_else(|| of_results(new)).unwrap_or_else(own),
    }
}

/// The runs of a side; a scenario is run now.
fn runs(
    side: &str,
    source: Source,
    seeds: &[u64],
    args: &CompareArgs,
    cx: &Context<'_>,
) -> Result<Vec<Side>, Failure> {
    let loaded = match source {
        Source::Results(sides) => return Ok(sides),
        Source::Scenario(loaded) => loaded,
    };
    let scenario = &loaded.scenario;
    let crowd = Crowd::new(seeds.len(), scenario.duration.after_start(), cx.console);
    let keep = |_, _: &Scenario, ran: Ran| ran.finished.map(|of| of.results.summary.to_json());
    let ran = ensemble::run_each(scenario, cx.registry.lab(), seeds, threads(args.jobs), &crowd, &keep);
    crowd.finish();
    let ran = ran.map_err(|failed| loaded.complain(&failed.why))?;
    let texts: Vec<String> = ran.into_iter().flatten().flatten().collect();
    // Fewer runs than asked for would be compared as if they were all.
    if crowd.is_interrupted() || texts.len() < seeds.len() {
        cx.console.note(&format!(
            "  interrupted: {} of {} runs of {side} ({}) were finished; nothing was compared, and nothing is kept",
            texts.len(),
            seeds.len(),
            scenario.name
        ));
        return Err(Failure::Interrupted);
    }
    let summaries = texts.iter().map(|text| (scenario.name.clone(), text.as_str()));
    let side = Side::of(&scenario.name, Some(config::keys(&scenario.to_resolved_toml())), summaries);
    Ok(vec![side.map_err(Failure::Failed)?])
}
