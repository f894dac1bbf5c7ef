//! Slots and their classes: `[nodes]` and `[[class]]`.

#[cfg(feature = "serde")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

#[cfg(feature = "serde")]
use floodnet_core::units::share;
use floodnet_core::units::{Duration, Rate};

use super::{Complaints, Link};

/// `[nodes]`: how many users there are and how they arrive.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(default, deny_unknown_fields)
)]
pub struct Nodes {
    /// Number of slots. Required, unless the overlay is a static file: then what the file holds (a count
    /// given beside a file must agree with it).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub count: Option<u32>,
    /// First arrivals are spread over [0, arrive); the entry slots start at 0. Default "0s".
    pub arrive: Duration,
    /// How arrivals are spread. Default "random".
    pub spacing: Spacing,
    /// Number of slots that every newcomer knows: slots 0 to entry - 1. Default 1.
    pub entry: u32,
    /// Whether the entry slots take part in churn. Default false.
    pub entry_churns: bool,
}

impl Default for Nodes {
    fn default() -> Self {
        Self { count: None, arrive: Duration::ZERO, spacing: Spacing::Random, entry: 1, entry_churns: false }
    }
}

/// How many slots a network has at most.
pub const MOST_SLOTS: u32 = 1 << 27;

impl Nodes {
    /// Adds what makes no sense by itself. A count that is not said is not missed.
    pub fn check(&self, complaints: &mut Complaints) {
        let Some(count) = self.count else { return };
        if count == 0 {
            complaints.add("nodes.count", "a network needs a slot", "write 1 or more");
        } else if count > MOST_SLOTS {
            let label = format!("at most {MOST_SLOTS}");
            complaints.add("nodes.count", "a network cannot have that many slots", label);
        } else if self.entry > count {
            let label = format!("there are {count} slots");
            complaints.add("nodes.entry", "more entry slots than slots", label);
        }
    }
}

/// How first arrivals are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum Spacing {
    /// Each at a time drawn uniformly.
    Random,
    /// At equal distances.
    Even,
}

/// One item of `[[class]]`: a share of the slots with the same access to the network.
///
/// `R` is [`Rate`], or `Option<Rate>` as a file may leave it out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(deny_unknown_fields),
    schemars(rename = "Class", description = "A share of the slots with the same access to the network.")
)]
pub struct Class<R = Rate> {
    /// What pictures and tables call it.
    pub name: String,
    /// Share of the slots, in [0, 1]; the shares of all classes sum to 1.
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
    pub share: f64,
    /// Rate of the uplink. Default: link.up.
    pub up: R,
    /// Rate of the downlink. Default: link.down.
    pub down: R,
    /// Region of these slots, for a latency by regions. Default: drawn by the weights of the regions.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub region: Option<String>,
    /// Whether others can dial these slots; false is behind a NAT. Default true.
    #[cfg_attr(feature = "serde", serde(default = "yes"))]
    pub reachable: bool,
}

#[cfg(feature = "serde")]
const fn yes() -> bool {
    true
}

impl Class {
    /// A line without limits that others can dial.
    pub const UNLIMITED: Self = Self {
        name: String::new(),
        share: 1.0,
        up: Rate::Unlimited,
        down: Rate::Unlimited,
        region: None,
        reachable: true,
    };

    /// Whether a direction has a rate.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.up.bits_per_second().is_some() || self.down.bits_per_second().is_some()
    }
}

impl Default for Class {
    fn default() -> Self {
        Self::UNLIMITED
    }
}

impl Class<Option<Rate>> {
    /// The class with the rates of the link where it names none.
    #[must_use]
    pub fn fill(self, link: &Link) -> Class {
        let (up, down) = (self.up.unwrap_or(link.up), self.down.unwrap_or(link.down));
        Class { name: self.name, share: self.share, up, down, region: self.region, reachable: self.reachable }
    }
}
