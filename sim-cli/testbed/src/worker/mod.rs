//! A worker: the process that runs one slot's node for a coordinator.
//!
//! | module | subject |
//! |---|---|
//! | `connect` | reaching the coordinator, and proving to each other that both are of this run |
//! | `port` | where the node listens, and what the others dial |
//! | `clock_sync` | the coordinator's clock, seen from a worker |
//! | `session` | a worker of some protocol until its run is over |

mod clock_sync;
mod connect;
mod port;
mod session;

pub use connect::NodeOptions;
pub(crate) use connect::{ON_STDIN, authenticate};
pub(crate) use session::{WorkerSession, report_failure, run_worker};
