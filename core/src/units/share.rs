//! A share as people write it: `0.05`, or `"5 %"`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// How a share is written.
const FORM: &str = "write a number such as 0.05, or a percentage such as \"5 %\"";

/// A share that was read. Whether a number lies in [0, 1] is for those who know its key to say.
struct Share(f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShareVisitor;
        impl Visitor<'_> for ShareVisitor {
            type Value = Share;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share such as 0.05 or \"5 %\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                percent(text).map(Share).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Share, E> {
                Ok(Share(number as f64))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Share, E> {
                Ok(Share(number as f64))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Share, E> {
                Ok(Share(number))
            }
        }
        deserializer.deserialize_any(ShareVisitor)
    }
}

/// The share that a percentage is: the number nearest to it, as if it had been written with a point.
fn percent(text: &str) -> Result<f64, String> {
    let Some(number) = text.trim().strip_suffix('%').map(str::trim_end) else {
        return Err(match text.trim().parse::<f64>() {
            Ok(number) => format!(
                "`{text}` has no unit\nwrite {number} without quotes, or a percentage such as \"5 %\""
            ),
            Err(_) => format!("`{text}` is not a share\n{FORM}"),
        });
    };
    let is_decimal = number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let share = format!("{number}e-2").parse::<f64>().ok().filter(|_| is_decimal);
    match share {
        Some(share) if share <= 1.0 => Ok(share),
        Some(_) => Err(format!("`{text}` is more than all\na share lies between 0 % and 100 %")),
        None => Err(format!("`{text}` is not a share\n{FORM}")),
    }
}

/// Reads a share.
///
/// # Errors
/// It is neither a number nor a percentage; says how to write one.
pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Share::deserialize(from).map(|share| share.0)
}

/// Reads a share that may be left out.
///
/// # Errors
/// As [`read`].
pub fn read_some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    read(from).map(Some)
}

/// Reads a list of shares.
///
/// # Errors
/// As [`read`].
pub fn read_all<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
    let all = Vec::<Share>::deserialize(from)?;
    Ok(all.into_iter().map(|share| share.0).collect())
}

/// Schema of a share.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "number" },
            { "type": "string", "pattern": r"^\s*[0-9]*\.?[0-9]*\s*%\s*$" }
        ]
    })
}

/// Schema of a list of shares.
pub fn schema_all(generator: &mut SchemaGenerator) -> Schema {
    let share = schema(generator);
    json_schema!({ "type": "array", "items": share })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn percentages_are_shares() {
        for (text, share) in [
            ("5%", 0.05),
            ("5 %", 0.05),
            (" 0.1 % ", 0.001),
            ("100%", 1.0),
            ("0 %", 0.0),
            ("12.5 %", 0.125),
            (".7%", 0.007),
            ("29%", 0.29),
        ] {
            assert_eq!(percent(text), Ok(share), "{text}");
        }
        for (text, said) in [
            ("0.05", "`0.05` has no unit\nwrite 0.05 without quotes, or a percentage such as \"5 %\""),
            ("101 %", "`101 %` is more than all\na share lies between 0 % and 100 %"),
            ("-5 %", "`-5 %` is not a share\nwrite a number such as 0.05, or a percentage such as \"5 %\""),
            ("%", "`%` is not a share\nwrite a number such as 0.05, or a percentage such as \"5 %\""),
            ("1e3%", "`1e3%` is not a share\nwrite a number such as 0.05, or a percentage such as \"5 %\""),
            ("half", "`half` is not a share\nwrite a number such as 0.05, or a percentage such as \"5 %\""),
        ] {
            assert_eq!(percent(text), Err(said.to_string()), "{text}");
        }
    }
}
