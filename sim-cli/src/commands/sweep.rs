//! `sim-cli sweep`

use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::{Format, TableFormat, percentage};
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
use floodnet_lab::bakeoff::result::Bakeoff;
use floodnet_lab::sweep::index::{Index, Rule, Wrong};
use floodnet_lab::sweep::output::{Outcome, Wide};
use floodnet_lab::sweep::plan::{Purpose, SweepPlan};
use floodnet_lab::sweep::run::{Maker, Missing, Part, Stopped};
use floodnet_lab::sweep::store::Store;
use floodnet_lab::target::{Kind, has_table, kind_of};
use floodnet_plot::{Picture, Style};
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
        let part = part_of(self.partition)?;
        let folder = folder_of(self.out.as_deref(), "sweep", &plan.name, part);
        let order = Order {
            index,
            scenarios,
            folder,
            part,
            jobs: self.jobs,
            format: self.format.into(),
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
    pub(super) format: TableFormat,
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
    format: TableFormat,
    pictures: Option<&PictureArgs>,
    console: &Console,
) -> Result<(), Failure> {
    let outcome = Outcome::of(store);
    if !outcome.is_complete() {
        let ((complete, all), shown) = (outcome.cells(), store.folder().display());
        console.note(&format!("  {complete} of {all} cells are complete in {shown}; join all parts with"));
        console.note("  sim-cli merge DIR... --out DIR");
        return Ok(());
    }
    if store.index.purpose != Purpose::Grid {
        return tell_bakeoff(store, format, pictures, console);
    }
    outcome.write(store).map_err(Failure::Failed)?;
    keep(store, pictures, |style| views::draw(&outcome, style))?;
    print(store, format, &|| outcome.to_text(), &|| outcome.to_json(), console);
    let complaints = outcome.complaints();
    complaints.iter().for_each(|complaint| console.error(complaint));
    if !complaints.is_empty() {
        return Err(Failure::Expectation);
    }
    narrow(&outcome, console)
}

/// Writes and prints the results of a bake-off.
fn tell_bakeoff(
    store: &Store,
    format: TableFormat,
    pictures: Option<&PictureArgs>,
    console: &Console,
) -> Result<(), Failure> {
    let bakeoff = Bakeoff::of(store).map_err(Failure::Failed)?;
    bakeoff.write(store).map_err(Failure::Failed)?;
    keep(store, pictures, |style| crate::views::bakeoff::draw(&bakeoff, style))?;
    let text = || match format {
        TableFormat::Markdown => bakeoff.to_markdown(),
        TableFormat::Text | TableFormat::Json => bakeoff.to_text(),
    };
    print(store, format, &text, &|| bakeoff.to_json(), console);
    Ok(())
}

/// Keeps the pictures, if any are wanted. Merged parts draw as the whole does.
fn keep(
    store: &Store,
    pictures: Option<&PictureArgs>,
    draw: impl FnOnce(&Style) -> Vec<(String, Picture)>,
) -> Result<(), Failure> {
    let Some(look) = pictures else { return Ok(()) };
    for (name, picture) in draw(&look.style()) {
        let (name, bytes) = look.file(&name, &picture);
        store.write(&name, bytes).map_err(Failure::Failed)?;
    }
    Ok(())
}

/// Prints the results in their form, and where they are.
fn print(
    store: &Store,
    format: TableFormat,
    text: &dyn Fn() -> String,
    json: &dyn Fn() -> String,
    console: &Console,
) {
    match format {
        TableFormat::Json => console.result(&json()),
        TableFormat::Text if console.is_quiet() => {}
        TableFormat::Text | TableFormat::Markdown => console.result(&text()),
    }
    console.note(&format!("  results  {}", store.folder().display()));
}

/// The part to make. Its number may come from the batch system, by its variables.
pub(super) fn part_of(partition: Option<Partition>) -> Result<Part, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let part = partition.map_or(Ok(Part::ALL), |partition| partition.part(&variable));
    part.map_err(Failure::Usage)
}

/// The folder of a part of what `command` makes, unless another is named.
pub(super) fn folder_of(out: Option<&Path>, command: &str, name: &str, part: Part) -> PathBuf {
    let suffix = if part == Part::ALL { String::new() } else { format!("-{}of{}", part.k, part.n) };
    out.map_or_else(|| Path::new("runs").join(format!("{command}-{name}{suffix}")), Path::to_owned)
}

/// Reads a plan; what is none is told what it is for.
fn open_plan(path: &Path) -> Result<SweepPlan, Failure> {
    match not_a_plan(path, "sweep plan", Kind::Plan) {
        Some(wrong) => Err(invalid(&wrong)),
        None => SweepPlan::load(path).map_err(|wrong| invalid(&wrong)),
    }
}

/// What to do with the file at `path`, if it is something else than the `wanted` plan.
pub(super) fn not_a_plan(path: &Path, wanted: &str, kind: Kind) -> Option<Diagnostics> {
    let shown = floodnet_text::format::path(path);
    let text = std::fs::read_to_string(path);
    let found = text.as_deref().map(kind_of);
    let help = match found {
        Ok(found) if found == kind => return None,
        // A plan of either kind whose own table is missing or misspelt: its reader says so.
        Ok(Kind::Plan) if !text.as_deref().is_ok_and(|text| has_table(text, "grid")) => return None,
        Ok(Kind::Scenario) => {
            let parts = if kind == Kind::Plan { "a [grid] of values" } else { "[contestants]" };
            format!("`sim-cli run {shown}` runs it; a plan names it, and {parts}")
        }
        Ok(Kind::Plan) => format!("`sim-cli sweep {shown}` runs it; a bake-off has [contestants]"),
        Ok(Kind::Bakeoff) => format!("`sim-cli bakeoff {shown}` runs it"),
        Ok(Kind::Suite) => format!("`sim-cli oracle --suite {shown}` checks it"),
        Err(_) if path.is_dir() => "name a plan in it; `sim-cli test` takes folders".to_owned(),
        _ => return None,
    };
    let what = found.map_or("a folder", |kind| kind.words().split(':').next().unwrap_or_default());
    Some(Diagnostics::of_file(&shown.to_string(), format!("this is {what}, not a {wanted}"), help))
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
