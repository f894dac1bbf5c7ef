//! Latency matrices.

use floodnet_sim::graph::read_matrix;

use super::Right::{self, Read, Refused};

/// The delays in nanoseconds, row by row.
type Case = (&'static str, &'static str, Right<&'static [u64]>);

const TWO: &[u64] = &[0, 5, 7, 0];
const THREE: &[u64] = &[0, 10, 20, 10, 0, 30, 20, 30, 0];

const FILES: [Case; 58] = [
    ("blanks", "0 5\n7 0\n", Read(TWO)),
    ("tabs", "0\t5\n7\t0\n", Read(TWO)),
    ("commas", "0,5\n7,0\n", Read(TWO)),
    ("semicolons", "0;5\n7;0\n", Read(TWO)),
    ("aligned", "   0   5 \n   7   0 \n", Read(TWO)),
    ("CRLF", "0 5\r\n7 0\r\n", Read(TWO)),
    ("old Mac", "0 5\r7 0\r", Read(TWO)),
    ("byte order mark", "\u{feff}0 5\n7 0", Read(TWO)),
    ("comments", "# ms\n0 5 # of a\n\n% of b\n7 0\n", Read(TWO)),
    ("quotes", "\"0\",\"5\"\n\"7\",\"0\"\n", Read(TWO)),
    ("numbers as people write them", "0.0 5.\n7e0 .0\n", Read(TWO)),
    ("a sign", "-0 +5\n7 0\n", Read(TWO)),
    ("rounded", "0.4 5.49\n6.5 0\n", Read(TWO)),
    ("one host", "3\n", Read(&[3])),
    ("heading", "a,b\n0,5\n7,0\n", Read(TWO)),
    ("names of rows", "a,0,5\nb,7,0\n", Read(TWO)),
    ("names of both", ",a,b\na,0,5\nb,7,0\n", Read(TWO)),
    ("names of both with a corner", "host a b\na 0 5\nb 7 0\n", Read(TWO)),
    ("quoted names", "\"\",\"a, b\",\"c\"\n\"a, b\",0,5\n\"c\",7,0\n", Read(TWO)),
    ("addresses", "10.0.0.1 0 5\n10.0.0.2 7 0\n", Read(TWO)),
    ("names of three", "host\ta\tb\tc\na\t0\t10\t20\nb\t10\t0\t30\nc\t20\t30\t0\n", Read(THREE)),
    ("three", "0,10,20\n10,0,30\n20,30,0\n", Read(THREE)),
    ("empty", "", Refused(None, "the matrix is empty")),
    ("only comments", "# a\n", Refused(None, "the matrix is empty")),
    ("only a heading", "a,b\n", Refused(None, "the matrix is empty")),
    (
        "a blank diagonal and numbers of rows",
        "0,,10,20\n1,10,,30\n2,20,30,\n",
        Refused(Some((1, 3)), "line 1, column 2: a blank cell is no delay"),
    ),
    ("a blank diagonal", ",10\n10,\n", Refused(Some((1, 1)), "line 1, column 1: a blank cell is no delay")),
    ("a blank diagonal of tabs", "\t10\n10\t\n", Refused(Some((1, 1)), "line 1, column 1: a blank cell")),
    (
        "a blank diagonal with names",
        ",a,b\na,,5\nb,7,\n",
        Refused(Some((2, 3)), "line 2, column 2: a blank cell"),
    ),
    ("a blank cell at the end", "0,5\n7,\n", Refused(Some((2, 3)), "line 2, column 2: a blank cell")),
    ("a blank cell in quotes", "0,5\n\"\",0\n", Refused(Some((2, 2)), "line 2, column 1: a blank cell")),
    ("a separator behind each row", "0,5,\n7,0,\n", Refused(Some((1, 5)), "line 1, column 3: a blank cell")),
    (
        "a row of separators",
        "0,5\n7,0\n,\n",
        Refused(Some((3, 1)), "another row, but the matrix has 2 columns"),
    ),
    ("numbers of rows", "0 0 5\n1 7 0\n", Refused(None, "ends after 2 rows of 3 columns")),
    (
        "numbers of columns",
        "0 1\n0 5\n7 0\n",
        Refused(Some((3, 1)), "another row, but the matrix has 2 columns"),
    ),
    ("numbers of both", ",0,1\n0,0,5\n1,7,0\n", Refused(Some((1, 1)), "line 1, column 1: a blank cell")),
    ("a row too few", "0 1 2\n1 0 3\n", Refused(None, "ends after 2 rows of 3 columns")),
    ("one row", "0 1\n", Refused(None, "ends after 1 row of 2 columns")),
    ("a cell too many", "0 1\n1 0 3\n", Refused(Some((2, 5)), "line 2: 3 cells, but line 1 has 2")),
    ("a cell too few", "0 1\n1\n", Refused(Some((2, 1)), "line 2: 1 cell, but line 1 has 2")),
    ("half of it", "0\n5 0\n", Refused(Some((2, 3)), "line 2: 2 cells, but line 1 has 1")),
    (
        "rows in another order",
        ",a,b\nb,7,0\na,0,5\n",
        Refused(Some((2, 1)), "row 1 is called `b`, but column 1 `a`"),
    ),
    ("a name missing", "a,0,5\n,7,0\n", Refused(Some((2, 1)), "is no name of a host")),
    ("a number for a name", "a,0,5\n1,7,0\n", Refused(Some((2, 1)), "`1` is no name of a host")),
    (
        "negative",
        "0 -5\n7 0\n",
        Refused(Some((1, 3)), "line 1, column 2: `-5` is not a number of zero or more"),
    ),
    ("not a number", "0 nan\n7 0\n", Refused(Some((1, 3)), "`nan` is not a number")),
    ("infinite", "0 inf\n7 0\n", Refused(Some((1, 3)), "`inf` is not a number")),
    ("beyond doubles", "0 1e999\n7 0\n", Refused(Some((1, 3)), "`1e999` is not a number")),
    ("beyond all time", "0 1e30\n7 0\n", Refused(Some((1, 3)), "longer than any delay")),
    ("missing", "NA,5\n7,NA\n", Refused(Some((1, 1)), "line 1, column 1: `NA` is not a number")),
    ("missing later", "0 5\n- 0\n", Refused(Some((2, 1)), "`-` is not a number")),
    ("with units", "0ms,5ms\n7ms,0ms\n", Refused(Some((2, 1)), "row 1 is called `7ms`, but column 1 `5ms`")),
    ("decimal commas", "0;5,5\n7;0\n", Refused(Some((1, 3)), "column 2: `5,5` is not a number")),
    ("groups of digits", "0 5_000\n7 0\n", Refused(Some((1, 3)), "`5_000` is not a number")),
    ("hexadecimal", "0 0x5\n7 0\n", Refused(Some((1, 3)), "`0x5` is not a number")),
    ("separators mixed", "0 5\n7\t0\n", Refused(Some((2, 1)), "line 2: 1 cell, but line 1 has 2")),
    ("quotes inside", "0,\"5\"5\n7,0\n", Refused(Some((1, 3)), "quotes stand in odd places")),
    ("UTF-8 of other alphabets", "0 ٥\n7 0\n", Refused(Some((1, 3)), "`٥` is not a number")),
];

#[test]
fn odd_files() {
    let expected: Vec<(&str, &str, Right<Vec<u64>>)> = FILES
        .iter()
        .map(|&(name, text, right)| match right {
            Read(delays) => (name, text, Read(delays.to_vec())),
            Refused(place, words) => (name, text, Refused(place, words)),
        })
        .collect();
    super::check(&expected, |bytes| {
        let matrix = read_matrix(bytes, 1, false)?;
        assert_eq!(matrix.one_way.len(), matrix.n.pow(2) as usize);
        Ok(matrix.one_way.iter().map(|delay| delay.as_nanos()).collect())
    });
}
