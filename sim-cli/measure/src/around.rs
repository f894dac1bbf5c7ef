//! The links of directed views: pairs of joined slots of which at least one holds the other.

/// For each slot the other ends of its links, in one list.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// Where the list of each slot begins, and where the last ends.
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Around {
    /// The links of so many slots. `held` gives every pair of a slot and a peer that it holds.
    pub(super) fn of(slots: usize, held: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut pairs: Vec<(u32, u32)> = held.flat_map(|(slot, peer)| [(slot, peer), (peer, slot)]).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; slots + 1];
        for &(slot, _) in &pairs {
            starts[slot as usize + 1] += 1;
        }
        for slot in 0..slots {
            starts[slot + 1] += starts[slot];
        }
        Self { starts, ends: pairs.into_iter().map(|(_, peer)| peer).collect() }
    }

    /// The other ends of the links of `slot`, ascending.
    pub(super) fn at(&self, slot: u32) -> &[u32] {
        let place = slot as usize;
        match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(&start), Some(&end)) => &self.ends[start as usize..end as usize],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_one_link_whoever_holds_whom() {
        let around = Around::of(4, [(0, 2), (2, 0), (2, 1)].into_iter());
        assert_eq!([0, 1, 2, 3, 4].map(|slot| around.at(slot)), [&[2][..], &[2], &[0, 1], &[], &[]]);
    }
}
