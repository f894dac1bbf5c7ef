//! A link between two TCP stacks of the kernel: two network namespaces, a device in each, and a thread each way that
//! hands every packet over after its delay.
//!
//! The delay is that of packets, not of bytes: both kernels see its round trips, and their retransmission is
//! what it is. Loss is a rule of `nft` before the receiver, a rate is a `tc tbf` at the sender.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tun_rs::{DeviceBuilder, SyncDevice};

use crate::netns::Namespace;

/// Addresses of the two ends.
const NEAR: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
pub(super) const FAR: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
/// The device in each of the two networks.
const DEVICE: &str = "road0";
/// Bytes of a packet at most, headers included.
const MTU: u16 = 1_500;
/// Bytes that may wait before a limited rate: as many as the model's uplink holds by default.
const QUEUE: u32 = 256 * 1_024;

/// Two network namespaces and the link between them. Packets go from near to far and back.
#[derive(Debug)]
pub(super) struct KernelLink {
    pub(super) near: Namespace,
    pub(super) far: Namespace,
    relays: Vec<JoinHandle<()>>,
}

impl KernelLink {
    /// A link on which every packet takes `delay`, and a rate holds from near to far.
    ///
    /// # Errors
    /// The system refuses a network or a device, or one of `ip`, `tc` and `nft` is missing.
    pub(super) fn open(delay: Duration, rate: Option<u64>) -> io::Result<Self> {
        let (near, far) = (Namespace::new("near")?, Namespace::new("far")?);
        let here = device(&near, NEAR)?;
        let there = device(&far, FAR)?;
        if let Some(rate) = rate {
            near.call(
                "tc",
                &format!("qdisc add dev {DEVICE} root tbf rate {rate}bit burst {MTU} limit {QUEUE}"),
            )?;
        }
        let mut relays = relay(&here, &there, delay)?;
        relays.extend(relay(&there, &here, delay)?);
        Ok(Self { near, far, relays })
    }

    /// From now on this share of the packets from near to far is lost, or of those back as well.
    ///
    /// # Errors
    /// `nft` is missing or refuses.
    pub(super) fn lose(&self, share: f64, both: bool) -> io::Result<()> {
        const OF: u32 = 100_000;
        if share <= 0.0 {
            return Ok(());
        }
        let lost = (share * f64::from(OF)).round() as u32;
        for end in [&self.far, &self.near].into_iter().take(if both { 2 } else { 1 }) {
            end.call("nft", "add table ip floodnet")?;
            end.call(
                "nft",
                "add chain ip floodnet lossy { type filter hook prerouting priority raw ; policy accept ; }",
            )?;
            end.call(
                "nft",
                &format!("add rule ip floodnet lossy iifname {DEVICE} numgen random mod {OF} < {lost} drop"),
            )?;
        }
        Ok(())
    }
}

impl Drop for KernelLink {
    fn drop(&mut self) {
        // Reading from a device that is gone fails, which ends its relays.
        for end in [&self.near, &self.far] {
            let _ = end.call("ip", &format!("link del {DEVICE}"));
        }
        for relay in self.relays.drain(..) {
            let _ = relay.join();
        }
    }
}

/// The device of a network, with the settings of TCP that all measuring is done with.
fn device(namespace: &Namespace, address: Ipv4Addr) -> io::Result<Arc<SyncDevice>> {
    const METRICS: &str = "/proc/sys/net/ipv4/tcp_no_metrics_save";
    namespace.run(move || {
        // Every connection finds out by itself what the link is like.
        fs::write(METRICS, "1").map_err(|error| io::Error::other(format!("{METRICS}: {error}")))?;
        let builder = DeviceBuilder::new().name(DEVICE).mtu(MTU).ipv4(address, 24, None);
        builder.build_sync().map(Arc::new)
    })?
}

/// Hands packets from one device to another: one thread takes them up, another hands them over when they are
/// due.
fn relay(from: &Arc<SyncDevice>, to: &Arc<SyncDevice>, delay: Duration) -> io::Result<Vec<JoinHandle<()>>> {
    let (from, to) = (Arc::clone(from), Arc::clone(to));
    let (put, take) = mpsc::channel::<(Instant, Vec<u8>)>();
    let taking = thread::Builder::new().name("takes".to_owned()).spawn(move || {
        let mut packet = [0; MTU as usize];
        while let Ok(length) = from.recv(&mut packet) {
            if put.send((Instant::now() + delay, packet[..length].to_vec())).is_err() {
                break;
            }
        }
    })?;
    let giving = thread::Builder::new().name("gives".to_owned()).spawn(move || {
        for (due, packet) in take {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // A packet that is refused is lost, as any may be.
            let _ = to.send(&packet);
        }
    })?;
    Ok(vec![taking, giving])
}
