//! The command line: arguments, exit codes, and a module for each command.

mod backend;
mod compare;
mod console;
mod files;
mod hunt;
mod init;
#[cfg(target_os = "linux")]
mod kernel;
mod merge;
mod oracle;
mod progress;
mod proxy;
mod render;
mod replay;
mod run;
mod runs;
mod swarm;
mod sweep;
mod testbed;
mod validate;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::registry::Registry;
use compare::CompareArgs;
use console::Console;
use floodnet_scenario::templates;
use hunt::HuntArgs;
use init::InitArgs;
#[cfg(target_os = "linux")]
use kernel::KernelArgs;
use merge::MergeArgs;
use oracle::OracleArgs;
use proxy::ProxyArgs;
use render::RenderArgs;
use replay::ReplayArgs;
use run::RunArgs;
use swarm::SwarmArgs;
use sweep::SweepArgs;
use testbed::TestbedArgs;
use validate::ValidateArgs;
use verify::VerifyArgs;

/// Runs overlay scenarios on a simulated network, measures them and draws them.
#[derive(Parser, Debug)]
#[command(name = "sim-cli", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug, Clone, Copy)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// Print nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more: what the run cost, every default filled in
    #[arg(short, long, global = true)]
    verbose: bool,
    /// When to use color (also: NO_COLOR, CLICOLOR_FORCE)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write a commented scenario to start from
    Init(InitArgs),
    /// Check scenarios without running them
    Validate(ValidateArgs),
    /// Run a scenario, measure it and draw it
    Run(RunArgs),
    /// Compare two results, or two scenarios: what differs beyond chance, and what got worse
    Compare(CompareArgs),
    /// Run a grid of scenarios, many seeds of each; goes on where it was left
    Sweep(SweepArgs),
    /// Put the parts of a sweep together
    Merge(MergeArgs),
    /// Draw pictures of a finished run, by running it again
    Render(RenderArgs),
    /// Run again on one and on several threads, and check that it goes the same way
    Verify(VerifyArgs),
    /// Run a finished run again, stop at a time, show nodes, write what happened step by step
    Replay(ReplayArgs),
    /// Check laws with a known answer: does the tool measure what it must?
    Oracle(OracleArgs),
    /// Look for a run in which something goes wrong, and make its scenario small
    Hunt(HuntArgs),
    /// Try random scenarios, and check in each what must hold whatever happens
    Swarm(SwarmArgs),
    /// Put delay, a rate, loss and faults between two programs of your own
    Proxy(ProxyArgs),
    /// Hold the model of a stream against this kernel's TCP: predicted and measured delays
    #[cfg(target_os = "linux")]
    Kernel(KernelArgs),
    /// Nodes in processes of their own, on this machine and on others
    Testbed(TestbedArgs),
    /// Print the JSON Schema of the scenario language
    Schema {
        /// That of the plan of a sweep instead
        #[arg(long)]
        plan: bool,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of all or of one command
    Man {
        /// The command
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
}

#[derive(Args, Debug)]
struct Overrides {
    /// Seed of everything that is drawn: a number, also in hexadecimal (0x2a), or "random"
    #[arg(long, value_name = "SEED", allow_hyphen_values = true)]
    seed: Option<String>,
    /// Put in another value, such as link.loss=0.05 or traffic.0.every=10ms (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

/// How a command can fail. Its number is the exit code.
#[derive(Debug)]
enum Failure {
    /// Input or output, or an error of the program: 1.
    Failed(String),
    /// Wrong use: 2.
    Usage(String),
    /// A scenario that is not valid: 2. The text is printed as it is.
    Invalid(String),
    /// An expectation does not hold: 3.
    Expectation,
    /// The same run went another way: 4.
    Determinism(String),
    /// Stopped by the user: 130.
    Interrupted,
}

impl Failure {
    const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) | Self::Invalid(_) => 2,
            Self::Expectation => 3,
            Self::Determinism(_) => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The whole program, with the protocols of `registry`: reads the arguments of the process, runs the
/// command and says how it went.
#[must_use]
pub fn main_with(registry: Registry) -> ExitCode {
    main_from(&registry, std::env::args_os())
}

fn main_from(registry: &Registry, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error; a broken pipe is none either.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let console = Console::new(&cli.global);
    match execute(registry, &cli.command, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            match &failure {
                // Each was reported where it was found.
                Failure::Determinism(message) if message.is_empty() => {}
                Failure::Failed(message) | Failure::Usage(message) | Failure::Determinism(message) => {
                    console.error(message);
                }
                Failure::Invalid(rendered) => console.raw_error(rendered),
                Failure::Expectation | Failure::Interrupted => {}
            }
            ExitCode::from(failure.code())
        }
    }
}

fn execute(registry: &Registry, command: &Command, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Init(args) => init::execute(args, registry, console),
        Command::Validate(args) => validate::execute(args, registry, console),
        Command::Run(args) => run::execute(args, registry, console),
        Command::Compare(args) => compare::execute(args, registry, console),
        Command::Sweep(args) => sweep::execute(args, registry, console),
        Command::Merge(args) => merge::execute(args, console),
        Command::Render(args) => render::execute(args, registry, console),
        Command::Verify(args) => verify::execute(args, registry, console),
        Command::Replay(args) => replay::execute(args, registry, console),
        Command::Oracle(args) => oracle::execute(args, registry, console),
        Command::Hunt(args) => hunt::execute(args, registry, console),
        Command::Swarm(args) => swarm::execute(args, registry, console),
        Command::Proxy(args) => proxy::execute(args, console),
        #[cfg(target_os = "linux")]
        Command::Kernel(args) => kernel::execute(args, console),
        Command::Testbed(args) => testbed::execute(args, registry, console),
        Command::Schema { plan } => {
            let schema = if *plan {
                floodnet_lab::sweep::plan::schema()
            } else {
                floodnet_scenario::schema(registry.tables())
            };
            console.result(&format!("{schema:#}\n"));
            Ok(())
        }
        Command::Completions { shell } => {
            console.result(&completions(*shell));
            Ok(())
        }
        Command::Man { command } => manual(command.as_deref(), console),
    }
}

/// The completion script for `shell`.
fn completions(shell: clap_complete::Shell) -> String {
    let mut command = <Cli as clap::CommandFactory>::command();
    let mut script = Vec::new();
    if shell != clap_complete::Shell::Bash {
        clap_complete::generate(shell, &mut command, "sim-cli", &mut script);
        return String::from_utf8_lossy(&script).into_owned();
    }
    // The generator for bash trips over the hyphen: it gives the cases of the commands other names than it
    // looks for. So it is shown a name without one, and the last lines, which register the script, the true
    // one.
    clap_complete::generate(shell, &mut command.name("simcli"), "simcli", &mut script);
    String::from_utf8_lossy(&script).replace(" simcli\n", " sim-cli\n")
}

/// Prints the page of the program or of one of its commands.
fn manual(name: Option<&str>, console: &Console) -> Result<(), Failure> {
    let mut program = <Cli as clap::CommandFactory>::command();
    program.build();
    let command = match name {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            Failure::Invalid(format!("error: `{name}` is no command: see sim-cli --help\n"))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    if name.is_none() {
        page.extend_from_slice(EXIT_STATUS.as_bytes());
    }
    console.result(&String::from_utf8_lossy(&page));
    Ok(())
}

/// What clap does not know, for the page of the program.
const EXIT_STATUS: &str = r".SH EXIT STATUS
0 ok; 1 failed; 2 usage or invalid scenario; 3 an expectation does not hold, or a comparison found a regression; 4 determinism violated;
130 interrupted (what was there is kept, and marked).
";

/// The templates that there are.
fn template_names() -> PossibleValuesParser {
    templates().iter().map(|template| PossibleValue::new(template.name).help(template.about)).into()
}

/// One of several parts: K/N.
fn part(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let valid = parts.filter(|&(k, n): &(u32, u32)| 1 <= k && k <= n);
    valid.ok_or_else(|| format!("`{text}` is no part: write K/N with K from 1 to N, such as 2/7"))
}

/// A share: a percentage, or a number.
fn percentage(text: &str) -> Result<f64, String> {
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    share.ok_or_else(|| format!("`{text}` is no share: write such as 5%"))
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` has no `=`: write KEY=VALUE, such as link.loss=0.05"))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
