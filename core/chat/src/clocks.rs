//! What the clocks of the neighbors say.
//!
//! A neighbor stamps its own messages with its clock and sends them on its own link, so they tell what its clock
//! says now. Nobody else can: a message that others pass on may be old. So a node with a wrong clock can tell the time
//! by its neighbors, and can tell its user that the clock is wrong.

use alloc::vec::Vec;
use core::num::NonZeroUsize;

use floodnet_core::time::{Duration, Time};
use lru::LruCache;

use crate::Clock;
use crate::keys::Key;

/// Neighbors whose clocks are remembered.
const KEPT: NonZeroUsize = NonZeroUsize::new(32).unwrap();
/// After so long without a message of its own a neighbor's clock counts no more.
const FRESH: Duration = Duration::from_secs(30 * 60);
/// Clocks that differ by more than this many milliseconds disagree: a minute.
pub const DISAGREE_MS: u64 = 60 * 1_000;

/// The clock of one neighbor.
#[derive(Clone, Copy, Debug)]
struct Reading {
    unix_ms: u64,
    /// When it said so, by the clock that never goes back.
    at: Time,
}

impl Reading {
    /// What that clock says now, unless somebody has set it meanwhile.
    fn now(&self, now: Time) -> u64 {
        self.unix_ms.saturating_add(millis(now.since(self.at)))
    }
}

fn millis(span: Duration) -> u64 {
    span.as_nanos().checked_div(1_000_000).unwrap_or_default()
}

/// The clocks of the neighbors that were heard last.
#[derive(Clone, Debug)]
pub struct NeighborClocks {
    readings: LruCache<Key, Reading>,
}

/// The clock of this machine and those of most neighbors disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Whether the own clock is ahead; else it is behind.
    pub is_ahead: bool,
    /// By so many milliseconds: of those that disagree, the one in the middle.
    pub by_ms: u64,
    /// So many neighbors disagree in this direction.
    pub disagree: usize,
    /// Of so many whose clocks are known.
    pub neighbors: usize,
}

impl Default for NeighborClocks {
    fn default() -> Self {
        Self { readings: LruCache::new(KEPT) }
    }
}

impl NeighborClocks {
    /// A neighbor has sent a message of its own, with this stamp.
    pub fn hear(&mut self, neighbor: Key, unix_ms: u64, now: Time) {
        self.readings.push(neighbor, Reading { unix_ms, at: now });
    }

    fn fresh(&self, now: Time) -> impl Iterator<Item = &Reading> {
        self.readings.iter().map(|(_, reading)| reading).filter(move |reading| now.since(reading.at) <= FRESH)
    }

    /// What the clock of `neighbor` says now, in milliseconds since 1970.
    #[must_use]
    pub fn of(&self, neighbor: &Key, now: Time) -> Option<u64> {
        let reading = self.readings.peek(neighbor).filter(|reading| now.since(reading.at) <= FRESH)?;
        Some(reading.now(now))
    }

    /// What the clock in the middle of all says now. Of two in the middle it is the one nearer to the own clock: else one
    /// of two neighbors could choose the time alone.
    #[must_use]
    pub fn middle(&self, clock: Clock) -> Option<u64> {
        let mut all: Vec<u64> = self.fresh(clock.now).map(|reading| reading.now(clock.now)).collect();
        all.sort_unstable();
        let last = all.len().checked_sub(1)?;
        let pair = [last.checked_div(2)?, all.len().checked_div(2)?];
        let two = pair.into_iter().filter_map(|place| all.get(place).copied());
        two.min_by_key(|unix_ms| unix_ms.abs_diff(clock.unix_ms))
    }

    /// How the own clock differs from those of more than half of the neighbors; none if it does not.
    #[must_use]
    pub fn disagreement(&self, clock: Clock) -> Option<Disagreement> {
        let others: Vec<u64> = self.fresh(clock.now).map(|reading| reading.now(clock.now)).collect();
        [true, false].into_iter().find_map(|is_ahead| {
            let by = |other: &u64| {
                if is_ahead {
                    clock.unix_ms.saturating_sub(*other)
                } else {
                    other.saturating_sub(clock.unix_ms)
                }
            };
            let far: Vec<u64> = others.iter().map(by).filter(|by_ms| *by_ms > DISAGREE_MS).collect();
            let (disagree, neighbors) = (far.len(), others.len());
            if disagree.saturating_mul(2) <= neighbors {
                return None;
            }
            lower_middle(far).map(|by_ms| Disagreement { is_ahead, by_ms, disagree, neighbors })
        })
    }
}

fn lower_middle(mut of: Vec<u64>) -> Option<u64> {
    of.sort_unstable();
    let place = of.len().saturating_sub(1).checked_div(2)?;
    of.get(place).copied()
}
