//! The overlay `static`: a graph that is given, drawn or read from a file.
//!
//! Its nodes are those of core. The table is here, because drawing a graph takes real numbers and reading one takes
//! files, and core has neither.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use floodnet_core::graph::Graph;
use floodnet_core::overlay::{Fixed, fixed};
use floodnet_core::overlay::{Given, NamedOverlay};
use floodnet_core::tables::{CheckedTable, Complaint, Draw};
use floodnet_core::units::share;
use floodnet_sim::graph::{self, MOST_LINKS};
use floodnet_sim::read::open;
use floodnet_sim::spec::Transport;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::Setting;
use crate::unreadable::{malformed, unreadable};

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
        #[serde(deserialize_with = "share::read")]
        #[schemars(schema_with = "share::schema")]
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
    const WEIGHT: u32 = 50;

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

    fn draw(draw: &mut Draw) -> Option<Self> {
        let make = draw.one_of(&DRAWN);
        // With two links each, a message would go round a ring of all nodes.
        let even = 2 * draw.between(2, 4);
        let few = draw.between(1, 5);
        Some(make(draw, even, few))
    }
}

/// Makes a table from an even number and a small one.
type Make = fn(&mut Draw, u32, u32) -> StaticTable;

/// The kinds of graphs in a fuzz campaign.
const DRAWN: [(&str, Make); 10] = [
    ("k_out", |_, _, few| StaticTable::KOut(few)),
    ("regular", |_, even, _| StaticTable::Regular(even)),
    ("gnp", |_, _, few| StaticTable::Gnp { mean_degree: f64::from(few) + 0.5 }),
    ("small_world", |draw, even, _| StaticTable::SmallWorld {
        k: even,
        rewire: f64::from(draw.between(0, 100)) / 100.0,
    }),
    ("preferential", |_, _, few| StaticTable::Preferential { links: few }),
    // A message takes as long as its way: one that goes round must arrive before the end.
    ("ring", |draw, _, _| {
        draw.limit_slots(32);
        StaticTable::Ring(Yes)
    }),
    ("line", |draw, _, _| {
        draw.limit_slots(32);
        StaticTable::Line(Yes)
    }),
    ("grid", |_, _, _| StaticTable::Grid(Yes)),
    // Of arity 1 it is a line.
    ("tree", |_, _, few| StaticTable::Tree { arity: few + 1 }),
    ("complete", |draw, _, _| {
        draw.limit_slots(40);
        StaticTable::Complete(Yes)
    }),
];

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

impl NamedOverlay<Setting> for Fixed {
    const NAME: &'static str = "static";
    type Table = StaticTable;

    fn config(table: StaticTable, setting: &Setting) -> Result<Self::Config, Complaint> {
        let graph = match &setting.graph {
            Some(given) => Arc::clone(given),
            None => Arc::new(draw(&table, setting)?),
        };
        Ok(fixed::Config { graph, greet: setting.transport == Transport::Stream })
    }

    fn node(slot: u32, _: &Self::Config) -> Self {
        Self::new(slot)
    }

    fn links(table: &StaticTable, slots: u32) -> Option<u64> {
        match table {
            StaticTable::File(_) => None,
            // Few, so that nothing asks before it draws them.
            StaticTable::Grid(_) => Some(2 * u64::from(slots)),
            StaticTable::Ring(_) | StaticTable::Line(_) | StaticTable::Tree { .. } => Some(slots.into()),
            _ => table.links(slots).map(|(_, links)| links),
        }
    }

    fn given(table: &StaticTable) -> Result<Option<Given>, Complaint> {
        let StaticTable::File(path) = table else { return Ok(None) };
        let (graph, labels) = read(path)?;
        let are_numbers = labels.iter().copied().eq(0..labels.len() as u64);
        Ok(Some(Given { graph: Arc::new(graph), labels: Some(labels).filter(|_| !are_numbers) }))
    }
}

/// The graph that the table describes.
fn draw(table: &StaticTable, setting: &Setting) -> Result<Graph, Complaint> {
    let (nodes, seed) = (setting.slots, setting.seed);
    let drawn = match *table {
        StaticTable::File(ref path) => return read(path).map(|(graph, _)| graph),
        StaticTable::KOut(k) => graph::k_out(nodes, k, seed),
        StaticTable::Regular(k) => graph::regular(nodes, k, seed),
        StaticTable::Gnp { mean_degree } => graph::gnp(nodes, mean_degree, seed),
        StaticTable::SmallWorld { k, rewire } => graph::small_world(nodes, k, rewire, seed),
        StaticTable::Preferential { links } => graph::preferential(nodes, links, seed),
        StaticTable::Ring(_) => graph::ring(nodes),
        StaticTable::Line(_) => graph::line(nodes),
        StaticTable::Grid(_) => graph::grid(nodes),
        StaticTable::Tree { arity } => graph::tree(nodes, arity),
        StaticTable::Complete(_) => graph::complete(nodes),
    };
    drawn.map_err(|error| Complaint::new("", error.to_string(), "change the graph, or nodes.count"))
}

/// The graph in a file, and the labels of its nodes.
fn read(path: &Path) -> Result<(Graph, Vec<u64>), Complaint> {
    let opened = open(path).map_err(|error| unreadable("file", &error))?;
    graph::read_edges(opened).map_err(|error| malformed("file", path, &error))
}
