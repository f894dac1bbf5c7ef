//! Nodes in processes of their own, on this machine or on others: a coordinator that has the plan and the
//! measures, and nodes that dial it.
//!
//! A node and its coordinator prove to each other that both have the run's [`Token`] before anything else is
//! said; what they say then is neither secret nor signed. Each line is a JSON value behind its length. Orders
//! go down with the times at which they are due, so the way there costs no precision; observations come up
//! with the times at which they were made, on the coordinator's clock, whose difference to its own each node
//! has measured. Who loses the other ends.
//!
//! | module | subject |
//! |---|---|
//! | `token` | the secret of a run, and proofs of having it |
//! | `words`, `talk` | what is said, and how |
//! | `office` | where nodes come in, and who they are |
//! | `troop` | one node for each slot: processes of this machine, or whoever comes |
//! | `escort` | one slot's node through its lives |
//! | `watch` | the coordinator's clock, seen from a node |
//! | `node` | the program of a node |

mod escort;
pub(super) mod node;
mod office;
mod talk;
mod token;
mod troop;
mod watch;
mod words;

pub use node::NodeOptions;
pub use token::{TOKEN, Token};
pub(super) use troop::{Reserved, Troop, cast};

use std::time::Duration as Span;

/// Time that two ends have to prove themselves.
const HANDSHAKE: Span = Span::from_secs(10);
