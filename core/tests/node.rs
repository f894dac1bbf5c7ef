//! The composition of an overlay and a broadcast: who is told what, when, and with which view.

#[path = "common/note.rs"]
mod note;

use floodnet_core::broadcast::flood;
use floodnet_core::broadcast::plumtree::{self, Plumtree};
use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, BroadcastInputOf, Flood,
};
use floodnet_core::invariants::{Invariants, Promises};
use floodnet_core::node::{self, Layer, Node};
use floodnet_core::observe::{Carried, Observation, Observe};
use floodnet_core::overlay::random_walk::{self, Config};
use floodnet_core::overlay::{OverlayEvent, RandomWalk};
use floodnet_core::protocol::{Action, ActionOf, Context, Effects, Input, InputOf, Protocol, Types};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};
use floodnet_core::wire::{self, DecodeError, Wire};
use note::Note;

/// What a spy was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Start,
    Up(u32),
    Down(u32),
    Timer,
    Command,
    Message(u32),
}

/// A broadcast that writes down its inputs and the view it was shown with each.
#[derive(Default)]
struct Spy(Vec<(Told, Vec<u32>)>);

impl Types for Spy {
    type Peer = u32;
    type Message = Nothing;
    type Timer = ();
    type Command = BroadcastCommand<Note>;
    type Event = BroadcastEvent<Note, u32>;
    type Config = ();
}

/// A message without content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Nothing;

impl Broadcast for Spy {
    type Payload = Note;

    fn handle<E: Effects<Self>>(
        &mut self,
        input: BroadcastInputOf<Self>,
        view: &(impl AsRef<[u32]> + ?Sized),
        cx: &mut Context<'_, Self, E>,
    ) {
        let told = match input {
            BroadcastInput::Start => Told::Start,
            BroadcastInput::NeighborUp(peer) => Told::Up(peer),
            BroadcastInput::NeighborDown(peer) => Told::Down(peer),
            BroadcastInput::Timer(()) => Told::Timer,
            BroadcastInput::Command(_) => Told::Command,
            BroadcastInput::Message { from, .. } => Told::Message(from),
        };
        if told == Told::Start {
            cx.set_timer(Duration::from_secs(1), ());
        }
        self.0.push((told, view.as_ref().to_vec()));
    }

    fn carried(_: &Nothing) -> Option<Carried<u32>> {
        None
    }
}

type Spied = Node<RandomWalk<u32>, Spy>;
type Flooding = Node<RandomWalk<u32>, Flood<u32, Note>>;

/// Tells `node` one input under these settings.
fn tell<B: Broadcast<Peer = u32>>(
    node: &mut Node<RandomWalk<u32>, B>,
    config: &node::Config<Config<u32>, B::Config>,
    input: InputOf<Node<RandomWalk<u32>, B>>,
) -> Vec<ActionOf<Node<RandomWalk<u32>, B>>> {
    let mut effects = Vec::new();
    let mut rng = NodeRng::new(1);
    node.handle(input, &mut Context { now: Time::ZERO, config, rng: &mut rng, effects: &mut effects });
    effects
}

fn full_at_two() -> Config<u32> {
    Config { degree: 2, max_degree: Some(2), retry: false, ..Config::new(vec![9]) }
}

const fn ack(from: u32) -> InputOf<Spied> {
    Input::Message {
        from,
        message: Layer::Overlay(random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true }),
    }
}

#[test]
fn the_broadcast_hears_of_each_change_in_order_with_the_view_after_the_input() {
    let config = node::Config { overlay: full_at_two(), broadcast: () };
    let mut node = Spied::new(RandomWalk::new(1), Spy::default());
    tell(&mut node, &config, Input::Start);
    tell(&mut node, &config, ack(2));
    tell(&mut node, &config, ack(3));
    // The end of a walk at a full node: one neighbor goes and one comes, by a single input.
    let join = random_walk::Message::Join { joiner: 7, hop_limit: 0, ticket: 0 };
    tell(&mut node, &config, Input::Message { from: 2, message: Layer::Overlay(join) });
    let [gone, kept] = if node.overlay().is_held(2) { [3, 2] } else { [2, 3] };
    tell(&mut node, &config, Input::LinkDown(kept));
    assert_eq!(
        node.broadcast().0,
        [
            (Told::Start, vec![]),
            (Told::Up(2), vec![2]),
            (Told::Up(3), vec![2, 3]),
            (Told::Down(gone), vec![kept, 7]),
            (Told::Up(7), vec![kept, 7]),
            (Told::Down(kept), vec![7]),
        ]
    );
}

/// Whether a node holds a peer.
trait Held {
    fn is_held(&self, peer: u32) -> bool;
}

impl Held for RandomWalk<u32> {
    fn is_held(&self, peer: u32) -> bool {
        floodnet_core::overlay::Overlay::neighbors(self).contains(&peer)
    }
}

#[test]
fn each_input_reaches_the_layer_that_it_is_for() {
    let config = node::Config { overlay: full_at_two(), broadcast: () };
    let mut node = Spied::new(RandomWalk::new(1), Spy::default());
    let started = tell(&mut node, &config, Input::Start);
    let timer = Action::SetTimer { after: Duration::from_secs(1), timer: Layer::Broadcast(()) };
    assert_eq!(started.last(), Some(&timer), "the overlay starts first");
    assert!(matches!(started[0], Action::Send { to: 9, message: Layer::Overlay(_) }));
    tell(&mut node, &config, Input::Timer(Layer::Broadcast(())));
    tell(&mut node, &config, Input::Command(BroadcastCommand::Hold));
    tell(&mut node, &config, Input::Message { from: 4, message: Layer::Broadcast(Nothing) });
    tell(&mut node, &config, Input::Timer(Layer::Overlay(random_walk::Timer::Retry)));
    tell(&mut node, &config, Input::LinkDown(60));
    let told: Vec<&Told> = node.broadcast().0.iter().map(|(told, _)| told).collect();
    assert_eq!(told, [&Told::Start, &Told::Timer, &Told::Command, &Told::Message(4)]);
}

#[test]
fn the_flood_uses_the_links_that_the_overlay_has_just_changed() {
    let overlay = Config { repair: false, ..full_at_two() };
    let config = node::Config { overlay, broadcast: flood::Config::default() };
    let mut node = Flooding::new(RandomWalk::new(1), Flood::default());
    for peer in [2, 3] {
        let message =
            Layer::Overlay(random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true });
        let said = tell(&mut node, &config, Input::Message { from: peer, message });
        assert_eq!(said, [Action::Emit(Layer::Overlay(OverlayEvent::Up(peer)))]);
    }
    let publish = |note| Input::Command(Flooding::publish(Note(note)));
    let sends = |to, note| Action::Send {
        to,
        message: Layer::Broadcast(flood::Message { hops: 1, payload: Note(note) }),
    };
    let published = |note| Action::Emit(Layer::Broadcast(BroadcastEvent::Published(note)));
    assert_eq!(tell(&mut node, &config, publish(5)), [published(5), sends(2, 5), sends(3, 5)]);
    tell(&mut node, &config, Input::LinkDown(2));
    assert_eq!(tell(&mut node, &config, publish(6)), [published(6), sends(3, 6)]);
    assert_eq!(node.neighbors(), [3]);
}

#[test]
fn events_and_packets_mean_what_the_laboratory_reads_in_them() {
    let overlay = |event| Flooding::observe(&Layer::Overlay(event));
    assert_eq!(overlay(OverlayEvent::Up(2)), Observation::NeighborUp(2));
    assert_eq!(overlay(OverlayEvent::Down(2)), Observation::NeighborDown(2));
    assert_eq!(overlay(OverlayEvent::Repair), Observation::Repair);
    assert_eq!(overlay(OverlayEvent::Dropped("full")), Observation::Dropped("full"));
    let broadcast = |event| Flooding::observe(&Layer::Broadcast(event));
    assert_eq!(broadcast(BroadcastEvent::Published(7)), Observation::Published(7));
    let delivered = BroadcastEvent::Delivered { payload: Note(7), hops: 3 };
    assert_eq!(broadcast(delivered), Observation::Delivered { message: 7, hops: 3 });
    assert_eq!(broadcast(BroadcastEvent::Duplicate(7)), Observation::Duplicate(7));
    assert_eq!(broadcast(BroadcastEvent::Dropped("inbox_full")), Observation::Dropped("inbox_full"));

    let payload = Layer::Broadcast(flood::Message { hops: 2, payload: Note(7) });
    assert_eq!(Flooding::carried(&payload), Some(Carried { message: 7, hops: 2 }));
    assert_eq!(Flooding::wire_size(&payload) as usize, wire::encode(&payload).len());
    let control =
        Layer::Overlay(random_walk::Message::JoinAck { in_place_of: None, ticket: 0, dialed: true });
    assert_eq!(Flooding::carried(&control), None);
    assert_eq!(Flooding::wire_size(&control), 3);
}

/// A spy sets timers and says nothing of them.
impl Invariants for Spy {}

#[test]
fn each_layer_promises_its_own_timers_and_a_node_their_sum() {
    fn timers<P: Invariants>(config: &P::Config) -> Option<usize> {
        let mut promises = Promises::default();
        P::promise(config, &mut promises);
        promises.timers
    }
    let overlay = Config::new(vec![1]);
    let flood = node::Config { overlay: overlay.clone(), broadcast: flood::Config::default() };
    assert_eq!(timers::<Flooding>(&flood), Some(2));
    let tree = node::Config { overlay: overlay.clone(), broadcast: plumtree::Config::default() };
    assert_eq!(timers::<Node<RandomWalk<u32>, Plumtree<u32, Note>>>(&tree), Some(4));
    let spy = node::Config { overlay, broadcast: () };
    assert_eq!(timers::<Node<RandomWalk<u32>, Spy>>(&spy), None, "who says nothing is held to nothing");
}

/// Layers that stand for several protocols say in the byte of the layer which one they are.
#[test]
fn variants_of_a_layer_take_no_byte_of_their_own() {
    #[derive(Debug, PartialEq)]
    struct Either(u8);
    impl Wire for Either {
        const VARIANTS: u8 = 3;
        fn variant(&self) -> u8 {
            self.0
        }
        fn variant_size(&self) -> u32 {
            0
        }
        fn encode_variant(&self, _: &mut Vec<u8>) {}
        fn decode_variant(variant: u8, _: &mut &[u8]) -> Result<Self, DecodeError> {
            Ok(Self(variant))
        }
        fn size(&self) -> u32 {
            1
        }
        fn encode(&self, out: &mut Vec<u8>) {
            out.push(self.0);
        }
        fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
            wire::take(input).map(|[variant]| Self(variant))
        }
    }
    type Packet = Layer<Either, Note>;
    for variant in 0..3 {
        let bytes = wire::encode::<Packet>(&Layer::Overlay(Either(variant)));
        assert_eq!(bytes, [wire::VERSION, variant << 1]);
        assert_eq!(wire::decode(&bytes), Ok(Packet::Overlay(Either(variant))));
    }
    for kind in [6, 3, 255] {
        let refused = wire::decode::<Packet>(&[wire::VERSION, kind, 0, 0, 0, 0]);
        assert_eq!(refused, Err(DecodeError::Kind(kind)), "no such variant");
    }
}
