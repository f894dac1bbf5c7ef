//! No message passes twice.

use floodnet_chat::Clock;
use floodnet_chat::gate::{Gate, Refusal};
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::{MAX_AHEAD_MS, Replay};
use floodnet_chat::store;
use floodnet_core::observe::Payload;
use floodnet_core::time::Time;
use proptest::prelude::*;

use crate::{NET, NOW, clock, gate, said, toy};

proptest! {
    /// Whatever is sent again, whenever, with a memory far too small and a clock that jumps: nothing passes
    /// twice.
    #[test]
    fn nothing_passes_twice(
        room in 1usize..6,
        steps in prop::collection::vec((0u64..4, 0u64..80, 0u64..900_000, -900_000i64..900_000), 1..200),
    ) {
        let replay = Replay::with_room(NOW - 1, room, room);
        let mut gate = Gate::new(NET, Limits::LAB, replay);
        let mut passed = std::collections::BTreeSet::new();
        let mut wall = NOW;
        for (by, seq, offset, jump) in steps {
            wall = wall.saturating_add_signed(jump);
            // One time per count, as an honest author has it; authors that do not are covered by the ids.
            let envelope = said(by, seq, NOW + seq * 1_000 + offset % 3, b"");
            if gate.check(&envelope, &toy(), Clock { now: Time::ZERO, unix_ms: wall }).is_ok() {
                prop_assert!(passed.insert(envelope.id()), "author {by}, count {seq}");
            }
            prop_assert!(gate.replay().ids() <= room);
        }
    }

    /// The same across a restart, in order or not.
    #[test]
    fn nothing_passes_twice_across_a_restart(
        before in prop::collection::vec((0u64..5, 0u64..100), 0..60),
        after in prop::collection::vec((0u64..5, 0u64..100), 0..60),
        in_order: bool,
        cut in 0usize..4_000,
    ) {
        let message = |by: u64, seq: u64| said(by, seq, NOW + seq, b"");
        let at = |unix_ms| Clock { now: Time::ZERO, unix_ms };
        let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 8, 3));
        let mut passed = std::collections::BTreeSet::new();
        for (by, seq) in before {
            if gate.check(&message(by, seq), &toy(), at(NOW + 100)).is_ok() {
                passed.insert((by, seq));
            }
        }
        let lines = gate.replay().save(in_order);
        let text = store::write("replay", lines.iter().map(String::as_str));
        let stored = store::read("replay", &text.as_bytes()[..text.len().min(cut)]);
        let start = NOW + 101;
        let (replay, _) = Replay::load(stored.lines.iter().copied(), stored.damaged.len(), at(start));
        let mut gate = Gate::new(NET, Limits::LAB, replay);
        for (by, seq) in after {
            if gate.check(&message(by, seq), &toy(), at(start)).is_ok() {
                prop_assert!(passed.insert((by, seq)), "author {by}, count {seq}");
            }
        }
    }
}

#[test]
fn a_clean_restart_takes_what_was_sent_meanwhile_and_a_crash_does_not() {
    let mut gate = gate();
    gate.check(&said(1, 1, NOW, b""), &toy(), clock(0)).expect("good");
    for (in_order, expected) in [(true, Ok(())), (false, Err(Refusal::Drop("too_old")))] {
        let lines = gate.replay().save(in_order);
        let (replay, bad) = Replay::load(lines.iter().map(String::as_str), 0, clock(5_000));
        assert_eq!(bad, 0);
        let mut next = Gate::new(NET, Limits::PUBLIC, replay);
        assert_eq!(next.check(&said(1, 2, NOW + 1_000, b""), &toy(), clock(5_000)), expected);
        assert!(next.check(&said(1, 1, NOW, b""), &toy(), clock(5_000)).is_err(), "taken before");
        assert_eq!(next.check(&said(1, 3, NOW + 6_000, b""), &toy(), clock(6_000)), Ok(()));
    }
}

#[test]
fn an_author_ahead_of_time_does_not_shut_out_the_others() {
    let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 4, 4));
    for seq in 0..20 {
        let ahead = said(1, seq, NOW + MAX_AHEAD_MS - 20 + seq, b"");
        gate.check(&ahead, &toy(), clock(10)).expect("within the window");
    }
    // Four ids of the latest times fill the memory, so the floor stands between them.
    assert!(gate.check(&said(2, 1, NOW + MAX_AHEAD_MS, b""), &toy(), clock(10)).is_ok());
    let mut gate = Gate::new(NET, Limits::LAB, Replay::with_room(NOW - 1, 4, 4));
    gate.check(&said(1, 0, NOW + MAX_AHEAD_MS, b""), &toy(), clock(0)).expect("ahead");
    for seq in 0..50 {
        gate.check(&said(2, seq, NOW + seq, b""), &toy(), clock(seq)).expect("an honest author");
    }
}
