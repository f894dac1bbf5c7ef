//! What the user types: on a terminal with line editing, in a pipe as it comes.

mod typing;

use std::io::{self, BufRead};
use std::sync::mpsc;
use std::thread;

use floodnet_chat::keys::Key;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{
    ColorMode, CompletionType, Config, Editor, EventHandler, ExternalPrinter, KeyCode, KeyEvent, Modifiers,
};
use tokio::sync::mpsc as queue;

pub use self::typing::Names;
use self::typing::{Interrupt, TabKey, Typing, with_time};

/// The longest line in bytes; a longer one is refused as a whole.
pub(crate) const MAX_LINE: usize = 64 * 1_024;

/// An event at the keyboard or at the end of the pipe.
#[derive(Debug)]
pub enum Typed {
    /// A line. When it was dealt with, `next` takes the prompt for the next one.
    Line {
        /// The line without its line break; a paste holds those between its lines. Of a line that cannot be
        /// taken, why.
        text: Result<String, String>,
        /// Whoever waits for the prompt.
        next: mpsc::SyncSender<String>,
    },
    /// Something about the input that the user should know.
    Note(String),
    /// A window shows this person's direct messages from now on, or those of the room.
    Opened(Option<Key>),
    /// There will be no more.
    End,
    /// There may be more, but it cannot be read; why.
    Failed(String),
    /// The user wants to leave at once.
    Interrupted,
}

/// Reads lines from a pipe, on a thread of its own.
#[must_use]
pub fn pipe() -> queue::Receiver<Typed> {
    let (sender, receiver) = queue::channel(1);
    thread::spawn(move || read_lines(Lines::new(io::stdin().lock()), &sender));
    receiver
}

fn read_lines(mut lines: Lines<impl BufRead>, sender: &queue::Sender<Typed>) {
    let mut is_told = false;
    loop {
        let (text, note) = match lines.next_line() {
            Ok(Some(Line::Whole(bytes))) => {
                let (text, is_changed) = readable(&bytes);
                (Ok(text), is_changed)
            }
            Ok(Some(Line::TooLong(bytes))) => {
                (Err(format!("a line of {bytes} bytes is too long: send it in parts")), false)
            }
            Ok(None) => return drop(sender.blocking_send(Typed::End)),
            Err(error) => return drop(sender.blocking_send(Typed::Failed(error.to_string()))),
        };
        if note && !is_told {
            is_told = true;
            let note = "the input is not all UTF-8: other bytes are sent as \\xe9 and the like".to_owned();
            let _ = sender.blocking_send(Typed::Note(note));
        }
        if ask(sender, text).is_none() {
            return;
        }
    }
}

/// A line of a pipe.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// Without its line break.
    Whole(Vec<u8>),
    /// So many bytes, which were passed over.
    TooLong(u64),
}

/// Reads lines that end with LF, CR LF or CR. The last one may lack its end.
struct Lines<R> {
    input: R,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
}

impl<R: BufRead> Lines<R> {
    const fn new(input: R) -> Self {
        Self { input, after_cr: false }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let (mut line, mut length, mut is_begun) = (Vec::new(), 0u64, false);
        loop {
            let bytes = match self.input.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if bytes.is_empty() {
                return Ok(is_begun.then(|| Self::line(line, length)));
            }
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                self.input.consume(1);
                continue;
            }
            is_begun = true;
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            length += part.len() as u64;
            // Of a line that is too long nothing is kept.
            if length <= MAX_LINE as u64 {
                line.extend_from_slice(part);
            }
            self.after_cr = end.is_some_and(|end| bytes[end] == b'\r');
            let taken = end.map_or(part.len(), |end| end + 1);
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(Self::line(line, length)));
            }
        }
    }

    fn line(line: Vec<u8>, length: u64) -> Line {
        if length > MAX_LINE as u64 { Line::TooLong(length) } else { Line::Whole(line) }
    }
}

/// The text in `bytes`, and whether some of them are no text and are spelled out.
fn readable(bytes: &[u8]) -> (String, bool) {
    let (mut text, mut is_changed) = (String::with_capacity(bytes.len()), false);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            is_changed = true;
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    (text, is_changed)
}

/// Hands a line over and waits until it was dealt with.
fn ask(sender: &queue::Sender<Typed>, text: Result<String, String>) -> Option<String> {
    let (next, prompt) = mpsc::sync_channel(1);
    sender.blocking_send(Typed::Line { text, next }).ok()?;
    prompt.recv().ok()
}

/// Reads lines from a terminal, on a thread of its own; what is typed is remembered until the end only. `names` are
/// completed, and the time before the line is dimmed in `color`. Also gives what prints above the line.
///
/// # Errors
/// There is no terminal that can be edited on.
pub fn terminal(
    first_prompt: String,
    names: Names,
    color: bool,
) -> Result<(queue::Receiver<Typed>, Box<dyn ExternalPrinter + Send>), ReadlineError> {
    let config = Config::builder().auto_add_history(true).max_history_size(1_000)?;
    // Without colors the prompt would not be drawn anew either; whether there are any is decided here.
    let config = config.completion_type(CompletionType::List).color_mode(ColorMode::Forced).build();
    let history = MemHistory::with_config(&config);
    let mut editor: TerminalEditor = Editor::with_history(config, history)?;
    editor.set_helper(Some(Typing { names: names.clone(), color }));
    let tab = EventHandler::Conditional(Box::new(TabKey(names)));
    editor.bind_sequence(KeyEvent(KeyCode::Tab, Modifiers::NONE), tab);
    editor.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(Interrupt)));
    let printer = editor.create_external_printer()?;
    let (sender, receiver) = queue::channel(1);
    thread::spawn(move || edit_lines(&mut editor, first_prompt, &sender));
    Ok((receiver, Box::new(printer)))
}

type TerminalEditor = Editor<Typing, MemHistory>;

fn edit_lines(editor: &mut TerminalEditor, mut prompt: String, sender: &queue::Sender<Typed>) {
    // The editor forgets a line in which a byte is no text. What comes of it after that must not be a line.
    let mut is_spoilt = false;
    loop {
        let text = match editor.readline(&with_time(&prompt)) {
            Ok(_) if std::mem::take(&mut is_spoilt) => Err("not all of that line is UTF-8".to_owned()),
            Ok(text) => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                if !std::mem::replace(&mut is_spoilt, true) {
                    let note =
                        "a byte that is not UTF-8 was typed: nothing of this line is taken, up to its end";
                    let _ = sender.blocking_send(Typed::Note(note.to_owned()));
                }
                continue;
            }
            Err(ReadlineError::Interrupted) => return drop(sender.blocking_send(Typed::Interrupted)),
            Err(_) => return drop(sender.blocking_send(Typed::End)),
        };
        // The next prompt comes when the line is dealt with; until then nothing is read.
        match ask(sender, text) {
            Some(next) => prompt = next,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn lines(input: &[u8], buffer: usize) -> Vec<Line> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, input));
        std::iter::from_fn(|| lines.next_line().expect("memory")).collect()
    }

    #[test]
    fn lines_end_in_three_ways_and_the_last_one_may_lack_its_end() {
        for (input, expected) in [
            (b"".as_slice(), vec![]),
            (b"one\ntwo\n", vec!["one", "two"]),
            (b"one\r\ntwo\r\n", vec!["one", "two"]),
            (b"one\rtwo\r", vec!["one", "two"]),
            (b"one\n\r\ntwo", vec!["one", "", "two"]),
            (b"one\r\rtwo", vec!["one", "", "two"]),
            (b"a\0b\n", vec!["a\0b"]),
            (b"no end", vec!["no end"]),
        ] {
            let expected: Vec<Line> =
                expected.into_iter().map(|line: &str| Line::Whole(line.into())).collect();
            // However the input is cut into reads.
            for buffer in [1, 2, 3, 64] {
                assert_eq!(lines(input, buffer), expected, "{input:?} by {buffer}");
            }
        }
    }

    #[test]
    fn the_tail_of_a_long_line_is_no_line() {
        for over in [1, 2, MAX_LINE, 3 * MAX_LINE] {
            let input = [vec![b'y'; MAX_LINE + over], b"/quit\nafter\n".to_vec()].concat();
            let length = (MAX_LINE + over + 5) as u64;
            let expected = [Line::TooLong(length), Line::Whole(b"after".to_vec())];
            for buffer in [7, MAX_LINE, MAX_LINE + over] {
                assert_eq!(lines(&input, buffer), expected, "{over} more, read by {buffer}");
            }
        }
        assert_eq!(lines(&vec![b'y'; MAX_LINE], 512), [Line::Whole(vec![b'y'; MAX_LINE])]);
    }

    #[test]
    fn bytes_that_are_no_text_are_spelled_out() {
        assert_eq!(readable("caf\u{e9}".as_bytes()), ("caf\u{e9}".to_owned(), false));
        assert_eq!(readable(b"caf\xe9 \xff\xfe!"), ("caf\\xe9 \\xff\\xfe!".to_owned(), true));
    }
}
