//! What goes wrong on purpose: `[[fault]]`.
//!
//! A new kind is declared here, with its checks. Then `plan/faults.rs` says whom it meets and when, `net/faults.rs` what it
//! does to packets; beyond this crate, `sim-cli/testbed/src/netns/rules.rs` does it to real ones, and
//! `sim-cli/lab/src/swarm/random_fault.rs` draws it.

use floodnet_core::units::Duration;
#[cfg(feature = "serde")]
use {
    schemars::{JsonSchema, Schema, SchemaGenerator},
    serde::{Deserialize, Serialize},
    std::borrow::Cow,
};

#[cfg(feature = "serde")]
use super::text::never;
use super::{Complaints, CrashKind};
#[cfg(feature = "serde")]
use floodnet_core::units::share;

/// One item of `[[fault]]`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize), serde(try_from = "FaultKeys"))]
pub struct Fault {
    /// When it begins.
    pub at: Duration,
    /// What happens.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: FaultKind,
}

/// Makes [`FaultKind`] and its form in a scenario of one list: kind, key, and the field and the key that say how
/// long it lasts.
macro_rules! fault_kinds {
    ($($(#[$doc:meta])* $kind:ident $key:ident $lasts:ident $word:literal;)*) => {
        /// What happens in a fault. A fraction is that of the slots that are up when the fault begins, crashes
        /// counted, rounded to the nearest number of slots; the plan draws which.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(Serialize), serde(rename_all = "snake_case"))]
        pub enum FaultKind {
            $($(#[$doc])* $kind($kind),)*
        }

        impl FaultKind {
            /// The keys of all kinds.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];

            /// The key it has in a scenario.
            #[must_use]
            pub const fn key(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($key),)*
                }
            }

            /// The key that says how long it lasts.
            #[must_use]
            pub const fn length_key(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $word,)*
                }
            }

            /// How long it lasts; none for a crash without return.
            #[must_use]
            pub fn lasts(&self) -> Option<Duration> {
                match self {
                    $(Self::$kind(fault) => fault.$lasts.into(),)*
                }
            }

            /// As [`Self::lasts`], to change it.
            pub fn lasts_mut(&mut self) -> Option<&mut Duration> {
                match self {
                    $(Self::$kind(fault) => (&mut fault.$lasts).into(),)*
                }
            }
        }

        /// A fault as it is written: `at`, and one of the others.
        #[cfg(feature = "serde")]
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = "Fault", description = "When, and exactly one of what happens.")]
        struct FaultKeys {
            /// When it begins.
            at: Duration,
            $($(#[$doc])* $key: Option<$kind>,)*
        }

        #[cfg(feature = "serde")]
        impl TryFrom<FaultKeys> for Fault {
            type Error = String;

            fn try_from(keys: FaultKeys) -> Result<Self, String> {
                let mut given = [$(keys.$key.map(FaultKind::$kind)),*].into_iter().flatten();
                Self::only(keys.at, given.next(), given.next())
            }
        }
    };
}

fault_kinds! {
    /// Slots crash at once.
    Crash crash back "back";
    /// Nothing passes between groups of slots.
    Partition partition lasts "for";
    /// Single links are cut in both directions.
    Cut cut lasts "for";
    /// More packets are lost.
    Loss loss lasts "for";
    /// Packets from and to some slots take longer.
    Slow slow lasts "for";
    /// Some slots stand still.
    Pause pause lasts "for";
}

#[cfg(feature = "serde")]
impl Fault {
    /// The fault that says one kind and no second.
    fn only(at: Duration, first: Option<FaultKind>, second: Option<FaultKind>) -> Result<Self, String> {
        let all = FaultKind::KEYS.join(", ");
        match (first, second) {
            (Some(kind), None) => Ok(Self { at, kind }),
            (None, _) => Err(format!("the fault does not say what happens\nadd one of {all}")),
            (Some(first), Some(second)) => Err(format!(
                "the fault says both `{}` and `{}`\nkeep one of {all}; make a second [[fault]] of the other",
                first.key(),
                second.key()
            )),
        }
    }
}

#[cfg(feature = "serde")]
impl JsonSchema for Fault {
    fn schema_name() -> Cow<'static, str> {
        FaultKeys::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        FaultKeys::json_schema(generator)
    }
}

/// Slots crash. Exactly one of `fraction` and `slots` is given: [`Crash::victims`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(deny_unknown_fields),
    schemars(description = "Slots crash; exactly one of fraction and slots.")
)]
pub struct Crash {
    /// Share of the slots that are up, in (0, 1].
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "share::read_some", skip_serializing_if = "Option::is_none"),
        schemars(schema_with = "share::schema")
    )]
    pub fraction: Option<f64>,
    /// Numbers of slots.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub slots: Option<Vec<u32>>,
    /// What the others see of it. Default "silent".
    #[cfg_attr(feature = "serde", serde(default))]
    pub kind: CrashKind,
    /// They come back this long after the crash. Default "never".
    #[cfg_attr(feature = "serde", serde(default, with = "never"), schemars(schema_with = "never::schema"))]
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
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Partition {
    /// Share of the slots in each group; at least two groups, the shares sum to 1.
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read_all"),
        schemars(schema_with = "share::schema_all")
    )]
    pub groups: Vec<f64>,
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub lasts: Duration,
    /// Cut only what goes from a group to a later one. Default false.
    #[cfg_attr(feature = "serde", serde(default))]
    pub one_way: bool,
}

/// Links are cut in both directions.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Cut {
    /// Pairs of slots.
    pub links: Vec<Ends>,
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub lasts: Duration,
}

/// The two ends of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(try_from = "Vec<u32>", into = "[u32; 2]"),
    schemars(with = "[u32; 2]")
)]
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
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Loss {
    /// Probability for each attempt, in [0, 1].
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
    pub share: f64,
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub lasts: Duration,
}

/// Packets from and to some slots take longer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Slow {
    /// Share of the slots, in (0, 1].
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
    pub fraction: f64,
    /// Their delays are multiplied by this; 1 or more, in steps of 0.001.
    pub factor: f64,
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub lasts: Duration,
}

/// Some slots stand still; what arrives waits.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Pause {
    /// Share of the slots, in (0, 1].
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
    pub fraction: f64,
    /// How long.
    #[cfg_attr(feature = "serde", serde(rename = "for"))]
    pub lasts: Duration,
    /// Stand still only so long at a time, with `awake` in between; without both, all the time.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub still: Option<Duration>,
    /// Go on for so long between two times of standing still.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub awake: Option<Duration>,
}

impl Pause {
    /// One pause of this share of the slots.
    #[must_use]
    pub const fn once(fraction: f64, lasts: Duration) -> Self {
        Self { fraction, lasts, still: None, awake: None }
    }

    /// How long slots stand still at a time, and how long it is from one such time to the next.
    #[must_use]
    pub fn rhythm(&self) -> (Duration, Duration) {
        match (self.still, self.awake) {
            (Some(still), Some(awake)) => {
                (still, Duration::from_nanos(still.as_nanos().saturating_add(awake.as_nanos())))
            }
            _ => (self.lasts, self.lasts),
        }
    }
}

/// Times that slots stand still in one fault, at most: each is kept.
const MOST_TIMES_STILL: u64 = 10_000;

/// Groups are numbered in 16 bits.
const MOST_GROUPS: usize = 65_535;
/// A delay is multiplied in 32 bits of thousandths.
const MOST_FACTOR: f64 = 4_000_000.0;

impl FaultKind {
    /// Adds what makes no sense by itself; `key` names the fault, and slots must exist if their number is known.
    pub fn check(&self, key: &str, slots: Option<u32>, complaints: &mut Complaints) {
        let path = format!("{key}.{}", self.key());
        let key = |key: &str| format!("{path}.{key}");
        if let Some(lasts) = self.lasts() {
            complaints.positive(&key(self.length_key()), lasts);
        }
        match self {
            Self::Crash(crash) => victims(&path, crash, slots, complaints),
            Self::Partition(partition) => groups(&key("groups"), &partition.groups, complaints),
            Self::Cut(cut) => links(&key("links"), cut, slots, complaints),
            Self::Loss(loss) => complaints.share(&key("share"), loss.share),
            Self::Pause(pause) => pauses(&path, pause, complaints),
            Self::Slow(slow) => {
                complaints.fraction(&key("fraction"), slow.fraction);
                complaints.at_least(&key("factor"), slow.factor, 1.0);
                if slow.factor > MOST_FACTOR {
                    complaints.add(&key("factor"), "this is too slow", format!("at most {MOST_FACTOR}"));
                }
            }
        }
    }
}

fn victims(path: &str, crash: &Crash, slots: Option<u32>, complaints: &mut Complaints) {
    if let Some(fraction) = crash.fraction {
        complaints.fraction(&format!("{path}.fraction"), fraction);
    }
    for (index, slot) in crash.slots.iter().flatten().enumerate() {
        complaints.slot(&format!("{path}.slots.{index}"), *slot, slots);
    }
    match (&crash.fraction, &crash.slots) {
        (None, None) => {
            complaints.add(path, "the crash does not say who", "write fraction = 0.1 or slots = [3]")
        }
        (Some(_), Some(_)) => {
            complaints.add(&format!("{path}.slots"), "both fraction and slots are given", "keep one of them");
        }
        (None, Some(slots)) if slots.is_empty() => {
            complaints.add(&format!("{path}.slots"), "nobody crashes", "name a slot");
        }
        _ => {}
    }
}

fn pauses(path: &str, pause: &Pause, complaints: &mut Complaints) {
    complaints.fraction(&format!("{path}.fraction"), pause.fraction);
    for (key, time) in [("still", pause.still), ("awake", pause.awake)] {
        if let Some(time) = time {
            complaints.positive(&format!("{path}.{key}"), time);
        }
    }
    if pause.still.is_some() != pause.awake.is_some() {
        let key = if pause.still.is_some() { "still" } else { "awake" };
        complaints.add(
            &format!("{path}.{key}"),
            "still and awake are given together",
            "add the other, or neither",
        );
    }
    let (_, turn) = pause.rhythm();
    if pause.lasts.as_nanos() / turn.as_nanos().max(1) > MOST_TIMES_STILL {
        let label = format!("at most {MOST_TIMES_STILL} times");
        complaints.add(&format!("{path}.still"), "they stand still too often", label);
    }
}

fn groups(path: &str, groups: &[f64], complaints: &mut Complaints) {
    if groups.len() < 2 {
        complaints.add(path, "a partition has at least two groups", "write such as [0.5, 0.5]");
        return;
    }
    if groups.len() > MOST_GROUPS {
        complaints.add(path, "these are too many groups", format!("at most {MOST_GROUPS}"));
    }
    for (index, share) in groups.iter().enumerate() {
        complaints.share(&format!("{path}.{index}"), *share);
    }
    complaints.sum(path, "groups", groups.iter().copied());
}

fn links(path: &str, cut: &Cut, slots: Option<u32>, complaints: &mut Complaints) {
    if cut.links.is_empty() {
        complaints.add(path, "no link is cut", "write pairs of slots such as [[0, 1]]");
    }
    for (index, Ends(a, b)) in cut.links.iter().enumerate() {
        complaints.slot(&format!("{path}.{index}.0"), *a, slots);
        complaints.slot(&format!("{path}.{index}.1"), *b, slots);
        if a == b {
            complaints.add(&format!("{path}.{index}.1"), "a slot has no link to itself", "name another slot");
        }
    }
}
