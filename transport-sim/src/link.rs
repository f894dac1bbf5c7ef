//! What links do to packets: settings, and what they refuse.

use std::fmt;

use floodnet_core::distributions::Distribution;
use floodnet_core::time::Duration;

/// How packets travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Connections: ordered, retransmitted, with news of their end.
    #[default]
    Stream,
    /// No connection, no order, no news: loss, cuts and full queues lose the packet.
    Datagram,
}

/// What a delay is drawn for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    /// Once for each pair of slots, the same in both directions.
    #[default]
    Link,
    /// Anew for each packet.
    Packet,
}

/// One-way delay between two slots, before floor and jitter.
#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    /// Drawn from one distribution.
    Distribution(Distribution),
    /// Read from a table; slot `s` is row `row[s]`.
    Table {
        /// Row and column of each slot.
        row: Vec<u32>,
        /// Rows and columns.
        size: u32,
        /// Row by row: from the row's to the column's.
        one_way: Vec<Duration>,
    },
}

/// Access line of a share of the slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Uplink in bits per second; none for unlimited.
    pub up: Option<u64>,
    /// Downlink in bits per second; none for unlimited.
    pub down: Option<u64>,
    /// Whether others can dial these slots (false: behind a NAT).
    pub reachable: bool,
}

impl Default for Class {
    fn default() -> Self {
        Self { up: None, down: None, reachable: true }
    }
}

/// Everything about links that does not change during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkModel {
    /// How packets travel.
    pub transport: Transport,
    /// One-way delay.
    pub latency: Latency,
    /// What it is drawn for.
    pub per: Per,
    /// Least one-way delay: what is drawn below counts as this. Not zero.
    pub floor: Duration,
    /// Each packet takes up to this much longer, uniformly.
    pub jitter: Duration,
    /// Probability that an attempt is lost, in units of 2^-32.
    pub loss: u32,
    /// Bytes that wait in a limited uplink.
    pub queue: u64,
    /// Least part of the retransmission timeout beyond a round trip (Linux: 200 ms).
    pub rto: Duration,
    /// A connection breaks when nothing got through for this long.
    pub break_after: Duration,
    /// A dial fails when it gets no answer for this long.
    pub dial_timeout: Duration,
    /// Round trips between the answer to a dial and the first packet: what a handshake of the nodes' own takes.
    /// Those of `transport-tcp` take 2, plain TCP takes none.
    pub handshake: u32,
    /// Neighbors probe each other this often.
    pub ping: Duration,
    /// A neighbor that was silent for this long is dead. A cut is found so as well: either end gives up a
    /// connection over which nothing comes for so long, whether or not anything was sent on it.
    pub dead_after: Duration,
    /// Classes of access lines; [`Class::default`] where a slot's number is missing.
    pub classes: Vec<Class>,
    /// Class of each slot; empty when all are of class 0.
    pub class_of: Vec<u8>,
}

/// Why links cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// The field of [`LinkModel`].
    pub key: &'static str,
    /// What is wrong with it: goes on where the key ends.
    pub problem: String,
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.problem)
    }
}

impl std::error::Error for LinkError {}

impl From<LinkError> for String {
    fn from(error: LinkError) -> Self {
        error.to_string()
    }
}

impl Default for LinkModel {
    /// A constant 50 ms on streams, unlimited and without loss, between nodes of `transport-tcp`.
    fn default() -> Self {
        Self {
            transport: Transport::Stream,
            latency: Latency::Distribution(Distribution::Constant(Duration::from_millis(50))),
            per: Per::Link,
            floor: Duration::from_millis(1),
            jitter: Duration::ZERO,
            loss: 0,
            queue: 256 * 1024,
            rto: Duration::from_millis(200),
            break_after: Duration::from_secs(15),
            dial_timeout: Duration::from_secs(3),
            handshake: 2,
            ping: Duration::from_secs(1),
            dead_after: Duration::from_secs(3),
            classes: vec![Class::default()],
            class_of: Vec::new(),
        }
    }
}

impl LinkModel {
    /// The least one-way delay that any packet can have: how far the engine may look ahead.
    #[must_use]
    pub fn least_delay(&self) -> Duration {
        let least = match &self.latency {
            Latency::Distribution(distribution) => distribution.min(),
            Latency::Table { one_way, .. } => one_way.iter().copied().min().unwrap_or_default(),
        };
        least.max(self.floor)
    }

    /// What all but one in a hundred packets take at most, losses apart: how far ahead most events are.
    #[must_use]
    pub(crate) fn usual_delay(&self) -> Duration {
        let usual = match &self.latency {
            Latency::Distribution(distribution) => distribution.sample(u64::MAX / 100 * 99),
            Latency::Table { one_way, .. } => one_way.iter().copied().max().unwrap_or_default(),
        };
        usual.max(self.floor) + self.jitter
    }

    /// Checks what the engine relies on.
    ///
    /// # Errors
    /// Says which setting is wrong and why.
    pub fn check(&self, slots: u32) -> Result<(), LinkError> {
        let wrong = |key, problem: &str| Err(LinkError { key, problem: problem.to_owned() });
        if self.floor == Duration::ZERO {
            return wrong("floor", "must be more than zero: nodes act on each other only after a delay");
        }
        let least = self.least_delay();
        for (key, span) in [("rto", self.rto), ("dial_timeout", self.dial_timeout)] {
            if span == Duration::ZERO {
                return wrong(key, "must be more than zero");
            }
        }
        // News of these reach the other end: not before a packet could.
        let spans = [
            ("break_after", "", self.break_after),
            ("dead_after", "less ping ", self.dead_after - self.ping),
        ];
        for (key, less, span) in spans {
            if span < least {
                let problem = format!("{less}is {span}, below the least one-way delay of {least}");
                return Err(LinkError { key, problem });
            }
        }
        if let Latency::Table { row, size, one_way } = &self.latency {
            let cells = u64::from(*size) * u64::from(*size);
            if row.len() != slots as usize || one_way.len() as u64 != cells {
                return wrong("latency", "is a table that does not fit the slots");
            }
            if row.iter().any(|row| row >= size) {
                return wrong("latency", "is a table without a row for some slot");
            }
        }
        if !self.class_of.is_empty() && self.class_of.len() != slots as usize {
            return wrong("class_of", "does not fit the slots");
        }
        if self.classes.iter().any(|class| class.up == Some(0) || class.down == Some(0)) {
            return wrong("classes", "hold a rate of zero, which passes nothing: leave it out for unlimited");
        }
        Ok(())
    }

    /// The access line of `slot`.
    #[must_use]
    pub fn class(&self, slot: u32) -> &Class {
        const UNLIMITED: &Class = &Class { up: None, down: None, reachable: true };
        let number = self.class_of.get(slot as usize).copied().unwrap_or(0);
        self.classes.get(usize::from(number)).unwrap_or(UNLIMITED)
    }
}
