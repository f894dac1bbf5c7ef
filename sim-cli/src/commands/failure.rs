//! How a command fails, and with which exit code.

use std::io;
use std::path::Path;

/// The reasons for which a command ends without success.
#[derive(Debug)]
pub(super) enum Failure {
    /// Input or output failed, or the program has an error: exit code 1.
    Failed(String),
    /// The arguments make no sense together: exit code 2.
    Usage(String),
    /// A scenario is not valid: exit code 2. The text is printed as it is.
    Invalid(String),
    /// An expectation is not met: exit code 3.
    Expectation,
    /// The same run gave two different results: exit code 4.
    Determinism(String),
    /// Too few runs were made to say what was asked for: exit code 5.
    Undecided,
    /// The user stopped the program: exit code 130.
    Interrupted,
    /// Nobody reads standard output any more: a quiet end, as that of `seq 9999 | head -1`. Exit code 0.
    NoReader,
}

impl Failure {
    /// The exit code of the process.
    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) | Self::Invalid(_) => 2,
            Self::Expectation => 3,
            Self::Determinism(_) => 4,
            Self::Undecided => 5,
            Self::Interrupted => 130,
            Self::NoReader => 0,
        }
    }
}

impl Failure {
    /// A file or folder cannot be written.
    pub(super) fn unwritable(path: &Path, error: &io::Error) -> Self {
        Self::Failed(format!("cannot write {}: {error}", path.display()))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What each exit code says.
pub(super) const EXIT_CODES: &[(u8, &str)] = &[
    (0, "Done, and everything that was expected holds."),
    (1, "Failed: reading, writing, or the program itself."),
    (2, "Wrong usage, or a scenario that is not valid. Nothing was run."),
    (
        3,
        "Something expected is not met or undecided, or happens in no run, a test tests nothing, or a comparison found a regression.",
    ),
    (4, "The same run gave two different results."),
    (5, "Too few runs to tell (compare), or --until-ci was not reached (sweep)."),
    (130, "Interrupted. The results until then are kept and marked."),
];

/// The exit codes, for the manual page of the program: clap does not know them.
pub(super) const EXIT_STATUS: &str = r".SH EXIT STATUS
0 ok; 1 failed; 2 usage or invalid scenario; 3 an expectation is not met or undecided, something
that some run must show happens in none, or a comparison found a regression; 4 determinism violated; 5 too few runs to tell (compare, bisect), or --until-ci was not reached (sweep); 130 interrupted (the results until then are kept and marked).
";
