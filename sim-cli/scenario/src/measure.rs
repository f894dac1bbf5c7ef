//! What is measured and what is drawn: `[measure]` and `[output]`.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize, Serializer};

use super::units::{Duration, duration_or, schema_duration_or};

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

macro_rules! duration_or_word {
    ($type:ident, $value:ident, $word:ident, $text:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::$value(time) => time.serialize(serializer),
                    Self::$word => serializer.serialize_str($text),
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(duration_or($text, deserializer)?.map_or(Self::$word, Self::$value))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                schema_duration_or($text, generator)
            }
        }
    };
}

duration_or_word!(Every, Interval, Off, "off");
duration_or_word!(TopologyTime, At, End, "end");
