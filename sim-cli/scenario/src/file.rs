//! A scenario as a file may say it: before defaults that depend on other keys are filled in.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::measure::{Measure, Output};
use super::units::{Duration, Rate};
use super::{Adversary, Churn, Class, Fault, Link, Nodes, Preset, Traffic};

/// The top level of a scenario. `overlay`, `broadcast` and `expect` are read apart: their keys
/// are open; so is `reach`, which shares the bounds of `expect`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "floodnet scenario")]
pub(crate) struct ScenarioFile {
    /// What the run is called, also its folder: letters, digits, `-`, `_` and `.`.
    pub(crate) name: String,
    /// What the scenario asks, in a sentence.
    #[serde(default)]
    pub(crate) about: String,
    /// Seed of everything that is drawn. Default 1.
    #[serde(default = "one")]
    pub(crate) seed: u64,
    /// Simulated time.
    pub(crate) duration: Duration,
    /// How many users there are and how they arrive.
    #[serde(default)]
    pub(crate) nodes: Nodes,
    /// Classes of slots with the same access to the network; without any, all slots are alike.
    #[serde(default)]
    pub(crate) class: Vec<Class<Option<Rate>>>,
    /// The protocol that keeps neighbors: exactly one table.
    #[serde(default, rename = "overlay")]
    #[schemars(with = "serde_json::Value")]
    _overlay: Option<IgnoredAny>,
    /// The protocol that spreads messages: exactly one table.
    #[serde(default, rename = "broadcast")]
    #[schemars(with = "serde_json::Value")]
    _broadcast: Option<IgnoredAny>,
    /// A set of other defaults for the protocols.
    pub(crate) preset: Option<Preset>,
    /// How packets travel.
    #[serde(default)]
    pub(crate) link: Link,
    /// Users that come and go; without it, everybody stays.
    pub(crate) churn: Option<Churn<Option<Duration>>>,
    /// What users publish.
    #[serde(default)]
    pub(crate) traffic: Vec<Traffic<Option<Duration>>>,
    /// What goes wrong on purpose.
    #[serde(default)]
    pub(crate) fault: Vec<Fault>,
    /// Who breaks the rules on purpose.
    #[serde(default)]
    pub(crate) adversary: Vec<Adversary>,
    /// The window of all averages and the times that measures need.
    #[serde(default)]
    pub(crate) measure: Measure<Option<Duration>>,
    /// What the run must show: metric = "OP value".
    #[serde(default, rename = "expect")]
    #[schemars(with = "serde_json::Value")]
    _expect: Option<IgnoredAny>,
    /// What some run must show, over all runs that a command makes.
    #[serde(default, rename = "reach")]
    #[schemars(with = "Vec<ReachFile>")]
    _reach: Option<IgnoredAny>,
    /// Files beside the numbers.
    #[serde(default)]
    pub(crate) output: Output,
}

/// One item of `[[reach]]`, for the schema.
#[derive(JsonSchema)]
#[schemars(rename = "Reach", deny_unknown_fields, description = "Something that must happen in some run.")]
#[expect(dead_code, reason = "read apart")]
pub(crate) struct ReachFile {
    /// A metric, a comparison and a value, such as "split_rate > 0": in one run at least it must be so.
    when: String,
}

const fn one() -> u64 {
    1
}
