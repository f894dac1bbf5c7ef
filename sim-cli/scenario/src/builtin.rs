//! Tables of the built-in protocols.

use std::fmt;
use std::path::PathBuf;

use floodnet_sim::graph::MOST_LINKS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::diagnostics::Complaint;
use super::tables::CheckedTable;
use super::units::{Duration, Limit, duration_or, schema_duration_or};

/// `[overlay.random_walk]`: newcomers send join requests that walk at random.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomWalkTable {
    /// Neighbors that a node wants, and join requests that it sends. Default 5.
    pub degree: u32,
    /// Neighbors that a node takes at most, or "unlimited". Default 2 x degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_degree: Option<Limit>,
    /// Steps that a join request can walk. Default 5.
    pub hop_limit: u32,
    /// Whether a joiner asks again until it has its degree. Default true.
    pub retry: bool,
    /// Whether a node that lost all neighbors returns through entry nodes and remembered addresses.
    /// Default true.
    pub repair: bool,
    /// When a node with enough neighbors accepts a request. Default "inverse".
    pub accept: Accept,
}

impl Default for RandomWalkTable {
    fn default() -> Self {
        Self { degree: 5, max_degree: None, hop_limit: 5, retry: true, repair: true, accept: Accept::Inverse }
    }
}

/// Steps are counted in a byte.
const MOST_HOPS: u32 = 255;

/// Neighbors that a node can want at most: each costs memory at every node.
const MOST_DEGREE: u32 = 65_535;

/// When a node with `degree` neighbors or more accepts a join request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    /// With probability 1 / (neighbors + 1).
    Inverse,
    /// Always.
    Always,
    /// Only where the walk ends.
    Endpoint,
}

impl CheckedTable for RandomWalkTable {
    const DROPS: Option<&'static [&'static str]> =
        Some(&["already_neighbor", "full", "hop_limit", "no_neighbor", "own_ack"]);

    fn fill_in(&mut self) {
        self.max_degree.get_or_insert(Limit::AtMost(u64::from(self.degree) * 2));
    }

    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        if self.degree == 0 {
            found.push(Complaint::new("degree", "a node needs at least one neighbor", "write 1 or more"));
        }
        if self.degree > MOST_DEGREE {
            let label = format!("at most {MOST_DEGREE}");
            found.push(Complaint::new("degree", "no node can keep that many neighbors", label));
        } else if let Some(slots) = slots
            && self.degree >= slots
            && self.degree > Self::default().degree
        {
            let label = format!("there are {} others", slots.saturating_sub(1));
            found.push(Complaint::new("degree", "more neighbors than other slots", label));
        }
        if let Some(most) = self.max_degree.and_then(Limit::get)
            && most < u64::from(self.degree)
        {
            let label = format!("at least the degree, {}, or \"unlimited\"", self.degree);
            found.push(Complaint::new("max_degree", "max_degree is less than degree", label));
        }
        if self.hop_limit > MOST_HOPS {
            let label = format!("at most {MOST_HOPS}");
            found.push(Complaint::new("hop_limit", "no walk is that long", label));
        }
        if self.hop_limit == 0 {
            let title = "a join request that cannot walk reaches nobody";
            found.push(Complaint::new("hop_limit", title, "write 1 or more"));
        }
        found
    }
}

impl RandomWalkTable {
    /// Neighbors that a node takes at most; none without limit.
    #[must_use]
    pub fn max_degree(&self) -> Option<u32> {
        let most = self.max_degree.unwrap_or(Limit::AtMost(u64::from(self.degree) * 2)).get()?;
        Some(u32::try_from(most).unwrap_or(u32::MAX))
    }
}

/// `[overlay.static]`: a graph that is given; nodes dial their links again whenever both ends are up.
/// Exactly one kind.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StaticTable {
    /// Edges from a file: two labels per line, `#` begins a comment. Labels are numbered in ascending order.
    File(PathBuf),
    /// Each slot links to this many others, drawn uniformly.
    KOut(u32),
    /// Random graph in which every slot has this many links.
    Regular(u32),
    /// Each pair is linked with the same probability.
    Gnp {
        /// Mean number of links of a slot.
        mean_degree: f64,
    },
    /// Watts and Strogatz: a ring of near neighbors, some links rewired.
    SmallWorld {
        /// Links of a slot on the ring; even.
        k: u32,
        /// Probability that a link is rewired, in [0, 1].
        rewire: f64,
    },
    /// Barabasi and Albert: newcomers prefer slots with many links.
    Preferential {
        /// Links that a newcomer makes.
        links: u32,
    },
    /// A ring.
    Ring(Yes),
    /// A line.
    Line(Yes),
    /// A square grid, row by row, the last row possibly shorter.
    Grid(Yes),
    /// A tree, filled level by level.
    Tree {
        /// Children of a slot.
        arity: u32,
    },
    /// Every pair is linked.
    Complete(Yes),
}

/// `true`: for a key that needs no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yes;

impl Serialize for Yes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl<'de> Deserialize<'de> for Yes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct YesVisitor;
        impl Visitor<'_> for YesVisitor {
            type Value = Yes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Yes, E> {
                if value {
                    Ok(Yes)
                } else {
                    Err(E::custom("a kind of graph cannot be false\nwrite true, or name another kind"))
                }
            }
        }
        deserializer.deserialize_any(YesVisitor)
    }
}

impl JsonSchema for Yes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Yes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": true })
    }
}

impl CheckedTable for StaticTable {
    const FILES: &'static [&'static str] = &["file"];
    const DROPS: Option<&'static [&'static str]> = Some(&["not_in_graph"]);

    fn complaints(&self, slots: Option<u32>) -> Vec<Complaint> {
        let found = self.misfits(slots);
        if !found.is_empty() {
            return found;
        }
        let Some((key, links)) = slots.and_then(|slots| self.links(slots)) else { return found };
        if links <= MOST_LINKS {
            return found;
        }
        let title = format!("this graph has {links} links");
        vec![Complaint::new(key, title, format!("at most {MOST_LINKS} are drawn"))]
    }
}

impl StaticTable {
    /// The key that decides how many links there are, and how many it makes of `slots` (of a random number
    /// the mean). None where links are hardly more than slots.
    fn links(&self, slots: u32) -> Option<(&'static str, u64)> {
        let all = u64::from(slots);
        Some(match *self {
            Self::KOut(links) => ("k_out", all * u64::from(links)),
            Self::Regular(links) => ("regular", all * u64::from(links) / 2),
            Self::Gnp { mean_degree } => ("gnp.mean_degree", (mean_degree * f64::from(slots) * 0.5) as u64),
            Self::SmallWorld { k, .. } => ("small_world.k", all * u64::from(k) / 2),
            Self::Preferential { links } => {
                ("preferential.links", u64::from(links) * u64::from(slots.saturating_sub(links)))
            }
            Self::Complete(_) => ("complete", all * all.saturating_sub(1) / 2),
            Self::File(_) | Self::Ring(_) | Self::Line(_) | Self::Grid(_) | Self::Tree { .. } => return None,
        })
    }

    /// Values that make no graph of that many slots.
    fn misfits(&self, slots: Option<u32>) -> Vec<Complaint> {
        // Unknown: as many as there can be, an even number, so that only the values themselves are judged.
        let slots = slots.unwrap_or(u32::MAX - 1);
        let others = f64::from(slots.saturating_sub(1));
        let one = |key, title: &str, label: String| vec![Complaint::new(key, title, label)];
        let below = |key: &str, links: u32| {
            if links == 0 {
                vec![Complaint::new(key, "a slot needs at least one link", "write 1 or more")]
            } else if links >= slots {
                let label = format!("there are {} others", slots.saturating_sub(1));
                vec![Complaint::new(key, "more links than other slots", label)]
            } else {
                Vec::new()
            }
        };
        match *self {
            Self::KOut(links) => below("k_out", links),
            Self::Regular(links) if u64::from(links) * u64::from(slots) % 2 == 1 => one(
                "regular",
                "there is no such graph",
                format!("{slots} slots with {links} links each: one of the two must be even"),
            ),
            Self::Regular(links) => below("regular", links),
            Self::Gnp { mean_degree } if !(mean_degree > 0.0 && mean_degree <= others) => {
                let label = format!("more than 0, at most {others}");
                one("gnp.mean_degree", "no probability gives this mean degree", label)
            }
            Self::SmallWorld { k, .. } if k == 0 || k % 2 == 1 => {
                one("small_world.k", "half of the links go each way round", "write an even number".to_owned())
            }
            Self::SmallWorld { rewire, .. } if !(0.0..=1.0).contains(&rewire) => {
                one("small_world.rewire", "a probability lies in [0, 1]", String::new())
            }
            Self::SmallWorld { k, .. } => below("small_world.k", k),
            Self::Preferential { links } => below("preferential.links", links),
            Self::Tree { arity: 0 } => {
                one("tree.arity", "a tree without children has one slot", "write 1 or more".to_owned())
            }
            _ => Vec::new(),
        }
    }
}

/// `[broadcast.flood]`: what is new goes to every neighbor.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FloodTable {
    /// Whether a message also goes back to who sent it. Default false.
    pub echo: bool,
    /// Messages that a node remembers to tell copies, or "unlimited". Default 65536.
    pub seen: Limit,
    /// How long it remembers them, or "unlimited". Default "15min".
    pub seen_for: SeenFor,
    /// Deliveries that wait while the application cannot take them; more are dropped and counted. Default
    /// 512.
    pub queue: u32,
}

impl Default for FloodTable {
    fn default() -> Self {
        Self {
            echo: false,
            seen: Limit::AtMost(65_536),
            seen_for: SeenFor::For(Duration::from_secs(900)),
            queue: 512,
        }
    }
}

impl CheckedTable for FloodTable {
    const DROPS: Option<&'static [&'static str]> = Some(&["already_published", "inbox_full"]);

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        if self.seen == Limit::AtMost(0) {
            let title = "a node that remembers nothing forwards every copy for ever";
            found.push(Complaint::new("seen", title, "write 1 or more, or \"unlimited\""));
        }
        if self.seen_for.get().is_some_and(|keep| keep > LONGEST_MEMORY) {
            let label = "at most 1176h, which is 49 days, or \"unlimited\"";
            found.push(Complaint::new("seen_for", "ages cannot be told apart for that long", label));
        }
        if self.seen_for == SeenFor::For(Duration::ZERO) {
            let title = "a node that forgets at once forwards every copy for ever";
            found.push(Complaint::new("seen_for", title, "write a positive duration"));
        }
        if self.queue == 0 {
            found.push(Complaint::new(
                "queue",
                "a queue of 0 keeps nothing for the application",
                "write 1 or more",
            ));
        }
        found
    }
}

/// Ages are counted in 32 bits of milliseconds.
const LONGEST_MEMORY: Duration = Duration::from_secs(49 * 86_400);

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

impl Serialize for SeenFor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => serializer.serialize_str("unlimited"),
            Self::For(time) => time.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SeenFor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(duration_or("unlimited", deserializer)?.map_or(Self::Unlimited, Self::For))
    }
}

impl JsonSchema for SeenFor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SeenFor".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_duration_or("unlimited", generator)
    }
}

/// `[broadcast.gossip]`: what is new goes once to some random neighbors.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GossipTable {
    /// Neighbors that get it. Default 4.
    pub fanout: u32,
}

impl Default for GossipTable {
    fn default() -> Self {
        Self { fanout: 4 }
    }
}

impl CheckedTable for GossipTable {
    const DROPS: Option<&'static [&'static str]> = Some(&["already_published", "no_queue"]);

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        if self.fanout == 0 {
            vec![Complaint::new("fanout", "gossip to nobody spreads nothing", "write 1 or more")]
        } else {
            Vec::new()
        }
    }
}
