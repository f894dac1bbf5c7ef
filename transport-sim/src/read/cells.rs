//! The cells of a line.

use std::ops::Range;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

/// What stands between cells: the same in all lines of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// This character; two of them have a blank cell between them.
    Byte(u8),
    /// One blank or several.
    Blanks,
}

impl Separator {
    /// The separator that `line` uses: of `;`, `,` and tab the first that stands in it outside quotes, else blanks.
    pub(super) fn of(line: &str) -> Self {
        let mut quoted = false;
        let mut found = [false; 3];
        let order = [b';', b',', b'\t'];
        for byte in line.bytes() {
            quoted ^= byte == b'"';
            if let Some(at) = order.iter().position(|&known| known == byte && !quoted) {
                found[at] = true;
            }
        }
        order.into_iter().zip(found).find(|pair| pair.1).map_or(Self::Blanks, |pair| Self::Byte(pair.0))
    }

    /// Its name in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Byte(b';') => "semicolons",
            Self::Byte(b',') => "commas",
            Self::Byte(_) => "tabs",
            Self::Blanks => "blanks",
        }
    }
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Its bytes in the line, without blanks around it and without quotes; empty for a blank cell.
    pub(super) span: Range<usize>,
    /// Quotes stand where they mean nothing.
    pub(super) is_misquoted: bool,
}

/// The part of a line that holds cells: without blanks at its end, and without a comment. A comment begins with `#`
/// or `%` at the start of a line, or with `#` behind a blank.
pub(super) fn content(line: &str) -> &str {
    let blank = |c: char| c == ' ' || c == '\t';
    if line.trim_start_matches(blank).starts_with(['#', '%']) {
        return "";
    }
    let (mut quoted, mut before) = (false, b'x');
    for (at, byte) in line.bytes().enumerate() {
        quoted ^= byte == b'"';
        if byte == b'#' && !quoted && matches!(before, b' ' | b'\t') {
            return line[..at].trim_end_matches(blank);
        }
        before = byte;
    }
    if line.trim_matches(blank).is_empty() { "" } else { line.trim_end_matches(' ') }
}

/// Finds the cells of lines.
#[derive(Debug)]
pub(super) struct Splitter {
    separator: Separator,
    parser: Reader,
    /// Where the parser writes cells without their quotes; what is wanted of it are the ends of cells.
    unquoted: Vec<u8>,
}

impl Splitter {
    pub(super) fn new(separator: Separator) -> Self {
        let mut builder = ReaderBuilder::new();
        if let Separator::Byte(byte) = separator {
            builder.delimiter(byte);
        }
        Self { separator, parser: builder.build(), unquoted: Vec::new() }
    }

    pub(super) const fn separator(&self) -> Separator {
        self.separator
    }

    /// Puts the cells of `line` into `cells`.
    pub(super) fn split(&mut self, line: &str, cells: &mut Vec<Cell>) {
        cells.clear();
        let mut start = 0;
        if self.separator == Separator::Blanks {
            for part in line.split(' ') {
                if !part.is_empty() {
                    cells.push(cell(line, start..start + part.len()));
                }
                start += part.len() + 1;
            }
            return;
        }
        self.parser.reset();
        self.unquoted.resize(self.unquoted.len().max(line.len()), 0);
        loop {
            let (result, taken, _) = self.parser.read_field(&line.as_bytes()[start..], &mut self.unquoted);
            let end = start + taken;
            // All but the last cell are taken with the separator behind them.
            let is_last = !matches!(result, ReadFieldResult::Field { record_end: false });
            cells.push(cell(line, start..if is_last { end } else { end - 1 }));
            if is_last {
                return;
            }
            start = end;
        }
    }
}

/// The cell that stands in these bytes of `line`.
fn cell(line: &str, span: Range<usize>) -> Cell {
    let trimmed = trim(line, span);
    let text = &line[trimmed.clone()];
    if !text.contains('"') {
        return Cell { span: trimmed, is_misquoted: false };
    }
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => {
            Cell { span: trim(line, trimmed.start + 1..trimmed.end - 1), is_misquoted: false }
        }
        _ => Cell { span: trimmed, is_misquoted: true },
    }
}

/// These bytes of `line` without blanks around them.
fn trim(line: &str, span: Range<usize>) -> Range<usize> {
    let blank = |c: char| c == ' ' || c == '\t';
    let text = &line[span.clone()];
    let start = span.start + text.len() - text.trim_start_matches(blank).len();
    start..(start + text.trim_matches(blank).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a line by its own separator; `!` for one that is misquoted.
    fn split(line: &str) -> Vec<&str> {
        let line = content(line);
        let mut cells = Vec::new();
        Splitter::new(Separator::of(line)).split(line, &mut cells);
        cells.iter().map(|cell| if cell.is_misquoted { "!" } else { &line[cell.span.clone()] }).collect()
    }

    #[test]
    fn no_cell_is_passed_over() {
        let cases: [(&str, &[&str]); 20] = [
            ("1,2", &["1", "2"]),
            (" 1 ,\t2 ", &["1", "2"]),
            ("1,,2", &["1", "", "2"]),
            (",1,", &["", "1", ""]),
            (",", &["", ""]),
            ("1;2,5", &["1", "2,5"]),
            ("1\t\t2", &["1", "", "2"]),
            ("1\t2\t", &["1", "2", ""]),
            ("\t1\t2", &["", "1", "2"]),
            ("1 \t 2", &["1", "2"]),
            ("  1   2 ", &["1", "2"]),
            ("\"1\",\"2\"", &["1", "2"]),
            ("\"1\" \" 2\"", &["1", "!", "!"]),
            ("\"a,b\";2", &["a,b", "2"]),
            ("\"a\"\"b\", \"2\" ", &["a\"\"b", "2"]),
            ("\"1\"2,3", &["!", "3"]),
            ("1\",2", &["!"]),
            ("\"1,2", &["!"]),
            ("1,2 # a, b", &["1", "2"]),
            ("1\t2\t# a", &["1", "2"]),
        ];
        for (line, cells) in cases {
            assert_eq!(split(line), cells, "{line:?}");
        }
    }

    #[test]
    fn comments_and_blank_lines_hold_nothing() {
        for line in ["", "  ", " \t ", "# 1,2", "  % 1", "#"] {
            assert_eq!(content(line), "", "{line:?}");
        }
        assert_eq!(content("1 2#3"), "1 2#3");
        assert_eq!(content("1 50%"), "1 50%");
        assert_eq!(content("\"a # b\" 1"), "\"a # b\" 1");
    }
}
