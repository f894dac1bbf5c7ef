//! The command line: arguments, exit codes, and a module for each command.

mod console;
mod files;
mod hunt;
mod init;
mod progress;
mod render;
mod run;
mod swarm;
mod validate;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::picture::Theme;
use crate::registry::Registry;
use crate::run::pictures::What;
use crate::scenario::templates;
use console::Console;

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

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum ThemeName {
    Light,
    Dark,
}

impl From<ThemeName> for Theme {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Light => Self::Light,
            ThemeName::Dark => Self::Dark,
        }
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write a commented scenario to start from
    Init(InitArgs),
    /// Check scenarios without running them
    Validate(ValidateArgs),
    /// Run a scenario, measure it and draw it
    Run(RunArgs),
    /// Draw pictures of a finished run, by running it again
    Render(RenderArgs),
    /// Look for a run in which something goes wrong, and make its scenario small
    Hunt(HuntArgs),
    /// Try random scenarios, and check in each what must hold whatever happens
    Swarm(SwarmArgs),
    /// Print the JSON Schema of the scenario language
    Schema,
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
struct InitArgs {
    /// Folder of the scenario
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Which scenario to start from
    #[arg(short, long, value_name = "NAME", default_value = templates()[0].name, value_parser = template_names())]
    template: String,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
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

#[derive(Args, Debug)]
struct ValidateArgs {
    /// Scenarios
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

#[derive(Args, Debug)]
struct RunArgs {
    /// The scenario
    file: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// Folder of the results [default: runs/NAME-SEED]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the run that is in the folder
    #[arg(long)]
    force: bool,
    /// Check and prepare, but do not run
    #[arg(long)]
    dry_run: bool,
    /// Draw no pictures
    #[arg(long)]
    no_pictures: bool,
    /// Threads, 0 for one per core; the results are the same for any number
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: u16,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
struct RenderArgs {
    /// Folder of the run
    run: PathBuf,
    /// Which pictures
    #[arg(short, long, value_enum, default_value_t = What::All)]
    what: What,
    /// Draw the graph at this time instead, such as 2min (may be repeated)
    #[arg(long, value_name = "TIME")]
    at: Vec<String>,
    /// Light or dark
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    theme: ThemeName,
    /// Folder of the pictures [default: the folder of the run]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct HuntArgs {
    /// The scenario to start from
    file: PathBuf,
    /// What to look for: a metric and a bound, such as "delivery_ratio < 0.99" or "cut_off_ms >= 30s"
    #[arg(long = "for", value_name = "METRIC OP VALUE")]
    wish: String,
    #[command(flatten)]
    overrides: Overrides,
    /// Look with other seeds only: change no node, fault or churn before something is found
    #[arg(long)]
    only_seeds: bool,
    /// How long to look and to make small, in time of this machine
    #[arg(long, value_name = "TIME", default_value = "1min")]
    budget: String,
    /// Threads, 0 for one per core
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    jobs: u16,
    /// Folder of the scenario that is found, NAME-found.toml
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Replace a scenario that was found before
    #[arg(long)]
    force: bool,
}

#[derive(Args, Debug)]
struct SwarmArgs {
    /// Keep the protocols of this scenario, and draw all else [default: the built-in protocols, with settings drawn too]
    file: Option<PathBuf>,
    /// Check the scenario as it is, and no others
    #[arg(long, requires = "file", conflicts_with_all = ["count", "base", "first"])]
    alone: bool,
    /// Print the scenario of this seed, and run none
    #[arg(long, value_name = "SEED", conflicts_with = "alone")]
    show: Option<u64>,
    /// How many scenarios
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1_000)]
    count: u64,
    /// Seed of the first; the others follow it
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    base: u64,
    /// Try the seeds in this file before, one in a line [default: those that failed once]
    #[arg(long, value_name = "FILE")]
    first: Option<PathBuf>,
    /// Threads, 0 for one per core; the results are the same for any number
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    jobs: u16,
    /// Folder for the scenarios that fail
    #[arg(short, long, value_name = "DIR", default_value = "swarm-failures")]
    out: PathBuf,
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
        Command::Render(args) => render::execute(args, registry, console),
        Command::Hunt(args) => hunt::execute(args, registry, console),
        Command::Swarm(args) => swarm::execute(args, registry, console),
        Command::Schema => {
            let schema = crate::scenario::schema(registry.tables());
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
0 ok; 1 failed; 2 usage or invalid scenario; 3 an expectation does not hold; 4 determinism violated;
130 interrupted (what was there is kept, and marked).
";

/// The templates that there are.
fn template_names() -> PossibleValuesParser {
    templates().iter().map(|template| PossibleValue::new(template.name).help(template.about)).into()
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
