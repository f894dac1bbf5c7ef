//! The passive view: peers to replace neighbors from, and which of them were asked already.

use alloc::vec::Vec;

use crate::rng::NodeRng;

/// Distinct peers. In a round each is asked once, in random order: those not asked yet stand in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passive<Peer> {
    peers: Vec<Peer>,
    untried: usize,
}

impl<Peer: Copy + Ord> Passive<Peer> {
    pub(super) const fn new() -> Self {
        Self { peers: Vec::new(), untried: 0 }
    }

    pub(super) fn as_slice(&self) -> &[Peer] {
        &self.peers
    }

    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    pub(super) fn contains(&self, peer: Peer) -> bool {
        self.peers.contains(&peer)
    }

    /// Notes `peer`, which is no neighbor; where there is no room a random one goes. Not asked in this round.
    pub(super) fn add(&mut self, peer: Peer, most: u32, rng: &mut NodeRng) {
        if most == 0 || self.contains(peer) {
            return;
        }
        if self.peers.len() >= most as usize {
            self.remove_at(rng.place(self.peers.len()));
        }
        self.peers.push(peer);
    }

    /// Forgets `peer`. Says whether it was known.
    pub(super) fn remove(&mut self, peer: Peer) -> bool {
        let place = self.peers.iter().position(|&known| known == peer);
        if let Some(place) = place {
            self.remove_at(place);
        }
        place.is_some()
    }

    fn remove_at(&mut self, mut place: usize) {
        if place < self.untried {
            // The last one not asked takes its place, so that those asked stay behind them.
            self.untried -= 1;
            self.peers.swap(place, self.untried);
            place = self.untried;
        }
        self.peers.swap_remove(place);
    }

    /// All may be asked again.
    pub(super) fn begin_round(&mut self) {
        self.untried = self.peers.len();
    }

    /// A random peer that was not asked in this round; from now on it was.
    pub(super) fn next(&mut self, rng: &mut NodeRng) -> Option<Peer> {
        let place = rng.place(self.untried);
        self.untried = self.untried.checked_sub(1)?;
        self.peers.swap(place, self.untried);
        self.peers.get(self.untried).copied()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_round_asks_each_peer_once_whatever_comes_and_goes() {
        let mut rng = NodeRng::new(1);
        let mut passive = Passive::new();
        (0..8u32).for_each(|peer| passive.add(peer, 8, &mut rng));
        assert_eq!(passive.next(&mut rng), None, "no round has begun");
        passive.begin_round();
        let mut asked = BTreeSet::new();
        asked.extend(passive.next(&mut rng));
        let gone = (0..8).find(|peer| !asked.contains(peer)).unwrap();
        assert!(passive.remove(gone) && !passive.remove(gone));
        passive.add(100, 8, &mut rng);
        while let Some(peer) = passive.next(&mut rng) {
            assert!(asked.insert(peer), "{peer} is asked twice");
        }
        assert_eq!(asked, (0..8).filter(|&peer| peer != gone).collect(), "not who came later");
        assert_eq!(passive.len(), 8);
    }

    #[test]
    fn it_is_bounded_and_holds_each_once() {
        let mut rng = NodeRng::new(2);
        let mut passive = Passive::new();
        for peer in (0..100u32).chain(0..100) {
            passive.add(peer, 5, &mut rng);
            assert!(passive.contains(peer) && passive.len() <= 5);
        }
        passive.add(7, 0, &mut rng);
        assert!(!passive.contains(7) || passive.len() == 5);
        let distinct: BTreeSet<u32> = passive.as_slice().iter().copied().collect();
        assert_eq!(distinct.len(), passive.len());
    }
}
