//! Standard output carries the result, standard error everything else.

use std::io::Write as _;

use super::{Color, Global};

/// Where a command prints.
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

    /// The result of the command. A reader that has gone away (a closed pipe) is none of our business.
    pub(super) fn result(&self, text: &str) {
        let mut to = anstream::AutoStream::new(std::io::stdout(), self.choice);
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }

    /// Something beside the result, not with `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.raw_error(&format!("{text}\n"));
        }
    }

    /// What went wrong, in a line.
    pub(super) fn error(&self, message: &str) {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        self.raw_error(&format!("{style}error{style:#}: {message}\n"));
    }

    /// Text that is already in the form of an error, colors included.
    pub(super) fn raw_error(&self, text: &str) {
        let mut to = anstream::AutoStream::new(std::io::stderr(), self.choice);
        let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    }
}
