//! A link is lost.

use super::*;

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
    assert!(matches!(
        said[2..],
        [Action::Send { message: Message::Join { joiner: ME, hop_limit: 5, .. }, .. }]
    ));
}

#[test]
fn who_was_let_go_replaces_what_it_lacks_and_does_not_come_back() {
    let displaced = |from| Input::Message { from, message: Message::Displaced { for_joiner: None } };
    let mut node = Dialogue::holding(mended(), 1, &[2, 3, 4, 5, 6, 7]);
    assert_eq!(node.tell(displaced(2)), [down(2)], "five are left, and nobody is to be revisited");
    assert_eq!(node.tell(displaced(3)), [down(3)], "four are left: the timer that runs will ask");
    assert!(matches!(node.says(Input::Timer(Timer::Retry))[..], [Action::Send { .. }, ..]));
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
        node.tell(comes(70));
        node.tell(join(71, 1));
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
            node.tell(comes(joiner));
        }
        node.tell(comes(23)); // met again: now the latest
        node.tell(join(30, 0)); // only heard of
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
