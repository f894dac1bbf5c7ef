//! The settings as a scenario gives them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, HyParView, MOST_LISTED};
use crate::overlay::{EntryNodes, NamedOverlay};
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::Duration;

/// `[overlay.hyparview]`: a small active view of neighbors, and a passive view to replace them from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "HyParViewTable")]
pub struct Table {
    /// Neighbors that a node wants, and takes at most. Default 5.
    pub active: u32,
    /// Peers that it knows besides, to replace neighbors from. Default 30.
    pub passive: u32,
    /// Steps of a join request. Default 6.
    pub join_walk: u8,
    /// With so many steps left it is noted in the passive view. Default 3.
    pub note_at: u8,
    /// Steps of a shuffle. Default 6.
    pub shuffle_walk: u8,
    /// Time between the shuffles of a node. Default "10s".
    pub shuffle_every: Duration,
    /// Neighbors in a shuffle. Default 3.
    pub shuffle_active: u32,
    /// Peers of the passive view in a shuffle. Default 4.
    pub shuffle_passive: u32,
    /// Whether peers of the passive view take the place of lost neighbors. Default true.
    pub promote: bool,
}

impl Default for Table {
    fn default() -> Self {
        let paper = Config::<u32>::new(Vec::new());
        Self {
            active: paper.active,
            passive: paper.passive,
            join_walk: paper.join_walk,
            note_at: paper.note_at,
            shuffle_walk: paper.shuffle_walk,
            shuffle_every: Duration(paper.shuffle_every),
            shuffle_active: paper.shuffle_active,
            shuffle_passive: paper.shuffle_passive,
            promote: paper.promote,
        }
    }
}

/// Neighbors and known peers that a node can want at most: each costs memory at every node.
const MOST_PEERS: u32 = 65_535;

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> =
        Some(&["already_neighbor", "full", "not_asked", "own_join", "own_shuffle"]);
    const WEIGHT: u32 = 35;

    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        let mut wrong = |key, title: &str, label: String| found.push(Complaint::new(key, title, label));
        if self.active < 2 {
            wrong("active", "nodes with one neighbor make pairs, not a network", "write 2 or more".into());
        }
        for (key, peers) in [("active", self.active), ("passive", self.passive)] {
            if peers > MOST_PEERS {
                wrong(key, "no node can know that many peers", format!("at most {MOST_PEERS}"));
            }
        }
        if let Some(slots) = slots
            && self.active >= slots
            && self.active > Self::default().active
        {
            let label = format!("there are {} others", slots.saturating_sub(1));
            wrong("active", "more neighbors than other slots", label);
        }
        if self.note_at > self.join_walk {
            let label = format!("at most join_walk, which is {}", self.join_walk);
            wrong("note_at", "no join request has that many steps left", label);
        }
        if self.shuffle_walk == 0 {
            wrong("shuffle_walk", "a shuffle that cannot walk reaches nobody", "write 1 or more".into());
        }
        if self.shuffle_every == Duration::ZERO {
            wrong("shuffle_every", "a node would do nothing but shuffle", "write a positive duration".into());
        }
        // What a shuffle lists has a bound on the wire, whatever the two parts of it are.
        let listed = self.shuffle_active.saturating_add(self.shuffle_passive);
        if listed as usize > MOST_LISTED {
            let label = format!("with shuffle_active at most {MOST_LISTED}, not {listed}");
            wrong("shuffle_passive", "a shuffle with too many peers is refused", label);
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let mut table = Self { active: draw.between(3, 7), ..Self::default() };
        table.shuffle_every = Duration::from_millis(draw.between(500, 12_000).into());
        if draw.sometimes("small passive view", 30) {
            table.passive = draw.between(0, 8);
        }
        if draw.sometimes("short join walk", 30) {
            table.join_walk = draw.between(0, 4) as u8;
            table.note_at = draw.between(0, table.join_walk.into()) as u8;
        }
        table.promote = !draw.sometimes("no promotion", 10);
        Some(table)
    }
}

impl<Setting: EntryNodes> NamedOverlay<Setting> for HyParView<u32> {
    const NAME: &'static str = "hyparview";
    type Table = Table;

    fn config(table: Table, setting: &Setting) -> Result<Config<u32>, Complaint> {
        Ok(Config {
            active: table.active,
            passive: table.passive,
            join_walk: table.join_walk,
            note_at: table.note_at,
            shuffle_walk: table.shuffle_walk,
            shuffle_every: table.shuffle_every.0,
            shuffle_active: table.shuffle_active,
            shuffle_passive: table.shuffle_passive,
            promote: table.promote,
            entry: setting.entry().to_vec(),
        })
    }

    fn node(slot: u32, _: &Config<u32>) -> Self {
        Self::new(slot)
    }

    fn target_degree(table: &Table) -> Option<u32> {
        Some(table.active)
    }
}
