//! Dialogues with the overlay of a static graph: an input, and the actions that must follow.

use std::sync::Arc;

use floodnet_core::graph::Graph;
use floodnet_core::overlay::fixed::{Config, Message, Timer};
use floodnet_core::overlay::{Fixed, Overlay, OverlayEvent};
use floodnet_core::protocol::{Action, ActionOf, Context, Input, InputOf};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;

type Act = ActionOf<Fixed>;

/// Node 1 of the graph 1 - 2, 1 - 3, 2 - 3, 3 - 4.
struct Dialogue {
    node: Fixed,
    config: Config,
    rng: NodeRng,
}

impl Dialogue {
    fn new(greet: bool, seed: u64) -> Self {
        let graph = Graph::from_edges(5, [(1, 2), (1, 3), (2, 3), (3, 4)]).expect("all nodes exist");
        Self {
            node: Fixed::new(1),
            config: Config { graph: Arc::new(graph), greet },
            rng: NodeRng::new(seed),
        }
    }

    fn tell(&mut self, input: InputOf<Fixed>) -> Vec<Act> {
        let mut effects = Vec::new();
        let mut cx =
            Context { now: Time::ZERO, config: &self.config, rng: &mut self.rng, effects: &mut effects };
        self.node.handle(input, &mut cx);
        effects
    }
}

const fn hello(to: u32) -> Act {
    Action::Send { to, message: Message::Hello }
}

const fn up(peer: u32) -> Act {
    Action::Emit(OverlayEvent::Up(peer))
}

const fn from(from: u32, message: Message) -> InputOf<Fixed> {
    Input::Message { from, message }
}

/// The pause in milliseconds, if the last action sets the timer and no other does.
fn pause(actions: &[Act]) -> Option<u64> {
    let is_timer = |action: &&Act| matches!(action, Action::SetTimer { .. });
    assert!(actions.iter().filter(is_timer).count() <= 1, "{actions:?}");
    match actions.last() {
        Some(Action::SetTimer { after, timer: Timer::Redial }) => Some(after.as_nanos() / 1_000_000),
        _ => None,
    }
}

#[test]
fn over_datagrams_the_links_are_taken_for_granted() {
    let mut node = Dialogue::new(false, 1);
    assert_eq!(node.tell(Input::Start), [up(2), up(3)]);
    assert_eq!(node.node.neighbors(), [2, 3]);
}

#[test]
fn over_connections_both_ends_hold_the_link_after_a_greeting() {
    let mut node = Dialogue::new(true, 1);
    assert_eq!(node.tell(Input::Start), [hello(2), hello(3)]);
    assert_eq!(node.node.neighbors(), [0; 0], "nobody has answered");
    assert_eq!(node.tell(from(3, Message::Welcome)), [up(3)]);
    let welcome = Action::Send { to: 2, message: Message::Welcome };
    assert_eq!(node.tell(from(2, Message::Hello)), [up(2), welcome]);
    assert_eq!(node.tell(from(2, Message::Hello)), [welcome], "asked again, answered again, held once");
    assert_eq!(node.node.neighbors(), [2, 3]);
}

#[test]
fn strangers_of_the_graph_are_ignored() {
    let mut node = Dialogue::new(true, 1);
    for stranger in [1, 4, 77] {
        let dropped = [Action::Emit(OverlayEvent::Dropped("not_in_graph"))];
        assert_eq!(node.tell(from(stranger, Message::Hello)), dropped);
    }
    assert_eq!(node.node.neighbors(), [0; 0]);
}

#[test]
fn a_lost_link_is_dialed_again_after_a_pause() {
    let mut node = Dialogue::new(true, 1);
    node.tell(from(2, Message::Welcome));
    node.tell(from(3, Message::Welcome));
    let said = node.tell(Input::LinkDown(2));
    assert_eq!(said[0], Action::Emit(OverlayEvent::Down(2)));
    assert!(pause(&said).is_some_and(|pause| (500..1_500).contains(&pause)), "{said:?}");
    assert_eq!(node.node.neighbors(), [3]);
    let redial = [Action::Emit(OverlayEvent::Repair), hello(2)];
    assert_eq!(node.tell(Input::Timer(Timer::Redial)), redial, "only what is missing");
}

#[test]
fn pauses_double_up_to_a_bound_while_nobody_answers_and_only_one_is_outstanding() {
    for seed in 0..50 {
        let mut node = Dialogue::new(true, seed);
        node.tell(Input::Start);
        for attempt in 0..7 {
            let pause = pause(&node.tell(Input::LinkDown(2))).expect("the dial failed");
            let mean = 1_000 << attempt.min(4);
            assert!((mean / 2..mean * 3 / 2).contains(&pause), "attempt {attempt}: {pause}");
            assert_eq!(node.tell(Input::LinkDown(3)), [], "one timer is enough");
            assert_eq!(node.tell(Input::Timer(Timer::Redial)).len(), 3, "repair and two greetings");
        }
        node.tell(from(2, Message::Welcome));
        let pause = pause(&node.tell(Input::LinkDown(3))).expect("that dial failed again");
        assert!((500..1_500).contains(&pause), "an answer starts the pauses over: {pause}");
    }
}

#[test]
fn a_timer_that_finds_everything_held_does_nothing() {
    let mut node = Dialogue::new(true, 1);
    node.tell(from(2, Message::Welcome));
    node.tell(from(3, Message::Welcome));
    node.tell(Input::LinkDown(2));
    node.tell(from(2, Message::Hello));
    assert_eq!(node.tell(Input::Timer(Timer::Redial)), []);
}

#[test]
fn a_node_outside_the_graph_has_no_neighbors() {
    let graph = Arc::new(Graph::from_edges(2, [(0, 1)]).expect("all nodes exist"));
    for greet in [false, true] {
        let mut node = Dialogue::new(greet, 1);
        node.node = Fixed::new(77);
        node.config.graph = Arc::clone(&graph);
        assert_eq!(node.tell(Input::Start), []);
    }
}
