//! Users that come and go: `[churn]`.

use std::path::PathBuf;

use floodnet_core::distributions::{Distribution, session_preset};
#[cfg(feature = "serde")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use floodnet_core::units::Duration;

/// `[churn]`: while it lasts, slots stop and come back.
///
/// `D` is [`Duration`], or `Option<Duration>` as a file may leave it out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(deny_unknown_fields),
    schemars(rename = "Churn", description = "While it lasts, slots stop and come back.")
)]
pub struct Churn<D = Duration> {
    /// When sessions begin to end. Default: nodes.arrive.
    pub start: D,
    /// From then on nobody stops or comes back. Default: duration.
    pub stop: D,
    /// How long a slot stays up.
    pub session: Lifetime,
    /// How long it stays away. Left out exactly when the session is a trace, which says both.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub downtime: Option<Lifetime>,
    /// Share of the stops that are crashes, in [0, 1]; the rest are announced leaves. Default 0.5.
    #[cfg_attr(feature = "serde", serde(default = "half"))]
    pub crash: f64,
    /// What the others see of a crash. Default "silent".
    #[cfg_attr(feature = "serde", serde(default))]
    pub crash_kind: CrashKind,
}

#[cfg(feature = "serde")]
const fn half() -> f64 {
    0.5
}

impl Churn<Option<Duration>> {
    /// The churn from `start` to `stop` where it does not say when.
    #[must_use]
    pub fn fill(self, start: Duration, stop: Duration) -> Churn {
        let Self { session, downtime, crash, crash_kind, .. } = self;
        let (start, stop) = (self.start.unwrap_or(start), self.stop.unwrap_or(stop));
        Churn { start, stop, session, downtime, crash, crash_kind }
    }
}

/// Distribution of a session or of a downtime.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
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
    /// A distribution measured in a real network, by name.
    Preset(SessionPreset),
    /// What a file says, slot by slot.
    Trace {
        /// CSV with the columns slot, up_s, down_s (seconds), looked up beside the scenario.
        file: PathBuf,
    },
}

impl Lifetime {
    /// The distribution of these lengths; none for a trace.
    #[must_use]
    pub fn distribution(&self) -> Option<Distribution> {
        Some(match *self {
            Self::Exponential { mean } => Distribution::Exponential { mean: mean.0 },
            Self::Weibull { shape, scale } => Distribution::Weibull { shape, scale: scale.0 },
            Self::Lognormal { median, sigma } => Distribution::Lognormal { median: median.0, sigma },
            Self::Pareto { shape, least } => Distribution::Pareto { shape, least: least.0 },
            Self::Preset(preset) => return session_preset(preset.name()),
            Self::Trace { .. } => return None,
        })
    }
}

/// Session lengths measured in real networks, by the names and with the distributions of
/// [`session_preset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(rename_all = "kebab-case"),
    schemars(description = "Session lengths measured in real networks, all Weibull.")
)]
pub enum SessionPreset {
    /// BitTorrent, Red Hat 9.
    RedHat,
    /// BitTorrent, Debian.
    Debian,
    /// BitTorrent, a game's demo.
    Flatout,
    /// KAD.
    Kad,
}

impl SessionPreset {
    /// Its name in a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RedHat => "red-hat",
            Self::Debian => "debian",
            Self::Flatout => "flatout",
            Self::Kad => "kad",
        }
    }
}

/// What the others see of a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum CrashKind {
    /// Nothing is sent: neighbors must find out.
    #[default]
    Silent,
    /// The kernel resets every connection: neighbors know after one delay.
    Reset,
}
