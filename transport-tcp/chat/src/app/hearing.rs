//! What is done about what the node tells.

use floodnet_chat::keys::Key;
use floodnet_chat::people::PresenceChange;
use floodnet_chat::session::Heard;
use floodnet_chat::signed_message::Envelope;
use floodnet_chat::text::fingerprint;
use floodnet_core::broadcast::BroadcastEvent;
use floodnet_core::node::Layer;
use floodnet_core::overlay::OverlayEvent;
use floodnet_core::protocol::Types;
use tokio::time::Instant;

use super::App;
use super::unread::Waiting;
use crate::node::{Event, FloodNode};
use crate::screen::{Spoken, When};

type FloodEvent = <FloodNode as Types>::Event;

impl App {
    pub(super) async fn on_event(&mut self, event: Event) {
        match event {
            Event::Flood(event) => self.on_flood_event(event).await,
            Event::CaughtUp(envelope) => self.on_caught_up(envelope).await,
            Event::Wanted { from, keys } => self.on_wanted(from, keys).await,
            Event::Ignored(reason) => tracing::debug!(reason, "ignored a neighbor's history"),
        }
    }

    async fn on_flood_event(&mut self, event: FloodEvent) {
        match event {
            Layer::Overlay(OverlayEvent::Up(_)) => self.on_neighbor(),
            Layer::Overlay(OverlayEvent::Down(_)) => {
                if self.neighborhood.down(self.talk.is_connected()) {
                    self.changed = Instant::now();
                    self.screen.notice("nobody is connected any more; looking for a way back");
                }
            }
            Layer::Broadcast(BroadcastEvent::Delivered { payload, .. }) => {
                if self.is_news(&payload).await {
                    self.hear(&payload);
                }
            }
            Layer::Overlay(_) | Layer::Broadcast(_) => {}
        }
    }

    fn on_neighbor(&mut self) {
        self.talk.on_neighbor();
        if self.neighborhood.up() {
            self.changed = Instant::now();
            self.screen.notice("connected");
        }
    }

    fn hear(&mut self, envelope: &Envelope) {
        self.silence.hears();
        let unix_ms = envelope.unix_ms();
        match self.talk.hear(envelope) {
            Heard::Said { from, text } => self.show_live(from, text, false, unix_ms),
            Heard::Direct { from, text } => self.show_live(from, text, true, unix_ms),
            Heard::Presence { from, change } => self.on_presence(&from, change),
            Heard::Nothing(reason) => tracing::debug!(reason, "nothing to show"),
        }
    }

    /// Shows a message that has just been said, unless its author is ignored or too loud.
    fn show_live(&mut self, from: Key, text: String, is_direct: bool, unix_ms: u64) {
        let people = self.talk.session.people();
        let (shown, verified) = (people.shown(&from), people.is_verified(&from));
        let is_mention = names(&text, self.talk.session.name().as_str());
        if self.is_hidden(&from, &shown) {
            return;
        }
        let now = self.talk.clocks.read().now;
        if self.is_limited(&from) && !self.crowd.may_speak(from, now) {
            return;
        }
        let spoken =
            Spoken { key: &from, shown: &shown, verified, text: &text, is_direct, is_mention, when: None };
        self.screen.spoken(&spoken);
        if is_direct || is_mention {
            self.await_answer(Waiting { from, text, when: When { unix_ms, is_caught_up: false }, is_direct });
        }
    }

    fn is_stranger(&self, key: &Key) -> bool {
        !self.talk.session.people().contacts().contains_key(key) && *key != self.talk.session.me()
    }

    /// Whether the user ignores this one.
    pub(super) fn is_hidden(&self, key: &Key, shown: &str) -> bool {
        self.is_stranger(key) && self.ignored.hides(shown)
    }

    /// Whether this one may fill the screen. A pipe gets every line: a program reads it.
    fn is_limited(&self, key: &Key) -> bool {
        !self.screen.is_plain() && self.is_stranger(key)
    }

    fn on_presence(&mut self, from: &Key, change: PresenceChange) {
        let shown = self.talk.session.people().shown(from);
        let now = self.talk.clocks.read().now;
        let is_told = match change {
            PresenceChange::Unchanged => false,
            // Whoever takes the name of a contact is told of, however many they are.
            PresenceChange::Impersonates { .. } => true,
            _ => !self.is_hidden(from, &shown) && (!self.is_limited(from) || self.crowd.may_change(now)),
        };
        match change {
            _ if !is_told => {}
            PresenceChange::Unchanged => {}
            PresenceChange::Joined => self.screen.notice(&format!("{shown} is here")),
            PresenceChange::Left => self.screen.notice(&format!("{shown} left")),
            PresenceChange::Renamed { from: former } => {
                let nick = self.talk.session.people().nick(from).map(ToString::to_string).unwrap_or_default();
                self.screen.notice(&format!("{former}~{} is called {nick} now", fingerprint(from)));
            }
            PresenceChange::Impersonates { contact } => {
                let people = self.talk.session.people();
                let nick = people.nick(from).map(ToString::to_string).unwrap_or_default();
                let known = people.shown(&contact);
                self.screen.warning(&format!(
                    "somebody calls themself {nick} who is NOT your contact {known}: another key, {}, where {known} has {}. \
                     It may be a stranger, or {known} with a new key: ask them another way, and compare with /verify ~{}",
                    fingerprint(from),
                    fingerprint(&contact),
                    &fingerprint(from)[..9]
                ));
            }
        }
    }
}

/// Whether somebody called `name` is named in a text: as a word, in any case.
pub(super) fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(&name).any(|(at, found)| {
        let (before, behind) = (&text[..at], &text[at + found.len()..]);
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for (text, is_named) in [
            ("bob, are you there?", true),
            ("ask Bob", true),
            ("@bob: yes", true),
            ("(BOB)", true),
            ("bobsled", false),
            ("kebob", false),
            ("bob_2", false),
            ("bobs bob", true),
            ("", false),
        ] {
            assert_eq!(names(text, "bob"), is_named, "{text}");
        }
    }
}
