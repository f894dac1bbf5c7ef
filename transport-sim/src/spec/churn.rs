//! Users that come and go: `[churn]`.

use std::path::PathBuf;

use floodnet_core::distributions::{Distribution, session_preset};
#[cfg(feature = "serde")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use floodnet_core::units::Duration;
#[cfg(feature = "serde")]
use floodnet_core::units::share;

use super::Complaints;

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
    #[cfg_attr(
        feature = "serde",
        serde(default = "half", deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
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

impl Churn {
    /// Adds what makes no sense by itself.
    pub fn check(&self, complaints: &mut Complaints) {
        complaints.share("churn.crash", self.crash);
        if let Lifetime::Distribution(session) = &self.session {
            complaints.distribution("churn.session", session);
        }
        match (&self.session, &self.downtime) {
            (Lifetime::Trace(_), Some(_)) => {
                let title = "the trace of the session says the downtime too";
                complaints.add("churn.downtime", title, "remove it, or the trace");
            }
            (_, Some(Lifetime::Trace(_))) => {
                let label = "write session = { trace = { file = ... } } and no downtime";
                complaints.add("churn.downtime", "a trace says sessions and downtimes together", label);
            }
            (_, Some(Lifetime::Distribution(downtime))) => {
                complaints.distribution("churn.downtime", downtime);
            }
            (Lifetime::Trace(_), None) | (_, Some(Lifetime::Preset(_))) => {}
            (_, None) => {
                let label = "it has no default; it can be a distribution such as { exponential = { mean = \"5min\" } }";
                complaints.add("churn", "missing key `downtime` in [churn]", label);
            }
        }
    }
}

/// How long a slot stays up, or away. A plain duration such as "5min" is always the same length.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, JsonSchema),
    serde(rename_all = "snake_case"),
    schemars(transform = super::text::or_plain)
)]
pub enum Lifetime {
    /// A distribution measured in a real network, by name.
    Preset(SessionPreset),
    /// What a file says, slot by slot.
    Trace(Trace),
    /// Any distribution.
    #[cfg_attr(feature = "serde", serde(untagged))]
    Distribution(Distribution),
}

/// Recorded sessions: when each slot is up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Trace {
    /// CSV with the columns slot, up_s, down_s (seconds), looked up beside the scenario.
    pub file: PathBuf,
}

impl From<Distribution> for Lifetime {
    fn from(distribution: Distribution) -> Self {
        Self::Distribution(distribution)
    }
}

impl Lifetime {
    /// The distribution of these lengths; none for a trace.
    #[must_use]
    pub fn distribution(&self) -> Option<Distribution> {
        match self {
            Self::Distribution(distribution) => Some(*distribution),
            Self::Preset(preset) => session_preset(preset.name()),
            Self::Trace(_) => None,
        }
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
