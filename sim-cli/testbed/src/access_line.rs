//! The access lines of all slots: rates up and down, as the classes of the scenario say.

use std::sync::{Mutex, PoisonError};

use floodnet_core::time::Time;
use floodnet_shaper::RateLine;
use floodnet_sim::link::LinkModel;

/// One direction of an access line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Up = 0,
    Down = 1,
}

/// An access line for each slot.
#[derive(Debug)]
pub(crate) struct AccessLines(Vec<Mutex<[RateLine; 2]>>);

impl AccessLines {
    /// Of so many slots, and free.
    pub(crate) fn new(slots: u32) -> Self {
        Self((0..slots).map(|_| Mutex::default()).collect())
    }

    /// When so many bytes have passed the line of `slot`, which takes them from `at` on.
    pub(crate) fn pass(
        &self,
        links: &LinkModel,
        slot: u32,
        direction: Direction,
        bytes: usize,
        at: Time,
    ) -> Time {
        let class = links.class(slot);
        let rate = match direction {
            Direction::Up => class.up,
            Direction::Down => class.down,
        };
        let (Some(rate), Some(line)) = (rate.bits_per_second(), self.0.get(slot as usize)) else { return at };
        let mut lines = line.lock().unwrap_or_else(PoisonError::into_inner);
        lines[direction as usize].pass(at, bytes as u64, rate)
    }

    /// When the queue of the uplink of `slot` has room: now, or later.
    pub(crate) fn room_at(&self, links: &LinkModel, slot: u32, now: Time) -> Time {
        let (Some(rate), Some(line)) = (links.class(slot).up.bits_per_second(), self.0.get(slot as usize))
        else {
            return now;
        };
        let lines = line.lock().unwrap_or_else(PoisonError::into_inner);
        lines[Direction::Up as usize].room_at(now, links.spec.queue.bytes(), rate)
    }
}
