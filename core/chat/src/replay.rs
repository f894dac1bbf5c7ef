//! Each message once, however often and however late it is sent again.
//!
//! Three things together:
//! - **Time**: a message is taken from [`MAX_AGE_MS`] old to [`MAX_AHEAD_MS`] ahead, by any of three clocks: that of
//!   this machine, that of its author if the author is a neighbor, and the middle one of all neighbors. So a wrong
//!   clock makes nobody deaf.
//! - **Ids**: those of messages taken are kept until their time is out, [`MAX_IDS`] of them. When one has to go earlier,
//!   a floor rises to its time. The id with the earliest time goes, not the one that came first: else somebody with a
//!   clock ahead could raise the bar for all. Messages that only another clock than that of this machine takes have
//!   no id here: their stamps say nothing about its own time.
//! - **Sequence windows**: of each of the last [`AUTHORS`] authors, which of the last 64 counts were taken.
//!   They are saved, so that a restart does not open what the ids had closed. An author with a window needs no floor;
//!   once windows had to go, it holds for those without one: what was forgotten cannot come again, whatever the
//!   clock does afterwards.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroUsize;

use lru::LruCache;

use crate::Clock;
use crate::keys::Key;
use crate::signed_message::{Envelope, MessageId};
use floodnet_core::observe::Payload;
use floodnet_core::time::Time;

/// The oldest message that is taken: 10 minutes.
pub const MAX_AGE_MS: u64 = 10 * 60 * 1_000;
/// How far ahead of the own clock a message may be: 2 minutes.
pub const MAX_AHEAD_MS: u64 = 2 * 60 * 1_000;
/// The most ids that are kept.
pub const MAX_IDS: usize = 65_536;
/// How many authors have a sequence window.
pub const AUTHORS: usize = 4_096;
/// Counts that a window holds.
const WIDTH: u64 = 64;

/// Which counts of one author were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    highest: u64,
    /// Bit `n`: `highest - n` was taken.
    taken: u64,
    /// The latest time of a message of this author.
    latest_ms: u64,
    /// Messages must be later than this: an earlier window of this author may have gone in a former life.
    since_ms: u64,
    /// The same for the next life, whose ids will be gone.
    next_since_ms: u64,
    /// An earlier window of this author may have gone in this life: messages must be above the floor.
    has_past: bool,
}

impl Window {
    fn is_new(&self, seq: u64) -> bool {
        match self.highest.checked_sub(seq) {
            None => true,
            Some(back) => back < WIDTH && self.taken & 1u64.checked_shl(low(back)).unwrap_or(0) == 0,
        }
    }

    fn take(&mut self, seq: u64, unix_ms: u64) {
        self.latest_ms = self.latest_ms.max(unix_ms);
        match self.highest.checked_sub(seq) {
            None => {
                let ahead = seq.saturating_sub(self.highest);
                self.taken = self.taken.checked_shl(low(ahead)).unwrap_or(0) | 1;
                self.highest = seq;
            }
            Some(back) => self.taken |= 1u64.checked_shl(low(back)).unwrap_or(0),
        }
    }
}

/// A distance as a number of bits; whatever is beyond a window is far beyond.
fn low(distance: u64) -> u32 {
    u32::try_from(distance).unwrap_or(u32::MAX)
}

/// The memory of what was taken.
#[derive(Clone, Debug)]
pub struct Replay {
    capacity: usize,
    /// By time, so that the earliest is found, and looked up by both.
    ids: BTreeSet<(u64, MessageId)>,
    /// Messages of authors whose window may have gone must be later than this.
    floor_ms: u64,
    /// Messages must have been said after this moment, since others may have been taken in a former life.
    started: Option<Time>,
    windows: LruCache<Key, Window>,
    /// The latest message of an author whose window went. While ids are at hand it does not matter.
    forgotten_ms: u64,
    /// That of a former life, whose ids are gone: messages of authors without a window must be later.
    restored_ms: u64,
    changed: bool,
}

impl Replay {
    /// A memory of nothing, which takes only messages stamped after `start_ms`.
    #[must_use]
    pub fn new(start_ms: u64) -> Self {
        Self::with_room(start_ms, MAX_IDS, AUTHORS)
    }

    /// A memory of nothing, which takes only messages that were said after `start`, whatever the clock of this machine
    /// said then: older ones may have been taken in a former life.
    #[must_use]
    pub fn from(start: Clock) -> Self {
        Self { started: Some(start.now), ..Self::new(0) }
    }

    /// [`Replay::new`] with room for so many ids and authors, instead of [`MAX_IDS`] and [`AUTHORS`].
    #[must_use]
    pub fn with_room(start_ms: u64, ids: usize, authors: usize) -> Self {
        Self {
            capacity: ids,
            ids: BTreeSet::new(),
            floor_ms: 0,
            started: None,
            windows: LruCache::new(NonZeroUsize::new(authors).unwrap_or(NonZeroUsize::MIN)),
            forgotten_ms: 0,
            restored_ms: start_ms,
            changed: false,
        }
    }

    /// How many ids are kept.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.ids.len()
    }

    /// Messages of authors without a window must be later than this.
    #[must_use]
    pub const fn floor_ms(&self) -> u64 {
        // While every author has kept their window, the floor of ids tells nothing.
        if self.forgotten_ms > 0 && self.floor_ms > self.restored_ms {
            self.floor_ms
        } else {
            self.restored_ms
        }
    }

    /// Whether the message was taken already.
    #[must_use]
    pub fn has(&self, envelope: &Envelope) -> bool {
        self.ids.contains(&(envelope.unix_ms(), envelope.id()))
    }

    /// Whether the message's time is within the window, by the own clock or else by one of the `others`, which are in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// `too_old` or `too_far_ahead`, as the own clock says.
    pub fn in_time(
        &mut self,
        envelope: &Envelope,
        clock: Clock,
        others: impl FnOnce() -> [Option<u64>; 2],
    ) -> Result<(), &'static str> {
        self.expire(clock.unix_ms);
        let at = envelope.unix_ms();
        let window = self.windows.peek(&envelope.origin());
        let floor = match window {
            None => self.floor_ms(),
            Some(window) if window.has_past => self.floor_ms.max(window.since_ms),
            Some(window) => window.since_ms,
        };
        // A clock that was never set stands at 0, which is later than no floor.
        if at <= floor && floor > 0 {
            return Err("too_old");
        }
        let own = self.by_clock(at, clock.unix_ms, clock.now);
        let by_another =
            || others().into_iter().flatten().any(|other| self.by_clock(at, other, clock.now).is_ok());
        if own.is_err() && by_another() { Ok(()) } else { own }
    }

    /// The same by one clock, which says `unix_ms` now.
    fn by_clock(&self, at: u64, unix_ms: u64, now: Time) -> Result<(), &'static str> {
        if at > unix_ms.saturating_add(MAX_AHEAD_MS) {
            return Err("too_far_ahead");
        }
        let age = unix_ms.saturating_sub(at);
        let is_before_start = self.started.is_some_and(|started| {
            let life = now.since(started).as_nanos().checked_div(1_000_000).unwrap_or_default();
            // From a clock that is behind, a message is ahead and so is said after the start.
            at <= unix_ms && age >= life
        });
        if age > MAX_AGE_MS || is_before_start { Err("too_old") } else { Ok(()) }
    }

    /// Whether the author has not used this count yet.
    #[must_use]
    pub fn is_new_count(&self, envelope: &Envelope) -> bool {
        self.windows.peek(&envelope.origin()).is_none_or(|window| window.is_new(envelope.seq()))
    }

    /// Remembers a message whose signature was good. The own clock says `unix_ms`.
    pub fn take(&mut self, envelope: &Envelope, unix_ms: u64) {
        let (author, seq, stamp) = (envelope.origin(), envelope.seq(), envelope.unix_ms());
        self.changed = true;
        // A stamp that is out of the own time must not move what is kept in that time.
        let is_in_own_time = is_in_own_time(envelope, unix_ms);
        let at = if is_in_own_time { stamp } else { 0 };
        if is_in_own_time {
            self.ids.insert((at, envelope.id()));
        }
        if self.ids.len() > self.capacity
            && let Some((earliest, _)) = self.ids.pop_first()
        {
            self.floor_ms = self.floor_ms.max(earliest);
        }
        if let Some(window) = self.windows.get_mut(&author) {
            return window.take(seq, at);
        }
        let window = Window {
            highest: seq,
            taken: 1,
            latest_ms: at,
            since_ms: self.restored_ms,
            next_since_ms: self.forgotten_ms.max(self.restored_ms),
            has_past: self.forgotten_ms > 0,
        };
        if let Some((_, gone)) = self.windows.push(author, window) {
            self.forgotten_ms = self.forgotten_ms.max(gone.latest_ms).max(1);
        }
    }

    /// Forgets ids whose time is out; the floor follows, so that a clock set back opens nothing.
    fn expire(&mut self, unix_ms: u64) {
        let oldest = unix_ms.saturating_sub(MAX_AGE_MS);
        while let Some(&(at, _)) = self.ids.first()
            && at < oldest
        {
            self.ids.pop_first();
            self.floor_ms = self.floor_ms.max(at);
        }
    }

    /// Whether anything changed since this was last asked.
    pub const fn take_changed(&mut self) -> bool {
        core::mem::replace(&mut self.changed, false)
    }

    /// What is saved, as lines. `is_end` says that nothing will be taken after it.
    #[must_use]
    pub fn save(&self, is_end: bool) -> Vec<String> {
        let how = if is_end { "end" } else { "running" };
        // The first number was a floor for all; an author with a window needs none.
        let floor = format!("{how} 0 {}", self.forgotten_ms.max(self.restored_ms));
        // The one used last comes last, so that the next life lets them go in the same order.
        let windows = self.windows.iter().rev().map(|(key, window)| {
            let Window { highest, taken, latest_ms, next_since_ms, .. } = window;
            format!("author {key} {highest} {taken:016x} {latest_ms} {next_since_ms}")
        });
        core::iter::once(floor).chain(windows).collect()
    }

    /// A memory from what was saved, with `lost` lines missing. Lines that say nothing sensible are passed
    /// over; their number, with those lost, is given back.
    ///
    /// Only if the former life ended in order, and nothing is missing, are messages from before `start` taken: else
    /// some may have been taken after the last save.
    #[must_use]
    pub fn load<'a>(lines: impl IntoIterator<Item = &'a str>, lost: usize, start: Clock) -> (Self, usize) {
        let mut replay = Self::from(start);
        let (mut bad, mut is_end) = (lost, false);
        for line in lines {
            let mut words = line.split(' ');
            let head = words.next();
            let is_good = match head {
                Some("end" | "running") => numbers(&mut words).map(|[_, forgotten]| {
                    // Nothing saved shuts out what comes from now on.
                    replay.restored_ms = replay.restored_ms.max(forgotten.min(start.unix_ms));
                    is_end = head == Some("end");
                }),
                Some("author") => window(&mut words).map(|(key, mut window)| {
                    window.since_ms = window.since_ms.min(start.unix_ms);
                    replay.windows.push(key, window);
                }),
                _ => None,
            };
            if is_good.is_none() || words.next().is_some() {
                bad = bad.saturating_add(1);
            }
        }
        if bad == 0 && is_end {
            replay.started = None;
        }
        (replay, bad)
    }
}

/// Whether a message is within the window by the clock of this machine, which says `unix_ms`.
#[must_use]
pub fn is_in_own_time(envelope: &Envelope, unix_ms: u64) -> bool {
    let at = envelope.unix_ms();
    at <= unix_ms.saturating_add(MAX_AHEAD_MS) && at >= unix_ms.saturating_sub(MAX_AGE_MS)
}

fn numbers<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<[u64; 2]> {
    Some([words.next()?.parse().ok()?, words.next()?.parse().ok()?])
}

fn window<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<(Key, Window)> {
    let key = Key::from_hex(words.next()?)?;
    let highest = words.next()?.parse().ok()?;
    let taken = u64::from_str_radix(words.next()?, 16).ok()?;
    let latest_ms = words.next()?.parse().ok()?;
    let since_ms = words.next()?.parse().ok()?;
    Some((key, Window { highest, taken, latest_ms, since_ms, next_since_ms: since_ms, has_past: false }))
}
