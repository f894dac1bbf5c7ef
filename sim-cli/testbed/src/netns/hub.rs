//! The network in the middle: every packet between nodes is routed through it, twice, with this program in
//! between.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration as Span, Instant};

use floodnet_core::time::Time;
use floodnet_sim::between::Between;
use floodnet_sim::link::LinkModel;
use floodnet_sim::plan::Plan;
use serde_json::Value;
use tun_rs::{DeviceBuilder, SyncDevice};

use super::namespace::{Namespace, Program};
use super::packet_relay::{LinkSwitches, PacketRelay};
use super::rules::{self, DEVICE};
use super::system::{MTU, lock, of, set, without_ipv6};
use super::tcp::{CONTROL, counters};
use crate::clock::Clock;
use floodnet_lab::run::Kernels;

/// What is for a node whose network is gone is dropped without a word.
const NOBODY: &str = "route add blackhole default\n";
/// Fails where the kernel has no `veth` devices; otherwise it makes no difference.
const TRIAL: &str = "link add trial type veth peer name trial0\nlink del trial\n";
/// Packets that may wait there.
const WAITING: u32 = 20_000;
/// The table of routes for what comes from nodes.
const FROM_NODES: u32 = 100;
/// So long a network stays after its process, for what waits to leave.
const LINGER: Span = Span::from_millis(200);

/// The network in the middle. All is gone when it is dropped.
pub(crate) struct Hub {
    network: Arc<Namespace>,
    device: Arc<SyncDevice>,
    plan: Arc<Plan>,
    links: Arc<LinkModel>,
    switches: Arc<LinkSwitches>,
    relay: OnceLock<Arc<PacketRelay>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    reaper: Mutex<Option<Reaper>>,
    counted: Arc<Counted>,
    number: AtomicU32,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("network", &self.network).finish_non_exhaustive()
    }
}

/// A network that is to go.
#[derive(Debug)]
pub(super) struct RetiredNetwork {
    pub(super) network: Namespace,
    /// The hub's end of its `veth` pair.
    pub(super) end: String,
}

/// Takes retired networks away at their times.
type Reaper = mpsc::Sender<(Instant, RetiredNetwork)>;

/// What is known of networks.
#[derive(Debug, Default)]
struct Counted {
    alive: AtomicU32,
    most_alive: AtomicU32,
    tcp: Mutex<BTreeMap<String, u64>>,
}

impl Hub {
    /// A hub for a run of `plan`, without nodes.
    ///
    /// # Errors
    /// The system refuses, or one of `ip`, `nft` and `/dev/net/tun` is missing.
    pub(crate) fn open(plan: &Arc<Plan>, links: &Arc<LinkModel>) -> io::Result<Arc<Self>> {
        let network = Namespace::new("hub").map_err(of("no right to make network namespaces"))?;
        let network = Arc::new(network);
        let device = network.run(|| -> io::Result<SyncDevice> {
            set("ipv4/ip_forward", "1")?;
            // Packets that this program hands back have source addresses to which no route leads through the device.
            set("ipv4/conf/all/rp_filter", "0")?;
            set("ipv4/conf/default/rp_filter", "0")?;
            without_ipv6()?;
            DeviceBuilder::new().name(DEVICE).mtu(MTU).build_sync().map_err(of("cannot create a tun device"))
        })??;
        network.feed(
            "ip",
            "-batch -",
            format!(
                "link set {DEVICE} txqueuelen {WAITING} up\n{TRIAL}rule add pref 10 iif {DEVICE} lookup main\n\
                 rule add pref 20 lookup {FROM_NODES}\nroute add default dev {DEVICE} table {FROM_NODES}\n{NOBODY}"
            ),
        )?;
        if links.classes.iter().any(|class| class.is_limited()) {
            network.call("tc", "-V")?;
        }
        network.feed("nft", "-f -", rules::table(plan, links))?;
        let counted = Arc::new(Counted::default());
        let (reaper, thread) = reaper(&network, &counted)?;
        Ok(Arc::new(Self {
            network,
            device: Arc::new(device),
            plan: Arc::clone(plan),
            links: Arc::clone(links),
            switches: Arc::new(LinkSwitches::none(plan.slots())),
            relay: OnceLock::new(),
            threads: Mutex::new(vec![thread]),
            reaper: Mutex::new(Some(reaper)),
            counted,
            number: AtomicU32::new(0),
        }))
    }

    /// Packets are carried from now on. The plan's time is that of `clock`.
    ///
    /// # Errors
    /// There are no more threads.
    pub(crate) fn start(&self, clock: Clock) -> io::Result<()> {
        let between = Between::new(Arc::clone(&self.plan), Arc::clone(&self.links));
        let (relay, threads) = PacketRelay::start(&self.device, Arc::clone(&self.switches), clock, between)?;
        let _ = self.relay.set(relay);
        lock(&self.threads).extend(threads);
        Ok(())
    }

    /// Packets of `slot` pass from one time of the plan to the other.
    pub(crate) fn connect(&self, slot: u32, from: Time, until: Time) {
        self.switches.set(slot, from, until);
    }

    pub(super) fn network(&self) -> &Namespace {
        &self.network
    }

    pub(super) fn links(&self) -> &LinkModel {
        &self.links
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The number of the next `veth` pair.
    pub(super) fn next_number(&self) -> u32 {
        self.counted.most_alive.fetch_max(self.counted.alive.fetch_add(1, Relaxed) + 1, Relaxed);
        self.number.fetch_add(1, Relaxed)
    }

    /// Starts the program that makes a change of faults, which waits for [`Self::change`].
    pub(super) fn prepare_change(&self) -> io::Result<Program> {
        self.network.run(|| Program::start("nft", &["-f".to_owned(), "-".to_owned()]))?
    }

    /// The change of faults at `at`.
    pub(super) fn change(&self, at: Time) -> String {
        rules::change(&self.plan, at)
    }

    /// Takes a network away, soon.
    pub(super) fn retire(&self, retired: RetiredNetwork) {
        // Without an reaper all is over, and the network goes with this.
        if let Some(reaper) = &*lock(&self.reaper) {
            let _ = reaper.send((Instant::now() + LINGER, retired));
        }
    }

    /// All is over: takes everything away, and tells what was counted. It takes some time.
    ///
    /// # Errors
    /// The rules cannot be read.
    pub(crate) fn end(&self) -> io::Result<Kernels> {
        let dropped = dropped(&self.network.call("nft", &format!("-j list table {}", rules::TABLE))?)?;
        self.take_down();
        let carried = self.relay.get().map(|relay| relay.carried()).unwrap_or_default();
        let of = |what: &str| dropped.get(what).copied().unwrap_or(0);
        Ok(Kernels {
            networks: self.counted.most_alive.load(Relaxed),
            congestion: CONTROL.to_owned(),
            carried: carried.packets,
            lost: of(rules::LOSS),
            cut: of(rules::CUT),
            unreachable: of(rules::UNREACHABLE),
            nobody: carried.for_nobody,
            late_p99_ms: carried.late_p99_ms,
            tcp: lock(&self.counted.tcp).clone(),
        })
    }

    fn take_down(&self) {
        drop(lock(&self.reaper).take());
        let threads = std::mem::take(&mut *lock(&self.threads));
        if threads.is_empty() {
            return;
        }
        // Reading from a device that is gone fails, which ends the relay.
        let _ = self.network.call("ip", &format!("link del {DEVICE}"));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.take_down();
    }
}

/// Takes networks away, one after the other, when their time has come.
fn reaper(hub: &Arc<Namespace>, counted: &Arc<Counted>) -> io::Result<(Reaper, JoinHandle<()>)> {
    let (sender, receiver) = mpsc::channel::<(Instant, RetiredNetwork)>();
    let (hub, counted) = (Arc::clone(hub), Arc::clone(counted));
    let thread = thread::Builder::new().name("reaper".to_owned()).spawn(move || {
        for (due, RetiredNetwork { network, end }) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            for (name, count) in network.run(counters).unwrap_or_default() {
                *lock(&counted.tcp).entry(name.to_owned()).or_default() += count;
            }
            // It goes with the network, at the latest.
            let _ = hub.call("ip", &format!("link del {end}"));
            counted.alive.fetch_sub(1, Relaxed);
        }
    })?;
    Ok((sender, thread))
}

/// How many packets the rules dropped, by their comments.
fn dropped(listed: &[u8]) -> io::Result<BTreeMap<String, u64>> {
    let wrong = |error| io::Error::other(format!("cannot read the output of nft: {error}"));
    let listed: Value = serde_json::from_slice(listed).map_err(wrong)?;
    let mut dropped = BTreeMap::new();
    for entry in listed["nftables"].as_array().into_iter().flatten() {
        let rule = &entry["rule"];
        let counts = rule["expr"].as_array().into_iter().flatten();
        let packets: u64 = counts.filter_map(|part| part["counter"]["packets"].as_u64()).sum();
        if let Some(comment) = rule["comment"].as_str() {
            *dropped.entry(comment.to_owned()).or_default() += packets;
        }
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rules_dropped_is_summed_by_their_comments() {
        let listed = br#"{"nftables": [{"metainfo": {"version": "1.0.6"}}, {"chain": {"name": "path"}},
            {"rule": {"chain": "fault0", "comment": "cut", "expr": [{"counter": {"packets": 3, "bytes": 9}}, {"drop": null}]}},
            {"rule": {"chain": "faults", "expr": [{"jump": {"target": "fault0"}}]}},
            {"rule": {"chain": "fault1", "comment": "cut", "expr": [{"counter": {"packets": 4, "bytes": 9}}]}}]}"#;
        assert_eq!(dropped(listed).unwrap(), BTreeMap::from([("cut".to_owned(), 7)]));
        assert!(dropped(b"no table").is_err());
    }
}
