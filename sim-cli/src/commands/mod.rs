//! The command line: arguments, exit codes, and a module for each command.

mod compare;
mod console;
mod files;
mod hunt;
mod init;
mod merge;
mod oracle;
mod progress;
mod render;
mod replay;
mod run;
mod runs;
mod swarm;
mod sweep;
mod validate;
mod verify;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use crate::picture::Theme;
use crate::registry::Registry;
use crate::run::pictures::What;
use crate::scenario::templates;
use crate::scenario::units::Duration;
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
    /// Independent runs, each with a seed of its own: means over them with intervals of 95 %
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Repeat one of many runs alone, by its number from 0
    #[arg(long, value_name = "K", conflicts_with = "runs")]
    run_index: Option<u32>,
    /// Folder of the results [default: runs/NAME-SEED, of N runs runs/NAME-SEED-xN]
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
    /// Threads, 0 for one per core; the results are the same for any number. Many runs go side by side
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: u16,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
struct CompareArgs {
    /// Folder of results, or scenario to run now
    base: PathBuf,
    /// The same, of what is to be compared with it
    new: PathBuf,
    /// Runs of each scenario, with the same seeds for both
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Seed of run 0 of both scenarios [default: that of BASE]
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// Put in another value in both scenarios (may be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Put in another value in NEW only (may be repeated)
    #[arg(long = "set-new", value_name = "KEY=VALUE", value_parser = key_value)]
    set_new: Vec<(String, String)>,
    /// Compare these metrics only, such as delivery_ratio (may be repeated)
    #[arg(short, long = "metric", value_name = "METRIC")]
    metrics: Vec<String>,
    /// What may get worse by less than this share of its old value is no regression, such as 5%
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    threshold: Option<f64>,
    /// Runs side by side, 0 for one per core
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: u16,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Text)]
    format: ComparisonFormat,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum ComparisonFormat {
    Text,
    Json,
    Markdown,
    Junit,
}

#[derive(Args, Debug)]
struct SweepArgs {
    /// The plan: which scenario, which values, how many runs
    plan: PathBuf,
    /// Do only the K-th of N parts, such as 2/7; merge puts them together
    #[arg(long, value_name = "K/N", value_parser = part)]
    partition: Option<(u32, u32)>,
    /// Runs of each cell [default: as the plan says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Add runs until the interval of the first metric is this share of its mean to both sides, such as 0.5%
    #[arg(long, value_name = "SHARE", value_parser = percentage)]
    until_ci: Option<f64>,
    /// Most runs of a cell with --until-ci
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "until_ci")]
    max_runs: u32,
    /// Folder of the results [default: runs/sweep-NAME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs side by side, 0 for one per core; the results are the same for any number
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    jobs: u16,
    /// Check and count, but do not run
    #[arg(long)]
    dry_run: bool,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args, Debug)]
struct MergeArgs {
    /// Folders of the parts
    #[arg(required = true, value_name = "DIR")]
    parts: Vec<PathBuf>,
    /// Folder of the whole
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
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
struct VerifyArgs {
    /// Scenarios, or folders of runs
    #[arg(required = true, value_name = "SCENARIO")]
    targets: Vec<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// Threads of the further runs (several: 2,3,7)
    #[arg(short, long, value_name = "N", default_value = "3", value_delimiter = ',', value_parser = value_parser!(u16).range(1..=256))]
    jobs: Vec<u16>,
}

#[derive(Args, Debug)]
struct ReplayArgs {
    /// Folder of the run
    run: PathBuf,
    /// Stop here, such as 2min: all before this time has happened and nothing after [default: the end]
    #[arg(long, value_name = "TIME")]
    until: Option<Duration>,
    /// Show this node: its neighbors, last inputs and state; with --trace write only such (may be repeated)
    #[arg(long, value_name = "N")]
    node: Vec<u32>,
    /// How many of its last inputs to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    last: usize,
    /// Write what happened step by step to this file
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Form of that file [default: perfetto if its name ends with .perfetto.json, else jsonl]
    #[arg(long, value_enum, requires = "trace")]
    trace_format: Option<TraceFormat>,
}

#[derive(Args, Debug)]
struct OracleArgs {
    /// Laws to check, by the beginning of their names [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Fewer laws and fewer runs, over in half a minute
    #[arg(long)]
    quick: bool,
    /// Say what the laws are and where their answers come from, and check none
    #[arg(long)]
    list: bool,
    /// Laws of a file instead of the built-in ones; their scenarios are looked up beside it
    #[arg(long, value_name = "FILE")]
    suite: Option<PathBuf>,
    /// Runs side by side, 0 for one per core
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    jobs: u16,
    /// What standard output carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// docs/trace.md describes both.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum TraceFormat {
    /// A line of JSON for each step
    Jsonl,
    /// For ui.perfetto.dev and chrome://tracing
    Perfetto,
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
        Command::Schema { plan } => {
            let schema =
                if *plan { crate::sweep::plan::schema() } else { crate::scenario::schema(registry.tables()) };
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
