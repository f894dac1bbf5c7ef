//! The settings as a scenario gives them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Config, MOST_LISTED, Swim};
use crate::overlay::{EntryNodes, NamedOverlay};
use crate::tables::{CheckedTable, Complaint, Draw};
use crate::units::{Duration, duration_or, schema_duration_or};

/// `[overlay.swim]`: every node knows all, and pings one in each period; with the parts of Lifeguard.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "SwimTable")]
pub struct Table {
    /// Time between the probes of a node. Default "2s".
    pub period: Duration,
    /// How long it waits for an answer before it asks others to ping. Default "500ms".
    pub timeout: Duration,
    /// How many others it asks. Default 1.
    pub indirect: u32,
    /// Updates in a message. Default 6.
    pub updates: u32,
    /// How often a node tells an update: so many times the natural logarithm of the group's size, rounded up. Default 3.
    pub retell: u32,
    /// Time between messages with news alone, or "off": news travel with probes only. Default "off".
    pub gossip_every: OrOff,
    /// To how many members such news go. Default 3.
    pub gossip_to: u32,
    /// Whether a member that does not answer is suspected before it is held for failed. Default true.
    pub suspicion: bool,
    /// How long at least: so many periods, times the decimal logarithm of the group's size. Default 5.
    pub suspicion_time: u32,
    /// Lifeguard: whether a node takes more time while it may be slow itself. Default false.
    pub local_health: bool,
    /// By how many periods at most. Default 8.
    pub unwell_max: u32,
    /// Lifeguard: whether suspicion lasts longer until others confirm it. Default false.
    pub confirmation: bool,
    /// How many times as long without any. Default 6.
    pub suspicion_max: u32,
    /// How many others must confirm it until it lasts as long as without this part. Default 3.
    pub confirmations: u32,
    /// Lifeguard: whether a ping tells a suspect that it is one. Default false.
    pub buddy: bool,
    /// Time between trades of a part of the list, or "off". Default "30s".
    pub sync_every: OrOff,
    /// How long a member is remembered that is held for failed. Default "10min".
    pub remember_failed: Duration,
    /// Whether the group is settled from the start: entry nodes know all entry nodes. Default false.
    pub settled: bool,
    /// Whether periods of nodes that start together are in step. Default false.
    pub in_step: bool,
    /// Whether the time for an answer runs from when a probe was due, not from when it was sent: a node that stood still
    /// has none left then. Default false.
    pub from_due: bool,
}

impl Default for Table {
    fn default() -> Self {
        let paper = Config::<u32>::new(Vec::new());
        Self {
            period: Duration(paper.period),
            timeout: Duration(paper.timeout),
            indirect: paper.indirect,
            updates: paper.updates,
            retell: paper.retell,
            gossip_every: OrOff(paper.gossip_every.map(Duration)),
            gossip_to: paper.gossip_to,
            suspicion: paper.suspicion,
            suspicion_time: paper.suspicion_time,
            local_health: paper.local_health,
            unwell_max: paper.unwell_max,
            confirmation: paper.confirmation,
            suspicion_max: paper.suspicion_max,
            confirmations: paper.confirmations,
            buddy: paper.buddy,
            sync_every: OrOff(paper.sync_every.map(Duration)),
            remember_failed: Duration(paper.remember_failed),
            settled: paper.settled,
            in_step: paper.in_step,
            from_due: paper.from_due,
        }
    }
}

/// Members that are asked at once, or confirm, at most.
const MOST_ASKED: u32 = 32;
/// What multiplies a time, at most.
const MOST_TIMES: u32 = 1_000;

impl CheckedTable for Table {
    const DROPS: Option<&'static [&'static str]> = Some(&["full", "late_answer", "too_many_requests"]);
    const WEIGHT: u32 = 30;

    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        let mut wrong = |key, title: &str, label: String| found.push(Complaint::new(key, title, label));
        if self.period == Duration::ZERO {
            wrong("period", "a node would do nothing but ping", "write a positive duration".into());
        } else if self.timeout.0 >= self.period.0 {
            wrong("timeout", "others are asked before the period is over", "write less than period".into());
        } else if self.timeout == Duration::ZERO {
            wrong("timeout", "no answer comes that soon", "write more than a round trip".into());
        }
        for (key, every) in [("gossip_every", self.gossip_every), ("sync_every", self.sync_every)] {
            if every.0 == Some(Duration::ZERO) {
                wrong(key, "a node would do nothing else", "write a positive duration, or \"off\"".into());
            }
        }
        for (key, value) in [("updates", self.updates), ("retell", self.retell)] {
            if value == 0 {
                wrong(key, "nobody would hear of a failure", "write 1 or more".into());
            }
        }
        if self.updates as usize > MOST_LISTED {
            wrong("updates", "a message with too many updates is refused", format!("at most {MOST_LISTED}"));
        }
        let asked = [
            ("indirect", self.indirect),
            ("gossip_to", self.gossip_to),
            ("confirmations", self.confirmations),
        ];
        let times = [
            ("retell", self.retell),
            ("suspicion_time", self.suspicion_time),
            ("unwell_max", self.unwell_max),
            ("suspicion_max", self.suspicion_max),
        ];
        for (key, value, max) in asked
            .map(|(key, value)| (key, value, MOST_ASKED))
            .into_iter()
            .chain(times.map(|(key, value)| (key, value, MOST_TIMES)))
        {
            if value > max {
                wrong(key, "this is more than makes sense", format!("at most {max}"));
            }
        }
        if self.suspicion_max == 0 {
            wrong(
                "suspicion_max",
                "the longest time cannot be shorter than the least",
                "write 1 or more".into(),
            );
        }
        found
    }

    fn draw(draw: &mut Draw) -> Option<Self> {
        let mut table = Self::default();
        let period = draw.between(400, 3_000);
        table.period = Duration::from_millis(period.into());
        table.timeout = Duration::from_millis(draw.between(period / 10, period / 2).into());
        table.indirect = draw.between(0, 4);
        if draw.sometimes("news between probes", 40) {
            table.gossip_every = OrOff(Some(Duration::from_millis(draw.between(100, 1_000).into())));
        }
        table.suspicion = !draw.sometimes("no suspicion", 20);
        table.suspicion_time = draw.between(1, 6);
        table.local_health = draw.sometimes("local health", 50);
        table.confirmation = draw.sometimes("confirmation", 50);
        table.buddy = draw.sometimes("buddy", 50);
        if draw.sometimes("no trade of lists", 30) {
            table.sync_every = OrOff(None);
        }
        table.in_step = draw.sometimes("periods in step", 20);
        table.from_due = draw.sometimes("time from when it was due", 20);
        Some(table)
    }
}

impl<Setting: EntryNodes> NamedOverlay<Setting> for Swim<u32> {
    const NAME: &'static str = "swim";
    type Table = Table;

    fn config(table: Table, setting: &Setting) -> Result<Config<u32>, Complaint> {
        Ok(Config {
            period: table.period.0,
            timeout: table.timeout.0,
            indirect: table.indirect,
            updates: table.updates,
            retell: table.retell,
            gossip_every: table.gossip_every.0.map(|every| every.0),
            gossip_to: table.gossip_to,
            suspicion: table.suspicion,
            suspicion_time: table.suspicion_time,
            local_health: table.local_health,
            unwell_max: table.unwell_max,
            confirmation: table.confirmation,
            suspicion_max: table.suspicion_max,
            confirmations: table.confirmations,
            buddy: table.buddy,
            sync_every: table.sync_every.0.map(|every| every.0),
            remember_failed: table.remember_failed.0,
            settled: table.settled,
            in_step: table.in_step,
            from_due: table.from_due,
            entry: setting.entry().to_vec(),
        })
    }

    fn node(slot: u32, _: &Config<u32>) -> Self {
        Self::new(slot)
    }
}

/// A time between two of something that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrOff(pub Option<Duration>);

impl Serialize for OrOff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_str("off"),
            Some(time) => time.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OrOff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        duration_or("off", deserializer).map(Self)
    }
}

impl JsonSchema for OrOff {
    fn schema_name() -> Cow<'static, str> {
        "SwimInterval".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_duration_or("off", generator)
    }
}
