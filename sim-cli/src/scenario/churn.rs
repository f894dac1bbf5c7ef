//! Users that come and go: `[churn]`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Duration;

/// `[churn]`: while it lasts, slots stop and come back.
///
/// `D` is [`Duration`], or `Option<Duration>` as a file may leave it out.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Churn", description = "While it lasts, slots stop and come back.")]
pub struct Churn<D = Duration> {
    /// When sessions begin to end. Default: nodes.arrive.
    pub start: D,
    /// From then on nobody stops or comes back. Default: duration.
    pub stop: D,
    /// How long a slot stays up.
    pub session: Lifetime,
    /// How long it stays away. Left out exactly when the session is a trace, which says both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downtime: Option<Lifetime>,
    /// Share of the stops that are crashes, in [0, 1]; the rest are announced leaves. Default 0.5.
    #[serde(default = "half")]
    pub crash: f64,
    /// What the others see of a crash. Default "silent".
    #[serde(default)]
    pub crash_kind: CrashKind,
}

const fn half() -> f64 {
    0.5
}

/// Law of a session or of a downtime.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Lifetime {
    /// Exponential.
    Exponential {
        /// Mean length.
        mean: Duration,
    },
    /// Weibull: P(longer than t) = exp(-(t / scale)^shape).
    Weibull {
        /// Below 1, old sessions last longer. Positive.
        shape: f64,
        /// 63 % are shorter.
        scale: Duration,
    },
    /// Log-normal.
    Lognormal {
        /// Half are shorter.
        median: Duration,
        /// Standard deviation of the logarithm; 0 or more.
        sigma: f64,
    },
    /// Pareto: P(longer than t) = (least / t)^shape for t above least.
    Pareto {
        /// Positive; the mean is infinite at 1 or below.
        shape: f64,
        /// Shortest length.
        least: Duration,
    },
    /// A law measured in a real network, by name.
    Preset(SessionPreset),
    /// What a file says, slot by slot.
    Trace {
        /// CSV with the columns slot, up_s, down_s (seconds), looked up beside the scenario.
        file: PathBuf,
    },
}

/// Session lengths measured in real networks: Stutzbach and Rejaie, IMC 2006, and the KAD literature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionPreset {
    /// BitTorrent, Red Hat: Weibull, shape 0.34, scale 21.3 min.
    RedHat,
    /// BitTorrent, Debian: Weibull, shape 0.38, scale 42.4 min.
    Debian,
    /// BitTorrent, FlatOut: Weibull, shape 0.59, scale 41.9 min.
    Flatout,
    /// KAD: Weibull, shape 0.5, scale 5000 s.
    Kad,
}

impl SessionPreset {
    /// Shape and scale of the Weibull law.
    #[must_use]
    pub const fn weibull(self) -> (f64, Duration) {
        match self {
            Self::RedHat => (0.34, Duration::from_millis(21_300 * 60)),
            Self::Debian => (0.38, Duration::from_millis(42_400 * 60)),
            Self::Flatout => (0.59, Duration::from_millis(41_900 * 60)),
            Self::Kad => (0.5, Duration::from_secs(5_000)),
        }
    }
}

/// What the others see of a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrashKind {
    /// Nothing is sent: neighbors must find out.
    #[default]
    Silent,
    /// The kernel resets every connection: neighbors know after one delay.
    Reset,
}
