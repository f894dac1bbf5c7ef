//! Standard output carries the result, standard error everything else.

use std::io::{self, Write as _};
use std::sync::OnceLock;

use clap::{Args, ValueEnum};

use super::failure::Failure;

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
    /// How to show progress: a bar on a terminal and a line every 10 s elsewhere (auto), lines (plain), or nothing
    #[arg(long, global = true, value_enum, default_value_t = ProgressStyle::Auto)]
    progress: ProgressStyle,
}

/// How progress is shown.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProgressStyle {
    Auto,
    Plain,
    None,
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
    progress: ProgressStyle,
    choice: anstream::ColorChoice,
    /// Why the result did not reach standard output: the first error.
    lost: OnceLock<io::Error>,
}

impl Console {
    pub(super) fn new(global: &Global) -> Self {
        let choice = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            progress: global.progress,
            choice,
            lost: OnceLock::new(),
        }
    }

    /// A console without options, for what is printed before they are known.
    pub(super) const fn plain() -> Self {
        Self {
            quiet: false,
            verbose: false,
            progress: ProgressStyle::None,
            choice: anstream::ColorChoice::Auto,
            lost: OnceLock::new(),
        }
    }

    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) const fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// How progress is to be shown.
    pub(super) const fn progress(&self) -> ProgressStyle {
        if self.quiet { ProgressStyle::None } else { self.progress }
    }

    /// Prints the result of the command, or a piece of it. An error is kept for [`Console::check`], so that a
    /// command still judges and keeps what it was asked to; nothing is printed after it.
    pub(super) fn result(&self, text: &str) {
        let mut to = anstream::AutoStream::new(io::stdout(), self.choice);
        self.keep(if self.lost.get().is_none() {
            to.write_all(text.as_bytes()).and_then(|()| to.flush())
        } else {
            Ok(())
        });
    }

    /// Remembers an error of standard output.
    pub(super) fn keep(&self, written: io::Result<()>) {
        if let Err(error) = written {
            // Of several the first says why.
            let _ = self.lost.set(error);
        }
    }

    /// For commands that print as they go on: they need not go on for nobody.
    ///
    /// # Errors
    /// What was printed did not reach standard output. [`Console::check`] says why at the end.
    pub(super) fn is_read(&self) -> Result<(), Failure> {
        if self.lost.get().is_some() { Err(Failure::NoReader) } else { Ok(()) }
    }

    /// Whether all that was printed has reached standard output; asked once, at the end of every command.
    ///
    /// # Errors
    /// It has not: [`Failure::NoReader`] for a pipe whose reader has gone, else the reason.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.lost.get() {
            None => Ok(()),
            Some(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::NoReader),
            Some(error) => Err(Failure::Failed(format!("cannot write to standard output: {error}"))),
        }
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
        let mut to = anstream::AutoStream::new(io::stderr(), self.choice);
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }
}
