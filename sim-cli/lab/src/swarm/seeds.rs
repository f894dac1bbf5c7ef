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

    /// A file, and its seeds or where and how it is refused.
    type Case = (&'static str, Result<&'static [u64], &'static str>);

    const THREE: &[u64] = &[17, 4, 5];

    const FILES: [Case; 42] = [
        ("17\n4\n5\n", Ok(THREE)),
        ("17\n4\n5", Ok(THREE)),
        ("17\r\n4\r\n5\r\n", Ok(THREE)),
        ("17\r4\r5\r", Ok(THREE)),
        ("17\n4\r5\r\n", Ok(THREE)),
        ("\u{feff}17\n4\n5\n", Ok(THREE)),
        ("# all\n\n 17 # why\r\n4\r5", Ok(THREE)),
        ("% all\n17\n4\t# slow\n5\n", Ok(THREE)),
        ("\n\n17\n\n4\n \t \n5\n\n", Ok(THREE)),
        ("  17\n\t4\n5   \n", Ok(THREE)),
        ("\"17\"\n\"4\"\n5\n", Ok(THREE)),
        ("017\n4\n0005\n", Ok(THREE)),
        ("seed\n17\n4\n5\n", Ok(THREE)),
        ("SEED\n17\n4\n5\n", Ok(THREE)),
        ("\"Seed\"\n17\n4\n5\n", Ok(THREE)),
        ("seed,why\n17,slow\n4,\n5,\"a, b\"\n", Ok(THREE)),
        ("why;seed\nslow;17\n;4\n9;5\n", Ok(THREE)),
        ("n\tseed\n0\t17\n1\t4\n2\t5\n", Ok(THREE)),
        ("0\n18446744073709551615\n", Ok(&[0, u64::MAX])),
        ("7\n7\n", Ok(&[7, 7])),
        ("", Ok(&[])),
        ("# none\n", Ok(&[])),
        ("seed\n", Ok(&[])),
        ("1\nx # y", Err("f:2:1: line 2, column 1: `x` is not a whole number in range")),
        ("1\n-2", Err("f:2:1: line 2, column 1: `-2` is not a whole number in range")),
        ("1\n+2", Err("f:2:1: line 2, column 1: `+2` is not a whole number in range")),
        ("1.0\n", Err("f:1:1: line 1, column 1: `1.0` is not a whole number in range")),
        ("1\n1e3\n", Err("f:2:1: line 2, column 1: `1e3` is not a whole number in range")),
        ("0x2a\n", Err("f:1:1: line 1: no column is called `seed`")),
        ("1\n0x2a\n", Err("f:2:1: line 2, column 1: `0x2a` is not a whole number in range")),
        ("1_000\n", Err("f:1:1: line 1: no column is called `seed`")),
        ("1\n1_000\n", Err("f:2:1: line 2, column 1: `1_000` is not a whole number in range")),
        ("1,000\n", Err("f:1:1: line 1: 2 cells, but no heading says what they are")),
        ("1 2\n", Err("f:1:1: line 1: 2 cells, but no heading says what they are")),
        ("1,\n", Err("f:1:1: line 1: 2 cells, but no heading says what they are")),
        ("1\n2 3\n", Err("f:2:3: line 2: 2 cells, but line 1 has 1")),
        (
            "18446744073709551616",
            Err("f:1:1: line 1, column 1: `18446744073709551616` is not a whole number"),
        ),
        ("seed\n1\nseed\n", Err("f:3:1: line 3, column 1: `seed` is not")),
        ("seed,why\n,slow\n", Err("f:2:1: line 2, column 1: the seed is missing")),
        ("seed,seed\n1,2\n", Err("f:1:6: line 1, column 2: the heading names `seed` twice")),
        ("why\n1", Err("f:1:1: line 1: no column is called `seed`")),
        ("1\n\"2\n", Err("f:2:1: line 2, column 1: quotes stand in odd places of `\"2`")),
    ];

    #[test]
    fn odd_files() {
        for (text, right) in FILES {
            let found = parse(text.as_bytes()).map_err(|error| error.of("f"));
            match (&found, right) {
                (Ok(found), Ok(right)) => assert_eq!(found, right, "{text:?}"),
                (Err(found), Err(right)) => assert!(found.starts_with(right), "{text:?}: {found}"),
                _ => panic!("{text:?}: {found:?} instead of {right:?}"),
            }
        }
        assert!(kept().len() > 1, "the program's own seeds");
    }
}
