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
use floodnet_lab::hunt::{Found, Hunt, Stage, Variation, Wish, by_wish, file};
use floodnet_lab::run::folder::write_whole;
use floodnet_lab::run::prepare;
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
    /// Time limit for searching and shrinking (real time)
    #[arg(long, value_name = "TIME", default_value = "1min")]
    pub(super) budget: String,
    /// Number of threads (0: one per core)
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Folder for the scenario found (NAME-found.toml)
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
        let start = Scenario { expect: Vec::new(), ..loaded.scenario };
        let target = self.out.join(format!("{}-found.toml", start.name));
        if target.exists() && !self.force {
            return Err(Failure::Usage(format!(
                "{} exists: use --force to replace it, or another --out",
                target.display()
            )));
        }
        let interrupted = on_interrupt();
        let stopped = || interrupted.load(Ordering::SeqCst);
        let budget = Duration::from_nanos(budget.as_nanos());
        let judge = by_wish(&wish, cx.registry.lab());
        let hunt = Hunt::new(cx.registry.lab(), &judge, threads(self.jobs), budget, &stopped);
        let spinner = spinner(cx.console);
        let change = if self.only_seeds { Variation::Seed } else { Variation::All };
        let found = hunt.search(&start, change, |stage| spinner.set_message(describe(stage)));
        let Some(found) = found else {
            spinner.finish_and_clear();
            if stopped() {
                cx.console.note(&format!("  interrupted: not found in {} scenarios", hunt.runs()));
                return Err(Failure::Interrupted);
            }
            cx.console.result(&format!("not found in {} scenarios: {wish}\n", hunt.runs()));
            return Err(Failure::Expectation);
        };
        // What is left of the time goes into shrinking.
        let first = describe_found(&found);
        let small = hunt.shrink(found, |stage| spinner.set_message(describe(stage)));
        spinner.finish_and_clear();
        let small = named(small, &start.name, &wish);
        let text = write(&target, &small, &wish, cx.registry)?;
        cx.console.result(&format!(
            "found  {wish}, in {} scenarios\n\n  first    {first}\n  small    {}\n\n{}\n",
            hunt.runs(),
            describe_found(&small),
            indented(&text)
        ));
        cx.console.note(&format!("  written  {}", target.display()));
        cx.console.note(&format!("  again    sim-cli run {}", target.display()));
        Ok(())
    }
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

/// The found scenario with a name of its own, and the expectation that it fails.
fn named(found: Found, name: &str, wish: &Wish) -> Found {
    let scenario = Scenario {
        name: format!("{name}-found"),
        about: String::new(),
        expect: vec![wish.opposite()],
        ..found.scenario
    };
    Found { scenario, ..found }
}

/// Writes the scenario completely or not at all, and returns its text.
fn write(target: &Path, found: &Found, wish: &Wish, registry: &Registry) -> Result<String, Failure> {
    let text = file::short(&found.scenario, registry.tables());
    let head = format!(
        "# Found by: sim-cli hunt --for \"{wish}\". Here {}.\n# Run it with: sim-cli run {}\n",
        found.what,
        target.display()
    );
    let failed = |error: io::Error| Failure::Failed(format!("cannot write {}: {error}", target.display()));
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    write_whole(target, format!("{head}{text}")).map_err(failed)?;
    Ok(text)
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
