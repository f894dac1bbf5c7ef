//! Dialogues with `HyParView`: an input, and the actions that must follow.

use std::collections::BTreeSet;

use floodnet_core::overlay::OverlayEvent::{Down, Dropped, Repair, Up};
use floodnet_core::overlay::hyparview::{Config, HyParView, Message, Shuffle, Timer};
use floodnet_core::protocol::{Action, Input, InputOf};

use super::{Dialogue, sends, told};

type Node = HyParView<u32>;

const ME: u32 = 100;

fn with(config: Config<u32>) -> Dialogue<Node> {
    Dialogue::new(HyParView::new(ME), config, 1)
}

/// A node with the paper's settings and these neighbors.
fn holding(neighbors: impl IntoIterator<Item = u32>) -> Dialogue<Node> {
    let mut node = with(Config::new(vec![0]));
    for peer in neighbors {
        node.tell(from(peer, Message::Neighbor { urgent: true }));
    }
    node
}

fn from(from: u32, message: Message<u32>) -> InputOf<Node> {
    Input::Message { from, message }
}

fn forward(joiner: u32, hop_limit: u8) -> Message<u32> {
    Message::ForwardJoin { joiner, hop_limit }
}

#[test]
fn a_newcomer_asks_a_contact_and_holds_it_once_it_is_accepted() {
    let mut node = with(Config::new(vec![ME, 7]));
    let said = node.tell(Input::Start);
    assert_eq!(sends(&said), [(7, Message::Join)]);
    let timers = said.iter().filter(|action| matches!(action, Action::SetTimer { .. })).count();
    assert_eq!((timers, node.neighbors()), (2, vec![]));
    assert_eq!(told(&node.tell(from(7, Message::Accepted))), [Up(7)]);
}

#[test]
fn a_contact_takes_the_joiner_and_sends_a_walk_to_every_other_neighbor() {
    let mut node = holding([1, 2, 3]);
    let said = sends(&node.tell(from(9, Message::Join)));
    assert_eq!(said[0], (9, Message::Accepted));
    assert_eq!(said[1..], [1, 2, 3].map(|peer| (peer, forward(9, 6))));
    assert_eq!(node.neighbors(), [1, 2, 3, 9]);
}

#[test]
fn a_full_node_lets_a_random_neighbor_go_and_remembers_it() {
    let mut gone = BTreeSet::new();
    for seed in 0..50 {
        let mut node = holding(1..=5);
        node.rng = floodnet_core::rng::NodeRng::new(seed);
        let said = node.tell(from(9, Message::Neighbor { urgent: true }));
        let [Down(other), Up(9)] = told(&said)[..] else { panic!("{said:?}") };
        assert_eq!(sends(&said), [(other, Message::Disconnect), (9, Message::Accepted)]);
        assert!(said.contains(&Action::Disconnect(other)));
        assert_eq!((node.node.passive(), node.neighbors().len()), (&[other][..], 5));
        gone.insert(other);
    }
    assert_eq!(gone.len(), 5, "any of them");
}

#[test]
fn who_is_not_urgent_is_taken_only_where_there_is_room() {
    let mut node = holding(1..=4);
    let polite = || from(9, Message::Neighbor { urgent: false });
    assert_eq!(sends(&node.tell(polite())), [(9, Message::Accepted)]);
    assert_eq!(sends(&node.tell(polite())), [(9, Message::Accepted)], "who is held already");
    let late = node.tell(from(8, Message::Neighbor { urgent: false }));
    assert_eq!((sends(&late), told(&late)), (vec![(8, Message::Refused)], vec![]));
}

#[test]
fn a_walk_goes_on_is_noted_on_its_way_and_ends() {
    let mut node = holding([1, 2]);
    assert_eq!(sends(&node.tell(from(1, forward(9, 6)))), [(2, forward(9, 5))], "not back");
    assert_eq!(node.node.passive(), [0; 0]);
    assert_eq!(sends(&node.tell(from(1, forward(9, 3)))), [(2, forward(9, 2))]);
    assert_eq!(node.node.passive(), [9], "noted");
    assert_eq!(sends(&node.tell(from(1, forward(8, 200)))), [(2, forward(8, 5))], "no longer than here");
    let end = node.tell(from(1, forward(9, 0)));
    assert_eq!(sends(&end), [(9, Message::Neighbor { urgent: true })]);
    assert_eq!((told(&end), node.node.passive()), (vec![Up(9)], &[][..]));
    assert_eq!(told(&node.tell(from(1, forward(9, 0)))), [Dropped("already_neighbor")]);
    assert_eq!(told(&node.tell(from(1, forward(ME, 3)))), [Dropped("own_join")]);
    let mut alone = holding([1]);
    let end = sends(&alone.tell(from(1, forward(9, 6))));
    assert_eq!(end, [(9, Message::Neighbor { urgent: true })], "nobody to pass it on to");
}

/// A node with neighbors 1 to `active` that knows 11 to 14 besides.
fn with_passive(active: u32) -> Dialogue<Node> {
    let mut node = holding([1, 2]);
    for peer in 11..=14 {
        node.tell(from(1, forward(peer, 3)));
    }
    (3..=active).for_each(|peer| drop(node.tell(from(peer, Message::Neighbor { urgent: true }))));
    node
}

#[test]
fn a_lost_neighbor_is_replaced_by_the_first_peer_that_has_room() {
    let mut node = with_passive(5);
    let said = node.tell(Input::LinkDown(3));
    let asked = sends(&said)[0].0;
    assert_eq!(sends(&said), [(asked, Message::Neighbor { urgent: false })]);
    assert_eq!(told(&said), [Down(3), Repair]);
    // The first refuses and stays known, the second is dead and is forgotten, the third has room.
    let said = node.tell(from(asked, Message::Refused));
    let second = sends(&said)[0].0;
    assert!(second != asked && said.contains(&Action::Disconnect(asked)));
    let third = sends(&node.tell(Input::LinkDown(second)))[0].0;
    assert!(![asked, second].contains(&third));
    assert_eq!(told(&node.tell(from(third, Message::Accepted))), [Up(third)]);
    let known: BTreeSet<u32> = node.node.passive().iter().copied().collect();
    let expected = (11..=14).filter(|peer| ![second, third].contains(peer)).collect();
    assert_eq!(known, expected, "not the dead ones");
}

#[test]
fn who_lost_all_neighbors_asks_urgently() {
    let mut node = with_passive(2);
    node.tell(Input::LinkDown(1));
    let said = node.tell(Input::LinkDown(2));
    assert_eq!(told(&said), [Down(2)], "one is asked already");
    let mut urgent = 0;
    for _ in 0..4 {
        let asked = node.node.passive().to_vec();
        for peer in asked {
            let said = sends(&node.tell(from(peer, Message::Refused)));
            urgent +=
                said.iter().filter(|(_, message)| *message == Message::Neighbor { urgent: true }).count();
        }
    }
    assert_eq!(urgent, 4, "each once in the new round");
}

#[test]
fn without_promotion_nobody_is_asked() {
    let mut node = with_passive(5);
    node.config.promote = false;
    assert_eq!(sends(&node.tell(Input::LinkDown(3))), []);
}

#[test]
fn an_answer_that_comes_too_late_is_held_or_given_up() {
    let mut node = with_passive(5);
    let asked = sends(&node.tell(Input::LinkDown(3)))[0].0;
    node.tell(from(77, Message::Neighbor { urgent: false }));
    let said = node.tell(from(asked, Message::Accepted));
    assert_eq!(sends(&said), [(asked, Message::Disconnect)], "there is no room any more");
    assert_eq!(told(&said), [Dropped("full")]);
}

#[test]
fn who_is_let_go_remembers_the_other_and_asks_others_first() {
    let mut node = with_passive(5);
    let said = node.tell(from(3, Message::Disconnect));
    assert_eq!(told(&said), [Down(3), Repair]);
    assert_ne!(sends(&said)[0].0, 3);
    assert!(node.node.passive().contains(&3));
    assert_eq!(node.tell(from(55, Message::Disconnect)), [], "no neighbor");
}

#[test]
fn a_silent_peer_is_forgotten_and_a_lone_node_joins_again() {
    let mut node = holding([]);
    assert_eq!(sends(&node.tell(Input::Start)), [(0, Message::Join)]);
    let said = node.tell(Input::Timer(Timer::Repair));
    assert_eq!(sends(&said), [(0, Message::Join)], "nobody else is known");
    assert!(matches!(said.last(), Some(Action::SetTimer { timer: Timer::Repair, .. })));
    assert_eq!(node.tell(Input::LinkDown(0)).len(), 0, "the timer asks again");
}

#[test]
fn a_shuffle_walks_and_its_end_answers_the_origin() {
    let mut node = with_passive(5);
    let said = sends(&node.tell(Input::Timer(Timer::Shuffle)));
    let [(to, Message::Shuffle(shuffle))] = &said[..] else { panic!("{said:?}") };
    assert_eq!((shuffle.origin, shuffle.hop_limit, shuffle.peers.len()), (ME, 6, 7));
    assert!(!shuffle.peers.contains(to) && !shuffle.peers.contains(&ME));

    let walk =
        |hop_limit| Message::Shuffle(Box::new(Shuffle { origin: 50, hop_limit, peers: vec![51, 52, ME] }));
    let said = sends(&node.tell(from(1, walk(3))));
    let [(next, Message::Shuffle(shuffle))] = &said[..] else { panic!("{said:?}") };
    assert!(*next != 1 && shuffle.hop_limit == 2);
    let end = node.tell(from(1, walk(1)));
    let said = sends(&end);
    let [(50, Message::ShuffleReply(peers))] = &said[..] else { panic!("{said:?}") };
    assert_eq!(peers.0.len(), 3, "as many as came");
    assert!(end.contains(&Action::Disconnect(50)), "nothing else is said to a stranger");
    let known = node.node.passive();
    assert!([50, 51, 52].iter().all(|peer| known.contains(peer)) && !known.contains(&ME));
    assert_eq!(
        told(
            &node.tell(from(
                1,
                Message::Shuffle(Box::new(Shuffle { origin: ME, hop_limit: 3, peers: vec![] }))
            ))
        ),
        [Dropped("own_shuffle")]
    );
}

#[test]
fn a_full_passive_view_gives_up_what_the_other_was_told() {
    let mut node = with_passive(2);
    node.config.passive = 4;
    let said = sends(&node.tell(Input::Timer(Timer::Shuffle)));
    let [(_, Message::Shuffle(shuffle)), ..] = &said[..] else { panic!("{said:?}") };
    let told_to_it: BTreeSet<u32> = shuffle.peers.iter().copied().collect();
    let reply = |peers| Message::ShuffleReply(Box::new(floodnet_core::overlay::hyparview::Peers(peers)));
    node.tell(from(60, reply(vec![61, 62])));
    let known: BTreeSet<u32> = node.node.passive().iter().copied().collect();
    let gone = (11..=14).filter(|peer| !known.contains(peer));
    assert!(known.contains(&61) && known.contains(&62) && known.len() == 4, "{known:?}");
    assert!(gone.clone().count() == 2 && gone.clone().all(|peer| told_to_it.contains(&peer)));
    assert_eq!(told(&node.tell(from(60, reply(vec![63])))), [Dropped("not_asked")], "answered already");
}
