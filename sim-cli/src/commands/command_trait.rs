//! What makes a command: its arguments, and what it does with them.

use clap::ArgMatches;

use super::console::Console;
use super::failure::Failure;
use crate::registry::Registry;

/// What every command can use.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The protocols that scenarios can name.
    pub(super) registry: &'a Registry,
    /// Where the command prints.
    pub(super) console: &'a Console,
    /// The whole command line, for commands that describe it.
    pub(super) program: &'a clap::Command,
}

/// A command of the program. Its fields are the arguments, its doc comment is the line in `sim-cli --help`.
pub(super) trait Command: clap::Parser {
    /// Does what the arguments say.
    fn execute(&self, cx: &Context<'_>) -> Result<(), Failure>;
}

/// A row in the list of commands.
pub(super) struct Entry {
    /// What the user types.
    pub(super) name: &'static str,
    command: fn() -> clap::Command,
    execute: fn(&ArgMatches, &Context<'_>) -> Result<(), Failure>,
}

impl Entry {
    /// The command `C`, called `name`.
    pub(super) const fn of<C: Command>(name: &'static str) -> Self {
        Self { name, command: C::command, execute: parse_and_execute::<C> }
    }

    /// Its arguments and help.
    pub(super) fn command(&self) -> clap::Command {
        (self.command)().name(self.name)
    }

    /// Executes it with the arguments found in `matches`.
    pub(super) fn execute(&self, matches: &ArgMatches, cx: &Context<'_>) -> Result<(), Failure> {
        (self.execute)(matches, cx)
    }
}

fn parse_and_execute<C: Command>(matches: &ArgMatches, cx: &Context<'_>) -> Result<(), Failure> {
    let command = C::from_arg_matches(matches).map_err(|error| Failure::Invalid(error.to_string()))?;
    command.execute(cx)
}
