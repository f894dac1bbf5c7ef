//! Events by window of time and block of slots, so that memory is walked in order.
//!
//! A window is no longer than the least delay of a link. So every input that one slot gets from another
//! within a window is known when the window starts, and the slots can be run one by one. What a slot
//! sends itself within the window goes through a small heap while it runs.

use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use floodnet_core::protocol::Types;
use floodnet_core::time::{Duration, Time};

use crate::SimProtocol;
use crate::engine::division::Division;
use crate::engine::pages::{Buckets, Page, at, peek, prefetch};
use crate::engine::sort::{EventOrder, LOCAL_BITS};
use crate::engine::stored::Stored;
use crate::engine::windows::Windows;
use crate::event::{Event, EventKind, Key};
use crate::net::effects::Schedule;

/// At least so many windows are kept as buckets; what is later waits in a map.
const LEAST_RING: u64 = 64;
/// At most so many.
const MOST_RING: u64 = 1024;
/// What waits in the map moves into the ring in groups of so many windows.
const GROUP: u64 = 16;
/// About so many blocks or more, of 2^9 to 2^14 slots. With larger blocks the slots of one leave the cache,
/// with smaller ones there are more buckets to write to than the memory unit follows.
const BLOCKS: u32 = 64;

/// The queue of the windowed engine, for a shard of the slots.
pub(crate) struct WindowQueue<P: SimProtocol> {
    windows: Windows,
    /// The window that runs.
    window: u64,
    /// Slots of this shard.
    slots: Range<u32>,
    /// A block is 2^block_shift slots.
    block_shift: u32,
    /// The bits of a slot within its block.
    within_block: u32,
    blocks: usize,
    /// Windows kept as buckets, a power of two.
    ring: u64,
    /// First window that waits in the map.
    horizon: u64,
    /// Bucket of (window modulo ring, block).
    buckets: Buckets<Stored<P>>,
    /// Events of each window of the ring.
    counts: Vec<u32>,
    /// Events of windows beyond the horizon, by group of windows.
    far: BTreeMap<u64, Vec<Event<P>>>,
    /// What the running slot sends itself before [`Self::cut`].
    own: BinaryHeap<Event<P>>,
    running: u32,
    /// End of the part of the window that runs.
    cut: Time,
    division: Division,
    /// For slots of other shards, by shard.
    mail: Vec<Vec<Event<P>>>,
    /// The first time in [`Self::mail`].
    mail_at: Time,
    /// Memory for the block that runs.
    spare: Option<Block<P>>,
}

/// The events of one block in one part of a window, in order.
pub(crate) struct Block<P: Types> {
    pages: Vec<Page<Stored<P>>>,
    order: EventOrder,
    /// How many slots have begun.
    begun: usize,
    /// Position of the next event.
    next: usize,
    /// Behind the last event of the slot that runs.
    end: usize,
    window_start: Time,
    first_slot: u32,
}

impl<P: Types> Block<P> {
    /// The next slot that has events; [`Self::next_event`] gives them.
    #[inline(always)]
    pub(crate) fn next_slot(&mut self) -> Option<u32> {
        let group = *self.order.groups().get(self.begun)?;
        self.begun += 1;
        self.end = group.end as usize;
        Some(self.first_slot + group.local)
    }

    /// How many events it has.
    pub(crate) const fn len(&self) -> usize {
        self.order.len()
    }

    /// The slot that comes so many behind the one that runs.
    #[inline(always)]
    pub(crate) fn slot_ahead(&self, count: usize) -> Option<u32> {
        let group = self.order.groups().get(self.begun + count - 1)?;
        Some(self.first_slot + group.local)
    }

    /// Asks the processor to have an event in its cache that is so many behind the next one.
    #[inline(always)]
    pub(crate) fn prefetch(&self, count: usize) {
        if let Some(place) = self.order.place(self.next + count) {
            prefetch(&self.pages, place);
        }
    }

    /// The next event of the slot that runs.
    #[inline(always)]
    pub(crate) fn next_event(&mut self) -> Option<Event<P>> {
        if self.next >= self.end {
            return None;
        }
        let stored = at(&mut self.pages, self.order.place(self.next)?)?;
        let Stored { offset, from, connection, local, rank, passed, .. } = *stored;
        let what = stored.what.take()?;
        self.next += 1;
        let time = self.window_start + Duration::from_nanos(u64::from(offset));
        let to = self.first_slot + u32::from(local);
        Some(Event { time, to, from, seq: 0, connection, rank, passed, what })
    }

    /// Where the next event of the slot that runs stands in the order of inputs.
    pub(crate) fn next_key(&self) -> Option<Key> {
        let place = if self.next < self.end { self.order.place(self.next)? } else { return None };
        let stored = peek(&self.pages, place)?;
        let time = self.window_start + Duration::from_nanos(u64::from(stored.offset));
        Some((time, stored.rank, stored.from))
    }
}

impl<P: SimProtocol> WindowQueue<P> {
    /// For these slots of a division, which act on each other and on others mostly within `usual_delay`.
    pub(crate) fn new(
        slots: Range<u32>,
        division: Division,
        windows: Windows,
        usual_delay: Duration,
    ) -> Self {
        let count = slots.end - slots.start;
        let block_shift = (u32::BITS - (count / BLOCKS).leading_zeros()).clamp(9, LOCAL_BITS);
        let blocks = (count as usize >> block_shift) + 1;
        // With room for the group that is not yet moved.
        let usual = windows.of(Time::ZERO + usual_delay) + 1 + GROUP;
        let ring = usual.next_power_of_two().clamp(LEAST_RING, MOST_RING);
        Self {
            windows,
            window: 0,
            slots,
            block_shift,
            within_block: (1 << block_shift) - 1,
            blocks,
            ring,
            horizon: ring,
            buckets: Buckets::new(blocks * ring as usize),
            counts: vec![0; ring as usize],
            far: BTreeMap::new(),
            own: BinaryHeap::new(),
            running: u32::MAX,
            cut: Time::ZERO,
            division,
            mail: Vec::new(),
            mail_at: Time::MAX,
            spare: None,
        }
    }

    pub(crate) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// The next window with an event in it, at or after the running one.
    pub(crate) fn next_window(&self) -> Option<u64> {
        let mut ring = self.window..self.horizon;
        let near = ring.find(|window| self.counts[self.in_ring(*window)] > 0);
        near.or_else(|| {
            let (_, group) = self.far.first_key_value()?;
            group.iter().map(|event| self.windows.of(event.time)).min()
        })
    }

    /// Events of this window, as far as they are in buckets.
    pub(crate) fn events_in(&self, window: u64) -> u32 {
        let is_near = (self.window..self.horizon).contains(&window);
        if is_near { self.counts[self.in_ring(window)] } else { 0 }
    }

    /// The window that runs.
    pub(crate) const fn window(&self) -> u64 {
        self.window
    }

    /// Moves on to `window`, which is not before the running one; none in between has an event.
    pub(crate) fn advance(&mut self, window: u64) {
        self.window = window;
        // Whole groups: the last window of the ring is never of the group of the first.
        self.horizon = (window / GROUP * GROUP).saturating_add(self.ring);
        while let Some(group) = self.far.first_entry().filter(|group| *group.key() < self.horizon / GROUP) {
            for event in group.remove() {
                self.place(event);
            }
        }
    }

    /// Runs up to `cut` from now on.
    pub(crate) const fn set_cut(&mut self, cut: Time) {
        self.cut = cut;
    }

    /// What `block` has in the running window before the cut, in order; none if there is nothing.
    pub(crate) fn take_block(&mut self, number: usize) -> Option<Block<P>> {
        let start = self.windows.start_of(self.window);
        if self.cut <= start {
            return None;
        }
        let bucket = self.in_ring(self.window) * self.blocks + number;
        let mut block = self.spare.take().unwrap_or_else(|| Block {
            pages: Vec::new(),
            order: EventOrder::default(),
            begun: 0,
            next: 0,
            end: 0,
            window_start: Time::ZERO,
            first_slot: 0,
        });
        self.buckets.take_into(bucket, &mut block.pages);
        if block.pages.is_empty() {
            self.spare = Some(block);
            return None;
        }
        block.window_start = start;
        block.first_slot = self.slots.start + ((number as u32) << self.block_shift);
        (block.begun, block.next, block.end) = (0, 0, 0);
        // The last instant before the cut, as nanoseconds of the window.
        let is_cut = self.cut < self.windows.end_of(self.window);
        let last = is_cut.then(|| (self.cut.since(start).as_nanos() - 1) as u32);
        block.order.sort(&block.pages, 1 << self.block_shift, last);
        let ring = self.in_ring(self.window);
        self.counts[ring] -= block.order.len() as u32;
        Some(block)
    }

    /// Takes back the memory of a block that has run, and what in it comes after the cut.
    pub(crate) fn give_back(&mut self, mut block: Block<P>, number: usize) {
        let bucket = self.in_ring(self.window) * self.blocks + number;
        let is_cut = self.cut < self.windows.end_of(self.window);
        for mut page in block.pages.drain(..) {
            if is_cut {
                for event in page.drain(..).filter(|event| event.what.is_some()) {
                    self.buckets.push(bucket, event);
                }
            }
            self.buckets.give_back(page);
        }
        self.spare = Some(block);
    }

    /// From now on `slot` runs: what it sends itself before the cut comes back by [`Self::next_own`].
    #[inline]
    pub(crate) fn start_slot(&mut self, slot: u32) {
        debug_assert!(self.own.is_empty());
        self.running = slot;
    }

    /// No slot runs.
    pub(crate) fn end_slots(&mut self) {
        self.running = u32::MAX;
    }

    /// The first of what the running slot has sent itself, if it comes before what the block has for it.
    #[inline(always)]
    pub(crate) fn next_own(&mut self, block: &Block<P>) -> Option<Event<P>> {
        if self.own.is_empty() || !self.is_own_next(block) { None } else { self.own.pop() }
    }

    #[inline(never)]
    fn is_own_next(&self, block: &Block<P>) -> bool {
        let own = self.own.peek().map(Event::key);
        block.next_key().is_none_or(|arrived| own.is_some_and(|own| own < arrived))
    }

    /// Everything that has not happened, its message if it is a packet.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &P::Message> {
        let near = self.buckets.iter().filter_map(|event| event.what.as_ref());
        let far = self
            .far
            .values()
            .flatten()
            .chain(&self.own)
            .chain(self.mail.iter().flatten())
            .map(|event| &event.what);
        near.chain(far).filter_map(EventKind::message)
    }

    /// Exchanges what was sent to this shard since the last time against an emptied vector.
    pub(crate) fn swap_mail(&mut self, shard: usize, emptied: &mut Vec<Event<P>>) {
        if let Some(mail) = self.mail.get_mut(shard) {
            std::mem::swap(mail, emptied);
        }
    }

    /// The first time among what was sent to other shards since the last call, if anything was.
    pub(crate) fn take_mail_time(&mut self) -> Option<Time> {
        Some(std::mem::replace(&mut self.mail_at, Time::MAX)).filter(|at| *at < Time::MAX)
    }

    /// Bytes of all events, under way or about to be.
    pub(crate) fn bytes(&self) -> usize {
        let far: usize = self.far.values().map(Vec::capacity).sum();
        let mail: usize = self.mail.iter().map(Vec::capacity).sum();
        self.buckets.bytes() + (far + mail) * size_of::<Event<P>>()
    }

    #[inline]
    const fn in_ring(&self, window: u64) -> usize {
        (window & (self.ring - 1)) as usize
    }

    /// Puts an event where it belongs by its time.
    #[inline(always)]
    pub(crate) fn place(&mut self, event: Event<P>) {
        let window = self.windows.of(event.time);
        if window >= self.horizon {
            return self.far_group(window).push(event);
        }
        let ring = self.in_ring(window);
        let local = event.to - self.slots.start;
        let bucket = ring * self.blocks + (local >> self.block_shift) as usize;
        self.counts[ring] += 1;
        let Event { time, from, connection, rank, passed, what, .. } = event;
        let stored = Stored {
            offset: self.windows.offset_of(time),
            from,
            connection,
            local: (local & self.within_block) as u16,
            rank,
            passed,
            what: Some(what),
        };
        self.buckets.push(bucket, stored);
    }

    /// What is sent to the shard of this slot.
    #[inline]
    fn mail_to(&mut self, slot: u32, at: Time) -> &mut Vec<Event<P>> {
        let shard = self.division.shard_of(slot);
        self.mail_at = self.mail_at.min(at);
        if self.mail.len() <= shard {
            self.mail.resize_with(shard + 1, Vec::new);
        }
        &mut self.mail[shard]
    }

    /// What waits for this window and those around it. (Not given the event: an event that is handed on in
    /// memory, and not in registers, costs a stall where it is read again.)
    #[cold]
    #[inline(never)]
    fn far_group(&mut self, window: u64) -> &mut Vec<Event<P>> {
        self.far.entry(window / GROUP).or_default()
    }
}

impl<P: SimProtocol> Schedule<P> for WindowQueue<P> {
    #[inline(always)]
    fn push(&mut self, event: Event<P>) {
        if event.to == self.running {
            if event.time < self.cut {
                return self.own.push(event);
            }
        } else {
            // The law of the windows: what one slot does reaches another in a later window only.
            assert!(self.windows.of(event.time) > self.window, "an event overtakes the least delay");
            if !self.slots.contains(&event.to) {
                return self.mail_to(event.to, event.time).push(event);
            }
        }
        self.place(event);
    }
}
