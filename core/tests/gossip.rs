//! Dialogues with push gossip: an input and a view, and the actions that must follow.

#[path = "common/note.rs"]
mod note;

use std::collections::BTreeMap;

use floodnet_core::broadcast::flood::Message;
use floodnet_core::broadcast::gossip::Config;
use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastInput, BroadcastInputOf, Gossip,
};
use floodnet_core::protocol::{Action, ActionOf, Context};
use floodnet_core::rng::NodeRng;
use floodnet_core::time::Time;
use note::Note;

type Gossip32 = Gossip<u32, Note>;
type Act = ActionOf<Gossip32>;

/// Tells a node with this fanout one input, after others.
fn tell(fanout: u32, seed: u64, view: &[u32], inputs: &[BroadcastInputOf<Gossip32>]) -> Vec<Act> {
    let mut gossip = Gossip32::default();
    let config = Config { fanout, ..Config::default() };
    let mut rng = NodeRng::new(seed);
    let mut effects = Vec::new();
    for &input in inputs {
        effects.clear();
        let mut cx = Context { now: Time::ZERO, config: &config, rng: &mut rng, effects: &mut effects };
        gossip.handle(input, view, &mut cx);
    }
    effects
}

const fn publish(note: u32) -> BroadcastInputOf<Gossip32> {
    BroadcastInput::Command(BroadcastCommand::Publish(Note(note)))
}

const fn arrives(from: u32, note: u32, hops: u16) -> BroadcastInputOf<Gossip32> {
    BroadcastInput::Message { from, message: Message { hops, payload: Note(note) } }
}

/// Who was sent `note` with `hops`, ascending.
///
/// # Panics
/// Something else was sent, or one neighbor got it twice.
fn receivers(actions: &[Act], note: u32, hops: u16) -> Vec<u32> {
    let mut receivers: Vec<u32> = actions
        .iter()
        .filter_map(|action| match action {
            Action::Send { to, message } => {
                assert_eq!(*message, Message { hops, payload: Note(note) });
                Some(*to)
            }
            _ => None,
        })
        .collect();
    receivers.sort_unstable();
    assert!(receivers.windows(2).all(|pair| pair[0] != pair[1]), "twice to the same: {receivers:?}");
    receivers
}

#[test]
fn a_publication_goes_to_fanout_distinct_neighbors() {
    let view: Vec<u32> = (10..20).collect();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for seed in 0..1_000 {
        let said = tell(4, seed, &view, &[publish(7)]);
        assert_eq!(said[0], Action::Emit(BroadcastEvent::Published(7)));
        let chosen = receivers(&said, 7, 1);
        assert_eq!(chosen.len(), 4);
        for peer in chosen {
            *counts.entry(peer).or_default() += 1;
        }
    }
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), view);
    // Binomial(1000, 4/10): 400 +- 4 deviations of 15.5.
    assert!(counts.values().all(|count| (338..=462).contains(count)), "{counts:?}");
}

#[test]
fn the_sender_is_never_among_the_chosen() {
    let view: Vec<u32> = (10..16).collect();
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for from in view.clone() {
        for seed in 0..200 {
            let said = tell(3, seed, &view, &[arrives(from, 7, 4)]);
            assert_eq!(
                said.last(),
                Some(&Action::Emit(BroadcastEvent::Delivered { payload: Note(7), hops: 4 }))
            );
            let chosen = receivers(&said, 7, 5);
            assert_eq!(chosen.len(), 3);
            assert!(!chosen.contains(&from), "{chosen:?} of {from}");
            for peer in chosen {
                *counts.entry(peer).or_default() += 1;
            }
        }
    }
    // Each of six is a candidate in 1000 draws of 3 out of 5: 600 +- 5 deviations of 15.5.
    assert!(counts.values().all(|count| (522..=678).contains(count)), "{counts:?}");
}

#[test]
fn a_small_view_gets_it_whole() {
    for seed in 0..20 {
        assert_eq!(receivers(&tell(4, seed, &[2, 3, 4], &[publish(7)]), 7, 1), [2, 3, 4]);
        assert_eq!(receivers(&tell(4, seed, &[2, 3, 4], &[arrives(3, 7, 1)]), 7, 2), [2, 4]);
        assert_eq!(receivers(&tell(4, seed, &[2, 3, 4], &[arrives(50, 7, 1)]), 7, 2), [2, 3, 4]);
        assert_eq!(receivers(&tell(4, seed, &[3], &[arrives(3, 7, 1)]), 7, 2), [0; 0]);
        assert_eq!(receivers(&tell(4, seed, &[], &[publish(7)]), 7, 1), [0; 0]);
        assert_eq!(receivers(&tell(0, seed, &[2, 3], &[publish(7)]), 7, 1), [0; 0]);
    }
}

#[test]
fn it_infects_once_and_dies() {
    let duplicate = [Action::Emit(BroadcastEvent::Duplicate(7))];
    assert_eq!(tell(4, 1, &[2, 3], &[arrives(2, 7, 1), arrives(3, 7, 2)]), duplicate);
    assert_eq!(tell(4, 1, &[2, 3], &[publish(7), arrives(3, 7, 2)]), duplicate);
    let twice = [Action::Emit(BroadcastEvent::Dropped("already_published"))];
    assert_eq!(tell(4, 1, &[2, 3], &[publish(7), publish(7)]), twice);
}

#[test]
fn it_keeps_no_queue_for_a_busy_application() {
    for command in [BroadcastCommand::Hold, BroadcastCommand::Resume] {
        let said = tell(4, 1, &[2], &[BroadcastInput::Command(command)]);
        assert_eq!(said, [Action::Emit(BroadcastEvent::Dropped("no_queue"))]);
    }
}

#[test]
fn changes_of_the_view_say_nothing_by_themselves() {
    for input in [BroadcastInput::Start, BroadcastInput::NeighborUp(5), BroadcastInput::NeighborDown(2)] {
        assert_eq!(tell(4, 1, &[2, 3], &[input]), []);
    }
}
