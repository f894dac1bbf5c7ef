//! A worker: the process that runs one slot's node for a coordinator.
//!
//! | module | subject |
//! |---|---|
//! | `clock_sync` | the coordinator's clock, seen from a worker |
//! | `session` | a worker of some protocol until its run is over |

mod clock_sync;
pub(crate) mod session;

/// Standard input as the address of a coordinator: it is a connection to it.
pub(crate) const ON_STDIN: &str = "-";
