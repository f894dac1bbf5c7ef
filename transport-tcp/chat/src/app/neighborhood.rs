//! The address book: peers to come back through, and whether anybody is connected.
//!
//! Whoever connects often, or brings many, must not fill it. So only those neighbors enter that the node keeps whoever
//! asks for their place: those that it has chosen itself, or that have lasted longest; and the latter only while they
//! are fewer than the former. So they are never the majority, even if they came before the node had found others. One
//! source group has two entries at most. A full book makes room only for them, and by those who did not answer when this run tried them: an entry is tested
//! before it goes. Those who answered come first; they are the way in of the next run.

use floodnet_tcp::peer::Peer;

/// Peers in the book, of which the first few are saved.
const MAX_MET: usize = 16;
/// Entries of one source group.
const MAX_OF_GROUP: usize = 2;

/// An entry of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    peer: Peer,
    /// Whether it was a neighbor in this run, or answered at its start.
    answered: bool,
    /// Whether the node has chosen it in this run. What a former run has left may have come to it.
    chosen: bool,
}

/// The address book, and whether the node was connected last.
pub(super) struct Neighborhood {
    book: Vec<Entry>,
    /// Whether it is not saved yet.
    has_new: bool,
    was_connected: bool,
}

impl Neighborhood {
    /// Nobody is connected yet. `met` are the entries that a former run has left, and `answered` those of them that have
    /// just answered.
    pub(super) fn new(met: &[Peer], answered: &[Peer]) -> Self {
        let entries =
            met.iter().map(|&peer| Entry { peer, answered: answered.contains(&peer), chosen: false });
        Self { book: entries.take(MAX_MET).collect(), has_new: false, was_connected: false }
    }

    /// A link to a neighbor stands. True if nobody was connected before.
    pub(super) const fn up(&mut self) -> bool {
        !std::mem::replace(&mut self.was_connected, true)
    }

    /// A link to a neighbor is gone. True if it was the last.
    pub(super) const fn down(&mut self, is_connected: bool) -> bool {
        let is_lost = self.was_connected && !is_connected;
        self.was_connected &= !is_lost;
        is_lost
    }

    /// These neighbors are kept whoever asks for their place: those that the node has chosen, and others.
    pub(super) fn keeps(&mut self, chosen: &[Peer], others: &[Peer]) {
        for &peer in chosen {
            self.enter(peer, true);
        }
        for &peer in others {
            self.enter(peer, false);
        }
    }

    fn enter(&mut self, peer: Peer, chosen: bool) {
        if let Some(known) = self.book.iter_mut().find(|known| known.peer == peer) {
            let is_news = !known.answered || known.peer.address() != peer.address();
            *known = Entry { peer, answered: true, chosen: chosen || known.chosen };
            self.has_new |= is_news;
            return;
        }
        let of_its_choice = self.book.iter().filter(|entry| entry.chosen).count();
        if !chosen && self.book.len() - of_its_choice >= of_its_choice {
            return;
        }
        let group = |entry: &&Entry| entry.peer.source_group() == peer.source_group();
        if self.book.iter().filter(group).count() >= MAX_OF_GROUP {
            return;
        }
        if self.book.len() >= MAX_MET {
            let Some(place) = self.book.iter().rposition(|entry| !entry.answered) else { return };
            self.book.remove(place);
        }
        self.book.push(Entry { peer, answered: true, chosen });
        self.has_new = true;
    }

    /// The peers to save, if some are new: first those that answered, the neighbors of now among them first.
    pub(super) fn take_new(&mut self, neighbors: &[Peer]) -> Option<Vec<Peer>> {
        if !std::mem::take(&mut self.has_new) {
            return None;
        }
        let rank = |entry: &Entry| (!entry.answered, !neighbors.contains(&entry.peer));
        self.book.sort_by_key(rank);
        Some(self.book.iter().map(|entry| entry.peer).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use floodnet_tcp::identity::Identity;

    fn peer(key: u8, address: &str) -> Peer {
        Peer::new(Identity::from_bytes([key; 32]), address.parse().expect("an address"))
    }

    /// Each of a source group of its own.
    fn stranger(key: u8) -> Peer {
        peer(key, &format!("8.{key}.0.1:5000"))
    }

    fn strangers(keys: std::ops::Range<u8>) -> Vec<Peer> {
        keys.map(stranger).collect()
    }

    #[test]
    fn a_full_book_makes_room_by_those_only_who_did_not_answer() {
        let (met, many) = (strangers(1..17), strangers(100..200));
        let mut book = Neighborhood::new(&met, &met);
        book.keeps(&many, &[]);
        assert_eq!(book.take_new(&many), None, "all of them have answered");
        let mut book = Neighborhood::new(&met, &met[..13]);
        book.keeps(&many, &[]);
        let saved = book.take_new(&many).expect("three are new");
        assert_eq!(saved[..3], many[..3], "neighbors first");
        assert_eq!(saved[3..], met[..13]);
        assert_eq!(book.take_new(&many), None, "saved");
    }

    #[test]
    fn those_who_came_are_never_the_majority() {
        let (chosen, came, left) = (strangers(1..4), strangers(100..112), strangers(50..52));
        let mut book = Neighborhood::new(&[], &[]);
        book.keeps(&[], &came);
        assert_eq!(book.take_new(&[]), None, "nobody is chosen yet");
        book.keeps(&chosen[..1], &came);
        book.keeps(&chosen, &came[6..]);
        let saved = book.take_new(&[]).expect("new");
        assert_eq!(saved.iter().filter(|peer| came.contains(peer)).count(), 3, "{saved:?}");
        // Who was there before may have come uninvited too, until it is chosen.
        let mut book = Neighborhood::new(&left, &left);
        book.keeps(&chosen, &came);
        let saved = book.take_new(&[]).expect("new");
        assert_eq!(saved.iter().filter(|peer| came.contains(peer)).count(), 1, "{saved:?}");
    }

    #[test]
    fn one_source_group_has_two_entries() {
        let mut book = Neighborhood::new(&[], &[]);
        let one_person: Vec<Peer> = (1..50).map(|key| peer(key, &format!("9.9.{key}.1:5000"))).collect();
        book.keeps(&one_person, &[]);
        book.keeps(&[stranger(60)], &[]);
        let saved = book.take_new(&[]).expect("new");
        assert_eq!(saved, [one_person[0], one_person[1], stranger(60)]);
    }

    #[test]
    fn who_moved_is_found_at_its_new_address() {
        let (old, new) = (peer(1, "8.1.0.1:5000"), peer(1, "8.2.0.1:6000"));
        let mut book = Neighborhood::new(&[old], &[old]);
        book.keeps(&[old], &[]);
        assert_eq!(book.take_new(&[]), None);
        book.keeps(&[new], &[]);
        let saved = book.take_new(&[]).expect("it moved");
        assert_eq!(saved[0].address(), new.address());
    }

    #[test]
    fn the_last_link_that_goes_is_told_once() {
        let mut book = Neighborhood::new(&[], &[]);
        assert!(book.up() && !book.up());
        assert!(!book.down(true) && book.down(false) && !book.down(false));
    }
}
