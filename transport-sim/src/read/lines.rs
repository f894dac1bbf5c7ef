//! Lines of text, of limited length.

use std::io::{BufRead, BufReader, Read};

use super::error::ReadError;

/// The longest line that is read, in bytes: a row of a matrix of some 100,000 places.
pub const LONGEST_LINE: usize = 1 << 20;

/// How much is shown of a line that is not read, from what is wrong with it, in bytes.
const START: usize = 60;

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// The lines of a file. `\n`, `\r\n` and `\r` end a line.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: BufReader<R>,
    bytes: Vec<u8>,
    /// The number of the last line read, the first being 1.
    pub(super) number: usize,
    /// The last line ended with `\r`: a `\n` that follows belongs to it.
    after_cr: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from: BufReader::new(from), bytes: Vec::new(), number: 0, after_cr: false }
    }

    /// Reads the next line into `text`, without its end. `false` at the end of the file.
    pub(super) fn read(&mut self, text: &mut String) -> Result<bool, ReadError> {
        text.clear();
        self.bytes.clear();
        if !self.fill()? {
            return Ok(false);
        }
        self.number += 1;
        let is_first = self.number == 1;
        let marks = [[0xff, 0xfe], [0xfe, 0xff]];
        if is_first && marks.iter().any(|mark| self.bytes.starts_with(mark)) {
            return Err(self.wrong(0, "the file is UTF-16", "save it as UTF-8"));
        }
        if is_first && self.bytes.starts_with(MARK) {
            self.bytes.drain(..MARK.len());
        }
        let line = match std::str::from_utf8(&self.bytes) {
            Ok(line) => line,
            Err(error) => {
                return Err(self.wrong(error.valid_up_to(), "this is not UTF-8", "save the file as UTF-8"));
            }
        };
        if line.as_bytes().starts_with(MARK) {
            let help = "take it away: it stands at the start of a file only";
            return Err(self.wrong(0, "a byte order mark begins the line", help));
        }
        // A picture or an archive may be valid UTF-8 at its start: control characters give it away.
        let is_odd = |c: char| c.is_ascii_control() && c != '\t';
        if let Some((at, odd)) = line.char_indices().find(|&(_, c)| is_odd(c)) {
            let problem = format!("the character {} is no text", odd.escape_unicode());
            return Err(self.wrong(at, problem, "name a text file, or take the character away"));
        }
        text.push_str(line);
        Ok(true)
    }

    /// Takes the bytes of the next line; `false` if there is none.
    fn fill(&mut self) -> Result<bool, ReadError> {
        let mut any = false;
        loop {
            let buffer = self.from.fill_buf().map_err(|error| ReadError::io(&error))?;
            // CR LF may be split between two fills: the LF then belongs to the line that ended.
            if std::mem::take(&mut self.after_cr) && buffer.first() == Some(&b'\n') {
                self.from.consume(1);
                continue;
            }
            if buffer.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.unwrap_or(buffer.len());
            if self.bytes.len() + taken > LONGEST_LINE {
                // The message shows the start of the line, and no more is kept of it.
                let room = START.saturating_sub(self.bytes.len()).min(taken);
                self.bytes.extend_from_slice(&buffer[..room]);
                self.number += 1;
                let problem = format!("the line is longer than {LONGEST_LINE} bytes");
                return Err(self.wrong(0, problem, "name a file of numbers in lines"));
            }
            self.bytes.extend_from_slice(&buffer[..taken]);
            let Some(end) = end else {
                self.from.consume(taken);
                continue;
            };
            self.after_cr = buffer[end] == b'\r';
            self.from.consume(end + 1);
            return Ok(true);
        }
    }

    /// An error at a byte of the line that was taken last.
    fn wrong(&self, at: usize, problem: impl Into<String>, help: impl Into<String>) -> ReadError {
        let (before, after) = self.bytes.split_at(at);
        let mut text = String::from_utf8_lossy(before).into_owned();
        let place = text.len();
        text.push_str(&String::from_utf8_lossy(&after[..after.len().min(START)]));
        ReadError {
            line: self.number,
            column: None,
            text,
            span: place..place,
            problem: problem.into(),
            help: help.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn all(bytes: &[u8]) -> Result<Vec<String>, ReadError> {
        // A buffer of one byte: what ends a line may come in two pieces.
        let mut lines = Lines::new(bytes);
        lines.from = BufReader::with_capacity(1, bytes);
        let (mut found, mut text) = (Vec::new(), String::new());
        while lines.read(&mut text)? {
            found.push(text.clone());
        }
        Ok(found)
    }

    #[test]
    fn every_kind_of_end_ends_a_line() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "a\r\nb\n\rc", "\u{feff}a\nb\n\nc\n"]
        {
            assert_eq!(all(text.as_bytes()), Ok(["a", "b", "", "c"].map(str::to_owned).to_vec()), "{text:?}");
        }
        assert_eq!(all(b""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_text_is_refused_at_its_place() {
        let cases: [(&[u8], usize, usize, &str); 7] = [
            (b"0 1\n0 \xff1\n", 2, 3, "UTF-8"),
            (b"\xff\xfe0\x00 \x001\x00", 1, 1, "UTF-16"),
            (b"\xfe\xff\x000\x00 \x001", 1, 1, "UTF-16"),
            (b"\x1f\x8b\x08", 1, 2, "UTF-8"),
            (b"0 1\0", 1, 4, "\\u{0}"),
            (b"0 1\r\x1a", 2, 1, "\\u{1a}"),
            (b"0 1\n\xef\xbb\xbf2 3", 2, 1, "byte order mark"),
        ];
        for (bytes, line, character, word) in cases {
            let error = all(bytes).unwrap_err();
            assert_eq!((error.line, error.character()), (line, character), "{error:?}");
            assert!(error.problem.contains(word), "{error}");
        }
    }

    /// Says how much was asked of it.
    struct Endless(usize);

    impl Read for Endless {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            to.fill(b'1');
            self.0 += to.len();
            Ok(to.len())
        }
    }

    #[test]
    fn an_endless_line_is_refused_and_not_read() {
        let mut lines = Lines::new(Endless(0));
        let error = lines.read(&mut String::new()).unwrap_err();
        assert_eq!(error.title(), "line 1: the line is longer than 1048576 bytes");
        assert!(lines.from.get_ref().0 <= LONGEST_LINE + (64 << 10), "{}", lines.from.get_ref().0);
        assert!(lines.bytes.capacity() <= 2 * LONGEST_LINE && error.text.len() < 200);
    }
}
