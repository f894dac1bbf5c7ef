//! The flood with a history: nodes that were apart, newcomers, and what is let go.

use std::collections::{BTreeMap, VecDeque};

use floodnet_core::broadcast::flood::history::{Config, FloodWithHistory, Message, Timer};
use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, BroadcastInputOf,
};
use floodnet_core::observe::Payload;
use floodnet_core::protocol::{Action, ActionOf, Context};
use floodnet_core::reconcile::{Dated, Key};
use floodnet_core::rng::NodeRng;
use floodnet_core::seen::{SeenLimits, SeenWindow};
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::{self, DecodeError, Wire};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note(u32);

impl Payload for Note {
    type Id = u32;
    type Seen = SeenWindow;
    fn id(&self) -> u32 {
        self.0
    }
}

impl Dated for Note {
    fn key(&self) -> Key {
        Key::at(self.0.into())
    }
}

impl Wire for Note {
    fn size(&self) -> u32 {
        4
    }
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
        u32::decode(input).map(Self)
    }
}

type Layer = FloodWithHistory<u32, Note>;

/// A life of a node.
struct Node {
    layer: Layer,
    view: Vec<u32>,
    delivered: Vec<u32>,
    dropped: Vec<&'static str>,
    rng: NodeRng,
}

/// Nodes with links of 50 ms.
struct Net {
    config: Config,
    nodes: BTreeMap<u32, Node>,
    now: Time,
    events: VecDeque<(Time, u32, BroadcastInputOf<Layer>)>,
}

impl Net {
    fn new(config: Config) -> Self {
        Self { config, nodes: BTreeMap::new(), now: Time::ZERO, events: VecDeque::new() }
    }

    fn start(&mut self, node: u32) {
        let layer = Layer::default();
        let rng = NodeRng::new(node.into());
        self.nodes
            .insert(node, Node { layer, view: Vec::new(), delivered: Vec::new(), dropped: Vec::new(), rng });
        self.tell(node, BroadcastInput::Start);
    }

    fn tell(&mut self, to: u32, input: BroadcastInputOf<Layer>) {
        let Some(node) = self.nodes.get_mut(&to) else { return };
        let mut actions: Vec<ActionOf<Layer>> = Vec::new();
        let mut cx =
            Context { now: self.now, config: &self.config, rng: &mut node.rng, effects: &mut actions };
        node.layer.handle(input, &node.view, &mut cx);
        for action in actions {
            match action {
                Action::Send { to: peer, message } => {
                    let bytes = wire::encode(&message);
                    assert_eq!(bytes.len(), wire::packet_size(&message) as usize);
                    let message = wire::decode::<Message<Note>>(&bytes).expect("just encoded");
                    let input = BroadcastInput::Message { from: to, message };
                    self.events.push_back((self.now + Duration::from_millis(50), peer, input));
                }
                Action::SetTimer { after, timer } => {
                    self.events.push_back((self.now + after, to, BroadcastInput::Timer(timer)));
                }
                Action::Emit(BroadcastEvent::Delivered { payload, .. }) => node.delivered.push(payload.0),
                Action::Emit(BroadcastEvent::Dropped(reason)) => node.dropped.push(reason),
                Action::Emit(_) | Action::Disconnect(_) => {}
            }
        }
    }

    fn publish(&mut self, node: u32, note: u32) {
        self.tell(node, BroadcastInput::Command(BroadcastCommand::Publish(Note(note))));
    }

    fn link(&mut self, one: u32, other: u32) {
        for (node, peer) in [(one, other), (other, one)] {
            self.nodes.get_mut(&node).expect("up").view.push(peer);
            self.tell(node, BroadcastInput::NeighborUp(peer));
        }
    }

    fn cut(&mut self, one: u32, other: u32) {
        for (node, peer) in [(one, other), (other, one)] {
            let Some(up) = self.nodes.get_mut(&node) else { continue };
            up.view.retain(|neighbor| *neighbor != peer);
            self.tell(node, BroadcastInput::NeighborDown(peer));
        }
        self.events.retain(|(_, to, input)| {
            let BroadcastInput::Message { from, .. } = input else { return true };
            (*to, *from) != (one, other) && (*to, *from) != (other, one)
        });
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let next =
                self.events.iter().enumerate().min_by_key(|(at, (due, ..))| (*due, *at)).map(|(at, _)| at);
            let Some(next) = next.filter(|next| self.events[*next].0 <= end) else { break };
            let (due, to, input) = self.events.remove(next).expect("there");
            self.now = due;
            self.tell(to, input);
        }
        self.now = end;
    }

    fn delivered(&self, node: u32) -> Vec<u32> {
        self.nodes[&node].delivered.clone()
    }
}

/// A line of nodes 0 - 1 - 2 - 3.
fn line(config: Config) -> Net {
    let mut net = Net::new(config);
    (0..4).for_each(|node| net.start(node));
    [(0, 1), (1, 2), (2, 3)].into_iter().for_each(|(one, other)| net.link(one, other));
    net.run(2);
    net
}

fn short() -> Config {
    Config { keep: Duration::from_secs(60), ..Config::default() }
}

#[test]
fn after_a_partition_each_side_gets_what_the_other_said() {
    let mut net = line(short());
    net.publish(0, 1);
    net.run(1);
    net.cut(1, 2);
    for note in (2..40).step_by(2) {
        net.publish(0, note);
        net.publish(3, note + 1);
        net.run(1);
    }
    assert_eq!(net.delivered(3).len(), 1, "only what was said before");
    net.link(1, 2);
    net.run(8);
    for node in 0..4 {
        let mut delivered = net.delivered(node);
        delivered.sort_unstable();
        let others = |note: &u32| match node {
            0 => note % 2 == 1 && *note > 1,
            3 => *note == 1 || note.is_multiple_of(2),
            _ => true,
        };
        assert_eq!(delivered, (1..40).filter(others).collect::<Vec<u32>>(), "node {node}, each once");
    }
}

#[test]
fn who_starts_again_gets_what_is_kept_in_order_and_not_what_is_too_old() {
    let mut net = line(short());
    for note in 0..90 {
        net.publish(0, note);
        net.run(1);
    }
    net.cut(2, 3);
    net.start(3);
    net.link(2, 3);
    net.run(5);
    let delivered = net.delivered(3);
    // They are a minute old after a minute, give or take the time that it took to ask.
    assert!((28..=36).contains(&delivered[0]), "{delivered:?}");
    assert_eq!(delivered, (delivered[0]..90).collect::<Vec<u32>>());
    // Their age came with them: they do not begin a new life here.
    net.run(62);
    net.publish(3, 1_000);
    for node in 0..4 {
        net.run(1);
        assert!(net.nodes[&node].layer.kept() <= 1, "node {node} keeps {}", net.nodes[&node].layer.kept());
    }
}

#[test]
fn no_more_messages_are_kept_than_there_is_room_for() {
    let mut net = line(Config { messages: Some(10), ..short() });
    for note in 0..30 {
        net.publish(0, note);
        net.run(1);
    }
    net.cut(2, 3);
    net.start(3);
    net.link(2, 3);
    net.run(5);
    assert_eq!(net.delivered(3), (20..30).collect::<Vec<u32>>());
}

/// A flood that has forgotten a message would take a late copy for a new one; what is kept is known.
#[test]
fn what_is_kept_is_not_taken_twice_when_the_flood_has_forgotten_it() {
    let seen = SeenLimits { capacity: Some(1), ttl: None };
    let mut net = line(Config {
        flood: floodnet_core::broadcast::flood::Config { seen, ..Default::default() },
        ..short()
    });
    for note in 0..5 {
        net.publish(0, note);
        net.run(1);
    }
    let copy = floodnet_core::broadcast::flood::Message { hops: 1, payload: Note(0) };
    net.tell(1, BroadcastInput::Message { from: 0, message: Message::Flooded(copy) });
    assert_eq!(net.delivered(1), [0, 1, 2, 3, 4]);
}

#[test]
fn what_nobody_asked_for_is_not_delivered() {
    let mut net = line(short());
    let gift = || Message::CaughtUp { hops: 1, age_ms: 0, payload: Note(7) };
    net.tell(1, BroadcastInput::Message { from: 0, message: gift() });
    net.tell(1, BroadcastInput::Message { from: 40, message: gift() });
    assert!(net.delivered(1).is_empty());
    assert_eq!(net.nodes[&1].dropped, ["history_unasked", "history_stranger"]);
}

/// A busy application that has no room gets it later, and nothing is given away that waits for it.
#[test]
fn what_found_no_room_is_fetched_again() {
    let flood = floodnet_core::broadcast::flood::Config { queue: 2, ..Default::default() };
    let mut net = line(Config { flood, ..Config::default() });
    net.tell(3, BroadcastInput::Command(BroadcastCommand::Hold));
    for note in 0..6 {
        net.publish(0, note);
    }
    net.run(1);
    assert_eq!(net.nodes[&3].dropped, ["inbox_full"; 4]);
    // Meanwhile it is told of them, and takes none.
    net.run(40);
    assert_eq!((net.delivered(3), net.nodes[&3].layer.kept()), (Vec::new(), 0));
    net.tell(3, BroadcastInput::Command(BroadcastCommand::Resume));
    assert_eq!(net.delivered(3), [0, 1]);
    net.run(150);
    assert_eq!(net.delivered(3), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_timer_of_each_kind_is_outstanding_at_most() {
    let mut net = line(short());
    for note in 0..20 {
        net.publish(0, note);
        net.run(1);
        for node in 0..4 {
            for kind in [Timer::Look, Timer::Round] {
                let is = |event: &&(Time, u32, BroadcastInputOf<Layer>)| {
                    event.1 == node && event.2 == BroadcastInput::Timer(kind)
                };
                assert!(net.events.iter().filter(is).count() <= 1, "{kind:?} of {node}");
            }
        }
    }
}
