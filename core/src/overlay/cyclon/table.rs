//! The settings as a scenario gives them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, Cyclon, MOST_LISTED};
use crate::overlay::{EntryNodes, NamedOverlay};
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::Duration;

/// `[overlay.cyclon]`: lists of peers with ages, traded with the oldest peer each period.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "CyclonTable")]
pub struct Table {
    /// Peers that a node holds at most. Default 20.
    pub view: u32,
    /// Entries that a shuffle trades. Default 8.
    pub shuffle: u32,
    /// Time between the shuffles of a node. Default "10s".
    pub every: Duration,
    /// Steps of a join request. Default 5.
    pub join_walk: u8,
}

impl Default for Table {
    fn default() -> Self {
        let Config { view, shuffle, every, join_walk, .. } = Config::<u32>::new(Vec::new());
        Self { view, shuffle, every: Duration(every), join_walk }
    }
}

/// Peers that a node can hold at most: each costs memory at every node, and a walk when it joins.
const MOST_PEERS: u32 = 4_096;

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> = Some(&["already_held", "full", "not_asked"]);
    const WEIGHT: u32 = 20;

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        let mut wrong = |key, title: &str, label: String| found.push(Complaint::new(key, title, label));
        if self.view == 0 {
            wrong("view", "a node needs at least one peer", "write 1 or more".into());
        }
        if self.view > MOST_PEERS {
            wrong("view", "no node can hold that many peers", format!("at most {MOST_PEERS}"));
        }
        if self.shuffle == 0 {
            wrong("shuffle", "a shuffle that trades nothing renews nothing", "write 1 or more".into());
        }
        if self.shuffle as usize > MOST_LISTED {
            wrong("shuffle", "a shuffle with too many entries is refused", format!("at most {MOST_LISTED}"));
        }
        if self.every == Duration::ZERO {
            wrong("every", "a node would do nothing but shuffle", "write a positive duration".into());
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let view = draw.between(3, 20);
        let every = Duration::from_millis(draw.between(500, 12_000).into());
        Some(Self { view, shuffle: draw.between(1, view), every, join_walk: draw.between(0, 8) as u8 })
    }
}

impl<Setting: EntryNodes> NamedOverlay<Setting> for Cyclon<u32> {
    const NAME: &'static str = "cyclon";
    type Table = Table;

    fn config(table: Table, setting: &Setting) -> Result<Config<u32>, Complaint> {
        let Table { view, shuffle, every, join_walk } = table;
        Ok(Config { view, shuffle, every: every.0, join_walk, entry: setting.entry().to_vec() })
    }

    fn node(slot: u32, _: &Config<u32>) -> Self {
        Self::new(slot)
    }

    fn is_directed(_: &Table) -> bool {
        true
    }

    fn links(table: &Table, slots: u32) -> Option<u64> {
        Some(u64::from(slots) * u64::from(table.view))
    }
}
