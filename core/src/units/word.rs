//! A duration, or a word in its place: `"never"`, `"off"`, `"end"`.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};

use super::Duration;
use super::read::{DURATION_FORM, unitless};

/// Reads a duration, or none where `word` stands for it.
pub fn duration_or<'de, D>(word: &'static str, from: D) -> Result<Option<Duration>, D::Error>
where
    D: Deserializer<'de>,
{
    struct WordVisitor(&'static str);
    impl WordVisitor {
        fn bare<E: de::Error>(&self, number: &str) -> E {
            E::custom(unitless(number))
        }
    }
    impl Visitor<'_> for WordVisitor {
        type Value = Option<Duration>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a duration or \"{}\"", self.0)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Duration>, E> {
            if text == self.0 {
                return Ok(None);
            }
            // A text that is no duration may have been meant as the word, so the form that is asked for names both.
            let hint = |message: String| match message.strip_suffix(DURATION_FORM) {
                Some(title) => E::custom(format!("{title}{DURATION_FORM}, or \"{}\"", self.0)),
                None => E::custom(message),
            };
            text.parse().map(Some).map_err(hint)
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<Duration>, E> {
            Err(self.bare(&number.to_string()))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Duration>, E> {
            Err(self.bare(&number.to_string()))
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<Duration>, E> {
            Err(self.bare(&number.to_string()))
        }
    }
    from.deserialize_any(WordVisitor(word))
}

/// Lets a type with two variants be read and written: a duration, or a word in its place.
///
/// `duration_or_word!(Every, Interval, Off, "off")`: the type, its variant with a [`Duration`], that without, and the
/// word.
#[macro_export]
macro_rules! duration_or_word {
    ($type:ident, $value:ident, $word:ident, $text:literal) => {
        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::$value(time) => ::serde::Serialize::serialize(time, serializer),
                    Self::$word => serializer.serialize_str($text),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok($crate::units::duration_or($text, deserializer)?.map_or(Self::$word, Self::$value))
            }
        }

        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> $crate::units::SchemaName {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                $crate::units::schema_duration_or($text, generator)
            }
        }
    };
}

/// Name of a type in a schema.
pub type SchemaName = alloc::borrow::Cow<'static, str>;

/// Schema of what [`duration_or`] reads.
pub fn schema_duration_or(word: &'static str, generator: &mut SchemaGenerator) -> Schema {
    let duration = generator.subschema_for::<Duration>();
    json_schema!({ "anyOf": [{ "const": word }, duration] })
}
