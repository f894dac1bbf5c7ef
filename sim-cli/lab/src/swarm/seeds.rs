//! Seeds that failed once: they are tried first.

use std::io::Read;

use floodnet_sim::read::{Column, Columns, Further, Heading, Kind, ReadError};

/// The seeds that are kept with the program: `swarm/seeds.txt`.
const KEPT: &str = include_str!("seeds.txt");

/// The seeds that failed once, in the order in which they were found.
///
/// # Panics
/// When the file holds something else: it is part of the program.
#[must_use]
pub fn kept() -> Vec<u64> {
    parse(KEPT.as_bytes()).expect("the program's own seeds are whole numbers")
}

/// A file of seeds.
const SEEDS: Kind = Kind {
    columns: &[Column { name: "seed", also: &[], blank: "the seed is missing", help: FORM }],
    heading: Heading::Optional,
    further: Further::Named,
    help: FORM,
};
const FORM: &str = "write one seed per line, a whole number; `#` begins a comment";

/// Reads seeds, one in a line; `#` begins a comment.
///
/// # Errors
/// A line holds something else; says which.
pub fn parse(from: impl Read) -> Result<Vec<u64>, ReadError> {
    let mut file = Columns::new(&SEEDS, from);
    let mut seeds = Vec::new();
    while let Some(record) = file.next()? {
        seeds.push(record.whole(0)?);
    }
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_a_seed_and_a_comment() {
        assert_eq!(parse("# all\n\n 17 # why\r\n4\r5".as_bytes()), Ok(vec![17, 4, 5]));
        for (text, said) in [
            ("1\nx # y", "f:2:1: line 2, column 1: `x` is not a whole number in range"),
            ("1\n-2", "f:2:1: line 2, column 1: `-2` is not a whole number in range"),
            ("1 2\n", "f:1:1: line 1: 2 cells, but no heading says what they are"),
            ("1,\n", "f:1:1: line 1: 2 cells, but no heading says what they are"),
            ("18446744073709551616", "f:1:1: line 1, column 1: `18446744073709551616` is not a whole number"),
            ("seed\n1\nseed\n", "f:3:1: line 3, column 1: `seed` is not"),
            ("why\n1", "f:1:1: line 1: no column is called `seed`"),
        ] {
            let found = parse(text.as_bytes()).unwrap_err().of("f");
            assert!(found.starts_with(said), "{text:?}: {found}");
        }
        assert_eq!(parse("seed,why\n7,slow\n".as_bytes()), Ok(vec![7]));
        let _ = kept();
    }
}
