//! The user of one slot: comes and goes, publishes and stands still at the plan's times, in real time.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration as Span;

use floodnet_core::time::{Duration, Time};
use floodnet_sim::link::LinkModel;
use floodnet_sim::node_key;
use floodnet_sim::observer::Observed;
use floodnet_sim::payload::SimPayload;
use floodnet_sim::plan::{CrashKind, DisturbanceKind, End, Life, Plan};
use floodnet_tcp::driver::spawn_gated;
use floodnet_tcp::handle::Handle;
use floodnet_tcp::limits::{Limits, Profile};
use floodnet_tcp::options::Options;
use floodnet_tcp::shaper::Alarm;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::adapter::{Members, Order, SocketNode, World};
use super::clock::Clock;
use super::directory::keypair;
use super::road::Road;
use crate::registry::Runnable;

/// What all users of a process share.
pub(crate) struct Town<P: Runnable> {
    pub(crate) world: Arc<World<P>>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) links: Arc<LinkModel>,
    pub(crate) road: Road,
    /// Wakes users: what they do is timed from when the plan has it, and a timer of tokio comes a millisecond
    /// too late.
    pub(crate) alarm: Alarm,
    pub(crate) lateness: Lateness,
    /// Nodes that are saying goodbye.
    pub(crate) leaving: TaskTracker,
    /// Ends everything.
    pub(crate) over: CancellationToken,
}

/// How late the machine was with what the plan wanted.
#[derive(Debug, Default)]
pub(crate) struct Lateness {
    worst: AtomicU64,
}

impl Lateness {
    fn note(&self, late: Duration) {
        self.worst.fetch_max(late.as_nanos(), Relaxed);
    }

    /// The longest, on the plan's clock.
    pub(crate) fn worst(&self) -> Duration {
        Duration::from_nanos(self.worst.load(Relaxed))
    }
}

/// Something that the plan does to a node while it is up.
enum Deed {
    Publish(u32),
    Pause(Time),
}

/// How long a port may stay taken by the node of the life before.
const PATIENCE: Span = Span::from_secs(5);

/// Lives all lives of `slot`.
///
/// # Errors
/// A node cannot be started; says why.
pub(crate) async fn reside<P: Runnable>(town: Arc<Town<P>>, slot: u32) -> Result<(), String> {
    let lives = town.plan.lives.get(slot as usize).cloned().unwrap_or_default();
    for (incarnation, life) in (0..).zip(lives) {
        if life.start >= town.plan.duration || !town.waited_until(life.start).await {
            break;
        }
        let stop = life.stop.min(town.plan.duration);
        town.world.sink.add(life.start, slot, Observed::Up { incarnation });
        let handle = town.start(slot, incarnation, stop).await.map_err(|error| cannot_start(slot, &error))?;
        let mut is_on = true;
        for (at, deed) in town.deeds(slot, life) {
            is_on = town.waited_until(at).await;
            if !is_on {
                break;
            }
            let order = match deed {
                Deed::Publish(number) => {
                    let size = town.plan.publishes.get(number as usize).map_or(0, |publish| publish.size);
                    Order::Publish(SimPayload::new(number, size))
                }
                Deed::Pause(until) => Order::Pause(until),
            };
            if handle.command(order).await.is_err() {
                return Err(format!("the node of slot {slot} has failed"));
            }
        }
        if !(is_on && town.waited_until(stop).await) || life.stop >= town.plan.duration {
            handle.kill().await;
            break;
        }
        town.stop(slot, life, handle).await;
    }
    Ok(())
}

fn cannot_start(slot: u32, error: &io::Error) -> String {
    let help = if is_out_of_files(error) { ": raise the limit of open files (ulimit -n)" } else { "" };
    format!("the node of slot {slot} cannot listen: {error}{help}")
}

/// Whether there are no more files to open.
pub(crate) fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE, which the standard library has no names for.
    matches!(error.raw_os_error(), Some(23 | 24))
}

impl<P: Runnable> Town<P> {
    /// Waits until it is `at` by the plan. False if everything ends before.
    async fn waited_until(&self, at: Time) -> bool {
        let due = self.world.clock.instant(at).into_std();
        let is_on = tokio::select! {
            () = self.over.cancelled() => false,
            () = self.alarm.until(due) => true,
        };
        self.lateness.note(self.world.clock.now().since(at));
        is_on
    }

    /// What the plan does to `slot` during `life`, in order.
    fn deeds(&self, slot: u32, life: Life) -> Vec<(Time, Deed)> {
        let stop = life.stop.min(self.plan.duration);
        let during = |at: Time| life.start <= at && at < stop;
        let published = (0..).zip(&self.plan.publishes);
        let published = published.filter(|(_, publish)| publish.slot == slot && during(publish.at));
        let mut deeds: Vec<(Time, Deed)> =
            published.map(|(number, publish)| (publish.at, Deed::Publish(number))).collect();
        for fault in &self.plan.disturbances {
            // Who comes up during a pause says its first words at once, and then stands still too.
            if let DisturbanceKind::Pause(slots) = &fault.kind
                && slots.contains(slot)
                && fault.from < stop
                && life.start < fault.until
            {
                deeds.push((fault.from.max(life.start), Deed::Pause(fault.until)));
            }
        }
        deeds.sort_by_key(|(at, _)| *at);
        deeds
    }

    /// Starts a node, which runs until `stop` at the latest.
    async fn start(&self, slot: u32, incarnation: u32, stop: Time) -> io::Result<Handle<SocketNode<P>>> {
        let plan = &self.plan;
        let peer = self.world.directory.peer(slot).ok_or(io::ErrorKind::NotFound)?;
        let options = Options {
            listen: peer.address(),
            keypair: Some(keypair(plan.seed, slot)),
            seed: Some(node_key(plan.seed, slot, incarnation)),
            limits: limits(&self.links, self.world.clock),
            connector: self.road.connector(slot),
            ..Options::default()
        };
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            let node = |_| SocketNode::new(slot, stop, Arc::clone(&self.world));
            let gate = Arc::new(Members(Arc::clone(&self.world)));
            match spawn_gated(node, (), options.clone(), gate).await {
                // The node of the life before is about to let go of the port.
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse && tokio::time::Instant::now() < give_up =>
                {
                    tokio::time::sleep(Span::from_millis(2)).await;
                }
                started => return started,
            }
        }
    }

    /// Ends a life as the plan has it.
    async fn stop(&self, slot: u32, life: Life, handle: Handle<SocketNode<P>>) {
        self.world.sink.add(life.stop, slot, Observed::Down(life.end));
        match life.end {
            End::Leave => {
                self.leaving.spawn(async move {
                    // The only error is that it had stopped before.
                    let _ = handle.leave().await;
                });
            }
            End::Crash(kind) => {
                if kind == CrashKind::Silent {
                    self.road.silence(slot);
                }
                handle.kill().await;
            }
        }
    }
}

/// How long a link that is no neighbor's stays without a message, as in the simulator.
const IDLE: Duration = Duration::from_secs(30);

/// What a node allows its peers and itself: time-outs are the scenario's, on the machine's clock.
fn limits(links: &LinkModel, clock: Clock) -> Limits {
    let least = Span::from_millis(1);
    let real = |span: Duration| clock.real(span).max(least);
    let patience = real(links.break_after);
    Limits {
        handshake: real(links.dial_timeout),
        ping: real(links.ping),
        dead: real(links.dead_after),
        probe: real(links.dead_after),
        idle: real(IDLE),
        stall: patience,
        frame: patience,
        outbox_patience: patience,
        linger: real(Duration::from_secs(2)).max(real(links.rto)),
        ..Limits::of(Profile::Lab)
    }
}

/// The address of this machine for a network of its own.
pub(crate) const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
