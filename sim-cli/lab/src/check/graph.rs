//! Who holds whom, as the observations tell.

use std::collections::BTreeMap;

use floodnet_core::time::Time;
use petgraph::unionfind::UnionFind;

/// The links of all slots, each since when.
#[derive(Debug)]
pub(super) struct Graph {
    is_up: Vec<bool>,
    /// When each slot went down last; zero before.
    down_at: Vec<Time>,
    held: Vec<BTreeMap<u32, Time>>,
    /// When a slot let go of a peer, the last time.
    released: BTreeMap<(u32, u32), Time>,
}

impl Graph {
    pub(super) fn new(slots: u32) -> Self {
        let slots = slots as usize;
        Self {
            is_up: vec![false; slots],
            down_at: vec![Time::ZERO; slots],
            held: vec![BTreeMap::new(); slots],
            released: BTreeMap::new(),
        }
    }

    /// `slot` came up. Says whether it was down.
    pub(super) fn up(&mut self, slot: u32) -> bool {
        self.held[slot as usize].clear();
        !std::mem::replace(&mut self.is_up[slot as usize], true)
    }

    /// `slot` went down. Says whether it was up.
    pub(super) fn down(&mut self, slot: u32, at: Time) -> bool {
        self.held[slot as usize].clear();
        self.down_at[slot as usize] = at;
        std::mem::replace(&mut self.is_up[slot as usize], false)
    }

    pub(super) fn is_up(&self, slot: u32) -> bool {
        self.is_up[slot as usize]
    }

    pub(super) fn hold(&mut self, slot: u32, peer: u32, at: Time) {
        self.held[slot as usize].insert(peer, at);
    }

    pub(super) fn release(&mut self, slot: u32, peer: u32, at: Time) {
        self.held[slot as usize].remove(&peer);
        self.released.insert((slot, peer), at);
    }

    pub(super) fn holds(&self, slot: u32, peer: u32) -> bool {
        self.held.get(slot as usize).is_some_and(|held| held.contains_key(&peer))
    }

    /// The slots that are up, ascending.
    pub(super) fn nodes(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.is_up).filter(|(_, is_up)| **is_up).map(|(slot, _)| slot)
    }

    /// For each slot a number that it shares with those that links lead to, by links that both ends hold.
    pub(super) fn labels(&self) -> Vec<u32> {
        let mut union = UnionFind::<u32>::new(self.is_up.len());
        for slot in self.nodes() {
            for &peer in self.held[slot as usize].keys() {
                if self.holds(peer, slot) {
                    union.union(slot, peer);
                }
            }
        }
        union.into_labeling()
    }

    /// Sizes of the components of the nodes that are up; descending.
    pub(super) fn components(&self) -> Vec<usize> {
        let (labels, mut sizes) = (self.labels(), BTreeMap::<u32, usize>::new());
        self.nodes().for_each(|slot| *sizes.entry(labels[slot as usize]).or_default() += 1);
        let mut sizes: Vec<usize> = sizes.into_values().collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// A link that only one end has held since before `since`: who holds whom, and since when it is so.
    pub(super) fn half_open(&self, since: Time) -> Option<(u32, u32, Time)> {
        let links = self
            .nodes()
            .flat_map(|slot| self.held[slot as usize].iter().map(move |(&peer, &from)| (slot, peer, from)));
        let one_sided = links.filter(|&(slot, peer, _)| !self.holds(peer, slot));
        let lasting = one_sided.map(|(slot, peer, from)| {
            let let_go = self.released.get(&(peer, slot)).copied().unwrap_or(Time::ZERO);
            let down_at = self.down_at.get(peer as usize).copied().unwrap_or(Time::ZERO);
            (slot, peer, from.max(let_go).max(down_at))
        });
        lasting.into_iter().find(|&(.., from)| from < since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_count_links_that_both_ends_hold() {
        let mut graph = Graph::new(4);
        (0..4).for_each(|slot| assert!(graph.up(slot)));
        let at = Time::from_secs(1);
        graph.hold(0, 1, at);
        assert_eq!(graph.components(), [1, 1, 1, 1]);
        assert_eq!(graph.half_open(at), None, "it is not older than that");
        assert_eq!(graph.half_open(Time::from_secs(2)), Some((0, 1, at)));
        graph.hold(1, 0, at);
        assert_eq!((graph.components(), graph.half_open(Time::from_secs(9))), (vec![2, 1, 1], None));
        graph.release(1, 0, Time::from_secs(5));
        assert_eq!(graph.half_open(Time::from_secs(5)), None, "half open since 5 s");
        assert_eq!(graph.half_open(Time::from_secs(6)), Some((0, 1, Time::from_secs(5))));
        assert!(graph.down(1, Time::from_secs(7)) && !graph.down(1, Time::from_secs(7)));
        assert_eq!(graph.half_open(Time::from_secs(7)), None);
        assert_eq!(graph.half_open(Time::from_secs(8)), Some((0, 1, Time::from_secs(7))));
        assert_eq!(graph.components(), [1, 1, 1]);
    }
}
