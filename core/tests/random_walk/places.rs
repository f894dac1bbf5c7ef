//! Who gets a place, and who keeps it: referrals, proofs, own links, handing over.

use super::*;

fn full_at(degree: u32, max: u32) -> Config<u32> {
    Config { degree, max_degree: Some(max), ..mended() }
}

const fn invite(from: u32, ticket: Ticket) -> InputOf<Overlay32> {
    says(from, Message::Invite { ticket, dialed: true })
}

/// A node with so many links that it asked for, to 2 and the following, and then those that came to it.
fn with_own(config: Config<u32>, own: u32, came: &[u32]) -> Dialogue {
    let mut node = Dialogue::new(config, 1);
    let ticket = node.ticket_of(Input::Start);
    for peer in 2..2 + own {
        node.tell(invite(peer, ticket));
    }
    for &peer in came {
        node.tell(comes(peer));
    }
    let expected: Vec<u32> = (2..2 + own).chain(came.iter().copied()).collect();
    assert_eq!(node.node.neighbors(), expected);
    node
}

// --- Referrals -----------------------------------------------------------------------------------

#[test]
fn a_referral_is_followed_once_for_each_request_and_only_with_its_ticket() {
    let refer = |peer, ticket| says(ENTRY, Message::Referral { peer, ticket });
    let mut node = Dialogue::new(mended(), 1);
    assert_eq!(node.tell(refer(60, 0)), [dropped("referral")], "nobody was asked");
    let ticket = node.ticket_of(Input::Start);
    assert_eq!(node.tell(refer(ME, ticket)), [dropped("referral")]);
    assert_eq!(node.tell(refer(60, ticket ^ 1)), [dropped("referral")], "that one has not seen the request");
    for peer in 60..65 {
        assert_eq!(node.tell(refer(peer, ticket)), [asks(peer, ME, 0)]);
    }
    assert_eq!(node.tell(refer(65, ticket)), [dropped("referral")], "there were five requests");
    let mut node = with_own(mended(), 5, &[]);
    assert_eq!(node.tell(refer(60, ticket)), [dropped("referral")], "nothing is lacking any more");
    let offers_itself = says(60, Message::Referral { peer: 60, ticket });
    assert_eq!(node.tell(offers_itself), [Action::Disconnect(60), dropped("referral")], "it need not wait");
}

// --- Proofs --------------------------------------------------------------------------------------

#[test]
fn a_full_node_lets_nobody_go_for_a_joiner_that_others_named() {
    let mut node = with_own(full_at(2, 4), 2, &[20, 21]);
    let ticket = 77;
    for hearsay in [
        says(50, Message::Join { joiner: 7, hop_limit: 0, ticket }),
        says(20, Message::Join { joiner: 7, hop_limit: 0, ticket }),
    ] {
        assert_eq!(node.says(hearsay), [send(7, Message::Referral { peer: ME, ticket })]);
        assert_eq!(node.node.neighbors(), [2, 3, 20, 21]);
    }
    let direct = says(7, Message::Join { joiner: 7, hop_limit: 0, ticket });
    let [told, closed] = lets_go(21, 7);
    let answer = Message::JoinAck { in_place_of: Some(21), ticket, dialed: false };
    assert_eq!(node.says(direct), [down(21), told, closed, up(7), send(7, answer)]);
}

#[test]
fn an_invited_joiner_takes_and_says_so() {
    let mut node = Dialogue::new(mended(), 1);
    assert_eq!(node.says(invite(2, 0)), [up(2), send(2, Message::Accepted)]);
    assert_eq!(
        node.says(invite(2, 0)),
        [send(2, Message::Accepted), dropped("already_neighbor")],
        "it may not know"
    );
    let mut full = Dialogue::holding(full_at(2, 2), 1, &[2, 3]);
    assert_eq!(full.tell(invite(4, 0)), refuses(4, None));
    assert_eq!(full.tell(says(4, Message::Accepted)), refuses(4, None), "it filled up meanwhile");
    assert_eq!(full.tell(says(3, Message::Accepted)), [], "known already");
    assert_eq!(full.tell(says(ME, Message::Accepted)), []);
}

// --- Own links -----------------------------------------------------------------------------------

#[test]
fn who_asks_again_and_again_gets_the_places_of_those_who_came_and_no_others() {
    let mut node = with_own(mended(), 5, &[20, 21, 22, 23, 24]);
    for joiner in 100..200 {
        node.tell(comes(joiner));
        assert_eq!(node.node.neighbors().len(), 10);
    }
    assert_eq!(
        node.node.neighbors(),
        [2, 3, 4, 5, 6, 20, 21, 22, 23, 199],
        "the youngest made room each time"
    );
}

/// Who was there first asked nobody: its oldest links stay.
#[test]
fn who_has_no_links_of_its_own_keeps_the_oldest() {
    let mut first = Dialogue::new(Config { entry: vec![ME], ..mended() }, 1);
    (20..30).for_each(|peer| drop(first.tell(comes(peer))));
    (100..150).for_each(|peer| drop(first.tell(comes(peer))));
    assert_eq!(first.node.neighbors()[..5], [20, 21, 22, 23, 24]);
}

#[test]
fn small_bounds_leave_a_place_for_a_joiner() {
    for (degree, max, kept) in [(1, 1, 0), (2, 2, 1), (3, 3, 2), (3, 4, 2), (4, 5, 3), (5, 10, 5)] {
        let came: Vec<u32> = (20..20 + max).collect();
        let mut node = Dialogue::new(Config { entry: vec![ME], ..full_at(degree, max) }, 1);
        came.iter().for_each(|&peer| drop(node.tell(comes(peer))));
        (100..120).for_each(|peer| drop(node.tell(comes(peer))));
        let held = node.node.neighbors();
        let stayed = came.iter().filter(|peer| held.contains(peer)).count();
        assert!(stayed >= kept && stayed < came.len(), "{degree}/{max}: {held:?}");
    }
}

#[test]
fn a_source_group_has_a_quarter_of_the_places() {
    // 100 to 199 are of one group, the others each of its own.
    let groups = (0..300).map(|peer| if (100..200).contains(&peer) { 1_000 } else { peer }).collect();
    let mut node = with_own(Config { groups, ..mended() }, 5, &[]);
    for joiner in 100..150 {
        node.tell(comes(joiner));
        node.tell(join(joiner + 50, 3));
    }
    assert_eq!(node.node.neighbors(), [2, 3, 4, 5, 6, 100, 149], "each gets the place of one of its own");
    for joiner in 20..40 {
        node.tell(comes(joiner));
    }
    let held = node.node.neighbors();
    assert_eq!(
        (held.len(), held.contains(&149)),
        (10, false),
        "the largest group makes room first: {held:?}"
    );
}

#[test]
fn answers_without_the_ticket_are_no_links_of_its_own() {
    let mut node = Dialogue::new(mended(), 1);
    let ticket = node.ticket_of(Input::Start);
    node.tell(invite(30, ticket ^ 1));
    node.tell(invite(2, ticket));
    node.tell(invite(31, 0));
    node.tell(invite(3, ticket));
    assert_eq!(node.node.neighbors(), [2, 3, 30, 31]);
}

#[test]
fn a_node_asks_through_its_own_links_and_chooses_neighbors_at_which_its_walks_end() {
    let mut node = with_own(mended(), 1, &[20, 21, 22, 23, 24]);
    for _ in 0..20 {
        let said = node.says(Input::Timer(Timer::Retry));
        let asked = |act: &Act| *act == asks(2, ME, 5) || *act == asks(ENTRY, ME, 5);
        assert!(said.len() == 2 && said.iter().all(asked), "two of three are missing: {said:?}");
    }
    let ticket = node.ticket_of(Input::Timer(Timer::Retry));
    let ended = |peer, ticket| says(peer, Message::JoinAck { in_place_of: None, ticket, dialed: false });
    node.tell(ended(22, ticket));
    node.tell(ended(23, ticket ^ 1));
    node.tell(ended(24, ticket));
    assert_eq!(node.node.neighbors(), [2, 22, 24, 20, 21, 23]);
    assert_eq!(node.tell(Input::Timer(Timer::Retry)), [], "three are enough");
}

#[test]
fn whom_a_joiner_parts_from_its_own_link_gets_the_joiner_instead() {
    let mut node = with_own(mended(), 3, &[20, 21]);
    node.tell(says(3, Message::Displaced { for_joiner: Some(7) }));
    node.tell(says(20, Message::Displaced { for_joiner: Some(8) }));
    assert_eq!(node.node.neighbors(), [2, 4, 7, 21, 8]);
}

// --- Islands -------------------------------------------------------------------------------------

/// Where every node is full, nobody wants anybody: a few that have only each other would stay so.
#[test]
fn in_a_crowd_a_node_that_lost_a_link_asks_from_outside_and_changes_places() {
    let mut node = with_own(full_at(3, 3), 3, &[]);
    node.tell(Input::LinkDown(4));
    node.tell(comes(20));
    let ticket = node.ticket_of(Input::Timer(Timer::Retry));
    let answer = Message::JoinAck { in_place_of: Some(61), ticket, dialed: true };
    let told = send(20, Message::Displaced { for_joiner: None });
    assert_eq!(node.says(says(60, answer)), [down(20), told, Action::Disconnect(20), up(60)]);
    assert_eq!(node.node.neighbors(), [2, 3, 60]);
    let parted = Message::JoinAck { in_place_of: Some(60), ticket: 0, dialed: true };
    assert_eq!(node.says(says(61, parted)), refuses(61, Some(20)), "the two that were let go get each other");
    assert_eq!(node.says(says(61, parted)), refuses(61, None));
    assert_eq!(node.tell(Input::Timer(Timer::Retry)), [], "once");
    let roomy = Dialogue::holding(full_at(3, 5), 1, &[2, 3, 4]).says(Input::Timer(Timer::Retry));
    assert!(!roomy.contains(&asks(ENTRY, ME, 5)), "there joiners come between: {roomy:?}");
}

// --- Handing over --------------------------------------------------------------------------------

#[test]
fn a_joiner_that_asks_itself_is_taken_over_its_own_connection() {
    let mut node = dialed(mended(), 1, &[2, 3]);
    assert_eq!(node.says(comes(7)), [up(7), send(7, here(None))]);
    assert_eq!(
        node.says(comes(7)),
        [send(7, here(None)), dropped("hop_limit")],
        "it lost the link, or the answer"
    );
}

#[test]
fn who_goes_for_a_joiner_takes_it_as_neighbor() {
    let displaced = |from, joiner| says(from, Message::Displaced { for_joiner: Some(joiner) });
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6]);
    let told = send(7, Message::JoinAck { in_place_of: Some(2), ticket: 0, dialed: true });
    assert_eq!(node.says(displaced(2, 7)), [down(2), up(7), told]);
    assert_eq!(node.says(displaced(3, ME)), [down(3)], "not itself");
    assert_eq!(node.says(displaced(4, 5)), [down(4)], "nor a neighbor");
    assert_eq!(node.says(displaced(60, 61)), [], "it was no neighbor, and names nobody to dial");
    assert_eq!(node.node.neighbors(), [5, 6, 7]);
}

#[test]
fn who_is_refused_takes_back_whom_it_let_go() {
    let refused = |from, take_back| says(from, Message::Refused { take_back });
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    // Without the name of anybody: what is taken back is not handed on once more.
    let told = send(8, Message::JoinAck { in_place_of: None, ticket: 0, dialed: true });
    assert_eq!(node.says(refused(7, Some(8))), [down(7), up(8), told]);
    assert_eq!(node.says(refused(8, None)), [down(8)]);
    assert_eq!(node.says(refused(60, Some(61))), [], "it was no neighbor");
}

#[test]
fn a_joiner_takes_both_between_whom_it_was_put_or_neither() {
    let answer = |from, displaced| says(from, here(Some(displaced)));
    let told = |peer| send(peer, Message::JoinAck { in_place_of: None, ticket: 0, dialed: true });
    let mut node = Dialogue::new(full_at(3, 4), 1);
    assert_eq!(node.says(answer(2, 3)), [up(2), up(3), told(3)]);
    assert_eq!(node.says(answer(3, 2)), [dropped("already_neighbor")], "the other says the same");
    assert_eq!(node.says(answer(4, 2)), [up(4)], "one of the two is a neighbor already");
    assert_eq!(node.says(answer(5, 6)), refuses(5, Some(6)), "there is room for one");
    assert_eq!(node.says(answer(6, 5)), refuses(6, Some(5)));
    assert_eq!(node.says(ack(7)), [up(7)]);
}
