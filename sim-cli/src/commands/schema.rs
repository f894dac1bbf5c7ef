//! `sim-cli schema`

use clap::Parser;

use super::command_trait::{Command, Context};
use super::failure::Failure;

/// Print the JSON Schema of the scenario language
#[derive(Parser, Debug)]
pub(super) struct SchemaArgs {
    /// Print the schema of sweep plans instead
    #[arg(long)]
    plan: bool,
}

impl Command for SchemaArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let schema = if self.plan {
            floodnet_lab::sweep::plan::schema()
        } else {
            floodnet_scenario::schema(cx.registry.tables())
        };
        cx.console.result(&format!("{schema:#}\n"));
        Ok(())
    }
}
