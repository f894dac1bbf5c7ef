//! `sim-cli completions`

use clap::Parser;
use clap_complete::{Shell, generate};

use super::command_trait::{Command, Context};
use super::failure::Failure;

/// Print a completion script for a shell
#[derive(Parser, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl Command for CompletionsArgs {
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure> {
        cx.console.result(&script(self.shell, cx.program.clone()));
        Ok(())
    }
}

/// The completion script of `program` for `shell`.
fn script(shell: Shell, mut program: clap::Command) -> String {
    let mut script = Vec::new();
    if shell != Shell::Bash {
        generate(shell, &mut program, "sim-cli", &mut script);
        return String::from_utf8_lossy(&script).into_owned();
    }
    // The generator for bash cannot handle the hyphen: it gives the cases of the commands other names than it
    // looks for. So it gets a name without a hyphen, and the last lines, which register the script, the true
    // one.
    generate(shell, &mut program.name("simcli"), "simcli", &mut script);
    String::from_utf8_lossy(&script).replace(" simcli\n", " sim-cli\n")
}
