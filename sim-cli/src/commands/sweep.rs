//! `sim-cli sweep`

use std::path::{Path, PathBuf};

use clap::Args;

use super::console::Console;
use super::files::threads;
use super::progress::Crowd;
use super::{Failure, Format, part, percentage};
use crate::pictures::sweep as pictures;
use crate::registry::Registry;
use floodnet_lab::sweep::index::{Index, Rule, Wrong};
use floodnet_lab::sweep::output::Outcome;
use floodnet_lab::sweep::plan::SweepPlan;
use floodnet_lab::sweep::run::{Maker, Missing, Part, Stopped};
use floodnet_lab::sweep::store::Store;
use floodnet_scenario::Diagnostics;
use floodnet_text::format;

#[derive(Args, Debug)]
pub(super) struct SweepArgs {
    /// The plan: which scenario, which values, how many runs
    pub(super) plan: PathBuf,
    /// Do only the K-th of N parts, such as 2/7; merge puts them together
    #[arg(long, value_name = "K/N", value_parser = part)]
    pub(super) partition: Option<(u32, u32)>,
    /// Runs of each cell [default: as the plan says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: Option<u32>,
    /// Add runs until the interval of the first metric is this share of its mean to both sides, such as 0.5%
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    pub(super) until_ci: Option<f64>,
    /// Most runs of a cell with --until-ci
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "until_ci")]
    pub(super) max_runs: u32,
    /// Folder of the results [default: runs/sweep-NAME]
    #[arg(short, long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Runs side by side, 0 for one per core; the results are the same for any number
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(super) jobs: u16,
    /// Check and count, but do not run
    #[arg(long)]
    pub(super) dry_run: bool,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

pub(super) fn execute(args: &SweepArgs, registry: &Registry, console: &Console) -> Result<(), Failure> {
    let plan = SweepPlan::load(&args.plan).map_err(|wrong| invalid(&wrong))?;
    let rule =
        Rule { runs: args.runs.unwrap_or(plan.runs), until_ci: args.until_ci, max_runs: args.max_runs };
    if rule.until_ci.is_some() && rule.runs < 2 {
        return Err(Failure::Usage(
            "one run has no interval: --until-ci needs 2 runs or more to begin with".to_owned(),
        ));
    }
    let (index, scenarios) = Index::of(&plan, rule, registry.lab()).map_err(|wrong| match wrong {
        Wrong::Scenario(wrong) => invalid(&wrong),
        Wrong::Cells(why) => Failure::Usage(format!("{}: {why}", args.plan.display())),
    })?;
    let cells = format::plural(index.cells.len(), "cell");
    if args.dry_run {
        let runs = format::plural(index.cells.len() * rule.runs as usize, "run");
        console.result(&format!("{}: ok: {cells}, {runs}\n", args.plan.display()));
        return Ok(());
    }
    let part = args.partition.map_or(Part::ALL, |(k, n)| Part { k, n });
    let default = || Path::new("runs").join(format!("sweep-{}{}", plan.name, suffix(part)));
    let folder: PathBuf = args.out.clone().unwrap_or_else(default);
    let store = Store::create(&folder, index).map_err(Failure::Failed)?;
    let (jobs, longest) =
        (threads(args.jobs), scenarios.iter().map(|scenario| scenario.duration.after_start()).max());
    let maker =
        Maker { store: &store, scenarios: &scenarios, part, jobs, control: &(), protocols: registry.lab() };
    let Missing { missing, all } = maker.count();
    let crowd = Crowd::new(missing, longest.unwrap_or_default(), console);
    let maker = Maker {
        store: &store,
        scenarios: &scenarios,
        part,
        jobs,
        control: &crowd,
        protocols: registry.lab(),
    };
    let done = if missing < all { format!(", {} there already", all - missing) } else { String::new() };
    console.note(&format!("{}  {cells}, {}{done}", plan.name, format::plural(all, "run")));
    let made = maker.make();
    crowd.finish();
    made.map_err(|stopped| match stopped {
        Stopped::Interrupted => {
            console.note(&format!(
                "  interrupted: finished runs are in {}, the same command goes on",
                folder.display()
            ));
            Failure::Interrupted
        }
        Stopped::Scenario(cell, failed) => Failure::Usage(format!("{cell}: {}", failed.why)),
        Stopped::Write(error) => Failure::Failed(format!("cannot write to {}: {error}", folder.display())),
    })?;
    tell(&store, args.format, console)
}

/// Writes and prints the results if all cells are there, else says what is missing.
pub(super) fn tell(store: &Store, format: Format, console: &Console) -> Result<(), Failure> {
    let outcome = Outcome::of(store);
    let shown = store.folder().display();
    if outcome.is_complete() {
        outcome.write(store).map_err(Failure::Failed)?;
        for (name, picture) in pictures::draw(&outcome) {
            store.write(&name, picture.to_png()).map_err(Failure::Failed)?;
        }
        match format {
            Format::Json => console.result(&outcome.to_json()),
            Format::Text if !console.is_quiet() => console.result(&outcome.to_text()),
            Format::Text => {}
        }
        console.note(&format!("  results  {shown}"));
    } else {
        let (complete, all) = outcome.cells();
        console.note(&format!(
            "  {complete} of {all} cells are complete in {shown}; put all parts together with"
        ));
        console.note("  sim-cli merge DIR... --out DIR");
    }
    Ok(())
}

fn suffix(part: Part) -> String {
    if part == Part::ALL { String::new() } else { format!("-{}of{}", part.k, part.n) }
}

fn invalid(wrong: &Diagnostics) -> Failure {
    Failure::Invalid(format!("{}\n", wrong.render(true)))
}
