//! A typed line, from the keyboard until it is dealt with.

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::time::Instant;

/// A typed line. One that cannot be dealt with yet is tried again until its time is up.
pub(super) struct PendingLine {
    pub(super) text: String,
    /// Takes the prompt for the next line to the thread that reads lines.
    reader: SyncSender<String>,
    /// When it must be dealt with; none before it was tried.
    until: Option<Instant>,
}

impl PendingLine {
    /// A line that was just typed.
    pub(super) const fn new(text: String, reader: SyncSender<String>) -> Self {
        Self { text, reader, until: None }
    }

    /// Whether it may wait longer.
    pub(super) fn may_wait(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }

    /// Gives it so much time, from the first try on.
    pub(super) fn wait(&mut self, patience: Duration) {
        self.until.get_or_insert_with(|| Instant::now() + patience);
    }

    /// When it must be dealt with.
    pub(super) const fn until(&self) -> Option<Instant> {
        self.until
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
    /// Try the line again when something has changed, for at most so long.
    Wait(Duration),
    /// The line asks to leave the chat.
    Quit,
}
