//! How much one author, and all together, may say.
//!
//! Identities cost nothing, so a limit per author only keeps honest programs in bounds, and tells a loud
//! author from a quiet one; the hard limits are those of links. When all together say too much, strangers
//! are refused first and contacts last.

use crate::crypto::Key;
use crate::lru::Lru;
use floodnet_core::time::{Duration, Time};

/// So many at once, and so many a second on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Messages a second.
    pub per_second: u32,
    /// Messages at once after a silence.
    pub burst: u32,
}

/// How much may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// By one author.
    pub author: Rate,
    /// By all together.
    pub all: Rate,
}

impl Limits {
    /// Among strangers.
    pub const PUBLIC: Self =
        Self { author: Rate { per_second: 2, burst: 20 }, all: Rate { per_second: 50, burst: 400 } };
    /// Among the machines of a house.
    pub const LAN: Self =
        Self { author: Rate { per_second: 10, burst: 100 }, all: Rate { per_second: 200, burst: 2_000 } };
    /// Many nodes on one machine.
    pub const LAB: Self = Self {
        author: Rate { per_second: 1_000, burst: 10_000 },
        all: Rate { per_second: 20_000, burst: 100_000 },
    };
}

/// Counts in thousandths, so that it fills evenly.
const WHOLE: u64 = 1_000;
const NANOS_PER_MS: u64 = 1_000_000;

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    thousandths: u64,
    filled: Time,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn full(rate: Rate, now: Time) -> Self {
        Self { thousandths: u64::from(rate.burst).saturating_mul(WHOLE), filled: now }
    }

    /// Messages that may be said now, after filling it up.
    pub fn available(&mut self, rate: Rate, now: Time) -> u32 {
        // Whole milliseconds; the rest counts next time. A thousandth of a message per millisecond and unit of rate.
        let ms = now.since(self.filled).as_nanos().checked_div(NANOS_PER_MS).unwrap_or_default();
        self.filled = self.filled + Duration::from_millis(ms);
        let most = u64::from(rate.burst).saturating_mul(WHOLE);
        let gained = ms.saturating_mul(u64::from(rate.per_second));
        self.thousandths = self.thousandths.saturating_add(gained).min(most);
        let whole = self.thousandths.checked_div(WHOLE).unwrap_or_default();
        u32::try_from(whole).unwrap_or(u32::MAX)
    }

    /// Takes one, if it is there.
    pub fn take(&mut self, rate: Rate, now: Time) -> bool {
        let there = self.available(rate, now) > 0;
        if there {
            self.thousandths = self.thousandths.saturating_sub(WHOLE);
        }
        there
    }
}

/// Authors whose counts are kept; of more, the one silent for longest starts anew.
const AUTHORS: usize = 4_096;

/// What was said lately, by author and in all.
#[derive(Clone, Debug)]
pub struct Quota {
    limits: Limits,
    authors: Lru<Key, Bucket>,
    all: Bucket,
}

impl Quota {
    /// Nothing was said yet.
    #[must_use]
    pub fn new(limits: Limits, now: Time) -> Self {
        Self { limits, authors: Lru::new(AUTHORS), all: Bucket::full(limits.all, now) }
    }

    /// Whether `author` may say something more; counts nothing.
    ///
    /// # Errors
    /// The name of the limit that says no.
    pub fn admits(&mut self, author: Key, is_contact: bool, now: Time) -> Result<(), &'static str> {
        // Half of what may be said at once is kept for contacts.
        let half = self.limits.all.burst.checked_div(2).unwrap_or_default();
        let kept = if is_contact { 0 } else { half };
        if self.all.available(self.limits.all, now) <= kept {
            return Err("too_much_in_all");
        }
        let rate = self.limits.author;
        match self.authors.get(author).is_none_or(|bucket| bucket.available(rate, now) > 0) {
            true => Ok(()),
            false => Err("too_much_of_author"),
        }
    }

    /// Counts a message of `author`.
    pub fn count(&mut self, author: Key, now: Time) {
        self.all.take(self.limits.all, now);
        let rate = self.limits.author;
        if let Some(bucket) = self.authors.get(author) {
            bucket.take(rate, now);
            return;
        }
        let mut bucket = Bucket::full(rate, now);
        bucket.take(rate, now);
        self.authors.insert(author, bucket);
    }
}
