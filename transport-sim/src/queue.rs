//! Events by window of time and block of slots, so that memory is walked in order.
//!
//! A window is no longer than the least delay of a link. So every input that one slot gets from another
//! within a window is known when the window starts, and the slots can be run one by one. What a slot
//! sends itself within the window goes through a small heap while it runs.

use std::collections::{BTreeMap, BinaryHeap};

use floodnet_core::time::{Duration, Time};

use crate::SimProtocol;
use crate::event::Event;
use crate::port::Schedule;

/// Windows kept as buckets; what is later waits in a map. More than the usual latency is long.
const RING: u64 = 64;
/// Slots of a block: 2^10.
const BLOCK_SHIFT: u32 = 10;

/// The queue of the windowed engine.
pub(crate) struct WindowQueue<P: SimProtocol> {
    /// A window is 2^shift nanoseconds.
    shift: u32,
    /// The window that runs.
    window: u64,
    blocks: usize,
    /// Bucket of (window modulo [`RING`], block).
    ring: Vec<Vec<Event<P>>>,
    /// Events of each window of the ring.
    counts: Vec<usize>,
    /// Events of windows beyond the ring.
    far: BTreeMap<u64, Vec<Event<P>>>,
    /// What the running slot sends itself before [`Self::cut`].
    own: BinaryHeap<Event<P>>,
    running: u32,
    /// End of the part of the window that runs.
    cut: Time,
}

impl<P: SimProtocol> WindowQueue<P> {
    /// For `slots` slots that act on each other after `least_delay` or more.
    pub(crate) fn new(slots: u32, least_delay: Duration) -> Self {
        let shift = least_delay.as_nanos().max(1).ilog2();
        let blocks = (slots as usize >> BLOCK_SHIFT) + 1;
        let buckets = blocks * RING as usize;
        Self {
            shift,
            window: 0,
            blocks,
            ring: (0..buckets).map(|_| Vec::new()).collect(),
            counts: vec![0; RING as usize],
            far: BTreeMap::new(),
            own: BinaryHeap::new(),
            running: u32::MAX,
            cut: Time::ZERO,
        }
    }

    pub(crate) const fn window_of(&self, time: Time) -> u64 {
        time.as_nanos() >> self.shift
    }

    /// First instant after the running window.
    pub(crate) const fn window_end(&self) -> Time {
        // The last window ends with time itself.
        match self.window.saturating_add(1).checked_mul(1 << self.shift) {
            Some(end) => Time::from_nanos(end),
            None => Time::MAX,
        }
    }

    pub(crate) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// The next window with an event in it, at or after the running one.
    pub(crate) fn next_window(&self) -> Option<u64> {
        let mut ring = self.window..self.window + RING;
        let near = ring.find(|window| self.counts[(window % RING) as usize] > 0);
        near.or_else(|| self.far.keys().next().copied())
    }

    /// Moves on to `window`, which is not before the running one; none in between has an event.
    pub(crate) fn advance(&mut self, window: u64) {
        self.window = window;
        let later = self.far.split_off(&(window + RING));
        for (_, events) in std::mem::replace(&mut self.far, later) {
            for event in events {
                self.place(event);
            }
        }
    }

    /// Runs up to `cut` from now on.
    pub(crate) const fn set_cut(&mut self, cut: Time) {
        self.cut = cut;
    }

    /// The bucket of `block` in the running window, sorted by slot and each slot's own order.
    pub(crate) fn take_block(&mut self, block: usize) -> Vec<Event<P>> {
        let bucket = self.bucket(self.window, block);
        let mut events = std::mem::take(&mut self.ring[bucket]);
        self.counts[(self.window % RING) as usize] -= events.len();
        events.sort_unstable_by_key(|event| (event.to, event.key()));
        events
    }

    /// Gives the emptied vector of a bucket back, so that its memory serves again.
    pub(crate) fn give_back(&mut self, block: usize, mut emptied: Vec<Event<P>>) {
        let bucket = self.bucket(self.window, block);
        emptied.append(&mut self.ring[bucket]);
        self.ring[bucket] = emptied;
    }

    /// From now on `slot` runs: what it sends itself before the cut comes back by [`Self::next_own`].
    pub(crate) fn start_slot(&mut self, slot: u32) {
        debug_assert!(self.own.is_empty());
        self.running = slot;
    }

    /// No slot runs.
    pub(crate) fn end_slot(&mut self) {
        self.running = u32::MAX;
    }

    /// The first of what the running slot has sent itself, if it comes before `other`.
    pub(crate) fn next_own(&mut self, other: Option<&Event<P>>) -> Option<Event<P>> {
        let first = self.own.peek()?;
        if other.is_none_or(|other| first.key() < other.key()) { self.own.pop() } else { None }
    }

    /// Everything that has not happened, in no particular order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &Event<P>> {
        self.ring.iter().flatten().chain(self.far.values().flatten()).chain(&self.own)
    }

    fn bucket(&self, window: u64, block: usize) -> usize {
        (window % RING) as usize * self.blocks + block
    }

    /// Puts an event where it belongs by its time.
    pub(crate) fn place(&mut self, event: Event<P>) {
        let window = self.window_of(event.time);
        if window < self.window + RING {
            let bucket = self.bucket(window, event.to as usize >> BLOCK_SHIFT);
            self.ring[bucket].push(event);
            self.counts[(window % RING) as usize] += 1;
        } else {
            self.far.entry(window).or_default().push(event);
        }
    }
}

impl<P: SimProtocol> Schedule<P> for WindowQueue<P> {
    #[inline]
    fn push(&mut self, event: Event<P>) {
        if event.to == self.running {
            if event.time < self.cut {
                return self.own.push(event);
            }
        } else {
            // The law of the windows: what one slot does reaches another in a later window only.
            assert!(self.window_of(event.time) > self.window, "an event overtakes the least delay");
        }
        self.place(event);
    }
}
