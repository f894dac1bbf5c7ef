//! The kernel's own TCP, on a path that loses packets or has a rate, against the model of a stream.
//!
//! The shaper of `run --backend tcp` does to connections what the model says, so it cannot tell whether the
//! model is right about a kernel. Here nothing of ours touches the connection: two networks of the machine's
//! kernel, a device in each, packets carried over after a delay, losses by a rule of its firewall (`nft`), a
//! rate by its traffic control (`tc tbf`). Framed messages go over plain sockets without Nagle's delay, and
//! the same traffic goes through the simulator's engine.
//!
//! | module | subject |
//! |---|---|
//! | `namespace` | a network of its own |
//! | `link` | two of them, and what happens to packets in between |
//! | `traffic` | messages over the kernel's connections, timed |
//! | `model` | the same messages in the simulator |
//! | `report` | both in a table, a file, a picture |

mod link;
mod model;
pub(crate) mod namespace;
mod report;
mod traffic;

use std::collections::BTreeMap;
use std::time::Duration;

pub use report::{Bound, Metric, Row, csv, json, table};
pub(crate) use traffic::{CONTROL, counters};

/// One measurement: a path, and what goes over it.
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

/// What became of the messages on the kernel's connections.
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

/// Why there is nothing to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelError {
    /// The settings make no valid scenario; says why.
    Settings(String),
    /// The system does not let us: no right to make a network, or a tool is missing.
    System(String),
}

/// Measures `case`, and runs it in the simulator with `set` put into its scenario.
///
/// # Errors
/// See [`KernelError`].
pub fn run(case: &Case, set: &[(String, String)]) -> Result<(Predicted, Measured), KernelError> {
    let predicted = model::predict(case, set).map_err(KernelError::Settings)?;
    let measured = traffic::measure(case, predicted.bytes, &predicted.times);
    Ok((predicted, measured.map_err(|error| KernelError::System(error.to_string()))?))
}
