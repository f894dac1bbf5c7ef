//! The units from and to the strings of a scenario, and their JSON Schema.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::{Duration, Limit, RATE_UNITS, Rate, SIZE_UNITS, Size};
use crate::time;

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().parse::<f64>().is_ok_and(|number| number.is_finite() && number != 0.0) {
            return Err(unitless(text.trim()));
        }
        let signed: SignedDuration = if text.trim() == "0" {
            SignedDuration::ZERO
        } else {
            text.trim().parse().map_err(|_| format!("`{text}` is not a duration\n{DURATION_FORM}"))?
        };
        let nanos = signed.as_nanos();
        if nanos < 0 {
            return Err(format!("`{text}` is negative\na duration is zero or more"));
        }
        u64::try_from(nanos)
            .map(Self::from_nanos)
            .map_err(|_| format!("`{text}` is too long\nat most 584 years can be simulated"))
    }
}

pub(super) const DURATION_FORM: &str = r#"write a duration, e.g. "250ms", "90s" or "1m 30s""#;

pub(super) fn unitless(number: &str) -> String {
    format!("a duration needs a unit\nwrite \"{number}s\" for seconds, \"{number}ms\" for milliseconds")
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "unlimited" {
            return Ok(Self::Unlimited);
        }
        match parse_quantity(text, &RATE_UNITS) {
            Some(0) => Err(format!("`{text}` would pass nothing\na rate must be positive or \"unlimited\"")),
            Some(bits) => Ok(Self::BitsPerSecond(bits)),
            None => Err(format!(
                "`{text}` is not a rate\nwrite a rate, e.g. \"10 Mbit/s\", \"64 kbit/s\" or \"unlimited\""
            )),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_quantity(text, &SIZE_UNITS).map(Self).ok_or_else(|| {
            format!("`{text}` is not a size\nwrite a size, e.g. \"100 B\", \"256 KiB\" or \"1 MB\"")
        })
    }
}

/// `"10 Mbit/s"` in units of the table, or none. Fractions are allowed when they come out whole.
fn parse_quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let (_, size) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    let number = number.replace('_', "");
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(*size);
    }
    let (whole, fraction) = number.split_once('.')?;
    let whole = whole.parse::<u64>().ok()?.checked_mul(*size)?;
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(*size)?;
    part.is_multiple_of(scale).then(|| whole.checked_add(part / scale)).flatten()
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => serializer.serialize_str("unlimited"),
            Self::AtMost(limit) => serializer.serialize_u64(*limit),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor;
        impl Visitor<'_> for LimitVisitor {
            type Value = Limit;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or \"unlimited\"")
            }
            fn visit_u64<E: de::Error>(self, limit: u64) -> Result<Limit, E> {
                Ok(Limit::AtMost(limit))
            }
            fn visit_i64<E: de::Error>(self, limit: i64) -> Result<Limit, E> {
                u64::try_from(limit)
                    .map(Limit::AtMost)
                    .map_err(|_| E::custom(format!("`{limit}` is negative\na limit is zero or more")))
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Limit, E> {
                match word {
                    "unlimited" | "none" => Ok(Limit::Unlimited),
                    _ => Err(E::custom(format!(
                        "`{word}` is not a limit\nwrite a whole number or \"unlimited\""
                    ))),
                }
            }
        }
        deserializer.deserialize_any(LimitVisitor)
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number, or \"unlimited\".",
            "oneOf": [{ "type": "integer", "minimum": 0 }, { "enum": ["unlimited", "none"] }]
        })
    }
}

/// Reads a string by `FromStr`; a number in its place is refused with `hint`, which sees the number.
///
/// A message of two lines is shown as title and label: what is wrong, and what to write instead.
struct TextVisitor<T> {
    expecting: &'static str,
    bare: fn(&str) -> String,
    value: PhantomData<T>,
}

impl<T: FromStr<Err = String>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Err(E::custom((self.bare)(&number.to_string())))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Err(E::custom((self.bare)(&number.to_string())))
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Err(E::custom((self.bare)(&number.to_string())))
    }
}

macro_rules! text_value {
    ($type:ident, $expecting:literal, $bare:expr, $pattern:literal, $description:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = TextVisitor { expecting: $expecting, bare: $bare, value: PhantomData };
                deserializer.deserialize_any(visitor)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> alloc::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    };
}

text_value!(
    Duration,
    "a duration such as \"250ms\"",
    unitless,
    r"^\s*\+?(0|.*[0-9]+(\.[0-9]+)?\s*[A-Za-zµ]+.*)\s*$",
    "A length of time with its unit, such as \"250ms\", \"90s\" or \"1m 30s\"."
);
text_value!(
    Rate,
    "a rate such as \"10 Mbit/s\"",
    |number| format!("a rate needs a unit\nwrite \"{number} Mbit/s\" or \"{number} kbit/s\""),
    r"^\s*(unlimited|[0-9][0-9_]*(\.[0-9]+)?\s*([kKMmGg])?[Bb]it/[Ss])\s*$",
    "A rate such as \"10 Mbit/s\" (10^6 bits per second), or \"unlimited\"."
);
text_value!(
    Size,
    "a size such as \"100 B\"",
    |number| format!("a size needs a unit\nwrite \"{number} B\" or \"{number} KiB\""),
    r"^\s*[0-9][0-9_]*(\.[0-9]+)?\s*([kKMmGg]([Ii])?)?[Bb]\s*$",
    "A number of bytes, such as \"100 B\", \"256 KiB\" or \"1 MB\"."
);

// The plain duration of protocols and distributions is written the same way.

impl Serialize for time::Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Duration(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for time::Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Duration::deserialize(deserializer).map(Self::from)
    }
}

impl JsonSchema for time::Duration {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        Duration::schema_name()
    }
    fn schema_id() -> alloc::borrow::Cow<'static, str> {
        Duration::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Duration::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Duration>().map(Duration::as_nanos);
        assert_eq!(read("250ms"), Ok(250_000_000));
        assert_eq!(read("1m 30s"), Ok(90_000_000_000));
        assert_eq!(read("1.5s"), Ok(1_500_000_000));
        assert_eq!(read("40us"), Ok(40_000));
        assert_eq!(read("10min"), Ok(600_000_000_000));
        assert_eq!(read("2h"), Ok(7_200_000_000_000));
        assert_eq!(read("0"), Ok(0));
        assert!(read("5").unwrap_err().contains("needs a unit"));
        assert!(read("-5s").unwrap_err().contains("negative"));
        assert!(read("9000000h").unwrap_err().contains("too long"));
        assert!(read("soon").unwrap_err().contains("not a duration"));
    }

    #[test]
    fn rates_and_sizes_read_back_what_they_print() {
        for text in ["10 Mbit/s", "64 kbit/s", "1 Gbit/s", "1500 kbit/s", "7 bit/s", "unlimited"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["100 B", "256 KiB", "1 MiB", "3 kB", "0 B"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("1.5Mbit/s".parse::<Rate>(), Ok(Rate::BitsPerSecond(1_500_000)));
        assert_eq!("0.5 KiB".parse::<Size>(), Ok(Size(512)));
        assert!("0.3 B".parse::<Size>().is_err());
        assert!("0 bit/s".parse::<Rate>().is_err());
        assert!("10 Mbit".parse::<Rate>().is_err());
        assert!("99999999999999 GiB".parse::<Size>().is_err());
    }
}
