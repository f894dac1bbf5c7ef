//! `sim-cli schema`

use clap::{Parser, ValueEnum};

use super::command_trait::{Command, Context};
use super::failure::Failure;
use crate::views::schemas;

/// What a schema describes.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A scenario
    Scenario,
    /// A sweep plan
    Plan,
    /// A bake-off plan
    Bakeoff,
    /// summary.json
    Summary,
    /// manifest.json
    Manifest,
    /// A line of a trace
    Trace,
}

/// Print the JSON Schema of the scenario language, or of what the program writes
#[derive(Parser, Debug)]
pub(super) struct SchemaArgs {
    /// What the schema describes
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Of::Scenario)]
    of: Of,
    /// The same as --of plan
    #[arg(long, conflicts_with = "of")]
    plan: bool,
}

impl Command for SchemaArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let schema = match if self.plan { Of::Plan } else { self.of } {
            Of::Scenario => floodnet_scenario::schema(cx.registry.tables()),
            Of::Plan => floodnet_lab::sweep::schema::schema(),
            Of::Bakeoff => floodnet_lab::bakeoff::plan::schema(),
            Of::Summary => schemas::summary(),
            Of::Manifest => schemas::manifest(),
            Of::Trace => schemas::trace(),
        };
        cx.console.result(&format!("{schema:#}\n"));
        Ok(())
    }
}
