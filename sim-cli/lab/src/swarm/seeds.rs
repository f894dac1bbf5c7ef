//! Seeds that failed once: they are tried first.

/// The seeds that are kept with the program: `swarm/seeds.txt`.
const KEPT: &str = include_str!("seeds.txt");

/// The seeds that failed once, in the order in which they were found.
///
/// # Panics
/// When the file holds something else: it is part of the program.
#[must_use]
pub fn kept() -> Vec<u64> {
    parse(KEPT).expect("the program's own seeds are whole numbers")
}

/// Reads seeds, one in a line; `#` begins a comment.
///
/// # Errors
/// A line holds something else; says which.
pub fn parse(text: &str) -> Result<Vec<u64>, String> {
    let lines = (1..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.split_once('#').map_or(line, |(seed, _)| seed).trim()));
    lines
        .filter(|(_, seed)| !seed.is_empty())
        .map(|(number, seed)| {
            seed.parse()
                .map_err(|_| format!("line {number}: invalid seed `{seed}` (expected a whole number)"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_a_seed_and_a_comment() {
        assert_eq!(parse("# all\n\n 17 # why\n4\n"), Ok(vec![17, 4]));
        assert_eq!(parse("1\nx # y"), Err("line 2: invalid seed `x` (expected a whole number)".to_owned()));
        let _ = kept();
    }
}
