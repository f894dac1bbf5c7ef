//! One SWIM node, told one input at a time.

use super::*;
use floodnet_core::overlay::swim::{
    Config, MOST_LISTED, Message, Request, Standing, Swim, Timer, Update, Updates,
};
use floodnet_core::protocol::Input;

type Actions = Vec<ActionOf<Swim<u32>>>;
type Node = Dialogue<Swim<u32>>;

const ME: u32 = 0;

/// A member of a settled group of so many, with 2 s periods and 500 ms for an answer.
fn member(group: u32, change: impl FnOnce(&mut Config<u32>)) -> Node {
    let mut config = Config {
        settled: true,
        in_step: true,
        sync_every: None,
        indirect: 2,
        ..Config::new((0..group).collect())
    };
    change(&mut config);
    let mut node = Dialogue::new(Swim::new(ME), config, 5);
    let actions = node.tell(Input::Start);
    assert_eq!(told(&actions).len(), group as usize - 1, "it holds all others");
    node
}

fn alive(peer: u32, incarnation: u32) -> Update<u32> {
    Update { peer, incarnation, standing: Standing::Alive }
}

fn suspect(peer: u32, incarnation: u32, by: u32) -> Update<u32> {
    Update { peer, incarnation, standing: Standing::Suspect { by } }
}

fn failed(peer: u32, incarnation: u32) -> Update<u32> {
    Update { peer, incarnation, standing: Standing::Failed }
}

fn news(updates: &[Update<u32>]) -> Message<u32> {
    Message::Gossip(updates.to_vec().into())
}

fn hears(node: &mut Node, from: u32, message: Message<u32>) -> Actions {
    node.tell(Input::Message { from, message })
}

/// What is told with a ping or its answer.
fn with(message: &Message<u32>) -> &[Update<u32>] {
    match message {
        Message::Ping { updates, .. } | Message::Ack { updates, .. } => updates.as_slice(),
        other => panic!("{other:?} is no ping and no answer"),
    }
}

/// What a node answers to a ping of `from`.
fn answers(node: &mut Node, from: u32) -> Vec<Update<u32>> {
    let actions = hears(node, from, Message::Ping { probe: 77, updates: Updates::NONE });
    let [(to, answer)] = &sends(&actions)[..] else { panic!("one answer") };
    assert!(*to == from && matches!(answer, Message::Ack { probe: 77, .. }));
    with(answer).to_vec()
}

/// The next period begins: whom it pings, with what number.
fn probes(node: &mut Node) -> (u32, u32) {
    node.now = node.now + node.config.period;
    let actions = node.tell(Input::Timer(Timer::Period));
    let ping = sends(&actions).into_iter().find_map(|(to, message)| match message {
        Message::Ping { probe, .. } => Some((to, probe)),
        _ => None,
    });
    ping.expect("somebody is pinged")
}

/// How long after this input its timer of that kind comes back.
fn after(actions: &Actions, is: impl Fn(&Timer) -> bool) -> Option<Duration> {
    actions.iter().find_map(|action| match action {
        Action::SetTimer { after, timer } if is(timer) => Some(*after),
        _ => None,
    })
}

#[test]
fn a_member_without_an_answer_is_asked_for_then_suspected_then_failed() {
    let mut node = member(10, |_| {});
    let (target, probe) = probes(&mut node);
    let asked = sends(&node.tell(Input::Timer(Timer::Timeout(probe))));
    assert_eq!(asked.len(), 2);
    for (to, message) in &asked {
        let Message::PingReq(request) = message else { panic!("{message:?}") };
        assert!(*to != target && request.target == target && request.probe == probe);
    }
    node.now = node.now + node.config.period;
    let actions = node.tell(Input::Timer(Timer::Period));
    assert!(told(&actions).iter().all(|event| !matches!(event, OverlayEvent::Down(_))));
    // Of ten members a suspect has five periods.
    assert_eq!(after(&actions, |timer| *timer == Timer::Suspect), Some(node.config.period.times(5)));
    assert_eq!(answers(&mut node, 9.min(target - 1).max(1)), [suspect(target, 0, ME)]);
    node.now = node.now + node.config.period.times(5);
    let actions = node.tell(Input::Timer(Timer::Suspect));
    assert_eq!(told(&actions), [OverlayEvent::Down(target), OverlayEvent::Failed(target)]);
    assert!(!node.neighbors().contains(&target));
}

#[test]
fn an_answer_through_others_saves_a_member_and_one_that_comes_late_does_not() {
    let mut node = member(10, |_| {});
    let (_, probe) = probes(&mut node);
    node.tell(Input::Timer(Timer::Timeout(probe)));
    hears(&mut node, 3, Message::Ack { probe, updates: Updates::NONE });
    let (_, next) = probes(&mut node);
    assert_eq!(answers(&mut node, 1), [], "no news: nobody is suspected");
    assert!(next != probe);
    let late = hears(&mut node, 3, Message::Ack { probe, updates: Updates::NONE });
    assert_eq!(told(&late), [OverlayEvent::Dropped("late_answer")]);
}

#[test]
fn without_suspicion_silence_is_failure() {
    let mut node = member(10, |config| config.suspicion = false);
    let (target, _) = probes(&mut node);
    node.now = node.now + node.config.period;
    let actions = node.tell(Input::Timer(Timer::Period));
    assert!(told(&actions).contains(&OverlayEvent::Failed(target)));
    assert!(answers(&mut node, (1..).find(|&peer| peer != target).unwrap()).contains(&failed(target, 0)));
}

#[test]
fn of_news_of_a_member_the_newer_counts() {
    // What is known, what is heard, and whether that is news.
    for (first, second, is_news) in [
        (alive(1, 3), alive(1, 3), false),
        (alive(1, 3), alive(1, 4), true),
        (alive(1, 3), suspect(1, 2, 2), false),
        (alive(1, 3), suspect(1, 3, 2), true),
        (suspect(1, 3, 2), alive(1, 3), false),
        (suspect(1, 3, 2), alive(1, 4), true),
        (suspect(1, 3, 2), failed(1, 2), false),
        (suspect(1, 3, 2), failed(1, 3), true),
        (failed(1, 3), alive(1, 3), false),
        (failed(1, 3), suspect(1, 4, 2), false),
        (failed(1, 3), alive(1, 4), true),
        (failed(1, 3), failed(1, 5), false),
    ] {
        let mut node = member(10, |_| {});
        hears(&mut node, 5, news(&[alive(1, 3), first]));
        assert_eq!(answers(&mut node, 6).first(), Some(&first), "{first:?}");
        hears(&mut node, 5, news(&[second]));
        let told = answers(&mut node, 6);
        assert_eq!(told.first() == Some(&second) && second != first, is_news, "{first:?}, {second:?}");
        assert_eq!(node.neighbors().contains(&1), told[0].standing != Standing::Failed);
    }
}

#[test]
fn who_is_suspected_objects() {
    let mut node = member(10, |_| {});
    hears(&mut node, 5, news(&[suspect(ME, 0, 4)]));
    assert_eq!(answers(&mut node, 6), [alive(ME, 1)]);
    hears(&mut node, 5, news(&[suspect(ME, 0, 3), failed(ME, 7)]));
    assert_eq!(answers(&mut node, 6), [alive(ME, 8)], "old news was answered already");
    let objections = hears(&mut node, 5, news(&[alive(ME, 20)]));
    assert!(objections.is_empty(), "from a former life: it can be suspected as of that one");
}

#[test]
fn who_is_held_for_failed_is_told_so_when_it_pings() {
    let mut node = member(200, |config| config.updates = 1);
    hears(&mut node, 5, news(&[failed(1, 4)]));
    // The news has been told often enough that nobody else hears it any more.
    while !answers(&mut node, 6).is_empty() {}
    assert_eq!(answers(&mut node, 1), [failed(1, 4)]);
    let back = hears(&mut node, 1, news(&[alive(1, 5)]));
    assert_eq!(told(&back), [OverlayEvent::Up(1)]);
}

#[test]
fn a_ping_for_another_is_passed_on_and_so_is_the_answer() {
    for (is_lifeguard, answered) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut node = member(10, |config| config.local_health = is_lifeguard);
        let request = Request { probe: 7, target: 2, updates: Updates::NONE };
        let actions = hears(&mut node, 1, Message::PingReq(Box::new(request)));
        let [(2, Message::Ping { probe, .. })] = sends(&actions)[..] else { panic!("{actions:?}") };
        let timer = Timer::Relayed(probe);
        assert_eq!(after(&actions, |set| *set == timer), Some(Duration::from_millis(400)));
        if answered {
            let passed = hears(&mut node, 2, Message::Ack { probe, updates: Updates::NONE });
            assert_eq!(sends(&passed), [(1, Message::Ack { probe: 7, updates: Updates::NONE })]);
        }
        let nacks = sends(&node.tell(Input::Timer(timer)));
        let expected = (is_lifeguard && !answered).then_some((1, Message::Nack { probe: 7 }));
        assert_eq!(nacks, expected.into_iter().collect::<Vec<_>>(), "{is_lifeguard} {answered}");
    }
    let mut node = member(10, |_| {});
    let request = Request { probe: 7, target: ME, updates: Updates::NONE };
    let actions = hears(&mut node, 1, Message::PingReq(Box::new(request)));
    assert_eq!(sends(&actions), [(1, Message::Ack { probe: 7, updates: Updates::NONE })]);
}

#[test]
fn who_hears_nothing_takes_more_time_and_less_again_when_it_hears() {
    // How many of the two that are asked say that they get no answer either, and how much worse the node feels.
    for (nacks, worse) in [(0, 2u64), (1, 1), (2, 0)] {
        let mut node = member(10, |config| config.local_health = true);
        let (_, probe) = probes(&mut node);
        node.tell(Input::Timer(Timer::Timeout(probe)));
        (0..nacks).for_each(|_| drop(hears(&mut node, 3, Message::Nack { probe })));
        node.now = node.now + node.config.period;
        let actions = node.tell(Input::Timer(Timer::Period));
        let period = after(&actions, |timer| *timer == Timer::Period).unwrap();
        assert_eq!(period, node.config.period.times(worse + 1), "{nacks} nacks");
        let timeout = after(&actions, |timer| matches!(timer, Timer::Timeout(_))).unwrap();
        assert_eq!(timeout, node.config.timeout.times(worse + 1));
        let number = sends(&actions).iter().find_map(|(_, message)| match message {
            Message::Ping { probe, .. } => Some(*probe),
            _ => None,
        });
        hears(&mut node, 3, Message::Ack { probe: number.unwrap(), updates: Updates::NONE });
        let actions = node.tell(Input::Timer(Timer::Period));
        let period = after(&actions, |timer| *timer == Timer::Period).unwrap();
        assert_eq!(period, node.config.period.times(worse.saturating_sub(1) + 1));
    }
}

#[test]
fn a_probe_that_is_late_has_less_time_if_time_runs_from_when_it_was_due() {
    for (from_due, late, left) in [(false, 300, 500), (true, 300, 200), (true, 3_000, 0)] {
        let mut node = member(10, |config| config.from_due = from_due);
        node.now = node.now + node.config.period + Duration::from_millis(late);
        let actions = node.tell(Input::Timer(Timer::Period));
        let timeout = after(&actions, |timer| matches!(timer, Timer::Timeout(_)));
        assert_eq!(timeout, Some(Duration::from_millis(left)));
        let period = after(&actions, |timer| *timer == Timer::Period);
        let expected = if from_due { 2_000_u64.saturating_sub(late) } else { 2_000 };
        assert_eq!(period, Some(Duration::from_millis(expected)));
    }
}

#[test]
fn others_who_agree_shorten_the_time_of_a_suspect() {
    let mut node = member(10, |config| config.confirmation = true);
    let suspected = hears(&mut node, 5, news(&[suspect(1, 0, 5)]));
    let min = node.config.period.times(5);
    assert_eq!(after(&suspected, |timer| *timer == Timer::Suspect), Some(min.times(6)));
    let mut last = min.times(6);
    for (by, counts) in [(5, false), (6, true), (6, false), (7, true), (8, true), (9, false)] {
        let actions = hears(&mut node, 5, news(&[suspect(1, 0, by)]));
        let time = after(&actions, |timer| *timer == Timer::Suspect);
        assert_eq!(time.is_some(), counts, "by {by}");
        last = time.unwrap_or(last);
    }
    assert_eq!(last, min);
}

#[test]
fn a_buddy_tells_a_suspect_first() {
    for is_buddy in [false, true] {
        let mut node = member(3, |config| {
            config.buddy = is_buddy;
            config.updates = 1;
        });
        hears(&mut node, 2, news(&[suspect(1, 0, 2), alive(2, 1)]));
        let mut first = None;
        for _ in 0..2 {
            node.now = node.now + node.config.period;
            let actions = node.tell(Input::Timer(Timer::Period));
            let to_suspect = sends(&actions)
                .into_iter()
                .find(|(to, message)| *to == 1 && matches!(message, Message::Ping { .. }));
            first = first.or(to_suspect.map(|(_, message)| with(&message).to_vec()));
        }
        // Else the newer news would go first, and there is room for one.
        assert_eq!(first.unwrap()[0] == suspect(1, 0, 2), is_buddy);
    }
}

#[test]
fn a_newcomer_gets_the_list_in_parts_and_is_announced() {
    let mut node = member(150, |_| {});
    let actions = hears(&mut node, 500, Message::Join);
    let lists = sends(&actions);
    let mut listed = Vec::new();
    for (to, message) in &lists {
        let Message::Members(list) = message else { panic!("{message:?}") };
        assert!(*to == 500 && list.as_slice().len() <= MOST_LISTED);
        listed.extend(list.as_slice().iter().map(|update| update.peer));
    }
    listed.sort_unstable();
    assert_eq!((lists.len(), listed), (3, (0..150).collect()));
    assert_eq!(answers(&mut node, 6), [alive(500, 0)]);

    let config = Config { in_step: true, sync_every: None, ..Config::new(vec![1]) };
    let mut newcomer = Dialogue::new(Swim::new(500), config, 9);
    assert_eq!(sends(&newcomer.tell(Input::Start)), [(1, Message::Join)]);
    assert_eq!(sends(&newcomer.tell(Input::Timer(Timer::Period))), [(1, Message::Join)], "once more");
    for (_, message) in lists {
        hears(&mut newcomer, 1, message);
    }
    assert_eq!(newcomer.neighbors(), (0..150).collect::<Vec<u32>>());
    assert_eq!(answers(&mut newcomer, 1), [], "others know all that");
}
