//! What users publish: `[[traffic]]`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::units::{Duration, Size};

/// One item of `[[traffic]]`: a stream of messages.
///
/// `D` is [`Duration`], or `Option<Duration>` as a file may leave it out. Exactly one of `every` and
/// `poisson` is given: [`Traffic::timing`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Traffic", description = "A stream of messages; exactly one of every and poisson.")]
pub struct Traffic<D = Duration> {
    /// Who publishes: "random" draws among the slots that are up, a number names a slot.
    pub from: Origin,
    /// Time from one message to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// Mean time from one message to the next, of exponential gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poisson: Option<Duration>,
    /// Content of each message. Default "100 B".
    #[serde(default = "hundred_bytes")]
    pub size: Size,
    /// When the first message is published. Default: the end of arrivals + 10 s.
    pub start: D,
    /// From then on nothing is published. Default: duration.
    pub stop: D,
}

const fn hundred_bytes() -> Size {
    Size(100)
}

/// When the messages of a stream are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// At equal distances.
    Every(Duration),
    /// After gaps drawn from an exponential distribution with this mean.
    Poisson(Duration),
}

impl<D> Traffic<D> {
    /// When messages are published after the first; none when the stream says neither or both, which no
    /// loaded scenario does.
    #[must_use]
    pub const fn timing(&self) -> Option<Timing> {
        match (self.every, self.poisson) {
            (Some(gap), None) => Some(Timing::Every(gap)),
            (None, Some(mean)) => Some(Timing::Poisson(mean)),
            _ => None,
        }
    }
}

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the slots that are up at that time.
    Random,
    /// This slot; while it is down, nobody.
    Slot(u32),
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Random => serializer.serialize_str("random"),
            Self::Slot(slot) => serializer.serialize_u32(*slot),
        }
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OriginVisitor;
        impl Visitor<'_> for OriginVisitor {
            type Value = Origin;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"random\" or the number of a slot")
            }
            fn visit_i64<E: de::Error>(self, slot: i64) -> Result<Origin, E> {
                u32::try_from(slot).map(Origin::Slot).map_err(|_| unknown(&slot))
            }
            fn visit_u64<E: de::Error>(self, slot: u64) -> Result<Origin, E> {
                u32::try_from(slot).map(Origin::Slot).map_err(|_| unknown(&slot))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Origin, E> {
                if word == "random" { Ok(Origin::Random) } else { Err(unknown(&word)) }
            }
        }
        fn unknown<E: de::Error>(what: &dyn fmt::Display) -> E {
            E::custom(format!("`{what}` publishes nothing\nwrite \"random\" or the number of a slot"))
        }
        deserializer.deserialize_any(OriginVisitor)
    }
}

impl JsonSchema for Origin {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Origin".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "\"random\", or the number of a slot.",
            "oneOf": [{ "const": "random" }, { "type": "integer", "minimum": 0 }]
        })
    }
}
