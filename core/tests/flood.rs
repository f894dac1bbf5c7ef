//! Dialogues with the flood: an input and a view, and the actions that must follow.

#[path = "common/note.rs"]
mod note;

use floodnet_core::broadcast::flood::{Config, Message};
use floodnet_core::broadcast::{Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, Flood};
use floodnet_core::invariants::{Invariants, Promises, Stored};
use floodnet_core::observe::Carried;
use floodnet_core::protocol::{Action, ActionOf, Context};
use floodnet_core::rng::NodeRng;
use floodnet_core::seen::SeenLimits;
use floodnet_core::time::{Duration, Time};
use note::Note;

type Flood32 = Flood<u32, Note>;
type Act = ActionOf<Flood32>;
type In = floodnet_core::broadcast::BroadcastInputOf<Flood32>;

const VIEW: [u32; 3] = [2, 3, 4];

#[derive(Default)]
struct Dialogue {
    flood: Flood32,
    config: Config,
    now: Time,
}

impl Dialogue {
    fn new(config: Config) -> Self {
        Self { config, ..Self::default() }
    }

    fn tell(&mut self, input: In) -> Vec<Act> {
        self.tell_with(&VIEW, input)
    }

    fn tell_with(&mut self, view: &[u32], input: In) -> Vec<Act> {
        let mut effects = Vec::new();
        let mut rng = NodeRng::new(1);
        let mut cx = Context { now: self.now, config: &self.config, rng: &mut rng, effects: &mut effects };
        self.flood.handle(input, view, &mut cx);
        assert_eq!(rng, NodeRng::new(1), "a flood leaves nothing to chance");
        effects
    }
}

const fn publish(note: u32) -> In {
    BroadcastInput::Command(BroadcastCommand::Publish(Note(note)))
}

const fn arrives(from: u32, note: u32, hops: u16) -> In {
    BroadcastInput::Message { from, message: Message { hops, payload: Note(note) } }
}

const HOLD: In = BroadcastInput::Command(BroadcastCommand::Hold);
const RESUME: In = BroadcastInput::Command(BroadcastCommand::Resume);

const fn sends(to: u32, note: u32, hops: u16) -> Act {
    Action::Send { to, message: Message { hops, payload: Note(note) } }
}

const fn delivers(note: u32, hops: u16) -> Act {
    Action::Emit(BroadcastEvent::Delivered { payload: Note(note), hops })
}

const fn duplicate(note: u32) -> Act {
    Action::Emit(BroadcastEvent::Duplicate(note))
}

const fn dropped(reason: &'static str) -> Act {
    Action::Emit(BroadcastEvent::Dropped(reason))
}

#[test]
fn a_publication_goes_to_every_neighbor_and_not_to_the_own_application() {
    let expected =
        [Action::Emit(BroadcastEvent::Published(7)), sends(2, 7, 1), sends(3, 7, 1), sends(4, 7, 1)];
    assert_eq!(Dialogue::default().tell(publish(7)), expected);
    let alone = Dialogue::default().tell_with(&[], publish(7));
    assert_eq!(alone, [Action::Emit(BroadcastEvent::Published(7))]);
}

#[test]
fn what_is_new_goes_to_all_but_the_sender_with_one_hop_more() {
    let mut node = Dialogue::default();
    assert_eq!(node.tell(arrives(3, 7, 4)), [sends(2, 7, 5), sends(4, 7, 5), delivers(7, 4)]);
}

#[test]
fn a_sender_that_is_no_neighbor_hears_nothing_back() {
    let mut node = Dialogue::default();
    let expected = [sends(2, 7, 2), sends(3, 7, 2), sends(4, 7, 2), delivers(7, 1)];
    assert_eq!(node.tell(arrives(50, 7, 1)), expected);
}

#[test]
fn the_tutorial_sends_back_to_the_sender_too() {
    let mut node = Dialogue::new(Config { echo: true, ..Config::default() });
    let expected = [sends(2, 7, 2), sends(3, 7, 2), sends(4, 7, 2), delivers(7, 1)];
    assert_eq!(node.tell(arrives(3, 7, 1)), expected);
}

#[test]
fn further_copies_are_suppressed_from_whomever_they_come() {
    let mut node = Dialogue::default();
    node.tell(arrives(3, 7, 1));
    assert_eq!(node.tell(arrives(3, 7, 1)), [duplicate(7)]);
    assert_eq!(node.tell(arrives(4, 7, 9)), [duplicate(7)]);
    node.tell(publish(8));
    assert_eq!(node.tell(arrives(2, 8, 2)), [duplicate(8)], "the own one comes back");
    assert_eq!(node.tell(publish(8)), [dropped("already_published")]);
    assert_eq!(node.tell(publish(7)), [dropped("already_published")]);
}

#[test]
fn the_hop_count_stops_at_its_end() {
    let said = Dialogue::default().tell_with(&[2], arrives(3, 7, u16::MAX));
    assert_eq!(said, [sends(2, 7, u16::MAX), delivers(7, u16::MAX)]);
}

#[test]
fn a_full_memory_forgets_the_oldest() {
    let seen = SeenLimits { capacity: Some(2), ttl: None };
    let mut node = Dialogue::new(Config { seen, ..Config::default() });
    for note in [1, 2, 3] {
        node.tell(arrives(2, note, 1));
    }
    assert_eq!(node.tell(arrives(3, 3, 1)), [duplicate(3)]);
    assert_eq!(node.tell(arrives(3, 2, 1)), [duplicate(2)]);
    assert_eq!(node.tell(arrives(3, 1, 1)).last(), Some(&delivers(1, 1)), "forgotten, so new again");
}

#[test]
fn memory_ends_after_a_while() {
    let seen = SeenLimits { capacity: None, ttl: Some(Duration::from_secs(10)) };
    let mut node = Dialogue::new(Config { seen, ..Config::default() });
    node.tell(arrives(2, 1, 1));
    node.now = Time::from_secs(10);
    assert_eq!(node.tell(arrives(3, 1, 1)), [duplicate(1)], "a copy does not renew the memory");
    node.now = Time::from_millis(10_001);
    assert_eq!(node.tell(arrives(3, 1, 1)).last(), Some(&delivers(1, 1)));
}

#[test]
fn a_busy_application_gets_its_deliveries_later_in_order_and_the_flood_goes_on() {
    let mut node = Dialogue::default();
    assert_eq!(node.tell(HOLD), []);
    assert_eq!(node.tell(arrives(3, 1, 1)), [sends(2, 1, 2), sends(4, 1, 2)]);
    assert_eq!(node.tell(arrives(2, 2, 5)), [sends(3, 2, 6), sends(4, 2, 6)]);
    assert_eq!(node.tell(arrives(4, 2, 3)), [duplicate(2)]);
    assert_eq!(node.tell(RESUME), [delivers(1, 1), delivers(2, 5)]);
    assert_eq!(node.tell(RESUME), []);
    assert_eq!(node.tell(arrives(3, 3, 1)).last(), Some(&delivers(3, 1)), "at once again");
}

#[test]
fn a_full_inbox_drops_for_the_application_and_still_forwards() {
    let mut node = Dialogue::new(Config { queue: 2, ..Config::default() });
    node.tell(HOLD);
    node.tell(arrives(3, 1, 1));
    node.tell(arrives(3, 2, 1));
    assert_eq!(node.tell(arrives(3, 3, 1)), [sends(2, 3, 2), sends(4, 3, 2), dropped("inbox_full")]);
    assert_eq!(node.tell(arrives(2, 3, 1)), [duplicate(3)], "dropped is still seen");
    assert_eq!(node.tell(RESUME), [delivers(1, 1), delivers(2, 1)]);
}

#[test]
fn changes_of_the_view_say_nothing_by_themselves() {
    let mut node = Dialogue::default();
    node.tell(arrives(3, 1, 1));
    for input in [BroadcastInput::Start, BroadcastInput::NeighborUp(5), BroadcastInput::NeighborDown(2)] {
        assert_eq!(node.tell(input), []);
    }
}

#[test]
fn a_packet_tells_what_it_carries() {
    let message = Message { hops: 3, payload: Note(7) };
    assert_eq!(Flood32::carried(&message), Some(Carried { message: 7, hops: 3 }));
}

/// The swarm holds a node to these: without them it would check nothing.
#[test]
fn what_is_remembered_and_what_waits_is_reported_with_its_bounds() {
    let seen = SeenLimits { capacity: Some(3), ttl: None };
    let mut node = Dialogue::new(Config { seen: seen.clone(), queue: 2, echo: false });
    node.tell(arrives(2, 1, 1));
    node.tell(HOLD);
    node.tell(arrives(2, 2, 1));
    let mut stored = Vec::new();
    node.flood.stored(&node.config, &mut |Stored { what, count, max }| stored.push((what, count, max)));
    assert_eq!(stored, [("messages seen", 2, Some(3)), ("deliveries waiting", 1, Some(2))]);

    let mut promises = Promises::default();
    Flood32::promise(&node.config, &mut promises);
    let expected = Promises {
        remembers: seen,
        once: true,
        echo: false,
        timers: Some(0),
        reaches_all: true,
        ..Promises::default()
    };
    assert_eq!(promises, expected);
}
