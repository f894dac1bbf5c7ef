//! What is measured and what is drawn: `[measure]` and `[output]`.

use floodnet_core::duration_or_word;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Duration;

/// `[measure]`: the window of all averages and the times that measures need.
///
/// `D` is [`Duration`], or `Option<Duration>` as a file may leave it out.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Measure", description = "The window of all averages and the times that measures need.")]
pub struct Measure<D = Duration> {
    /// Time between two samples of the graph, or "off". Default "1s".
    #[serde(default)]
    pub every: Every,
    /// Start of the window. Default: the end of arrivals + 10 s.
    pub start: D,
    /// End of the window, itself outside. Default: duration.
    pub stop: D,
    /// A message counts as delivered when it comes within this time. Default "10s".
    #[serde(default = "ten_seconds")]
    pub deadline: Duration,
    /// A node may be without an edge for this long before the network counts as split. Default "5s".
    #[serde(default = "five_seconds")]
    pub grace: Duration,
}

const fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

const fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

impl Default for Measure<Option<Duration>> {
    fn default() -> Self {
        Self {
            every: Every::default(),
            start: None,
            stop: None,
            deadline: ten_seconds(),
            grace: five_seconds(),
        }
    }
}

/// Time between two samples of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// No samples.
    Off,
    /// One after each such time.
    Interval(Duration),
}

impl Every {
    /// The interval, or none when off.
    #[must_use]
    pub const fn interval(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Interval(interval) => Some(interval),
        }
    }
}

impl Default for Every {
    fn default() -> Self {
        Self::Interval(Duration::from_secs(1))
    }
}

/// `[output]`: files beside the numbers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// When pictures of the graph are drawn: times, or "end". Default ["end"].
    pub topology: Vec<TopologyTime>,
}

impl Default for Output {
    fn default() -> Self {
        Self { topology: vec![TopologyTime::End] }
    }
}

/// When a picture of the graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopologyTime {
    /// At this time.
    At(Duration),
    /// At the end of the run.
    End,
}

duration_or_word!(Every, Interval, Off, "off");
duration_or_word!(TopologyTime, At, End, "end");
