//! How a message is laid out on a terminal.

use floodnet_chat::text::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands before each further row of a message. Rows that a terminal breaks by itself begin at its edge, so a text
/// could have one look like the message of somebody else.
const MARGIN: &str = "       │ ";
/// Columns of a terminal that does not tell.
const COLUMNS: usize = 80;
/// Columns that a row of text has at least, however narrow the terminal is.
const MIN_TEXT: usize = 10;
/// Columns from one tab stop to the next.
const TAB: usize = 4;

/// Columns of the terminal.
pub(super) fn columns() -> usize {
    terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| usize::from(width.0))
}

/// The message `text` behind `head`, in rows of so many columns. Line breaks are kept, and tabs are columns; all else
/// in it that a terminal would obey is escaped.
pub(super) fn fit(head: &str, text: &str, columns: usize) -> String {
    let margin = MARGIN.width();
    let columns = columns.max(margin + MIN_TEXT);
    let mut out = head.to_owned();
    // If the head nearly fills a row, the text begins below it.
    let mut at = anstream::adapter::strip_str(head).to_string().width();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            break_row(&mut out, &mut at);
        }
        let line = line.replace('\t', &" ".repeat(TAB));
        for word in escape(&line).split_inclusive(' ') {
            let width = word.trim_end().width();
            let is_long = width > columns - margin;
            if at + width > columns && at > margin && (!is_long || at + MIN_TEXT > columns) {
                break_row(&mut out, &mut at);
            }
            for character in word.chars() {
                let width = character.width().unwrap_or(0);
                if at + width > columns {
                    break_row(&mut out, &mut at);
                    // The space between two words has become the break.
                    if character == ' ' {
                        continue;
                    }
                }
                out.push(character);
                at += width;
            }
        }
    }
    out
}

fn break_row(out: &mut String, at: &mut usize) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out.push_str(MARGIN);
    *at = MARGIN.width();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_broken_between_words_and_marked() {
        for (text, expected) in [
            ("short", "bob: short"),
            ("one\n  two\n\nthree", "bob: one\n       │   two\n       │\n       │ three"),
            ("aaaa bbbb cccc dddd eeee", "bob: aaaa bbbb cccc\n       │ dddd eeee"),
            ("a\tb", "bob: a    b"),
            ("esc\u{1b}[2J", "bob: esc\\u{1b}[2J"),
        ] {
            assert_eq!(fit("bob: ", text, 20), expected, "{text:?}");
        }
    }

    /// Whatever others write, and however wide it is, no row but the first begins at the edge, and none is longer than the
    /// terminal is wide.
    #[test]
    fn no_row_looks_like_another_message() {
        let forged = format!("{}10:15:02 bob: I did it", " ".repeat(15));
        let texts = [
            "x".repeat(500),
            "\u{4f60}\u{597d}".repeat(70),
            "\u{1f600}".repeat(99),
            "\u{645}\u{631}\u{62d}\u{628}\u{627} ".repeat(40),
            format!("{}{}", "y".repeat(26), forged),
            format!("{forged}\n{forged}"),
            "e\u{301}".repeat(200),
        ];
        let head = "\u{1b}[2m10:15:01\u{1b}[0m eve~aaaa-bbbb-cccc-dddd: ";
        for text in texts {
            for columns in [1, 20, 40, 80, 200] {
                let shown = anstream::adapter::strip_str(&fit(head, &text, columns)).to_string();
                for row in shown.split('\n').skip(1) {
                    assert!(row.starts_with(MARGIN.trim_end()), "{row:?} at {columns}");
                    assert!(row.width() <= columns.max(19), "{row:?} at {columns}");
                }
                let said: String = shown.replace(MARGIN, "").replace([' ', '\n', '│'], "");
                assert!(said.ends_with(&text.replace([' ', '\n'], "")), "nothing is lost: {said}");
            }
        }
    }
}
