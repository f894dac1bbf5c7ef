//! How many packets a slot sent to each peer.

use smallvec::SmallVec;

/// How many packets went to each peer: pairs by peer, ascending. Only where a draw needs the count.
#[derive(Clone, Debug, Default)]
pub(crate) struct PacketCounts {
    pairs: SmallVec<[(u32, u32); 8]>,
    /// Where the last one was found. A node that floods asks for its neighbors one after the other.
    last: u32,
}

impl PacketCounts {
    /// Counts one more packet to `peer`. Returns its number: 1 for the first, modulo 2^32.
    #[inline(always)]
    pub(crate) fn next(&mut self, peer: u32) -> u32 {
        let Self { pairs, last } = self;
        let pairs = pairs.as_mut_slice();
        let next = *last as usize + 1;
        // It skips the one from whom the message came, and begins again at the first.
        for place in [next, next + 1, 0] {
            if let Some((known, count)) = pairs.get_mut(place)
                && *known == peer
            {
                *last = place as u32;
                *count = count.wrapping_add(1);
                return *count;
            }
        }
        self.next_elsewhere(peer)
    }

    /// As [`next`](Self::next), wherever `peer` stands.
    #[inline(never)]
    fn next_elsewhere(&mut self, peer: u32) -> u32 {
        // The first message goes to one after the other.
        if self.pairs.last().is_none_or(|last| last.0 < peer) {
            self.last = self.pairs.len() as u32;
            self.pairs.push((peer, 1));
            return 1;
        }
        let place = self.place(peer);
        self.last = place as u32;
        let count = &mut self.pairs[place].1;
        *count = count.wrapping_add(1);
        *count
    }

    /// Knows `peer` from now on.
    pub(crate) fn note(&mut self, peer: u32) {
        self.place(peer);
    }

    /// Whether `peer` was ever counted or noted.
    pub(crate) fn knows(&self, peer: u32) -> bool {
        self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer).is_ok()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        if self.pairs.spilled() { self.pairs.capacity() * size_of::<(u32, u32)>() } else { 0 }
    }

    /// Where `peer` stands, from now on if it did not.
    fn place(&mut self, peer: u32) -> usize {
        let found = self.pairs.binary_search_by_key(&peer, |(peer, _)| *peer);
        found.unwrap_or_else(|place| {
            self.pairs.insert(place, (peer, 0));
            place
        })
    }
}
