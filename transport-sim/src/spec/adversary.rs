//! Nodes that break the rules: `[[adversary]]`.

use floodnet_core::units::Duration;
#[cfg(feature = "serde")]
use {
    floodnet_core::units::share,
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use super::deed::DeedSpec;
use super::{Complaints, MOST_SLOTS};

/// One item of `[[adversary]]`: some slots that keep the protocol until `start`, and then do more or less than that.
///
/// Exactly one of `share`, `count`, `slots`, `class` and `extra` is given: [`Adversary::who`].
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(deny_unknown_fields),
    schemars(
        description = "Slots that break the rules; exactly one of share, count, slots, class and extra."
    )
)]
pub struct Adversary {
    /// Share of the slots, in [0, 1]; drawn among those that are no entry nodes.
    #[cfg_attr(
        feature = "serde",
        serde(default, deserialize_with = "share::read_some", skip_serializing_if = "Option::is_none"),
        schemars(schema_with = "share::schema")
    )]
    pub share: Option<f64>,
    /// Number of slots; drawn as for a share.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub count: Option<u32>,
    /// Numbers of slots.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub slots: Option<Vec<u32>>,
    /// Name of a class, all of whose slots are meant.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub class: Option<String>,
    /// Number of nodes that come beside those of `nodes.count`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub extra: Option<u32>,
    /// Of a share or count: take the slots with the most links of a static graph instead of random ones. Default
    /// false.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_false"))]
    pub best_connected: bool,
    /// When extra nodes come up. Default "0s".
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub arrive: Option<Duration>,
    /// When they begin to break the rules. Default "0s".
    #[cfg_attr(feature = "serde", serde(default = "zero"))]
    pub start: Duration,
    /// From then on they keep the rules again. Default: the end of the run.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub stop: Option<Duration>,
    /// Whom each of them makes its neighbor, as often as it takes.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub connect: Option<Connect>,
    /// What else they do, in this order.
    #[cfg_attr(feature = "serde", serde(default))]
    pub does: Vec<DeedSpec>,
}

#[cfg(feature = "serde")]
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(feature = "serde")]
const fn zero() -> Duration {
    Duration::ZERO
}

/// Links that an adversary makes by requests that claim to have ended their walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Connect {
    /// Whom.
    pub to: Target,
    /// How many different slots each hostile node connects to. Default 1.
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    pub links: u32,
    /// When the adversary begins to connect. Default: its start.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub at: Option<Duration>,
    /// How often it asks those that are not its neighbors. Default "1s".
    #[cfg_attr(feature = "serde", serde(default = "second"))]
    pub every: Duration,
}

#[cfg(feature = "serde")]
const fn one() -> u32 {
    1
}

#[cfg(feature = "serde")]
const fn second() -> Duration {
    Duration::from_secs(1)
}

/// Whom an adversary connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Honest slots by chance.
    Random,
    /// Honest slots that publish, by chance.
    Publishers,
    /// Honest slots that come up while the adversary connects, by chance and as they come.
    Joiners,
    /// This slot.
    Slot(u32),
}

/// Which slots an adversary consists of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who<'a> {
    /// This share of the slots.
    Share(f64),
    /// So many slots.
    Count(u32),
    /// These slots.
    Slots(&'a [u32]),
    /// The slots of this class.
    Class(&'a str),
    /// So many nodes beside the others.
    Extra(u32),
}

/// How many hostile nodes connect to how many slots at most.
const MOST_TARGETS: u64 = 1 << 24;
/// A hostile node that asks more often is a load test of this machine.
const LEAST_PERIOD: Duration = Duration::from_millis(1);

impl Adversary {
    /// Which slots it consists of; none when nothing or more than one thing is said, which no loaded scenario does.
    #[must_use]
    pub fn who(&self) -> Option<Who<'_>> {
        let mut said = self.said();
        let (_, who) = said.next()?;
        said.next().is_none().then_some(who)
    }

    /// What is said of the slots that it consists of, each with its key.
    fn said(&self) -> impl Iterator<Item = (&'static str, Who<'_>)> {
        let all = [
            ("share", self.share.map(Who::Share)),
            ("count", self.count.map(Who::Count)),
            ("slots", self.slots.as_deref().map(Who::Slots)),
            ("class", self.class.as_deref().map(Who::Class)),
            ("extra", self.extra.map(Who::Extra)),
        ];
        all.into_iter().filter_map(|(key, who)| Some((key, who?)))
    }

    /// When it connects first, if it does.
    #[must_use]
    pub fn connects_at(&self) -> Option<Duration> {
        self.connect.map(|connect| connect.at.unwrap_or(self.start))
    }

    /// How many made-up nodes it names.
    #[must_use]
    pub fn names(&self) -> u32 {
        self.does.iter().map(DeedSpec::names).max().unwrap_or(0)
    }

    /// Adds what makes no sense by itself; `path` names the adversary, and slots must exist if their number is known.
    pub fn check(&self, path: &str, slots: Option<u32>, complaints: &mut Complaints) {
        self.check_who(path, slots, complaints);
        let key = |key: &str| format!("{path}.{key}");
        if self.extra.is_none() && self.arrive.is_some() {
            let label = "it belongs to extra; other slots come as nodes.arrive says";
            complaints.add(&key("arrive"), "these slots come with all others", label);
        }
        if self.best_connected && self.share.is_none() && self.count.is_none() {
            let label = "it needs share or count";
            complaints.add(&key("best_connected"), "nothing says how many slots are taken", label);
        }
        if let Some(connect) = &self.connect {
            connect.check(&key("connect"), slots, complaints);
        } else if self.does.is_empty() {
            let label = "write does = [{ drop = 1.0, of = \"payload\" }] or connect = { to = \"random\" }";
            complaints.add(path, "this adversary does nothing", label);
        }
        for (index, deed) in self.does.iter().enumerate() {
            deed.check(&format!("{path}.does.{index}"), slots, complaints);
        }
    }

    fn check_who(&self, path: &str, slots: Option<u32>, complaints: &mut Complaints) {
        let mut said = self.said();
        match (said.next(), said.next()) {
            (None, _) => {
                let label = "write share = 0.1, count = 5, slots = [3], class = \"...\" or extra = 5";
                complaints.add(path, "the adversary does not say who", label);
            }
            (Some((first, _)), Some((second, _))) => {
                let title = format!("both {first} and {second} are given");
                complaints.add(&format!("{path}.{second}"), title, "keep one of them");
            }
            _ => {}
        }
        if let Some(share) = self.share {
            complaints.share(&format!("{path}.share"), share);
        }
        if let (Some(count), Some(all)) = (self.count, slots)
            && count > all
        {
            let label = format!("there are {all} slots");
            complaints.add(&format!("{path}.count"), "more adversaries than slots", label);
        }
        for (index, slot) in self.slots.iter().flatten().enumerate() {
            complaints.slot(&format!("{path}.slots.{index}"), *slot, slots);
        }
        if self.slots.as_ref().is_some_and(Vec::is_empty) {
            complaints.add(&format!("{path}.slots"), "nobody is an adversary", "name a slot");
        }
        if self.extra.is_some_and(|extra| extra > MOST_SLOTS) {
            let label = format!("at most {MOST_SLOTS} slots in all");
            complaints.add(&format!("{path}.extra"), "a network cannot have that many slots", label);
        }
    }
}

impl Connect {
    fn check(&self, path: &str, slots: Option<u32>, complaints: &mut Complaints) {
        if let Target::Slot(slot) = self.to {
            complaints.slot(&format!("{path}.to"), slot, slots);
            if self.links > 1 {
                let label = "one node has one link to it; more nodes have more";
                complaints.add(&format!("{path}.links"), "a slot is connected to once", label);
            }
        }
        if self.links == 0 {
            complaints.add(&format!("{path}.links"), "this connects to nobody", "write 1 or more");
        }
        period(&format!("{path}.every"), self.every, complaints);
    }
}

/// What an adversary does again and again.
pub(super) fn period(key: &str, every: Duration, complaints: &mut Complaints) {
    if every < LEAST_PERIOD {
        complaints.add(key, "this is too often", format!("at least {LEAST_PERIOD}"));
    }
}

/// Adds what makes no sense of all adversaries together: `slots` is how many slots there are without them.
pub fn check_all(adversaries: &[Adversary], slots: Option<u32>, complaints: &mut Complaints) {
    let mut all = u64::from(slots.unwrap_or(0));
    let mut taken = std::collections::BTreeMap::new();
    for (index, adversary) in adversaries.iter().enumerate() {
        let path = format!("adversary.{index}");
        adversary.check(&path, slots, complaints);
        all += u64::from(adversary.extra.unwrap_or(0)) + u64::from(adversary.names());
        let links = u64::from(adversary.connect.map_or(0, |connect| connect.links));
        let size = adversary.extra.or(adversary.count).or(slots).unwrap_or(1);
        if links * u64::from(size) > MOST_TARGETS {
            let label = format!("at most {MOST_TARGETS} for all its nodes together");
            complaints.add(&format!("{path}.connect.links"), "these are too many links", label);
        }
        for (place, slot) in adversary.slots.iter().flatten().enumerate() {
            if let Some(other) = taken.insert(*slot, index) {
                let title = format!("slot {slot} is named twice");
                let label = format!("it belongs to adversary {other} already");
                complaints.add(&format!("{path}.slots.{place}"), title, label);
            }
        }
    }
    if all > u64::from(MOST_SLOTS) && slots.is_some_and(|slots| slots <= MOST_SLOTS) {
        let label = format!("at most {MOST_SLOTS}, with extra nodes and made-up names");
        complaints.add("adversary", "a network cannot have that many slots", label);
    }
}
