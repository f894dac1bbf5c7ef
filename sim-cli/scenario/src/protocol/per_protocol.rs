//! What somebody keeps for each protocol, found by the two words that name it.

use super::{Runnable, Visitor, Words, visit_builtin, visit_builtin_as_any};
use crate::{CheckedTable, Complaint, Scenario, Tables};

/// Something that can be made for each protocol, such as `dyn Engine`: a trait object whose operations were compiled
/// for that protocol.
pub trait PerProtocol: 'static {
    /// That of the protocol `P`.
    fn of<P: Runnable>() -> &'static Self;
}

/// The protocols that scenarios can name, with an `E` for each.
#[derive(Debug)]
pub struct ProtocolTable<E: ?Sized + 'static> {
    tables: Tables,
    entries: Vec<Entry<E>>,
}

#[derive(Debug)]
struct Entry<E: ?Sized + 'static> {
    words: Words,
    entry: &'static E,
}

impl<E: ?Sized> Default for ProtocolTable<E> {
    fn default() -> Self {
        Self { tables: Tables::default(), entries: Vec::new() }
    }
}

impl<E: PerProtocol + ?Sized> Visitor for ProtocolTable<E> {
    /// # Panics
    /// When both words together already name a protocol, for the same key of the broadcast's table.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(&mut self, words: &Words) {
        let &Words { overlay, broadcast, key } = words;
        let is_taken = self.named(overlay, broadcast).any(|entry| entry.words.key == key);
        assert!(!is_taken, "{overlay} with {broadcast} is registered twice");
        self.tables.pair::<P, O, B>(words);
        self.entries.push(Entry { words: words.clone(), entry: E::of::<P>() });
    }
}

impl<E: PerProtocol + ?Sized> ProtocolTable<E> {
    /// The built-in protocols.
    #[must_use]
    pub fn builtin() -> Self {
        let mut protocols = Self::default();
        visit_builtin(&mut protocols);
        protocols
    }

    /// The built-in protocols, as few of them as possible compiled by themselves.
    #[must_use]
    pub fn builtin_as_any() -> Self {
        let mut protocols = Self::default();
        visit_builtin_as_any(&mut protocols);
        protocols
    }
}

impl<E: ?Sized> ProtocolTable<E> {
    /// The words that scenarios can use, and the form of their tables.
    #[must_use]
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// What is kept for the protocol that `scenario` names.
    ///
    /// # Errors
    /// Nobody registered a protocol under these two words.
    pub fn get(&self, scenario: &Scenario) -> Result<&'static E, Complaint> {
        let (overlay, broadcast) = (&scenario.overlay.key, &scenario.broadcast.key);
        let is_set =
            |entry: &&Entry<E>| entry.words.key.is_some_and(|key| scenario.broadcast.table.contains_key(key));
        let with_key = self.named(overlay, broadcast).find(is_set);
        let found =
            with_key.or_else(|| self.named(overlay, broadcast).find(|entry| entry.words.key.is_none()));
        let unknown =
            || Complaint::new("broadcast", format!("no protocol is `{overlay}` with `{broadcast}`"), "");
        found.map(|entry| entry.entry).ok_or_else(unknown)
    }

    fn named<'a>(&'a self, overlay: &'a str, broadcast: &'a str) -> impl Iterator<Item = &'a Entry<E>> {
        self.entries
            .iter()
            .filter(move |entry| entry.words.overlay == overlay && entry.words.broadcast == broadcast)
    }
}
