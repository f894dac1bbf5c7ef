//! A network namespace for each node, on one machine: what is between nodes is the kernel's.
//!
//! Each life of a slot is a process in an empty network with an address of its own. A pair of `veth` devices
//! leads from there to the hub, one more network without a name. There packets are routed through a `tun`
//! device to this program, which hands each back after the delay of its link, and on to the node that it is
//! for. The kernel does all else: a rate is a `tc tbf`, up at the node and down at the hub; losses, cuts,
//! partitions and nodes behind a NAT are rules of `nft`, which drop packets when they leave, before they are
//! delayed. Nothing of ours touches a connection.
//!
//! When a node has left, or crashed with a reset, its network stays until the next life has a new one: there its
//! kernel refuses dials, as that of a machine without the program does. A silent crash takes the network along.
//!
//! No network has a name or a file: all are gone with this process and those of the nodes.
//!
//! | module | subject |
//! |---|---|
//! | `address` | which slot has which address |
//! | `hub` | the network in the middle |
//! | `node_network` | the network namespace of one node, and its `veth` pair to the hub |
//! | `packet_relay` | delays, by the draws of the simulator |
//! | `rules` | losses, cuts and NATs as rules of `nft` |
//! | `faults` | these rules at the plan's times |
//! | `namespace` | a network namespace, and programs in it |
//! | `tcp` | the kernel's TCP: its congestion control, and what it counts |
//! | `system` | settings of the system, and errors that say what they are about |

mod address;
mod hub;
mod namespace;
mod node_network;
mod packet_relay;
mod rule_schedule;
mod rules;
mod system;
mod tcp;

pub(crate) use address::{MAX_NODES, socket};
pub(crate) use hub::Hub;
pub(crate) use namespace::Namespace;
pub(crate) use node_network::NodeNetwork;
pub(crate) use rule_schedule::apply_faults;
pub(crate) use tcp::{CONTROL, counters};
