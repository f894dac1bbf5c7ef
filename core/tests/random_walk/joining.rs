//! A newcomer asks for links, and what becomes of one that nobody can dial.

use std::collections::BTreeMap;

use floodnet_core::overlay::random_walk::{Config, Message, Timer};
use floodnet_core::overlay::{Overlay as _, OverlayEvent};
use floodnet_core::protocol::{Action, Input};

use crate::{
    Act, Dialogue, ENTRY, ME, accepts, ack, asks, dialed, down, dropped, join, join_via, lets_go, mended,
    says, send, tutorial, undialed, up,
};

// --- Start --------------------------------------------------------------------------------------

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

// --- Joiners that nobody can dial ---------------------------------------------------------------

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
