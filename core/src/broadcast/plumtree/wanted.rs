//! Messages that were announced and have not come, who has them, and when to ask.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use crate::time::Time;

/// Announcements of one message that are noted at most.
const OFFERS: usize = 8;
/// Messages that are wanted since one neighbor announced them first, at most: a peer that announces what does not exist
/// takes no more memory than that.
const MOST_BY_ONE: usize = 256;
/// Timers that are outstanding at most. The second is for what is due before the first.
pub(super) const MOST_TIMERS: usize = 2;

/// An announcement: who has the message, and over how many links it would come from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer<Peer> {
    pub(super) from: Peer,
    pub(super) hops: u16,
}

/// The announcements of one message, in the order in which they came.
pub(super) type Offers<Peer> = ArrayVec<Offer<Peer>, OFFERS>;

/// A message that was announced and has not come.
#[derive(Clone, Debug)]
pub(super) struct Want<Peer, Id> {
    id: Id,
    /// When it was announced first.
    pub(super) since: Time,
    /// When the next one is asked.
    due: Time,
    /// Who announced it first.
    first: Peer,
    /// Those who were not asked yet.
    pub(super) offers: Offers<Peer>,
    pub(super) asked: ArrayVec<Peer, OFFERS>,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Wanted<Peer, Id> {
    wants: Vec<Want<Peer, Id>>,
    /// When the outstanding timers are due, the earliest last.
    timers: ArrayVec<Time, MOST_TIMERS>,
}

impl<Peer, Id> Default for Wanted<Peer, Id> {
    fn default() -> Self {
        Self { wants: Vec::new(), timers: ArrayVec::new_const() }
    }
}

/// A neighbor announced more than is noted.
pub(super) struct TooMany;

impl<Peer: Copy + Ord, Id: Copy + Eq> Wanted<Peer, Id> {
    /// Notes an announcement. Who announces a message first has it asked for at `due`.
    pub(super) fn offered(
        &mut self,
        id: Id,
        offer: Offer<Peer>,
        now: Time,
        due: Time,
    ) -> Result<(), TooMany> {
        if let Some(want) = self.wants.iter_mut().find(|want| want.id == id) {
            let is_known = want.offers.iter().any(|known| known.from == offer.from);
            if !is_known && !want.asked.contains(&offer.from) {
                // Of many that have it, some are enough.
                let _ = want.offers.try_push(offer);
            }
            return Ok(());
        }
        if self.wants.len() >= MOST_BY_ONE && self.by(offer.from) >= MOST_BY_ONE {
            return Err(TooMany);
        }
        let offers = ArrayVec::from_iter([offer]);
        self.wants.push(Want { id, since: now, due, first: offer.from, offers, asked: ArrayVec::new() });
        Ok(())
    }

    /// How many are wanted since `peer` announced them.
    fn by(&self, peer: Peer) -> usize {
        self.wants.iter().filter(|want| want.first == peer).count()
    }

    /// The most that are wanted because of one neighbor, and how many that may be.
    pub(super) fn most_by_one(&self) -> (usize, usize) {
        let most = self.wants.iter().map(|want| self.by(want.first)).max();
        (most.unwrap_or(0), MOST_BY_ONE)
    }

    /// The message has come.
    pub(super) fn take(&mut self, id: Id) -> Option<Want<Peer, Id>> {
        let place = self.wants.iter().position(|want| want.id == id)?;
        Some(self.wants.swap_remove(place))
    }

    /// A message that is due.
    pub(super) fn overdue(&self, now: Time) -> Option<Id> {
        self.wants.iter().find(|want| want.due <= now).map(|want| want.id)
    }

    /// The next one to ask for it, and the one after that is due `again`. None: all were asked, and it is given up.
    pub(super) fn ask(&mut self, id: Id, again: Time) -> Option<Peer> {
        let want = self.wants.iter_mut().find(|want| want.id == id)?;
        match want.offers.pop_at(0) {
            Some(offer) => {
                want.due = again;
                // There are as many places as offers; more are asked only where some come again.
                let _ = want.asked.try_push(offer.from);
                Some(offer.from)
            }
            None => {
                self.take(id);
                None
            }
        }
    }

    /// The next one is asked now.
    pub(super) fn hurry(&mut self, id: Id, now: Time) {
        if let Some(want) = self.wants.iter_mut().find(|want| want.id == id) {
            want.due = now;
        }
    }

    /// For when a timer must be set; none where one that is outstanding will do.
    pub(super) fn arm(&mut self) -> Option<Time> {
        let due = self.wants.iter().map(|want| want.due).min()?;
        if self.timers.last().is_some_and(|&earliest| earliest <= due) || self.timers.is_full() {
            return None;
        }
        self.timers.push(due);
        Some(due)
    }

    /// The earliest timer has come back.
    pub(super) fn fired(&mut self) {
        self.timers.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn at(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    fn offered(wanted: &mut Wanted<u32, u32>, id: u32, from: u32, due: u64) -> bool {
        wanted.offered(id, Offer { from, hops: 3 }, at(0), at(due)).is_ok()
    }

    #[test]
    fn those_who_have_it_are_asked_in_turn_until_it_is_given_up() {
        let mut wanted = Wanted::default();
        for from in [1, 2, 1] {
            assert!(offered(&mut wanted, 7, from, 100));
        }
        assert_eq!((wanted.overdue(at(99)), wanted.overdue(at(100))), (None, Some(7)));
        assert_eq!(wanted.ask(7, at(200)), Some(1));
        assert!(offered(&mut wanted, 7, 1, 300), "who was asked is not noted again");
        assert_eq!((wanted.overdue(at(199)), wanted.overdue(at(200))), (None, Some(7)));
        assert_eq!(wanted.ask(7, at(300)), Some(2));
        assert_eq!(wanted.ask(7, at(400)), None);
        assert_eq!((wanted.overdue(at(900)), wanted.take(7).is_some()), (None, false));
    }

    #[test]
    fn a_liar_fills_only_its_own_share() {
        let mut wanted = Wanted::default();
        for id in 0..1_000 {
            assert_eq!(offered(&mut wanted, id, 1, 100), id < MOST_BY_ONE as u32);
        }
        assert!(offered(&mut wanted, 5_000, 2, 100), "others are heard");
        assert_eq!(wanted.most_by_one(), (MOST_BY_ONE, MOST_BY_ONE));
        for from in 0..100 {
            assert!(offered(&mut wanted, 5_000, from, 100));
        }
        assert_eq!(wanted.take(5_000).unwrap().offers.len(), OFFERS);
    }

    #[test]
    fn two_timers_are_enough() {
        let mut wanted = Wanted::default();
        assert_eq!(wanted.arm(), None);
        for (id, due, set) in [(1, 100, Some(100)), (2, 150, None), (3, 90, Some(90)), (4, 80, None)] {
            assert!(offered(&mut wanted, id, id, due));
            assert_eq!(wanted.arm(), set.map(at), "{id}");
        }
        wanted.fired();
        [3, 4].into_iter().for_each(|id| drop(wanted.take(id)));
        assert_eq!(wanted.arm(), None, "the one at 100 is outstanding");
        wanted.fired();
        wanted.take(1);
        assert_eq!(wanted.arm(), Some(at(150)));
    }
}
