//! The lines that the user types into a window.

use floodnet_chat::text::escape;
use unicode_segmentation::UnicodeSegmentation;

use super::rows::{letters, width};

/// Own lines that are remembered until the end.
const MAX_HISTORY: usize = 1_000;

/// A text of several lines, with a place at which one types. A letter is what a reader sees as one: it may be of several
/// characters.
#[derive(Debug, Default)]
pub(super) struct Field {
    text: String,
    /// Where the next letter goes, in bytes.
    at: usize,
    history: Vec<String>,
    /// Which of the own lines is shown, if it was not changed.
    recalled: Option<usize>,
}

impl Field {
    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    /// What stands before the place at which one types.
    pub(super) fn before(&self) -> &str {
        &self.text[..self.at]
    }

    /// Line breaks of any kind become one.
    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.text.insert_str(self.at, &text);
        self.at += text.len();
        self.recalled = None;
    }

    /// Puts `text` in place of what stands from `start` to the place at which one types.
    pub(super) fn replace_from(&mut self, start: usize, text: &str) {
        self.text.replace_range(start..self.at, "");
        self.at = start;
        self.insert(text);
    }

    pub(super) fn erase_before(&mut self) {
        let end = self.at;
        self.left();
        self.erase_to(end);
    }

    pub(super) fn erase_behind(&mut self) {
        let begin = self.at;
        self.right();
        let end = std::mem::replace(&mut self.at, begin);
        self.erase_to(end);
    }

    /// Erases the word before, and the space behind it.
    pub(super) fn erase_word(&mut self) {
        let before = self.before().trim_end();
        let begin = before.trim_end_matches(|letter: char| !letter.is_whitespace()).len();
        let end = std::mem::replace(&mut self.at, begin);
        self.erase_to(end);
    }

    fn erase_to(&mut self, end: usize) {
        if self.at < end {
            self.text.replace_range(self.at..end, "");
            self.recalled = None;
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.at = 0;
        self.recalled = None;
    }

    pub(super) fn left(&mut self) {
        self.at -= self.before().graphemes(true).next_back().map_or(0, str::len);
    }

    pub(super) fn right(&mut self) {
        self.at += self.text[self.at..].graphemes(true).next().map_or(0, str::len);
    }

    /// To the beginning of the line.
    pub(super) fn home(&mut self) {
        self.at = self.before().rfind('\n').map_or(0, |at| at + 1);
    }

    /// To the end of the line.
    pub(super) fn end(&mut self) {
        self.at = self.text[self.at..].find('\n').map_or(self.text.len(), |end| self.at + end);
    }

    /// To the line above; from an empty text to the own line before.
    pub(super) fn up(&mut self) {
        if self.is_empty() || self.recalled.is_some() {
            let before = self.recalled.unwrap_or(self.history.len()).checked_sub(1);
            return self.recall(before);
        }
        let column = self.column();
        self.home();
        if self.at > 0 {
            self.at -= 1;
            self.home();
            self.go_to_column(column);
        }
    }

    /// To the line below; from an own line to the one after it.
    pub(super) fn down(&mut self) {
        if let Some(recalled) = self.recalled {
            return match recalled + 1 {
                next if next < self.history.len() => self.recall(Some(next)),
                _ => self.clear(),
            };
        }
        let column = self.column();
        self.end();
        if self.at < self.text.len() {
            self.at += 1;
            self.go_to_column(column);
        }
    }

    fn recall(&mut self, which: Option<usize>) {
        if let Some((index, line)) = which.and_then(|index| Some((index, self.history.get(index)?))) {
            self.text.clone_from(line);
            self.at = self.text.len();
            self.recalled = Some(index);
        }
    }

    /// How many columns stand before the place, in its line.
    fn column(&self) -> usize {
        let start = self.before().rfind('\n').map_or(0, |at| at + 1);
        self.before()[start..].graphemes(true).map(width).sum()
    }

    fn go_to_column(&mut self, column: usize) {
        let end = self.text[self.at..].find('\n').map_or(self.text.len(), |end| self.at + end);
        let mut passed = 0;
        for letter in self.text[self.at..end].graphemes(true) {
            passed += width(letter);
            if passed > column {
                return;
            }
            self.at += letter.len();
        }
    }

    /// Takes the text out, and remembers it.
    pub(super) fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.clear();
        if !text.trim().is_empty() && self.history.last() != Some(&text) {
            if self.history.len() == MAX_HISTORY {
                self.history.remove(0);
            }
            self.history.push(text.clone());
        }
        text
    }

    /// The text in rows of so many columns, and the row and column of the place at which one types.
    pub(super) fn rows(&self, columns: usize) -> (Vec<String>, (usize, usize)) {
        let (mut rows, mut filled, mut place) = (vec![String::new()], 0, (0, 0));
        for (at, letter) in self.text.grapheme_indices(true) {
            if letter == "\n" {
                if at == self.at {
                    place = (rows.len() - 1, filled);
                }
                rows.push(String::new());
                filled = 0;
                continue;
            }
            let shown = if letter == "\t" { " ".to_owned() } else { escape(letter) };
            for (number, part) in letters(&shown, columns).enumerate() {
                if filled + width(part) > columns {
                    rows.push(String::new());
                    filled = 0;
                }
                if at == self.at && number == 0 {
                    place = (rows.len() - 1, filled);
                }
                filled += width(part);
                if let Some(row) = rows.last_mut() {
                    row.push_str(part);
                }
            }
        }
        if self.at == self.text.len() {
            if filled >= columns {
                rows.push(String::new());
                filled = 0;
            }
            place = (rows.len() - 1, filled);
        }
        (rows, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Field {
        let mut field = Field::default();
        field.insert(text);
        field
    }

    #[test]
    fn a_paste_is_one_text_and_own_lines_come_back() {
        let mut field = field("one\r\ntwo\rthree");
        assert_eq!(field.take(), "one\ntwo\nthree");
        field.insert("next");
        assert_eq!(field.take(), "next");
        field.up();
        assert_eq!(field.before(), "next");
        field.up();
        assert_eq!(field.before(), "one\ntwo\nthree");
        field.up();
        assert_eq!(field.before(), "one\ntwo\nthree", "there is none before");
        field.down();
        field.down();
        assert!(field.is_empty());
    }

    #[test]
    fn one_moves_and_erases_by_letters_and_lines() {
        // A family and a flag are one letter each, and so is a letter with an accent of its own.
        let mut field = field("abe\u{301}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{1f1e9}\u{1f1ea}\nx");
        field.up();
        assert_eq!(field.before(), "a", "below it is one column, too");
        field.end();
        field.left();
        field.erase_before();
        assert_eq!(field.before(), "abe\u{301}");
        field.erase_behind();
        field.erase_before();
        assert_eq!(field.before(), "ab");
        field.home();
        field.erase_behind();
        field.down();
        field.end();
        assert_eq!(field.before(), "b\nx");
    }

    #[test]
    fn a_word_is_erased_with_the_space_behind_it() {
        let mut field = field("one \u{e4}two  ");
        field.erase_word();
        assert_eq!(field.before(), "one ");
        field.erase_word();
        field.erase_word();
        assert!(field.is_empty());
    }

    #[test]
    fn rows_are_no_wider_than_the_window_and_show_no_control() {
        let field = field("\u{4f60}\u{597d}\u{4f60}\n\u{1b}x");
        let (rows, place) = field.rows(12);
        assert_eq!(rows, ["\u{4f60}\u{597d}\u{4f60}", "\\u{1b}x"]);
        assert_eq!(place, (1, 7));
        assert_eq!(field.rows(5).0[..2], ["\u{4f60}\u{597d}", "\u{4f60}"]);
    }

    #[test]
    fn the_place_is_where_the_next_letter_goes() {
        let mut field = field("abcd\nef");
        assert_eq!(field.rows(4).1, (1, 2));
        field.up();
        assert_eq!(field.rows(4).1, (0, 2));
        field.end();
        assert_eq!(field.rows(3), (["abc", "d", "ef"].map(String::from).to_vec(), (1, 1)));
        field.clear();
        field.insert("abcd");
        assert_eq!(field.rows(4).1, (1, 0), "below a full row");
    }
}
