//! What adversaries do: the items of `adversary.does`.

use floodnet_core::hostile::MessageClass;
use floodnet_core::units::Duration;
#[cfg(feature = "serde")]
use {
    floodnet_core::units::share,
    schemars::{JsonSchema, Schema, SchemaGenerator},
    serde::{Deserialize, Serialize},
    std::borrow::Cow,
};

use super::Complaints;
use super::adversary::period;

/// One thing that an adversary does.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize),
    serde(try_from = "DeedKeys", into = "DeedKeys")
)]
pub enum DeedSpec {
    /// Drops packets that it should send.
    Drop {
        /// The probability, for each packet.
        share: f64,
        /// Of which class.
        of: MessageClass,
    },
    /// Drops the messages that one slot has published.
    Censor(Censor),
    /// Sends packets later.
    Delay {
        /// How much later.
        by: Duration,
        /// Of which class.
        of: MessageClass,
    },
    /// Does not take packets of this class in.
    Ignore(MessageClass),
    /// Sends packets once more, or several times.
    Repeat {
        /// How many more times.
        times: u32,
        /// How long after the former time.
        after: Duration,
        /// Of which class.
        of: MessageClass,
    },
    /// Sends packets that it invents.
    Forge {
        /// Of which class.
        what: MessageClass,
        /// How often to each of those it connects to; if there are none, to one of its neighbors.
        every: Duration,
        /// How many made-up nodes they name in turn; at 0 they name other adversaries.
        names: u32,
    },
    /// Names another adversary in packets of this class, in place of whom they name.
    Lie(MessageClass),
    /// Tells the other adversaries what reaches it, from whom and when; by that they guess who has published it.
    Collude(Estimator),
}

/// Whose messages are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Censor {
    /// The slot that has published them.
    pub from: u32,
}

/// How adversaries guess who has published a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(rename_all = "snake_case"),
    schemars(description = "How adversaries guess who has published a message.")
)]
pub enum Estimator {
    /// The node that was the first to send it to one of them.
    FirstSpy,
}

/// Made-up nodes where `names` is not written.
#[cfg(feature = "serde")]
const NAMES: u32 = 16;
/// Copies of a packet at most.
const MOST_COPIES: u32 = 1_000;

impl DeedSpec {
    /// The keys that say what is done.
    pub const KEYS: &'static [&'static str] =
        &["drop", "censor", "delay", "ignore", "repeat", "forge", "lie", "collude"];

    /// The key that says what is done.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Drop { .. } => "drop",
            Self::Censor(_) => "censor",
            Self::Delay { .. } => "delay",
            Self::Ignore(_) => "ignore",
            Self::Repeat { .. } => "repeat",
            Self::Forge { .. } => "forge",
            Self::Lie(_) => "lie",
            Self::Collude(_) => "collude",
        }
    }

    /// The class of packets that it is about, and the key that names the class.
    #[must_use]
    pub const fn class(&self) -> Option<(MessageClass, &'static str)> {
        match self {
            Self::Drop { of, .. } | Self::Delay { of, .. } | Self::Repeat { of, .. } => Some((*of, "of")),
            Self::Ignore(of) => Some((*of, "ignore")),
            Self::Forge { what, .. } => Some((*what, "forge")),
            Self::Lie(of) => Some((*of, "lie")),
            Self::Censor(_) | Self::Collude(_) => None,
        }
    }

    /// How many made-up nodes it names.
    pub(super) const fn names(&self) -> u32 {
        if let Self::Forge { names, .. } = self { *names } else { 0 }
    }

    /// Adds what makes no sense by itself; `path` names it, and slots must exist if their number is known.
    pub(super) fn check(&self, path: &str, slots: Option<u32>, complaints: &mut Complaints) {
        let key = |key: &str| format!("{path}.{key}");
        match *self {
            Self::Drop { share, .. } => complaints.share(&key("drop"), share),
            Self::Censor(Censor { from }) => complaints.slot(&key("censor.from"), from, slots),
            Self::Repeat { times, .. } if times > MOST_COPIES => {
                complaints.add(&key("repeat"), "these are too many copies", format!("at most {MOST_COPIES}"));
            }
            Self::Forge { every, .. } => period(&key("every"), every, complaints),
            _ => {}
        }
    }
}

/// An item as it is written.
#[cfg(feature = "serde")]
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    rename = "Deed",
    description = "Exactly one of drop, censor, delay, ignore, repeat, forge, lie and collude."
)]
struct DeedKeys {
    /// Probability with which a packet that it should send is dropped, in [0, 1].
    #[serde(default, deserialize_with = "share::read_some", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "share::schema")]
    drop: Option<f64>,
    /// Drops the messages that one slot has published.
    #[serde(skip_serializing_if = "Option::is_none")]
    censor: Option<Censor>,
    /// Sends packets so much later.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<Duration>,
    /// Does not take packets of this class in.
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore: Option<MessageClass>,
    /// Sends packets so many times more.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<u32>,
    /// Sends packets of this class that it invents, to those it connects to; if there are none, to a neighbor.
    #[serde(skip_serializing_if = "Option::is_none")]
    forge: Option<MessageClass>,
    /// Names another adversary in packets of this class, in place of whom they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    lie: Option<MessageClass>,
    /// Pools what reaches the adversaries, and guesses who has published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    collude: Option<Estimator>,
    /// Of drop, delay, repeat: the class of packets. Default "payload".
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<MessageClass>,
    /// Of repeat: time from one copy to the next. Default "0s".
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Duration>,
    /// Of forge: how often.
    #[serde(skip_serializing_if = "Option::is_none")]
    every: Option<Duration>,
    /// Of forge: how many made-up nodes the packets name in turn; at 0 they name other adversaries. Default 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<u32>,
}

#[cfg(feature = "serde")]
impl DeedKeys {
    /// What it does; if it says none or two things, what is wrong.
    fn only(&self) -> Result<DeedSpec, String> {
        let of = self.of.unwrap_or(MessageClass::Payload);
        let all = [
            self.drop.map(|share| DeedSpec::Drop { share, of }),
            self.censor.map(DeedSpec::Censor),
            self.delay.map(|by| DeedSpec::Delay { by, of }),
            self.ignore.map(DeedSpec::Ignore),
            self.repeat.map(|times| DeedSpec::Repeat { times, after: self.after.unwrap_or_default(), of }),
            self.forge.map(|what| DeedSpec::Forge {
                what,
                every: self.every.unwrap_or_default(),
                names: self.names.unwrap_or(NAMES),
            }),
            self.lie.map(DeedSpec::Lie),
            self.collude.map(DeedSpec::Collude),
        ];
        let keys = DeedSpec::KEYS.join(", ");
        let mut said = all.into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(deed), None) => Ok(deed),
            (None, _) => Err(format!("this does not say what is done\nwrite one of {keys}")),
            (Some(first), Some(second)) => Err(format!(
                "this says both `{}` and `{}`\nkeep one; write the other in braces of its own",
                first.key(),
                second.key()
            )),
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<DeedKeys> for DeedSpec {
    type Error = String;

    fn try_from(keys: DeedKeys) -> Result<Self, String> {
        let deed = keys.only()?;
        let (of, after, forge) = match deed {
            Self::Repeat { .. } => (true, true, false),
            Self::Drop { .. } | Self::Delay { .. } => (true, false, false),
            Self::Forge { .. } => (false, false, true),
            _ => (false, false, false),
        };
        let written = [
            ("of", keys.of.is_some() && !of),
            ("after", keys.after.is_some() && !after),
            ("every", keys.every.is_some() && !forge),
            ("names", keys.names.is_some() && !forge),
        ];
        if let Some((key, _)) = written.iter().find(|(_, stray)| *stray) {
            return Err(format!("`{key}` means nothing to `{}`\nremove it", deed.key()));
        }
        if forge && keys.every.is_none() {
            return Err("this does not say how often\nadd every = \"1s\"".to_owned());
        }
        Ok(deed)
    }
}

#[cfg(feature = "serde")]
impl From<DeedSpec> for DeedKeys {
    fn from(deed: DeedSpec) -> Self {
        let none = Self::default();
        match deed {
            DeedSpec::Drop { share, of } => Self { drop: Some(share), of: Some(of), ..none },
            DeedSpec::Censor(censor) => Self { censor: Some(censor), ..none },
            DeedSpec::Delay { by, of } => Self { delay: Some(by), of: Some(of), ..none },
            DeedSpec::Ignore(class) => Self { ignore: Some(class), ..none },
            DeedSpec::Repeat { times, after, of } => {
                Self { repeat: Some(times), after: Some(after), of: Some(of), ..none }
            }
            DeedSpec::Forge { what, every, names } => {
                Self { forge: Some(what), every: Some(every), names: Some(names), ..none }
            }
            DeedSpec::Lie(class) => Self { lie: Some(class), ..none },
            DeedSpec::Collude(estimator) => Self { collude: Some(estimator), ..none },
        }
    }
}

#[cfg(feature = "serde")]
impl JsonSchema for DeedSpec {
    fn schema_name() -> Cow<'static, str> {
        DeedKeys::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        DeedKeys::json_schema(generator)
    }
}
