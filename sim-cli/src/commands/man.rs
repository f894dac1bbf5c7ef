//! `sim-cli man`

use clap::Parser;

use super::command_trait::{Command, Context};
use super::failure::{EXIT_STATUS, Failure};

/// Print the manual page of the program or of one command
#[derive(Parser, Debug)]
pub(super) struct ManArgs {
    /// The command
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl Command for ManArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        let mut program = cx.program.clone();
        program.build();
        let command = match &self.command {
            None => program,
            Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
                Failure::Invalid(format!("error: unknown command `{name}` (see sim-cli --help)\n"))
            })?,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        if self.command.is_none() {
            page.extend_from_slice(EXIT_STATUS.as_bytes());
        }
        cx.console.result(&String::from_utf8_lossy(&page));
        Ok(())
    }
}
