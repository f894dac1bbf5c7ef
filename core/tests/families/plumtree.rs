//! Dialogues with Plumtree: an input and a view, and the actions that must follow.

use floodnet_core::broadcast::plumtree::{Config, Message, Plumtree, Timer};
use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, BroadcastInputOf,
};
use floodnet_core::protocol::{Action, ActionOf, Context};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::{Duration, Time};

use super::note::Note;
use super::{ms, sends};

type Tree = Plumtree<u32, Note>;
type Act = ActionOf<Tree>;

const VIEW: [u32; 4] = [1, 2, 3, 4];

struct Dialogue {
    node: Tree,
    config: Config,
    now: Time,
}

impl Dialogue {
    fn new(config: Config) -> Self {
        Self { node: Tree::default(), config, now: Time::ZERO }
    }

    /// A node whose links to these are lazy.
    fn with_lazy(config: Config, lazy: &[u32]) -> Self {
        let mut node = Self::new(config);
        lazy.iter().for_each(|&peer| drop(node.from(peer, Message::Prune)));
        node
    }

    fn tell(&mut self, input: BroadcastInputOf<Tree>) -> Vec<Act> {
        let mut effects = Vec::new();
        let mut rng = NodeRng::new(1);
        let mut cx = Context { now: self.now, config: &self.config, rng: &mut rng, effects: &mut effects };
        self.node.handle(input, &VIEW[..], &mut cx);
        effects
    }

    fn from(&mut self, from: u32, message: Message<Note, u32>) -> Vec<Act> {
        self.tell(BroadcastInput::Message { from, message })
    }

    fn ring(&mut self, at: Time) -> Vec<Act> {
        self.now = at;
        self.tell(BroadcastInput::Timer(Timer::Wanted))
    }
}

fn gossip(note: u32, hops: u16) -> Message<Note, u32> {
    Message::Gossip { payload: Note(note), hops }
}

const fn has(id: u32, hops: u16) -> Message<Note, u32> {
    Message::IHave { id, hops }
}

const fn graft(id: u32) -> Message<Note, u32> {
    Message::Graft { id: Some(id) }
}

fn after(ms: u64) -> Config {
    Config { graft_timeout: Some(Duration::from_millis(ms)), ..Config::default() }
}

#[test]
fn eager_links_get_the_message_and_lazy_ones_its_name() {
    let mut node = Dialogue::with_lazy(after(100), &[2, 4]);
    let said = node.tell(BroadcastInput::Command(BroadcastCommand::Publish(Note(7))));
    assert_eq!(said[0], Action::Emit(BroadcastEvent::Published(7)));
    assert_eq!(sends(&said), [(1, gossip(7, 1)), (2, has(7, 1)), (3, gossip(7, 1)), (4, has(7, 1))]);
    let passed = node.from(3, gossip(8, 4));
    assert_eq!(sends(&passed), [(1, gossip(8, 5)), (2, has(8, 5)), (4, has(8, 5))], "not back");
    let delivered = BroadcastEvent::Delivered { payload: Note(8), hops: 4 };
    assert_eq!(passed.last(), Some(&Action::Emit(delivered)));
}

#[test]
fn a_second_copy_makes_a_link_lazy_at_both_ends() {
    let mut node = Dialogue::new(after(100));
    node.from(1, gossip(7, 3));
    let copy = node.from(2, gossip(7, 3));
    assert_eq!(sends(&copy), [(2, Message::Prune)]);
    assert_eq!(copy.last(), Some(&Action::Emit(BroadcastEvent::Duplicate(7))));
    assert_eq!(node.node.lazy(), [2]);
    node.from(2, gossip(8, 3));
    assert_eq!(node.node.lazy(), [0; 0], "who brings what is new is eager again");
    let stranger = node.from(99, gossip(8, 3));
    assert_eq!((sends(&stranger), node.node.lazy()), (vec![(99, Message::Prune)], &[][..]), "no link to it");
}

#[test]
fn what_was_announced_and_does_not_come_is_asked_for_in_turn() {
    let mut node = Dialogue::with_lazy(after(100), &[2, 3]);
    let said = node.from(2, has(7, 5));
    assert!(matches!(said[..], [Action::SetTimer { after, .. }] if after == Duration::from_millis(100)));
    assert_eq!(node.from(3, has(7, 4)), [], "one timer serves");
    let said = node.ring(ms(100));
    assert_eq!(sends(&said), [(2, graft(7))], "who announced it first");
    assert_eq!(node.node.lazy(), [3]);
    let said = node.ring(ms(200));
    assert_eq!(sends(&said), [(3, graft(7))]);
    let said = node.ring(ms(300));
    assert_eq!(said, [Action::Emit(BroadcastEvent::Dropped("nobody_has_it"))]);
    assert_eq!(node.ring(ms(400)), [], "no timer without anything wanted");
    assert_eq!(node.from(4, has(7, 4)).len(), 1, "announced again, waited for again");
}

#[test]
fn what_came_is_not_asked_for_and_old_announcements_are_ignored() {
    let mut node = Dialogue::with_lazy(after(100), &[2]);
    node.from(2, has(7, 5));
    node.from(1, gossip(7, 5));
    assert_eq!(node.ring(ms(100)), []);
    assert_eq!(node.from(2, has(7, 5)), []);
    let dropped = [Action::Emit(BroadcastEvent::Dropped("not_neighbor"))];
    assert_eq!(node.from(99, has(8, 1)), dropped);
}

#[test]
fn who_is_grafted_sends_what_it_keeps() {
    let mut node = Dialogue::with_lazy(Config { kept: 2, ..after(100) }, &[2, 3]);
    for note in 5..8 {
        node.from(1, gossip(note, 4));
    }
    assert_eq!(sends(&node.from(2, graft(7))), [(2, gossip(7, 5))]);
    let gone = node.from(3, graft(5));
    assert_eq!(gone, [Action::Emit(BroadcastEvent::Dropped("not_kept"))], "two are kept");
    assert_eq!(node.node.lazy(), [0; 0]);
    node.from(2, Message::Prune);
    assert_eq!(node.from(2, Message::Graft { id: None }), []);
    assert_eq!(node.node.lazy(), [0; 0], "only the link was asked for");
}

#[test]
fn a_shorter_lazy_link_takes_the_place_of_a_longer_one() {
    for (hops, threshold, is_better) in
        [(7, 3, true), (6, 3, false), (9, 7, false), (5, 1, true), (4, 1, false)]
    {
        let config = Config { optimize: Some(threshold), ..after(100) };
        let mut node = Dialogue::with_lazy(config, &[2]);
        node.from(2, has(7, 4));
        let said = sends(&node.from(1, gossip(7, hops)));
        let change = [(2, Message::Graft { id: None }), (1, Message::Prune)];
        assert_eq!(said.ends_with(&change), is_better, "{hops} hops against 4, threshold {threshold}");
        assert_eq!(node.node.lazy(), [if is_better { 1 } else { 2 }]);
    }
    let mut node = Dialogue::with_lazy(after(100), &[2]);
    node.from(2, has(7, 1));
    assert_eq!(sends(&node.from(1, gossip(7, 90))).len(), 3, "without a threshold none does");
}

/// The wait for what is announced, in milliseconds.
fn wait(node: &mut Dialogue, id: u32) -> u64 {
    match node.from(2, has(id, 4))[..] {
        [Action::SetTimer { after, .. }] => after.as_nanos() / 1_000_000,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn the_wait_is_learned_from_what_the_tree_brings() {
    let mut node = Dialogue::with_lazy(Config::default(), &[2]);
    assert_eq!(wait(&mut node, 1), 1_000, "at first");
    node.now = ms(200);
    node.from(1, gossip(1, 4));
    node.ring(ms(1_000));
    assert_eq!(wait(&mut node, 2), 600, "200 ms, and four deviations of 100 ms");
    // It is late: asked for, it comes from there, and later along the tree. So the wait was too short.
    let said = sends(&node.ring(ms(1_600)));
    assert_eq!(said, [(2, graft(2))]);
    node.from(2, gossip(2, 4));
    node.now = ms(1_900);
    node.from(1, gossip(2, 4));
    node.from(2, Message::Prune);
    while !node.ring(ms(9_000)).is_empty() {}
    assert!(wait(&mut node, 3) > 900, "as late as that is no surprise any more");
}

#[test]
fn who_is_no_neighbor_any_more_is_not_asked() {
    let mut node = Dialogue::with_lazy(after(100), &[2, 3]);
    node.from(2, has(7, 5));
    node.from(3, has(7, 5));
    node.now = ms(100);
    let mut effects = Vec::new();
    let mut rng = NodeRng::new(1);
    let mut cx = Context { now: node.now, config: &node.config, rng: &mut rng, effects: &mut effects };
    node.node.handle(BroadcastInput::Timer(Timer::Wanted), &[1, 3][..], &mut cx);
    assert_eq!(sends(&effects), [(3, graft(7))], "the next one at once");
}

#[test]
fn a_busy_application_gets_its_messages_later() {
    let mut node = Dialogue::new(Config { queue: 1, ..after(100) });
    node.tell(BroadcastInput::Command(BroadcastCommand::Hold));
    node.from(1, gossip(7, 4));
    assert_eq!(node.from(1, gossip(8, 4)).last(), Some(&Action::Emit(BroadcastEvent::Dropped("inbox_full"))));
    let waited = BroadcastEvent::Delivered { payload: Note(7), hops: 4 };
    assert_eq!(node.tell(BroadcastInput::Command(BroadcastCommand::Resume)), [Action::Emit(waited)]);
}
