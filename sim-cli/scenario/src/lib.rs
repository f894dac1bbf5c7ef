//! The scenario language: a TOML file that says who is there, what happens, and what must come out.
//!
//! [`Scenario::load`] reads one. On the way:
//!
//! - `document`: keys and values with their places; `--set` is put in here.
//! - `file`, with `measure`, `expect` and `reach`: the types. What a run takes (nodes, links, churn, traffic,
//!   faults, adversaries) is declared in [`floodnet_sim::spec`].
//! - [`tables`]: the registry of protocol tables, which is open.
//! - [`protocol`]: what a scenario asks of a protocol.
//! - `load`: the steps from text to [`Scenario`]; `resolve`: every default filled in, and back to text.
//! - `check`: whether the values make sense together.
//! - `unreadable`: what is said of files and tables that cannot be read.
//! - `diagnostics`, `suggest`: what is wrong, at its place, with the nearest known word.
//! - `schema`: the language for editors; `templates`: scenarios to begin with.

mod adversaries;
pub mod build;
mod check;
pub mod diagnostics;
mod document;
mod expect;
mod file;
mod load;
mod measure;
mod memory;
pub mod protocol;
mod reach;
mod resolve;
mod schema;
mod suggest;
pub mod tables;
mod templates;
#[cfg(test)]
mod tests;
mod unreadable;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use floodnet_measure::expect::Expectation;
use floodnet_measure::reach::Reach;
pub use floodnet_text::units;

pub use check::LOSSES;
pub use diagnostics::Diagnostics;
pub use floodnet_core::broadcast::flood::{SeenFor, Table as FloodTable};
pub use floodnet_core::broadcast::gossip::Config as GossipTable;
pub use floodnet_core::broadcast::plumtree::{GraftTimeout, Table as PlumtreeTable};
pub use floodnet_core::overlay::cyclon::Table as CyclonTable;
pub use floodnet_core::overlay::hyparview::Table as HyParViewTable;
pub use floodnet_core::overlay::random_walk::{Accept, Table as RandomWalkTable};
pub use floodnet_core::overlay::swim::Table as SwimTable;
pub use floodnet_core::tables::{CheckedTable, Complaint, Draw};
pub use floodnet_sim::spec::{
    Adversary, Censor, Churn, Class, Connect, Crash, CrashKind, Cut, DeedSpec, Distribution, Ends, Estimator,
    Fault, FaultKind, Latency, Lifetime, Link, Loss, Matrix, Nodes, Origin, Partition, Pause, Per, Regions,
    SessionPreset, Slow, Spacing, Target, Timing, Trace, Traffic, Transport, Unit, Victims, Who,
};
pub use measure::{Every, Measure, Output, TopologyTime};
pub use protocol::{StaticTable, Yes};
pub use schema::schema;
pub use tables::{NamedTable, TableKind, Tables};
pub use templates::{Template, templates};
pub use unreadable::unread;

/// A scenario with every default filled in. Durations are whole nanoseconds, shares lie in [0, 1], files are
/// absolute paths.
///
/// Comes from [`Scenario::load`] alone, which also checks that it makes sense; written by
/// [`Scenario::to_resolved_toml`], it reads back equal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// What the run is called, also its folder: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What the scenario asks, in a sentence. Default "".
    pub about: String,
    /// Seed of everything that is drawn. Default 1.
    pub seed: u64,
    /// Simulated time; positive.
    pub duration: units::Duration,
    /// The set of other defaults that was chosen. Its values are filled in where they belong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// How many users there are and how they arrive.
    pub nodes: Nodes,
    /// Classes of slots; at most 255. Without any, all slots have the rates of `link`.
    #[serde(rename = "class", skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Class>,
    /// The protocol that keeps neighbors.
    pub overlay: NamedTable,
    /// The protocol that spreads messages.
    pub broadcast: NamedTable,
    /// How packets travel.
    pub link: Link,
    /// Users that come and go; without it, everybody stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub churn: Option<Churn>,
    /// What users publish.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<Traffic>,
    /// What goes wrong on purpose, in the order of the file.
    #[serde(rename = "fault", skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// The window of all averages and the times that measures need.
    pub measure: Measure,
    /// Who breaks the rules, in the order of the file.
    #[serde(rename = "adversary", skip_serializing_if = "Vec::is_empty")]
    pub adversaries: Vec<Adversary>,
    /// What the run must show, in alphabetical order of the metrics.
    #[serde(serialize_with = "expect::serialize", skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expectation>,
    /// What some run must show, over all runs that a command makes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<Reach>,
    /// Files beside the numbers.
    pub output: Output,
}

/// A set of other defaults for protocols and links; keys that a scenario gives itself still win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The protocol as the tutorial describes it, with what it gets wrong: degree 3, max_degree
    /// "unlimited", retry and repair off, echo on, seen and seen_for "unlimited", and plain TCP (handshake 0). Brings
    /// `overlay.random_walk` and `broadcast.flood` if the scenario names none.
    Tutorial,
}
