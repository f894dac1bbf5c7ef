//! Does the swarm test find anything? Here are nodes with one bug each, and it must find every one of them.
//!
//! A [`Faulty`] node is a sound node behind a wrapper that spoils its inputs, its effects or its settings. The
//! swarm test takes it for what it claims to be: a random walk with a flood. So no bug has to be built into the
//! product. Bugs of the engine, which no wrapper can reach, are the matter of `cargo mutants`.
//!
//! ```sh
//! cargo test -p sim-cli --test faulty -- --nocapture   # prints after how many scenarios each is found
//! ```

use std::num::NonZeroUsize;

use floodnet_core::broadcast::{BroadcastEvent, Flood};
use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::node::{Layer, Node};
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::overlay::random_walk::Message as WalkMessage;
use floodnet_core::overlay::{OverlayEvent, RandomWalk};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::time::Duration;
use floodnet_sim::payload::SimPayload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_cli::lab::check::Invariant;
use sim_cli::lab::swarm::campaign::{Campaign, Tried};
use sim_cli::lab::swarm::draw::ProtocolChoice;
use sim_cli::registry::{Registry, Runnable, Setting};
use sim_cli::scenario::units::{self, Limit};
use sim_cli::scenario::{CheckedTable, Complaint, FloodTable, NamedTable, RandomWalkTable, SeenFor};

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Bug {
    /// Nothing.
    None,
    /// A copy of a message is delivered as if it were new.
    DeliversCopies,
    /// A message goes back to who sent it, though echo is off.
    Echoes,
    /// A message is passed on with the hop count that it came with.
    HopsNotCounted,
    /// Messages seen are forgotten after a quarter of the time.
    ForgetsEarly,
    /// The memory of messages seen grows without bound.
    SeenUnbounded,
    /// Deliveries that wait for a busy application are not bounded.
    InboxUnbounded,
    /// Passing a join request on costs no hop.
    FreeHops,
    /// A new neighbor is taken twice.
    TakesTwice,
    /// No node is ever full.
    DegreeUnbounded,
    /// Who accepts does not tell the joiner.
    AckNotSent,
    /// A neighbor that is gone is kept.
    DeadNeighborKept,
    /// The loss of a neighbor is not reported.
    DownNotTold,
    /// Nobody looks for neighbors in place of those that are missing.
    NoRepair,
    /// Each timer is set twice.
    TimersDoubled,
}

/// Each bug, what it breaks, and within how many scenarios that must be found: a few times as many as it
/// took when this was written.
const BUGS: [(Bug, Invariant, u64); 14] = [
    (Bug::DeliversCopies, Invariant::Once, 5),
    (Bug::Echoes, Invariant::PassedOnce, 5),
    (Bug::HopsNotCounted, Invariant::Hops, 5),
    (Bug::ForgetsEarly, Invariant::Once, 5),
    (Bug::SeenUnbounded, Invariant::Bounded, 5),
    (Bug::InboxUnbounded, Invariant::Bounded, 80),
    (Bug::FreeHops, Invariant::Hops, 5),
    (Bug::TakesTwice, Invariant::Links, 5),
    (Bug::DegreeUnbounded, Invariant::Bounded, 5),
    (Bug::AckNotSent, Invariant::Symmetric, 5),
    (Bug::DeadNeighborKept, Invariant::Symmetric, 5),
    (Bug::DownNotTold, Invariant::Links, 5),
    (Bug::NoRepair, Invariant::OnePiece, 80),
    (Bug::TimersDoubled, Invariant::Bounded, 5),
];

/// A sound node.
type Sound = Node<RandomWalk<u32>, Flood<u32, SimPayload>>;

/// A node with a bug.
#[derive(Debug)]
struct Faulty {
    inner: Sound,
    me: u32,
}

/// The settings that a node claims to have, and those that it has.
struct Config {
    bug: Bug,
    claimed: <Sound as Types>::Config,
    actual: <Sound as Types>::Config,
}

impl Bug {
    /// The settings of nodes with this bug, as they claim.
    fn claimed(self) -> (RandomWalkTable, FloodTable) {
        let mut flood = FloodTable::default();
        match self {
            Self::SeenUnbounded => flood.seen = Limit::AtMost(8),
            Self::InboxUnbounded => flood.queue = 1,
            Self::ForgetsEarly => flood.seen_for = SeenFor::For(units::Duration::from_secs(8)),
            _ => {}
        }
        (RandomWalkTable::default(), flood)
    }

    /// The settings that they have.
    fn actual(self) -> (RandomWalkTable, FloodTable) {
        let (mut walk, mut flood) = self.claimed();
        match self {
            Self::Echoes => flood.echo = true,
            Self::ForgetsEarly => flood.seen_for = SeenFor::For(units::Duration::from_secs(2)),
            Self::SeenUnbounded => flood.seen = Limit::Unlimited,
            Self::InboxUnbounded => flood.queue = u32::MAX,
            Self::DegreeUnbounded => walk.max_degree = Some(Limit::Unlimited),
            Self::NoRepair => (walk.retry, walk.repair) = (false, false),
            _ => {}
        }
        (walk, flood)
    }
}

/// Takes the effects of the sound node and spoils them.
struct Spoiler<'a, E> {
    outer: &'a mut E,
    bug: Bug,
    me: u32,
    /// The message at hand and its hops.
    came: Option<(SimPayload, u16)>,
}

impl<E: Effects<Faulty>> Effects<Sound> for Spoiler<'_, E> {
    fn send(&mut self, to: u32, mut message: <Sound as Types>::Message) {
        match (self.bug, &mut message) {
            (Bug::AckNotSent, Layer::Overlay(WalkMessage::JoinAck { .. } | WalkMessage::Accepted)) => return,
            (Bug::HopsNotCounted, Layer::Broadcast(message)) => message.hops -= 1,
            (
                Bug::FreeHops,
                Layer::Overlay(
                    WalkMessage::Join { joiner, hop_limit, .. }
                    | WalkMessage::JoinVia { joiner, hop_limit, .. },
                ),
            ) => {
                *hop_limit += u8::from(*joiner != self.me);
            }
            _ => {}
        }
        self.outer.send(to, message);
    }

    fn set_timer(&mut self, after: Duration, timer: <Sound as Types>::Timer) {
        for _ in 0..if self.bug == Bug::TimersDoubled { 2 } else { 1 } {
            self.outer.set_timer(after, timer);
        }
    }

    fn disconnect(&mut self, peer: u32) {
        self.outer.disconnect(peer);
    }

    fn emit(&mut self, event: <Sound as Types>::Event) {
        match (self.bug, &event) {
            (Bug::DownNotTold, Layer::Overlay(OverlayEvent::Down(_))) => return,
            (Bug::TakesTwice, Layer::Overlay(OverlayEvent::Up(peer))) => {
                self.outer.emit(Layer::Overlay(OverlayEvent::Up(*peer)));
            }
            (Bug::DeliversCopies, Layer::Broadcast(BroadcastEvent::Duplicate(_))) => {
                let copy = self.came.map(|(payload, hops)| BroadcastEvent::Delivered { payload, hops });
                return copy.into_iter().for_each(|copy| self.outer.emit(Layer::Broadcast(copy)));
            }
            _ => {}
        }
        self.outer.emit(event);
    }
}

impl Types for Faulty {
    type Peer = u32;
    type Message = <Sound as Types>::Message;
    type Timer = <Sound as Types>::Timer;
    type Command = <Sound as Types>::Command;
    type Event = <Sound as Types>::Event;
    type Config = Config;
}

impl Protocol for Faulty {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        let bug = cx.config.bug;
        if bug == Bug::DeadNeighborKept && matches!(input, Input::LinkDown(_)) {
            return;
        }
        let came = match &input {
            Input::Message { message: Layer::Broadcast(message), .. } => {
                Some((message.payload, message.hops))
            }
            _ => None,
        };
        let mut spoiler = Spoiler { outer: &mut *cx.effects, bug, me: self.me, came };
        let config = &cx.config.actual;
        self.inner.handle(input, &mut Context { now: cx.now, config, rng: cx.rng, effects: &mut spoiler });
    }
}

impl Observe for Faulty {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> Self::Command {
        Sound::publish(payload)
    }

    fn hold(busy: bool) -> Option<Self::Command> {
        Sound::hold(busy)
    }

    fn observe(event: &Self::Event) -> Observation<u32, u32> {
        Sound::observe(event)
    }

    fn carried(message: &Self::Message) -> Option<Carried<u32>> {
        Sound::carried(message)
    }

    fn wire_size(message: &Self::Message) -> u32 {
        Sound::wire_size(message)
    }

    fn neighbors(&self) -> &[u32] {
        self.inner.neighbors()
    }
}

/// It is held to what a sound node with the settings that it claims would keep.
impl Invariants for Faulty {
    fn promise(config: &Config, promises: &mut Promises) {
        Sound::promise(&config.claimed, promises);
    }

    fn walk(message: &Self::Message) -> Option<Walk<u32>> {
        Sound::walk(message)
    }

    fn stored(&self, config: &Config, report: &mut dyn FnMut(Stored)) {
        self.inner.stored(&config.claimed, report);
    }
}

/// `[overlay.faulty]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FaultyTable {
    /// What is wrong.
    bug: Bug,
}

/// `[broadcast.faulty]`: it follows from the bug.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoTable {}

impl CheckedTable for FaultyTable {}

impl CheckedTable for NoTable {}

impl Runnable for Faulty {
    type OverlayTable = FaultyTable;
    type BroadcastTable = NoTable;

    fn config(FaultyTable { bug }: FaultyTable, _: NoTable, setting: &Setting) -> Result<Config, Complaint> {
        let settings = |(walk, flood)| Sound::config(walk, flood, setting);
        Ok(Config { bug, claimed: settings(bug.claimed())?, actual: settings(bug.actual())? })
    }

    fn node(slot: u32, _: &Config) -> Self {
        Self { inner: Node::new(RandomWalk::new(slot), Flood::default()), me: slot }
    }
}

/// Tries scenarios until one shows the bug.
fn swarm(bug: Bug, count: u64) -> Tried {
    let registry = Registry::default().protocol::<Faulty>("faulty", "faulty");
    let table = |table| NamedTable { key: "faulty".to_owned(), table };
    let bug = toml::Table::try_from(FaultyTable { bug }).unwrap();
    let choice = ProtocolChoice::Given { overlay: table(bug), broadcast: table(toml::Table::new()) };
    let campaign = Campaign::new(&[], 0, count, choice);
    campaign.run(registry.lab(), NonZeroUsize::new(2).unwrap(), Tried::is_sound).unwrap()
}

#[test]
fn the_wrapper_alone_breaks_nothing() {
    let tried = swarm(Bug::None, 30);
    assert!(tried.is_sound(), "{:#?}, not one: {:?}", tried.failures, tried.unhealed);
    assert!(tried.promised_to_heal > 5, "liveness was judged in {} only", tried.promised_to_heal);
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn every_bug_is_found() {
    println!("\n| bug | found after | by |\n|---|---|---|");
    let mut missed = Vec::new();
    for (bug, breaks, within) in BUGS {
        let first = swarm(bug, within).first();
        match first {
            Some((found, after)) => println!("| {bug:?} | {after} | {} {} |", found.code(), found.says()),
            None => println!("| {bug:?} | not within {within} | |"),
        }
        if first.is_none_or(|(found, _)| found != breaks) {
            missed.push((bug, first));
        }
    }
    assert!(missed.is_empty(), "not found, or by another invariant: {missed:?}");
}
