//! How much one author, and all together, may say.
//!
//! Identities cost nothing, so a limit per author only bounds honest programs; the hard limits are those of
//! links. When all authors together say too much, strangers are refused first and contacts last.

use crate::keys::Key;
use core::num::NonZeroUsize;

use floodnet_core::time::Time;
use floodnet_core::token_bucket::{Rate, TokenBucket};
use lru::LruCache;

/// How much may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What each author may say.
    pub author: Rate,
    /// What all authors together may say.
    pub all: Rate,
}

impl Limits {
    /// On a network that anybody may join.
    pub const PUBLIC: Self = Self { author: Rate::per_second(2, 20), all: Rate::per_second(50, 400) };
    /// On a network of machines that know each other.
    pub const LAN: Self = Self { author: Rate::per_second(10, 100), all: Rate::per_second(200, 2_000) };
    /// In a test of many nodes on one machine, where no author should be held back.
    pub const LAB: Self =
        Self { author: Rate::per_second(1_000, 10_000), all: Rate::per_second(20_000, 100_000) };
}

/// How many authors have a bucket. Beyond it the author who was silent for longest loses theirs.
const AUTHORS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// What was said lately, by author and in all.
#[derive(Clone, Debug)]
pub struct Quota {
    limits: Limits,
    authors: LruCache<Key, TokenBucket>,
    all: TokenBucket,
}

impl Quota {
    /// A quota of which nothing is used yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, authors: LruCache::new(AUTHORS), all: TokenBucket::default() }
    }

    /// Whether `author` may say something more; counts nothing.
    ///
    /// # Errors
    /// The limit is exceeded; the text is its name.
    pub fn admits(&mut self, author: Key, is_contact: bool, now: Time) -> Result<(), &'static str> {
        // Half of what may be said at once is kept for contacts.
        let half = self.limits.all.burst() / 2;
        let kept = if is_contact { 0 } else { half };
        if self.all.available(self.limits.all, now) <= kept {
            return Err("too_much_in_all");
        }
        let rate = self.limits.author;
        match self.authors.get(&author).is_none_or(|bucket| bucket.available(rate, now) > 0) {
            true => Ok(()),
            false => Err("too_much_of_author"),
        }
    }

    /// Counts a message of `author`.
    pub fn count(&mut self, author: Key, now: Time) {
        self.all.try_take(self.limits.all, 1, now);
        let bucket = self.authors.get_or_insert_mut(author, TokenBucket::default);
        bucket.try_take(self.limits.author, 1, now);
    }
}
