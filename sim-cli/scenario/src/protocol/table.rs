//! What somebody keeps for each protocol, found by the two words that name it.

use super::{Runnable, Visitor, visit_builtin};
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
    overlay: &'static str,
    broadcast: &'static str,
    entry: &'static E,
}

impl<E: ?Sized> Default for ProtocolTable<E> {
    fn default() -> Self {
        Self { tables: Tables::default(), entries: Vec::new() }
    }
}

impl<E: PerProtocol + ?Sized> Visitor for ProtocolTable<E> {
    /// # Panics
    /// When both words together already name a protocol.
    fn pair<P: Runnable, O: CheckedTable, B: CheckedTable>(
        &mut self,
        overlay: &'static str,
        broadcast: &'static str,
    ) {
        assert!(self.find(overlay, broadcast).is_none(), "{overlay} with {broadcast} is registered twice");
        self.tables.pair::<P, O, B>(overlay, broadcast);
        self.entries.push(Entry { overlay, broadcast, entry: E::of::<P>() });
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
        let unknown =
            || Complaint::new("broadcast", format!("no protocol is `{overlay}` with `{broadcast}`"), "");
        self.find(overlay, broadcast).ok_or_else(unknown)
    }

    fn find(&self, overlay: &str, broadcast: &str) -> Option<&'static E> {
        let mut entries = self.entries.iter();
        let found = entries.find(|entry| entry.overlay == overlay && entry.broadcast == broadcast);
        found.map(|entry| entry.entry)
    }
}
