//! Values that a scenario writes as one of two forms.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use floodnet_core::distributions::Distribution;
use floodnet_core::units::Duration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::EnumAccessDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{Latency, Lifetime, Origin, Target};

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

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Random => serializer.serialize_str("random"),
            Self::Publishers => serializer.serialize_str("publishers"),
            Self::Joiners => serializer.serialize_str("joiners"),
            Self::Slot(slot) => serializer.serialize_u32(*slot),
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TargetVisitor;
        impl Visitor<'_> for TargetVisitor {
            type Value = Target;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"random\", \"publishers\", \"joiners\" or the number of a slot")
            }
            fn visit_i64<E: de::Error>(self, slot: i64) -> Result<Target, E> {
                u32::try_from(slot).map(Target::Slot).map_err(|_| unknown(&slot))
            }
            fn visit_u64<E: de::Error>(self, slot: u64) -> Result<Target, E> {
                u32::try_from(slot).map(Target::Slot).map_err(|_| unknown(&slot))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Target, E> {
                match word {
                    "random" => Ok(Target::Random),
                    "publishers" => Ok(Target::Publishers),
                    "joiners" => Ok(Target::Joiners),
                    other => Err(unknown(&other)),
                }
            }
        }
        fn unknown<E: de::Error>(what: &dyn fmt::Display) -> E {
            let label = "write \"random\", \"publishers\", \"joiners\" or the number of a slot";
            E::custom(format!("`{what}` is nobody to connect to\n{label}"))
        }
        deserializer.deserialize_any(TargetVisitor)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "\"random\", \"publishers\", \"joiners\", or the number of a slot.",
            "oneOf": [{ "enum": ["random", "publishers", "joiners"] }, { "type": "integer", "minimum": 0 }]
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

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        distribution_or("Lifetime", deserializer)
    }
}

impl DistributionOr for Lifetime {
    const WORDS: &'static [&'static str] = &with_distributions(["preset", "trace"]);

    fn read<'de, A: VariantAccess<'de>>(word: &str, value: A) -> Result<Self, A::Error> {
        match word {
            "preset" => value.newtype_variant().map(Self::Preset),
            _ => value.newtype_variant().map(Self::Trace),
        }
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        distribution_or("Latency", deserializer)
    }
}

impl DistributionOr for Latency {
    const WORDS: &'static [&'static str] = &with_distributions(["regions", "matrix"]);

    fn read<'de, A: VariantAccess<'de>>(word: &str, value: A) -> Result<Self, A::Error> {
        match word {
            "regions" => value.newtype_variant().map(Self::Regions),
            _ => value.newtype_variant().map(Self::Matrix),
        }
    }
}

/// Adds the plain duration to the schema of a choice.
pub(super) fn or_plain(schema: &mut Schema) {
    let plain = json_schema!({ "$ref": "#/definitions/Duration" }).to_value();
    let key = if schema.get("oneOf").is_some() { "oneOf" } else { "anyOf" };
    if let Some(choices) = schema.get_mut(key).and_then(|choices| choices.as_array_mut()) {
        choices.push(plain);
    }
}

/// A choice between the distributions and two words more. serde's `untagged` would read it too, but then errors lose
/// their place and their words.
trait DistributionOr: From<Distribution> {
    /// The words of the distributions, then its own.
    const WORDS: &'static [&'static str];

    /// Reads what follows one of its own words.
    fn read<'de, A: VariantAccess<'de>>(word: &str, value: A) -> Result<Self, A::Error>;
}

/// The words of the distributions, then `own`.
const fn with_distributions(own: [&'static str; 2]) -> [&'static str; 8] {
    let [a, b, c, d, e, f] = Distribution::WORDS;
    [a, b, c, d, e, f, own[0], own[1]]
}

fn distribution_or<'de, T, D>(name: &'static str, deserializer: D) -> Result<T, D::Error>
where
    T: DistributionOr,
    D: Deserializer<'de>,
{
    struct ChoiceVisitor<T>(PhantomData<T>);
    impl<'de, T: DistributionOr> Visitor<'de> for ChoiceVisitor<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration or a table")
        }
        fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<T, A::Error> {
            let (first, value) = choice.variant_seed(OneOf(T::WORDS))?;
            let word = match first {
                First::Word(word) => word,
                First::Plain(length) => {
                    value.unit_variant()?;
                    return Ok(Distribution::Constant(length.0).into());
                }
            };
            if Distribution::WORDS.contains(&word) {
                let choice = EnumAccessDeserializer::new(Chosen { word, value });
                return Distribution::deserialize(choice).map(T::from);
            }
            T::read(word, value)
        }
    }
    deserializer.deserialize_enum(name, T::WORDS, ChoiceVisitor(PhantomData))
}

/// What stands first in a choice.
enum First {
    /// One of the words.
    Word(&'static str),
    /// A duration: the same as `{ constant = DURATION }`.
    Plain(Duration),
}

/// Reads one of these words, or a duration.
struct OneOf(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for OneOf {
    type Value = First;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<First, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for OneOf {
    type Value = First;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<First, E> {
        if let Some(known) = self.0.iter().find(|known| **known == word) {
            return Ok(First::Word(known));
        }
        // What begins as a duration was meant to be one.
        if word.trim_start().starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
            return word.parse().map(First::Plain).map_err(E::custom);
        }
        Err(E::unknown_variant(word, self.0))
    }
}

/// A word that was read already, and what follows it.
struct Chosen<A> {
    word: &'static str,
    value: A,
}

impl<'de, A: VariantAccess<'de>> EnumAccess<'de> for Chosen<A> {
    type Error = A::Error;
    type Variant = A;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, A), A::Error> {
        Ok((seed.deserialize(self.word.into_deserializer())?, self.value))
    }
}
