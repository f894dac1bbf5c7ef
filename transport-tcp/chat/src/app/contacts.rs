//! Commands about people: who is meant, and the user's contacts.

use std::fmt::Write as _;

use floodnet_chat::keys::Key;
use floodnet_chat::people::{ContactError, NameMatch};
use floodnet_chat::text::{Name, fingerprint, safety_number};

use super::App;

impl App {
    /// Finds the person that the user means; tells the user if there is none or more than one.
    pub(super) fn who_is(&mut self, what: &str) -> Option<Key> {
        match self.talk.session.people().find(what) {
            NameMatch::One(key) => Some(key),
            NameMatch::Nobody => {
                self.refuse(&format!("nobody called {what} is here; /who tells who is"));
                None
            }
            NameMatch::Several(keys) => {
                let mut text = format!("{} people are called {what}; say which one:\n", keys.len());
                for key in keys {
                    let nick = self.talk.session.people().nick(&key).map_or(what, Name::as_str);
                    let note = if self.talk.session.people().contacts().contains_key(&key) {
                        "   (your contact, not here now)"
                    } else {
                        ""
                    };
                    let _ = writeln!(text, "  @{nick}~{}{note}", fingerprint(&key));
                }
                self.screen.answer(&text);
                self.lines.refused += 1;
                None
            }
        }
    }

    /// Makes a contact of a person, under the name they give, or one like it if that is taken.
    pub(super) fn add_contact(&mut self, key: &Key) -> bool {
        if self.talk.session.people().contacts().contains_key(key) {
            return true;
        }
        let Some(nick) = self.talk.session.people().nick(key).cloned() else { return false };
        let with = |number: u32| match number {
            1 => Some(nick.clone()),
            _ => Name::new(&format!("{nick}{number}")).ok(),
        };
        for petname in (1..100).filter_map(with) {
            match self.talk.session.people_mut().set_petname(*key, petname.clone()) {
                Ok(()) => {
                    self.save_contacts();
                    self.screen.notice(&format!(
                        "your contact {petname} is {nick}~{}; to be sure: /verify {petname}",
                        fingerprint(key)
                    ));
                    return true;
                }
                Err(ContactError::NameTaken(_)) => {}
                Err(ContactError::TooMany) => break,
            }
        }
        self.screen.notice("there is no room for more contacts; /forget some");
        false
    }

    pub(super) fn verify(&mut self, who: &str, compared: bool) {
        let Some(key) = self.who_is(who) else { return };
        let shown = self.talk.session.people().shown(&key);
        if compared {
            if self.add_contact(&key) && self.talk.session.people_mut().set_verified(&key, true) {
                self.save_contacts();
                let shown = self.talk.session.people().shown(&key);
                self.screen.notice(&format!("{shown} is verified"));
            }
            return;
        }
        let digits = safety_number(&self.talk.session.me(), &key);
        let groups: Vec<&str> = digits.split(' ').collect();
        let rows: Vec<String> = groups.chunks(4).map(|row| format!("    {}", row.join(" "))).collect();
        let verified =
            self.talk.session.people().contacts().get(&key).is_some_and(|contact| contact.verified);
        let note = if verified { " (verified before)" } else { "" };
        self.screen.answer(&format!(
            "{shown}{note} sees the same digits with /verify. Compare them, by voice or side by side:\n{}\n\
             If they are the same: /verify {who} yes",
            rows.join("\n")
        ));
    }

    pub(super) fn block(&mut self, who: &str, block: bool) {
        // The blocked are not found among those who are here.
        let blocked = self
            .talk
            .session
            .people()
            .contacts()
            .iter()
            .find(|(_, contact)| contact.blocked && contact.petname.as_str().eq_ignore_ascii_case(who));
        let blocked = blocked.map(|(key, _)| *key);
        let Some(key) = blocked.or_else(|| self.who_is(who)) else { return };
        if !self.add_contact(&key) {
            return;
        }
        self.talk.session.people_mut().set_blocked(&key, block);
        self.save_contacts();
        if block {
            self.unread.forget(&key);
        }
        let shown = self.talk.session.people().shown(&key);
        self.screen.notice(&if block {
            format!("you do not hear {shown} any more; /unblock {shown} to hear them again")
        } else {
            format!("you hear {shown} again")
        });
    }

    pub(super) fn tell_ignored(&mut self) {
        let patterns = self.ignored.patterns();
        let text = match patterns.len() {
            0 => "nobody is ignored: /ignore spam* hides strangers whose names begin so".to_owned(),
            _ => patterns.join("\n"),
        };
        self.screen.answer(&text);
    }

    pub(super) fn ignore(&mut self, pattern: &str) {
        match self.ignored.add(pattern) {
            Ok(()) => {
                self.storage.save_ignored(self.ignored.patterns(), &mut self.screen);
                self.screen.notice(&format!(
                    "strangers called {pattern} are not shown any more; /unignore {pattern} shows them again. \
                     Contacts are: /block hides one"
                ));
            }
            Err(why) => self.refuse(&why),
        }
    }

    pub(super) fn unignore(&mut self, pattern: &str) {
        if !self.ignored.remove(pattern) {
            return self.refuse(&format!("{pattern} is not ignored; /ignore lists who is"));
        }
        self.storage.save_ignored(self.ignored.patterns(), &mut self.screen);
        self.screen.notice(&format!("strangers called {pattern} are shown again"));
    }

    pub(super) fn rename(&mut self, who: &str, petname: &str) {
        let petname = match Name::new(petname) {
            Ok(petname) => petname,
            Err(why) => return self.refuse(&why.to_string()),
        };
        let Some(key) = self.who_is(who) else { return };
        let former = self.talk.session.people().shown(&key);
        match self.talk.session.people_mut().set_petname(key, petname.clone()) {
            Ok(()) => {
                self.save_contacts();
                self.screen.notice(&format!("{former} is your contact {petname}"));
            }
            Err(ContactError::NameTaken(of)) => {
                let of = fingerprint(&of);
                self.refuse(&format!("another contact is called {petname}, with fingerprint {of}"));
            }
            Err(ContactError::TooMany) => self.refuse("there is no room for more contacts; /forget some"),
        }
    }

    pub(super) fn forget(&mut self, who: &str) {
        let Some(key) = self.who_is(who) else { return };
        let shown = self.talk.session.people().shown(&key);
        if self.talk.session.people_mut().forget(&key) {
            self.save_contacts();
            self.screen.notice(&format!("{shown} is not your contact any more"));
        } else {
            self.screen.notice(&format!("{shown} is not your contact"));
        }
    }

    /// Keeps the contacts, and tells the gate about them.
    fn save_contacts(&mut self) {
        let people = self.talk.session.people();
        self.talk.validator.lock().set_contacts(people.contacts().keys().copied());
        self.storage.save_contacts(people, &mut self.screen);
    }
}
