//! Direct messages that were not answered, and messages that name the user.

use std::collections::VecDeque;

use floodnet_chat::keys::Key;

use crate::screen::When;

/// Messages that are kept; of more, the oldest goes.
const CAPACITY: usize = 100;

/// A message that was not answered.
pub(super) struct Waiting {
    pub(super) from: Key,
    pub(super) text: String,
    /// When it was said, or came.
    pub(super) when: When,
    /// It is for the user alone; else the user is named in it.
    pub(super) is_direct: bool,
}

/// Messages that were not answered, the oldest first.
#[derive(Default)]
pub(super) struct Unread(VecDeque<Waiting>);

impl Unread {
    /// Adds a message; the oldest goes if there is no room.
    pub(super) fn push(&mut self, message: Waiting) {
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(message);
    }

    /// Removes the messages of `from`: they are answered, or not wanted any more.
    pub(super) fn forget(&mut self, from: &Key) {
        self.0.retain(|message| message.from != *from);
    }

    /// The direct messages of `from` are read.
    pub(super) fn forget_direct(&mut self, from: &Key) {
        self.0.retain(|message| message.from != *from || !message.is_direct);
    }

    /// The user has said something to all, and so has read what all could read.
    pub(super) fn forget_mentions(&mut self) {
        self.0.retain(|message| message.is_direct);
    }

    /// The number of messages without an answer.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes all of them out.
    pub(super) fn take(&mut self) -> VecDeque<Waiting> {
        std::mem::take(&mut self.0)
    }
}
