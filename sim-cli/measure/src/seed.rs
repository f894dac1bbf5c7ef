//! Seeds in JSON, for `#[serde(with = "floodnet_measure::seed")]`.
//!
//! Many programs (jq, browsers) read every number of JSON as a double, which holds whole numbers up to 2^53. A greater
//! seed is written as text, so that none of them turns it into another one. Both forms are read.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// The greatest number that every reader of JSON keeps.
const EXACT: u64 = (1 << 53) - 1;

/// A seed as it is written to JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

/// Writes a seed: a number, or text where a number would not survive.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    if *seed <= EXACT { serializer.serialize_u64(*seed) } else { serializer.serialize_str(&seed.to_string()) }
}

/// Reads a seed: a number, or its text.
///
/// # Errors
/// It is neither.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct SeedVisitor;
    impl Visitor<'_> for SeedVisitor {
        type Value = u64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a seed: a whole number, or its digits as text")
        }
        fn visit_u64<E: de::Error>(self, seed: u64) -> Result<u64, E> {
            Ok(seed)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }
    deserializer.deserialize_any(SeedVisitor)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Run {
        #[serde(with = "super")]
        seed: u64,
    }

    use super::*;

    #[test]
    fn what_a_double_cannot_hold_is_text_and_both_are_read() {
        for (seed, json) in [
            (0, "{\"seed\":0}"),
            (EXACT, "{\"seed\":9007199254740991}"),
            (EXACT + 1, "{\"seed\":\"9007199254740992\"}"),
            (u64::MAX, "{\"seed\":\"18446744073709551615\"}"),
        ] {
            assert_eq!(serde_json::to_string(&Run { seed }).unwrap(), json);
            assert_eq!(serde_json::to_string(&Seed(seed)).unwrap(), json[8..json.len() - 1]);
            assert_eq!(serde_json::from_str::<Run>(json).unwrap(), Run { seed });
            // As earlier versions wrote them.
            let number = format!("{{\"seed\":{seed}}}");
            assert_eq!(serde_json::from_str::<Run>(&number).unwrap(), Run { seed });
        }
        for bad in ["\"\"", "\"1.5\"", "1.5", "-1", "null", "\"x\""] {
            assert!(serde_json::from_str::<Run>(&format!("{{\"seed\":{bad}}}")).is_err(), "{bad}");
        }
    }
}
