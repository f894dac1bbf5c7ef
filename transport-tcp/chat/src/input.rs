//! What the user types: on a terminal with line editing, in a pipe as it comes.

use std::io::{self, BufRead, Read};
use std::sync::mpsc;
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor, ExternalPrinter};
use tokio::sync::mpsc as queue;

/// Longest line in bytes; of a longer one the rest is not taken.
const MAX_LINE: u64 = 64 * 1_024;

/// An event at the keyboard or at the end of the pipe.
#[derive(Debug)]
pub enum Typed {
    /// A line. When it was dealt with, `next` takes the prompt for the next one.
    Line {
        /// The line without its line break.
        text: String,
        /// Whoever waits for the prompt.
        next: mpsc::SyncSender<String>,
    },
    /// There will be no more.
    End,
    /// The user wants to leave at once.
    Interrupted,
}

/// Reads lines from a pipe, on a thread of its own.
#[must_use]
pub fn pipe() -> queue::Receiver<Typed> {
    let (sender, receiver) = queue::channel(1);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            if read.is_err() || line.is_empty() {
                let _ = sender.blocking_send(Typed::End);
                return;
            }
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            if ask(&sender, text).is_none() {
                return;
            }
        }
    });
    receiver
}

/// Hands a line over and waits until it was dealt with.
fn ask(sender: &queue::Sender<Typed>, text: String) -> Option<String> {
    let (next, prompt) = mpsc::sync_channel(1);
    sender.blocking_send(Typed::Line { text, next }).ok()?;
    prompt.recv().ok()
}

/// Reads lines from a terminal, on a thread of its own; what is typed is remembered until the end only. Also
/// gives what prints above the line.
///
/// # Errors
/// There is no terminal that can be edited on.
pub fn terminal(
    first_prompt: String,
) -> Result<(queue::Receiver<Typed>, Box<dyn ExternalPrinter + Send>), ReadlineError> {
    let config = Config::builder().auto_add_history(true).max_history_size(1_000)?.build();
    let history = MemHistory::with_config(&config);
    let mut editor: Editor<(), MemHistory> = Editor::with_history(config, history)?;
    let printer = editor.create_external_printer()?;
    let (sender, receiver) = queue::channel(1);
    thread::spawn(move || {
        let mut prompt = first_prompt;
        loop {
            let text = match editor.readline(&prompt) {
                Ok(text) => text,
                Err(error) => {
                    let end = match error {
                        ReadlineError::Interrupted => Typed::Interrupted,
                        _ => Typed::End,
                    };
                    let _ = sender.blocking_send(end);
                    return;
                }
            };
            // The next prompt comes when the line is dealt with; until then nothing is read.
            match ask(&sender, text) {
                Some(next) => prompt = next,
                None => return,
            }
        }
    });
    Ok((receiver, Box::new(printer)))
}
