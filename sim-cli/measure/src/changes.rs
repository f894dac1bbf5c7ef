//! What slots did to their lists of neighbors, compactly: at a start there are several for each of a million slots.

/// What a slot did to the list of its neighbors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It holds that peer from now on.
    Held(u32),
    /// It no longer holds that peer.
    Released(u32),
    /// It holds nobody any more.
    AllReleased,
}

/// A [`Change`] in four bytes: the peer, which is below 2^31, and in the lowest bit whether it is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed(u32);

impl Packed {
    /// A released peer that no slot is.
    const ALL_RELEASED: Self = Self(u32::MAX);

    const fn new(change: Change) -> Self {
        match change {
            Change::Held(peer) => Self(peer << 1),
            Change::Released(peer) => Self(peer << 1 | 1),
            Change::AllReleased => Self::ALL_RELEASED,
        }
    }

    const fn unpack(self) -> Change {
        match self {
            Self::ALL_RELEASED => Change::AllReleased,
            Self(bits) if bits & 1 == 0 => Change::Held(bits >> 1),
            Self(bits) => Change::Released(bits >> 1),
        }
    }
}

/// Changes in the order in which they came. Those that one slot makes one after the other name it once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Slots, and where the changes of each end.
    runs: Vec<(u32, usize)>,
    all: Vec<Packed>,
}

impl Changes {
    /// Peers from here on do not exist.
    pub(super) const PEERS: u32 = u32::MAX >> 1;

    /// Adds what `slot` did. Of a peer that cannot exist, nothing.
    #[inline]
    pub(super) fn push(&mut self, slot: u32, change: Change) {
        if let Change::Held(Self::PEERS..) | Change::Released(Self::PEERS..) = change {
            return;
        }
        self.all.push(Packed::new(change));
        match self.runs.last_mut() {
            Some((last, end)) if *last == slot => *end += 1,
            _ => self.runs.push((slot, self.all.len())),
        }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    #[cfg(test)]
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Forgets all, and keeps memory for at most so many.
    pub(super) fn clear(&mut self, most: usize) {
        self.runs.clear();
        self.all.clear();
        self.runs.shrink_to(most);
        self.all.shrink_to(most);
    }

    /// Slots, each with the places of what it did next.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u32, std::ops::Range<usize>)> {
        let mut begin = 0;
        self.runs.iter().map(move |&(slot, end)| (slot, std::mem::replace(&mut begin, end)..end))
    }

    /// The change at a place.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<Change> {
        self.all.get(place).map(|change| change.unpack())
    }
}

impl FromIterator<(u32, Change)> for Changes {
    fn from_iter<I: IntoIterator<Item = (u32, Change)>>(changes: I) -> Self {
        let mut all = Self::default();
        changes.into_iter().for_each(|(slot, change)| all.push(slot, change));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn come_back_as_they_went_in() {
        let last = Changes::PEERS - 1;
        let all = [
            (1, Change::Held(0)),
            (1, Change::Held(last)),
            (2, Change::Released(last)),
            (1, Change::AllReleased),
        ];
        let changes: Changes = all.into_iter().collect();
        let runs: Vec<_> = changes.runs().collect();
        assert_eq!(runs, [(1, 0..2), (2, 2..3), (1, 3..4)]);
        let back = runs
            .iter()
            .flat_map(|(slot, places)| places.clone().filter_map(|place| Some((*slot, changes.get(place)?))));
        assert!(back.eq(all));
    }

    #[test]
    fn a_peer_that_cannot_exist_is_left_out() {
        let mut changes = Changes::default();
        for peer in [Changes::PEERS, u32::MAX] {
            changes.push(0, Change::Held(peer));
            changes.push(0, Change::Released(peer));
        }
        assert!(changes.is_empty());
    }
}
