//! Values with a unit: durations, rates, sizes, and limits that may be lifted.
//!
//! All of them are strings in a scenario (`"250ms"`, `"10 Mbit/s"`, `"256 KiB"`), so that a number never
//! stands without its unit. Their text form is exact: what is written reads back equal.

#[cfg(feature = "tables")]
mod read;
#[cfg(feature = "tables")]
pub mod share;
#[cfg(feature = "tables")]
mod word;

use core::fmt;

use crate::time;

#[cfg(feature = "tables")]
pub use word::{SchemaName, duration_or, schema_duration_or};

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

impl From<time::Duration> for Duration {
    fn from(span: time::Duration) -> Self {
        Self(span)
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
    #[inline]
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

/// `amount` in the first of `units` that shows it exactly; the last must have size 1.
fn write_exact(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let exact = units.iter().find(|(_, size)| amount >= *size && amount.is_multiple_of(*size));
    match exact.or(units.last()) {
        Some((unit, size)) => write!(f, "{} {unit}", amount / size),
        None => write!(f, "{amount}"),
    }
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
