//! A network of its own for each node, on one machine: what is between nodes is the kernel's.
//!
//! Each life of a slot is a process in an empty network with an address of its own. A pair of `veth` devices
//! leads from there to the hub, one more network without a name. There packets are routed through a `tun`
//! device to this program, which hands each back after the delay of its link, and on to the node that it is
//! for. The kernel does all else: a rate is a `tc tbf`, up at the node and down at the hub; losses, cuts,
//! partitions and nodes behind a NAT are rules of `nft`, which drop packets when they leave, before they are
//! delayed. Nothing of ours touches a connection.
//!
//! No network has a name or a file: all are gone with this process and those of the nodes.
//!
//! | module | subject |
//! |---|---|
//! | `address` | which slot has which address |
//! | `hub` | the network in the middle |
//! | `node_network` | the network of one node, and its wire to the hub |
//! | `packet_relay` | delays, by the draws of the simulator |
//! | `rules` | losses, cuts and NATs as rules of `nft` |
//! | `faults` | these rules at the plan's times |

mod address;
mod faults;
mod hub;
mod node_network;
mod packet_relay;
mod rules;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use address::{MAX_NODES, socket};
pub(crate) use faults::apply_faults;
pub(crate) use hub::Hub;
pub(crate) use node_network::NodeNetwork;

/// Bytes of a packet at most, headers included.
const MTU: u16 = 1_500;

/// Sets what the system's `/proc/sys/net` has under this name, in the network of this thread.
fn set(name: &str, value: &str) -> io::Result<()> {
    let path = Path::new("/proc/sys/net").join(name);
    fs::write(&path, value).map_err(of(&path.display().to_string()))
}

/// The network of this thread has no addresses but those that are given to it.
fn without_ipv6() -> io::Result<()> {
    const ALL: &str = "ipv6/conf/default/disable_ipv6";
    if Path::new("/proc/sys/net").join(ALL).exists() { set(ALL, "1") } else { Ok(()) }
}

/// What a mutex holds, whoever panicked with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same error, said of `what`.
fn of(what: &str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {error}"))
}
