//! The settings as a scenario gives them.

use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, Plumtree};
use crate::broadcast::{NamedBroadcast, PortablePayload};
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::Duration;

/// `[broadcast.plumtree]`: along a tree of eager links, and announced on the lazy links beside it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "PlumtreeTable")]
pub struct Table {
    /// How long a node waits for a message that was announced before it asks for it, or "learned". Default "learned".
    pub graft_timeout: GraftTimeout,
    /// By how many hops a lazy link must be shorter than the eager one to take its place; without it, none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimize: Option<u16>,
    /// Messages that a node keeps for those who ask. Default 128.
    pub kept: u32,
}

impl Default for Table {
    fn default() -> Self {
        let Config { optimize, kept, .. } = Config::default();
        Self { graft_timeout: GraftTimeout::Learned, optimize, kept }
    }
}

impl From<Table> for Config {
    fn from(Table { graft_timeout, optimize, kept }: Table) -> Self {
        Self { graft_timeout: graft_timeout.get().map(|time| time.0), optimize, kept, ..Self::default() }
    }
}

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> = Some(&[
        "already_published",
        "inbox_full",
        "nobody_has_it",
        "not_kept",
        "not_neighbor",
        "too_many_announcements",
    ]);
    const WEIGHT: u32 = 30;

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        if self.graft_timeout == GraftTimeout::After(Duration::ZERO) {
            let title = "a node that does not wait asks for everything twice";
            found.push(Complaint::new("graft_timeout", title, "write a positive duration, or \"learned\""));
        }
        if self.optimize == Some(0) {
            let title = "links that are as long would change places for ever";
            found.push(Complaint::new("optimize", title, "write 1 or more, or leave it out"));
        }
        if self.kept == 0 {
            let title = "a node that keeps nothing cannot answer";
            found.push(Complaint::new("kept", title, "write 1 or more"));
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let mut table = Self::default();
        if draw.sometimes("graft timeout", 40) {
            let millis = draw.between(50, 2_000);
            table.graft_timeout = GraftTimeout::After(Duration::from_millis(millis.into()));
        }
        if draw.sometimes("optimize", 40) {
            table.optimize = Some(draw.between(1, 7) as u16);
        }
        Some(table)
    }
}

impl<P: PortablePayload> NamedBroadcast for Plumtree<u32, P> {
    const NAME: &'static str = "plumtree";
    type Table = Table;

    fn node(_: u32, _: &Config) -> Self {
        Self::default()
    }
}

/// How long to wait for a message that was announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraftTimeout {
    /// As long as messages have taken.
    Learned,
    /// So long.
    After(Duration),
}

impl GraftTimeout {
    /// How long; none if it is learned.
    #[must_use]
    pub const fn get(self) -> Option<Duration> {
        match self {
            Self::Learned => None,
            Self::After(time) => Some(time),
        }
    }
}

crate::duration_or_word!(GraftTimeout, After, Learned, "learned");
