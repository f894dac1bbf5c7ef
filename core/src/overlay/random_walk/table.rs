//! The settings as a scenario gives them.

use alloc::format;
use alloc::vec::Vec;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Accept, Config, RandomWalk};
use crate::overlay::{EntryNodes, NamedOverlay};
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::Limit;

/// `[overlay.random_walk]`: newcomers send join requests that walk at random.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "RandomWalkTable")]
pub struct Table {
    /// Neighbors that a node wants, and join requests that it sends. Default 5.
    pub degree: u32,
    /// Neighbors that a node takes at most, or "unlimited". Default 2 x degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_degree: Option<Limit>,
    /// Steps that a join request can walk. Default 5.
    pub hop_limit: u32,
    /// Whether a joiner asks again until it has its degree. Default true.
    pub retry: bool,
    /// Whether a node that lost all neighbors returns through entry nodes and remembered addresses, and
    /// whether nodes try their lost neighbors again now and then. Default true.
    pub repair: bool,
    /// When a node with enough neighbors accepts a request. Default "inverse".
    pub accept: Accept,
}

impl Default for Table {
    fn default() -> Self {
        let Config { degree, hop_limit, retry, repair, accept, .. } = Config::<u32>::new(Vec::new());
        Self { degree, max_degree: None, hop_limit: hop_limit.into(), retry, repair, accept }
    }
}

/// Steps are counted in a byte.
const MAX_HOPS: u32 = 255;

/// Neighbors that a node can want at most: each costs memory at every node.
const MAX_DEGREE: u32 = 65_535;

impl Table {
    /// Neighbors that a node takes at most; none without limit.
    #[must_use]
    pub fn max_degree(&self) -> Option<u32> {
        let max = self.max_degree.unwrap_or(Limit::AtMost(u64::from(self.degree) * 2)).get()?;
        Some(u32::try_from(max).unwrap_or(u32::MAX))
    }
}

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> =
        Some(&["already_neighbor", "full", "hop_limit", "no_neighbor", "own_ack", "referral", "unreachable"]);
    const WEIGHT: u32 = 65;

    fn fill_in(&mut self) {
        self.max_degree.get_or_insert(Limit::AtMost(u64::from(self.degree) * 2));
    }

    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        if self.degree == 0 {
            found.push(Complaint::new("degree", "a node needs at least one neighbor", "write 1 or more"));
        }
        if self.degree > MAX_DEGREE {
            let label = format!("at most {MAX_DEGREE}");
            found.push(Complaint::new("degree", "no node can keep that many neighbors", label));
        } else if let Some(slots) = slots
            // The default holds in small networks too: only who asked for more than there is gets told.
            && self.degree >= slots
            && self.degree > Self::default().degree
        {
            let label = format!("there are {} others", slots.saturating_sub(1));
            found.push(Complaint::new("degree", "more neighbors than other slots", label));
        }
        if let Some(max) = self.max_degree.and_then(Limit::get)
            && max < u64::from(self.degree)
        {
            let label = format!("at least the degree, {}, or \"unlimited\"", self.degree);
            found.push(Complaint::new("max_degree", "max_degree is less than degree", label));
        }
        if self.hop_limit > MAX_HOPS {
            let label = format!("at most {MAX_HOPS}");
            found.push(Complaint::new("hop_limit", "no walk is that long", label));
        }
        if self.hop_limit == 0 {
            let title = "a join request that cannot walk reaches nobody";
            found.push(Complaint::new("hop_limit", title, "write 1 or more"));
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let mut table = Self { degree: draw.between(2, 8), ..Self::default() };
        if draw.sometimes("max_degree", 50) {
            let unlimited = draw.sometimes("max_degree unlimited", 20);
            let max = draw.between(table.degree, 3 * table.degree);
            table.max_degree = Some(if unlimited { Limit::Unlimited } else { Limit::AtMost(max.into()) });
        }
        if draw.sometimes("hop_limit", 30) {
            table.hop_limit = draw.between(1, 10);
        }
        table.retry = !draw.sometimes("retry off", 15);
        table.repair = !draw.sometimes("repair off", 15);
        if draw.sometimes("accept", 40) {
            table.accept = draw.one_of(&[("always", Accept::Always), ("endpoint", Accept::Endpoint)]);
        }
        Some(table)
    }
}

impl<Setting: EntryNodes> NamedOverlay<Setting> for RandomWalk<u32> {
    const NAME: &'static str = "random_walk";
    type Table = Table;

    fn config(table: Table, setting: &Setting) -> Result<Config<u32>, Complaint> {
        let max_degree = table.max_degree();
        let Table { degree, hop_limit, retry, repair, accept, .. } = table;
        let hop_limit = u8::try_from(hop_limit).unwrap_or(u8::MAX);
        Ok(Config {
            degree,
            max_degree,
            hop_limit,
            retry,
            repair,
            accept,
            entry: setting.entry().to_vec(),
            groups: Vec::new(),
        })
    }

    fn node(slot: u32, _: &Config<u32>) -> Self {
        Self::new(slot)
    }

    fn target_degree(table: &Table) -> Option<u32> {
        Some(table.degree)
    }

    /// A node asks for its degree, and others ask it.
    fn links(table: &Table, slots: u32) -> Option<u64> {
        Some(u64::from(slots) * u64::from(table.degree))
    }
}
