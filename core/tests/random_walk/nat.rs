//! Joiners that nobody can dial.

use super::*;

/// A node whose neighbors it has dialed itself, so that it does not know whether anybody can dial it.
fn undialed(config: Config<u32>, seed: u64, peers: &[u32]) -> Dialogue {
    let mut node = Dialogue::new(config, seed);
    for &peer in peers {
        node.tell(says(peer, Message::JoinAck { in_place_of: None, ticket: 0, dialed: false }));
    }
    assert_eq!(node.node.neighbors(), peers);
    node
}

#[test]
fn a_newcomer_asks_for_an_offer_with_its_first_request() {
    let kinds = |config: Config<u32>| {
        let said = Dialogue::new(config, 1).tell_exactly(Input::Start);
        let kind = |act: &Act| match act {
            Action::Send { message: Message::Join { .. }, .. } => Some('d'),
            Action::Send { message: Message::JoinVia { joiner: ME, via: ME, .. }, .. } => Some('o'),
            _ => None,
        };
        said.iter().filter_map(kind).collect::<String>()
    };
    assert_eq!(kinds(mended()), "odddd");
    assert_eq!(kinds(Config { degree: 1, ..mended() }), "o");
    assert_eq!(kinds(tutorial()), "ddd");
}

#[test]
fn who_was_dialed_asks_to_be_dialed_until_that_is_in_vain() {
    let mut node = dialed(mended(), 1, &[2, 3]);
    let said = node.tell_untagged(Input::Timer(Timer::Retry));
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
    let passed = |via| send(2, Message::JoinVia { joiner: 7, hop_limit: 4, ticket: 0, via });
    let mut node = dialed(full.clone(), 1, &[2, 7]);
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [passed(ME)], "of a neighbor");
    let mut node = undialed(full.clone(), 1, &[2, 7]);
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [asks(2, 7, 4)], "no offer would reach it");
    let endpoint = Config { accept: Accept::Endpoint, ..mended() };
    let mut node = undialed(endpoint, 1, &[2]);
    node.tell(comes(60));
    node.tell(Input::LinkDown(60));
    assert_eq!(node.says(join_via(7, 7, 5, 7)), [passed(ME)], "the stranger has dialed it");
    assert_eq!(
        node.says(join_via(50, 8, 5, 60)),
        [send(2, Message::JoinVia { joiner: 8, hop_limit: 4, ticket: 0, via: 60 })]
    );
}

#[test]
fn who_would_take_the_joiner_offers_it_and_holds_nothing_yet() {
    let offer = [send(60, Message::Offer { joiner: 7, ticket: 0 })];
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
        [send(2, Message::JoinVia { joiner: 7, hop_limit: 2, ticket: 0, via: 60 })]
    );
    assert_eq!(node.says(join_via(50, 7, 0, 60)), invites(7), "at the end it tries to dial the joiner");
    let full = Config { degree: 2, max_degree: Some(2), ..mended() };
    let mut node = undialed(full, 1, &[2, 3]);
    assert_eq!(node.says(join_via(50, 7, 0, 60)), [dropped("unreachable")], "but lets nobody go for that");
}

#[test]
fn a_walk_that_comes_back_to_its_first_hop_ends_there() {
    let mut node = dialed(mended(), 1, &[2]);
    let here = Message::Invite { ticket: 0, dialed: false };
    assert_eq!(node.says(join_via(2, 7, 0, ME)), [send(7, here)]);
}

#[test]
fn an_offer_is_passed_on_to_the_joiner() {
    let mut node = dialed(mended(), 1, &[2]);
    assert_eq!(
        node.tell(says(60, Message::Offer { joiner: 7, ticket: 0 })),
        [send(7, Message::Referral { peer: 60, ticket: 0 })]
    );
    for joiner in [ME, 60] {
        assert_eq!(node.tell(says(60, Message::Offer { joiner, ticket: 0 })), []);
    }
}
