//! From a scenario to what the simulator takes: plan, links, measures.

mod links;
mod plan;

use std::fmt;
use std::sync::Arc;

use floodnet_core::time::Time;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::Plan;

use crate::measure::MeasureSettings;
use crate::registry::{Runnable, Setting};
use crate::scenario::{Scenario, TopologyTime, Transport};

/// Everything that one run of a scenario takes, but for its protocol.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What happens to the nodes from outside.
    pub plan: Arc<Plan>,
    /// What links do.
    pub links: LinkModel,
    /// What is measured, and when.
    pub measure: MeasureSettings,
    /// What the protocol may know.
    pub setting: Setting,
    /// What a reader of the results should know.
    pub notes: Vec<String>,
}

/// Why a scenario that reads well cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError {
    /// The key that has to change, if it is one; empty otherwise.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

impl SetupError {
    fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.message),
            key => write!(f, "`{key}`: {}", self.message),
        }
    }
}

impl std::error::Error for SetupError {}

/// Prepares a run of `scenario` with the protocol `P`.
///
/// # Errors
/// A file cannot be read or does not fit, or the values make no plan.
pub fn set_up<P: Runnable>(scenario: &Scenario) -> Result<Setup, SetupError> {
    let overlay: P::OverlayTable =
        scenario.overlay.read().map_err(|error| SetupError::new("overlay", error.to_string()))?;
    let asked = P::slots(&overlay).map_err(|error| SetupError::new("overlay", error))?;
    let count = scenario.nodes.count.or(asked);
    let slots = count.ok_or_else(|| SetupError::new("nodes.count", "say how many nodes there are"))?;
    let plan = plan::spec(scenario, slots)?.draw(scenario.seed);
    let plan = plan.map_err(|error| SetupError::new(error.key.clone(), error.problem.to_string()))?;
    let mut notes = Vec::new();
    let links = links::model(scenario, slots, &mut notes)?;
    links.check(slots).map_err(|error| SetupError::new("link", error))?;
    let setting = Setting {
        slots,
        entry: (0..scenario.nodes.entry.min(slots)).collect(),
        seed: scenario.seed,
        transport: links.transport,
    };
    let measure = measure_settings(scenario, P::target_degree(&overlay));
    Ok(Setup { plan: Arc::new(plan), links, measure, setting, notes })
}

fn measure_settings(scenario: &Scenario, target_degree: Option<u32>) -> MeasureSettings {
    let times = &scenario.output.topology;
    let at = |time: &TopologyTime| match time {
        TopologyTime::At(after) => Some(Time::ZERO + after.0),
        TopologyTime::End => None,
    };
    MeasureSettings {
        scenario: scenario.name.clone(),
        every: scenario.measure.every.interval().map(|every| every.0),
        start: scenario.measure.start.after_start(),
        stop: scenario.measure.stop.after_start(),
        deadline: scenario.measure.deadline.0,
        grace: scenario.measure.grace.0,
        target_degree,
        topology_times: times.iter().filter_map(at).collect(),
        topology_at_end: times.contains(&TopologyTime::End),
    }
}

/// The simulator's word for the scenario's.
const fn transport(transport: Transport) -> floodnet_sim::link::Transport {
    match transport {
        Transport::Stream => floodnet_sim::link::Transport::Stream,
        Transport::Datagram => floodnet_sim::link::Transport::Datagram,
    }
}
