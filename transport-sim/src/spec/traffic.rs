//! What users publish: `[[traffic]]`.

use floodnet_core::units::{Duration, Size};
#[cfg(feature = "serde")]
use {
    schemars::JsonSchema,
    serde::{Deserialize, Serialize},
};

use super::Complaints;

/// One item of `[[traffic]]`: a stream of messages.
///
/// `D` is [`Duration`], or `Option<Duration>` as a file may leave it out. Exactly one of `every` and
/// `poisson` is given: [`Traffic::timing`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(Deserialize, Serialize, JsonSchema),
    serde(deny_unknown_fields),
    schemars(rename = "Traffic", description = "A stream of messages; exactly one of every and poisson.")
)]
pub struct Traffic<D = Duration> {
    /// Who publishes: "random" draws among the slots that are up, a number names a slot.
    pub from: Origin,
    /// Time from one message to the next.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub every: Option<Duration>,
    /// Mean time from one message to the next, of exponential gaps.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub poisson: Option<Duration>,
    /// Content of each message. Default "100 B".
    #[cfg_attr(feature = "serde", serde(default = "hundred_bytes"))]
    pub size: Size,
    /// When the first message is published. Default: the end of arrivals + 10 s.
    pub start: D,
    /// From then on nothing is published. Default: duration.
    pub stop: D,
}

#[cfg(feature = "serde")]
const fn hundred_bytes() -> Size {
    Size(100)
}

/// When the messages of a stream are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// At equal distances.
    Every(Duration),
    /// After gaps drawn from an exponential distribution with this mean.
    Poisson(Duration),
}

impl<D> Traffic<D> {
    /// When messages are published after the first; none when the stream says neither or both, which no
    /// loaded scenario does.
    #[must_use]
    pub const fn timing(&self) -> Option<Timing> {
        match (self.every, self.poisson) {
            (Some(gap), None) => Some(Timing::Every(gap)),
            (None, Some(mean)) => Some(Timing::Poisson(mean)),
            _ => None,
        }
    }
}

impl Traffic<Option<Duration>> {
    /// The traffic from `start` to `stop` where it does not say when.
    #[must_use]
    pub fn fill(self, start: Duration, stop: Duration) -> Traffic {
        let Self { from, every, poisson, size, .. } = self;
        let (start, stop) = (self.start.unwrap_or(start), self.stop.unwrap_or(stop));
        Traffic { from, every, poisson, size, start, stop }
    }
}

/// What fits into a frame of 64 KiB beside the heads of the messages.
const MOST_BYTES: u64 = 65_000;

impl Traffic {
    /// Adds what makes no sense by itself; `key` names the traffic, and its slot must exist if their number is known.
    pub fn check(&self, key: &str, slots: Option<u32>, complaints: &mut Complaints) {
        let path = key;
        let key = |key: &str| format!("{path}.{key}");
        if let Origin::Slot(slot) = self.from {
            complaints.slot(&key("from"), slot, slots);
        }
        match (self.every, self.poisson) {
            (Some(gap), None) => complaints.positive(&key("every"), gap),
            (None, Some(mean)) => complaints.positive(&key("poisson"), mean),
            (None, None) => {
                let label = "write every = \"1s\", or poisson = \"1s\" for random gaps of that mean";
                complaints.add(path, "this traffic does not say how often", label);
            }
            (Some(_), Some(_)) => {
                complaints.add(&key("poisson"), "both every and poisson are given", "keep one of them");
            }
        }
        if self.size.bytes() > MOST_BYTES {
            let label = format!("at most {MOST_BYTES} B; larger content needs several messages");
            complaints.add(&key("size"), "a message cannot be that large", label);
        }
    }
}

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the slots that are up at that time.
    Random,
    /// This slot; while it is down, nobody.
    Slot(u32),
}
