//! The network between two nodes: `[link]`.

use std::path::PathBuf;

use floodnet_core::distributions::{self, Distribution, WORLD8};
#[cfg(feature = "serde")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use floodnet_core::complaint::Complaint;
#[cfg(feature = "serde")]
use floodnet_core::units::share;
use floodnet_core::units::{Duration, Rate, Size};

use super::Complaints;

/// `[link]`: how packets travel.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(default, deny_unknown_fields)
)]
pub struct Link {
    /// Connections that keep order and repeat what is lost, or single packets. Default "stream".
    pub transport: Transport,
    /// Distribution of the delay, one way. Default { constant = "50ms" }.
    pub latency: Latency,
    /// Whether the delay is drawn once per link or anew for each packet. Default "link".
    pub per: Per,
    /// Least delay: shorter ones are raised to it. Positive. Default "1ms".
    pub floor: Duration,
    /// Each packet takes up to this much longer, drawn uniformly. Default "0s".
    pub jitter: Duration,
    /// Probability that an attempt to send a packet fails, in [0, 1]. Default 0.
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "share::read"),
        schemars(schema_with = "share::schema")
    )]
    pub loss: f64,
    /// Uplink of slots without a class. Default "unlimited".
    pub up: Rate,
    /// Downlink of slots without a class. Default "unlimited".
    pub down: Rate,
    /// What an uplink can queue. Default "256 KiB".
    pub queue: Size,
    /// Least part of the timeout after which a lost packet is sent again, a round trip apart; it doubles. Where
    /// more packets follow, their acknowledgements tell earlier. Default "200ms".
    pub rto: Duration,
    /// A connection breaks after this long without success. Default "15s".
    pub break_after: Duration,
    /// A dial without answer fails after this long; a machine that lives, but has no node, refuses it at once.
    /// Default "3s".
    pub dial_timeout: Duration,
    /// Round trips that two nodes greet each other for after a dial was answered, before the first packet
    /// leaves. Nodes of `transport-tcp` take 2, plain TCP takes 0. Default 2.
    pub handshake: u32,
    /// Interval at which neighbors ask each other whether they live. Default "1s".
    pub ping: Duration,
    /// A neighbor that fell silent, or is cut off, is given up after this long, less up to one ping. Default "3s".
    pub dead_after: Duration,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            transport: Transport::Stream,
            latency: Latency::constant(Duration::from_millis(50)),
            per: Per::Link,
            floor: Duration::from_millis(1),
            jitter: Duration::ZERO,
            loss: 0.0,
            up: Rate::Unlimited,
            down: Rate::Unlimited,
            queue: Size(256 * 1024),
            rto: Duration::from_millis(200),
            break_after: Duration::from_secs(15),
            dial_timeout: Duration::from_secs(3),
            handshake: 2,
            ping: Duration::from_secs(1),
            dead_after: Duration::from_secs(3),
        }
    }
}

impl Link {
    /// Adds what makes no sense by itself.
    pub fn check(&self, complaints: &mut Complaints) {
        self.check_values(complaints);
        let least = self.latency.distribution().map_or(self.floor, |latency| latency.min().into());
        self.check_timers(least.max(self.floor), complaints);
    }

    /// As [`Self::check`], but for timers that are too short for the delays.
    pub(crate) fn check_values(&self, complaints: &mut Complaints) {
        complaints.share("link.loss", self.loss);
        if self.floor.is_zero() {
            let label = "write the shortest delay of the network, such as \"1ms\"";
            complaints.add("link.floor", "the least delay of a link must be positive", label);
        }
        if let Latency::Distribution(latency) = &self.latency {
            complaints.distribution("link.latency", latency);
        }
        if self.queue.bytes() == 0 {
            let label = "write a size such as \"256 KiB\"";
            complaints.add("link.queue", "a queue of nothing lets nothing out", label);
        }
        complaints.positive("link.ping", self.ping);
        if self.dead_after <= self.ping {
            let title = "link.dead_after must be longer than link.ping";
            let label = format!("dead_after is {}, ping is {}", self.dead_after, self.ping);
            complaints.0.push(Complaint::new("link.dead_after", title, label).or("link.ping"));
        }
    }

    /// Adds timers that are too short where no packet takes less than `least`: a node learns nothing about another
    /// sooner than a packet could tell it, which is what lets the engine run nodes apart.
    pub(crate) fn check_timers(&self, least: Duration, complaints: &mut Complaints) {
        let timers = [
            ("rto", self.rto, self.floor),
            ("break_after", self.break_after, least),
            ("dial_timeout", self.dial_timeout, self.floor),
        ];
        let bound = |least: Duration| {
            let floor = least == self.floor;
            if floor {
                format!("link.floor is {least}")
            } else {
                format!("no packet takes less than {least}")
            }
        };
        for (key, value, least) in timers {
            if value < least {
                let title = format!("link.{key} is shorter than the least delay");
                let label = format!("it is {value}, {}", bound(least));
                complaints.0.push(Complaint::new(format!("link.{key}"), title, label).or("link.floor"));
            }
        }
        let silence = Duration(self.dead_after.0 - self.ping.0);
        if self.dead_after > self.ping && silence < least {
            let title = "dead_after - ping is shorter than the least delay";
            let label = format!("it is {silence}, {}", bound(least));
            let complaint = Complaint::new("link.dead_after", title, label);
            complaints.0.push(complaint.or("link.ping").or("link.floor"));
        }
    }
}

/// What carries packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum Transport {
    /// Connections: in order, repeated when lost, broken when nothing passes.
    Stream,
    /// Single packets: no order, no repetition, no connection.
    Datagram,
}

/// How often a delay is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum Per {
    /// Once for each pair of slots, the same in both directions.
    Link,
    /// For each packet.
    Packet,
}

/// Distribution of the one-way delay. A plain duration such as "20ms" is always the same delay.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, JsonSchema),
    serde(rename_all = "snake_case"),
    schemars(transform = super::text::or_plain)
)]
pub enum Latency {
    /// By the regions of the two ends, from a built-in table.
    Regions(Regions),
    /// From a file.
    Matrix(Matrix),
    /// Any distribution.
    #[cfg_attr(feature = "serde", serde(untagged))]
    Distribution(Distribution),
}

impl From<Distribution> for Latency {
    fn from(distribution: Distribution) -> Self {
        Self::Distribution(distribution)
    }
}

/// A built-in table of regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum Regions {
    /// Eight regions with the delays and weights of libp2p's gossipsub interoperability tests.
    World8,
}

impl Latency {
    /// Always the same delay.
    #[must_use]
    pub const fn constant(delay: Duration) -> Self {
        Self::Distribution(Distribution::Constant(delay.0))
    }

    /// The distribution that delays follow; none where a table holds them.
    #[must_use]
    pub const fn distribution(&self) -> Option<Distribution> {
        match self {
            Self::Distribution(distribution) => Some(*distribution),
            Self::Regions(_) | Self::Matrix(_) => None,
        }
    }
}

impl Regions {
    /// Its name in a scenario.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.table().name
    }

    /// The regions, their weights and delays.
    #[must_use]
    pub const fn table(self) -> &'static distributions::Regions {
        match self {
            Self::World8 => &WORLD8,
        }
    }
}

/// Delays from a file: row i, column j is the delay from i to j. With fewer rows than slots, a slot takes
/// the row of its number modulo rows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(deny_unknown_fields))]
pub struct Matrix {
    /// The file, looked up beside the scenario.
    pub file: PathBuf,
    /// Unit of its numbers. Default "ms".
    #[cfg_attr(feature = "serde", serde(default))]
    pub unit: Unit,
    /// Whether it holds round-trip times, which are halved. Default false.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rtt: bool,
}

/// Unit of the numbers in a matrix of delays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize, JsonSchema), serde(rename_all = "snake_case"))]
pub enum Unit {
    /// Seconds.
    S,
    /// Milliseconds.
    #[default]
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl Unit {
    /// Nanoseconds in one of this unit.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        match self {
            Self::S => 1_000_000_000,
            Self::Ms => 1_000_000,
            Self::Us => 1_000,
            Self::Ns => 1,
        }
    }
}
