//! What fuzzers of `core` run: one function for each subject, which takes any bytes and panics when something is
//! wrong.
//!
//! `cargo test` runs the same functions on random bytes and on the corpus beside this folder, so that they stay
//! sound; `core/fuzz/README.md` says how to run each for long.

use std::collections::BTreeSet;

use bytes::Bytes;
use floodnet_core::broadcast::{BroadcastCommand, BroadcastEvent, Flood, flood};
use floodnet_core::content::Content;
use floodnet_core::node::{Config, Layer, Node};
use floodnet_core::observe::{Observe, Payload};
use floodnet_core::overlay::{RandomWalk, random_walk};
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf, Protocol};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};

use self::source::Source;

mod source;

type Lab = Node<RandomWalk<u32>, Flood<u32, Content>>;
/// The node under test.
const ME: u32 = 0;
/// Others that exist.
const OTHERS: u8 = 12;

/// A node lives through any inputs that a driver may hand it, with every rule of the boundary watched.
pub fn state_machine(data: &[u8]) {
    let mut source = Source::new(data);
    let degree = u32::from(source.byte() % 6) + 1;
    let flags = source.byte();
    let overlay = random_walk::Config {
        degree,
        max_degree: (flags & 1 == 0).then(|| degree + u32::from(flags >> 5)),
        hop_limit: source.byte() % 8,
        retry: flags & 2 == 0,
        repair: flags & 4 == 0,
        ..random_walk::Config::new(Vec::from([1, u32::from(flags >> 4)]))
    };
    let config = Config { overlay, broadcast: flood::Config { queue: 4, ..flood::Config::default() } };
    let mut life = Life {
        node: Node::new(RandomWalk::new(ME), Flood::default()),
        config,
        rng: NodeRng::new(source.number()),
        now: Time::ZERO,
        timers: Vec::new(),
        delivered: BTreeSet::new(),
        asked: 0,
    };
    life.step(Input::Start);
    while !source.is_empty() && life.now < Time::from_secs(14 * 60) {
        let what = source.byte();
        let peer = u32::from(source.byte() % OTHERS) + 1;
        let overlay = |message| Input::Message { from: peer, message: Layer::Overlay(message) };
        let input = match what % 10 {
            0 => {
                let joiner = u32::from(source.byte() % (OTHERS + 1));
                let (hop_limit, ticket) = (source.byte(), life.ticket(what));
                overlay(random_walk::Message::Join { joiner, hop_limit, ticket })
            }
            1 => {
                let named = source.byte() % (2 * OTHERS);
                let named = Some(u32::from(named)).filter(|&named| named <= u32::from(OTHERS));
                overlay(answer(what >> 4, named, life.ticket(source.byte())))
            }
            2 => {
                let (joiner, via) = (source.byte() % (OTHERS + 1), source.byte() % (OTHERS + 1));
                let (joiner, via, hop_limit) = (joiner.into(), via.into(), source.byte());
                overlay(random_walk::Message::JoinVia { joiner, hop_limit, ticket: life.ticket(what), via })
            }
            3 => {
                let hops = u16::from(source.byte()) << (what >> 4);
                let payload = Content::new(Bytes::copy_from_slice(source.part()));
                Input::Message { from: peer, message: Layer::Broadcast(flood::Message { hops, payload }) }
            }
            4 => Input::LinkDown(peer),
            5 => {
                let payload = Content::new(Bytes::copy_from_slice(source.part()));
                Input::Command(BroadcastCommand::Publish(payload))
            }
            6 => Input::Command(BroadcastCommand::Hold),
            7 => Input::Command(BroadcastCommand::Resume),
            _ => {
                life.now = life.now + Duration::from_millis(u64::from(source.byte()) * 20);
                let Some(timer) = life.timers.pop() else { continue };
                Input::Timer(timer)
            }
        };
        life.step(input);
    }
}

struct Life {
    node: Lab,
    config: Config<random_walk::Config<u32>, flood::Config>,
    rng: NodeRng,
    now: Time,
    timers: Vec<Layer<random_walk::Timer, std::convert::Infallible>>,
    delivered: BTreeSet<[u8; 16]>,
    /// The ticket of the node's last request.
    asked: random_walk::Ticket,
}

impl Life {
    /// The node's ticket, another one, or none.
    const fn ticket(&self, what: u8) -> random_walk::Ticket {
        match what & 0x30 {
            0 => 0,
            0x10 => 1,
            _ => self.asked,
        }
    }

    fn step(&mut self, input: InputOf<Lab>) {
        let from = match &input {
            Input::Message { from, message: Layer::Broadcast(_) } => Some(*from),
            _ => None,
        };
        let is_flood = from.is_some() || matches!(input, Input::Command(_));
        let mut actions: Vec<ActionOf<Lab>> = Vec::new();
        let mut cx =
            Context { now: self.now, config: &self.config, rng: &mut self.rng, effects: &mut actions };
        self.node.handle(input, &mut cx);
        let neighbors: BTreeSet<u32> = self.node.neighbors().iter().copied().collect();
        for action in actions {
            match action {
                Action::Send { to, message } => {
                    if let Layer::Overlay(random_walk::Message::Join { joiner: ME, ticket, .. }) = message {
                        self.asked = ticket;
                    }
                    assert_ne!(to, ME, "nobody sends to themself");
                    assert_ne!(Some(to), from, "nothing goes back to where it came from");
                    assert!(!is_flood || neighbors.contains(&to), "messages go to neighbors only");
                }
                Action::SetTimer { timer, .. } => self.timers.push(timer),
                Action::Emit(Layer::Broadcast(BroadcastEvent::Delivered { payload, .. })) => {
                    assert!(self.delivered.insert(*payload.id().as_bytes()), "never twice");
                }
                Action::Disconnect(peer) => assert_ne!(peer, ME),
                Action::Emit(_) => {}
            }
        }
        assert_eq!(neighbors.len(), self.node.neighbors().len(), "one link to each");
        assert!(!neighbors.contains(&ME), "no link to oneself");
        if let Some(max) = self.config.overlay.max_degree {
            assert!(neighbors.len() <= max as usize, "no more links than allowed");
        }
        assert!(self.timers.len() <= 2, "one timer of each kind");
    }
}

/// An answer to a join request, or what follows from one.
fn answer(kind: u8, named: Option<u32>, ticket: random_walk::Ticket) -> random_walk::Message<u32> {
    use random_walk::Message;
    let peer = named.unwrap_or(0);
    match kind % 9 {
        0 => Message::JoinAck { in_place_of: named, ticket, dialed: true },
        1 => Message::JoinAck { in_place_of: named, ticket, dialed: false },
        6 => Message::Invite { ticket, dialed: true },
        7 => Message::Invite { ticket, dialed: false },
        8 => Message::Accepted,
        2 => Message::Displaced { for_joiner: named },
        3 => Message::Refused { take_back: named },
        4 => Message::Offer { joiner: peer, ticket },
        _ => Message::Referral { peer, ticket },
    }
}
