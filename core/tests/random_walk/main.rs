//! Dialogues with the tutorial's overlay: an input, and the actions that must follow.

mod lost;
mod nat;
mod places;
mod timers;

use std::collections::BTreeMap;

use floodnet_core::overlay::random_walk::{Accept, Config, Message, Ticket, Timer};
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
        let mut effects = self.tell_untagged(input);
        for effect in &mut effects {
            if let Action::Send { message, .. } = effect
                && let Message::JoinVia { joiner: ME, hop_limit, ticket, via: ME } = *message
            {
                *message = Message::Join { joiner: ME, hop_limit, ticket };
            }
        }
        effects
    }

    /// What the node does, without its tickets.
    fn tell_untagged(&mut self, input: InputOf<Overlay32>) -> Vec<Act> {
        let mut effects = self.tell_exactly(input);
        for effect in &mut effects {
            if let Action::Send {
                message:
                    Message::Join { joiner: ME, ticket, .. } | Message::JoinVia { joiner: ME, ticket, .. },
                ..
            } = effect
            {
                *ticket = 0;
            }
        }
        effects
    }

    /// The ticket of the first request that the node sends.
    fn ticket_of(&mut self, input: InputOf<Overlay32>) -> Ticket {
        let said = self.tell_exactly(input);
        let ticket = |act: &Act| match act {
            Action::Send {
                message:
                    Message::Join { joiner: ME, ticket, .. } | Message::JoinVia { joiner: ME, ticket, .. },
                ..
            } => Some(*ticket),
            _ => None,
        };
        said.iter().find_map(ticket).unwrap_or_else(|| panic!("it asks nobody: {said:?}"))
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

/// Who was dialed by a stranger knows that others can dial it.
fn dialed(config: Config<u32>, seed: u64, peers: &[u32]) -> Dialogue {
    let node = Dialogue::holding(config, seed, peers);
    assert!(!peers.is_empty(), "its neighbors dialed it");
    node
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
    Input::Message { from, message: Message::JoinVia { joiner, hop_limit, ticket: 0, via } }
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
    Input::Message { from: 50, message: Message::Join { joiner, hop_limit, ticket: 0 } }
}

const fn ack(from: u32) -> InputOf<Overlay32> {
    Input::Message { from, message: Message::JoinAck { in_place_of: None, ticket: 0, dialed: true } }
}

const fn asks(to: u32, joiner: u32, hop_limit: u8) -> Act {
    Action::Send { to, message: Message::Join { joiner, hop_limit, ticket: 0 } }
}

const fn accepts(joiner: u32) -> [Act; 2] {
    [
        up(joiner),
        Action::Send { to: joiner, message: Message::JoinAck { in_place_of: None, ticket: 0, dialed: true } },
    ]
}

/// What a node does that has room for a joiner whom others named.
const fn invites(joiner: u32) -> [Act; 1] {
    [send(joiner, Message::Invite { ticket: 0, dialed: true })]
}

/// How a node takes a joiner that nobody has to prove, and how one that must prove itself.
fn takes(joiner: u32, config: &Config<u32>) -> Vec<Act> {
    if config.retry { invites(joiner).to_vec() } else { accepts(joiner).to_vec() }
}

/// A joiner comes itself.
const fn comes(joiner: u32) -> InputOf<Overlay32> {
    says(joiner, Message::Join { joiner, hop_limit: 0, ticket: 0 })
}

/// The answer to one that came itself.
const fn here(in_place_of: Option<u32>) -> Message<u32> {
    Message::JoinAck { in_place_of, ticket: 0, dialed: false }
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

/// The pause of the timer that `actions` set, in milliseconds; none when none was set.
///
/// # Panics
/// There are two: at most one may be outstanding.
fn pause(actions: &[Act]) -> Option<u64> {
    let mut pauses = actions.iter().filter_map(|action| match action {
        Action::SetTimer { after, timer: Timer::Retry } => Some(after.as_nanos() / 1_000_000),
        _ => None,
    });
    let first = pauses.next();
    assert_eq!(pauses.next(), None, "two timers at once");
    first
}

// --- Start ---------------------------------------------------------------------------------------

#[test]
fn a_newcomer_asks_an_entry_node_for_degree_links() {
    let mut newcomer = Dialogue::new(mended(), 1);
    assert_eq!(newcomer.says(Input::Start), [asks(ENTRY, ME, 5); 5]);
    assert_eq!(Dialogue::new(tutorial(), 1).tell(Input::Start), [asks(ENTRY, ME, 5); 3]);
}

/// If each newcomer asked one only, many that come at once would gather around the entry nodes in networks that
/// do not know each other.
#[test]
fn a_newcomer_asks_several_entry_nodes_in_turn_from_any_on() {
    let mut begun = BTreeMap::new();
    for seed in 0..300 {
        let mut newcomer = Dialogue::new(Config::new(vec![7, 8, 9]), seed);
        let said = newcomer.says(Input::Start);
        let Some(&Action::Send { to: first, .. }) = said.first() else { panic!("nobody asked") };
        let turns: Vec<_> = (0..5).map(|turn| asks(7 + (first - 7 + turn) % 3, ME, 5)).collect();
        assert_eq!(said, turns);
        *begun.entry(first).or_insert(0) += 1;
    }
    // Binomial(300, 1/3): 100 +- 4 deviations of 8.2.
    assert_eq!(begun.keys().copied().collect::<Vec<_>>(), [7, 8, 9]);
    assert!(begun.values().all(|count| (67..=133).contains(count)), "{begun:?}");
}

#[test]
fn the_first_entry_node_has_nobody_to_ask_and_waits() {
    assert_eq!(Dialogue::new(Config::new(vec![ME]), 1).tell(Input::Start), []);
}

// --- A request arrives ---------------------------------------------------------------------------

#[test]
fn a_request_is_accepted_below_the_degree() {
    for config in [mended(), tutorial()] {
        for hop_limit in 1..=5 {
            let mut node = Dialogue::holding(config.clone(), 1, &[2, 3]);
            assert_eq!(node.says(join(7, hop_limit)), takes(7, &config));
            if config.retry {
                assert_eq!(node.node.neighbors(), [2, 3], "it is known from others only");
                assert_eq!(node.says(says(7, Message::Accepted)), [up(7)]);
            }
            assert_eq!(node.node.neighbors(), [2, 3, 7], "held from the moment that its part is known");
        }
    }
}

#[test]
fn from_the_degree_on_a_request_is_accepted_with_one_over_neighbors_plus_one() {
    let accepted = (0..5_000)
        .filter(|&seed| {
            let mut node = Dialogue::holding(tutorial(), seed, &[2, 3, 4, 5]);
            let said = node.says(join(7, 3));
            let accepted = said == accepts(7);
            let passed_on = matches!(
                said[..],
                [Action::Send { to: 2..=5, message: Message::Join { joiner: 7, hop_limit: 2, .. } }]
            );
            assert!(accepted != passed_on, "{said:?}");
            accepted
        })
        .count();
    // Binomial(5000, 1/5): 1000 +- 4 deviations of 28.3.
    assert!((887..=1_113).contains(&accepted), "{accepted}");
}

#[test]
fn the_rules_always_and_endpoint() {
    for seed in 0..100 {
        let always = Config { accept: Accept::Always, ..mended() };
        assert_eq!(Dialogue::holding(always, seed, &[2, 3, 4, 5, 6, 8]).says(join(7, 3)), invites(7));
        let endpoint = Config { accept: Accept::Endpoint, ..mended() };
        let mut node = Dialogue::holding(endpoint, seed, &[2]);
        assert_eq!(node.says(join(7, 3)), [asks(2, 7, 2)]);
        assert_eq!(node.says(join(7, 0)), invites(7));
    }
}

#[test]
fn what_is_not_accepted_goes_on_to_a_random_neighbor_that_is_not_the_joiner() {
    let endpoint = Config { accept: Accept::Endpoint, ..mended() };
    for joiner in [3, ME, 70] {
        let mut passed = BTreeMap::new();
        for seed in 0..600 {
            let mut node = Dialogue::holding(endpoint.clone(), seed, &[2, 3, 4, 5]);
            let said = node.says(join(joiner, 4));
            let [Action::Send { to, .. }] = said[..] else { panic!("{said:?}") };
            assert_eq!(said, [asks(to, joiner, 3)], "one hop less");
            *passed.entry(to).or_insert(0) += 1;
        }
        let expected: Vec<u32> = [2, 3, 4, 5].into_iter().filter(|&peer| peer != joiner).collect();
        assert_eq!(passed.keys().copied().collect::<Vec<_>>(), expected);
        // Four or five deviations around 200 or 150.
        assert!(passed.values().all(|count| (105..=250).contains(count)), "{passed:?}");
    }
}

#[test]
fn own_requests_and_those_of_neighbors_are_passed_on_even_with_room() {
    let mut node = Dialogue::holding(mended(), 1, &[2]);
    assert_eq!(node.says(join(ME, 3)), [asks(2, ME, 2)]);
    let mut node = Dialogue::holding(mended(), 1, &[2, 3]);
    assert_eq!(node.says(join(3, 3)), [asks(2, 3, 2)]);
    assert_eq!(node.node.neighbors(), [2, 3]);
}

#[test]
fn a_full_node_passes_requests_on() {
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    for seed in 0..100 {
        let said = Dialogue::holding(full.clone(), seed, &[2, 3]).says(join(7, 3));
        assert!(said == [asks(2, 7, 2)] || said == [asks(3, 7, 2)], "{said:?}");
    }
}

#[test]
fn a_request_that_nobody_can_take_further_is_dropped() {
    assert_eq!(Dialogue::new(mended(), 1).says(join(ME, 3)), [dropped("no_neighbor")]);
    let told = send(7, here(None));
    assert_eq!(Dialogue::holding(mended(), 1, &[7]).says(join(7, 3)), [told, dropped("no_neighbor")]);
    assert_eq!(Dialogue::holding(tutorial(), 1, &[7]).says(join(7, 3)), [dropped("no_neighbor")]);
}

#[test]
fn a_walk_that_cannot_go_on_ends_and_its_last_node_takes_the_joiner() {
    // Otherwise the first two nodes of a network would never find each other under this rule.
    let endpoint = Config { accept: Accept::Endpoint, ..mended() };
    assert_eq!(Dialogue::new(endpoint, 1).says(join(7, 5)), invites(7));
}

#[test]
fn a_hop_limit_from_outside_is_cut_to_the_own() {
    let endpoint = Config { accept: Accept::Endpoint, ..mended() };
    assert_eq!(Dialogue::holding(endpoint, 1, &[2]).says(join(7, 255)), [asks(2, 7, 4)]);
}

// --- The end of a walk ---------------------------------------------------------------------------

#[test]
fn the_tutorial_drops_a_request_without_hops_left() {
    let mut node = Dialogue::new(tutorial(), 1);
    assert_eq!(node.says(join(7, 0)), [dropped("hop_limit")], "even with room");
    assert_eq!(node.node.neighbors(), [0; 0]);
}

#[test]
fn with_a_bound_the_last_node_takes_the_joiner() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6]);
    assert_eq!(node.says(join(7, 0)), invites(7), "at the degree, below the bound: no draw");
}

#[test]
fn the_last_node_takes_neither_itself_nor_a_neighbor() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3]);
    assert_eq!(node.says(join(ME, 0)), [dropped("hop_limit")]);
    assert_eq!(
        node.says(join(3, 0)),
        [send(3, here(None)), dropped("hop_limit")],
        "it learns where it has ended"
    );
}

// --- An acceptance arrives -----------------------------------------------------------------------

#[test]
fn an_acceptance_makes_a_neighbor() {
    assert_eq!(Dialogue::new(tutorial(), 1).tell(ack(2)), [up(2)]);
}

#[test]
fn an_acceptance_without_room_is_refused() {
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let mut node = Dialogue::holding(full, 1, &[2, 3]);
    assert_eq!(node.tell(ack(4)), refuses(4, None));
    let message = Message::JoinAck { in_place_of: Some(60), ticket: 0, dialed: true };
    assert_eq!(node.tell(says(4, message)), refuses(4, Some(60)), "it loses nothing");
    assert_eq!(node.node.neighbors(), [2, 3]);
}

#[test]
fn a_second_acceptance_of_a_neighbor_keeps_the_link() {
    let mut node = Dialogue::holding(mended(), 1, &[2]);
    assert_eq!(node.tell(ack(2)), [dropped("already_neighbor")]);
    assert_eq!(node.node.neighbors(), [2]);
}

#[test]
fn nobody_is_a_neighbor_of_itself() {
    let mut node = Dialogue::new(mended(), 1);
    assert_eq!(node.tell(ack(ME)), [dropped("own_ack")]);
    assert_eq!(node.node.neighbors(), [0; 0]);
}
