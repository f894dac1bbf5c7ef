//! Dialogues with the tutorial's overlay: an input, and the actions that must follow.

mod accepting;
mod joining;
mod repair;

use floodnet_core::overlay::random_walk::{Config, Message};
use floodnet_core::overlay::{Overlay, OverlayEvent, RandomWalk};
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;

type Overlay32 = RandomWalk<u32>;
type Act = ActionOf<Overlay32>;

const ME: u32 = 1;
const ENTRY: u32 = 9;

struct Dialogue {
    node: Overlay32,
    config: Config<u32>,
    rng: NodeRng,
}

impl Dialogue {
    fn new(config: Config<u32>, seed: u64) -> Self {
        Self { node: RandomWalk::new(ME), config, rng: NodeRng::new(seed) }
    }

    /// A node that took these peers as neighbors.
    fn holding(config: Config<u32>, seed: u64, peers: &[u32]) -> Self {
        let mut dialogue = Self::new(config, seed);
        for &peer in peers {
            dialogue.tell(ack(peer));
        }
        assert_eq!(dialogue.node.neighbors(), peers);
        dialogue
    }

    /// What the node does. Which of its own requests ask for offers is left out: that has tests of its own.
    fn tell(&mut self, input: InputOf<Overlay32>) -> Vec<Act> {
        let mut effects = self.tell_exactly(input);
        for effect in &mut effects {
            if let Action::Send { message, .. } = effect
                && let Message::JoinVia { joiner: ME, hop_limit, via: ME } = *message
            {
                *message = Message::Join { joiner: ME, hop_limit };
            }
        }
        effects
    }

    fn tell_exactly(&mut self, input: InputOf<Overlay32>) -> Vec<Act> {
        let mut effects = Vec::new();
        let mut cx =
            Context { now: Time::ZERO, config: &self.config, rng: &mut self.rng, effects: &mut effects };
        self.node.handle(input, &mut cx);
        effects
    }

    /// The actions but for timers, which have tests of their own.
    fn says(&mut self, input: InputOf<Overlay32>) -> Vec<Act> {
        let mut actions = self.tell(input);
        actions.retain(|action| !matches!(action, Action::SetTimer { .. }));
        actions
    }
}

/// What a node does to a neighbor that goes for a joiner.
fn lets_go(peer: u32, joiner: u32) -> [Act; 2] {
    let for_joiner = Some(joiner);
    [Action::Send { to: peer, message: Message::Displaced { for_joiner } }, Action::Disconnect(peer)]
}

/// What a node does to a peer that took it and that it has no room for.
fn refuses(peer: u32, take_back: Option<u32>) -> [Act; 3] {
    let refused = Action::Send { to: peer, message: Message::Refused { take_back } };
    [dropped("full"), refused, Action::Disconnect(peer)]
}

/// A request of a joiner that perhaps cannot be dialed, by way of a neighbor.
const fn join_via(from: u32, joiner: u32, hop_limit: u8, via: u32) -> InputOf<Overlay32> {
    Input::Message { from, message: Message::JoinVia { joiner, hop_limit, via } }
}

const fn says(from: u32, message: Message<u32>) -> InputOf<Overlay32> {
    Input::Message { from, message }
}

const fn send(to: u32, message: Message<u32>) -> Act {
    Action::Send { to, message }
}

fn mended() -> Config<u32> {
    Config::new(vec![ENTRY])
}

fn tutorial() -> Config<u32> {
    Config::tutorial(vec![ENTRY])
}

const fn join(joiner: u32, hop_limit: u8) -> InputOf<Overlay32> {
    Input::Message { from: 50, message: Message::Join { joiner, hop_limit } }
}

const fn ack(from: u32) -> InputOf<Overlay32> {
    Input::Message { from, message: Message::JoinAck { in_place_of: None, dialed: true } }
}

const fn asks(to: u32, joiner: u32, hop_limit: u8) -> Act {
    Action::Send { to, message: Message::Join { joiner, hop_limit } }
}

const fn accepts(joiner: u32) -> [Act; 2] {
    [up(joiner), Action::Send { to: joiner, message: Message::JoinAck { in_place_of: None, dialed: true } }]
}

const fn up(peer: u32) -> Act {
    Action::Emit(OverlayEvent::Up(peer))
}

const fn down(peer: u32) -> Act {
    Action::Emit(OverlayEvent::Down(peer))
}

const fn dropped(reason: &'static str) -> Act {
    Action::Emit(OverlayEvent::Dropped(reason))
}

const REPAIR: Act = Action::Emit(OverlayEvent::Repair);

/// Who was dialed by a stranger knows that others can dial it.
fn dialed(config: Config<u32>, seed: u64, peers: &[u32]) -> Dialogue {
    let node = Dialogue::holding(config, seed, peers);
    assert!(!peers.is_empty(), "its neighbors dialed it");
    node
}

/// A node whose neighbors it has dialed itself, so that it does not know whether anybody can dial it.
fn undialed(config: Config<u32>, seed: u64, peers: &[u32]) -> Dialogue {
    let mut node = Dialogue::new(config, seed);
    for &peer in peers {
        node.tell(says(peer, Message::JoinAck { in_place_of: None, dialed: false }));
    }
    assert_eq!(node.node.neighbors(), peers);
    node
}
