//! What is done about a typed line.

use std::fmt::Write as _;

use floodnet_chat::crypto::Key;
use floodnet_chat::people::{Meant, NoContact};
use floodnet_chat::text::{Name, fingerprint, safety_number};

use super::{After, App, PATIENCE_NAME, PATIENCE_PIPE};
use crate::command::{Command, HELP, parse};
use crate::gate;

impl App {
    /// Does what a line asks for. `is_last` if it must not wait.
    pub(super) async fn obey(&mut self, line: &str, is_last: bool) -> After {
        match parse(line) {
            Command::Empty => {}
            Command::Quit => return After::Quit,
            Command::Say(text) => return self.say(&text, is_last).await,
            Command::Direct { to, text } => return self.say_to(&to, &text, is_last).await,
            Command::Name(text) => self.take_name(&text),
            Command::Help => self.screen.answer(HELP),
            Command::Peers => self.tell_peers(),
            Command::Who => self.tell_who(),
            Command::Contacts => self.tell_contacts(),
            Command::Verify { who, compared } => self.verify(&who, compared),
            Command::Block { who, block } => self.block(&who, block),
            Command::Rename { who, petname } => self.rename(&who, &petname),
            Command::Forget(who) => self.forget(&who),
            Command::Unread => self.tell_unread(),
            Command::Status => self.tell_status(),
            Command::Wrong(why) => self.screen.notice(&why),
        }
        After::Next
    }

    async fn say(&mut self, text: &str, is_last: bool) -> After {
        if let Some(wait) = self.wait_for_somebody(is_last) {
            return wait;
        }
        self.introduce().await;
        match self.session.say(text, self.clocks.read()) {
            Ok(envelope) => self.publish(envelope).await,
            Err(why) => self.screen.notice(&format!("not sent: {why}")),
        }
        After::Next
    }

    /// A pipe's words wait until somebody takes them; a person sees that nobody is there.
    fn wait_for_somebody(&mut self, is_last: bool) -> Option<After> {
        if self.is_connected() {
            return None;
        }
        if self.screen.is_plain() && !is_last {
            return Some(After::Wait(PATIENCE_PIPE));
        }
        self.said_to_nobody = true;
        self.screen.notice("nobody is connected, so nobody got that");
        Some(After::Next)
    }

    async fn say_to(&mut self, to: &str, text: &str, is_last: bool) -> After {
        if let Some(wait) = self.wait_for_somebody(is_last) {
            return wait;
        }
        let key = match self.session.people().find(to) {
            Meant::Nobody if !is_last => {
                return After::Wait(if self.screen.is_plain() { PATIENCE_PIPE } else { PATIENCE_NAME });
            }
            _ => match self.who_is(to) {
                Some(key) => key,
                None => {
                    self.said_to_nobody = true;
                    return After::Next;
                }
            },
        };
        self.introduce().await;
        match self.session.say_to(key, text, self.clocks.read()) {
            Ok(envelope) => {
                self.publish(envelope).await;
                self.unread.retain(|unread| unread.from != key);
                self.befriend(&key);
            }
            Err(why) => self.screen.notice(&format!("not sent: {why}")),
        }
        After::Next
    }

    /// Whom the user means; tells them if that is not clear.
    fn who_is(&mut self, what: &str) -> Option<Key> {
        match self.session.people().find(what) {
            Meant::One(key) => Some(key),
            Meant::Nobody => {
                self.screen.notice(&format!("nobody called {what} is here; /who tells who is"));
                None
            }
            Meant::Several(keys) => {
                let mut text = format!("{} people are called {what}; say which one:\n", keys.len());
                for key in keys {
                    let nick = self.session.people().nick(&key).map_or(what, Name::as_str);
                    let note = if self.session.people().contacts().contains_key(&key) {
                        "   (your contact, not here now)"
                    } else {
                        ""
                    };
                    let _ = writeln!(text, "  @{nick}~{}{note}", fingerprint(&key));
                }
                self.screen.answer(&text);
                None
            }
        }
    }

    /// Whoever is written to becomes a contact, under the name they give, or one like it if that is taken.
    fn befriend(&mut self, key: &Key) -> bool {
        if self.session.people().contacts().contains_key(key) {
            return true;
        }
        let Some(nick) = self.session.people().nick(key).cloned() else { return false };
        let with = |number: u32| match number {
            1 => Some(nick.clone()),
            _ => Name::new(&format!("{nick}{number}")).ok(),
        };
        for petname in (1..100).filter_map(with) {
            match self.session.people_mut().befriend(*key, petname.clone()) {
                Ok(()) => {
                    self.save_contacts();
                    self.screen.notice(&format!(
                        "your contact {petname} is {nick}~{}; to be sure: /verify {petname}",
                        fingerprint(key)
                    ));
                    return true;
                }
                Err(NoContact::NameTaken(_)) => {}
                Err(NoContact::TooMany) => break,
            }
        }
        self.screen.notice("there is no room for more contacts; /forget some");
        false
    }

    fn take_name(&mut self, text: &str) {
        match Name::new(text) {
            Ok(name) => {
                self.session.rename(name, self.clocks.read());
                let name = self.session.name().to_string();
                self.screen.notice(&format!("you are called {name} now"));
                self.save(false);
            }
            Err(why) => self.screen.notice(&why.to_string()),
        }
    }

    fn tell_peers(&mut self) {
        let neighbors = self.handle.neighbors().borrow().clone();
        let mut text = match neighbors.len() {
            0 => "no neighbor in the network\n".to_owned(),
            1 => "1 neighbor in the network, who passes on what you say:\n".to_owned(),
            many => format!("{many} neighbors in the network, who pass on what you say:\n"),
        };
        for peer in neighbors {
            let who = peer.identity().map(|identity| self.session.people().shown(&Key(*identity.as_bytes())));
            let _ = writeln!(text, "  {:24}{}", peer.address().to_string(), who.unwrap_or_default());
        }
        self.screen.answer(&text);
    }

    fn tell_who(&mut self) {
        let me = format!("{}~{} (you)", self.session.name(), fingerprint(&self.session.me()));
        let people = self.session.people();
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

    fn tell_contacts(&mut self) {
        let people = self.session.people();
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

    fn verify(&mut self, who: &str, compared: bool) {
        let Some(key) = self.who_is(who) else { return };
        let shown = self.session.people().shown(&key);
        if compared {
            if self.befriend(&key) && self.session.people_mut().set_verified(&key, true) {
                self.save_contacts();
                let shown = self.session.people().shown(&key);
                self.screen.notice(&format!("{shown} is verified"));
            }
            return;
        }
        let digits = safety_number(&self.session.me(), &key);
        let groups: Vec<&str> = digits.split(' ').collect();
        let rows: Vec<String> = groups.chunks(4).map(|row| format!("    {}", row.join(" "))).collect();
        let verified = self.session.people().contacts().get(&key).is_some_and(|contact| contact.verified);
        let note = if verified { " (verified before)" } else { "" };
        self.screen.answer(&format!(
            "{shown}{note} sees the same digits with /verify. Compare them, by voice or side by side:\n{}\n\
             If they are the same: /verify {who} yes",
            rows.join("\n")
        ));
    }

    fn block(&mut self, who: &str, block: bool) {
        // The blocked are not found among those who are here.
        let blocked = self
            .session
            .people()
            .contacts()
            .iter()
            .find(|(_, contact)| contact.blocked && contact.petname.as_str().eq_ignore_ascii_case(who));
        let blocked = blocked.map(|(key, _)| *key);
        let Some(key) = blocked.or_else(|| self.who_is(who)) else { return };
        if !self.befriend(&key) {
            return;
        }
        self.session.people_mut().set_blocked(&key, block);
        self.save_contacts();
        self.unread.retain(|unread| !block || unread.from != key);
        let shown = self.session.people().shown(&key);
        self.screen.notice(&if block {
            format!("you do not hear {shown} any more; /unblock {shown} to hear them again")
        } else {
            format!("you hear {shown} again")
        });
    }

    fn rename(&mut self, who: &str, petname: &str) {
        let petname = match Name::new(petname) {
            Ok(petname) => petname,
            Err(why) => return self.screen.notice(&why.to_string()),
        };
        let Some(key) = self.who_is(who) else { return };
        let former = self.session.people().shown(&key);
        match self.session.people_mut().befriend(key, petname.clone()) {
            Ok(()) => {
                self.save_contacts();
                self.screen.notice(&format!("{former} is your contact {petname}"));
            }
            Err(NoContact::NameTaken(of)) => {
                let of = fingerprint(&of);
                self.screen.notice(&format!("another contact is called {petname}, with fingerprint {of}"));
            }
            Err(NoContact::TooMany) => self.screen.notice("there is no room for more contacts; /forget some"),
        }
    }

    fn forget(&mut self, who: &str) {
        let Some(key) = self.who_is(who) else { return };
        let shown = self.session.people().shown(&key);
        if self.session.people_mut().forget(&key) {
            self.save_contacts();
            self.screen.notice(&format!("{shown} is not your contact any more"));
        } else {
            self.screen.notice(&format!("{shown} is not your contact"));
        }
    }

    fn tell_unread(&mut self) {
        if self.unread.is_empty() {
            return self.screen.answer("no direct message waits for an answer");
        }
        for unread in std::mem::take(&mut self.unread) {
            let shown = self.session.people().shown(&unread.from);
            let verified = self.session.people().is_verified(&unread.from);
            self.screen.direct(&unread.from, &shown, verified, &unread.text, &unread.came);
        }
    }

    fn tell_status(&mut self) {
        let limits = self.handle.limits();
        let said = gate::limits(self.profile);
        let stats = self.handle.stats();
        let gate = self.gate.lock();
        let refused: Vec<String> =
            gate.refused().iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let passed = gate.passed();
        drop(gate);
        let text = format!(
            "you         {}~{}\n\
             room        {}\n\
             listening   {}\n\
             neighbors   {} ({} people here)\n\
             messages    {passed} taken, {} received, {} sent\n\
             refused     {}\n\
             profile     {}: {} links in, {} out; per link {} packets and {} KiB;\n\
             \x20           messages {} per author, {} in all\n\
             data        {}\n\
             log         {}",
            self.session.name(),
            fingerprint(&self.session.me()),
            self.room,
            self.handle.me().address(),
            self.handle.neighbors().borrow().len(),
            self.session.people().count_present() + 1,
            stats.received,
            stats.sent,
            if refused.is_empty() { "nothing".to_owned() } else { refused.join(", ") },
            self.profile,
            limits.incoming,
            limits.outgoing,
            limits.packets,
            limits.bytes.in_kib(),
            said.author,
            said.all,
            self.folder.path().display(),
            self.log.display(),
        );
        self.screen.answer(&text);
    }
}
