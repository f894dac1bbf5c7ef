//! What goes wrong on purpose: `[[fault]]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::churn::CrashKind;
use super::units::Duration;

/// One item of `[[fault]]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "FaultKeys")]
pub struct Fault {
    /// When it begins.
    pub at: Duration,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What happens in a fault. Slots of a fraction are drawn by the plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Slots crash at once.
    Crash(Crash),
    /// Nothing passes between groups of slots.
    Partition(Partition),
    /// Single links are cut in both directions.
    Cut(Cut),
    /// More packets are lost.
    Loss(Loss),
    /// Packets from and to some slots take longer.
    Slow(Slow),
    /// Some slots stand still.
    Pause(Pause),
}

impl FaultKind {
    /// The key it has in a scenario.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Crash(_) => "crash",
            Self::Partition(_) => "partition",
            Self::Cut(_) => "cut",
            Self::Loss(_) => "loss",
            Self::Slow(_) => "slow",
            Self::Pause(_) => "pause",
        }
    }

    /// How long it lasts; none for a crash without return.
    #[must_use]
    pub const fn lasts(&self) -> Option<Duration> {
        match self {
            Self::Crash(crash) => crash.back,
            Self::Partition(fault) => Some(fault.lasts),
            Self::Cut(fault) => Some(fault.lasts),
            Self::Loss(fault) => Some(fault.lasts),
            Self::Slow(fault) => Some(fault.lasts),
            Self::Pause(fault) => Some(fault.lasts),
        }
    }
}

/// Slots crash. Exactly one of `fraction` and `slots` is given: [`Crash::victims`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "Slots crash; exactly one of fraction and slots.")]
pub struct Crash {
    /// Share of the slots that are up, in (0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// Numbers of slots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<Vec<u32>>,
    /// What the others see of it. Default "silent".
    #[serde(default)]
    pub kind: CrashKind,
    /// They come back this long after the crash. Default "never".
    #[serde(default, with = "never")]
    #[schemars(schema_with = "never::schema")]
    pub back: Option<Duration>,
}

/// Who crashes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Victims<'a> {
    /// This share of the slots that are up.
    Fraction(f64),
    /// These slots.
    Slots(&'a [u32]),
}

impl Crash {
    /// Who crashes; none when neither or both are said, which no loaded scenario does.
    #[must_use]
    pub fn victims(&self) -> Option<Victims<'_>> {
        match (self.fraction, &self.slots) {
            (Some(fraction), None) => Some(Victims::Fraction(fraction)),
            (None, Some(slots)) => Some(Victims::Slots(slots)),
            _ => None,
        }
    }
}

/// Slots are split into groups between which nothing passes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Share of the slots in each group; at least two groups, the shares sum to 1.
    pub groups: Vec<f64>,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
    /// Cut only what goes from a group to a later one. Default false.
    #[serde(default)]
    pub one_way: bool,
}

/// Links are cut in both directions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Pairs of slots.
    pub links: Vec<Ends>,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "Vec<u32>", into = "[u32; 2]")]
#[schemars(with = "[u32; 2]")]
pub struct Ends(pub u32, pub u32);

// Not read as an array: the reader of TOML lets a third element of a pair pass.
impl TryFrom<Vec<u32>> for Ends {
    type Error = &'static str;

    fn try_from(slots: Vec<u32>) -> Result<Self, &'static str> {
        match slots[..] {
            [a, b] => Ok(Self(a, b)),
            _ => Err("a link has two ends\nwrite pairs of slots such as [[0, 1]]"),
        }
    }
}

impl From<Ends> for [u32; 2] {
    fn from(Ends(a, b): Ends) -> Self {
        [a, b]
    }
}

/// Packets are lost, on top of the links' own loss.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// Probability for each attempt, in [0, 1].
    pub share: f64,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
}

/// Packets from and to some slots take longer.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// Share of the slots, in (0, 1].
    pub fraction: f64,
    /// Their delays are multiplied by this; 1 or more, in steps of 0.001.
    pub factor: f64,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
}

/// Some slots stand still; what arrives waits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Share of the slots, in (0, 1].
    pub fraction: f64,
    /// How long.
    #[serde(rename = "for")]
    pub lasts: Duration,
}

/// A fault as it is written: `at`, and one of the others.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fault", description = "When, and exactly one of what happens.")]
pub(crate) struct FaultKeys {
    /// When it begins.
    at: Duration,
    /// Slots crash at once.
    crash: Option<Crash>,
    /// Nothing passes between groups of slots.
    partition: Option<Partition>,
    /// Single links are cut in both directions.
    cut: Option<Cut>,
    /// More packets are lost.
    loss: Option<Loss>,
    /// Packets from and to some slots take longer.
    slow: Option<Slow>,
    /// Some slots stand still.
    pause: Option<Pause>,
}

impl TryFrom<FaultKeys> for Fault {
    type Error = String;

    fn try_from(keys: FaultKeys) -> Result<Self, String> {
        let kinds = [
            keys.crash.map(FaultKind::Crash),
            keys.partition.map(FaultKind::Partition),
            keys.cut.map(FaultKind::Cut),
            keys.loss.map(FaultKind::Loss),
            keys.slow.map(FaultKind::Slow),
            keys.pause.map(FaultKind::Pause),
        ];
        let mut given = kinds.into_iter().flatten();
        let all = "one of crash, partition, cut, loss, slow, pause";
        match (given.next(), given.next()) {
            (Some(kind), None) => Ok(Self { at: keys.at, kind }),
            (None, _) => Err(format!("the fault does not say what happens\nadd {all}")),
            (Some(first), Some(second)) => Err(format!(
                "the fault says both `{}` and `{}`\nkeep {all}; make a second [[fault]] of the other",
                first.key(),
                second.key()
            )),
        }
    }
}

/// A duration, or "never".
mod never {
    use schemars::{Schema, SchemaGenerator};
    use serde::{Deserializer, Serialize, Serializer};

    use super::Duration;
    use floodnet_text::units::{duration_or, schema_duration_or};

    pub(super) fn serialize<S: Serializer>(back: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match back {
            Some(back) => back.serialize(to),
            None => to.serialize_str("never"),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        duration_or("never", from)
    }

    pub(super) fn schema(generator: &mut SchemaGenerator) -> Schema {
        schema_duration_or("never", generator)
    }
}
