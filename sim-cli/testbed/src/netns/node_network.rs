//! The network namespace of one node, and its `veth` pair to the hub.

use std::io;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;

use floodnet_sim::link::LinkModel;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;

use super::address::address;
use super::hub::{Hub, RetiredNetwork};
use super::namespace::Namespace;
use super::system::{MTU, of, set, without_ipv6};
use super::tcp::CONTROL;

/// The node's end of its `veth` pair.
const DEVICE: &str = "eth0";
/// Hardware addresses of the two ends of every pair; nobody has to ask for them.
const HUB_END: &str = "02:f1:00:00:00:01";
const NODE_END: &str = "02:f1:00:00:00:02";
/// The next stop for all that a node sends.
const GATEWAY: &str = "169.254.1.1";
/// What a bucket holds at least: a packet with the header of its frame.
const BUCKET: u64 = 1_600;

/// A network for one life of a slot. When it is dropped, it is cut off, and it is gone when its process is.
#[derive(Debug)]
pub(crate) struct NodeNetwork {
    hub: Arc<Hub>,
    retired: Option<RetiredNetwork>,
}

impl NodeNetwork {
    /// A new network for `slot`, which takes the place of the one before: see [`Hub::connect`] for when packets pass.
    /// It takes some ten milliseconds.
    ///
    /// # Errors
    /// The system refuses, or a program is missing.
    pub(crate) fn create(hub: &Arc<Hub>, slot: u32) -> io::Result<Self> {
        let network = Namespace::new("network").map_err(of("no network for a node"))?;
        network.run(settings)??;
        let end = format!("n{}", hub.next_number());
        let (here, there) = (address(slot), network.id());
        hub.network().feed(
            "ip",
            "-batch -",
            format!(
                "link add {end} address {HUB_END} mtu {MTU} type veth peer name {DEVICE} address {NODE_END} mtu {MTU} \
                 netns {there}\nlink set {end} up\nneigh replace {here} lladdr {NODE_END} dev {end} nud permanent\n\
                 route replace {here}/32 dev {end}\n"
            ),
        )?;
        let retired = Some(RetiredNetwork { network, end });
        let this = Self { hub: Arc::clone(hub), retired };
        this.configure(slot)?;
        Ok(this)
    }

    /// Address, routes and rates.
    fn configure(&self, slot: u32) -> io::Result<()> {
        let Some(RetiredNetwork { network, end }) = &self.retired else { return Ok(()) };
        let links = self.hub.links();
        let (here, rto) = (address(slot), links.spec.rto.0.as_nanos().div_ceil(1_000_000));
        // Messages are packets: what is lost is one, not several that leave at once.
        network.feed(
            "ip",
            "-batch -",
            format!(
                "link set lo up\nlink set {DEVICE} gso_max_segs 1\nlink set {DEVICE} up\naddr add {here}/32 dev {DEVICE}\n\
                 neigh replace {GATEWAY} lladdr {HUB_END} dev {DEVICE} nud permanent\n\
                 route add default via {GATEWAY} dev {DEVICE} onlink src {here} rto_min {rto}ms congctl {CONTROL}\n"
            ),
        )?;
        let class = links.class(slot);
        if let Some(rate) = class.up.bits_per_second() {
            network.call("tc", &bucket(DEVICE, rate, links))?;
        }
        if let Some(rate) = class.down.bits_per_second() {
            self.hub.network().call("tc", &bucket(end, rate, links))?;
        }
        Ok(())
    }

    /// Starts a process there, with `connection` as its standard input.
    ///
    /// # Errors
    /// As the system says.
    pub(crate) fn spawn(&self, mut command: Command, connection: TcpStream) -> io::Result<Child> {
        command.stdin(Stdio::from(OwnedFd::from(connection)));
        let runtime = Handle::current();
        let gone = || io::Error::other("the network is gone");
        let network = &self.retired.as_ref().ok_or_else(gone)?.network;
        network.run(move || {
            let _entered = runtime.enter();
            command.spawn()
        })?
    }
}

impl Drop for NodeNetwork {
    fn drop(&mut self) {
        if let Some(retired) = self.retired.take() {
            self.hub.retire(retired);
        }
    }
}

/// The arguments of `tc` that limit a device to `rate`.
fn bucket(device: &str, rate: u64, links: &LinkModel) -> String {
    // A thousandth of a second, where that is more: a bucket is filled by a clock.
    let burst = (rate / 8_000).max(BUCKET);
    let limit = links.spec.queue.bytes().max(burst);
    format!("qdisc add dev {device} root tbf rate {rate}bit burst {burst} limit {limit}")
}

/// How TCP is, for all that is measured: in the network of this thread.
fn settings() -> io::Result<()> {
    // Every connection finds out by itself what the link is like.
    set("ipv4/tcp_no_metrics_save", "1")?;
    without_ipv6()
}
