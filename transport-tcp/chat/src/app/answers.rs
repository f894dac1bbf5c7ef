//! Commands that only tell something.

use std::fmt::Write as _;

use floodnet_chat::keys::Key;
use floodnet_chat::text::fingerprint;

use super::App;
use super::unread::Waiting;
use crate::screen::{Spoken, When};
use crate::validator::quota_limits;

impl App {
    pub(super) fn tell_peers(&mut self) {
        let neighbors = self.talk.handle.neighbors().borrow().clone();
        let mut text = match neighbors.len() {
            0 => "no neighbor in the network\n".to_owned(),
            1 => "1 neighbor in the network, who passes on what you say:\n".to_owned(),
            many => format!("{many} neighbors in the network, who pass on what you say:\n"),
        };
        for peer in neighbors {
            let who =
                peer.identity().map(|identity| self.talk.session.people().shown(&Key(*identity.as_bytes())));
            let _ = writeln!(text, "  {:24}{}", peer.address().to_string(), who.unwrap_or_default());
        }
        self.screen.answer(&text);
    }

    pub(super) fn tell_who(&mut self) {
        let me = format!("{}~{} (you)", self.talk.session.name(), fingerprint(&self.talk.session.me()));
        let people = self.talk.session.people();
        let mut here: Vec<String> = people
            .present()
            .map(|(key, person)| {
                let shown = people.shown(key);
                let contact = people.contacts().get(key);
                let mut marks = Vec::new();
                if let Some(contact) = contact {
                    marks.push(if contact.verified { "verified" } else { "contact" });
                    if contact.petname != person.name {
                        marks.push("calls themself");
                        marks.push(person.name.as_str());
                    }
                    if contact.blocked {
                        marks.push("blocked");
                    }
                }
                format!("{shown}  {}", marks.join(" ")).trim_end().to_owned()
            })
            .collect();
        here.sort();
        let text = here.iter().fold(format!("{me}\n"), |text, line| text + line + "\n");
        self.screen.answer(&text);
    }

    pub(super) fn tell_contacts(&mut self) {
        let people = self.talk.session.people();
        let mut lines: Vec<String> = people
            .contacts()
            .iter()
            .map(|(key, contact)| {
                let verified = if contact.verified { "verified" } else { "not verified" };
                let blocked = if contact.blocked { ", blocked" } else { "" };
                format!("{:16} {}  {verified}{blocked}", contact.petname, fingerprint(key))
            })
            .collect();
        lines.sort();
        if lines.is_empty() {
            lines.push("no contacts yet: whom you write to with @name becomes one".to_owned());
        }
        self.screen.answer(&lines.join("\n"));
    }

    pub(super) fn tell_unread(&mut self) {
        if self.unread.len() == 0 {
            return self.screen.answer("no direct message waits for an answer, and nobody has named you");
        }
        for unread in self.unread.take() {
            let shown = self.talk.session.people().shown(&unread.from);
            let verified = self.talk.session.people().is_verified(&unread.from);
            let Waiting { from, text, when, is_direct } = &unread;
            let when = Some(When { is_caught_up: false, ..*when });
            let (is_direct, is_mention) = (*is_direct, !*is_direct);
            let spoken = Spoken { key: from, shown: &shown, verified, text, is_direct, is_mention, when };
            self.screen.spoken_again(&spoken);
        }
    }

    pub(super) fn tell_status(&mut self) {
        let history = self.history_size();
        let limits = self.talk.handle.limits();
        let said = quota_limits(self.about.profile);
        let stats = self.talk.handle.stats();
        let gate = self.talk.validator.lock();
        let refused: Vec<String> =
            gate.refused().iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let passed = gate.passed();
        // Packets that come in meanwhile wait for this lock: not while the text is put together.
        drop(gate);
        let text = format!(
            "you         {}~{}\n\
             room        {}\n\
             listening   {}\n\
             neighbors   {} ({} people here)\n\
             messages    {passed} taken, {} received, {} sent\n\
             history     {history}\n\
             refused     {}\n\
             profile     {}: {} links in, {} out; per link {} packets and {} KiB;\n\
             \x20           messages {} per author, {} in all\n\
             data        {}\n\
             log         {}",
            self.talk.session.name(),
            fingerprint(&self.talk.session.me()),
            self.about.room,
            self.talk.handle.me().address(),
            self.talk.handle.neighbors().borrow().len(),
            self.talk.session.people().count_present() + 1,
            stats.received,
            stats.sent,
            if refused.is_empty() { "nothing".to_owned() } else { refused.join(", ") },
            self.about.profile,
            limits.incoming,
            limits.outgoing,
            limits.packets,
            limits.bytes.in_kib(),
            said.author,
            said.all,
            self.storage.path().display(),
            self.about.log.display(),
        );
        self.screen.answer(&text);
    }
}
