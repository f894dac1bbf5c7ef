//! Values with a unit: durations, rates, sizes, and limits that may be lifted.
//!
//! All of them are strings in a scenario (`"250ms"`, `"10 Mbit/s"`, `"256 KiB"`), so that a number never
//! stands without its unit. Their text form is exact: what is written reads back equal.

mod word;

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::time;

pub use word::{duration_or, schema_duration_or};

/// A length of time, as in `"250ms"` or `"1m 30s"`. Holds whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub time::Duration);

impl Duration {
    /// The zero duration.
    pub const ZERO: Self = Self(time::Duration::ZERO);

    /// A duration of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(time::Duration::from_millis(millis))
    }

    /// A duration of `secs` seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(time::Duration::from_secs(secs))
    }

    /// A duration of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(time::Duration::from_nanos(nanos))
    }

    /// The length of the duration in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.as_nanos()
    }

    /// The point in time this long after the start of the run.
    #[must_use]
    pub const fn after_start(self) -> time::Time {
        time::Time::from_nanos(self.as_nanos())
    }

    /// Whether the duration is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.as_nanos() == 0
    }
}

impl From<Duration> for time::Duration {
    fn from(span: Duration) -> Self {
        span.0
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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

const DURATION_FORM: &str = r#"write a duration, e.g. "250ms", "90s" or "1m 30s""#;

fn unitless(number: &str) -> String {
    format!("a duration needs a unit\nwrite \"{number}s\" for seconds, \"{number}ms\" for milliseconds")
}

/// A transmission rate, as in `"10 Mbit/s"`, or `"unlimited"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rate {
    /// No limit: a packet takes no time to leave.
    #[default]
    Unlimited,
    /// This many bits per second; never 0.
    BitsPerSecond(u64),
}

impl Rate {
    /// Bits per second, or none when unlimited.
    #[must_use]
    pub const fn bits_per_second(self) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::BitsPerSecond(bits) => Some(bits),
        }
    }
}

const RATE_UNITS: [(&str, u64); 4] =
    [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1_000), ("bit/s", 1)];

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::BitsPerSecond(bits) => write_exact(f, *bits, &RATE_UNITS),
        }
    }
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

/// A number of bytes, as in `"100 B"` or `"256 KiB"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// The size as a number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_exact(f, self.0, &SIZE_UNITS)
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

/// `amount` in the first of `units` that shows it exactly; the last must have size 1.
fn write_exact(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let exact = units.iter().find(|(_, size)| amount >= *size && amount.is_multiple_of(*size));
    match exact.or(units.last()) {
        Some((unit, size)) => write!(f, "{} {unit}", amount / size),
        None => write!(f, "{amount}"),
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

/// A whole number that may be lifted: an integer, or `"unlimited"` (also spelled `"none"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No limit is set.
    Unlimited,
    /// The number may not be exceeded.
    AtMost(u64),
}

impl Limit {
    /// The number, or none when there is no limit.
    #[must_use]
    pub const fn get(self) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::AtMost(limit) => Some(limit),
        }
    }
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
