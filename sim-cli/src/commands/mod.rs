//! The command line: the list of commands, and the way from arguments to an exit code.
//!
//! A new command is a file of its own here, with a struct that implements [`Command`](command_trait::Command), and in
//! this file a `mod` and a row of [`GROUPS`].

mod args;
mod backend;
mod bakeoff;
mod bisect;
mod command_trait;
mod compare;
mod completions;
mod console;
mod emit;
mod explain;
mod export;
mod failure;
mod files;
mod gc;
mod grid;
mod hunt;
mod init;
#[cfg(target_os = "linux")]
mod kernel;
mod log;
mod man;
mod memory;
mod merge;
mod new;
mod oracle;
mod partition;
mod picture_style_args;
mod progress;
mod proxy;
mod render;
mod replay;
mod report;
mod run;
mod run_options;
mod runs;
mod schema;
mod show;
mod stored;
mod swarm;
mod sweep;
mod test;
mod testbed;
mod validate;
mod verify;
mod why;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{Args as _, FromArgMatches as _};

use crate::registry::Registry;
use command_trait::{Context, Entry};
use console::{Console, Global};
use failure::Failure;

/// The commands in the order of `sim-cli --help`, below their headings.
const GROUPS: &[(&str, &[Entry])] = &[
    (
        "Run scenarios",
        &[
            Entry::of::<init::InitArgs>("init"),
            Entry::of::<new::NewArgs>("new"),
            Entry::of::<validate::ValidateArgs>("validate"),
            Entry::of::<run::RunArgs>("run"),
            Entry::of::<test::TestArgs>("test"),
            Entry::of::<sweep::SweepArgs>("sweep"),
            Entry::of::<bakeoff::BakeoffArgs>("bakeoff"),
            Entry::of::<merge::MergeArgs>("merge"),
            Entry::of::<compare::CompareArgs>("compare"),
            Entry::of::<render::RenderArgs>("render"),
            Entry::of::<report::ReportArgs>("report"),
            Entry::of::<export::ExportArgs>("export"),
        ],
    ),
    (
        "Understand a run",
        &[
            Entry::of::<explain::ExplainArgs>("explain"),
            Entry::of::<log::LogArgs>("log"),
            Entry::of::<show::ShowArgs>("show"),
            Entry::of::<gc::GcArgs>("gc"),
            Entry::of::<replay::ReplayArgs>("replay"),
            Entry::of::<why::WhyArgs>("why"),
            Entry::of::<hunt::HuntArgs>("hunt"),
            Entry::of::<bisect::BisectArgs>("bisect"),
        ],
    ),
    (
        "Check the simulator",
        &[
            Entry::of::<verify::VerifyArgs>("verify"),
            Entry::of::<oracle::OracleArgs>("oracle"),
            Entry::of::<swarm::SwarmArgs>("swarm"),
            #[cfg(target_os = "linux")]
            Entry::of::<kernel::KernelArgs>("kernel"),
        ],
    ),
    ("Real sockets", &[Entry::of::<proxy::ProxyArgs>("proxy"), Entry::of::<testbed::TestbedArgs>("testbed")]),
    (
        "Shell and editor",
        &[
            Entry::of::<schema::SchemaArgs>("schema"),
            Entry::of::<completions::CompletionsArgs>("completions"),
            Entry::of::<man::ManArgs>("man"),
        ],
    ),
];

fn entries() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().flat_map(|(_, entries)| entries.iter())
}

/// The whole command line.
fn program() -> clap::Command {
    Global::augment_args(clap::Command::new("sim-cli"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs overlay scenarios on a simulated network, measures them and draws them")
        .max_term_width(100)
        .propagate_version(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .help_template(help())
        .subcommands(entries().map(Entry::command))
}

/// The template of `sim-cli --help`: clap can put commands below one heading only.
fn help() -> clap::builder::StyledStr {
    let styles = clap::builder::Styles::styled();
    let (header, literal) = (*styles.get_header(), *styles.get_literal());
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (heading, entries) in GROUPS {
        let _ = write!(text, "\n{header}{heading}:{header:#}\n");
        for entry in *entries {
            let about = entry.command().get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {literal}{:11}{literal:#}  {about}", entry.name);
        }
    }
    let _ = write!(text, "\n{header}Options:{header:#}\n{{options}}\n\n");
    text.push_str("`sim-cli COMMAND --help` explains a command and its options.");
    text.into()
}

/// The whole program, with the protocols of `registry`: reads the arguments of the process, executes the command
/// and gives the exit code.
#[must_use]
pub fn main_with(registry: Registry) -> ExitCode {
    fail_on_abort();
    main_from(&registry, std::env::args_os())
}

/// Makes an abort end with exit code 1, as other failures do. Without memory the standard library says so in a line and
/// aborts, which no code of this program can stop.
#[cfg(unix)]
fn fail_on_abort() {
    let always = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    // Where it cannot be, the signal still ends the process.
    let _ = signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, 1, always);
}

#[cfg(not(unix))]
fn fail_on_abort() {}

fn main_from(registry: &Registry, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let program = program();
    let parsed = program.clone().try_get_matches_from(arguments);
    let parsed = parsed.and_then(|matches| Ok((Global::from_arg_matches(&matches)?, matches)));
    let (global, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(mut error) => {
            // It takes every unknown option for a value that begins with `--`.
            if error.kind() == ErrorKind::UnknownArgument && error.get(ContextKind::SuggestedArg).is_none() {
                error.remove(ContextKind::Suggested);
            }
            // Help and version go to standard output and are no error.
            let console = Console::plain();
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            if !error.use_stderr() {
                console.keep(printed);
            }
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return ExitCode::from(conclude(&console, Ok(())).max(code));
        }
    };
    let console = Console::new(&global);
    let cx = Context { registry, console: &console, program: &program };
    let named = matches
        .subcommand()
        .and_then(|(name, matches)| Some((entries().find(|entry| entry.name == name)?, matches)));
    let Some((entry, matches)) = named else { return ExitCode::from(2) };
    ExitCode::from(conclude(&console, entry.execute(matches, &cx)))
}

/// Says why a command failed, or that its result did not reach standard output. Gives the exit code: that of the
/// command's own failure comes first, for it holds whoever has read of it.
fn conclude(console: &Console, done: Result<(), Failure>) -> u8 {
    let mut code = 0;
    for failure in [done.err(), console.check().err()].into_iter().flatten() {
        match &failure {
            // Each was reported where it was found.
            Failure::Determinism(message) if message.is_empty() => {}
            Failure::Failed(message) | Failure::Usage(message) | Failure::Determinism(message) => {
                console.error(message);
            }
            Failure::Invalid(rendered) => console.raw_error(rendered),
            Failure::Expectation | Failure::Undecided | Failure::Interrupted | Failure::NoReader => {}
        }
        if code == 0 {
            code = failure.code();
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        program().debug_assert();
    }

    #[test]
    fn the_help_shows_every_command_below_one_heading() {
        let mut program = program();
        let help = program.render_help().to_string();
        assert!(help.starts_with("Runs overlay scenarios"), "{help}");
        program.build();
        for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let line = format!("  {:11}  {}\n", command.get_name(), command.get_about().unwrap());
            assert_eq!(help.matches(&line).count(), 1, "{line}{help}");
        }
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
