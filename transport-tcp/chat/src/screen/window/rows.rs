//! How what is shown is laid out in rows of a pane.

use floodnet_chat::text::escape;
use ratatui_core::style::{Color, Style};
use ratatui_core::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Entry;
use super::draw::DIM;

/// Stands before each row but the first, so that a text cannot have a row look like the message of somebody else ...
const MARGIN: &str = "       │ ";
/// ... and in a narrow pane.
const NARROW_MARGIN: &str = "│ ";
/// A narrower pane is narrow.
const WIDE: usize = 40;
/// Columns that are left for a word at least, or it begins a row.
const MIN_TEXT: usize = 10;
/// Columns of a tab.
const TAB: usize = 4;

/// The columns that a letter takes. Terminals disagree on letters that are joined of several: it is the most that any
/// of them may take.
pub(super) fn width(letter: &str) -> usize {
    letter.width().max(letter.chars().map(|part| part.width().unwrap_or(0)).sum())
}

/// The letters of a text as a reader sees them, which may be of several characters. One that is wider than so many
/// columns is taken apart.
pub(super) fn letters(text: &str, columns: usize) -> impl Iterator<Item = &str> {
    text.graphemes(true).flat_map(move |letter| {
        let is_apart = width(letter) > columns;
        let parts = letter.split("").filter(move |part| is_apart && !part.is_empty());
        parts.chain((!is_apart).then_some(letter))
    })
}

/// As much of `text` as fits into so many columns; the sign at the end tells that there is more.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let total: usize = text.graphemes(true).map(width).sum();
    if total <= columns {
        return text.to_owned();
    }
    let (mut out, mut at) = (String::new(), 1);
    for letter in text.graphemes(true) {
        at += width(letter);
        if at > columns {
            break;
        }
        out.push_str(letter);
    }
    if columns > 0 { out + "…" } else { out }
}

/// The style on a screen with or without colors.
pub(super) fn style(style: anstyle::Style, has_color: bool) -> Style {
    let style = Style::from(style);
    if has_color { style } else { Style { fg: None, bg: None::<Color>, ..style } }
}

impl Entry {
    /// The entry in rows of so many columns.
    pub(super) fn rows(&self, columns: usize, has_color: bool) -> Vec<Line<'static>> {
        let mut rows = Rows::new(columns);
        for (look, text) in &self.head {
            rows.add(text, style(*look, has_color));
        }
        let look = style(self.style, has_color);
        for (number, line) in self.text.split('\n').enumerate() {
            if number > 0 {
                rows.break_row();
            }
            rows.add(&escape(&line.replace('\t', &" ".repeat(TAB))), look);
        }
        rows.done.push(rows.row);
        rows.done.into_iter().map(Line::from).collect()
    }
}

/// Rows that are being filled.
struct Rows {
    columns: usize,
    margin: &'static str,
    done: Vec<Vec<Span<'static>>>,
    row: Vec<Span<'static>>,
    /// The columns of the row that are filled.
    at: usize,
}

impl Rows {
    const fn new(columns: usize) -> Self {
        let margin = if columns < WIDE { NARROW_MARGIN } else { MARGIN };
        Self { columns, margin, done: Vec::new(), row: Vec::new(), at: 0 }
    }

    /// Adds words of one look. A row is broken before a word, unless that would leave much of it empty.
    fn add(&mut self, text: &str, look: Style) {
        let (columns, margin) = (self.columns, self.margin.width());
        let most = columns.saturating_sub(margin).max(1);
        for word in text.split_inclusive(' ') {
            let wide: usize = letters(word.trim_end(), most).map(width).sum();
            let is_long = wide > most;
            if self.at + wide > columns && self.at > margin && (!is_long || self.at + MIN_TEXT > columns) {
                self.break_row();
            }
            let mut piece = String::new();
            for letter in letters(word, most) {
                if self.at + width(letter) > columns {
                    self.row.push(Span::styled(std::mem::take(&mut piece), look));
                    self.break_row();
                    // The space between two words has become the break.
                    if letter == " " {
                        continue;
                    }
                }
                piece.push_str(letter);
                self.at += width(letter);
            }
            self.row.push(Span::styled(piece, look));
        }
    }

    fn break_row(&mut self) {
        let row = std::mem::replace(&mut self.row, vec![Span::styled(self.margin, DIM)]);
        self.done.push(row);
        self.at = self.margin.width();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::window::Place;

    fn rows(head: &str, text: &str, columns: usize) -> Vec<String> {
        let plain = anstyle::Style::new();
        let entry = Entry {
            place: Place::Room,
            head: vec![(plain, head.to_owned())],
            text: text.to_owned(),
            style: plain,
            is_news: true,
            rings: false,
        };
        entry.rows(columns, true).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_are_broken_between_words_and_marked() {
        for (text, expected) in [
            ("short", "bob: short"),
            ("one\n  two\n\nthree", "bob: one\n│   two\n│ \n│ three"),
            ("aaaa bbbb cccc dddd eeee", "bob: aaaa bbbb cccc \n│ dddd eeee"),
            ("a\tb", "bob: a    b"),
            ("esc\u{1b}[2J", "bob: esc\\u{1b}[2J"),
        ] {
            assert_eq!(rows("bob: ", text, 20).join("\n"), expected, "{text:?}");
        }
        assert_eq!(rows("", &"long ".repeat(9), 40)[1], "       │ long ");
    }

    /// Whatever others write, and however wide their names are, no row but the first begins at the edge, and none is
    /// wider than the pane.
    #[test]
    fn no_row_looks_like_another_message() {
        let texts = [
            "x".repeat(500),
            "\u{4f60}\u{597d}".repeat(70),
            "\u{1f600}".repeat(99),
            "\u{645}\u{631}\u{62d}\u{628}\u{627} ".repeat(40),
            format!("{0}10:15:02 bob: no\n{0}10:15:02 bob: no", " ".repeat(15)),
            "e\u{301}".repeat(200),
            // A family, which is one letter, and letters that are joined without end.
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} ".repeat(30),
            "\u{1f468}\u{200d}".repeat(60),
            "\u{1f1e9}\u{1f1ea}\u{2764}\u{fe0f}\u{1f44d}\u{1f3fd}".repeat(20),
        ];
        for head in
            ["10:15:01 eve: ", "10:15:01 \u{2709} somebody-with-a-very-long-name~aaaa-bbbb-cccc-dddd → you: "]
        {
            for text in &texts {
                for columns in [16, 20, 40, 80, 200] {
                    let rows = rows(head, text, columns);
                    let margin = if columns < WIDE { NARROW_MARGIN } else { MARGIN };
                    for row in &rows {
                        let wide: usize = row.chars().map(|letter| letter.width().unwrap_or(0)).sum();
                        assert!(wide <= columns && row.width() <= columns, "{row:?} at {columns}");
                    }
                    for row in &rows[1..] {
                        assert!(row.starts_with(margin), "{row:?} at {columns}");
                    }
                    let said = rows.concat().replace(margin, "").replace(' ', "");
                    assert!(said.ends_with(&text.replace([' ', '\n'], "")), "nothing is lost: {said}");
                }
            }
        }
    }

    #[test]
    fn a_text_is_cut_at_whole_letters() {
        for (text, columns, expected) in [
            ("bob", 3, "bob"),
            ("bobby", 4, "bob…"),
            ("\u{4f60}\u{597d}", 3, "\u{4f60}…"),
            ("\u{4f60}\u{597d}", 2, "…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("bob", 0, ""),
        ] {
            assert_eq!(cut(text, columns), expected, "{text} in {columns}");
        }
    }
}
