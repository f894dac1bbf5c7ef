//! A node among peers that send what they like: it keeps within its bounds and tells the truth.

use std::collections::BTreeSet;
use std::fmt::Debug;

use floodnet_core::broadcast::plumtree::{self, Plumtree};
use floodnet_core::broadcast::{BroadcastCommand, Flood, flood};
use floodnet_core::invariants::{Invariants, Promises, Stored};
use floodnet_core::node::{Config, Layer, Node};
use floodnet_core::observe::{Observation, Observe};
use floodnet_core::overlay::cyclon::{self, Cyclon, Entries, Entry};
use floodnet_core::overlay::hyparview::{self, HyParView, Peers, Shuffle};
use floodnet_core::overlay::swim::{self, Request, Standing, Swim, Update, Updates};
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};

use super::note::Note;

const ME: u32 = 0;
/// Peers, this node among them, which others may name.
const PEERS: u32 = 14;
const INPUTS: u32 = 600;

/// Draws a message that such a peer may send.
type Message<P> = fn(&mut NodeRng) -> <P as floodnet_core::protocol::Types>::Message;

/// Lets a node live through random inputs, with every rule of the boundary watched.
fn lives<P>(mut node: P, config: &P::Config, seed: u64, message: Message<P>)
where
    P: Observe<Peer = u32, Payload = Note, Command = BroadcastCommand<Note>> + Invariants,
    ActionOf<P>: Debug,
{
    let mut promises = Promises::default();
    P::promise(config, &mut promises);
    let (mut rng, mut own) = (NodeRng::new(seed), NodeRng::new(seed + 1));
    let (mut now, mut timers, mut held, mut delivered) =
        (Time::ZERO, Vec::<(Time, P::Timer)>::new(), BTreeSet::new(), BTreeSet::new());
    let mut input: InputOf<P> = Input::Start;
    for _ in 0..INPUTS {
        // What was seen is forgotten after a quarter of an hour, and may come again.
        if now > Time::ZERO + Duration::from_secs(14 * 60) {
            break;
        }
        let mut actions: Vec<ActionOf<P>> = Vec::new();
        node.handle(input, &mut Context { now, config, rng: &mut own, effects: &mut actions });
        for action in actions {
            match action {
                Action::Send { to, .. } => assert_ne!(to, ME, "nobody sends to itself"),
                Action::SetTimer { after, timer } => timers.push((now + after, timer)),
                Action::Disconnect(_) => {}
                Action::Emit(event) => match P::observe(&event) {
                    Observation::NeighborUp(peer) => assert!(peer != ME && held.insert(peer), "{peer}"),
                    Observation::NeighborDown(peer) => assert!(held.remove(&peer), "{peer}"),
                    Observation::Delivered { message, .. } => assert!(delivered.insert(message), "{message}"),
                    _ => {}
                },
            }
        }
        assert_eq!(node.neighbors().iter().copied().collect::<BTreeSet<u32>>(), held);
        assert!(timers.len() <= promises.timers.expect("both layers know theirs"), "{}", timers.len());
        node.stored(config, &mut |Stored { what, count, max }| {
            assert!(max.is_none_or(|max| count <= max), "{count} {what}, of at most {max:?}");
        });
        timers.sort_by_key(|(due, _)| *due);
        input = match rng.below(10) {
            0 => Input::LinkDown(1 + rng.below(PEERS - 1)),
            1 => Input::Command(BroadcastCommand::Publish(Note(rng.bits()))),
            2 | 3 if !timers.is_empty() => {
                let (due, timer) = timers.remove(0);
                now = now.max(due);
                Input::Timer(timer)
            }
            _ => {
                now = now + Duration::from_millis(rng.below(50).into());
                Input::Message { from: 1 + rng.below(PEERS - 1), message: message(&mut rng) }
            }
        };
        // A timer does not wait for messages.
        if let Some((due, _)) = timers.first() {
            now = now.min(*due);
        }
    }
}

fn peers(rng: &mut NodeRng) -> Vec<u32> {
    (0..rng.below(12)).map(|_| rng.below(PEERS)).collect()
}

fn hyparview(rng: &mut NodeRng) -> hyparview::Message<u32> {
    use hyparview::Message as M;
    let (peer, hop_limit) = (rng.below(PEERS), rng.below(9) as u8);
    match rng.below(8) {
        0 => M::Join,
        1 => M::ForwardJoin { joiner: peer, hop_limit },
        2 => M::Neighbor { urgent: rng.chance(1, 2) },
        3 => M::Accepted,
        4 => M::Refused,
        5 => M::Disconnect,
        6 => M::Shuffle(Box::new(Shuffle { origin: peer, hop_limit, peers: peers(rng) })),
        _ => M::ShuffleReply(Box::new(Peers(peers(rng)))),
    }
}

fn cyclon(rng: &mut NodeRng) -> cyclon::Message<u32> {
    use cyclon::Message as M;
    let (peer, hop_limit) = (rng.below(PEERS), rng.below(9) as u8);
    let mut entries = || {
        let peers = peers(rng);
        Box::new(Entries(peers.into_iter().map(|peer| Entry { peer, age: u16::MAX }).collect()))
    };
    match peer % 5 {
        0 => M::Join,
        1 => M::JoinWalk { joiner: peer, hop_limit },
        2 => M::Welcome { peer },
        3 => M::Shuffle(entries()),
        _ => M::Answer(entries()),
    }
}

fn swim(rng: &mut NodeRng) -> swim::Message<u32> {
    use swim::Message as M;
    let update = |rng: &mut NodeRng| {
        let standing = match rng.below(3) {
            0 => Standing::Alive,
            1 => Standing::Suspect { by: rng.below(PEERS) },
            _ => Standing::Failed,
        };
        Update { peer: rng.below(PEERS), incarnation: rng.below(4), standing }
    };
    let updates: Updates<u32> = (0..rng.below(5)).map(|_| update(rng)).collect::<Vec<_>>().into();
    // The numbers of pings are low, so that some are hit.
    let (probe, target) = (rng.below(40), rng.below(PEERS));
    match rng.below(8) {
        0 => M::Join,
        1 => M::Members(updates),
        2 => M::Ping { probe, updates },
        3 => M::PingReq(Box::new(Request { probe, target, updates })),
        4 => M::Ack { probe, updates },
        5 => M::Nack { probe },
        6 => M::Gossip(updates),
        _ => M::Sync(updates),
    }
}

fn plumtree(rng: &mut NodeRng) -> plumtree::Message<Note, u32> {
    use plumtree::Message as M;
    // Names from a small range meet again, those from a large one are lies.
    let id = if rng.chance(1, 2) { rng.below(30) } else { rng.bits() };
    let hops = rng.below(20) as u16;
    match rng.below(6) {
        0 | 1 => M::Gossip { payload: Note(id), hops },
        2 | 3 => M::IHave { id, hops },
        4 => M::Graft { id: rng.chance(2, 3).then_some(id) },
        _ => M::Prune,
    }
}

#[test]
fn hyparview_under_plumtree_lives_through_anything() {
    for seed in 0..150 {
        let overlay = hyparview::Config {
            active: 1 + (seed % 6) as u32,
            passive: (seed % 9) as u32,
            ..hyparview::Config::new(vec![ME, 1, 2])
        };
        let learned = plumtree::Config::default();
        let pinned = plumtree::Config {
            graft_timeout: Some(Duration::from_millis(40)),
            optimize: Some(2),
            kept: 3,
            ..plumtree::Config::default()
        };
        let config = Config { overlay, broadcast: if seed % 2 == 0 { learned } else { pinned } };
        lives(Node::new(HyParView::new(ME), Plumtree::<u32, Note>::default()), &config, seed, |rng| {
            if rng.chance(1, 2) { Layer::Overlay(hyparview(rng)) } else { Layer::Broadcast(plumtree(rng)) }
        });
    }
}

#[test]
fn swim_under_flood_lives_through_anything() {
    for seed in 0..150 {
        let is = |bit: u64| seed >> bit & 1 == 1;
        let overlay = swim::Config {
            settled: is(0),
            suspicion: !is(1) || is(2),
            local_health: is(2),
            confirmation: is(3),
            buddy: is(4),
            gossip_every: is(5).then_some(Duration::from_millis(200)),
            remember_failed: Duration::from_secs(if is(1) { 5 } else { 600 }),
            confirmations: 2,
            ..swim::Config::new(vec![ME, 1, 2, 3, 4])
        };
        let config = Config { overlay, broadcast: flood::Config::default() };
        lives(Node::new(Swim::new(ME), Flood::<u32, Note>::default()), &config, seed, |rng| {
            if rng.chance(5, 6) {
                Layer::Overlay(swim(rng))
            } else {
                Layer::Broadcast(flood::Message { hops: 1, payload: Note(rng.below(40)) })
            }
        });
    }
}

#[test]
fn cyclon_under_flood_lives_through_anything() {
    for seed in 0..150 {
        let overlay = cyclon::Config {
            view: 1 + (seed % 7) as u32,
            shuffle: 1 + (seed % 4) as u32,
            ..cyclon::Config::new(vec![ME, 1])
        };
        let config = Config { overlay, broadcast: flood::Config::default() };
        lives(Node::new(Cyclon::new(ME), Flood::<u32, Note>::default()), &config, seed, |rng| {
            if rng.chance(2, 3) {
                Layer::Overlay(cyclon(rng))
            } else {
                Layer::Broadcast(flood::Message { hops: 1, payload: Note(rng.below(40)) })
            }
        });
    }
}
