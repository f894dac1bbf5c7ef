//! What to measure, and how a run ended.

use floodnet_core::time::{Duration, Time};

/// What to measure, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureSettings {
    /// Name of the scenario.
    pub scenario: String,
    /// Time between samples; none takes no samples.
    pub every: Option<Duration>,
    /// First instant of the window of averages.
    pub start: Time,
    /// First instant after it.
    pub stop: Time,
    /// How long a message may take.
    pub deadline: Duration,
    /// How long a joined node may be without an edge before the network counts as split.
    pub grace: Duration,
    /// How many neighbors a node wants; none when the overlay has no such number.
    pub target_degree: Option<u32>,
    /// Whether a peer that only one end holds is a link: the views of the overlay are directed.
    pub is_directed: bool,
    /// When to keep the whole graph.
    pub topology_times: Vec<Time>,
    /// Whether to keep it at the end of the run.
    pub topology_at_end: bool,
}

/// What only the backend knows when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The digest of the run; none of a backend that does not run the same way twice.
    pub digest: Option<u64>,
    /// Packets with a message still on their way.
    pub in_flight_payloads: u64,
    /// Packets still on their way.
    pub in_flight_packets: u64,
    /// Whether the run reached its end. If not, it counts as having ended at the last sample.
    pub complete: bool,
}
