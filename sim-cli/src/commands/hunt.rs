//! `sim-cli hunt`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{fs, io};

use clap::Parser;
use indicatif::ProgressBar;

use super::args::Overrides;
use super::command_trait::{Command, Context};
use super::console::Console;
use super::failure::Failure;
use super::files::{load, threads};
use super::progress::{bar, on_interrupt};
use crate::registry::Registry;
use floodnet_lab::hunt::cause::{Cause, Causes, Ingredient, words};
use floodnet_lab::hunt::{Found, Hunt, Stage, Variation, Wish, by_wish, file};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::simulate::prepare;
use floodnet_scenario::{Scenario, units};

/// Search for a run in which something goes wrong, and shrink its scenario
#[derive(Parser, Debug)]
pub(super) struct HuntArgs {
    /// The scenario to start from
    pub(super) file: PathBuf,
    /// What to look for: a metric and a bound, e.g. "delivery_ratio < 0.99" or "cut_off_ms >= 30s"
    #[arg(long = "for", value_name = "METRIC OP VALUE")]
    pub(super) wish: String,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// Search by changing only the seed
    #[arg(long)]
    pub(super) only_seeds: bool,
    /// Keep these while searching and shrinking: churn, link.loss, fault, or kinds of faults such as partition
    #[arg(long, value_name = "LIST")]
    pub(super) keep: Option<String>,
    /// Time limit for searching and shrinking (real time)
    #[arg(long, value_name = "TIME", default_value = "1min")]
    pub(super) budget: String,
    /// Number of threads (0: one per core)
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Folder for the first scenario found (NAME-first.toml) and the smallest (NAME-found.toml)
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) out: PathBuf,
    /// Replace a scenario found before
    #[arg(long)]
    pub(super) force: bool,
}

impl Command for HuntArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let wish = Wish::parse(&self.wish).map_err(Failure::Usage)?;
        let budget: units::Duration = self
            .budget
            .parse()
            .map_err(|why: String| Failure::Usage(format!("--budget: {}", why.replace('\n', ": "))))?;
        let loaded = load(&self.file, &self.overrides, cx)?;
        prepare(&loaded.scenario, cx.registry.lab()).map_err(|error| loaded.complain(&error))?;
        // The expectations of the file do not count: the search has its own.
        let start = Scenario { expect: Vec::new(), reach: Vec::new(), ..loaded.scenario };
        let keep = Ingredient::list(self.keep.as_deref().unwrap_or_default(), &start)
            .map_err(|why| Failure::Usage(format!("--keep: {why}")))?;
        let files = Files::free(&self.out, &start.name, self.force)?;
        let interrupted = on_interrupt();
        let stopped = || interrupted.load(Ordering::SeqCst);
        let budget = Duration::from_nanos(budget.as_nanos());
        let judge = by_wish(&wish, cx.registry.lab());
        let hunt = Hunt::new(cx.registry.lab(), &judge, threads(self.jobs), budget, &stopped);
        let spinner = spinner(cx.console);
        let change = if self.only_seeds { Variation::Seed } else { Variation::All };
        let found = hunt.search(&start, change, &keep, |stage| spinner.set_message(describe(stage)));
        let Some(first) = found else {
            spinner.finish_and_clear();
            return Err(not_found(&wish, hunt.runs(), stopped(), cx.console));
        };
        // What was found first is kept, whatever comes of it.
        let write = |file, found: &Found, cause: &str| files.write(file, found, &wish, cause, cx.registry);
        write("first", &first, "")?;
        // What is left of the time goes into its cause, and then into shrinking.
        spinner.set_message("found; looking for its cause");
        let causes = hunt.causes(&first, &keep);
        let small = hunt.shrink(causes.found.clone(), &causes.cause, |stage| {
            spinner.set_message(describe(stage));
        });
        spinner.finish_and_clear();
        let text = write("found", &small, &told(&causes))?;
        cx.console.result(&format!(
            "found  {wish}, in {} scenarios\n\n  first    {}\n{}  small    {}\n\n{}\n",
            hunt.runs(),
            describe_found(&first),
            listed(&causes),
            describe_found(&small),
            indented(&text)
        ));
        cx.console.note(&format!("  written  {}", files.path("first").display()));
        cx.console.note(&format!("  written  {}", files.path("found").display()));
        cx.console.note(&format!("  again    sim-cli run {}", files.path("found").display()));
        Ok(())
    }
}

/// Says that nothing was found, and whether the user ended it.
fn not_found(wish: &Wish, runs: u64, is_interrupted: bool, console: &Console) -> Failure {
    if is_interrupted {
        console.note(&format!("  interrupted: not found in {runs} scenarios"));
        return Failure::Interrupted;
    }
    console.result(&format!("not found in {runs} scenarios: {wish}\n"));
    Failure::Expectation
}

/// The cause in words.
fn told(causes: &Causes) -> String {
    let Cause { has, needed, .. } = &causes.cause;
    let not_needed: Vec<Ingredient> = has.iter().filter(|of| !needed.contains(of)).copied().collect();
    match (causes.is_complete, not_needed.is_empty()) {
        (false, _) => format!("{}, as no time was left to look for less", words(has)),
        (true, true) => words(has),
        (true, false) => format!("{}; it goes wrong without {} as well", words(has), words(&not_needed)),
    }
}

/// The cause, and the others that would do.
fn listed(causes: &Causes) -> String {
    let mut text = format!("  cause    {}\n", told(causes));
    for other in &causes.others {
        let keep: Vec<String> = other.iter().map(ToString::to_string).collect();
        let hint = if keep.is_empty() { String::new() } else { format!("   (--keep {})", keep.join(",")) };
        let _ = writeln!(text, "  or       {}{hint}", words(other));
    }
    text
}

fn spinner(console: &Console) -> ProgressBar {
    let spinner = bar(None, "  {spinner} {msg}  {elapsed}", console);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

fn describe(stage: Stage<'_>) -> String {
    match stage {
        Stage::Tried(count) => format!("{count} scenarios tried"),
        Stage::Smaller(found) => format!("found; smaller: {}", describe_found(found)),
    }
}

fn describe_found(found: &Found) -> String {
    let Scenario { nodes, duration, faults, churn, traffic, seed, .. } = &found.scenario;
    let mut text = nodes.count.map(|count| format!("{count} nodes, ")).unwrap_or_default();
    let _ = write!(text, "{duration}, {}, ", counted(faults.len(), "fault"));
    text.push_str(if churn.is_some() { "churn, " } else { "no churn, " });
    let _ = write!(text, "{} of messages, seed {seed}: {}", counted(traffic.len(), "stream"), found.what);
    text
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Where the scenarios go that are found.
struct Files<'a> {
    folder: &'a Path,
    /// The name of the scenario that the hunt began with.
    name: &'a str,
}

impl<'a> Files<'a> {
    /// The files, if none is there yet or they may be replaced.
    fn free(folder: &'a Path, name: &'a str, force: bool) -> Result<Self, Failure> {
        let files = Self { folder, name };
        let there = ["first", "found"].map(|file| files.path(file)).into_iter().find(|path| path.exists());
        match there.filter(|_| !force) {
            Some(path) => Err(Failure::Usage(format!(
                "{} exists: use --force to replace it, or another --out",
                path.display()
            ))),
            None => Ok(files),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{}-{file}.toml", self.name))
    }

    /// Writes the scenario with a name of its own, and the expectation that it fails, completely or not at all.
    /// Gives its text.
    fn write(
        &self,
        file: &str,
        found: &Found,
        wish: &Wish,
        cause: &str,
        registry: &Registry,
    ) -> Result<String, Failure> {
        let target = self.path(file);
        let scenario = Scenario {
            name: format!("{}-{file}", self.name),
            about: String::new(),
            expect: vec![wish.opposite()],
            ..found.scenario.clone()
        };
        // Whoever finds the file later learns from its head where it came from and how to run it.
        let text = file::short(&scenario, registry.tables());
        let cause = if cause.is_empty() { String::new() } else { format!("# Cause: {cause}.\n") };
        let head = format!(
            "# Found by: sim-cli hunt --for \"{wish}\". Here {}.\n{cause}# Run it with: sim-cli run {}\n",
            found.what,
            target.display()
        );
        let failed = |error: io::Error| Failure::unwritable(&target, &error);
        if !self.folder.as_os_str().is_empty() {
            fs::create_dir_all(self.folder).map_err(failed)?;
        }
        write_whole(&target, format!("{head}{text}")).map_err(failed)?;
        Ok(text)
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
