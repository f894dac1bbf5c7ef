//! A bounded queue that many sources share fairly.

use std::collections::VecDeque;

use bytes::Bytes;

/// Packets by the link that they came from. Each source gets the same share of bytes, and one that says little
/// waits for nobody (start-time fair queueing, Goyal, Vin and Cheng 1996: a packet's tag is the share that its
/// source has used up before it, and the least goes first; of equals the shortest). When there is no room, the oldest packet of the source with the
/// most bytes goes.
#[derive(Debug)]
pub(crate) struct FairQueue<P = Bytes> {
    /// Those with something to say: as many as there are links, so few.
    sources: Vec<Source<P>>,
    packets: usize,
    bytes: usize,
    /// The tag of the packet that was taken last.
    clock: u64,
}

#[derive(Debug)]
struct Source<P> {
    name: u64,
    /// Packets with their tags, the oldest first.
    packets: VecDeque<(u64, P)>,
    bytes: usize,
}

impl<P> Default for FairQueue<P> {
    fn default() -> Self {
        Self { sources: Vec::new(), packets: 0, bytes: 0, clock: 0 }
    }
}

impl<P: AsRef<[u8]>> FairQueue<P> {
    /// Queues `packet` of `source` in room for so many packets and bytes, and gives how many had to go for it.
    pub(crate) fn push(&mut self, source: u64, packet: P, packets: usize, bytes: usize) -> usize {
        let length = packet.as_ref().len();
        let place = self.sources.iter().position(|known| known.name == source).unwrap_or_else(|| {
            self.sources.push(Source { name: source, packets: VecDeque::new(), bytes: 0 });
            self.sources.len() - 1
        });
        if let Some(source) = self.sources.get_mut(place) {
            let used = |(tag, packet): &(u64, P)| tag.saturating_add(packet.as_ref().len() as u64);
            let tag = source.packets.back().map_or(self.clock, used);
            source.packets.push_back((tag, packet));
            source.bytes += length;
            self.packets += 1;
            self.bytes += length;
        }
        let mut dropped = 0;
        while self.packets > packets || (self.bytes > bytes && self.packets > 1) {
            let greatest = self.sources.iter().enumerate().max_by_key(|(_, source)| source.bytes);
            let Some(place) = greatest.map(|(place, _)| place) else { break };
            self.pop_from(place);
            dropped += 1;
        }
        dropped
    }

    /// Takes the next packet, of the source whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<P> {
        let tag =
            |source: &Source<P>| source.packets.front().map(|(tag, packet)| (*tag, packet.as_ref().len()));
        let (place, _) = self.sources.iter().enumerate().min_by_key(|(_, source)| tag(source))?;
        let (tag, packet) = self.pop_from(place)?;
        self.clock = tag;
        Some(packet)
    }

    /// All packets with their sources.
    pub(crate) fn into_packets(self) -> impl Iterator<Item = (u64, P)> {
        self.sources
            .into_iter()
            .flat_map(|source| source.packets.into_iter().map(move |(_, packet)| (source.name, packet)))
    }

    fn pop_from(&mut self, place: usize) -> Option<(u64, P)> {
        let source = self.sources.get_mut(place)?;
        let (tag, packet) = source.packets.pop_front()?;
        let length = packet.as_ref().len();
        source.bytes -= length;
        self.packets -= 1;
        self.bytes -= length;
        if source.packets.is_empty() {
            self.sources.remove(place);
        }
        Some((tag, packet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn each_source_has_its_turn() {
        let mut queue = FairQueue::<Bytes>::default();
        for (source, packet) in [(1, "a1"), (1, "a2"), (1, "a3"), (2, "b1"), (3, "c1"), (3, "c2")] {
            assert_eq!(queue.push(source, text(packet), 99, 99), 0);
        }
        let order: Vec<Bytes> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["a1", "b1", "c1", "a2", "c2", "a3"]);
    }

    #[test]
    fn who_says_little_waits_for_nobody() {
        let mut queue = FairQueue::<Bytes>::default();
        for source in 1..=9 {
            for _ in 0..3 {
                queue.push(source, Bytes::from_static(&[b'x'; 1_000]), 99, 99_999);
            }
        }
        queue.pop();
        queue.push(0, text("short"), 99, 99_999);
        assert_eq!(queue.pop(), Some(text("short")));
    }

    #[test]
    fn who_says_most_makes_room() {
        let mut queue = FairQueue::<Bytes>::default();
        queue.push(2, text("small"), 4, 99);
        for packet in ["great 1", "great 2", "great 3"] {
            assert_eq!(queue.push(1, text(packet), 4, 99), 0);
        }
        assert_eq!(queue.push(2, text("s"), 4, 99), 1);
        let order: Vec<Bytes> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["small", "s", "great 2", "great 3"]);
        assert_eq!(queue.push(1, text("longer than there is room"), 4, 5), 0, "but one always fits");
        assert_eq!((queue.packets, queue.bytes), (1, 25));
    }

    proptest! {
        /// Nothing is lost but what is said to be dropped, the bounds hold, and each source keeps its order.
        #[test]
        fn counts_hold(pushes in proptest::collection::vec((0u64..5, 1usize..20, proptest::bool::ANY), 1..200)) {
            let (mut queue, mut pushed, mut popped, mut dropped) = (FairQueue::<Bytes>::default(), 0u32, Vec::new(), 0);
            for (source, length, is_pop) in pushes {
                let mut packet = vec![u8::try_from(source).expect("small"); length + 5];
                packet[1..5].copy_from_slice(&pushed.to_be_bytes());
                pushed += 1;
                dropped += queue.push(source, packet.into(), 10, 100);
                prop_assert!(queue.packets <= 10 && queue.bytes <= 100);
                if is_pop {
                    popped.extend(queue.pop());
                }
            }
            popped.extend(std::iter::from_fn(|| queue.pop()));
            prop_assert_eq!((queue.packets, queue.bytes, queue.sources.len()), (0, 0, 0));
            prop_assert_eq!(popped.len() + dropped, pushed as usize);
            for source in 0u8..5 {
                let order: Vec<&[u8]> = popped.iter().filter(|packet| packet[0] == source).map(|packet| &packet[1..5]).collect();
                prop_assert!(order.is_sorted());
            }
        }
    }
}
