//! The bounded memory of messages seen, in two implementations that give the same answers.
//!
//! | type | for ids |
//! |---|---|
//! | [`SeenCache`] | of any kind, such as the hashes that sockets use |
//! | [`SeenWindow`] | that are small numbers given one after another, as in the simulator |
//!
//! Most packets that reach a node are duplicates: five of six at a mean degree of 6. Both implementations are
//! optimized for that answer.

mod cache;
#[cfg(test)]
mod tests;
mod window;

use core::fmt;

pub use cache::{FixedHasher, FixedState, SeenCache};
pub use window::SeenWindow;

use crate::time::{Duration, Time};

/// Bounds of the memory of messages seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLimits {
    /// How many ids are kept; `None` for no bound, as in the tutorial. Default 65,536.
    pub capacity: Option<u32>,
    /// How long an id is kept; `None` for no limit, as in the tutorial. Default 15 minutes.
    pub ttl: Option<Duration>,
}

impl SeenLimits {
    /// No bounds: the memory grows with every message.
    pub const UNLIMITED: Self = Self { capacity: None, ttl: None };

    /// Whether what came at `since_ms` is too old at `now_ms`.
    #[inline]
    fn forget(&self, since_ms: u32, now_ms: u32) -> bool {
        self.ttl.is_some_and(|ttl| {
            // Ages are whole milliseconds, so a limit with a fraction of one acts as if it were rounded down.
            u64::from(now_ms.wrapping_sub(since_ms)) * NANOS_PER_MS > ttl.as_nanos()
        })
    }
}

impl Default for SeenLimits {
    fn default() -> Self {
        Self { capacity: Some(65_536), ttl: Some(Duration::from_secs(15 * 60)) }
    }
}

/// Remembers ids in the order in which they came; the oldest go first, by number or by age. Ages are
/// counted in whole milliseconds, up to 49 days.
///
/// All implementations must give the same answers. A new one is empty.
pub trait Seen<Id>: Clone + Default + fmt::Debug {
    /// Remembers `id` and says whether it is new. What is older than `limits.ttl` at `now` is forgotten
    /// first; when `limits.capacity` ids are kept, the oldest makes room.
    fn insert(&mut self, id: Id, now: Time, limits: &SeenLimits) -> bool;

    /// Whether `id` is remembered. It may be older than the limits allow: what is too old is forgotten by the next
    /// [`insert`](Self::insert).
    fn contains(&self, id: Id) -> bool;

    /// How many ids are remembered.
    fn len(&self) -> usize;

    /// Whether no id is remembered.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const NANOS_PER_MS: u64 = 1_000_000;

/// Whole milliseconds, by which ages are counted.
#[inline]
fn whole_ms(now: Time) -> u32 {
    (now.as_nanos() / NANOS_PER_MS) as u32
}

/// An id and when it came, in whole milliseconds.
#[derive(Clone, Copy, Debug)]
struct Entry<Id> {
    id: Id,
    since_ms: u32,
}
