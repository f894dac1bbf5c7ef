//! `sim-cli hunt`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{fs, io};

use clap::Args;
use indicatif::ProgressBar;

use super::console::Console;
use super::files::{load, threads};
use super::progress::{bar, on_interrupt};
use super::{Failure, Overrides};
use crate::registry::Registry;
use floodnet_lab::hunt::{Change, Found, Hunt, Stage, Wish, by_wish, file};
use floodnet_lab::run::prepare;
use floodnet_scenario::{Scenario, units};

#[derive(Args, Debug)]
pub(super) struct HuntArgs {
    /// The scenario to start from
    pub(super) file: PathBuf,
    /// What to look for: a metric and a bound, such as "delivery_ratio < 0.99" or "cut_off_ms >= 30s"
    #[arg(long = "for", value_name = "METRIC OP VALUE")]
    pub(super) wish: String,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// Look with other seeds only: change no node, fault or churn before something is found
    #[arg(long)]
    pub(super) only_seeds: bool,
    /// How long to look and to make small, in time of this machine
    #[arg(long, value_name = "TIME", default_value = "1min")]
    pub(super) budget: String,
    /// Threads, 0 for one per core
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(super) jobs: u16,
    /// Folder of the scenario that is found, NAME-found.toml
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) out: PathBuf,
    /// Replace a scenario that was found before
    #[arg(long)]
    pub(super) force: bool,
}

pub(super) fn execute(args: &HuntArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let wish = Wish::parse(&args.wish).map_err(Failure::Usage)?;
    let budget: units::Duration = args
        .budget
        .parse()
        .map_err(|why: String| Failure::Usage(format!("--budget: {}", why.replace('\n', ": "))))?;
    let loaded = load(&args.file, &args.overrides, registry, console)?;
    prepare(&loaded.scenario, registry.lab()).map_err(|error| loaded.complain(&error))?;
    let start = Scenario { expect: Vec::new(), ..loaded.scenario };
    let target = args.out.join(format!("{}-found.toml", start.name));
    if target.exists() && !args.force {
        return Err(Failure::Usage(format!(
            "{} is there already: choose another folder with --out, or write --force to replace it",
            target.display()
        )));
    }
    let interrupted = on_interrupt();
    let stopped = || interrupted.load(Ordering::SeqCst);
    let budget = Duration::from_nanos(budget.as_nanos());
    let judge = by_wish(&wish, registry.lab());
    let hunt = Hunt::new(registry.lab(), &judge, threads(args.jobs), budget, &stopped);
    let spinner = spinner(console);
    let change = if args.only_seeds { Change::Seed } else { Change::All };
    let found = hunt.search(&start, change, |stage| spinner.set_message(describe(stage)));
    let Some(found) = found else {
        spinner.finish_and_clear();
        if stopped() {
            return Err(Failure::Interrupted);
        }
        console.result(&format!("not found in {} scenarios: {wish}\n", hunt.runs()));
        return Err(Failure::Expectation);
    };
    let first = describe_found(&found);
    let small = hunt.shrink(found, |stage| spinner.set_message(describe(stage)));
    spinner.finish_and_clear();
    let small = named(small, &start.name, &wish);
    let text = write(&target, &small, &wish, registry)?;
    console.result(&format!(
        "found  {wish}, in {} scenarios\n\n  first    {first}\n  small    {}\n\n{}\n",
        hunt.runs(),
        describe_found(&small),
        indented(&text)
    ));
    console.note(&format!("  written  {}", target.display()));
    console.note(&format!("  again    sim-cli run {}", target.display()));
    Ok(())
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

/// With a name of its own, and the expectation that it fails.
fn named(found: Found, name: &str, wish: &Wish) -> Found {
    let scenario = Scenario {
        name: format!("{name}-found"),
        about: String::new(),
        expect: vec![wish.opposite()],
        ..found.scenario
    };
    Found { scenario, ..found }
}

/// Writes the scenario, all or nothing, and gives its text.
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
    let beside: PathBuf = target.with_extension("toml.part");
    fs::write(&beside, format!("{head}{text}")).map_err(failed)?;
    fs::rename(&beside, target).map_err(failed)?;
    Ok(text)
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
