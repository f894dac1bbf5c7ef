//! What differs between the files of two runs.

use std::fmt;

/// At most so many lines are named for a file.
const LINES: usize = 5;
/// Longer lines are cut.
const WIDTH: usize = 120;

/// A file that is not the same in two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDifference {
    /// Name of the file.
    pub name: String,
    /// The first lines that differ.
    pub lines: Vec<LineDifference>,
    /// How many more there are.
    pub more: usize,
}

/// A line that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDifference {
    /// Its number, from 1.
    pub number: usize,
    /// The line of either run; none where the file has ended.
    pub sides: [Option<String>; 2],
}

impl FileDifference {
    /// The two contents of a file, if they differ.
    #[must_use]
    pub fn between(name: &str, left: &[u8], right: &[u8]) -> Option<Self> {
        if left == right {
            return None;
        }
        let [left, right] = [left, right].map(String::from_utf8_lossy);
        let (mut left, mut right) = (left.lines(), right.lines());
        let (mut lines, mut more) = (Vec::new(), 0);
        for number in 1.. {
            let sides = [left.next(), right.next()];
            if sides == [None, None] {
                break;
            } else if sides[0] == sides[1] {
                continue;
            } else if lines.len() < LINES {
                lines.push(LineDifference { number, sides: sides.map(|line| line.map(cut)) });
            } else {
                more += 1;
            }
        }
        Some(Self { name: name.to_owned(), lines, more })
    }

    /// As lines for people; `names` are those of the two runs.
    #[must_use]
    pub fn show(&self, names: [&str; 2]) -> String {
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(&format!("    {}:{}\n", self.name, line.number));
            for (name, side) in names.iter().zip(&line.sides) {
                let side = side.as_deref().map_or("(the file has ended)", str::trim);
                text.push_str(&format!("      {name:width$}  {side}\n"));
            }
        }
        if self.lines.is_empty() {
            text.push_str(&format!("    {}: the ends of lines differ\n", self.name));
        }
        if self.more > 0 {
            text.push_str(&format!(
                "    and {} of {}\n",
                floodnet_text::format::plural(self.more, "more line"),
                self.name
            ));
        }
        text
    }
}

impl fmt::Display for FileDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(["one", "other"]))
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH).chain(['…']).collect()
}

/// The files, by name and in the same order, that differ.
#[must_use]
pub fn compare(left: &[(String, Vec<u8>)], right: &[(String, Vec<u8>)]) -> Vec<FileDifference> {
    let pairs = left.iter().zip(right);
    pairs.filter_map(|((name, left), (_, right))| FileDifference::between(name, left, right)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_named() {
        let same = FileDifference::between("a.csv", b"1\n2\n", b"1\n2\n");
        assert_eq!(same, None);
        let differs = FileDifference::between("a.csv", b"1\n2\n3\n", b"1\n4\n").unwrap();
        assert_eq!(
            differs.show(["stored", "now"]),
            "    a.csv:2\n      stored  2\n      now     4\n    a.csv:3\n      stored  3\n      now     (the file has ended)\n"
        );
        let long = FileDifference::between("a", &b"1\n".repeat(9), &b"2\n".repeat(9)).unwrap();
        assert_eq!((long.lines.len(), long.more), (5, 4));
        let ends = FileDifference::between("a", b"1\n", b"1").unwrap();
        assert_eq!(ends.show(["stored", "now"]), "    a: the ends of lines differ\n");
    }
}
