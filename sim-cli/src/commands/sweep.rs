//! `sim-cli sweep`

use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::{Format, percentage};
use super::command_trait::{Command, Context};
use super::console::Console;
use super::emit::EmitOptions;
use super::failure::Failure;
use super::files::{invalid, threads};
use super::memory::MemoryOptions;
use super::partition::Partition;
use super::picture_style_args::PictureArgs;
use super::progress::Crowd;
use crate::views::sweep as views;
use floodnet_lab::sweep::index::{Index, Rule, Wrong};
use floodnet_lab::sweep::output::{Outcome, Wide};
use floodnet_lab::sweep::plan::SweepPlan;
use floodnet_lab::sweep::run::{Maker, Missing, Part, Stopped};
use floodnet_lab::sweep::store::Store;
use floodnet_lab::target::{Kind, kind_of};
use floodnet_scenario::{Diagnostics, Scenario};
use floodnet_text::format;

/// Run a parameter sweep, many seeds per cell; can be stopped and resumed
#[derive(Parser, Debug)]
#[command(
    after_help = "Exit codes: 0 all cells have their runs; 5 --until-ci was not reached with --max-runs runs. \
                        The others are those of all commands."
)]
pub(super) struct SweepArgs {
    /// The sweep plan: a scenario, values for its keys, how many runs
    pub(super) plan: PathBuf,
    /// Run only part K of N, e.g. 2/7; `merge` joins the parts. `auto/N` takes K from the batch system
    #[arg(long, value_name = "K/N|auto[/N]", value_parser = Partition::parse)]
    pub(super) partition: Option<Partition>,
    /// Runs per cell [default: as in the plan]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: Option<u32>,
    /// Add runs until half the interval of the first metric is at most this share of its mean, e.g. 0.5%
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    pub(super) until_ci: Option<f64>,
    /// Maximum runs per cell with --until-ci
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "until_ci")]
    pub(super) max_runs: u32,
    /// Output folder [default: runs/sweep-NAME]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Number of parallel runs (0: one per core); the results do not depend on it
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    #[command(flatten)]
    pub(super) pictures: PictureArgs,
    /// Check the plan and count its runs, but do not run
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) memory: MemoryOptions,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) batch: EmitOptions,
}

impl Command for SweepArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let plan = open_plan(&self.plan)?;
        let rule =
            Rule { runs: self.runs.unwrap_or(plan.runs), until_ci: self.until_ci, max_runs: self.max_runs };
        if rule.until_ci.is_some() && rule.runs < 2 {
            return Err(Failure::Usage(
                "--until-ci needs at least 2 runs, because one run has no interval".to_owned(),
            ));
        }
        let (index, scenarios) =
            Index::of(&plan, rule, cx.registry.lab()).map_err(|wrong| refuse(wrong, &self.plan))?;
        if !self.batch.is_asked() {
            let runs = scenarios.len() * index.rule.runs as usize;
            self.memory.check(&scenarios, (runs, self.jobs), cx)?;
        }
        if self.dry_run {
            cx.console.result(&counted(&index, &self.plan));
            return Ok(());
        }
        if self.batch.is_asked() {
            let read = (&index, &scenarios[..]);
            let part = (self.jobs, &self.pictures);
            return self.batch.execute((&self.plan, &plan), read, part, self.out.as_deref(), cx);
        }
        // The number of this task may come from the batch system, by its variables.
        let variable = |name: &str| std::env::var(name).ok();
        let part = self.partition.map_or(Ok(Part::ALL), |partition| partition.part(&variable));
        let part = part.map_err(Failure::Usage)?;
        let default = || Path::new("runs").join(format!("sweep-{}{}", plan.name, suffix(part)));
        let folder: PathBuf = self.out.clone().unwrap_or_else(default);
        let order = Order {
            index,
            scenarios,
            folder,
            part,
            jobs: self.jobs,
            format: self.format,
            pictures: Some(&self.pictures),
        };
        order.execute(cx)
    }
}

/// A sweep that is checked and can be made.
pub(super) struct Order<'a> {
    pub(super) index: Index,
    /// The scenario of each cell.
    pub(super) scenarios: Vec<Scenario>,
    pub(super) folder: PathBuf,
    pub(super) part: Part,
    /// As the option has it.
    pub(super) jobs: u16,
    pub(super) format: Format,
    /// How pictures look; none: they are not drawn.
    pub(super) pictures: Option<&'a PictureArgs>,
}

impl Order<'_> {
    /// Makes the runs that are missing, writes the results and prints them.
    pub(super) fn execute(self, cx: &Context<'_>) -> Result<(), Failure> {
        let Self { index, scenarios, folder, part, jobs, format, pictures } = self;
        // The folder keeps every finished run, so that the same command can go on later.
        let name = index.name.clone();
        let store = Store::create(&folder, index).map_err(Failure::Failed)?;
        let maker = Maker {
            store: &store,
            scenarios: &scenarios,
            part,
            jobs: threads(jobs),
            control: &(),
            protocols: cx.registry.lab(),
        };
        make(maker, &name, cx)?;
        tell(&store, format, pictures, cx.console)
    }
}

/// The failure for cells that cannot be run, of the sweep that stands in `file`.
pub(super) fn refuse(wrong: Wrong, file: &Path) -> Failure {
    match wrong {
        Wrong::Scenario(wrong) => invalid(&wrong),
        Wrong::Cells(why) => Failure::Usage(format!("{}: {why}", file.display())),
    }
}

/// How many cells and runs there are, on a line.
pub(super) fn counted(index: &Index, file: &Path) -> String {
    let cells = format::plural(index.cells.len(), "cell");
    let runs = format::plural(index.cells.len() * index.rule.runs as usize, "run");
    format!("{}: ok: {cells}, {runs}\n", file.display())
}

/// Makes the runs that the folder does not have yet, and shows the progress.
fn make(maker: Maker<'_, ()>, name: &str, cx: &Context<'_>) -> Result<(), Failure> {
    let Missing { missing, all } = maker.count();
    let longest = maker.scenarios.iter().map(|scenario| scenario.duration.after_start()).max();
    let crowd = Crowd::new(missing, longest.unwrap_or_default(), cx.console);
    let cells = format::plural(maker.store.index.cells.len(), "cell");
    let done = if missing < all { format!(", {} already done", all - missing) } else { String::new() };
    cx.console.note(&format!("{name}  {cells}, {}{done}", format::plural(all, "run")));
    let folder = maker.store.folder().display();
    let Maker { store, scenarios, part, jobs, protocols, .. } = maker;
    let made = Maker { store, scenarios, part, jobs, control: &crowd, protocols }.make();
    crowd.finish();
    made.map_err(|stopped| match stopped {
        Stopped::Interrupted => {
            cx.console.note(&format!(
                "  interrupted: finished runs are in {folder}; run the same command again to resume"
            ));
            Failure::Interrupted
        }
        Stopped::Scenario(cell, failed) => Failure::Usage(format!("{cell}: {}", failed.why)),
        Stopped::Write(error) => Failure::Failed(format!("cannot write to {folder}: {error}")),
    })
}

/// Writes and prints the results if all cells are complete, else says what is missing.
pub(super) fn tell(
    store: &Store,
    format: Format,
    pictures: Option<&PictureArgs>,
    console: &Console,
) -> Result<(), Failure> {
    let outcome = Outcome::of(store);
    let shown = store.folder().display();
    if outcome.is_complete() {
        outcome.write(store).map_err(Failure::Failed)?;
        // Merged parts draw as the whole does.
        if let Some(look) = pictures {
            for (name, picture) in views::draw(&outcome, &look.style()) {
                let (name, bytes) = look.file(&name, &picture);
                store.write(&name, bytes).map_err(Failure::Failed)?;
            }
        }
        match format {
            Format::Json => console.result(&outcome.to_json()),
            Format::Text if !console.is_quiet() => console.result(&outcome.to_text()),
            Format::Text => {}
        }
        console.note(&format!("  results  {shown}"));
        let complaints = outcome.complaints();
        complaints.iter().for_each(|complaint| console.error(complaint));
        if !complaints.is_empty() {
            return Err(Failure::Expectation);
        }
        return narrow(&outcome, console);
    } else {
        let (complete, all) = outcome.cells();
        console.note(&format!("  {complete} of {all} cells are complete in {shown}; join all parts with"));
        console.note("  sim-cli merge DIR... --out DIR");
    }
    Ok(())
}

/// Reads a plan; what is none is told what it is for.
fn open_plan(path: &Path) -> Result<SweepPlan, Failure> {
    let shown = floodnet_text::format::path(path);
    let kind = std::fs::read_to_string(path).map(|text| kind_of(&text));
    let help = match kind {
        Ok(Kind::Scenario) => {
            format!("`sim-cli run {shown}` runs it; a plan names it, and a [grid] of values")
        }
        Ok(Kind::Suite) => format!("`sim-cli oracle --suite {shown}` checks it"),
        Err(_) if path.is_dir() => "name a plan in it; `sim-cli test` takes folders".to_owned(),
        _ => return SweepPlan::load(path).map_err(|wrong| invalid(&wrong)),
    };
    let what = kind.map_or("a folder", |kind| kind.words().split(':').next().unwrap_or_default());
    let title = format!("this is {what}, not a sweep plan");
    Err(invalid(&Diagnostics::of_file(&shown.to_string(), title, help)))
}

/// Fails and names the first cells whose interval is wider than `--until-ci` asked for, if any is.
fn narrow(outcome: &Outcome<'_>, console: &Console) -> Result<(), Failure> {
    let wide = outcome.wide();
    let Some(until) = outcome.index.rule.until_ci.filter(|_| !wide.is_empty()) else { return Ok(()) };
    let cell = |wide: &Wide| {
        let needed = wide.runs_needed.map_or_else(String::new, |runs| format!(", {runs} or so would do"));
        let cell = if wide.cell.is_empty() { String::new() } else { format!("{}: ", wide.cell) };
        format!("{cell}{}{needed}", format::plural(wide.runs, "run"))
    };
    let first: Vec<String> = wide.iter().take(5).map(cell).collect();
    let more = if wide.len() > 5 { format!("; and {} more", wide.len() - 5) } else { String::new() };
    console.error(&format!(
        "--until-ci {} % was not reached in {} of {} (allow more runs with --max-runs): {}{more}",
        format::number(until * 100.0, 3),
        wide.len(),
        format::plural(outcome.tables.len(), "cell"),
        first.join("; ")
    ));
    Err(Failure::Undecided)
}

fn suffix(part: Part) -> String {
    if part == Part::ALL { String::new() } else { format!("-{}of{}", part.k, part.n) }
}
