//! What a window shows beside messages.

use std::collections::BTreeSet;

use floodnet_chat::keys::Key;

use super::App;
use super::unread::Waiting;
use crate::screen::Someone;

impl App {
    /// A window shows this person's direct messages now, or those of the room.
    pub(super) fn opens(&mut self, opened: Option<Key>) {
        self.opened = opened;
        if let Some(key) = opened {
            self.unread.forget_direct(&key);
        }
    }

    /// Keeps a message that may want an answer, unless a window shows it where it is read.
    pub(super) fn await_answer(&mut self, message: Waiting) {
        if !(message.is_direct && self.opened == Some(message.from)) {
            self.unread.push(message);
        }
    }

    /// Tells a window whoever is here, then contacts who are away; each by name. Not those whom the user does not want
    /// to hear.
    pub(super) fn list_people(&mut self) {
        if !self.screen.lists_people() {
            return;
        }
        let people = self.talk.session.people();
        let here: BTreeSet<Key> = people.present().map(|(key, _)| *key).collect();
        let away = people.contacts().keys().filter(|key| !here.contains(key));
        let someone = |key: &Key| Someone {
            key: *key,
            shown: people.shown(key),
            is_here: here.contains(key),
            verified: people.is_verified(key),
        };
        let heard = here.iter().chain(away).filter(|key| !people.is_blocked(key)).map(someone);
        let mut all: Vec<Someone> =
            heard.filter(|person| !self.is_hidden(&person.key, &person.shown)).collect();
        all.sort_by(|one, other| (!one.is_here, &one.shown).cmp(&(!other.is_here, &other.shown)));
        self.screen.people(all);
    }
}
