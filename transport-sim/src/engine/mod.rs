//! The engine: slots that take their inputs window by window, on one thread or several.
//!
//! | module | subject |
//! |---|---|
//! | `simulation` | a run from outside: what is to run, and how it ended |
//! | `progress` | where a run is |
//! | `run_loop` | the way through time, from window to window |
//! | `worker_pool` | who runs the shards: one thread or several |
//! | `shard`, `division` | a range of slots, and how they run through a window |
//! | `agenda` | what the plan does to slots |
//! | `windows` | how time is cut into windows |
//! | `queue`, `stored` | events by window of time and block of slots |
//! | `sort` | the order of events within a block |
//! | `pages` | buckets of equal pages that serve again |
//! | `node_slot` | one user, whose node comes and goes, and how it takes its inputs |
//! | `reference` | a plain engine that the windowed one is held against (feature `reference`) |

mod agenda;
mod division;
mod node_slot;
mod pages;
mod progress;
mod queue;
#[cfg(feature = "reference")]
mod reference;
mod run_loop;
mod shard;
mod simulation;
mod sort;
mod stored;
mod windows;
mod worker_pool;

pub use node_slot::node_key;
pub use progress::{Progress, Watch};
pub use simulation::{Memory, Outcome, Simulation};
