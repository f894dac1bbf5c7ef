//! Published latency matrices.

use std::io::Read;

use floodnet_core::distributions::scaled;
use floodnet_core::time::Duration;

use crate::read::{ReadError, Row, Table, is_number, shown};

/// Measured one-way delays between places, in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// How many places there are.
    pub n: u32,
    /// Row by row: from place i to place j at `i * n + j`.
    pub one_way: Vec<Duration>,
}

impl Matrix {
    /// The delay from slot `from` to slot `to`. A slot stands at the place of its number modulo `n`.
    ///
    /// # Panics
    /// When the matrix is empty, which one that was read never is.
    #[must_use]
    pub fn between(&self, from: u32, to: u32) -> Duration {
        self.one_way[(from % self.n) as usize * self.n as usize + (to % self.n) as usize]
    }
}

/// What a matrix looks like.
const FORM: &str = "a matrix has a row for each host, and a delay to each host in every row";
/// What a cell holds.
const DELAY: &str = "write a delay: a number of zero or more, without its unit";

/// How many places a matrix has at most: the delays between all pairs take 2 GiB.
const MOST_PLACES: usize = 1 << 14;

/// Reads a square matrix of delays: one row per line, numbers between blanks, tabs, commas or semicolons. A heading
/// and a first column of words, the names of the places, are passed over. A number counts `unit_ns` nanoseconds; with
/// `rtt` it is a round trip, of which one way is half.
///
/// # Errors
/// Names the cell that holds no delay, the line that is too much, or says that rows are missing; and what to change.
pub fn read_matrix(from: impl Read, unit_ns: u64, rtt: bool) -> Result<Matrix, ReadError> {
    let mut table = Table::new(from);
    let mut rows = Rows { unit: Duration::from_nanos(unit_ns), rtt, ..Rows::default() };
    while table.advance()? {
        let row = table.row();
        if rows.names.is_none() && rows.count == 0 && Rows::is_heading(&row) {
            rows.names = Some(row.cells().map(str::to_owned).collect());
        } else {
            rows.take(&row)?;
        }
    }
    rows.end()
}

/// The rows of a matrix that were read.
#[derive(Debug, Default)]
struct Rows {
    unit: Duration,
    rtt: bool,
    /// The cells of the heading, if there is one.
    names: Option<Vec<String>>,
    /// Whether the first column names the places.
    is_named: bool,
    /// How many rows there are, and places in each.
    count: usize,
    places: usize,
    one_way: Vec<Duration>,
}

impl Rows {
    /// Whether all cells are words; the first may be blank.
    fn is_heading(row: &Row<'_>) -> bool {
        let mut cells = row.cells();
        let is_corner = cells.next().is_some_and(|cell| !is_number(cell));
        is_corner && row.len() > 1 && cells.all(|cell| !cell.is_empty() && !is_number(cell))
    }

    fn take(&mut self, row: &Row<'_>) -> Result<(), ReadError> {
        let first = row.cell(0);
        let is_name = !first.is_empty() && !is_number(first);
        if self.count == 0 {
            // A blank corner stands over names.
            let has_corner = self.names.as_ref().is_some_and(|names| names[0].is_empty());
            self.is_named = has_corner || is_name && row.len() > 1;
            self.places = row.len() - usize::from(self.is_named);
            if self.places > MOST_PLACES {
                let problem = format!("{} places, but at most {MOST_PLACES} are read", self.places);
                return Err(row.wrong_line(problem, "name a smaller matrix"));
            }
        }
        if self.count == self.places {
            let problem = format!("another row, but the matrix has {} columns", self.places);
            return Err(row.wrong_line(problem, "take it away; or the first line, if that numbers the hosts"));
        }
        if self.is_named {
            self.check_name(row, is_name)?;
        }
        for at in usize::from(self.is_named)..row.len() {
            let delay = self.delay(row, at)?;
            self.one_way.push(delay);
        }
        self.count += 1;
        Ok(())
    }

    /// The name of a row is that of the column of the same number.
    fn check_name(&self, row: &Row<'_>, is_name: bool) -> Result<(), ReadError> {
        if !is_name {
            let problem = format!("`{}` is no name of a host", row.shown(0));
            let help = "the first column names the hosts with words, or is left out in all lines";
            return Err(row.wrong(0, problem, help));
        }
        let column = self.names.as_ref().and_then(|names| names.get(self.count + 1));
        match column {
            Some(column) if column != row.cell(0) => {
                let (row_name, at) = (row.shown(0), self.count + 1);
                let problem = format!("row {at} is called `{row_name}`, but column {at} `{}`", shown(column));
                Err(row.wrong(0, problem, "rows and columns name the same hosts in the same order"))
            }
            _ => Ok(()),
        }
    }

    fn delay(&self, row: &Row<'_>, at: usize) -> Result<Duration, ReadError> {
        if row.cell(at).is_empty() {
            let help = "write the delay; 0 from a host to itself";
            return Err(row.wrong(at, "a blank cell is no delay", help));
        }
        let value = row.decimal(at, DELAY)?;
        let delay = scaled(self.unit, if self.rtt { value * 0.5 } else { value });
        delay
            .filter(|delay| *delay < Duration::MAX)
            .ok_or_else(|| row.wrong(at, format!("`{}` is longer than any delay", row.shown(at)), DELAY))
    }

    fn end(self) -> Result<Matrix, ReadError> {
        let (rows, columns) = (self.count, self.places);
        if rows == 0 {
            return Err(ReadError::whole("the matrix is empty", FORM));
        }
        if rows < columns {
            let are = if rows == 1 { "1 row" } else { &format!("{rows} rows") };
            let problem = format!("the matrix ends after {are} of {columns} columns");
            return Err(ReadError::whole(
                problem,
                format!("{FORM}; a column that numbers the hosts is none"),
            ));
        }
        // At most MOST_PLACES.
        Ok(Matrix { n: columns as u32, one_way: self.one_way })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::tests::data_file;
    use proptest::prelude::*;

    const MILLISECOND: u64 = 1_000_000;

    #[test]
    fn matrices_are_read_in_their_unit() {
        let text = "# ms\n0 1.5\n2.25 0.1\n".as_bytes();
        let one_way = read_matrix(text, MILLISECOND, false).unwrap();
        let nanos: Vec<u64> = one_way.one_way.iter().map(|delay| delay.as_nanos()).collect();
        assert_eq!((one_way.n, nanos), (2, vec![0, 1_500_000, 2_250_000, 100_000]));
        let halved = read_matrix(text, MILLISECOND, true).unwrap();
        assert_eq!(halved.between(1, 0), Duration::from_nanos(1_125_000));
        // Slots 2 and 5 stand at places 0 and 1.
        assert_eq!(halved.between(2, 5), Duration::from_nanos(750_000));
    }

    #[test]
    fn an_endless_matrix_is_refused_at_its_first_row_too_many() {
        let mut rows = std::io::Read::chain("0 1\n1 0\n".as_bytes(), std::io::repeat(b'1'));
        let error = read_matrix(std::io::Read::chain("0 1\n".as_bytes(), &mut rows), 1, false).unwrap_err();
        assert_eq!(error.title(), "line 3: another row, but the matrix has 2 columns");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9#,. \\n-]{0,40}|\\PC*", unit: u64, rtt: bool) {
            if let Ok(matrix) = read_matrix(text.as_bytes(), unit, rtt) {
                prop_assert_eq!(matrix.one_way.len(), matrix.n.pow(2) as usize);
            }
        }
    }

    #[test]
    fn the_planetlab_matrix_is_symmetric_and_within_its_published_range() {
        let Some(file) = data_file("planetlab-rtt-ms-490.tsv") else { return };
        let matrix = read_matrix(file, MILLISECOND, true).unwrap();
        assert_eq!(matrix.n, 490);
        let mut delays = Vec::new();
        for a in 0..490 {
            assert_eq!(matrix.between(a, a), Duration::ZERO);
            for b in 0..a {
                assert_eq!(matrix.between(a, b), matrix.between(b, a));
                delays.push(matrix.between(a, b).as_nanos());
            }
        }
        delays.sort_unstable();
        // Round trips of 0.086 to 2,984 ms, median 135 ms.
        assert_eq!(delays[0], 43_000);
        assert_eq!(delays[delays.len() - 1] / MILLISECOND, 1_492);
        assert_eq!((2 * delays[delays.len() / 2] + MILLISECOND / 2) / MILLISECOND, 135);
    }
}
