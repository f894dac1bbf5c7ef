//! Standard output carries the result, standard error everything else.

use std::io::Write as _;

use clap::{Args, ValueEnum};

/// Arguments of every command.
#[derive(Args, Debug, Clone, Copy)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// Print nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more: what the run cost, every default
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

/// Standard output and standard error of a command.
#[derive(Debug)]
pub(super) struct Console {
    quiet: bool,
    verbose: bool,
    choice: anstream::ColorChoice,
}

impl Console {
    pub(super) fn new(global: &Global) -> Self {
        let choice = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        Self { quiet: global.quiet, verbose: global.verbose, choice }
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) const fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Prints the result of the command. A reader that has gone away (a closed pipe) is not an error.
    pub(super) fn result(&self, text: &str) {
        let mut to = anstream::AutoStream::new(std::io::stdout(), self.choice);
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }

    /// Prints a line beside the result, except with `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.raw_error(&format!("{text}\n"));
        }
    }

    /// Prints an error.
    pub(super) fn error(&self, message: &str) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        self.raw_error(&format!("{style}error{style:#}: {message}\n"));
    }

    /// Prints text that already has the form of an error, colors included.
    pub(super) fn raw_error(&self, text: &str) {
        let mut to = anstream::AutoStream::new(std::io::stderr(), self.choice);
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }
}
