//! The retry timer.

use super::*;

#[test]
fn one_timer_is_outstanding_whatever_happens() {
    let mut node = Dialogue::new(mended(), 1);
    assert!(pause(&node.tell(Input::Start)).is_some());
    for input in [ack(2), ack(3), comes(4), Input::LinkDown(2), Input::LinkDown(60), Input::LinkDown(3)] {
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
    let mut node = Dialogue::new(mended(), 1);
    let ticket = node.ticket_of(Input::Start);
    for peer in 2..=4 {
        node.tell(says(peer, Message::Invite { ticket, dialed: true }));
    }
    node.tell(ack(5));
    node.tell(ack(6));
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
