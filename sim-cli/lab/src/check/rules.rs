//! What must hold between nodes, as the observations tell.

use std::collections::BTreeSet;

use floodnet_core::observe::Observation;
use floodnet_core::time::{Duration, Time};
use floodnet_sim::link::LinkModel;
use floodnet_sim::observer::{Observed, Observer};
use floodnet_sim::plan::Plan;
use floodnet_sim::spec::Transport;

use super::graph::Graph;
use super::violation::{Invariant, broken};
use floodnet_core::invariants::Promises;

/// How long the nodes have after the last trouble until they must be one component. Who asks in vain
/// pauses for 2 s, 4 s, .. each time, half as much again at most.
pub const HEAL: Duration = Duration::from_secs(45);
/// How long a message may take at most when nothing is wrong, and queues to drain.
pub const REACH: Duration = Duration::from_secs(10);
/// How long a link may be held by one end only: longer than it takes a connection to break.
const HALF_OPEN: Duration = Duration::from_secs(20);

/// When the trouble of a plan is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quiet {
    /// From then on nobody comes or goes, and nothing is wrong.
    pub(super) from: Time,
    /// When the nodes must be one component; none if the plan ends before.
    pub(super) judged: Option<Time>,
}

impl Quiet {
    pub(super) fn of(plan: &Plan) -> Self {
        let lives = plan.lives.iter().flatten();
        let lives = lives.flat_map(|life| [life.start, life.stop]);
        let faults = plan.disturbances.iter().map(|fault| fault.until);
        let from = lives.filter(|at| *at < plan.duration).chain(faults).max().unwrap_or(Time::ZERO);
        Self { from, judged: Some(from + HEAL).filter(|at| *at + REACH <= plan.duration) }
    }
}

/// What is held against the observations of a run.
pub(super) struct Rules<'a> {
    plan: &'a Plan,
    links: &'a LinkModel,
    promises: &'a Promises,
    quiet: Quiet,
    graph: Graph,
    published: Vec<bool>,
    /// Deliveries of what was published after the judgment.
    reached: BTreeSet<(u32, u32)>,
    packets: i64,
    payloads: i64,
    received: u64,
    /// Whether the nodes were one component when it was judged.
    pub(super) one_piece: Option<bool>,
    lost_a_link: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(plan: &'a Plan, links: &'a LinkModel, promises: &'a Promises) -> Self {
        Self {
            plan,
            links,
            promises,
            quiet: Quiet::of(plan),
            graph: Graph::new(plan.slots()),
            published: vec![false; plan.publishes.len()],
            reached: BTreeSet::new(),
            packets: 0,
            payloads: 0,
            received: 0,
            one_piece: None,
            lost_a_link: false,
        }
    }

    fn count(&mut self, sign: i64, payload: Option<u32>) {
        self.packets += sign;
        self.payloads += if payload.is_some() { sign } else { 0 };
    }

    fn told(&mut self, at: Time, slot: u32, what: Observation<u32, u32>) {
        match what {
            Observation::NeighborUp(peer) => self.graph.hold(slot, peer, at),
            Observation::NeighborDown(peer) => {
                self.graph.release(slot, peer, at);
                self.lost_a_link = true;
            }
            Observation::Published(message) => match self.published.get_mut(message as usize) {
                Some(published) => *published = true,
                None => {
                    broken(Invariant::Published, at, Some(slot), format!("message {message} is not planned"))
                }
            },
            Observation::Delivered { message, .. } => {
                if self.published.get(message as usize) != Some(&true) {
                    let what = format!("message {message} is delivered, which was not published");
                    broken(Invariant::Published, at, Some(slot), what);
                }
                // Only where everybody must be reached is it kept who was.
                if self.one_piece.is_some() {
                    self.reached.insert((message, slot));
                }
            }
            Observation::Duplicate(_)
            | Observation::Repair
            | Observation::Failed(_)
            | Observation::Dropped(_)
            | Observation::Deed(_)
            | Observation::Count(..)
            | Observation::Record(..)
            | Observation::Other => {}
        }
    }

    /// Whether nothing but the protocol can keep a message: no loss, no limit, everybody can be dialed.
    fn is_perfect(&self) -> bool {
        let open = |class: &floodnet_sim::spec::Class| class.reachable && !class.is_limited();
        self.links.spec.loss == 0.0 && self.links.classes.iter().all(open)
    }

    /// At the end: links, queues, packets, messages. `in_flight` counts packets and those with a message.
    pub(super) fn finish(&self, received: u64, in_flight: (u64, u64)) {
        let end = self.plan.duration;
        let left = (in_flight.0.cast_signed(), in_flight.1.cast_signed());
        if (self.packets, self.payloads) != left || self.received != received {
            let what = format!(
                "{} packets ({} with a message) were sent and neither received nor lost, {} ({}) are in flight; \
                 {} were told received, {received} were",
                self.packets, self.payloads, left.0, left.1, self.received
            );
            broken(Invariant::Conserved, end, None, what);
        }
        if self.links.spec.transport == Transport::Stream {
            self.half_open(end);
            self.reaches();
        }
        let last = self.plan.publishes.last().map_or(Time::ZERO, |publish| publish.at);
        let quiet = self.quiet.judged.is_some() && last + REACH <= end;
        if quiet && self.promises.once && self.is_perfect() && in_flight.1 > 0 {
            broken(Invariant::Drains, end, None, format!("{} packets with messages are left", in_flight.1));
        }
    }

    fn half_open(&self, end: Time) {
        let since = Time::ZERO + (end.since(Time::ZERO + HALF_OPEN));
        if self.promises.symmetric
            && self.quiet.from < since
            && let Some((slot, peer, from)) = self.graph.half_open(since)
        {
            let other = if self.graph.is_up(peer) { "does not hold it" } else { "is down" };
            let what = format!("it has held {peer} for {}, which {other}", end.since(from));
            broken(Invariant::Symmetric, end, Some(slot), what);
        }
    }

    /// In one component that loses no link a message reaches everybody.
    fn reaches(&self) {
        let Some(judged) = self.quiet.judged else { return };
        let whole = self.one_piece == Some(true) && !self.lost_a_link;
        if !(whole && self.promises.reaches_all && self.is_perfect()) {
            return;
        }
        for (message, publish) in (0..).zip(&self.plan.publishes) {
            if publish.at < judged || publish.at + REACH > self.plan.duration {
                continue;
            }
            let misses = |&slot: &u32| slot != publish.slot && !self.reached.contains(&(message, slot));
            if let Some(slot) = self.graph.nodes().find(misses) {
                let what = format!("message {message} of slot {} never came", publish.slot);
                broken(Invariant::Reaches, self.plan.duration, Some(slot), what);
            }
        }
    }

    /// Whether no connection breaks, and no dial fails, while nothing is wrong: nothing is lost, and a round trip is
    /// always shorter than what is waited for.
    fn is_steady(&self) -> bool {
        let spec = &self.links.spec;
        // The greatest value that can be drawn. Tables have none that is near to the limits.
        let longest = spec.latency.distribution().map_or(Duration::ZERO, |latency| latency.sample(u64::MAX));
        let round_trip = (longest + spec.jitter.0).times(2);
        spec.loss == 0.0 && round_trip < spec.dial_timeout.0.min(spec.dead_after.0)
    }

    /// The links of a given graph that should be up and are not: the first. Where connections break by themselves, at
    /// any time some are being dialed again. There it is a link whose ends no other links connect.
    pub(super) fn missing<'n>(&self, neighbors: impl Fn(u32) -> &'n [u32]) -> Option<(u32, u32)> {
        let labels = (!self.is_steady()).then(|| self.graph.labels());
        let is_bridged = |slot: u32, peer: u32| {
            labels.as_ref().is_some_and(|labels| labels[slot as usize] == labels[peer as usize])
        };
        let pairs = self.graph.nodes().flat_map(|slot| neighbors(slot).iter().map(move |&peer| (slot, peer)));
        let mut wanted = pairs.filter(|&(slot, peer)| {
            let can_meet = self.links.class(slot).reachable || self.links.class(peer).reachable;
            self.graph.is_up(peer) && can_meet
        });
        wanted.find(|&(slot, peer)| !self.graph.holds(slot, peer) && !is_bridged(slot, peer))
    }
}

impl Observer for Rules<'_> {
    fn observe(&mut self, at: Time, slot: u32, what: Observed) {
        let wrong = |what: String| broken(Invariant::Ends, at, Some(slot), what);
        match what {
            Observed::Up { .. } => {
                if !self.graph.up(slot) {
                    wrong("it came up twice".to_owned());
                }
            }
            Observed::Down(_) => {
                if !self.graph.down(slot, at) {
                    wrong("it went down twice".to_owned());
                }
            }
            Observed::Lost { payload, .. } => self.count(-1, payload),
            _ if !self.graph.is_up(slot) => wrong(format!("it is down, and {what:?}")),
            Observed::Sent { payload, .. } => self.count(1, payload),
            Observed::Received { payload, .. } => {
                self.received += 1;
                self.count(-1, payload);
            }
            Observed::Protocol(what) => self.told(at, slot, what),
        }
    }

    fn sample(&mut self, at: Time) {
        if self.quiet.judged == Some(at) {
            self.one_piece = Some(self.graph.components().len() <= 1);
            self.lost_a_link = false;
        }
    }
}
