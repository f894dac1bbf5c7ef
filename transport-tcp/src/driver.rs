//! The task that owns the node.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floodnet_core::observe::Observation;
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf};
use floodnet_core::rng::NodeRng;
use floodnet_core::wire;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::accept::accept;
use crate::clock::{span, time};
use crate::clock_jumps::ClockJumps;
use crate::connection::{Report, TaskContext};
use crate::dialing::Dialing;
use crate::handle::Handle;
use crate::identity::Keypair;
use crate::limits::MAX_PACKET;
use crate::links::Links;
use crate::options::Options;
use crate::outbox::Packet;
use crate::peer::{NamesSender, Peer};
use crate::protocol::SocketProtocol;
use crate::secure::Credentials;
use crate::shared::Shared;
use crate::timers::Timers;
use crate::validator::{AcceptAll, Acceptance, LinkInfo, Validator};

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
    spawn_with_validator(node, config, options, Arc::new(AcceptAll)).await
}

/// As [`spawn`], with a validator that each message must pass before the node sees it.
///
/// # Errors
/// As [`spawn`].
///
/// # Panics
/// As [`spawn`].
pub async fn spawn_with_validator<P: SocketProtocol>(
    node: impl FnOnce(Peer) -> P,
    config: P::Config,
    options: Options,
    validator: Arc<dyn Validator<P::Message>>,
) -> io::Result<Handle<P>> {
    check(&options)?;
    let listener = listen(options.listen, options.ports).await?;
    let seed = options.seed.unwrap_or_else(random);
    let shared = Arc::new(share(options, listener.local_addr()?)?);
    // Bounded queues: connections and the application wait for the node, and the node for nobody.
    let (reports_in, reports) = mpsc::channel(shared.limits.inbox);
    let (commands_in, commands) = mpsc::channel(shared.limits.commands);
    let (events, events_out) = mpsc::channel(shared.limits.events);
    let (view, view_out) = watch::channel(Vec::new());
    // Two tokens, since a node that leaves takes no connections any more while its links are still being served.
    let (tasks, root, listening) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
    let context = Arc::new(TaskContext {
        shared: Arc::clone(&shared),
        validator: Arc::clone(&validator),
        reports: reports_in,
        tasks: tasks.clone(),
        root: root.clone(),
    });
    tasks.spawn(accept(listener, Arc::clone(&context), listening.clone()));
    let driver = Driver {
        node: node(shared.me),
        config,
        rng: NodeRng::new(seed),
        links: Links::new(context, Dialing::default()),
        validator,
        timers: Timers::new(),
        actions: Vec::new(),
        published: 0,
        events,
        view,
        clock_jumps: ClockJumps::new(),
        shared: Arc::clone(&shared),
        tasks,
        listening: listening.drop_guard(),
        _root: root.drop_guard(),
    };
    let task = tokio::spawn(driver.run(commands, reports));
    Ok(Handle::new(commands_in, events_out, view_out, shared, task))
}

/// What all tasks of the node share: its name, its credentials and its limits. It listens at `bound`.
fn share(options: Options, bound: SocketAddr) -> io::Result<Shared> {
    let Options { advertise, keypair, network, limits, connector, receipts, .. } = options;
    let keypair = keypair.map_or_else(Keypair::generate, Ok)?;
    let me = Peer::new(keypair.identity(), advertise.unwrap_or(bound));
    let credentials = Credentials::new(keypair, &network)?;
    Ok(Shared::new(me, credentials, session(SystemTime::now(), random()), (limits, connector, receipts)))
}

/// Names a life that begins `now`: a later one has a greater name, and two of one millisecond differ by chance.
fn session(now: SystemTime, chance: u64) -> u64 {
    const CHANCE_BITS: u32 = 20;
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    millis << CHANCE_BITS | chance >> (u64::BITS - CHANCE_BITS)
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
    links: Links<P::Message>,
    validator: Arc<dyn Validator<P::Message>>,
    timers: Timers<P::Timer>,
    /// What the node wants done; empty between inputs.
    actions: Vec<ActionOf<P>>,
    /// The number of the message that the node is publishing; 0 if it is none, or nobody asks for receipts.
    published: u64,
    events: mpsc::Sender<P::Event>,
    view: watch::Sender<Vec<Peer>>,
    clock_jumps: ClockJumps,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    /// Ends the task that takes connections.
    listening: DropGuard,
    /// Ends all other tasks with this one.
    _root: DropGuard,
}

impl<P: SocketProtocol> Driver<P> {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<(P::Command, u64)>,
        mut reports: mpsc::Receiver<Report<P::Message>>,
    ) {
        let mut sweep = interval((self.shared.limits.idle / 4).max(MIN_SWEEP));
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look = interval(ClockJumps::LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.tell(Input::Start);
        loop {
            while let Some(peer) = self.links.pop_down() {
                self.tell(Input::LinkDown(peer));
            }
            self.shared.links.store(self.links.len(), Relaxed);
            let due = self.timers.next_due(Instant::now());
            tokio::select! {
                Some(report) = reports.recv() => self.on_report(report),
                command = commands.recv() => match command {
                    Some((command, number)) => self.obey(command, number),
                    None => break,
                },
                () = sleep_until(due) => self.fire(),
                _ = sweep.tick() => self.links.sweep(self.node.neighbors()),
                _ = look.tick() => self.look_at_clocks(),
            }
        }
        self.leave(reports).await;
    }

    fn on_report(&mut self, report: Report<P::Message>) {
        match report {
            Report::Met { id, peer, go_on } => {
                let info = LinkInfo { peer, remote: peer.address(), is_outgoing: true, id };
                if self.links.met(id, peer, self.validator.admits(&info)) {
                    // Without a receiver the dial has ended, which comes next.
                    let _ = go_on.send(());
                }
            }
            Report::Opened { link, session, number } => self.links.opened(link, session, number),
            Report::Asked(visitor) => {
                let is_welcome = self.validator.admits(&visitor.link);
                self.links.asked(visitor, is_welcome, self.node.neighbors());
            }
            Report::Message { link, message } => self.on_message(&link, message),
            Report::Closed { id, end } => self.links.closed(id, end),
        }
    }

    fn on_message(&mut self, link: &LinkInfo, mut message: P::Message) {
        if !self.links.is_current(link) {
            return self.shared.counters.stale.add();
        }
        if message.asks_for(self.shared.me).is_some_and(|asked| !self.links.may_see(asked, link))
            && !message.leave_out()
        {
            return;
        }
        match self.validator.validate_in_order(&message, link) {
            Acceptance::Accept => {
                self.shared.counters.received.add();
                self.tell_from(link.id, Input::Message { from: link.peer, message });
            }
            Acceptance::Ignore(reason) => self.shared.counters.validator_dropped(reason),
            Acceptance::Reject(reason) => {
                self.shared.counters.validator_cut(reason);
                self.links.punish(link);
            }
        }
    }

    /// After the machine has slept, links may be dead without anybody having said so.
    fn look_at_clocks(&mut self) {
        if self.clock_jumps.has_jumped() {
            self.shared.counters.clock_jumps.add();
            info!("the clock has jumped: links are asked for a sign of life");
            self.links.probe_all();
        }
    }

    /// Ends everything behind what was sent, within the time that [`Limits`](crate::limits::Limits) grant. What still comes in is
    /// read and ignored.
    async fn leave(mut self, mut reports: mpsc::Receiver<Report<P::Message>>) {
        drop(self.listening);
        self.links.say_goodbye();
        let flushed = async {
            loop {
                tokio::select! {
                    () = self.tasks.wait() => return,
                    // Dials that only carry last words go on; visitors are turned away.
                    Some(report) = reports.recv() => if let Report::Met { go_on, .. } = report {
                        let _ = go_on.send(());
                    },
                }
            }
        };
        if timeout(self.shared.limits.linger, flushed).await.is_err() {
            warn!("left before everything was sent");
        }
    }

    fn fire(&mut self) {
        while let Some(timer) = self.timers.pop(Instant::now()) {
            self.tell(Input::Timer(timer));
        }
    }

    /// Does what the application wants; a message has a number by which it learns whether a peer has read it.
    fn obey(&mut self, command: P::Command, number: u64) {
        self.published = number;
        self.tell(Input::Command(command));
        self.published = 0;
    }

    /// Hands the node an input of its own side and does what it wants.
    fn tell(&mut self, input: InputOf<P>) {
        self.tell_from(0, input);
    }

    /// Hands the node an input that came on the link of this number, and does what it wants. Never waits.
    fn tell_from(&mut self, source: u64, input: InputOf<P>) {
        let now = Instant::now();
        let mut actions = std::mem::take(&mut self.actions);
        self.node.handle(
            input,
            &mut Context {
                now: time(now.duration_since(self.shared.started())),
                config: &self.config,
                rng: &mut self.rng,
                effects: &mut actions,
            },
        );
        for action in actions.drain(..) {
            match action {
                Action::Send { to, message } => {
                    let is_payload = P::carried(&message).is_some();
                    let (bytes, published) = (wire::encode(&message).into(), self.published);
                    self.links.send(to, Packet { bytes, is_payload, source, published });
                }
                Action::SetTimer { after, timer } => {
                    self.timers.set(now, span(after), timer);
                }
                Action::Disconnect(peer) => self.links.disconnect(peer),
                Action::Emit(event) => self.emit(event),
            }
        }
        self.actions = actions;
        self.show_view();
    }

    /// Tells the application. What a storm brings forth by the thousand (duplicates, drops, neighbors that come
    /// and go) leaves half of the queue to messages.
    fn emit(&self, event: P::Event) {
        let matters = matches!(P::observe(&event), Observation::Published(_) | Observation::Delivered { .. });
        if !matters && self.events.capacity() <= self.shared.limits.events / 2 {
            self.shared.counters.events_skipped.add();
        } else if self.events.try_send(event).is_err() {
            self.shared.counters.events_dropped.add();
        }
    }

    /// Publishes the neighbors if they have changed, and how many of them are chosen.
    fn show_view(&self) {
        let neighbors = self.node.neighbors();
        self.view.send_if_modified(|shown| {
            // Under the lock of the view, so that both are of one moment.
            self.shared.chosen.store(self.node.chosen(), Relaxed);
            let changed = shown.as_slice() != neighbors;
            if changed {
                neighbors.clone_into(shown);
            }
            changed
        });
    }
}
