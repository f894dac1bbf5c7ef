//! `sim-cli bisect`

mod report;

use std::path::PathBuf;

use clap::Parser;

use self::report::Report;
use crate::commands::args::{Format, Overrides, key_value, percentage};
use crate::commands::command_trait::{Command, Context};
use crate::commands::failure::Failure;
use crate::commands::files::{Loaded, load, threads};
use crate::commands::progress::{UntilInterrupt, bar};
use floodnet_lab::bisect::range::Range;
use floodnet_lab::bisect::{Answer, Settings, bisect};
use floodnet_lab::ensemble::{run_each, seed};
use floodnet_lab::hunt::Wish;
use floodnet_lab::run::Ran;
use floodnet_lab::simulate::prepare;
use floodnet_scenario::Scenario;
use floodnet_text::format::{number, plural};

/// Find the value of a key from which on runs go wrong, with an interval
#[derive(Parser, Debug)]
#[command(
    after_help = "The answer needs runs that go wrong more and more often (or less and less) over the range.\n\
                  Exit codes: 0 found; 3 no turn: the runs go wrong at both ends of the range, or at none; 5 too few \
                  runs to tell at an end of the range, or for --within. The others are those of all commands."
)]
pub(super) struct BisectArgs {
    /// The scenario
    pub(super) file: PathBuf,
    /// The key to change, and its range, e.g. link.loss=0..0.2 or traffic.0.every=10ms..1s
    #[arg(long, value_name = "KEY=FROM..TO", value_parser = key_value)]
    pub(super) over: (String, String),
    /// What goes wrong in a run: a metric and a bound, e.g. "delivery_ratio < 0.99"
    #[arg(long = "for", value_name = "METRIC OP VALUE")]
    pub(super) wish: String,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// The turn is where this share of the runs goes wrong
    #[arg(long, value_name = "SHARE", default_value = "50%", value_parser = percentage)]
    pub(super) share: f64,
    /// The interval holds the turn with this probability at least
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = percentage)]
    pub(super) confidence: f64,
    /// The interval must not be wider than this, in units of the range (exit code 5 if it is)
    #[arg(long, value_name = "WIDTH")]
    pub(super) within: Option<f64>,
    /// Runs at a value before the first look; then twice as many, until they decide
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: u32,
    /// Maximum runs at a value
    #[arg(long, value_name = "N", default_value_t = 192, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) max_runs: u32,
    /// Number of parallel runs (0: one per core); the results do not depend on it
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Values closer than this share of the range are not told apart, unless --within asks for it.
const STEP: f64 = 1.0 / 64.0;

impl Command for BisectArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let wish = Wish::parse(&self.wish).map_err(Failure::Usage)?;
        let usage = |why: String| Failure::Usage(format!("--over: {why}"));
        let range = Range::parse(&self.over.1).map_err(usage)?;
        let axis = Axis::of(self, range, cx)?;
        let settings = self.settings(&axis)?;
        let until = UntilInterrupt::new();
        let spinner = bar(None, "  {spinner} {msg}  {elapsed}", cx.console);
        let mut without_value = 0;
        // A run without a value of the metric does not meet the wish; how many there were is told at the end.
        let count = |at: f64, first: u32, end: u32| {
            let loaded = axis.load(at, cx)?;
            let seeds: Vec<u64> = (first..end).map(|run| seed(loaded.scenario.seed, run)).collect();
            let keep = |_, _: &Scenario, ran: Ran| {
                let summary = ran.finished.map(|finished| finished.results.summary)?;
                Some((wish.value(&summary).is_some(), wish.is_met(&summary).is_some()))
            };
            let ran =
                run_each(&loaded.scenario, cx.registry.lab(), &seeds, threads(self.jobs), &until, &keep)
                    .map_err(|failed| loaded.complain(&failed.why))?;
            let ran: Option<Vec<(bool, bool)>> = ran.into_iter().map(Option::flatten).collect();
            let ran = ran.ok_or(Failure::Interrupted)?;
            without_value += ran.iter().filter(|(has_value, _)| !has_value).count();
            Ok(u32::try_from(ran.iter().filter(|(_, is_met)| *is_met).count()).unwrap_or(u32::MAX))
        };
        let mut done = Vec::new();
        let searched = bisect(&settings, (axis.range.from, axis.range.to), count, |point| {
            spinner.set_message(format!(
                "{} tried, last {}",
                plural(done.len() + 1, "value"),
                axis.words(point.at)
            ));
            done.push(*point);
        });
        spinner.finish_and_clear();
        let found = searched.inspect_err(|failure| {
            if matches!(failure, Failure::Interrupted) {
                cx.console.note(&format!("  interrupted: {} tried", plural(done.len(), "value")));
            }
        })?;
        let report = Report { axis: &axis, wish: &wish, settings: &settings, found: &found };
        match self.format {
            Format::Json => cx.console.result(&report.to_json()),
            Format::Text => cx.console.result(&report.to_text()),
        }
        if without_value > 0 {
            let runs = plural(without_value, "run");
            cx.console
                .note(&format!("  {} has no value in {runs}: that counts as not {wish}", wish.metric()));
        }
        self.judge(&report, cx)
    }
}

impl BisectArgs {
    fn settings(&self, axis: &Axis<'_>) -> Result<Settings, Failure> {
        let is_inside = |value: f64| 0.0 < value && value < 1.0;
        if !is_inside(self.share) || !is_inside(self.confidence) {
            return Err(Failure::Usage("--share and --confidence must lie between 0 % and 100 %".to_owned()));
        }
        if self.within.is_some_and(|within| within.is_nan() || within <= 0.0) {
            return Err(Failure::Usage("--within must be positive".to_owned()));
        }
        let width = axis.range.to - axis.range.from;
        let step = self.within.map_or(width * STEP, |within| (within / 4.0).min(width * STEP));
        let step = if axis.is_whole { step.max(1.0).floor() } else { step.max(width * 1e-6) };
        let Self { share, confidence, runs, max_runs, .. } = *self;
        if max_runs < runs {
            return Err(Failure::Usage("--max-runs must not be below --runs".to_owned()));
        }
        Ok(Settings { share, confidence, first: runs, most: max_runs, step, is_whole: axis.is_whole })
    }

    /// Whether the answer is what was asked for.
    fn judge(&self, report: &Report<'_>, cx: &Context<'_>) -> Result<(), Failure> {
        match report.found.answer {
            Answer::Between { low, high, .. } => match self.within.filter(|&within| high - low > within) {
                Some(within) => {
                    cx.console.error(&format!(
                        "the interval is {} wide, not {}: allow more runs with --max-runs",
                        report.axis.words(high - low),
                        report.axis.words(within)
                    ));
                    Err(Failure::Undecided)
                }
                None => Ok(()),
            },
            Answer::Same(_) => Err(Failure::Expectation),
            Answer::OpenEnd(_) => Err(Failure::Undecided),
        }
    }
}

/// The key that changes, in its scenario.
struct Axis<'a> {
    args: &'a BisectArgs,
    pub(super) key: &'a str,
    pub(super) range: Range,
    /// Whether the key takes whole numbers only.
    is_whole: bool,
}

impl<'a> Axis<'a> {
    /// Reads the scenario at both ends and between: what cannot be run is told before anything is run.
    fn of(args: &'a BisectArgs, range: Range, cx: &Context<'_>) -> Result<Self, Failure> {
        let (from, to) = (range.from, range.to);
        let mut axis = Self { args, key: &args.over.0, range, is_whole: false };
        if args.file.as_os_str() == "-" {
            return Err(Failure::Usage(
                "bisect reads the scenario for each value: write it to a file".to_owned(),
            ));
        }
        for end in [from, to] {
            let loaded = axis.load(end, cx)?;
            prepare(&loaded.scenario, cx.registry.lab()).map_err(|error| loaded.complain(&error))?;
        }
        // A value that is surely no whole number: a key that refuses it takes whole numbers.
        let between = from.floor() + 0.5;
        let between = if from < between && between < to { between } else { f64::midpoint(from, to) };
        axis.is_whole = from.fract() == 0.0 && to.fract() == 0.0 && axis.load(between, cx).is_err();
        Ok(axis)
    }

    /// The value as the scenario gets it.
    fn value(&self, at: f64) -> String {
        self.range.value(if self.is_whole { at.round() } else { at })
    }

    /// A value for people.
    fn words(&self, at: f64) -> String {
        self.range.value(number(at, 5).parse().unwrap_or(at))
    }

    /// The scenario with this value.
    fn load(&self, at: f64, cx: &Context<'_>) -> Result<Loaded, Failure> {
        let Overrides { seed, set } = &self.args.overrides;
        let own = (self.key.to_owned(), self.value(at));
        let set = set.iter().cloned().chain([own]).collect();
        let loaded = load(&self.args.file, &Overrides { seed: seed.clone(), set }, cx)?;
        // The expectations of the file do not count: the search has its own.
        Ok(loaded.expecting_nothing())
    }
}
