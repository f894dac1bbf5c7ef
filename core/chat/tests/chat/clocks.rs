//! Clocks that are wrong, or are set while the chat runs.

use floodnet_chat::Clock;
use floodnet_chat::clocks::{Disagreement, NeighborClocks};
use floodnet_chat::gate::{Gate, Refusal};
use floodnet_chat::keys::Identity;
use floodnet_chat::quota::Limits;
use floodnet_chat::replay::{MAX_AGE_MS, Replay};
use floodnet_chat::signed_message::Envelope;
use floodnet_core::time::Time;

use crate::toy::Toy;
use crate::{NET, NOW, said, toy};

const DAY: i64 = 24 * 3_600;
/// Seconds by which a clock is wrong: seconds to centuries, both ways.
const WRONG: [i64; 12] =
    [0, 20, 110, 300, 3_600, DAY, 200 * 365 * DAY, -20, -300, -540, -660, -56 * 365 * DAY];

/// A node whose clock is wrong by some seconds, which may change.
struct Node {
    gate: Gate,
    ahead: i64,
}

fn right(ms: u64) -> Clock {
    Clock { now: Time::from_millis(ms), unix_ms: NOW + ms }
}

impl Node {
    fn start(ahead: i64) -> Self {
        Self { gate: Gate::new(NET, Limits::LAB, Replay::from(wrong(ahead, 0))), ahead }
    }

    fn clock(&self, ms: u64) -> Clock {
        wrong(self.ahead, ms)
    }

    /// What this node's user says now, as number `by`.
    fn says(&self, by: u64, ms: u64) -> Envelope {
        said(by, ms, self.clock(ms).unix_ms, b"")
    }

    /// A message comes on the link of its author.
    fn hears_neighbor(&mut self, envelope: &Envelope, ms: u64) -> Result<(), Refusal> {
        let clock = self.clock(ms);
        self.gate.hear_clock(envelope, clock);
        self.gate.check(envelope, &toy(), clock)
    }

    /// A message comes on the link of somebody else.
    fn hears(&mut self, envelope: &Envelope, ms: u64) -> Result<(), Refusal> {
        let clock = self.clock(ms);
        self.gate.check(envelope, &toy(), clock)
    }
}

fn wrong(ahead: i64, ms: u64) -> Clock {
    Clock { unix_ms: (NOW + ms).saturating_add_signed(ahead * 1_000), ..right(ms) }
}

#[test]
fn a_wrong_clock_makes_nobody_deaf() {
    for ahead in WRONG {
        let (mut node, other) = (Node::start(ahead), Node::start(0));
        let mut third = Node::start(0);
        // The neighbor says who it is, then someone behind it speaks, and so on for a while.
        for ms in [200, 400, 5_000, 60_000, 900_000] {
            assert_eq!(node.hears_neighbor(&other.says(1, ms), ms), Ok(()), "{ahead} s, after {ms} ms");
            assert_eq!(node.hears(&third.says(2, ms), ms), Ok(()), "{ahead} s, after {ms} ms");
            assert_eq!(third.hears_neighbor(&node.says(3, ms), ms), Ok(()), "{ahead} s, after {ms} ms");
        }
        assert_eq!(node.gate.passed(), 10);
    }
}

#[test]
fn a_clock_that_is_set_makes_nobody_deaf() {
    for before in WRONG {
        for after in WRONG {
            let (mut node, mut other) = (Node::start(before), Node::start(0));
            for ms in [200, 1_000, 700_000] {
                assert_eq!(node.hears_neighbor(&other.says(1, ms), ms), Ok(()));
                assert_eq!(other.hears_neighbor(&node.says(2, ms), ms), Ok(()));
            }
            node.ahead = after;
            for ms in [700_100, 701_000, 702_000] {
                let case = format!("{before} s, then {after} s");
                assert_eq!(node.hears_neighbor(&other.says(1, ms), ms), Ok(()), "{case}");
                assert_eq!(node.hears(&other.says(3, ms), ms), Ok(()), "a newcomer; {case}");
                assert_eq!(other.hears_neighbor(&node.says(2, ms), ms), Ok(()), "{case}");
            }
        }
    }
}

/// Nothing comes again, and nothing old comes, whatever the clock of this machine says.
#[test]
fn a_wrong_clock_opens_nothing_to_what_is_old() {
    for ahead in WRONG {
        let (mut node, other) = (Node::start(ahead), Node::start(0));
        let (early, late) = (other.says(1, 1_000), other.says(1, 2_000));
        assert_eq!(node.hears_neighbor(&early, 1_000), Ok(()));
        assert_eq!(node.hears_neighbor(&late, 2_000), Ok(()));
        // Recorded by somebody before, and brought now: from before this node was started, and from long ago.
        for (by, back) in [(4, 5_000), (5, MAX_AGE_MS + 10_000), (6, 3_600_000)] {
            let old = said(by, 1, NOW + 3_000 - back, b"");
            // By a clock that is that much behind it is new: the user is told about that clock.
            let is_new_here = node.clock(3_000).unix_ms <= NOW + 3_000 - back;
            if !is_new_here {
                assert!(node.hears(&old, 3_000).is_err(), "{ahead} s, {back} ms old");
            }
        }
        for ms in [2_000, 3_000, 60_000, 900_000] {
            assert!(node.hears(&early, ms).is_err() && node.hears(&late, ms).is_err(), "{ahead} s, again");
        }
    }
}

/// Somebody whose clock is far ahead is heard by neighbors, and moves nothing for the others.
#[test]
fn a_neighbor_from_the_future_shuts_out_nobody() {
    let (mut node, future) = (Node::start(0), Node::start(200 * 365 * DAY));
    for ms in 0..200 {
        node.hears_neighbor(&future.says(1, 1_000 + ms), 1_000 + ms).expect("as its clock says");
    }
    assert_eq!(node.gate.replay().floor_ms(), 0);
    assert_eq!(node.gate.replay().ids(), 0, "none waits for its time to be out");
    let again = future.says(1, 1_100);
    assert_eq!(node.hears(&again, 2_000), Err(Refusal::Drop("old_count")));
    for by in 2..50 {
        assert_eq!(node.hears(&Node::start(0).says(by, 3_000), 3_000), Ok(()), "a newcomer");
    }
    let saved = node.gate.replay().save(true);
    let (replay, bad) = Replay::load(saved.iter().map(String::as_str), 0, right(4_000));
    assert_eq!(bad, 0);
    let mut next = Gate::new(NET, Limits::LAB, replay);
    assert_eq!(next.check(&said(99, 1, NOW + 5_000, b""), &toy(), right(5_000)), Ok(()));
}

#[test]
fn whose_clock_is_wrong_is_told_to_them_alone() {
    let told = |own: i64, others: &[i64]| {
        let mut clocks = NeighborClocks::default();
        for (by, ahead) in (1..).zip(others) {
            clocks.hear(Toy::new(by).key(), wrong(*ahead, 0).unix_ms, right(0).now);
        }
        // Seconds later, by a clock that goes on.
        clocks.disagreement(wrong(own, 9_000))
    };
    let ahead = |is_ahead, by_s: u64, disagree, neighbors| {
        Some(Disagreement { is_ahead, by_ms: by_s * 1_000, disagree, neighbors })
    };
    for (own, others, expected) in [
        (0, [].as_slice(), None),
        (0, &[0], None),
        (0, &[50, -50, 3], None),
        (0, &[0, 300], None),
        (0, &[0, 0, 86_400], None),
        (0, &[-500, 500], None),
        (300, &[0], ahead(true, 300, 1, 1)),
        (300, &[0, 0, 300], ahead(true, 300, 2, 3)),
        (-3_600, &[0, 10, 20], ahead(false, 3_610, 3, 3)),
        (-3_600, &[0, -3_600], None),
    ] {
        assert_eq!(told(own, others), expected, "{own} among {others:?}");
    }
}

#[test]
fn a_clock_that_was_not_heard_for_long_counts_no_more() {
    let mut clocks = NeighborClocks::default();
    let neighbor = Toy::new(1).key();
    clocks.hear(neighbor, NOW + 500_000, Time::ZERO);
    assert_eq!(clocks.of(&neighbor, Time::from_secs(60)), Some(NOW + 560_000));
    assert_eq!(clocks.middle(right(60_000)), Some(NOW + 560_000));
    let late = right(3_600_000);
    assert_eq!((clocks.of(&neighbor, late.now), clocks.middle(late)), (None, None));
}

#[test]
fn one_of_two_neighbors_does_not_choose_the_time() {
    for (others, expected) in [
        ([-700, 1].as_slice(), 1),
        ([1, 700].as_slice(), 1),
        ([-700, 3, 5].as_slice(), 3),
        ([-700, -600, 5, 6].as_slice(), 5),
        ([500].as_slice(), 500),
    ] {
        let mut clocks = NeighborClocks::default();
        for (by, ahead) in (1..).zip(others) {
            clocks.hear(Toy::new(by).key(), wrong(*ahead, 0).unix_ms, right(0).now);
        }
        assert_eq!(clocks.middle(right(0)), Some(wrong(expected, 0).unix_ms), "{others:?}");
    }
}
