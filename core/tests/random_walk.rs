//! Dialogues with the tutorial's overlay: an input, and the actions that must follow.

use std::collections::BTreeMap;

use floodnet_core::overlay::random_walk::{Accept, Config, Message, Timer};
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
            assert_eq!(node.says(join(7, hop_limit)), accepts(7));
            assert_eq!(node.node.neighbors(), [2, 3, 7], "held from the moment the JoinAck leaves");
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
                [Action::Send { to: 2..=5, message: Message::Join { joiner: 7, hop_limit: 2 } }]
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
        assert_eq!(Dialogue::holding(always, seed, &[2, 3, 4, 5, 6, 8]).says(join(7, 3)), accepts(7));
        let endpoint = Config { accept: Accept::Endpoint, ..mended() };
        let mut node = Dialogue::holding(endpoint, seed, &[2]);
        assert_eq!(node.says(join(7, 3)), [asks(2, 7, 2)]);
        assert_eq!(node.says(join(7, 0)), accepts(7));
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
    assert_eq!(Dialogue::holding(mended(), 1, &[7]).says(join(7, 3)), [dropped("no_neighbor")]);
}

#[test]
fn a_walk_that_cannot_go_on_ends_and_its_last_node_takes_the_joiner() {
    // Otherwise the first two nodes of a network would never find each other under this rule.
    let endpoint = Config { accept: Accept::Endpoint, ..mended() };
    assert_eq!(Dialogue::new(endpoint, 1).says(join(7, 5)), accepts(7));
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
    assert_eq!(node.says(join(7, 0)), accepts(7), "at the degree, below the bound: no draw");
}

#[test]
fn a_full_last_node_lets_a_random_neighbor_go() {
    let full = Config { degree: 2, max_degree: Some(3), ..mended() };
    let mut gone = BTreeMap::new();
    for seed in 0..600 {
        let mut node = Dialogue::holding(full.clone(), seed, &[2, 3, 4]);
        let said = node.says(join(7, 0));
        let [Action::Emit(OverlayEvent::Down(displaced)), ..] = said[..] else { panic!("{said:?}") };
        let [taken, _] = accepts(7);
        let answered = send(7, Message::JoinAck { in_place_of: Some(displaced), dialed: true });
        let [told, closed] = lets_go(displaced, 7);
        assert_eq!(said, [down(displaced), told, closed, taken, answered]);
        assert_eq!(node.node.neighbors().len(), 3);
        assert!(!node.node.neighbors().contains(&displaced));
        *gone.entry(displaced).or_insert(0) += 1;
    }
    assert_eq!(gone.keys().copied().collect::<Vec<_>>(), [2, 3, 4]);
    assert!(gone.values().all(|count| (150..=250).contains(count)), "{gone:?}");
}

#[test]
fn the_last_node_takes_neither_itself_nor_a_neighbor() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3]);
    assert_eq!(node.says(join(ME, 0)), [dropped("hop_limit")]);
    assert_eq!(node.says(join(3, 0)), [dropped("hop_limit")]);
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
    let message = Message::JoinAck { in_place_of: Some(60), dialed: true };
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

// --- A link is lost ------------------------------------------------------------------------------

#[test]
fn the_tutorial_replaces_each_lost_link() {
    let mut node = Dialogue::holding(tutorial(), 1, &[2, 3]);
    assert_eq!(node.tell(Input::LinkDown(2)), [down(2), REPAIR, asks(3, ME, 5)]);
    let mut node = Dialogue::holding(tutorial(), 1, &[2, 3, 4, 5, 6]);
    let said = node.tell(Input::LinkDown(2));
    assert_eq!(said[..2], [down(2), REPAIR], "above the degree as well");
    assert_eq!(said.len(), 3);
}

#[test]
fn who_retries_replaces_only_what_it_lacks() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    assert_eq!(node.says(Input::LinkDown(2)), [down(2)], "five are left");
    let said = node.says(Input::LinkDown(3));
    assert_eq!(said[..2], [down(3), REPAIR], "four are left");
    assert!(matches!(said[2..], [Action::Send { message: Message::Join { joiner: ME, hop_limit: 5 }, .. }]));
}

#[test]
fn who_was_let_go_replaces_what_it_lacks_and_does_not_come_back() {
    let displaced = |from| Input::Message { from, message: Message::Displaced { for_joiner: None } };
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    assert_eq!(node.tell(displaced(2)), [down(2)], "five are left, and nobody is to be revisited");
    assert_eq!(node.tell(displaced(3)), [down(3)], "four are left: the timer that runs will ask");
    assert!(matches!(node.says(Input::Timer(Timer::Retry))[..], [Action::Send { .. }]));
    assert_eq!(node.tell(displaced(60)), [], "never was a neighbor");
}

#[test]
fn a_lost_neighbor_is_tried_again_for_it_may_only_be_cut_off() {
    let alone = Config { entry: vec![ME], ..mended() };
    let mut node = Dialogue::holding(alone, 1, &[2, 3, 4, 5, 6, 7]);
    let pause_ms = |said: &[Act]| match said.last() {
        Some(Action::SetTimer { after, timer: Timer::Revisit }) => after.as_nanos() / 1_000_000,
        _ => panic!("{said:?}"),
    };
    let mut expected = 4_000;
    let mut said = node.tell(Input::LinkDown(2));
    for _ in 0..8 {
        let pause = pause_ms(&said);
        assert!((expected / 2..expected * 3 / 2).contains(&pause), "{pause} ms, expected about {expected}");
        assert_eq!(node.tell(Input::Timer(Timer::Revisit)), [REPAIR, asks(2, ME, 5)]);
        said = node.tell(Input::LinkDown(2));
        expected *= 2;
    }
    assert_eq!(said, [], "given up after eight tries");
}

#[test]
fn an_entry_node_is_tried_with_the_first_lost_neighbor() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    node.tell(Input::LinkDown(2));
    node.tell(Input::LinkDown(3));
    for tried in [ENTRY, 2, 3] {
        assert_eq!(node.says(Input::Timer(Timer::Revisit)), [REPAIR, asks(tried, ME, 5)]);
    }
    assert_eq!(node.says(Input::Timer(Timer::Revisit)), [], "each was reached, as far as one can tell");
}

#[test]
fn the_tutorial_does_not_look_for_lost_neighbors() {
    let mut node = Dialogue::holding(tutorial(), 1, &[2, 3]);
    let said = node.tell(Input::LinkDown(2));
    assert!(said.iter().all(|action| !matches!(action, Action::SetTimer { .. })), "{said:?}");
}

#[test]
fn a_failed_dial_is_no_lost_link() {
    let mut node = Dialogue::holding(tutorial(), 1, &[2]);
    assert_eq!(node.tell(Input::LinkDown(60)), []);
    assert_eq!(node.node.neighbors(), [2]);
}

#[test]
fn the_tutorial_never_comes_back_from_its_last_lost_link() {
    let mut node = Dialogue::holding(tutorial(), 1, &[2]);
    assert_eq!(node.tell(Input::LinkDown(2)), [down(2)], "no request and no timer");
}

#[test]
fn without_repair_but_with_retry_a_lone_node_stays_alone() {
    let mut node = Dialogue::holding(Config { repair: false, ..mended() }, 1, &[2]);
    assert_eq!(node.says(Input::LinkDown(2)), [down(2)]);
    assert_eq!(node.tell(Input::Timer(Timer::Retry)), []);
}

#[test]
fn repair_comes_back_through_entry_nodes_and_remembered_peers() {
    let mut contacted = BTreeMap::new();
    for seed in 0..500 {
        let mut node = Dialogue::holding(mended(), seed, &[2]);
        node.tell(join(70, 1));
        node.tell(Input::LinkDown(70));
        let said = node.says(Input::LinkDown(2));
        let [_, _, Action::Send { to, .. }, ..] = said[..] else { panic!("{said:?}") };
        let [a, b] = [down(2), REPAIR];
        assert_eq!(said, [a, b].into_iter().chain([asks(to, ME, 5); 5]).collect::<Vec<_>>());
        *contacted.entry(to).or_insert(0) += 1;
    }
    assert_eq!(contacted.keys().copied().collect::<Vec<_>>(), [2, ENTRY, 70]);
    assert!(contacted.values().all(|count| (125..=210).contains(count)), "{contacted:?}");
}

#[test]
fn an_entry_node_comes_back_through_the_eight_peers_it_met_last() {
    let config = Config { entry: vec![ME], ..mended() };
    let mut contacted = BTreeMap::new();
    for seed in 0..400 {
        let mut node = Dialogue::holding(config.clone(), seed, &[20]);
        for joiner in 21..=29 {
            node.tell(join(joiner, 0));
        }
        node.tell(join(23, 0)); // met again: now the latest
        for peer in 21..=29 {
            node.tell(Input::LinkDown(peer));
        }
        let said = node.says(Input::LinkDown(20));
        let Some(Action::Send { to, .. }) = said.last() else { panic!("{said:?}") };
        *contacted.entry(*to).or_insert(0) += 1;
    }
    assert_eq!(contacted.keys().copied().collect::<Vec<_>>(), [22, 23, 24, 25, 26, 27, 28, 29]);
}

#[test]
fn before_the_first_link_only_entry_nodes_are_asked_and_nothing_is_called_repair() {
    for seed in 0..50 {
        let mut newcomer = Dialogue::new(mended(), seed);
        newcomer.tell(Input::Start);
        newcomer.tell(join(ME, 0));
        assert_eq!(newcomer.tell(Input::LinkDown(ENTRY)), [], "the timer is set already");
        assert_eq!(newcomer.says(Input::Timer(Timer::Retry)), [asks(ENTRY, ME, 5); 5]);
    }
}

#[test]
fn who_comes_back_asks_one_contact_after_the_other_from_any_on() {
    let mut first = BTreeMap::new();
    for seed in 0..60 {
        let mut node = Dialogue::holding(Config::new(vec![7, 8, 9]), seed, &[7]);
        let mut asked = Vec::new();
        let mut said = node.says(Input::LinkDown(7));
        for _ in 0..6 {
            let sent = said.iter().filter_map(|action| match action {
                Action::Send { to, .. } => Some(*to),
                _ => None,
            });
            let to = sent.clone().next().expect("somebody is asked");
            assert!(sent.eq([to; 5]), "{said:?}");
            asked.push(to);
            node.tell(Input::LinkDown(to));
            said = node.says(Input::Timer(Timer::Retry));
        }
        let expected: Vec<u32> = (asked[0]..).take(6).map(|turn| 7 + (turn - 7) % 3).collect();
        assert_eq!(asked, expected, "no entry node twice before each was asked");
        *first.entry(asked[0]).or_insert(0) += 1;
    }
    assert_eq!(first.len(), 3, "{first:?}");
}

// --- The retry timer -----------------------------------------------------------------------------

#[test]
fn one_timer_is_outstanding_whatever_happens() {
    let mut node = Dialogue::new(mended(), 1);
    assert!(pause(&node.tell(Input::Start)).is_some());
    for input in [ack(2), ack(3), join(4, 3), Input::LinkDown(2), Input::LinkDown(60), Input::LinkDown(3)] {
        assert_eq!(pause(&node.tell(input)), None, "{input:?}");
    }
    assert!(pause(&node.tell(Input::Timer(Timer::Retry))).is_some(), "it came back, so another may be set");
    assert_eq!(pause(&node.tell(Input::LinkDown(4))), None);
}

#[test]
fn pauses_double_up_to_a_bound_and_are_spread_over_half_to_one_and_a_half() {
    let (mut shortest, mut longest) = ([u64::MAX; 8], [0; 8]);
    for seed in 0..400 {
        let mut newcomer = Dialogue::new(mended(), seed);
        let mut said = newcomer.tell(Input::Start);
        for (shortest, longest) in shortest.iter_mut().zip(&mut longest) {
            let pause = pause(&said).expect("still alone");
            (*shortest, *longest) = (pause.min(*shortest), pause.max(*longest));
            said = newcomer.tell(Input::Timer(Timer::Retry));
        }
    }
    for (attempt, bounds) in shortest.into_iter().zip(longest).enumerate() {
        let mean = 2_000 << attempt.min(5);
        assert!((mean / 2..mean * 11 / 20).contains(&bounds.0), "attempt {attempt}: {bounds:?}");
        assert!((mean * 29 / 20..mean * 3 / 2).contains(&bounds.1), "attempt {attempt}: {bounds:?}");
    }
}

#[test]
fn a_new_neighbor_starts_the_pauses_over() {
    let mut node = Dialogue::new(mended(), 1);
    node.tell(Input::Start);
    for _ in 0..6 {
        node.tell(Input::Timer(Timer::Retry));
    }
    node.tell(ack(2));
    let pause = pause(&node.tell(Input::Timer(Timer::Retry))).expect("one of five");
    // One more attempt since: the second step of the ladder.
    assert!((2_000..6_000).contains(&pause), "{pause}");
}

#[test]
fn a_retry_asks_for_each_missing_link() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3]);
    let said = node.says(Input::Timer(Timer::Retry));
    assert_eq!(said.len(), 3);
    for ask in said {
        assert!(ask == asks(2, ME, 5) || ask == asks(3, ME, 5), "{ask:?}");
    }
}

#[test]
fn who_asked_its_neighbors_in_vain_asks_a_contact_for_what_it_lacks() {
    for seed in 0..50 {
        let mut island = Dialogue::holding(mended(), seed, &[2, 3]);
        for ask in island.says(Input::Timer(Timer::Retry)) {
            assert!(ask == asks(2, ME, 5) || ask == asks(3, ME, 5), "{ask:?}");
        }
        assert_eq!(island.says(Input::Timer(Timer::Retry)), [asks(ENTRY, ME, 5); 3]);
        island.tell(ack(4));
        let said = island.says(Input::Timer(Timer::Retry));
        assert!(!said.contains(&asks(ENTRY, ME, 5)), "somebody came, so the neighbors are asked again");
    }
}

#[test]
fn neighbors_are_asked_when_there_is_no_other_contact_or_no_repair() {
    for config in [Config::new(vec![2]), Config { repair: false, ..mended() }] {
        let mut node = Dialogue::holding(config, 1, &[2]);
        for _ in 0..4 {
            assert_eq!(node.says(Input::Timer(Timer::Retry)), [asks(2, ME, 5); 4]);
        }
    }
}

#[test]
fn the_timer_stops_once_satisfied() {
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6]);
    assert_eq!(node.tell(Input::Timer(Timer::Retry)), []);
    assert!(pause(&node.tell(Input::LinkDown(2))).is_some(), "and starts again when a link is lost");
}

#[test]
fn the_tutorial_sets_no_timer() {
    let mut node = Dialogue::new(tutorial(), 1);
    for input in [Input::Start, ack(2), join(3, 3), Input::LinkDown(2), Input::LinkDown(3)] {
        assert_eq!(pause(&node.tell(input)), None, "{input:?}");
    }
    assert_eq!(node.tell(Input::Timer(Timer::Retry)), [], "even when asked");
}

#[test]
fn the_bound_on_the_degree_holds_against_unasked_acceptances() {
    let mut node = Dialogue::new(mended(), 1);
    for peer in 100..200 {
        node.tell(ack(peer));
    }
    assert_eq!(node.node.neighbors().len(), 10);
}

// --- Joiners that nobody can dial ----------------------------------------------------------------

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

#[test]
fn a_newcomer_asks_for_offers_with_every_other_request() {
    let kinds = |config: Config<u32>| {
        let said = Dialogue::new(config, 1).tell_exactly(Input::Start);
        let kind = |act: &Act| match act {
            Action::Send { message: Message::Join { .. }, .. } => Some('d'),
            Action::Send { message: Message::JoinVia { joiner: ME, via: ME, .. }, .. } => Some('o'),
            _ => None,
        };
        said.iter().filter_map(kind).collect::<String>()
    };
    assert_eq!(kinds(mended()), "ododo");
    assert_eq!(kinds(Config { degree: 3, ..mended() }), "odo");
    assert_eq!(kinds(Config { degree: 1, ..mended() }), "o");
    assert_eq!(kinds(tutorial()), "ddd");
}

#[test]
fn who_was_dialed_asks_to_be_dialed_until_that_is_in_vain() {
    let mut node = dialed(mended(), 1, &[2, 3]);
    let said = node.tell_exactly(Input::Timer(Timer::Retry));
    assert!(said.contains(&asks(2, ME, 5)) || said.contains(&asks(3, ME, 5)), "{said:?}");
    let is_via = |act: &Act| matches!(act, Action::Send { message: Message::JoinVia { .. }, .. });
    assert!(!said.iter().any(is_via), "{said:?}");
    let said: Vec<_> = (0..8).flat_map(|_| node.tell_exactly(Input::Timer(Timer::Retry))).collect();
    let (asked, offers) = (said.len() - 8, said.iter().filter(|act| is_via(act)).count());
    assert!(asked * 6 / 10 < offers && offers < asked, "{offers} of {asked}");
}

#[test]
fn the_first_hop_puts_itself_in_if_it_can_be_dialed() {
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let passed = |via| send(2, Message::JoinVia { joiner: 7, hop_limit: 4, via });
    let mut node = dialed(full.clone(), 1, &[2, 7]);
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [passed(ME)], "of a neighbor");
    let mut node = undialed(full.clone(), 1, &[2, 7]);
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [asks(2, 7, 4)], "no offer would reach it");
    let mut node = undialed(full, 1, &[2]);
    node.tell(join(60, 0));
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [passed(ME)], "the stranger has dialed it");
    assert_eq!(
        node.says(join_via(50, 8, 5, 60)),
        [send(2, Message::JoinVia { joiner: 8, hop_limit: 4, via: 60 })]
    );
}

#[test]
fn who_would_take_the_joiner_offers_it_and_holds_nothing_yet() {
    let offer = [send(60, Message::Offer { joiner: 7 })];
    let mut node = dialed(mended(), 1, &[2, 3]);
    assert_eq!(node.says(join_via(50, 7, 3, 60)), offer, "below the degree");
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let mut node = dialed(full, 1, &[2, 3]);
    assert_eq!(node.says(join_via(50, 7, 0, 60)), offer, "at the end, full as well");
    assert_eq!(node.node.neighbors(), [2, 3]);
}

#[test]
fn who_cannot_be_dialed_offers_nothing() {
    let mut node = undialed(mended(), 1, &[2]);
    assert_eq!(
        node.says(join_via(50, 7, 3, 60)),
        [send(2, Message::JoinVia { joiner: 7, hop_limit: 2, via: 60 })]
    );
    assert_eq!(node.says(join_via(50, 7, 0, 60)), accepts(7), "at the end it tries to dial the joiner");
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let mut node = undialed(full, 1, &[2, 3]);
    assert_eq!(node.says(join_via(50, 7, 0, 60)), [dropped("unreachable")], "but lets nobody go for that");
}

#[test]
fn a_walk_that_comes_back_to_its_first_hop_ends_there() {
    let mut node = dialed(mended(), 1, &[2]);
    let here = Message::JoinAck { in_place_of: None, dialed: false };
    assert_eq!(node.says(join_via(2, 7, 0, ME)), [up(7), send(7, here)]);
}

#[test]
fn an_offer_is_passed_on_to_the_joiner() {
    let mut node = dialed(mended(), 1, &[2]);
    assert_eq!(node.tell(says(60, Message::Offer { joiner: 7 })), [send(7, Message::Referral { peer: 60 })]);
    for joiner in [ME, 60] {
        assert_eq!(node.tell(says(60, Message::Offer { joiner })), []);
    }
}

#[test]
fn a_referral_is_followed_once_for_each_request_for_offers() {
    let refer = |peer| says(ENTRY, Message::Referral { peer });
    let mut node = Dialogue::new(mended(), 1);
    assert_eq!(node.tell(refer(60)), [dropped("referral")], "nobody was asked");
    node.tell(Input::Start);
    assert_eq!(node.tell(refer(ME)), [dropped("referral")]);
    for peer in 60..63 {
        assert_eq!(node.tell(refer(peer)), [asks(peer, ME, 0)]);
    }
    assert_eq!(node.tell(refer(63)), [dropped("referral")], "three of five requests asked for offers");
    let mut node = undialed(mended(), 1, &[2, 3, 4, 5, 6]);
    node.tell(Input::LinkDown(2));
    node.tell(ack(7));
    assert_eq!(node.tell(refer(60)), [dropped("referral")], "nothing is lacking any more");
}

#[test]
fn a_joiner_that_asks_itself_is_taken_over_its_own_connection() {
    let here = |in_place_of| Message::JoinAck { in_place_of, dialed: false };
    let direct = says(7, Message::Join { joiner: 7, hop_limit: 0 });
    let mut node = dialed(mended(), 1, &[2, 3]);
    assert_eq!(node.says(direct), [up(7), send(7, here(None))]);
    assert_eq!(
        node.says(direct),
        [send(7, here(None)), dropped("hop_limit")],
        "it lost the link, or the answer"
    );
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let mut node = dialed(full, 1, &[2, 3]);
    let said = node.says(direct);
    let [Action::Emit(OverlayEvent::Down(displaced)), ..] = said[..] else { panic!("{said:?}") };
    let [told, closed] = lets_go(displaced, 7);
    assert_eq!(said, [down(displaced), told, closed, up(7), send(7, here(Some(displaced)))]);
}

// --- Handing over --------------------------------------------------------------------------------

#[test]
fn who_goes_for_a_joiner_takes_it_as_neighbor() {
    let displaced = |from, joiner| says(from, Message::Displaced { for_joiner: Some(joiner) });
    let takes = |peer, of| [up(peer), send(peer, Message::JoinAck { in_place_of: Some(of), dialed: true })];
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6]);
    let [taken, told] = takes(7, 2);
    assert_eq!(node.says(displaced(2, 7)), [down(2), taken, told]);
    assert_eq!(node.says(displaced(3, ME)), [down(3)], "not itself");
    assert_eq!(node.says(displaced(4, 5)), [down(4)], "nor a neighbor");
    assert_eq!(node.says(displaced(60, 61)), [], "it was no neighbor, and names nobody to dial");
    assert_eq!(node.node.neighbors(), [6, 7, 5]);
}

#[test]
fn who_is_refused_takes_back_whom_it_let_go() {
    let refused = |from, take_back| says(from, Message::Refused { take_back });
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    // Without the name of anybody: what is taken back is not handed on once more.
    assert_eq!(
        node.says(refused(7, Some(8))),
        [down(7), up(8), send(8, Message::JoinAck { in_place_of: None, dialed: true })]
    );
    assert_eq!(node.says(refused(8, None)), [down(8)]);
    assert_eq!(node.says(refused(60, Some(61))), [], "it was no neighbor");
}

#[test]
fn a_joiner_takes_both_between_whom_it_was_put_or_neither() {
    let answer =
        |from, displaced| says(from, Message::JoinAck { in_place_of: Some(displaced), dialed: true });
    let told = |peer| send(peer, Message::JoinAck { in_place_of: None, dialed: true });
    let mut node = Dialogue::new(Config { degree: 3, max_degree: Some(4), ..mended() }, 1);
    assert_eq!(node.says(answer(2, 3)), [up(2), up(3), told(3)]);
    assert_eq!(node.says(answer(3, 2)), [dropped("already_neighbor")], "the other says the same");
    assert_eq!(node.says(answer(4, 2)), [up(4)], "one of the two is a neighbor already");
    assert_eq!(node.says(answer(5, 6)), refuses(5, Some(6)), "there is room for one");
    assert_eq!(node.says(answer(6, 5)), refuses(6, Some(5)));
    assert_eq!(node.says(ack(7)), [up(7)]);
}
