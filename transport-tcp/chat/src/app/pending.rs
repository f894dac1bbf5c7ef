//! A typed line, from the keyboard until it is dealt with.

use std::sync::mpsc::SyncSender;

use tokio::time::Instant;

use crate::args::Args;
use crate::command::Command;

/// A typed line. One that cannot be dealt with yet is tried again.
pub(super) struct PendingLine {
    /// What the line asks for; less and less of it if it is dealt with in parts.
    pub(super) command: Command,
    /// Takes the prompt for the next line to the thread that reads lines.
    reader: SyncSender<String>,
    /// When it was typed.
    pub(super) typed: Instant,
    /// When it is tried again at the latest.
    pub(super) again: Instant,
}

impl PendingLine {
    /// A line that was just typed.
    pub(super) fn new(command: Command, reader: SyncSender<String>) -> Self {
        let typed = Instant::now();
        Self { command, reader, typed, again: typed }
    }

    /// It is dealt with: the next one may be typed, behind `prompt`.
    pub(super) fn done(self, prompt: String) {
        // Without a reader there is no next line.
        let _ = self.reader.send(prompt);
    }
}

/// What to do after a line.
pub(super) enum After {
    /// The line is dealt with.
    Next,
    /// Try the line again when something has changed, or then.
    Wait(Instant),
    /// A part of the line is dealt with; this is left of it.
    Rest(Command),
    /// The line asks for another room, which these settings lead to.
    Room(Box<Args>),
    /// The line asks to leave the chat.
    Quit,
}
