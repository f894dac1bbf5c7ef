//! The kernel's own TCP, on a link that loses packets or has a rate, against the model of a stream.
//!
//! Link emulation in `run --backend tcp` does to connections what the model says, so it cannot tell whether the
//! model is right about a kernel. Here nothing of ours touches the connection: two networks of the machine's
//! kernel, a device in each, packets carried over after a delay, losses by a rule of its firewall (`nft`), a
//! rate by its traffic control (`tc tbf`). Framed messages go over plain sockets without Nagle's delay, and
//! the same traffic goes through the simulator's engine.
//!
//! | module | subject |
//! |---|---|
//! | `case` | one measurement, and what came of it |
//! | `link` | two network namespaces, and what happens to packets in between |
//! | `traffic` | messages over the kernel's connections, timed |
//! | `model` | the same messages in the simulator |
//! | `report` | both in a table, a file, a picture |

mod case;
mod link;
mod model;
mod report;
mod traffic;

pub use case::{Case, Measured, Predicted};
pub use report::{Bound, Metric, Row, csv, json, table};

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
