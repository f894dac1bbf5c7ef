//! Names, contacts, and who is who.
//!
//! A **contact** is a key that the user has given a petname, by writing to it for the first time or by
//! verifying it; the petname stays with the key whatever its owner calls themself later. Everybody else is a
//! stranger and is shown with a fingerprint, `nick~xxxx-xxxx-xxxx-xxxx`: the nick is only what they say.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroUsize;

use lru::LruCache;

use crate::keys::Key;
use crate::text::{Name, fingerprint};

/// How many contacts a user may have.
pub const MAX_CONTACTS: usize = 1_024;
/// How many people are remembered of those heard; beyond it the one silent for longest is forgotten.
pub const MAX_PRESENT: usize = MAX_REMEMBERED.get();
const MAX_REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// A person to whom the user gave a petname.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What the user calls them. No two contacts have one petname.
    pub petname: Name,
    /// The user has compared the digits.
    pub verified: bool,
    /// The user does not want to hear them.
    pub blocked: bool,
}

/// Somebody who was heard in the room, contact or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name by which they call themself.
    pub name: Name,
    /// When they were last heard, in milliseconds by a clock of this node that never goes back.
    pub heard_ms: u64,
    /// Whether they are in the room: heard of late, and not gone.
    pub here: bool,
}

/// What is worth telling about a presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceChange {
    /// They were here already, under this name.
    Unchanged,
    /// Somebody not heard before, or one that had left.
    Joined,
    /// They said that they leave.
    Left,
    /// They changed their name.
    Renamed {
        /// The name that they had before.
        from: Name,
    },
    /// They use the name of a contact, or one that looks like it, and are not that contact.
    Impersonates {
        /// The contact whose name it is.
        contact: Key,
    },
}

/// The people whom a name fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// Exactly one person fits.
    One(Key),
    /// Several people fit; by key.
    Several(Vec<Key>),
    /// No person fits.
    Nobody,
}

/// Why somebody cannot become a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactError {
    /// Another contact has this petname.
    NameTaken(Key),
    /// There are [`MAX_CONTACTS`] already.
    TooMany,
}

/// All people whom a user knows or has heard.
#[derive(Clone, Debug)]
pub struct People {
    me: Key,
    contacts: BTreeMap<Key, Contact>,
    present: LruCache<Key, Person>,
}

impl People {
    /// An empty list; `me` is the user's own key.
    #[must_use]
    pub fn new(me: Key) -> Self {
        Self { me, contacts: BTreeMap::new(), present: LruCache::new(MAX_REMEMBERED) }
    }

    /// Everybody with a petname, in the order of keys.
    #[must_use]
    pub const fn contacts(&self) -> &BTreeMap<Key, Contact> {
        &self.contacts
    }

    /// Everybody who is here, in the order of keys.
    pub fn present(&self) -> impl Iterator<Item = (&Key, &Person)> {
        let by_key: BTreeMap<_, _> = self.here().collect();
        by_key.into_iter()
    }

    /// The same in the order in which they were heard.
    fn here(&self) -> impl Iterator<Item = (&Key, &Person)> {
        self.present.iter().filter(|(_, person)| person.here)
    }

    /// How each contact and everybody who is here can be written to: by a name that fits nobody else, in no order.
    #[must_use]
    pub fn typed_names(&self) -> Vec<String> {
        let strangers = || self.here().filter(|(key, _)| !self.contacts.contains_key(*key));
        let contacts = || self.contacts.values().map(|contact| &contact.petname);
        let mut bearers = BTreeMap::<String, u32>::new();
        for name in contacts().chain(strangers().map(|(_, person)| &person.name)) {
            let count = bearers.entry(name.as_str().to_lowercase()).or_default();
            *count = count.saturating_add(1);
        }
        let named = |(key, person): (&Key, &Person)| match bearers.get(&person.name.as_str().to_lowercase()) {
            Some(2..) => format!("{}~{}", person.name, &fingerprint(key)[..4]),
            _ => person.name.to_string(),
        };
        contacts().map(ToString::to_string).chain(strangers().map(named)).collect()
    }

    /// How many people are here, without the user.
    #[must_use]
    pub fn count_present(&self) -> usize {
        self.here().count()
    }

    /// How many are remembered, here or not: at most [`MAX_PRESENT`].
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.present.len()
    }

    /// Whether the user does not want to hear this one.
    #[must_use]
    pub fn is_blocked(&self, key: &Key) -> bool {
        self.contacts.get(key).is_some_and(|contact| contact.blocked)
    }

    /// Whether the user has compared this key with its owner.
    #[must_use]
    pub fn is_verified(&self, key: &Key) -> bool {
        self.contacts.get(key).is_some_and(|contact| contact.verified)
    }

    /// Notes a presence: `key` calls itself `name` and is `here`, or leaves.
    pub fn meet(&mut self, key: Key, name: Name, here: bool, now_ms: u64) -> PresenceChange {
        let former = self
            .present
            .get_mut(&key)
            .map(|person| core::mem::replace(person, Person { name: name.clone(), heard_ms: now_ms, here }));
        if former.is_none() {
            self.present.push(key, Person { name: name.clone(), heard_ms: now_ms, here });
        }
        let was_here = former.as_ref().is_some_and(|person| person.here);
        if !here {
            return if was_here { PresenceChange::Left } else { PresenceChange::Unchanged };
        }
        let renamed = former.filter(|person| person.name != name).map(|person| person.name);
        if was_here && renamed.is_none() {
            return PresenceChange::Unchanged;
        }
        if let Some(contact) = self.impersonated(&key, &name) {
            return PresenceChange::Impersonates { contact };
        }
        match renamed {
            Some(from) if was_here => PresenceChange::Renamed { from },
            _ => PresenceChange::Joined,
        }
    }

    /// Notes that `key` said something, if it is known from a presence.
    pub fn heard(&mut self, key: Key, now_ms: u64) {
        if let Some(person) = self.present.get_mut(&key) {
            person.heard_ms = now_ms;
            person.here = true;
        }
    }

    /// Takes everybody for gone who was not heard since `since_ms`, and returns their keys.
    pub fn gone_before(&mut self, since_ms: u64) -> Vec<Key> {
        let mut silent = Vec::new();
        for (key, person) in &mut self.present {
            if person.here && person.heard_ms < since_ms {
                person.here = false;
                silent.push(*key);
            }
        }
        silent.sort_unstable();
        silent
    }

    /// The contact whose name somebody else uses, or nearly.
    fn impersonated(&self, key: &Key, name: &Name) -> Option<Key> {
        let mut contacts = self.contacts.iter();
        contacts.find(|(of, contact)| *of != key && contact.petname.looks_like(name)).map(|(of, _)| *of)
    }

    /// What this one is called on the screen.
    #[must_use]
    pub fn shown(&self, key: &Key) -> String {
        if let Some(contact) = self.contacts.get(key) {
            return contact.petname.to_string();
        }
        let nick = self.present.peek(key).map_or("someone", |person| person.name.as_str());
        format!("{nick}~{}", fingerprint(key))
    }

    /// What this one calls themself, if they were heard.
    #[must_use]
    pub fn nick(&self, key: &Key) -> Option<&Name> {
        self.present.peek(key).map(|person| &person.name)
    }

    /// Finds the person behind `bob`, `bob~k5xq` or `~k5xq`: a petname, else the name of somebody who is here,
    /// with the beginning of a fingerprint to tell two apart.
    ///
    /// If a contact is away and another person of the same name is here, the name is ambiguous.
    #[must_use]
    pub fn find(&self, what: &str) -> NameMatch {
        let (name, print) = what.split_once('~').unwrap_or((what, ""));
        let print: String = print.chars().filter(|c| *c != '-').flat_map(char::to_lowercase).collect();
        let fits = |key: &Key| fingerprint(key).replace('-', "").starts_with(&print);
        let is = |called: &Name| name.is_empty() || same(called.as_str(), name);
        if name.is_empty() && print.is_empty() {
            return NameMatch::Nobody;
        }
        // A petname is the user's own word, so it goes before what others call themselves.
        let contact =
            self.contacts.iter().find(|(key, contact)| !name.is_empty() && is(&contact.petname) && fits(key));
        let mut found: Vec<Key> = self
            .present()
            .filter(|(key, person)| **key != self.me && is(&person.name) && fits(key))
            .filter(|(key, _)| !self.is_blocked(key))
            .filter(|(key, _)| name.is_empty() || !self.contacts.contains_key(key))
            .map(|(key, _)| *key)
            .collect();
        if let Some((key, _)) = contact {
            // The contact is away and a namesake is here: the user has to decide.
            let is_here = self.present.peek(key).is_some_and(|person| person.here);
            if is_here || found.is_empty() {
                return NameMatch::One(*key);
            }
            found.insert(0, *key);
        }
        match found.as_slice() {
            [] => NameMatch::Nobody,
            [one] => NameMatch::One(*one),
            _ => NameMatch::Several(found),
        }
    }

    /// Makes `key` a contact of this petname, or gives a contact another one.
    ///
    /// # Errors
    /// The petname is taken, or there are too many contacts.
    pub fn set_petname(&mut self, key: Key, petname: Name) -> Result<(), ContactError> {
        let taken = self
            .contacts
            .iter()
            .find(|(of, contact)| **of != key && same(contact.petname.as_str(), petname.as_str()));
        if let Some((of, _)) = taken {
            return Err(ContactError::NameTaken(*of));
        }
        if let Some(contact) = self.contacts.get_mut(&key) {
            contact.petname = petname;
            return Ok(());
        }
        if self.contacts.len() >= MAX_CONTACTS {
            return Err(ContactError::TooMany);
        }
        self.contacts.insert(key, Contact { petname, verified: false, blocked: false });
        Ok(())
    }

    /// Marks a contact as verified, or not; false if it is not a contact.
    pub fn set_verified(&mut self, key: &Key, verified: bool) -> bool {
        self.contacts.get_mut(key).map(|contact| contact.verified = verified).is_some()
    }

    /// Marks a contact as blocked, or not; false if it is not a contact.
    pub fn set_blocked(&mut self, key: &Key, blocked: bool) -> bool {
        self.contacts.get_mut(key).map(|contact| contact.blocked = blocked).is_some()
    }

    /// Forgets a contact; false if it is not one.
    pub fn forget(&mut self, key: &Key) -> bool {
        self.contacts.remove(key).is_some()
    }

    /// The contacts as lines to save.
    #[must_use]
    pub fn save(&self) -> Vec<String> {
        let word = |is: bool, yes: &'static str| if is { yes } else { "-" };
        self.contacts
            .iter()
            .map(|(key, contact)| {
                let verified = word(contact.verified, "verified");
                let blocked = word(contact.blocked, "blocked");
                format!("{key} {verified} {blocked} {}", contact.petname)
            })
            .collect()
    }

    /// Adds contacts from saved lines; gives how many lines say nothing sensible.
    pub fn load<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> usize {
        lines.into_iter().map(|line| usize::from(self.load_line(line).is_none())).sum()
    }

    fn load_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.splitn(4, ' ');
        let key = Key::from_hex(words.next()?)?;
        let verified = flag(words.next()?, "verified")?;
        let blocked = flag(words.next()?, "blocked")?;
        let text = words.next()?;
        let petname = Name::new(text).ok().filter(|name| name.as_str() == text)?;
        if self.contacts.contains_key(&key) || key == self.me {
            return None;
        }
        self.set_petname(key, petname).ok()?;
        self.set_verified(&key, verified);
        self.set_blocked(&key, blocked);
        Some(())
    }
}

fn flag(word: &str, yes: &str) -> Option<bool> {
    match word {
        "-" => Some(false),
        _ if word == yes => Some(true),
        _ => None,
    }
}

/// Whether two names are equal but for upper and lower case.
fn same(one: &str, other: &str) -> bool {
    one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}
