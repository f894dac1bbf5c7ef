//! A protocol of one's own, in one file: periodic push gossip over random views.
//!
//! Every node keeps a view of some random peers. Once per period it looks for another peer if its view is
//! small, and pushes each message that is still hot to some peers of its view. The whole laboratory works
//! for it, as for the built-in protocols:
//!
//! ```sh
//! cargo run --release -p sim-cli --example push_gossip -- run sim-cli/examples/churn_push_gossip.toml
//! ```

use std::process::ExitCode;

use floodnet_core::invariants::Invariants;
use floodnet_core::measure::{Measure, Worse};
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::seen::{Seen, SeenCache, SeenLimits};
use floodnet_core::wire::{self, DecodeError, Wire, take};
use floodnet_sim::payload::SimPayload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_cli::registry::{Registry, Runnable, Setting};
use sim_cli::scenario::{CheckedTable, Complaint, units};

fn main() -> ExitCode {
    sim_cli::main_with(Registry::builtin().protocol::<PushGossip>("views", "push"))
}

/// A measure of its own: `own.hot.mean`, `own.hot.p99` and so on in the summary.
static HOT: Measure = Measure::histogram("hot", "Messages that a node pushes in a round.", Worse::Neither);

/// `[overlay.views]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ViewsTable {
    /// Peers that a node looks for; it takes in up to twice as many. Default 5.
    size: u32,
}

/// `[broadcast.push]`
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct PushTable {
    /// A node pushes once per period. Default "200ms".
    every: units::Duration,
    /// To this many peers of its view. Default 2.
    fanout: u32,
    /// For this many periods, each message. Default 4.
    rounds: u32,
}

impl Default for ViewsTable {
    fn default() -> Self {
        Self { size: 5 }
    }
}

impl Default for PushTable {
    fn default() -> Self {
        Self { every: units::Duration::from_millis(200), fanout: 2, rounds: 4 }
    }
}

impl CheckedTable for ViewsTable {}

impl CheckedTable for PushTable {
    fn complaints(&self, _slots: Option<u32>) -> Vec<Complaint> {
        let mut found = Vec::new();
        if self.every.is_zero() {
            found.push(Complaint::new("every", "a period takes time", "write a positive duration"));
        }
        if self.rounds == 0 {
            found.push(Complaint::new("rounds", "a message must be pushed", "write 1 or more"));
        }
        found
    }
}

struct Config {
    views: ViewsTable,
    push: PushTable,
    entry: Vec<u32>,
}

/// What nodes say to each other. Each packet but `Push` carries some peers that its sender knows.
#[derive(Clone, Debug)]
enum Message {
    Meet(Vec<u32>),
    Met(Vec<u32>),
    Busy(Vec<u32>),
    Push { payload: SimPayload, hops: u16 },
}

enum Event {
    Published(u32),
    Delivered { message: u32, hops: u16 },
    Duplicate(u32),
    Joined(u32),
    Lost(u32),
    Refused,
    Round { hot: u64 },
}

/// A message that is still pushed.
#[derive(Debug)]
struct Hot {
    payload: SimPayload,
    hops: u16,
    rounds: u32,
}

#[derive(Debug)]
struct PushGossip {
    me: u32,
    view: Vec<u32>,
    /// Peers heard of, at most [`KNOWN`].
    known: Vec<u32>,
    hot: Vec<Hot>,
    seen: SeenCache<u32>,
}

/// Peers that a node remembers beside its view.
const KNOWN: usize = 30;
/// Peers that a packet carries.
const TOLD: usize = 5;

impl PushGossip {
    /// A period is over.
    fn on_round<E: Effects<Self>>(&mut self, cx: &mut Context<'_, Self, E>) {
        if self.view.len() < cx.config.views.size as usize
            && let Some(&stranger) = cx.rng.pick(&self.known)
            && !self.view.contains(&stranger)
        {
            let told = self.some_peers(cx);
            cx.send(stranger, Message::Meet(told));
        }
        cx.emit(Event::Round { hot: self.hot.len() as u64 });
        for hot in &mut self.hot {
            hot.rounds -= 1;
            for _ in 0..cx.config.push.fanout {
                if let Some(&peer) = cx.rng.pick(&self.view) {
                    cx.send(peer, Message::Push { payload: hot.payload, hops: hot.hops.saturating_add(1) });
                }
            }
        }
        self.hot.retain(|hot| hot.rounds > 0);
        cx.set_timer(cx.config.push.every.0, ());
    }

    fn on_message<E: Effects<Self>>(&mut self, from: u32, message: Message, cx: &mut Context<'_, Self, E>) {
        let room = self.view.len() < 2 * cx.config.views.size as usize;
        match message {
            Message::Meet(peers) => {
                self.learn(from, peers, cx);
                let told = self.some_peers(cx);
                if room || self.view.contains(&from) {
                    self.take(from, cx);
                    cx.send(from, Message::Met(told));
                } else {
                    cx.emit(Event::Refused);
                    cx.send(from, Message::Busy(told));
                }
            }
            Message::Met(peers) => {
                self.learn(from, peers, cx);
                if room || self.view.contains(&from) { self.take(from, cx) } else { cx.disconnect(from) }
            }
            Message::Busy(peers) => self.learn(from, peers, cx),
            Message::Push { payload, hops } => {
                if self.seen.insert(payload.index(), cx.now, &SeenLimits::default()) {
                    self.hot.push(Hot { payload, hops, rounds: cx.config.push.rounds });
                    cx.emit(Event::Delivered { message: payload.index(), hops });
                } else {
                    cx.emit(Event::Duplicate(payload.index()));
                }
            }
        }
    }

    fn take<E: Effects<Self>>(&mut self, peer: u32, cx: &mut Context<'_, Self, E>) {
        if !self.view.contains(&peer) {
            self.view.push(peer);
            cx.emit(Event::Joined(peer));
        }
    }

    fn learn<E: Effects<Self>>(&mut self, from: u32, peers: Vec<u32>, cx: &mut Context<'_, Self, E>) {
        for peer in peers.into_iter().chain([from]).filter(|peer| *peer != self.me) {
            if self.known.contains(&peer) {
                continue;
            }
            if self.known.len() >= KNOWN {
                let forgotten = cx.below(KNOWN as u32) as usize;
                self.known.swap_remove(forgotten);
            }
            self.known.push(peer);
        }
    }

    fn some_peers<E: Effects<Self>>(&self, cx: &mut Context<'_, Self, E>) -> Vec<u32> {
        (0..TOLD).filter_map(|_| cx.rng.pick(&self.known).copied()).collect()
    }
}

impl Types for PushGossip {
    type Peer = u32;
    type Message = Message;
    type Timer = ();
    type Command = SimPayload;
    type Event = Event;
    type Config = Config;
}

impl Protocol for PushGossip {
    fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
        match input {
            Input::Start => {
                self.known = cx.config.entry.iter().copied().filter(|&peer| peer != self.me).collect();
                self.on_round(cx);
            }
            Input::Command(payload) => {
                self.seen.insert(payload.index(), cx.now, &SeenLimits::default());
                self.hot.push(Hot { payload, hops: 0, rounds: cx.config.push.rounds });
                cx.emit(Event::Published(payload.index()));
            }
            Input::Message { from, message } => self.on_message(from, message, cx),
            Input::Timer(()) => self.on_round(cx),
            Input::LinkDown(peer) => {
                let entry = &cx.config.entry;
                self.known.retain(|&known| known != peer || entry.contains(&peer));
                if let Some(place) = self.view.iter().position(|&held| held == peer) {
                    self.view.swap_remove(place);
                    cx.emit(Event::Lost(peer));
                }
            }
        }
    }
}

impl Observe for PushGossip {
    type Payload = SimPayload;

    fn publish(payload: SimPayload) -> SimPayload {
        payload
    }

    fn observe(event: &Event) -> Observation<u32, u32> {
        match *event {
            Event::Published(message) => Observation::Published(message),
            Event::Delivered { message, hops } => Observation::Delivered { message, hops },
            Event::Duplicate(message) => Observation::Duplicate(message),
            Event::Joined(peer) => Observation::NeighborUp(peer),
            Event::Lost(peer) => Observation::NeighborDown(peer),
            Event::Refused => Observation::Dropped("view_full"),
            Event::Round { hot } => Observation::Record(&HOT, hot),
        }
    }

    fn measures(declare: &mut dyn FnMut(&'static Measure)) {
        declare(&HOT);
    }

    fn kind(message: &Message) -> &'static str {
        match message {
            Message::Meet(_) => "meet",
            Message::Met(_) => "met",
            Message::Busy(_) => "busy",
            Message::Push { .. } => "payload",
        }
    }

    fn carried(message: &Message) -> Option<Carried<u32>> {
        match message {
            Message::Push { payload, hops } => Some(Carried { message: payload.index(), hops: *hops }),
            _ => None,
        }
    }

    fn wire_size(message: &Message) -> u32 {
        wire::packet_size(message)
    }

    fn neighbors(&self) -> &[u32] {
        &self.view
    }
}

/// The number of the kind, then: how many peers and each of them; or hops and content. This is what lets the
/// protocol run on sockets.
impl Wire for Message {
    fn size(&self) -> u32 {
        match self {
            Self::Meet(peers) | Self::Met(peers) | Self::Busy(peers) => 2 + 4 * peers.len() as u32,
            Self::Push { payload, .. } => 3 + payload.size(),
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, peers) = match self {
            Self::Meet(peers) => (0, peers),
            Self::Met(peers) => (1, peers),
            Self::Busy(peers) => (2, peers),
            Self::Push { payload, hops } => {
                out.push(3);
                out.extend_from_slice(&hops.to_be_bytes());
                return payload.encode(out);
            }
        };
        out.extend([kind, peers.len() as u8]);
        peers.iter().for_each(|peer| peer.encode(out));
    }

    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let [kind] = take(input)?;
        if kind == 3 {
            let hops = take(input).map(u16::from_be_bytes)?;
            return SimPayload::decode(input).map(|payload| Self::Push { payload, hops });
        }
        let [count] = take(input)?;
        if usize::from(count) > TOLD {
            return Err(DecodeError::Content);
        }
        let peers = (0..count).map(|_| u32::decode(input)).collect::<Result<_, _>>()?;
        match kind {
            0 => Ok(Self::Meet(peers)),
            1 => Ok(Self::Met(peers)),
            2 => Ok(Self::Busy(peers)),
            kind => Err(DecodeError::Kind(kind)),
        }
    }
}

/// What the fuzz campaign may hold it to beyond the rules for all protocols: nothing, unless you write more here.
impl Invariants for PushGossip {}

impl Runnable for PushGossip {
    type OverlayTable = ViewsTable;
    type BroadcastTable = PushTable;

    fn config(views: ViewsTable, push: PushTable, setting: &Setting) -> Result<Config, Complaint> {
        Ok(Config { views, push, entry: setting.entry.clone() })
    }

    fn node(slot: u32, _: &Config) -> Self {
        Self { me: slot, view: Vec::new(), known: Vec::new(), hot: Vec::new(), seen: SeenCache::default() }
    }

    fn target_degree(views: &ViewsTable) -> Option<u32> {
        Some(views.size)
    }
}
