//! Rows that all have the same number of cells.

use std::io::Read;
use std::ops::Range;

use super::cells::{Cell, Separator, Splitter, content};
use super::error::{ReadError, shown};
use super::lines::Lines;

/// What a Matrix Market file begins with: its first row says how many there are, and is none of them.
const MATRIX_MARKET: &str = "%%MatrixMarket";

/// The rows of a file, one at a time.
#[derive(Debug)]
pub(crate) struct Table<R> {
    lines: Lines<R>,
    text: String,
    cells: Vec<Cell>,
    /// Known from the first row on.
    form: Option<Form>,
}

/// What the first row says of all others.
#[derive(Debug)]
struct Form {
    splitter: Splitter,
    /// The line of the first row.
    line: usize,
    /// How many cells it has.
    columns: usize,
}

impl<R: Read> Table<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { lines: Lines::new(from), text: String::new(), cells: Vec::new(), form: None }
    }

    /// Goes on to the next row; `false` behind the last one. Blank lines and comments are passed over.
    ///
    /// # Errors
    /// A line is too long or no text, has another number of cells than the first row, or quotes in odd places.
    pub(crate) fn advance(&mut self) -> Result<bool, ReadError> {
        loop {
            if !self.lines.read(&mut self.text)? {
                return Ok(false);
            }
            if self.text.starts_with(MATRIX_MARKET) {
                let help = "take this line and the one that says how many rows there are away";
                return Err(self.row().wrong_line("this is a Matrix Market file", help));
            }
            let line = content(&self.text);
            if line.is_empty() {
                continue;
            }
            let form = self.form.get_or_insert_with(|| Form {
                splitter: Splitter::new(Separator::of(line)),
                line: self.lines.number,
                columns: 0,
            });
            form.splitter.split(line, &mut self.cells);
            if form.columns == 0 {
                form.columns = self.cells.len();
            }
            self.check()?;
            return Ok(true);
        }
    }

    /// The row that was read last.
    pub(crate) fn row(&self) -> Row<'_> {
        let separator = self.form.as_ref().map_or(Separator::Blanks, |form| form.splitter.separator());
        Row { line: self.lines.number, text: &self.text, cells: &self.cells, separator }
    }

    fn check(&self) -> Result<(), ReadError> {
        let row = self.row();
        if let Some(at) = self.cells.iter().position(|cell| cell.is_misquoted) {
            let problem = format!("quotes stand in odd places of `{}`", row.shown(at));
            return Err(row.wrong(at, problem, "take them away: numbers need none"));
        }
        match &self.form {
            Some(form) if form.columns != row.len() => {
                let (found, first) = (row.len(), form.columns);
                let problem = format!("{}, but line {} has {first}", cells(found), form.line);
                let help = format!("all lines have as many cells, separated by {}", row.separator.name());
                // What is too much, or the end of what is too little.
                let at = first.min(found.saturating_sub(1));
                Err(ReadError { column: None, ..row.wrong(at, problem, help) })
            }
            _ => Ok(()),
        }
    }
}

/// So many cells.
pub(super) fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// Its line in the file, the first being 1.
    pub(crate) line: usize,
    text: &'a str,
    cells: &'a [Cell],
    separator: Separator,
}

impl<'a> Row<'a> {
    /// How many cells there are.
    pub(crate) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// The text of a cell, without quotes and blanks around it; empty for a blank one.
    pub(crate) fn cell(&self, at: usize) -> &'a str {
        self.cells.get(at).map_or("", |cell| &self.text[cell.span.clone()])
    }

    /// The texts of all cells.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &'a str> {
        let (cells, text) = (self.cells, self.text);
        cells.iter().map(|cell| &text[cell.span.clone()])
    }

    /// The text of a cell for a message.
    pub(crate) fn shown(&self, at: usize) -> String {
        shown(self.cell(at))
    }

    /// An error of a cell.
    pub(crate) fn wrong(&self, at: usize, problem: impl Into<String>, help: impl Into<String>) -> ReadError {
        let end = self.text.len();
        let span = self.cells.get(at).map_or(end..end, |cell| cell.span.clone());
        self.error(Some(at + 1), span, problem, help)
    }

    /// An error of the line as a whole.
    pub(crate) fn wrong_line(&self, problem: impl Into<String>, help: impl Into<String>) -> ReadError {
        self.error(None, 0..self.text.len(), problem, help)
    }

    fn error(
        &self,
        column: Option<usize>,
        span: Range<usize>,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> ReadError {
        let (problem, help) = (problem.into(), help.into());
        ReadError { line: self.line, column, text: self.text.to_owned(), span, problem, help }
    }

    /// A number of zero or more, decimals and exponents allowed; `help` says what stands in such a cell.
    pub(crate) fn decimal(&self, at: usize, help: &str) -> Result<f64, ReadError> {
        let value = self.number(at).filter(|value| *value >= 0.0);
        value.ok_or_else(|| self.no_number(at, "a number of zero or more", help))
    }

    /// Any finite number.
    pub(crate) fn signed(&self, at: usize, help: &str) -> Result<f64, ReadError> {
        self.number(at).ok_or_else(|| self.no_number(at, "a number", help))
    }

    /// The number in a cell. Words for infinity and for what is no number are none.
    fn number(&self, at: usize) -> Option<f64> {
        let text = self.cell(at);
        let is_plain = text.bytes().all(|byte| b"0123456789.eE+-".contains(&byte));
        text.parse().ok().filter(|value: &f64| is_plain && value.is_finite())
    }

    /// A whole number of zero or more, written with digits alone.
    pub(crate) fn whole<T: std::str::FromStr>(&self, at: usize, help: &str) -> Result<T, ReadError> {
        let text = self.cell(at);
        let value = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        value.ok_or_else(|| self.no_number(at, "a whole number in range", help))
    }

    fn no_number(&self, at: usize, what: &str, help: &str) -> ReadError {
        let text = self.cell(at);
        let help = match self.separator {
            _ if text.contains(',') && text.replacen(',', ".", 1).parse::<f64>().is_ok() => {
                "write a decimal point, not a comma".to_owned()
            }
            separator if text.contains([' ', '\t', ',', ';']) => {
                format!("cells of this file are separated by {}, as in its first row", separator.name())
            }
            _ => help.to_owned(),
        };
        self.wrong(at, format!("`{}` is not {what}", self.shown(at)), help)
    }
}

/// Whether a cell holds a number of any kind, or what programs write for a missing or an infinite one: not a word of
/// a heading.
pub(crate) fn is_number(cell: &str) -> bool {
    const MISSING: [&str; 5] = ["na", "n/a", "null", "none", "missing"];
    cell.parse::<f64>().is_ok()
        || MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
        || !cell.is_empty() && !cell.contains(char::is_alphanumeric)
}
