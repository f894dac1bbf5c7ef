//! Columns with names: each kind of file is a short declaration.

use std::io::Read;

use super::error::ReadError;
use super::table::{Row, Table, cells, is_number};

/// A column of a kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in a heading.
    pub name: &'static str,
    /// Other names that headings give it.
    pub also: &'static [&'static str],
    /// What is missing where its cell is blank.
    pub blank: &'static str,
    /// What to write into a cell.
    pub help: &'static str,
}

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// It may: without one the columns stand in their order.
    Optional,
    /// It does.
    Required,
}

/// What may stand in a row besides the columns of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    /// Whatever a heading names; and without a heading so many columns of numbers, which may be blank.
    Numbers(usize),
    /// Whatever a heading names.
    Named,
}

/// A kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its columns in their order.
    pub columns: &'static [Column],
    /// Whether it has a heading.
    pub heading: Heading,
    /// What else it may hold.
    pub further: Further,
    /// What a row looks like, for those who wrote something else.
    pub help: &'static str,
}

/// The records of a file, one at a time.
///
/// ```
/// use floodnet_sim::read::{Column, Columns, Further, Heading, Kind};
///
/// const SEED: Column = Column { name: "seed", also: &[], blank: "the seed is missing", help: "write a whole number" };
/// const SEEDS: Kind =
///     Kind { columns: &[SEED], heading: Heading::Optional, further: Further::Named, help: "write a seed per line" };
///
/// let mut file = Columns::new(&SEEDS, "# found by night\n17\n4 # again\n".as_bytes());
/// let mut seeds: Vec<u64> = Vec::new();
/// while let Some(record) = file.next()? {
///     seeds.push(record.whole(0)?);
/// }
/// assert_eq!(seeds, [17, 4]);
/// # Ok::<(), floodnet_sim::read::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Columns<R> {
    kind: &'static Kind,
    table: Table<R>,
    /// The place of each column in a row; empty before the first row.
    places: Vec<usize>,
    has_heading: bool,
}

impl<R: Read> Columns<R> {
    /// A file of this kind.
    pub fn new(kind: &'static Kind, from: R) -> Self {
        Self { kind, table: Table::new(from), places: Vec::new(), has_heading: false }
    }

    /// Whether a heading named the columns. Known from the first record on.
    pub const fn has_heading(&self) -> bool {
        self.has_heading
    }

    /// The next record; none behind the last one.
    ///
    /// # Errors
    /// The next row is none of this kind, or cannot be read.
    #[expect(clippy::should_implement_trait, reason = "a record borrows the line that it stands in")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        if !self.table.advance()? {
            return match (self.kind.heading, self.places.is_empty()) {
                (Heading::Required, true) => Err(ReadError::whole("the file has no heading", self.kind.help)),
                _ => Ok(None),
            };
        }
        if self.places.is_empty() {
            self.has_heading = self.is_heading();
            self.places = if self.has_heading { self.named()? } else { self.in_order()? };
            if self.has_heading && !self.table.advance()? {
                return Ok(None);
            }
        }
        let record = Record { kind: self.kind, places: &self.places, row: self.table.row() };
        if !self.has_heading {
            record.check_further()?;
        }
        Ok(Some(record))
    }

    fn is_heading(&self) -> bool {
        let row = self.table.row();
        self.kind.heading == Heading::Required
            || row.cells().any(|cell| !cell.is_empty()) && !row.cells().any(is_number)
    }

    /// The places of the columns that the heading names.
    fn named(&self) -> Result<Vec<usize>, ReadError> {
        let row = self.table.row();
        let names: Vec<String> = row.cells().map(plain).collect();
        let place = |column: &Column| {
            let is_meant = |name: &String| {
                *name == plain(column.name) || column.also.iter().any(|also| *name == plain(also))
            };
            let mut meant = (0..names.len()).filter(|&at| is_meant(&names[at]));
            let Some(first) = meant.next() else {
                let problem = format!("no column is called `{}`", column.name);
                return Err(row.wrong_line(problem, self.kind.help));
            };
            match meant.next() {
                None => Ok(first),
                Some(again) => {
                    let problem = format!("the heading names `{}` twice", column.name);
                    Err(row.wrong(again, problem, "take one of the columns away"))
                }
            }
        };
        self.kind.columns.iter().map(place).collect()
    }

    /// The places of the columns where no heading names them.
    fn in_order(&self) -> Result<Vec<usize>, ReadError> {
        let row = self.table.row();
        let wanted = self.kind.columns.len();
        let most = match self.kind.further {
            Further::Numbers(further) => wanted + further,
            Further::Named => wanted,
        };
        if row.len() > most {
            let problem = format!("{}, but no heading says what they are", cells(row.len()));
            return Err(row.wrong_line(problem, self.kind.help));
        }
        if let Some(missing) = self.kind.columns.get(row.len()) {
            let at = row.len();
            return Err(ReadError { column: None, ..row.wrong(at, missing.blank, missing.help) });
        }
        Ok((0..wanted).collect())
    }
}

/// A name as headings are compared: its letters and digits, small.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A row with its columns in the order of the [`Kind`].
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    kind: &'static Kind,
    places: &'a [usize],
    row: Row<'a>,
}

impl Record<'_> {
    /// Its line in the file, the first being 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.row.line
    }

    /// A whole number of zero or more.
    ///
    /// # Errors
    /// The cell is blank, or holds something else.
    pub fn whole<T: std::str::FromStr>(&self, column: usize) -> Result<T, ReadError> {
        self.row.whole(self.filled(column)?, self.kind.columns[column].help)
    }

    /// A number of zero or more, decimals allowed.
    ///
    /// # Errors
    /// The cell is blank, or holds something else.
    pub fn decimal(&self, column: usize) -> Result<f64, ReadError> {
        self.row.decimal(self.filled(column)?, self.kind.columns[column].help)
    }

    /// One of these words: which.
    ///
    /// # Errors
    /// The cell is blank, or holds something else.
    pub fn word(&self, column: usize, words: &[&str]) -> Result<usize, ReadError> {
        let at = self.filled(column)?;
        let text = self.row.cell(at);
        words.iter().position(|word| *word == text).ok_or_else(|| {
            let problem = format!("`{}` is none of {}", self.row.shown(at), words.join(", "));
            self.row.wrong(at, problem, self.kind.columns[column].help)
        })
    }

    /// The text of further columns that no heading names; a blank one is empty.
    pub fn further(&self) -> impl Iterator<Item = &str> {
        self.row.cells().skip(self.places.len())
    }

    /// An error of a column.
    #[must_use]
    pub fn wrong(&self, column: usize, problem: impl Into<String>, help: impl Into<String>) -> ReadError {
        self.row.wrong(self.places[column], problem, help)
    }

    /// The place of a column whose cell is not blank.
    fn filled(&self, column: usize) -> Result<usize, ReadError> {
        let at = self.places[column];
        if self.row.cell(at).is_empty() {
            let Column { blank, help, .. } = self.kind.columns[column];
            return Err(self.row.wrong(at, blank, help));
        }
        Ok(at)
    }

    /// Further columns without a name hold numbers.
    fn check_further(&self) -> Result<(), ReadError> {
        for at in self.places.len()..self.row.len() {
            if !self.row.cell(at).is_empty() {
                self.row.signed(at, "further columns hold numbers, or a heading names them")?;
            }
        }
        Ok(())
    }
}
