//! One measurement, and what came of it in the simulator and on the kernel.

use std::collections::BTreeMap;
use std::time::Duration;

/// One measurement: a link, and what goes over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// One-way delay of every packet.
    pub latency: Duration,
    /// Share of packets that is lost on the way there.
    pub loss: f64,
    /// Whether packets on the way back, acknowledgements, are lost as well.
    pub both: bool,
    /// Bits per second on the way there.
    pub rate: Option<u64>,
    /// Time between two messages of a connection.
    pub every: Duration,
    /// Whether this is an average, and messages come at random.
    pub poisson: bool,
    /// Bytes of content in a message.
    pub size: u32,
    /// How many connections there are at once.
    pub connections: u32,
    /// How long messages are sent.
    pub span: Duration,
}

/// The measured delays of messages on the kernel's connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Nanoseconds of each that arrived, from when it was due, ascending.
    pub delays: Vec<u64>,
    /// How many did not arrive.
    pub undelivered: u64,
    /// What the sender's kernel counted meanwhile, under its own names.
    pub counters: BTreeMap<&'static str, u64>,
}

/// What the simulator says of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicted {
    /// Nanoseconds of each, ascending.
    pub delays: Vec<u64>,
    /// How many did not arrive.
    pub undelivered: u64,
    /// Bytes of a message with its frame.
    pub bytes: u32,
    /// For each connection, nanoseconds from the start to each message.
    pub times: Vec<Vec<u64>>,
}
