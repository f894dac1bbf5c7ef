//! Direct messages that were not answered.

use std::collections::VecDeque;

use floodnet_chat::keys::Key;

/// Messages that are kept; of more, the oldest goes.
const CAPACITY: usize = 100;

/// A direct message that was not answered.
pub(super) struct Direct {
    pub(super) from: Key,
    pub(super) text: String,
    /// The time of day at which it came, as shown.
    pub(super) came: String,
}

/// Direct messages that were not answered, the oldest first.
#[derive(Default)]
pub(super) struct Unread(VecDeque<Direct>);

impl Unread {
    /// Adds a message; the oldest goes if there is no room.
    pub(super) fn push(&mut self, message: Direct) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    /// Removes the messages of `from`: they are answered, or not wanted any more.
    pub(super) fn forget(&mut self, from: &Key) {
        self.0.retain(|message| message.from != *from);
    }

    /// The number of messages without an answer.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes all of them out.
    pub(super) fn take(&mut self) -> VecDeque<Direct> {
        std::mem::take(&mut self.0)
    }
}
