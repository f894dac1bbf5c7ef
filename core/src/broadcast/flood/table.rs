//! The settings as a scenario gives them.

use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, Flood, history};
use crate::broadcast::{NamedBroadcast, PortablePayload};
use crate::seen::SeenLimits;
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::{Duration, Limit};

/// `[broadcast.flood]`: what is new goes to every neighbor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FloodTable")]
pub struct Table {
    /// Whether a message also goes back to who sent it. Default false.
    pub echo: bool,
    /// Messages that a node remembers to tell copies, or "unlimited". Default 65536.
    pub seen: Limit,
    /// How long it remembers them, or "unlimited". Default "15min".
    pub seen_for: SeenFor,
    /// Deliveries that wait while the application cannot take them; more are dropped and counted. Default
    /// 512.
    pub queue: u32,
    /// What nodes keep to give it to those who were away. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryTable>,
}

/// What nodes keep to give it to those who were away, for example `{ keep = "1h" }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "FloodHistoryTable")]
pub struct HistoryTable {
    /// How long a message is kept after it was published. Default "1h".
    pub keep: Duration,
    /// Messages that a node keeps at most, or "unlimited". Default 65536.
    pub messages: Limit,
    /// A node compares what it keeps with one of its neighbors so often, besides with each new one. Default "30s".
    pub every: Duration,
}

impl Default for HistoryTable {
    fn default() -> Self {
        let history::Config { keep, messages, every, .. } = history::Config::default();
        let messages = messages.map_or(Limit::Unlimited, |messages| Limit::AtMost(messages.into()));
        Self { keep: Duration(keep), messages, every: Duration(every) }
    }
}

impl Default for Table {
    fn default() -> Self {
        let Config { echo, seen, queue } = Config::default();
        let capacity = seen.capacity.map_or(Limit::Unlimited, |ids| Limit::AtMost(ids.into()));
        let ttl = seen.ttl.map_or(SeenFor::Unlimited, |time| SeenFor::For(Duration(time)));
        Self { echo, seen: capacity, seen_for: ttl, queue, history: None }
    }
}

impl From<Table> for Config {
    fn from(Table { echo, seen, seen_for, queue, history: _ }: Table) -> Self {
        let capacity = seen.get().map(|ids| u32::try_from(ids).unwrap_or(u32::MAX));
        Self { echo, seen: SeenLimits { capacity, ttl: seen_for.get().map(|time| time.0) }, queue }
    }
}

impl From<Table> for history::Config {
    fn from(mut table: Table) -> Self {
        let HistoryTable { keep, messages, every } = table.history.take().unwrap_or_default();
        let messages = messages.get().map(|messages| u32::try_from(messages).unwrap_or(u32::MAX));
        Self { flood: table.into(), keep: keep.0, messages, every: every.0 }
    }
}

/// Ages are counted in 32 bits of milliseconds.
const LONGEST_MEMORY: Duration = Duration::from_secs(49 * 86_400);

/// The shortest time between two comparisons.
const SHORTEST_ROUND: Duration = Duration::from_millis(100);

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> = Some(&[
        "already_published",
        "inbox_full",
        "history_muted",
        "history_stranger",
        "history_too_old",
        "history_too_much",
        "history_unasked",
    ]);
    const WEIGHT: u32 = 70;

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        let mut wrong = |key, title, label| found.push(Complaint::new(key, title, label));
        if self.seen == Limit::AtMost(0) {
            let title = "a node that remembers nothing forwards every copy for ever";
            wrong("seen", title, "write 1 or more, or \"unlimited\"");
        }
        if self.seen_for.get().is_some_and(|time| time > LONGEST_MEMORY) {
            let label = "at most 1176h, which is 49 days, or \"unlimited\"";
            wrong("seen_for", "ages cannot be told apart for that long", label);
        }
        if self.seen_for == SeenFor::For(Duration::ZERO) {
            let title = "a node that forgets at once forwards every copy for ever";
            wrong("seen_for", title, "write a positive duration");
        }
        if self.queue == 0 {
            wrong("queue", "a queue of 0 keeps nothing for the application", "write 1 or more");
        }
        // The keys of a history can be wrong only where there is one.
        if let Some(HistoryTable { keep, messages, every }) = &self.history {
            if *keep == Duration::ZERO {
                wrong("history.keep", "a history of no length keeps nothing", "write a positive duration");
            }
            if *keep > LONGEST_MEMORY {
                wrong(
                    "history.keep",
                    "ages cannot be told apart for that long",
                    "at most 1176h, which is 49 days",
                );
            }
            if *messages == Limit::AtMost(0) {
                wrong(
                    "history.messages",
                    "a history of 0 messages keeps nothing",
                    "write 1 or more, or \"unlimited\"",
                );
            }
            if *every < SHORTEST_ROUND {
                wrong(
                    "history.every",
                    "comparing so often is all that nodes would do",
                    "write \"100ms\" or more",
                );
            }
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let mut table = Self { echo: draw.sometimes("echo", 25), ..Self::default() };
        // Not so few, nor for so short, that messages are forgotten while copies are on their way, also when a
        // partition of 9 s lets go of all that waited: a flood whose memory is too small goes on for ever.
        if draw.sometimes("seen bounded", 40) {
            table.seen = Limit::AtMost(draw.between(60, 80).into());
        }
        if draw.sometimes("seen_for", 40) {
            table.seen_for = SeenFor::For(Duration::from_millis(draw.between(4_000, 20_000).into()));
        }
        if draw.sometimes("short queue", 40) {
            table.queue = draw.between(1, 6);
        }
        if draw.sometimes("history", 30) {
            table.history = Some(HistoryTable {
                keep: Duration::from_millis(draw.between(2_000, 60_000).into()),
                messages: Limit::AtMost(draw.between(3, 80).into()),
                every: Duration::from_millis(draw.between(500, 10_000).into()),
            });
        }
        Some(table)
    }
}

impl<P: PortablePayload> NamedBroadcast for Flood<u32, P> {
    const NAME: &'static str = "flood";
    type Table = Table;

    fn node(_: u32, _: &Config) -> Self {
        Self::default()
    }
}

/// How long something is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenFor {
    /// For ever.
    Unlimited,
    /// For this long.
    For(Duration),
}

impl SeenFor {
    /// How long, or none for ever.
    #[must_use]
    pub const fn get(self) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::For(time) => Some(time),
        }
    }
}

crate::duration_or_word!(SeenFor, For, Unlimited, "unlimited");
