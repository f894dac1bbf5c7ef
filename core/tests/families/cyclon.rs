//! Dialogues with Cyclon: an input, and the actions that must follow.

use std::collections::BTreeSet;

use floodnet_core::overlay::OverlayEvent::{Down, Dropped, Repair, Up};
use floodnet_core::overlay::cyclon::{Config, Cyclon, Entries, Entry, Message, Timer};
use floodnet_core::protocol::{Action, Input, InputOf};

use super::{Dialogue, sends, told};

type Node = Cyclon<u32>;

const ME: u32 = 100;

/// A node that holds these, of which `view` have room.
fn holding(view: u32, peers: impl IntoIterator<Item = u32>) -> Dialogue<Node> {
    let config = Config { view, shuffle: 3, ..Config::new(vec![0]) };
    let mut node = Dialogue::new(Cyclon::new(ME), config, 1);
    for peer in peers {
        node.tell(from(peer, Message::Welcome { peer }));
    }
    node
}

fn from(from: u32, message: Message<u32>) -> InputOf<Node> {
    Input::Message { from, message }
}

fn entries(peers: &[u32]) -> Box<Entries<u32>> {
    Box::new(Entries(peers.iter().map(|&peer| Entry { peer, age: 0 }).collect()))
}

fn peers(entries: &Entries<u32>) -> BTreeSet<u32> {
    entries.0.iter().map(|entry| entry.peer).collect()
}

#[test]
fn the_oldest_is_asked_and_taken_out() {
    let mut node = holding(5, [1, 2]);
    let said = sends(&node.tell(Input::Timer(Timer::Shuffle)));
    let [(first, Message::Shuffle(list))] = &said[..] else { panic!("{said:?}") };
    assert_eq!(node.neighbors(), [3 - first]);
    assert_eq!((list.0.len(), list.0.last()), (2, Some(&Entry { peer: ME, age: 0 })));
    node.tell(from(*first, Message::Answer(entries(&[7]))));
    let next: Vec<u32> = (0..2).map(|_| sends(&node.tell(Input::Timer(Timer::Shuffle)))[0].0).collect();
    assert_eq!(next, [3 - first, 7], "by age");
}

#[test]
fn what_is_new_goes_into_free_places_then_into_those_of_what_was_sent() {
    let mut node = holding(4, [1, 2, 3, 4]);
    let said = sends(&node.tell(Input::Timer(Timer::Shuffle)));
    let [(asked, Message::Shuffle(list))] = &said[..] else { panic!("{said:?}") };
    let sent: BTreeSet<u32> = peers(list).into_iter().filter(|&peer| peer != ME).collect();
    let kept: BTreeSet<u32> = (1..=4).filter(|peer| peer != asked && !sent.contains(peer)).collect();
    node.tell(from(*asked, Message::Answer(entries(&[ME, 10, 11, 12, 13]))));
    let now: BTreeSet<u32> = node.neighbors().into_iter().collect();
    let expected: BTreeSet<u32> = kept.iter().copied().chain([10, 11, 12]).collect();
    assert_eq!(now, expected, "one free place, two that were sent, and no more");
    assert_eq!(told(&node.tell(from(*asked, Message::Answer(entries(&[20]))))), [Dropped("not_asked")]);
}

#[test]
fn who_is_asked_answers_with_as_many() {
    let mut node = holding(4, [1, 2, 3, 4]);
    let said = node.tell(from(9, Message::Shuffle(entries(&[9, 10, ME]))));
    let said = sends(&said);
    let [(9, Message::Answer(list))] = &said[..] else { panic!("{said:?}") };
    assert_eq!(list.0.len(), 3);
    let now = node.neighbors();
    assert!(now.contains(&9) && now.contains(&10) && now.len() == 4 && !now.contains(&ME));
}

#[test]
fn a_dead_peer_is_gone_after_it_was_asked() {
    let mut node = holding(4, [1, 2]);
    let said = node.tell(Input::Timer(Timer::Shuffle));
    let asked = sends(&said)[0].0;
    assert_eq!(told(&said), [Down(asked)]);
    assert_eq!(node.tell(Input::LinkDown(asked)), []);
    assert_eq!(node.tell(Input::LinkDown(3 - asked)), [], "a goodbye behind a shuffle is no death");
    assert_eq!(node.neighbors(), [3 - asked]);
}

#[test]
fn a_contact_sends_out_a_walk_for_each_place_and_the_end_trades_places() {
    let mut node = holding(4, [1, 2, 3, 4]);
    let walks = sends(&node.tell(from(9, Message::Join)));
    assert_eq!(walks.len(), 4);
    assert!(walks.iter().all(|(_, message)| *message == Message::JoinWalk { joiner: 9, hop_limit: 4 }));
    let end = node.tell(from(1, Message::JoinWalk { joiner: 9, hop_limit: 0 }));
    let [Down(gone), Up(9)] = told(&end)[..] else { panic!("{end:?}") };
    assert_eq!(sends(&end), [(9, Message::Welcome { peer: gone })]);
    assert_eq!(
        told(&node.tell(from(1, Message::JoinWalk { joiner: 9, hop_limit: 0 }))),
        [Dropped("already_held")]
    );
    let mut first = holding(4, []);
    let welcome = first.tell(from(9, Message::Join));
    assert_eq!(sends(&welcome), [(9, Message::Welcome { peer: ME })], "there is room, so nobody has to go");
}

#[test]
fn who_has_nobody_joins_again() {
    let mut node = holding(4, []);
    assert_eq!(sends(&node.tell(Input::Start)), [(0, Message::Join)]);
    let said = node.tell(Input::Timer(Timer::Shuffle));
    assert_eq!((sends(&said), told(&said)), (vec![(0, Message::Join)], vec![Repair]));
    assert!(said.iter().any(|action| matches!(action, Action::SetTimer { timer: Timer::Shuffle, .. })));
}
