//! `sim-cli bakeoff`

use std::path::{Path, PathBuf};

use clap::Parser;

use super::args::TableFormat;
use super::command_trait::{Command, Context};
use super::failure::Failure;
use super::files::invalid;
use super::memory::MemoryOptions;
use super::partition::Partition;
use super::picture_style_args::PictureArgs;
use super::sweep::{Order, counted, folder_of, not_a_plan, part_of, refuse};
use floodnet_lab::bakeoff::plan;
use floodnet_lab::sweep::index::{Index, Rule};
use floodnet_lab::sweep::plan::SweepPlan;
use floodnet_lab::target::Kind;

/// Compare protocols under the same conditions: delivery, latency and cost
#[derive(Parser, Debug)]
#[command(
    after_help = "Run k of every contestant has the same seed, so contestants are compared in pairs. The folder \
                        is that of a sweep: it can be stopped and resumed, and `merge` joins parts."
)]
pub(super) struct BakeoffArgs {
    /// The plan: a scenario, contestants, conditions, how many runs
    pub(super) plan: PathBuf,
    /// Run only part K of N, e.g. 2/7; `merge` joins the parts. `auto/N` takes K from the batch system
    #[arg(long, value_name = "K/N|auto[/N]", value_parser = Partition::parse)]
    pub(super) partition: Option<Partition>,
    /// Runs of each contestant under each condition [default: as in the plan]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) runs: Option<u32>,
    /// Output folder [default: runs/bakeoff-NAME]
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
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub(super) format: TableFormat,
}

impl Command for BakeoffArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let plan = open_plan(&self.plan)?;
        let rule = Rule { runs: self.runs.unwrap_or(plan.runs), until_ci: None, max_runs: 0 };
        let (index, scenarios) =
            Index::of(&plan, rule, cx.registry.lab()).map_err(|wrong| refuse(wrong, &self.plan))?;
        let runs = scenarios.len() * index.rule.runs as usize;
        self.memory.check(&scenarios, (runs, self.jobs), cx)?;
        if self.dry_run {
            cx.console.result(&counted(&index, &self.plan));
            return Ok(());
        }
        let part = part_of(self.partition)?;
        let folder = folder_of(self.out.as_deref(), "bakeoff", &plan.name, part);
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

/// Reads a plan; what is none is told what it is for.
fn open_plan(path: &Path) -> Result<SweepPlan, Failure> {
    match not_a_plan(path, "bake-off plan", Kind::Bakeoff) {
        Some(wrong) => Err(invalid(&wrong)),
        None => plan::load(path).map_err(|wrong| invalid(&wrong)),
    }
}
