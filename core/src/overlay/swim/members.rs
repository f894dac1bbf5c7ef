//! The members that a node knows, and in which order it probes them.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::message::{Standing, Update};
use crate::rng::NodeRng;
use crate::time::{Duration, Time};

/// As many members a node knows at most, so that made-up names cannot fill its memory.
pub(super) const MOST_MEMBERS: usize = 65_536;

/// A member, as a node holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member<Peer> {
    pub(super) peer: Peer,
    pub(super) incarnation: u32,
    pub(super) state: State,
}

/// What a node holds of a member; by whom it is suspected stands with the suspicion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Alive,
    Suspect,
    Failed,
}

impl<Peer: Copy> Member<Peer> {
    /// As news, told by `teller`.
    pub(super) const fn told_by(&self, teller: Peer) -> Update<Peer> {
        let standing = match self.state {
            State::Alive => Standing::Alive,
            State::Suspect => Standing::Suspect { by: teller },
            State::Failed => Standing::Failed,
        };
        Update { peer: self.peer, incarnation: self.incarnation, standing }
    }
}

/// All members that a node knows but itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members<Peer> {
    /// By name, ascending.
    known: Vec<Member<Peer>>,
    /// Those that are not held for failed, in the order in which they are probed.
    order: Vec<Peer>,
    /// Where in the order the next probe is.
    next: usize,
    /// Since when others are held for failed.
    failed: BTreeMap<Peer, Time>,
}

impl<Peer: Copy + Ord> Members<Peer> {
    pub(super) const fn new() -> Self {
        Self { known: Vec::new(), order: Vec::new(), next: 0, failed: BTreeMap::new() }
    }

    /// A settled group: all of `peers`, alive.
    pub(super) fn settled(peers: impl Iterator<Item = Peer>, rng: &mut NodeRng) -> Self {
        let mut known: Vec<Member<Peer>> =
            peers.map(|peer| Member { peer, incarnation: 0, state: State::Alive }).collect();
        known.sort_unstable_by_key(|member| member.peer);
        known.dedup_by_key(|member| member.peer);
        let mut order: Vec<Peer> = known.iter().map(|member| member.peer).collect();
        rng.shuffle(&mut order);
        Self { known, order, next: 0, failed: BTreeMap::new() }
    }

    /// Those that are not held for failed.
    pub(super) fn present(&self) -> &[Peer] {
        &self.order
    }

    /// All that are known.
    pub(super) fn known(&self) -> &[Member<Peer>] {
        &self.known
    }

    fn place(&self, peer: Peer) -> Result<usize, usize> {
        self.known.binary_search_by_key(&peer, |member| member.peer)
    }

    pub(super) fn get(&self, peer: Peer) -> Option<Member<Peer>> {
        self.place(peer).ok().map(|place| self.known[place])
    }

    /// Notes that `peer`, which is present, is alive or suspect.
    pub(super) fn set(&mut self, peer: Peer, incarnation: u32, state: State) {
        if let Ok(place) = self.place(peer) {
            self.known[place] = Member { peer, incarnation, state };
        }
    }

    /// Holds `peer`, which is not present, for alive. Says whether there was room.
    pub(super) fn add(&mut self, peer: Peer, incarnation: u32, rng: &mut NodeRng) -> bool {
        let member = Member { peer, incarnation, state: State::Alive };
        match self.place(peer) {
            Ok(place) => self.known[place] = member,
            Err(_) if self.known.len() >= MOST_MEMBERS => return false,
            Err(place) => self.known.insert(place, member),
        }
        self.failed.remove(&peer);
        // Somewhere in the order, so that the time until a newcomer is probed first has no pattern; what is not probed
        // yet in this round stays so.
        let place = rng.place(self.order.len() + 1);
        self.order.insert(place, peer);
        self.next += usize::from(place < self.next);
        true
    }

    /// Holds `peer`, which is present, for failed.
    pub(super) fn fail(&mut self, peer: Peer, incarnation: u32, now: Time) {
        self.set(peer, incarnation, State::Failed);
        self.failed.insert(peer, now);
        if let Some(place) = self.order.iter().position(|&held| held == peer) {
            self.order.remove(place);
            self.next -= usize::from(place < self.next);
        }
    }

    /// Whom to probe next: all in turn, and then all in a new random order.
    pub(super) fn next(&mut self, rng: &mut NodeRng) -> Option<Peer> {
        if self.next >= self.order.len() {
            rng.shuffle(&mut self.order);
            self.next = 0;
        }
        let next = self.order.get(self.next).copied();
        self.next += 1;
        next
    }

    /// So many of those present, at random, without `except`.
    pub(super) fn sample(&self, count: usize, except: Peer, rng: &mut NodeRng) -> Vec<Peer> {
        // Of a few all are put in order; of many some are drawn until they are distinct.
        if self.order.len() <= count.saturating_mul(2).saturating_add(2) {
            let mut all: Vec<Peer> = self.order.iter().copied().filter(|&peer| peer != except).collect();
            rng.shuffle(&mut all);
            all.truncate(count);
            return all;
        }
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count {
            match rng.pick(&self.order) {
                Some(&peer) if peer != except && !drawn.contains(&peer) => drawn.push(peer),
                Some(_) => {}
                None => break,
            }
        }
        drawn
    }

    /// One of those that are held for failed, at random.
    pub(super) fn a_failed_one(&self, rng: &mut NodeRng) -> Option<Peer> {
        let place = rng.place(self.failed.len());
        self.failed.keys().nth(place).copied()
    }

    /// So many in a row from a random one on, of all that are known.
    pub(super) fn stretch(&self, count: usize, rng: &mut NodeRng) -> impl Iterator<Item = &Member<Peer>> {
        let first = rng.place(self.known.len());
        self.known.iter().cycle().skip(first).take(count.min(self.known.len()))
    }

    /// Forgets those that have been held for failed for so long.
    pub(super) fn forget(&mut self, after: Duration, now: Time) {
        let old = |since: Time| now.since(since) >= after;
        if self.failed.values().any(|&since| old(since)) {
            self.known.retain(|member| !self.failed.get(&member.peer).is_some_and(|&since| old(since)));
            self.failed.retain(|_, since| !old(*since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_is_probed_once_a_round_whoever_comes_and_goes() {
        let mut rng = NodeRng::new(1);
        let mut members = Members::settled(0..20u32, &mut rng);
        for round in 0..30u32 {
            let mut probed: Vec<u32> = members.next(&mut rng).into_iter().collect();
            let mut turn = 0;
            while members.next < members.order.len() {
                probed.extend(members.next(&mut rng));
                turn += 1;
                // In the midst of a round one comes and one goes; both may be probed in it or not.
                if turn == 7 {
                    assert!(members.add(100 + round, 0, &mut rng));
                    let gone = if round == 0 { 0 } else { 99 + round };
                    members.fail(gone, 0, Time::ZERO);
                    probed.retain(|&peer| peer != gone);
                }
            }
            let left = members.present().iter().filter(|peer| !probed.contains(peer)).count();
            assert!(left <= 1, "round {round}: {left} were left out");
            let probes = probed.len();
            probed.sort_unstable();
            probed.dedup();
            assert_eq!(probed.len(), probes, "round {round}");
        }
        assert_eq!(members.present().len(), 20);
        members.forget(Duration::from_secs(1), Time::ZERO + Duration::from_secs(1));
        assert_eq!(members.known().len(), 20);
    }

    #[test]
    fn a_sample_has_distinct_members_and_leaves_one_out() {
        let mut rng = NodeRng::new(2);
        for size in 1..12u32 {
            let members = Members::settled(0..size, &mut rng);
            let mut drawn = members.sample(3, 0, &mut rng);
            assert!(!drawn.contains(&0));
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn.len(), 3.min(size as usize - 1));
        }
    }
}
