//! The task that owns the node.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use floodnet_core::observe::Observe;
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf, Types};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use floodnet_core::wire::{self, Wire};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::connection::{Report, Shared};
use crate::gate::{Gate, LinkInfo, Open, Verdict};
use crate::handle::Handle;
use crate::identity::Keypair;
use crate::limits::{Limits, MAX_PACKET};
use crate::links::Links;
use crate::options::Options;
use crate::peer::Peer;
use crate::stats::Counters;
use crate::timers::Timers;

/// A protocol that can run on sockets: its peers are addresses, its messages have an encoding, and all of
/// it may move to the task that drives it.
pub trait SocketProtocol:
    Observe
    + Types<
        Peer = Peer,
        Message: Wire + Send + 'static,
        Timer: Send,
        Command: Send + 'static,
        Event: Send + 'static,
        Config: Send,
    > + Send
    + 'static
{
}

impl<P> SocketProtocol for P where
    P: Observe
        + Types<
            Peer = Peer,
            Message: Wire + Send + 'static,
            Timer: Send,
            Command: Send + 'static,
            Event: Send + 'static,
            Config: Send,
        > + Send
        + 'static
{
}

/// Starts the node that `node` makes of its name. It runs until its handle is dropped.
///
/// # Errors
/// The address cannot be listened on; or the operating system has no randomness for an identity; or a limit
/// is zero or above what a frame can hold.
///
/// # Panics
/// Outside of a tokio runtime with I/O and time.
pub async fn spawn<P: SocketProtocol>(
    node: impl FnOnce(Peer) -> P,
    config: P::Config,
    options: Options,
) -> io::Result<Handle<P>> {
    spawn_gated(node, config, options, Arc::new(Open)).await
}

/// As [`spawn`], with a gate that each message must pass before the node sees it.
///
/// # Errors
/// As [`spawn`].
///
/// # Panics
/// As [`spawn`].
pub async fn spawn_gated<P: SocketProtocol>(
    node: impl FnOnce(Peer) -> P,
    config: P::Config,
    options: Options,
    gate: Arc<dyn Gate<P::Message>>,
) -> io::Result<Handle<P>> {
    check(&options)?;
    let listener = listen(options.listen, options.ports).await?;
    let Options { advertise, keypair, seed, limits, .. } = options;
    let address = match advertise {
        Some(address) => address,
        None => listener.local_addr()?,
    };
    let keypair = keypair.map_or_else(Keypair::generate, Ok)?;
    let me = Peer::new(keypair.identity(), address);
    let session = random();
    let (reports_in, reports) = mpsc::channel(limits.inbox);
    let (commands_in, commands) = mpsc::channel(limits.commands);
    let (events, events_out) = mpsc::channel(limits.events);
    let (view, view_out) = watch::channel(Vec::new());
    let shared = Arc::new(Shared { me, session, limits, counters: Counters::default() });
    let driver = Driver {
        node: node(me),
        config,
        rng: NodeRng::new(seed.unwrap_or_else(random)),
        started: Instant::now(),
        links: Links::new(listener, Arc::clone(&shared), Arc::clone(&gate), reports_in),
        gate,
        timers: Timers::new(),
        actions: Vec::new(),
        events,
        view,
        shared: Arc::clone(&shared),
    };
    let task = tokio::spawn(driver.run(commands, reports));
    Ok(Handle::new(commands_in, events_out, view_out, shared, task))
}

/// Listens on `address`, or on the first of so many ports above it that is free.
async fn listen(address: SocketAddr, ports: u16) -> io::Result<TcpListener> {
    let mut port = address.port();
    let last = if port == 0 { 0 } else { port.saturating_add(ports) };
    loop {
        match TcpListener::bind(SocketAddr::new(address.ip(), port)).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port < last => port += 1,
            bound => return bound,
        }
    }
}

fn check(options: &Options) -> io::Result<()> {
    let limits = &options.limits;
    if [limits.outbox, limits.outbox_bytes, limits.inbox, limits.commands, limits.events].contains(&0) {
        return Err(invalid("a queue needs room for one"));
    }
    if limits.packet == 0 || limits.packet > MAX_PACKET {
        return Err(invalid("a packet holds 1 to 65518 bytes"));
    }
    if limits.idle < MIN_SWEEP {
        return Err(invalid("idle links need at least a millisecond"));
    }
    if options.network.name.len() > 255 {
        return Err(invalid("the name of a network holds up to 255 bytes"));
    }
    Ok(())
}

/// Shorter than this no pause between two looks at idle links may be.
const MIN_SWEEP: Duration = Duration::from_millis(1);

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// A number from the operating system's randomness, which the standard library hands out by its hasher.
fn random() -> u64 {
    RandomState::new().hash_one(())
}

struct Driver<P: SocketProtocol> {
    node: P,
    config: P::Config,
    rng: NodeRng,
    started: Instant,
    links: Links<P::Message>,
    gate: Arc<dyn Gate<P::Message>>,
    timers: Timers<P::Timer>,
    /// What the node wants done; empty between inputs.
    actions: Vec<ActionOf<P>>,
    events: mpsc::Sender<P::Event>,
    view: watch::Sender<Vec<Peer>>,
    shared: Arc<Shared>,
}

impl<P: SocketProtocol> Driver<P> {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<P::Command>,
        mut reports: mpsc::Receiver<Report<P::Message>>,
    ) {
        let mut sweep = interval((self.shared.limits.idle / 4).max(MIN_SWEEP));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.tell(Input::Start);
        loop {
            while let Some(peer) = self.links.pop_failed() {
                self.tell(Input::LinkDown(peer));
            }
            let due = self.timers.next_due(Instant::now());
            tokio::select! {
                Some(report) = reports.recv() => self.on_report(report),
                command = commands.recv() => match command {
                    Some(command) => self.tell(Input::Command(command)),
                    None => break,
                },
                () = sleep_until(due) => self.fire(),
                _ = sweep.tick() => self.sweep(),
            }
        }
        self.links.leave(reports).await;
    }

    fn on_report(&mut self, report: Report<P::Message>) {
        match report {
            Report::Accepted(stream) => self.links.accept(stream),
            Report::Greeted { greeting, id, keep } => {
                if self.links.greeted(greeting, id, keep) {
                    self.tell(Input::LinkDown(greeting.me));
                }
            }
            Report::Message { link, message } => self.on_message(&link, message),
            Report::Closed { peer, id } => {
                if self.links.closed(peer, id) {
                    self.tell(Input::LinkDown(peer));
                }
            }
        }
    }

    fn on_message(&mut self, link: &LinkInfo, message: P::Message) {
        if !self.links.is_current(link.peer, link.id) {
            return self.shared.counters.stale.add();
        }
        match self.gate.admit(&message, link) {
            Verdict::Pass => {
                self.shared.counters.received.add();
                self.tell(Input::Message { from: link.peer, message });
            }
            Verdict::Drop(reason) => self.shared.counters.gate_dropped(reason),
            Verdict::Cut(reason) => {
                self.shared.counters.gate_cut(reason);
                self.links.disconnect(link.peer);
                self.tell(Input::LinkDown(link.peer));
            }
        }
    }

    fn fire(&mut self) {
        while let Some(timer) = self.timers.pop(Instant::now()) {
            self.tell(Input::Timer(timer));
        }
    }

    fn sweep(&mut self) {
        for peer in self.links.sweep(self.node.neighbors()) {
            self.shared.counters.idle.add();
            self.tell(Input::LinkDown(peer));
        }
    }

    /// Hands the node an input and does what it wants. Never waits.
    fn tell(&mut self, input: InputOf<P>) {
        let now = Instant::now();
        let nanos = now.duration_since(self.started).as_nanos();
        let mut actions = std::mem::take(&mut self.actions);
        self.node.handle(
            input,
            &mut Context {
                now: Time::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)),
                config: &self.config,
                rng: &mut self.rng,
                effects: &mut actions,
            },
        );
        for action in actions.drain(..) {
            match action {
                Action::Send { to, message } => self.links.send(to, wire::encode(&message).into()),
                Action::SetTimer { after, timer } => {
                    self.timers.set(now, Duration::from_nanos(after.as_nanos()), timer);
                }
                Action::Disconnect(peer) => self.links.disconnect(peer),
                Action::Emit(event) => {
                    if self.events.try_send(event).is_err() {
                        self.shared.counters.events_dropped.add();
                    }
                }
            }
        }
        self.actions = actions;
        self.show_view();
    }

    /// Publishes the neighbors if they have changed.
    fn show_view(&self) {
        let neighbors = self.node.neighbors();
        self.view.send_if_modified(|shown| {
            let changed = shown.as_slice() != neighbors;
            if changed {
                neighbors.clone_into(shown);
            }
            changed
        });
    }
}
