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
//! | `network` | delays, losses and cuts as pure functions |

pub(crate) mod access_link;
mod congestion_window;
pub(crate) mod connection;
pub(crate) mod effects;
pub(crate) mod link_table;
pub(crate) mod network;
pub(crate) mod packet_counts;
pub(crate) mod recovery;
pub(crate) mod uplink;
