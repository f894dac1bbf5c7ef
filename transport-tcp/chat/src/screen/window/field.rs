//! The lines that the user types into a window.

use floodnet_chat::text::escape;
use unicode_width::UnicodeWidthStr;

/// Own lines that are remembered until the end.
const MAX_HISTORY: usize = 1_000;

/// A text of several lines, with a place at which one types.
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
        if let Some(letter) = self.before().chars().next_back() {
            self.at -= letter.len_utf8();
            self.text.remove(self.at);
            self.recalled = None;
        }
    }

    pub(super) fn erase_behind(&mut self) {
        if self.at < self.text.len() {
            self.text.remove(self.at);
            self.recalled = None;
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.at = 0;
        self.recalled = None;
    }

    pub(super) fn left(&mut self) {
        self.at -= self.before().chars().next_back().map_or(0, char::len_utf8);
    }

    pub(super) fn right(&mut self) {
        self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
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
            self.to_column(column);
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
            self.to_column(column);
        }
    }

    fn recall(&mut self, which: Option<usize>) {
        if let Some((index, line)) = which.and_then(|index| Some((index, self.history.get(index)?))) {
            self.text.clone_from(line);
            self.at = self.text.len();
            self.recalled = Some(index);
        }
    }

    fn column(&self) -> usize {
        self.before().chars().rev().take_while(|letter| *letter != '\n').count()
    }

    fn to_column(&mut self, column: usize) {
        for _ in 0..column {
            if self.text[self.at..].starts_with('\n') {
                return;
            }
            self.right();
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
        let columns = columns.max(2);
        let (mut rows, mut width, mut place) = (vec![String::new()], 0, (0, 0));
        for (at, letter) in self.text.char_indices() {
            if at == self.at {
                place = (rows.len() - 1, width);
            }
            if letter == '\n' {
                rows.push(String::new());
                width = 0;
                continue;
            }
            let shown = if letter == '\t' { " ".to_owned() } else { escape(&letter.to_string()) };
            if width + shown.width() > columns {
                rows.push(String::new());
                width = 0;
                if at == self.at {
                    place = (rows.len() - 1, 0);
                }
            }
            width += shown.width();
            if let Some(row) = rows.last_mut() {
                row.push_str(&shown);
            }
        }
        if self.at == self.text.len() {
            if width >= columns {
                rows.push(String::new());
                width = 0;
            }
            place = (rows.len() - 1, width);
        }
        (rows, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_one_text_and_own_lines_come_back() {
        let mut field = Field::default();
        field.insert("one\r\ntwo\rthree");
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
        let mut field = Field::default();
        field.insert("ab\u{e4}\u{1f600}\nx");
        field.up();
        assert_eq!(field.before(), "a");
        field.end();
        field.erase_before();
        assert_eq!(field.before(), "ab\u{e4}");
        field.erase_before();
        field.home();
        field.erase_behind();
        field.down();
        field.end();
        assert_eq!(field.before(), "b\nx");
    }

    #[test]
    fn rows_are_no_wider_than_the_window_and_show_no_control() {
        let mut field = Field::default();
        field.insert("\u{4f60}\u{597d}\u{4f60}\n\u{1b}x");
        let (rows, place) = field.rows(12);
        assert_eq!(rows, ["\u{4f60}\u{597d}\u{4f60}", "\\u{1b}x"]);
        assert_eq!(place, (1, 7));
        assert_eq!(field.rows(5).0[..2], ["\u{4f60}\u{597d}", "\u{4f60}"]);
    }
}
