//! What happens between slots: delays, losses and cuts, connections, access lines.
//!
//! | module | subject |
//! |---|---|
//! | `effects` | where a node's effects go: through the access line into the network |
//! | `connection` | streams: dial, order, retransmission, break, goodbye |
//! | `link_table` | the connections of a slot |
//! | `recovery` | when what was lost is sent again |
//! | `congestion_window` | how much a stream that loses packets may have in flight |
//! | `access_link`, `uplink` | the access line of a slot, and the queue in front of it |
//! | `packet_counts` | how many packets went to each peer |
//! | `network` | what decides it all: pure functions of seed, plan, settings and time |
//! | `delay` | how long packets take |
//! | `faults` | losses, cuts, pauses, the dead, and how the others find that out |

pub(crate) mod access_link;
mod congestion_window;
pub(crate) mod connection;
mod delay;
pub(crate) mod effects;
pub(crate) mod faults;
pub(crate) mod link_table;
pub(crate) mod network;
pub(crate) mod packet_counts;
pub(crate) mod recovery;
pub(crate) mod uplink;
