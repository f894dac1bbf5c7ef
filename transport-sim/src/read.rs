//! Data files as they are published: numbers in lines, with comments.

use std::fmt;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line, the first being 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ReadError {}

/// An error in this line.
pub(crate) fn wrong(line: usize, problem: impl Into<String>) -> ReadError {
    ReadError { line, problem: problem.into() }
}

/// The lines that hold something, with their numbers: blank ones and those that start with `#` or `%`
/// are left out, and a byte order mark at the start does no harm.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', '%']))
}

/// The fields of a line: what stands between blanks, tabs, commas or semicolons, several of which count
/// as one.
pub(crate) fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|field| !field.is_empty())
}

/// A whole number.
pub(crate) fn whole<T: std::str::FromStr>(
    line: usize,
    field: Option<&str>,
    name: &str,
) -> Result<T, ReadError> {
    let field = field.ok_or_else(|| wrong(line, format!("{name} is missing")))?;
    field.parse().map_err(|_| wrong(line, format!("{name} `{field}` is not a whole number in range")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A published file that is not part of the repository; none, said loudly, when it is not at hand.
    #[expect(clippy::print_stderr, reason = "a test that is skipped must be seen")]
    #[expect(
        clippy::disallowed_methods,
        reason = "it says where the files are, and nothing of what is in them"
    )]
    pub(crate) fn data_file(name: &str) -> Option<String> {
        let Ok(folder) = std::env::var("FLOODNET_DATA") else {
            eprintln!("SKIPPED: set FLOODNET_DATA to the folder that holds {name}");
            return None;
        };
        let path = std::path::Path::new(&folder).join(name);
        Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    #[test]
    fn comments_and_blank_lines_keep_the_numbering() {
        let found: Vec<(usize, &str)> = lines("\u{feff}# a\n\n one \r\n% b\ntwo").collect();
        assert_eq!(found, [(3, "one"), (5, "two")]);
        assert_eq!(fields(" 1,2;; 3\t4 ").collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    }
}
