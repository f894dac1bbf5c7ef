//! Values that a scenario writes as one of two forms.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::Origin;

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
    fn schema_name() -> Cow<'static, str> {
        "Origin".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "\"random\", or the number of a slot.",
            "oneOf": [{ "const": "random" }, { "type": "integer", "minimum": 0 }]
        })
    }
}

/// A duration, or "never".
pub(super) mod never {
    use floodnet_core::units::{Duration, duration_or, schema_duration_or};
    use schemars::{Schema, SchemaGenerator};
    use serde::{Deserializer, Serialize, Serializer};

    pub(in crate::spec) fn serialize<S: Serializer>(
        back: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match back {
            Some(back) => back.serialize(to),
            None => to.serialize_str("never"),
        }
    }

    pub(in crate::spec) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        duration_or("never", from)
    }

    pub(in crate::spec) fn schema(generator: &mut SchemaGenerator) -> Schema {
        schema_duration_or("never", generator)
    }
}
