//! Published latency matrices.

use floodnet_core::distributions::scaled;
use floodnet_core::time::Duration;

use crate::read::{ReadError, fields, lines, wrong};

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

/// Reads a square matrix of delays: one row per line, numbers between blanks, tabs or commas, blank
/// lines and lines that start with `#` or `%` passed over. A number counts `unit_ns` nanoseconds; with
/// `rtt` it is a round trip, of which one way is half.
///
/// # Errors
/// Names the line that has another number of columns than the first or a number that is negative or not
/// finite, and says so when there are not as many rows as columns.
pub fn read_matrix(text: &str, unit_ns: u64, rtt: bool) -> Result<Matrix, ReadError> {
    let unit = Duration::from_nanos(unit_ns);
    let mut one_way = Vec::new();
    let (mut columns, mut rows, mut last) = (0, 0, 1);
    for (number, line) in lines(text) {
        let before = one_way.len();
        for (at, field) in fields(line).enumerate() {
            let value: Option<f64> = field.parse().ok();
            let delay = value.and_then(|value| scaled(unit, if rtt { value * 0.5 } else { value }));
            one_way.push(delay.ok_or_else(|| {
                wrong(number, format!("column {}: `{field}` is not a number of zero or more", at + 1))
            })?);
        }
        let found = one_way.len() - before;
        if rows == 0 {
            columns = found;
        } else if found != columns {
            return Err(wrong(number, format!("{found} columns, but the first row has {columns}")));
        }
        rows += 1;
        last = number;
    }
    match u32::try_from(columns) {
        Ok(n) if n > 0 && rows == columns => Ok(Matrix { n, one_way }),
        _ if columns == 0 => Err(wrong(last, "the matrix is empty")),
        _ => Err(wrong(last, format!("the matrix ends after {rows} rows of {columns} columns"))),
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
        let text = "# ms\n0 1.5\n2.25, 0.1\n";
        let one_way = read_matrix(text, MILLISECOND, false).unwrap();
        let nanos: Vec<u64> = one_way.one_way.iter().map(|delay| delay.as_nanos()).collect();
        assert_eq!((one_way.n, nanos), (2, vec![0, 1_500_000, 2_250_000, 100_000]));
        let halved = read_matrix(text, MILLISECOND, true).unwrap();
        assert_eq!(halved.between(1, 0), Duration::from_nanos(1_125_000));
        // Slots 2 and 5 stand at places 0 and 1.
        assert_eq!(halved.between(2, 5), Duration::from_nanos(750_000));
    }

    #[test]
    fn errors_name_the_line() {
        let problem = |text: &str| read_matrix(text, 1, false).unwrap_err().to_string();
        assert_eq!(problem("0 1\n\n1 0 3\n"), "line 3: 3 columns, but the first row has 2");
        assert_eq!(problem("0 1\n"), "line 1: the matrix ends after 1 rows of 2 columns");
        assert_eq!(problem("0\n0\n"), "line 2: the matrix ends after 2 rows of 1 columns");
        assert_eq!(problem("# nothing\n"), "line 1: the matrix is empty");
        for wrong in ["-1", "nan", "inf", "x"] {
            let text = format!("0 {wrong}\n1 0\n");
            assert_eq!(
                problem(&text),
                format!("line 1: column 2: `{wrong}` is not a number of zero or more")
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9#,. \\n-]{0,40}|\\PC*", unit: u64, rtt: bool) {
            if let Ok(matrix) = read_matrix(&text, unit, rtt) {
                prop_assert_eq!(matrix.one_way.len(), matrix.n.pow(2) as usize);
            }
        }
    }

    #[test]
    fn the_planetlab_matrix_is_symmetric_and_within_its_published_range() {
        let Some(text) = data_file("planetlab-rtt-ms-490.tsv") else { return };
        let matrix = read_matrix(&text, MILLISECOND, true).unwrap();
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
