//! The peers that a node holds, compactly.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use arrayvec::ArrayVec;

/// Up to this many peers are held inside the node, where they are reached with it: the default bound on the
/// degree of [`RandomWalk`](super::RandomWalk).
const INLINE: usize = 10;
/// From so many on, peers in no order are found through an index instead of a scan. An entry node without a
/// bound ends with thousands of neighbors.
const INDEXED: usize = 32;

/// Distinct peers in an order that is part of a node's history.
///
/// An overlay keeps it in one of three ways: in the order that [`push`](Self::push) and
/// [`remove`](Self::remove) make; in an order of its own, by [`insert`](Self::insert) and
/// [`remove_in_order`](Self::remove_in_order); or ascending, by [`insert_ascending`](Self::insert_ascending) and
/// [`remove_in_order`](Self::remove_in_order).
#[derive(Clone)]
pub struct View<Peer>(Peers<Peer>);

#[derive(Clone)]
enum Peers<Peer> {
    Few(ArrayVec<Peer, INLINE>),
    Many { peers: Vec<Peer>, index: Option<Box<Index<Peer>>> },
}

/// Finds where in the view a peer stands, without a scan.
#[derive(Clone)]
struct Index<Peer>(BTreeMap<Peer, usize>);

impl<Peer> View<Peer> {
    /// A view without peers.
    #[must_use]
    pub const fn new() -> Self {
        Self(Peers::Few(ArrayVec::new_const()))
    }

    /// The peers, in the order that the node's history gave them.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Peer] {
        match &self.0 {
            Peers::Few(few) => few,
            Peers::Many { peers, .. } => peers,
        }
    }
}

impl<Peer: Copy + Ord> View<Peer> {
    /// Where `peer` stands, if it is held.
    #[inline]
    #[must_use]
    pub fn position(&self, peer: Peer) -> Option<usize> {
        if let Peers::Many { index: Some(index), .. } = &self.0 {
            return index.0.get(&peer).copied();
        }
        self.iter().position(|&held| held == peer)
    }

    /// Whether `peer` is in this view.
    #[inline]
    #[must_use]
    pub fn contains(&self, peer: Peer) -> bool {
        self.position(peer).is_some()
    }

    /// Holds `peer`, which is not held yet, behind the others.
    pub fn push(&mut self, peer: Peer) {
        debug_assert!(!self.contains(peer), "a view holds distinct peers");
        match &mut self.0 {
            Peers::Few(few) if !few.is_full() => few.push(peer),
            Peers::Few(_) => self.spill(INLINE, peer),
            Peers::Many { peers, index } => {
                if let Some(index) = index {
                    index.0.insert(peer, peers.len());
                }
                peers.push(peer);
                if index.is_none() && peers.len() > INDEXED {
                    let places = peers.iter().enumerate().map(|(place, &peer)| (peer, place));
                    *index = Some(Box::new(Index(places.collect())));
                }
            }
        }
    }

    /// Lets `peer` go; the last one takes its place. Says whether it was held.
    pub fn remove(&mut self, peer: Peer) -> bool {
        let Some(place) = self.position(peer) else { return false };
        match &mut self.0 {
            Peers::Few(few) => {
                few.swap_remove(place);
            }
            Peers::Many { peers, index } => {
                peers.swap_remove(place);
                if let Some(index) = index {
                    index.0.remove(&peer);
                    if let Some(&moved) = peers.get(place) {
                        index.0.insert(moved, place);
                    }
                }
                self.return_inside();
            }
        }
        true
    }

    /// Holds `peer` in its place among ascending peers. Says whether it was not held before.
    pub fn insert_ascending(&mut self, peer: Peer) -> bool {
        let Err(place) = self.binary_search(&peer) else { return false };
        self.insert(place, peer);
        true
    }

    /// Holds `peer`, which is not held yet, at this place, or behind the others if there are fewer.
    pub fn insert(&mut self, place: usize, peer: Peer) {
        let place = place.min(self.len());
        match &mut self.0 {
            Peers::Few(few) if !few.is_full() => few.insert(place, peer),
            Peers::Few(_) => self.spill(place, peer),
            Peers::Many { peers, index } => {
                *index = None;
                peers.insert(place, peer);
            }
        }
    }

    /// Lets `peer` go; the others keep their order. Says where it stood, if it was held.
    pub fn remove_in_order(&mut self, peer: Peer) -> Option<usize> {
        let place = self.position(peer)?;
        match &mut self.0 {
            Peers::Few(few) => {
                few.remove(place);
            }
            Peers::Many { peers, index } => {
                *index = None;
                peers.remove(place);
                self.return_inside();
            }
        }
        Some(place)
    }

    /// Moves the peers out of the node, with `peer` at `place` among them.
    fn spill(&mut self, place: usize, peer: Peer) {
        let mut peers = Vec::with_capacity(2 * INLINE);
        peers.extend_from_slice(self);
        peers.insert(place, peer);
        self.0 = Peers::Many { peers, index: None };
    }

    /// Takes the peers back into the node when they fit well.
    fn return_inside(&mut self) {
        if self.len() <= INLINE / 2 {
            self.0 = Peers::Few(self.iter().copied().collect());
        }
    }
}

impl<Peer: Copy> From<&[Peer]> for View<Peer> {
    /// These distinct peers, in this order.
    fn from(peers: &[Peer]) -> Self {
        Self(match ArrayVec::try_from(peers) {
            Ok(few) => Peers::Few(few),
            Err(_) => Peers::Many { peers: peers.to_vec(), index: None },
        })
    }
}

impl<Peer> core::ops::Deref for View<Peer> {
    type Target = [Peer];
    #[inline]
    fn deref(&self) -> &[Peer] {
        self.as_slice()
    }
}

impl<Peer> Default for View<Peer> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Peer: PartialEq> PartialEq for View<Peer> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<Peer: Eq> Eq for View<Peer> {}

impl<Peer: fmt::Debug> fmt::Debug for View<Peer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Peers to hold or to let go, so that the view grows and shrinks through all its forms.
    fn changes() -> impl Strategy<Value = Vec<u16>> {
        (1u16..120).prop_flat_map(|peers| prop::collection::vec(0..peers, 0..400))
    }

    fn agrees(view: &View<u16>, list: &[u16]) -> Result<(), TestCaseError> {
        prop_assert_eq!(view.as_slice(), list);
        for peer in 0..120 {
            prop_assert_eq!(view.position(peer), list.iter().position(|&held| held == peer));
        }
        Ok(())
    }

    proptest! {
        /// Against a plain list: who is held is let go, who is not is held.
        #[test]
        fn keeps_the_order_of_a_list(changes in changes(), start in 0u16..60) {
            let mut list: Vec<u16> = (0..start).collect();
            let mut view = View::from(list.as_slice());
            for peer in changes {
                if let Some(place) = list.iter().position(|&held| held == peer) {
                    list.swap_remove(place);
                    prop_assert!(view.remove(peer));
                } else {
                    list.push(peer);
                    prop_assert!(!view.remove(peer));
                    view.push(peer);
                }
                agrees(&view, &list)?;
            }
        }

        #[test]
        fn keeps_ascending_peers_ascending(changes in changes(), start in 0u16..60) {
            let mut list: Vec<u16> = (0..start).collect();
            let mut view = View::from(list.as_slice());
            for peer in changes {
                match list.binary_search(&peer) {
                    Ok(place) => {
                        list.remove(place);
                        prop_assert!(!view.insert_ascending(peer));
                        prop_assert_eq!(view.remove_in_order(peer), Some(place));
                    }
                    Err(place) => {
                        list.insert(place, peer);
                        prop_assert_eq!(view.remove_in_order(peer), None);
                        prop_assert!(view.insert_ascending(peer));
                    }
                }
                agrees(&view, &list)?;
            }
        }
    }

    #[test]
    fn a_hub_is_indexed_and_a_small_node_is_inside() {
        let mut view = View::new();
        (0..10u32).for_each(|peer| view.push(peer));
        assert!(matches!(view.0, Peers::Few(_)));
        (10..32).for_each(|peer| view.push(peer));
        assert!(matches!(view.0, Peers::Many { index: None, .. }));
        view.push(32);
        assert!(matches!(view.0, Peers::Many { index: Some(_), .. }));
        (5..33).for_each(|peer| assert!(view.remove(peer)));
        assert!(matches!(view.0, Peers::Few(_)));
        assert!(size_of::<View<u32>>() <= 48);
    }
}
