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
        deserializer.deserialize_any(WordOrSlot {
            words: &[("random", Self::Random)],
            slot: Self::Slot,
            form: "\"random\" or the number of a slot",
            wrong: "publishes nothing",
        })
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
        deserializer.deserialize_any(WordOrSlot {
            words: &[("random", Self::Random), ("publishers", Self::Publishers), ("joiners", Self::Joiners)],
            slot: Self::Slot,
            form: "\"random\", \"publishers\", \"joiners\" or the number of a slot",
            wrong: "is nobody to connect to",
        })
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

/// Reads one of some words, or the number of a slot.
struct WordOrSlot<T: 'static> {
    words: &'static [(&'static str, T)],
    slot: fn(u32) -> T,
    /// What there is to write.
    form: &'static str,
    /// What is said of anything else.
    wrong: &'static str,
}

impl<T> WordOrSlot<T> {
    fn wrong<E: de::Error>(&self, what: &dyn fmt::Display) -> E {
        E::custom(format!("`{what}` {}\nwrite {}", self.wrong, self.form))
    }
}

impl<T: Copy> Visitor<'_> for WordOrSlot<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form)
    }
    fn visit_i64<E: de::Error>(self, slot: i64) -> Result<T, E> {
        u32::try_from(slot).map(self.slot).map_err(|_| self.wrong(&slot))
    }
    fn visit_u64<E: de::Error>(self, slot: u64) -> Result<T, E> {
        u32::try_from(slot).map(self.slot).map_err(|_| self.wrong(&slot))
    }
    fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
        let known = self.words.iter().find(|(known, _)| *known == word);
        known.map(|(_, value)| *value).ok_or_else(|| self.wrong(&word))
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
