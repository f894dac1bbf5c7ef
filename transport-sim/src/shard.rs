//! A consecutive range of slots, and how they run through a window.

use std::ops::Range;

use floodnet_core::time::Time;

use crate::SimProtocol;
use crate::event::Event;
use crate::line::Counts;
use crate::link::Transport;
use crate::links::Links;
use crate::network::Network;
use crate::observer::Observer;
use crate::port::Schedule;
use crate::queue::WindowQueue;
use crate::slot::{Slot, World};

/// Slots with their connections. What not every run needs is kept apart, so that it costs nothing there.
pub(crate) struct Slots<P: SimProtocol> {
    first: u32,
    slots: Vec<Slot<P>>,
    /// Empty over datagrams.
    links: Vec<Links>,
    /// Empty where no draw depends on them.
    counts: Vec<Counts>,
    /// Stands in for those.
    none: (Links, Counts),
}

impl<P: SimProtocol> Slots<P> {
    pub(crate) fn new(range: Range<u32>, network: &Network<'_>) -> Self {
        let (count, streams) = (range.len(), network.links.transport == Transport::Stream);
        let counted = network.counts || !network.plain_access;
        Self {
            first: range.start,
            links: (0..if streams { count } else { 0 }).map(|_| Links::default()).collect(),
            counts: (0..if counted { count } else { 0 }).map(|_| Counts::default()).collect(),
            slots: range.map(|id| Slot::new(id, network)).collect(),
            none: Default::default(),
        }
    }

    /// Hands an input to its slot. True if a node took in a packet.
    #[inline]
    pub(crate) fn act<Q: Schedule<P>, Ob: Observer>(
        &mut self,
        event: Event<P>,
        world: &World<'_, P>,
        queue: &mut Q,
        observer: &mut Ob,
    ) -> bool {
        let place = (event.to - self.first) as usize;
        let links = self.links.get_mut(place).unwrap_or(&mut self.none.0);
        let counts = self.counts.get_mut(place).unwrap_or(&mut self.none.1);
        self.slots[place].act(event, (links, counts), world, queue, observer)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<P>> {
        self.slots.iter()
    }

    /// The nodes, by slot; none where a slot is down.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Option<&P>> {
        self.slots.iter().map(|slot| slot.node.as_ref())
    }

    /// Bytes of the slots themselves, and of their connections and counts with what these have on the heap.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let links: usize = self.links.iter().map(Links::heap_bytes).sum();
        let counts: usize = self.counts.iter().map(Counts::heap_bytes).sum();
        let tables = self.links.len() * size_of::<Links>() + self.counts.len() * size_of::<Counts>();
        (self.slots.len() * size_of::<Slot<P>>(), links + counts + tables)
    }
}

/// See the module.
pub(crate) struct Shard<P: SimProtocol> {
    pub(crate) slots: Slots<P>,
    pub(crate) queue: WindowQueue<P>,
    /// Inputs handled.
    pub(crate) inputs: u64,
    /// Packets that nodes took in.
    pub(crate) packets: u64,
}

impl<P: SimProtocol> Shard<P> {
    pub(crate) fn new(range: Range<u32>, shard_size: u32, network: &Network<'_>) -> Self {
        let (least, usual) = (network.links.least_delay(), network.links.usual_delay());
        Self {
            slots: Slots::new(range.clone(), network),
            queue: WindowQueue::new(range, shard_size, least, usual),
            inputs: 0,
            packets: 0,
        }
    }

    /// Runs every slot through its inputs before `cut`, which is in the window that the queue is at or ends it.
    pub(crate) fn run_until<Ob: Observer>(&mut self, cut: Time, world: &World<'_, P>, observer: &mut Ob) {
        self.queue.set_cut(cut);
        if self.queue.events_in(self.queue.window()) == 0 {
            return;
        }
        let Self { slots, queue, inputs, packets } = self;
        for number in 0..queue.blocks() {
            let Some(mut block) = queue.take_block(number) else { continue };
            let mut next = block.next();
            while let Some(id) = next.as_ref().map(|event| event.to) {
                queue.start_slot(id);
                loop {
                    let arrived = next.as_ref().filter(|event| event.to == id);
                    let event = match queue.next_own(arrived) {
                        Some(own) => own,
                        None => match next.take_if(|event| event.to == id) {
                            Some(event) => {
                                next = block.next();
                                event
                            }
                            None => break,
                        },
                    };
                    *inputs += 1;
                    *packets += u64::from(slots.act(event, world, queue, observer));
                }
            }
            queue.end_slots();
            queue.give_back(block, number);
        }
    }
}
