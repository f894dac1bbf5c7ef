//! What the pictures of a run are drawn from.

use super::degrees::DegreeView;
use super::latency::CdfSeries;
use super::timeline::TimelineView;
use super::topology::TopologyView;

/// The results of a run as plain data. Every picture of a run takes from it what it shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunView {
    /// Name of the scenario, for titles.
    pub scenario: String,
    /// The graph at the chosen times.
    pub graphs: Vec<GraphView>,
    /// Messages, samples of the network and faults over time.
    pub course: TimelineView,
    /// Latencies of all pairs of message and receiver.
    pub latencies: CdfSeries,
    /// Degrees of all nodes at the end of the run.
    pub degrees: DegreeView,
}

/// The graph of a run at one of the chosen times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphView {
    /// The part of file names that tells this time from the others; empty at the end of the run.
    pub suffix: String,
    /// The graph, colored by component.
    pub graph: TopologyView,
    /// The message whose hops the nodes carry, if one was followed.
    pub message: Option<u32>,
}
