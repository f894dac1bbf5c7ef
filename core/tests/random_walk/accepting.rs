//! Who takes a joiner, passes it on, lets somebody go for it, or takes what it was given.

use std::collections::BTreeMap;

use floodnet_core::overlay::random_walk::{Accept, Config, Message};
use floodnet_core::overlay::{Overlay as _, OverlayEvent};
use floodnet_core::protocol::Action;

use crate::{
    Dialogue, ME, accepts, ack, asks, down, dropped, join, lets_go, mended, refuses, says, send, tutorial, up,
};

// --- A request arrives --------------------------------------------------------------------------

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

// --- The end of a walk --------------------------------------------------------------------------

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

// --- An acceptance arrives ----------------------------------------------------------------------

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

// --- Handing over -------------------------------------------------------------------------------

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
