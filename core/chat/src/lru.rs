//! A bounded table that lets go of what was not used for longest.

use alloc::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Lru<K, V> {
    most: usize,
    entries: BTreeMap<K, (u64, V)>,
    /// The same keys by when they were last used.
    order: BTreeMap<u64, K>,
    uses: u64,
}

impl<K: Copy + Ord, V> Lru<K, V> {
    pub(crate) const fn new(most: usize) -> Self {
        Self { most, entries: BTreeMap::new(), order: BTreeMap::new(), uses: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A look that is no use.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// All entries, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, (_, value))| (key, value))
    }

    /// The entry, if there is one; this counts as a use.
    pub(crate) fn get(&mut self, key: K) -> Option<&mut V> {
        self.uses = self.uses.saturating_add(1);
        let (used, value) = self.entries.get_mut(&key)?;
        self.order.remove(used);
        *used = self.uses;
        self.order.insert(self.uses, key);
        Some(value)
    }

    /// Adds or replaces an entry, and gives the one that had to go for it.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<(K, V)> {
        if let Some(known) = self.get(key) {
            *known = value;
            return None;
        }
        // `get` has counted a use.
        self.order.insert(self.uses, key);
        self.entries.insert(key, (self.uses, value));
        if self.entries.len() <= self.most {
            return None;
        }
        let (_, oldest) = self.order.pop_first()?;
        self.entries.remove(&oldest).map(|(_, value)| (oldest, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        /// Against a list in the order of use.
        #[test]
        fn lets_go_of_the_least_used(most in 1usize..5, steps in prop::collection::vec((0u8..8, 0u8..2), 0..60)) {
            let mut lru = Lru::new(most);
            let mut model: Vec<u8> = Vec::new();
            for (key, what) in steps {
                let known = model.iter().position(|k| *k == key).map(|at| model.remove(at)).is_some();
                match what {
                    0 => {
                        let evicted = lru.insert(key, key);
                        model.push(key);
                        let expected = (model.len() > most).then(|| model.remove(0)).map(|k| (k, k));
                        prop_assert_eq!(evicted, expected);
                    }
                    _ => {
                        prop_assert_eq!(lru.get(key).is_some(), known);
                        model.extend(known.then_some(key));
                    }
                }
                prop_assert_eq!(lru.len(), model.len());
                let mut sorted = model.clone();
                sorted.sort();
                prop_assert_eq!(lru.iter().map(|(k, _)| *k).collect::<Vec<_>>(), sorted);
                prop_assert!(model.iter().all(|k| lru.peek(k).is_some()));
            }
        }
    }
}
