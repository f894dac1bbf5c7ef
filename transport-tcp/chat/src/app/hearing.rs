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
use super::unread::Direct;
use crate::node::{Event, FloodNode};
use crate::screen::now;

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
        match self.talk.hear(envelope) {
            Heard::Said { from, text } => {
                let shown = self.talk.session.people().shown(&from);
                let verified = self.talk.session.people().is_verified(&from);
                self.screen.said(&from, &shown, verified, &text);
            }
            Heard::Direct { from, text } => {
                let shown = self.talk.session.people().shown(&from);
                let verified = self.talk.session.people().is_verified(&from);
                let came = now();
                self.screen.direct(&from, &shown, verified, &text, &came);
                self.unread.push(Direct { from, text, came });
            }
            Heard::Presence { from, change } => self.on_presence(&from, change),
            Heard::Nothing(reason) => tracing::debug!(reason, "nothing to show"),
        }
    }

    fn on_presence(&mut self, from: &Key, change: PresenceChange) {
        let shown = self.talk.session.people().shown(from);
        match change {
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
