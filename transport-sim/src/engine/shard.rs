//! A consecutive range of slots, and how they run through a window.

use std::ops::Range;

use floodnet_core::time::Time;
use prefetch_index::prefetch_index;

use crate::SimProtocol;
use crate::engine::division::Division;
use crate::engine::node_slot::{Slot, World};
use crate::engine::queue::{Block, WindowQueue};
use crate::engine::windows::Windows;
use crate::net::link_table::LinkTable;
use crate::net::network::Network;
use crate::net::packet_counts::PacketCounts;
use crate::observer::Observer;
use crate::spec::Transport;

/// Slots with their connections. What not every run needs is kept apart, so that it costs nothing there.
pub(crate) struct Slots<P: SimProtocol> {
    first: u32,
    slots: Vec<Slot<P>>,
    /// Empty over datagrams.
    links: Vec<LinkTable>,
    /// Empty where no draw depends on them.
    counts: Vec<PacketCounts>,
    /// Stands in for those.
    none: (LinkTable, PacketCounts),
}

impl<P: SimProtocol> Slots<P> {
    pub(crate) fn new(range: Range<u32>, network: &Network<'_>) -> Self {
        let (count, streams) = (range.len(), network.links.spec.transport == Transport::Stream);
        let counted = network.counts || !network.plain_access;
        Self {
            first: range.start,
            links: (0..if streams { count } else { 0 }).map(|_| LinkTable::default()).collect(),
            counts: (0..if counted { count } else { 0 }).map(|_| PacketCounts::default()).collect(),
            slots: range.map(|id| Slot::new(id, network)).collect(),
            none: Default::default(),
        }
    }

    /// A slot with its connections and counts.
    #[inline]
    pub(crate) fn get(&mut self, id: u32) -> (&mut Slot<P>, &mut LinkTable, &mut PacketCounts) {
        let place = (id - self.first) as usize;
        let links = self.links.get_mut(place).unwrap_or(&mut self.none.0);
        let counts = self.counts.get_mut(place).unwrap_or(&mut self.none.1);
        (&mut self.slots[place], links, counts)
    }

    /// Asks the processor to have a slot in its cache soon.
    #[inline]
    pub(crate) fn prefetch(&self, id: u32) {
        let place = (id - self.first) as usize;
        if let Some(slot) = self.slots.get(place) {
            slot.prefetch();
        }
        prefetch_entry(&self.links, place);
        prefetch_entry(&self.counts, place);
    }

    /// The same for what a slot, asked for before, has elsewhere.
    #[inline]
    fn prefetch_links(&self, id: u32) {
        if let Some(links) = self.links.get((id - self.first) as usize) {
            links.prefetch();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<P>> {
        self.slots.iter()
    }

    /// The nodes, by slot; none where a slot is down.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Option<&P>> {
        self.slots.iter().map(Slot::node)
    }

    /// Bytes of the slots themselves, and of their connections and counts with what these have on the heap.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        let links: usize = self.links.iter().map(LinkTable::heap_bytes).sum();
        let counts: usize = self.counts.iter().map(PacketCounts::heap_bytes).sum();
        let tables =
            self.links.len() * size_of::<LinkTable>() + self.counts.len() * size_of::<PacketCounts>();
        (self.slots.len() * size_of::<Slot<P>>(), links + counts + tables)
    }
}

/// Asks for an entry, which may lie across two lines of the cache. Not where there is none: looking up an address that
/// is no memory is the dearest of all.
#[inline(always)]
fn prefetch_entry<T>(table: &[T], place: usize) {
    if place < table.len() {
        prefetch_index(table, place);
        prefetch_index(table, place + 1);
    }
}

/// Slots with something to do are fetched into the cache so many ahead.
const AHEAD: usize = 4;
/// What the tables of these slots have elsewhere, as soon as the tables are there.
const LINKS_AHEAD: usize = 2;
/// Events are fetched so many ahead.
const EVENTS_AHEAD: usize = 16;
/// With fewer bytes of slots, and about as many of tables, they stay in the caches, and asking for them costs more than it
/// gains. (With 16 MiB instead a packet among 30,000 nodes took 8 % longer, over streams half as long again.)
const LARGE: usize = 4 << 20;

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
    pub(crate) fn new(range: Range<u32>, division: Division, network: &Network<'_>) -> Self {
        let (windows, usual) = (Windows::new(network.links.least_delay()), network.links.usual_delay());
        Self {
            slots: Slots::new(range.clone(), network),
            queue: WindowQueue::new(range, division, windows, usual),
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
        for number in 0..self.queue.blocks() {
            if let Some(mut block) = self.queue.take_block(number) {
                self.run_block(&mut block, world, observer);
                self.queue.give_back(block, number);
            }
        }
    }

    /// Runs the slots of a block through their events.
    #[inline(always)]
    fn run_block<Ob: Observer>(&mut self, block: &mut Block<P>, world: &World<'_, P>, observer: &mut Ob) {
        let Self { slots, queue, inputs, packets } = self;
        let is_large = slots.slots.len() * size_of::<Slot<P>>() > LARGE;
        let mut own = 0u64;
        while let Some(id) = block.next_slot() {
            if is_large {
                prefetch(slots, block, observer);
            }
            queue.start_slot(id);
            let (slot, links, counts) = slots.get(id);
            let mut runner = slot.runner((links, counts), world, queue, observer);
            loop {
                // Two calls, since what comes out of a heap is in memory, and what is in memory on one of
                // two ways is so on both: a packet from the block would have to wait for itself there.
                if let Some(event) = runner.sink.queue.next_own(block) {
                    own += 1;
                    runner.take_apart(event);
                } else if let Some(event) = block.next_event() {
                    block.prefetch(EVENTS_AHEAD);
                    runner.take(event);
                } else {
                    break;
                }
            }
            *packets += runner.received;
        }
        queue.end_slots();
        *inputs += own + block.len() as u64;
    }
}

/// Asks for what the slots behind the one that runs will touch.
#[inline(always)]
fn prefetch<P: SimProtocol, Ob: Observer>(slots: &Slots<P>, block: &Block<P>, observer: &Ob) {
    if let Some(id) = block.slot_ahead(AHEAD) {
        slots.prefetch(id);
        observer.expect(id);
    }
    if let Some(id) = block.slot_ahead(LINKS_AHEAD) {
        slots.prefetch_links(id);
    }
}
