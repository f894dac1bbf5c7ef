//! What is wrong with a file, and where.

use std::fmt;
use std::io;
use std::ops::Range;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, the first being 1; 0 for the file as a whole.
    pub line: usize,
    /// The column of the table, the first being 1; none for the line as a whole.
    pub column: Option<usize>,
    /// The line as it stands in the file, without what is not text.
    pub text: String,
    /// The bytes of `text` that are wrong, at boundaries of characters; may be empty.
    pub span: Range<usize>,
    /// What is wrong.
    pub problem: String,
    /// What to change.
    pub help: String,
}

impl ReadError {
    /// An error of the file as a whole.
    pub(crate) fn whole(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            line: 0,
            column: None,
            text: String::new(),
            span: 0..0,
            problem: problem.into(),
            help: help.into(),
        }
    }

    /// The file cannot be read on.
    pub(crate) fn io(error: &io::Error) -> Self {
        Self::whole(format!("cannot be read: {error}"), "name another file, or mend this one")
    }

    /// Line and column of the table with what is wrong there, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        match (self.line, self.column) {
            (0, _) => self.problem.clone(),
            (line, None) => format!("line {line}: {}", self.problem),
            (line, Some(column)) => format!("line {line}, column {column}: {}", self.problem),
        }
    }

    /// All of it in one line, for the file that is called `name`.
    #[must_use]
    pub fn of(&self, name: impl fmt::Display) -> String {
        match self.line {
            0 => format!("{name}: {self}"),
            line => format!("{name}:{line}:{}: {self}", self.character()),
        }
    }

    /// Where the wrong text begins, in characters, the first being 1.
    #[must_use]
    pub fn character(&self) -> usize {
        self.text.get(..self.span.start).map_or(1, |before| before.chars().count() + 1)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title(), self.help)
    }
}

impl std::error::Error for ReadError {}

/// A piece of a file for a message: short, and without characters that cannot be seen.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let visible = |c: char| match c {
        ' ' | '"' | '\'' => c.to_string(),
        c if c.is_whitespace() || c.is_control() => c.escape_debug().to_string(),
        c => c.to_string(),
    };
    let mut shown: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
