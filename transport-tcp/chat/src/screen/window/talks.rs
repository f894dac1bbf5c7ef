//! The direct conversations of a window.

use floodnet_chat::keys::Key;
use floodnet_chat::text::fingerprint;

/// Conversations that are listed. Of more, the one goes that was quiet for longest; it comes back when it is opened.
const MAX_TALKS: usize = 200;

/// A direct conversation.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) key: Key,
    pub(super) shown: String,
    pub(super) unread: usize,
    /// Larger for those of which one was shown later.
    used: u64,
}

/// The direct conversations, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Talks {
    list: Vec<Talk>,
    uses: u64,
}

impl Talks {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Talk> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Talk> {
        self.list.iter_mut()
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn at(&self, index: usize) -> Option<&Talk> {
        self.list.get(index)
    }

    pub(super) fn with(&self, key: Key) -> Option<&Talk> {
        self.list.iter().find(|talk| talk.key == key)
    }

    /// The conversation with this person, old or new. The `open` one is never given up for it, and one with unread
    /// messages only if all have some.
    pub(super) fn begin(&mut self, key: Key, shown: &str, open: Option<Key>) -> &mut Talk {
        self.uses += 1;
        let used = self.uses;
        let at = match self.list.iter().position(|talk| talk.key == key) {
            Some(at) => at,
            None => {
                if self.list.len() >= MAX_TALKS {
                    self.give_one_up(open);
                }
                self.list.push(Talk { key, shown: shown.to_owned(), unread: 0, used });
                self.list.len() - 1
            }
        };
        let talk = &mut self.list[at];
        talk.used = used;
        talk
    }

    fn give_one_up(&mut self, open: Option<Key>) {
        let others = self.list.iter().enumerate().filter(|(_, talk)| Some(talk.key) != open);
        let quiet = others.min_by_key(|(_, talk)| (talk.unread > 0, talk.used)).map(|(at, _)| at);
        quiet.map(|at| self.list.remove(at));
    }
}

impl Talk {
    /// How to write to this person and nobody else: a contact may be away, a stranger may change names.
    pub(super) fn address(&self) -> String {
        let print = fingerprint(&self.key);
        if self.shown.contains('~') { format!("~{print}") } else { format!("{}~{print}", self.shown) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_room_for_another_conversation() {
        let key = |number: usize| Key([u8::try_from(number).expect("few"); 32]);
        let mut talks = Talks::default();
        for number in 0..MAX_TALKS {
            talks.begin(key(number), "eve", None).unread = usize::from(number != 7);
        }
        talks.begin(key(201), "bob", Some(key(0)));
        assert!(talks.with(key(7)).is_none(), "the one that is read goes first");
        talks.begin(key(201), "bob", Some(key(0))).unread = 1;
        talks.begin(key(202), "bob", Some(key(0)));
        assert!(talks.with(key(0)).is_some(), "the open one stays");
        assert!(talks.with(key(1)).is_none() && talks.with(key(202)).is_some(), "then the quiet one");
        assert_eq!(talks.len(), MAX_TALKS);
    }
}
