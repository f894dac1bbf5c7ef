//! News on its way: what is told with probes and their answers, each piece a bounded number of times.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::message::Update;

/// News that is still told: one piece for each member, the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rumors<Peer> {
    /// By how often it was told and when it came, so that what was told least is told first, of that the newest.
    by_age: BTreeMap<(u32, u64), Update<Peer>>,
    by_peer: BTreeMap<Peer, (u32, u64)>,
    /// Counts down, so that what came last stands first.
    count: u64,
}

impl<Peer: Copy + Ord> Rumors<Peer> {
    pub(super) const fn new() -> Self {
        Self { by_age: BTreeMap::new(), by_peer: BTreeMap::new(), count: u64::MAX }
    }

    /// How many pieces are told.
    pub(super) fn len(&self) -> usize {
        self.by_age.len()
    }

    /// Tells `update` from now on, in place of what was told of that member.
    pub(super) fn spread(&mut self, update: Update<Peer>) {
        self.count = self.count.saturating_sub(1);
        self.put((0, self.count), update);
    }

    fn put(&mut self, age: (u32, u64), update: Update<Peer>) {
        if let Some(old) = self.by_peer.insert(update.peer, age) {
            self.by_age.remove(&old);
        }
        self.by_age.insert(age, update);
    }

    /// Adds up to so many pieces to `told`. Each is told `limit` times in all.
    pub(super) fn tell(&mut self, count: usize, limit: u32, told: &mut Vec<Update<Peer>>) {
        let mut again = Vec::new();
        for _ in 0..count {
            let Some(((times, place), update)) = self.by_age.pop_first() else { break };
            told.push(update);
            self.by_peer.remove(&update.peer);
            if times.saturating_add(1) < limit {
                again.push(((times + 1, place), update));
            }
        }
        // Only now, so that no piece is told twice in one message.
        again.into_iter().for_each(|(age, update)| self.put(age, update));
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Standing;
    use super::*;

    #[test]
    fn what_was_told_least_is_told_first_and_all_as_often() {
        let of = |peer: u32, incarnation| Update { peer, incarnation, standing: Standing::Alive };
        let mut rumors = Rumors::new();
        (0..3).for_each(|peer| rumors.spread(of(peer, 0)));
        let mut told = Vec::new();
        rumors.tell(2, 3, &mut told);
        assert_eq!(told, [of(2, 0), of(1, 0)]);
        // Newer news of a member takes the place of the older, and is told as often again.
        rumors.spread(of(2, 1));
        let mut rest = Vec::new();
        while rumors.len() > 0 {
            rumors.tell(2, 3, &mut rest);
        }
        let times = |update| rest.iter().filter(|told| **told == update).count();
        assert_eq!([of(0, 0), of(1, 0), of(2, 0), of(2, 1)].map(times), [3, 2, 0, 3]);
        assert_eq!(rumors.by_peer.len(), 0);
    }
}
